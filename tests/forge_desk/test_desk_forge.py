"""`osgate desk --forge`: the command, with real git and the real verdict, at a forge in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from flow.house import FROM, PEOPLE, House, Said, patched, people_toml
from forge_desk.shop import Shop
from osgate import wiring_forges
from osgate.cli import desk_forge
from osgate.forge_desk.publishing import STATUS
from osgate.forges.protocol import Expired
from osgate.model.forge import CHANGE, ISSUE, Change, Conversation
from osgate.model.policy import Key, Witness
from osgate.testing.forge import MemoryForge
from osgate.testing.forge_world import Rerun
from osgate.testing.keys import SigningKey


class Branch:
    """An institution, an application with a change, and the forge that both are at."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house = patched(monkeypatch, House(root / "house"))
        self.forge = MemoryForge(self.house.clock)
        world = self.world = self.forge.world
        self.accounts = {id: world.add_account(id) for id in PEOPLE}
        machine, people = SigningKey("machine"), people_toml().decode()
        (self.house.keys / "machine").write_bytes(machine.private)
        (self.house.keys / "machine").chmod(0o600)
        for id, account in self.accounts.items():
            mail = f'{{forge = "git", id = "{id}@bank.example"}}'
            people = people.replace(mail, f'{mail}, {{forge = "gitlab", id = "{account.id}"}}')
        table = f'\n[witness]\nforge = "gitlab"\n[[witness.key]]\nkey = "{machine.public}"\nfrom = {FROM}\n'
        written = self.house.policy["osgate.toml"] + table.encode()
        self.house.push_files("main", {"osgate.toml": written, "people.toml": people.encode()})
        assert self.house.desk().code == 0
        self.shop = Shop(root, self.house)
        self.home = world.add_project("bank/policy")
        self.app = world.add_project("bank/till", git_url=str(self.shop.bare))
        monkeypatch.setattr(wiring_forges, "forge", lambda *_: self.forge)

    def add_change(self) -> Change:
        return self.world.add_change(self.app, self.accounts["wang.wu"], head=self.shop.head)

    def desk(self, *more: str, machine: str = "machine") -> Said:
        self.house.clock.forward(seconds=60)
        keys = self.house.keys
        where = ("--policy-repo", str(self.house.bare), "--key", str(keys / "desk"))
        at = ("--forge", "gitlab", "--project", "bank/policy", "--group", "bank", "--witness", str(keys / machine))
        return self.house.osgate("desk", *where, *at, "--publish", str(self.house.publish), *more)

    def say(self, who: str, at: Conversation, body: str) -> None:
        self.house.clock.forward(seconds=5)
        self.forge.as_user(self.accounts[who]).say(at, body)


@pytest.fixture
def branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Branch:
    return Branch(tmp_path, monkeypatch)


def test_X08_a_blocked_change_is_asked_for_decided_and_set_free_by_comments_alone(branch: Branch) -> None:
    change = branch.add_change()
    assert branch.desk().code == 0
    status = branch.world.statuses[branch.app.id, change.head]
    assert status[STATUS].state == "failure"
    branch.say("wang.wu", change.conversation, "/osgate request reason: needed\npurpose: numbers")
    first = branch.desk()
    assert (first.code, "records made of what was said: 1" in first.out) == (0, True), first
    assert f"\n{branch.app.path}!1: blocked\n" in first.out, "by its path, and in words"
    issues = [issue for issue in branch.world.issues.values() if issue.author.id == branch.forge.me().id]
    assert len(issues) == 1
    assert "`pkg:npm/is-odd`" in issues[0].body
    assert status[STATUS].state == "pending"
    for who in ("zhang.san", "li.si"):
        branch.say(who, issues[0].conversation, "/osgate approve reason: read it")
    last = branch.desk("--language", "zh_CN")
    assert last.code == 0, last
    assert branch.world.reruns == [Rerun(branch.app.id, 1, change.head)]
    assert status[STATUS].state == "success"
    notes = [note.body for note in branch.world.notes(change.conversation)]
    assert sum("osgate:intake" in note for note in notes) == 1
    assert branch.house.check(branch.shop.work).code == 0


def test_the_desk_seals_what_was_signed_also_when_the_forge_lets_nobody_in(branch: Branch) -> None:
    id = branch.house.made("wang.wu", "request", "pkg:npm/left-pad@1.3.0", "--channel", "community", "--reason", "x")
    branch.forge.expire()
    said = branch.desk()
    assert said.code == 4
    assert id in said.out
    assert [item.body["verb"] for item in branch.house.past().sealed] == ["request"]
    branch.world.expired.clear()
    branch.forge.fail_next("me", Expired("forge.token", address="", detail=""))
    assert branch.desk().code == 4
    assert branch.desk().code == 0


def test_flags_that_are_missing_are_told(branch: Branch) -> None:
    keys = branch.house.keys
    where = (
        "--policy-repo",
        str(branch.house.bare),
        "--key",
        str(keys / "desk"),
        "--publish",
        str(branch.house.publish),
    )
    said = branch.house.osgate("desk", *where, "--forge", "gitlab", "--project", "bank/policy")
    assert (said.code, "--witness" in said.err) == (2, True)


def test_a_machine_that_the_policy_does_not_name_says_so_in_every_round_and_works_on(branch: Branch) -> None:
    other = SigningKey("other")
    (branch.house.keys / "other").write_bytes(other.private)
    (branch.house.keys / "other").chmod(0o600)
    said = branch.desk(machine="other")
    assert (said.code, "[witness]" in said.err, other.public in said.err) == (0, True, True), said
    assert "[witness]" not in branch.desk().err


def test_why_a_machine_counts_for_nobody_is_told_apart() -> None:
    now = "2026-11-22T00:00:00Z"
    assert desk_forge.unheard(None, "k", now) == "none"
    assert desk_forge.unheard(Witness("gitlab", (Key("other"),)), "k", now) == "unknown"
    assert desk_forge.unheard(Witness("gitlab", (Key("k", "", "2026-11-22"),)), "k", now) == "ended"
    assert desk_forge.unheard(Witness("gitlab", (Key("k", "2026-11-23"),)), "k", now) == "ended"
    assert desk_forge.unheard(Witness("gitlab", (Key("k", revoked="2026-11-01"),)), "k", now) == "revoked"
    assert desk_forge.unheard(Witness("gitlab", (Key("k", "", "2026-11-22"), Key("k", "2026-11-22"))), "k", now) == ""


def test_a_bell_is_believed_numbers_and_nothing_else() -> None:
    found = desk_forge.rang("12!3, 4#5,bank/till!7,12!x,!,9,-1!2,1!2!3," + "1" * 30 + "!1," + "٣!١")
    assert found == [Conversation("12", 3, CHANGE), Conversation("4", 5, ISSUE)]
    assert desk_forge.rang("") == []
    assert len(desk_forge.rang(",".join(["1!1"] * 1000))) == 20
