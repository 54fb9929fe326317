"""Lists of a GitLab that somebody made too large to be read at once, and who may read a project."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forges.gitlab_shop import Shop
from osgate.forge_desk import sticky
from osgate.forges.gitlab.adapter import GitLab
from osgate.forges.protocol import Unreachable
from osgate.forges.session import Limits
from osgate.reports.markdown.marker import marked
from osgate.testing.gitlab import FakeGitLab

SIZE = 200_000
# Three of these are more than is read at once; one that is more by itself.
LARGE, TOO_LARGE = "x" * 80_000, "x" * (SIZE + 1)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with FakeGitLab() as fake:
        yield Shop(fake)
        assert fake.violations == []


@pytest.fixture
def forge(shop: Shop) -> GitLab:
    return shop.as_token(shop.token, limits=Limits(size=SIZE))


def test_issues_that_are_too_large_together_are_read_in_smaller_pages(shop: Shop, forge: GitLab) -> None:
    for number in range(1, 120):
        forge.open_issue(shop.id, "x", LARGE if number in (3, 4, 5, 6, 57, 103, 104, 105) else "words")
    assert [issue.number for issue in forge.issues_since(shop.id, "")] == list(range(1, 120))
    assert forge.overlooked == []


def test_an_issue_that_is_too_large_by_itself_is_left_out_and_told(shop: Shop, forge: GitLab) -> None:
    for body in ("words", TOO_LARGE, "words", LARGE, LARGE, LARGE):
        shop.forge.open_issue(shop.id, "x", body)
    assert [issue.number for issue in forge.issues_since(shop.id, "")] == [1, 3, 4, 5, 6]
    (told,) = forge.overlooked
    assert f"/projects/{shop.id}/issues" in told


def test_nobody_mutes_the_comment_by_writing_too_much(shop: Shop, forge: GitLab) -> None:
    def text(earlier: str) -> str:
        return marked("held up", "held up", "block")

    kept = sticky.keep(forge, shop.at, text).note
    assert kept is not None
    thread = shop.forge.say_on_line(shop.change(), "package.json", 10, LARGE).thread
    for body in (LARGE, LARGE, "/osgate status"):
        shop.forge.client.post(
            "projects", shop.id, "merge_requests", shop.at.number, "discussions", thread, "notes", body={"body": body}
        )
    shop.forge.say(shop.at, LARGE)
    shop.forge.say(shop.at, TOO_LARGE)
    seen = list(forge.notes(shop.at))
    assert [note.body for note in seen if not note.system and note.body[0] not in "<x"] == ["/osgate status"]
    assert sum(note.body == LARGE for note in seen) == 4
    assert len(forge.overlooked) == 1
    assert sticky.keep(forge, shop.at, text).note == forge.note(shop.at, kept.id)
    assert sum("osgate:intake" in note.body for note in forge.notes(shop.at)) == 1


def test_a_server_that_answers_nothing_readable_is_given_up(shop: Shop) -> None:
    forge = shop.as_token(shop.token, limits=Limits(size=1))
    with pytest.raises(Unreachable):
        list(forge.client.each("projects", shop.id, "issues"))


@pytest.mark.parametrize(
    ("visibility", "level", "readable"),
    [("private", 0, False), ("private", 10, False), ("private", 20, True), ("internal", 0, True), ("public", 0, True)],
)
def test_who_may_read_a_project(shop: Shop, visibility: str, level: int, readable: bool) -> None:
    who = shop.fake.user("somebody")
    project = shop.fake.project("shop/other", {"x": b"y"}, visibility=visibility)
    shop.fake.member(project, who, level)
    assert shop.forge.may_read(str(project.id), str(who.id)) is readable
    assert shop.forge.may_read(str(project.id), str(shop.zhang.id)) is True, "through the group"


def test_a_public_project_may_keep_its_code_for_members(shop: Shop) -> None:
    project = shop.fake.project("shop/half", {"x": b"y"}, visibility="public", repository_access_level="private")
    assert shop.forge.may_read(str(project.id), str(shop.fake.user("somebody").id)) is False


def test_where_members_are_hidden_from_us_nobody_can_tell(shop: Shop) -> None:
    shop.fake.fail("GET", "/members/all", 403)
    assert shop.forge.may_read(shop.id, str(shop.zhang.id)) is None
