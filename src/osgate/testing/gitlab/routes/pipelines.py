"""Pipelines: list, run, trigger, retry, cancel; triggers and schedules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from osgate.testing.gitlab import access
from osgate.testing.gitlab.access import may_change, project_of
from osgate.testing.gitlab.paging import page, since
from osgate.testing.gitlab.router import Refused, Reply, Request, bad, forbidden, not_found, route
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.running import DONE, enqueue, start
from osgate.testing.gitlab.state import DEVELOPER, MAINTAINER, OWNER, Json, Pipeline, Project, Trigger, User

if TYPE_CHECKING:
    from osgate.testing.gitlab.world import World

_ROLES = {"no_one_allowed": 100, "owner": OWNER, "maintainer": MAINTAINER, "developer": DEVELOPER}


def pipeline(world: World, found: Pipeline) -> Json:
    """A pipeline in a list."""
    return {
        "id": found.id,
        "iid": found.iid,
        "project_id": found.project.id,
        "sha": found.sha,
        "ref": found.ref,
        "status": found.status,
        "source": found.source,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "web_url": f"{world.web_url}/{found.project.full_path}/-/pipelines/{found.id}",
        "name": None,
    }


def detail(world: World, found: Pipeline) -> Json:
    """A pipeline on its own."""
    status = {"icon": f"status_{found.status}", "text": found.status, "label": found.status, "group": found.status}
    return {
        **pipeline(world, found),
        "before_sha": "0" * 40,
        "tag": found.tag,
        "yaml_errors": None,
        "user": basic(world, found.user),
        "started_at": found.created_at if found.status != "created" else None,
        "finished_at": found.finished_at,
        "committed_at": None,
        "duration": None,
        "queued_duration": None,
        "coverage": None,
        "detailed_status": status,
    }


def pipeline_of(request: Request, level: int = 0) -> Pipeline:
    """Return the pipeline a path names."""
    found = project_of(request, level)
    if not access.sees_code(request, found):
        forbidden()
    number = request.number("pipeline_id")
    return next((p for p in found.pipelines if p.id == number), None) or not_found()


@route("GET", "/projects/:id/pipelines", "[PipelineRow]")
def pipelines(request: Request) -> Reply:
    """A project's pipelines, newest first."""
    found, params = project_of(request), request.params
    rows = found.pipelines
    for name in ("sha", "ref", "status", "source"):
        rows = [p for p in rows if name not in params or getattr(p, name) == params[name]]
    rows = sorted(since(request, rows), key=lambda p: p.id, reverse=params.get("sort", "desc") == "desc")
    return page(request, rows, lambda p: pipeline(request.world, p))


@route("GET", "/projects/:id/pipelines/latest", "Pipeline")
def latest(request: Request) -> Json:
    """The newest of a ref's newest commit."""
    found = project_of(request)
    ref = str(request.params.get("ref") or found.default_branch)
    rows = [p for p in found.pipelines if p.ref == ref and p.sha == found.repo.tip(ref)]
    return detail(request.world, rows[-1]) if rows else not_found()


@route("GET", "/projects/:id/pipelines/:pipeline_id", "Pipeline")
def get(request: Request) -> Json:
    """One pipeline."""
    return detail(request.world, pipeline_of(request))


@route("GET", "/projects/:id/pipelines/:pipeline_id/variables", "[PipelineVariable]")
def variables(request: Request) -> list[Json]:
    """What it was started with; a trigger's payload is a file."""
    found = pipeline_of(request, MAINTAINER)
    plain = [{"variable_type": "env_var", "key": k, "value": v} for k, v in found.variables.items()]
    return plain + [{"variable_type": "file", "key": k, "value": v} for k, v in found.files.items()]


@route("POST", "/projects/:id/pipeline", "Pipeline")
def create(request: Request) -> Json:
    """Run a branch's or tag's pipeline, with variables where the project lets one."""
    found, params, user = project_of(request, DEVELOPER), request.params, request.me()
    ref = str(params["ref"])
    given = {str(v["key"]): str(v.get("value", "")) for v in params.get("variables") or []}
    _may_set_variables(request, found, user, bool(given))
    made = _started(request, found, user, ref, "api", variables=given, inputs=params.get("inputs") or {})
    return detail(request.world, made)


