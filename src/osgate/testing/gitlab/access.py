"""Who may: tokens, scopes, visibility, levels, job tokens. Every refusal in GitLab's words."""

from __future__ import annotations

import fnmatch

from osgate.testing.gitlab.changes import refresh
from osgate.testing.gitlab.router import Refused, Request, Route, forbidden, not_found
from osgate.testing.gitlab.state import (
    DEVELOPER,
    GUEST,
    MAINTAINER,
    REPORTER,
    Group,
    Issue,
    Job,
    Json,
    MergeRequest,
    Project,
    Protected,
    Token,
    User,
)
from osgate.testing.gitlab.world import World, line


def recognise(world: World, given: str, kind: str, route: Route | None) -> tuple[User | None, Token | None]:
    """Return whose token this is. kind: `job` where it came as a job token. route None: git over HTTP.

    Raises Refused for one that does not hold (any more), or came by another way than its own.
    """
    if not given:
        return None, None
    token = world.tokens.get(given)
    if token is None or token.user.id not in world.users or (token.kind == "job") != (kind == "job"):
        raise Refused(401, {"message": "401 Unauthorized"})
    if token.kind == "job":
        _running(token)
        return token.user, token
    if token.revoked:
        raise _untrusted("Token was revoked. You have to re-authorize from the user.")
    if not world.current(token.expires_at):
        raise _untrusted("Token is expired. You can either do re-authorization or token refresh.")
    if token.user.state != "active":
        forbidden("Your account has been blocked.")
    if route is not None:
        check_scope(token, route)
    token.last_used_at = world.now
    return token.user, token


def check_scope(token: Token, route: Route) -> None:
    """Raise Refused (403) where a token's scopes do not cover a route."""
    enough = ("api", *route.scopes, *(("read_api",) if route.method == "GET" else ()))
    if not set(enough) & set(token.scopes):
        why = "The request requires higher privileges than provided by the access token."
        raise Refused(403, {"error": "insufficient_scope", "error_description": why, "scope": " ".join(enough)})


def _running(token: Token) -> None:
    if token.job is None or token.job.status not in ("pending", "running", "created"):
        raise Refused(401, {"message": "401 Unauthorized"})


def job_of(token: Token) -> Job:
    """Return the job whose token this is."""
    if token.job is None:
        raise TypeError("a job token is of a job")
    return token.job


def _untrusted(why: str) -> Refused:
    return Refused(401, {"error": "invalid_token", "error_description": why})


def may_read(world: World, user: User | None, place: Project | Group) -> bool:
    """Whether somebody sees a project or group at all."""
    if place.visibility == "public" or (user is not None and user.admin):
        return True
    if place.visibility == "internal" and user is not None:
        return True
    return world.level(user, place) >= GUEST or (isinstance(place, Group) and _sees_inside(world, user, place))


def _sees_inside(world: World, user: User | None, group: Group) -> bool:
    return any(world.level(user, p) >= GUEST for p in world.below(group))


def admitted(world: World, token: Token, project: Project) -> bool:
    """Whether a project lets the job of another read it."""
    source = job_of(token).pipeline.project
    groups = {g.id for g in line(source.namespace)}
    listed = source.id in project.admits or bool(groups & project.admits_groups)
    return source is project or project.visibility == "public" or not project.limits_job_tokens or listed


def project_of(request: Request, level: int = 0, name: str = "id") -> Project:
    """Return the project a path names, by id or path. Raises Refused: 404 unseen, 401 or 403 below `level`."""
    world, given = request.world, request.names[name]
    project = world.projects.get(int(given)) if given.isdigit() else world.project_at(given)
    if project is None and given.lower() in world.redirects:
        _moved(request, given)
    if project is None:
        not_found("Project")
    token = request.token
    if token and token.kind == "job" and not admitted(world, token, project):
        source = job_of(token).pipeline.project.full_path
        forbidden(f"Authentication by CI/CD job token not allowed from {source} to {project.full_path}.")
    if not may_read(world, request.user, project) or not _in_place(request, project):
        not_found("Project")
    if level:
        need(request, project, level)
    return project


