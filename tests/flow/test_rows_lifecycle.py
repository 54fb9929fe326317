"""Rows of the requirements on the lifecycle, each by its own acceptance test with the row's id in its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flow.house import House, Said, Story
from osgate.ledger import codec, lifecycle

STRICT = b'default_tier = "normal"'


def strict(house: House) -> None:
    """Let every request take the strict tier."""
    written = house.policy["osgate.toml"].replace(STRICT, b'default_tier = "strict"')
    house.push_files("main", {"osgate.toml": written})
    assert house.desk().code == 0


def refused(said: Said, *words: str) -> None:
    assert said.code == 1, said
    for word in words:
        assert word in said.err, said


def asked_of_a_strict_one(house: House) -> tuple[Path, str]:
    house.run()
    strict(house)
    return house.requested()


@pytest.fixture
def asked(begun) -> Story:
    """A strict house with one sealed request for an application's change."""
    house, told = begun(asked_of_a_strict_one)
    return house, *told


def test_R02_1_no_approval_without_a_security_assessment_and_approved_with_both(asked: Story) -> None:
    house, path, id = asked
    early = house.act("zhang.san", "approve", id, "--role", "tech", "--reason", "looked at")
    refused(early, "security assessment")
    house.made("zhao.liu", "assess", id, "--type", "security", "--reason", "no findings")
    assert house.desk().code == 0
    for person, role in (("zhang.san", "tech"), ("li.si", "legal"), ("zhao.liu", "security")):
        house.made(person, "approve", id, "--role", role, "--reason", "looked at")
    assert f"request {id} is approved" in house.desk().out
    assert house.check(path).code == 0


def test_R05_2_an_assessment_keeps_its_file_by_hash_and_a_changed_file_is_found(asked: Story) -> None:
    house, _, id = asked
    report = house.root / "files" / "poc.pdf"
    report.parent.mkdir()
    report.write_bytes(b"%PDF-1.7 proof of concept")
    made = house.made(
        "zhao.liu", "assess", id, "--type", "technical", "--file", str(report), "--reason", "runs",
        "--issuer", "A Lab", "--issued", "2026-11-01", "--valid-until", "2027-11-01", "--reference", "OA:2026-17",
    )  # fmt: skip
    assert house.desk().code == 0
    where = ("--policy-repo", str(house.bare))
    shown = house.osgate("ledger", "show", made, *where)
    assert codec.digest(report.read_bytes()) in shown.out
    assert house.osgate("ledger", "verify", "--attachments", str(report.parent), *where).code == 0
    report.write_bytes(b"%PDF-1.7 something else")
    changed = house.osgate("ledger", "verify", "--attachments", str(report.parent), *where)
    refused(changed, "poc.pdf")
    body = next(item.body for item in house.past().sealed if codec.short(item.id) == made)
    assert body["evidence"][1] == {"system": "OA", "reference": "2026-17"}
    assert (body["issuer"], body["valid_until"]) == ("A Lab", "2027-11-01")


def test_R05_2_a_report_dated_ahead_or_no_longer_valid_is_turned_down(asked: Story) -> None:
    house, _, id = asked
    common = ("assess", id, "--type", "evaluation", "--role", "security", "--reason", "by others")
    refused(house.act("zhao.liu", *common, "--issued", "2026-12-24"), "2026-12-24")
    late = house.act("zhao.liu", *common, "--valid-until", "2026-11-20")
    assert late.code == 2
    assert "--valid-until" in late.err


def test_R05_8_what_the_lifecycle_does_not_list_is_refused_with_what_it_allows(requested_house: Story) -> None:
    open_house, path, id = requested_house
    early = open_house.act("zhang.san", "renew", id, "--role", "tech", "--reason", "go on")
    allowed = lifecycle.allowed("request", "requested")
    refused(early, "requested", ", ".join(allowed))
    open_house.both_answer("approve", id)
    again = open_house.act("zhao.liu", "approve", id, "--role", "tech", "--reason", "me too")
    refused(again, ", ".join(lifecycle.allowed("request", "approved")))
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        open_house.made(person, "revoke", id, "--role", role, "--reason", "no longer")
    open_house.desk()
    gone = open_house.act("zhang.san", "renew", id, "--role", "tech", "--reason", "go on")
    refused(gone, "revoked")
    assert open_house.check(path).code == 1


def test_R05_9_every_decision_and_every_verdict_name_the_policy_and_every_finding_its_rule(
    requested_house: Story,
) -> None:
    open_house, path, id = requested_house
    open_house.both_answer("approve", id)
    past = open_house.past()
    policies = {seal.body["policy"] for seal in past.seals}
    approvals = [item.body for item in past.sealed if item.body["verb"] == "approve"]
    assert len(approvals) == 2
    assert {body["policy"] for body in approvals} <= policies
    (path / "requirements.txt").write_text("six==1.17.0\n")
    open_house._git(path, "add", "--all")
    open_house.osgate("sync", at=path)
    verdict = json.loads(open_house.osgate("check", "--staged", "--format", "json", at=path).out)
    assert verdict["snapshot"]["policy"] in policies
    assert verdict["findings"]
    assert all(finding["rule"].startswith("OSG") for finding in verdict["findings"])


@pytest.mark.parametrize(
    ("model", "lacking", "enough"),
    [
        ("self", ("--owner", "wang.wu"), ("--owner", "wang.wu", "--backup", "zhao.liu")),
        ("third-party", (), ("--supplier", "S-01")),
        ("commercial", (), ("--contract", "C-2026-7")),
    ],
)
def test_R06_1_each_operating_model_asks_for_what_it_needs(
    open_house: House, model: str, lacking: tuple[str, ...], enough: tuple[str, ...]
) -> None:
    from osgate.testing import records

    asked = {"--owner": "owner", "--backup": "backup", "--supplier": "supplier", "--contract": "contract"}
    named = {asked[flag]: value for flag, value in zip(lacking[::2], lacking[1::2], strict=True)}
    half = records.request("wang.wu", kind="software", operating_model=model, **named)
    open_house.push(half)
    assert open_house.desk().code == 0
    early = open_house.act("zhang.san", "approve", codec.short(half["id"]), "--role", "tech", "--reason", "fine")
    refused(early, {"self": "backup", "third-party": "supplier", "commercial": "contract"}[model])
    purl = ("pkg:generic/gitlab", "--kind", "software", "--channel", "official-site", "--range", "vers:generic/*")
    short = open_house.act("wang.wu", "request", *purl, "--operating-model", model, *lacking, "--reason", "needed")
    assert short.code == 2
    id = open_house.made("wang.wu", "request", *purl, "--operating-model", model, *enough, "--reason", "needed")
    assert open_house.desk().code == 0
    open_house.both_answer("approve", id)
    shown = open_house.osgate("ledger", "show", "pkg:generic/gitlab", "--policy-repo", str(open_house.bare))
    assert shown.code == 0
    assert "zhang.san" in shown.out
