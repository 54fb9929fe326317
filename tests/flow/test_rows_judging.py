"""Rows of the requirements on what an approval reaches, and on what ends it: by use, by date, by hour."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from cli.kit import git
from flow.house import House, Story

DAY = 24 * 3600
WHOLE = ("check", "--all")
IN_ADVANCE = """# What nobody needs to ask for.
[[pre_approval]]
purl = "pkg:npm/is-*"
expires = 2027-06-30
reason = "small helpers, for tools only"
classes = ["tool"]
"""


def rules(out: str) -> set[str]:
    """The rules a check complains of."""
    return set(re.findall(r"\[(OSG\d{3}) ", out))


def later(house: House, day: str) -> None:
    """Move the clock to the beginning of `day`, and let the desk publish anew."""
    while house.clock.today < day:
        house.clock.forward(seconds=3600)
    assert house.desk().code == 0


def used(house: House, name: str = "payments-app") -> Path:
    """The application called `name`, its change committed: existing use. What was there before is in a baseline."""
    path = house.root / name
    git(path, "commit", "--quiet", "-m", "after")
    assert house.osgate("baseline", "--owner", "li.si", at=path).code == 0
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "-m", "baseline")
    return path


def staged(house: House, name: str = "reports-app") -> tuple[int, set[str], str]:
    """What the check says of the change staged there: new use."""
    said = house.check(house.root / name)
    return said.code, rules(said.out), said.out


def tree(house: House, path: Path, *more: str) -> tuple[int, set[str], str]:
    """What the check says of everything in a repository."""
    said = house.osgate(*WHOLE, "--verbose", *more, at=path)
    return said.code, rules(said.out), said.out


def both(house: House, id: str, *more: str) -> None:
    """Both roles approve."""
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        house.made(person, "approve", id, "--role", role, "--reason", "looked at", *more)
    assert house.desk().code == 0


def test_R05_7_what_is_retired_is_not_begun_and_existing_use_warns_until_its_date(approved_house: Story) -> None:
    open_house, _, _ = approved_house
    open_house.application("reports-app")
    path = used(open_house)
    assert staged(open_house)[:2] == (0, set())
    why = ("--role", "tech", "--reason", "nobody maintains it", "--alternatives", "pkg:npm/is-even")
    open_house.made("zhang.san", "retire", "pkg:npm/is-odd", "--by", "2026-12-31", *why)
    assert open_house.desk().code == 0
    code, found, out = staged(open_house)
    assert (code, found) == (1, {"OSG113"})
    for told in ("2026-12-31", "nobody maintains it", "is-even", "zhang.san"):
        assert told in out
    for mode in ("enforce-new", "enforce-all"):
        assert tree(open_house, path, "--mode", mode)[:2] == (0, {"OSG113"})
    git(path, "commit", "--quiet", "--allow-empty", "-m", "something else")
    assert open_house.check(path).code == 0, "a change that does not touch it goes on"
    later(open_house, "2026-12-30")
    assert tree(open_house, path)[:2] == (0, {"OSG113"})
    later(open_house, "2026-12-31")
    assert tree(open_house, path)[:2] == (1, {"OSG113"})
    assert open_house.check(path).code == 0


def test_R06_2_one_purl_is_stopped_in_a_critical_project_and_passes_in_a_tool(open_house: House) -> None:
    open_house.projects(payments_app='class = "critical"', reports_app='class = "tool"')
    open_house.push_files("main", {"policy/in-advance.toml": IN_ADVANCE.encode()})
    assert open_house.desk().code == 0
    for name in ("payments-app", "reports-app"):
        open_house.application(name)
    assert staged(open_house, "payments-app")[:2] == (1, {"OSG101"})
    code, found, out = staged(open_house)
    assert (code, found) == (0, set())
    assert "policy/in-advance.toml:2" in out
    assert "small helpers, for tools only" in out
    path = open_house.root / "reports-app"
    verdict = json.loads(open_house.osgate("check", "--staged", "--format", "json", at=path).out)
    (passed,) = verdict["passed"]
    assert (passed["how"], passed["origin"], len(passed["purls"])) == ("pre-approval", "policy/in-advance.toml:2", 2)
    told = open_house.osgate("explain", "pkg:npm/is-odd@3.0.1", at=path).out
    assert "policy/in-advance.toml:2" in told
    open_house.made("zhang.san", "block", "pkg:npm/is-odd", "--incident", "INC-1", "--reason", "taken over")
    assert open_house.desk().code == 0
    assert staged(open_house)[:2] == (1, {"OSG105"})


def test_R09_3_after_its_end_an_approval_stops_new_use_at_once_and_existing_use_after_the_grace(
    requested_house: Story,
) -> None:
    open_house, _, id = requested_house
    open_house.application("reports-app")
    both(open_house, id, "--expires", "2026-12-01")
    path = used(open_house)
    assert staged(open_house)[:2] == (0, set())
    later(open_house, "2026-12-02")
    code, found, out = staged(open_house)
    assert (code, found) == (1, {"OSG103"})
    assert "existing use: goes on until 2026-12-15" in out
    for mode in ("enforce-new", "enforce-all"):
        assert tree(open_house, path, "--mode", mode)[:2] == (0, {"OSG103"})
    later(open_house, "2026-12-15")
    assert tree(open_house, path)[:2] == (0, {"OSG103"})
    code, found, out = tree(open_house, path, "--mode", "enforce-all")
    assert (code, found, "goes on until" in out) == (1, {"OSG103"}, False)


def test_R05_6_a_block_binds_in_every_repository_and_a_broken_glass_ends_by_itself(requested_house: Story) -> None:
    open_house, payments, id = requested_house
    open_house.application("reports-app")
    glass = ("--break-glass", "--incident", "INC-7", "--reason", "production is down")
    too_long = open_house.act("zhang.san", "approve", id, *glass, "--hours", "73")
    assert too_long.code == 2, too_long
    assert "at most 72 hours" in too_long.err
    open_house.made("zhang.san", "approve", id, *glass, "--hours", "48")
    assert open_house.desk().code == 0
    code, found, out = staged(open_house)
    assert (code, found) == (0, set())
    for told in ("zhang.san", "INC-7", "2026-11-23T06:0", "to be reviewed"):
        assert told in " ".join(out.split())
    verdict: dict[str, Any] = json.loads(open_house.osgate("check", "--staged", "--format", "json", at=payments).out)
    (passed,) = verdict["passed"]
    assert (passed["how"], passed["persons"], passed["incident"]) == ("break-glass", ["zhang.san"], "INC-7")
    path = used(open_house)
    open_house.clock.forward(seconds=2 * DAY - 600)
    assert staged(open_house)[:2] == (0, set())
    open_house.clock.forward(seconds=600)
    assert staged(open_house)[:2] == (1, {"OSG103"})
    assert tree(open_house, path, "--mode", "enforce-all")[:2] == (1, {"OSG103"})
    open_house.made("zhang.san", "block", "pkg:npm/is-odd", "--incident", "INC-8", "--reason", "taken over")
    assert open_house.desk().code == 0
    assert staged(open_house)[1] == {"OSG105", "OSG103"}
    assert tree(open_house, path)[0] == 1


def test_R11_4_what_is_restricted_warns_where_it_is_and_stops_what_is_new(approved_house: Story) -> None:
    open_house, _, _ = approved_house
    open_house.application("reports-app")
    path = used(open_house)
    security = ("--role", "security", "--reason", "advisory")
    open_house.made("zhao.liu", "restrict", "pkg:npm/is-odd", "--allow", "system:risk-engine", *security)
    assert open_house.desk().code == 0
    assert staged(open_house)[:2] == (1, {"OSG110"})
    code, found, out = tree(open_house, path)
    assert (code, found) == (0, {"OSG110"})
    assert "risk-engine" in out
    assert open_house.osgate("baseline", at=path).code == 0
    git(path, "commit", "--quiet", "--all", "--allow-empty", "-m", "baseline again")
    assert tree(open_house, path)[:2] == (0, {"OSG110"}), "no baseline keeps it quiet"


def test_R02_7_an_approval_for_internal_use_reaches_no_further(open_house: House) -> None:
    open_house.projects(payments_app='distribution = "internal"', reports_app='distribution = "external"')
    _, id = open_house.requested()
    for name in ("reports-app", "unknown-app"):
        open_house.application(name)
    both(open_house, id, "--distribution", "internal")
    assert staged(open_house, "payments-app")[:2] == (0, set())
    for name in ("reports-app", "unknown-app"):
        code, found, out = staged(open_house, name)
        assert (code, found) == (1, {"OSG106"})
        assert "internal use" in out
    told = open_house.osgate("explain", "pkg:npm/is-odd@3.0.1", at=open_house.root / "reports-app").out
    assert "not for how widely this project is given out" in told
    assert "no wider than: internal use" in told
