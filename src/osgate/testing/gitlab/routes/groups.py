"""Groups: read, list, subgroups, settings."""

from __future__ import annotations

from osgate.testing.gitlab.access import group_of, may_read
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, forbidden, route
from osgate.testing.gitlab.state import MAINTAINER, OWNER, Group, Json, Member

_SETTINGS = ("default_branch_protection", "project_creation_level", "shared_runners_setting", "description")


def group(request: Request, found: Group) -> Json:
    """A group."""
    return {
        "id": found.id,
        "web_url": f"{request.world.web_url}/groups/{found.full_path}",
        "name": found.name,
        "path": found.path,
        "description": found.settings.get("description", ""),
        "visibility": found.visibility,
        "full_name": found.full_path.replace("/", " / "),
        "full_path": found.full_path,
        "parent_id": found.parent.id if found.parent else None,
        "created_at": found.created_at,
        "avatar_url": None,
        "request_access_enabled": True,
        "project_creation_level": found.settings.get("project_creation_level", "developer"),
        "default_branch_protection": found.settings.get("default_branch_protection", 2),
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
    }


@route("GET", "/groups", "[Group]")
def groups(request: Request) -> Reply:
    """The groups the caller sees."""
    world = request.world
    found = [g for g in world.groups.values() if g.owner is None and may_read(world, request.user, g)]
    if "search" in request.params:
        found = [g for g in found if str(request.params["search"]).lower() in g.full_path.lower()]
    return page(request, sorted(found, key=lambda g: g.full_path), lambda g: group(request, g))


@route("GET", "/groups/:id", "Group")
def get(request: Request) -> Json:
    """One group by id or path."""
    return group(request, group_of(request))


@route("GET", "/groups/:id/subgroups", "[Group]")
def subgroups(request: Request) -> Reply:
    """The groups right below."""
    above = group_of(request)
    found = [g for g in request.world.groups.values() if g.parent is above]
    return page(request, found, lambda g: group(request, g))


@route("POST", "/groups", "Group")
def create(request: Request) -> Json:
    """Make a group; who makes it owns it."""
    world, user, params = request.world, request.me(), request.params
    above = world.groups.get(int(params["parent_id"])) if params.get("parent_id") else None
    if above and not user.admin and world.level(user, above) < MAINTAINER:
        forbidden()
    path = f"{above.full_path}/{params['path']}" if above else str(params["path"])
    if world.group_at(path):
        raise Refused(400, {"message": 'Failed to save group {:path=>["has already been taken"]}'})
    found = world.add_group(path, visibility=params.get("visibility", "private"))
    found.name = str(params["name"])
    found.members[user.id] = Member(user, OWNER)
    return group(request, found)


@route("PUT", "/groups/:id", "Group")
def change(request: Request) -> Json:
    """Change settings."""
    found = group_of(request, OWNER)
    found.settings |= request.only(*_SETTINGS)
    found.visibility = request.params.get("visibility", found.visibility)
    found.name = request.params.get("name", found.name)
    return group(request, found)
