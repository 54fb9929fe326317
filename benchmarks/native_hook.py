"""What a commit without a manifest costs: the native hook over the one git call it makes."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import timing

HOOK = Path(__file__).resolve().parents[1] / "hooks" / "pre-commit"


def main(python: str, runs: int) -> None:
    """Print the medians and the ratio; `python` is not needed, the hook never starts it here."""
    with tempfile.TemporaryDirectory(prefix="osgate-bench-") as name:
        repository = Path(name)
        subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
        for number in range(200):
            (repository / f"file-{number}.txt").write_text(f"{number}\n")
        subprocess.run(["git", "add", "--all"], cwd=repository, check=True)
        identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
        subprocess.run(["git", *identity, "commit", "--quiet", "-m", "before"], cwd=repository, check=True)
        (repository / "file-1.txt").write_text("changed\n")
        subprocess.run(["git", "add", "--all"], cwd=repository, check=True)
        base = "git diff --cached --quiet -- no-such-file"
        commands = {base: base.split(), "hooks/pre-commit": [str(HOOK)]}
        print(timing.table(timing.interleaved(commands, repository, runs * 4), base))
