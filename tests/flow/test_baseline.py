"""A legacy repository meets the gate: the baseline is written once, counts from the base branch, and only shrinks."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cli.kit import git, lockfile
from flow.house import House, Said
from osgate.policy import baseline

LEGACY = [f"legacy-{number:04}@1.{number}.0" for number in range(500)]
WHOLE = ("check", "--all", "--mode", "enforce-all", "--format", "json")


def repository(house: House, packages: list[str]) -> Path:
    """A repository with `packages` locked and the gate set up, all of it committed."""
    path = house.root / "legacy"
    path.mkdir()
    git(path, "init", "--quiet")
    (path / "package-lock.json").write_text(lockfile(*packages))
    said = house.osgate("init", "--from", str(house.bare), "--project", "legacy", "--hook", "none", at=path)
    assert said.code == 0, said
    commit(path, "before")
    return path


def commit(path: Path, message: str) -> None:
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "-m", message)


def entries(path: Path) -> baseline.Baseline:
    return baseline.parse((path / baseline.PATH).read_bytes())


def whole(house: House, path: Path) -> tuple[int, dict[str, object]]:
    said = house.osgate(*WHOLE, at=path)
    return said.code, json.loads(said.out)


def written(house: House, path: Path, *more: str) -> Said:
    return house.osgate("baseline", *more, at=path)


def test_a_legacy_repository_is_green_and_one_new_dependency_is_one_finding(open_house: House) -> None:
    path = repository(open_house, LEGACY)
    code, before = whole(open_house, path)
    assert (code, len(before["findings"])) == (1, len(LEGACY))  # type: ignore[arg-type]
    assert written(open_house, path, "--owner", "zhang.san").code == 0
    assert len(entries(path)) == len(LEGACY)
    assert whole(open_house, path)[0] == 1, "it counts once it is committed"
    commit(path, "baseline")
    code, green = whole(open_house, path)
    assert (code, green["outcome"], green["findings"], len(green["baselined"])) == (0, "pass", [], len(LEGACY))  # type: ignore[arg-type]
    (path / "package-lock.json").write_text(lockfile(*LEGACY, "left-pad@1.3.0"))
    git(path, "add", "--all")
    staged = json.loads(open_house.osgate("check", "--staged", "--format", "json", at=path).out)
    commit(path, "one more")
    code, now = whole(open_house, path)
    assert code == 1
    assert [finding["purl"] for finding in now["findings"]] == ["pkg:npm/left-pad@1.3.0"]  # type: ignore[attr-defined]
    ranged = open_house.osgate("check", "--base", "HEAD~1", "--head", "HEAD", "--format", "json", at=path)
    assert now["findings"] == staged["findings"] == json.loads(ranged.out)["findings"]


def test_it_only_shrinks(open_house: House) -> None:
    path = repository(open_house, ["a@1.0.0", "b@1.0.0", "c@1.0.0"])
    assert written(open_house, path, "--owner", "zhang.san", "--due", "2027-03-01").code == 0
    first = entries(path)
    assert {entry.owner for entry in first.values()} == {"zhang.san"}
    assert all("2027-01-29" <= entry.due <= "2027-03-01" for entry in first.values())
    commit(path, "baseline")
    (path / "package-lock.json").write_text(lockfile("b@1.0.0", "c@2.0.0", "d@1.0.0"))
    commit(path, "other packages")
    said = written(open_house, path, "--owner", "li.si", "--due", "2029-01-01")
    assert said.code == 1
    assert "pkg:npm/c@2.0.0" in said.out
    assert "pkg:npm/d@1.0.0" in said.out
    left = entries(path)
    assert list(left) == [("pkg:npm/b@1.0.0", "package-lock.json")]
    assert [entry._values()[:5] for entry in left.values()] == [first[key]._values()[:5] for key in left]


def test_a_change_that_lets_it_grow_is_told_and_one_that_shrinks_it_is_not(open_house: House) -> None:
    path = repository(open_house, ["a@1.0.0", "b@1.0.0"])
    assert written(open_house, path, "--owner", "zhang.san").code == 0
    commit(path, "baseline")
    known = entries(path)
    more = [*known.values(), baseline.Entry("pkg:npm/c@1.0.0", "package-lock.json", ("OSG101",), "x", "2027-01-01")]
    (path / baseline.PATH).write_bytes(baseline.printed(more))
    git(path, "add", "--all")
    said = open_house.osgate("check", "--staged", at=path)
    assert said.code == 1
    assert "OSG401" in said.out
    (path / baseline.PATH).write_bytes(baseline.printed(list(known.values())[:1]))
    git(path, "add", "--all")
    assert open_house.osgate("check", "--staged", at=path).code == 0


def test_past_its_date_nothing_is_excused_and_the_owner_is_named(open_house: House) -> None:
    path = repository(open_house, ["a@1.0.0"])
    assert written(open_house, path, "--owner", "zhang.san", "--due", "2026-11-28").code == 0
    commit(path, "baseline")
    assert whole(open_house, path)[0] == 0
    open_house.clock.forward(days=9)
    open_house.run()
    code, late = whole(open_house, path)
    assert code == 1
    assert [finding["rule"] for finding in late["findings"]] == ["OSG101", "OSG403"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("effect", ["block", "suspend"])
def test_what_was_taken_away_is_never_excused(open_house: House, effect: str) -> None:
    path = repository(open_house, ["a@1.0.0"])
    assert written(open_house, path, "--owner", "zhang.san").code == 0
    commit(path, "baseline")
    open_house.made("zhang.san", effect, "pkg:npm/a@1.0.0", "--role", "incident", "--reason", "taken over")
    assert open_house.desk().code == 0
    code, now = whole(open_house, path)
    assert (code, len(now["findings"])) == (1, 1)  # type: ignore[arg-type]


def test_a_broken_baseline_is_a_clear_error_with_its_line(open_house: House) -> None:
    path = repository(open_house, ["a@1.0.0"])
    assert written(open_house, path, "--owner", "zhang.san").code == 0
    text = (path / baseline.PATH).read_text()
    (path / baseline.PATH).write_text(text.replace('"owner"', '"ownr"'))
    commit(path, "a typing mistake")
    said = open_house.osgate("check", "--all", at=path)
    assert said.code == 2
    assert ".osgate/baseline.json:4" in said.err
    assert "osgate baseline" in said.err


def test_without_an_owner_or_with_a_past_day_nothing_is_written(open_house: House) -> None:
    path = repository(open_house, ["a@1.0.0"])
    assert written(open_house, path).code == 2
    assert written(open_house, path, "--owner", "x", "--due", "2026-11-21").code == 2
    assert written(open_house, path, "--owner", "x", "--due", "soon").code == 2
    assert not (path / baseline.PATH).exists()
    assert subprocess.run(["git", "status", "--porcelain"], cwd=path, capture_output=True).stdout == b""
