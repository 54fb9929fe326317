"""The repository looks at itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def tracked() -> list[str]:
    """Paths of the files that are in the repository or would be added to it; outside git, of all that lie here."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
    return sorted(name for name in done.stdout.split("\0") if name and (ROOT / name).is_file())


@pytest.fixture(scope="session")
def texts(tracked: list[str]) -> dict[str, str]:
    """The text of every tracked file that is one."""
    found = {}
    for name in tracked:
        try:
            found[name] = (ROOT / name).read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
    return found
