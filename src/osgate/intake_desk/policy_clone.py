"""A local copy of the policy repository: to look records up, to weigh a new one before it is sent, to send it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from osgate.errors import Undecided, UsageError
from osgate.intake_desk import leftovers
from osgate.intake_desk.books import Books
from osgate.io.files import FolderLock
from osgate.io.git import Git, redact, text
from osgate.io.git_write import Repository, init_bare
from osgate.ledger import codec

# Seconds that a command waits for another one that fetches into the same copy.
PATIENCE = 60.0
_PAUSE = 0.1


class PolicyClone(Books):
    """The policy repository at `url` (path or git address), fetched into a bare copy below the folder `cache`.

    One command at a time fetches and reads; what it has read then is its own, whatever others fetch. What the copy has
    already is not fetched again. A copy without contents (`--filter`) would ask for each record it lacks on its own.

    now: UTC instant, which tells what a killed command left there long ago. access: variables that let git in there, as
    whoever we are without them. Raises UsageError (`git.*`,
    `policy.empty`) where it cannot be fetched, Mistakes where its policy is not valid, Undecided("clone.busy") where
    another command does not come to an end, Refused("desk.policy-lost") where the policy in force is not there any
    more.
    """

    def __init__(self, url: str, cache: str, now: str, access: Mapping[str, str] | None = None) -> None:
        self.url = os.path.abspath(url) if os.path.isdir(url) else url
        name = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        with _alone(os.path.join(cache, "policy-locks", name)):
            self._fetch(os.path.join(cache, "policy", f"{name}.git"), now, access)

    def _fetch(self, folder: str, now: str, access: Mapping[str, str] | None) -> None:
        if not os.path.isfile(os.path.join(folder, "config")):  # Also where making it was interrupted.
            os.makedirs(os.path.dirname(folder), exist_ok=True)
            init_bare(folder).close()
        leftovers.remove(folder, now)
        self._repository = Repository(folder)
        self.main = default_branch(self._repository, self.url, access)
        wanted = ("+refs/heads/*:refs/remotes/policy/*", "+refs/osgate/refused/*:refs/remotes/refused/*")
        self._repository.fetch(self.url, *wanted, prune=True, env=access)
        Books.__init__(self, self._repository, f"refs/remotes/policy/{self.main}", now)

    def __enter__(self) -> PolicyClone:
        return self

    def __exit__(self, *_: object) -> None:
        self._repository.close()

    def travelling(self) -> dict[str, bytes]:
        """Records on branches the desk has not looked at yet: path -> content."""
        found: dict[str, str] = {}
        prefix = "refs/remotes/policy/osgate/"
        for oid in (oid for name, oid in self._repository.refs(prefix) if name.startswith(prefix)):
            found.update({path: blob for path, _, blob in self._repository.tree(oid, "records/")})
        fresh = {path: oid for path, oid in found.items() if path not in self.stored.records}
        data = self._repository.blobs(fresh.values())
        return {path: data[oid] or b"" for path, oid in fresh.items()}

    def unsealed(self) -> dict[str, bytes]:
        """Records that no seal names yet, on main and on branches: path -> content."""
        return {**self.history.waiting, **self.travelling()}

    def commit(self, name: str) -> str:
        """Return the id of the commit that a branch or the beginning of a commit id names in the policy repository.

        Raises UsageError("git.revision") where there is none.
        """
        found = self._repository.commit_of(f"refs/remotes/policy/{name}")
        return found or self._repository.resolve(name)

    def branches(self) -> dict[str, str]:
        """Return the branches that people make, by name, with their commits: all but main and those of records."""
        prefix = "refs/remotes/policy/"
        found = {name.removeprefix(prefix): oid for name, oid in self._repository.refs(prefix)}
        return {name: oid for name, oid in found.items() if name != self.main and not name.startswith("osgate/")}

    @property
    def repository(self) -> Repository:
        """The local copy; branches lie below `refs/remotes/policy/`."""
        return self._repository

    def submit(self, record: dict[str, Any], committer: tuple[str, str], now: str) -> str:
        """Push `record` on a branch of its own, which only the desk takes further; return the branch.

        committer: (name, address) of the commit; it entitles nobody to anything. Raises UsageError (`git.*`) where the
        push is turned down, UsageError("clone.of-another") for somebody's clone: no desk ever looks there.
        """
        origin = cloned_from(self.url)
        if origin:
            raise UsageError("clone.of-another", folder=self.url, url=origin)
        branch = f"osgate/{record['verb']}-{codec.short(record['id'])}"
        tip = self.stored.oid
        files = {codec.record_path(record): codec.printed(record)}
        message = f"{record['verb']} {codec.short(record['id'])}\n"
        commit = self._repository.commit(files, [tip], message, committer, now)
        self._repository.push(self.url, f"{commit}:refs/heads/{branch}")
        return branch


@contextmanager
def _alone(path: str) -> Iterator[None]:
    """Hold the lock at `path`, after as much patience as it takes and there is."""
    ends = time.monotonic() + PATIENCE
    while True:
        lock = FolderLock(path)
        try:
            lock.__enter__()
            break
        except BlockingIOError as error:
            if time.monotonic() > ends:
                raise Undecided("clone.busy", path=path, seconds=int(PATIENCE)) from error
            time.sleep(_PAUSE)
    try:
        yield
    finally:
        lock.__exit__()


def cloned_from(url: str) -> str:
    """Return where the folder that `url` names was cloned from, if it is a clone with a work tree; else nothing."""
    folder = url.removeprefix("file://")
    if not os.path.isdir(folder):
        return ""
    with Git(folder) as git:
        if git.ask("rev-parse", "--is-inside-work-tree")[1].strip() != b"true":
            return ""
        code, said, _ = git.ask("config", "--get", "remote.origin.url")
    return redact(text(said).strip()) if code == 0 else ""


def default_branch(repository: Repository, url: str, access: Mapping[str, str] | None = None) -> str:
    """Return the branch that HEAD names at `url`. access: variables that let git in there.

    Raises UsageError (`git.failed`, `policy.empty`).
    """
    said = repository.run("ls-remote", "--symref", "--", url, "HEAD", env=access).decode("utf-8", "replace")
    for line in said.split("\n"):
        if line.startswith("ref: refs/heads/"):
            return line.removeprefix("ref: refs/heads/").partition("\t")[0]
    raise UsageError("policy.empty", url=url)
