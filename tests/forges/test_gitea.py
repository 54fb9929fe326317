"""Gitea's own ways, beyond what the contract asks of all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forges.stages import LIMITS
from osgate.forges.gitea import Gitea
from osgate.forges.protocol import Expired, Forbidden, Missing
from osgate.model.forge import Account, Change
from osgate.testing.gitea import FakeGitea


@pytest.fixture
def fake() -> Iterator[FakeGitea]:
    with FakeGitea() as made:
        yield made
        assert made.violations == []


def forge(fake: FakeGitea, administrator: bool = False) -> Gitea:
    """The adapter with a bot's token."""
    bot = fake.world.add_account("osgate", bot=True)
    if administrator:
        fake.administrators.add(bot.id)
    return Gitea(fake.address, fake.as_user(bot), limits=LIMITS)


def change(fake: FakeGitea) -> tuple[Account, Change]:
    """A change by somebody, with one line to talk about."""
    zhang = fake.world.add_account("zhang.san")
    project = fake.world.add_project("shop/till")
    return zhang, fake.world.add_change(project, zhang, lines={"package.json": [3]})


def test_the_token_goes_in_a_header_alone(fake: FakeGitea) -> None:
    forge(fake).me()

    assert [call.secret for call in fake.calls] == ["header"]


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "\u00a0"])
def test_what_is_no_token_is_refused_before_anything_is_asked(token: str) -> None:
    with pytest.raises(Expired, match=r"forge\.token"):
        Gitea("https://forge.example.test", token)


def test_only_an_administrator_is_told_who_may_not_sign_in(fake: FakeGitea) -> None:
    zhang, made = change(fake)
    note = fake.world.add_note(made.conversation, zhang, "/osgate approve")
    fake.world.change_account(zhang, active=False)

    told = [forge(fake, administrator).note(made.conversation, note.id) for administrator in (False, True)]
    assert [found is not None and found.author.active for found in told] == [True, False]
    assert "blocked accounts" in dict(forge(fake).able(made.project).lacking)
    assert "blocked accounts" not in dict(forge(fake, administrator=True).able(made.project).lacking)


def test_what_was_brought_along_from_elsewhere_is_nobodys(fake: FakeGitea) -> None:
    zhang, made = change(fake)
    note = fake.world.add_note(made.conversation, zhang, "/osgate approve")
    fake.foreign[note.id] = "li.si"

    (found,) = forge(fake).notes(made.conversation)
    assert (found.author.id, found.author.login, found.author.active) == ("0", "li.si", False)


def test_what_a_deleted_account_wrote_is_a_ghosts(fake: FakeGitea) -> None:
    zhang, made = change(fake)
    fake.world.add_note(made.conversation, zhang, "/osgate approve")
    fake.world.remove_account(zhang)

    (found,) = forge(fake).notes(made.conversation)
    assert (found.author.id, found.author.active, found.author.bot) == ("-1", False, True)
    assert forge(fake).account(zhang.id) is None


def test_a_project_that_moves_meanwhile_is_followed_by_reading_and_told_by_writing(fake: FakeGitea) -> None:
    _, made = change(fake)
    adapter = forge(fake)
    adapter.project(made.project)
    fake.world.move(fake.world.projects[made.project], "shop/checkout")

    assert adapter.change(made.project, made.number).head == made.head
    with pytest.raises(Missing) as caught:
        adapter.say(made.conversation, "words")
    assert caught.value.code == "forge.moved"
    assert fake.world.notes(made.conversation) == []


def test_runs_that_did_not_succeed_run_again(fake: FakeGitea) -> None:
    _, made = change(fake)
    fake.runs += [run(1, made.head, "success"), run(2, made.head, "failure"), run(3, "f" * 40, "failure")]

    assert forge(fake).rerun(made) == "https://forge.example.test/runs/2"
    assert [call.path for call in fake.calls if call.method == "POST"] == ["/repos/shop/till/actions/runs/2/rerun"]
    assert [(one.number, one.head) for one in fake.world.reruns] == [(made.number, made.head)]


@pytest.mark.parametrize("version", ["1.25.5", "11.0.3+gitea-1.22.0", "15.0.0+gitea-1.22.0"])
def test_an_older_gitea_and_forgejo_say_what_they_lack_and_no_status_pretends_a_run(version: str) -> None:
    with FakeGitea(version=version) as fake:
        _, made = change(fake)
        adapter = forge(fake)
        fake.runs.append(run(1, made.head, "failure"))
        note = adapter.say_on_line(made, "package.json", 3, "words")

        with pytest.raises(Forbidden, match=r"forge\.lacking"):
            adapter.rerun(made)
        with pytest.raises(Forbidden, match=r"forge\.lacking"):
            adapter.settle(made.conversation, note.thread, True)
        assert {"rerun", "threads"} <= set(dict(adapter.able(made.project).lacking))
        assert fake.world.statuses == {}


def test_a_reaction_that_is_not_allowed_is_left_out(fake: FakeGitea) -> None:
    zhang, made = change(fake)
    note = fake.world.add_note(made.conversation, zhang, "words")
    adapter = forge(fake)
    for reaction in ("thumbsup", "rocket"):
        adapter.react(made.conversation, note.id, reaction)

    assert {(id, name) for id, _, name in fake.world.reactions} == {(note.id, "+1")}


def test_only_labels_there_are_are_set(fake: FakeGitea) -> None:
    project = fake.world.add_project("policy/intake")
    adapter = forge(fake)
    issue = adapter.open_issue(project.id, "title", "words", ["osgate::waiting", "nothing"])

    assert issue.labels == ("osgate::waiting",)
    adapter.change_issue(project.id, issue.number, labels=["osgate::approved"])
    assert adapter.issue(project.id, issue.number).labels == ("osgate::approved",)
    adapter.change_issue(project.id, issue.number, labels=[])
    assert adapter.issue(project.id, issue.number).labels == ()


def test_a_change_is_no_issue(fake: FakeGitea) -> None:
    _, made = change(fake)

    with pytest.raises(Missing):
        forge(fake).issue(made.project, made.number)
    assert list(forge(fake).issues_since(made.project, "")) == []


def run(id: int, head: str, conclusion: str) -> dict[str, object]:
    """A run of Gitea's actions."""
    url = f"https://forge.example.test/runs/{id}"
    return {"id": id, "head_sha": head, "status": "completed", "conclusion": conclusion, "html_url": url}
