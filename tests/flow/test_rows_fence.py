"""R07-2, the fence: a licence that changes inside an approved range is noticed, and the approval does not cover it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cli.kit import git, lockfile
from flow.house import House


def lock(path: Path, version: str, licence: str) -> None:
    """Stage a lockfile with one package that states its licence."""
    found = json.loads(lockfile(f"left-pad@{version}"))
    found["packages"]["node_modules/left-pad"]["license"] = licence
    (path / "package-lock.json").write_text(json.dumps(found, indent=2))
    declared = {"name": "app", "version": "1.0.0", "dependencies": {"left-pad": "*"}}
    (path / "package.json").write_text(json.dumps(declared))
    git(path, "add", "--all")


def test_R07_2_an_approval_of_1_x_does_not_cover_a_version_with_another_licence(open_house: House) -> None:
    path = open_house.application("payments-app")
    lock(path, "1.3.0", "Apache-2.0")
    id = open_house.made("wang.wu", "request", "--staged", "--reason", "needed", at=path)
    assert open_house.desk().code == 0
    signing = open_house.act("zhang.san", "approve", id, "--role", "tech", "--reason", "fine")
    assert "fenced by" in signing.err
    assert "Apache-2.0" in signing.err
    assert "not checked: publisher" in signing.err
    open_house.made("li.si", "approve", id, "--role", "legal", "--reason", "fine")
    assert open_house.desk().code == 0
    assert open_house.check(path).code == 0
    lock(path, "1.4.0", "Apache-2.0")
    assert open_house.check(path).code == 0
    lock(path, "1.5.0", "BUSL-1.1")
    blocked = open_house.check(path)
    assert blocked.code == 1
    assert "OSG112" in blocked.out
    assert "Apache-2.0" in blocked.out
    assert "BUSL-1.1" in blocked.out
    told = open_house.osgate("explain", "pkg:npm/left-pad@1.5.0", at=path)
    assert "fenced by" in told.out
    renewing = open_house.act("zhang.san", "renew", id, "--role", "tech", "--reason", "go on", at=path)
    assert renewing.code == 0
    assert "licence was Apache-2.0 when approved (package-lock.json), is BUSL-1.1 now" in renewing.err
    assert re.search(r"\b0 (facts|cannot)", renewing.err) is None
    elsewhere = open_house.act("li.si", "renew", id, "--role", "legal", "--reason", "go on")
    assert "run it in a repository that uses it" in elsewhere.err
