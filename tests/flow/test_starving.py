"""What never gets through must not keep the rest waiting, and a policy nobody could change any more is not endorsed."""

from __future__ import annotations

from typing import Any

import pytest

from flow.guarding import GOVERNANCE, endorse, guarded, staff, write
from flow.house import FROM, PEOPLE, House, people_toml
from osgate.intake_desk import desk
from osgate.testing import records


def ghost(word: str, reason: str = "looked at") -> dict[str, Any]:
    """An assessment of a request that nobody pushed."""
    return records.answer("assess", records.request(reason=word), "wang.wu", "developer", reason=reason)


def test_a_branch_that_is_held_for_long_starves_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.run()
    monkeypatch.setattr(desk, "MOST_BYTES", 20_000)
    house.push(ghost("never pushed", reason="x" * 30_000), "osgate/000")
    request = records.request()
    house.push(request)
    sealed: list[str] = []
    for _ in range(8):
        sealed += [item.id for item in house.run().sealed]
    assert (sealed, house.refs("refs/heads/osgate/")) == ([request["id"]], ["000"])


def test_small_branches_are_read_beside_a_large_one_whose_turn_it_is_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.run()
    monkeypatch.setattr(desk, "MOST_BYTES", 40_000)
    for word in "abc":
        house.push(ghost(f"never {word}", reason="x" * 30_000))
        house.push(records.request(reason=word))
    done = house.run()
    assert (len(done.sealed), len(done.held) < 2, len(house.refs("refs/heads/osgate/"))) == (3, True, 3)


def test_what_waits_for_longer_than_a_month_is_refused_and_told(house: House) -> None:
    house.run()
    house.push(ghost("never pushed"), "osgate/ghost")
    assert [one.code for one in house.run().held] == ["waits-for-request"]
    house.clock.forward(days=29)
    assert [one.code for one in house.run().held] == ["waits-for-request"]
    house.clock.forward(days=2)
    said = house.desk()
    assert (said.code, "30 days" in said.err) == (0, True)
    assert (house.told()[-1][1], house.refs("refs/heads/osgate/")) == ("held-too-long", [])
    assert len(house.refs("refs/osgate/refused/")) == 1


def test_a_policy_whose_next_change_nobody_could_endorse_is_not_endorsed(house: House) -> None:
    fort = guarded(house)
    ended = {**PEOPLE, **dict.fromkeys(("li.si", "zhao.liu", "sun.qi"), (("legal", FROM, "2026-11-01"),))}
    ended["chen.ba"] = (("incident", FROM, ""),)
    write(fort, {"people.toml": people_toml(ended)}, "proposal")
    said = endorse(fort, "zhang.san", "tech", "--head", "proposal")
    assert (said.code, "legal" in said.err) == (2, True), said
    assert fort.refs("refs/heads/osgate/") == []
    write(fort, {"people.toml": staff(wang_wu="developer audit")}, "other")
    assert endorse(fort, "zhang.san", "tech", "--head", "other").code == 0


def test_the_desk_says_which_role_nobody_holds_today(house: House) -> None:
    assert "nobody holds" not in house.desk().err
    ended = {**PEOPLE, "zhang.san": (("tech", FROM, "2026-11-23"), ("incident", FROM, ""))}
    ended["zhao.liu"] = (("legal", FROM, ""), ("security", FROM, ""))
    write(house, {"people.toml": people_toml(ended), "osgate.toml": house.policy["osgate.toml"] + GOVERNANCE})
    assert "nobody holds" not in house.desk().err
    house.clock.forward(days=3)
    assert "nobody holds tech:" in house.desk().err
