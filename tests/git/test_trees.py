"""Trees as nobody writes them with git's own commands: modes of other spellings, and names that stand there twice."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from osgate.changes.pushed import Update, pushed
from osgate.errors import UsageError
from osgate.formats.table import match
from osgate.io.git import Git
from osgate.io.objects import GITLINK, TREE, parse_tree

LOCK = "package-lock.json"
OID = "ab" * 20


def raw(*entries: tuple[str, str, str]) -> bytes:
    return b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries)


@pytest.mark.parametrize(
    ("mode", "meant"),
    [
        ("100644", "100644"),
        ("100664", "100644"),
        ("0100600", "100644"),
        ("100700", "100755"),
        ("100644000", None),
        ("40000", TREE),
        ("040000", TREE),
        ("40755", TREE),
        ("40644", TREE),
        ("120777", "120000"),
        ("160755", GITLINK),
        ("140000", None),
        ("10644", None),
        ("0", None),
        ("1006x4", None),
        ("+100644", None),
        ("1" * 5000, None),
    ],
)
def test_a_mode_is_read_as_git_reads_it_or_not_at_all(mode: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(UsageError, match=r"git\.tree-malformed"):
            parse_tree(raw((mode, "a", OID)), 20)
    else:
        assert parse_tree(raw((mode, "a", OID)), 20) == {b"a": (meant, OID)}


@pytest.mark.parametrize("name", ["", ".", "..", "web/package-lock.json", "/a", "a/"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(UsageError, match=r"git\.tree-malformed"):
        parse_tree(raw(("100644", name, OID)), 20)


def test_a_name_stands_there_once() -> None:
    with pytest.raises(UsageError, match=r"git\.tree-malformed"):
        parse_tree(raw(("100644", "a", OID), ("40000", "a", OID)), 20)


# What is pushed


def store(repo: Any, kind: str, data: bytes) -> str:
    argv = ["git", "hash-object", "-t", kind, "--literally", "-w", "--stdin"]
    return subprocess.run(argv, cwd=repo.path, input=data, capture_output=True, check=True).stdout.decode().strip()


def commit(repo: Any, *entries: tuple[str, str, str], parent: str = "") -> str:
    tree = store(repo, "tree", raw(*entries))
    return str(repo.git("commit-tree", tree, "-m", "x", *(["-p", parent] if parent else [])))


def moved(repo: Any, new: str, base: str = "") -> list[str]:
    with Git(str(repo.path)) as git:
        change = pushed(git, Update("refs/heads/main", base or "0" * 40, new, True), base, match)
        assert change is not None
        return [file.path for file in change.files]


@pytest.mark.parametrize("mode", ["40755", "40644"])
@pytest.mark.parametrize("known", [False, True])
def test_a_folder_of_another_mode_is_looked_into(repo: Any, mode: str, known: bool) -> None:
    base = repo.commit(other="x") if known else ""
    below = store(repo, "tree", raw(("100644", LOCK, store(repo, "blob", b"{}"))))
    assert moved(repo, commit(repo, (mode, "sub", below)), base) == [f"sub/{LOCK}"]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_lock_that_stands_there_twice_is_never_taken_for_one_of_them(
    repo: Any, known: bool, order: tuple[int, int]
) -> None:
    base = repo.commit(**{LOCK: "good"}) if known else ""
    blobs = [store(repo, "blob", data) for data in (b"good", b"evil")]
    new = commit(repo, *(("100644", LOCK, blobs[which]) for which in order))
    with pytest.raises(UsageError, match=r"git\.tree-malformed"):
        moved(repo, new, base)
