"""What a lock records of the manifests it was made for, as far as one look at its text can tell. On the commit path.

A change of a lock seldom touches that record: then nothing has to be compared, and no manifest to be read. Where the
look is not sure (a layout that the tool does not write) the answer is that the record changed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK = "\n[[package]]\n"
# What may make more of a package's text than one package of a registry: tables of the project or of the lock itself,
# strings that span lines, escapes.
_MORE = ("metadata", "manifest", "[[", '"""', "'''", "\\")
# Sections of pnpm's lock that say nothing of manifests, and what an alias looks like, which may stand for part of them.
_PACKAGES = (b"packages:", b"snapshots:", b"time:")
_ALIASES = (b" *", b"[*", b"{*", b",*")


def unchanged(format: str, before: bytes, after: bytes) -> bool:
    """True if two states of a lock of `format` (a row's id) surely record the same declarations."""
    cut = _RECORDS.get(format)
    if cut is None:
        return False
    old, new = cut(before), cut(after)
    return old is not None and old == new


def declares(block: str) -> bool:
    """True unless `block`, the text of a package in uv's lock, surely holds nothing but a package of a registry."""
    return "\nsource = { registry = " not in block or any(word in block for word in _MORE)


def _npm(data: bytes) -> object:
    """The entries of folders that npm does not fill: the root, workspaces, linked folders."""
    from osgate.formats import json_text
    from osgate.model.dependency import Unreadable

    try:
        _, lock = json_text.plain(data, strict=False)
    except Unreadable:
        return None
    packages = lock.get("packages") if isinstance(lock, dict) else None
    if not isinstance(packages, dict):
        return None
    return {place: entry for place, entry in packages.items() if not place.startswith("node_modules/")}


def _pnpm(data: bytes) -> object:
    """All sections but those of packages: settings, overrides, importers."""
    kept: list[bytes] = []
    skipping = False
    # Lines that begin with a blank belong to the key above them.
    for piece in data.replace(b"\n ", b"\0 ").split(b"\n"):
        if piece.strip() and piece[:1] != b"\0":
            if not (piece[:1].isalpha() or piece == b"---"):
                return None
            skipping = piece.startswith(_PACKAGES)
        if not skipping:
            kept.append(piece)
    record = b"\n".join(kept)
    return None if any(mark in record for mark in _ALIASES) else record


def _uv(data: bytes) -> object:
    """The head with its manifest table, and the packages that may say what they were declared to need."""
    head, *blocks = data.decode("latin-1").split(_BLOCK)
    return [head, *filter(declares, blocks)]


_RECORDS: dict[str, Callable[[bytes], object]] = {"npm-lock": _npm, "pnpm-lock": _pnpm, "uv-lock": _uv}
