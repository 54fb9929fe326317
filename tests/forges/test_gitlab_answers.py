"""What GitLab's JSON becomes; what is of another shape is refused, whatever it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.forges.gitlab import answers
from osgate.model.forge import OPEN

USER = {"id": 4711, "username": "zhang.san", "name": "张三", "state": "active"}
NOTE: dict[str, Any] = {
    "id": 12,
    "type": None,
    "author": USER,
    "body": "/osgate approve",
    "created_at": "2026-11-21T14:03:00.123+08:00",
    "updated_at": "2026-11-21T06:03:00.123Z",
    "system": False,
    "resolvable": False,
}
CHANGE: dict[str, Any] = {
    "project_id": 7,
    "iid": 3,
    "title": "Pad",
    "author": USER,
    "state": "opened",
    "sha": "a" * 40,
    "diff_refs": {"base_sha": "b" * 40, "head_sha": "a" * 40, "start_sha": "b" * 40},
    "target_branch": "main",
    "source_project_id": 7,
    "source_branch": "pad",
    "web_url": "https://forge.example.test/shop/till/-/merge_requests/3",
    "updated_at": "2026-11-21T06:03:00.123Z",
}
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("2026-11-21T06:03:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*CHANGE, *NOTE]), inner, max_size=3),
    max_leaves=6,
)
READERS = {
    answers.account: USER,
    answers.note: NOTE,
    answers.change: CHANGE,
    answers.issue: {**CHANGE, "created_at": CHANGE["updated_at"], "description": None},
    answers.project: {"id": 7, "path_with_namespace": "shop/till", "web_url": "https://forge.example.test/shop/till"},
    answers.addresses: {"author_email": "zhang.san@example.com", "committer_email": None, "message": ""},
}


def test_an_instant_is_told_in_utc_whatever_zone_the_server_lives_in():
    note = answers.note(NOTE)
    assert (note.created, note.updated, note.edited) == ("2026-11-21T06:03:00Z", "2026-11-21T06:03:00Z", False)


@pytest.mark.parametrize("more", [{"updated_at": "2026-11-21T06:03:00.124Z"}, {"imported": True}])
def test_a_note_that_moved_by_a_millisecond_or_came_from_elsewhere_counts_as_edited(more: dict[str, object]):
    assert answers.note({**NOTE, **more}).edited


@pytest.mark.parametrize(
    ("told", "bot", "active"),
    [
        ({}, False, True),
        ({"bot": True}, True, True),
        ({"username": "project_17_bot"}, True, True),
        ({"username": "group_17_bot_0f3e2d"}, True, True),
        ({"username": "service_account_group_3_9f"}, True, True),
        ({"username": "project_17_botany"}, False, True),
        ({"username": "li.project_17_bot"}, False, True),
        ({"state": "blocked"}, False, False),
        ({"state": "deactivated"}, False, False),
        ({"state": None}, False, False),
    ],
)
def test_what_is_no_person_or_may_not_sign_in_is_told(told: dict[str, object], bot: bool, active: bool):
    found = answers.account({**USER, **told})
    assert (found.id, found.bot, found.active) == ("4711", bot, active)


def test_a_deleted_author_is_nobody():
    found = answers.note({**NOTE, "author": None}).author
    assert (found.id, found.active) == ("", False)


def test_a_base_counts_only_for_the_head_it_was_worked_out_for():
    moved = {**CHANGE, "sha": "c" * 40}
    assert answers.change(CHANGE).base == "b" * 40
    assert [answers.change(row).base for row in (moved, {**CHANGE, "diff_refs": None})] == ["", ""]


def test_a_fork_whose_project_is_gone_still_comes_from_elsewhere():
    gone = answers.change({**CHANGE, "source_project_id": None})
    assert (gone.source, gone.forked) == ("", True)


def test_a_server_of_before_knows_drafts_as_work_in_progress_and_locked_is_open():
    old = answers.change({**CHANGE, "work_in_progress": True, "state": "locked"})
    assert (old.draft, old.state) == (True, OPEN)


def test_a_commit_names_author_committer_and_who_wrote_with_them():
    commit = {
        "author_email": "zhang.san@example.com",
        "committer_email": "li.si@example.com",
        "message": "Pad\n\nCo-authored-by: Wang Wu <wang.wu@example.com>\nco-authored-by: nobody",
    }
    assert answers.addresses(commit) == {"zhang.san@example.com", "li.si@example.com", "wang.wu@example.com"}


def test_a_text_that_nothing_can_be_written_of_is_refused():
    with pytest.raises(ValueError, match="surrogates"):
        answers.note({**NOTE, "body": "\ud800"})


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(READERS)), st.data())
def test_any_other_shape_is_read_or_refused_and_nothing_else(reader: Any, data: st.DataObject):
    row = dict(READERS[reader])
    reader(row)
    name = data.draw(st.sampled_from(list(row)))
    row[name] = data.draw(ANY)
    wrong = data.draw(st.one_of(st.just(row), ANY))
    try:
        reader(wrong)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        pass
