"""`osgate facts sync`: fill the folder of facts from mirrors, files and registries; a source that fails stops none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import chain

from osgate import wiring
from osgate.cli import console, facts_place, facts_told, flags
from osgate.cli.facts_clients import Runner
from osgate.cli.progress import progress
from osgate.errors import PASS, UNDECIDED, OsgateError, Undecided, UsageError
from osgate.facts import sync, transport
from osgate.facts.endpoints.endpoint import Endpoint
from osgate.facts.store import Store
from osgate.facts.sync import KINDS, READERS, Clients, Told, Wanted
from osgate.io import web
from osgate.model import fact_policy
from osgate.model.fact import Unknown
from osgate.model.fact_policy import FactPolicy
from osgate.model.record import record, replace
from osgate.text.translator import Translator
from osgate.wiring import Moment

COMMAND = "facts sync"
FORMATS = ("terminal", "json")
SWITCHES = ("help", "offline", "refresh", "project-config", "default-registries", "clients")
OPTIONS = (*KINDS, "tree", "base", "purls", "facts", "lock", "format", "language")
_HTTP = ("http://", "https://")
# Kind and address, in the order of KINDS.
Sources = Sequence[tuple[str, str]]


@record
class Run:
    """One run. asked: the flags. policy: what it says of facts; lack: why it could not be read, None where it could
    be. trees: of `--tree`."""

    asked: Mapping[str, str]
    moment: Moment
    folder: str
    trees: Sequence[str]
    policy: FactPolicy
    lack: OsgateError | None
    t: Translator

    def settings(self) -> web.Settings:
        """Return how sources behind HTTP are reached."""
        answers = os.path.join(self.folder, facts_place.ANSWERS)
        return web.Settings(folder=answers, offline="offline" in self.asked, refresh="refresh" in self.asked)


def run(words: list[str]) -> int:
    """Bring facts up to their sources. Exits 4 where a source gave nothing, or not all it has."""
    asked = flags.read(COMMAND, words, SWITCHES, OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.facts-sync"))
        return PASS
    trees = _trees(asked, t)
    moment = wiring.now()
    policy, lack = _policy(asked, moment)
    sources = given(asked, policy.sources)
    wanted = _wanted(asked, trees)
    if not (sources or trees or "purls" in asked):
        if lack is not None:
            raise lack
        choices = ", ".join(f"--{name}" for name in (*KINDS, "tree", "purls"))
        raise console.usage(COMMAND, t("usage.missing-one", choices=choices))
    this = Run(asked, moment, facts_place.folder_of(asked), trees, policy, lack, t)
    with closing(facts_place.opened(this.folder, moment.instant)) as store:
        told = filled(this, store, sources, wanted)
    if asked.get("format") == "json":
        console.say(json.dumps(facts_told.document(told, this.folder, moment.instant), ensure_ascii=False, indent=2))
    else:
        for line in facts_told.lines(told, t, moment.day, policy.ages):
            console.say(line)
        console.say(t("facts.written", folder=this.folder))
    return UNDECIDED if any(row.failed for row in told) else PASS


def _policy(asked: Mapping[str, str], moment: Moment) -> tuple[FactPolicy, OsgateError | None]:
    try:
        return facts_place.policy(asked.get("lock", ""), moment, "offline" in asked), None
    except Undecided as error:
        return fact_policy.DEFAULT, error


def _wanted(asked: Mapping[str, str], trees: Sequence[str]) -> tuple[Wanted, ...]:
    held = chain(facts_place.of_trees(trees), facts_place.of_history(trees, asked.get("base", "")))
    return facts_place.wanted(held, facts_place.of_list(asked["purls"]) if "purls" in asked else ())


def given(asked: Mapping[str, str], policy: Sources = ()) -> Sources:
    """Return the sources of the flags, and of the policy where no flag names one of the kind; several behind one flag
    stand as in PATH. Raises UsageError("facts.advisories-http") for a mirror of advisories that is no folder."""
    if asked.get("advisories", "").startswith(_HTTP):
        raise UsageError("facts.advisories-http", address=asked["advisories"])
    found = [(kind, path) for kind in KINDS for path in _several(asked.get(kind, ""))]
    named = {kind for kind, _ in found}
    return sorted([*found, *(one for one in policy if one[0] not in named)], key=lambda one: KINDS.index(one[0]))


def _several(text: str) -> Iterable[str]:
    """The places in one value; an address alone is one, for all its colons."""
    return [text] if text.startswith(_HTTP) else filter(None, text.split(os.pathsep))


def filled(this: Run, store: Store, sources: Sources, wanted: Sequence[Wanted]) -> tuple[Told, ...]:
    """Go through all sources; returns what became of each."""
    now = this.moment.instant
    mirrors = [address for kind, address in sources if kind == "advisories"]
    told = [
        Told("advisories", address, problem=UsageError("facts.advisories-http", address=address))
        for address in mirrors
        if address.startswith(_HTTP)
    ]
    roots = [address for address in mirrors if not address.startswith(_HTTP)]
    if roots:
        told += sync.advisories(roots, os.path.join(this.folder, facts_place.INDEX), now)
    fetch = partial(_fetched, this.settings())
    for kind, address in sources:
        if kind in READERS:
            told.append(sync.imported(kind, address, fetch, store, now))
        elif kind == "artefacts":
            with progress(0, this.t("facts.reading", path=address)) as bar:
                told.append(sync.of_artefacts(address, store, now, bar.step))
    if wanted:
        store.see((one.component for one in wanted), now)
    if wanted and "offline" not in this.asked:
        told += _asked(this, wanted, store)
    return tuple(told)


def _asked(this: Run, wanted: Sequence[Wanted], store: Store) -> Sequence[Told]:
    """Ask the registries that the package managers of this machine use; none while it is not known which names are the
    institution's own."""
    if this.lack is not None:
        return (Told("registry", "-", problem=this.lack),)
    types = {one.component.partition("/")[0].removeprefix("pkg:") for one in wanted}
    default = "default-registries" in this.asked
    project = "project-config" in this.asked
    endpoints, told = facts_place.configured(this.trees, types, project=project, default=default)
    try:
        client = transport.client(this.settings(), endpoints)
    except OsgateError as error:
        return (Told("registry", "-", problem=error),)
    heard: dict[str, list[str]] = {}

    def get(address: str) -> Callable[[str, str], object]:
        return transport.getting(client.get(address), heard.setdefault(address, []).append)

    own = [(one.purl, one.address) for one in this.policy.internal]
    clients = Clients(Runner(), default) if "clients" in this.asked else None
    with client, progress(len(wanted), this.t("facts.asking")) as bar:
        rows = sync.asked(wanted, endpoints, get, store, this.moment.instant, bar.step, own, clients)  # type: ignore[arg-type]
    return (*[replace(row, note=_cached(row, endpoints, heard, this.moment)) for row in rows], *told)


