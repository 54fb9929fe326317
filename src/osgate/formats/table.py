"""The table of formats: which file is read by which module, and the one way to have it read.

Nothing here imports a reader before a file of its format turns up: a commit that touches no lockfile pays for a look
at file endings and no more.
"""

from __future__ import annotations

from osgate import patterns
from osgate.model.dependency import Reading, Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from osgate.model.change import Disagreement, Siblings
    from osgate.model.dependency import Dependency

    Disagreements: TypeAlias = Callable[[str, bytes, Siblings], tuple[Disagreement, ...]]
    Reader: TypeAlias = Callable[[str, bytes, Siblings], tuple[Dependency, ...]]
    ChangeReader: TypeAlias = Callable[
        [str, bytes, bytes, Siblings, Siblings], tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None
    ]


@record
class Row:
    """One format.

    id: its name in findings and test cases. pattern: regular expression that a whole repository path (with `/`) must
    match. endings, holds: every such path ends with one of the former or has one of the latter in its file name, a
    cheap first look. names: file names that match in any
    folder, so that the commonest need no regular expression. pathspecs: the same set of files in git's words. module:
    dotted path of the reader. change: of the module that reads both sides of a changed file at once, if there is one.
    siblings: which other files the reader may ask for, in words, for the documentation. manifests: file names whose
    files, in the lock's folder or below it, people write and the lock answers to. agreement: of the module that
    compares a lock with them.
    """

    id: str
    pattern: str
    endings: tuple[str, ...]
    names: tuple[str, ...]
    pathspecs: tuple[str, ...]
    module: str
    change: str = ""
    siblings: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    agreement: str = ""


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
        manifests=("package.json",),
        agreement="osgate.formats.npm_lock.agreement",
    ),
    Row(
        "pnpm-lock",
        r"(?:.*/)?(?:pnpm-lock(?:\.[^/]+)?|shrinkwrap)\.yaml",
        (".yaml",),
        ("pnpm-lock.yaml", "shrinkwrap.yaml"),
        (":(glob)**/pnpm-lock.yaml", ":(glob)**/pnpm-lock.*.yaml", ":(glob)**/shrinkwrap.yaml"),
        "osgate.formats.pnpm_lock",
        "osgate.formats.pnpm_lock.change",
        manifests=("package.json",),
        agreement="osgate.formats.pnpm_lock.agreement",
    ),
    Row(
        "uv-lock",
        r"(?:.*/)?(?:uv|[^/]+\.py)\.lock",
        (".lock",),
        ("uv.lock",),
        (":(glob)**/uv.lock", ":(glob)**/*.py.lock"),
        "osgate.formats.uv_lock",
        "osgate.formats.uv_lock.change",
        ("the script beside a script lock",),
        manifests=("pyproject.toml",),
        agreement="osgate.formats.uv_lock.agreement",
    ),
    Row(
        "maven-pom",
        r"(?:.*/)?(?:pom|\.flattened-pom|[^/]+\.pom)\.xml|.*\.pom",
        (".xml", ".pom"),
        ("pom.xml",),
        (":(glob)**/pom.xml", ":(glob)**/*.pom", ":(glob)**/.flattened-pom.xml", ":(glob)**/*.pom.xml"),
        "osgate.formats.maven_pom",
        "osgate.formats.maven_pom.change",
        ("parent POMs and imported BOMs of the same tree",),
    ),
    Row(
        "dockerfile",
        r"(?:.*/)?(?:[Dd]ockerfile|[Cc]ontainerfile)(?:[._-][^/]*)?|(?:.*/)?[^/]+[._-](?:[Dd]ocker|[Cc]ontainer)file",
        (),
        ("Dockerfile", "Containerfile"),
        tuple(
            f":(glob)**/{name}"
            for stem in ("[Dd]ockerfile", "[Cc]ontainerfile")
            for name in (stem, f"{stem}[._-]*", f"*[._-]{stem}")
        ),
        "osgate.formats.dockerfile",
        holds=("ockerfile", "ontainerfile"),
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
# A lock of a single script stands beside it.
_SCRIPT_LOCK = ".py.lock"
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
        likely = path.endswith(row.endings) or any(word in name for word in row.holds)
        if likely and patterns.fullmatch(f"(?s){row.pattern}", path):
            return row
    return None


def reader(row: Row) -> Reader:
    """Return the function that reads files of format `row`; imports its module."""
    made: Reader = __import__(row.module, fromlist=["read"]).read
    return made


def read(path: str, data: bytes, siblings: Siblings) -> Reading:
    """Return what the file `data` at repository path `path` depends on, and what of it lies out of sight.

    siblings: answers a repository path with that file's content in the same tree, None where there is none.
    Raises Unreadable, for a path of no known format (`unknown-format`) and for whatever a reader could not make sense
    of: one odd file must never hide the others. Errors of `siblings` itself pass through.
    """
    row = match(path)
    if row is None:
        raise Unreadable("unknown-format", path=path)
    try:
        found = reader(row)(path, data, siblings)
    except _STUMBLES as error:
        raise Unreadable("malformed", cause=type(error).__name__) from error
    return found if isinstance(found, Reading) else Reading(found)


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


def includes(data: bytes, path: str, siblings: Siblings) -> tuple[str, ...]:
    """Return the repository paths that the manifest `data` at `path` takes something from: files that a requirements
    file includes, parents and imported BOMs of a POM. Never raises.
    """
    row = match(path)
    if row is not None and row.id == "maven-pom":
        from osgate.formats.maven_pom import includes as inherited

        return inherited(path, data, siblings)
    from osgate.formats.requirements import includes as named

    return named(data, path)


def manifests_of(path: str) -> tuple[str, ...]:
    """Return the manifests beside the lock at repository path `path` that people write and it answers to."""
    row = match(path)
    if path.endswith(_SCRIPT_LOCK):
        return (path.removesuffix(".lock"),)
    folder = path[: path.rfind("/") + 1]
    return tuple([folder + name for name in row.manifests]) if row is not None else ()


def locks_of(path: str) -> tuple[str, ...]:
    """Return where locks of the manifest at repository path `path` may stand: beside it, then in each folder above.

    Empty for a file that no lock answers to. Whether there is a lock is for the caller to find out.
    """
    folder, _, name = path.rpartition("/")
    names = [lock for row in ROWS if name in row.manifests for lock in row.names]
    if not names:
        return ()
    steps = folder.split("/") if folder else []
    above = ["".join(f"{step}/" for step in steps[:depth]) for depth in range(len(steps), -1, -1)]
    return tuple([place + lock for place in above for lock in names])


def same_record(path: str, before: bytes, after: bytes) -> bool:
    """True if both sides of the lock at `path` surely record the same of what their manifests declare."""
    from osgate.formats.lock_record import unchanged

    row = match(path)
    return row is not None and unchanged(row.id, before, after)


def disagreements(path: str, data: bytes, siblings: Siblings) -> tuple[Disagreement, ...]:
    """Return where the lock `data` at `path` and the manifests that it answers to differ; raises Unreadable."""
    row = match(path)
    if row is None or not row.agreement:
        return ()
    compare: Disagreements = __import__(row.agreement, fromlist=["disagreements"]).disagreements
    try:
        return compare(path, data, siblings)
    except _STUMBLES as error:
        raise Unreadable("malformed", cause=type(error).__name__) from error


# Names of the files that people write and some lock answers to: a cheap first look at every changed path.
MANIFESTS = frozenset(name for row in ROWS for name in row.manifests)
# Names of the files that tell Python's package managers where to look: no manifests, but for pyproject.toml, and only
# looked at for further indexes (OSG210).
INDEXES = frozenset(("pyproject.toml", "uv.toml", "Pipfile", "pip.conf", "pip.ini"))
