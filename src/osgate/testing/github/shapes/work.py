"""Commits, statuses, checks, workflow runs and what belongs to them as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osgate.testing.github.shapes.places import app, minimal_repo, repo_page, repo_url, user
from osgate.testing.github.state import Json, PullRequest, Repo, User
from osgate.testing.github.state_work import Artifact, CheckRun, CheckSuite, Run, Status, Workflow
from osgate.testing.gitlab.git import Commit

if TYPE_CHECKING:
    from osgate.testing.github.world import World


def utc(time: str) -> str:
    """git's time as GitHub writes it."""
    return time.replace("+00:00", "Z")


def _by_mail(world: World, mail: str) -> User | None:
    return next((u for u in world.users.values() if u.email.lower() == mail.lower()), None)


def commit(world: World, place: Repo, found: Commit) -> Json:
    """A `commit`; its accounts are those whose address it names, which proves nothing."""
    url, page = f"{repo_url(world, place)}/commits/{found.id}", f"{repo_page(world, place)}/commit/{found.id}"
    author, committer = _by_mail(world, found.author_email), _by_mail(world, found.committer_email)
    git = f"{repo_url(world, place)}/git"
    whole = git_commit(world, place, found)
    return {
        "url": url,
        "sha": found.id,
        "node_id": f"C_{found.id}",
        "html_url": page,
        "comments_url": f"{url}/comments",
        "commit": {
            "url": f"{git}/commits/{found.id}",
            "author": whole["author"],
            "committer": whole["committer"],
            "message": found.message.rstrip("\n"),
            "comment_count": 0,
            "tree": whole["tree"],
            "verification": whole["verification"],
        },
        "author": user(world, author) if author else None,
        "committer": user(world, committer) if committer else None,
        "parents": [{**p, "url": p["url"].replace("/git/", "/")} for p in whole["parents"]],
    }


def git_commit(world: World, place: Repo, found: Commit) -> Json:
    """A `git-commit`."""
    git, page = f"{repo_url(world, place)}/git", repo_page(world, place)
    tree = place.git.ask("rev-parse", f"{found.id}^{{tree}}") or ""
    nothing: Json = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
    signed = {"verified": True, "reason": "valid", "signature": "-----BEGIN PGP SIGNATURE-----", "payload": "tree"}
    signed |= {"verified_at": utc(found.committed)}
    parents = [{"sha": p, "url": f"{git}/commits/{p}", "html_url": f"{page}/commit/{p}"} for p in found.parents]
    return {
        "sha": found.id,
        "node_id": f"C_{found.id}",
        "url": f"{git}/commits/{found.id}",
        "html_url": f"{page}/commit/{found.id}",
        "author": {"name": found.author, "email": found.author_email, "date": utc(found.authored)},
        "committer": {"name": found.committer, "email": found.committer_email, "date": utc(found.committed)},
        "message": found.message.rstrip("\n"),
        "tree": {"sha": tree, "url": f"{git}/trees/{tree}"},
        "parents": parents,
        "verification": signed if found.id in place.verified else nothing,
    }


def simple_commit(place: Repo, sha: str) -> Json:
    """A `simple-commit`."""
    found = place.git.commit(sha)
    return {
        "id": sha,
        "tree_id": place.git.ask("rev-parse", f"{sha}^{{tree}}") or "",
        "message": found.message.rstrip("\n"),
        "timestamp": utc(found.committed),
        "author": {"name": found.author, "email": found.author_email},
        "committer": {"name": found.committer, "email": found.committer_email},
    }


def simple_status(world: World, place: Repo, found: Status) -> Json:
    """A `simple-commit-status`."""
    return {
        "url": f"{repo_url(world, place)}/statuses/{found.sha}",
        "avatar_url": user(world, found.creator)["avatar_url"],
        "id": found.id,
        "node_id": f"SC_{found.id}",
        "state": found.state,
        "description": found.description,
        "target_url": found.target_url,
        "context": found.context,
        "created_at": found.created_at,
        "updated_at": found.created_at,
    }


