"""Change sets from real repositories."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from osgate.changes.range import between, whole
from osgate.changes.staged import staged
from osgate.changes.tree import files
from osgate.errors import UsageError
from osgate.io.git import Git
from osgate.model.change import Blob, ChangeSet

LOCK = "package-lock.json"


def match(path: str) -> bool:
    return bool(
        re.fullmatch(
            r"(.*/)?(package-lock\.json|requirements[^/]*\.txt)|\.github/workflows/[^/]+\.yml", path, re.DOTALL
        )
    )


def includes(data: bytes, path: str, siblings: object) -> tuple[str, ...]:
    folder = os.path.dirname(path)
    return tuple(os.path.normpath(os.path.join(folder, name)) for name in re.findall(r"-[rc] (\S+)", data.decode()))


def staged_in(repo: Any) -> ChangeSet:
    with Git(str(repo.path)) as git:
        return staged(git, match, includes)


def told(change: ChangeSet) -> dict[str, tuple[Blob | None, Blob | None]]:
    return {file.path: (file.before, file.after) for file in change.files}


def plain(text: str) -> Blob:
    return Blob("file", text.encode())


def test_before_the_first_commit_all_is_new(repo: Any) -> None:
    repo.write(LOCK, "1")
    repo.write("readme.md", "x")
    repo.git("add", "-A")
    change = staged_in(repo)
    assert told(change) == {LOCK: (None, plain("1"))}
    assert (change.base, change.head) == ("HEAD", "index")
    assert change.authors() == ("test@example.com",)


def test_added_changed_deleted_renamed_and_unstaged(repo: Any) -> None:
    repo.commit(**{LOCK: "1", "b/package-lock.json": "b", "c/package-lock.json": "c" * 99, "d/package-lock.json": "d"})
    repo.write(LOCK, "2")
    repo.git("rm", "-q", "b/package-lock.json")
    repo.git("mv", "c", "moved")
    repo.git("add", "-A")
    repo.write(LOCK, "3")
    repo.write("d/package-lock.json", "not staged")
    repo.write("new/package-lock.json", "not staged")
    assert told(staged_in(repo)) == {
        LOCK: (plain("1"), plain("2")),
        "b/package-lock.json": (plain("b"), None),
        "c/package-lock.json": (plain("c" * 99), None),
        "moved/package-lock.json": (None, plain("c" * 99)),
    }


def test_links_submodules_large_files_and_pointers(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pointer = "version https://git-lfs.example.com/spec/v1\noid sha256:00\nsize 1\n"
    oid = repo.commit(**{"a/package-lock.json": "a", "b/package-lock.json": "b"})
    (repo.path / "a/package-lock.json").unlink()
    (repo.path / "a/package-lock.json").symlink_to("../b/package-lock.json")
    repo.write("large/package-lock.json", "x" * 2000)
    repo.write("lfs/package-lock.json", pointer)
    repo.git("add", "-A")
    repo.git("rm", "-q", "--cached", "b/package-lock.json")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{oid},b/package-lock.json")
    monkeypatch.setattr(Git.blobs, "__defaults__", (1000,))
    assert told(staged_in(repo)) == {
        "a/package-lock.json": (plain("a"), Blob("symlink")),
        "b/package-lock.json": (plain("b"), Blob("gitlink")),
        "large/package-lock.json": (None, Blob("too-large")),
        "lfs/package-lock.json": (None, plain(pointer)),
    }


def test_siblings_are_those_of_each_side(repo: Any) -> None:
    repo.commit(**{LOCK: "1", "package.json": "old", "same": "s", "gone": "g", "d/x": "x"})
    repo.write(LOCK, "2")
    repo.write("package.json", "new")
    (repo.path / "link").symlink_to("same")
    (repo.path / "folder").symlink_to("d")
    repo.git("rm", "-q", "gone")
    repo.git("add", "-A")
    repo.write("same", "work tree only")
    with Git(str(repo.path)) as git:
        change = staged(git, match)
        asked = ["package.json", "same", "gone", "link", "folder/x", "d/x", "d", "../x", "/etc/passwd", "", "./same"]
        assert {path: change.before(path) for path in asked if change.before(path) is not None} == {
            "package.json": b"old", "same": b"s", "gone": b"g", "d/x": b"x"}  # fmt: skip
        assert {path: change.after(path) for path in asked if change.after(path) is not None} == {
            "package.json": b"new", "same": b"s", "d/x": b"x"}  # fmt: skip


def test_unchanged_requirements_that_include_a_changed_file_join(repo: Any) -> None:
    repo.commit(**{
        "requirements.txt": "-r sub/middle.pip\n",
        "sub/middle.pip": "-c ../base.in\n",
        "sub/requirements-other.txt": "a\n",
        "loop/requirements-a.txt": "-r requirements-b.txt",
        "loop/requirements-b.txt": "-r requirements-a.txt",
        "base.in": "old\n",
    })  # fmt: skip
    repo.write("base.in", "new\n")
    repo.git("add", "-A")
    same = plain("-r sub/middle.pip\n")
    with Git(str(repo.path)) as git:
        change = staged(git, match, includes)
        assert told(change) == {"requirements.txt": (same, same)}
        assert (change.before("base.in"), change.after("base.in")) == (b"old\n", b"new\n")
        assert told(staged(git, match)) == {}
    repo.git("rm", "-qf", "base.in")
    assert told(staged_in(repo)) == {"requirements.txt": (same, same)}


def test_a_range_starts_at_the_merge_base(repo: Any) -> None:
    root = repo.commit(**{LOCK: "1"})
    repo.git("checkout", "-qb", "side")
    head = repo.commit(**{"side/package-lock.json": "s"})
    repo.git("checkout", "-q", "main")
    repo.commit(**{LOCK: "2"})
    with Git(str(repo.path)) as git:
        change = between(git, "main", "side", match)
        assert (change.base, change.head) == (root, head)
        assert told(change) == {"side/package-lock.json": (None, plain("s"))}
        assert change.authors() == ("test@example.com",)
    repo.git("merge", "-q", "side", "-m", "merge")
    with Git(str(repo.path)) as git:
        assert told(between(git, "side", "main", match)) == {LOCK: (plain("1"), plain("2"))}
        assert told(between(git, "main", "main", match)) == {}
        assert set(told(whole(git, "main", match))) == {LOCK, "side/package-lock.json"}


def test_subdirectory_worktree_and_sparse_checkout(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(**{LOCK: "1", "sub/package-lock.json": "s", "deep/er/package-lock.json": "d"})
    tree = repo.path.parent / "second"
    repo.git("worktree", "add", "-q", str(tree), "-b", "second")
    subprocess.run(["git", "sparse-checkout", "set", "sub"], cwd=tree, check=True)
    (tree / "sub/package-lock.json").write_text("t")
    subprocess.run(["git", "add", "sub"], cwd=tree, check=True)
    monkeypatch.chdir(tree / "sub")
    with Git() as git:
        assert told(staged(git, match)) == {"sub/package-lock.json": (plain("s"), plain("t"))}
    assert told(staged_in(repo)) == {}


def test_a_repository_with_sha256(repo: Any, make_repo: Any) -> None:
    other = make_repo(repo.path.parent / "sha256", "--object-format=sha256")
    base = other.commit(**{"a/package-lock.json": "1", "b/x": "x"})
    assert len(base) == 64
    other.write("a/package-lock.json", "2")
    other.git("add", "-A")
    with Git(str(other.path)) as git:
        change = staged(git, match)
        assert told(change) == {"a/package-lock.json": (plain("1"), plain("2"))}
        assert change.after("b/x") == b"x"
    head = other.commit()
    with Git(str(other.path)) as git:
        assert told(between(git, base, head, match)) == {"a/package-lock.json": (plain("1"), plain("2"))}


COUNTED = """
import sys
from osgate.changes.staged import staged
from osgate.formats.table import match
from osgate.io.git import Git
heavy = {"dataclasses", "typing", "argparse", "pathlib", "subprocess", "logging", "tomllib", "tempfile", "threading"}
with Git() as git:
    own = git.paths_at("HEAD", [".osgate/config.toml", ".osgate/osgate.lock", ".osgate/baseline.json"])
    change = staged(git, match, lambda data, path: ())
    assert [path for path in own] == [".osgate/config.toml"], own
    assert change.after("package.json") == b"{}"
    assert len(change.files) == int(sys.argv[1]), change.files
