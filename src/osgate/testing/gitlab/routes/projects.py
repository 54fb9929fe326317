"""Projects: read, list, change settings, fork, archive, rename."""

from __future__ import annotations

from osgate.testing.gitlab.access import group_of, may_read, project_of
from osgate.testing.gitlab.paging import ordered, page, since
from osgate.testing.gitlab.router import Refused, Reply, Request, bad, forbidden, not_found, route
from osgate.testing.gitlab.routes.groups import group
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.state import DEVELOPER, GUEST, MAINTAINER, OWNER, REPORTER, Json, Project
from osgate.testing.gitlab.world import PROJECT_SETTINGS, line

_PAID = {
    "only_allow_merge_if_all_status_checks_passed": "ultimate",
    "merge_pipelines_enabled": "premium",
    "merge_trains_enabled": "premium",
    "approvals_before_merge": "premium",
}


def simple(request: Request, project: Project) -> Json:
    """What everybody sees who sees it at all."""
    base, space = f"{request.world.web_url}/{project.full_path}", project.namespace
    return {
        "id": project.id,
        "description": project.description,
        "name": project.name,
        "name_with_namespace": project.full_path.replace("/", " / "),
        "path": project.path,
        "path_with_namespace": project.full_path,
        "created_at": project.created_at,
        "default_branch": project.default_branch if project.repo.tip(project.default_branch or "") else None,
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": f"git@gitlab.example.com:{project.full_path}.git",
        "http_url_to_repo": f"{base}.git",
        "web_url": base,
        "readme_url": None,
        "forks_count": sum(p.fork_of is project for p in request.world.projects.values()),
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": project.activity,
        "visibility": project.visibility,
        "namespace": {
            "id": space.id,
            "name": space.name,
            "path": space.path,
            "kind": "user" if space.owner else "group",
            "full_path": space.full_path,
            "parent_id": space.parent.id if space.parent else None,
            "avatar_url": None,
            "web_url": f"{request.world.web_url}/{space.full_path}",
        },
    }


def project(request: Request, found: Project) -> Json:
    """A project as members see it; its settings from Reporter up, its runners' secrets never."""
    world, user = request.world, request.user
    shown = {
        **simple(request, found),
        "_links": {"self": f"{world.web_url}/api/v4/projects/{found.id}"},
        "archived": found.archived,
        "empty_repo": not found.repo.tip(found.default_branch or ""),
        "creator_id": found.creator.id,
        "import_status": "none",
        "open_issues_count": sum(i.state == "opened" for i in found.issues.values()),
        "shared_with_groups": [
            {
                "group_id": s.group.id,
                "group_name": s.group.name,
                "group_full_path": s.group.full_path,
                "group_access_level": s.level,
                "expires_at": s.expires_at,
            }
            for s in found.shares
        ],
        "permissions": _permissions(request, found),
    }
    if found.fork_of:
        shown["forked_from_project"] = simple(request, found.fork_of)
    level = world.level(user, found)
    if level >= REPORTER or found.visibility != "private" or (user and user.admin):
        shown |= found.settings
    if level < MAINTAINER and not (user and user.admin):
        shown.pop("ci_pipeline_variables_minimum_override_role", None)
    return {k: v for k, v in shown.items() if k not in _PAID or world.has(_PAID[k])}


def _permissions(request: Request, found: Project) -> Json:
    user = request.user
    own = found.members.get(user.id) if user else None
    above = request.world.membership(user, found.namespace) if user else None
    rows = {"project_access": own, "group_access": above}
    return {k: {"access_level": m.level, "notification_level": 3} if m else None for k, m in rows.items()}


@route("GET", "/projects/:id", "Project")
def get(request: Request) -> Json:
    """One project by id or path."""
    return project(request, project_of(request))


@route("GET", "/projects", "[SimpleProject]")
def every(request: Request) -> Reply:
    """The projects the caller sees."""
    return _listed(request, list(request.world.projects.values()))


@route("GET", "/groups/:id/projects", "[SimpleProject]")
def in_group(request: Request) -> Reply:
    """A group's projects; those of subgroups with `include_subgroups`."""
    group = group_of(request)
    deep = request.params.get("include_subgroups") in (True, "true", "1")
    found = request.world.below(group)
    if request.params.get("with_shared", True) in (True, "true", "1"):
        found += [p for p in request.world.projects.values() if any(s.group is group for s in p.shares)]
    return _listed(request, [p for p in found if deep or p.namespace is group or group not in line(p.namespace)])


