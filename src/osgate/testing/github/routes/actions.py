"""Workflows, their runs, jobs and artifacts."""

from __future__ import annotations

from collections.abc import Callable

from osgate.testing.github import running
from osgate.testing.github.paging import page
from osgate.testing.github.router import (
    Refused,
    Reply,
    Request,
    conflict,
    error,
    forbidden,
    not_found,
    route,
    unprocessable,
)
from osgate.testing.github.shapes import work
from osgate.testing.github.state import Json
from osgate.testing.github.state_work import Artifact, CheckRun, Run, Workflow

BASE = "/repos/{owner}/{repo}/actions"
READ, WRITE = "actions:read", "actions:write"


def workflow_of(request: Request) -> Workflow:
    """Return the workflow of a path, by id or file name. Raises Refused (404)."""
    given = request.names["workflow_id"]
    rows = (w for w in request.repo.workflows if given in (str(w.id), w.path.rpartition("/")[2]))
    return next(rows, None) or not_found()


def run_of(request: Request) -> Run:
    """Return the run of a path. Raises Refused (404)."""
    number = request.number("run_id")
    return next((r for r in request.repo.runs if r.id == number), None) or not_found()


@route("GET", f"{BASE}/workflows", needs=READ)
def workflows(request: Request) -> Reply:
    """The workflow files."""
    return page(request, request.repo.workflows, lambda w: work.workflow(request.world, w), "workflows")


@route("GET", f"{BASE}/workflows/{{workflow_id}}", needs=READ)
def workflow(request: Request) -> Json:
    """One of them."""
    return work.workflow(request.world, workflow_of(request))


@route("POST", f"{BASE}/workflows/{{workflow_id}}/dispatches", needs=WRITE, status=204)
def dispatch(request: Request) -> None:
    """Start one by hand, on a branch."""
    found, repo, said = workflow_of(request), request.repo, request.said
    if "workflow_dispatch" not in found.on:
        unprocessable("Workflow does not have 'workflow_dispatch' trigger")
    branch = str(said["ref"]).removeprefix("refs/heads/")
    sha = repo.git.tip(branch) or unprocessable(f"No ref found for: {said['ref']}")
    payload = {"inputs": said.get("inputs") or {}, "ref": f"refs/heads/{branch}", "workflow": found.path}
    who, ref = request.me(), f"refs/heads/{branch}"
    running.start(request.world, repo, found, "workflow_dispatch", payload, who, ref=ref, sha=sha)


@route("GET", f"{BASE}/workflows/{{workflow_id}}/runs", needs=READ)
def workflow_runs(request: Request) -> Reply:
    """The runs of one workflow."""
    found = workflow_of(request)
    return _runs(request, [r for r in request.repo.runs if r.workflow is found])


@route("GET", f"{BASE}/runs", needs=READ)
def runs(request: Request) -> Reply:
    """All runs."""
    return _runs(request, request.repo.runs)


def _runs(request: Request, rows: list[Run]) -> Reply:
    query = request.query
    fits: dict[str, Callable[[Run], str]] = {
        "head_sha": lambda r: r.head_sha,
        "event": lambda r: r.event,
        "branch": lambda r: r.head_branch,
        "actor": lambda r: r.actor.login,
        "check_suite_id": lambda r: str(r.jobs[0].suite.id) if r.jobs else "",
    }
    for name, of in fits.items():
        rows = [r for r in rows if query.get(name) in (None, of(r))]
    state = query.get("status")
    rows = [r for r in rows if state in (None, r.status, r.conclusion)]
    if query.get("created"):
        rows = [r for r in rows if _made(r, query["created"])]
    newest = sorted(rows, key=lambda r: r.id, reverse=True)
    return page(request, newest, lambda r: work.run(request.world, r), "workflow_runs")


def _made(run: Run, wanted: str) -> bool:
    """`>=2026-11-20`, `2026-11-01..2026-11-20`."""
    if ".." in wanted:
        first, _, last = wanted.partition("..")
        return first <= run.created_at and (last == "*" or run.created_at[: len(last)] <= last)
    if wanted.startswith(">="):
        return run.created_at >= wanted[2:]
    return run.created_at > wanted[1:] if wanted.startswith(">") else run.created_at.startswith(wanted)


