"""`osgate doctor mirror`: where packages come from on this machine, what is risky about it, which facts are lost."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from osgate import wiring
from osgate.cli import console, flags
from osgate.cli.endpoints import apart, configured
from osgate.cli.facts_place import STORE, of_trees, wanted
from osgate.cli.policy import written
from osgate.cli.progress import progress
from osgate.errors import BLOCKED, PASS
from osgate.facts.endpoints.endpoint import Configured, Endpoint, Risk, whole
from osgate.facts.endpoints.risks import covers, risks
from osgate.facts.endpoints.told import NAMES, Cell, table
from osgate.facts.store import Store
from osgate.facts.sync import Wanted
from osgate.model.fact import Fact
from osgate.model.finding import SLUGS
from osgate.model.record import record
from osgate.policy.valid import validate
from osgate.purl import versioned
from osgate.text.columns import aligned
from osgate.text.translator import Translator
from osgate.text.width import printable

SCHEMA = "osgate.mirror/1"
_NOTHING = "-"
SWITCHES = ("help", "ask", "no-clients", "project-config")
OPTIONS = ("internal", "policy", "facts", "format", "language")
FORMATS = ("terminal", "json")
# Packages that each registry is asked for.
SAMPLE = 3


@record
class Seen:
    """What the command has found. left: endpoints that are not asked, for only files of the tree name them. asked: the
    registries were. packages: those of the tree from registries."""

    found: Configured
    risks: tuple[Risk, ...]
    left: tuple[Endpoint, ...]
    asked: bool
    packages: tuple[Wanted, ...]
    facts: tuple[Fact, ...]


def reported(argv: list[str]) -> int:
    """Tell what is configured for the folders named (default: here). Exits 0 where nothing is risky, 1 where something
    is."""
    asked = flags.read("doctor", argv, SWITCHES, OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.doctor-mirror"))
        return PASS
    form = asked.get("format", "terminal")
    if form not in FORMATS:
        raise console.usage("doctor", t("usage.choice", flag="format", choices=", ".join(FORMATS), found=form))
    folders = asked[""].split("\0") if asked[""] else ["."]
    seen = _looked(folders, asked, t)
    console.say(_json(seen) if form == "json" else "\n".join(_lines(seen, t)))
    return BLOCKED if seen.risks else PASS


def _looked(folders: Sequence[str], asked: Mapping[str, str], t: Translator) -> Seen:
    found, own = configured(folders, clients="no-clients" not in asked), _internal(asked)
    packages = wanted(of_trees(folders), ())
    facts = list(_stored(asked.get("facts", ""), packages, "ask" in asked))
    # Clients start outside of the tree, so that they do not repeat what it says.
    known = configured((), clients="ask" in asked and "no-clients" not in asked, inside=os.sep).endpoints
    there = apart(folders, known)
    project = "project-config" in asked
    if "ask" in asked:
        facts += _asked((*known, *(there.endpoints if project else ())), found.endpoints, packages, own, t)
    left = there.endpoints if "ask" in asked and not project else ()
    return Seen(found, (*risks(found, own), *there.risks), left, "ask" in asked, packages, tuple(facts))


def _internal(asked: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the institution's own: those given, and those of a checkout of the policy."""
    given = [name.strip() for name in asked.get("internal", "").split(",") if name.strip()]
    if "policy" in asked:
        given += [name.purl for name in validate(written(asked["policy"]), SLUGS).policy.facts.internal]
    return tuple(given)


def _stored(folder: str, packages: Iterable[Wanted], asks: bool) -> Iterator[Fact]:
    """What the store on this machine knows of the packages; nothing where there is none, unless one was named and
    nobody is asked instead."""
    path = os.path.join(folder or wiring.facts_folder(), STORE)
    if (asks or not folder) and not os.path.isfile(path):
        return
    with contextlib.closing(Store(path)) as store:
        for package in packages:
            for version in package.versions or ("",):
                yield from store.facts(versioned(package.component, version))


