"""A05 at a forge: a change is found by its path, and what was said there by account and comment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forge_desk import hall as halls
from osgate import wiring_forges


def test_A05_a_change_at_a_forge_is_traced_to_the_comments_that_decided_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = halls.hall(tmp_path)
    issue, id = hall.requested()
    notes = [hall.say(who, issue, "/osgate approve reason: read it") for who in ("zhang.san", "li.si")]
    hall.round()
    monkeypatch.setattr(wiring_forges, "forge", lambda kind, address, environ: hall.forge)
    words = ("trace", "bank/till#1", "--forge", "gitlab", "--policy-repo", str(hall.house.bare))
    said = hall.house.osgate(*words, "--format", "json")
    (case,) = [json.loads(line) for line in said.out.splitlines()]
    assert (said.code, case["request"], case["status"]) == (0, id, "approved")
    decided = [one["witnessed"] for one in case["steps"] if one["verb"] == "approve"]
    assert {(one["account"], one["comment"], one["number"]) for one in decided} == {
        (note.author.id, note.id, issue.number) for note in notes
    }
    for locale in ("en", "zh_CN"):
        said = hall.house.osgate(*words, "--language", locale)
        assert said.code == 0, said.err
        assert all(one["body"] in said.out and f" {one['account']}" in said.out for one in decided)
        assert all(f"/issues/{one['number']}#note_{one['comment']}" in said.out for one in decided)
    said = hall.house.osgate("trace", "bank/nothing#1", *words[2:], "--language", "en")
    assert said.code != 0
    assert "there is no repository bank/nothing, or it is hidden from this token" in said.err
