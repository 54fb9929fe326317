"""The adapter against a GitHub that behaves: changes, checks, rights, and how often it asks. Each trap once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forges.github_shop import MAY, Shop, shop_of
from forges.gitlab_shop import refused
from osgate.forges.check_runs import FAILURE, LEVELS, NOTICE, WARNING, Annotation, Said
from osgate.forges.github import checks, listed
from osgate.forges.protocol import Expired, Forbidden, Missing, NotInDiff, Unreachable
from osgate.model.forge import MERGED
from osgate.testing.github import running


@pytest.fixture
def shop() -> Iterator[Shop]:
    with shop_of() as fake:
        yield Shop(fake)
        assert fake.violations == []


# Who we are


def test_an_app_a_job_and_a_person_each_learn_who_they_are_and_their_notes_are_by_them(shop: Shop):
    shop.fake.workflow(shop.repo, permissions={"contents": "read", "pull_requests": "write", "issues": "write"})
    shop.fake.push(shop.repo, "pad", {"more": b"x"}, author=shop.zhang)
    (run,) = shop.repo.runs
    for forge, login, bot in (
        (shop.forge, "osgate[bot]", True),
        (shop.as_token(shop.fake.as_run(run)), "github-actions[bot]", True),
        (shop.as_user(shop.li), "li.si", False),
    ):
        me = forge.me()
        assert (me.login, me.bot) == (login, bot)
        said = forge.say(shop.at, "words")
        assert said.author == me
        assert forge.note(shop.at, said.id) == said


def test_a_forks_pull_request_gives_its_job_a_token_that_reads_and_says_so(shop: Shop):
    shop.fake.workflow(shop.repo, permissions={"contents": "write", "pull_requests": "write"})
    fork = shop.fake.fork(shop.repo, shop.zhang)
    shop.fake.push(fork, "theirs", {"x": b"y"}, author=shop.zhang)
    opened = shop.fake.pull(shop.repo, "theirs", author=shop.zhang, fork=fork)
    run = shop.repo.runs[-1]
    forge = shop.as_token(shop.fake.as_run(run))
    change = forge.change(shop.id, opened.number)
    assert (change.forked, change.source) == (True, str(fork.id))
    with pytest.raises(Forbidden) as caught:
        forge.say(change.conversation, "words")
    assert "write" in str(caught.value.params["needs"])


# Changes


def test_a_change_takes_two_calls_and_tells_where_its_branches_part(shop: Shop):
    shop.fake.push(shop.repo, "main", {"later": b"x"})
    shop.forge.project(shop.id)
    before = shop.forge.client.calls
    change = shop.change()
    assert shop.forge.client.calls == before + 2
    assert change.base == shop.repo.git.merge_base("main", change.head)
    assert change.base != shop.repo.git.tip("main")
    assert change.authors == (f"github:{shop.zhang.id}", "zhang.san@example.com")


def test_a_change_that_took_in_its_target_since_is_compared_with_that(shop: Shop):
    newer = shop.fake.push(shop.repo, "main", {"later": b"x"}, author=("Wang Wu", "wang.wu@example.com"))
    merged = shop.repo.git.merge_commit(newer, shop.opened.head, "Merge", ("Zhang San", "zhang.san@example.com"))
    shop.repo.git.move("pad", merged, shop.opened.head)
    shop.fake.push(shop.repo, "pad", {"more": b"x"}, author=shop.zhang)
    change = shop.change()
    assert change.base == newer
    assert "wang.wu@example.com" not in change.authors


def test_the_authors_of_more_than_250_commits_are_all_told(shop: Shop):
    git, stream = shop.repo.git, []
    for n in range(251):
        start = f"from {shop.opened.head}\n" if not n else ""
        who = f"Author {n} <author{n}@example.com> {1_800_000_000 + n} +0000"
        stream.append(f"commit refs/heads/many\nauthor {who}\ncommitter {who}\ndata 1\nx\n{start}\n")
    git.run("fast-import", "--quiet", feed="".join(stream).encode())
    shop.fake.push(shop.repo, "pad", {"last": b"x"}, parent="many", author=shop.zhang)
    authors = shop.change().authors
    assert {f"author{n}@example.com" for n in range(251)} < set(authors)
    assert "zhang.san@example.com" in authors


def test_a_change_whose_fork_is_gone_still_has_a_head_and_a_base(shop: Shop):
    fork = shop.fake.fork(shop.repo, shop.zhang)
    shop.fake.push(fork, "theirs", {"x": b"y"}, author=shop.zhang)
    opened = shop.fake.pull(shop.repo, "theirs", author=shop.zhang, fork=fork)
    shop.fake.remove(fork)
    change = shop.forge.change(shop.id, opened.number)
    assert (change.source, change.forked, change.head) == ("", True, opened.head)
    assert change.base == shop.repo.git.merge_base("main", opened.head)
    assert [one.source for one in shop.forge.changes_since("bank", "") if one.number == opened.number] == [""]
    # GitHub's description calls that repository an object; its documentation and its answers know better.
    shop.fake.violations = [line for line in shop.fake.violations if "$.head.repo: NoneType" not in line]


def test_a_merged_change_is_told_as_such_with_what_it_brought(shop: Shop):
    shop.as_user(shop.li).client.put("repos", "bank", "till", "pulls", shop.number, "merge", body={})
    change = shop.change()
    assert (change.state, change.authors[1:]) == (MERGED, ("zhang.san@example.com",))


def test_a_renamed_repository_is_found_by_id_and_its_old_name_says_where_to(shop: Shop):
    shop.fake.rename(shop.repo, "bank/checkout")
    with refused(Missing, "forge.moved", to="bank/checkout"):
        shop.forge.project("bank/till")
    assert shop.forge.project(shop.id).path == "bank/checkout"
    assert shop.change().head == shop.opened.head


def test_a_repository_that_took_anothers_name_while_we_ran_is_not_taken_for_it(shop: Shop):
    shop.forge.project(shop.id)
    shop.fake.rename(shop.repo, "bank/checkout")
    other = shop.fake.repo("bank/till", {"x": b"y"})
    shop.fake.push(other, "pad", {"x": b"z"})
    shop.fake.pull(other, "pad")
    with refused(Missing, "forge.missing"):
        shop.change()
    assert list(shop.forge.notes(shop.at)) == []


def test_the_changes_of_a_whole_organisation_come_in_few_calls(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listed, "_AT_ONCE", 5)
    for n in range(5):
        shop.fake.repo(f"bank/app{n}", archived=n == 3)
    busy = shop.fake.repo("bank/busy", {"x": b"y"})
    for n in range(26):
        shop.fake.push(busy, f"b{n}", {f"f{n}": b"x"}, parent="main")
        shop.fake.forward(1)
        shop.fake.pull(busy, f"b{n}", author=shop.zhang)
    before = shop.forge.client.calls
    found = list(shop.forge.changes_since("bank", ""))
    assert len(found) == 27
    assert [one.updated for one in found] == sorted(one.updated for one in found)
    # The list of repositories, two questions for six of them, and one for the rest of the busy one.
    assert shop.forge.client.calls - before == 4
    assert [one.number for one in shop.forge.changes_since("bank/busy", found[-1].updated)] == [26]


def test_without_a_group_an_app_looks_where_it_is_installed_and_a_person_at_what_is_theirs(shop: Shop):
    own = shop.fake.repo("zhang.san/notes", {"x": b"y"})
    shop.fake.push(own, "b", {"x": b"z"})
    shop.fake.pull(own, "b", author=shop.zhang)
    assert {one.project for one in shop.forge.changes_since("", "")} == {shop.id}
    zhang = shop.as_user(shop.zhang)
    assert {one.project for one in zhang.changes_since("", "")} == {shop.id, str(own.id)}
    assert {one.project for one in zhang.changes_since("zhang.san", "")} == {str(own.id)}


# Checks


def annotations(count: int) -> list[Annotation]:
    levels = (NOTICE, WARNING, FAILURE)
    return [Annotation("package.json", n + 1, levels[n % 3], f"{n}", "left-pad") for n in range(count)]


@pytest.mark.parametrize(("count", "calls", "hidden"), [(0, 1, 0), (50, 1, 0), (51, 2, 0), (200, 2, 100)])
def test_a_check_carries_its_annotations_fifty_at_a_time_the_worst_first(
    shop: Shop, count: int, calls: int, hidden: int
):
    said = Said("osgate / intake", "blocked", "许" * 40_000, cut=lambda n: f"{n} more")
    shop.forge.project(shop.id)
    shop.forge.me()
    before = shop.forge.client.calls
    told = shop.forge.publish_check(shop.id, shop.opened.head, said, annotations(count), "failure")
    (check,) = [one for one in shop.repo.checks if one.name == "osgate / intake"]
    assert (shop.forge.client.calls - before, told.hidden) == (calls, hidden)
    assert (check.status, check.conclusion, str(check.id)) == ("completed", "failure", told.id)
    shown = [one["annotation_level"] for one in check.annotations]
    assert shown == sorted(shown, key=LEVELS.index)
    assert len(shown) == count - hidden
    assert len(check.output["summary"].encode()) <= checks.SUMMARY
    assert check.output["summary"].endswith(f"{hidden} more\n") is bool(hidden)


def test_a_check_is_not_over_before_its_last_annotation(shop: Shop):
    shop.fake.fail("PATCH", "/check-runs/", 502)
    with pytest.raises(Exception, match=r"forge\.unreachable"):
        shop.forge.publish_check(shop.id, shop.opened.head, Said("osgate", "x", "y"), annotations(60), "success")
    (check,) = [one for one in shop.repo.checks if one.name == "osgate"]
    assert (check.status, check.conclusion) == ("in_progress", None)


def test_a_check_that_says_the_same_is_not_published_again(shop: Shop):
    def publish(key: str, conclusion: str = "failure") -> checks.Published:
        told = Said("osgate / intake", "x", "y", key=key)
        return shop.forge.publish_check(shop.id, shop.opened.head, told, annotations(60), conclusion)

    first = publish("one")
    assert (first.new, publish("one")) == (True, checks.Published(first.id, first.url, 0, new=False))
    assert [publish("two").new, publish("one").new, publish("one", "success").new] == [True, True, True]
    assert [publish("one", "success").new, publish("").new, publish("").new] == [False, True, True]
    assert publish("one").url == shop.forge.publish_check(
        shop.id, shop.opened.head, Said("osgate / intake", "x", "y", key="one"), (), "failure"
    ).url  # fmt: skip


def test_a_check_of_our_name_by_another_app_or_that_never_ended_is_not_taken_for_ours(shop: Shop):
    told = Said("osgate / intake", "x", "y", key="one")
    other = shop.fake.app("other", {**MAY})
    theirs = shop.as_token(shop.fake.as_app(shop.fake.install(other, shop.org)))
    assert theirs.publish_check(shop.id, shop.opened.head, told, (), "success").new
    shop.fake.fail("PATCH", "/check-runs/", 502)
    with refused(Unreachable, "forge.unreachable"):
        shop.forge.publish_check(shop.id, shop.opened.head, told, annotations(60), "success")
    assert shop.forge.publish_check(shop.id, shop.opened.head, told, annotations(60), "success").new
    assert not shop.forge.publish_check(shop.id, shop.opened.head, told, annotations(60), "success").new


def test_a_persons_token_makes_no_check_and_is_told_what_it_takes(shop: Shop):
    for key in ("", "one"):
        with refused(Forbidden, "forge.forbidden", needs="checks: write"):
            told = Said("osgate", "x", "y", key=key)
            shop.as_user(shop.li).publish_check(shop.id, shop.opened.head, told, (), "success")
    reads = shop.as_token(shop.fake.as_app(shop.installed, permissions={"contents": "read"}))
    with refused(Forbidden, "forge.forbidden", needs="checks: write"):
        reads.publish_check(shop.id, shop.opened.head, Said("osgate", "x", "y", key="one"), (), "success")


# Running again


def test_the_gates_failed_run_runs_again_and_no_other(shop: Shop):
    gate, tests = shop.fake.workflow(shop.repo), shop.fake.workflow(shop.repo, ".github/workflows/tests.yml")
    shop.fake.push(shop.repo, "pad", {"more": b"x"}, author=shop.zhang)
    for run in shop.repo.runs:
        shop.fake.finish(run, "failure")
    where = shop.forge.rerun(shop.change())
    assert {run.workflow.name: run.attempt for run in shop.repo.runs} == {gate.name: 2, tests.name: 1}
    assert where.endswith(f"/actions/runs/{next(run.id for run in shop.repo.runs if run.workflow is gate)}")


def test_a_gate_that_waits_or_has_passed_is_left_alone_and_one_that_runs_is_asked_for_later(shop: Shop):
    shop.fake.workflow(shop.repo)
    shop.fake.push(shop.repo, "pad", {"more": b"x"}, author=shop.zhang)
    (run,) = shop.repo.runs
    assert shop.forge.rerun(shop.change()).endswith(str(run.id))
    running.begin(shop.fake.world, run)
    with refused(Unreachable, "forge.busy"):
        shop.forge.rerun(shop.change())
    shop.fake.finish(run, "success")
    assert shop.forge.rerun(shop.change()).endswith(str(run.id))
    assert run.attempt == 1


def test_where_no_run_names_the_gate_all_that_failed_run_again(shop: Shop):
    shop.fake.workflow(shop.repo, ".github/workflows/ci.yml", name="CI")
    shop.fake.workflow(shop.repo, ".github/workflows/docs.yml", name="Docs")
    shop.fake.push(shop.repo, "pad", {"more": b"x"}, author=shop.zhang)
    for run, outcome in zip(shop.repo.runs, ("failure", "success"), strict=True):
        shop.fake.finish(run, outcome)
    shop.forge.rerun(shop.change())
    assert [run.attempt for run in shop.repo.runs] == [2, 1]


def test_without_a_run_the_app_that_failed_the_head_is_asked_again(shop: Shop):
    change = shop.change()
    shop.forge.publish_check(shop.id, change.head, Said("osgate", "x", "y"), (), "failure")
    assert shop.as_user(shop.li).rerun(change) == ""
    assert [suite.rerequested for suite in shop.repo.suites if suite.app is shop.app] == [1]


def test_what_we_said_of_a_head_ourselves_is_asked_of_nobody(shop: Shop):
    change = shop.change()
    shop.forge.publish_check(shop.id, change.head, Said("osgate", "x", "y"), (), "failure")
    assert shop.forge.rerun(change) == ""
    assert [suite.rerequested for suite in shop.repo.suites] == [0]
    assert [check.conclusion for check in shop.repo.checks] == ["failure"]


def test_where_nothing_can_run_again_it_says_so_and_where_we_may_not_what_it_needs(shop: Shop):
    with refused(Forbidden, "forge.lacking", what="rerun"):
        shop.forge.rerun(shop.change())
    shop.fake.workflow(shop.repo)
    shop.fake.push(shop.repo, "pad", {"more": b"x"}, author=shop.zhang)
    shop.fake.finish(shop.repo.runs[0], "failure")
    reads = shop.as_token(shop.fake.as_app(shop.installed, permissions={**MAY, "actions": "read", "checks": "read"}))
    with pytest.raises(Forbidden) as caught:
        reads.rerun(shop.change())
    assert "actions" in str(caught.value.params["needs"])


# Rights


def test_what_a_token_may_is_found_out_without_leaving_a_trace(shop: Shop):
    def lacking(**permissions: str) -> dict[str, str]:
        token = shop.fake.as_app(shop.installed, permissions=permissions)
        return dict(shop.as_token(token).able(shop.id).lacking)

    assert lacking(**MAY) == {"approvals": "ruleset"}
    assert lacking(**{**MAY, "statuses": "read", "actions": "read"}) == {
        "statuses": "statuses: write", "rerun": "actions: write", "approvals": "ruleset"
    }  # fmt: skip
    assert set(lacking(contents="read", pull_requests="read")) == {
        "threads",
        "statuses",
        "checks",
        "rerun",
        "approvals",
    }
    person = dict(shop.as_user(shop.li).able(shop.id).lacking)
    assert ("statuses" in person, "checks" in person) == (False, True)
    rule = {"type": "pull_request", "parameters": {"required_approving_review_count": 1}}
    shop.fake.ruleset(shop.org, [rule | {"parameters": REVIEWS}])
    assert shop.forge.able(shop.id).lacking == ()
    assert (shop.repo.statuses, shop.repo.checks, shop.opened.comments) == ([], [], [])


REVIEWS = {
    "required_approving_review_count": 1,
    "dismiss_stale_reviews_on_push": True,
    "require_code_owner_review": False,
    "require_last_push_approval": True,
    "required_review_thread_resolution": False,
}


def test_who_is_in_a_team_is_asked_live(shop: Shop):
    wang = shop.fake.user("wang.wu")
    team = shop.fake.team(shop.org, "Security", {shop.li: "active", wang: "pending"})

    def inside(login: str) -> bool:
        return shop.forge.in_team(str(shop.fake.user(login).id), "bank/security")

    assert [inside(login) for login in ("li.si", "wang.wu", "zhang.san")] == [True, False, False]
    # Somebody who took a login is not who it was.
    was = str(shop.li.id)
    shop.fake.rename(shop.li, "li.si.2")
    assert (inside("li.si"), shop.forge.in_team(was, "bank/security")) == (False, True)
    del team.members[shop.li.id]
    assert not shop.forge.in_team(was, "bank/security")
    assert not shop.forge.in_team("999999", "bank/security")
    shop.fake.rename(team, "Safety")
    with refused(Missing, "forge.missing"):
        shop.forge.in_team(was, "bank/security")


def test_a_status_says_what_fits_and_an_issue_has_its_labels(shop: Shop):
    shop.forge.set_status(shop.id, shop.opened.head, "osgate", "failure", "许" * 300, "https://packages.example.com/x")
    status = shop.repo.statuses[-1]
    assert (len(status.description or ""), status.target_url) == (140, "https://packages.example.com/x")
    issue = shop.forge.open_issue(shop.id, "x" * 400, "body", ["waiting", "npm"])
    assert (len(issue.title), set(issue.labels)) == (256, {"waiting", "npm"})
    shop.forge.change_issue(shop.id, issue.number, labels=[])
    assert shop.forge.issue(shop.id, issue.number).labels == ()
    before = len(shop.sent())
    shop.forge.change_issue(shop.id, issue.number)
    assert len(shop.sent()) == before


# How often


def test_a_check_of_one_pull_request_takes_at_most_ten_calls(shop: Shop):
    for n in range(20):
        shop.fake.comment(shop.opened, shop.li, f"{n}")
    forge = shop.as_token(shop.fake.as_app(shop.installed))
    project, me = forge.project("bank/till"), forge.me()
    change = forge.change(project.id, shop.number)
    notes = list(forge.notes(change.conversation))
    assert all(note.author.id != me.id for note in notes)
    forge.say(change.conversation, "verdict")
    forge.say_on_line(change, "package.json", shop.line, "here")
    forge.publish_check(project.id, change.head, Said("osgate", "x", "y"), annotations(60), "failure")
    assert forge.client.calls <= 10


def test_a_job_whose_run_is_over_is_nobody_any_more(shop: Shop):
    shop.fake.workflow(shop.repo, permissions={"contents": "read", "pull_requests": "read"})
    shop.fake.push(shop.repo, "pad", {"more": b"x"}, author=shop.zhang)
    (run,) = shop.repo.runs
    forge = shop.as_token(shop.fake.as_run(run))
    assert forge.change(shop.id, shop.number).number == shop.number
    running.finish(shop.fake.world, run, "success")
    with pytest.raises(Expired):
        forge.change(shop.id, shop.number)
    with pytest.raises(NotInDiff):
        forge.say_on_line(shop.change(), "", 1, "x")
