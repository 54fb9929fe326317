"""Rulesets and branch protection: which rules hold for a branch, and what stands in the way of a merge."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from osgate.testing.github import pulls
from osgate.testing.github.state import ROLES, Json, Org, PullRequest, Repo, User
from osgate.testing.github.state_work import Ruleset, Workflow

if TYPE_CHECKING:
    from osgate.testing.github.world import World

PASSED = ("success", "neutral", "skipped")


def rulesets_over(repo: Repo) -> list[Ruleset]:
    """Return the rulesets of a repository and of its organisation that reach it, whatever their enforcement."""
    above = repo.owner.rulesets.values() if isinstance(repo.owner, Org) else ()
    return [*repo.rulesets.values(), *(r for r in above if _reaches(r, repo))]


def _reaches(found: Ruleset, repo: Repo) -> bool:
    wanted = found.given.get("conditions") or {}
    if "repository_id" in wanted:
        return repo.id in wanted["repository_id"].get("repository_ids", ())
    names = wanted.get("repository_name")
    return names is not None and _named(names, (repo.name,), "~ALL")


def _named(given: Json, names: Iterable[str], every: str) -> bool:
    def hit(patterns: Iterable[str]) -> bool:
        return any(p == every or any(fnmatch.fnmatchcase(n, p) for n in names) for p in patterns)

    return hit(given.get("include", ())) and not hit(given.get("exclude", ()))


def _on_branch(found: Ruleset, repo: Repo, branch: str) -> bool:
    if found.given.get("target", "branch") != "branch":
        return False
    given = (found.given.get("conditions") or {}).get("ref_name") or {"include": []}
    names = [f"refs/heads/{branch}", *(["~DEFAULT_BRANCH"] if branch == repo.default_branch else [])]
    return _named(given, names, "~ALL")


def active(world: World, repo: Repo, branch: str) -> list[Json]:
    """Return the rules in force on a branch, each with the ruleset it comes from."""
    found = []
    for one in rulesets_over(repo):
        if one.given.get("enforcement") == "active" and _on_branch(one, repo, branch):
            source = {"ruleset_source_type": one.source_type, "ruleset_source": one.source, "ruleset_id": one.id}
            found += [{**rule, **source} for rule in one.given.get("rules", ())]
    return found


def required_workflows(world: World, repo: Repo, branch: str) -> list[Workflow]:
    """Return the workflows that rules run on a branch, as entered in the repositories the rules name."""
    found = []
    for rule in active(world, repo, branch):
        for row in rule.get("parameters", {}).get("workflows", ()) if rule["type"] == "workflows" else ():
            place = world.repos.get(row["repository_id"])
            found += [w for w in (place.workflows if place else ()) if w.path == row["path"]]
    return found


def required_checks(world: World, repo: Repo, branch: str) -> list[tuple[str, int | None]]:
    """Return the checks a branch asks for: name, and the app they must come from, None for anybody."""
    found = []
    for rule in active(world, repo, branch):
        if rule["type"] == "required_status_checks":
            rows = rule["parameters"]["required_status_checks"]
            found += [(row["context"], row.get("integration_id")) for row in rows]
    for row in ((repo.protection.get(branch) or {}).get("required_status_checks") or {}).get("checks", ()):
        source = row.get("app_id")
        found.append((row["context"], source if source and source > 0 else None))
    return found


def strict(world: World, repo: Repo, branch: str) -> bool:
    """Whether a change has to hold all of its target before it may be merged."""
    rows = [r["parameters"] for r in active(world, repo, branch) if r["type"] == "required_status_checks"]
    old = (repo.protection.get(branch) or {}).get("required_status_checks") or {}
    return bool(old.get("strict")) or any(row["strict_required_status_checks_policy"] for row in rows)


def passed(repo: Repo, sha: str, name: str, source: int | None) -> bool:
    """Whether a required check has passed on a commit. A check and a status of one name are both asked for."""
    checks = [c for c in repo.checks if c.suite.sha == sha and c.name == name and source in (None, c.suite.app.id)]
    newest = {c.suite.id: c for c in checks}
    statuses = [s for s in repo.statuses if s.sha == sha and s.context == name and source is None]
    oks = [c.conclusion in PASSED for c in newest.values()] + [s.state == "success" for s in statuses[-1:]]
    return bool(oks) and all(oks)


def obstacles(world: World, pull: PullRequest, sha: str = "") -> list[str]:
    """Return what stands in the way of a merge, in words; empty where nothing does. sha: a queue's commit."""
    repo, head = pull.repo, sha or pull.head
    found = []
    if pull.state != "open":
        found.append("Pull request is not open")
    if pull.draft:
        found.append("Pull request is still a draft")
    for name, source in required_checks(world, repo, pull.base_ref):
        if not passed(repo, head, name, source):
            found.append(f'Required status check "{name}" is expected.')
    for flow in required_workflows(world, repo, pull.base_ref):
        runs = [r for r in repo.runs if r.workflow is flow and r.required and head in (r.head_sha, r.sha)]
        if not runs or runs[-1].conclusion != "success":
            found.append(f'Required workflow "{flow.name}" is expected.')
    target = repo.git.tip(pull.base_ref)
    if not sha and target and strict(world, repo, pull.base_ref) and repo.git.merge_base(target, head) != target:
        found.append("The head branch is not up to date with the base branch.")
    found += [*_reviews(world, pull), *_team_reviews(world, pull)]
    if not pull.merge:
        found.append("Merge conflict")
    return found


