"""What people are told before they sign: what would count and until when, what others said, who is left to decide."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from flow.house import FROM, House, Roles, patched

ASK = ("request", "pkg:npm/left-pad@1.3.0", "--channel", "community", "--reason", "needed")
LIMIT = ("--allow", "project:payments-app")


def test_who_signs_sees_the_end_the_evidence_the_limits_and_what_others_said(open_house: House, tmp_path: Path) -> None:
    id = open_house.made("wang.wu", *ASK)
    assert open_house.desk().code == 0
    paper = tmp_path / "opinion.pdf"
    paper.write_bytes(b"fine")
    opinion = ("--type", "legal-opinion", "--issuer", "A Firm", "--issued", "2026-11-01", "--valid-until", "2027-03-01")
    assessed = open_house.act("li.si", "assess", id, *opinion, "--file", str(paper), "--reason", "as advised")
    assert assessed.code == 0, assessed
    assert "  valid until 2027-03-01\n" in assessed.err
    assert re.search(r"evidence: opinion\.pdf \(sha256 [0-9a-f]{12}, 4 bytes\)", assessed.err)
    assert "not fenced" not in assessed.err
    assert open_house.desk().code == 0
    own = ("--expires", "2027-02-01", "--reference", "JIRA:ABC-1", *LIMIT, "--reason", "small")
    tech = open_house.act("zhang.san", "approve", id, "--role", "tech", *own)
    assert tech.code == 0, tech
    assert "  it would count until 2027-02-01\n" in tech.err
    assert "evidence: ABC-1 in JIRA" in tech.err
    assert "you limit it to: project payments-app" in tech.err
    assert "not fenced" in tech.err
    assert re.search(r"assess as legal by li\.si on 2026-\d\d-\d\d, until 2027-03-01: as advised", tech.err)
    assert open_house.desk().code == 0
    legal = open_house.act("li.si", "approve", id, "--role", "legal", "--reason", "agreed")
    assert re.search(r"approve as tech by zhang\.san on 2026-\d\d-\d\d, until 2027-02-01: small", legal.err)
    assert re.search(r"it would count until 20\d\d-\d\d-\d\d", legal.err)


def test_a_broken_glass_tells_its_minute_and_a_number_nobody_means_is_refused(open_house: House) -> None:
    id = open_house.made("wang.wu", *ASK)
    assert open_house.desk().code == 0
    glass = ("approve", id, "--break-glass", "--incident", "INC-7", "--reason", "down")
    for hours in ("100", "9" * 5000, "0", "\u0662", "-1"):
        said = open_house.act("zhang.san", *glass, "--hours", hours)
        assert (said.code, said.out) == (2, ""), hours
    assert open_house.refs("refs/heads/osgate/") == []
    said = open_house.act("zhang.san", *glass, "--hours", "2")
    assert re.search(r"it would count until 2026-11-21 0\d:\d\d UTC", said.err)


# One person a role.
SMALL: Mapping[str, Roles] = {
    "wang.wu": (("developer", FROM, ""),),
    "zhang.san": (("tech", FROM, ""), ("incident", FROM, "")),
    "li.si": (("legal", FROM, ""), ("incident", FROM, "")),
}


def test_the_only_one_in_a_role_is_kept_from_locking_a_request_by_joining_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = patched(monkeypatch, House(tmp_path / "small", SMALL))
    id = house.made("wang.wu", *ASK)
    assert house.desk().code == 0
    said = house.act("zhang.san", *ASK)
    assert said.code == 1, said
    assert f"osgate approve {id} --role tech" in said.err
    assert house.refs("refs/heads/osgate/") == []
    # Who asks alone for something of their own is told, and may.
    alone = house.act("zhang.san", "request", "pkg:npm/is-odd@3.0.1", *ASK[2:])
    assert alone.code == 0, alone
    assert "nobody else holds tech now" in alone.out
    assert house.desk().code == 0
    queue = house.osgate("queue", "--policy-repo", str(house.bare)).out
    assert queue.count("nobody else holds tech, so nobody can decide it") == 1
    # It is locked already: one more who asks makes it no worse.
    assert house.act("wang.wu", "request", "pkg:npm/is-odd@3.0.1", *ASK[2:]).code == 0
