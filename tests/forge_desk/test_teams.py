"""Roles that want a team: who speaks is asked about when they are heard, and what nobody can tell never decides."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flow.house import FROM, PEOPLE, House, Said, patched, people_toml
from forge_desk.bench import ACCOUNTS, Bench
from forge_desk.hall import Hall, hall
from forges.stage_github import adapter
from github_contract.contract import documents, rest
from osgate import wiring_forges
from osgate.errors import OsgateError
from osgate.forge_desk import teams, texts
from osgate.forge_desk.station import Unclear
from osgate.forges.protocol import Expired, Forbidden, Missing, Unreachable
from osgate.ledger.records import problems
from osgate.model.record import replace
from osgate.testing.forge import MemoryForge
from osgate.testing.github import FakeGitHub
from osgate.testing.keys import SigningKey
from osgate.text.translator import LOCALES, Translator

LOST = Unreachable("forge.unreachable", address="", detail="timed out")
EXPIRED = Expired("forge.token", address="", detail="401")
CLOSED = Forbidden("forge.forbidden", what="", needs="members: read", detail="403")
LACKING = Forbidden("forge.lacking", what="team", needs="API v5", detail="")
GONE = Missing("forge.missing", what="bank/tech")
TEAMS = ("bank/tech", "bank/leads")


# What comes of asking


class Teams(MemoryForge):
    """A forge that tells of each team what a test says: in it or not, or why it does not tell."""

    def __init__(self, **told: bool | OsgateError) -> None:
        super().__init__()
        self.told = {f"bank/{name}": found for name, found in told.items()}
        self.asked: list[tuple[str, str]] = []

    def in_team(self, account: str, team: str) -> bool:
        self.asked.append((account, team))
        found = self.told[team]
        if isinstance(found, OsgateError):
            raise found
        return found


def came(**told: bool | OsgateError) -> tuple[str, ...] | str:
    try:
        return teams.joined(Teams(**told), "7", "tech", tuple(f"bank/{name}" for name in told))
    except Unclear as error:
        return f"{error.code} {error.params.get('team', error.params.get('teams'))}"
    except teams.Untold as error:
        return f"{error.code} {error.params['team']}"


def test_one_team_is_enough_and_asking_ends_there() -> None:
    assert came(tech=True, leads=LOST) == ("bank/tech",)
    assert came(tech=False, leads=True) == ("bank/leads",)
    assert came(tech=GONE, leads=True) == ("bank/leads",)
    assert came() == ()
    forge = Teams(tech=True, leads=True)
    teams.joined(forge, "7", "tech", TEAMS)
    assert forge.asked == [("7", "bank/tech")]


def test_what_nobody_can_tell_says_which_team_and_is_asked_again_where_that_may_help() -> None:
    assert came(tech=False, leads=False) == "not-in-team bank/tech, bank/leads"
    assert came(tech=False, leads=GONE) == "team-gone bank/leads"
    assert came(tech=CLOSED, leads=False) == "team-closed bank/tech"
    assert came(tech=LACKING) == "team-closed bank/tech"
    assert came(tech=GONE, leads=LOST) == "forge.team bank/leads"
    assert came(tech=EXPIRED, leads=False) == "forge.team bank/tech"


@pytest.mark.parametrize("told", list(itertools.product([False, LOST, EXPIRED, CLOSED, LACKING, GONE], repeat=2)))
def test_nothing_but_a_yes_is_a_yes(told: tuple[bool | OsgateError, ...]) -> None:
    assert isinstance(came(tech=told[0], leads=told[1]), str)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("told", [False, LOST, CLOSED, LACKING, GONE])
def test_the_answer_names_team_role_and_what_is_needed(told: bool | OsgateError, locale: str) -> None:
    try:
        teams.joined(Teams(tech=told), "7", "tech", ("bank/tech",))
    except Unclear as error:
        found = error
    except teams.Untold as error:
        found = Unclear("error", error=error)
    said = texts.unclear(found, Translator(locale))
    assert ("bank/tech" in said, "tech" in said.replace("bank/tech", "")) == (True, True)
    if isinstance(told, Forbidden):
        assert str(told.params["needs"]) in said


# A decision


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    for id, number in ACCOUNTS.items():
        made.forge.world.add_account(id, id=number)
    made.valid = replace(made.valid, policy=replace(made.valid.policy, teams={"tech": TEAMS}))
    return made


def test_the_record_says_in_which_team_the_account_was_and_counts(bench: Bench) -> None:
    world, text = bench.forge.world, f"/osgate approve {bench.sealed()} reason: x"
    world.add_team("bank/tech")
    world.add_team("bank/leads", world.accounts[ACCOUNTS["zhang.san"]])
    found = bench.record(text)
    assert found["witnessed"]["teams"] == ["bank/leads"]
    assert (problems(found), bench.counts(found)) == ([], True)
    said = bench.said(text)
    assert bench.made(said) == bench.made(said), "the same note gives the same record"
    other = bench.record(text, "li.si")
    assert (other["role"], "teams" in other["witnessed"], bench.counts(other)) == ("legal", False, True)


def test_nobody_is_asked_about_who_does_not_hold_the_role_or_says_nothing_in_one(bench: Bench) -> None:
    id = bench.sealed()
    found = bench.record(f"/osgate approve {id} role=tech reason: x", "li.si")
    assert [one.code for one in bench.weighed(found).refused] == ["role-not-held"]
    assert bench.unclear("/osgate approve reason: x", "9999").code == "not-listed"
    assert bench.unclear(f"/osgate approve {id}").code == "no-reason"
    bench.record("/osgate request pkg:npm/other@1.0.0 channel=community reason: x")
    assert bench.forge.world.called("in_team") == 0


@pytest.mark.parametrize("verb", ["approve", "assess", "reject", "block", "suspend"])
def test_every_word_in_the_role_is_asked_about(bench: Bench, verb: str) -> None:
    about = f"{bench.sealed()} role=tech" if verb in ("approve", "assess", "reject") else "pkg:npm/x role=tech"
    for team in TEAMS:
        bench.forge.world.add_team(team)
    assert bench.unclear(f"/osgate {verb} {about} reason: x").code == "not-in-team"


# A round


@pytest.fixture
def place(tmp_path: Path) -> Hall:
    made = hall(tmp_path)
    made.world.add_team("bank/legal", made.accounts["li.si"])
    made.write(made.people() + b'\n[teams]\nlegal = "bank/legal"\n')
    return made


def test_while_the_forge_is_out_of_reach_a_comment_waits_and_is_heard_in_a_later_round(place: Hall) -> None:
    at, _ = place.requested()
    tech = place.say("zhang.san", at, "/osgate approve reason: x")
    legal = place.say("li.si", at, "/osgate approve reason: y")
    place.forge.fail_next("in_team", LOST)
    done = place.round()
    assert [(one.error.code, one.error.params["team"]) for one in done.failed] == [("forge.team", "bank/legal")]
    assert (len(place.records("approve")), place.ours(at, f"note={legal.id} ")) == (1, [])
    assert place.answer(at, tech.id)
    place.round()
    assert [one["witnessed"].get("teams") for one in place.records("approve")] == [None, ["bank/legal"]]
    assert place.answer(at, legal.id)


def test_a_comment_that_waited_for_a_day_is_told_which_team_and_decides_nothing(place: Hall) -> None:
    at, _ = place.requested()
    note = place.say("li.si", at, "/osgate approve reason: y")
    place.forge.fail_next("in_team", LOST, times=2)
    place.round()
    place.clock.forward(hours=25)
    place.round()
    assert "bank/legal" in place.answer(at, note.id)
    assert place.records("approve") == []


# The whole of it, at a GitHub


class Bank:
    """The desk's command at a fake GitHub, whose people decide by comments in the policy repository's issues."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch, house: House, fake: FakeGitHub) -> None:
        self.house, self.fake, machine = house, fake, SigningKey("machine")
        (house.keys / "machine").write_bytes(machine.private)
        (house.keys / "machine").chmod(0o600)
        self.people = {id: fake.user(id) for id in PEOPLE}
        bot = fake.user("osgate-desk")
        self.org = fake.org("bank", dict.fromkeys((bot, *self.people.values()), "member"))
        self.tech = fake.team(self.org, "Tech", {self.people["zhang.san"]: "active"})
        self.legal = fake.team(self.org, "Legal", {self.people["li.si"]: "active"})
        self.home = fake.repo("bank/policy", {"README.md": b""}, roles={bot: "admin"}, private=False)
        text = people_toml().decode() + '\n[teams]\ntech = "bank/tech"\nlegal = "bank/legal"\n'
        for id, user in self.people.items():
            mail = f'{{forge = "git", id = "{id}@bank.example"}}'
            text = text.replace(mail, f'{mail}, {{forge = "github", id = "{user.id}"}}')
        table = f'\n[witness]\nforge = "github"\n[[witness.key]]\nkey = "{machine.public}"\nfrom = {FROM}\n'
        written = house.policy["osgate.toml"] + table.encode()
        house.push_files("main", {"osgate.toml": written, "people.toml": text.encode()})
        forge = adapter(fake, fake.as_user(bot))
        patch.setattr(wiring_forges, "forge", lambda *_: forge)

    def desk(self) -> Said:
        self.house.clock.forward(seconds=60)
        keys = self.house.keys
        where = ("--policy-repo", str(self.house.bare), "--key", str(keys / "desk"))
        at = ("--forge", "github", "--project", "bank/policy", "--group", "bank", "--witness", str(keys / "machine"))
        return self.house.osgate("desk", *where, *at, "--publish", str(self.house.publish))

    def say(self, who: Any, issue: Any, body: str) -> int:
        self.house.clock.forward(seconds=5)
        return int(self.fake.comment(issue, who, body).id)

    def answer(self, issue: Any, note: int) -> str:
        """The one answer to a comment."""
        mark = f"<!-- osgate:answer note={note} -->"
        (found,) = [one.body for one in issue.comments if one.body.startswith(mark)]
        return str(found)

    def approvals(self) -> list[tuple[str, str, Any]]:
        """Who approved in which role, and the teams that the records tell of."""
        sealed = [item.body for item in self.house.past().sealed if item.body["verb"] == "approve"]
        return [(one["person"], one["role"], one["witnessed"].get("teams")) for one in sealed]


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    house = patched(monkeypatch, House(tmp_path / "house"))
    with FakeGitHub(contract=rest, graphql=documents, clock=house.clock) as fake:
        yield Bank(tmp_path, monkeypatch, house, fake)
        assert fake.violations == []


