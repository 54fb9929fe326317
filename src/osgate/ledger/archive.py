"""Archives: old records and seals in one file instead of one file each. Pure.

`archive/<first>-<last>.jsonl` holds what the seals of these serials sealed, one line a file: its path and its text. A
line has one spelling, so that a changed byte is either a broken line or a changed record, and told like one. Archives
are written once and never appended to; only the living part of the ledger grows, one file a record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

FOLDER = "archive/"
# Bytes of files in one archive, more or less: git servers turn down files of some 100 MB.
LARGE = 8 << 20
# Most bytes of an archive that is read: what one seal can take in, escaped.
LARGEST = 1 << 30
_PATH = re.compile(r"archive/([0-9]{6,})-([0-9]{6,})\.jsonl\Z")
_FLAW = re.compile(r"(archive/([0-9]{6,})-[0-9]{6,}\.jsonl):([0-9]+)\Z")


def path(first: int, last: int) -> str:
    """Return where the archive of the seals `first` to `last` lies in the policy repository."""
    return f"{FOLDER}{first:06d}-{last:06d}.jsonl"


def is_archive(path: str) -> bool:
    """True if an archive lies at `path`."""
    return _PATH.match(path) is not None


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the archive of files (path, content), in the order given. Raises ValueError for what is no UTF-8."""
    return b"".join(_line(path, content.decode("utf-8")) for path, content in files)


def _line(path: str, text: str) -> bytes:
    told = json.dumps({"path": path, "text": text}, ensure_ascii=False, separators=(",", ":"))
    return told.encode("utf-8", "surrogatepass") + b"\n"


def unpacked(where: str, data: bytes | None) -> Iterator[tuple[str, bytes]]:
    """Yield the files (path, content) of the archive at `where`.

    What is not a line that `packed` writes comes as `<where>:<line>` with its bytes (`is_flaw`); an archive that
    is too large to be read (None) comes as line 0.
    """
    if data is None:
        yield flaw(where, 0), b""
        return
    lines = data.split(b"\n")
    for number, line in enumerate(lines[:-1], 1):
        yield _read(line + b"\n") or (flaw(where, number), line)
    if lines[-1]:
        yield flaw(where, len(lines)), lines[-1]


def _read(line: bytes) -> tuple[str, bytes] | None:
    try:
        found = json.loads(line)
        path, text = found["path"], found["text"]
        return (path, text.encode("utf-8")) if isinstance(path, str) and _line(path, text) == line else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def flaw(where: str, line: int) -> str:
    """Return the name by which line `line` of the archive at `where` goes as long as it is no file."""
    return f"{where}:{line}"


def is_flaw(path: str) -> bool:
    """True if `path` is the name of a broken line."""
    return _FLAW.match(path) is not None


def place_of(flaw: str) -> tuple[str, int, int]:
    """Return the path, line and first serial of the archive that a broken line is in. Raises ValueError for no flaw."""
    found = _FLAW.match(flaw)
    if found is None:
        raise ValueError(flaw)
    return found[1], int(found[3]), int(found[2])
