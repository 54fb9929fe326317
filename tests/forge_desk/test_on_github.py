"""What counts of what is said at a GitHub: comments of people, and of the rest only what asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from forge_desk.bench import Bench
from forge_desk.hall import MACHINE
from forges.stage_github import GitHubStage
from forges.stages import STAGES
from osgate.forge_desk.hearing import Ears, Said, before
from osgate.forge_desk.memory import Memory
from osgate.forges.commands import Mistake
from osgate.model.forge import CHANGE
from osgate.model.policy import Key, Witness
from osgate.model.record import replace
from osgate.testing.github.state import PullRequest

ASK = "/osgate request pkg:npm/left-pad@1.3.0 channel=community reason: needed"
LOCK = "package-lock.json"


class Office:
    """A policy project and a pull request at a fake GitHub, and zhang.san who may decide as `tech`."""

    def __init__(self, stage: GitHubStage) -> None:
        self.stage, self.fake, self.forge = stage, stage.fake, stage.forge
        people = {name: stage.person(name) for name in ("wang.wu", "zhang.san")}
        self.zhang = stage.fake.world.users[int(people["zhang.san"].id)]
        home, app = stage.project("bank/policy"), stage.project("bank/app")
        change = stage.change(app, people["wang.wu"], lines={LOCK: (12,)})
        self.home, self.at, self.began = home, change.conversation, stage.forward(0)
        pull = stage.fake.world.repos[int(app.id)].issues[change.number]
        assert isinstance(pull, PullRequest)
        self.pull = pull
        self.bench = Bench(Witness("github", (Key(MACHINE.public),)))
        self.bench.forge, self.bench.home = self.forge, home  # type: ignore[assignment]
        known = self.bench.valid.people
        listed = {name: replace(known[name], accounts=(("github", one.id),)) for name, one in people.items()}
        self.bench.valid = replace(self.bench.valid, people={**known, **listed})

    def heard(self) -> list[Said]:
        """Everything that was said so far and is not answered, a minute later."""
        self.fake.forward(60)
        ears = Ears(self.forge, self.forge.me(), self.home, "bank", before(self.began, -timedelta(minutes=10)))
        found = ears.hear(Memory())
        assert not found.failed
        return list(found.said)

    def said(self) -> Said:
        (one,) = self.heard()
        return one

    def approval(self) -> str:
        return f"/osgate approve {self.bench.sealed()} reason: read it"


def on_line(office: Office, body: str) -> object:
    return office.fake.line_comment(office.pull, office.zhang, LOCK, 12, body)


def review(office: Office, body: str) -> object:
    return office.fake.review(office.pull, office.zhang, "APPROVED", body)


def comment(office: Office, body: str) -> object:
    return office.fake.comment(office.pull, office.zhang, body)


@pytest.fixture
def office() -> Iterator[Office]:
    with STAGES["github"]() as stage:
        assert isinstance(stage, GitHubStage)
        yield Office(stage)


@pytest.mark.parametrize(("say", "name"), [(review, "review-"), (on_line, "r"), (comment, "")])
def test_what_asks_becomes_a_record_wherever_it_stands_in_a_pull_request(
    office: Office, say: Callable[[Office, str], object], name: str
) -> None:
    say(office, ASK)
    said = office.said()
    (record,) = office.bench.made(said)
    assert (record["verb"], record["person"]) == ("request", "zhang.san")
    told: dict[str, Any] = record["witnessed"]
    assert (told["forge"], told["kind"], told["number"]) == ("github", CHANGE, office.pull.number)
    assert told["comment"] == said.note.id
    assert told["comment"].removeprefix(name).isdigit()


def test_a_decision_becomes_a_record_where_it_is_a_comment(office: Office) -> None:
    comment(office, office.approval())
    (record,) = office.bench.made(office.said())
    assert (record["verb"], record["person"], record["role"]) == ("approve", "zhang.san", "tech")
    assert office.bench.counts(record)


@pytest.mark.parametrize("say", [review, on_line])
def test_a_decision_decides_nothing_where_github_does_not_tell_which_app_wrote_it(
    office: Office, say: Callable[[Office, str], object]
) -> None:
    """A review and a note on a line look the same whether zhang.san wrote them or an app with a token of his."""
    say(office, office.approval())
    (refused,) = office.said().commands
    assert isinstance(refused, Mistake)
    assert (refused.code, refused.verb) == ("app-decides", "approve")


def test_an_apps_words_in_somebodys_name_decide_nothing_and_may_ask(office: Office) -> None:
    app = office.fake.app("helper", {"issues": "write", "pull_requests": "write"})
    approval = office.approval()
    for body in (approval, ASK):
        office.fake.comment(office.pull, office.zhang, body).app = app
    repo = office.fake.world.repos[int(office.home.id)]
    office.fake.issue(repo, "Approve", approval, author=office.zhang).app = app
    heard = office.heard()
    assert len(heard) == 3
    refused = [one for said in heard for one in said.commands if isinstance(one, Mistake)]
    assert [(one.code, one.verb) for one in refused] == [("app-decides", "approve")] * 2
    (asked,) = [said for said in heard if not isinstance(said.commands[0], Mistake)]
    assert [record["verb"] for record in office.bench.made(asked)] == ["request"]
