"""Moving branches by REST, GraphQL and git alike: what rules forbid, then the ref, then who hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osgate.testing.github import events, pulls, rules
from osgate.testing.github.git import GitFailed
from osgate.testing.github.router import Refused, conflict, error

if TYPE_CHECKING:
    from osgate.testing.github.state import Json, Repo, Token, User
    from osgate.testing.github.world import World


def refusal(world: World, repo: Repo, user: User, branch: str, *, deleting: bool = False, forced: bool = False) -> str:
    """Return why a branch may not be moved by a push; empty where it may."""
    for one in rules.rulesets_over(repo):
        if one.given.get("enforcement") != "active" or rules.bypasses(world, one, user, repo) == "always":
            continue
        kinds = {r["type"] for r in rules.active(world, repo, branch) if r["ruleset_id"] == one.id}
        wrong = _broken(kinds, deleting, forced)
        if wrong:
            return f"GH013: Repository rule violations found for refs/heads/{branch}. {wrong}"
    old = repo.protection.get(branch)
    if old is None or (world.role(user, repo) == "admin" and not old.get("enforce_admins")):
        return ""
    return _protected(old, branch, deleting, forced)


def _broken(kinds: set[str], deleting: bool, forced: bool) -> str:
    if deleting:
        return "Cannot delete this branch" if "deletion" in kinds else ""
    if forced and "non_fast_forward" in kinds:
        return "Cannot force-push to this branch"
    words = {
        "pull_request": "Changes must be made through a pull request.",
        "merge_queue": "Changes must be made through the merge queue",
        "required_status_checks": "Required status checks are expected.",
        "workflows": "Required workflows are expected.",
        "update": "Cannot update this protected ref.",
    }
    return next((said for kind, said in words.items() if kind in kinds), "")


def _protected(old: Json, branch: str, deleting: bool, forced: bool) -> str:
    head = f"GH006: Protected branch update failed for refs/heads/{branch}."
    if deleting:
        return "" if old.get("allow_deletions") else f"{head} Cannot delete this branch"
    if forced and not old.get("allow_force_pushes"):
        return f"{head} Cannot force-push to this branch"
    if old.get("required_pull_request_reviews"):
        return f"{head} Changes must be made through a pull request."
    if old.get("required_status_checks"):
        return f"{head} Required status checks are expected."
    return ""


def allowed(
    world: World, repo: Repo, _token: Token | None, user: User, branch: str, *, deleting: bool = False,
    forced: bool = False,
) -> None:  # fmt: skip
    """Raises Refused (409 for a ruleset, 403 for protection) where a branch may not be moved."""
    why = refusal(world, repo, user, branch, deleting=deleting, forced=forced)
    if why.startswith("GH013"):
        raise Refused(409, error(f"Repository rule violations found\n\n{why}", 409))
    if why:
        raise Refused(403, error(why, 403))


def accept(world: World, repo: Repo, user: User, branch: str, new: str | None, old: str | None) -> None:
    """Move a branch that still is at `old`; pull requests, workflows and webhooks hear of it. Raises Refused (409)."""
    try:
        repo.git.move(branch, new, old)
    except GitFailed:
        conflict(f"is at {repo.git.tip(branch)} but expected {old}")
    pulls.refresh_all(world, repo, user)
    events.push(world, repo, f"refs/heads/{branch}", old, new, user)