@route("GET", f"{BASE}/runs/{{run_id}}", needs=READ)
def run(request: Request) -> Json:
    """One run."""
    return work.run(request.world, run_of(request))


@route("GET", f"{BASE}/runs/{{run_id}}/jobs", needs=READ)
def jobs(request: Request) -> Reply:
    """The jobs of a run."""
    found = run_of(request)
    return page(request, found.jobs, lambda j: work.job(request.world, j, found), "jobs")


def _job(request: Request) -> tuple[CheckRun, Run]:
    number = request.number("job_id")
    rows = ((j, r) for r in request.repo.runs for j in r.jobs if j.id == number)
    return next(rows, None) or not_found()


@route("GET", f"{BASE}/jobs/{{job_id}}", needs=READ)
def job(request: Request) -> Json:
    """One job."""
    return work.job(request.world, *_job(request))


@route("POST", f"{BASE}/runs/{{run_id}}/rerun", needs=WRITE)
def rerun(request: Request) -> Json:
    """Run all of it again, on the same commit."""
    return _again(request, run_of(request))


@route("POST", f"{BASE}/runs/{{run_id}}/rerun-failed-jobs", needs=WRITE)
def rerun_failed(request: Request) -> Json:
    """Run what failed again; there must be something."""
    found = run_of(request)
    if found.status == "completed" and found.conclusion == "success":
        forbidden("This workflow run cannot be retried; it has no failed jobs.")
    return _again(request, found, only_failed=True)


@route("POST", f"{BASE}/jobs/{{job_id}}/rerun", needs=WRITE)
def rerun_job(request: Request) -> Json:
    """Run one job again."""
    return _again(request, _job(request)[1])


def _again(request: Request, found: Run, *, only_failed: bool = False) -> Json:
    if found.status != "completed":
        forbidden("This workflow is already running")
    if found.created_at < _month_ago(request):
        forbidden("Unable to retry this workflow run because it was created over a month ago")
    running.again(request.world, found, only_failed=only_failed)
    return {}


def _month_ago(request: Request) -> str:
    from datetime import datetime, timedelta

    then = datetime.fromisoformat(request.world.now) - timedelta(days=30)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


@route("POST", f"{BASE}/runs/{{run_id}}/cancel", needs=WRITE, status=202)
def cancel(request: Request) -> Json:
    """Stop a run."""
    found = run_of(request)
    if found.status == "completed":
        conflict("Cannot cancel a workflow run that is completed.")
    running.finish(request.world, found, "cancelled")
    return {}


@route("GET", f"{BASE}/artifacts", needs=READ)
def artifacts(request: Request) -> Reply:
    """The artifacts of all runs."""
    return _artifacts(request, [a for r in request.repo.runs for a in r.artifacts])


@route("GET", f"{BASE}/runs/{{run_id}}/artifacts", needs=READ)
def run_artifacts(request: Request) -> Reply:
    """The artifacts of a run."""
    return _artifacts(request, run_of(request).artifacts)


def _artifacts(request: Request, rows: list[Artifact]) -> Reply:
    name = request.query.get("name")
    found = [a for a in rows if name in (None, a.name)]
    return page(request, found[::-1], lambda a: work.artifact(request.world, a), "artifacts")


def _artifact(request: Request) -> Artifact:
    number = request.number("artifact_id")
    return next((a for r in request.repo.runs for a in r.artifacts if a.id == number), None) or not_found()


@route("GET", f"{BASE}/artifacts/{{artifact_id}}", needs=READ)
def artifact(request: Request) -> Json:
    """One artifact."""
    return work.artifact(request.world, _artifact(request))


@route("GET", f"{BASE}/artifacts/{{artifact_id}}/{{archive_format}}", needs=READ, status=302)
def download(request: Request) -> Reply:
    """Where its zip file lies, for a minute; whoever has the address may fetch it."""
    found = _artifact(request)
    if found.expired:
        raise Refused(410, error("Artifact has expired", 410))
    if request.user is None:
        raise Refused(401, error("You must have the actions scope to download artifacts.", 401))
    where = f"{request.world.web_url}/_artifacts/{request.repo.id}/{found.id}.zip"
    return Reply(None, headers=[("Location", where)])
