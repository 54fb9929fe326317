"""Who has written a change: nobody decides while there may be others than those that are named."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.errors import Refused
from osgate.forge_desk.authors import Authors
from osgate.forge_desk.failing import lasting
from osgate.forge_desk.memory import Memory
from osgate.forge_desk.recheck import Recheck
from osgate.forge_desk.station import Station
from osgate.model.forge import OPEN, Account, Change, Project
from osgate.model.record import replace

ACCOUNT = Account("4711", "zhang.san")
CHANGE = Change("7", 1, "Pad", ACCOUNT, OPEN, "a", "b", "main", "7", "pad", "https://forge.example.test/7/1", "")


class _Forge:
    """A forge with one change and one project."""

    kind = "github"

    def __init__(self, change: Change) -> None:
        self.told = change

    def change(self, project: str, number: int) -> Change:
        return self.told

    def project(self, named: str) -> Project:
        return Project(named, "Bank/Till", "main", "", "")


def authors(change: Change) -> Authors:
    forge: Any = _Forge(change)
    return Authors(forge, "github")


def test_accounts_that_commits_name_are_authors_beside_who_opened_it() -> None:
    found = authors(replace(CHANGE, authors=("a@example.com", "github:4712"))).of("github:7!1")
    assert found == ("a@example.com", "github:4712", "github:4711")


def test_where_not_all_commits_were_looked_at_nobody_can_tell_and_people_hear_at_once_why() -> None:
    found = authors(replace(CHANGE, authors=("a@example.com",), more=True))
    assert found.told("github:7!1") is None
    with pytest.raises(Refused) as raised:
        found.of("github:7!1")
    assert (raised.value.code, raised.value.params) == ("forge.authors", {"what": CHANGE.url})
    assert not lasting(raised.value)


@pytest.mark.parametrize(("group", "ours"), [("bank", True), ("BANK/till", True), ("ban", False), ("", True)])
def test_a_group_is_the_same_in_whatever_case_it_is_written(group: str, ours: bool) -> None:
    forge: Any = _Forge(CHANGE)
    never: Any = None
    home = Project("1", "bank/policy", "main", "", "")
    station = Station(forge, ACCOUNT, home, group, "2026-11-22T00:00:00Z", never, never)
    assert Recheck(station, Memory(), never, never, 1, lambda: 0)._below("7") is ours
