"""The table of formats: which file is read by which module, and the one way to have it read.

Nothing here imports a reader before a file of its format turns up: a commit that touches no lockfile pays for a look
at file endings and no more.
"""

from __future__ import annotations

from osgate import patterns
from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from osgate.model.change import Siblings
    from osgate.model.dependency import Dependency

    Reader: TypeAlias = Callable[[str, bytes, Siblings], tuple[Dependency, ...]]
    ChangeReader: TypeAlias = Callable[
        [str, bytes, bytes, Siblings, Siblings], tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None
    ]


@record
class Row:
    """One format.

    id: its name in findings and test cases. pattern: regular expression that a whole repository path (with `/`) must
    match. endings: every such path ends with one of them, a cheap first look. names: file names that match in any
    folder, so that the commonest need no regular expression. pathspecs: the same set of files in git's words. module:
    dotted path of the reader. change: of the module that reads both sides of a changed file at once, if there is one.
    siblings: which other files the reader may ask for, in words, for the documentation.
    """

    id: str
    pattern: str
    endings: tuple[str, ...]
    names: tuple[str, ...]
    pathspecs: tuple[str, ...]
    module: str
    change: str = ""
    siblings: tuple[str, ...] = ()


ROWS = (
    Row(
        "npm-lock",
        r"(?:.*/)?(?:package-lock|npm-shrinkwrap)\.json",
        (".json",),
        ("package-lock.json", "npm-shrinkwrap.json"),
        (":(glob)**/package-lock.json", ":(glob)**/npm-shrinkwrap.json"),
        "osgate.formats.npm_lock",
        "osgate.formats.npm_lock.change",
        ("package.json beside a lockfile that has no root entry (version 1)",),
    ),
    Row(
        "requirements",
        r"(?:.*/)?(?:requirements[^/]*\.(?:txt|in)|[^/]*requirements\.(?:txt|in)|requirements/[^/]+\.(?:txt|in)"
        r"|constraints[^/]*\.(?:txt|in)|[^/]*constraints\.(?:txt|in))",
        (".txt", ".in"),
        ("requirements.txt",),
        tuple(
            f":(glob)**/{name}.{end}"
            for name in ("requirements*", "*requirements", "requirements/*", "constraints*", "*constraints")
            for end in ("txt", "in")
        ),
        "osgate.formats.requirements",
        "",
        ("files named by -r and -c",),
    ),
    Row(
        "github-actions",
        r"\.github/workflows/[^/]+\.ya?ml|(?:.*/)?action\.ya?ml",
        (".yml", ".yaml"),
        ("action.yml", "action.yaml"),
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
    name = path.rpartition("/")[2]
    for row in ROWS:
        if name in row.names:
            return row
        # Compiled when a path first ends like one of the format's: most commits touch files of one format or none.
        if path.endswith(row.endings) and patterns.fullmatch(f"(?s){row.pattern}", path):
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


def read_change(
    path: str, before: bytes, after: bytes, old_siblings: Siblings, new_siblings: Siblings
) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None:
    """Return as much of both sides of a changed file as can matter to the change, where its format knows how.

    None means: read both sides whole. What an intake finds is the same either way.
    """
    row = match(path)
    if row is None or not row.change:
        return None
    made: ChangeReader = __import__(row.change, fromlist=["read_change"]).read_change
    try:
        return made(path, before, after, old_siblings, new_siblings)
    except _STUMBLES:
        return None


def includes(data: bytes, path: str) -> tuple[str, ...]:
    """Return the repository paths that the requirements file `data` at `path` includes; never raises."""
    from osgate.formats.requirements import includes as named

    return named(data, path)
