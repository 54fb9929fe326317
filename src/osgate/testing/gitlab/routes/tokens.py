"""Access tokens of persons, projects and groups: list, make, look at oneself, rotate, revoke."""

from __future__ import annotations

from datetime import date, timedelta

from osgate.testing.gitlab.access import group_of, project_of
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, bad, not_found, route
from osgate.testing.gitlab.state import MAINTAINER, OWNER, Group, Json, Member, Project, Token
from osgate.testing.gitlab.world import World

_LONGEST = 365
_BASE = "/projects|groups/:id/access_tokens"


def token(world: World, found: Token, secret: bool = False) -> Json:
    """A token; its value only when it was just made."""
    shown: Json = {
        "id": found.id,
        "name": found.name,
        "revoked": found.revoked,
        "created_at": found.created_at,
        "description": None,
        "scopes": list(found.scopes),
        "user_id": found.user.id,
        "last_used_at": found.last_used_at,
        "active": not found.revoked and world.current(found.expires_at),
        "expires_at": found.expires_at,
    }
    if found.level:
        shown |= {"access_level": found.level, "resource_type": found.kind, "resource_id": found.place.id}  # type: ignore[union-attr]
    return shown | ({"token": found.value} if secret else {})


def make_bot_token(
    world: World, place: Project | Group, name: str, level: int, scopes: tuple[str, ...] = ("api",),
    expires_at: str | None = None,
) -> Token:  # fmt: skip
    """Make a project or group access token with the bot user it acts as, a member with `level`."""
    kind = "project" if isinstance(place, Project) else "group"
    bot = world.add_user(f"{kind}_{place.id}_bot_{world.next('bot'):032x}", name, f"{kind}_bot")
    place.members[bot.id] = Member(bot, level, expires_at)
    return world.add_token(bot, kind, scopes, name=name, expires_at=expires_at, level=level, place=place)


def revoke(found: Token) -> None:
    """Revoke a token; a bot goes with it."""
    found.revoked = True
    if found.place is not None and found.user.bot:
        found.place.members.pop(found.user.id, None)
        found.user.state = "blocked"


@route("GET", "/personal_access_tokens/self", "Token", scopes=("read_user", "self_rotate", "read_repository"))
def own(request: Request) -> Json:
    """The token this request came with."""
    request.me()
    if request.token is None or request.token.kind == "job":
        raise Refused(
            400, {"message": "400 Bad request - This endpoint requires token type to be a personal access token"}
        )
    return token(request.world, request.token)


@route("DELETE", "/personal_access_tokens/self", scopes=("read_user", "self_rotate"))
def revoke_own(request: Request) -> None:
    """Revoke it."""
    request.me()
    if request.token is None:
        bad("no token")
    revoke(request.token)


def _place(request: Request) -> Project | Group:
    if request.path.startswith("/projects/"):
        return project_of(request, MAINTAINER)
    return group_of(request, OWNER)


def _rows(request: Request) -> list[Token]:
    place = _place(request)
    return [t for t in request.world.tokens.values() if t.place is place]


def _one(request: Request) -> Token:
    number = request.number("token_id")
    return next((t for t in _rows(request) if t.id == number), None) or not_found()


@route("GET", _BASE, "[Token]")
def tokens(request: Request) -> Reply:
    """A place's tokens; never their values."""
    return page(request, _rows(request), lambda t: token(request.world, t))


@route("GET", f"{_BASE}/:token_id", "Token")
def get(request: Request) -> Json:
    """One of them."""
    return token(request.world, _one(request))


@route("POST", _BASE, "NewToken")
def create(request: Request) -> Json:
    """Make a token, with a bot user of its own, a year at most."""
    place, params, world = _place(request), request.params, request.world
    level = int(params.get("access_level", MAINTAINER))
    if not request.me().admin and level > world.level(request.me(), place):
        bad("User does not have permission to create a token with this access level")
    expires = _expiry(world, params.get("expires_at"))
    made = make_bot_token(world, place, str(params["name"]), level, tuple(params["scopes"]), expires)
    return token(world, made, secret=True)


@route("POST", f"{_BASE}/:token_id/rotate", "NewToken", status=200)
def rotate(request: Request) -> Json:
    """Give a token a new value; the old one ends."""
    old, world = _one(request), request.world
    old.revoked = True
    expires = _expiry(world, request.params.get("expires_at"), 7)
    fields = {"name": old.name, "level": old.level, "place": old.place, "expires_at": expires}
    return token(world, world.add_token(old.user, old.kind, old.scopes, **fields), secret=True)


@route("DELETE", f"{_BASE}/:token_id")
def delete(request: Request) -> None:
    """Revoke a token."""
    revoke(_one(request))


def _expiry(world: World, given: str | None, usual: int = _LONGEST) -> str:
    """A token lives a year at most."""
    latest = (date.fromisoformat(world.clock.today) + timedelta(days=_LONGEST)).isoformat()
    chosen = given or (date.fromisoformat(world.clock.today) + timedelta(days=usual)).isoformat()
    if not world.clock.today < chosen <= latest:
        raise Refused(400, {"message": f"400 Bad request - Expiration date must be before {latest}"})
    return chosen