def _cached(row: Told, endpoints: Sequence[Endpoint], heard: Mapping[str, list[str]], moment: Moment) -> Unknown | None:
    """How many of a registry's answers came before this run, and how old the oldest is."""
    addresses = {one.address for one in endpoints if transport.named(one) == row.source}
    instants = [at for address in addresses for at in heard.get(address, ())]
    before = [at for at in instants if at < moment.instant]
    if not before:
        return None
    minutes = facts_told.minutes(min(before), moment.instant)
    return Unknown("cached", (("cached", str(len(before))), ("answers", str(len(instants))), ("minutes", str(minutes))))


def _fetched(settings: web.Settings, address: str) -> bytes | Unknown:
    """The bytes of a file, here or behind HTTP."""
    if not address.startswith(_HTTP):
        return sync.local(address)
    with web.client(settings) as client:
        got = client.get(address)("", "*/*")
    if isinstance(got, web.Failed):
        return Unknown(got.reason, got.params)
    return got.data if got.status == 200 else Unknown("status", (("code", str(got.status)),))


def _trees(asked: Mapping[str, str], t: Translator) -> Sequence[str]:
    """The folders and files behind `--tree`: its value and the words that follow."""
    rest = asked[""].split("\0") if asked[""] else []
    if rest and "tree" not in asked:
        raise console.usage(COMMAND, t("usage.extra", words=" ".join(rest)))
    if "base" in asked and "tree" not in asked:
        raise console.usage(COMMAND, t("usage.missing", what="--tree"))
    if asked.get("format", FORMATS[0]) not in FORMATS:
        said = t("usage.choice", flag="format", choices=", ".join(FORMATS), found=asked["format"])
        raise console.usage(COMMAND, said)
    return [asked["tree"], *rest] if "tree" in asked else []
