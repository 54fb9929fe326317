"""One suite that every adapter passes, before whichever forge."""

from __future__ import annotations

import pytest

from forges.contract import READS, WRITES, issue_at
from forges.stages import STAGES, Stage
from osgate.forges.protocol import Expired, Forbidden, Missing, NotInDiff
from osgate.model.forge import CLOSED, OPEN, STATUSES, Conversation

MANY = 105
LINES = {"package.json": [3, 4, 9]}


def test_every_adapter_is_on_stage() -> None:
    assert set(STAGES) == {"memory", "gitea", "gitee", "github", "gitlab"}


def test_accounts_are_known_by_id(stage: Stage) -> None:
    zhang, project = stage.person("zhang.san"), stage.project("shop/till")
    change = stage.change(project, zhang)

    assert stage.forge.me().bot is ("bots" not in stage.lacks)
    assert stage.as_user(zhang).me() == change.author
    assert stage.forge.account(zhang.id) == change.author
    assert (change.author.id, change.author.login, change.author.bot) == (zhang.id, "zhang.san", False)
    assert stage.forge.account("99999999") is None


def test_who_may_not_sign_in_is_told(stage: Stage) -> None:
    zhang, li, project = stage.person("zhang.san"), stage.person("li.si"), stage.project("shop/till")
    change = stage.change(project, li)
    note = stage.as_user(zhang).say(change.conversation, "/osgate approve")
    stage.block(zhang)

    told = "blocked" not in stage.lacks
    found, account = stage.forge.note(change.conversation, note.id), stage.forge.account(zhang.id)
    assert found is not None
    assert account is not None
    assert found.author.active is account.active is not told
    assert change.author.active


def test_a_project_is_found_by_path_and_by_id(stage: Stage) -> None:
    project = stage.project("shop/till")

    assert stage.forge.project(project.id) == project
    assert (project.path, project.branch, project.archived) == ("shop/till", "main", False)
    assert project.url.startswith(stage.forge.address + "/")


def test_who_may_read_a_project_is_told_or_nobody_knows(stage: Stage) -> None:
    zhang, project = stage.person("zhang.san"), stage.project("shop/till")
    stage.change(project, zhang)
    assert stage.forge.may_read(project.id, zhang.id) is not False


def test_who_is_in_a_team_is_told_as_it_is_now(stage: Stage) -> None:
    zhang, li = stage.person("zhang.san"), stage.person("li.si")
    team = stage.team(zhang)

    assert [stage.forge.in_team(id, team) for id in (zhang.id, li.id, "99999999")] == [True, False, False]
    stage.leave(zhang)
    assert not stage.forge.in_team(zhang.id, team)
    stage.rename_team()
    for gone in (team, "nobody"):
        with pytest.raises(Missing):
            stage.forge.in_team(zhang.id, gone)
    stage.expire()
    with pytest.raises(Expired):
        stage.forge.in_team(zhang.id, team)


def test_a_project_that_is_not_there_is_missing(stage: Stage) -> None:
    stage.project("shop/till")

    for named in ("shop/nothing", "nobody/till", "../../till", "shop/..", "shop", "99999999"):
        with pytest.raises(Missing, match=r"forge\.missing"):
            stage.forge.project(named)


def test_a_project_that_moved_says_where_to(stage: Stage) -> None:
    project, zhang = stage.project("shop/till"), stage.person("zhang.san")
    number = stage.change(project, zhang).number
    stage.move(project, "shop/checkout")

    with pytest.raises(Missing) as caught:
        stage.forge.project("shop/till")
    assert (caught.value.code, caught.value.params["to"]) == ("forge.moved", "shop/checkout")
    if "by-id" not in stage.lacks:
        assert stage.forge.project(project.id).path == "shop/checkout"
        assert stage.forge.change(project.id, number).number == number


def test_a_hidden_project_is_missing(stage: Stage) -> None:
    project, zhang = stage.project("shop/till"), stage.person("zhang.san")
    change = stage.change(project, zhang)
    stage.hide(project)

    for call in (READS["project"], READS["change"], READS["notes"], WRITES["say"]):
        with pytest.raises(Missing):
            call(stage.forge, project, change)
    assert list(stage.forge.changes_since("", "")) == []


