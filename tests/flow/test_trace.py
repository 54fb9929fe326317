"""A05: one change from end to end, out of the ledger alone."""

from __future__ import annotations

import hashlib
import json
import re

from flow.house import House
from osgate.testing import records

ORIGIN = {
    "repository": "payments-app",
    "change": "f" * 40,
    "comment": "github:4711!42",
    "authors": ["chen.ba@bank.example"],
}


def traced(house: House, change: str, *words: str) -> tuple[int, str]:
    said = house.osgate("trace", change, "--policy-repo", str(house.bare), "--language", "en", *words)
    return said.code, said.out + said.err


def asked(house: House) -> str:
    """A request that comes from a change, sealed; its whole id."""
    made = records.request("wang.wu", [records.subject("pkg:npm/left-pad", "vers:npm/1.3.0")], origin=ORIGIN)
    house.push(made)
    assert house.desk().code == 0
    return str(made["id"])


def test_A05_a_change_is_traced_from_request_to_attachment_digests_and_seals(open_house: House) -> None:
    id = asked(open_house)
    short = id.removeprefix("sha256:")[:12]
    paper = open_house.root / "opinion.pdf"
    paper.write_bytes(b"%PDF fine")
    why = ("--type", "technical", "--reason", "tried it", "--evidence", str(paper), "--reference", "OA:2026-1234")
    open_house.made("zhang.san", "assess", short, *why)
    open_house.clock.forward(seconds=1)
    open_house.both_answer("approve", short)
    code, out = traced(open_house, "payments-app#42", "--format", "json")
    (case,) = [json.loads(line) for line in out.splitlines()]
    assert (code, case["request"], case["status"], case["origin"]) == (0, id, "approved", ORIGIN)
    assert [one["purl"] for one in case["subjects"]] == ["pkg:npm/left-pad"]
    steps = [(one["verb"], one["person"], one["role"], one["reason"]) for one in case["steps"]]
    assert steps[0][:2] == ("request", "wang.wu")
    assert set(steps[1:]) == {
        ("assess", "zhang.san", "tech", "tried it"),
        ("approve", "zhang.san", "tech", "looked at"),
        ("approve", "li.si", "legal", "looked at"),
    }
    digest = f"sha256:{hashlib.sha256(b'%PDF fine').hexdigest()}"
    kept = [file for one in case["steps"] for file in one["evidence"]]
    assert [file.get("digest", file.get("reference")) for file in kept] == [digest, "2026-1234"]
    seals = {seal.serial: seal for seal in open_house.past().seals}
    for one in case["steps"]:
        assert (one["seal"], one["policy"]) == (seals[one["serial"]].digest, seals[one["serial"]].body["policy"])
        assert one["sealed_at"] == seals[one["serial"]].sealed_at
    assert case["anchor"] == f"{open_house.past().serial}:{open_house.past().anchor}"

    code, out = traced(open_house, "github:4711!42")
    assert code == 0
    known = ("pkg:npm/left-pad", "chen.ba@bank.example", digest, "OA:2026-1234", "f" * 40)
    for told in (f"request {short} is approved", *known):
        assert told in out
    assert out.index("tried it") < out.index("looked at")
    assert "until 2027-11-" in out, "the approvals end"
    (verify,) = re.findall(r"osgate ledger verify --anchor \S+", out)
    assert open_house.osgate(*verify.split()[1:], "--policy-repo", str(open_house.bare)).code == 0


def test_what_no_request_comes_from_is_told_and_what_names_no_change_is_an_error(open_house: House) -> None:
    asked(open_house)
    code, out = traced(open_house, "other-app#42")
    assert (code, "--forge" in out) == (1, True), "a path is not always what the ledger calls the repository"
    code, out = traced(open_house, "github:471!42")
    assert (code, "--forge" in out) == (1, False)
    assert traced(open_house, "other-app#42", "--format", "json") == (1, "")
    assert traced(open_house, "payments-app")[0] == 2
