"""What GitHub's JSON becomes, by REST and by GraphQL; what is of another shape is refused, whatever it is."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.forges.github import answers
from osgate.model.forge import MERGED, OPEN

AT = "2026-11-21T06:03:00Z"
USER = {"id": 4711, "login": "zhang.san", "type": "User"}
WHO = {"__typename": "User", "login": "zhang.san", "databaseId": 4711}
BOT, BOT_WHO = (
    {"id": 5, "login": "osgate[bot]", "type": "Bot"},
    {"__typename": "Bot", "login": "osgate", "databaseId": 5},
)
PAGE = "https://forge.example.test/shop/till/pull/3"
NOTE: dict[str, Any] = {
    "id": 5_000_000_012,
    "user": USER,
    "body": "/osgate approve",
    "created_at": AT,
    "updated_at": AT,
    "html_url": f"{PAGE}#issuecomment-5000000012",
}
SAID: dict[str, Any] = {
    "id": "IC_x",
    "fullDatabaseId": "5000000012",
    "author": WHO,
    "body": "/osgate approve",
    "createdAt": AT,
    "updatedAt": AT,
    "lastEditedAt": None,
    "url": NOTE["html_url"],
}
CHANGE: dict[str, Any] = {
    "number": 3,
    "title": "Pad",
    "user": USER,
    "state": "open",
    "merged_at": None,
    "head": {"sha": "a" * 40, "ref": "pad", "repo": {"id": 7}},
    "base": {"sha": "b" * 40, "ref": "main", "repo": {"id": 7}},
    "html_url": PAGE,
    "updated_at": AT,
    "draft": False,
}
OPENED: dict[str, Any] = {
    "number": 3,
    "title": "Pad",
    "author": WHO,
    "headRefOid": "a" * 40,
    "headRefName": "pad",
    "baseRefName": "main",
    "headRepository": {"databaseId": 7},
    "url": PAGE,
    "updatedAt": AT,
    "isDraft": False,
}
ISSUE: dict[str, Any] = {
    **{name: NOTE[name] for name in ("user", "created_at", "updated_at", "html_url")},
    "number": 3,
    "title": "引入 left-pad",
    "body": None,
    "state": "open",
    "labels": [{"name": "waiting"}, "old form"],
}
ASKED: dict[str, Any] = {
    **{name: SAID[name] for name in ("author", "createdAt", "updatedAt", "lastEditedAt", "url")},
    "number": 3,
    "title": "引入 left-pad",
    "body": "",
    "state": "OPEN",
    "labels": {"nodes": [{"name": "waiting"}, {"name": "old form"}]},
}
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(AT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*CHANGE, *SAID]), inner, max_size=3),
    max_leaves=6,
)
READERS: list[tuple[Any, dict[str, Any]]] = [
    (answers.account, USER),
    (answers.account, WHO),
    (answers.viewer, {"login": "osgate[bot]", "databaseId": 5}),
    (answers.note, NOTE),
    (partial(answers.note, mark=answers.ON_LINE), {**NOTE, "path": "package.json", "line": None, "original_line": 3}),
    (answers.said, SAID),
    (partial(answers.said, mark=answers.REVIEW), {**SAID, "submittedAt": AT}),
    (answers.change, CHANGE),
    (partial(answers.opened, "7"), OPENED),
    (partial(answers.issue, "7"), ISSUE),
    (partial(answers.asked, "7"), ASKED),
    (answers.project, {"id": 7, "full_name": "shop/till", "html_url": "https://forge.example.test/shop/till"}),
    (answers.authors, {"commit": {"author": {"email": "zhang.san@example.com"}, "committer": None, "message": ""}}),
]


def test_what_rest_and_graphql_tell_of_the_same_is_equal():
    assert answers.note(NOTE) == answers.said(SAID)
    assert answers.account(BOT) == answers.account(BOT_WHO)
    assert answers.account(BOT) == answers.viewer({"login": "osgate[bot]", "databaseId": 5})
    assert answers.change(CHANGE) == answers.opened("7", OPENED)
    assert answers.issue("7", ISSUE) == answers.asked("7", ASKED)


@pytest.mark.parametrize("more", [{"lastEditedAt": AT}, {"updatedAt": "2026-11-21T06:03:01Z"}])
def test_a_note_that_was_edited_in_the_second_it_was_made_counts_as_edited(more: dict[str, str]):
    assert answers.said({**SAID, **more}).edited
    assert not answers.said(SAID).edited


def test_only_the_text_of_an_issue_counts_for_its_being_edited():
    assert not answers.asked("7", {**ASKED, "updatedAt": "2026-11-22T06:03:00Z"}).edited
    assert answers.asked("7", {**ASKED, "lastEditedAt": AT}).edited


@pytest.mark.parametrize(
    ("told", "bot", "active"),
    [
        ({}, False, True),
        ({"type": "Bot"}, True, True),
        ({"login": "renovate[bot]"}, True, True),
        ({"login": "my-bot"}, False, True),
        ({"type": "Mannequin"}, False, False),
        ({"type": "Organization"}, False, False),
        ({"suspended_at": None}, False, True),
        ({"suspended_at": AT}, False, False),
    ],
)
def test_what_is_no_person_or_may_not_sign_in_is_told(told: dict[str, object], bot: bool, active: bool):
    found = answers.account({**USER, **told})
    assert (found.id, found.bot, found.active) == ("4711", bot, active)


def test_a_deleted_author_is_nobody():
    for found in (answers.note({**NOTE, "user": None}).author, answers.said({**SAID, "author": None}).author):
        assert (found.id, found.active) == ("", False)


def test_the_three_kinds_of_notes_never_share_a_name():
    names = [answers.said({**SAID, "submittedAt": AT}, mark).id for mark in ("", answers.ON_LINE, answers.REVIEW)]
    assert names == ["5000000012", "r5000000012", "review-5000000012"]


def test_a_fork_that_is_gone_still_comes_from_elsewhere():
    gone = answers.change({**CHANGE, "head": {**CHANGE["head"], "repo": None}})
    assert (gone.source, gone.forked) == ("", True)
    assert answers.opened("7", {**OPENED, "headRepository": None}).forked
    assert not answers.change(CHANGE).forked


def test_a_closed_change_was_merged_if_it_says_when():
    closed = {**CHANGE, "state": "closed", "merged_at": AT}
    assert (answers.change(closed).state, answers.change(CHANGE).state) == (MERGED, OPEN)


def test_a_commit_names_author_committer_and_who_wrote_with_them():
    said = {
        "author": {"email": "zhang.san@example.com"},
        "committer": {"email": "li.si@example.com"},
        "message": "Pad\n\nCo-authored-by: Wang Wu <wang.wu@example.com>\nco-authored-by: nobody",
    }
    assert answers.authors({"commit": said}) == {"zhang.san@example.com", "li.si@example.com", "wang.wu@example.com"}


def test_a_commit_names_the_accounts_that_github_knows_by_its_addresses():
    mine = "Co-authored-by: Wang Wu <4713+wang.wu@users.noreply.forge.example.test>"
    row = {
        "commit": {"author": {"email": "a@example.com"}, "committer": None, "message": f"Pad\n\n{mine}"},
        "author": {"id": 4711, "login": "zhang.san"},
        "committer": {},
    }
    wanted = {"a@example.com", "4713+wang.wu@users.noreply.forge.example.test", "github:4711", "github:4713"}
    assert answers.authors(row) == wanted
    assert answers.authors({**row, "committer": {"id": 4712}}) == wanted | {"github:4712"}
    assert answers.authors({**row, "author": None}) == wanted - {"github:4711"}


def test_a_text_that_nothing_can_be_written_of_is_refused():
    with pytest.raises(ValueError, match="surrogates"):
        answers.said({**SAID, "body": "\ud800"})


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(range(len(READERS))), st.data())
def test_any_other_shape_is_read_or_refused_and_nothing_else(which: int, data: st.DataObject):
    reader, right = READERS[which]
    reader(right)
    row = dict(right)
    row[data.draw(st.sampled_from(list(row)))] = data.draw(ANY)
    wrong = data.draw(st.one_of(st.just(row), ANY))
    try:
        reader(wrong)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        pass
