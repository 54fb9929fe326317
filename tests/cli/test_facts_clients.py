"""Clients are run bounded, in an empty folder, and with little of our environment."""

from __future__ import annotations

import os
import sys

import pytest

from osgate.cli.facts_clients import Runner, scrubbed
from osgate.model.fact import Unknown

SHOW = "import os; print(os.listdir('.'), os.getcwd()); raise SystemExit(3)"


def test_a_client_starts_in_an_empty_folder_and_its_end_is_told() -> None:
    done = Runner()((sys.executable, "-c", SHOW))
    assert not isinstance(done, Unknown)
    code, out, _ = done
    listed, folder = out.decode().split(maxsplit=1)
    assert (code, listed) == (3, "[]")
    assert folder.strip() != os.getcwd()
    assert not os.path.exists(folder.strip())


def test_time_and_size_are_bounded() -> None:
    assert Runner(seconds=0.3)((sys.executable, "-c", "import time; time.sleep(60)")) == Unknown("timeout")
    assert Runner(total=0)((sys.executable, "-c", "")) == Unknown("timeout")
    assert Runner(largest=10)((sys.executable, "-c", "print('x' * 100_000)")) == Unknown("too-large")


def test_only_what_a_client_needs_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example.com/simple")
    monkeypatch.setenv("CI_JOB_TOKEN", "s3cret")
    given = scrubbed(os.environ)
    assert given["PIP_INDEX_URL"] == "https://packages.example.com/simple"
    assert "PATH" in given
    assert "CI_JOB_TOKEN" not in given
    assert scrubbed({"npm_config_registry": "x", "https_proxy": "y", "NODE_OPTIONS": "z"}) == {
        "npm_config_registry": "x",
        "https_proxy": "y",
    }
