"""Files that are not checked out as they lie in the repository, by what `.gitattributes` says of them.

`working-tree-encoding` has git write a file anew in another encoding, `filter` runs it through a program: what is built
from is then not what was read here (gitattributes(5)). Git LFS is left to the readers, which know its pointers. Names
are matched no more exactly than they have to be: what is not understood matches.
"""

from __future__ import annotations

from osgate.changes.assemble import Side, is_plain
from osgate.model.change import Blob, ChangedFile
from osgate.model.record import record, replace
from osgate.patterns import fits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from osgate.changes.assemble import Match, Place
    from osgate.io.git import Entry, Git
    from osgate.model.change import ChangeSet

NAME = ".gitattributes"
RECODED = "recoded"
# What leaves a file as it is.
_HARMLESS = {"filter": ("lfs",), "working-tree-encoding": ("utf-8", "utf8")}
_MACRO = "[attr]"
_BLANKS = " \t\r"
# Rules that count for one folder, and folders above a file; where there are more, a file counts as written anew.
_MOST, _DEEPEST = 500, 100


@record
class _Rule:
    """A line that says something of the attributes we look for. folder: of its file, with `/`; states: set or not."""

    folder: str
    pattern: str
    states: Mapping[str, bool]


_EVERY = dict.fromkeys(_HARMLESS, True)


class CheckedOut(Side):
    """A side of which files that are checked out otherwise than they lie here have no content."""

    def __init__(self, git: Git, root: str | None, changed: Mapping[str, Place] | None = None) -> None:
        super().__init__(git, root, changed)
        self._rules: dict[str, tuple[_Rule, ...]] = {}
        self._macros: set[str] = set()

    def __call__(self, path: str) -> bytes | None:
        return None if self.recodes(path) else super().__call__(path)

    def recodes(self, path: str) -> bool:
        """Whether git writes this file anew when it checks it out; True where that is not certain."""
        states: dict[str, bool] = {}
        for rule in self.rules(path.rpartition("/")[0]):
            name = path.removeprefix(rule.folder)
            if _may_match(rule.pattern, name):
                sure = _must_match(rule.pattern, name)
                states.update({key: state for key, state in rule.states.items() if state or sure})
        return any(states.values())

    def rules(self, folder: str) -> tuple[_Rule, ...]:
        """Return what counts for the files of a folder, from the root down: the last rule that matches wins."""
        if folder in self._rules:
            return self._rules[folder]
        found: tuple[_Rule, ...] = ()
        steps = folder.split("/") if folder else []
        for count in range(min(len(steps), _DEEPEST) + 1):
            here = "/".join(steps[:count])
            if here not in self._rules:
                self._rules[here] = (*found, *self._own_rules(f"{here}/" if here else ""))
            found = self._rules[here]
        self._rules[folder] = found if len(found) <= _MOST and len(steps) <= _DEEPEST else (_Rule("", "*", _EVERY),)
        return self._rules[folder]

    def _own_rules(self, folder: str) -> Iterator[_Rule]:
        place = self.place(folder + NAME)
        if place is None:
            return
        data = super().__call__(folder + NAME)
        if not is_plain(place) or data is None:
            yield _Rule(folder, "*", _EVERY)
            return
        lines = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n")
        known = [line.strip(_BLANKS) for line in lines]
        if not folder:
            self._macros = _macros(known)
        yield from _read(known, folder, self._macros)


def _macros(lines: Iterable[str]) -> set[str]:
    """The names of macros, where one of them sets what we look for: then any may stand for it."""
    found = [_words(line.removeprefix(_MACRO)) for line in lines if line.startswith(_MACRO)]
    risky = any(True in _states(words[1:], set()).values() for words in found)
    return {words[0] for words in found if words} if risky else set()


def _read(lines: Iterable[str], folder: str, macros: set[str]) -> Iterator[_Rule]:
    for line in lines:
        if not line or line.startswith(("#", _MACRO)):
            continue
        pattern, *words = _words(line)
        states = _states(words, macros)
        if states:
            # A pattern in quotes is not read.
            yield _Rule(folder, "\\" if pattern.startswith('"') else pattern, states)


def _words(line: str) -> list[str]:
    """What blanks part; to git nothing else is one."""
    return [word for word in line.replace("\t", " ").replace("\r", " ").split(" ") if word]


def _states(words: Iterable[str], macros: set[str]) -> dict[str, bool]:
    states: dict[str, bool] = {}
    for word in words:
        name, _, value = word.lstrip("-!").partition("=")
        if name in _HARMLESS:
            states[name] = word == f"{name}={value}" and value.lower() not in _HARMLESS[name]
        elif name in macros:
            states[name] = word == name
    return states


def _may_match(pattern: str, name: str) -> bool:
    """Whether a pattern matches a path below its folder, as far as can be told: every wildcard stands for anything."""
    odd = "[" in pattern or "\\" in pattern
    if pattern.endswith("/") and not odd:
        return False  # Folders only; what lies in them is not meant.
    plain = pattern
    for mark in "[\\":
        head, found, _ = plain.partition(mark)
        plain = f"{head}*" if found else plain
    plain, whole = plain.replace("?", "*").replace("**/", "*").casefold(), name.casefold()
    last = whole.rpartition("/")[2]
    anywhere, below = "/" not in pattern, "/" in pattern or odd
    return (anywhere and fits(plain, last)) or (below and fits(plain.removeprefix("/"), whole))


def _must_match(pattern: str, name: str) -> bool:
    """Whether a pattern certainly matches: one without anything but `*`, and without a folder."""
    return not set(pattern) & set("/[\\?") and fits(pattern, name.rpartition("/")[2])


def as_checked_out(
    change: ChangeSet, entries: Iterable[Entry], sides: tuple[CheckedOut, CheckedOut], match: Match
) -> ChangeSet:
    """Return `change` with Blobs `recoded` for the manifests that are not checked out as they lie in the repository.

    Manifests for which a changed `.gitattributes` turns that round join.
    """
    before, after = sides
    files = {file.path: file for file in change.files}
    for path in _turned(entries, before, after):
        if match(path) and path not in files and before.recodes(path) != after.recodes(path):
            files[path] = ChangedFile(path, before.blob(before.place(path)), after.blob(after.place(path)))
    told = [
        ChangedFile(file.path, _seen(before, file.path, file.before), _seen(after, file.path, file.after))
        for _, file in sorted(files.items())
    ]
    return replace(change, files=tuple(told))


def _turned(entries: Iterable[Entry], before: CheckedOut, after: CheckedOut) -> Iterator[str]:
    """Yield the files of the new side below a `.gitattributes` that differs and says something of them, or did."""
    folders = [e.path.removesuffix(NAME) for e in entries if e.path == NAME or e.path.endswith(f"/{NAME}")]
    told = [folder for folder in folders if before.rules(folder[:-1]) or after.rules(folder[:-1])]
    if told:
        yield from [path for path in Side.paths(after) if path.startswith(tuple(told))]


def _seen(side: CheckedOut, path: str, blob: Blob | None) -> Blob | None:
    return Blob(RECODED) if blob is not None and blob.kind == "file" and side.recodes(path) else blob