def _may_set_variables(request: Request, found: Project, user: User, any_given: bool) -> None:
    needed = _ROLES[found.settings["ci_pipeline_variables_minimum_override_role"]]
    if any_given and found.settings["restrict_user_defined_variables"] and request.world.level(user, found) < needed:
        raise Refused(400, {"message": {"base": ["Insufficient permissions to set pipeline variables"]}})


def _started(request: Request, found: Project, user: User, ref: str, source: str, **more: object) -> Pipeline:
    sha = found.repo.resolve(ref)
    if sha is None or (found.repo.tip(ref) is None and found.repo.ref(f"refs/tags/{ref}") is None):
        raise Refused(400, {"message": {"base": ["Reference not found"]}})
    if access.protection(found, ref) and not _may_run(request, found, user, ref):
        text = "You do not have sufficient permission to run a pipeline on '%s'. Please select a different branch or "
        raise Refused(400, {"message": {"base": [text % ref + "contact your administrator for assistance."]}})
    return start(request.world, found, user, sha, ref, source, **more)


def _may_run(request: Request, found: Project, user: User, ref: str) -> bool:
    """On a protected branch run those pipelines whose starter may push or merge there."""
    return any(may_change(request.world, user, found, ref, how) for how in ("push", "merge"))


@route("POST", "/projects/:id/trigger/pipeline", "Pipeline", job=True)
def trigger(request: Request) -> Json:
    """Run a pipeline by a trigger token or a job token; no other credential counts."""
    return _triggered(request, str(request.params.get("ref", "")))


@route("POST", "/projects/:id/ref/:ref/trigger/pipeline", "Pipeline", job=True)
def trigger_ref(request: Request) -> Json:
    """The same, as a webhook calls it: the whole body arrives as TRIGGER_PAYLOAD."""
    return _triggered(request, request.names["ref"])


def _triggered(request: Request, ref: str) -> Json:
    world, params, value = request.world, request.params, str(request.params.get("token", ""))
    given = request.names["id"]
    found = world.projects.get(int(given)) if given.isdigit() else world.project_at(given)
    if found is None:
        not_found("Project")
    user, source = _starter(request, found, value)
    variables = params.get("variables") or {}
    if not isinstance(variables, dict) or not all(isinstance(v, str) for v in variables.values()):
        bad("variables needs to be a map of key-valued strings")
    _may_set_variables(request, found, user, bool(variables))
    known = ("token", "ref", "variables", "inputs", "id")
    payload = {k: v for k, v in params.items() if k not in known}
    files = {"TRIGGER_PAYLOAD": json.dumps({**payload, "ref": ref}, ensure_ascii=False)}
    made = _started(request, found, user, ref, source, variables=variables, files=files)
    return detail(world, made)


def _starter(request: Request, found: Project, value: str) -> tuple[User, str]:
    row = next((t for t in found.triggers if t.token == value), None) if value else None
    if row is not None:
        row.last_used = request.world.now
        if request.world.level(row.owner, found) < DEVELOPER and not row.owner.admin:
            raise Refused(400, {"message": {"base": ["Insufficient permissions to create a new pipeline"]}})
        return row.owner, "trigger"
    token = request.world.tokens.get(value) if value else request.token
    if token is None or token.kind != "job" or not access.admitted(request.world, token, found):
        not_found()
    access.recognise(request.world, token.value, "job", None)
    if request.world.level(token.user, found) < DEVELOPER and not token.user.admin:
        raise Refused(400, {"message": {"base": ["Insufficient permissions to create a new pipeline"]}})
    return token.user, "pipeline"


@route("POST", "/projects/:id/pipelines/:pipeline_id/retry", "Pipeline")
def retry(request: Request) -> Json:
    """Run what failed or was cancelled once more, in the same pipeline."""
    found = pipeline_of(request, DEVELOPER)
    again = [j for j in found.jobs if j.status in ("failed", "canceled") and not j.external]
    for job in again:
        job.status = "pending"
    if again:
        found.status, found.updated_at, found.finished_at = "pending", request.world.now, None
        enqueue(request.world, found)
    return detail(request.world, found)


