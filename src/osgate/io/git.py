"""Reading git: the only caller of git in the product, with its writing half in `git_write`.

A commit check uses two processes: one `diff --cached` and one `cat-file --batch` (see `objects`).
"""

from __future__ import annotations

import os

from osgate import patterns
from osgate.errors import UsageError
from osgate.io.objects import BLOB_CAP, GITLINK, Objects
from osgate.io.process import run
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from osgate.io.objects import Side
    from osgate.io.process import Child

# What git itself lists as bound to one repository (`rev-parse --local-env-vars`): a hook's settings for its own
# repository must not reach another one.
_LOCAL = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
# Compiled where they are first used: none of them is needed on the commit path.
_CREDENTIALS = r"(?<=://)[^/@\s]*@"
_PARENTS = r"tree [0-9a-f]+\n(?:parent [0-9a-f]+\n)*"
_CO_AUTHOR = r"(?im)^co-authored-by:.*<([^<>\n]*)>"
_IDENT = r"<([^<>\n]*)> \d+ [+-]\d{4}\s*\Z"
# How pathspecs are to be read, as `git --literal-pathspecs push` hands it down to hooks.
_PATHSPECS = tuple([f"GIT_{how}_PATHSPECS" for how in ("LITERAL", "GLOB", "NOGLOB", "ICASE")])
# What every git directory holds, and no folder that only contains one.
_PARTS = ("HEAD", "objects", "refs")
_NO_MODE = "000000"
_RAW = ("--raw", "-z", "--no-abbrev", "--no-renames", "--ignore-submodules=none")


class GitFailed(UsageError):
    """A git command that failed, `git.failed`; `git.forbidden` where it was a push that the server does not let us do.

    params: `command`, `exit` (its code), `output` (last lines, `; ` in between); credentials removed.
    """

    def __init__(self, argv: Sequence[str | bytes], code: int, output: bytes) -> None:
        words = " ".join(["git", *(text(word) if isinstance(word, bytes) else word for word in argv)])
        lines = text(output[-4096:]).strip().splitlines()[-5:]
        tail = "; ".join(lines)
        kind = "git.forbidden" if argv and argv[0] == "push" and "returned error: 403" in tail else "git.failed"
        super().__init__(kind, command=redact(words), exit=code, output=redact(tail))


@record
class Entry:
    """One path of a diff. Modes are git's (`100644`, `120000`, ...), `000000` where the side does not exist.

    status: git's letter, A, D, M or T.
    """

    path: str
    old_mode: str
    new_mode: str
    old_oid: str
    new_oid: str
    status: str


