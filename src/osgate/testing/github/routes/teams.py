"""Organisations, their members and teams."""

from __future__ import annotations

from osgate.testing.github.access import org_of
from osgate.testing.github.paging import page
from osgate.testing.github.router import Reply, Request, not_found, route
from osgate.testing.github.shapes import places
from osgate.testing.github.state import Json, Member, Org, Team


def team_of(request: Request, org: Org) -> Team:
    """Return the team of a path, by its slug of today. Raises Refused (404)."""
    slug = request.names["team_slug"].lower()
    return next((t for t in org.teams.values() if t.slug == slug), None) or not_found()


@route("GET", "/orgs/{org}")
def org(request: Request) -> Json:
    """An organisation; anybody sees that it is there."""
    found = request.world.org(request.names["org"]) or not_found()
    return places.organization(request.world, found)


@route("GET", "/orgs/{org}/repos")
def org_repos(request: Request) -> Reply:
    """Its repositories that the caller sees."""
    from osgate.testing.github.access import sees

    found = request.world.org(request.names["org"]) or not_found()
    rows = [r for r in request.world.repos.values() if r.owner is found]
    wanted = request.query.get("type", "all")
    rows = [r for r in rows if {"private": r.private, "public": not r.private, "forks": bool(r.parent),
                                "sources": not r.parent}.get(wanted, True)]  # fmt: skip
    seen = [r for r in rows if sees(request.world, request.user, request.token, r)]
    return page(request, sorted(seen, key=lambda r: r.id), lambda r: places.minimal_repo(request.world, r))


@route("GET", "/orgs/{org}/members")
def members(request: Request) -> Reply:
    """Its active members."""
    found, role = org_of(request), request.query.get("role", "all")
    rows = [m for m in found.members.values() if m.state == "active" and role in ("all", m.role)]
    return page(request, rows, lambda m: places.user(request.world, m.user))


@route("GET", "/orgs/{org}/members/{username}", status=204)
def member(request: Request) -> None:
    """Whether somebody is a member."""
    _member(request, org_of(request), active=True)


def _member(request: Request, found: Org, *, active: bool = False) -> Member:
    who = request.world.user_named(request.names["username"]) or not_found()
    place = found.members.get(who.id) or not_found()
    if active and place.state != "active":
        not_found()
    return place


@route("GET", "/orgs/{org}/memberships/{username}")
def membership(request: Request) -> Json:
    """Somebody's place, active or pending."""
    found = org_of(request)
    return places.membership(request.world, found, _member(request, found))


@route("GET", "/orgs/{org}/teams")
def teams(request: Request) -> Reply:
    """Its teams."""
    return page(request, org_of(request).teams.values(), lambda t: places.team(request.world, t))


@route("GET", "/orgs/{org}/teams/{team_slug}")
def team(request: Request) -> Json:
    """One team."""
    return places.team_full(request.world, team_of(request, org_of(request)))


@route("GET", "/orgs/{org}/teams/{team_slug}/members")
def team_members(request: Request) -> Reply:
    """Who is in a team, those of the teams below it included."""
    found = team_of(request, org_of(request))
    whole = [found, *(t for t in found.org.teams.values() if t.parent is found)]
    rows = {m.user.id: m.user for t in whole for m in t.members.values() if m.state == "active"}
    return page(request, rows.values(), lambda u: places.user(request.world, u))


@route("GET", "/orgs/{org}/teams/{team_slug}/memberships/{username}")
def team_membership(request: Request) -> Json:
    """Somebody's place in a team: active, or pending until an invitation is taken."""
    found = team_of(request, org_of(request))
    who = request.world.user_named(request.names["username"]) or not_found()
    place = found.members.get(who.id) or request.world.in_team(who, found) or not_found()
    url = f"{request.world.api_url}/orgs/{found.org.login}/teams/{found.slug}/memberships/{who.login}"
    return {"url": url, "role": "maintainer" if place.role == "maintainer" else "member", "state": place.state}
