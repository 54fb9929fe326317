"""Small mirrors of advisories, made by a test: records as OSV writes them, in archives or folders."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from osgate.facts.osv import build
from osgate.facts.osv.archives import Limits
from osgate.facts.osv.build import Synced
from osgate.facts.osv.index import Index

NOW = "2026-11-22T08:00:00Z"


def advisory(id: str, name: str, *, ecosystem: str = "npm", **more: Any) -> dict[str, Any]:
    """A record that means every version of one package, unless `more` says otherwise.

    ranges, versions: of the package; events: of one range. Whatever else is given stands in the record itself.
    """
    package: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
    events = more.pop("events", None)
    package["ranges"] = more.pop("ranges", [span(*events)] if events else None)
    package["versions"] = more.pop("versions", None)
    package.update(more.pop("package", {}))
    told = {key: value for key, value in package.items() if value is not None}
    if "ranges" not in told and "versions" not in told:
        told["ranges"] = [span(introduced="0")]
    return {"id": id, "modified": "2026-01-02T03:04:05Z", "affected": [told], **more}


def span(*events: Mapping[str, str], type: str = "ECOSYSTEM", **first: str) -> dict[str, Any]:
    """A range of some events."""
    return {"type": type, "events": [*([first] if first else []), *events]}


def packed(path: Path, *records: Mapping[str, Any] | tuple[str, bytes]) -> Path:
    """Write an archive of records, or of files by name, to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for record in records:
            name, data = record if isinstance(record, tuple) else (f"{record['id']}.json", json.dumps(record).encode())
            zipped.writestr(name, data)
    return path


class Mirror:
    """A mirror in a folder, and the index made of it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "mirror"
        self.index = str(folder / "kept" / "advisories.sqlite")
        self.root.mkdir()

    def put(self, ecosystem: str, *records: Mapping[str, Any] | tuple[str, bytes]) -> Path:
        """Write the archive of one ecosystem."""
        return packed(self.root / ecosystem / "all.zip", *records)

    def sync(self, limits: Limits | None = None, **more: Any) -> Synced:
        """Bring the index up to the mirror."""
        return build.sync([str(self.root)], self.index, NOW, limits or Limits(), **more)

    def opened(self) -> Index:
        """The index, brought up to the mirror."""
        self.sync()
        return Index(self.index)
