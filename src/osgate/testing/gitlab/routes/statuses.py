"""Commit statuses: what outsiders say of a commit; they make, or join, a pipeline."""

from __future__ import annotations

from osgate.testing.gitlab.access import project_of
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, not_found, route
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.running import DONE, add_job, recount, start
from osgate.testing.gitlab.state import DEVELOPER, Job, Json, Pipeline, Project
from osgate.testing.gitlab.world import World

_EVENTS = {"pending": "enqueue", "running": "run", "success": "success", "failed": "drop", "canceled": "cancel"}


def status(world: World, found: Job) -> Json:
    """A commit status."""
    return {
        "id": found.id,
        "sha": found.pipeline.sha,
        "ref": found.pipeline.ref,
        "status": found.status,
        "name": found.name,
        "target_url": found.target_url,
        "description": found.description,
        "created_at": found.created_at,
        "started_at": None,
        "finished_at": found.finished_at,
        "allow_failure": found.allow_failure,
        "coverage": found.coverage,
        "pipeline_id": found.pipeline.id,
        "author": basic(world, found.user),
    }


@route("GET", "/projects/:id/repository/commits/:sha/statuses", "[Status]")
def statuses(request: Request) -> Reply:
    """The newest status of each name; `all` for every one."""
    found, params = project_of(request), request.params
    sha = found.repo.resolve(request.names["sha"]) or not_found("Commit")
    rows = [j for p in found.pipelines if p.sha == sha for j in p.jobs]
    if params.get("all") not in (True, "true"):
        rows = [j for j in rows if not j.retried]
    for name in ("name", "stage"):
        rows = [j for j in rows if name not in params or getattr(j, name) == params[name]]
    if "ref" in params:
        rows = [j for j in rows if j.pipeline.ref == params["ref"]]
    return page(request, rows, lambda j: status(request.world, j))


@route("POST", "/projects/:id/statuses/:sha", "Status")
def set_status(request: Request) -> Json:
    """Say how a check stands: Developer up. One that is running or pending is changed, a finished one replaced."""
    world, params, user = request.world, request.params, request.me()
    found = project_of(request, DEVELOPER)
    sha = request.names["sha"]
    if len(sha) < 40 or found.repo.resolve(sha) != sha:
        not_found("Commit")
    name = str(params.get("name") or params.get("context") or "default")
    pipeline = _pipeline(request, found, sha)
    same = [j for j in pipeline.jobs if j.external and j.name == name and not j.retried]
    job = next((j for j in same if j.status in ("running", "pending")), None)
    _check_move(job, params["state"])
    if job is None:
        for old in same:
            old.retried = True
        job = add_job(world, pipeline, name, "created", "external", external=True)
    job.status, job.user = params["state"], user
    job.description, job.target_url = params.get("description"), params.get("target_url")
    job.finished_at = world.now if job.status in DONE else None
    recount(world, pipeline)
    return status(world, job)


def _check_move(job: Job | None, state: str) -> None:
    """A status that already says so is refused: GitLab's state machine knows no way from a state to itself."""
    if job is not None and (job.status == state or (job.status == "running" and state == "pending")):
        way = _EVENTS[state]
        reason = f'Status cannot transition via "{way}"'
        text = f"Cannot transition status via :{way} from :{job.status} (Reason(s): {reason})"
        raise Refused(400, {"message": text})


def _pipeline(request: Request, found: Project, sha: str) -> Pipeline:
    params = request.params
    if params.get("pipeline_id"):
        number = int(params["pipeline_id"])
        return next((p for p in found.pipelines if p.id == number and p.sha == sha), None) or not_found("Pipeline")
    ref = params.get("ref")
    rows = [p for p in found.pipelines if p.sha == sha and (not ref or p.ref == ref)]
    if rows:
        return rows[-1]
    branch = str(ref or next((b for b, tip in found.repo.refs("refs/heads/").items() if tip == sha), ""))
    if not branch:
        raise Refused(404, {"message": "404 References for commit Not Found"})
    return start(request.world, found, request.me(), sha, branch.removeprefix("refs/heads/"), "external")
