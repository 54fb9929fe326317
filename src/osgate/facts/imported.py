"""What files hand in: facts, and of what could not be used how much and why."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter

from osgate import purl as purls
from osgate.facts.registries.answers import Answer
from osgate.model.fact import Fact, Unknown
from osgate.model.record import record

# Bytes of a file, unpacked; facts of one; names that are told of what was refused, by reason.
MAX_BYTES, MAX_FACTS, NAMED = 256 << 20, 2_000_000, 5
_SHOWN = 100
_GZIP = b"\x1f\x8b"


@record
class Imported:
    """What one file tells. records: how many of its own were used. newest: the day that its data say they are of.

    refused: reason of an Unknown, how many, and the first names. problem: why it could not be read to its end.
    """

    facts: tuple[Fact, ...] = ()
    records: int = 0
    newest: str = ""
    refused: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    problem: Unknown | None = None


class Tally:
    """What was not used, by reason."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._names: dict[str, list[str]] = {}

    def add(self, reason: str, name: object) -> None:
        """Note one more that was refused for `reason`; of a text the beginning is told, of an empty one nothing."""
        self._counts[reason] += 1
        named = self._names.setdefault(reason, [])
        if name != "" and len(named) < NAMED:
            named.append(ascii(name[:_SHOWN])[1:-1] if isinstance(name, str) else type(name).__name__)

    def told(self) -> tuple[tuple[str, int, tuple[str, ...]], ...]:
        """Return reason, count and the first names."""
        return tuple((reason, count, tuple(self._names[reason])) for reason, count in sorted(self._counts.items()))


def answer(data: bytes) -> Answer:
    """Return what a file holds in the form of an answer, for those who read answers."""
    return Answer(data, "sha256:" + hashlib.sha256(data).hexdigest())


def unpacked(data: bytes, most: int = MAX_BYTES) -> bytes | Unknown:
    """Return what a file holds, unpacked where it is gzip: Unknown("too-large"), Unknown("malformed")."""
    if not data.startswith(_GZIP):
        return data if len(data) <= most else Unknown("too-large")
    out = bytearray()
    try:
        while data:
            one = zlib.decompressobj(zlib.MAX_WBITS | 16)
            out += one.decompress(data, most + 1 - len(out))
            if len(out) > most:
                return Unknown("too-large")
            if not one.eof:
                raise zlib.error("cut short")
            data = one.unused_data.lstrip(b"\0")
    except zlib.error:
        return Unknown("malformed", (("detail", "gzip"),))
    return bytes(out)


def component(type: str, name: str, namespace: str = "") -> str:
    """Return the component key for names as files have them; empty for what is none.

    Without a namespace it is taken out of the name, where the type has one: `group:artifact`, `vendor/name`.
    """
    if not namespace and type in _SPLIT:
        namespace, _, name = name.rpartition(_SPLIT[type])
    return purls.parse(purls.component(type, name, namespace)).component if name else ""


_SPLIT = {"maven": ":", "golang": "/", "composer": "/", "github": "/", "gitlab": "/", "swift": "/"}