def _reviews(world: World, pull: PullRequest) -> list[str]:
    wanted = [r["parameters"] for r in active(world, pull.repo, pull.base_ref) if r["type"] == "pull_request"]
    needed = max((row["required_approving_review_count"] for row in wanted), default=0)
    old = (pull.repo.protection.get(pull.base_ref) or {}).get("required_pull_request_reviews") or {}
    needed = max(needed, old.get("required_approving_review_count") or 0)
    given = len(approvers(world, pull))
    return [f"At least {needed} approving review is required by reviewers with write access."] if given < needed else []


def _team_reviews(world: World, pull: PullRequest) -> Iterator[str]:
    """Teams that have to have seen what changes some files, and have not."""
    rows = [r["parameters"] for r in active(world, pull.repo, pull.base_ref) if r["type"] == "pull_request"]
    paths = {path for file in pulls.files_of(pull) for path in (file.old_path, file.new_path) if path}
    for row in (one for said in rows for one in said.get("required_reviewers", ())):
        about = any(means(row["file_patterns"], path) for path in paths)
        if about and _team_approvals(world, pull, row["reviewer"]["id"]) < row["minimum_approvals"]:
            yield f"Waiting on an approval of the team {row['reviewer']['id']}."


def _team_approvals(world: World, pull: PullRequest, id: int) -> int:
    """How many of a team have approved; they count where the team may write."""
    owner = pull.repo.owner
    team = owner.teams.get(id) if isinstance(owner, Org) else None
    if team is None or ROLES.index(team.repos.get(pull.repo.id, "none")) < ROLES.index("write"):
        return 0
    return sum(world.in_team(user, team) is not None for user in approvers(world, pull))


def means(patterns: Iterable[str], path: str) -> bool:
    """Whether file patterns mean a path. As .gitignore's: the last that fits decides, `!` takes out again."""
    found = False
    for pattern in patterns:
        parts = pattern.removeprefix("!").strip("/").split("/")
        anchored = "/" in pattern.removeprefix("!").rstrip("/")
        if _fits(parts if anchored else ["**", *parts], path.split("/")):
            found = not pattern.startswith("!")
    return found


def _fits(parts: list[str], names: list[str]) -> bool:
    if not parts or not names:
        return not parts
    if parts[0] == "**":
        return len(parts) == 1 or any(_fits(parts[1:], names[at:]) for at in range(len(names)))
    return fnmatch.fnmatchcase(names[0], parts[0]) and _fits(parts[1:], names[1:])


def approvers(world: World, pull: PullRequest) -> list[User]:
    """Return who has approved, may write, and is not the author."""
    newest = {r.author: r.state for r in pull.reviews if r.state not in ("COMMENTED", "PENDING")}
    rank = ROLES.index("write")
    strong = [u for u, state in newest.items() if state == "APPROVED" and ROLES.index(world.role(u, pull.repo)) >= rank]
    return [u for u in strong if u is not pull.author]


def queue_rule(world: World, repo: Repo, branch: str) -> Json | None:
    """Return the merge queue's rule of a branch, None where there is no queue."""
    return next((r for r in active(world, repo, branch) if r["type"] == "merge_queue"), None)


def state_of(world: World, pull: PullRequest) -> tuple[bool | None, str]:
    """Return `mergeable` and `mergeable_state`."""
    if pull.state != "open":
        return None, "unknown"
    if not pull.merge:
        return False, "dirty"
    if pull.draft:
        return True, "draft"
    return True, "blocked" if obstacles(world, pull) else "clean"


def bypasses(world: World, found: Ruleset, user: User, repo: Repo | None) -> str:
    """Return how somebody may go past a ruleset: always, pull_requests_only or never."""
    roles = {5: "admin", 2: "maintain", 4: "write"}
    for actor in found.given.get("bypass_actors") or ():
        kind, number = actor["actor_type"], actor.get("actor_id")
        hit = kind == "User" and number == user.id
        if kind == "RepositoryRole" and repo is not None:
            hit = ROLES.index(world.role(user, repo)) >= ROLES.index(roles.get(number or 0, "admin"))
        owner = repo.owner if repo is not None else world.org(found.source)
        if isinstance(owner, Org):
            member = owner.members.get(user.id)
            hit = hit or (kind == "OrganizationAdmin" and member is not None and member.role == "admin")
            team = owner.teams.get(number or 0)
            hit = hit or (kind == "Team" and team is not None and world.in_team(user, team) is not None)
        if hit:
            return "pull_requests_only" if actor.get("bypass_mode") == "pull_request" else "always"
    return "never"
