"""Which refs are judged, and against what: only tips of guarded branches were ever judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.changes import pushed
from osgate.changes.pushed import tip_of
from osgate.changes.updates import Update
from osgate.io.git import Git, GitFailed
from osgate.patterns import fits
from osgate.server_hook import settings as told
from osgate.server_hook.refs import Refs
from server_hook.receiving import run

NONE = "0" * 40


class Bare:
    """A bare repository with three commits in a line, `good`, `evil` and `last`, and no ref."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.run("init", "--quiet", "--bare", "--initial-branch=main")
        tree = self.run("mktree")
        self.good = self.run("commit-tree", tree, "-m", "good")
        self.evil = self.run("commit-tree", tree, "-m", "evil", "-p", self.good)
        self.last = self.run("commit-tree", tree, "-m", "last", "-p", self.evil)
        self.git = Git(str(path))

    def run(self, *words: str) -> str:
        done = run("git", *words, at=self.path)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def branch(self, name: str, commit: str) -> None:
        self.run("update-ref", f"refs/heads/{name}", commit)

    def head(self, name: str) -> None:
        self.run("symbolic-ref", "HEAD", f"refs/heads/{name}")

    def wanted(self, *refs: str, patterns: tuple[str, ...] = told.REFS) -> list[str]:
        moved = [Update(ref, NONE, self.evil, True) for ref in refs]
        return [update.ref for update in Refs(self.git, patterns).wanted(moved)]

    def base(self, ref: str, new: str, old: str = NONE, patterns: tuple[str, ...] = told.REFS) -> str:
        refs = Refs(self.git, patterns)
        (update,) = refs.wanted([Update(ref, old, new, True)])
        return {"": "nothing", self.good: "good", self.evil: "evil", self.last: "last"}[refs.base(update)]


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Bare]:
    made = Bare(tmp_path / "app.git")
    yield made
    made.git.close()


# Which


@pytest.mark.parametrize(
    ("pattern", "ref", "is_one"),
    [
        ("refs/heads/main", "refs/heads/main", True),
        ("refs/heads/main", "refs/heads/main2", False),
        ("refs/heads/release/*", "refs/heads/release/1", True),
        ("refs/heads/release/*", "refs/heads/release/1/2", True),
        ("refs/heads/release/*", "refs/heads/release/", True),
        ("refs/heads/release/*", "refs/heads/release", False),
        ("refs/tags/v*.*", "refs/tags/v1.2.3", True),
        ("refs/tags/v*.*", "refs/tags/v1", False),
        ("*a*a*", "xa", False),
        ("*a*a*", "aa", True),
        ("ab*ba", "aba", False),
        ("*", "refs/anything", True),
    ],
)
def test_patterns_of_refs(pattern: str, ref: str, is_one: bool) -> None:
    assert fits(pattern, ref) is is_one


@settings(max_examples=100)
@given(st.text("ab/*", max_size=6), st.text("ab/", max_size=8))
def test_a_pattern_says_what_a_regular_expression_would(pattern: str, ref: str) -> None:
    import re

    wanted = ".*".join(map(re.escape, pattern.split("*")))
    assert fits(pattern, ref) is (re.fullmatch(wanted, ref, re.DOTALL) is not None)


def test_only_guarded_refs_are_judged_and_no_deletion_is(bare: Bare) -> None:
    bare.branch("trunk", bare.good)
    bare.head("trunk")
    names = ("refs/heads/main", "refs/heads/trunk", "refs/heads/topic", "refs/tags/v1", "refs/notes/x")
    assert bare.wanted(*names) == ["refs/heads/main", "refs/heads/trunk"]
    assert bare.wanted(*names, patterns=("refs/tags/*",)) == ["refs/tags/v1"]
    assert Refs(bare.git, told.REFS).wanted([Update("refs/heads/main", bare.good, NONE, True)]) == ()


def test_refs_that_stand_for_other_objects_and_those_of_osgate_are_always_judged(bare: Bare) -> None:
    bare.branch("main", bare.good)
    own = [f"refs/replace/{bare.good}", "refs/osgate/heard"]
    assert bare.wanted("refs/notes/x", *own, patterns=("refs/heads/main",)) == own
    assert bare.base(own[1], bare.evil) == "nothing"
    assert bare.base(own[1], bare.last, bare.evil) == "evil"


