"""Versions as bytes: packed so that bytes compare as the versions do, and a range test reads no record. Pure.

A sort key of osgate.versions is a tuple of whole numbers, texts and tuples. Its packed form is self-delimiting: an
element begins with its kind, a text and a tuple end with a zero byte. Orders whose keys are none of that (Maven's
relation is no total order) are not packed: the text is kept, and parsed when it is compared.
"""

from __future__ import annotations

from typing import Any

from osgate import versions

_END, _TEXT, _TUPLE, _ZERO = b"\x00", b"\x01", b"\x02", 0x80
# Keys of texts that are compared again and again; a few thousand packages' worth.
_KEPT = 50_000


def pack(key: Any) -> bytes:
    """Return the packed form of a sort key. Raises TypeError for a key that holds anything else."""
    out = bytearray()
    _pack(key, out)
    return bytes(out)


def _pack(key: Any, out: bytearray) -> None:
    for part in key:
        if isinstance(part, int):
            _number(int(part), out)
        elif isinstance(part, str):
            out += _TEXT + part.encode("utf-8", "surrogatepass").replace(_END, b"\x00\xff") + _END
        elif isinstance(part, tuple):
            out += _TUPLE
            _pack(part, out)
        else:
            raise TypeError(type(part).__name__)
    out += _END


def _number(value: int, out: bytearray) -> None:
    """The count of bytes, then the bytes, the most significant first; both turned round below zero."""
    if 0 <= value < 256:
        out += bytes((_ZERO + 1, value)) if value else bytes((_ZERO,))
        return
    # At most 107: versions are read up to osgate.versions.MAX_LENGTH digits.
    size = (abs(value).bit_length() + 7) // 8
    out.append(_ZERO + size if value > 0 else _ZERO - size)
    out += (value if value > 0 else value + 256**size - 1).to_bytes(size, "big")


class Order:
    """The order of one purl type's versions, as the index keeps and compares them.

    ordered: False where versions of the type are only equal or not.
    """

    def __init__(self, type: str) -> None:
        self._key = versions.sort_key(type)
        self.ordered = self._key("1.0")[0] != 0
        self._packs = self._packable()
        self._places: dict[str, tuple[bool, Any]] = {}

    def _packable(self) -> bool:
        try:
            pack(self._key("1.0"))
        except TypeError:
            return False
        return True

    def place(self, version: str) -> tuple[bool, Any]:
        """Return whether `version` is one of this order, and what to compare bounds with."""
        known = self._places.get(version)
        if known is None:
            key = self._key(version)
            if len(self._places) >= _KEPT:
                self._places.clear()
            known = self._places[version] = key[0] != 0, pack(key) if self._packs else key
        return known

    def bound(self, version: str) -> bytes:
        """Return the form in which `version` is kept as the bound of a range."""
        if self._packs:
            packed: bytes = self.place(version)[1]
            return packed
        return version.encode("utf-8", "surrogatepass")

    def read(self, bound: bytes) -> Any:
        """Return a kept bound as what `place` returns compares with."""
        return bound if self._packs else self.place(bound.decode("utf-8", "surrogatepass"))[1]
