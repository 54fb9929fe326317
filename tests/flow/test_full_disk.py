"""A disk that is full: whatever the desk could not write, nothing is lost, and the next run completes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flow.house import House, environment, leftovers
from osgate.testing import records

pytestmark = pytest.mark.real

CRAMPED = Path(__file__).with_name("cramped.py")


@pytest.mark.parametrize("room", [0, 300, 4_000, 30_000])
def test_a_full_disk_changes_nothing_that_was_there_and_loses_nothing_that_waits(open_house: House, room: int) -> None:
    house = open_house
    request = records.request()
    for record in (request, records.approve(request, "zhang.san", "tech"), records.approve(request, "li.si", "legal")):
        house.push(record)
    before = house.manifest()
    house.clock.forward(seconds=60)
    where = ("--policy-repo", str(house.bare), "--key", str(house.keys / "desk"), "--publish", str(house.publish))
    done = subprocess.run(
        [sys.executable, str(CRAMPED), str(room), house.clock.now, "desk", *where],
        capture_output=True,
        env=environment(OSGATE_LANG="en"),
        timeout=60,
    )
    said = done.stderr.decode()
    assert done.returncode in (1, 2), said
    assert "Traceback" not in said
    assert house.manifest() == before
    assert not house.past().problems
    house.clock.forward(seconds=120)
    assert house.desk().code == 0
    assert {item.id for item in house.past().sealed} >= {request["id"]}
    assert len(house.past().sealed) == 3
    assert house.manifest()["serial"] == house.past().serial
    assert house.osgate("ledger", "verify", "--policy-repo", str(house.bare)).code == 0
    assert leftovers(house.bare) == leftovers(house.publish) == []
