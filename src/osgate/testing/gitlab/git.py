"""A bare repository and what GitLab asks of it. Every question is a real git's answer."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "GIT_EXEC_PATH")
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ID = re.compile("[0-9a-f]{40}")
# The author and committer of what the forge itself writes, where nobody is named.
FORGE = ("GitLab", "gitlab@forge.example.com")
_PRE_RECEIVE = """#!/bin/sh
# Refuses what the forge does not allow, then runs the server's own hooks in Gitaly's order, each with the same lines.
lines=$(cat)
listed() {
  case "
$2
" in *"
$1
"*) return 0;; esac
  return 1
}
while read -r old new ref; do
  if listed "$ref" "$FAKE_GITLAB_REFUSED"; then
    echo "GitLab: You are not allowed to push code to protected branches on this project." >&2
    exit 1
  fi
  if listed "$ref" "$FAKE_GITLAB_FORWARD" && ! git merge-base --is-ancestor "$old" "$new"; then
    echo "GitLab: You are not allowed to force push code to a protected branch on this project." >&2
    exit 1
  fi
done <<END
$lines
END
for hook in custom_hooks/pre-receive custom_hooks/pre-receive.d/*; do
  case "$hook" in *~) continue;; esac
  if [ -f "$hook" ] && [ -x "$hook" ]; then printf '%s\\n' "$lines" | "$hook" || exit 1; fi
done
exit 0
"""


class GitFailed(Exception):
    """git said no. Its argument: what it said on standard error."""


@dataclass
class FileDiff:
    """One file of a diff. text: from the first `@@` on. added, removed, context: the lines a note may stand on."""

    old_path: str
    new_path: str
    old_mode: str
    new_mode: str
    status: str
    text: str
    added: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)
    context: set[tuple[int, int]] = field(default_factory=set)


@dataclass
class Commit:
    """One commit. times are ISO with offset."""

    id: str
    parents: list[str]
    author: str
    author_email: str
    authored: str
    committer: str
    committer_email: str
    committed: str
    message: str


class Repository:
    """A bare repository at `path`. now: seconds since the epoch, for commits made here."""

    def __init__(self, path: str, now: Callable[[], int]) -> None:
        self.path, self._now = path, now
        self._commits: dict[str, Commit] = {}
        self._merged: dict[tuple[str, str], str | None] = {}
        self._bases: dict[tuple[str, str], str] = {}
        self._made = 0

    def create(self, branch: str) -> None:
        """Make it, empty, with `branch` as its HEAD and the forge's pre-receive hook."""
        self.run("init", "-q", "--bare", f"--initial-branch={branch}", "--template=", self.path, inside=False)
        hook = os.path.join(self.path, "hooks", "pre-receive")
        os.makedirs(os.path.dirname(hook))
        with open(hook, "w", encoding="utf-8") as file:
            file.write(_PRE_RECEIVE)
        os.chmod(hook, 0o755)  # noqa: S103 - git starts it
        with open(os.path.join(self.path, "config"), "a", encoding="utf-8") as file:
            file.write("[receive]\n\tadvertisePushOptions = true\n[uploadpack]\n\tallowAnySHA1InWant = true\n")
            file.write("[transfer]\n\thideRefs = refs/keep-around\n")

    def run(self, *args: str, feed: bytes = b"", inside: bool = True, env: Mapping[str, str] | None = None) -> bytes:
        """Return what `git args` prints. Raises GitFailed."""
        when = f"{self._now()} +0000"
        own = {name: os.environ[name] for name in _KEPT if name in os.environ}
        own |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, **(env or {})}
        for role in ("AUTHOR", "COMMITTER"):
            own.setdefault(f"GIT_{role}_NAME", FORGE[0])
            own.setdefault(f"GIT_{role}_EMAIL", FORGE[1])
        where = [f"--git-dir={self.path}"] if inside else []
        done = subprocess.run(["git", *where, *args], input=feed, capture_output=True, env=own, check=False)
        if done.returncode:
            raise GitFailed(done.stderr.decode(errors="replace"))
        return done.stdout

    def ask(self, *args: str) -> str | None:
        """Return the one word git answers, None when it fails."""
        try:
            return self.run(*args).decode(errors="replace").strip() or None
        except GitFailed:
            return None

    def ref(self, name: str) -> str | None:
        """Return what a full ref (`refs/heads/main`) points at. A loose ref is read without starting git."""
        if ".." not in name:
            try:
                with open(os.path.join(self.path, name), encoding="ascii") as file:
                    return file.read().strip()
            except (OSError, ValueError):
                pass
        packed = os.path.exists(os.path.join(self.path, "packed-refs"))
        return self.ask("rev-parse", "--verify", "-q", name) if packed else None

    def tip(self, branch: str) -> str | None:
        """Return the commit a branch points at, None where there is none."""
        return self.ref(f"refs/heads/{branch}") if branch else None

    def resolve(self, name: str) -> str | None:
        """Return the commit that a branch, tag or commit id means."""
        if not name or name.startswith("-"):
            return None
        known = name if name in self._commits else None
        return self.tip(name) or known or self.ask("rev-parse", "--verify", "-q", f"{name}^{{commit}}")

    def refs(self, under: str) -> dict[str, str]:
        """Return short name -> object of all refs below `under` (`refs/heads/`)."""
        found = self.run("for-each-ref", "--format=%(objectname) %(refname)", under).decode().splitlines()
        return {name.removeprefix(under): oid for oid, name in (line.split(" ", 1) for line in found)}

    def object(self, commit: str, path: str) -> tuple[str, str, str] | None:
        """Return mode, type and id of what lies at `path` in a commit."""
        found = self.run("ls-tree", "-z", commit, "--", f":(literal){path}" if path else ".").decode(errors="replace")
        rows = [row.partition("\t") for row in found.split("\0") if row]
        return next(((*row[0].split(" "),) for row in rows if row[2] == path), None)  # type: ignore[return-value]

    def blob(self, oid: str) -> bytes:
        """Return the bytes of a blob."""
        return self.run("cat-file", "blob", oid)

    def commit(self, oid: str) -> Commit:
        """Return one commit. Raises GitFailed."""
        if oid not in self._commits:
            self.commits("-1", oid)
        return self._commits[oid]

    def commits(self, *selected: str) -> list[Commit]:
        """Return the commits that `git log` selects, newest first. Raises GitFailed."""
        form = "%x1e%H%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%cn%x1f%ce%x1f%cI%x1f%B"
        text = self.run("log", f"--format={form}", *selected).decode(errors="replace")
        found = []
        for row in text.split("\x1e")[1:]:
            oid, parents, an, ae, at, cn, ce, ct, message = row.split("\x1f", 8)
            self._commits[oid] = Commit(oid, parents.split(), an, ae, at, cn, ce, ct, message.strip("\n") + "\n")
            found.append(self._commits[oid])
        return found

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor. Of two full ids it stays what it is."""
        if (one, other) in self._bases:
            return self._bases[one, other]
        found = self.ask("merge-base", one, other)
        if found and _ID.fullmatch(one) and _ID.fullmatch(other):
            self._bases[one, other] = found
        return found

    def write(
        self, changes: Mapping[str, bytes | None], message: str, author: tuple[str, str], parent: str | None, modes: str
    ) -> str:
        """Make a commit on `parent` and return its id; no branch moves. changes: path -> content, None to delete.

        author: name and e-mail. modes: of the files written, `100644` as a rule. Raises GitFailed.
        """
        self._made += 1
        who = f"{author[0]} <{author[1]}> {self._now()} +0000".encode()
        text = message.encode()
        ref = f"refs/keep-around/{os.getpid()}-{self._made}".encode()
        parts = [b"commit ", ref, b"\nmark :1\nauthor ", who, b"\ncommitter ", who]
        parts += [b"\ndata %d\n" % len(text), text, b"\n"]
        parts += [b"from " + parent.encode() + b"\n"] if parent else []
        for path, content in changes.items():
            name = _quoted(path)
            if content is None:
                parts.append(b"D " + name + b"\n")
            else:
                parts += [b"M %s inline %s\ndata %d\n" % (modes.encode(), name, len(content)), content, b"\n"]
        parts.append(b"\nget-mark :1\ndone\n")
        return self.run("fast-import", "--quiet", "--done", "--force", feed=b"".join(parts)).decode().strip()

    def move(self, branch: str, new: str | None, old: str | None) -> None:
        """Set a branch if it still is at `old` (None: does not exist). new None deletes. Raises GitFailed."""
        zero = "0" * len(new or old or "")
        self.run("update-ref", f"refs/heads/{branch}", new or zero, old or zero)

    def merged(self, target: str, head: str) -> str | None:
        """Return the tree of merging `head` into `target`, None on a conflict."""
        if (target, head) not in self._merged:
            self._merged[target, head] = self.ask("merge-tree", "--write-tree", target, head)
        return self._merged[target, head]

    def diff(self, old: str, new: str) -> list[FileDiff]:
        """Return what changed between two commits or trees, with renames, as merge requests show it."""
        options = ("-r", "-M", "--no-color", "--no-ext-diff", "--no-textconv")
        raw = self.run("diff-tree", *options, "--raw", "-z", old, new).decode(errors="replace").split("\0")
        patch = self.run("diff-tree", *options, "-p", "--full-index", old, new)
        chunks = re.split(rb"^diff --git .*$", patch, flags=re.MULTILINE)[1:]
        found: list[FileDiff] = []
        at = 0
        while at < len(raw) - 1:
            old_mode, new_mode, _, _, status = raw[at].lstrip(":").split(" ")
            renamed = status[0] in "RC"
            names = (raw[at + 1], raw[at + 2] if renamed else raw[at + 1])
            found.append(_file_diff(names, (old_mode, new_mode), status, chunks[len(found)]))
            at += 3 if renamed else 2
        return found


def _quoted(path: str) -> bytes:
    if not path.startswith('"') and "\n" not in path:
        return path.encode()
    return b'"' + path.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _file_diff(names: tuple[str, str], modes: tuple[str, str], status: str, chunk: bytes) -> FileDiff:
    start = re.search(rb"^(@@ |Binary files )", chunk, re.MULTILINE)
    text = chunk[start.start() :] if start else b""
    found = FileDiff(*names, *modes, status, text.decode(errors="replace"))
    old = new = 0
    for line in text.split(b"\n"):
        hunk = _HUNK.match(line)
        if hunk:
            old, new = int(hunk[1]), int(hunk[3])
        elif line.startswith(b"+"):
            found.added.add(new)
            new += 1
        elif line.startswith(b"-"):
            found.removed.add(old)
            old += 1
        elif line.startswith(b" "):
            found.context.add((old, new))
            old, new = old + 1, new + 1
    return found
