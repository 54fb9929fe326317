"""Repositories: what they are, who may do what in them, their settings for workflows."""

from __future__ import annotations

from osgate.testing.github import events
from osgate.testing.github.access import org_of
from osgate.testing.github.paging import page
from osgate.testing.github.router import Reply, Request, not_found, route, unprocessable
from osgate.testing.github.shapes import places
from osgate.testing.github.state import Json, Org, Repo, User

BASE = "/repos/{owner}/{repo}"
# What the older word for a role is.
PERMISSION = {"triage": "read", "maintain": "write"}


@route("GET", BASE)
def get(request: Request) -> Json:
    """One repository."""
    return places.full_repo(request.world, request.repo, _role(request, request.repo))


def _role(request: Request, repo: Repo) -> str:
    if request.token is None or request.token.kind in ("installation", "job"):
        return ""
    return request.world.role(request.user, repo)


@route("PATCH", BASE, needs="administration:write", role="admin")
def change(request: Request) -> Json:
    """Change settings; a new name leaves the old one leading to it."""
    repo, said = request.repo, request.said
    if said.get("name") and said["name"] != repo.name:
        request.world.rename(repo, f"{repo.owner.login}/{said['name']}")
    if said.get("default_branch"):
        if repo.git.tip(said["default_branch"]) is None:
            unprocessable(f"Cannot update default branch. {said['default_branch']} was not found")
        repo.default_branch = said["default_branch"]
    repo.archived = bool(said.get("archived", repo.archived))
    repo.private = bool(said.get("private", repo.private))
    return get(request)


@route("GET", f"{BASE}/teams", needs="administration:read")
def teams(request: Request) -> Reply:
    """The teams with a place in it."""
    owner = request.repo.owner
    rows = [t for t in owner.teams.values() if request.repo.id in t.repos] if isinstance(owner, Org) else []
    words = {"read": "pull", "write": "push"}

    def shape(one: object) -> Json:
        found = next(t for t in rows if t is one)
        role = found.repos[request.repo.id]
        return {**places.team(request.world, found), "permission": words.get(role, role)}

    return page(request, rows, shape)


def _collaborator(request: Request, who: User) -> Json:
    role = request.world.role(who, request.repo)
    return {**places.user(request.world, who), "role_name": role, "permissions": places.permissions(role)}


@route("GET", f"{BASE}/collaborators", role="write")
def collaborators(request: Request) -> Reply:
    """Everybody with a place in it."""
    world = request.world
    rows = [u for u in world.users.values() if u.type == "User" and world.role(u, request.repo) != "none"]
    if not request.repo.private:
        rows = [u for u in rows if world.role(u, request.repo) != "read"]
    return page(request, rows, lambda u: _collaborator(request, u))


@route("GET", f"{BASE}/collaborators/{{username}}/permission")
def permission(request: Request) -> Json:
    """What somebody may: `permission` in the older words, `role_name` exactly."""
    who = request.world.user_named(request.names["username"]) or not_found()
    role = request.world.role(who, request.repo)
    return {"permission": PERMISSION.get(role, role), "role_name": role, "user": _collaborator(request, who)}


@route("GET", f"{BASE}/actions/permissions", needs="administration:read", role="admin")
def actions_permissions(request: Request) -> Json:
    """Whether workflows run at all."""
    return {"enabled": True, "allowed_actions": "all"}


@route("GET", f"{BASE}/actions/permissions/workflow", needs="administration:read", role="admin")
def workflow_permissions(request: Request) -> Json:
    """What GITHUB_TOKEN may where a workflow does not say."""
    repo = request.repo
    return {
        "default_workflow_permissions": repo.workflow_permissions,
        "can_approve_pull_request_reviews": repo.may_approve,
    }


@route("PUT", f"{BASE}/actions/permissions/workflow", needs="administration:write", role="admin", status=204)
def set_workflow_permissions(request: Request) -> None:
    """Set what GITHUB_TOKEN may."""
    repo, said = request.repo, request.said
    repo.workflow_permissions = said.get("default_workflow_permissions", repo.workflow_permissions)
    repo.may_approve = bool(said.get("can_approve_pull_request_reviews", repo.may_approve))


@route("GET", "/orgs/{org}/actions/permissions")
def org_actions(request: Request) -> Json:
    """Where workflows run in an organisation."""
    org_of(request, "organization_administration:read", admin=True)
    return {"enabled_repositories": "all", "allowed_actions": "all"}


@route("GET", "/orgs/{org}/actions/permissions/workflow")
def org_workflow_permissions(request: Request) -> Json:
    """What GITHUB_TOKEN may in an organisation."""
    org = org_of(request, "organization_administration:read", admin=True)
    words = org.workflow_permissions
    return {"default_workflow_permissions": words, "can_approve_pull_request_reviews": org.may_approve}


@route("PUT", "/orgs/{org}/actions/permissions/workflow", status=204)
def set_org_workflow_permissions(request: Request) -> None:
    """Set what GITHUB_TOKEN may in an organisation."""
    org, said = org_of(request, "organization_administration:write", admin=True), request.said
    org.workflow_permissions = said.get("default_workflow_permissions", org.workflow_permissions)
    org.may_approve = bool(said.get("can_approve_pull_request_reviews", org.may_approve))


@route("POST", f"{BASE}/dispatches", needs="contents:write", status=204)
def dispatch(request: Request) -> None:
    """A repository_dispatch event, on the default branch."""
    said = request.said
    about: Json = {
        "action": said["event_type"],
        "branch": request.repo.default_branch,
        "client_payload": said.get("client_payload") or {},
    }
    events.emit(request.world, request.repo, "repository_dispatch", lambda: about, request.me())


@route("GET", f"{BASE}/codeowners/errors", needs="contents:read")
def codeowners(request: Request) -> Json:
    """What is wrong with CODEOWNERS: owners that are not there. 404 where there is no such file."""
    repo = request.repo
    ref = repo.git.resolve(request.query.get("ref", "") or repo.default_branch) or not_found()
    rows = ((path, repo.git.object(ref, path)) for path in (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"))
    path, found = next(((p, f) for p, f in rows if f), None) or not_found()
    text = repo.git.blob(found[2]).decode(errors="replace")
    lines = enumerate(text.split("\n"), 1)
    return {"errors": [e for number, line in lines for e in _owners(request, path, number, line)]}


def _owners(request: Request, path: str, number: int, line: str) -> list[Json]:
    words = line.partition("#")[0].split()
    wrong = [w for w in words[1:] if not _known(request, w)]
    return [
        {
            "line": number,
            "column": line.index(w) + 1,
            "kind": "Unknown owner",
            "source": line,
            "suggestion": "make sure it exists and has write access to the repository",
            "message": f"Unknown owner on line {number}: make sure {w} exists and has write access",
            "path": path,
        }
        for w in wrong
    ]


def _known(request: Request, owner: str) -> bool:
    if "@" in owner[1:] and not owner.startswith("@"):
        return True
    place, _, slug = owner.removeprefix("@").partition("/")
    if not slug:
        return request.world.user_named(place) is not None
    org = request.world.org(place)
    return org is not None and any(t.slug == slug and request.repo.id in t.repos for t in org.teams.values())
