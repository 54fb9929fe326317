"""A change set and a reader give the intake: what a change introduces, removes, moves, and what could not be read."""

from __future__ import annotations

from osgate.intake.compare import introduced
from osgate.intake.moves import pair
from osgate.intake.occurrences import reach, third_party
from osgate.model.change import FileProblem, Intake
from osgate.model.dependency import Unreadable
from osgate.model.gap import Gap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from osgate.intake.moves import Format, Held
    from osgate.model.change import Blob, ChangedFile, ChangeSet, Introduced, Siblings
    from osgate.model.dependency import Dependency

    Reader = Callable[[str, bytes, Siblings], tuple[Dependency, ...]]
    Both = tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None
    ChangeReader = Callable[[str, bytes, bytes, Siblings, Siblings], Both]
    Read = tuple[Dependency, ...] | FileProblem


def one_format(path: str) -> object:
    """The format of every path where nobody tells them apart: moved manifests are then known by their purls alone."""
    return None


def read_whole(path: str, before: bytes, after: bytes, old: Siblings, new: Siblings) -> Both:
    """The change reader of every format where nobody knows a shorter way: both sides are read whole."""
    return None


def intake(
    change: ChangeSet, reader: Reader, format_of: Format = one_format, change_reader: ChangeReader = read_whole
) -> Intake:
    """Return what `change` brings in and takes out.

    reader: formats.table.read, raises Unreadable only. format_of: names the format of a path, so that only manifests of
    one format count as moved. change_reader: formats.table.read_change, asked where the change is one file. A file that
    cannot be read becomes a problem (new side) or a gap (old side: everything in it is then new); the others go on.
    """
    old, new = _sides(change, reader, change_reader)
    gaps = [Gap(p.path, "before-unreadable", (("reason", p.reason),)) for p in _problems(old)]
    sources, complete = _moves(change, old, new, format_of)
    if not complete:
        gaps.append(Gap("", "moves-not-compared"))
    found: list[tuple[str, Introduced]] = []
    for path, after in new.items():
        gaps += getattr(after, "gaps", ())
        before = old.get(sources.get(path, path), ())
        if not isinstance(after, FileProblem):
            found += [(path, item) for item in introduced(() if isinstance(before, FileProblem) else before, after)]
    taken = set(sources.values())
    return Intake(
        introduced=_in_order(found),
        removed=_removed(old, new),
        deleted=tuple(sorted(f.path for f in change.files if f.after is None and f.path not in taken)),
        moved=tuple(sorted((old_path, path) for path, old_path in sources.items())),
        problems=tuple(sorted(_problems(new), key=lambda problem: problem.path)),
        gaps=tuple(gaps),
        files=tuple(sorted(f.path for f in change.files)),
        whole=change.whole,
    )


def _sides(change: ChangeSet, reader: Reader, change_reader: ChangeReader) -> tuple[dict[str, Read], dict[str, Read]]:
    """What each file held and holds. In a change of several files each is read whole: they are compared crosswise."""
    if len(change.files) == 1:
        (f,) = change.files
        if f.before is not None and f.after is not None and f.before.kind == f.after.kind == "file":
            both = change_reader(f.path, f.before.data, f.after.data, change.before, change.after)
            if both is not None:
                return {f.path: both[0]}, {f.path: both[1]}
    old = {f.path: _read(f.path, f.before, change.before, reader) for f in change.files if f.before is not None}
    new = {f.path: _read(f.path, f.after, change.after, reader) for f in change.files if f.after is not None}
    return old, new


def _read(path: str, blob: Blob, siblings: Siblings, reader: Reader) -> Read:
    if blob.kind != "file":
        return FileProblem(path, 0, blob.kind, False)
    try:
        return reader(path, blob.data, siblings)
    except Unreadable as why:
        params = tuple(sorted((name, str(value)) for name, value in why.params.items()))
        return FileProblem(path, why.line, why.reason, why.ambiguous, params)


def _problems(side: dict[str, Read]) -> list[FileProblem]:
    return [read for read in side.values() if isinstance(read, FileProblem)]


def _moves(
    change: ChangeSet, old: dict[str, Read], new: dict[str, Read], format_of: Format
) -> tuple[dict[str, str], bool]:
    came = _held(((f, f.after) for f in change.files if f.before is None), new)
    gone = _held(((f, f.before) for f in change.files if f.after is None), old)
    return pair(came, gone, format_of) if came and gone else ({}, True)


def _held(files: Iterable[tuple[ChangedFile, Blob | None]], side: dict[str, Read]) -> dict[str, Held]:
    held: dict[str, Held] = {}
    for file, blob in files:
        read = side.get(file.path)
        if blob is not None and read is not None and not isinstance(read, FileProblem):
            held[file.path] = blob.data, frozenset([d.purl for d in read])
    return held


def _removed(old: dict[str, Read], new: dict[str, Read]) -> tuple[str, ...]:
    """Return the purls that no file of the change holds any more; a file that is unreadable now tells nothing."""
    unknown = {path for path, read in new.items() if isinstance(read, FileProblem)}
    had = _purls(read for path, read in old.items() if path not in unknown)
    return tuple(sorted(had - _purls(new.values()))) if had else ()


def _purls(reads: Iterable[Read]) -> set[str]:
    return {d.purl for read in reads if not isinstance(read, FileProblem) for d in read if third_party(d)}


def _in_order(found: list[tuple[str, Introduced]]) -> tuple[Introduced, ...]:
    """Sort by place. What a file and one that includes it both bring counts once, as the file itself tells it, unless
    it reaches further by way of the other one.
    """
    found.sort(key=lambda pair: (pair[0] != pair[1].dependency.path, pair[0]))
    once: dict[tuple[object, ...], Introduced] = {}
    for _, item in found:
        d = item.dependency
        mark = (item.change, d.path, d.line, d.purl, d.source, d.digests, d.requirement)
        if mark not in once or reach(d.scope) > reach(once[mark].dependency.scope):
            once[mark] = item
    return tuple(sorted(once.values(), key=_place))


def _place(item: Introduced) -> tuple[str, int, str, str, tuple[str, ...], tuple[str, ...]]:
    d = item.dependency
    source = d.source
    return d.path, d.line, d.purl, item.change, (source.kind, source.url or "", source.ref or ""), d.digests
