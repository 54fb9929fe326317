"""What a reviewed pull request gate gets wrong, and what osgate does: scenarios A to N, at a fake GitHub.

    python benchmarks/github_gate.py [NAME...]

The peer is actions/dependency-review-action 4.9.0, as it was seen against a fake interface. Here every job is the real
program in a process of its own: `osgate check --ci` on what it has fetched with the job's token, then `osgate comment
--run`, both with the environment of the event; every call is held against GitHub's own description of its interface.
Prints a table and ends with 1 where a row is wrong. The tests run the same rows in one process, without the pauses.
"""

from __future__ import annotations

import sys
import tempfile
import textwrap
import time
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from github_contract.contract import documents, rest
from scenarios import rows
from scenarios.bank import Bank, apart, fetched
from scenarios.rows import Outcome

COLUMNS = (("", 3), ("the peer", 32), ("osgate must", 30), ("osgate did", 48), ("", 5))


def main(names: list[str]) -> int:
    """Run the rows named, all by default, and print the table; return 1 where one is wrong, 2 for a name of none."""
    from conftest import clean_environment

    wanted = [row for row in rows.TABLE if row.id in names or not names]
    if not wanted:
        print(f"no such scenario: {' '.join(names)}", file=sys.stderr)
        return 2
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="osgate-gate-") as name:
        home = Path(name) / "home"
        home.mkdir()
        clean_environment(home)
        bank = Bank(Path(name), apart, fetched, contract=rest, graphql=documents)
        wrong = table(rows.played(row, bank) for row in wanted)
        bank.fake.close()
    for violation in bank.fake.violations:
        print(f"not as GitHub describes it: {violation}")
    seconds = time.monotonic() - began
    print(f"{len(wanted) - wrong} of {len(wanted)} right, {len(bank.fake.calls)} calls of the forge, {seconds:.0f} s")
    return 1 if wrong or bank.fake.violations else 0


def table(outcomes: Iterable[Outcome]) -> int:
    """Print the table as its rows come; return how many of them are wrong."""
    print(_line([title for title, _ in COLUMNS]), _ruled(), sep="\n", flush=True)
    wrong = 0
    for outcome in outcomes:
        wrong += not outcome.right
        print(_shown(outcome), _ruled(), sep="\n", flush=True)
    return wrong


def _shown(outcome: Outcome) -> str:
    row = outcome.row
    did = [what if right else f"WRONG: {what}" for what, right in outcome.seen]
    did += [f"({row.stand_in})"] if row.stand_in else []
    return _line([row.id, row.peer, row.must, "\n".join(did), "right" if outcome.right else "WRONG"])


def _line(cells: list[str]) -> str:
    """Cells beside each other, each wrapped to its column."""
    wrapped = [list(_wrapped(cell, width)) for cell, (_, width) in zip(cells, COLUMNS, strict=True)]
    lines = zip_longest(*wrapped, fillvalue="")
    return "\n".join(" | ".join(_padded(line)).rstrip() for line in lines)


def _padded(line: tuple[str, ...]) -> Iterator[str]:
    return (part.ljust(width) for part, (_, width) in zip(line, COLUMNS, strict=True))


def _wrapped(cell: str, width: int) -> Iterator[str]:
    for paragraph in cell.split("\n"):
        yield from textwrap.wrap(paragraph, width) or [""]


def _ruled() -> str:
    return "-+-".join("-" * width for _, width in COLUMNS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
