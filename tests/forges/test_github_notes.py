"""The adapter against a GitHub that behaves: what was said, by whom, and whether they said it so. Each trap once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forges.github_shop import Shop, shop_of
from forges.gitlab_shop import refused
from osgate.forges.protocol import Forbidden, Missing, NotInDiff, Unreachable
from osgate.model.forge import ISSUE, Conversation
from osgate.model.record import replace
from osgate.testing.github.routes import reviews
from osgate.testing.github.state import ReviewComment


@pytest.fixture(params=["", "3.19.0"], ids=["plain", "api/v3"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with shop_of(request.param) as fake:
        yield Shop(fake)
        assert fake.violations == []


def test_all_that_was_said_comes_in_one_question_in_the_order_it_was_made(shop: Shop):
    shop.fake.comment(shop.opened, shop.zhang, "one")
    shop.fake.forward(1)
    shop.fake.review(shop.opened, shop.li, "COMMENTED", "two, in a review")
    shop.fake.review(shop.opened, shop.li, "APPROVED", "")
    shop.fake.forward(1)
    line = shop.fake.line_comment(shop.opened, shop.li, "package.json", shop.line, "three, on a line")
    shop.forge.project(shop.id)
    before = shop.forge.client.calls
    found = list(shop.forge.notes(shop.at))
    assert [note.body for note in found] == ["one", "two, in a review", "three, on a line"]
    assert shop.forge.client.calls == before + 1
    assert [note.id.rstrip("0123456789") for note in found] == ["", "review-", "r"]
    assert (found[2].path, found[2].line, found[2].thread) == ("package.json", shop.line, f"r{line.id}")


def test_a_draft_of_a_review_is_not_said_yet(shop: Shop):
    shop.forge.project(shop.id)
    li = shop.as_user(shop.li)
    draft = reviews.add_review(shop.fake.world, shop.opened, shop.li, "PENDING", "/osgate approve")
    assert [note.id for note in li.notes(shop.at)] == []
    draft.state = "COMMENTED"
    assert [note.id for note in li.notes(shop.at)] == [f"review-{draft.id}"]


def test_more_notes_and_longer_threads_than_a_page_holds_are_all_told(shop: Shop):
    first = shop.fake.line_comment(shop.opened, shop.li, "package.json", shop.line, "0")
    for n in range(1, 120):
        shop.opened.notes.append(
            ReviewComment(
                **{**vars(first), "id": first.id + 10_000 + n, "body": f"{n}", "root": first, "reactions": []}
            )
        )
        shop.fake.comment(shop.opened, shop.li, f"{n}")
    found = list(shop.forge.notes(shop.at))
    assert sorted(int(note.body) for note in found if note.path) == list(range(120))
    assert sorted(int(note.body) for note in found if not note.path) == list(range(1, 120))
    assert {note.thread for note in found if note.path} == {f"r{first.id}"}


def test_a_note_that_was_edited_in_the_very_second_it_was_made_is_edited(shop: Shop):
    note = shop.fake.comment(shop.opened, shop.zhang, "/osgate approve 1")
    assert [one.edited for one in shop.forge.notes(shop.at)] == [False]
    shop.fake.edit(note, "/osgate approve 2", shop.li)
    assert note.created_at == note.updated_at
    found = shop.forge.note(shop.at, str(note.id))
    assert found is not None
    assert (found.edited, found.author.login, found.body) == (True, "zhang.san", "/osgate approve 2")


def test_of_an_issue_only_its_text_makes_it_edited(shop: Shop):
    made = shop.fake.issue(shop.repo, "引入 left-pad", "why", shop.zhang, ("waiting",))
    shop.fake.forward(60)
    shop.fake.comment(made, shop.li, "hm")
    found = shop.forge.issue(shop.id, made.number)
    assert (found.edited, found.labels, found.created < found.updated) == (False, ("waiting",), True)
    shop.fake.edit(made, "another why", shop.li)
    assert shop.forge.issue(shop.id, made.number).edited
    assert [one.edited for one in shop.forge.issues_since(shop.id, found.created)] == [True]


def test_right_before_a_decision_counts_its_author_is_looked_at_again(shop: Shop):
    bot = shop.fake.user("renovate[bot]")
    said = [shop.fake.comment(shop.opened, who, "/osgate approve") for who in (shop.zhang, shop.li, bot)]
    shop.li.suspended = True
    found = [shop.forge.note(shop.at, str(one.id)) for one in said]
    assert [(one.author.bot, one.author.active) for one in found if one] == [
        (False, True),
        (False, False),
        (True, True),
    ]


def test_what_an_app_writes_in_somebodys_name_is_a_machines(shop: Shop):
    note = shop.fake.comment(shop.opened, shop.zhang, "/osgate approve")
    note.app = shop.fake.app("helper")
    found = shop.forge.note(shop.at, str(note.id))
    assert found is not None
    assert (found.author.login, found.author.bot) == ("zhang.san", True)
    made = shop.fake.issue(shop.repo, "left-pad", "/osgate approve", shop.zhang)
    assert not shop.forge.issue(shop.id, made.number).author.bot
    made.app = note.app
    assert (shop.forge.issue(shop.id, made.number).author.login, shop.forge.issue(shop.id, made.number).author.bot) == (
        "zhang.san",
        True,
    )


def test_where_github_does_not_tell_whether_an_app_wrote_it_nobody_counts_as_its_author(shop: Shop):
    line = shop.fake.line_comment(shop.opened, shop.li, "package.json", shop.line, "/osgate approve")
    review = shop.fake.review(shop.opened, shop.li, "COMMENTED", "/osgate approve")
    for name in (f"r{line.id}", f"review-{review.id}"):
        found = shop.forge.note(shop.at, name)
        assert found is not None
        assert (found.author.id, found.author.bot) == (str(shop.li.id), True)


def test_a_comment_of_ours_that_was_folded_is_seen_again_once_it_says_something_else(shop: Shop):
    said = shop.forge.say(shop.at, "blocked")
    (comment,) = shop.opened.comments
    comment.minimized = "off-topic"
    list(shop.forge.notes(shop.at))
    assert shop.forge.edit(shop.at, said.id, "passes").body == "passes"
    assert comment.minimized == ""
    before = len(shop.sent())
    shop.forge.edit(shop.at, said.id, "blocked again")
    assert len(shop.sent()) == before + 1


def test_who_we_are_comes_along_with_what_was_said(shop: Shop):
    list(shop.forge.notes(shop.at))
    before = len(shop.sent())
    assert shop.forge.me().login == "osgate[bot]"
    assert len(shop.sent()) == before


def test_a_login_that_somebody_else_took_is_another_account(shop: Shop):
    was = str(shop.zhang.id)
    shop.fake.comment(shop.opened, shop.zhang, "by the first")
    shop.fake.rename(shop.zhang, "zhang.san.2")
    other = shop.fake.user("zhang.san")
    shop.fake.comment(shop.opened, other, "by the second")
    assert [note.author.id for note in shop.forge.notes(shop.at)] == [was, str(other.id)]
    found = shop.forge.account(was)
    assert found is not None
    assert found.login == "zhang.san.2"
    shop.fake.remove(shop.zhang)
    assert shop.forge.account(was) is None


def test_what_a_deleted_account_said_is_nobodys(shop: Shop):
    note = shop.fake.comment(shop.opened, shop.zhang, "/osgate approve")
    shop.fake.remove(shop.zhang)
    found = shop.forge.note(shop.at, str(note.id))
    assert found is not None
    assert not (found.author.active and found.author.id == str(shop.zhang.id))


def test_a_conversation_of_the_other_kind_is_missing(shop: Shop):
    for at in (replace(shop.at, kind=ISSUE), Conversation(shop.id, 999)):
        with refused(Missing, "forge.missing"):
            list(shop.forge.notes(at))
    with refused(Missing, "forge.missing"):
        shop.forge.issue(shop.id, shop.number)


@pytest.mark.parametrize("name", ["999", "r999", "review-999", "x", "r"])
def test_a_note_that_was_never_there_is_none(shop: Shop, name: str):
    assert shop.forge.note(shop.at, name) is None


def test_notes_on_lines_are_edited_deleted_and_reacted_to_where_they_stand(shop: Shop):
    said = shop.forge.say_on_line(shop.change(), "package.json", shop.line, "here")
    assert shop.forge.edit(shop.at, said.id, "there").body == "there"
    shop.forge.react(shop.at, said.id, "thumbsup")
    assert [one.content for one in shop.opened.notes[0].reactions] == ["+1"]
    shop.forge.remove(shop.at, said.id)
    shop.forge.remove(shop.at, said.id)
    assert shop.opened.notes == []


def test_what_a_review_says_is_not_ours_to_change_and_takes_no_reaction(shop: Shop):
    review = shop.fake.review(shop.opened, shop.li, "COMMENTED", "no")
    shop.forge.project(shop.id)
    before = len(shop.sent())
    shop.forge.react(shop.at, f"review-{review.id}", "eyes")
    for call in (
        lambda: shop.forge.edit(shop.at, f"review-{review.id}", "x"),
        lambda: shop.forge.remove(shop.at, f"review-{review.id}"),
    ):
        with refused(Forbidden, "forge.lacking", what="reviews"):
            call()
    assert len(shop.sent()) == before


def test_a_line_of_a_head_that_moved_or_of_another_file_takes_none(shop: Shop):
    change = shop.change()
    for path, line in (("package.json", 1), ("pom.xml", shop.line)):
        with refused(NotInDiff, "forge.line", path=path, line=line):
            shop.forge.say_on_line(change, path, line, "here")
    shop.fake.fail(
        "POST",
        "/comments$",
        422,
        body={"message": "Validation Failed", "errors": ["commit_id is not part of the pull request"]},
    )
    with refused(NotInDiff, "forge.line"):
        shop.forge.say_on_line(change, "package.json", shop.line, "here")
    shop.fake.fail(
        "POST",
        "/comments$",
        422,
        body={"message": "Validation Failed", "errors": ["body is too long (maximum is 65536 characters)"]},
    )
    with refused(Unreachable, "forge.strange"):
        shop.forge.say_on_line(change, "package.json", shop.line, "x" * 70_000)


def test_a_thread_is_settled_by_who_has_not_read_it_yet(shop: Shop):
    thread = shop.forge.say_on_line(shop.change(), "package.json", shop.line, "here").thread
    other = shop.as_token(shop.fake.as_app(shop.installed))
    other.settle(shop.at, thread, True)
    assert [note.resolved for note in other.notes(shop.at)] == [True]
    with refused(Missing, "forge.missing"):
        other.settle(shop.at, "r999", True)
    with refused(Forbidden, "forge.lacking", what="threads"):
        other.settle(replace(shop.at, kind=ISSUE), thread, True)


def test_a_comment_is_folded_away(shop: Shop):
    said = shop.forge.say(shop.at, "old")
    shop.forge.fold(shop.at, said.id)
    assert shop.opened.comments[0].minimized
    with refused(Missing, "forge.missing"):
        shop.forge.fold(shop.at, "999")
