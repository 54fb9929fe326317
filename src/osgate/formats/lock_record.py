"""What a lock records of the manifests it was made for, as far as one look at its text can tell. On the commit path.

A change of a lock seldom touches that record: then nothing has to be compared, and no manifest to be read. Where the
look is not sure the answer is that the record changed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_INSTALLED = b'\n    "node_modules/'
_BLOCK = b"\n[[package]]\n"


def unchanged(format: str, before: bytes, after: bytes) -> bool:
    """True if two states of a lock of `format` (a row's id) surely record the same declarations."""
    cut = _RECORDS.get(format)
    if cut is None:
        return False
    old, new = cut(before), cut(after)
    return old is not None and old == new


def _npm(data: bytes) -> object:
    """All but the installed packages, as npm lays the file out: before the first of them and behind the last."""
    first, last = data.find(_INSTALLED), data.rfind(_INSTALLED)
    end = data.find(b"\n    }", last)
    return (data[:first], data[end:]) if first >= 0 and last < end else None


def _pnpm(data: bytes) -> object:
    """Of each document what stands before its packages: settings, overrides, importers."""
    documents = [document.partition(b"\npackages:") for document in data.split(b"\n---\n")]
    return [head for head, _, _ in documents] if all(found for _, found, _ in documents) else None


def _uv(data: bytes) -> object:
    """The head with its manifest table, and the packages that say what they were declared to need."""
    head, *blocks = data.split(_BLOCK)
    return [
        head,
        *[block for block in blocks if b"\n[package.metadata" in block or b"\nsource = { registry" not in block],
    ]


_RECORDS: dict[str, Callable[[bytes], object]] = {"npm-lock": _npm, "pnpm-lock": _pnpm, "uv-lock": _uv}