def _moved(request: Request, given: str) -> None:
    """GitLab sends a reader of an old path on, and refuses anybody who writes."""
    project = request.world.projects[request.world.redirects[given.lower()]]
    if not may_read(request.world, request.user, project) or request.route.method != "GET":
        not_found("Project")
    path = request.path.replace(f"/{_coded(given)}", f"/{project.id}", 1)
    query = f"?{request.query}" if request.query else ""
    raise Refused(301, None, [("Location", f"{request.world.web_url}/api/v4{path}{query}")])


def _coded(given: str) -> str:
    return given.replace("/", "%2F")


def _in_place(request: Request, project: Project) -> bool:
    """A token of a project or group reaches nothing outside it that is private."""
    token = request.token
    if token is None or token.kind not in ("project", "group"):
        return True
    return project.visibility != "private" or request.world.level(token.user, project) > 0


def need(request: Request, place: Project | Group, level: int) -> User:
    """Return who calls, with at least `level`. Raises Refused: 401 for nobody, 403 for too little."""
    user = request.me()
    if not user.admin and request.world.level(user, place) < level:
        forbidden()
    if isinstance(place, Project) and place.archived and request.route.method != "GET" and level < MAINTAINER:
        forbidden()
    return user


def group_of(request: Request, level: int = 0) -> Group:
    """Return the group a path names. Raises Refused: 404 unseen, 403 below `level`."""
    world, given = request.world, request.names["id"]
    group = world.groups.get(int(given)) if given.isdigit() else world.group_at(given)
    if group is None or group.owner is not None or not may_read(world, request.user, group):
        not_found("Group")
    if level:
        need(request, group, level)
    return group


def merge_request_of(request: Request, level: int = 0) -> MergeRequest:
    """Return the merge request a path names, brought up to date with its branches."""
    project = project_of(request)
    if not sees_code(request, project):
        forbidden()
    if level:
        need(request, project, level)
    found = project.merge_requests.get(request.number("iid"))
    if found is None:
        not_found()
    refresh(request.world, found)
    return found


def sees_code(request: Request, project: Project) -> bool:
    """Whether the caller may read code and merge requests: Reporter up where the project is private."""
    user = request.user
    open_to_all = project.visibility != "private" or bool(user and user.admin)
    return open_to_all or request.world.level(user, project) >= REPORTER


def issue_of(request: Request) -> Issue:
    """Return the issue a path names, if the caller may see it."""
    project = project_of(request)
    found = project.issues.get(request.number("iid"))
    if found is None or not sees_issue(request, found):
        not_found("Issue")
    return found


def sees_issue(request: Request, issue: Issue) -> bool:
    """A confidential issue is seen from Reporter (Planner) up, and by who wrote it or works on it."""
    user = request.user
    if not issue.confidential:
        return True
    own = user is not None and (user is issue.author or user in issue.assignees or user.admin)
    return own or request.world.level(user, issue.project) >= REPORTER


def protection(project: Project, branch: str) -> list[Protected]:
    """Return the protections that cover a branch; a wildcard counts."""
    return [p for name, p in project.protected.items() if fnmatch.fnmatchcase(branch, name)]


def may_change(world: World, user: User, project: Project, branch: str, how: str = "push") -> bool:
    """Whether somebody may push to (or `merge` into) a branch. Several protections: the most permissive counts."""
    if project.archived:
        return False
    covering = protection(project, branch)
    if not covering:
        return user.admin or world.level(user, project) >= DEVELOPER
    rows = [row for p in covering for row in (p.push if how == "push" else p.merge)]
    return any(_entitles(world, user, project, row) for row in rows)


def _entitles(world: World, user: User, project: Project, row: Json) -> bool:
    if row.get("user_id"):
        return bool(row["user_id"] == user.id)
    if row.get("group_id"):
        return world.level(user, world.groups[row["group_id"]]) >= DEVELOPER
    level = row["access_level"]
    return level > 0 and (user.admin or world.level(user, project) >= level)
