"""Putting a snapshot where every repository can fetch it: the file first, what names it last."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from osgate.errors import Refused
from osgate.io import files
from osgate.ledger import codec, signatures, snapshot_write
from osgate.ledger.fold import State
from osgate.ledger.manifest import MANIFEST_FILE, TAKEAWAY_FILE
from osgate.model.policy import Key
from osgate.policy.valid import ValidPolicy

_NAME = re.compile(r"snapshot-(\d+)-[0-9a-f]{12}\.sqlite\Z")
# Snapshots kept beside the newest one, for readers that fetched the manifest before.
KEPT = 3


def publish(
    folder: str,
    state: State,
    valid: ValidPolicy,
    serial: int,
    anchor: str,
    manifest: Callable[[str, bytes], dict[str, Any]],
    takeaway: Callable[[], dict[str, Any]],
) -> None:
    """Compile and publish. manifest(name, content) and takeaway() give the signed documents. Raises OSError."""
    content = compiled(folder, lambda draft: snapshot_write.write(draft, state, valid, serial, anchor))
    put(folder, content, serial, manifest, takeaway)


def compiled(folder: str, write: Callable[[str], None]) -> bytes:
    """Return what `write(path)` writes to a file in `folder`, which is made if need be. Raises OSError."""
    os.makedirs(folder, exist_ok=True)
    files.remove_drafts(folder)
    draft = os.path.join(folder, "snapshot.sqlite.tmp")
    files.write(draft, b"")  # So that a folder nobody may write to says so as a file does, not as a database does.
    write(draft)
    content = files.read(draft) or b""
    os.unlink(draft)
    return content


def put(
    folder: str,
    content: bytes,
    serial: int,
    manifest: Callable[[str, bytes], dict[str, Any]],
    takeaway: Callable[[], dict[str, Any]],
) -> None:
    """Publish a snapshot's content: the file first, what names it last. Arguments as for `publish`. Raises OSError."""
    name = _name(serial, codec.digest(content))
    files.write(os.path.join(folder, name), content)
    files.write(os.path.join(folder, TAKEAWAY_FILE), codec.printed(takeaway()))
    files.write(os.path.join(folder, MANIFEST_FILE), codec.printed(manifest(name, content)))
    _tidy(folder, keep=name)


def _name(serial: int, digest: str) -> str:
    return f"snapshot-{serial}-{codec.short(digest)}.sqlite"


def published(folder: str, serial: int, digest: str) -> str:
    """Return the path of the snapshot with this serial and digest; empty where `folder` has none that is whole."""
    path = os.path.join(folder, _name(serial, digest))
    try:
        content = files.read(path)
    except OSError:
        return ""
    return path if content is not None and codec.digest(content) == digest else ""


def anchors(folder: str, keys: Iterable[Key]) -> Iterator[str]:
    """Yield the anchor published in `folder`, if a desk with one of `keys` signed it that is not revoked.

    Readers have seen it, so a ledger without that seal was cut short. Raises OSError where it cannot be read.
    """
    try:
        found = json.loads(files.read(os.path.join(folder, MANIFEST_FILE)) or b"")
        signer = signatures.verify(found["signature"]["value"], codec.signed_bytes(found), signatures.SNAPSHOT)
        if any(key.key == signer and not key.revoked for key in keys):
            yield str(found["anchor"])
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError, Refused):
        return


def _tidy(folder: str, keep: str) -> None:
    old = sorted((int(found[1]), name) for name in os.listdir(folder) if name != keep and (found := _NAME.match(name)))
    for _, name in old[:-KEPT]:
        os.unlink(os.path.join(folder, name))
