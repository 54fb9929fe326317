"""Jobs, their artifacts and logs; what a job's own token says it is."""

from __future__ import annotations

import io
import zipfile

from osgate.testing.gitlab.access import project_of
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, not_found, route
from osgate.testing.gitlab.routes.pipelines import pipeline, pipeline_of
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.running import enqueue
from osgate.testing.gitlab.state import DEVELOPER, Job, Json
from osgate.testing.gitlab.world import World


def job(world: World, found: Job) -> Json:
    """A job."""
    files = [{"file_type": "archive", "size": len(_zip(found)), "filename": "artifacts.zip", "file_format": "zip"}]
    return {
        "id": found.id,
        "status": found.status,
        "stage": found.stage,
        "name": found.name,
        "ref": found.pipeline.ref,
        "tag": found.pipeline.tag,
        "coverage": found.coverage,
        "allow_failure": found.allow_failure,
        "created_at": found.created_at,
        "started_at": found.created_at,
        "finished_at": found.finished_at,
        "erased_at": None,
        "duration": None,
        "queued_duration": None,
        "user": basic(world, found.user),
        "commit": None,
        "pipeline": pipeline(world, found.pipeline),
        "web_url": f"{world.web_url}/{found.pipeline.project.full_path}/-/jobs/{found.id}",
        "project": {"ci_job_token_scope_enabled": False},
        "artifacts": files if found.artifacts else [],
        "artifacts_file": {"filename": "artifacts.zip", "size": files[0]["size"]} if found.artifacts else None,
        "runner": None,
        "artifacts_expire_at": None,
        "archived": False,
        "tag_list": [],
    }


def _zip(found: Job) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in found.artifacts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _job_of(request: Request) -> Job:
    number = request.number("job_id")
    rows = [j for p in project_of(request).pipelines for j in p.jobs if not j.external]
    return next((j for j in rows if j.id == number), None) or not_found()


@route("GET", "/job", "Job", job=True)
def own(request: Request) -> Json:
    """The job whose token this is."""
    if request.token is None or request.token.job is None:
        raise Refused(401, {"message": "401 Unauthorized"})
    return job(request.world, request.token.job)


@route("GET", "/projects/:id/pipelines/:pipeline_id/jobs", "[Job]")
def of_pipeline(request: Request) -> Reply:
    """A pipeline's jobs, newest first."""
    found = pipeline_of(request)
    wanted = request.params.get("scope") or []
    again = request.params.get("include_retried") in (True, "true")
    rows = [j for j in reversed(found.jobs) if not j.external and (again or not j.retried)]
    return page(request, [j for j in rows if not wanted or j.status in wanted], lambda j: job(request.world, j))


@route("GET", "/projects/:id/jobs", "[Job]")
def of_project(request: Request) -> Reply:
    """A project's jobs, newest first."""
    rows = [j for p in project_of(request).pipelines for j in p.jobs if not j.external]
    wanted = request.params.get("scope") or []
    chosen = [j for j in sorted(rows, key=lambda j: -j.id) if not wanted or j.status in wanted]
    return page(request, chosen, lambda j: job(request.world, j))


@route("GET", "/projects/:id/jobs/:job_id", "Job")
def get(request: Request) -> Json:
    """One job."""
    return job(request.world, _job_of(request))


@route("POST", "/projects/:id/jobs/:job_id/retry", "Job")
def retry(request: Request) -> Json:
    """Run a job again, as a new job."""
    project_of(request, DEVELOPER)
    old = _job_of(request)
    old.retried = True
    made = Job(request.world.next("job"), old.name, old.stage, "pending", old.pipeline, request.me(), request.world.now)
    old.pipeline.jobs.append(made)
    old.pipeline.status = "pending"
    enqueue(request.world, old.pipeline)
    return job(request.world, made)


@route("GET", "/projects/:id/jobs/:job_id/trace")
def trace(request: Request) -> Reply:
    """A job's log."""
    return Reply(_job_of(request).trace.encode(), content_type="text/plain")


@route("GET", "/projects/:id/jobs/:job_id/artifacts", job=True)
def artifacts(request: Request) -> Reply:
    """A job's artifacts as a zip archive."""
    found = _job_of(request)
    return Reply(_zip(found), content_type="application/zip") if found.artifacts else not_found()


@route("GET", "/projects/:id/jobs/artifacts/:ref/download", job=True)
def newest_artifacts(request: Request) -> Reply:
    """The artifacts of the job `job` in the newest successful pipeline of a ref."""
    found, name = project_of(request), request.params.get("job")
    rows = [p for p in reversed(found.pipelines) if p.ref == request.names["ref"] and p.status == "success"]
    jobs = [j for p in rows[:1] for j in p.jobs if j.name == name and j.artifacts]
    return Reply(_zip(jobs[0]), content_type="application/zip") if jobs else not_found()
