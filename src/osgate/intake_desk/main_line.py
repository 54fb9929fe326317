"""The line main took: which parent of a merge was main before it.

Git's first parent is whoever typed the merge: `git pull` in a clone puts the clone's own commits first, and main's
second. Only the desk seals, and only on main, so that main is where the seals are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from osgate.io.git import revision, text
from osgate.io.git_write import Repository
from osgate.model.record import record

# Commits that are asked for at a time, at first; each further question asks for more.
_CHUNK = 256
_LEDGER = ("seals", "archive")
_SERIAL = re.compile(r"(?:seals/|archive/[0-9]{6,}-)([0-9]{6,18})\.jsonl?\Z")


@record
class Move:
    """What a commit of main's line did. parent: the one before it on that line, empty for the first.

    paths: path -> git's status letter, `A`, `M`, `D` or `T`.
    """

    commit: str
    parent: str
    paths: Mapping[str, str]


def line(repository: Repository, head: str, base: str = "") -> Iterator[tuple[str, str]]:
    """Yield (commit, parent on the line; empty for none) from the commit `head` backwards.

    At a merge the line goes on with the parent that holds the highest seal, the first one where they are equal.
    base: a commit; the line ends before what led to it.
    """
    above: dict[str, list[str]] = {}
    without = [f"^{revision(base)}"] if base else []
    at, count = head, _CHUNK
    while at:
        if at not in above:
            listed = ("rev-list", "--topo-order", "--parents", f"--max-count={count}", revision(at), *without, "--")
            rows = map(str.split, text(repository.run(*listed)).splitlines())
            above.update((row[0], row[1:]) for row in rows)
            count *= 4
        if at not in above:
            return
        parent = _before(repository, at, above[at])
        yield at, parent
        at = parent


def moves(repository: Repository, base: str, head: str, *paths: str) -> list[Move]:
    """Return what the commits of main's line in `base..head` changed below `paths`, the oldest first.

    base, head: commits; base is empty for everything that led to `head`.
    """
    return _moves(repository, list(line(repository, head, base))[::-1], paths)


def back(repository: Repository, head: str, *paths: str) -> Iterator[Move]:
    """Yield the same for everything that led to `head`, the newest first, as far back as is asked for."""
    walk = line(repository, head)
    count = _CHUNK
    while some := list(islice(walk, count)):
        yield from _moves(repository, some, paths)
        count *= 4


def _moves(repository: Repository, steps: Iterable[tuple[str, str]], paths: Iterable[str]) -> list[Move]:
    """What each commit changed against its parent on the line; those that changed nothing are left out."""
    parents = dict(steps)
    asked = "".join(f"{commit} {parent}".rstrip() + "\n" for commit, parent in parents.items()).encode()
    form = ("--stdin", "-r", "--root", "-m", "-z", "--no-renames", "--name-status", "--format=%x01%H")
    said = text(repository.run("diff-tree", *form, "--", *paths, input=asked))
    found: list[Move] = []
    changed: dict[str, str] = {}
    words = iter(said.split("\0")[:-1])
    for word in words:
        if word.startswith("\1"):
            changed = {}
            found.append(Move(word[1:], parents[word[1:]], changed))
        else:
            changed[next(words)] = word.strip()
    return found


def _before(repository: Repository, commit: str, parents: list[str]) -> str:
    """Which of a commit's parents was main; empty where it has none."""
    if len(parents) < 2:
        return "".join(parents)
    # A merge takes over what was sealed on main: mostly the first parent has just that, and nothing needs counting.
    if _ledger(repository, commit) == _ledger(repository, parents[0]):
        return parents[0]
    return max(parents, key=lambda parent: _serial(repository, parent))


def _ledger(repository: Repository, commit: str) -> list[tuple[str, str] | None]:
    root = repository.objects.root(commit)
    return [repository.objects.entry(root, folder) for folder in _LEDGER]


def _serial(repository: Repository, commit: str) -> int:
    """The highest serial of a seal that `commit` holds, also in an archive; 0 without one."""
    names = (path for folder in _LEDGER for path, _, _ in repository.tree(commit, f"{folder}/"))
    return max((int(found[1]) for name in names if (found := _SERIAL.match(name))), default=0)
