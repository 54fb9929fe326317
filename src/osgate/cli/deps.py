"""`osgate deps`: what a tree or a file holds; the extraction on its own."""

from __future__ import annotations

import json
from collections.abc import Iterator

from osgate.changes.tree import Found, files
from osgate.cli import console, flags
from osgate.errors import PASS
from osgate.formats import table
from osgate.model.dependency import Dependency, Reading, Unreadable
from osgate.reports.detail import spelled
from osgate.reports.json_report import dependency_to_json
from osgate.text.width import printable

FORMATS = ("json", "purls", "terminal")


def run(argv: list[str]) -> int:
    """Print one line a dependency, or one with the gap for a manifest that cannot be read. Always exits 0."""
    asked = flags.read("deps", argv, ("help",), ("format", "language"))
    console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(console.words()("help.deps"))
        return PASS
    wanted = asked.get("format", "terminal")
    if wanted not in FORMATS:
        detail = console.words()("usage.choice", flag="format", choices=", ".join(FORMATS), found=wanted)
        raise console.usage("deps", detail)
    for found in files(asked[""].split("\0") if asked[""] else ["."], table.match):
        for line in _lines(found, wanted):
            console.say(line)
    return PASS


def _lines(found: Found, wanted: str) -> Iterator[str]:
    read = dependencies(found)
    if isinstance(read, Unreadable):
        said = console.words()(f"unreadable.{read.reason}", **spelled(read.params))
        if wanted == "json":
            yield _gap(found.path, read.reason, read.line, said)
        elif wanted == "terminal":
            yield printable(f"{_place(found.path, read.line)}: {said}")
        return
    for dependency in read:
        if wanted == "json":
            yield json.dumps(dependency_to_json(dependency))
        elif wanted == "purls":
            yield printable(dependency.purl)
        else:
            yield printable(f"{_place(dependency.path, dependency.line)}: {dependency.purl}  {dependency.scope}")
    for gap in read.gaps if isinstance(read, Reading) else ():
        said = console.words()(f"gap.{gap.reason}", subject=gap.subject, **dict(gap.params))
        if wanted == "json":
            yield _gap(found.path, gap.reason, 0, said)
        elif wanted == "terminal":
            yield printable(said)


def _gap(path: str, reason: str, line: int, said: str) -> str:
    return json.dumps({"path": path, "gap": reason, "line": line, "detail": said})


def _place(path: str, line: int) -> str:
    return f"{path}:{line}" if line else path


def dependencies(found: Found) -> tuple[Dependency, ...] | Unreadable:
    """Return what a manifest holds, or why it cannot be read."""
    if found.blob.kind != "file":
        return Unreadable(found.blob.kind)
    try:
        return table.read(found.path, found.blob.data, found.beside)
    except Unreadable as error:
        return error
