"""Rows R01-1, R01-2, R02-10 and X02: what is asked for, how, with what beside it, and what a decision then opens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli.kit import git, lockfile
from flow.house import House, Story
from osgate.ledger.records import CHANNELS
from osgate.policy.schema import KINDS
from osgate.text.translator import Translator

JDK = "pkg:generic/oracle-jdk"
# What an asker says beside the package, as far as its kind calls for it.
BOUGHT = ("--operating-model", "commercial", "--contract", "C-2026-7")
ASKED = {
    "code": ("pkg:github/example-org/snippet@1.0.0", "community"),
    "component": ("pkg:npm/left-pad@1.3.0", "hosting-platform"),
    "software": (JDK, "procurement", *BOUGHT),
    "cloud-service": ("pkg:generic/object-store", "合作研发", *BOUGHT, "--supplier", "Example Ltd"),
}


def printed(house: House, *words: str, at: Path | None = None) -> dict[str, Any]:
    """The record a request would send."""
    said = house.act("wang.wu", "request", *words, "--reason", "needed", "--print", at=at)
    assert said.code == 0, said
    return dict(json.loads(said.out))


def holds(path: Path, *packages: str) -> Path:
    """Stage a lock with these packages, and the manifest it answers to."""
    (path / "package-lock.json").write_text(lockfile(*packages))
    named = dict.fromkeys((package.rpartition("@")[0] for package in packages), "*")
    (path / "package.json").write_text(json.dumps({"name": "app", "version": "1.0.0", "dependencies": named}))
    git(path, "add", "--all")
    return path


def test_R01_1_all_four_kinds_enter_and_are_listed_and_an_unknown_kind_exits_2(open_house: House) -> None:
    for kind, (purl, channel, *more) in ASKED.items():
        why = ("--channel", channel, *more, "--reason", "needed")
        open_house.made("wang.wu", "request", purl, "--kind", kind, *why)
    assert open_house.desk().code == 0
    where = ("--policy-repo", str(open_house.bare))
    for kind, (purl, *_) in ASKED.items():
        shown = open_house.osgate("ledger", "show", "--kind", kind, *where)
        line, total = shown.out.splitlines()
        assert (shown.code, line.partition("  ")[0]) == (0, purl.partition("@")[0])
        assert Translator("en")("stage.requested") in line
        assert total.startswith("1 ")
    assert f"{JDK}  vers:generic/*" in open_house.osgate("ledger", "show", "--kind", "software", *where).out
    assert open_house.osgate("ledger", "show", "--kind", "saas", *where).code == 2
    wrong = open_house.act("wang.wu", "request", JDK, "--kind", "saas", "--channel", "procurement", "--reason", "x")
    assert (wrong.code, wrong.out) == (2, "")
    assert all(kind in wrong.err for kind in KINDS)


def test_R01_2_without_a_channel_a_request_exits_2_and_names_the_five_and_a_manifest_tells_its_own(
    open_house: House,
) -> None:
    ask = ("request", "pkg:npm/left-pad@1.3.0", "--reason", "needed", "--language", "zh_CN")
    said = open_house.act("wang.wu", *ask)
    assert (said.code, said.out) == (2, "")
    assert "缺少引入渠道" in said.err
    assert all(channel in said.err for channel in CHANNELS)
    assert "托管平台" in said.err
    unknown = open_house.act("wang.wu", *ask, "--channel", "pigeon")
    assert unknown.code == 2
    assert all(channel in unknown.err for channel in CHANNELS)
    for words, channel in {"商业采购": "procurement", "官网": "official-site", "community": "community"}.items():
        assert printed(open_house, "pkg:npm/left-pad@1.3.0", "--channel", words)["channel"] == channel
    path = open_house.application("payments-app")
    assert printed(open_house, "--staged", at=path)["channel"] == "hosting-platform"


def test_R02_10_a_purpose_is_not_blank_and_alternatives_reach_the_reviewer(open_house: House) -> None:
    path = open_house.application("payments-app")
    for blank in (("--purpose", "  ", "--reason", "needed"), ("--reason", " \t")):
        assert open_house.act("wang.wu", "request", "--staged", *blank, at=path).code == 2
    more = ("--purpose", "parity of ledger rows", "--alternatives", "pkg:npm/@scope/is-even,own code")
    id = open_house.made("wang.wu", "request", "--staged", "--reason", "needed", *more, at=path)
    assert open_house.desk().code == 0
    said = open_house.act("zhang.san", "approve", id, "--role", "tech", "--reason", "looked at")
    assert said.code == 0
    for told in ("parity of ledger rows", "pkg:npm/%40scope/is-even, own code", "hosting platform"):
        assert told in said.err
    assert "pkg:npm/%40scope/is-even" in open_house.osgate("queue", "--policy-repo", str(open_house.bare)).out


LACKING = {
    ("--operating-model", "self"): ("--owner", "--backup"),
    ("--operating-model", "self", "--owner", "zhang.san"): ("--backup",),
    ("--operating-model", "third-party"): ("--supplier",),
    ("--operating-model", "commercial"): ("--contract",),
    ("--operating-model", "self", "--owner", "zhang.sun", "--backup", "li.si"): ("--owner", "zhang.san"),
    ("--owner", "li.si", "--backup", "li.si"): ("--backup", "li.si"),
    ("--distribution", "everywhere"): ("internal", "service", "external"),
}


def test_what_a_request_must_say_is_told_before_anything_is_signed(open_house: House) -> None:
    ask = ("request", "pkg:npm/left-pad@1.3.0", "--channel", "procurement", "--reason", "x")
    for words, lacking in LACKING.items():
        said = open_house.act("wang.wu", *ask, *words)
        assert (said.code, said.out) == (2, ""), words
        assert all(word in said.err for word in lacking), said
    assert open_house.refs("refs/heads/osgate/") == []


def test_what_the_policy_asks_of_a_kind_is_asked_at_once_and_kept(open_house: House) -> None:
    rules = open_house.policy["policy/base.toml"] + b'\n[intake.software]\nneeds = ["usage", "supplier"]\n'
    open_house.push_files("main", {"policy/base.toml": rules})
    ask = ("request", JDK, "--kind", "software", "--channel", "procurement", "--reason", "x")
    said = open_house.act("wang.wu", *ask, "--usage", "runs the ledger")
    assert said.code == 2
    assert "--supplier" in said.err
    more = ("--usage", "runs the ledger", "--supplier", "Example Ltd", "--operating-model", "self")
    persons = ("--owner", "zhang.san", "--backup", "li.si", "--distribution", "internal")
    record = printed(open_house, *ask[1:4], "--channel", "procurement", *more, *persons)
    told = {key: record[key] for key in ("usage", "supplier", "operating_model", "owner", "backup", "distribution")}
    assert told == {
        "usage": "runs the ledger",
        "supplier": "Example Ltd",
        "operating_model": "self",
        "owner": "zhang.san",
        "backup": "li.si",
        "distribution": "internal",
    }


def test_X02_an_approval_turns_a_second_untouched_repository_green(open_house: House) -> None:
    first, second = (open_house.application(name) for name in ("payments-app", "reports-app"))
    before = git(second, "write-tree")
    assert open_house.check(second).code == 1
    id = open_house.made("wang.wu", "request", "--staged", "--reason", "needed", at=first)
    assert open_house.desk().code == 0
    assert open_house.check(second).code == 1
    open_house.both_answer("approve", id)
    after = open_house.check(second)
    assert (after.code, git(second, "write-tree")) == (0, before), after


# -- families, closures

SHARP = "pkg:npm/%40img/sharp-*"
BUILDS = [f"@img/sharp-{platform}@0.33.5" for platform in ("darwin-arm64", "linux-x64", "win32-x64")]


def test_builds_are_asked_for_as_one_family_whose_approval_lets_a_later_one_in_and_a_block_stops_all(
    open_house: House,
) -> None:
    path = holds(open_house.application("payments-app"), *BUILDS, "left-pad@1.3.0")
    said = open_house.act("wang.wu", "request", "--staged", "--reason", "needed", at=path)
    assert said.code == 0
    (line,) = [line for line in said.out.splitlines() if SHARP in line]
    assert "3 " in line
    assert "sharp-linux-x64" in line
    (id,) = [name.rpartition("-")[2] for name in open_house.refs("refs/heads/osgate/")]
    assert open_house.desk().code == 0
    open_house.both_answer("approve", id)
    assert open_house.check(holds(path, *BUILDS, "@img/sharp-linux-riscv64@0.33.9", "left-pad@1.3.0")).code == 0
    other = open_house.check(holds(path, "@img/sharp@0.33.5", "@img/sharp-libvips-linux-x64@0.33.5"))
    assert other.out.count("OSG101") >= 2, "neither is a build of what was approved"
    told = open_house.act("zhang.san", "block", "pkg:npm/@img/sharp-*", "--reason", "malicious release")
    assert (told.code, "sharp-linux-x64" in told.err) == (0, True)
    assert open_house.desk().code == 0
    stopped = open_house.check(holds(path, BUILDS[1]))
    assert (stopped.code, "OSG105" in stopped.out) == (1, True)
    build = "pkg:npm/@img/sharp-linux-x64"
    assert "malicious release" in open_house.osgate("explain", f"{build}@0.33.5", at=path).out
    assert "malicious release" in open_house.osgate("ledger", "show", build, "--policy-repo", str(open_house.bare)).out
    ways = open_house.osgate("why", "pkg:npm/@img/sharp-*", at=path)
    assert (ways.code, "sharp-linux-x64" in ways.out) == (0, True)


def test_a_closure_is_one_request_and_one_approval(open_house: House) -> None:
    path = open_house.application("payments-app")
    said = open_house.act("wang.wu", "request", "pkg:npm/is-odd@3.0.1", "--reason", "needed", at=path)
    assert "This request covers 2 components" in said.out
    (id,) = [name.rpartition("-")[2] for name in open_house.refs("refs/heads/osgate/")]
    assert open_house.desk().code == 0
    open_house.both_answer("approve", id)
    assert open_house.check(path).code == 0
    again = open_house.act("wang.wu", "request", "--staged", "--reason", "needed", at=path)
    assert again.code == 1, "what is approved is not asked for again"


# -- joining


def test_a_second_asker_joins_is_told_and_does_not_decide(open_house: House) -> None:
    first, id = open_house.requested("payments-app")
    second = open_house.application("reports-app", author="zhao.liu")
    said = open_house.act("zhao.liu", "request", "--staged", "--reason", "we need it too", at=second)
    assert said.code == 0, said
    assert "wang.wu" in said.out
    assert id in said.out
    assert "tech 0/1, legal 0/1" in said.out
    assert open_house.desk().code == 0
    assert open_house.act("zhao.liu", "request", "--staged", "--reason", "again", at=second).code == 1
    shown = open_house.osgate("queue", "--policy-repo", str(open_house.bare)).out
    assert shown.count("zhao.liu") == 1
    refused = open_house.act("zhao.liu", "approve", id, "--role", "tech", "--reason", "mine")
    assert (refused.code, "zhao.liu" in refused.err) == (1, True)
    open_house.both_answer("approve", id)
    assert [open_house.check(path).code for path in (first, second)] == [0, 0]


def test_of_a_change_that_waits_in_part_the_rest_is_asked_for(open_house: House) -> None:
    _, id = open_house.requested("payments-app")
    path = holds(open_house.application("reports-app"), "is-odd@3.0.1", "left-pad@1.3.0")
    lock = json.loads((path / "package-lock.json").read_text())
    lock["packages"]["node_modules/is-odd"]["license"] = "MIT"  # as the lock said of which it was asked for first
    (path / "package-lock.json").write_text(json.dumps(lock))
    git(path, "add", "--all")
    said = open_house.act("zhao.liu", "request", "--staged", "--reason", "needed", "--print", at=path)
    assert said.code == 0, said
    record = json.loads(said.out)
    assert [s["purl"] for s in record["subjects"]] == ["pkg:npm/left-pad"]
    assert "joins" not in record
    assert id in said.err
    assert "pkg:npm/is-odd@3.0.1" in said.err


# -- instead


def test_a_block_offers_the_nearest_approved_version_until_that_is_blocked_itself(approved_house: Story) -> None:
    open_house, path, _ = approved_house
    holds(path, "is-odd@4.0.0")
    stopped = open_house.check(path)
    (told,) = [line for line in stopped.out.splitlines() if "= instead:" in line]
    assert "is-odd 3.0.1 is approved until 2027-" in told
    shown = json.loads(open_house.osgate("check", "--staged", "--format", "json", at=path).out)
    finding = next(finding for finding in shown["findings"] if finding["rule"] == "OSG102")
    (offer,) = finding["params"]["instead"]
    assert (offer["purl"], offer["approved"]) == ("pkg:npm/is-odd@3.0.1", True)
    assert "is-odd 3.0.1" in open_house.osgate("explain", "pkg:npm/is-odd@4.0.0", at=path).out
    open_house.made("zhang.san", "block", "pkg:npm/is-odd@3.0.1", "--reason", "malicious release")
    assert open_house.desk().code == 0
    assert "= instead:" not in open_house.check(path).out
