"""Filling the store from files, folders and registries: each source by itself, and what was known stays.

A source that fails is told and the others go on; its facts stay as they were, with the day they are of.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter

from osgate.errors import OsgateError, UsageError
from osgate.facts import artefacts, curations, lifecycle, popular, registries, scorecard
from osgate.facts.imported import MAX_BYTES, Imported, Tally
from osgate.facts.osv import build
from osgate.facts.osv.index import Index
from osgate.facts.transport import NO_ANSWER, asked_for, named
from osgate.io import files
from osgate.model.fact import Fact, Unknown
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from osgate.facts.endpoints.endpoint import Endpoint
    from osgate.facts.registries.answers import Get
    from osgate.facts.store import Store

    Reader = Callable[[bytes, str, str], Imported]
    # The bytes of a source that is no folder, or why there are none.
    Fetch = Callable[[str], bytes | Unknown]

# What each kind of file is read by, and what its source's name begins with.
READERS: Mapping[str, tuple[Reader, str]] = {
    "lifecycle": (lifecycle.read, ""),
    "curations": (curations.read, "curations "),
    "scorecard": (scorecard.read, "scorecard "),
    "popular": (popular.read, "popular "),
}
# In the order in which they are read; `osgate.policy.fact_shapes` knows the same.
KINDS = ("advisories", *READERS, "artefacts")
# Components that are asked for at once, and files of a folder.
WORKERS, FILES = 8, 100_000


@record
class Told:
    """What became of one source. kind: one of KINDS or `registry`. source: its name, for people.

    records: how many of its own it has. changed: values that are new or have ended. newest: ISO day of its newest data,
    empty where nobody tells. refused: reason, how many, the first names. problem: why it gave nothing, or not all.
    """

    kind: str
    source: str
    records: int = 0
    changed: int = 0
    newest: str = ""
    refused: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    problem: OsgateError | Unknown | None = None

    @property
    def failed(self) -> bool:
        """Whether something of this source is missing."""
        return self.problem is not None


@record
class Wanted:
    """A component to ask registries for, and its versions."""

    component: str
    versions: tuple[str, ...]


def advisories(roots: Sequence[str], index: str, now: str) -> tuple[Told, ...]:
    """Bring the index of advisories up to its mirrors; a row an archive, in their order."""
    try:
        os.makedirs(os.path.dirname(index) or ".", exist_ok=True)
        done = build.sync(roots, index, now)
    except OSError as error:
        cause = error.strerror or str(error)
        return (Told("advisories", index, problem=UsageError("advisories.write", path=index, cause=cause)),)
    except OsgateError as error:
        return (Told("advisories", os.pathsep.join(roots), problem=error),)
    read = [
        Told("advisories", one.path, one.records, one.parsed + one.gone, one.newest, one.refused, _lack(one))
        for one in done.archives
    ]
    with contextlib.closing(Index(index)) as kept:
        known = {one.path: one for one in kept.sources}
    same = [Told("advisories", path, known[path].records, 0, known[path].newest) for path in done.same]
    strange = [Told("advisories", path, refused=(("ecosystem", 1, ()),)) for path in done.strange]
    return (*sorted([*read, *same], key=lambda one: one.source), *strange)


def _lack(one: build.Read) -> Unknown | None:
    if not one.problem:
        return None
    return Unknown(f"archive.{one.problem}", (("path", one.path), ("ecosystem", one.ecosystem)))


def imported(kind: str, address: str, fetch: Fetch, store: Store, now: str) -> Told:
    """Take a file (or a folder of them) of one of READERS into the store.

    address: path or what `fetch` understands. What the file no longer tells has ended, unless it could not be read
    whole.
    """
    read, prefix = READERS[kind]
    source = prefix + (os.path.basename(address.rstrip("/")) or address)[:200]
    try:
        found = _joined([_read(read, path, source, fetch, now) for path in _files(address)])
        whole = source if found.problem is None else ""
        changed = store.put(found.facts, now, whole)
    except OsgateError as error:
        return Told(kind, source, problem=error)
    return Told(kind, source, found.records, changed, found.newest, found.refused, found.problem)


def _read(read: Reader, path: str, source: str, fetch: Fetch, now: str) -> Imported:
    data = fetch(path)
    return Imported(problem=data) if isinstance(data, Unknown) else read(data, source, now)


def local(path: str) -> bytes | Unknown:
    """Return what a file holds: a Fetch for paths."""
    try:
        data = files.read_limited(path, MAX_BYTES)
    except FileNotFoundError:
        return Unknown("no-file", (("path", path),))
    except (OSError, ValueError) as error:
        return Unknown("unreadable", (("path", path), ("detail", getattr(error, "strerror", None) or "")))
    return Unknown("too-large") if data is None else data


def _files(address: str) -> list[str]:
    """The files that an address stands for: itself, or all in a folder."""
    if not os.path.isdir(address):
        return [address]
    found = [os.path.join(address, name) for name in files.below(address) if not name.startswith(".")]
    return [path for path in found if os.path.isfile(path)][:FILES]


def _joined(parts: Iterable[Imported]) -> Imported:
    """What several files tell, as one; the first problem is told."""
    found = list(parts)
    if len(found) == 1:
        return found[0]
    counts: Counter[str] = Counter()
    names: dict[str, tuple[str, ...]] = {}
    for one in found:
        for reason, count, told in one.refused:
            counts[reason] += count
            names[reason] = (names.get(reason, ()) + told)[:5]
    return Imported(
        tuple(fact for one in found for fact in one.facts),
        sum(one.records for one in found),
        max((one.newest for one in found), default=""),
        tuple((reason, count, names[reason]) for reason, count in sorted(counts.items())),
        next((one.problem for one in found if one.problem), None if found else Unknown("no-file")),
    )


def of_artefacts(folder: str, store: Store, now: str, step: Callable[[], None]) -> Told:
    """Take what artefacts in a folder say of themselves into the store."""
    source, tally, records, changed = os.path.basename(folder.rstrip("/")) or folder, Tally(), 0, 0
    if not os.path.isdir(folder):
        return Told("artefacts", source, problem=UsageError("path.missing", path=folder))
    try:
        for outcome in artefacts.outcomes(folder, now):
            step()
            if outcome.gap is None:
                records += 1
                changed += store.put(outcome.facts, now)
            else:
                tally.add(outcome.gap.reason, outcome.path)
    except OsgateError as error:
        return Told("artefacts", source, records, changed, "", tally.told(), error)
    return Told("artefacts", source, records, changed, now[:10] if records else "", tally.told())


def asked(
    wanted: Sequence[Wanted],
    endpoints: Sequence[Endpoint],
    get: Callable[[str], Get],
    store: Store,
    now: str,
    step: Callable[[], None],
) -> tuple[Told, ...]:
    """Ask the registries for components, several at once, and keep what they tell; a row a registry.

    get: what asks below an address. step: called for each component.
    """
    from concurrent.futures import ThreadPoolExecutor

    rows = _Rows()
    pool = ThreadPoolExecutor(WORKERS, "registries")
    try:
        for one, answers in zip(wanted, pool.map(lambda one: _of_one(one, endpoints, get, now), wanted), strict=True):
            step()
            for source, facts in answers:
                rows.add(source, one.component, facts, store.put(_kept(facts, store), now) if facts else 0)
    except BaseException:
        # Whoever interrupts does not wait for registries.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return rows.told(now)


_Answers = list[tuple[str, tuple[Fact, ...]]]


def _of_one(one: Wanted, endpoints: Sequence[Endpoint], get: Callable[[str], Get], now: str) -> _Answers:
    """What the registries tell of one component: the next one is asked only where one says that it does not have it."""
    type = one.component.partition("/")[0].removeprefix("pkg:")
    module = registries.of(type)
    answers: _Answers = []
    if module is None:
        return [(type, ())]
    for endpoint in asked_for(endpoints, one.component):
        source = named(endpoint)
        facts = module.facts(one.component, one.versions, get(endpoint.address), source, now)
        answers.append((source, facts))
        if not any(fact.name == "present" and fact.value == "no" and fact.purl == one.component for fact in facts):
            break
    return answers or [(type, ())]


def _kept(facts: Iterable[Fact], store: Store) -> Iterator[Fact]:
    """The facts without those that are only unknown because nobody answered, where somebody did before."""
    known: dict[str, set[tuple[str, str]]] = {}
    for fact in facts:
        if _unanswered(fact):
            if fact.purl not in known:
                told = [one for one in store.facts(fact.purl) if one.purl == fact.purl and not _unanswered(one)]
                known[fact.purl] = {(one.name, one.source) for one in told}
            if (fact.name, fact.source) in known[fact.purl]:
                continue
        yield fact


def _unanswered(fact: Fact) -> bool:
    return isinstance(fact.value, Unknown) and fact.value.reason in NO_ANSWER


class _Rows:
    """What is told of each registry, while its components come in."""

    def __init__(self) -> None:
        self._records: Counter[str] = Counter()
        self._changed: Counter[str] = Counter()
        self._tallies: dict[str, Tally] = {}

    def add(self, source: str, component: str, facts: tuple[Fact, ...], changed: int) -> None:
        tally = self._tallies.setdefault(source, Tally())
        self._changed[source] += changed
        lacks = [fact.value.reason for fact in facts if isinstance(fact.value, Unknown) and _is_lack(fact.value)]
        for reason in dict.fromkeys(lacks):
            tally.add(reason, component)
        if not facts:
            tally.add("no-endpoint", component)
        elif not lacks:
            self._records[source] += 1

    def told(self, now: str) -> tuple[Told, ...]:
        return tuple(
            Told(
                "registry",
                source,
                self._records[source],
                self._changed[source],
                now[:10] if self._records[source] else "",
                tally.told(),
                None if self._records[source] else Unknown(tally.told()[0][0]),
            )
            for source, tally in sorted(self._tallies.items())
        )


def _is_lack(value: Unknown) -> bool:
    return value.reason in NO_ANSWER or value.reason in ("malformed", "too-large")
