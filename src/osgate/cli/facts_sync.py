"""`osgate facts sync`: fill the folder of facts from mirrors, files and registries; a source that fails stops none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial

from osgate import wiring
from osgate.cli import console, facts_place, facts_told, flags
from osgate.cli.progress import progress
from osgate.errors import PASS, UNDECIDED, OsgateError, Undecided
from osgate.facts import sync, transport
from osgate.facts.store import Store
from osgate.facts.sync import KINDS, READERS, Told, Wanted
from osgate.io import web
from osgate.io.git import Git, GitFailed
from osgate.model.fact import Unknown
from osgate.text.translator import Translator
from osgate.wiring import Moment

COMMAND = "facts sync"
FORMATS = ("terminal", "json")
SWITCHES = ("help", "offline", "project-config")
OPTIONS = (*KINDS, "tree", "purls", "facts", "lock", "format", "language")
# Kind and address, in the order of KINDS.
Sources = Sequence[tuple[str, str]]


def run(words: list[str]) -> int:
    """Bring facts up to their sources. Exits 4 where a source gave nothing, or not all it has."""
    asked = flags.read(COMMAND, words, SWITCHES, OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.facts-sync"))
        return PASS
    trees = _trees(asked, t)
    moment = wiring.now()
    sources = given(asked, _of_policy(asked.get("lock", ""), moment))
    wanted = facts_place.wanted(
        facts_place.of_trees(trees), facts_place.of_list(asked["purls"]) if "purls" in asked else ()
    )
    if not (sources or trees or "purls" in asked):
        choices = ", ".join(f"--{name}" for name in (*KINDS, "tree", "purls"))
        raise console.usage(COMMAND, t("usage.missing-one", choices=choices))
    folder = facts_place.folder_of(asked)
    projects = trees if "project-config" in asked else ()
    with closing(facts_place.opened(folder, moment.instant)) as store:
        told = filled(folder, store, sources, wanted, moment.instant, "offline" in asked, projects, t)
    if asked.get("format") == "json":
        console.say(json.dumps(facts_told.document(told, folder, moment.instant), ensure_ascii=False, indent=2))
    else:
        for line in facts_told.lines(told, t):
            console.say(line)
    return UNDECIDED if any(row.failed for row in told) else PASS


def _of_policy(lock: str, moment: Moment) -> Sources:
    """The sources that the policy names, as the newest snapshot on this machine carries it; none where there is none.

    lock: a trust root that is handed in; else that of the repository we stand in. Raises UsageError for one that is
    malformed.
    """
    with Git() as git:
        try:
            trusted = wiring.trusted(git, "HEAD", lock)
        except GitFailed:
            return ()
    if trusted.lock is None:
        return ()
    try:
        opened = wiring.ledger(trusted.lock, moment, offline=True, eager=False).open()
        return opened.snapshot.policy(trusted.config.project).facts.sources
    except Undecided:
        return ()


def given(asked: Mapping[str, str], policy: Sources = ()) -> Sources:
    """Return the sources of the flags, and of the policy where no flag names one of the kind; several behind one flag
    stand as in PATH."""
    found = [(kind, path) for kind in KINDS for path in asked.get(kind, "").split(os.pathsep) if path]
    named = {kind for kind, _ in found}
    return sorted([*found, *(one for one in policy if one[0] not in named)], key=lambda one: KINDS.index(one[0]))


def filled(
    folder: str,
    store: Store,
    sources: Sources,
    wanted: Sequence[Wanted],
    now: str,
    offline: bool,
    projects: Sequence[str],
    t: Translator,
) -> tuple[Told, ...]:
    """Go through all sources; returns what became of each."""
    told: list[Told] = []
    roots = [address for kind, address in sources if kind == "advisories"]
    if roots:
        told += sync.advisories(roots, os.path.join(folder, facts_place.INDEX), now)
    settings = web.Settings(folder=os.path.join(folder, facts_place.ANSWERS), offline=offline)
    fetch = partial(_fetched, settings)
    for kind, address in sources:
        if kind in READERS:
            told.append(sync.imported(kind, address, fetch, store, now))
        elif kind == "artefacts":
            with progress(0, t("facts.reading", path=address)) as bar:
                told.append(sync.of_artefacts(address, store, now, bar.step))
    if wanted:
        store.see((one.component for one in wanted), now)
    if wanted and not offline:
        told += _asked(settings, wanted, projects, store, now, t)
    return tuple(told)


def _asked(
    settings: web.Settings, wanted: Sequence[Wanted], projects: Sequence[str], store: Store, now: str, t: Translator
) -> Sequence[Told]:
    """Ask the registries that the package managers of this machine use."""
    types = {one.component.partition("/")[0].removeprefix("pkg:") for one in wanted}
    endpoints = facts_place.configured(projects, types).endpoints
    try:
        client = transport.client(settings, endpoints)
    except OsgateError as error:
        return (Told("registry", "", problem=error),)

    def get(address: str) -> Callable[[str, str], object]:
        return transport.getting(client.get(address))

    with client, progress(len(wanted), t("facts.asking")) as bar:
        return sync.asked(wanted, endpoints, get, store, now, bar.step)  # type: ignore[arg-type]


def _fetched(settings: web.Settings, address: str) -> bytes | Unknown:
    """The bytes of a file, here or behind HTTP."""
    if not address.startswith(("http://", "https://")):
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
    if asked.get("format", FORMATS[0]) not in FORMATS:
        said = t("usage.choice", flag="format", choices=", ".join(FORMATS), found=asked["format"])
        raise console.usage(COMMAND, said)
    return [asked["tree"], *rest] if "tree" in asked else []
