"""Users, who I am, what this instance is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Reply, Request, bad, forbidden, not_found, route
from osgate.testing.gitlab.state import Json, User

if TYPE_CHECKING:
    from osgate.testing.gitlab.world import World


def basic(world: World, user: User) -> Json:
    """A user inside something else."""
    return {
        "id": user.id,
        "username": user.username,
        "public_email": None,
        "name": user.name,
        "state": user.state,
        "locked": False,
        "avatar_url": None,
        "web_url": f"{world.web_url}/{user.username}",
    }


def public(world: World, user: User) -> Json:
    """A user on its own page."""
    more = {"bio": "", "location": "", "organization": "", "job_title": "", "bot": user.bot, "followers": 0}
    return {**basic(world, user), "created_at": user.created_at, **more}


@route("GET", "/user", "CurrentUser", scopes=("read_user",))
def me(request: Request) -> Json:
    """The caller."""
    user = request.me()
    private = {"email": user.email, "commit_email": user.email, "external": False, "two_factor_enabled": False}
    admin = {"is_admin": True} if user.admin else {}
    return {**public(request.world, user), **private, **admin}


@route("GET", "/users", "[User]", scopes=("read_user",))
def users(request: Request) -> Reply:
    """Users by `username` (exactly, any case) or `search`."""
    request.me()
    found = list(request.world.users.values())
    if "username" in request.params:
        found = [u for u in found if u.username.lower() == str(request.params["username"]).lower()]
    if "search" in request.params:
        word = str(request.params["search"]).lower()
        found = [u for u in found if word in f"{u.username} {u.name}".lower()]
    if request.params.get("active"):
        found = [u for u in found if u.state == "active"]
    return page(request, sorted(found, key=lambda u: -u.id), lambda u: basic(request.world, u))


@route("GET", "/users/:id", "PublicUser", scopes=("read_user",))
def user(request: Request) -> Json:
    """One user."""
    request.me()
    found = request.world.users.get(request.number("id"))
    if found is None:
        not_found("User")
    return public(request.world, found)


@route("POST", "/users/:id/block", "Boolean")
def block(request: Request) -> bool:
    """Block a user (administrators)."""
    return _set_state(request, "blocked")


@route("POST", "/users/:id/unblock", "Boolean")
def unblock(request: Request) -> bool:
    """Let a user in again (administrators)."""
    return _set_state(request, "active")


def _set_state(request: Request, state: str) -> bool:
    if not request.me().admin:
        forbidden()
    found = request.world.users.get(request.number("id"))
    if found is None:
        not_found("User")
    found.state = state
    return True


@route("GET", "/version", "Version", scopes=("read_user",))
def version(request: Request) -> Json:
    """What runs here."""
    request.me()
    return {"version": request.world.version, "revision": "0000000"}


@route("GET", "/metadata", "Metadata", scopes=("read_user",))
def metadata(request: Request) -> Json:
    """What runs here, and whether it is the enterprise edition (which says nothing of the tier)."""
    enterprise = request.world.version.endswith("-ee")
    return {
        **version(request),
        "kas": {"enabled": False, "externalUrl": None, "version": None},
        "enterprise": enterprise,
    }


@route("POST", "/markdown", "Markdown")
def markdown(request: Request) -> Json:
    """Text, not rendered."""
    if not request.params.get("text"):
        bad("text is missing")
    return {"html": f"<p>{request.params['text']}</p>"}