def test_a_change_names_its_commits_addresses(stage: Stage) -> None:
    project, zhang = stage.project("shop/till"), stage.person("zhang.san")
    addresses = tuple(f"author{n:02}@example.com" for n in range(60))
    change = stage.change(project, zhang, authors=addresses)

    assert set(change.authors) == set(addresses)
    assert (change.project, change.state, change.target, change.forked) == (project.id, OPEN, "main", False)
    assert len(change.base) == len(change.head) == 40
    with pytest.raises(Missing):
        stage.forge.change(project.id, change.number + 1)


def test_open_changes_with_a_head_are_found_whatever_they_go_to(stage: Stage) -> None:
    project, zhang = stage.project("shop/till"), stage.person("zhang.san")
    change = stage.change(project, zhang)
    other, second = stage.change(project, zhang), stage.share(change, "release/1")

    def found(head: str) -> dict[int, str]:
        return {one.number: one.target for one in stage.forge.changes_with(project.id, head)}

    assert found(change.head) == {change.number: "main", second: "release/1"}
    assert found(other.head) == {other.number: "main"}
    assert found("f" * 40) == {}
    stage.close(change)
    assert found(change.head) == {second: "release/1"}


def test_a_push_gives_a_change_another_head(stage: Stage) -> None:
    project, zhang = stage.project("shop/till"), stage.person("zhang.san")
    change = stage.change(project, zhang)
    head = stage.push(change)

    assert change.head != head == stage.forge.change(project.id, change.number).head


def test_open_changes_come_whole_and_oldest_update_first(stage: Stage) -> None:
    zhang, till, web = stage.person("zhang.san"), stage.project("shop/till"), stage.project("shop/web")
    elsewhere = stage.change(stage.project("bank/core"), zhang)
    first = stage.change(till, zhang)
    closed = stage.change(till, zhang)
    stage.close(closed)
    stage.forward(60)
    second = stage.change(web, zhang)
    since = stage.forward(60)
    stage.say(first.conversation, zhang, ["a word"])

    def told(group: str, since: str) -> list[tuple[str, int]]:
        return [(change.project, change.number) for change in stage.forge.changes_since(group, since)]

    one, two = (first.project, first.number), (second.project, second.number)
    assert told("shop", "2020-01-01T00:00:00Z") == [two, one]
    assert told("shop", since) == [one]
    assert (elsewhere.project, elsewhere.number) in told("", "")
    assert next(stage.forge.changes_since("shop", since)).head == first.head


def test_more_changes_than_a_page_holds_are_all_told(stage: Stage) -> None:
    project, zhang = stage.project("shop/till"), stage.person("zhang.san")
    made = stage.changes(project, zhang, MANY)

    assert {change.number for change in stage.forge.changes_since("shop", "")} == made


def test_an_issue_is_opened_changed_and_closed(stage: Stage) -> None:
    project = stage.project("policy/intake")
    issue = stage.forge.open_issue(project.id, "引入 left-pad", "1\n2", ["osgate::waiting"])

    assert stage.forge.issue(project.id, issue.number) == issue
    assert (issue.title, issue.body, issue.state, issue.created) == ("引入 left-pad", "1\n2", OPEN, issue.updated)
    assert issue.author == stage.forge.me()
    stage.forge.change_issue(project.id, issue.number, body="3", labels=["osgate::approved"], state=CLOSED)
    now = stage.forge.issue(project.id, issue.number)
    assert (now.title, now.body, now.state) == ("引入 left-pad", "3", CLOSED)
    stage.forge.change_issue(project.id, issue.number, state=OPEN)
    assert stage.forge.issue(project.id, issue.number).state == OPEN
    assert stage.forge.issue(project.id, issue.number).labels == now.labels
    with pytest.raises(Missing):
        stage.forge.issue(project.id, issue.number + 1)


def test_issues_come_whole_and_oldest_update_first(stage: Stage) -> None:
    project = stage.project("policy/intake")
    made = [stage.forge.open_issue(project.id, f"{n}", "").number for n in range(MANY)]
    since = stage.forward(60)
    stage.forge.change_issue(project.id, made[0], state=CLOSED)

    assert sorted(issue.number for issue in stage.forge.issues_since(project.id, "")) == made
    assert list(stage.forge.issues_since(project.id, ""))[-1].number == made[0]
    assert [(issue.number, issue.state) for issue in stage.forge.issues_since(project.id, since)] == [(made[0], CLOSED)]


