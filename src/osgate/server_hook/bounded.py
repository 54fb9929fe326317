"""The repository that a push goes to, of which no more is read than the settings allow."""

from __future__ import annotations

from osgate.errors import UsageError
from osgate.io.git import Git
from osgate.io.objects import BLOB_CAP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Names that are asked for ahead at most.
_AHEAD = 64
# Blobs read together; as many at most are in memory when the bytes of a push are found to be too many.
_TOGETHER = 16


class Bounded(Git):
    """The repository we stand in, of which one push may have so many bytes read and no more."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = self._left = most
        self._commits: dict[str, str | None] = {}

    def commit_of(self, name: str) -> str | None:
        """Return what `Git.commit_of` does, asked once for each name: nothing moves while a push is judged."""
        if name not in self._commits:
            self._commits[name] = super().commit_of(name)
        return self._commits[name]

    def expect(self, told: bytes, changed: str) -> None:
        """Have git look up what judging a push of one ref will ask for, while the modules are loaded that ask.

        told: git's lines; changed: what differs in the ref, as `remembered` reads it.
        """
        words = told.decode("utf-8", "replace").split()
        tips = [oid for oid in words[:2] if oid.strip("0")] if len(words) == 3 else []
        names = [f"{oid}^{{{kind}}}" for kind in ("commit", "tree") for oid in tips]
        for row in changed.split("\n")[:_AHEAD] if changed.isascii() and '"' not in changed else ():
            about, _, path = row.partition("\t")
            names += [oid for oid in about.split(" ")[2:4] if oid.strip("0")]
            steps = path.split("/")[:-1]
            names += [f"{tip}:{'/'.join(steps[:depth])}" for depth in range(1, len(steps) + 1) for tip in tips]
        self.objects.expect(names[:_AHEAD])

    def blobs(self, oids: Iterable[str], cap: int = BLOB_CAP) -> dict[str, bytes | None]:
        """Return blobs as `Git.blobs` does. Raises UsageError `hook.bytes` where they are more than were left."""
        wanted = list(dict.fromkeys(oids))
        found: dict[str, bytes | None] = {}
        for at in range(0, len(wanted), _TOGETHER):
            limit = min(cap, self._left)
            some = super().blobs(wanted[at : at + _TOGETHER], limit)
            found.update(some)
            self._left -= sum(len(data or b"") for data in some.values())
            if self._left < 0 or (limit < cap and None in some.values()):
                raise UsageError("hook.bytes", most=self._most)
        return found
