"""A pull request does not judge itself: `check --ci` under GitHub's event, with what the gate reads changed in it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from cli.kit import git, lockfile

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import App


@pytest.fixture
def job(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """A pull request's commit as a runner has it, its branches fetched and its event's variables set."""
    app.publish("empty")
    git(tmp_path, "clone", "--quiet", "--bare", str(app.path), "origin.git")
    app.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    app.git("fetch", "--quiet", "origin")
    app.git("checkout", "--quiet", "--detach")
    for name in [name for name in os.environ if name.startswith(("CI_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    told = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main", "GITHUB_REPOSITORY": "bank/app"}
    for name, value in {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.example.test", **told}.items():
        monkeypatch.setenv(name, value)
    return app


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (".osgate/osgate.lock", '{"schema": "osgate.lock/1", "addresses": [], "keys": []}'),
        (".osgate/config.toml", 'mode = "observe"\n'),
        (".osgate/baseline.json", None),
    ],
    ids=["trust root", "configuration", "baseline"],
)
def test_a_pull_request_does_not_judge_itself(
    job: App, monkeypatch: pytest.MonkeyPatch, path: str, content: str | None
) -> None:
    entry = {"purl": "pkg:npm/evil@1.0.0", "path": "package-lock.json", "rules": ["OSG101"], "owner": "li.si"}
    excuse = {"schema": "osgate.baseline/1", "entries": [{**entry, "due": "2099-01-01"}]}
    job.write(path, content if content is not None else json.dumps(excuse))
    job.write("package-lock.json", lockfile("evil@1.0.0"))
    monkeypatch.setenv("GITHUB_SHA", job.commit())
    done = job.check("--ci", "--branches", "main", "--format", "json")
    assert done.code == 1, done
    assert {("OSG401", path), ("OSG101", "package-lock.json")} <= {
        (finding["rule"], finding["path"]) for finding in json.loads(done.out)["findings"]
    }
