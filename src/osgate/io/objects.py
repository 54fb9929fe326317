"""A conversation with one `git cat-file --batch`: objects by name, and paths by walking trees.

Trees are walked from object id to object id instead of asking for `revision:path`: that way a path may hold any byte,
and the mode of each entry (symbolic link, submodule) is known without another process.
"""

from __future__ import annotations

from osgate.errors import UsageError
from osgate.io.process import start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sized

    from osgate.io.process import Child

    # One reply: object id, type, size in bytes, content (None where it is larger than asked for).
    Reply = tuple[str, str, int, bytes | None]
    # Mode and object id of what stands at a path; None where nothing does.
    Side = tuple[str, str] | None

# Larger blobs are not loaded: one mebibyte above what readers take, so that a reader never has to tell.
BLOB_CAP = 33 << 20
# All blobs of one request together; what comes after it counts as too large.
TOTAL_CAP = 1 << 30
GITLINK, TREE = "160000", "40000"
# Larger objects are not kept when they are asked for ahead.
_AHEAD_CAP = 1 << 20
# Modes as git writes them, and the kinds they tell (the bits above the permissions).
_MODES = {mode.encode(): mode for mode in ("100644", "100755", "120000", GITLINK, TREE)}
_KINDS = {0o100000: "100644", 0o120000: "120000", 0o160000: GITLINK, 0o40000: TREE}
_MODE_DIGITS = 12
_NO_NAMES = (b"", b".", b"..")
# Paths that a tree may hold, and that may differ between two: a few small trees can name the same one a billion times.
MOST_PATHS, MOST_CHANGED = 5_000_000, 500_000


