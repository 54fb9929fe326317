"""Runs the benchmarks: `run.py --python PATH [NAME...]`, where PATH is an interpreter with osgate installed."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

NAMES = (
    *("commit_path", "native_hook", "compile_ledger", "incremental_compile", "snapshot_lookup", "desk_rush"),
    "extraction",
    "server_hook",
    "github_action",
)


def main() -> int:
    """Run the benchmarks named, all by default; each prints its own table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="interpreter of the environment that is measured")
    parser.add_argument("--runs", type=int, default=25, help="interleaved runs of each command")
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="benchmarks to run")
    asked = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent))
    for name in asked.names or NAMES:
        print(f"== {name}", flush=True)
        importlib.import_module(name).main(asked.python, asked.runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
