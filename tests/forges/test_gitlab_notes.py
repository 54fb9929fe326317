"""The adapter against a GitLab that behaves: notes, statuses, issues, and what only some have. Each trap once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forges.gitlab_shop import Shop, refused
from forges.stage_gitlab import FILES
from osgate.forges.gitlab import extras
from osgate.forges.protocol import Forbidden, Missing, NotInDiff, Unreachable
from osgate.model.forge import CLOSED, ISSUE, OPEN, Conversation
from osgate.model.record import replace
from osgate.testing.gitlab import FakeGitLab
from osgate.testing.gitlab.changes import add_note


@pytest.fixture
def shop() -> Iterator[Shop]:
    with FakeGitLab() as fake:
        yield Shop(fake)
        assert fake.violations == []


# Notes


def test_all_notes_come_in_the_order_they_were_made_threads_and_system_notes_too(shop: Shop):
    thread = shop.forge.say_on_line(shop.change(), "package.json", 11, "here")
    for n in range(120):
        shop.fake.note(shop.opened, shop.zhang, str(n))
    add_note(shop.fake.world, shop.opened, shop.li, "in the thread", discussion=thread.thread)
    add_note(shop.fake.world, shop.opened, shop.li, "added 1 commit", system=True)
    found = list(shop.forge.notes(shop.at))
    assert [note.body for note in found] == ["here", *map(str, range(120)), "in the thread", "added 1 commit"]
    assert [note.system for note in found] == [False] * 122 + [True]
    assert (found[0].path, found[0].line, found[0].thread) == ("package.json", 11, thread.thread)
    assert [note.thread for note in found[1:121]] == [""] * 120


def test_a_note_that_a_maintainer_rewrote_is_edited(shop: Shop):
    note = shop.fake.note(shop.opened, shop.zhang, "/osgate approve 1")
    assert [one.edited for one in shop.forge.notes(shop.at)] == [False]
    shop.fake.forward(1)
    shop.as_token(shop.fake.as_user(shop.li)).edit(shop.at, str(note.id), "/osgate approve 2")
    found = shop.forge.note(shop.at, str(note.id))
    assert found is not None
    assert (found.edited, found.author.login) == (True, "zhang.san")


def test_a_decision_in_a_thread_that_was_resolved_counts_as_edited(shop: Shop):
    said = shop.forge.say_on_line(shop.change(), "package.json", 11, "here")
    shop.fake.forward(1)
    shop.forge.settle(shop.at, said.thread, True)
    found = shop.forge.note(shop.at, said.id)
    assert found is not None
    assert (found.resolved, found.edited, found.thread) == (True, True, said.thread)
    shop.forge.settle(shop.at, said.thread, False)
    assert [one.resolved for one in shop.forge.notes(shop.at)] == [False]


def test_right_before_a_decision_counts_its_author_is_looked_at_again(shop: Shop):
    service = shop.fake.user("release", kind="service_account")
    notes = [shop.fake.note(shop.opened, who, "/osgate approve") for who in (shop.zhang, shop.li, service)]
    shop.li.state = "blocked"
    found = [shop.forge.note(shop.at, str(note.id)) for note in notes]
    assert [(one.author.bot, one.author.active) for one in found if one] == [
        (False, True),
        (False, False),
        (True, True),
    ]
    assert shop.forge.account(str(shop.zhang.id)) == found[0].author if found[0] else False
    assert [shop.forge.account(id) for id in ("999999", "", "zhang.san", "1/../2")] == [None] * 4


def test_a_deleted_note_is_none_but_not_one_that_is_hidden(shop: Shop):
    said = shop.forge.say(shop.at, "x")
    stranger = shop.as_token(shop.fake.as_user("wang.wu"))
    with refused(Missing, "forge.missing"):
        stranger.note(shop.at, said.id)
    shop.forge.remove(shop.at, said.id)
    shop.forge.remove(shop.at, said.id)
    assert shop.forge.note(shop.at, said.id) is None


@pytest.mark.parametrize("line", [8, 10, 11, 12, 14])
def test_a_thread_starts_on_a_line_that_the_diff_shows(shop: Shop, line: int):
    said = shop.forge.say_on_line(shop.change(), "package.json", line, "here")
    assert (said.path, said.line, said.edited) == ("package.json", line, False)
    assert said.thread


@pytest.mark.parametrize(("path", "line"), [("package.json", 1), ("package.json", 0), ("other.json", 11)])
def test_a_line_that_the_diff_does_not_show_takes_none(shop: Shop, path: str, line: int):
    with refused(NotInDiff, "forge.line", path=path, line=line):
        shop.forge.say_on_line(shop.change(), path, line, "here")
    assert shop.sent("POST") == []


def test_a_line_of_a_head_that_moved_takes_none_or_stands_on_what_was_seen(shop: Shop):
    unseen = shop.change()
    shop.fake.push(shop.project, "pad", {"package.json": FILES["package.json"] + b"left-pad\n"})
    seen = shop.change()
    said = shop.forge.say_on_line(unseen, "package.json", 11, "on the older version")
    assert (said.line, seen.head != unseen.head) == (11, True)
    with refused(NotInDiff, "forge.line"):
        shop.forge.say_on_line(replace(seen, head="0" * 40), "package.json", 11, "never seen")


def test_a_reaction_is_put_once(shop: Shop):
    said = shop.forge.say(shop.at, "x")
    shop.forge.react(shop.at, said.id, "eyes")
    shop.forge.react(shop.at, said.id, "eyes")
    assert len(shop.sent("POST")) == 3
    with refused(Missing, "forge.missing"):
        shop.forge.react(shop.at, "999", "eyes")


# Statuses and issues


def statuses(shop: Shop) -> list[tuple[str, str]]:
    return [(job.status, job.description or "") for pipeline in shop.project.pipelines for job in pipeline.jobs]


def test_a_status_goes_every_way_and_again_to_where_it_is(shop: Shop):
    head, name = shop.change().head, "osgate / intake"
    for state in ("pending", "pending", "success", "pending", "failure", "failure"):
        shop.forge.set_status(shop.id, head, name, state, "字" * 300, "https://forge.example.test/")
    last, text = statuses(shop)[-1]
    assert (last, len(text), text[-1]) == ("failed", 255, "…")


def test_a_status_that_is_refused_for_another_reason_is_not_taken_for_set(shop: Shop):
    shop.fake.fail("POST", "/statuses/", 400, body={"message": "Cannot transition status via :run from :failed"})
    with refused(Unreachable, "forge.strange"):
        shop.forge.set_status(shop.id, shop.change().head, "osgate / intake", "success", "x")


def test_an_issue_is_opened_changed_closed_and_found_again(shop: Shop):
    made = shop.forge.open_issue(shop.id, "t" * 300, "text", ["osgate", "等待"])
    assert (made.edited, made.labels, len(made.title)) == (False, ("osgate", "等待"), 255)
    shop.fake.forward(5)
    shop.forge.change_issue(shop.id, made.number, labels=[], state=CLOSED)
    found = shop.forge.issue(shop.id, made.number)
    assert (found.state, found.labels, found.updated, found.edited) == (CLOSED, (), "2026-11-21T06:00:05Z", False)
    assert [one.number for one in shop.forge.issues_since(shop.id, found.updated)] == [made.number]
    assert list(shop.forge.issues_since(shop.id, "2026-11-21T06:00:06Z")) == []
    shop.forge.change_issue(shop.id, made.number, state=OPEN)
    assert shop.forge.issue(shop.id, made.number).state == OPEN


def test_an_issue_is_edited_when_its_text_is_not_when_somebody_answers(shop: Shop):
    asked = shop.fake.issue(shop.project, "Request", shop.zhang, description="pkg:npm/left-pad@1.3.0")
    shop.fake.forward(5)
    shop.fake.note(asked, shop.li, "changed the description of the till")
    assert [one.edited for one in shop.forge.issues_since(shop.id, "2026-11-21T00:00:00Z")] == [False]
    add_note(shop.fake.world, asked, shop.li, "changed the description", system=True)
    assert [one.edited for one in shop.forge.issues_since(shop.id, "2026-11-21T00:00:00Z")] == [True]
    assert shop.forge.issue(shop.id, asked.iid).edited


def test_an_issue_is_talked_about_like_a_change_but_its_threads_do_not_resolve(shop: Shop):
    asked = shop.fake.issue(shop.project, "Request", shop.zhang)
    at = Conversation(shop.id, asked.iid, ISSUE)
    said = shop.forge.say(at, "one")
    assert [(note.id, note.body) for note in shop.forge.notes(at)] == [(said.id, "one")]
    with refused(Forbidden, "forge.lacking"):
        shop.forge.settle(at, asked.notes[0].discussion, True)


# What only some have


@pytest.mark.parametrize(
    ("tier", "lacking"),
    [("free", ("checks", "approvals")), ("premium", ("checks",)), ("ultimate", ())],
)
def test_what_a_tier_lacks_is_found_out_by_asking(tier: str, lacking: tuple[str, ...]):
    with FakeGitLab(tier=tier, version="16.11.2-ee") as fake:
        shop = Shop(fake)
        forge = shop.as_token(fake.as_bot(shop.project, level=40))
        fake.calls.clear()
        found = forge.able(shop.id)
        assert found.lacking == tuple((what, "tier") for what in lacking)
        assert found.version == "16.11.2-ee"
        assert found.tier == {"free": ""}.get(tier, tier)
        assert {call.method for call in fake.calls} == {"GET"}
        assert len(fake.calls) <= 4
        if tier == "ultimate":
            assert shop.forge.able(shop.id).lacking[0] == ("checks", "role")


def test_a_community_edition_a_reporter_an_archive_and_a_job_lack_for_other_reasons():
    with FakeGitLab(version="15.11.13") as fake:
        shop = Shop(fake)
        assert shop.forge.able(shop.id).tier == "free"
        weak = shop.as_token(fake.as_bot(shop.project, level=20)).able(shop.id)
        assert ("threads" in dict(weak.lacking), ("statuses", "role") in weak.lacking) == (False, True)
        shop.project.archived = True
        assert ("threads", "archived") in shop.forge.able(shop.id).lacking


def test_a_status_check_is_answered_and_for_a_head_that_moved_it_is_not():
    with FakeGitLab(tier="ultimate") as fake:
        shop = Shop(fake)
        shop.project.status_checks.append({"id": 7, "name": "osgate", "external_url": "https://gate.example.test"})
        change = shop.change()
        assert extras.answer_check(shop.forge.client, change, "7", extras.PASSED)
        fake.push(shop.project, "pad", {"a": b"1"})
        assert not extras.answer_check(shop.forge.client, change, "7", extras.PASSED)
