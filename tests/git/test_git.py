"""Reading real repositories of every shape."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from children import children
from osgate.errors import UsageError
from osgate.io.git import Git, GitFailed, entries
from osgate.io.objects import parse_tree

ODD = [
    b"new\nline/package-lock.json",
    b'quo"te/package-lock.json',
    b"\xff\xfe/package-lock.json",
    "包/package-lock.json".encode(),
]


def code(caught: pytest.ExceptionInfo[UsageError]) -> str:
    return caught.value.code


def test_paths_of_any_bytes(repo: Any) -> None:
    for path in ODD:
        repo.write(path, path.hex())
    repo.git("add", "-A")
    repo.git("config", "core.quotePath", "true")
    names = [path.decode("utf-8", "surrogateescape") for path in ODD]
    with Git(str(repo.path)) as git:
        staged = git.staged()
        assert sorted(e.path for e in staged) == sorted(names)
        data = git.blobs(e.new_oid for e in staged)
        assert {e.path: data[e.new_oid] for e in staged} == {
            name: path.hex().encode() for name, path in zip(names, ODD, strict=True)
        }
        repo.git("commit", "-qm", "odd")
    with Git(str(repo.path)) as git:
        assert {path: found[2] for path, found in git.paths_at("HEAD", names).items()} == {
            name: path.hex().encode() for name, path in zip(names, ODD, strict=True)
        }
        assert sorted(path for path, _, _ in git.tree_files("HEAD")) == sorted(names)


def test_paths_at_tells_files_links_and_submodules_from_folders(repo: Any) -> None:
    repo.write("a/b.txt", "b")
    (repo.path / "link").symlink_to("a")
    oid = repo.commit()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{oid},sub")
    repo.git("commit", "-qm", "sub")
    with Git(str(repo.path)) as git:
        found = git.paths_at(
            "HEAD", ["a/b.txt", "a", "link", "link/b.txt", "sub", "no", "", "a/../a/b.txt", "/a/b.txt"]
        )
        assert {path: (mode, data) for path, (mode, _, data) in found.items()} == {
            "a/b.txt": ("100644", b"b"),
            "link": ("120000", b"a"),
            "sub": ("160000", None),
        }
        assert git.paths_at("no-such-branch", ["a/b.txt"]) == {}


def test_settings_of_the_user_do_not_change_the_answer(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("sub/x.txt", "1")
    repo.write("y.txt", "1")
    repo.git("add", "-A")
    for key, value in {"diff.relative": "true", "diff.renames": "copies", "color.ui": "always", "diff.noprefix": "true",
                       "log.showSignature": "true", "diff.external": "false"}.items():  # fmt: skip
        repo.git("config", key, value)
    monkeypatch.chdir(repo.path / "sub")
    with Git() as git:
        assert [e.path for e in git.staged()] == ["sub/x.txt", "y.txt"]
        assert git.root() == str(repo.path.resolve())


def test_submodules_that_hide_themselves_are_seen(repo: Any) -> None:
    oid = repo.commit()
    repo.write(".gitmodules", '[submodule "s"]\n\tpath = package-lock.json\n\turl = ./x\n\tignore = all\n')
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{oid},package-lock.json")
    with Git(str(repo.path)) as git:
        assert [(e.path, e.new_mode) for e in git.staged()] == [("package-lock.json", "160000")]


def test_hook_variables_count_for_the_current_folder_only(
    repo: Any, make_repo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_repo(repo.path.parent / "other")
    other.commit(**{"other.txt": "1"})
    repo.commit(**{"mine.txt": "1"})
    monkeypatch.chdir(repo.path)
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", "second-index")
    with Git() as here, Git(str(other.path)) as there:
        assert [e.status for e in here.staged()] == ["D"]
        assert there.staged() == ()
        assert [path for path, _, _ in there.tree_files("HEAD")] == ["other.txt"]


def test_replacement_objects_show_nothing_else(repo: Any) -> None:
    repo.commit(**{"x.txt": "true"})
    good = repo.git("rev-parse", "HEAD:x.txt")
    evil = repo.git("hash-object", "-w", "--stdin", input=b"evil")
    repo.git("replace", good, evil)
    with Git(str(repo.path)) as git:
        assert git.blobs([good]) == {good: b"true"}


def test_a_blob_above_the_cap_is_flagged_and_the_rest_is_read(repo: Any) -> None:
    oids = [repo.git("hash-object", "-w", "--stdin", input=data) for data in (b"a", b"b" * 5000, b"", b"c" * 4000)]
    with Git(str(repo.path)) as git:
        found = git.blobs([*oids, oids[0]], cap=4000)
        assert [found[oid] for oid in oids] == [b"a", None, b"", b"c" * 4000]


def test_many_blobs_in_one_conversation(repo: Any) -> None:
    with Git(str(repo.path)) as git:
        want = {repo.git("hash-object", "-w", "--stdin", input=b"%d" % i * 3000): b"%d" % i * 3000 for i in range(40)}
        assert git.blobs(list(want) * 9) == want


def test_a_missing_object_has_its_own_error(repo: Any) -> None:
    repo.commit()
    with Git(str(repo.path)) as git, pytest.raises(UsageError) as caught:
        git.blobs(["1" * 40])
    assert code(caught) == "git.object-missing"


def test_outside_of_a_repository(tmp_path: Path) -> None:
    with Git(str(tmp_path)) as git:
        for ask in (git.staged, git.root, lambda: git.blobs(["1" * 40]), lambda: git.resolve("HEAD")):
            with pytest.raises(GitFailed) as caught:
                ask()
            assert "not a git repository" in str(caught.value.params["output"])


def test_errors_carry_no_credentials(repo: Any) -> None:
    with Git(str(repo.path)) as git, pytest.raises(GitFailed) as caught:
        git.run("ls-remote", "file://me:secret@localhost/nowhere")
    assert "secret" not in str(caught.value)
    assert "file://localhost/nowhere" in str(caught.value.params["command"])


@pytest.mark.parametrize("name", ["", "-x", "--output=x", "a\nb", "no-such-branch", "HEAD~9"])
def test_what_is_no_revision(repo: Any, name: str) -> None:
    repo.commit()
    with Git(str(repo.path)) as git, pytest.raises(UsageError) as caught:
        git.resolve(name)
    assert code(caught) == "git.revision"


def test_merge_base_and_what_came_since(repo: Any) -> None:
    first = repo.commit(**{"x.txt": "1"})
    repo.git("checkout", "-qb", "side")
    repo.commit(**{"y.txt": "1"})
    repo.git("checkout", "-q", "main")
    repo.commit(**{"z.txt": "1"})
    with Git(str(repo.path)) as git:
        assert git.merge_base("main", "side") == first
        assert [e.path for e in git.range("main", "side")] == ["y.txt"]


def test_unrelated_and_cut_off_histories_are_told_apart(repo: Any, make_repo: Any) -> None:
    repo.commit(**{"x.txt": "1"})
    base = repo.commit(**{"x.txt": "2"})
    repo.git("checkout", "-q", "--orphan", "lonely")
    repo.commit()
    with Git(str(repo.path)) as git, pytest.raises(UsageError) as caught:
        git.range(base, "lonely")
    assert code(caught) == "git.unrelated"
    repo.git("checkout", "-qf", "main")
    repo.git("checkout", "-qb", "side", "HEAD~1")
    repo.commit(**{"y.txt": "1"})
    clone = repo.path.parent / "shallow"
    url = f"file://{repo.path}"
    subprocess.run(["git", "clone", "-q", "--depth=1", "--no-single-branch", url, clone], check=True)
    with Git(str(clone)) as git, pytest.raises(UsageError) as caught:
        git.range("origin/main", "origin/side")
    assert code(caught) == "git.shallow"


def test_authors_of_all_kinds(repo: Any) -> None:
    base = repo.commit()
    message = "x\n\nCo-Authored-By: Li <LI.si@example.com>\n\nmore text"
    repo.git("config", "user.email", "Zhang.San@example.com")
    repo.git("commit", "-q", "--allow-empty", "-m", message, "--author", "W <wang.wu@example.com>")
    with Git(str(repo.path)) as git:
        assert git.authors(base, "HEAD") == ("li.si@example.com", "wang.wu@example.com", "zhang.san@example.com")
        assert git.authors("HEAD", "HEAD") == ()
        assert git.identity() == ("zhang.san@example.com",)


def test_a_merge_under_way_is_said(repo: Any) -> None:
    repo.commit(**{"x.txt": "1"})
    repo.git("checkout", "-qb", "side")
    repo.commit(**{"x.txt": "2"})
    repo.git("checkout", "-q", "main")
    repo.commit(**{"x.txt": "3"})
    subprocess.run(["git", "merge", "-q", "side"], cwd=repo.path, capture_output=True, check=False)
    with Git(str(repo.path)) as git, pytest.raises(UsageError) as caught:
        git.staged()
    assert code(caught) == "git.unmerged"


@pytest.mark.parametrize("raw", [b"nonsense", b":100644 100644 a b\0x\0", b":100644 100644 a b M\0x\0y\0"])
def test_output_that_git_never_gave_is_refused(raw: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        entries(raw)
    assert code(caught) == "git.output"


@pytest.mark.parametrize("data", [b"100644", b"100644 a\0short", b" a\0" + b"x" * 20, b"100644 a" + b"x" * 30])
def test_a_damaged_tree_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        parse_tree(data, 20)
    assert code(caught) == "git.tree-malformed"


def test_closing_leaves_no_process(repo: Any) -> None:
    repo.commit(**{"x.txt": "1"})
    there = children()
    with Git(str(repo.path)) as git:
        git.paths_at("HEAD", ["x.txt"])
        assert len(children() - there) == 1
    assert children() == there
