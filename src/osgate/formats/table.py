"""The table of formats: which file is read by which module, and the one way to have it read.

Nothing here imports a reader before a file of its format turns up: a commit that touches no lockfile pays for a look
at file endings and no more.
"""

from __future__ import annotations

import re

from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from osgate.model.change import Siblings
    from osgate.model.dependency import Dependency

    Reader: TypeAlias = Callable[[str, bytes, Siblings], tuple[Dependency, ...]]


@record
class Row:
    """One format.

    id: its name in findings and test cases. pattern: regular expression that a whole repository path (with `/`) must
    match. endings: every such path ends with one of them (a cheap first look). pathspecs: the same set of files in git's words. module: dotted path of the reader.
    siblings: which other files the reader may ask for, in words, for the documentation.
    """

    id: str
    pattern: str
    endings: tuple[str, ...]
    pathspecs: tuple[str, ...]
    module: str
    siblings: tuple[str, ...] = ()


ROWS = (
    Row(
        "npm-lock",
        r"(?:.*/)?(?:package-lock|npm-shrinkwrap)\.json",
        (".json",),
        (":(glob)**/package-lock.json", ":(glob)**/npm-shrinkwrap.json"),
        "osgate.formats.npm_lock",
        ("package.json beside a lockfile that has no root entry (version 1)",),
    ),
    Row(
        "requirements",
        r"(?:.*/)?(?:requirements[^/]*\.(?:txt|in)|[^/]*requirements\.(?:txt|in)|requirements/[^/]+\.(?:txt|in)"
        r"|constraints[^/]*\.(?:txt|in)|[^/]*constraints\.(?:txt|in))",
        (".txt", ".in"),
        tuple(
            f":(glob)**/{name}.{end}"
            for name in ("requirements*", "*requirements", "requirements/*", "constraints*", "*constraints")
            for end in ("txt", "in")
        ),
        "osgate.formats.requirements",
        ("files named by -r and -c",),
    ),
    Row(
        "github-actions",
        r"\.github/workflows/[^/]+\.ya?ml|(?:.*/)?action\.ya?ml",
        (".yml", ".yaml"),
        (
            ":(top,glob).github/workflows/*.yml",
            ":(top,glob).github/workflows/*.yaml",
            ":(glob)**/action.yml",
            ":(glob)**/action.yaml",
        ),
        "osgate.formats.github_actions",
    ),
)
# What a reader may stumble over in an odd file. Errors of the caller's `siblings` (I/O, git) are not among them.
_STUMBLES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


def match(path: str) -> Row | None:
    """Return the format of the file at repository path `path`, or None where osgate reads no such file."""
    for row in ROWS:
        # Compiled when a path first ends like one of the format's: most commits touch files of one format or none.
        if path.endswith(row.endings) and re.fullmatch(row.pattern, path, re.DOTALL):
            return row
    return None


def reader(row: Row) -> Reader:
    """Return the function that reads files of format `row`; imports its module."""
    made: Reader = __import__(row.module, fromlist=["read"]).read
    return made


def read(path: str, data: bytes, siblings: Siblings) -> tuple[Dependency, ...]:
    """Return what the file `data` at repository path `path` depends on.

    siblings: answers a repository path with that file's content in the same tree, None where there is none.
    Raises Unreadable, for a path of no known format (`unknown-format`) and for whatever a reader could not make sense
    of: one odd file must never hide the others. Errors of `siblings` itself pass through.
    """
    row = match(path)
    if row is None:
        raise Unreadable("unknown-format", path=path)
    try:
        return reader(row)(path, data, siblings)
    except _STUMBLES as error:
        raise Unreadable("malformed", cause=type(error).__name__) from error


def includes(data: bytes, path: str) -> tuple[str, ...]:
    """Return the repository paths that the requirements file `data` at `path` includes; never raises."""
    from osgate.formats.requirements import includes as named

    return named(data, path)
