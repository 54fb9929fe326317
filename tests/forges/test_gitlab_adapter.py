"""The adapter against a GitLab that behaves: what is sent, who we are, places, changes. Each trap once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from forges.gitlab_shop import CHANGED, Shop, refused
from forges.stage_gitlab import FILES, copies
from osgate.forges.protocol import Expired, Forbidden, Missing, Unreachable
from osgate.testing.gitlab import FakeGitLab


@pytest.fixture
def shop() -> Iterator[Shop]:
    with FakeGitLab() as fake:
        yield Shop(fake)
        assert fake.violations == []


# What is sent, and how often


def test_a_note_whose_answer_was_lost_is_there_once_and_told_as_unreachable(shop: Shop):
    shop.fake.fail("POST", r"/notes$", 502, after_apply=True)
    with refused(Unreachable, "forge.unreachable"):
        shop.forge.say(shop.at, "blocked")
    assert [note.body for note in shop.forge.notes(shop.at) if not note.system] == ["blocked"]
    assert len(shop.sent("POST")) == 1
    assert shop.slept == []


def test_a_reading_that_fails_is_repeated_and_an_edit_as_well(shop: Shop):
    said = shop.forge.say(shop.at, "one")
    shop.fake.fail("GET", r"/merge_requests/1$", 503, times=2)
    shop.fake.fail("PUT", r"/notes/", 502, after_apply=True)
    assert shop.change().title == "Change pad"
    assert shop.forge.edit(shop.at, said.id, "two").body == "two"
    assert shop.slept == [0.5, 1.0, 0.5]


def test_a_day_of_patience_is_not_granted(shop: Shop):
    shop.fake.fail("GET", r".*", 429, times=-1, headers={"Retry-After": "86400"})
    with refused(Unreachable, "forge.busy"):
        shop.change()
    assert 0 < sum(shop.slept) < 60


def test_no_token_is_ever_in_an_address_or_an_error(shop: Shop):
    with pytest.raises(Missing) as caught:
        shop.forge.project("shop/none")
    assert shop.token not in str(caught.value)
    assert all(shop.token not in f"{call.path}?{call.query}" for call in shop.fake.calls)


# Who we are


def test_a_bot_knows_itself(shop: Shop):
    me = shop.forge.me()
    assert (me.bot, me.active, me.name) == (True, True, "osgate")


def test_a_jobs_token_reads_and_is_never_asked_who_it_is(shop: Shop):
    shop.fake.note(shop.opened, shop.zhang, "/osgate request")
    job = shop.as_job()
    assert job.me().id == ""
    assert [note.body for note in job.notes(shop.at)] == ["/osgate request"]
    assert job.change(shop.id, 1).head == shop.opened.version.head
    assert shop.sent("GET")
    assert all("/user" not in path for path in shop.sent("GET"))


def test_a_jobs_token_writes_nothing_and_says_which_token_would(shop: Shop):
    job, change = shop.as_job(), shop.change()
    writes = (
        lambda: job.say(shop.at, "x"),
        lambda: job.edit(shop.at, "1", "x"),
        lambda: job.remove(shop.at, "1"),
        lambda: job.settle(shop.at, "1", True),
        lambda: job.react(shop.at, "1", "eyes"),
        lambda: job.set_status(shop.id, change.head, "osgate / intake", "success", "x"),
        lambda: job.open_issue(shop.id, "x", "x"),
        lambda: job.change_issue(shop.id, 1, body="x"),
        lambda: job.rerun(change),
        lambda: job.say_on_line(change, "package.json", 11, "x"),
    )
    for write in writes:
        with pytest.raises(Forbidden) as caught:
            write()
        assert "OSGATE_TOKEN" in str(caught.value.params["needs"])
    assert [method for method in ("POST", "PUT", "DELETE") if shop.sent(method)] == []


def test_a_token_that_ended_was_revoked_or_whose_bot_was_removed_is_expired(shop: Shop):
    old = shop.as_token(shop.fake.as_user(shop.zhang, expires_at="2020-01-01"))
    blocked = shop.as_token(shop.fake.as_user(shop.li))
    shop.li.state = "blocked"
    for forge in (old, blocked, shop.as_token("glpat-unknown")):
        with refused(Expired, "forge.token"):
            forge.change(shop.id, 1)


def test_a_scope_too_small_is_forbidden_not_expired(shop: Shop):
    with refused(Forbidden, "forge.forbidden"):
        shop.as_token(shop.fake.as_user(shop.zhang, scopes=("read_api",))).say(shop.at, "x")


# Places


def test_a_moved_project_says_where_it_went_and_its_id_still_leads_there(shop: Shop):
    before = shop.forge.project("shop/till")
    shop.fake.world.rename(shop.project, "shop/pos/desk")
    with refused(Missing, "forge.moved", what="shop/till", to="shop/pos/desk"):
        shop.forge.project("shop/till")
    assert shop.forge.project(before.id).path == "shop/pos/desk"
    assert shop.forge.project("Shop/POS/Desk").id == before.id


def test_a_server_below_a_path_is_reached(tmp_path: Any):
    with FakeGitLab(relative_url="/gitlab") as fake:
        below = Shop(fake)
        fake.world.rename(below.project, "shop/cash")
        assert below.forge.project(below.id).url.endswith("/gitlab/shop/cash")
        with refused(Missing, "forge.moved"):
            below.forge.project("shop/till")
        assert below.forge.say(below.at, "x").url.endswith(f"/gitlab/shop/cash/-/merge_requests/1#note_{1}")


# Changes


def test_a_change_tells_its_base_head_and_everybody_its_commits_name(shop: Shop):
    shop.fake.push(shop.project, "pad", {"a": b"1"}, author=shop.li, message="A\n\nCo-authored-by: W <w@example.com>")
    change = shop.change()
    refs = (change.base, change.head, change.target, change.branch, change.source)
    assert refs == (shop.opened.version.base, shop.opened.version.head, "main", "pad", shop.id)
    assert change.authors == ("li.si@example.com", "w@example.com", "zhang.san@example.com")
    assert change.author.id == str(shop.zhang.id)


def test_a_change_from_a_fork_that_is_gone_is_still_read(shop: Shop):
    fork = shop.fake.fork(shop.project, "zhang.san", shop.zhang)
    shop.fake.push(fork, "more", {"b": b"2"}, author=shop.zhang)
    opened = shop.fake.merge_request(shop.project, "more", author=shop.zhang, source_project=fork)
    assert shop.forge.change(shop.id, opened.iid).source == str(fork.id)
    opened.source_project = None
    gone = shop.forge.change(shop.id, opened.iid)
    assert (gone.source, gone.forked, gone.head) == ("", True, opened.version.head)


def test_changes_are_found_below_subgroups_each_once_though_some_move_while_we_read(shop: Shop):
    deep = shop.fake.project("shop/pos/deep/till", FILES)
    shop.fake.push(deep, "pad", CHANGED)
    shop.fake.merge_request(deep, "pad", author=shop.zhang)
    elsewhere = shop.fake.project("other/till", FILES)
    shop.fake.push(elsewhere, "pad", CHANGED)
    shop.fake.merge_request(elsewhere, "pad", author=shop.zhang)
    many = copies(shop.opened, 130)
    for n, row in enumerate(many):
        row.updated_at = f"2026-11-21T07:{n % 60:02}:00.000Z"
    many[129].state = "closed"
    found = []
    for n, change in enumerate(shop.forge.changes_since("shop", "2026-11-21T00:00:00Z")):
        found.append(change)
        if n == 50:  # the first of all moves to the end: what is behind it moves up one place
            oldest = min(many, key=lambda row: row.updated_at)
            oldest.updated_at = "2026-11-21T09:00:00.000Z"
    seen = {(change.project, change.number) for change in found}
    assert seen == {(shop.id, 1), (str(deep.id), 1), *((shop.id, row.iid) for row in many[:129])}
    assert len(found) == len(seen) + 1
    assert [change.updated for change in found] == sorted(change.updated for change in found)


def test_changes_before_the_moment_are_left_out_and_one_at_it_is_not(shop: Shop):
    at = shop.opened.updated_at.replace(".000Z", "Z")
    assert [change.number for change in shop.forge.changes_since("", at)] == [1]
    assert list(shop.forge.changes_since("shop", "2026-11-21T06:00:01Z")) == []


def test_the_checks_run_again(shop: Shop):
    where = shop.forge.rerun(shop.change())
    assert where.startswith(f"{shop.fake.web_url}/shop/till/-/pipelines/")
    assert len(shop.project.pipelines) == 1


def test_where_a_new_pipeline_is_refused_what_failed_is_retried(shop: Shop):
    old, new = shop.fake.pipeline(shop.opened), shop.fake.pipeline(shop.opened)
    other = shop.fake.pipeline(shop.opened)
    other.sha = "0" * 40
    for pipeline in (old, new, other):
        shop.fake.job(pipeline, "osgate", "failed")
        shop.fake.finish(pipeline, "failed")
    shop.fake.fail("POST", r"/merge_requests/1/pipelines$", 400, body={"message": {"base": ["No stages / jobs"]}})
    assert shop.forge.rerun(shop.change()).endswith(f"/pipelines/{new.id}")
    assert (old.status, new.status, other.status) == ("failed", "pending", "failed")


def test_where_nothing_can_run_again_it_says_so(shop: Shop):
    shop.fake.finish(shop.fake.pipeline(shop.opened), "success")
    shop.fake.fail("POST", r"/merge_requests/1/pipelines$", 403, times=-1)
    with refused(Forbidden, "forge.forbidden"):
        shop.forge.rerun(shop.change())
