"""Whether a lock was made for what people declare: pyproject.toml of each project in it, or the script beside it.

uv repeats in a lock what it was made for (`requires-dist` and `requires-dev` of a project, `requirements` of a script).
Compared are, part by part (the dependencies, each extra, each group), names with their extras and versions. Markers are
not: uv simplifies them. Nor are addresses, nor versions of what `tool.uv.sources` gives an address: they are written
otherwise in a lock.
Source of the tables: the Python packaging specifications "pyproject.toml", "Dependency Groups" and "Inline script
metadata", and uv's documentation of `tool.uv`.
"""

from __future__ import annotations

import posixpath

from osgate import patterns
from osgate.formats import toml_text
from osgate.formats.uv_lock.declared import Declared, addressed, groups, listed, script_block, tables, text_of
from osgate.formats.uv_lock.entries import load_projects
from osgate.formats.uv_lock.names import normal
from osgate.formats.uv_lock.tree import own_folders
from osgate.model.change import Disagreement
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    from osgate.model.change import Siblings

    Table: TypeAlias = dict[str, Any]

_SCRIPT_LOCK = ".py.lock"
_EXTRA = r"extra == '([^']+)'"


def disagreements(path: str, data: bytes, siblings: Siblings) -> tuple[Disagreement, ...]:
    """Return where the lock `data` at repository path `path` and the manifests it was made for differ, by manifest.

    siblings: answers a repository path with that file; manifests that are not in the tree are passed over, and so are
    dependencies that a manifest leaves to its build (`dynamic`). What no longer stands in a manifest has line 0.
    Raises Unreadable for a lock or a manifest that cannot be read.
    """
    lock = load_projects(data)
    if path.endswith(_SCRIPT_LOCK):
        script = path.removesuffix(".lock")
        found = siblings(script)
        block = script_block(found) if found is not None else None
        return () if block is None else tuple(_compared(script, block, _of_manifest(lock.manifest)))
    told: list[Disagreement] = []
    folders = own_folders(posixpath.dirname(path), lock)
    projects = {place: lock.packages[number] for number, place in folders.items()}
    roots: dict[str, set[str] | None] = {}
    for place in sorted({".", *projects}):
        manifest = posixpath.normpath(posixpath.join(posixpath.dirname(path), place, "pyproject.toml"))
        found = siblings(manifest)
        if found is not None:
            entry = projects.get(place)
            locked = _of_manifest(lock.manifest) if entry is None else _of_package(entry)
            declared = _of_project(found, named=entry is not None)
            declared.addressed |= _inherited(manifest, siblings, roots)
            told += _compared(manifest, declared, locked)
    return tuple(told)


def _inherited(manifest: str, siblings: Siblings, roots: dict[str, set[str] | None]) -> set[str]:
    """The names that the workspace around a project gives a place: the sources at its root count for all members.

    roots: by path, those of the manifests looked at before; None for one that is no root of a workspace.
    """
    for above in _above(posixpath.dirname(manifest)):
        if above not in roots:
            data = siblings(above)
            uv = tables(tables(toml_text.load(data)[1], "tool"), "uv") if data is not None else {}
            roots[above] = addressed(tables(uv, "sources")) if "workspace" in uv else None
        found = roots[above]
        if found is not None:
            return found
    return set()


def _above(folder: str) -> Iterator[str]:
    """The manifests in the folders above `folder`, the nearest first."""
    while folder:
        folder = posixpath.dirname(folder)
        yield posixpath.join(folder, "pyproject.toml")


def _of_project(data: bytes, *, named: bool) -> Declared:
    """What a pyproject.toml declares. named: the lock has the project, not only its groups.

    Of a folder whose build alone tells what it needs uv records no groups either.
    """
    text, tree = toml_text.load(data)
    found = Declared(text)
    project, uv = tables(tree, "project"), tables(tables(tree, "tool"), "uv")
    dynamic = project.get("dynamic", [])
    if named and "project" in tree:
        for key, part in (("dependencies", ""), ("optional-dependencies", "extra")):
            if key in dynamic:
                found.unknown.add(part)
            elif part:
                for extra, wanted in tables(project, key).items():
                    found.add(f"extra {normal(extra, 0)}", wanted)
            else:
                found.add("", project.get(key, []))
    else:
        found.unknown.update(("", "extra", "group") if named else ("", "extra"))
    for group, wanted in groups(tables(tree, "dependency-groups")).items():
        found.add(f"group {group}", wanted)
    found.add("group dev", uv.get("dev-dependencies", []))
    found.addressed = addressed(tables(uv, "sources"))
    return found


def _of_package(entry: Table) -> Iterator[tuple[str, Table]]:
    """What the lock says of a project: part and requirement."""
    metadata = tables(entry, "metadata")
    for table in listed(metadata.get("requires-dist", [])):
        yield from ((part, table) for part in _parts(table))
    for key in ("requires-dev", "dependency-groups"):
        for group, wanted in tables(metadata, key).items():
            yield from ((f"group {normal(group, 0)}", table) for table in listed(wanted))


def _parts(table: object) -> list[str]:
    """The extras whose requirement it is; the empty one where it is everybody's."""
    marker = table.get("marker") if isinstance(table, dict) else None
    extras = patterns.findall(_EXTRA, marker) if isinstance(marker, str) else []
    return [f"extra {normal(extra, 0)}" for extra in dict.fromkeys(extras)] or [""]


def _of_manifest(manifest: Table) -> Iterator[tuple[str, Table]]:
    """What the lock's head says of a script, or of a workspace without a project of its own."""
    for table in listed(manifest.get("requirements", [])):
        yield "", table
    for group, wanted in tables(manifest, "dependency-groups").items():
        yield from ((f"group {normal(group, 0)}", table) for table in listed(wanted))


def _compared(manifest: str, declared: Declared, locked: Iterator[tuple[str, Table]]) -> list[Disagreement]:
    ours, theirs = declared.texts(), dict[tuple[str, str], dict[str, None]]()
    for part, table in locked:
        if not isinstance(table, dict):
            raise Unreadable("malformed")
        name = normal(table.get("name"), 0)
        theirs.setdefault((part, name), {})[text_of(table, name in declared.addressed)] = None
    told = []
    for key in sorted({*ours, *theirs}):
        part, name = key
        if not declared.unknown.isdisjoint((part, part.partition(" ")[0])):
            continue
        mine, other = ours.get(key, {}), theirs.get(key, {})
        if mine.keys() != other.keys():
            line = min((line for line in mine.values() if line), default=0)
            told.append(Disagreement(manifest, line, name, _said(part, name, mine), _said(part, name, other)))
    return told


def _said(part: str, name: str, texts: dict[str, Any]) -> str:
    """Name and versions, as people write them, with the part they stand in; empty where there is nothing."""
    shown = ", ".join(f"{name}{text}" for text in sorted(texts))
    return f"{shown} ({part})" if shown and part else shown
