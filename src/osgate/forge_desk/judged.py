"""The verdict on a change as the desk finds it itself: from git, by its own snapshot, whatever a pipeline's job said.

Two references are fetched into a bare copy that is kept: the target branch, and the change's head as the forge keeps it
in the target's repository, so that a fork needs no access of ours. Nothing of it is checked out or run. `.osgate/` is
read at the target branch's tip, never in the change.

Anybody can make a branch and open a change onto it, so a branch counts as a target only where the institution guards
it; what goes elsewhere is judged as if it went to the default branch.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from osgate import patterns, pipeline
from osgate.changes.assemble import Locks
from osgate.changes.range import between
from osgate.errors import Undecided, UsageError
from osgate.forges.protocol import Forge
from osgate.formats import table
from osgate.intake_desk import leftovers
from osgate.io.files import FolderLock
from osgate.io.git import Git, GitFailed
from osgate.io.git_access import Reached
from osgate.io.git_write import init_bare
from osgate.ledger import lock as locks
from osgate.ledger.lock import Lock
from osgate.model.forge import Change, Project
from osgate.model.record import record
from osgate.model.verdict import Verdict
from osgate.pipeline import Ledger
from osgate.policy import guarded, local_config
from osgate.policy.baseline import Baseline, parse
from osgate.policy.local_config import LocalConfig

# Where a forge keeps the head of a change in the target project's repository.
_HEADS = {"gitlab": "refs/merge-requests/{}/head"}
_HEAD = "refs/pull/{}/head"
_BASELINE = ".osgate/baseline.json"
_OWN = (local_config.PATH, locks.PATH, _BASELINE)
_LOCKS = Locks(table.MANIFESTS, table.locks_of, table.manifests_of, table.INDEXES)
# What git allows in no reference (git-check-ref-format(1)), or understands as more than a name.
_ODD = r"[\x00-\x20~^:?*\[\\\x7f]|\.\.|@\{|^-|^/|/$|//|\.lock$|\.lock/|^$"
_ID = r"[0-9a-f]{40}|[0-9a-f]{64}"
SECONDS = 120.0


@record
class Means:
    """What a verdict takes. kind: of the forge. cache: folder for bare copies. now: UTC instant.

    ledger: how the ledger is reached, by the trust root that stands on the target branch (None: there is none), which
    a desk has no use for; None gives a check that only observes. address: of the forge; login, token: for git over
    HTTP from there and nowhere else, all may be empty. seconds: for a fetch. branches: names of those that are guarded
    besides the default one (`osgate.policy.guarded`). facts: opens a store of facts, as in `pipeline.Asked`.
    """

    kind: str
    cache: str
    now: str
    ledger: Callable[[Lock | None], Ledger | None]
    address: str = ""
    login: str = ""
    token: str = ""
    seconds: float = SECONDS
    branches: tuple[str, ...] = ()
    facts: Callable[[], pipeline.FactStore | None] = pipeline.no_store


class Judge:
    """Gives the verdict on any change. project: finds one by its id."""

    def __init__(self, project: Callable[[str], Project], means: Means) -> None:
        self.project, self.means = project, means

    def __call__(self, change: Change) -> Verdict:
        """Return what `verdict_on` does."""
        return verdict_on(change, self.project(change.project), self.means)

    def apart(self, change: Change, forge: Forge) -> list[Change]:
        """Return open changes with the head of `change` on which another branch decides: one for each such branch.

        The same head gets the same verdict by the same branch, so the forge is not asked where the default branch
        decides on all. Raises what the forge raises.
        """
        project = self.project(change.project)
        if {*self.means.branches} <= {project.branch}:
            return []
        sharing = forge.changes_with(change.project, change.head)
        found = {target_of(one, project, self.means): one for one in sharing}
        found.pop(target_of(change, project, self.means), None)
        return list(found.values())


def target_of(change: Change, project: Project, means: Means) -> str:
    """Return the branch that a change is judged by: its target where that is guarded, else the default one."""
    return change.target if guarded.named(means.branches, change.target) else project.branch


def verdict_on(change: Change, project: Project, means: Means) -> Verdict:
    """Return the verdict on the head that `change` names against the branch that decides on it, as that is now.

    project: the one the change is in. Raises Undecided: `judged.fetch`, `judged.moved` (the head is not there any
    more), `judged.busy`, `program.slow`; UsageError where the two have no history in common, or `.osgate/` is
    malformed.
    """
    with fetched(change, project, means) as (git, tip):
        config, lock, baseline = _own(git, tip)
        asked = pipeline.Asked(means.now, config, baseline=baseline, facts=means.facts, pipeline=True)
        found = between(git, tip, change.head, table.match, table.includes, _LOCKS)
        return pipeline.check(found, means.ledger(lock), asked)


@contextmanager
def fetched(change: Change, project: Project, means: Means) -> Iterator[tuple[Git, str]]:
    """Yield a repository that holds the change's head and the branch of `target_of`, with the tip of the latter.

    One fetch into a copy at a time. Raises what `verdict_on` does of it.
    """
    target = target_of(change, project, means)
    if patterns.search(_ODD, target):
        raise UsageError("git.revision", revision=target)
    folder = os.path.join(means.cache, "changes", _name(means.kind, project))
    try:
        with FolderLock(f"{folder}.lock"):
            if not os.path.isfile(os.path.join(folder, "config")):
                init_bare(folder).close()
            leftovers.remove(folder, means.now)
            with Reached(folder) as git:
                yield git, _taken(git, change, target, project, means)
    except BlockingIOError as error:
        raise Undecided("judged.busy", project=project.path) from error


def _taken(git: Reached, change: Change, branch: str, project: Project, means: Means) -> str:
    """Fetch both sides; return the branch's tip."""
    theirs = _HEADS.get(means.kind, _HEAD).format(change.number)
    # Not by the branch's name: `a` and `a/b` cannot stand beside each other, and one may have taken the other's place.
    head, target = f"refs/osgate/change/{change.number}", f"refs/osgate/target/{_short(branch)}"
    wanted = (f"+{theirs}:{head}", f"+refs/heads/{branch}:{target}")
    token = means.token if project.git_url.startswith(f"{means.address.rstrip('/')}/") else ""
    try:
        git.take(project.git_url, *wanted, login=means.login, token=token, seconds=means.seconds)
    except GitFailed as error:
        raise Undecided("judged.fetch", project=project.path, detail=error.params["output"]) from error
    if not patterns.fullmatch(_ID, change.head) or git.commit_of(change.head) is None:
        raise Undecided("judged.moved", head=change.head[:12])
    return git.resolve(target)


def _own(git: Git, tip: str) -> tuple[LocalConfig, Lock | None, Callable[[], Baseline]]:
    """What the project says of itself on the target branch. Raises UsageError where it is malformed."""
    found = {path: data or b"" for path, (_, _, data) in git.paths_at(tip, _OWN).items()}
    config = local_config.parse(found[local_config.PATH]) if local_config.PATH in found else LocalConfig()
    lock = locks.parse(found[locks.PATH]) if locks.PATH in found else None
    return config, lock, lambda: parse(found[_BASELINE]) if _BASELINE in found else {}


def _name(kind: str, project: Project) -> str:
    """The folder of a project's copy: its address may change, two installations may use the same ids."""
    host = _short(f"{kind} {project.git_url.rpartition(project.path)[0]}")
    return f"{host}-{patterns.sub(r'[^0-9A-Za-z]', '_', project.id)[:40]}.git"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