def _listed(request: Request, found: list[Project]) -> Reply:
    world, params = request.world, request.params
    found = [p for p in found if may_read(world, request.user, p)]
    if params.get("membership") in (True, "true", "1"):
        found = [p for p in found if world.level(request.user, p) > 0]
    if params.get("min_access_level"):
        found = [p for p in found if world.level(request.user, p) >= int(params["min_access_level"])]
    if "archived" in params:
        found = [p for p in found if p.archived == (params["archived"] in (True, "true", "1"))]
    if "search" in params:
        found = [p for p in found if str(params["search"]).lower() in p.full_path.lower()]
    if "visibility" in params:
        found = [p for p in found if p.visibility == params["visibility"]]
    for name, late in (("last_activity_after", True), ("last_activity_before", False)):
        if params.get(name):
            found = [p for p in found if (p.activity >= params[name]) == late]
    plain = params.get("simple") in (True, "true", "1") or request.user is None
    shape = simple if plain else project
    return page(request, ordered(request, since(request, found)), lambda p: shape(request, p))


@route("POST", "/projects", "Project")
def create(request: Request) -> Json:
    """Make a project in a group (`namespace_id`) or in one's own namespace."""
    world, user, params = request.world, request.me(), request.params
    path = str(params.get("path") or params.get("name") or "")
    if not path:
        raise Refused(400, {"error": "name, path are missing, at least one parameter must be provided"})
    space = (
        world.groups.get(int(params["namespace_id"])) if params.get("namespace_id") else world.group_at(user.username)
    )
    if space is None:
        not_found("Namespace")
    if space.owner is not user and not user.admin and world.level(user, space) < DEVELOPER:
        forbidden()
    if world.project_at(f"{space.full_path}/{path}"):
        raise Refused(400, {"message": {"name": ["has already been taken"], "path": ["has already been taken"]}})
    found = world.add_project(f"{space.full_path}/{path}", user)
    found.visibility = params.get("visibility", "private")
    found.name = str(params.get("name") or path)
    _set(request, found)
    if params.get("initialize_with_readme") in (True, "true", "1"):
        tip = found.repo.write({"README.md": b""}, "Initial commit", (user.name, user.email), None, "100644")
        found.repo.move(found.default_branch or "main", tip, None)
        world.protect(found, found.default_branch or "main")
    return project(request, found)


@route("PUT", "/projects/:id", "Project")
def change(request: Request) -> Json:
    """Change settings; what the tier lacks is ignored, as GitLab does."""
    found = project_of(request, MAINTAINER)
    _set(request, found)
    return project(request, found)


def _set(request: Request, found: Project) -> None:
    params = request.params
    if "visibility" in params:
        found.visibility = params["visibility"]
    if "description" in params:
        found.description = params["description"]
    if "default_branch" in params:
        if found.repo.tip(params["default_branch"]) is None:
            bad("Could not change HEAD: branch does not exist")
        found.default_branch = params["default_branch"]
    if params.get("path") and params["path"] != found.path:
        request.world.rename(found, f"{found.namespace.full_path}/{params['path']}")
    paid = {name for name, tier in _PAID.items() if request.world.has(tier)}
    found.settings |= request.only(*PROJECT_SETTINGS, *paid)


@route("DELETE", "/projects/:id", "Accepted", status=202)
def delete(request: Request) -> Json:
    """Remove a project at once."""
    found = project_of(request, OWNER)
    del request.world.projects[found.id]
    for other in request.world.projects.values():
        for merge_request in other.merge_requests.values():
            if merge_request.source_project is found:
                merge_request.source_project = None
    return {"message": "202 Accepted"}


@route("POST", "/projects/:id/archive", "Project")
def archive(request: Request) -> Json:
    """Make a project read-only."""
    found = project_of(request, OWNER)
    found.archived = True
    return project(request, found)


@route("POST", "/projects/:id/unarchive", "Project")
def unarchive(request: Request) -> Json:
    """Let it live again."""
    found = project_of(request, OWNER)
    found.archived = False
    return project(request, found)


@route("PUT", "/projects/:id/transfer", "Project")
def transfer(request: Request) -> Json:
    """Move a project to another namespace; the old path redirects."""
    found, wanted = project_of(request, OWNER), str(request.params.get("namespace", ""))
    space = request.world.groups.get(int(wanted)) if wanted.isdigit() else request.world.group_at(wanted)
    if space is None:
        not_found("Namespace")
    request.world.rename(found, f"{space.full_path}/{found.path}")
    return project(request, found)


@route("POST", "/projects/:id/fork", "Project")
def fork(request: Request) -> Json:
    """Fork into the caller's namespace, or `namespace_path`."""
    world, found, user = request.world, project_of(request), request.me()
    space = str(request.params.get("namespace_path") or user.username)
    if world.project_at(f"{space}/{found.path}"):
        raise Refused(409, {"message": ["Project namespace name has already been taken"]})
    made = world.add_project(f"{space}/{found.path}", user, fork_of=found, visibility=found.visibility)
    made.repo.run("fetch", "-q", found.repo.path, "+refs/heads/*:refs/heads/*")
    return project(request, made)


