"""Which lines a unified diff shows. Pure."""

from __future__ import annotations

import re

_HUNK = re.compile(r"@@ -\d{1,9}(?:,\d{1,9})? \+(\d{1,9})(?:,\d{1,9})? @@")


def shown(patch: str) -> dict[int, int]:
    """Return what a file's hunks show of the new side: line number -> position.

    A position counts the lines below the first hunk's header, from 1; the headers of later hunks count.
    """
    found: dict[int, int] = {}
    line, position = 0, -1
    for text in patch.split("\n"):
        hunk = _HUNK.match(text)
        if hunk or position >= 0:
            position += 1
        if hunk:
            line = int(hunk[1])
        elif line and text[:1] in (" ", "+"):
            found[line] = position
            line += 1
    return found


def of_file(diff: str, path: str) -> str:
    """Return the hunks of the file whose new side is `path` in a diff of many files; empty where it is not in it.

    Paths that git quotes (control characters, quotes) are not found.
    """
    wanted, found = f"+++ b/{path}", list[str]()
    header = inside = False
    for text in diff.split("\n"):
        if text.startswith("diff --git "):
            header, inside = True, False
        elif header and text.startswith("@@ "):
            header = False
        elif header and text.rstrip("\t") == wanted:
            inside = True
        if inside and not header:
            found.append(text)
    return "\n".join(found)
