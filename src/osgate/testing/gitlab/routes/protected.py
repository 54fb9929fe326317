"""Protected branches and tags. On Free by role; users and groups are Premium, and ignored without."""

from __future__ import annotations

from typing import Any

from osgate.testing.gitlab.access import project_of
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, not_found, route
from osgate.testing.gitlab.state import MAINTAINER, Json, Protected

_LEVELS = (0, 30, 40, 60)


def protected(request: Request, found: Protected) -> Json:
    """A protected branch."""
    shown: Json = {
        "id": found.id,
        "name": found.name,
        "push_access_levels": found.push,
        "merge_access_levels": found.merge,
        "allow_force_push": found.allow_force_push,
    }
    if request.world.has("premium"):
        shown |= {"unprotect_access_levels": found.unprotect}
        shown["code_owner_approval_required"] = found.code_owner_approval_required
    return shown


@route("GET", "/projects/:id/protected_branches", "[ProtectedBranch]")
def rows(request: Request) -> Reply:
    """All of them."""
    found = project_of(request, MAINTAINER)
    wanted = [p for name, p in found.protected.items() if str(request.params.get("search", "")) in name]
    return page(request, wanted, lambda p: protected(request, p))


@route("GET", "/projects/:id/protected_branches/:name", "ProtectedBranch")
def get(request: Request) -> Json:
    """One by its name or wildcard."""
    return protected(request, _one(request))


def _one(request: Request) -> Protected:
    return project_of(request, MAINTAINER).protected.get(request.names["name"]) or not_found()


@route("POST", "/projects/:id/protected_branches", "ProtectedBranch")
def protect(request: Request) -> Json:
    """Protect a branch or wildcard; one that is protected is refused."""
    found, params, world = project_of(request, MAINTAINER), request.params, request.world
    name = str(params["name"])
    if name in found.protected:
        raise Refused(409, {"message": f"Protected branch '{name}' already exists"})
    made = Protected(world.next("protected"), name, _new(request, "push"), _new(request, "merge"))
    made.allow_force_push = bool(params.get("allow_force_push", False))
    if world.has("premium"):
        made.code_owner_approval_required = bool(params.get("code_owner_approval_required", False))
        made.unprotect = _new(request, "unprotect")
    found.protected[name] = made
    return protected(request, made)


def _level(value: Any) -> int:
    if int(value) not in _LEVELS:
        raise Refused(400, {"error": "access_level does not have a valid value"})
    return int(value)


def _new(request: Request, how: str) -> list[Json]:
    world, params = request.world, request.params
    made = []
    if world.has("premium"):
        made = [_row(request, row) for row in params.get(f"allowed_to_{how}") or []]
    if f"{how}_access_level" in params or not made:
        made.append(world.access_row(_level(params.get(f"{how}_access_level", MAINTAINER))))
    return made


def _row(request: Request, given: Json) -> Json:
    user, group = given.get("user_id"), given.get("group_id")
    level = None if user or group else _level(given.get("access_level", MAINTAINER))
    return request.world.access_row(level, int(user) if user else None, int(group) if group else None)


@route("PATCH", "/projects/:id/protected_branches/:name", "ProtectedBranch")
def change(request: Request) -> Json:
    """Change it. `allowed_to_push` and its like (Premium) add rows, replace by `id`, and drop with `_destroy`."""
    found, params = _one(request), request.params
    if "allow_force_push" in params:
        found.allow_force_push = bool(params["allow_force_push"])
    if request.world.has("premium"):
        if "code_owner_approval_required" in params:
            found.code_owner_approval_required = bool(params["code_owner_approval_required"])
        for how in ("push", "merge", "unprotect"):
            for given in params.get(f"allowed_to_{how}") or []:
                _amend(request, getattr(found, how), given)
    return protected(request, found)


def _amend(request: Request, rows: list[Json], given: Json) -> None:
    old = next((row for row in rows if str(row["id"]) == str(given.get("id"))), None)
    if given.get("id") and old is None:
        not_found()
    if old is not None:
        rows.remove(old)
    if not given.get("_destroy"):
        rows.append(_row(request, given))


@route("DELETE", "/projects/:id/protected_branches/:name")
def unprotect(request: Request) -> None:
    """Take the protection away."""
    found = _one(request)
    del project_of(request).protected[found.name]


@route("GET", "/projects/:id/protected_tags", "[ProtectedTag]")
def tags(request: Request) -> Reply:
    """Protected tags and wildcards."""
    return page(request, project_of(request, MAINTAINER).protected_tags.values(), dict)


@route("POST", "/projects/:id/protected_tags", "ProtectedTag")
def protect_tag(request: Request) -> Json:
    """Protect a tag or wildcard."""
    found, params = project_of(request, MAINTAINER), request.params
    name = str(params["name"])
    if name in found.protected_tags:
        raise Refused(409, {"message": f"Protected tag '{name}' already exists"})
    level = _level(params.get("create_access_level", MAINTAINER))
    found.protected_tags[name] = {"name": name, "create_access_levels": [request.world.access_row(level)]}
    return found.protected_tags[name]


@route("DELETE", "/projects/:id/protected_tags/:name")
def unprotect_tag(request: Request) -> None:
    """Take the protection away."""
    if project_of(request, MAINTAINER).protected_tags.pop(request.names["name"], None) is None:
        not_found()
