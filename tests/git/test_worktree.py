"""What is on disk against HEAD, and manifests that are named, in real repositories."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from osgate.changes.worktree import named, worktree
from osgate.errors import UsageError
from osgate.formats.table import match
from osgate.io.git import Git, GitFailed
from osgate.model.change import Blob, ChangeSet

LOCK = "package-lock.json"


def plain(text: str) -> Blob:
    return Blob("file", text.encode())


def on_disk(folder: Any) -> ChangeSet:
    with Git(str(folder)) as git:
        return worktree(git, match)


def told(change: ChangeSet) -> dict[str, tuple[Blob | None, Blob | None]]:
    return {file.path: (file.before, file.after) for file in change.files}


def test_staged_unstaged_and_untracked_files_count_and_ignored_ones_do_not(repo: Any) -> None:
    repo.commit(**{LOCK: "1", "same/package-lock.json": "s", "gone/package-lock.json": "g", ".gitignore": "ignored/\n"})
    repo.write("staged/package-lock.json", "index")
    repo.git("add", "-A")
    repo.write("staged/package-lock.json", "disk")
    repo.write(LOCK, "2")
    repo.write("new/package-lock.json", "n")
    repo.write("ignored/package-lock.json", "i")
    (repo.path / "gone/package-lock.json").unlink()
    change = on_disk(repo.path)
    assert told(change) == {
        LOCK: (plain("1"), plain("2")),
        "gone/package-lock.json": (plain("g"), None),
        "new/package-lock.json": (None, plain("n")),
        "staged/package-lock.json": (None, plain("disk")),
    }
    assert (change.base, change.head, change.whole) == ("HEAD", "worktree", False)
    assert change.authors() == ("test@example.com",)


def test_before_the_first_commit_all_is_new(repo: Any) -> None:
    repo.write(LOCK, "1")
    repo.git("add", "-A")
    repo.write("b/package-lock.json", "2")
    assert told(on_disk(repo.path)) == {LOCK: (None, plain("1")), "b/package-lock.json": (None, plain("2"))}


def test_out_of_the_index_and_still_on_disk_is_a_change_of_content_alone(repo: Any) -> None:
    repo.commit(**{LOCK: "1", "b/package-lock.json": "1"})
    repo.git("rm", "-q", "--cached", LOCK, "b/package-lock.json")
    repo.write(LOCK, "2")
    assert told(on_disk(repo.path)) == {
        LOCK: (plain("1"), plain("2")),
        "b/package-lock.json": (plain("1"), plain("1")),
    }


def test_links_submodules_folders_and_special_files(repo: Any, make_repo: Any) -> None:
    names = [f"{name}/package-lock.json" for name in ("fifo", "folder", "link", "module")]
    repo.commit(**dict.fromkeys(names, "old"), real="r")
    for name in names:
        (repo.path / name).unlink()
    os.mkfifo(repo.path / names[0])
    (repo.path / names[1] / "inside").mkdir(parents=True)
    (repo.path / names[1] / "inside/requirements.txt").write_text("a==1\n")
    (repo.path / names[2]).symlink_to("../real")
    make_repo(repo.path / names[3]).commit(x="y")
    found = {path: after for path, (_, after) in told(on_disk(repo.path)).items()}
    inner = f"{names[1]}/inside/requirements.txt"
    assert found.pop(inner) == plain("a==1\n")
    assert [found[name] and found[name].kind for name in names] == ["denied", None, "symlink", "gitlink"]


def test_beside_a_file_everything_stands_as_on_disk_and_nothing_is_read_through_a_link(repo: Any) -> None:
    repo.commit(**{LOCK: "1", "package.json": "old", "same": "s", "deep/x": "x"})
    (repo.path.parent / "secret").write_text("secret")
    repo.write(LOCK, "2")
    repo.write("package.json", "new")
    repo.write("untracked", "u")
    (repo.path / "link").symlink_to("../secret")
    (repo.path / "up").symlink_to("..")
    with Git(str(repo.path)) as git:
        change = worktree(git, match)
        assert [change.after(name) for name in ("package.json", "same", "untracked", "deep/x")] == [
            b"new",
            b"s",
            b"u",
            b"x",
        ]
        for name in ("link", "up/secret", "../secret", "/etc/passwd", "deep", "", "no", "x\0y"):
            assert change.after(name) is None, name
        assert change.before("package.json") == b"old"


def test_outside_of_a_sparse_checkout_files_stand_as_in_head(repo: Any) -> None:
    repo.commit(**{"a/package-lock.json": "a", "b/package-lock.json": "b", "b/package.json": "{}"})
    repo.git("sparse-checkout", "set", "a")
    repo.write("a/package-lock.json", "2")
    with Git(str(repo.path)) as git:
        change = worktree(git, match)
        assert told(change) == {"a/package-lock.json": (plain("a"), plain("2"))}
        assert change.after("b/package.json") == b"{}"


def test_it_is_the_whole_work_tree_from_a_folder_below_too(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(**{LOCK: "1", "sub/x": "x"})
    repo.write(LOCK, "2")
    repo.write("new/package-lock.json", "n")
    monkeypatch.chdir(repo.path / "sub")
    monkeypatch.setenv("GIT_GLOB_PATHSPECS", "1")
    repo.git("config", "diff.relative", "true")
    with Git() as git:
        assert set(told(worktree(git, match))) == {LOCK, "new/package-lock.json"}


ODD = ["a b", "quote\"'", "new\nline", "-dash", "--staged", "tab\t", "总", ":(top)x", "*", "[a]"]


def test_odd_names_are_taken_as_they_are(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit()
    for name in ODD:
        repo.write(f"{name}/package-lock.json", name)
    wanted = {f"{name}/package-lock.json": (None, plain(name)) for name in ODD}
    assert told(on_disk(repo.path)) == wanted
    monkeypatch.chdir(repo.path)
    with Git() as git:
        assert told(named(git, ODD, match)) == wanted
        assert told(named(git, ["--staged/package-lock.json"], match)) == {
            "--staged/package-lock.json": (None, plain("--staged"))
        }


def test_files_that_are_named_are_taken_and_of_folders_what_git_does_not_ignore(
    repo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(**{LOCK: "1", "a/package-lock.json": "a", "a/gone/package-lock.json": "g", ".gitignore": "ignored/\n"})
    repo.write(LOCK, "2")
    repo.write("a/new/package-lock.json", "n")
    repo.write("a/ignored/package-lock.json", "i")
    repo.write("a/notes", "unknown")
    (repo.path / "a/gone/package-lock.json").unlink()
    monkeypatch.chdir(repo.path / "a")
    with Git() as git:
        assert set(told(named(git, ["."], match))) == {"a/package-lock.json", "a/new/package-lock.json"}
        assert set(told(named(git, [".."], match))) == {LOCK, "a/package-lock.json", "a/new/package-lock.json"}
        assert told(named(git, [f"../{LOCK}", "notes", "ignored/package-lock.json"], match)) == {
            LOCK: (None, plain("2")),
            "a/notes": (None, plain("unknown")),
            "a/ignored/package-lock.json": (None, plain("i")),
        }
        change = named(git, ["package-lock.json"], match)
        assert (change.base, change.head, change.whole, change.before(LOCK)) == ("", "worktree", True, None)
        assert change.after(LOCK) == b"2"


def test_through_a_link_to_the_repository_its_paths_are_the_same(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(**{LOCK: "1", "a/package-lock.json": "a"})
    (repo.path.parent / "other").symlink_to(repo.path)
    (repo.path / "alias.json").symlink_to(LOCK)
    monkeypatch.chdir(repo.path)
    with Git() as git:
        assert set(told(named(git, ["../other/a", "../other/package-lock.json"], match))) == {
            LOCK,
            "a/package-lock.json",
        }
        assert told(named(git, ["alias.json"], match)) == {"alias.json": (None, Blob("symlink"))}


@pytest.mark.parametrize(("word", "code"), [("nowhere", "path.missing"), ("../outside", "path.outside")])
def test_what_is_not_there_or_not_ours_is_told(
    repo: Any, monkeypatch: pytest.MonkeyPatch, word: str, code: str
) -> None:
    repo.commit()
    (repo.path.parent / "outside").mkdir()
    monkeypatch.chdir(repo.path)
    with Git() as git, pytest.raises(UsageError) as caught:
        named(git, [word], match)
    assert (caught.value.code, caught.value.params) == (code, {"path": word})


def test_in_the_middle_of_a_merge_what_is_on_disk_counts(repo: Any) -> None:
    repo.commit(**{LOCK: "1"})
    repo.git("checkout", "-qb", "side")
    repo.commit(**{LOCK: "2"})
    repo.git("checkout", "-q", "main")
    repo.commit(**{LOCK: "3"})
    subprocess.run(["git", "merge", "-q", "side"], cwd=repo.path, capture_output=True, check=False)
    before, after = told(on_disk(repo.path))[LOCK]
    assert before == plain("3")
    assert after is not None
    assert b"<<<<<<<" in after.data


def test_a_repository_without_a_work_tree_is_told(repo: Any) -> None:
    repo.commit(**{LOCK: "1"})
    bare = repo.path.parent / "bare.git"
    repo.git("clone", "-q", "--bare", ".", str(bare))
    with pytest.raises(GitFailed):
        on_disk(bare)
