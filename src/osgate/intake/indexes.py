"""Indexes that a change adds beside the main one, in the files that tell Python's package managers where to look."""

from __future__ import annotations

from osgate.model.change import FileProblem
from osgate.model.dependency import Unreadable
from osgate.model.gap import Gap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from osgate.model.change import ChangeSet, Siblings

    # facts.endpoints.in_tree.extras: (address, line) of each further index in a file. Raises Unreadable.
    Extras = Callable[[str, bytes], tuple[tuple[str, int], ...]]
    # formats.table.includes: the files that a requirements file takes in. Never raises.
    Includes = Callable[[bytes, str, Siblings], tuple[str, ...]]

# Endings of requirements files, where those count that a change set holds as manifests, and what they take in.
_ENDINGS = (".txt", ".in")
# Without one of these no file names an address: as it is, as a variable, or escaped.
_SIGNS = (b"://", b"$", b"\\")
# Files that one requirements file may take in; its reader refuses more.
_MOST = 100
# Reasons that an honest file never gives: it has to be read, or nobody knows what it adds.
_SUSPECT = ("too-large", "too-deep")


def candidates(change: ChangeSet, includes: Includes) -> tuple[str, ...]:
    """Return the changed files that may name an index, or take in one that may, sorted; a cheap look, before anything
    is loaded."""
    changed = [file.path for file in change.files if file.after is not None and file.path.endswith(_ENDINGS)]
    paths = sorted({*changed, *change.indexes})
    return tuple([path for path in paths if any(map(_speaks, _read(path, change.after, includes).values()))])


def _speaks(data: bytes) -> bool:
    return any(sign in data for sign in _SIGNS)


def _read(path: str, side: Siblings, includes: Includes) -> dict[str, bytes]:
    """What the package manager reads where it is told to read `path`: that file, and what it takes in."""
    found: dict[str, bytes] = {}
    todo = [path]
    while todo and len(found) <= _MOST:
        here = todo.pop()
        data = side(here) if here not in found else None
        if data is not None:
            found[here] = data
            todo += includes(data, here, side) if path.endswith(_ENDINGS) else ()
    return found


def added(
    change: ChangeSet,
    paths: Iterable[str],
    extras: Extras,
    includes: Includes,
    moved: Collection[tuple[str, str]] = (),
) -> Iterator[FileProblem | Gap]:
    """Yield each further index that the files at `paths`, with all that they take in, name and did not name before.

    moved: (from, to) of manifests that changed their place. A file that cannot be read is a gap, for its manager cannot
    read it either; one that is too large or too deep to be looked at is a problem. What several files take in is told
    once.
    """
    sources = {new: old for old, new in moved}
    told: set[FileProblem | Gap] = set()
    for path in paths:
        had = _before(_read(sources.get(path, path), change.before, includes), extras)
        for file, data in _read(path, change.after, includes).items():
            for item in _of(file, data, extras, had):
                if item not in told:
                    told.add(item)
                    yield item


def _of(path: str, data: bytes, extras: Extras, had: set[str]) -> Iterator[FileProblem | Gap]:
    """What one file names that is not among `had`, to which it is added."""
    try:
        found = extras(path, data)
    except Unreadable as why:
        yield _unread(path, why)
        return
    for address, line in found:
        if address not in had:
            had.add(address)
            yield FileProblem(path, line, "extra-index", False, (("address", address),), "index", address)


def _unread(path: str, why: Unreadable) -> FileProblem | Gap:
    if why.reason in _SUSPECT:
        params = tuple(sorted((name, str(value)) for name, value in why.params.items()))
        return FileProblem(path, why.line, why.reason, False, params)
    return Gap(path, "indexes-unread", (("reason", why.reason),))


def _before(files: dict[str, bytes], extras: Extras) -> set[str]:
    found: set[str] = set()
    for path, data in files.items():
        try:
            found.update(address for address, _ in extras(path, data))
        except Unreadable:
            continue
    return found
