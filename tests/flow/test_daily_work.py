"""What developers and reviewers look up: why a package is there, what waits; and one finding from every entry point."""

from __future__ import annotations

import json

import pytest

from cli.kit import git, lockfile
from flow.house import House
from osgate.testing.git_http import serving

LEDGER = "OSG1"


def test_R10_3_why_prints_the_shortest_path_and_tells_direct_from_transitive(open_house: House) -> None:
    path = open_house.application("payments-app")
    direct = open_house.osgate("why", "pkg:npm/is-odd", at=path)
    assert (direct.code, direct.out) == (0, "package-lock.json:39: is-odd 3.0.1   runtime   direct\n")
    below = open_house.osgate("why", "pkg:npm/is-number@6.0.0", at=path)
    assert below.code == 0
    assert "is-odd 3.0.1 > is-number 6.0.0" in below.out
    assert "transitive" in below.out
    told = json.loads(open_house.osgate("why", "pkg:npm/is-number", "--format", "json", at=path).out)
    assert (told["direct"], told["via"]) == (False, ["pkg:npm/is-odd@3.0.1"])


def test_why_exits_1_where_nothing_holds_the_package(open_house: House) -> None:
    path = open_house.application("payments-app")
    said = open_house.osgate("why", "pkg:npm/is-odd@9.9.9", at=path)
    assert said.code == 1
    assert "pkg:npm/is-odd@9.9.9" in said.out
    assert open_house.osgate("why", "is-odd", at=path).code == 2
    assert open_house.osgate("why", at=path).code == 2


def test_the_queue_tells_each_role_what_waits_for_it_the_oldest_first(open_house: House) -> None:
    _, first = open_house.requested("payments-app")
    open_house.clock.forward(days=3)
    ask = ("request", "pkg:npm/left-pad@1.3.0", "--channel", "community", "--reason", "needed")
    second = open_house.made("wang.wu", *ask)
    open_house.made("zhang.san", "approve", first, "--role", "tech", "--reason", "looked at")
    assert open_house.desk().code == 0
    said = open_house.osgate(*queue(open_house))
    ids = [json.loads(line)["id"] for line in said.out.splitlines()]
    assert [id.partition(":")[2][:12] for id in ids] == [first, second]
    assert [json.loads(line)["days"] for line in said.out.splitlines()] == [3, 0]
    tech = [json.loads(line) for line in open_house.osgate(*queue(open_house, "tech")).out.splitlines()]
    assert [item["id"].partition(":")[2][:12] for item in tech] == [second]
    shown = open_house.osgate("queue", "--policy-repo", str(open_house.bare))
    assert first in shown.out
    assert "tech 1/1, legal 0/1" in shown.out


def queue(house: House, role: str = "legal") -> tuple[str, ...]:
    return ("queue", "--role", role, "--format", "json", "--policy-repo", str(house.bare))


def test_the_queue_knows_the_roles_there_are(open_house: House) -> None:
    said = open_house.osgate("queue", "--role", "leagl", "--policy-repo", str(open_house.bare))
    assert said.code == 2
    assert "legal" in said.err
    assert open_house.osgate("queue", "--policy-repo", str(open_house.bare)).out.count("\n") == 1


def ledger_findings(text: str) -> str:
    """The findings of ledger rules, as printed, so that equal means byte-equal."""
    found = [finding for finding in json.loads(text)["findings"] if finding["rule"].startswith(LEDGER)]
    return json.dumps(found, indent=1)


def test_the_token_we_fetch_with_is_in_nothing_that_is_committed(open_house: House) -> None:
    path = open_house.root / "cloned"
    path.mkdir()
    git(path, "init", "--quiet")
    with serving(open_house.root, {"oauth2": "glpat-secret"}) as url:
        address = url.replace("://", "://oauth2:glpat-secret@") + "/policy.git"
        said = open_house.osgate("init", "--from", address, "--project", "cloned", "--hook", "none", at=path)
    assert said.code == 0, said
    assert f'policy_repository = "{url}/policy.git"' in (path / ".osgate" / "config.toml").read_text()
    assert "glpat-secret" not in said.out + said.err


@pytest.mark.parametrize("packages", [("is-odd@3.0.1",), ("is-odd@3.0.1", "left-pad@1.3.0", "b@2.0.0-rc.1")])
def test_R10_8_every_entry_point_tells_the_same_of_the_same_tree(open_house: House, packages: tuple[str, ...]) -> None:
    path = open_house.root / "same"
    path.mkdir()
    git(path, "init", "--quiet")
    said = open_house.osgate("init", "--from", str(open_house.bare), "--project", "same", "--hook", "none", at=path)
    assert said.code == 0
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "-m", "before")
    (path / "package-lock.json").write_text(lockfile(*packages))
    git(path, "add", "--all")
    as_json = ("--format", "json")
    told = [open_house.osgate("check", form, *as_json, at=path) for form in ("--staged", "--worktree")]
    git(path, "commit", "--quiet", "-m", "after")
    told += [
        open_house.osgate("check", "--base", "HEAD~1", "--head", "HEAD", *as_json, at=path),
        open_house.osgate("check", "--all", *as_json, at=path),
        open_house.osgate("check", "package-lock.json", *as_json, at=path),
    ]
    findings = {ledger_findings(said.out) for said in told}
    assert len(findings) == 1
    assert len(json.loads(findings.pop())) == len(packages)
    assert {json.loads(said.out)["snapshot"]["serial"] for said in told} == {1}


def test_a_project_cannot_be_renamed_into_another_ones_approvals(open_house: House) -> None:
    path = open_house.application("payments-app")
    config = path / ".osgate/config.toml"
    config.write_text(config.read_text().replace("payments-app", "risk-engine"))
    git(path, "add", "--all")
    said = open_house.osgate("check", "--staged", at=path)
    assert said.code == 1
    assert "OSG401" in said.out
    assert "risk-engine" in said.out


def test_a_lock_deleted_while_its_manifest_stays_is_told(open_house: House) -> None:
    path = open_house.application("payments-app")
    git(path, "commit", "--quiet", "--no-verify", "-m", "all of it")
    assert (path / "package.json").exists()
    (path / "package-lock.json").unlink()
    git(path, "add", "--all")
    said = open_house.osgate("check", "--staged", at=path)
    assert said.code == 1
    assert "OSG304" in said.out


def test_a_manifest_ahead_of_its_lock_is_told_with_its_line(open_house: House) -> None:
    path = open_house.application("payments-app")
    git(path, "commit", "--quiet", "--no-verify", "-m", "all of it")
    manifest = path / "package.json"
    body = json.loads(manifest.read_text())
    body["dependencies"]["left-pad"] = "^1.3.0"
    manifest.write_text(json.dumps(body, indent=2) + "\n")
    git(path, "add", "--all")
    said = open_house.osgate("check", "--staged", at=path)
    line = next(n for n, text in enumerate(manifest.read_text().splitlines(), 1) if "left-pad" in text)
    assert said.code == 1
    assert "OSG303" in said.out
    assert f"package.json:{line}" in said.out