@route("POST", "/projects/:id/pipelines/:pipeline_id/cancel", "Pipeline", status=200)
def cancel(request: Request) -> Json:
    """Stop a pipeline."""
    found = pipeline_of(request, DEVELOPER)
    if found.status not in DONE:
        found.status, found.updated_at = "canceled", request.world.now
        for job in found.jobs:
            job.status = job.status if job.status in DONE else "canceled"
    return detail(request.world, found)


@route("DELETE", "/projects/:id/pipelines/:pipeline_id")
def delete(request: Request) -> None:
    """Remove a pipeline: owners alone."""
    found = pipeline_of(request, OWNER)
    found.project.pipelines.remove(found)


def make_trigger(world: World, project: Project, owner: User, description: str) -> Trigger:
    """Make a pipeline trigger token."""
    row = Trigger(world.next("trigger"), description, world.secret("glptt"), owner, world.now)
    project.triggers.append(row)
    return row


def _trigger(request: Request, row: Trigger) -> Json:
    own = row.owner is request.user
    return {
        "id": row.id,
        "description": row.description,
        "token": row.token if own else row.token[:4],
        "created_at": row.created_at,
        "updated_at": row.created_at,
        "last_used": row.last_used,
        "expires_at": None,
        "owner": basic(request.world, row.owner),
    }


@route("GET", "/projects/:id/triggers", "[Trigger]")
def triggers(request: Request) -> Reply:
    """A project's trigger tokens; another's are cut to four characters."""
    return page(request, project_of(request, MAINTAINER).triggers, lambda t: _trigger(request, t))


@route("POST", "/projects/:id/triggers", "Trigger")
def add_trigger(request: Request) -> Json:
    """Make a trigger token."""
    found = project_of(request, MAINTAINER)
    return _trigger(request, make_trigger(request.world, found, request.me(), str(request.params["description"])))


@route("DELETE", "/projects/:id/triggers/:trigger_id")
def delete_trigger(request: Request) -> None:
    """Revoke a trigger token."""
    found, number = project_of(request, MAINTAINER), request.number("trigger_id")
    if all(t.id != number for t in found.triggers):
        not_found("Trigger")
    found.triggers[:] = [t for t in found.triggers if t.id != number]


def _schedule(request: Request, row: Json) -> Json:
    return {k: v for k, v in row.items() if k != "owner"} | {"owner": basic(request.world, row["owner"])}


@route("GET", "/projects/:id/pipeline_schedules", "[Schedule]")
def schedules(request: Request) -> Reply:
    """A project's schedules."""
    return page(request, project_of(request, DEVELOPER).schedules, lambda s: _schedule(request, s))


@route("POST", "/projects/:id/pipeline_schedules", "Schedule")
def add_schedule(request: Request) -> Json:
    """Make a schedule; nothing runs by itself here: `POST …/play` does."""
    found, world = project_of(request, DEVELOPER), request.world
    row = {"id": world.next("schedule"), "cron_timezone": "UTC", "next_run_at": None, "active": True}
    row |= request.only("description", "ref", "cron", "cron_timezone", "active")
    row |= {"created_at": world.now, "updated_at": world.now, "owner": request.me()}
    found.schedules.append(row)
    return _schedule(request, row)


@route("POST", "/projects/:id/pipeline_schedules/:schedule_id/play", "Message")
def play(request: Request) -> Json:
    """Run a schedule's pipeline now."""
    found, number = project_of(request, DEVELOPER), request.number("schedule_id")
    row = next((s for s in found.schedules if s["id"] == number), None) or not_found("Pipeline Schedule")
    ref = row["ref"].removeprefix("refs/heads/")
    start(request.world, found, row["owner"], found.repo.tip(ref) or "", ref, "schedule")
    return {"message": "201 Created"}


@route("DELETE", "/projects/:id/pipeline_schedules/:schedule_id")
def delete_schedule(request: Request) -> None:
    """Remove a schedule."""
    found, number = project_of(request, MAINTAINER), request.number("schedule_id")
    if all(s["id"] != number for s in found.schedules):
        not_found("Pipeline Schedule")
    found.schedules[:] = [s for s in found.schedules if s["id"] != number]