def test_open_issues_come_whole_and_the_oldest_first(stage: Stage) -> None:
    project = stage.project("policy/intake")
    made = [stage.forge.open_issue(project.id, f"{n}", "").number for n in range(MANY)]
    stage.change(project, stage.person("zhang.san"))
    stage.forward(60)
    stage.forge.change_issue(project.id, made[1], body="touched")
    stage.forge.change_issue(project.id, made[2], state=CLOSED)

    found = list(stage.forge.open_issues(project.id))
    assert [issue.number for issue in found] == [number for number in made if number != made[2]]
    assert {issue.state for issue in found} == {OPEN}
    assert found[0] == stage.forge.issue(project.id, made[0])
    assert found[1].body == "touched"
    assert list(stage.forge.open_issues(stage.project("policy/other").id)) == []


@pytest.mark.parametrize("kind", ["change", "issue"])
def test_notes_come_whole_and_in_order(stage: Stage, kind: str) -> None:
    project, zhang = stage.project("shop/till"), stage.person("zhang.san")
    at = stage.change(project, zhang).conversation
    if kind == "issue":
        at = stage.forge.open_issue(project.id, "title", "").conversation
        for n in range(2):
            stage.as_user(zhang).say(at, f"note {n}")
            stage.forward(1)
    else:
        stage.say(at, zhang, [f"note {n}" for n in range(MANY)])

    said = [note for note in stage.forge.notes(at) if not note.system]
    assert [note.body for note in said] == [f"note {n}" for n in range(MANY if kind == "change" else 2)]
    assert len({note.id for note in said}) == len(said)
    assert all(note.author.id == zhang.id and not note.edited and note.created == note.updated for note in said)
    assert stage.forge.note(at, said[-1].id) == said[-1]


@pytest.mark.parametrize("kind", ["change", "issue"])
def test_a_note_is_written_edited_and_deleted(stage: Stage, kind: str) -> None:
    project, zhang = stage.project("shop/till"), stage.person("zhang.san")
    at = stage.change(project, zhang).conversation
    if kind == "issue":
        at = issue_at(project, stage.as_user(zhang).open_issue(project.id, "title", "").number)
    body = '第一行\n\n<!-- osgate:marker --> `x` \\ " 😀'
    note = stage.forge.say(at, body)
    stage.forward(60)

    assert (note.body, note.author, note.edited) == (body, stage.forge.me(), False)
    assert stage.forge.edit(at, note.id, "second").body == "second"
    found = stage.forge.note(at, note.id)
    assert found is not None
    assert (found.body, found.edited) == ("second", True)
    stage.forge.remove(at, note.id)
    stage.forge.remove(at, note.id)
    assert stage.forge.note(at, note.id) is None
    assert [one for one in stage.forge.notes(at) if not one.system] == []


def test_a_note_that_a_maintainer_edited_still_names_its_author_and_counts_as_edited(stage: Stage) -> None:
    zhang, wang = stage.person("zhang.san"), stage.person("wang.wu", maintainer=True)
    change = stage.change(stage.project("shop/till"), zhang)
    note = stage.as_user(zhang).say(change.conversation, "/osgate reject")
    stage.forward(60)
    stage.as_user(wang).edit(change.conversation, note.id, "/osgate approve")

    found = stage.forge.note(change.conversation, note.id)
    assert found is not None
    assert (found.author.id, found.body, found.edited) == (zhang.id, "/osgate approve", True)


def test_only_what_is_ours_can_be_edited(stage: Stage) -> None:
    zhang = stage.person("zhang.san")
    change = stage.change(stage.project("shop/till"), zhang)
    note = stage.forge.say(change.conversation, "ours")

    with pytest.raises(Forbidden) as caught:
        stage.as_user(zhang).edit(change.conversation, note.id, "theirs")
    assert caught.value.params["needs"]


def test_a_note_is_looked_for_in_its_own_conversation(stage: Stage) -> None:
    zhang, project = stage.person("zhang.san"), stage.project("shop/till")
    one, other = stage.change(project, zhang), stage.change(project, zhang)
    issue = stage.forge.open_issue(project.id, "title", "")
    note = stage.forge.say(one.conversation, "here")
    on_issue = stage.forge.say(issue.conversation, "there")

    assert stage.forge.note(one.conversation, note.id) == note
    assert stage.forge.note(other.conversation, note.id) is None
    assert stage.forge.note(issue.conversation, on_issue.id) == on_issue
    assert stage.forge.note(issue.conversation, note.id) is None
    assert stage.forge.note(one.conversation, "99999999") is None