def test_any_branch_may_become_the_default_one_of_an_empty_repository(bare: Bare) -> None:
    assert bare.wanted("refs/heads/develop", "refs/tags/v1") == ["refs/heads/develop"]
    assert bare.base("refs/heads/develop", bare.evil) == "nothing"
    bare.branch("develop", bare.evil)
    assert bare.base("refs/heads/develop", bare.last, bare.evil) == "nothing", "what it holds was never judged"
    assert bare.wanted("refs/heads/develop", patterns=("refs/heads/release/*",)) == []
    bare.branch("master", bare.good)
    assert bare.wanted("refs/heads/develop") == [], "a guarded branch is there"


def test_with_a_detached_head_all_branches_are_judged(bare: Bare) -> None:
    bare.branch("main", bare.good)
    bare.branch("develop", bare.evil)
    (bare.path / "HEAD").write_text(bare.good + "\n")
    assert bare.wanted("refs/heads/develop", "refs/tags/v1") == ["refs/heads/develop"]
    assert bare.base("refs/heads/develop", bare.last, bare.evil) == "good"


@pytest.mark.parametrize("many", [False, True])
def test_a_symbolic_ref_is_what_it_leads_to(bare: Bare, many: bool) -> None:
    bare.branch("main", bare.good)
    bare.branch("topic", bare.good)
    for name, target in (("alias", "main"), ("chain", "alias"), ("dangling", "release/9"), ("other", "topic")):
        bare.run("symbolic-ref", f"refs/heads/{name}", f"refs/heads/{target}")
    more = [f"refs/heads/x{n}" for n in range(12)] if many else []
    names = [f"refs/heads/{name}" for name in ("alias", "chain", "dangling", "other", "topic")]
    assert bare.wanted(*more, *names) == names[:3]
    assert bare.base("refs/heads/alias", bare.evil, bare.good) == "good"


def test_the_name_of_the_default_branch_may_end_in_any_blank(bare: Bare) -> None:
    name = "refs/heads/dev\u3000"
    bare.run("update-ref", name, bare.good)
    bare.run("symbolic-ref", "HEAD", name)
    assert bare.wanted(name) == [name]


def test_where_git_does_not_tell_the_default_branch_nothing_passes(bare: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bare.git, "ask", lambda *words: (-9, b"", b""))
    with pytest.raises(GitFailed):
        bare.wanted("refs/heads/develop")


# Against what


def test_a_new_ref_is_compared_with_a_tip_and_never_with_what_came_and_went(bare: Bare) -> None:
    bare.branch("main", bare.last)
    for ref in ("refs/heads/release/1", "refs/heads/master"):
        assert bare.base(ref, bare.evil) == "last"
    bare.branch("release/2", bare.evil)
    assert bare.base("refs/heads/release/1", bare.evil) == "evil", "this very commit was judged as another tip"
    assert bare.base("refs/heads/release/1", bare.good, bare.evil) == "evil", "what a ref pointed at counts first"


def test_a_head_that_was_moved_to_an_unguarded_branch_is_no_base_for_one_that_is_named(bare: Bare) -> None:
    bare.branch("main", bare.good)
    bare.branch("topic", bare.evil)
    bare.head("topic")
    assert bare.base("refs/heads/release/1", bare.last) == "good"
    assert Refs(bare.git, told.REFS).trunk() == bare.good, "nor do its settings count"
    bare.run("update-ref", "-d", "refs/heads/main")
    assert bare.base("refs/heads/main", bare.last) == "nothing"
    bare.branch("release/1", bare.good)
    assert bare.base("refs/heads/main", bare.last) == "good"


def test_the_trunk_is_what_is_named_first_then_head_then_the_highest_version(bare: Bare) -> None:
    assert Refs(bare.git, told.REFS).trunk() == ""
    bare.branch("release/9", bare.good)
    bare.branch("release/10", bare.evil)
    assert Refs(bare.git, told.REFS).trunk() == bare.evil
    bare.branch("develop", bare.last)
    bare.head("develop")
    assert Refs(bare.git, told.REFS).trunk() == bare.last
    assert Refs(bare.git, ("refs/heads/release/*",)).trunk() == bare.evil
    bare.branch("master", bare.good)
    assert Refs(bare.git, told.REFS).trunk() == bare.good


@pytest.mark.parametrize("rule", pushed._LONGER)
@pytest.mark.parametrize("ref", ["HEAD", "refs/heads/main"])
def test_no_ref_stands_in_for_one_that_is_not_there(bare: Bare, rule: str, ref: str) -> None:
    """gitrevisions(7): git would take the tag `HEAD` for the HEAD of an empty repository."""
    path = bare.path / rule.format(ref)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(bare.evil + "\n")
    assert bare.git.commit_of(ref) == bare.evil
    assert tip_of(bare.git, ref) is None
    bare.branch("main", bare.good)
    assert tip_of(bare.git, ref) == bare.good