def text(data: bytes) -> str:
    """Decode what git prints: UTF-8, other bytes kept as lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def redact(words: str) -> str:
    """Remove what stands before `@` in any URL of `words`."""
    return patterns.sub(_CREDENTIALS, "", words)


def revision(name: str) -> str:
    """Return `name` if it may stand for a revision in a command; raises UsageError `git.revision` if it may not."""
    if not name or name.startswith("-") or any(mark in name for mark in "\n\0\r"):
        raise UsageError("git.revision", revision=name)
    return name


class Git:
    """A repository.

    directory: a folder in it (or a bare repository). None is the current folder, and only then do the variables that
    git sets for hooks (GIT_DIR, GIT_INDEX_FILE, quarantine) count. Use it in a `with`, or call `close`.
    """

    def __init__(self, directory: str | None = None) -> None:
        self.directory = directory
        keep = os.environ.items()
        self._env = {key: value for key, value in keep if directory is None or key not in _LOCAL}
        # Replacement objects would let a repository show other bytes than those that are pushed.
        fixed = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1"}
        self._env.update(fixed)
        self._objects: Objects | None = None
        self._git_dir = ""
        self._tips: dict[tuple[str, ...], tuple[str, ...]] = {}

    def __enter__(self) -> Git:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process that reads objects and forget what names stood for; the next question starts a new one."""
        self._tips.clear()
        if self._objects is not None:
            self._objects.close()
            self._objects = None

    # -- calling

    def _argv(self, args: Iterable[str | bytes]) -> list[str | bytes]:
        place = [] if self.directory is None else [b"-C", os.fsencode(self.directory)]
        return ["git", *place, *(a.encode("utf-8", "surrogateescape") if isinstance(a, str) else a for a in args)]

    def run(self, *args: str | bytes, input: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run git and return its standard output. `env`: variables on top of the repository's.

        Raises GitFailed where git ends with another code than 0, UsageError `program.missing` where there is no git.
        """
        code, out, errors = self.ask(*args, input=input, env=env)
        if code:
            raise GitFailed(args, code, errors)
        return out

    def ask(
        self, *args: str | bytes, input: bytes = b"", env: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, bytes]:
        """Run git and return (exit code, standard output, standard error): for commands whose code is an answer."""
        return run(self._argv(args), input=input, env={**self._env, **(env or {})})

    def _answer(self, *args: str) -> str | None:
        """Run git where code 1 with no output means `there is none`."""
        code, out, errors = self.ask(*args)
        if code == 1 and not out:
            return None
        if code:
            raise GitFailed(args, code, errors)
        return text(out).rstrip("\n")

    # -- objects

    @property
    def objects(self) -> Objects:
        """The conversation with `cat-file --batch`; a name such as HEAD is looked up once until `close`."""
        if self._objects is None:
            command = ("cat-file", "--batch")

            def failed(child: Child) -> Exception:
                return GitFailed(command, child.wait(), child.error_output())

            self._objects = Objects(self._argv(command), self._env, failed)
        return self._objects

    def blobs(self, oids: Iterable[str], cap: int = BLOB_CAP) -> dict[str, bytes | None]:
        """Return blobs by object id; None for one above `cap` bytes. Raises UsageError `git.object-missing`."""
        return self.objects.blobs(oids, cap)

    def paths_at(self, rev: str, paths: Iterable[str]) -> dict[str, tuple[str, str, bytes | None]]:
        """Return path -> (mode, object id, content) for those of `paths` that are files or symbolic links in `rev`.

        Content is None for submodules and for blobs above 33 MiB. A revision that does not exist holds nothing.
        """
        root = self.objects.root(revision(rev))
        found = {path: entry for path in paths if (entry := self.objects.entry(root, path)) and len(entry[0]) == 6}
        data = self.blobs(oid for mode, oid in found.values() if mode != GITLINK)
        return {path: (mode, oid, data.get(oid)) for path, (mode, oid) in found.items()}

    def tree_files(self, rev: str, *only: str) -> Iterator[tuple[str, str, str]]:
        """Yield (path, mode, object id) of every file, link and submodule in `rev`, through the same conversation.

        only: folders at the top; where some are named, others are passed over.
        """
        return self.objects.walk(self.objects.root(revision(rev)), only or None)

    # -- changes

    def staged(self, base: str | None = None) -> tuple[Entry, ...]:
        """Return what the index changes against `base` (default HEAD, or nothing before the first commit), by path.

        Paths are the repository's, wherever we stand. Raises UsageError `git.unmerged` in the middle of a merge.
        """
        extra = () if base is None else (revision(base),)
        # `diff` is the one that knows an unborn HEAD; diff-index would need the empty tree's id.
        try:
            raw = self.run("-c", "diff.relative=false", "diff", "--cached", *_RAW, *extra, "--")
        except GitFailed:
            self.git_dir()  # Outside of a repository `diff` prints its usage only.
            raise
        return entries(raw)

    def range(self, base: str, head: str) -> tuple[Entry, ...]:
        """Return what `head` changes against its merge base with `base`, by path. Raises what `merge_base` raises."""
        return self.between(self.merge_base(base, head), head)

    def between(self, old: str, new: str, *only: str) -> tuple[Entry, ...]:
        """Return what differs from the tree of `old` to that of `new`, by path. only: pathspecs, whatever git was told
        of them before."""
        if only:
            command = ("diff-tree", "-r", *_RAW, revision(old), revision(new), "--", *only)
            return entries(self.run(*command, env=dict.fromkeys(_PATHSPECS, "0")))
        roots = [self.objects.root(revision(rev)) for rev in (old, new)]
        for rev, root in zip((old, new), roots, strict=True):
            if root is None:
                raise UsageError("git.revision", revision=rev)
        found = [_entry(path, before, after) for path, before, after in self.objects.changed(*roots)]
        return tuple(sorted(found, key=lambda entry: entry.path.encode("utf-8", "surrogateescape")))

    def on_disk(self) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
        """Return what tracked files on disk change against HEAD (or nothing before the first commit), and other paths.

        The others are files that git neither tracks nor ignores. New object ids are not told (zeros). Paths are the
        repository's, wherever we stand. Raises GitFailed where there is no work tree.
        """
        base = "HEAD" if self.objects.root("HEAD") else text(self.run("hash-object", "-t", "tree", "--stdin")).strip()
        raw = self.run("-c", "diff.relative=false", "diff", *_RAW, base, "--")
        return entries(raw), self.listed("--others")

    def listed(self, *which: str, below: str = "") -> tuple[str, ...]:
        """Return paths that git lists on disk and does not ignore. which: `--others`, `--cached`; below: a folder."""
        command = ("ls-files", "-z", "--exclude-standard", *which, "--", *([below] if below else []))
        return tuple(text(self.run("-C", self.root(), "--literal-pathspecs", *command)).split("\0")[:-1])

    def commit_of(self, name: str) -> str | None:
        """Return the id of the commit that `name` leads to, None where it leads to none; no process of its own."""
        reply = self.objects.read([f"{revision(name)}^{{commit}}"])[0]
        return None if reply is None else reply[0]

    def tips(self, *prefixes: str) -> tuple[str, ...]:
        """Return what the newest 1,000 refs below `prefixes` (`refs/heads/`) point at, looked up once until `close`."""
        if prefixes not in self._tips:
            newest = ("--count=1000", "--sort=-committerdate", "--format=%(objectname)")
            found = text(self.run("for-each-ref", *newest, *prefixes)).split()
            self._tips[prefixes] = tuple(dict.fromkeys(found))
        return self._tips[prefixes]

    def common(self, new: str, known: Iterable[str]) -> str | None:
        """Return the best common ancestor of a commit and all of `known` together; None where there is none."""
        found = self._answer("merge-base", revision(new), *known)
        return None if found is None else found.partition("\n")[0]

    def resolve(self, rev: str) -> str:
        """Return the id of the commit `rev` names. Raises UsageError `git.revision` where there is none."""
        try:
            found = self.commit_of(rev)
        except GitFailed:
            found = None
        if found is None:
            self.git_dir()  # Not a repository at all is the clearer message.
            raise UsageError("git.revision", revision=rev)
        return found

    def merge_base(self, base: str, head: str) -> str:
        """Return the id of the best common ancestor.

        Raises UsageError `git.shallow` (cut-off history: fetch more of it) or `git.unrelated` where there is none.
        """
        old, new = self.resolve(base), self.resolve(head)
        found = old if old in (new, *self._parents(new)) else self._answer("merge-base", old, new)
        if found is None:
            reason = "git.shallow" if self.is_shallow() else "git.unrelated"
            raise UsageError(reason, base=base, head=head)
        return found

    def _parents(self, commit: str) -> list[str]:
        """The parents that a commit names, whether they are there or not; none of one that is not there itself."""
        reply = self.objects.read([commit])[0]
        lines = b"" if reply is None else reply[3] or b""
        # They stand right below the tree; git takes a line further down for something else.
        found = patterns.match(_PARENTS, lines.decode("latin-1"))
        return found[0].split()[3::2] if found else []

    def is_shallow(self) -> bool:
        """True in a clone whose history is cut off."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == b"true"

    # -- about the repository

    def root(self) -> str:
        """Return the top folder of the work tree. Raises GitFailed outside of one."""
        return os.fsdecode(self.run("rev-parse", "--show-toplevel")[:-1])

    def git_dir(self) -> str:
        """Return the absolute path of the git directory. Raises GitFailed where there is no repository."""
        if not self._git_dir:
            self._git_dir = _bare(self.directory) or os.fsdecode(self.run("rev-parse", "--absolute-git-dir")[:-1])
        return self._git_dir

    def authors(self, base: str, head: str, *paths: str) -> tuple[str, ...]:
        """Return the addresses of authors, committers and co-authors in `base..head`, lower case, sorted.

        paths: only commits that change something there, on whichever branch they were made.
        """
        span = f"{revision(base)}..{revision(head)}"
        args = ("log", "-z", "--format=%ae%n%ce%n%B", *(["--full-history"] if paths else []), span, "--", *paths)
        out = text(self.run("-c", "log.showSignature=false", *args))
        found: set[str] = set()
        for commit in out.split("\0"):
            author, _, rest = commit.partition("\n")
            committer, _, message = rest.partition("\n")
            found.update((author, committer, *patterns.findall(_CO_AUTHOR, message)))
        return tuple(sorted({address.strip().lower() for address in found} - {""}))

    def identity(self) -> tuple[str, ...]:
        """Return the addresses that a commit made now would carry, lower case, sorted; none where none is set."""
        asked = [self.ask("var", f"GIT_{role}_IDENT") for role in ("AUTHOR", "COMMITTER")]
        found = [patterns.search(_IDENT, text(out)) for code, out, _ in asked if code == 0]
        return tuple(sorted({match[1].lower() for match in found if match and match[1]}))


def _bare(directory: str | None) -> str:
    """The git directory where that is plainly the folder itself; empty where git has to be asked."""
    whole = directory is not None and all(os.path.exists(os.path.join(directory, part)) for part in _PARTS)
    return os.path.realpath(directory) if directory is not None and whole else ""


def _entry(path: str, before: Side, after: Side) -> Entry:
    """An entry as `diff-tree --raw` tells it."""
    (old_mode, old_oid), (new_mode, new_oid) = before or (_NO_MODE, ""), after or (_NO_MODE, "")
    null = "0" * len(old_oid or new_oid)
    # The first digits of a mode are the kind: file, link, submodule.
    status = "A" if before is None else "D" if after is None else "M" if old_mode[:3] == new_mode[:3] else "T"
    return Entry(path, old_mode, new_mode, old_oid or null, new_oid or null, status)


def entries(raw: bytes) -> tuple[Entry, ...]:
    """Read `--raw -z` output without renames. Raises UsageError `git.unmerged`, `git.output` for what is unknown."""
    words = text(raw).split("\0")
    found: list[Entry] = []
    if len(words) % 2 == 0 or words[-1]:
        raise UsageError("git.output", output=words[0][:100])
    for about, path in zip(words[0:-1:2], words[1:-1:2], strict=False):
        fields = about.split(" ")
        if len(fields) != 5 or not about.startswith(":"):
            raise UsageError("git.output", output=about[:100])
        if fields[4] == "U":
            raise UsageError("git.unmerged", path=path)
        found.append(Entry(path, fields[0][1:], fields[1], fields[2], fields[3], fields[4][:1]))
    return tuple(found)
