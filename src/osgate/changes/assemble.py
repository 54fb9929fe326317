"""From git's list of changed paths to a ChangeSet: both sides' contents, and manifests that include a changed file."""

from __future__ import annotations

from osgate.model.change import Blob, ChangedFile, ChangeSet, nobody

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from osgate.io.git import Entry, Git

    # Tells whether a reader exists for a repository path (formats.table.match).
    Match = Callable[[str], object]
    # Names the files that a requirements file includes (formats.requirements.includes): content, path -> paths.
    Includes = Callable[[bytes, str], tuple[str, ...]]
    # Git's mode and object id of a path; None where the side does not have it.
    Place = tuple[str, str] | None

_SYMLINK, _GITLINK, _ABSENT = "120000", "160000", "000000"
_KINDS = {_SYMLINK: "symlink", _GITLINK: "gitlink"}
_INCLUDING = (".txt", ".in", ".pip")


class Side:
    """One side of a change. Called with a repository path it returns that file, None where there is no plain one.

    root: the tree below; changed: paths that stand elsewhere than in that tree (the index against HEAD).
    """

    def __init__(self, git: Git, root: str | None, changed: Mapping[str, Place] | None = None) -> None:
        self._git, self._root, self._changed = git, root, changed or {}
        self._contents: dict[str, bytes | None] = {}

    def __call__(self, path: str) -> bytes | None:
        place = self.place(path)
        return None if place is None or not place[0].startswith("100") else self._content(place[1])

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
        oids = [place[1] for place in places if place is not None and place[0].startswith("100")]
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
    includes: Includes | None,
    authors: Callable[[], tuple[str, ...]] = nobody,
) -> ChangeSet:
    """Return the change set of `entries`, restricted to paths that `match`, sorted by path.

    A requirements file that is itself unchanged joins when it includes, over any number of steps, a changed file.
    """
    before, after = sides
    pairs = {entry.path: (old_place(entry), new_place(entry)) for entry in entries if match(entry.path)}
    changed = {entry.path for entry in entries if entry.path.endswith(_INCLUDING)}
    if changed and includes is not None:
        for path in including(changed, after, match, includes):
            pairs[path] = (before.place(path), after.place(path))
    before.load(old for old, _ in pairs.values())
    after.load(new for _, new in pairs.values())
    files = tuple(ChangedFile(path, before.blob(old), after.blob(new)) for path, (old, new) in sorted(pairs.items()))
    return ChangeSet(labels[0], labels[1], files, before, after, authors)


def including(changed: set[str], side: Side, match: Match, includes: Includes) -> list[str]:
    """Return the manifests of `side` that include one of `changed` and are not changed themselves, sorted."""
    candidates = [path for path in side.paths() if path.endswith(_INCLUDING) and match(path)]
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
            named[here] = () if data is None else includes(data, here)
        for other in named[here]:
            if other in changed:
                return True
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return False
