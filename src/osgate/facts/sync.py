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
from osgate.facts.registries.answers import NOT_SERVED
from osgate.facts.transport import NO_ANSWER, asked_for, named, reserved
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
    note: what else is to be said of it, a key below `facts.note-`; no failure.
    """

    kind: str
    source: str
    records: int = 0
    changed: int = 0
    newest: str = ""
    refused: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    problem: OsgateError | Unknown | None = None
    note: Unknown | None = None

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
        Told("advisories", one.path, one.records, one.parsed + one.gone, one.newest, _of_records(one), _lack(one))
        for one in done.archives
    ]
    with contextlib.closing(Index(index)) as kept:
        known = {one.path: one for one in kept.sources}
    same = [Told("advisories", path, known[path].records, 0, known[path].newest) for path in done.same]
    strange = [Told("advisories", path, refused=(("ecosystem", 1, ()),)) for path in done.strange]
    gone = [
        Told("advisories", path, one.records, 0, one.newest, problem=_archive("gone", path, one.ecosystem))
        for path, one in known.items()
        if one.problem == "gone"
    ]
    left = [Told("advisories", path, note=Unknown("forgotten")) for path in done.dropped if path not in known]
    return (*sorted([*read, *same, *gone, *left], key=lambda one: one.source), *strange)


def _of_records(one: build.Read) -> tuple[tuple[str, int, tuple[str, ...]], ...]:
    return tuple((f"record.{reason}", count, names) for reason, count, names in one.refused)


def _lack(one: build.Read) -> Unknown | None:
    return _archive(one.problem, one.path, one.ecosystem) if one.problem else None


def _archive(problem: str, path: str, ecosystem: str) -> Unknown:
    return Unknown(f"archive.{problem}", (("path", path), ("ecosystem", ecosystem)))


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
        tally = Tally()
        changed = store.put(found.facts, now, whole, _refusing(tally))
    except OsgateError as error:
        return Told(kind, source, problem=error)
    refused = (*found.refused, *tally.told())
    return Told(kind, source, found.records, changed, found.newest, refused, found.problem)


def _refusing(tally: Tally) -> Callable[[Fact], object]:
    """What counts facts that the store cannot keep."""
    return lambda fact: tally.add("not-kept", fact.purl)


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
    """Take what artefacts in a folder say of themselves into the store; those without a copyright line are counted."""
    source, tally, records, changed = os.path.basename(folder.rstrip("/")) or folder, Tally(), 0, 0
    rights: list[Fact] = []
    if not os.path.isdir(folder):
        return Told("artefacts", source, problem=UsageError("path.missing", path=folder))
    try:
        for outcome in artefacts.outcomes(folder, now):
            step()
            if outcome.gap is None:
                records += 1
                changed += store.put(outcome.facts, now, refuse=_refusing(tally))
                rights += [fact for fact in outcome.facts if fact.name in ("licence-text", "copyright")]
            else:
                tally.add(outcome.gap.reason, outcome.path)
    except OsgateError as error:
        return Told("artefacts", source, records, changed, "", tally.told(), error)
    silent = len(artefacts.without_copyright(rights))
    note = Unknown("without-copyright", (("n", str(silent)),)) if silent else None
    return Told("artefacts", source, records, changed, now[:10] if records else "", tally.told(), note=note)


def asked(
    wanted: Sequence[Wanted],
    endpoints: Sequence[Endpoint],
    get: Callable[[str], Get],
    store: Store,
    now: str,
    step: Callable[[], None],
    own: Sequence[tuple[str, str]] = (),
    clients: Clients | None = None,
) -> tuple[Told, ...]:
    """Ask the registries for components, several at once, and keep what they tell; a row a registry.

    get: what asks below an address. step: called for each component. own: names of the institution's own, as
    `transport.reserved` takes them. clients: the package managers' own, None for not asking them.
    """
    from concurrent.futures import ThreadPoolExecutor

    rows, asking = _Rows(), _Asking(endpoints, get, now, own, clients)
    pool = ThreadPoolExecutor(WORKERS, "registries")
    try:
        for one, answers in zip(wanted, pool.map(asking.of, wanted), strict=True):
            step()
            for source, facts, lack in answers:
                refuse = _refusing(rows.tally(source))
                changed = store.put(_kept(facts, store), now, refuse=refuse) if facts else 0
                rows.add(source, one.component, facts, changed, lack)
    except BaseException:
        # Whoever interrupts does not wait for registries.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return rows.told(now)


# Source, what it told, and why nothing where it was not asked.
_Answers = list[tuple[str, tuple[Fact, ...], str]]
# Of what types an ordinary client can be asked, for which facts, and what it is called as a source.
CLIENTS = {"npm": (("licence",), "npm (npm)"), "pypi": (("licence", "yanked"), "pip (pypi)")}


@record
class Clients:
    """The package managers' own clients. run: as `registries.clients.Run`. alone: ask them also for what no endpoint is
    known of, so that they go wherever their own default leads."""

    run: Callable[[tuple[str, ...]], tuple[int, bytes, bytes] | Unknown]
    alone: bool = False


@record
class _Asking:
    """How one component after the other is asked for; the fields are the arguments of `asked`."""

    endpoints: Sequence[Endpoint]
    get: Callable[[str], Get]
    now: str
    own: Sequence[tuple[str, str]]
    clients: Clients | None

    def of(self, one: Wanted) -> _Answers:
        """What is told of one component: the next registry is asked only where one says that it does not have it."""
        type = one.component.partition("/")[0].removeprefix("pkg:")
        module = registries.of(type)
        answers: _Answers = []
        if module is None:
            return [(type, (), "no-endpoint")]
        for endpoint in asked_for(self.endpoints, one.component, self.own):
            source = named(endpoint)
            facts = module.facts(one.component, one.versions, self.get(endpoint.address), source, self.now)
            answers.append((source, facts, ""))
            if not any(fact.name == "present" and fact.value == "no" and fact.purl == one.component for fact in facts):
                break
        if reserved(self.own, one.component) is not None:
            return answers or [(type, (), "reserved")]
        answers += self._of_client(one, type, answers)
        return answers or [(type, (), "no-endpoint")]

    def _of_client(self, one: Wanted, type: str, answers: _Answers) -> _Answers:
        """What the client tells of that which the registry does not serve, or of all where none is known."""
        if self.clients is None or type not in CLIENTS or (not answers and not self.clients.alone):
            return []
        from osgate.facts.registries import clients

        names, source = CLIENTS[type]
        lacking = {
            (fact.purl, fact.name)
            for _, facts, _ in answers[-1:]
            for fact in facts
            if fact.name in names and fact.value == NOT_SERVED
        }
        if answers and not lacking:
            return []
        told = clients.facts(one.component, one.versions, self.clients.run, source, self.now)
        kept = tuple(fact for fact in told if not answers or (fact.purl, fact.name) in lacking)
        return [(source, kept, "")]


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
        # The first of each reason, with what its words name.
        self._first: dict[tuple[str, str], Unknown] = {}

    def tally(self, source: str) -> Tally:
        """Return where what is not used of a source is counted."""
        return self._tallies.setdefault(source, Tally())

    def add(self, source: str, component: str, facts: tuple[Fact, ...], changed: int, lack: str) -> None:
        """Count one component. lack: why nobody was asked."""
        tally = self.tally(source)
        self._changed[source] += changed
        lacks = [fact.value for fact in facts if isinstance(fact.value, Unknown) and _is_lack(fact.value)]
        for one in [Unknown(lack)] if lack else {one.reason: one for one in reversed(lacks)}.values():
            tally.add(one.reason, component)
            self._first.setdefault((source, one.reason), one)
        if not lacks and not lack:
            self._records[source] += 1

    def told(self, now: str) -> tuple[Told, ...]:
        """Return a row a registry, by name."""
        return tuple(
            Told(
                "registry",
                source,
                self._records[source],
                self._changed[source],
                now[:10] if self._records[source] else "",
                tally.told(),
                None if self._records[source] else self._problem(source, tally),
            )
            for source, tally in sorted(self._tallies.items())
        )

    def _problem(self, source: str, tally: Tally) -> Unknown | None:
        """Why a registry told nothing; that nobody may be asked for names of our own is none."""
        known = [reason for reason, _, _ in tally.told() if (source, reason) in self._first]
        reasons = [reason for reason in known if reason != "reserved"]
        return self._first[source, reasons[0]] if reasons else None


def _is_lack(value: Unknown) -> bool:
    return value.reason in NO_ANSWER or value.reason in ("client", "malformed", "too-large")
