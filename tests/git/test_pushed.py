"""What a push moves, as git itself tells its hooks: every ref against what it was, a new one against what is known."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.changes.pushed import Update, base_of, pushed, trusted_revision, updates
from osgate.errors import UsageError
from osgate.formats.table import match
from osgate.io.git import Git
from osgate.model.change import Blob, ChangeSet

LOCK = "package-lock.json"
A, B, NONE = "a" * 40, "b" * 40, "0" * 40


# Lines


@pytest.mark.parametrize(
    ("line", "update"),
    [
        (f"refs/heads/x {A} refs/heads/y {B}", Update("refs/heads/y", B, A, False)),
        (f"HEAD^{{/fix it}} {A} refs/heads/y {NONE}", Update("refs/heads/y", NONE, A, False)),
        (f"(delete) {NONE} refs/heads/y {B}", Update("refs/heads/y", B, NONE, False)),
        (f"{A} {B} refs/heads/x", Update("refs/heads/x", A, B, True)),
        (f"{A + A[:24]} {B + B[:24]} refs/tags/总", Update("refs/tags/总", A + A[:24], B + B[:24], True)),
    ],
)
def test_the_shape_of_a_line_tells_which_hook_it_is(line: str, update: Update) -> None:
    assert updates(f"{line}\n".encode()) == (update,)
    assert updates(line.encode()) == (update,)


def test_several_lines_keep_their_order_and_nothing_is_nothing() -> None:
    lines = f"x {A} refs/heads/y {B}\nz {B} refs/heads/z {NONE}\n"
    assert [update.ref for update in updates(lines.encode())] == ["refs/heads/y", "refs/heads/z"]
    assert updates(b"") == updates(b"\n\n") == ()


@pytest.mark.parametrize(
    "line",
    ["x", f"{A} {B}", f"{A} {B} ", f"{A} refs/x {B}", f"x {A} refs/heads/y {B[:-1]}", f"x {A.upper()} y {B}", "\0" * 9],
)
def test_any_other_line_is_refused(line: str) -> None:
    with pytest.raises(UsageError) as caught:
        updates(f"x {A} refs/heads/y {B}\n{line}\n".encode())
    assert caught.value.code == "pushed.line"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_are_more_than_refused(data: bytes) -> None:
    with contextlib.suppress(UsageError):
        assert all(update.ref and update.new for update in updates(data))


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1), st.booleans())
def test_whatever_the_local_ref_holds_the_ids_are_found(local: str, sha256: bool) -> None:
    old, new = (A + A[:24], B + B[:24]) if sha256 else (A, B)
    assert updates(f"{local} {new} refs/heads/y {old}".encode()) == (Update("refs/heads/y", old, new, False),)


# Pushes


class Pair:
    """A repository and the bare one it pushes to; the hooks of both write down what git tells them."""

    def __init__(self, repo: Any, make_repo: Any) -> None:
        self.repo, self.path = repo, repo.path
        self.bare = repo.path.parent / "bare.git"
        make_repo(self.bare, "--bare")
        repo.git("remote", "add", "origin", str(self.bare))
        self.sent, self.received = self._log(repo.path / ".git", "pre-push"), self._log(self.bare, "pre-receive")

    def _log(self, folder: Path, hook: str) -> Path:
        log = self.path.parent / hook
        target = folder / "hooks" / hook
        target.parent.mkdir(exist_ok=True)
        # Refuses where the file `no` is there, so that the receiving side stays as it was.
        target.write_text(f"#!/bin/sh\ncat > {log}\ntest ! -e {self.path.parent}/no\n")
        target.chmod(0o755)
        return log

    def push(self, *args: str) -> None:
        """Push for good."""
        self.repo.git("push", "-q", "origin", *args)

    def told(self, *args: str) -> dict[str, tuple[str, dict[str, tuple[Blob | None, Blob | None]] | None]]:
        """What a push that is refused would change: ref -> (base, manifests); the sending side's view."""
        (self.path.parent / "no").touch()
        subprocess.run(["git", "push", "-q", "origin", *args], cwd=self.path, capture_output=True, check=False)
        (self.path.parent / "no").unlink()
        return self.read(self.path, self.sent.read_bytes())

    @staticmethod
    def read(folder: Path, lines: bytes) -> Any:
        found = {}
        with Git(str(folder)) as git:
            for update in updates(lines):
                base = base_of(git, update, "origin")
                change = pushed(git, update, base, match)
                found[update.ref] = (base, None if change is None else files(change))
        return found


