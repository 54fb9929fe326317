"""Writing git by plumbing alone: blobs, trees, commits and references, with or without a work tree.

Nothing here touches a work tree, the repository's index or a branch that is checked out.
"""

from __future__ import annotations

import os
import re
from datetime import datetime

from osgate.errors import UsageError
from osgate.io.git import Git, GitFailed, redact, revision, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A name for the commit while it is made.
_DRAFT = "refs/osgate/draft"
# What git takes out of names and addresses.
_IDENT_CRUD = re.compile(r"[<>\n\0]")


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

    def commit(
        self,
        files: Mapping[str, bytes | None],
        parents: Sequence[str],
        message: str,
        author: tuple[str, str],
        date: str,
        *,
        anew: bool = False,
    ) -> str:
        """Store a commit that no reference names and return its id. The same arguments give the same id.

        files: what is written into the tree of the first parent, or removed from it where the value is None. A file
        that stands where a new one needs a folder gives way. anew: they are the whole tree. author: (name, address),
        for the committer too. date: ISO 8601, e.g. `2026-11-21T06:03:00Z`.

        Raises UsageError `git.path` for a path that git refuses (`..`, `.git`).
        """
        moment = datetime.fromisoformat(date)
        name, address = (_IDENT_CRUD.sub("", part).strip() for part in author)
        said = message.encode("utf-8", "surrogateescape")
        lines = [
            f"commit {_DRAFT}\nmark :1\n".encode(),
            f"committer {name} <{address}> {int(moment.timestamp())} {moment:%z}\n".encode("utf-8", "surrogateescape"),
            b"data %d\n%b\n" % (len(said), said),
            *(f"{'merge' if n else 'from'} {revision(parent)}^0\n".encode() for n, parent in enumerate(parents)),
            *([b"deleteall\n"] if anew else []),
            *(b'D "%b"\n' % _quoted(path) for path, data in files.items() if data is None),
        ]
        for path, data in files.items():
            if data is not None:
                lines.append(b'M 100644 inline "%b"\ndata %d\n%b\n' % (_quoted(path), len(data), data))
        # Without the reset the reference would be made.
        end = f"get-mark :1\nreset {_DRAFT}\n\ndone\n".encode()
        return text(self.run("fast-import", "--quiet", "--done", input=b"".join([*lines, end]))).strip()

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
        turned = [line.split("\t") for line in text(out).split("\n") if line.startswith("!\t")]
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


def _quoted(path: str) -> bytes:
    """A path as fast-import reads it. Raises UsageError `git.path`."""
    if "\0" in path or any(part.lower() in ("", ".", "..", ".git") for part in path.split("/")):
        raise UsageError("git.path", path=path)
    return b"".join([b"\\%03o" % byte for byte in path.encode("utf-8", "surrogateescape")])


def init_bare(directory: str, branch: str = "main") -> Repository:
    """Make an empty bare repository in `directory` and return it."""
    Git().run("init", "--quiet", "--bare", f"--initial-branch={branch}", "--", os.fsencode(directory))
    return Repository(directory)
