"""A06: what got in past the gate, from the forge and from the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.test_github import FLOW, GATE, POLICY
from fleet.test_gitlab import POLICY as PROJECT
from flow.house import House, patched
from github_contract.contract import rest
from osgate import cli
from osgate.testing import records
from osgate.testing.github import FakeGitHub
from osgate.testing.gitlab.fake import FakeGitLab

HUB = ("report", "bypass", "--forge", "github", "--org", "bank", "--policy-project", POLICY)
LAB = ("report", "bypass", "--forge", "gitlab", "--group", "bank", "--policy-project", PROJECT)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """A bank where one change was merged with the gate's verdict, and one without."""
    with FakeGitHub(contract=rest, ghes="3.19.0") as made:
        owner = made.user("chen.ba")
        made.org("bank", {owner: "admin"})
        made.repo(POLICY, {FLOW: GATE})
        made.repo("bank/core", {"README.md": b"hello\n"})
        app = made.repo("bank/app", {"README.md": b"hello\n"})
        for name in ("green", "none"):
            made.push(app, name, {f"{name}.txt": b"x\n"})
            change = made.pull(app, name)
            if name == "green":
                made.check(app, change.head, "osgate / intake")
            made.merge(change)
        monkeypatch.setenv("OSGATE_FORGE_URL", made.web_url)
        monkeypatch.setenv("OSGATE_TOKEN", made.as_user(owner, ("repo", "admin:org")))
        yield made
        assert made.violations == []


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code, found = cli.main(list(words)), capsys.readouterr()
    assert code in (0, 1, 4), found.err
    return code, found.out


def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A ledger with a waiver in force, one that waits, and an approval that broke the glass."""
    house = patched(monkeypatch, House(tmp_path / "house"))
    waiver = records.waive(expires="2026-12-21", reason="the review takes a week")
    request = records.request("wang.wu")
    for record in (waiver, request, records.waive("zhao.liu", role="legal", expires="2026-12-20", reason="one more")):
        house.push(record)
    assert house.desk().code == 0
    house.push(records.confirm(waiver, "li.si", "legal"))
    house.push(records.break_glass(request))
    assert house.desk().code == 0
    return house


def test_A06_merges_without_a_verdict_and_waivers_with_reason_approvers_and_end_are_listed(
    fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house = ledger(tmp_path, monkeypatch)
    words = (*HUB, "--since", fake.world.now[:10], "--policy-repo", str(house.bare))
    code, out = told(capsys, *words, "--format", "json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    (merge,) = [row for row in rows if row["kind"] == "merge"]
    assert (merge["project"], merge["code"], merge["number"]) == ("bank/app", "merged", "#2")
    stands, waits = [row for row in rows if row["kind"] == "waiver"]
    assert {stands["state"], waits["state"]} == {"in force", "proposed"}
    stands = stands if stands["state"] == "in force" else waits
    assert (stands["rules"], stands["expires"]) == (["OSG101"], "2026-12-21")
    assert stands["reason"] == "the review takes a week"
    assert [(one["person"], one["role"]) for one in stands["approvers"]] == [("zhang.san", "tech"), ("li.si", "legal")]
    (glass,) = [row for row in rows if row["kind"] == "break-glass"]
    assert (glass["state"], glass["on"][0].split()[0]) == ("in force", records.LEFT_PAD)
    assert (glass["incident"] is None, [one["person"] for one in glass["approvers"]]) == (False, ["zhang.san"])
    code, out = told(capsys, *words, "--language", "en")
    assert code == 1
    for line in ("bank/app", "#2 was merged without", "1 merge past the gate", "the review takes a week", "2026-12-21"):
        assert line in out
    assert "zhang.san as tech on " in out
    assert "li.si as legal on " in out


def test_without_a_merge_past_it_the_report_is_good_and_what_cannot_be_looked_at_is_not(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    since = ("--since", fake.world.now[:10])
    assert told(capsys, *HUB, *since, "--only", "core", "--format", "json") == (0, "")
    fake.fail("GET", r"/repos/bank/core$", 404, times=9)
    code, out = told(capsys, *HUB, *since, "--format", "json")
    assert code == 4
    assert {json.loads(line)["kind"] for line in out.splitlines()} == {"merge", "failed"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (HUB, "--since"),
        (("report", "bypass", "--since", "2026-11-01"), "--forge"),
        ((*HUB, "--since", "yesterday"), "yesterday"),
        (("report", *HUB[2:], "--since", "2026-11-01"), "bypass"),
        (("report", "byepass", *HUB[2:], "--since", "2026-11-01"), "byepass"),
        ((*HUB, "--since", "2026-11-01", "--group", "bank"), "--group"),
        ((*HUB[:3], "gitea", *HUB[4:], "--since", "2026-11-01"), "gitea"),
        ((*HUB[:4], "--since", "2026-11-01"), "--org"),
    ],
)
def test_what_is_asked_wrong_is_told(
    fake: FakeGitHub, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    assert cli.main([*words, "--language", "en"]) == 2
    assert says in capsys.readouterr().err


def test_merges_at_gitlab_are_listed_the_same_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeGitLab() as lab:
        group = lab.group("bank", {lab.user("chen.ba"): 50})
        monkeypatch.setenv("OSGATE_FORGE_URL", lab.web_url)
        monkeypatch.setenv("OSGATE_TOKEN", lab.as_bot(group, 50))
        app = lab.project("bank/core/app", {"README.md": b"hello\n"})
        lab.project(PROJECT, {"application.yml": b"include: []\n"})
        lab.push(app, "none", {"none.txt": b"x\n"})
        change = lab.merge_request(app, "none")
        change.state, change.merged_at, change.updated_at = "merged", lab.world.now, lab.world.now
        code, out = told(capsys, *LAB, "--since", lab.world.now[:10], "--format", "json")
        (row,) = [json.loads(line) for line in out.splitlines()]
        assert (code, row["project"], row["number"]) == (1, "bank/core/app", f"!{change.iid}")
        assert lab.violations == []