def files(change: ChangeSet) -> dict[str, tuple[Blob | None, Blob | None]]:
    return {file.path: (file.before, file.after) for file in change.files}


def plain(text: str) -> Blob:
    return Blob("file", text.encode())


@pytest.fixture
def pair(repo: Any, make_repo: Any) -> Pair:
    return Pair(repo, make_repo)


def test_a_first_push_is_all_new(pair: Pair) -> None:
    pair.repo.commit(**{LOCK: "1", ".osgate/config.toml": "x"})
    assert pair.told("main") == {"refs/heads/main": ("", {LOCK: (None, plain("1"))})}


def test_an_update_is_told_against_the_old_tip(pair: Pair) -> None:
    base = pair.repo.commit(**{LOCK: "1", "b/package-lock.json": "b"})
    pair.push("main")
    pair.repo.commit(**{LOCK: "2"})
    pair.repo.commit(**{LOCK: "3"})
    assert pair.told("main") == {"refs/heads/main": (base, {LOCK: (plain("1"), plain("3"))})}


def test_a_forced_push_is_told_against_what_it_replaces(pair: Pair) -> None:
    pair.repo.commit(**{LOCK: "1"})
    replaced = pair.repo.commit(**{LOCK: "2", "gone/package-lock.json": "g"})
    pair.push("main")
    pair.repo.git("reset", "-q", "--hard", "HEAD~1")
    pair.repo.commit(**{LOCK: "3"})
    changed = {LOCK: (plain("2"), plain("3")), "gone/package-lock.json": (plain("g"), None)}
    assert pair.told("--force", "main") == {"refs/heads/main": (replaced, changed)}


def test_a_forced_push_over_what_was_never_fetched_is_told_against_what_is_known(pair: Pair, make_repo: Any) -> None:
    known = pair.repo.commit(**{LOCK: "1"})
    pair.push("main")
    other = make_repo(pair.path.parent / "other")
    other.git("pull", "-q", str(pair.bare), "main")
    other.commit(**{LOCK: "theirs"})
    other.git("push", "-q", str(pair.bare), "HEAD:main")
    pair.repo.commit(**{LOCK: "2"})
    assert pair.told("--force", "main") == {"refs/heads/main": (known, {LOCK: (plain("1"), plain("2"))})}


def test_a_new_branch_is_told_against_the_nearest_commit_that_the_remote_has(pair: Pair) -> None:
    pair.repo.commit(**{LOCK: "1"})
    pair.push("main")
    pair.repo.git("checkout", "-qb", "topic")
    nearest = pair.repo.commit(**{LOCK: "2"})
    pair.push("topic")
    pair.repo.git("checkout", "-qb", "second")
    assert pair.told("second") == {"refs/heads/second": (nearest, {})}
    pair.repo.commit(**{LOCK: "3"})
    assert pair.told("second") == {"refs/heads/second": (nearest, {LOCK: (plain("2"), plain("3"))})}


def test_a_new_fork_is_told_against_what_other_remotes_have(pair: Pair) -> None:
    base = pair.repo.commit(**{LOCK: "1"})
    pair.push("main")
    pair.repo.git("remote", "rename", "origin", "upstream")
    head = pair.repo.commit(**{LOCK: "2"})
    with Git(str(pair.path)) as git:
        for remote in ("fork", "https://git.example.com/[x]", ""):
            assert base_of(git, Update("refs/heads/main", NONE, head, False), remote) == base
        assert base_of(git, Update("refs/heads/main", "e" * 40, head, False), "fork") == base


