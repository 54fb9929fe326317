"""What a commit costs: a lockfile of 1,000 packages with 20 new ones, all approved, among 100,000 decisions."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import timing

PACKAGES, NEW, DECISIONS = 1000, 20, 100_000
# Runs in the environment that is measured, so that the snapshot is written by the osgate it holds.
PUBLISH = """
import sys
from osgate import wiring
from osgate.intake_desk import publishing, sealing
from osgate.io import ssh
from osgate.ledger import manifest, signatures
from osgate.ledger.fold import State
from osgate.ledger.lock import Lock, printed
from osgate.model.decision import Standing
from osgate.model.finding import SLUGS
from osgate.model.policy import Key
from osgate.policy.default import default_policy
from osgate.policy.valid import ValidPolicy

folder, decisions = sys.argv[1], int(sys.argv[2])
key = ssh.make_key(folder + "/desk", "desk")
sign = lambda message: ssh.sign(folder + "/desk", signatures.SNAPSHOT, message)
now = wiring.now().instant
standings = tuple(
    Standing("approve", f"pkg:npm/package-{n}", f"vers:npm/>={1 + n % 5}.0.0|<{2 + n % 5}.0.0",
             f"sha256:{n:064x}", f"sha256:{n // 10:064x}", 1, now, ("zhang.san", "li.si"), "2999-01-01")
    for n in range(decisions)
)
policy = ValidPolicy(default_policy(SLUGS), {}, (Key(key),), (folder + "/published",))
publishing.publish(
    folder + "/published", State({}, standings, ()), policy, 1, "sha256:" + "0" * 64,
    lambda name, content: sealing.signed(manifest.manifest(1, now, "2999-01-01T00:00:00Z", "", name, content), sign),
    lambda: sealing.signed(manifest.takeaway(1, now, "2999-01-01T00:00:00Z", ()), sign),
)
open(folder + "/osgate.lock", "wb").write(printed(Lock((folder + "/published",), (Key(key),))))
"""


def lockfile(count: int) -> str:
    """Return a package-lock.json (version 3) as npm writes it, with `count` packages in chains of five."""
    packages: dict[str, Any] = {"": {"name": "app", "version": "1.0.0", "dependencies": {}}}
    for n in range(count):
        name = f"package-{n}"
        if n % 5 == 0:
            packages[""]["dependencies"][name] = "^1.0.0"
        entry: dict[str, Any] = {
            "version": f"{1 + n % 5}.{n % 17}.{n % 7}",
            "resolved": f"https://packages.example.com/{name}/-/{name}-{1 + n % 5}.{n % 17}.{n % 7}.tgz",
            "integrity": "sha512-" + "A" * 86 + "==",
            "license": "MIT",
            "engines": {"node": ">=18"},
        }
        if n % 5 != 4 and n + 1 < count:
            entry["dependencies"] = {f"package-{n + 1}": "^1.0.0"}
        packages[f"node_modules/{name}"] = entry
    return json.dumps({"name": "app", "lockfileVersion": 3, "requires": True, "packages": packages}, indent=2) + "\n"


def main(python: str, runs: int) -> None:
    """Print the medians and the ratio of the commit check over interpreter and two git calls."""
    with tempfile.TemporaryDirectory(prefix="osgate-bench-") as name:
        folder = Path(name)
        environment = {**os.environ, "OSGATE_CACHE": str(folder / "cache"), "GIT_CONFIG_NOSYSTEM": "1"}
        repository = _prepare(folder, python, environment)
        osgate = str(Path(python).with_name("osgate"))
        git = "git diff --cached --raw -z --no-abbrev --no-renames >/dev/null && git cat-file --batch </dev/null"
        commands = {
            "python -c pass, two git calls": ["sh", "-c", f"{python} -c pass && {git}"],
            "osgate check --staged": [osgate, "check", "--staged"],
        }
        said = subprocess.run(commands["osgate check --staged"], cwd=repository, env=environment, capture_output=True)
        print(said.stdout.decode().strip())
        taken = timing.interleaved(commands, repository, runs, environment)
        print(timing.table(taken, "python -c pass, two git calls"))


def _prepare(folder: Path, python: str, environment: dict[str, str]) -> Path:
    """A repository whose index adds the new packages, and a fetched snapshot that approves them."""
    subprocess.run([python, "-c", PUBLISH, str(folder), str(DECISIONS)], check=True, env=environment)
    repository = folder / "app"
    (repository / ".osgate").mkdir(parents=True)
    (repository / ".osgate" / "config.toml").write_text('project = "app"\n')
    (repository / ".osgate" / "osgate.lock").write_bytes((folder / "osgate.lock").read_bytes())
    (repository / "package-lock.json").write_text(lockfile(PACKAGES - NEW))

    def git(*words: str) -> None:
        identity = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com")
        subprocess.run(["git", *identity, *words], cwd=repository, check=True, env=environment)

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "-m", "before")
    (repository / "package-lock.json").write_text(lockfile(PACKAGES))
    git("add", "--all")
    osgate = str(Path(python).with_name("osgate"))
    subprocess.run([osgate, "sync"], cwd=repository, check=True, env=environment)
    return repository
