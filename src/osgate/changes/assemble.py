"""From git's list of changed paths to a ChangeSet: both sides' contents, and what else a change makes worth a look.

That is: manifests that include a changed file or inherit from one, locks that answer to a changed manifest, our own
files.
"""

from __future__ import annotations

from osgate.model.change import Blob, ChangedFile, ChangeSet, nobody
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from osgate.io.git import Entry, Git
    from osgate.model.change import Siblings

    # Tells whether a reader exists for a repository path (formats.table.match).
    Match = Callable[[str], object]
    # Names the files of the same tree that a manifest takes something from (formats.table.includes): content, path, the
    # other files -> paths.
    Includes = Callable[[bytes, str, Siblings], tuple[str, ...]]
    # Git's mode and object id of a path; None where the side does not have it.
    Place = tuple[str, str] | None

_SYMLINK, _GITLINK, _ABSENT = "120000", "160000", "000000"
_KINDS = {_SYMLINK: "symlink", _GITLINK: "gitlink"}
# Endings of files that take something from others of the same family: requirements files, and POMs.
_TEXTS = (".txt", ".in", ".pip")
_POMS = (".xml", ".pom")
_FAMILIES = (_TEXTS, _POMS)
_OWN = ".osgate/"


@record
class Locks:
    """What is known of locks and the manifests that people write (formats.table).

    names: every name of such a manifest. of: where locks of the manifest at a repository path may stand, the nearest
    first. manifests: which manifests the lock at a path answers to, none for any other file. indexes: every name of a
    file that may name a package index.
    """

    names: frozenset[str]
    of: Callable[[str], tuple[str, ...]]
    manifests: Callable[[str], tuple[str, ...]]
    indexes: frozenset[str] = frozenset()


class Side:
    """One side of a change. Called with a repository path it returns that file, None where there is no plain one.

    root: the tree below; changed: paths that stand elsewhere than in that tree (the index against HEAD).
    """

    def __init__(self, git: Git, root: str | None, changed: Mapping[str, Place] | None = None) -> None:
        self._git, self._root, self._changed = git, root, changed or {}
        self._contents: dict[str, bytes | None] = {}

    def __call__(self, path: str) -> bytes | None:
        place = self.place(path)
        return self._content(place[1]) if place is not None and is_plain(place) else None

    def place(self, path: str) -> Place:
        """Return (mode, object id) of a path, None where there is nothing."""
        if path in self._changed:
            return self._changed[path]
        return self._git.objects.entry(self._root, path)

    def paths(self) -> Iterable[str]:
        """Yield every path of this side."""
        for path, _, _ in self._git.objects.walk(self._root):
            if path not in self._changed:
                yield path
        yield from (path for path, place in self._changed.items() if place is not None)

    def load(self, places: Iterable[Place]) -> None:
        """Read the contents of plain files together."""
        oids = [place[1] for place in places if place is not None and is_plain(place)]
        self._contents.update(self._git.blobs(oid for oid in oids if oid not in self._contents))

    def blob(self, place: Place) -> Blob | None:
        """Return a place as a Blob, None for None."""
        if place is None:
            return None
        mode, oid = place
        if mode in _KINDS:
            return Blob(_KINDS[mode])
        data = self._content(oid)
        return Blob("too-large") if data is None else Blob("file", data)

    def _content(self, oid: str) -> bytes | None:
        if oid not in self._contents:
            self._contents.update(self._git.blobs([oid]))
        return self._contents[oid]


def old_place(entry: Entry) -> Place:
    """Return where the old side of a diff entry stands."""
    return None if entry.old_mode == _ABSENT else (entry.old_mode, entry.old_oid)


def new_place(entry: Entry) -> Place:
    """Return where the new side of a diff entry stands."""
    return None if entry.new_mode == _ABSENT else (entry.new_mode, entry.new_oid)


def assemble(
    labels: tuple[str, str],
    entries: tuple[Entry, ...],
    sides: tuple[Side, Side],
    match: Match,
    includes: Includes | None = None,
    locks: Locks | None = None,
    authors: Callable[[], tuple[str, ...]] = nobody,
    *,
    thorough: bool = True,
) -> ChangeSet:
    """Return the change set of `entries`, restricted to paths that `match`, sorted by path.

    A manifest that is itself unchanged joins when it takes something, over any number of steps, from a changed file;
    of text files whatever they are called, or where not `thorough` only from those that end as such files do.
    """
    before, after = sides
    pairs = {entry.path: (old_place(entry), new_place(entry)) for entry in entries if match(entry.path)}
    own = {e.path: (old_place(e), new_place(e)) for e in entries if e.path.startswith(_OWN) or e.path == _OWN[:-1]}
    if includes is not None:
        for path in _takers(entries, sides, match, includes, thorough):
            pairs[path] = (before.place(path), after.place(path))
    if locks is not None:
        pairs.update(_veiled(entries, after, locks))
    before.load(old for side in (pairs, own) for old, _ in side.values())
    after.load(new for side in (pairs, own) for _, new in side.values())
    return ChangeSet(
        labels[0],
        labels[1],
        _files(pairs, before, after),
        before,
        after,
        authors,
        locks=() if locks is None else tuple(answering([entry.path for entry in entries], after, locks)),
        manifests=() if locks is None else called(locks.names, entries),
        indexes=() if locks is None else called(locks.indexes, entries),
        own=_files(own, before, after),
    )


