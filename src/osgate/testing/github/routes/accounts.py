"""Users, organisations and apps: who somebody is, whom a token stands for, tokens of installations."""

from __future__ import annotations

from datetime import datetime, timedelta

from osgate.testing.github import access
from osgate.testing.github.paging import page
from osgate.testing.github.router import Refused, Reply, Request, error, forbidden, not_found, route, unprocessable
from osgate.testing.github.shapes import places
from osgate.testing.github.state import Installation, Json, User


@route("GET", "/user")
def me(request: Request) -> Json:
    """Whom the token stands for; tokens of apps and jobs stand for nobody."""
    who = request.me()
    if request.token is not None and request.token.kind in ("installation", "job", "app"):
        access.lacking(request.token, ("metadata:read",))
    return places.private_user(request.world, who)


def _shown(request: Request, found: User | None) -> Json:
    if found is None or (found.suspended and not request.world.ghes):
        not_found()
    return places.public_user(request.world, found)


@route("GET", "/users/{username}")
def by_login(request: Request) -> Json:
    """An account by its login of today."""
    return _shown(request, request.world.user_named(request.names["username"]))


@route("GET", "/user/{account_id}")
def by_id(request: Request) -> Json:
    """An account by its id, which no other ever gets."""
    return _shown(request, request.world.users.get(request.number("account_id")))


@route("GET", "/user/repos")
def my_repos(request: Request) -> Reply:
    """The repositories one has a place in."""
    who, world = request.me(), request.world
    mine = [
        r for r in world.repos.values() if world.role(who, r) != "none" and (r.private or who.id in r.collaborators)
    ]
    seen = [r for r in mine if access.sees(world, who, request.token, r)]
    return page(request, seen, lambda r: places.repo(world, r, world.role(who, r)))


@route("GET", "/rate_limit")
def rate_limit(request: Request) -> Json:
    """What is left; asking is free."""
    found: Json = request.extra.get("rate") or {"limit": 5000, "used": 0, "remaining": 5000, "reset": 0}
    return {"resources": {"core": found, "search": {**found, "limit": 30, "remaining": 30}}, "rate": found}


@route("GET", "/meta")
def meta(request: Request) -> Json:
    """What this installation is."""
    version = {"installed_version": request.world.ghes} if request.world.ghes else {}
    return {"verifiable_password_authentication": False, **version}


@route("GET", "/app")
def app(request: Request) -> Json:
    """The app whose JWT this is."""
    if request.token is None or request.token.app is None or request.token.kind != "app":
        raise Refused(401, error("A JSON web token could not be decoded", 401))
    return places.app(request.world, request.token.app)


def _installations(request: Request) -> list[Installation]:
    app(request)
    mine = request.token.app if request.token else None
    return [i for i in request.world.installations.values() if i.app is mine]


@route("GET", "/app/installations")
def installations(request: Request) -> Reply:
    """Where the app is installed."""
    return page(request, _installations(request), lambda i: places.installation(request.world, i))


@route("GET", "/orgs/{org}/installation")
def org_installation(request: Request) -> Json:
    """The app's installation in an organisation."""
    named = request.names["org"].lower()
    found = next((i for i in _installations(request) if i.account.login.lower() == named), None)
    return places.installation(request.world, found or not_found())


@route("GET", "/orgs/{org}/installations")
def org_installations(request: Request) -> Reply:
    """The apps that are installed in an organisation."""
    org, world = access.org_of(request, "organization_administration:read", admin=True), request.world
    rows = [i for i in world.installations.values() if i.account is org]
    return page(request, rows, lambda i: places.installation(world, i), "installations")


@route("GET", "/repos/{owner}/{repo}/installation")
def repo_installation(request: Request) -> Json:
    """The app's installation that reaches a repository."""
    rows = [i for i in _installations(request) if i.account is request.repo.owner]
    found = next((i for i in rows if i.repos is None or request.repo.id in i.repos), None)
    return places.installation(request.world, found or not_found())


@route("POST", "/app/installations/{installation_id}/access_tokens")
def installation_token(request: Request) -> Json:
    """A token for an hour, for no more than the installation may."""
    number, world = request.number("installation_id"), request.world
    found = next((i for i in _installations(request) if i.id == number), None) or not_found()
    if found.suspended:
        forbidden("This installation has been suspended")
    given = request.said.get("permissions")
    if given and any(found.permissions.get(n) not in (level, "write", "admin") for n, level in given.items()):
        unprocessable("The permissions requested are not granted to this installation.")
    repos = set(request.said.get("repository_ids") or ()) or found.repos
    ends = datetime.fromisoformat(world.now) + timedelta(hours=1)
    token = world.add_token(
        "installation", found.app.bot, permissions=given or dict(found.permissions), repos=repos, app=found.app,
        installation=found, expires_at=ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )  # fmt: skip
    selection = "all" if repos is None else "selected"
    return {
        "token": token.value,
        "expires_at": token.expires_at,
        "permissions": token.permissions,
        "repository_selection": selection,
    }


@route("GET", "/installation/repositories")
def installation_repos(request: Request) -> Reply:
    """What an installation's token reaches."""
    token = request.token
    if token is None or token.kind not in ("installation", "job"):
        forbidden("You must authenticate with an installation access token in order to list repositories.")
    rows = [r for r in request.world.repos.values() if access.reaches(token, r)]
    selection = "all" if token.repos is None else "selected"
    return page(request, rows, lambda r: places.repo(request.world, r), "repositories", repository_selection=selection)
