"""A toy manifest for intake tests: one `name version [scope]` a line, `!reason` cannot be read, `-r path` includes."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from osgate.model.change import Blob, ChangedFile, ChangeSet
from osgate.model.dependency import Dependency, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.model.change import Siblings


def read(path: str, data: bytes, siblings: Siblings) -> tuple[Dependency, ...]:
    found: list[Dependency] = []
    for line, text in enumerate(data.decode().splitlines(), 1):
        if text.startswith("!"):
            raise Unreadable(text[1:], line, ambiguous=text == "!duplicate-key", key="k")
        if text.startswith("-r "):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), text[3:]))
            if (inner := siblings(other)) is None:
                raise Unreadable("missing-include", line)
            found += read(other, inner, siblings)
        elif text:
            name, version, *scope = text.split()
            key = f"pkg:npm/{name}"
            found.append(Dependency(key, version, f"{key}@{version}", path, line, *scope, direct=True))
    return tuple(found)


def change(
    before: Mapping[str, str | Blob], after: Mapping[str, str | Blob], unchanged: tuple[str, ...] = ()
) -> ChangeSet:
    """Return the change between two trees of toy files; `unchanged` paths join although they stay as they are."""

    def blob(side: Mapping[str, str | Blob], path: str) -> Blob | None:
        value = side.get(path)
        return Blob("file", value.encode()) if isinstance(value, str) else value

    def beside(side: Mapping[str, str | Blob]) -> Siblings:
        return lambda path: value.encode() if isinstance(value := side.get(path), str) else None

    paths = [p for p in {**before, **after} if before.get(p) != after.get(p) or p in unchanged]
    files = tuple(ChangedFile(p, blob(before, p), blob(after, p)) for p in paths)
    return ChangeSet("a", "b", files, beside(before), beside(after))