def status(world: World, place: Repo, found: Status) -> Json:
    """A `status`."""
    return {**simple_status(world, place, found), "creator": user(world, found.creator)}


def pull_minimal(world: World, found: PullRequest) -> Json:
    """A `pull-request-minimal`."""

    def end(place: Repo | None, ref: str, sha: str) -> Json:
        place = place or found.repo
        return {"ref": ref, "sha": sha, "repo": {"id": place.id, "url": repo_url(world, place), "name": place.name}}

    return {
        "id": found.id,
        "number": found.number,
        "url": f"{repo_url(world, found.repo)}/pulls/{found.number}",
        "head": end(found.head_repo, found.head_ref, found.head),
        "base": end(found.repo, found.base_ref, found.base),
    }


def pulls_at(world: World, place: Repo, sha: str) -> list[Json]:
    """The open pull requests of a repository, its forks' excepted, whose head a commit is."""
    rows = [p for p in place.pulls if p.state == "open" and p.head == sha and not p.cross]
    return [pull_minimal(world, p) for p in rows]


def check_run(world: World, found: CheckRun) -> Json:
    """A `check-run`."""
    place, suite = found.suite.repo, found.suite
    url = f"{repo_url(world, place)}/check-runs/{found.id}"
    page = f"{repo_page(world, place)}/runs/{found.id}"
    output = {name: found.output.get(name) for name in ("title", "summary", "text")}
    return {
        "id": found.id,
        "name": found.name,
        "node_id": f"CR_{found.id}",
        "head_sha": suite.sha,
        "external_id": found.external_id,
        "url": url,
        "html_url": page,
        "details_url": found.details_url or page,
        "status": found.status,
        "conclusion": found.conclusion,
        "started_at": found.started_at,
        "completed_at": found.completed_at,
        "output": {**output, "annotations_count": len(found.annotations), "annotations_url": f"{url}/annotations"},
        "check_suite": {"id": suite.id},
        "app": app(world, suite.app),
        "pull_requests": pulls_at(world, place, suite.sha),
    }


def suite_state(found: CheckSuite) -> tuple[str, str | None]:
    """Return status and conclusion of a check suite, from its runs."""
    runs = [c for c in found.repo.checks if c.suite is found]
    if not runs or any(c.status != "completed" for c in runs):
        return ("queued" if not runs else "in_progress"), None
    order = ("failure", "timed_out", "action_required", "cancelled", "success", "neutral", "skipped")
    ends = {c.conclusion for c in runs}
    return "completed", next((one for one in order if one in ends), "success")


def check_suite(world: World, found: CheckSuite) -> Json:
    """A `check-suite`."""
    place = found.repo
    url = f"{repo_url(world, place)}/check-suites/{found.id}"
    state, conclusion = suite_state(found)
    return {
        "id": found.id,
        "node_id": f"CS_{found.id}",
        "head_branch": found.branch,
        "head_sha": found.sha,
        "status": state,
        "conclusion": conclusion,
        "url": url,
        "before": None,
        "after": found.sha,
        "pull_requests": pulls_at(world, place, found.sha),
        "app": app(world, found.app),
        "repository": minimal_repo(world, place),
        "created_at": found.created_at,
        "updated_at": found.created_at,
        "head_commit": simple_commit(place, found.sha),
        "latest_check_runs_count": sum(c.suite is found for c in place.checks),
        "check_runs_url": f"{url}/check-runs",
        "rerequestable": True,
        "runs_rerequestable": True,
    }


def workflow(world: World, found: Workflow) -> Json:
    """A `workflow`."""
    place = found.repo
    page = repo_page(world, place)
    return {
        "id": found.id,
        "node_id": f"W_{found.id}",
        "name": found.name,
        "path": found.path,
        "state": found.state,
        "created_at": found.created_at,
        "updated_at": found.created_at,
        "url": f"{repo_url(world, place)}/actions/workflows/{found.id}",
        "html_url": f"{page}/blob/{place.default_branch}/{found.path}",
        "badge_url": f"{page}/actions/workflows/{found.path.rpartition('/')[2]}/badge.svg",
    }