def _asked(
    asked: Sequence[Endpoint],
    endpoints: Sequence[Endpoint],
    packages: Sequence[Wanted],
    own: Sequence[str],
    t: Translator,
) -> list[Fact]:
    """What each registry tells of a few packages that a client would ask it for; names of the institution's own are
    told to none but a registry of their own. asked: the registries; endpoints: all that are in use."""
    from osgate.facts import registries
    from osgate.facts.transport import client, getting, named
    from osgate.io import web

    now = wiring.now().instant
    facts: list[Fact] = []
    places = {(one.type, one.address): one for one in asked if registries.of(one.type)}
    with client(web.Settings(tries=1), asked) as asks, progress(len(places), t("progress.registries")) as bar:
        for endpoint in places.values():
            bar.step()
            module, get = registries.of(endpoint.type), getting(asks.get(endpoint.address))
            assert module is not None  # noqa: S101 - those without one were left out
            for package in islice(_asked_there(endpoint, endpoints, packages, own), SAMPLE):
                facts += module.facts(package.component, package.versions[:1], get, named(endpoint), now)
    return facts


def _asked_there(
    endpoint: Endpoint, endpoints: Sequence[Endpoint], packages: Iterable[Wanted], own: Sequence[str]
) -> Iterator[Wanted]:
    from osgate.facts.transport import asked_for

    everything = endpoint.applies == whole(endpoint.type)
    for package in packages:
        ours = everything and any(covers(name, package.component) for name in own)
        if not ours and endpoint.address in [one.address for one in asked_for(endpoints, package.component)]:
            yield package


def _lines(seen: Seen, t: Translator) -> Iterator[str]:
    yield t("mirror.sources")
    yield from _indented(aligned([_head(t), *(_row(one, t) for one in seen.found.endpoints)]))
    if not seen.found.endpoints:
        yield f"  {t('mirror.none')}"
    for gap in seen.found.unread:
        yield f"  {printable(gap.subject)}: {t(f'mirror.unread.{gap.reason}')}"
    for endpoint in seen.left:
        yield "  " + printable(t("facts.note-not-used", origin=endpoint.origin, address=endpoint.address))
    yield ""
    yield t.count("mirror.risks", len(seen.risks)) if seen.risks else t("mirror.no-risks")
    for risk in seen.risks:
        said = t(f"mirror.risk.{risk.code}", **dict(risk.params))
        yield f"  {printable(risk.origin)}: {printable(said)}"
        yield f"    {t(f'mirror.remedy.{risk.code}')}"
    yield ""
    yield from _told(seen, t)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _head(t: Translator) -> list[str]:
    return [t(f"mirror.head-{name}") for name in ("type", "address", "applies", "login", "origin")]


def _row(endpoint: Endpoint, t: Translator) -> list[str]:
    everything = endpoint.applies == whole(endpoint.type)
    applies = t("mirror.extra" if endpoint.extra else "mirror.all") if everything else endpoint.applies
    login = t("mirror.login") if endpoint.login else "-"
    cells = (endpoint.type, endpoint.address, applies or t("mirror.named"), login, endpoint.origin)
    return [printable(cell) for cell in cells]


def _told(seen: Seen, t: Translator) -> Iterator[str]:
    sources, cells = table(seen.facts)
    if not sources:
        yield t("mirror.not-asked" if seen.asked else "mirror.no-facts")
        return
    yield t.count("mirror.facts", len(seen.packages))
    rows = [[name, *(_cell(cells.get((name, source), Cell()), t) for source in sources)] for name in NAMES]
    kept = [row for row in rows if any(cell != _NOTHING for cell in row[1:])]
    yield from _indented(aligned([[t("mirror.head-fact"), *map(printable, sources)], *kept]))
    yield t("mirror.legend")


def _cell(cell: Cell, t: Translator) -> str:
    """Yes, no or unknown, with the packages behind it; that the times are the mirror's own is said in words."""
    asked = cell.told + cell.dropped + cell.unsure
    if not asked:
        return _NOTHING
    key = "times" if cell.times and not cell.told else cell.state
    return t(f"mirror.cell.{key}", n=cell.told if cell.told else cell.dropped or cell.unsure, asked=asked)


def _json(seen: Seen) -> str:
    sources, cells = table(seen.facts)
    told = {
        "schema": SCHEMA,
        "endpoints": [
            {
                **{name: getattr(one, name) for name in ("type", "address", "applies", "origin", "extra")},
                "login": one.login is not None,
            }
            for one in seen.found.endpoints
        ],
        "risks": [{"code": one.code, "origin": one.origin, "params": dict(one.params)} for one in seen.risks],
        "unread": [{"origin": one.subject, "reason": one.reason} for one in seen.found.unread],
        "packages": len(seen.packages),
        "facts": [
            {
                "fact": name,
                "source": source,
                "state": cell.state,
                **{count: getattr(cell, count) for count in ("told", "dropped", "times", "unsure")},
            }
            for name in NAMES
            for source in sources
            for cell in (cells.get((name, source), Cell()),)
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)