def test_at_github_a_renamed_team_decides_nothing_and_a_login_taken_over_is_somebody_else(bank: Bank) -> None:
    fake, people, t = bank.fake, bank.people, Translator("zh_CN")
    ask = "/osgate request channel=community\n- pkg:npm/left-pad@1.3.0\npurpose: pads\nreason: needed"
    issue = fake.issue(bank.home, "left-pad", ask, people["wang.wu"])
    assert bank.desk().code == 0

    fake.rename(people["zhang.san"], "zhang.new")
    thief = fake.user("zhang.san")
    fake.team(bank.org, "Tech", {thief: "active"})
    fake.rename(bank.legal, "Law")
    taken = bank.say(thief, issue, "/osgate approve role=tech reason: x")
    own = bank.say(people["zhang.san"], issue, "/osgate approve reason: read")
    lost = bank.say(people["li.si"], issue, "/osgate approve reason: read")
    outside = bank.say(people["zhao.liu"], issue, "/osgate approve role=tech reason: read")
    assert bank.desk().code == 0
    assert bank.approvals() == [("zhang.san", "tech", ["bank/tech"])]
    assert t("heard.not-listed", account=f"`github:{thief.id}`") in bank.answer(issue, taken)
    assert "zhang.san" in bank.answer(issue, own)
    assert t("heard.team-gone", role="`legal`", team="`bank/legal`") in bank.answer(issue, lost)
    assert t("heard.not-in-team", role="`tech`", teams="`bank/tech`") in bank.answer(issue, outside)

    fake.rename(bank.legal, "Legal")
    bank.say(people["li.si"], issue, "/osgate approve reason: read")
    assert bank.desk().code == 0
    assert bank.approvals()[1:] == [("li.si", "legal", ["bank/legal"])]
