"""What a job tells: the same of the same tree as the hook and every other forge's, and all of it in its log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cli.kit import git, lockfile
from cli.test_ci import CHANGE, LOCK, set_to

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import App

PULL = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_BASE_REF": "main",
    "GITHUB_REF_NAME": "4/merge",
    "GITHUB_REPOSITORY": "bank/app",
    "GITHUB_SERVER_URL": "https://github.example.test",
}


@pytest.fixture
def cloned(app: App, tmp_path: Path) -> App:
    """A clone with the branches of its origin, as a runner has it."""
    app.publish("empty")
    git(tmp_path, "clone", "--quiet", "--bare", str(app.path), "origin.git")
    app.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    app.git("fetch", "--quiet", "origin")
    app.git("checkout", "--quiet", "--detach")
    return app


@pytest.mark.parametrize("entry", ["pkg", "own files"])
def test_R10_8_the_hook_a_gitlab_job_and_a_github_job_find_the_same(
    entry: str, cloned: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloned.write(LOCK, lockfile("left-pad@1.3.0", "is-odd@3.0.1", "b@2.0.0-rc.1"))
    if entry == "own files":
        cloned.write(".osgate/config.toml", 'mode = "observe"\n')
    cloned.git("add", "--all")
    told = [cloned.check("--staged", "--format", "json")]
    head = cloned.commit()
    set_to(monkeypatch, {**CHANGE, "CI_COMMIT_SHA": head})
    told.append(cloned.check("--ci", "--format", "json"))
    told.append(cloned.check("--ci", "--branches", "main", "--format", "json"))
    # GitHub checks out the merge of the head into its target.
    cloned.git("checkout", "--quiet", "--detach", "origin/main")
    cloned.git("merge", "--quiet", "--no-ff", "-m", "Merge", head)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 4}}), encoding="utf-8")
    merged = {**PULL, "GITHUB_SHA": cloned.git("rev-parse", "HEAD"), "GITHUB_EVENT_PATH": event}
    set_to(monkeypatch, merged)
    told.append(cloned.check("--ci", "--format", "json"))

    first, *others = [_same(json.loads(done.out)) for done in told]
    assert {done.code for done in told} == {1}
    assert len(first["findings"]) == (3 if entry == "pkg" else 4)
    assert others == [first] * 3


def _same(verdict: dict[str, Any]) -> dict[str, Any]:
    return {name: verdict[name] for name in ("outcome", "introduced", "findings", "gaps")}


@pytest.mark.parametrize(("many", "whole"), [(10, False), (11, True)])
def test_what_has_no_annotation_stands_in_the_log(
    many: int, whole: bool, cloned: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cloned.write(LOCK, lockfile(*(f"p{n:02}@1.0.0" for n in range(many))))
    set_to(monkeypatch, {**PULL, "GITHUB_SHA": cloned.commit()})
    done = cloned.check("--ci", "--format", "github", "--output", f"github={tmp_path}/commands")
    assert done.code == 1
    commands = [line for line in done.out.splitlines() if line.startswith("::error ")]
    assert len(commands) == 10
    before, group, text = done.out.partition("::group::osgate\n")
    assert bool(group) == whole
    assert before == (tmp_path / "commands").read_text("utf-8")
    if whole:
        told, end, after = text.partition("::endgroup::\n")
        assert (bool(end), after) == (True, "")
        assert all(f"p{n:02} 1.0.0" in told and f"pkg:npm/p{n:02}@1.0.0" in told for n in range(many))
        assert not [line for line in told.splitlines() if line.lstrip().startswith("::")]
