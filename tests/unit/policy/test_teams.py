"""Roles that want a team at the forge, as people.toml names them."""

from __future__ import annotations

import pytest

from osgate.errors import Mistakes
from osgate.model.finding import SLUGS
from osgate.model.policy import Policy
from osgate.policy import compiled, people_file
from osgate.policy.differences import differences
from osgate.policy.people_dump import Entry
from osgate.policy.valid import ValidPolicy, validate
from osgate.testing.policies import policy_files, valid_policy


def valid(teams: str) -> ValidPolicy:
    files = policy_files()
    return validate({**files, "people.toml": files["people.toml"] + f"\n[teams]\n{teams}\n".encode()}, SLUGS)


def mistakes(teams: str) -> list[tuple[str, str]]:
    with pytest.raises(Mistakes) as caught:
        valid(teams)
    return [(mistake.path, mistake.code) for mistake in caught.value.mistakes]


def test_a_role_wants_one_team_or_one_of_several() -> None:
    found = valid('legal = "bank/legal"\ntech = ["bank/tech", "bank/sub-group/Tech_2", "bank/tech"]').policy
    assert found.teams == {"legal": ("bank/legal",), "tech": ("bank/tech", "bank/sub-group/Tech_2")}
    assert valid_policy().policy.teams == {}


@pytest.mark.parametrize(
    ("teams", "code"),
    [
        ("legal = []", "empty"),
        ('legal = ""', "not-a-team"),
        ('legal = "@bank/legal"', "not-a-team"),
        ('legal = "https://forge.example.test/bank/legal"', "not-a-team"),
        ('legal = "bank//legal"', "not-a-team"),
        ('legal = "bank/../legal"', "not-a-team"),
        ('legal = ["bank/legal", "bank/legal\\n"]', "not-a-team"),
        ("legal = 7", "wrong-type"),
        ("legal = [7]", "wrong-type"),
        ('leagl = "bank/legal"', "team-of-no-role"),
    ],
)
def test_a_mistake_is_told_because_it_would_ask_about_nobody(teams: str, code: str) -> None:
    assert mistakes(teams) == [("people.toml", code)]


def test_every_mistake_is_told_at_once_and_none_that_follows_from_another() -> None:
    assert mistakes('nobody = "x y"\nlegal = "bank/legal"') == [("people.toml", "not-a-team")]
    assert mistakes('leagl = "bank/legal"\nlegal = "x y"') == [
        ("people.toml", "team-of-no-role"),
        ("people.toml", "not-a-team"),
    ]


def test_who_endorses_sees_what_becomes_of_it() -> None:
    old, new = valid('legal = "bank/legal"'), valid('legal = ["bank/legal", "bank/law"]\ntech = "bank/tech"')
    told = [(one.code, dict(one.params)) for one in differences(old, new)]
    assert told == [
        ("setting", {"what": "teams.legal", "old": "bank/legal", "new": "bank/legal, bank/law"}),
        ("setting", {"what": "teams.tech", "old": "-", "new": "bank/tech"}),
    ]
    gone = [(one.code, one.params["new"]) for one in differences(old, valid_policy())]
    assert gone == [("setting", "-")]


def test_snapshots_carry_none_of_it() -> None:
    found = valid('legal = "bank/legal"').policy
    read: Policy = compiled.from_json(compiled.to_json(found), {})
    assert read.teams == {}
    assert "bank/legal" not in str(compiled.to_json(found))


def test_an_import_of_people_leaves_the_teams_as_they_are() -> None:
    files = policy_files()
    text = files["people.toml"] + b'\n[teams]\nlegal = "bank/legal"   # asked live\n'
    found = people_file.merged(text, [Entry(2, "chen.ba", "Chen Ba", "", (), (), "")], "2026-11-21", complete=False)
    assert found.data.startswith(text)
    read = validate({**files, "people.toml": found.data}, SLUGS)
    assert ("chen.ba" in read.people, read.policy.teams) == (True, {"legal": ("bank/legal",)})
