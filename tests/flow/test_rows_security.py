"""Rows of the requirements on known vulnerabilities: found without a network, lifted by a waiver for its time only."""

from __future__ import annotations

import json
import re
import socket
import zipfile
from pathlib import Path

import pytest

from flow.house import House, Story
from osgate.facts.osv import build

UNTIL = "2026-12-21"
TERMS = ("--rule", "OSG501", "--until", UNTIL, "--reason", "the fix is being tested")
# The seeded advisory, its other name, and the version that mends it.
ADVISORY, CVE, FIXED = "GHSA-xv2m-8qjc-4rf7", "CVE-2026-31337", "6.0.2"


def seeded(house: House) -> str:
    """A folder of facts in which the index of advisories knows one vulnerability, of is-number 6.0.0."""
    events = [{"introduced": "6.0.0"}, {"fixed": FIXED}]
    record = {
        "id": ADVISORY,
        "aliases": [CVE],
        "modified": f"{house.clock.today}T00:00:00Z",
        "summary": "numbers out of nothing",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": [
            {
                "package": {"ecosystem": "npm", "name": "is-number"},
                "ranges": [{"type": "SEMVER", "events": events}],
            }
        ],
    }
    mirror, folder = house.root / "mirror", house.root / "facts"
    (mirror / "npm").mkdir(parents=True)
    folder.mkdir()
    with zipfile.ZipFile(mirror / "npm/all.zip", "w") as archive:
        archive.writestr(f"{ADVISORY}.json", json.dumps(record))
    build.sync([str(mirror)], str(folder / "advisories.sqlite"), house.clock.now)
    return str(folder)


def check(house: House, path: Path, folder: str, *more: str) -> tuple[int, str]:
    """What a commit of what is staged would be told; lines joined, for they may be broken anywhere."""
    said = house.osgate("check", "--staged", "--facts", folder, *more, at=path)
    return said.code, re.sub(r"\s+", " ", said.out)


def test_R02_2_a_vulnerable_version_stops_but_for_the_time_of_a_waiver(approved_house: Story) -> None:
    house, path, _ = approved_house
    folder = seeded(house)
    assert house.osgate("sync", at=path).code == 0
    code, said = check(house, path, folder)
    assert (code, ADVISORY in said, CVE in said, FIXED in said) == (1, True, True, True), said
    id = house.made("zhang.san", "waive", "pkg:npm/is-number@6.0.0", *TERMS, "--role", "tech")
    house.desk()
    house.made("li.si", "waive", id, "--role", "legal", "--reason", "agreed")
    house.desk()
    assert house.osgate("sync", at=path).code == 0
    code, said = check(house, path, folder, "--language", "zh_CN")
    assert (code, ADVISORY in said) == (0, True), said
    assert re.search(f"豁免(，有效期)?至 ?{UNTIL}", said), said
    while house.clock.today < UNTIL:
        house.clock.forward(days=1)
    house.desk()
    assert house.osgate("sync", at=path).code == 0
    code, said = check(house, path, folder)
    assert (house.clock.today, code, ADVISORY in said) == (UNTIL, 1, True), said


def test_R05_4_the_seeded_advisory_is_found_without_a_network(
    approved_house: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, path, _ = approved_house
    folder = seeded(house)
    assert house.osgate("sync", at=path).code == 0

    def unplugged(*args: object, **more: object) -> None:
        raise OSError("no network here")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, unplugged)
    monkeypatch.setattr(socket, "getaddrinfo", unplugged)
    code, said = check(house, path, folder, "--offline")
    assert (code, ADVISORY in said, FIXED in said) == (1, True, True), said
