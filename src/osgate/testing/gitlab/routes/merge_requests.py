"""Merge requests: list, read, open, change; their commits, diffs and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from osgate.testing.gitlab import changes, webhooks
from osgate.testing.gitlab.access import group_of, may_change, may_read, merge_request_of, project_of, sees_code
from osgate.testing.gitlab.git import FileDiff
from osgate.testing.gitlab.paging import ordered, page, since
from osgate.testing.gitlab.router import Refused, Reply, Request, forbidden, not_found, route
from osgate.testing.gitlab.routes.commits import commit, file_diff
from osgate.testing.gitlab.routes.pipelines import detail
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.state import DEVELOPER, Json, MergeRequest, Project, User, Version

if TYPE_CHECKING:
    from osgate.testing.gitlab.world import World

# Files above which GitLab stops counting.
MOST_FILES = 1000


def merge_request(request: Request, found: MergeRequest) -> Json:
    """A merge request in a list."""
    world, source = request.world, found.source_project
    reference = f"!{found.iid}"
    if found.versions:
        changes.refresh(world, found)
    state = changes.obstacle(world, found)
    unmergeable = found.state == "opened" and state == "conflict"
    shown = {
        "id": found.id,
        "iid": found.iid,
        "project_id": found.project.id,
        "title": found.title,
        "description": found.description,
        "state": found.state,
        "target_branch": found.target_branch,
        "source_branch": found.source_branch,
        "source_project_id": source.id if source else None,
        "target_project_id": found.project.id,
        "labels": found.labels,
        "draft": found.draft,
        "work_in_progress": found.draft,
        "milestone": None,
        "merge_when_pipeline_succeeds": False,
        "merge_status": "cannot_be_merged" if unmergeable else "can_be_merged",
        "detailed_merge_status": state,
        "sha": found.version.head,
        "merge_commit_sha": found.merge_commit,
        "squash_commit_sha": None,
        "discussion_locked": found.discussion_locked,
        "should_remove_source_branch": None,
        "force_remove_source_branch": found.remove_source_branch,
        "reference": reference,
        "references": {"short": reference, "relative": reference, "full": f"{found.project.full_path}{reference}"},
        "web_url": webhooks.noteable_url(world, found),
        "squash": found.squash,
        "has_conflicts": unmergeable,
        "blocking_discussions_resolved": changes.discussions_resolved(found),
        "task_completion_status": {"count": 0, "completed_count": 0},
    }
    return shown | _people_and_times(world, found)


def _people_and_times(world: World, found: MergeRequest) -> Json:
    merged_by = basic(world, found.merged_by) if found.merged_by else None
    return {
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "prepared_at": found.created_at,
        "merged_by": merged_by,
        "merge_user": merged_by,
        "merged_at": found.merged_at,
        "closed_by": basic(world, found.closed_by) if found.closed_by else None,
        "closed_at": found.closed_at,
        "author": basic(world, found.author),
        "assignees": [basic(world, u) for u in found.assignees],
        "assignee": basic(world, found.assignees[0]) if found.assignees else None,
        "reviewers": [basic(world, u) for u in found.reviewers],
        "user_notes_count": sum(not n.system for n in found.notes),
        "upvotes": sum(a.name == "thumbsup" for a in found.awards),
        "downvotes": sum(a.name == "thumbsdown" for a in found.awards),
    }


def detailed(request: Request, found: MergeRequest) -> Json:
    """A merge request on its own."""
    version = found.version
    pipeline = changes.head_pipeline(found)
    files = len(changes.diff_of(found.project, version.base, version.head))
    shown = merge_request(request, found) | {
        "subscribed": False,
        "changes_count": f"{MOST_FILES}+" if files > MOST_FILES else str(files),
        "head_pipeline": detail(request.world, pipeline) if pipeline else None,
        "diff_refs": {"base_sha": version.base, "head_sha": version.head, "start_sha": version.start},
        "merge_error": None,
        "user": {"can_merge": _can_merge(request, found)},
        "first_contribution": False,
    }
    if request.params.get("include_diverged_commits_count") in (True, "true"):
        tip = found.project.repo.tip(found.target_branch) or version.head
        shown["diverged_commits_count"] = len(found.project.repo.commits(f"{version.head}..{tip}"))
    return shown


def _can_merge(request: Request, found: MergeRequest) -> bool:
    return request.user is not None and may_change(
        request.world, request.user, found.project, found.target_branch, "merge"
    )


def open_merge_request(world: World, project: Project, author: User, title: str, **fields: Any) -> MergeRequest:
    """Open a merge request. fields: of MergeRequest; the source project is `project` unless said otherwise.

    Raises Refused for a branch that is not there (400) and for one that has a merge request already (409).
    """
    number = 1 + max(project.merge_requests, default=0)
    made = MergeRequest(world.next("merge_request"), number, project, title, author, world.now, world.now, **fields)
    made.source_project = made.source_project or project
    for place, branch, name in ((made.source_project, made.source_branch, "source_branch"),
                                (project, made.target_branch, "target_branch")):  # fmt: skip
        if place.repo.tip(branch) is None:
            raise Refused(400, {"message": {name: ["does not exist"]}})
    for other in project.merge_requests.values():
        same = (other.source_project, other.source_branch, other.target_branch)
        if other.state == "opened" and same == (made.source_project, made.source_branch, made.target_branch):
            text = f"Another open merge request already exists for this source branch: !{other.iid}"
            raise Refused(409, {"message": [text]})
    project.merge_requests[number] = made
    changes.refresh(world, made)
    webhooks.noteable_event(world, made, author, "open")
    return made


@route("GET", "/projects/:id/merge_requests", "[MergeRequest]", job=True)
def in_project(request: Request) -> Reply:
    """Of one project."""
    found = project_of(request)
    if not sees_code(request, found):
        forbidden()
    return _listed(request, list(found.merge_requests.values()))


@route("GET", "/groups/:id/merge_requests", "[MergeRequest]")
def in_group(request: Request) -> Reply:
    """Of a group with its subgroups."""
    group = group_of(request)
    rows = [m for p in request.world.below(group) for m in p.merge_requests.values()]
    return _listed(request, rows)


@route("GET", "/merge_requests", "[MergeRequest]")
def everywhere(request: Request) -> Reply:
    """The caller's own; all that can be seen with `scope=all`."""
    user, scope = request.me(), request.params.get("scope", "created_by_me")
    rows = [m for p in request.world.projects.values() for m in p.merge_requests.values()]
    if scope == "created_by_me":
        rows = [m for m in rows if m.author is user]
    elif scope == "assigned_to_me":
        rows = [m for m in rows if user in m.assignees]
    return _listed(request, rows)


