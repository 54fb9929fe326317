"""Where package-lock.json and the manifests it was made from differ.

npm writes what the root and each workspace declare into the lock's `packages`, word for word; a lock of version 1 has
no such record, so nothing can be compared.
Source: npm's documentation, "package-lock.json", `packages`.
"""

from __future__ import annotations

import posixpath

from osgate.formats import json_text, package_json
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.change import Disagreement, Siblings


def disagreements(path: str, data: bytes, siblings: Siblings) -> tuple[Disagreement, ...]:
    """Return the requirements on which the lock `data` at `path` and the manifests of its folders differ.

    siblings: answers with package.json of the lock's folder and of each folder of the repository that the lock holds;
    one that is not there is left out. Raises Unreadable for a lock or manifest that cannot be read. What else is wrong
    with the lock is told by its reader.
    """
    _, lock = json_text.plain(data, strict=False)
    packages = lock.get("packages") if isinstance(lock, dict) else None
    if not isinstance(packages, dict):
        return ()
    found: list[Disagreement] = []
    base = posixpath.dirname(path)
    for place in [place for place in packages if not place.startswith("node_modules/")]:
        entry = packages[place]
        if not isinstance(entry, dict) or "node_modules/" in f"{place}/" or entry.get("link") or entry.get("resolved"):
            continue
        manifest_path = posixpath.normpath(posixpath.join(base, place, "package.json"))
        if manifest_path.startswith("../"):
            continue
        manifest = package_json.declared(manifest_path, siblings)
        if manifest is not None:
            found += package_json.differences(manifest_path, manifest, _recorded(entry), ())
    return tuple(found)


def _recorded(entry: dict[str, object]) -> dict[str, str]:
    """What the lock says a folder declares, by name, where a name has several the one that wins."""
    made: dict[str, str] = {}
    for field in package_json.FIELDS:
        stated = entry.get(field, {})
        if not isinstance(stated, dict):
            raise Unreadable("malformed")
        for name, requirement in stated.items():
            if not isinstance(requirement, str):
                raise Unreadable("malformed")
            made.setdefault(name, requirement)
    return made
