"""What a commit costs: a lock of 1,000 packages with 20 new ones, all approved, among 100,000 decisions, by format."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import locks
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

KINDS = ("npm/package-", "pypi/package-", "maven/com.example/package-")
folder, decisions = sys.argv[1], int(sys.argv[2])
key = ssh.make_key(folder + "/desk", "desk")
sign = lambda message: ssh.sign(folder + "/desk", signatures.SNAPSHOT, message)
now = wiring.now().instant
standings = tuple(
    Standing("approve", f"pkg:{kind}{n}", f"vers:{kind.partition('/')[0]}/>={1 + n % 5}.0.0|<{2 + n % 5}.0.0",
             f"sha256:{n:064x}", f"sha256:{n // 10:064x}", 1, now, ("zhang.san", "li.si"), "2999-01-01")
    for n in range(decisions) for kind in (KINDS if n < 2000 else KINDS[:1])
)
policy = ValidPolicy(default_policy(SLUGS), {}, (Key(key),), (folder + "/published",))
publishing.publish(
    folder + "/published", State({}, standings, ()), policy, 1, "sha256:" + "0" * 64,
    lambda name, content: sealing.signed(manifest.manifest(1, now, "2999-01-01T00:00:00Z", "", name, content), sign),
    lambda: sealing.signed(manifest.takeaway(1, now, "2999-01-01T00:00:00Z", ()), sign),
)
open(folder + "/osgate.lock", "wb").write(printed(Lock((folder + "/published",), (Key(key),))))
"""


def main(python: str, runs: int) -> None:
    """Print, for each format, the medians and the ratio of the commit check over interpreter and two git calls."""
    with tempfile.TemporaryDirectory(prefix="osgate-bench-") as name:
        folder = Path(name)
        environment = {**os.environ, "OSGATE_CACHE": str(folder / "cache"), "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run([python, "-c", PUBLISH, str(folder), str(DECISIONS)], check=True, env=environment)
        osgate = str(Path(python).with_name("osgate"))
        git = "git diff --cached --raw -z --no-abbrev --no-renames >/dev/null && git cat-file --batch </dev/null"
        floor = "python -c pass, two git calls"
        for kind, (path, write) in locks.FORMATS.items():
            repository = _prepare(folder, kind, path, write, osgate, environment)
            commands = {
                floor: ["sh", "-c", f"{python} -c pass && {git}"],
                "osgate check --staged": [osgate, "check", "--staged"],
            }
            said = subprocess.run([osgate, "check", "--staged"], cwd=repository, env=environment, capture_output=True)
            size = len(write(PACKAGES)) // 1024
            print(f"-- {kind}: {path}, {size} KB\n{said.stdout.decode().strip()}", flush=True)
            print(timing.table(timing.interleaved(commands, repository, runs, environment), floor), flush=True)


def _prepare(folder: Path, kind: str, path: str, write: locks.Writer, osgate: str, environment: dict[str, str]) -> Path:
    """A repository whose index adds the new packages, and a fetched snapshot that approves them."""
    repository = folder / kind
    (repository / ".osgate").mkdir(parents=True)
    (repository / ".osgate" / "config.toml").write_text('project = "app"\n')
    (repository / ".osgate" / "osgate.lock").write_bytes((folder / "osgate.lock").read_bytes())
    (repository / path).write_text(write(PACKAGES - NEW))

    def git(*words: str) -> None:
        identity = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com")
        subprocess.run(["git", *identity, *words], cwd=repository, check=True, env=environment)

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "-m", "before")
    (repository / path).write_text(write(PACKAGES))
    git("add", "--all")
    subprocess.run([osgate, "sync"], cwd=repository, check=True, env=environment, capture_output=True)
    return repository
