"""Row R02-4: where dependencies come from, the institution's own names, and digests for everything."""

from __future__ import annotations

import json
from pathlib import Path

from cli.kit import git
from flow.house import House

APPROVED, PUBLIC = "https://packages.example.com/npm/", "https://registry.example.test/"
SOURCES = f"""[[source]]
type = "npm"
address = "{APPROVED}"
confirmed_by = "zhang.san"

[[internal]]
purl = "pkg:npm/%40bank/*"
address = "{APPROVED}"

[integrity]
required = true
"""
# Name, the registry it comes from, and whether the lock records a digest.
LOCKED = (
    ("left-pad", APPROVED, True),
    ("right-pad", PUBLIC, True),
    ("@bank/ledger-client", PUBLIC, True),
    ("@bank/ui", APPROVED, True),
    ("unhashed-one", APPROVED, False),
    ("unhashed-two", APPROVED, False),
)


def staged(path: Path) -> Path:
    """Stage the lock, and the manifest it answers to."""
    packages: dict[str, dict[str, object]] = {"": {"name": "app", "dependencies": {name: "*" for name, *_ in LOCKED}}}
    for name, registry, hashed in LOCKED:
        address = f"{registry}{name}/-/{name.rpartition('/')[2]}-1.0.0.tgz"
        digest = {"integrity": "sha512-" + "A" * 86 + "=="} if hashed else {}
        packages[f"node_modules/{name}"] = {"version": "1.0.0", "resolved": address, **digest}
    (path / "package-lock.json").write_text(json.dumps({"name": "app", "lockfileVersion": 3, "packages": packages}))
    (path / "package.json").write_text(json.dumps(packages[""]))
    git(path, "add", "--all")
    return path


def test_R02_4_foreign_hosts_and_internal_names_block_and_every_unhashed_entry_is_told(open_house: House) -> None:
    open_house.push_files("main", {"policy/sources.toml": SOURCES.encode()})
    assert open_house.desk().code == 0
    path = staged(open_house.application("payments-app"))
    assert open_house.osgate("sync", at=path).code == 0
    said = open_house.osgate("check", "--staged", "--format", "json", at=path)
    assert said.code == 1, said
    found: dict[str, set[str]] = {}
    severities = {}
    for finding in json.loads(said.out)["findings"]:
        name = finding["purl"].removeprefix("pkg:npm/").rpartition("@")[0]
        found.setdefault(finding["rule"], set()).add(name)
        severities[finding["rule"]] = finding["severity"]
    assert found.pop("OSG101") >= {name.replace("@", "%40") for name, *_ in LOCKED}
    assert found == {
        "OSG204": {"right-pad", "%40bank/ledger-client"},
        "OSG207": {"unhashed-one", "unhashed-two"},
        "OSG209": {"%40bank/ledger-client"},
    }
    assert (severities["OSG204"], severities["OSG209"]) == ("error", "error")
    (own,) = [one for one in json.loads(said.out)["findings"] if one["rule"] == "OSG209"]
    assert own["params"]["reserved"] == "policy/sources.toml:6"
    shown = open_house.osgate("check", "--staged", "--verbose", at=path)
    assert f"{PUBLIC}@bank/ledger-client" in shown.out
