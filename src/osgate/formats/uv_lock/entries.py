"""The entries of a lock, whatever read them: the scanner for what uv wrote, the TOML parser for the rest."""

from __future__ import annotations

from osgate.formats.guards import decode
from osgate.formats.lock_record import declares
from osgate.formats.uv_lock import scan
from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Table: TypeAlias = dict[str, Any]

# The version that uv writes; its revisions only add what older releases may skip.
VERSION = 1
# Far beyond any real lock (the largest have some 1,500); it bounds the work a hostile one can ask for.
MAX_ENTRIES = 100_000


@record
class Lock:
    """A lock. manifest: what it was made for, besides the packages' own metadata. lines: of the packages' headers."""

    manifest: Table
    packages: list[Table]
    lines: list[int]


def load(data: bytes) -> Lock:
    """Return the lock `data`.

    Raises Unreadable: what `toml_text.load` refuses, `unknown-version`, `malformed`, `too-large`.
    """
    file = decode(data, required=True)
    try:
        if file.encoding == "utf-8":
            return checked(*scan.document(file.text))
    except scan.Strange:
        pass
    return parsed(data)


def load_projects(data: bytes) -> Lock:
    """Return the lock `data` without the packages of registries, which nobody but others require; lines are unknown.

    Raises Unreadable as `load` does, for what it looks at.
    """
    file = decode(data, required=True)
    if file.encoding == "utf-8" and not scan.spans_lines(file.text):
        top, *parts = file.text.split(scan.PACKAGE)
        try:
            made = [scan.package(part, {}) for part in parts if declares(part)]
            return checked({**scan.head(top), "package": made}, [0] * len(made))
        except scan.Strange:
            pass
    return parsed(data)


def parsed(data: bytes) -> Lock:
    """Return the lock `data` as the TOML parser reads it; raises Unreadable as `load` does."""
    from osgate.formats import toml_text

    text, lock = toml_text.load(data)
    # The first releases of uv called a package a distribution, and all read it still.
    word = "distribution" if "distribution" in lock else "package"
    if word == "distribution" and "package" in lock:
        raise Unreadable("malformed", ambiguous=True)
    packages = lock.get("package", lock.get("distribution", []))
    lines = toml_text.headers(text, word)
    if isinstance(packages, list) and len(lines) != len(packages):  # written as one array, or made to look like it
        lines = [0] * len(packages)
    return checked({**lock, "package": packages}, lines)


def checked(lock: Table, lines: list[int]) -> Lock:
    """Return the lock of these tables. Raises Unreadable `unknown-version`, `malformed`, `too-large`."""
    version = lock.get("version")
    if type(version) is not int or version != VERSION:
        raise Unreadable("unknown-version", version=str(version)[:40])
    manifest, packages = lock.get("manifest", {}), lock.get("package", [])
    if not isinstance(manifest, dict) or not isinstance(packages, list):
        raise Unreadable("malformed")
    if len(packages) > MAX_ENTRIES:
        raise Unreadable("too-large", size=len(packages), limit=MAX_ENTRIES)
    for entry, line in zip(packages, lines, strict=True):
        if not isinstance(entry, dict):
            raise Unreadable("malformed", line)
    return Lock(manifest, packages, lines)
