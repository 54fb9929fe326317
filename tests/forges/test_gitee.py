"""Gitee's own ways, beyond what the contract asks of all; and GitCode's, where it differs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forges.stages import LIMITS
from osgate.forges.gitee import Gitee
from osgate.forges.protocol import Forbidden, Missing, Unreachable
from osgate.model.forge import ISSUE, Account, Change, Conversation
from osgate.testing.gitee import FakeGitee


@pytest.fixture
def fake() -> Iterator[FakeGitee]:
    with FakeGitee() as made:
        yield made
        assert made.violations == []


def forge(fake: FakeGitee) -> Gitee:
    """The adapter with a bot's token."""
    return Gitee(fake.address, fake.as_user(fake.world.add_account("osgate", bot=True)), limits=LIMITS)


def change(fake: FakeGitee) -> tuple[Account, Change]:
    """A change by somebody, as the adapter tells it."""
    zhang = fake.world.add_account("zhang.san")
    made = fake.world.add_change(fake.world.add_project("shop/till"), zhang, lines={"package.json": [3, 7]})
    return zhang, forge(fake).change("shop/till", made.number)


def test_the_token_goes_in_the_body_of_what_is_sent_and_else_in_the_query(fake: FakeGitee) -> None:
    _, made = change(fake)
    fake.calls.clear()
    adapter = forge(fake)
    note = adapter.say(made.conversation, "words")
    adapter.edit(made.conversation, note.id, "other words")
    adapter.note(made.conversation, note.id)
    adapter.remove(made.conversation, note.id)

    assert [(call.method, call.secret) for call in fake.calls] == [
        ("POST", "body"), ("PATCH", "body"), ("GET", "query"), ("DELETE", "query")
    ]  # fmt: skip
    assert not any("access_token" in {**call.query, **call.said} for call in fake.calls)


def test_issues_are_called_as_gitee_calls_them(fake: FakeGitee) -> None:
    fake.world.add_project("policy/intake")
    adapter = forge(fake)
    issue = adapter.open_issue("policy/intake", "title", "words", ["one", "two"])

    assert issue.url == f"{fake.address}/policy/intake/issues/IC0001"
    assert issue.labels == ("one", "two")
    note = adapter.say(issue.conversation, "words")
    assert fake.calls[-1].path == "/repos/policy/intake/issues/IC0001/comments"
    assert list(adapter.notes(Conversation("policy/intake", issue.number, ISSUE))) == [note]
    adapter.change_issue("policy/intake", issue.number, state="progressing")
    assert [one.number for one in adapter.open_issues("policy/intake")] == [issue.number], "somebody works at it"


def test_times_of_china_are_told_in_utc(fake: FakeGitee) -> None:
    _, made = change(fake)

    assert made.updated == fake.world.clock.now


def test_an_account_is_found_once_it_was_seen_and_is_still_the_same(fake: FakeGitee) -> None:
    zhang, made = change(fake)
    adapter = forge(fake)

    assert adapter.account(zhang.id) is None
    assert adapter.change("shop/till", made.number).author.id == zhang.id
    assert adapter.account(zhang.id) is not None
    # The login goes to somebody else, who is not who wrote the note.
    fake.world.change_account(zhang, login="zhang.old")
    fake.world.add_account("zhang.san")
    assert adapter.account(zhang.id) is None


def test_a_line_is_found_by_its_place_in_the_diff(fake: FakeGitee) -> None:
    _, made = change(fake)
    note = forge(fake).say_on_line(made, "package.json", 7, "words")

    (found,) = forge(fake).notes(made.conversation)
    assert (found.id, found.path, found.line) == (note.id, "package.json", 7)
    assert [call.said["position"] for call in fake.calls if call.method == "POST"] == [3]


def test_a_check_run_is_made_once_and_then_changed(fake: FakeGitee) -> None:
    _, made = change(fake)
    adapter = forge(fake)
    for state in ("pending", "failure", "success"):
        adapter.set_status("shop/till", made.head, "osgate / intake", state, "words")

    sent = [call.method for call in fake.calls if "check-runs" in call.path and call.method != "GET"]
    assert sent == ["POST", "PATCH", "PATCH"]
    assert [run["conclusion"] for run in fake.runs.values()] == ["success"]


def test_without_check_runs_a_status_is_refused_politely() -> None:
    with FakeGitee(checks=False) as fake:
        _, made = change(fake)
        adapter = forge(fake)

        with pytest.raises(Forbidden, match=r"forge\.lacking"):
            adapter.set_status("shop/till", made.head, "osgate / intake", "success", "words")
        assert "statuses" in dict(adapter.able("shop/till").lacking)


def test_an_organisation_that_is_none_may_be_a_user(fake: FakeGitee) -> None:
    with pytest.raises(Missing):
        list(forge(fake).changes_since("nobody", ""))
    assert [call.path for call in fake.calls] == ["/orgs/nobody/repos", "/users/nobody/repos"]


def test_gitcode_answers_a_note_with_its_id_and_text_alone(fake: FakeGitee) -> None:
    _, made = change(fake)
    fake.fail("POST", "/comments$", 201, body={"id": "97219c08d421e55c", "body": "words"})

    note = forge(fake).say(made.conversation, "words")
    assert (note.id, note.body, note.author.login) == ("97219c08d421e55c", "words", "osgate")


def test_gitcodes_interface_may_be_on_a_host_of_its_own(fake: FakeGitee) -> None:
    token = fake.as_user(fake.world.add_account("osgate"))
    adapter = Gitee("https://code.example.test", token, api=f"{fake.address}/api/v5", limits=LIMITS)

    assert adapter.me().login == "osgate"
    assert adapter.address == "https://code.example.test"


@pytest.mark.parametrize("number", ["I6-2", "../x", 1.5])
def test_an_issue_number_that_is_none_is_strange(fake: FakeGitee, number: object) -> None:
    fake.world.add_project("policy/intake")
    adapter = forge(fake)
    issue = adapter.open_issue("policy/intake", "title", "")
    odd = {"number": number, "title": "", "user": {"id": 1, "login": "x"}, "state": "open"}
    fake.fail("GET", "/issues/", 200, body=odd)

    with pytest.raises(Unreachable, match=r"forge\.strange"):
        adapter.issue("policy/intake", issue.number)