@route("GET", "/projects/:id/forks", "[SimpleProject]")
def forks(request: Request) -> Reply:
    """The forks the caller sees."""
    found = project_of(request)
    return _listed(request, [p for p in request.world.projects.values() if p.fork_of is found])


@route("GET", "/projects/:id/users", "[User]")
def users(request: Request) -> Reply:
    """Everybody with access."""
    found = project_of(request)
    people = {m.user.id: m.user for m in request.world.members(found) if m.level >= GUEST}
    return page(request, people.values(), lambda u: basic(request.world, u))


@route("GET", "/projects/:id/job_token_scope", "JobTokenScope")
def job_token_scope(request: Request) -> Json:
    """Whose jobs may read this project."""
    found = project_of(request, MAINTAINER)
    return {"inbound_enabled": found.limits_job_tokens, "outbound_enabled": False}


@route("PATCH", "/projects/:id/job_token_scope", status=204)
def set_job_token_scope(request: Request) -> None:
    """`enabled`: only jobs of listed projects."""
    project_of(request, MAINTAINER).limits_job_tokens = bool(request.params["enabled"])


@route("GET", "/projects/:id/job_token_scope/allowlist", "[SimpleProject]")
def allowlist(request: Request) -> Reply:
    """The listed projects."""
    found = project_of(request, MAINTAINER)
    rows = [request.world.projects[n] for n in sorted(found.admits) if n in request.world.projects]
    return page(request, rows, lambda p: simple(request, p))


@route("POST", "/projects/:id/job_token_scope/allowlist", "AllowlistEntry")
def admit(request: Request) -> Json:
    """List one more; 200 at most."""
    found = project_of(request, MAINTAINER)
    target = request.world.projects.get(int(request.params["target_project_id"]))
    if target is None or not may_read(request.world, request.user, target):
        not_found("Project")
    if target.id in found.admits:
        raise Refused(400, {"message": "400 Bad request - This project is already in the job token allowlist."})
    if len(found.admits) >= 200:
        bad("Groups and projects cannot exceed 200.")
    found.admits.add(target.id)
    return {"source_project_id": found.id, "target_project_id": target.id}


@route("DELETE", "/projects/:id/job_token_scope/allowlist/:target_project_id")
def dismiss(request: Request) -> None:
    """Take one off the list."""
    found, target = project_of(request, MAINTAINER), request.number("target_project_id")
    if target not in found.admits or target == found.id:
        not_found()
    found.admits.discard(target)


@route("GET", "/projects/:id/job_token_scope/groups_allowlist", "[Group]")
def groups_allowlist(request: Request) -> Reply:
    """The listed groups."""
    found = project_of(request, MAINTAINER)
    rows = [request.world.groups[n] for n in sorted(found.admits_groups)]
    return page(request, rows, lambda g: group(request, g))


@route("POST", "/projects/:id/job_token_scope/groups_allowlist", "AllowlistGroup")
def admit_group(request: Request) -> Json:
    """List a whole group."""
    found, number = project_of(request, MAINTAINER), int(request.params["target_group_id"])
    if number not in request.world.groups:
        not_found("Group")
    found.admits_groups.add(number)
    return {"source_project_id": found.id, "target_group_id": number}


@route("DELETE", "/projects/:id/job_token_scope/groups_allowlist/:target_group_id")
def dismiss_group(request: Request) -> None:
    """Take a group off the list."""
    found, number = project_of(request, MAINTAINER), request.number("target_group_id")
    if number not in found.admits_groups:
        not_found()
    found.admits_groups.discard(number)


@route("GET", "/projects/:id/push_rule", "PushRule", tier="premium")
def push_rule(request: Request) -> Json | None:
    """The push rule, null for none."""
    return project_of(request, MAINTAINER).push_rule


@route("POST", "/projects/:id/push_rule", "PushRule", tier="premium")
def add_push_rule(request: Request) -> Json:
    """Set the push rule."""
    found = project_of(request, MAINTAINER)
    if found.push_rule:
        raise Refused(422, {"error": "Project push rule exists"})
    found.push_rule = {"id": request.world.next("push_rule"), "project_id": found.id, **_push_rule(request)}
    return found.push_rule


@route("PUT", "/projects/:id/push_rule", "PushRule", tier="premium")
def set_push_rule(request: Request) -> Json:
    """Change the push rule."""
    found = project_of(request, MAINTAINER)
    if found.push_rule is None:
        not_found("Push Rule")
    found.push_rule |= _push_rule(request)
    return found.push_rule


def _push_rule(request: Request) -> Json:
    return request.only("deny_delete_tag", "prevent_secrets", "commit_committer_check", "file_name_regex")