def _listed(request: Request, rows: list[MergeRequest]) -> Reply:
    world, params = request.world, request.params
    rows = [m for m in rows if _seen(request, m.project)]
    for row in rows:
        changes.refresh(world, row)
    state = params.get("state", "all")
    rows = [m for m in rows if state in ("all", m.state)]
    for name in ("source_branch", "target_branch"):
        rows = [m for m in rows if name not in params or getattr(m, name) == params[name]]
    if params.get("iids"):
        rows = [m for m in rows if m.iid in [int(n) for n in params["iids"]]]
    if "author_username" in params:
        rows = [m for m in rows if m.author.username == params["author_username"]]
    if "author_id" in params:
        rows = [m for m in rows if m.author.id == int(params["author_id"])]
    if params.get("labels"):
        rows = [m for m in rows if set(params["labels"]) <= set(m.labels)]
    if params.get("search"):
        word = str(params["search"]).lower()
        rows = [m for m in rows if word in f"{m.title} {m.description or ''}".lower()]
    return page(request, ordered(request, since(request, rows)), lambda m: merge_request(request, m))


def _seen(request: Request, project: Project) -> bool:
    return may_read(request.world, request.user, project) and sees_code(request, project)


@route("GET", "/projects/:id/merge_requests/:iid", "DetailedMergeRequest", job=True)
def get(request: Request) -> Json:
    """One merge request."""
    return detailed(request, merge_request_of(request))


@route("POST", "/projects/:id/merge_requests", "DetailedMergeRequest")
def create(request: Request) -> Json:
    """Open one: Developer in the source, or anybody with a fork."""
    params, user, source = request.params, request.me(), project_of(request)
    target = source
    if params.get("target_project_id"):
        target = request.world.projects.get(int(params["target_project_id"])) or not_found("Project")
    if target is not source and source.fork_of is not target and target.fork_of is not source:
        not_found("Project")
    if not user.admin and request.world.level(user, source) < DEVELOPER:
        forbidden()
    fields = request.only("source_branch", "target_branch", "description", "squash", "labels")
    fields["remove_source_branch"] = params.get("remove_source_branch")
    fields["assignees"] = _people(request, "assignee_ids")
    fields["reviewers"] = _people(request, "reviewer_ids")
    made = open_merge_request(request.world, target, user, str(params["title"]), source_project=source, **fields)
    return detailed(request, made)


def _people(request: Request, name: str) -> list[User]:
    wanted = [int(n) for n in request.params.get(name) or [] if int(n)]
    return [request.world.users[n] for n in wanted if n in request.world.users]


