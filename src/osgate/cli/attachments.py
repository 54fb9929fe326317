"""The files decisions rest on: listed with the record that names them, and compared with what a folder holds now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from osgate.errors import UsageError
from osgate.io import files
from osgate.ledger import codec
from osgate.ledger.fold import Sealed
from osgate.text.translator import Translator
from osgate.text.width import printable


class Attachment(NamedTuple):
    """A file that a sealed record names. size: in bytes; -1 where an older record does not tell it."""

    name: str
    size: int
    digest: str
    record: Sealed


def attached(sealed: Iterable[Sealed]) -> Iterator[Attachment]:
    """Yield every file that the evidence of `sealed` names by digest."""
    for item in sealed:
        for file in item.body.get("evidence", ()):
            if "digest" in file:
                yield Attachment(str(file.get("name", "")), int(file.get("size", -1)), str(file["digest"]), item)


def line(file: Attachment, t: Translator) -> str:
    """One line on an attachment: name, size, digest, and whose record names it."""
    body: Any = file.record.body
    return printable(
        t(
            "show.attachment",
            name=file.name,
            size=file.size if file.size >= 0 else "?",
            digest=file.digest,
            verb=t(f"verb.{body['verb']}"),
            id=codec.short(file.record.id),
            person=body["person"],
        )
    )


def differing(wanted: Iterable[Attachment], folder: str) -> Iterator[tuple[Attachment, str]]:
    """Yield (attachment, path) for each that no file of its name in `folder` or below equals; path: the one that was
    found instead, empty where there is none.

    Files are told apart by content, so they may be sorted into folders as one likes. Raises UsageError: `path.missing`,
    `path.unreadable`.
    """
    named = list(wanted)
    there = _found(folder, {file.name for file in named})
    digests: dict[str, str] = {}
    for file in named:
        paths = there.get(file.name, [])
        if not any(_equals(path, file, digests) for path in paths):
            yield file, paths[0] if paths else ""


def _found(folder: str, names: set[str]) -> dict[str, list[str]]:
    """The paths below `folder` of files with one of these names, by name, nearest first."""
    if not os.path.isdir(folder):
        raise UsageError("path.missing", path=folder)
    found: dict[str, list[str]] = {}
    for place, _, inside in os.walk(folder):
        for name in sorted(names.intersection(inside)):
            found.setdefault(name, []).append(os.path.join(place, name))
    return {name: sorted(paths, key=lambda path: (path.count(os.sep), path)) for name, paths in found.items()}


def _equals(path: str, file: Attachment, digests: dict[str, str]) -> bool:
    """True if the file at `path` has the recorded digest; it is read once, and not at all where its size differs."""
    try:
        if file.size not in (-1, os.path.getsize(path)):
            return False
        if path not in digests:
            digests[path] = codec.digest(files.read(path) or b"")
    except OSError as error:
        raise UsageError("path.unreadable", path=path, detail=error.strerror or str(error)) from error
    return digests[path] == file.digest
