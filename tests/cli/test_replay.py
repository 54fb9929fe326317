"""`osgate check --record` and `--replay`: one file in place of repository, ledger, facts and clock."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from cli.kit import call, lockfile
from osgate.facts.store import Store, create
from osgate.model.fact import Fact

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
    assert call("check", "--replay", str(tmp_path / "zh.json")) == printed
    assert os.listdir(alone) == []

    altered: Any = json.loads(run.read_text("utf-8"))
    altered["verdict"]["outcome"] = "pass"
    run.write_text(json.dumps(altered), encoding="utf-8")
    other = call("check", "--replay", str(run))
    assert other.code == 1
    assert '-  "outcome": "pass",' in other.err
    assert '+  "outcome": "block",' in other.err


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


@pytest.mark.parametrize("content", [None, "", "{}", '{"schema": "osgate.run/1"}'])
def test_what_is_no_run_is_told_in_words(repository: App, content: str | None) -> None:
    if content is not None:
        (repository.path / "run.json").write_text(content, encoding="utf-8")
    done = repository.check("--replay", "run.json")
    assert done.code == 2
    assert "Traceback" not in done.err


def test_a_run_that_cannot_be_written_is_told(app: App, tmp_path: Path) -> None:
    app.publish("approved")
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert app.check("--staged", "--record", str(tmp_path / "file/run.json")).code == 2