def test_a_note_stands_on_a_line_of_the_diff(stage: Stage) -> None:
    change = stage.change(stage.project("shop/till"), stage.person("zhang.san"), lines=LINES)
    note = stage.forge.say_on_line(change, "package.json", 9, "left-pad")
    stage.forge.say_on_line(change, "package.json", 3, "axios")

    found = [one for one in stage.forge.notes(change.conversation) if one.path]
    assert [(one.path, one.line, one.body) for one in found] == [
        ("package.json", 9, "left-pad"), ("package.json", 3, "axios")
    ]  # fmt: skip
    assert stage.forge.note(change.conversation, note.id) == found[0]
    assert found[0].thread
    assert found[0].thread != found[1].thread


def test_a_note_does_not_stand_where_the_diff_shows_nothing(stage: Stage) -> None:
    change = stage.change(stage.project("shop/till"), stage.person("zhang.san"), lines=LINES)

    for path, line in (("package.json", 5), ("package.json", 0), ("pom.xml", 3), ("", 1)):
        with pytest.raises(NotInDiff):
            stage.forge.say_on_line(change, path, line, "words")
    assert [note for note in stage.forge.notes(change.conversation) if not note.system] == []


def test_a_thread_is_settled_where_the_forge_can(stage: Stage) -> None:
    change = stage.change(stage.project("shop/till"), stage.person("zhang.san"), lines=LINES)
    at, note = change.conversation, stage.forge.say_on_line(change, "package.json", 3, "words")

    def settled(resolved: bool) -> bool:
        stage.forge.settle(at, note.thread, resolved)
        return next(one for one in stage.forge.notes(at) if one.id == note.id).resolved

    if "settle" in stage.lacks:
        with pytest.raises(Forbidden, match=r"forge\.lacking"):
            settled(True)
    else:
        assert [settled(True), settled(False)] == [True, False]


def test_a_reaction_can_be_put_twice(stage: Stage) -> None:
    change = stage.change(stage.project("shop/till"), stage.person("zhang.san"))
    note = stage.forge.say(change.conversation, "words")
    for reaction in ("eyes", "thumbsup", "thumbsup"):
        stage.forge.react(change.conversation, note.id, reaction)

    assert stage.forge.note(change.conversation, note.id) == note


def test_a_commit_status_is_the_one_set_last(stage: Stage) -> None:
    project = stage.project("shop/till")
    change = stage.change(project, stage.person("zhang.san"))
    for state in STATUSES:
        stage.forge.set_status(project.id, change.head, "osgate / intake", state, "许可证" * 200, change.url)
        assert stage.status(project, change.head, "osgate / intake") == state


def test_checks_run_again_where_the_forge_can(stage: Stage) -> None:
    change = stage.change(stage.project("shop/till"), stage.person("zhang.san"))

    if "rerun" in stage.lacks:
        with pytest.raises(Forbidden, match=r"forge\.lacking"):
            stage.forge.rerun(change)
        assert "rerun" in dict(stage.forge.able(change.project).lacking)


def test_what_can_be_done_is_found_out(stage: Stage) -> None:
    project = stage.project("shop/till")

    lacking = dict(stage.forge.able(project.id).lacking)
    assert ("statuses" in lacking, "threads" in lacking) == (False, "settle" in stage.lacks)


def test_an_expired_token_is_told_as_such(stage: Stage) -> None:
    project = stage.project("shop/till")
    change = stage.change(project, stage.person("zhang.san"), lines=LINES)
    stage.expire()

    for call in (READS | WRITES).values():
        with pytest.raises(Expired, match=r"forge\.token"):
            call(stage.forge, project, change)


def test_what_is_forbidden_names_what_it_needs(stage: Stage) -> None:
    change = stage.change(stage.project("shop/till"), stage.person("zhang.san"))
    stage.forbid()

    with pytest.raises(Forbidden) as caught:
        stage.forge.say(change.conversation, "words")
    assert caught.value.code == "forge.forbidden"
    assert caught.value.params["needs"]
    assert list(stage.forge.notes(Conversation(change.project, change.number))) == []
