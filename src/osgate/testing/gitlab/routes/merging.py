"""Merging, approving, and a merge request's pipelines."""

from __future__ import annotations

from osgate.testing.gitlab import changes, webhooks
from osgate.testing.gitlab.access import may_change, merge_request_of
from osgate.testing.gitlab.git import GitFailed
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, forbidden, route
from osgate.testing.gitlab.routes.merge_requests import detailed
from osgate.testing.gitlab.routes.pipelines import detail, pipeline
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.running import start_merge_request_pipeline
from osgate.testing.gitlab.state import DEVELOPER, Json, MergeRequest


@route("PUT", "/projects/:id/merge_requests/:iid/merge", "DetailedMergeRequest")
def merge(request: Request) -> Json:
    """Merge now. 401 who may not, 405 something is in the way, 409 another head, 422 git cannot."""
    user = request.me()
    found = merge_request_of(request)
    if not may_change(request.world, user, found.project, found.target_branch, "merge"):
        raise Refused(401, {"message": "401 Unauthorized"})
    sha = request.params.get("sha")
    obstacle = changes.obstacle(request.world, found)
    if obstacle not in ("mergeable", "conflict"):
        raise Refused(405, {"message": "405 Method Not Allowed"})
    if sha and sha != found.version.head:
        raise Refused(409, {"message": f"SHA does not match HEAD of source branch: {found.version.head}"})
    if obstacle == "conflict":
        raise Refused(422, {"message": "Branch cannot be merged"})
    text = f"Merge branch '{found.source_branch}' into '{found.target_branch}'\n\n{found.title}"
    try:
        changes.merge(request.world, found, user, str(request.params.get("merge_commit_message") or text))
    except GitFailed as failed:
        raise Refused(422, {"message": f"Branch cannot be merged: {failed}"}) from None
    webhooks.noteable_event(request.world, found, user, "merge")
    return detailed(request, found)


@route("GET", "/projects/:id/merge_requests/:iid/pipelines", "[PipelineRow]", job=True)
def pipelines(request: Request) -> Reply:
    """Its pipelines, newest first."""
    found = merge_request_of(request)
    return page(request, changes.pipelines_of(found), lambda p: pipeline(request.world, p))


@route("POST", "/projects/:id/merge_requests/:iid/pipelines", "Pipeline")
def run(request: Request) -> Json:
    """Run a pipeline for the newest head: Developer up."""
    user = request.me()
    found = merge_request_of(request)
    source = found.source_project or found.project
    if max(request.world.level(user, found.project), request.world.level(user, source)) < DEVELOPER and not user.admin:
        forbidden()
    if found.state != "opened":
        raise Refused(405, {"message": "405 Method Not Allowed"})
    return detail(request.world, start_merge_request_pipeline(request.world, found, user))


def approvals_shape(request: Request, found: MergeRequest) -> Json:
    """Who has approved; on Free nothing is required."""
    world, user = request.world, request.user
    people = [world.users[n] for n in found.approvals]
    left = changes.approvals_left(found) if world.has("premium") else 0
    shown: Json = {
        "id": found.id,
        "iid": found.iid,
        "project_id": found.project.id,
        "title": found.title,
        "description": found.description,
        "state": found.state,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "merge_status": "can_be_merged",
        "approved": bool(people) and not left,
        "user_has_approved": bool(user) and user in people,
        "user_can_approve": _can_approve(request, found),
        "approved_by": [{"user": basic(world, p), "approved_at": found.approvals[p.id]} for p in people],
    }
    if world.has("premium"):
        needed = max(
            (r["approvals_required"] for r in (*found.project.approval_rules, *found.approval_rules)), default=0
        )
        shown |= {"approvals_required": needed, "approvals_left": left, "approval_rules_left": []}
    return shown


def _can_approve(request: Request, found: MergeRequest) -> bool:
    user = request.user
    if user is None or user.id in found.approvals or found.state != "opened":
        return False
    settings = found.project.approval_settings
    allowed = user is not found.author or settings.get(
        "merge_requests_author_approval", not request.world.has("premium")
    )
    return bool(allowed) and request.world.level(user, found.project) >= DEVELOPER


@route("GET", "/projects/:id/merge_requests/:iid/approvals", "Approvals", job=True)
def approvals(request: Request) -> Json:
    """The state of its approvals."""
    return approvals_shape(request, merge_request_of(request))


@route("POST", "/projects/:id/merge_requests/:iid/approve", "Approvals")
def approve(request: Request) -> Json:
    """The caller approves; 401 who may not, 409 for another head."""
    user = request.me()
    found = merge_request_of(request)
    sha = request.params.get("sha")
    if sha and sha != found.version.head:
        raise Refused(409, {"message": f"SHA does not match HEAD of source branch: {found.version.head}"})
    if not _can_approve(request, found):
        raise Refused(401, {"message": "401 Unauthorized"})
    found.approvals[user.id] = request.world.now
    changes.add_note(request.world, found, user, "approved this merge request", system=True)
    return approvals_shape(request, found)


@route("POST", "/projects/:id/merge_requests/:iid/unapprove", "Approvals")
def unapprove(request: Request) -> Json:
    """The caller takes the approval back."""
    user = request.me()
    found = merge_request_of(request)
    if found.approvals.pop(user.id, None) is None:
        raise Refused(404, {"message": "404 Not found"})
    return approvals_shape(request, found)
