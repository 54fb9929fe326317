"""Branches and tags."""

from __future__ import annotations

import re

from osgate.testing.gitlab.access import may_change, project_of, protection
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, not_found, route
from osgate.testing.gitlab.routes.commits import READ, code_of, commit, landed
from osgate.testing.gitlab.state import DEVELOPER, MAINTAINER, Json, Project

_NAME = re.compile(r"(?!-)(?!.*(?:\.\.|[ ~^:?*\[\\\x00-\x1f\x7f]|//|@\{|\.lock$|/$|\.$)).+")


def branch(request: Request, found: Project, name: str, tip: str) -> Json:
    """A branch."""
    rows = protection(found, name)
    user = request.user
    return {
        "name": name,
        "commit": commit(request, found, found.repo.commit(tip)),
        "merged": False,
        "protected": bool(rows),
        "developers_can_push": any(r["access_level"] == DEVELOPER for p in rows for r in p.push),
        "developers_can_merge": any(r["access_level"] == DEVELOPER for p in rows for r in p.merge),
        "can_push": bool(user) and may_change(request.world, user, found, name),  # type: ignore[arg-type]
        "default": name == found.default_branch,
        "web_url": f"{request.world.web_url}/{found.full_path}/-/tree/{name}",
    }


@route("GET", "/projects/:id/repository/branches", "[Branch]", job=True, scopes=READ)
def branches(request: Request) -> Reply:
    """All branches by name."""
    found = code_of(request)
    word = str(request.params.get("search", ""))
    rows = [(n, tip) for n, tip in found.repo.refs("refs/heads/").items() if word.strip("^$") in n]
    return page(request, rows, lambda r: branch(request, found, *r))


@route("GET", "/projects/:id/repository/branches/:branch", "Branch", job=True, scopes=READ)
def get(request: Request) -> Json:
    """One branch."""
    found, name = code_of(request), request.names["branch"]
    return branch(request, found, name, found.repo.tip(name) or not_found("Branch"))


@route("POST", "/projects/:id/repository/branches", "Branch")
def create(request: Request) -> Json:
    """Make a branch from `ref`."""
    found, params = project_of(request, DEVELOPER), request.params
    name = str(params["branch"])
    if not _NAME.fullmatch(name):
        raise Refused(400, {"message": "Branch name is invalid"})
    if found.repo.tip(name):
        raise Refused(400, {"message": "Branch already exists"})
    sha = found.repo.resolve(str(params["ref"]))
    if sha is None:
        raise Refused(400, {"message": f"Invalid reference name: {params['ref']}"})
    if not may_change(request.world, request.me(), found, name):
        raise Refused(403, {"message": "403 Forbidden"})
    landed(request, found, name, sha, None)
    return branch(request, found, name, sha)


@route("DELETE", "/projects/:id/repository/branches/:branch")
def delete(request: Request) -> None:
    """Remove a branch that is not protected."""
    found, name = project_of(request, DEVELOPER), request.names["branch"]
    tip = found.repo.tip(name) or not_found("Branch")
    if protection(found, name) or name == found.default_branch:
        raise Refused(403, {"message": "The branch is protected or the default branch"})
    found.repo.move(name, None, tip)


def _tag(request: Request, found: Project, name: str) -> Json:
    sha = found.repo.ask("rev-parse", "--verify", "-q", f"refs/tags/{name}^{{commit}}")
    target = found.repo.ask("rev-parse", "--verify", "-q", f"refs/tags/{name}") or not_found("Tag")
    about = commit(request, found, found.repo.commit(sha)) if sha else None
    more = {"message": None, "release": None, "created_at": None, "protected": name in found.protected_tags}
    return {"name": name, "target": target, "commit": about, **more}


@route("GET", "/projects/:id/repository/tags", "[Tag]", job=True, scopes=READ)
def tags(request: Request) -> Reply:
    """All tags."""
    found = code_of(request)
    return page(request, sorted(found.repo.refs("refs/tags/"), reverse=True), lambda n: _tag(request, found, n))


@route("GET", "/projects/:id/repository/tags/:tag", "Tag", job=True, scopes=READ)
def tag(request: Request) -> Json:
    """One tag."""
    return _tag(request, code_of(request), request.names["tag"])


@route("POST", "/projects/:id/repository/tags", "Tag")
def create_tag(request: Request) -> Json:
    """Tag `ref`; annotated with `message`."""
    found, params = project_of(request, DEVELOPER), request.params
    name = str(params["tag_name"])
    if not _NAME.fullmatch(name):
        raise Refused(400, {"message": "Tag name invalid"})
    if found.repo.ref(f"refs/tags/{name}"):
        raise Refused(400, {"message": f"Tag {name} already exists"})
    sha = found.repo.resolve(str(params["ref"]))
    if sha is None:
        raise Refused(400, {"message": "Target reference is invalid"})
    note = ["-a", "-m", str(params["message"])] if params.get("message") else []
    found.repo.run("tag", *note, name, sha)
    return _tag(request, found, name)


@route("DELETE", "/projects/:id/repository/tags/:tag")
def delete_tag(request: Request) -> None:
    """Remove a tag."""
    found, name = project_of(request, MAINTAINER), request.names["tag"]
    if found.repo.ref(f"refs/tags/{name}") is None:
        not_found("Tag")
    found.repo.run("update-ref", "-d", f"refs/tags/{name}")
