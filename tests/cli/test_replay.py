"""`osgate check --record` and `--replay`: one file in place of repository, ledger, facts and clock."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from cli.kit import call, lockfile
from osgate.cli import replay_told
from osgate.facts.store import Store, create
from osgate.model.fact import Fact
from osgate.text.translator import Translator

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import App

WITHDRAWN = (("licence", "MIT"), ("yanked", "broken"))


def stored(folder: Path) -> Path:
    """A store of facts that tells of a version that was withdrawn."""
    folder.mkdir()
    create(str(folder / "facts.sqlite"))
    told = Store(str(folder / "facts.sqlite"), write=True)
    source = "packages.example.com (npm)"
    purl = "pkg:npm/is-odd@1.0.0"
    told.put([Fact(purl, name, value, source, "2026-11-20") for name, value in WITHDRAWN], "2026-11-20T00:00:00Z")
    told.close()
    return folder


def test_a_recorded_check_is_replayed_byte_for_byte_without_repository_or_ledger(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.publish("blocked")
    app.write("package-lock.json", lockfile("left-pad@1.3.0", "is-odd@1.0.0"))
    facts = stored(tmp_path / "facts")
    run = tmp_path / "run.json"
    done = app.check("--staged", "--facts", str(facts), "--format", "json", "--record", str(run))
    assert done.code == 1
    assert {"OSG105", "OSG701"} <= {finding["rule"] for finding in json.loads(done.out)["findings"]}
    asked = ("--staged", "--facts", str(facts), "--language", "zh_CN")
    printed = app.check(*asked, "--record", str(tmp_path / "zh.json"))
    shutil.rmtree(facts)
    alone = tmp_path / "elsewhere"
    alone.mkdir()
    monkeypatch.chdir(alone)
    monkeypatch.setenv("OSGATE_CACHE", str(alone / "cache"))
    again = call("check", "--replay", str(run), "--format", "json")
    assert (again.code, again.out, again.err) == (1, done.out, "")
    other = call("check", "--replay", str(tmp_path / "zh.json"))
    assert (other.code, other.out) == (printed.code, printed.out)
    assert other.err == f"据 {tmp_path / 'zh.json'} 重放；该文件未经签名\n" + printed.err
    assert os.listdir(alone) == []

    altered: Any = json.loads(run.read_text("utf-8"))
    altered["verdict"]["outcome"] = "pass"
    run.write_text(json.dumps(altered), encoding="utf-8")
    other = call("check", "--replay", str(run))
    assert other.code == 1
    assert "the file may have been changed, it is not signed" in other.err
    assert other.err.splitlines()[1:] == [
        "  outcome: pass then, block now",
        f"replayed from {run}; the file is not signed",
    ]


def test_findings_that_differ_are_told_in_words_and_others_are_named() -> None:
    before: dict[str, Any] = {
        "outcome": "block",
        "findings": [
            {"rule": "OSG501", "purl": "pkg:npm/axios@1.0.0", "severity": "error"},
            {"rule": "OSG301", "purl": None, "path": "package-lock.json", "line": 1},
        ],
        "sources": [],
    }
    now: dict[str, Any] = {
        "outcome": "block",
        "findings": [
            {"rule": "OSG502", "purl": "pkg:npm/axios@1.0.0", "severity": "warning"},
            {"rule": "OSG301", "purl": None, "path": "package-lock.json", "line": 2},
        ],
        "sources": [{"name": "x"}],
    }
    assert list(replay_told.lines(before, now, Translator("en"))) == [
        "no longer: OSG501 pkg:npm/axios@1.0.0",
        "new: OSG502 pkg:npm/axios@1.0.0",
        "otherwise: OSG301 package-lock.json (line)",
        "otherwise: sources",
    ]
    assert next(replay_told.lines(before, now, Translator("zh_CN"))) == "不再出现：OSG501 pkg:npm/axios@1.0.0"


@pytest.mark.parametrize("findings", [None, 7, "x", [1, None], [{"rule": ["a"]}] * 2, {"a": 1}])
def test_a_verdict_that_nobody_wrote_is_held_against_ours(findings: object) -> None:
    told = list(replay_told.lines({"findings": findings}, {"findings": []}, Translator("en")))
    assert told
    assert all(len(line) < 200 for line in told)


def test_another_version_is_named_and_a_long_list_is_cut(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.publish("blocked")
    app.write("package-lock.json", lockfile("left-pad@1.3.0"))
    run = tmp_path / "run.json"
    app.check("--staged", "--record", str(run))
    altered: Any = json.loads(run.read_text("utf-8"))
    altered["osgate"] = "0.0.9"
    altered["verdict"]["findings"] += [{"rule": "OSG999", "purl": f"pkg:npm/a@{n}"} for n in range(60)]
    run.write_text(json.dumps(altered), encoding="utf-8")
    told = call("check", "--replay", str(run), "--language", "zh_CN").err.splitlines()
    assert told[0].startswith("记录时的 osgate 0.0.9")
    assert (len(told), told[-2]) == (43, "  另有 20 处")


@pytest.mark.parametrize(
    "words",
    [
        ("--replay", "run.json", "--staged"),
        ("--replay", "run.json", "--mode", "observe"),
        ("--replay", "run.json", "--record", "other.json"),
        ("--replay", "run.json", "package-lock.json"),
        ("--pushed", "--record", "run.json"),
    ],
)
def test_flags_that_ask_for_another_check_are_refused(repository: App, words: tuple[str, ...]) -> None:
    assert repository.check(*words).code == 2


@pytest.mark.parametrize(
    ("place", "forged"),
    [
        ("gaps", {"subject": "x", "reason": "nobody-has-it", "params": []}),
        ("gaps", {"subject": "x", "reason": "blind", "params": []}),
        ("gaps", {"subject": "x", "reason": "error.none", "params": []}),
        ("problems", {"path": "x", "line": 1, "reason": "none", "ambiguous": False}),
        ("change", "appeared"),
    ],
)
def test_a_forged_run_of_codes_that_nobody_has_is_told_in_words(app: App, place: str, forged: object) -> None:
    app.publish("blocked")
    app.write("package-lock.json", lockfile("left-pad@1.3.0"))
    app.check("--staged", "--record", "run.json")
    run: Any = json.loads((app.path / "run.json").read_text("utf-8"))
    if place == "change":
        run["run"]["intake"]["introduced"][0]["change"] = forged
    else:
        run["run"]["intake"][place] = [{"about": "content", "mark": "", "params": [], **dict(forged)}]  # type: ignore[call-overload]
        if place == "gaps":
            run["run"]["intake"][place] = [forged]
    (app.path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    done = app.check("--replay", "run.json")
    assert (done.code, "the file was altered" in done.err) == (2, True), done.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "无法读取"),
        ("", "内容不是有效的 JSON"),
        ("[" * 100000, "内容不是有效的 JSON"),
        ("{}", "字段 schema 不是 osgate.run/1"),
        ('{"schema": "osgate.run/1"}', "顶层字段有缺失或多余"),
        ('{"schema": "osgate.run/1", "osgate": "1", "run": {}, "verdict": {}}', "Run 处缺少内容或类型不符"),
        ('{"schema": "osgate.run/1", "osgate": "1", "run": {"form": 7}, "verdict": {}}', "Run.form 处缺少"),
    ],
)
def test_what_is_no_run_is_told_in_words(repository: App, content: str | None, said: str) -> None:
    if content is not None:
        (repository.path / "run.json").write_text(content, encoding="utf-8")
    done = repository.check("--replay", "run.json", "--language", "zh_CN")
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_run_that_cannot_be_written_is_told(app: App, tmp_path: Path) -> None:
    app.publish("approved")
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert app.check("--staged", "--record", str(tmp_path / "file/run.json")).code == 2