def test_an_orphan_branch_is_all_new(pair: Pair) -> None:
    pair.repo.commit(**{LOCK: "1"})
    pair.push("main")
    pair.repo.git("checkout", "-q", "--orphan", "pages")
    pair.repo.commit(**{LOCK: "2"})
    assert pair.told("pages") == {"refs/heads/pages": ("", {LOCK: (None, plain("2"))})}


def test_a_deletion_changes_nothing(pair: Pair) -> None:
    pair.repo.commit(**{LOCK: "1"})
    pair.push("main", "main:gone")
    assert pair.told("--delete", "gone")["refs/heads/gone"][1] is None


def test_every_ref_of_a_push_is_told(pair: Pair) -> None:
    base = pair.repo.commit(**{LOCK: "1"})
    pair.push("main", "main:old", "main:gone")
    pair.repo.commit(**{LOCK: "2"})
    pair.repo.git("tag", "-a", "v1", "-m", "one")
    found = pair.told("--force", "main", "v1", "HEAD~0:refs/heads/new", ":gone", "main:old")
    changed = (base, {LOCK: (plain("1"), plain("2"))})
    gone = found.pop("refs/heads/gone")
    assert gone[1] is None
    assert found == dict.fromkeys(["refs/heads/main", "refs/tags/v1", "refs/heads/new", "refs/heads/old"], changed)


def test_tags_may_lead_anywhere(pair: Pair) -> None:
    pair.repo.commit(**{LOCK: "1"})
    pair.push("main")
    for name, target in (("blob", f"HEAD:{LOCK}"), ("tree", "HEAD^{tree}"), ("commit", "HEAD")):
        pair.repo.git("tag", "-a", name, "-m", name, target)
    pair.repo.git("tag", "-a", "nested", "-m", "tag of a tag", "commit")
    head = pair.repo.git("rev-parse", "HEAD")
    assert pair.told("--tags") == {
        "refs/tags/blob": ("", None),
        "refs/tags/tree": ("", {LOCK: (None, plain("1"))}),
        "refs/tags/commit": (head, {}),
        "refs/tags/nested": (head, {}),
    }


def test_a_merge_is_told_by_its_outcome(pair: Pair) -> None:
    base = pair.repo.commit(**{LOCK: "1"})
    pair.push("main")
    pair.repo.git("checkout", "-qb", "side")
    pair.repo.commit(**{"side/package-lock.json": "s"})
    pair.repo.git("checkout", "-q", "main")
    pair.repo.commit(other="o")
    pair.repo.git("merge", "-q", "--no-edit", "side")
    assert pair.told("main") == {"refs/heads/main": (base, {"side/package-lock.json": (None, plain("s"))})}


def test_from_a_detached_head_and_with_odd_names(pair: Pair) -> None:
    base = pair.repo.commit(**{LOCK: "1"})
    pair.push("main")
    pair.repo.git("checkout", "-q", "--detach")
    names = ["a b", "quote\"'", "new\nline", "-dash", "总"]
    pair.repo.commit("fix it", **{f"{name}/package-lock.json": name for name in names})
    changed = (base, {f"{name}/package-lock.json": (None, plain(name)) for name in names})
    assert pair.told("HEAD^{/fix it}:refs/heads/新分支") == {"refs/heads/新分支": changed}


def test_links_and_submodules_are_seen(pair: Pair) -> None:
    base = pair.repo.commit(**{LOCK: "1", "x": "x"})
    pair.push("main")
    (pair.path / LOCK).unlink()
    (pair.path / LOCK).symlink_to("x")
    pair.repo.git("add", "-A")
    pair.repo.git("update-index", "--add", "--cacheinfo", f"160000,{base},sub/package-lock.json")
    pair.repo.git("commit", "-qm", "odd")
    assert pair.told("main")["refs/heads/main"][1] == {
        LOCK: (plain("1"), Blob("symlink")),
        "sub/package-lock.json": (None, Blob("gitlink")),
    }


