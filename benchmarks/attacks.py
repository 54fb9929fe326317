"""Which rule stops which attack since 2024, by default or with more in the policy, and what is not stopped.

    python benchmarks/attacks.py [NAME...]

Each attack is the change that would have brought it in, judged as `osgate check` judges it: real manifests before and
after, a store of facts as the registry filled it, an index of advisories, and an approval by people of the range it was
in. The tests run the same rows. Prints a table; ends with 1 where a row is not as it says.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from osgate.model.finding import SLUGS
from scenarios import attacks
from scenarios.attacks import Attack, World, seen


def main(names: list[str]) -> int:
    """Play the attacks named, all by default, and print the table; return 1 where one ends otherwise than it says, 2
    for a name of none."""
    wanted = [row for row in attacks.TABLE if row.name in names or not names]
    if not wanted:
        print(f"no such attack: {' '.join(names)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="osgate-attacks-") as name:
        wrong = sum([_played(row, Path(name)) for row in wanted])
    stopped = [row for row in wanted if row.by]
    plain = sum(not row.needs for row in stopped)
    more = f"{len(stopped) - plain} more by what it may say besides"
    print(f"{plain} of {len(wanted)} stopped by the default policy, {more}; {wrong} rows wrong")
    return 1 if wrong else 0


def _played(row: Attack, folder: Path) -> bool:
    """Play one attack and print its row; True where it ends otherwise than it says."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        world = World(Path(name), row.day)
        by, told = seen(row.play(world))
        world.close()
    said = "; ".join(f"{rule} {SLUGS[rule]}" for rule in by) or "not stopped"
    warned = "".join(f"; warns: {rule} {SLUGS[rule]}" for rule in told)
    needs = f" (with {row.needs})" if row.needs else ""
    wrong = (by, told) != (row.by, row.told)
    print(f"{row.name:22} {row.change}\n{'':22} -> {said}{warned}{needs}" if not wrong else _wrong(row, said + warned))
    return wrong


def _wrong(row: Attack, said: str) -> str:
    return (
        f"{row.name:22} WRONG: {row.change}\n{'':22} -> {said}; expected: {' '.join((*row.by, *row.told)) or 'nothing'}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