def run(world: World, found: Run) -> Json:
    """A `workflow-run`. Of a fork's pull request, `pull_requests` is empty, as at GitHub."""
    place, change = found.repo, found.change
    url = f"{repo_url(world, place)}/actions/runs/{found.id}"
    head = (change.head_repo if change else place) or place
    suite = found.jobs[0].suite.id if found.jobs else 0
    sha = found.head_sha
    known = place if place.git.ask("cat-file", "-t", sha) else head
    links = ("jobs", "logs", "artifacts", "cancel", "rerun")
    return {
        "id": found.id,
        "node_id": f"WFR_{found.id}",
        "name": found.workflow.name,
        "head_branch": found.head_branch,
        "head_sha": sha,
        "path": found.workflow.path,
        "display_title": change.title if change else found.workflow.name,
        "run_number": found.number,
        "run_attempt": found.attempt,
        "event": found.event,
        "status": found.status,
        "conclusion": found.conclusion,
        "workflow_id": found.workflow.id,
        "check_suite_id": suite,
        "check_suite_node_id": f"CS_{suite}",
        "url": url,
        "html_url": f"{repo_page(world, place)}/actions/runs/{found.id}",
        "pull_requests": [pull_minimal(world, change)] if change and not change.cross else [],
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "run_started_at": found.updated_at,
        "actor": user(world, found.actor),
        "triggering_actor": user(world, found.actor),
        **{f"{name}_url": f"{url}/{name}" for name in links},
        "check_suite_url": f"{repo_url(world, place)}/check-suites/{suite}",
        "workflow_url": f"{repo_url(world, found.workflow.repo)}/actions/workflows/{found.workflow.id}",
        "head_commit": simple_commit(known, sha),
        "repository": minimal_repo(world, place),
        "head_repository": minimal_repo(world, head),
    }


def job(world: World, found: CheckRun, of: Run) -> Json:
    """A `job`: a check run of a workflow run."""
    place = of.repo
    url = f"{repo_url(world, place)}/actions"
    return {
        "id": found.id,
        "run_id": of.id,
        "run_url": f"{url}/runs/{of.id}",
        "node_id": f"CR_{found.id}",
        "head_sha": of.head_sha,
        "url": f"{url}/jobs/{found.id}",
        "html_url": f"{repo_page(world, place)}/actions/runs/{of.id}/job/{found.id}",
        "status": found.status,
        "conclusion": found.conclusion,
        "created_at": of.created_at,
        "started_at": found.started_at or of.created_at,
        "completed_at": found.completed_at,
        "name": found.name,
        "steps": [],
        "check_run_url": f"{repo_url(world, place)}/check-runs/{found.id}",
        "labels": ["self-hosted"],
        "runner_id": 1,
        "runner_name": "runner",
        "runner_group_id": 1,
        "runner_group_name": "Default",
        "run_attempt": of.attempt,
        "workflow_name": of.workflow.name,
        "head_branch": of.head_branch,
    }


def artifact(world: World, found: Artifact) -> Json:
    """An `artifact`."""
    of = found.run
    url = f"{repo_url(world, of.repo)}/actions/artifacts/{found.id}"
    head = (of.change.head_repo if of.change else of.repo) or of.repo
    return {
        "id": found.id,
        "node_id": f"ART_{found.id}",
        "name": found.name,
        "size_in_bytes": len(found.content),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": found.expired,
        "created_at": found.created_at,
        "updated_at": found.created_at,
        "expires_at": found.created_at,
        "workflow_run": {
            "id": of.id,
            "repository_id": of.repo.id,
            "head_repository_id": head.id,
            "head_branch": of.head_branch,
            "head_sha": of.head_sha,
        },
    }
