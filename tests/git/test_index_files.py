"""Files that may name a package index are carried by every form of a change set, though they are no manifests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from osgate.changes import pushed, staged, worktree
from osgate.changes.range import between, whole
from osgate.cli.judging import LOCKS
from osgate.formats import table
from osgate.io.git import Git
from osgate.model.change import Blob, ChangeSet
from osgate.server_hook import receive

NAMED = ("Pipfile", "a/pip.conf", "a/uv.toml", "pip.ini", "pyproject.toml")
NONE = "0" * 40


def _staged(git: Git, old: str, new: str) -> ChangeSet:
    git.run("reset", "--soft", old)
    return staged.staged(git, table.match, table.includes, LOCKS)


def _worktree(git: Git, old: str, new: str) -> ChangeSet:
    git.run("reset", "--soft", old)
    return worktree.worktree(git, table.match, table.includes, LOCKS)


def _pushed(git: Git, old: str, new: str) -> ChangeSet:
    update = pushed.Update("refs/heads/main", old, new, True)
    change = pushed.pushed(git, update, old, receive.match, table.includes, receive._LOCKS)
    assert change is not None
    return change


FORMS: dict[str, Callable[[Git, str, str], ChangeSet]] = {
    "staged": _staged,
    "worktree": _worktree,
    "range": lambda git, old, new: between(git, old, new, table.match, table.includes, LOCKS),
    "pushed": _pushed,
    "pushed where nothing was": lambda git, old, new: _pushed(git, "", new),
    "whole": lambda git, old, new: whole(git, new, table.match, LOCKS),
    "named": lambda git, old, new: worktree.named(git, ["."], table.match, LOCKS),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_carries_them(repo: Any, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)
    old = repo.commit(**{"readme.md": "x"})
    new = repo.commit(**dict.fromkeys((*NAMED, "b/pip.conf.txt", "docs/uv.toml.md"), "x"))
    with Git(str(repo.path)) as git:
        change = FORMS[form](git, old, new)
        assert sorted(change.indexes) == sorted(NAMED)
        assert change.files == ()
        assert change.after("a/pip.conf") == b"x"


def test_one_that_becomes_a_symbolic_link_is_not_passed_over(repo: Any) -> None:
    repo.commit(**{"pip.conf": "x", "pyproject.toml": "x"})
    for name in ("pip.conf", "pyproject.toml"):
        (repo.path / name).unlink()
        (repo.path / name).symlink_to("elsewhere")
    repo.git("add", "-A")
    with Git(str(repo.path)) as git:
        change = staged.staged(git, table.match, table.includes, LOCKS)
    assert [(file.path, file.after) for file in change.files] == [("pip.conf", Blob("symlink"))]
