"""An empty repository for each test, and a recorder in osgate's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from hooks.kit import RECORDER, Recorder, Repository, empty


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return empty(tmp_path / "repository")


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorder's program; its place is the same for every test, so that a hook may name it."""
    program = tmp_path_factory.mktemp("recording") / "osgate"
    program.write_text(RECORDER, encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def recorder(recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    log = tmp_path / "log"
    monkeypatch.setenv("RECORDER_LOG", str(log))
    return Recorder(recording, log)
