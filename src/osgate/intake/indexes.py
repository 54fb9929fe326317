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

# Files by name, and by ending, where only those count that a change set holds as manifests.
NAMES = frozenset(("pyproject.toml", "uv.toml", "Pipfile", "pip.conf", "pip.ini"))
_ENDINGS = (".txt", ".in")
# Without one of these no file names an address: as it is, as a variable, or escaped.
_SIGNS = (b"://", b"$", b"\\")
# Reasons that an honest file never gives: it has to be read, or nobody knows what it adds.
_SUSPECT = ("too-large", "too-deep")


def candidates(change: ChangeSet) -> tuple[str, ...]:
    """Return the changed files that may name an index, sorted; a cheap look, before anything is loaded."""
    changed = {file.path for file in change.files if file.after is not None}
    named = {path for path in (*changed, *change.manifests) if path.rpartition("/")[2] in NAMES}
    paths = named | {path for path in changed if path.endswith(_ENDINGS)}
    return tuple([path for path in sorted(paths) if _speaks(change.after(path))])


def _speaks(data: bytes | None) -> bool:
    return data is not None and any(sign in data for sign in _SIGNS)


def added(
    change: ChangeSet, paths: Iterable[str], extras: Extras, moved: Collection[tuple[str, str]] = ()
) -> Iterator[FileProblem | Gap]:
    """Yield each further index that the files at `paths` name and did not name before.

    moved: (from, to) of manifests that changed their place. A file that cannot be read is a gap, for its manager cannot
    read it either; one that is too large or too deep to be looked at is a problem.
    """
    sources = {new: old for old, new in moved}
    for path in paths:
        data = change.after(path)
        if data is None:
            continue
        try:
            found = extras(path, data)
        except Unreadable as why:
            yield _unread(path, why)
            continue
        had = _before(sources.get(path, path), change.before, extras)
        for address, line in found:
            if address not in had:
                had.add(address)
                yield FileProblem(path, line, "extra-index", False, (("address", address),), "index", address)


def _unread(path: str, why: Unreadable) -> FileProblem | Gap:
    if why.reason in _SUSPECT:
        params = tuple(sorted((name, str(value)) for name, value in why.params.items()))
        return FileProblem(path, why.line, why.reason, False, params)
    return Gap(path, "indexes-unread", (("reason", why.reason),))


def _before(path: str, before: Siblings, extras: Extras) -> set[str]:
    data = before(path)
    try:
        return {address for address, _ in extras(path, data)} if data is not None else set()
    except Unreadable:
        return set()
