"""What a file of a tree says of further indexes: for the rule that stops them (OSG210)."""

from __future__ import annotations

from collections.abc import Iterator

from osgate.facts.endpoints import pip, pipfile, poetry, uv
from osgate.facts.endpoints.reading import LIMIT, File
from osgate.model.dependency import Unreadable

# Readers and the way that each is asked, by file name; any other file is one of requirements.
_READERS = {
    "pyproject.toml": ((uv, "pyproject"), (poetry, "pyproject")),
    "uv.toml": ((uv, "uv"),),
    "Pipfile": ((pipfile, "pipfile"),),
    "pip.conf": ((pip, "pip"),),
    "pip.ini": ((pip, "pip"),),
}
_REQUIREMENTS = ((pip, "requirements"),)


def extras(path: str, data: bytes) -> tuple[tuple[str, int], ...]:
    """Return (address, line) of each index that is asked beside the main one, as one file says.

    An address without credentials; of one that only a variable knows the name of that, of one that cannot be shown
    `...`. Raises Unreadable (`too-large`, `too-deep`, `syntax`).
    """
    return tuple(dict.fromkeys(_found(path, data)))


def _found(path: str, data: bytes) -> Iterator[tuple[str, int]]:
    for reader, way in _READERS.get(path.rpartition("/")[2], _REQUIREMENTS):
        configured = reader.read((File(way, path, data),), {})
        for endpoint in configured.endpoints:
            if endpoint.extra:
                yield endpoint.address, _line(endpoint.origin)
        for gap in configured.unread:
            if gap.reason == "too-large":
                raise Unreadable(gap.reason, size=len(data), limit=LIMIT)
            if gap.reason in ("too-deep", "syntax"):
                raise Unreadable(gap.reason)
            if "extra" in dict(gap.params):
                yield dict(gap.params)["extra"], _line(gap.subject)


def _line(origin: str) -> int:
    return int(origin.rpartition(":")[2])