loaded = heavy & set(sys.modules)
assert not loaded, loaded
"""


@pytest.mark.parametrize("names", [[LOCK], ["a/package-lock.json", "requirements.txt", "b/package-lock.json"]])
def test_a_commit_check_costs_two_git_processes(repo: Any, tmp_path: Path, names: list[str]) -> None:
    repo.commit(**{".osgate/config.toml": "x", "package.json": "{}", **dict.fromkeys(names, "1")})
    for name in names:
        repo.write(name, "2")
    repo.git("add", "-A")
    log, real = tmp_path / "log", subprocess.check_output(["sh", "-c", "command -v git"], text=True).strip()
    wrapper = tmp_path / "bin/git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    env = {**os.environ, "PATH": f"{wrapper.parent}:{os.environ['PATH']}"}
    # -S: an editable install's finder would import what is forbidden here.
    source = str(Path(sys.modules["osgate"].__path__[0]).parent)
    code = f"import sys; sys.path.insert(0, {source!r})\n{COUNTED}"
    argv = [sys.executable, "-I", "-S", "-c", code, str(len(names))]
    done = subprocess.run(argv, cwd=repo.path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split("diff.relative=false ")[-1].split()[0] for line in log.read_text().splitlines()] == [
        "cat-file",
        "diff",
    ]


def test_files_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "tree"
    locks = (LOCK, "b/package-lock.json", ".git/package-lock.json", "node_modules/x/package-lock.json")
    for name in (*locks, "b/package.json", ".github/workflows/ci.yml", "other.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (tmp_path / "secret").write_text("s")
    (root / "a").mkdir()
    (root / "a/package-lock.json").symlink_to("../../secret")
    (root / "out").symlink_to(tmp_path)
    os.mkfifo(root / "a/requirements.txt")
    found = list(files([str(root)], match))
    assert [(f.path, f.blob.kind) for f in found] == [
        (LOCK, "file"), (".github/workflows/ci.yml", "file"), ("a/package-lock.json", "symlink"),
        ("a/requirements.txt", "denied"), ("b/package-lock.json", "file"), ("node_modules/x/package-lock.json", "file"),
    ]  # fmt: skip
    beside = found[0].beside
    assert beside("b/package.json") == b"b/package.json"
    for path in (
        "../secret",
        "out/secret",
        "a/package-lock.json",
        "b",
        "no",
        "",
        "/etc/passwd",
        "x\0y",
        "b/../other.txt",
    ):
        assert beside(path) is None
    monkeypatch.chdir(root / "b")
    assert [f.path for f in files(["package-lock.json", ".", "../other.txt"], match)] == [
        "b/package-lock.json", "b/package-lock.json", "other.txt",
    ]  # fmt: skip


def test_a_file_without_a_repository_is_known_by_its_folders(tmp_path: Path) -> None:
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/ci.yml").write_text("x")
    (found,) = files([str(tmp_path / ".github/workflows/ci.yml")], match)
    assert found.path == ".github/workflows/ci.yml"
    with pytest.raises(UsageError) as caught:
        list(files([str(tmp_path / "nowhere")], match))
    assert caught.value.code == "path.missing"