def called(names: frozenset[str], entries: Iterable[Entry]) -> tuple[str, ...]:
    """Return the paths of `entries` that have one of `names`."""
    return tuple([entry.path for entry in entries if entry.path.rpartition("/")[2] in names])


def _takers(
    entries: tuple[Entry, ...], sides: tuple[Side, Side], match: Match, includes: Includes, thorough: bool
) -> set[str]:
    """The manifests that are not changed themselves and take something from a changed file."""
    before, after = sides
    texts, poms = (_sources(entries, family, sides, match, thorough) for family in _FAMILIES)
    # Where a POM of another name is unreadable now, who inherits from it can no longer tell.
    odd = {path for path in poms if not match(path)}
    return {
        *including(texts, after, match, includes, _TEXTS),
        *including(poms, after, match, includes, _POMS),
        *including(odd, before, match, includes, _POMS),
    }


def _sources(
    entries: tuple[Entry, ...], family: tuple[str, ...], sides: tuple[Side, Side], match: Match, thorough: bool
) -> set[str]:
    """The changed files that a manifest of `family` may take something from: any text, and XML that may be a POM."""
    if family is _TEXTS:
        return {e.path for e in entries if thorough or e.path.endswith(family)}
    return {e.path for e in entries if e.path.endswith(family) and (match(e.path) or _like_a_pom(e.path, sides))}


def _like_a_pom(path: str, sides: tuple[Side, Side]) -> bool:
    """Whether an XML file of any name speaks of a project, in whatever encoding."""
    return any(b"project" in (side(path) or b"").replace(b"\0", b"") for side in sides)


def _veiled(entries: tuple[Entry, ...], after: Side, locks: Locks) -> Iterator[tuple[str, tuple[Place, Place]]]:
    """Yield what became something that cannot be compared, as a symbolic link: manifests of locks that are there, and
    files that may name an index."""
    for entry in entries:
        place, name = new_place(entry), entry.path.rpartition("/")[2]
        if place is None or is_plain(place):
            continue
        locked = name in locks.names and any(is_plain(after.place(lock)) for lock in locks.of(entry.path))
        if locked or name in locks.indexes - locks.names:
            yield entry.path, (None, place)


def _files(pairs: Mapping[str, tuple[Place, Place]], before: Side, after: Side) -> tuple[ChangedFile, ...]:
    return tuple(ChangedFile(path, before.blob(old), after.blob(new)) for path, (old, new) in sorted(pairs.items()))


def whole_tree(
    label: str, paths: Iterable[str], side: Side, locks: Locks | None, indexes: tuple[str, ...] = ()
) -> ChangeSet:
    """Return the manifests at `paths` of `side` as if they were new; all locks among them are to be compared.

    indexes: as in ChangeSet.
    """
    places = {path: place for path in sorted(paths) if (place := side.place(path)) is not None}
    side.load(places.values())
    files = tuple(ChangedFile(path, None, side.blob(place)) for path, place in places.items())
    compared = () if locks is None else tuple(p for p in places if locks.manifests(p) and is_plain(places[p]))
    return ChangeSet("", label, files, nothing, side, whole=True, locks=compared, indexes=indexes)


def nothing(path: str) -> None:
    """The side of a change on which there is no file."""


def is_plain(place: Place) -> bool:
    """True for a file that has content of its own: no symbolic link, no submodule."""
    return place is not None and place[0].startswith("100")


def answering(changed: Iterable[str], side: Side, locks: Locks) -> dict[str, None]:
    """Return the plain locks of `side` (as keys) that are `changed`, or answer to a manifest that is, in order.

    A manifest may belong to a lock beside it or in any folder above it, as workspaces do: all of them count. So does
    a manifest that is gone.
    """
    found: dict[str, None] = {}
    for path in changed:
        if path.rpartition("/")[2] in locks.names:
            found.update((lock, None) for lock in locks.of(path) if is_plain(side.place(lock)))
        elif locks.manifests(path) and is_plain(side.place(path)):
            found[path] = None
    return found


def including(changed: set[str], side: Side, match: Match, includes: Includes, family: tuple[str, ...]) -> list[str]:
    """Return the manifests of `side` that take something from one of `changed` and are not changed themselves, sorted.

    family: endings that such a manifest may have.
    """
    candidates = [path for path in side.paths() if path.endswith(family) and match(path)] if changed else []
    side.load(side.place(path) for path in candidates)
    named: dict[str, tuple[str, ...]] = {}
    found = [path for path in candidates if path not in changed and _reaches(path, changed, side, includes, named)]
    return sorted(found)


def _reaches(path: str, changed: set[str], side: Side, includes: Includes, named: dict[str, tuple[str, ...]]) -> bool:
    todo, seen = [path], {path}
    while todo:
        here = todo.pop()
        if here not in named:
            data = side(here)
            named[here] = () if data is None else includes(data, here, side)
        for other in named[here]:
            if other in changed:
                return True
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return False
