"""Where a thread on a line stands: GitLab wants both sides of the line and the three commits of the diff. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from osgate.forges.protocol import NotInDiff

_HUNK = re.compile(r"@@ -([0-9]{1,9})(?:,[0-9]{1,9})? \+([0-9]{1,9})(?:,[0-9]{1,9})? @@")


def position(version: Any, path: str, line: int) -> dict[str, str | int]:
    """Return the `position` of line `line` of the new side of `path`, as the API takes it.

    version: one version of a merge request's diff, with its commits and `diffs`. Raises NotInDiff where that does not
    show the line: another file, too far from a change, or a diff that is too large to be shown.
    """
    for file in version["diffs"]:
        if file["new_path"] == path:
            old = _old_line(file.get("diff") or "", line)
            if old is None:
                break
            return {
                "position_type": "text",
                "base_sha": version["base_commit_sha"],
                "start_sha": version["start_commit_sha"],
                "head_sha": version["head_commit_sha"],
                "old_path": file["old_path"],
                "new_path": path,
                "new_line": line,
                **({"old_line": old} if old else {}),
            }
    raise NotInDiff("forge.line", path=path, line=line)


def _old_line(diff: str, line: int) -> int | None:
    """Return the number of a shown new line on the old side, 0 for an added one; None where it is not shown."""
    return next((old for old, new in _shown(diff.split("\n")) if new == line), None)


def _shown(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield (old, new) line numbers of the new side's lines; old is 0 for an added one."""
    old = new = 0
    for line in lines:
        if hunk := _HUNK.match(line):
            old, new = int(hunk[1]), int(hunk[2])
        elif line.startswith("+"):
            yield 0, new
            new += 1
        elif line.startswith("-"):
            old += 1
        elif line.startswith(" "):
            yield old, new
            old, new = old + 1, new + 1
