"""A test by chance: every lock the tools wrote, each with one byte changed at 500 places, read in both ways.

`python benchmarks/flip_bytes.py [PLACES] [FILE...]`. For each changed file the quick reading (the scanner, where it
does not hand over) must say what the full parser says, and the reading of both sides of the change at once must lead to
the intake of two full readings. Prints a line a file and ends with 1 where anything differs. The tests run a sample.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from unittest import mock

import locks

from osgate.formats import table
from osgate.formats.pnpm_lock.scan import Scanner
from osgate.formats.uv_lock import scan as uv_scan
from osgate.intake.diff import intake, read_whole
from osgate.model.change import Blob, ChangedFile, ChangeSet
from osgate.model.dependency import Unreadable

CASES = Path(__file__).resolve().parents[1] / "tests/formats/cases"
LIKELY = b"abz09 :'\"{}[],#&*!|>-%@`~?\n\t\r/.()_^=\\<x\x00\x7f"


def main(words: list[str]) -> int:
    """Flip and compare; return 1 where two readings differ."""
    places = int(words[0]) if words else 500
    wrong = 0
    for name, path, data in _files([Path(word) for word in words[1:]]):
        found = _flipped(name, path, data, places)
        wrong += found
        print(f"{name}: {len(data) // 1024} KB, {places} places, {found} differ", flush=True)
    return 1 if wrong else 0


def _files(given: list[Path]) -> Iterator[tuple[str, str, bytes]]:
    """Yield (name, path a reader knows it by, content): files given, else real locks and some of our own making."""
    for file in given:
        yield str(file), file.name, file.read_bytes()
    if given:
        return
    for file in sorted(CASES.glob("*/*/*")):
        if file.name in ("pnpm-lock.yaml", "uv.lock", "pom.xml", "package-lock.json") and _readable(file):
            yield f"{file.parent.parent.name}/{file.parent.name}", file.name, file.read_bytes()
    for kind, (path, write) in locks.FORMATS.items():
        yield f"made/{kind}", path, write(40).encode()


def _readable(file: Path) -> bool:
    return file.stat().st_size > 1500 and not isinstance(_read(file.name, file.read_bytes()), str)


def _flipped(name: str, path: str, data: bytes, places: int) -> int:
    chance, wrong = Random(name), 0
    for _ in range(places):
        at = chance.randrange(len(data))
        odd = bytes([chance.choice(LIKELY) if chance.random() < 0.8 else chance.randrange(256)])
        other = data[:at] + chance.choice((odd, b"", odd + odd)) + data[at + chance.randint(0, 1) :]
        sides = [(data, other), (other, data)]
        same = _read(path, other) == _fully(lambda other=other: _read(path, other))
        same = same and all(_taken_in(path, *side, table.read_change) == _whole(path, *side) for side in sides)
        if not same:
            wrong += 1
            print(f"  differs at byte {at} ({odd!r})")
    return wrong


def _read(path: str, data: bytes) -> object:
    """The dependencies of a file, or why there are none."""
    try:
        return tuple(table.read(path, data, {}.get))
    except Unreadable as why:
        return f"{why.reason} {why.ambiguous}"


def _fully(act: Callable[[], object]) -> object:
    """What `act` gives where no scanner takes any file."""

    def refuse(*_: object) -> None:
        raise uv_scan.Strange

    with mock.patch.object(Scanner, "scan", return_value=None), mock.patch.object(uv_scan, "document", refuse):
        return act()


def _taken_in(path: str, before: bytes, after: bytes, change_reader: Callable[..., object]) -> object:
    file = ChangedFile(path, Blob("file", before), Blob("file", after))
    found = intake(ChangeSet("", "", (file,), {}.get, {}.get), table.read, table.match, change_reader)
    return found.introduced, [(p.reason, p.ambiguous) for p in found.problems], found.removed, found.gaps


def _whole(path: str, before: bytes, after: bytes) -> object:
    return _taken_in(path, before, after, read_whole)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
