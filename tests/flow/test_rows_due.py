"""Rows of the requirements about what waits, what ends and what is looked at afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl

from flow.house import House, Said
from osgate.testing import records

EXPIRES = "2027-02-01"


def told(house: House, *words: str) -> list[dict[str, Any]]:
    """The items that `osgate due` or `osgate queue` lists."""
    said = house.osgate(*words, "--format", "json", "--policy-repo", str(house.bare))
    assert said.code in (0, 1), said
    return [json.loads(line) for line in said.out.splitlines()]


def listed(house: House, *words: str) -> Said:
    return house.osgate(*words, "--policy-repo", str(house.bare))


def asked(house: House, reason: str = "needed", **more: Any) -> dict[str, Any]:
    """A request that is sealed."""
    made = records.request(reason=reason, **more)
    house.push(made)
    house.run()
    return made


def approved(house: House, expires: str = EXPIRES) -> dict[str, Any]:
    made = asked(house)
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        house.push(records.approve(made, person, role, expires))
    house.run()
    return made


def test_R04_2_the_queue_of_a_role_lists_only_what_waits_for_it_the_oldest_first_with_days(open_house: House) -> None:
    first = asked(open_house)
    open_house.push(records.approve(first, "li.si", "legal"))
    open_house.clock.forward(days=1)
    second = asked(open_house, "needed too", subjects=[records.subject("pkg:npm/is-odd", "vers:npm/*")])
    open_house.push(records.request("sun.qi", joins=second["id"], subjects=second["subjects"]))
    open_house.clock.forward(days=2)
    third = asked(open_house, "needed three", subjects=[records.subject("pkg:npm/is-even", "vers:npm/*")])
    waits = told(open_house, "queue", "--role", "legal")
    assert [(item["id"], item["days"]) for item in waits] == [(second["id"], 2), (third["id"], 0)]
    assert waits[0]["others"] == ["sun.qi"]
    assert next(item["id"] for item in told(open_house, "queue", "--role", "tech")) == first["id"]
    shown = listed(open_house, "queue", "--role", "legal").out
    assert "sun.qi" in shown


def test_R04_3_what_is_past_its_time_is_due_and_stands_in_the_digest(open_house: House) -> None:
    # Sealed on a Saturday: two working days are Monday and Tuesday.
    request = asked(open_house)
    open_house.clock.forward(days=3)
    assert told(open_house, "due") == []
    assert listed(open_house, "due", "--exit-code").code == 0
    open_house.clock.forward(days=1)
    (item,) = told(open_house, "due")
    assert (item["id"], item["overdue"], item["until"], item["days"]) == (request["id"], True, "2026-11-24", 4)
    assert listed(open_house, "due", "--exit-code").code == 1
    assert told(open_house, "due", "--role", "developer") == []
    for language, words in (("en", "## Overdue (1)"), ("zh_CN", "## 已逾期（1）")):
        digest = listed(open_house, "due", "--format", "digest", "--language", language).out
        assert words in digest
        assert f'osgate approve {request["id"][7:19]} --role tech --reason "..."' in digest


def test_R05_6_a_broken_glass_opens_an_item_that_a_post_review_closes(open_house: House) -> None:
    request = asked(open_house)
    open_house.push(records.break_glass(request))
    open_house.run()
    open_house.clock.forward(days=10)
    items = {item["kind"]: item for item in told(open_house, "due")}
    review = items["review"]
    assert (review["overdue"], review["name"], review["person"]) == (True, "INC-1", "zhang.san")
    assert review["do"].startswith(f"osgate assess {request['id'][7:19]} --type post-review")
    open_house.made(
        "li.si", "assess", request["id"], "--type", "post-review", "--role", "legal", "--reason", "looked at"
    )
    open_house.run()
    assert "review" not in {item["kind"] for item in told(open_house, "due")}


def test_R09_3_an_approval_is_listed_thirty_days_before_it_ends_and_a_renewal_takes_it_off(open_house: House) -> None:
    request = approved(open_house)
    open_house.clock.forward(days=41)
    assert told(open_house, "due", "--days", "30") == []
    open_house.clock.forward(days=1)
    (item,) = told(open_house, "due", "--days", "30")
    assert (item["kind"], item["id"], item["left"], item["until"]) == ("approval", request["id"], 30, EXPIRES)
    assert f"osgate renew {request['id'][7:19]} --role tech" in listed(open_house, "due").out
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        (item,) = told(open_house, "due")
        assert role in item["asks"]
        open_house.made(person, "renew", request["id"], "--role", role, "--reason", "still fits")
        open_house.run()
    assert told(open_house, "due") == []


def test_X05_the_list_opens_in_a_spreadsheet_and_no_reason_becomes_a_formula(open_house: House, tmp_path: Path) -> None:
    asked(open_house, "=cmd|' /C calc'!A0")
    open_house.clock.forward(days=30)
    for command in ("due", "queue"):
        path = tmp_path / f"{command}.xlsx"
        where = ("--output", str(path), "--language", "zh_CN")
        assert listed(open_house, command, "--format", "xlsx", *where).code == 0
        book = openpyxl.load_workbook(path)
        head, row = list(book.active.iter_rows())
        assert "处理方法" in [cell.value for cell in head]
        (reason,) = [cell for cell in row if "cmd" in str(cell.value)]
        assert reason.data_type in ("s", "inlineStr")
        book.close()
        path = tmp_path / f"{command}.csv"
        assert listed(open_house, command, "--format", "csv", "--output", str(path)).code == 0
        data = path.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        assert not any(
            cell.startswith("=") for line in data.decode("utf-8-sig").splitlines() for cell in line.split(",")
        )


def test_a_wrong_call_is_told(open_house: House) -> None:
    for words in (
        ("due", "--days", "soon"),
        ("due", "--days", "99999"),
        ("due", "--format", "xlsx"),
        ("due", "--format", "pdf"),
        ("due", "extra"),
        ("queue", "--days", "3"),
        ("notify", "--role", "tech"),
        ("due", "--output", str(open_house.root), "--format", "csv"),
    ):
        said = listed(open_house, *words)
        assert said.code == 2, words
        assert said.err.startswith("osgate: ")