class Objects:
    """Reads objects; the process starts with the first question. Not for use from two threads."""

    def __init__(self, argv: list[str | bytes], env: Mapping[str, str], failed: Callable[[Child], Exception]) -> None:
        self._argv, self._env, self._failed = argv, env, failed
        self._child: Child | None = None
        self._trees: dict[str, dict[bytes, tuple[str, str]]] = {}
        self._roots: dict[str, str | None] = {}
        # Names that were asked for ahead, and what came of them.
        self._due: list[str] = []
        self._ahead: dict[str, Reply | None] = {}

    def begin(self) -> Child:
        """Start the process."""
        if self._child is None:
            self._child = start(self._argv, self._env)
        return self._child

    def expect(self, names: Iterable[str]) -> None:
        """Ask for what will be asked for, and read the answers when the first question comes: for whoever has something
        else to do meanwhile. Names as for `read`, some dozens at most."""
        self._due = list(dict.fromkeys(names))
        child = self.begin()
        child.send("".join([f"{name}\n" for name in self._due]).encode("utf-8", "surrogateescape"))
        child.flush()

    def _come_in(self) -> None:
        due, self._due = self._due, []
        for name in due:
            if self._child is None:  # Stopped in front of a large object.
                return
            reply = self._reply(self._child, name, _AHEAD_CAP)
            if reply is None or reply[3] is not None:
                self._ahead[name] = reply
            if reply is not None and reply[1] == "tree" and reply[3] is not None:
                self._trees[reply[0]] = parse_tree(reply[3], len(reply[0]) // 2)

    def close(self) -> None:
        """End the process. It only reads, so it is killed."""
        if self._child is not None:
            self._child.kill()
            self._child = None
            self._due = []

    def read(self, names: Iterable[str], cap: int = BLOB_CAP) -> list[Reply | None]:
        """Return what each name (an object id or `revision^{tree}`, without newline) stands for, in order.

        None where it does not exist. Content larger than `cap` is not loaded.
        """
        self._come_in()
        wanted = list(names)
        todo = [name for name in wanted if name not in self._ahead]
        found = dict(zip(todo, self._asked(todo, cap), strict=True))
        return [found[name] if name in found else _within(self._ahead[name], cap) for name in wanted]

    def _asked(self, todo: list[str], cap: int) -> list[Reply | None]:
        replies: list[Reply | None] = []
        while len(replies) < len(todo):
            child = self.begin()
            child.send("".join([f"{name}\n" for name in todo[len(replies) :]]).encode("utf-8", "surrogateescape"))
            for name in todo[len(replies) :]:
                replies.append(self._reply(child, name, cap))
                if self._child is None:  # Stopped in front of a large object: ask a new process for the rest.
                    break
        return replies

    def _reply(self, child: Child, name: str, cap: int) -> Reply | None:
        line = child.line()
        words = line[:-1].decode("utf-8", "replace").rsplit(" ", 2)
        if line.endswith(b" missing\n"):
            return None
        if line.endswith(b" ambiguous\n"):
            raise UsageError("git.revision", revision=name)
        if not line.endswith(b"\n") or len(words) != 3 or not words[2].isdigit():
            raise self._broken(child)
        oid, kind, size = words[0], words[1], int(words[2])
        if size > cap:
            self.close()
            return oid, kind, size, None
        body = child.take(size + 1)
        if len(body) != size + 1:
            raise self._broken(child)
        return oid, kind, size, body[:-1]

    def _broken(self, child: Child) -> Exception:
        child.wait()
        self._child = None
        return self._failed(child)

    def blobs(self, oids: Iterable[str], cap: int = BLOB_CAP) -> dict[str, bytes | None]:
        """Return the content of blobs by object id; None for one larger than `cap` bytes.

        Raises UsageError `git.object-missing` where one is not there (a damaged or a partial clone).
        """
        found: dict[str, bytes | None] = {}
        left = TOTAL_CAP
        wanted = list(dict.fromkeys(oids))
        for at in range(0, len(wanted), 256):
            some = wanted[at : at + 256]
            for oid, reply in zip(some, self.read(some, min(cap, left)), strict=True):
                if reply is None:
                    raise UsageError("git.object-missing", object=oid)
                found[oid] = reply[3]
                left = max(0, left - len(reply[3] or b""))
        return found

    def root(self, revision: str) -> str | None:
        """Return the id of a revision's top tree; None where there is none (`HEAD` before a first commit)."""
        if revision not in self._roots:
            self._roots[revision] = self._tree_of(f"{revision}^{{tree}}")
        return self._roots[revision]

    def _tree_of(self, name: str) -> str | None:
        reply = self.read([name])[0]
        if reply is None:
            return None
        oid, kind, size, data = reply
        if kind != "tree" or data is None:
            raise UsageError("git.tree-too-large", object=oid, size=size)
        self._trees[oid] = parse_tree(data, len(oid) // 2)
        return oid

    def entry(self, root: str | None, path: str) -> tuple[str, str] | None:
        """Return (mode, object id) of `path` below the tree `root`; None where it is not there."""
        steps = path.encode("utf-8", "surrogateescape").split(b"/")
        mode, oid = TREE, root
        for step in steps:
            if mode != TREE or oid is None:
                return None
            if oid not in self._trees and self._tree_of(oid) is None:
                raise UsageError("git.object-missing", object=oid)
            found = self._trees[oid].get(step)
            if found is None:
                return None
            mode, oid = found
        return (mode, oid) if oid is not None else None

    def walk(self, root: str | None, only: tuple[str, ...] | None = None) -> Iterator[tuple[str, str, str]]:
        """Yield (path, mode, object id) of all that is no tree below `root`, level by level. only: folders at the top
        that are entered; others are passed over."""
        level = [(b"", root)] if root is not None else []
        seen = 0
        entered = None if only is None else {name.encode() + b"/" for name in only}
        while level:
            self._load(oid for _, oid in level)
            below: list[tuple[bytes, str]] = []
            for prefix, tree in level:
                seen = _counted(seen, self._trees[tree], MOST_PATHS)
                for name, (mode, oid) in self._trees[tree].items():
                    if mode == TREE:
                        below.append((prefix + name + b"/", oid))
                    else:
                        yield (prefix + name).decode("utf-8", "surrogateescape"), mode, oid
            level = below if entered is None else [pair for pair in below if pair[0] in entered]
            entered = None

    def changed(self, old: str | None, new: str | None) -> Iterator[tuple[str, Side, Side]]:
        """Yield (path, side before, side after) of what is no tree and differs between two trees, in no order.

        A side is (mode, object id), None where there is nothing. Only trees that differ are read.
        """
        level = [(b"", old, new)] if old != new else []
        seen = 0
        while level:
            self._load(tree for _, *pair in level for tree in pair if tree is not None)
            below: list[tuple[bytes, str | None, str | None]] = []
            for prefix, one, other in level:
                before, after = self._entries(one), self._entries(other)
                differing = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
                seen = _counted(seen, differing, MOST_CHANGED)
                for name in differing:
                    sides = before.get(name), after.get(name)
                    path, trees = prefix + name, (_tree(sides[0]), _tree(sides[1]))
                    if any(trees):
                        below.append((path + b"/", *trees))
                    files = _file(sides[0]), _file(sides[1])
                    if any(files):
                        yield path.decode("utf-8", "surrogateescape"), *files
            level = below

    def _entries(self, tree: str | None) -> dict[bytes, tuple[str, str]]:
        return {} if tree is None else self._trees[tree]

    def _load(self, oids: Iterable[str]) -> None:
        new = [oid for oid in dict.fromkeys(oids) if oid not in self._trees]
        for oid, reply in zip(new, self.read(new), strict=True):
            if reply is None:
                raise UsageError("git.object-missing", object=oid)
            if reply[3] is None or reply[1] != "tree":
                raise UsageError("git.tree-too-large", object=oid, size=reply[2])
            self._trees[oid] = parse_tree(reply[3], len(oid) // 2)


def _counted(seen: int, more: Sized, most: int) -> int:
    """How many there are with `more`. Raises UsageError `git.too-many-paths`."""
    if seen + len(more) > most:
        raise UsageError("git.too-many-paths", most=most)
    return seen + len(more)


def _tree(side: Side) -> str | None:
    return side[1] if side is not None and side[0] == TREE else None


def _file(side: Side) -> Side:
    return None if side is None or side[0] == TREE else side


def _within(reply: Reply | None, cap: int) -> Reply | None:
    return (*reply[:3], None) if reply is not None and reply[2] > cap else reply


def parse_tree(data: bytes, width: int) -> dict[bytes, tuple[str, str]]:
    """Read a tree object: name -> (mode, object id in hex). `width`: bytes of an object id (20 or 32).

    Raises UsageError `git.tree-malformed`.
    """
    entries: dict[bytes, tuple[str, str]] = {}
    at = 0
    while at < len(data):
        space, nul = data.find(b" ", at), data.find(b"\0", at)
        end = nul + 1 + width
        if not at < space < nul or end > len(data):
            raise UsageError("git.tree-malformed")
        mode = data[at:space]
        name = data[space + 1 : nul]
        # Git checks out one of two that are called alike, and which of them it is depends on who asks; a name with a
        # slash lands in another folder.
        if name in entries or name in _NO_NAMES or b"/" in name:
            raise UsageError("git.tree-malformed")
        entries[name] = (_MODES.get(mode) or _canonical(mode), data[nul + 1 : end].hex())
        at = end
    return entries


def _canonical(mode: bytes) -> str:
    """Return a mode of any spelling as git takes it: its kind alone counts, and of a file whether its owner may run it
    (canon_mode in git's cache.h). Raises UsageError `git.tree-malformed` for a kind that git never writes."""
    if not mode or len(mode) > _MODE_DIGITS or mode.strip(b"01234567"):
        raise UsageError("git.tree-malformed")
    bits = int(mode, 8)
    kind = _KINDS.get(bits & ~0o7777)
    if kind is None:
        raise UsageError("git.tree-malformed")
    return "100755" if kind == "100644" and bits & 0o100 else kind
