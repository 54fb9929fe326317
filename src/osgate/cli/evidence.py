"""What a decision rests on: files by name, size and digest, and what other systems keep under a reference."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from osgate.cli import console, records
from osgate.errors import UsageError
from osgate.io import files


def given(asked: Mapping[str, str], command: str) -> list[dict[str, Any]]:
    """Return the evidence that `--evidence`, `--file` and `--reference SYSTEM:REFERENCE` name.

    Raises UsageError: `usage`, `path.missing`, `path.unreadable`, `path.not-file`, `path.too-large`.
    """
    found = [_file(path) for flag in ("evidence", "file") for path in records.listed(asked, flag)]
    return [*found, *(_reference(word, command) for word in records.listed(asked, "reference"))]


def _file(path: str) -> dict[str, Any]:
    """The file itself stays where the institution keeps such."""
    try:
        size, digest = files.fingerprint(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError("path.missing", path=path) from error
    except files.NotRegular as error:
        raise UsageError("path.not-file", path=path) from error
    except files.TooLarge as error:
        raise UsageError("path.too-large", path=path, limit=files.EVIDENCE_CAP >> 30) from error
    except (OSError, ValueError) as error:
        raise UsageError("path.unreadable", path=path, detail=getattr(error, "strerror", "") or str(error)) from error
    return {"name": os.path.basename(path), "size": size, "digest": digest}


def _reference(word: str, command: str) -> dict[str, Any]:
    system, colon, reference = word.partition(":")
    if not colon or not system.strip() or not reference.strip():
        raise console.usage(command, console.words()("usage.reference", found=word))
    return {"system": system.strip(), "reference": reference.strip()}
