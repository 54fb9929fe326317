"""Members of projects and groups: direct, and with everything inherited (`members/all`)."""

from __future__ import annotations

from osgate.testing.gitlab.access import group_of, need, project_of
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, not_found, route
from osgate.testing.gitlab.routes.groups import group as group_shape
from osgate.testing.gitlab.routes.projects import project as project_shape
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.state import MAINTAINER, OWNER, Group, Json, Member, Project, Share
from osgate.testing.gitlab.world import World


def member(world: World, found: Member) -> Json:
    """A user with the level it has here."""
    return {
        **basic(world, found.user),
        "access_level": found.level,
        "created_at": found.user.created_at,
        "created_by": None,
        "expires_at": found.expires_at,
        "membership_state": "active",
    }


def _place(request: Request) -> Project | Group:
    return project_of(request) if request.path.startswith("/projects/") else group_of(request)


def _strongest(world: World, place: Project | Group) -> list[Member]:
    found: dict[int, Member] = {}
    for row in world.members(place):
        if row.user.id not in found or row.level > found[row.user.id].level:
            found[row.user.id] = row
    owner = place.namespace.owner if isinstance(place, Project) else None
    if owner:
        found[owner.id] = Member(owner, OWNER)
    return [found[number] for number in sorted(found)]


def _all(request: Request) -> list[Member]:
    return _strongest(request.world, _place(request))


def _direct(request: Request) -> list[Member]:
    world, place = request.world, _place(request)
    return [m for m in place.members.values() if world.current(m.expires_at)]


def _page(request: Request, rows: list[Member]) -> Reply:
    word = str(request.params.get("query", "")).lower()
    rows = [m for m in rows if word in f"{m.user.username} {m.user.name}".lower()]
    wanted = {int(n) for n in request.params.get("user_ids", [])}
    return page(request, [m for m in rows if not wanted or m.user.id in wanted], lambda m: member(request.world, m))


def _one(request: Request, rows: list[Member]) -> Json:
    number = request.number("user_id")
    found = next((m for m in rows if m.user.id == number), None)
    return member(request.world, found) if found else not_found()


def _level(request: Request) -> int:
    level = request.params.get("access_level")
    if level not in (5, 10, 15, 20, 30, 40, 50):
        raise Refused(400, {"message": {"access_level": ["is not included in the list"]}})
    return int(level)


@route("GET", "/projects|groups/:id/members/all", "[Member]")
def everybody(request: Request) -> Reply:
    """Direct, inherited and invited members, each once, with the strongest level."""
    return _page(request, _all(request))


@route("GET", "/projects|groups/:id/members/all/:user_id", "Member")
def anybody(request: Request) -> Json:
    """One of them."""
    return _one(request, _all(request))


@route("GET", "/projects|groups/:id/members", "[Member]")
def direct(request: Request) -> Reply:
    """Direct members."""
    return _page(request, _direct(request))


@route("GET", "/projects|groups/:id/members/:user_id", "Member")
def one(request: Request) -> Json:
    """One direct member."""
    return _one(request, _direct(request))


@route("POST", "/projects|groups/:id/members", "Member")
def add(request: Request) -> Json:
    """Add a member: Maintainers of a project, owners of a group."""
    place = _place(request)
    need(request, place, MAINTAINER if isinstance(place, Project) else OWNER)
    user = request.world.users.get(int(request.params.get("user_id") or 0))
    if user is None:
        not_found()
    if user.id in place.members:
        raise Refused(409, {"message": "Member already exists"})
    place.members[user.id] = Member(user, _level(request), request.params.get("expires_at"))
    return member(request.world, place.members[user.id])


@route("PUT", "/projects|groups/:id/members/:user_id", "Member")
def change(request: Request) -> Json:
    """Change a member."""
    place = _place(request)
    need(request, place, MAINTAINER if isinstance(place, Project) else OWNER)
    found = place.members.get(request.number("user_id")) or not_found()
    found.level, found.expires_at = _level(request), request.params.get("expires_at", found.expires_at)
    return member(request.world, found)


@route("DELETE", "/projects|groups/:id/members/:user_id")
def remove(request: Request) -> None:
    """Remove a member."""
    place = _place(request)
    need(request, place, MAINTAINER if isinstance(place, Project) else OWNER)
    if place.members.pop(request.number("user_id"), None) is None:
        not_found()


@route("POST", "/projects/:id/share", "Project")
@route("POST", "/groups/:id/share", "Group")
def share(request: Request) -> Json:
    """Invite a group."""
    place = _place(request)
    need(request, place, MAINTAINER if isinstance(place, Project) else OWNER)
    found = request.world.groups.get(int(request.params["group_id"])) or not_found("Group")
    level = int(request.params.get("group_access", 0))
    place.shares.append(Share(found, level, request.params.get("expires_at")))
    if isinstance(place, Group):
        return group_shape(request, place)
    return project_shape(request, place)


@route("DELETE", "/projects|groups/:id/share/:group_id")
def unshare(request: Request) -> None:
    """Invite it no more."""
    place = _place(request)
    need(request, place, MAINTAINER if isinstance(place, Project) else OWNER)
    number = request.number("group_id")
    if all(s.group.id != number for s in place.shares):
        not_found()
    place.shares[:] = [s for s in place.shares if s.group.id != number]
