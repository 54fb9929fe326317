"""`benchmarks/version_vectors.py` on vectors of its own: what it counts, and when it fails."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks/version_vectors.py"
GOOD = ["1.0", "<", "2.0"]
DOCUMENTED = ["1-1", "=", "1-ga-1"]
WRONG = ["1.0", ">", "2.0"]


@pytest.mark.parametrize(
    ("rows", "code", "counts"),
    [
        ([GOOD, DOCUMENTED], 0, ["2", "1", "1", "1", "0"]),
        ([GOOD, DOCUMENTED, WRONG], 1, ["3", "1", "2", "1", "0"]),
        ([], 2, None),
    ],
)
def test_a_wrong_line_that_nobody_has_documented_fails(
    tmp_path: Path, rows: list[list[str]], code: int, counts: list[str] | None
) -> None:
    if rows:
        packed = gzip.compress(json.dumps({"maven-versions": rows}).encode())
        (tmp_path / "osv-semantic.json.gz").write_bytes(packed)
    done = subprocess.run([sys.executable, str(SCRIPT), str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    if counts:
        assert done.stdout.splitlines()[-1].split() == ["all", *counts]
        assert ("1.0 > 2.0: WRONG" in done.stdout) is (code == 1)
