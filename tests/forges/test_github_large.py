"""The adapter against what is too large to be read, hidden in part, or more than is looked at. Each trap once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from forges.github_shop import Shop, shop_of
from forges.gitlab_shop import refused
from forges.stage_github import adapter
from osgate.forges.github import bodies, listed
from osgate.forges.github.adapter import GitHub
from osgate.forges.protocol import Forbidden, Unreachable
from osgate.forges.session import Limits
from osgate.ledger.able import authored
from osgate.model.policy import Person
from osgate.testing.github.state import ReviewComment

SIZE = 120_000
# Letters of a text of which some fit, and of one that is too large by itself.
LONG, WHOLE = "许" * 1500, "<" * SIZE


@pytest.fixture
def shop() -> Iterator[Shop]:
    with shop_of() as fake:
        yield Shop(fake)
        assert fake.violations == []


def small(shop: Shop) -> GitHub:
    """The adapter where little may be read at once."""
    limits = Limits(seconds=10, pause=0.05, tries=3, size=SIZE)
    return adapter(shop.fake, shop.fake.as_app(shop.installed), limits)


# Texts


def test_notes_that_are_too_large_together_are_read_in_parts_and_one_that_is_by_itself_is_named(shop: Shop):
    root = shop.fake.line_comment(shop.opened, shop.li, "package.json", shop.line, f"r0 {LONG}")
    for n in range(60):
        shop.fake.comment(shop.opened, shop.li, f"c{n} {LONG}")
        more = {**vars(root), "id": root.id + 10_000 + n, "body": f"r{n + 1} {LONG}", "root": root, "reactions": []}
        shop.opened.notes.append(ReviewComment(**more))
    shop.fake.review(shop.opened, shop.li, "COMMENTED", f"v0 {LONG}")
    edited = shop.fake.comment(shop.opened, shop.li, "before")
    shop.fake.edit(edited, "after", shop.zhang)
    hidden = shop.fake.comment(shop.opened, shop.zhang, WHOLE)
    forge = small(shop)
    found = list(forge.notes(shop.at))
    names = {note.body.partition(" ")[0] for note in found}
    assert names == {*(f"c{n}" for n in range(60)), *(f"r{n}" for n in range(61)), "v0", "after"}
    assert {note.thread for note in found if note.path} == {f"r{root.id}"}
    assert [note.body for note in found if note.edited] == ["after"]
    assert len(forge.overlooked) == 1
    assert forge.overlooked[0].endswith(f"#issuecomment-{hidden.id}")
    assert list(forge.notes(shop.at)) == found
    assert len(forge.overlooked) == 1


def test_issues_that_are_too_large_together_are_read_in_parts(shop: Shop):
    made = [shop.fake.issue(shop.repo, f"{n}", LONG, shop.zhang).number for n in range(30)]
    large = shop.fake.issue(shop.repo, "large", WHOLE, shop.zhang)
    forge = small(shop)
    assert [issue.number for issue in forge.open_issues(shop.id)] == made
    assert forge.overlooked == [next(one for one in forge.overlooked if one.endswith(f"/issues/{large.number}"))]


def test_a_server_that_answers_nothing_but_what_is_too_large_comes_to_an_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bodies, "_OVERLOOKED", 2)
    for _ in range(4):
        shop.fake.comment(shop.opened, shop.zhang, WHOLE)
    with refused(Unreachable, "forge.strange"):
        list(small(shop).notes(shop.at))


# Repositories that are hidden in part


def test_one_repository_that_may_not_be_read_does_not_silence_the_others(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    opened = shop.fake.repo("bank/site", {"a": b"1"}, roles={shop.zhang: "write"}, private=False)
    shop.fake.push(opened, "fix", {"a": b"2"}, author=shop.zhang)
    shop.fake.pull(opened, "fix", author=shop.zhang)
    forge, ask = shop.forge, shop.forge.client.ask
    assert {one.project for one in forge.changes_since("BANK", "")} == {shop.id, str(opened.id)}

    def partly(document: str, **variables: Any) -> Any:
        """What GitHub answers to whom one repository is closed: null in its place, and why."""
        told = ask(document, **variables)
        nodes = [None if row["databaseId"] == shop.repo.id else row for row in told["nodes"]]
        said = {"type": "FORBIDDEN", "message": "Resource not accessible by integration"}
        errors = [{**said, "path": ["nodes", n, "pullRequests"]} for n, row in enumerate(nodes) if row is None]
        shop.fake.fail("POST", "/graphql$", 200, body={"data": {"nodes": nodes}, "errors": errors})
        return ask(document, **variables)

    monkeypatch.setattr(forge.client, "ask", partly)
    for _ in range(2):
        assert [one.project for one in forge.changes_since("bank", "")] == [str(opened.id)]
    assert forge.overlooked == [forge.project(shop.id).url]
    with refused(Forbidden, "forge.forbidden"):
        list(forge.changes_since("bank/till", ""))


# Commits


class _Endless:
    """A client of a server that has no end of commits."""

    calls = 0

    def get(self, *place: str, **query: Any) -> dict[str, Any]:
        self.calls += 1
        said = {"author": {"email": f"{self.calls}@example.com"}, "committer": None, "message": ""}
        return {"merge_base_commit": {"sha": "a"}, "commits": [{"commit": said}] * 100, "total_commits": 400_000}

    def read(self, convert: Any, row: Any, *place: str) -> Any:
        return convert(row)


def test_of_a_change_without_end_so_much_is_looked_at_and_that_there_is_more_is_told():
    client: Any = _Endless()
    found = listed.compared(client, ("repos", "bank", "till"), "main", "head")
    assert (client.calls, found.base, len(found.authors), found.whole) == (50, "a", 50, False)


def test_a_change_tells_whether_all_its_authors_are_named(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    assert not shop.change().more
    git, stream = shop.repo.git, []
    for n in range(101):
        who = f"Li Si <li.si@example.com> {1_800_000_000 + n} +0000"
        start = f"from {shop.opened.head}\n" if not n else ""
        stream.append(f"commit refs/heads/many\nauthor {who}\ncommitter {who}\ndata 1\nx\n{start}\n")
    git.run("fast-import", "--quiet", feed="".join(stream).encode())
    shop.fake.push(shop.repo, "pad", {"last": b"x"}, parent="many", author=shop.zhang)
    assert not shop.change().more
    monkeypatch.setattr(listed, "_COMPARED", 1)
    assert shop.change().more


def test_whoever_wrote_a_commit_is_its_author_by_the_account_that_people_toml_lists(shop: Shop):
    zhang = Person("zhang.san", "Zhang San", "", (("github", str(shop.zhang.id)),), (), ())
    li = Person("li.si", "Li Si", "", (("github", str(shop.li.id)),), (), ())
    asked = {"origin": {"authors": list(shop.change().authors)}}
    assert authored(zhang, asked) == f"github:{shop.zhang.id}"
    assert authored(li, asked) == ""
