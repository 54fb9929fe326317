"""What a change set names besides the files it touches: locks to compare with their manifests, and our own files."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.changes.assemble import Locks
from osgate.changes.range import between, whole
from osgate.changes.staged import staged
from osgate.changes.worktree import named, worktree
from osgate.formats import table
from osgate.intake.diff import intake
from osgate.io.git import Git
from osgate.model.change import Blob, ChangeSet

LOCKS = Locks(table.MANIFESTS, table.locks_of, table.manifests_of)
TREE = {
    "package.json": "{}",
    "package-lock.json": "{}",
    "web/package.json": "{}",
    "web/npm-shrinkwrap.json": "{}",
    "web/deep/er/package.json": "{}",
    "api/pyproject.toml": "",
    "api/uv.lock": "",
    "other/package-lock.json": "{}",
}


def in_index(repo: Any) -> ChangeSet:
    repo.git("add", "-A")
    with Git(str(repo.path)) as git:
        return staged(git, table.match, table.includes, LOCKS)


@pytest.mark.parametrize(
    ("changed", "compared"),
    [
        ("web/deep/er/package.json", ("web/npm-shrinkwrap.json", "package-lock.json")),
        ("web/package.json", ("web/npm-shrinkwrap.json", "package-lock.json")),
        ("package.json", ("package-lock.json",)),
        ("other/package-lock.json", ("other/package-lock.json",)),
        ("api/pyproject.toml", ("api/uv.lock",)),
        ("web/pyproject.toml", ()),
        ("new/requirements.txt", ()),
        ("readme.md", ()),
    ],
)
def test_a_manifest_answers_for_every_lock_beside_and_above_it(repo: Any, changed: str, compared: Any) -> None:
    repo.commit(**TREE)
    repo.write(changed, "changed\n")
    assert in_index(repo).locks == compared


def test_a_deleted_manifest_counts_and_a_deleted_lock_does_not(repo: Any) -> None:
    repo.commit(**TREE)
    repo.git("rm", "-q", "web/deep/er/package.json", "web/npm-shrinkwrap.json")
    assert in_index(repo).locks == ("package-lock.json",)


def test_a_lock_that_comes_with_the_change_counts_and_links_do_not(repo: Any) -> None:
    repo.commit(**TREE)
    repo.write("web/deep/package-lock.json", "{}")
    (repo.path / "package-lock.json").unlink()
    (repo.path / "package-lock.json").symlink_to("other/package-lock.json")
    repo.write("web/deep/er/package.json", '{"a": 1}')
    assert in_index(repo).locks == ("web/deep/package-lock.json", "web/npm-shrinkwrap.json")


def test_every_form_names_the_same_locks(repo: Any) -> None:
    base = repo.commit(**TREE)
    repo.write("web/package.json", '{"a": 1}')
    with Git(str(repo.path)) as git:
        on_disk = worktree(git, table.match, table.includes, LOCKS).locks
    assert on_disk == in_index(repo).locks == ("web/npm-shrinkwrap.json", "package-lock.json")
    head = repo.commit()
    with Git(str(repo.path)) as git:
        assert between(git, base, head, table.match, table.includes, LOCKS).locks == on_disk
        assert between(git, base, head, table.match, table.includes).locks == ()


def test_a_whole_tree_names_all_its_locks_and_nothing_of_ours(repo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(**TREE, **{".osgate/config.toml": ""})
    locks = ("api/uv.lock", "other/package-lock.json", "package-lock.json", "web/npm-shrinkwrap.json")
    monkeypatch.chdir(repo.path)
    with Git() as git:
        tree = whole(git, "HEAD", table.match, LOCKS)
        assert (tree.whole, tree.locks, tree.own, tree.base) == (True, locks, (), "")
        some = named(git, ["web", "api/uv.lock"], table.match, LOCKS)
        assert (some.whole, some.locks) == (True, ("api/uv.lock", "web/npm-shrinkwrap.json"))
    assert not in_index(repo).whole


def test_our_own_files_are_told_with_both_sides(repo: Any) -> None:
    repo.commit(**{".osgate/config.toml": "old", ".osgate/gone": "g", ".osgate/same": "s", "x/.osgate/no": "n"})
    repo.write(".osgate/config.toml", "new")
    repo.write("x/.osgate/no", "m")
    repo.git("rm", "-q", ".osgate/gone")
    (repo.path / ".osgate/link").symlink_to("same")
    assert [(file.path, file.before, file.after) for file in in_index(repo).own] == [
        (".osgate/config.toml", Blob("file", b"old"), Blob("file", b"new")),
        (".osgate/gone", Blob("file", b"g"), None),
        (".osgate/link", None, Blob("symlink")),
    ]


def test_a_link_in_the_place_of_our_folder_is_told(repo: Any) -> None:
    repo.commit(**{".osgate/config.toml": "old", "elsewhere/config.toml": "new"})
    repo.git("rm", "-rq", ".osgate")
    (repo.path / ".osgate").symlink_to("elsewhere")
    assert [(file.path, file.after) for file in in_index(repo).own] == [
        (".osgate", Blob("symlink")),
        (".osgate/config.toml", None),
    ]


CHILD = """<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent>
<artifactId>c</artifactId><dependencies><dependency><groupId>org.x</groupId><artifactId>lib</artifactId></dependency>
</dependencies></project>
"""
PARENT = """<project><groupId>g</groupId><artifactId>p</artifactId><version>1</version><packaging>pom</packaging>
<modules><module>c</module></modules><dependencyManagement><dependencies><dependency><groupId>org.x</groupId>
<artifactId>lib</artifactId><version>{}</version></dependency></dependencies></dependencyManagement></project>
"""


def test_a_pom_joins_when_what_it_inherits_changes(repo: Any) -> None:
    repo.commit(**{"pom.xml": PARENT.format("1.0"), "c/pom.xml": CHILD, "other/pom.xml": "<project/>"})
    repo.write("pom.xml", PARENT.format("2.0"))
    repo.git("add", "--all")
    with Git(str(repo.path)) as git:
        change = staged(git, table.match, table.includes)
        assert [file.path for file in change.files] == ["c/pom.xml", "pom.xml"]
        found = intake(change, table.read, table.match, table.read_change)
    assert [(item.change, item.dependency.purl) for item in found.introduced] == [
        ("upgraded", "pkg:maven/org.x/lib@2.0"),
    ]
