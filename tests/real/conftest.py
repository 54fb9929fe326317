"""Runners of the forges, installed once, and an institution small enough for one lock."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from osgate import wiring
from osgate.intake_desk import publishing, sealing
from osgate.ledger import manifest
from osgate.ledger.fold import State
from osgate.ledger.lock import Lock, printed
from osgate.model.decision import Standing
from osgate.model.policy import Key
from osgate.testing.keys import SigningKey
from osgate.testing.policies import valid_policy
from real import github_runner, gitlab_runner

FAR = "2999-01-01T00:00:00Z"


class Trust:
    """An institution. lock: its trust root on one line. It approves left-pad 1.x, and what a test has it approve."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._desk, self._serial = folder, SigningKey("desk"), 0
        self._standing: tuple[Standing, ...] = ()
        self.lock = json.dumps(json.loads(printed(Lock((str(folder),), (Key(self._desk.public),)))))
        self.approve("pkg:npm/left-pad")

    def approve(self, component: str) -> None:
        """Publish a snapshot in which every version of one more component is approved."""
        self._serial += 1
        now, number = wiring.now(), str(self._serial)
        more = Standing(
            "approve", component, "vers:npm/*", "sha256:" + number * 64, "sha256:" + "a" * 64, self._serial, now.instant
        )
        self._standing += (more,)
        publishing.publish(
            str(self._folder),
            State({}, self._standing, (), {}),
            valid_policy(),
            self._serial,
            "sha256:" + "0" * 64,
            self._manifest,
            lambda: sealing.signed(manifest.takeaway(self._serial, now.instant, FAR, ()), self._desk.snapshot),
        )

    def _manifest(self, name: str, data: bytes) -> bytes:
        now = wiring.now().instant
        return sealing.signed(manifest.manifest(self._serial, now, FAR, "", name, data), self._desk.snapshot)


@pytest.fixture(scope="session")
def runner() -> gitlab_runner.Runner:
    """gitlab-ci-local, kept beside this environment's programs."""
    return gitlab_runner.Runner(Path(sys.prefix) / "osgate-runners" / "gitlab-ci-local-4.75.1")


@pytest.fixture(scope="session")
def act() -> github_runner.Runner:
    """act and the linters of workflows, kept in the same place."""
    return github_runner.Runner(Path(sys.prefix) / "osgate-runners" / "act-0.2.89")


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust(tmp_path / "published")
