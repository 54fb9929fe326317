"""The merge queue: a branch with the merge on it, checks on that, then the target moves to what was checked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from osgate.testing.github import events, pulls, rules

if TYPE_CHECKING:
    from osgate.testing.github.state import Json, PullRequest, Repo, User
    from osgate.testing.github.world import World


def enter(world: World, pull: PullRequest, who: User) -> Json:
    """Put a pull request into the queue and have its group checked; return the merge_group of the event."""
    repo = pull.repo
    base = repo.git.tip(pull.base_ref) or ""
    head = repo.git.merge_commit(base, pull.head, f"Merge pull request #{pull.number}", (who.name, who.email))
    branch = f"{pulls.QUEUE}/{pull.base_ref}/pr-{pull.number}-{base}"
    repo.git.set_ref(f"refs/heads/{branch}", head)
    pull.queued, pull.queued_at = head, world.now
    group = {
        "head_sha": head,
        "head_ref": f"refs/heads/{branch}",
        "base_sha": base,
        "base_ref": f"refs/heads/{pull.base_ref}",
    }
    about: Json = {"action": "checks_requested", "merge_group": group}
    events.emit(world, repo, "merge_group", lambda: about, who, ref=f"refs/heads/{branch}", sha=head)
    return group


def advance(world: World, repo: Repo) -> None:
    """Merge what is queued and has passed on its group's commit; what has failed, or has not been checked in the time
    that the rule gives, leaves the queue."""
    for pull in [p for p in repo.pulls if p.queued and p.state == "open"]:
        head = pull.queued
        branch = next((b for b, oid in repo.git.refs(f"refs/heads/{pulls.QUEUE}/").items() if oid == head), "")
        if not rules.obstacles(world, pull, head):
            pulls.merge(world, pull, pull.author, tip=head)
        elif not _failed(world, repo, pull, head) and not _late(world, repo, pull):
            continue
        pull.queued = ""
        if branch:
            repo.git.run("update-ref", "-d", f"refs/heads/{pulls.QUEUE}/{branch}")


def _failed(world: World, repo: Repo, pull: PullRequest, head: str) -> bool:
    """Whether something that is required has ended otherwise than well; where nothing is, anything."""
    flows = rules.required_workflows(world, repo, pull.base_ref)
    runs = {run.workflow.id: run.conclusion for run in repo.runs if run.required and head in (run.head_sha, run.sha)}
    wanted = {name for name, _ in rules.required_checks(world, repo, pull.base_ref)}
    ends = [c.conclusion for c in repo.checks if c.suite.sha == head and c.status == "completed"
            and (c.name in wanted or not (wanted or flows))]  # fmt: skip
    ends += [runs[flow.id] for flow in flows if runs.get(flow.id)]
    return any(one not in rules.PASSED for one in ends)


def _late(world: World, repo: Repo, pull: PullRequest) -> bool:
    rule = rules.queue_rule(world, repo, pull.base_ref)
    minutes = rule["parameters"]["check_response_timeout_minutes"] if rule else 0
    waited = datetime.fromisoformat(world.now) - datetime.fromisoformat(pull.queued_at)
    return waited > timedelta(minutes=minutes)