@route("PUT", "/projects/:id/merge_requests/:iid", "DetailedMergeRequest")
def change(request: Request) -> Json:
    """Change title, labels, state: its author, or Developer up."""
    user = request.me()
    found = merge_request_of(request)
    if not (user is found.author or user.admin or request.world.level(user, found.project) >= DEVELOPER):
        forbidden()
    for name in ("title", "description", "squash", "discussion_locked", "remove_source_branch", "target_branch"):
        if name in request.params:
            setattr(found, name, request.params[name])
    for name in ("assignee_ids", "reviewer_ids"):
        if name in request.params:
            setattr(found, name.replace("_ids", "s"), _people(request, name))
    relabel(request, found)
    change_state(request, found)
    found.updated_at = request.world.now
    return detailed(request, found)


def relabel(request: Request, found: Any) -> None:
    """Set, add, take away labels; new names make labels, as GitLab does."""
    params = request.params
    if "labels" in params:
        found.labels = list(params["labels"] or [])
    found.labels += [name for name in params.get("add_labels") or [] if name not in found.labels]
    found.labels = [name for name in found.labels if name not in (params.get("remove_labels") or [])]
    for name in found.labels:
        known = {"id": request.world.next("label"), "name": name, "color": "#6699cc", "description": None}
        found.project.labels.setdefault(name, known)


def change_state(request: Request, found: Any) -> None:
    """Obey `state_event`; GitLab ignores one that does not fit, as for what is merged."""
    event = request.params.get("state_event")
    if event == "close" and found.state == "opened":
        found.state, found.closed_by, found.closed_at = "closed", request.me(), request.world.now
        changes.add_note(request.world, found, request.me(), "closed", system=True)
    elif event == "reopen" and found.state == "closed":
        found.state, found.closed_by, found.closed_at = "opened", None, None
        changes.add_note(request.world, found, request.me(), "reopened", system=True)
    else:
        return
    webhooks.noteable_event(request.world, found, request.me(), event)


@route("GET", "/projects/:id/merge_requests/:iid/commits", "[Commit]", job=True)
def commits(request: Request) -> Reply:
    """Its commits, newest first."""
    found = merge_request_of(request)
    return page(request, changes.commits_of(found), lambda c: commit(request, found.project, c))


@route("GET", "/projects/:id/merge_requests/:iid/participants", "[User]")
def participants(request: Request) -> Reply:
    """Its author and whoever wrote."""
    found = merge_request_of(request)
    people = {u.id: u for u in (found.author, *(n.author for n in found.notes))}
    return page(request, people.values(), lambda u: basic(request.world, u))


def _rows(found: MergeRequest, version: Version | None = None) -> list[FileDiff]:
    chosen = version or found.version
    return changes.diff_of(found.project, chosen.base, chosen.head)


@route("GET", "/projects/:id/merge_requests/:iid/diffs", "[FileDiff]", job=True)
def diffs(request: Request) -> Reply:
    """The files it changes."""
    return page(request, _rows(merge_request_of(request))[:MOST_FILES], file_diff)


@route("GET", "/projects/:id/merge_requests/:iid/changes", "MergeRequestChanges", job=True)
def all_changes(request: Request) -> Json:
    """The same in one answer (deprecated)."""
    found = merge_request_of(request)
    rows = _rows(found)
    return detailed(request, found) | {
        "changes": [file_diff(d) for d in rows[:MOST_FILES]],
        "overflow": len(rows) > MOST_FILES,
    }


@route("GET", "/projects/:id/merge_requests/:iid/raw_diffs", job=True)
def raw_diffs(request: Request) -> Reply:
    """The whole diff as git prints it."""
    found = merge_request_of(request)
    text = found.project.repo.run("diff", "--no-ext-diff", found.version.base, found.version.head)
    return Reply(text, content_type="text/plain")


def _version(found: MergeRequest, version: Version) -> Json:
    return {
        "id": version.id,
        "head_commit_sha": version.head,
        "base_commit_sha": version.base,
        "start_commit_sha": version.start,
        "created_at": version.created_at,
        "merge_request_id": found.id,
        "state": "collected",
        "real_size": str(len(_rows(found, version))),
        "patch_id_sha": None,
    }


@route("GET", "/projects/:id/merge_requests/:iid/versions", "[DiffVersion]", job=True)
def versions(request: Request) -> Reply:
    """One for each push, newest first."""
    found = merge_request_of(request)
    return page(request, reversed(found.versions), lambda v: _version(found, v))


@route("GET", "/projects/:id/merge_requests/:iid/versions/:version_id", "DetailedDiffVersion", job=True)
def version(request: Request) -> Json:
    """One of them with its commits and diffs."""
    found, number = merge_request_of(request), request.number("version_id")
    chosen = next((v for v in found.versions if v.id == number), None) or not_found()
    rows = found.project.repo.commits(f"{chosen.start}..{chosen.head}")
    more = {"commits": [commit(request, found.project, c) for c in rows]}
    return {**_version(found, chosen), **more, "diffs": [file_diff(d) for d in _rows(found, chosen)]}