def test_from_a_shallow_clone(pair: Pair) -> None:
    pair.repo.commit(**{LOCK: "1"})
    base = pair.repo.commit(**{LOCK: "2"})
    pair.push("main")
    shallow = pair.path.parent / "shallow"
    pair.repo.git("clone", "-q", "--depth=1", f"file://{pair.bare}", str(shallow))

    def git(*args: str) -> str:
        return subprocess.run(["git", *args], cwd=shallow, capture_output=True, text=True, check=True).stdout.strip()

    (shallow / LOCK).write_text("3")
    git("commit", "-qam", "change")
    with Git(str(shallow)) as reader:
        update = Update("refs/heads/new", NONE, git("rev-parse", "HEAD"), False)
        assert base_of(reader, update, "origin") == base
        change = pushed(reader, update, base, match)
        assert change is not None
        assert files(change) == {LOCK: (plain("2"), plain("3"))}
    git("checkout", "-q", "--orphan", "apart")
    git("commit", "-qm", "apart")
    with Git(str(shallow)) as reader, pytest.raises(UsageError) as caught:
        base_of(reader, Update("refs/heads/new", NONE, git("rev-parse", "HEAD"), False), "origin")
    assert caught.value.code == "git.shallow"


def test_a_tip_that_is_not_here_is_never_nothing_to_look_at(pair: Pair) -> None:
    base = pair.repo.commit(**{LOCK: "1"})
    with Git(str(pair.path)) as git:
        for old in (NONE, base):
            update = Update("refs/heads/main", old, A, True)
            with pytest.raises(UsageError) as caught:
                pushed(git, update, base_of(git, update, "origin"), match)
            assert caught.value.code == "git.object-missing"


# The receiving side


JUDGE = """
import sys
from osgate.changes.pushed import base_of, pushed, updates
from osgate.formats.table import match
from osgate.io.git import Git

with Git() as git:
    for update in updates(sys.stdin.buffer.read()):
        base = base_of(git, update, "")
        print(update.ref, base, *[file.path for file in pushed(git, update, base, match).files])
"""


def test_in_quarantine_a_new_branch_is_told_against_the_default_branch(pair: Pair) -> None:
    """A commit that another, unguarded branch brought in before is no less new to the default branch."""
    base = pair.repo.commit(**{LOCK: "1"})
    pair.push("main")
    pair.repo.git("checkout", "-qb", "topic")
    pair.repo.commit(**{"new/package-lock.json": "n"})
    pair.push("topic:unguarded")
    script, out = pair.path.parent / "judge.py", pair.path.parent / "out"
    script.write_text(JUDGE)
    paths = os.pathsep.join(path for path in sys.path if path)
    (pair.bare / "hooks/pre-receive").write_text(
        f"#!/bin/sh\nPYTHONPATH='{paths}' '{sys.executable}' {script} > {out} 2>&1\nexit 1\n"
    )
    for target in ("topic", "main"):
        argv = ["git", "push", "-q", "origin", f"topic:refs/heads/{target}"]
        subprocess.run(argv, cwd=pair.path, capture_output=True, check=False)
        assert out.read_text() == f"refs/heads/{target} {base} new/package-lock.json\n"


# What is trusted


def test_the_default_branch_of_the_receiving_side_is_trusted_and_nothing_that_is_pushed(pair: Pair) -> None:
    main = pair.repo.commit(**{LOCK: "1"})
    pair.push("main")
    pair.repo.git("checkout", "-qb", "topic")
    old = pair.repo.commit(**{".osgate/osgate.lock": "mine"})
    pair.push("topic")
    new = pair.repo.commit(**{LOCK: "2"})
    update = Update("refs/heads/topic", old, new, False)
    with Git(str(pair.path)) as git:
        assert trusted_revision(git, update, "origin", old) == old, "nothing better is known"
        pair.repo.git("remote", "set-head", "origin", "main")
    with Git(str(pair.path)) as git:
        assert trusted_revision(git, update, "origin", old) == main
        assert trusted_revision(git, update, "", old) == main
        assert git.commit_of(trusted_revision(git, update, "https://git.example.com/x", "")) is None
    with Git(str(pair.bare)) as git:
        assert trusted_revision(git, Update("refs/heads/topic", old, old, True), "", old) == main
