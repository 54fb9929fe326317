"""Writing git by plumbing alone: blobs, trees, commits and references, with or without a work tree.

Nothing here touches a work tree, the repository's index or a branch that is checked out.
"""

from __future__ import annotations

import contextlib
import os

from osgate.errors import UsageError
from osgate.io.git import Git, GitFailed, redact, revision, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FILE = "100644"


class RefMoved(UsageError):
    """A reference is not where it was expected (`git.ref-moved`), or a push was turned down (`git.rejected`)."""


class Repository(Git):
    """A repository to write to. Revisions and object ids are text; times are ISO 8601 with an offset or `Z`."""

    def __enter__(self) -> Repository:
        return self

    # -- objects

    def tree(self, rev: str, prefix: str = "") -> list[tuple[str, str, str]]:
        """Return (path, mode, object id) of all files below the folder `prefix` of `rev`, in git's order."""
        args = ["ls-tree", "-r", "-z", "--full-tree", revision(rev), "--"]
        out = text(self.run("--literal-pathspecs", *args, *([prefix] if prefix else [])))
        rows = (line.partition("\t") for line in out.split("\0") if line)
        return [(path, about.split(" ")[0], about.split(" ")[2]) for about, _, path in rows]

    def write_blob(self, data: bytes) -> str:
        """Store `data` as it is (no filter, no line-end conversion) and return its object id."""
        return text(self.run("hash-object", "-w", "--no-filters", "--stdin", input=data)).strip()

    def _write_blobs(self, contents: Sequence[bytes], beside: str) -> list[str]:
        """The same for several contents by one process, which takes them from drafts named after the file `beside`."""
        if len(contents) < 2:
            return [self.write_blob(data) for data in contents]
        drafts = [f"{beside}-{number}" for number in range(len(contents))]
        try:
            for path, data in zip(drafts, contents, strict=True):
                with open(path, "xb") as file:
                    file.write(data)
            paths = b"".join(os.fsencode(path) + b"\n" for path in drafts)
            return text(self.run("hash-object", "-w", "--no-filters", "--stdin-paths", input=paths)).split()
        finally:
            for path in drafts:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)

    def write_tree_from(self, base: str | None, files: Mapping[str, bytes | None]) -> str:
        """Return the id of the tree of `base` (None: empty) with `files` written, or removed where the value is None.

        Works on an index file of its own inside the git directory. A file that stands where a new one needs a folder
        gives way. Raises GitFailed for a path that git refuses (`..`, `.git`).
        """
        index = os.path.join(self.git_dir(), f"osgate-index-{os.getpid()}-{os.urandom(4).hex()}")
        env = {"GIT_INDEX_FILE": index}
        try:
            root = None if base is None else self.run("rev-parse", "--verify", f"{revision(base)}^{{tree}}").strip()
            self.run("read-tree", root or "--empty", env=env)
            null = "0" * len(root or b"")
            lines = self._index_lines(files, null, index)
            update = ("update-index", "-z", "--index-info")
            code, _, errors = self.ask(*update, input=b"".join(lines), env=env)
            if code or errors:  # A path that git refuses is skipped with a word and exit code 0.
                raise GitFailed(update, code, errors)
            return text(self.run("write-tree", env=env)).strip()
        finally:
            for name in (index, f"{index}.lock"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name)

    def _index_lines(self, files: Mapping[str, bytes | None], null: str, index: str) -> list[bytes]:
        """`null`: an object id of zeros; empty where the tree was empty, so that there is nothing to remove."""
        for path in files:
            if "\0" in path:
                raise UsageError("git.path", path=path)
        oids = iter(self._write_blobs([data for data in files.values() if data is not None], index))
        gone = f"0 {null}" if null else ""
        about = {path: gone if data is None else f"{_FILE} {next(oids)}" for path, data in files.items()}
        return [f"{said}\t{path}\0".encode("utf-8", "surrogateescape") for path, said in about.items() if said]

    def commit(self, tree: str, parents: Sequence[str], message: str, author: tuple[str, str], date: str) -> str:
        """Store a commit and return its id. The same arguments give the same id.

        author: (name, address), for the committer too. date: ISO 8601, e.g. `2026-11-21T06:03:00Z`.
        """
        name, address = author
        env = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER")
               for part, value in (("NAME", name), ("EMAIL", address), ("DATE", date))}  # fmt: skip
        above = [word for parent in parents for word in ("-p", revision(parent))]
        args = ("-c", "i18n.commitEncoding=UTF-8", "commit-tree", "--no-gpg-sign", *above, revision(tree))
        return text(self.run(*args, input=message.encode("utf-8", "surrogateescape"), env=env)).strip()

    # -- references

    def update_ref(self, ref: str, new: str, old: str | None) -> None:
        """Move `ref` from `old` (None: it must not exist yet) to `new`. Raises RefMoved where it stands elsewhere.

        A symbolic reference is moved itself, never the branch it points at.
        """
        self._swap(("update-ref", "--no-deref", revision(ref), revision(new), old or ""), ref, old)

    def delete_ref(self, ref: str, old: str) -> None:
        """Delete `ref` while it stands at `old`. Raises RefMoved where it stands elsewhere."""
        self._swap(("update-ref", "--no-deref", "-d", revision(ref), revision(old)), ref, old)

    def _swap(self, args: tuple[str, ...], ref: str, old: str | None) -> None:
        code, _, errors = self.ask(*args)
        if code == 0:
            return
        now = dict(self.refs(ref)).get(ref)
        if now != old:
            raise RefMoved("git.ref-moved", ref=ref, expected=old or "", found=now or "")
        raise GitFailed(args, code, errors)

    def refs(self, prefix: str = "") -> list[tuple[str, str]]:
        """Return (full name, object id) of the references below `prefix` (or called so), sorted by name."""
        args = ["for-each-ref", "--format=%(refname) %(objectname)", *([prefix] if prefix else [])]
        rows = (line.rpartition(" ") for line in text(self.run(*args)).split("\n") if line)
        return [(name, oid) for name, _, oid in rows]

    # -- other repositories

    def push(
        self, url: str, *refspecs: str, leases: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Push `refspecs` to `url` (or a remote's name), all or none.

        leases: reference -> where it must stand there, empty where it must not exist. env: as for `run`.

        Raises RefMoved `git.rejected` where the other side turns one down, GitFailed where it cannot be reached.
        """
        held = [f"--force-with-lease={name}:{oid}" for name, oid in (leases or {}).items()]
        args = ("push", "--porcelain", "--atomic", *held, "--", url, *refspecs)
        code, out, errors = self.ask(*args, env=env)
        if code == 0:
            return
        turned = [line.split("\t") for line in text(out).splitlines() if line.startswith("!\t")]
        if turned:
            reason = redact(turned[0][-1])
            raise RefMoved("git.rejected", ref=turned[0][1].rpartition(":")[2], reason=reason)
        raise GitFailed(args, code, errors)

    def fetch(self, url: str, *refspecs: str, prune: bool = False, env: Mapping[str, str] | None = None) -> None:
        """Fetch `refspecs` from `url` (or a remote's name), without tags and submodules. Raises GitFailed.

        prune: remove what they name here and not there. env: as for `run`.
        """
        options = ("--no-tags", "--no-recurse-submodules", *(["--prune"] if prune else []))
        self.run("fetch", "--quiet", *options, "--", url, *refspecs, env=env)
        self.close()  # A running reader may not see new packs.


def init_bare(directory: str, branch: str = "main") -> Repository:
    """Make an empty bare repository in `directory` and return it."""
    Git().run("init", "--quiet", "--bare", f"--initial-branch={branch}", "--", os.fsencode(directory))
    return Repository(directory)
