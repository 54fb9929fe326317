"""What a package.json declares, with lines: what the agreement of a lock with its manifests is measured against."""

from __future__ import annotations

from osgate.formats import json_text
from osgate.model.change import Disagreement
from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from osgate.model.change import Siblings

# In the order in which a declaration wins where a name has several: npm and pnpm agree on it.
FIELDS = ("optionalDependencies", "dependencies", "devDependencies", "peerDependencies")


@record
class Declaration:
    """A requirement as a manifest states it. field: one of FIELDS."""

    requirement: str
    field: str


class Declared(dict[str, Declaration]):
    """What one manifest declares, by name. data: its file, gone through once more where a line is asked for."""

    data: bytes
    _lines: dict[str, int] | None = None

    def line(self, name: str) -> int:
        """Return the line of the declaration that wins."""
        if self._lines is None:
            self._lines = {}
            manifest = json_text.load(self.data, {field: {} for field in FIELDS})
            for field in reversed(FIELDS):
                stated = manifest.get(field) if isinstance(manifest, dict) else None
                self._lines.update(getattr(stated, "lines", {}))
        return self._lines.get(name, 0)


def declared(path: str, siblings: Siblings) -> Declared | None:
    """Return what the manifest at repository path `path` declares, by name; None where there is none.

    Raises Unreadable: what `json_text.plain` refuses, and `malformed` where declarations are not what they should be.
    """
    data = siblings(path)
    if data is None:
        return None
    _, manifest = json_text.plain(data)
    if not isinstance(manifest, dict):
        raise Unreadable("malformed", 1)
    found = Declared()
    found.data = data
    for field in FIELDS:
        stated = manifest.get(field, {})
        if not isinstance(stated, dict):
            raise Unreadable("malformed")
        for name, requirement in stated.items():
            if not isinstance(requirement, str):
                raise Unreadable("malformed")
            found.setdefault(name, Declaration(requirement, field))
    return found


def differences(path: str, manifest: Declared, locked: dict[str, str], silent: Iterable[str]) -> Iterator[Disagreement]:
    """Yield where a manifest and what the lock was made for differ, in the order of the manifest, gone ones last.

    locked: requirements by name. silent: names that the tool may legally write otherwise. A peer dependency that the
    lock does not know is none of its business.
    """
    quiet = frozenset(silent)
    for name, declaration in manifest.items():
        was = locked.get(name)
        if name in quiet or (was is None and declaration.field == "peerDependencies"):
            continue
        if was is None or not _same(declaration.requirement, was):
            yield Disagreement(path, manifest.line(name), name, declaration.requirement, was or "")
    for name, was in locked.items():
        if name not in manifest and name not in quiet:
            yield Disagreement(path, 0, name, "", was)


def _same(declared: str, locked: str) -> bool:
    """Tell whether two requirements are one: blanks around it mean nothing, and none at all means any version."""
    return (declared.strip() or "*") == (locked.strip() or "*")
