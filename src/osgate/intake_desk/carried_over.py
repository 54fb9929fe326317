"""Bringing back what was published last, for a desk whose machine starts empty every time.

With it the desk builds on the snapshot that is there, readers still find the file their manifest names, and a ledger
that was cut short is told from a new one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable

from osgate.errors import Undecided
from osgate.io import files
from osgate.ledger.manifest import MANIFEST_FILE, TAKEAWAY_FILE

# (address, name, most bytes) -> the file's content. Raises Undecided.
Get = Callable[[str, str, int], bytes]
_SNAPSHOT = re.compile(r"snapshot-\d{1,18}-[0-9a-f]{12}\.sqlite\Z")
_SMALL, _LARGE = 64 << 20, 1 << 30


def carry_over(folder: str, addresses: Iterable[str], get: Get) -> tuple[Undecided, ...]:
    """Fill an empty `folder` with what the first of `addresses` that answers has; return why others did not.

    Nothing is believed here: the desk checks signatures as it reads. Raises OSError where `folder` cannot be written.
    """
    failed: list[Undecided] = []
    if os.path.exists(os.path.join(folder, MANIFEST_FILE)):
        return ()
    for address in addresses:
        if os.path.realpath(address) == os.path.realpath(folder):
            continue
        try:
            manifest, takeaway = get(address, MANIFEST_FILE, _SMALL), get(address, TAKEAWAY_FILE, _SMALL)
            name = _named(manifest)
            snapshot = get(address, name, _LARGE) if name else b""
        except Undecided as error:
            failed.append(error)
            continue
        for path, content in ((name, snapshot), (TAKEAWAY_FILE, takeaway), (MANIFEST_FILE, manifest)):
            if path:
                files.write(os.path.join(folder, path), content)
        return tuple(failed)
    return tuple(failed)


def _named(manifest: bytes) -> str:
    """The snapshot that a manifest names, if it is a name as the desk gives them."""
    try:
        name = str(json.loads(manifest)["file"])
    except (ValueError, RecursionError, LookupError, TypeError):
        return ""
    return name if _SNAPSHOT.match(name) else ""
