"""Writing by plumbing: same bytes in, same ids out; compare and swap; nothing left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from osgate.errors import UsageError
from osgate.io.git import GitFailed
from osgate.io.git_write import RefMoved, Repository, init_bare
from osgate.reports.refusals import sentence
from osgate.text.translator import Translator

WHO, WHEN = ("desk 台", "desk@example.com"), "2026-11-21T06:03:00Z"


@pytest.fixture
def bare(tmp_path: Path) -> Repository:
    return init_bare(str(tmp_path / "bare"))


def save(bare: Repository, files: dict[str, bytes | None], parent: str | None = None) -> str:
    return bare.commit(files, [parent] if parent else [], "records\n", WHO, WHEN)


def contents(bare: Repository, rev: str, prefix: str = "") -> dict[str, bytes | None]:
    rows = bare.tree(rev, prefix)
    data = bare.blobs(oid for _, _, oid in rows)
    return {path: data[oid] for path, _, oid in rows}


def test_files_are_written_replaced_and_removed(bare: Repository) -> None:
    odd = "odd/\n\udcff*.json"
    first = save(bare, {"records/a.json": b"\r\n\x00", odd: b"1", "keep": b"k", "absent": None})
    assert contents(bare, first) == {"records/a.json": b"\r\n\x00", odd: b"1", "keep": b"k"}
    second = save(bare, {"records/a.json": None, odd: b"2", "records/b.json": b"b"}, first)
    assert contents(bare, second) == {"records/b.json": b"b", odd: b"2", "keep": b"k"}
    assert contents(bare, second, "records") == {"records/b.json": b"b"}
    assert contents(bare, second, "*") == {}
    assert bare.refs() == []
    bare.close()


def test_the_same_arguments_give_the_same_commit(bare: Repository) -> None:
    one, two = save(bare, {"a": b"1"}), save(bare, {"a": b"1"})
    assert one == two
    assert bare.run("log", "-1", "--format=%an|%ae|%at|%cn|%ce|%ct|%B", one).decode().strip() == (
        "desk 台|desk@example.com|1795240980|desk 台|desk@example.com|1795240980|records"
    )


@pytest.mark.parametrize("path", ["../x", ".git/config", "x/.GIT", "a//b", "./x", "", "a\0b"])
def test_paths_that_git_refuses(bare: Repository, path: str) -> None:
    for content in (b"x", None):
        with pytest.raises(UsageError) as caught:
            save(bare, {path: content})
        assert caught.value.code == "git.path"
    assert bare.refs() == []


def test_references_move_only_from_where_they_were_seen(bare: Repository) -> None:
    one = save(bare, {"a": b"1"})
    two = save(bare, {"a": b"2"}, one)
    bare.update_ref("refs/heads/main", one, None)
    for old in (None, two):
        with pytest.raises(RefMoved) as caught:
            bare.update_ref("refs/heads/main", two, old)
        assert (caught.value.code, caught.value.params["found"]) == ("git.ref-moved", one)
    bare.update_ref("refs/heads/main", two, one)
    assert bare.refs("refs/heads") == [("refs/heads/main", two)]
    with pytest.raises(RefMoved):
        bare.delete_ref("refs/heads/main", one)
    bare.delete_ref("refs/heads/main", two)
    assert bare.refs() == []
    with pytest.raises(GitFailed):
        bare.update_ref("refs/heads/..bad", two, None)


def test_push_and_fetch(bare: Repository, repo: Any) -> None:
    base = repo.commit(**{"x.txt": "1"})
    with Repository(str(repo.path)) as ours:
        url = str(bare.directory)
        ours.push(url, f"{base}:refs/heads/main")
        other = save(bare, {"y": b"1"}, base)
        bare.update_ref("refs/heads/main", other, base)
        mine = repo.commit(**{"x.txt": "2"})
        with pytest.raises(RefMoved) as caught:
            ours.push(url, f"{mine}:refs/heads/main", f"{mine}:refs/heads/second")
        assert caught.value.code == "git.rejected"
        assert bare.refs() == [("refs/heads/main", other)]
        ours.fetch(url, "+refs/heads/*:refs/osgate/*")
        assert ours.refs("refs/osgate") == [("refs/osgate/main", other)]
        assert ours.paths_at("refs/osgate/main", ["y"])["y"][2] == b"1"
        with pytest.raises(GitFailed):
            ours.fetch(f"{url}-nowhere", "HEAD")
        assert repo.git("status", "--porcelain") == ""
    bare.close()


def test_a_push_that_the_server_forbids_names_the_right_that_lacks_on_one_line() -> None:
    said = b"remote: Permission to bank/policy.git denied.\nfatal: The requested URL returned error: 403\n"
    told = GitFailed(("push", "--porcelain", "https://git.example.com/bank/policy.git"), 128, said)
    assert (told.code, told.params["output"].count("\n")) == ("git.forbidden", 0)
    assert "contents: write" in sentence(told, Translator("en"))
    assert GitFailed(("fetch", "x"), 128, said).code == "git.failed"
