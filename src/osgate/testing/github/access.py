"""Who may: tokens, scopes, permissions, visibility, roles. Every refusal in GitHub's words."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from osgate.testing.github.router import Refused, Request, error, forbidden, not_found
from osgate.testing.github.state import ROLES, Org, Repo, Token, User

if TYPE_CHECKING:
    from osgate.testing.github.world import World

# Kinds of tokens that are held to permissions instead of a person's role alone.
BY_PERMISSION = ("installation", "job", "fine")
_INSTALLED = "/repos/{owner}/{repo}/installation"
_LEVELS = ("none", "read", "write", "admin")


def recognise(world: World, given: str) -> tuple[User | None, Token | None]:
    """Return whose token this is. Raises Refused (401) for one that does not hold any more; empty is nobody."""
    if not given:
        return None, None
    token = _app_token(world, given) if given.count(".") == 2 else world.tokens.get(given)
    if token is None or token.revoked or not world.current(token.expires_at) or _ended(token):
        raise Refused(401, error("Bad credentials", 401))
    if token.user.id not in world.users or (token.installation is not None and token.installation.suspended):
        raise Refused(401, error("Bad credentials", 401))
    if token.user.suspended:
        raise Refused(403, error("Sorry. Your account was suspended.", 403))
    return token.user, token


def _ended(token: Token) -> bool:
    return token.run is not None and token.run.status == "completed"


def _app_token(world: World, given: str) -> Token | None:
    """An app's JWT: who it says it is; the signature is not looked at."""
    part = given.split(".")[1]
    try:
        said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        app = world.apps.get(int(said["iss"]))
    except (ValueError, KeyError, TypeError):
        return None
    return Token(given, "app", app.bot, world.now, app=app) if app else None


def allows(token: Token, needs: Iterable[str]) -> bool:
    """Whether a token's permissions cover any of `needs` (`issues:write`)."""
    for one in needs:
        name, _, level = one.partition(":")
        given = "read" if name == "metadata" else token.permissions.get(name, "none")
        if _LEVELS.index(given) >= _LEVELS.index(level):
            return True
    return False


def reaches(token: Token, repo: Repo) -> bool:
    """Whether a repository is among those a token of an app, a job or a fine-grained one was made for."""
    if token.kind == "job":
        return token.run is not None and token.run.repo is repo
    if token.repos is not None and repo.id not in token.repos:
        return False
    return token.installation is None or token.installation.account is repo.owner


def sees(world: World, user: User | None, token: Token | None, repo: Repo) -> bool:
    """Whether somebody with a token sees a repository at all."""
    if not repo.private:
        return True
    if user is None or token is None:
        return False
    if token.kind in ("installation", "job"):
        return reaches(token, repo)
    if token.kind == "fine" and not reaches(token, repo):
        return False
    if token.kind == "pat" and "repo" not in token.scopes:
        return False
    return world.role(user, repo) != "none"


def admit(request: Request, repo: Repo) -> None:
    """Let a request at a repository through. Raises Refused."""
    # An app asks by itself where it is installed: nothing else of a private repository is told to it.
    asks = request.token is not None and request.token.kind == "app" and request.route.pattern == _INSTALLED
    if not asks and not sees(request.world, request.user, request.token, repo):
        not_found()
    request.place = repo
    writing = request.route.method != "GET"
    if writing:
        request.me()
    if writing and repo.archived and request.route.pattern != "/repos/{owner}/{repo}":
        forbidden("Repository was archived so is read-only.")
    if writing or repo.private:
        check(request, repo)


def check(request: Request, repo: Repo) -> None:
    """Hold a request against permissions and role. Raises Refused (403)."""
    token, route = request.token, request.route
    if token is None:
        return
    if token.kind in BY_PERMISSION and not (reaches(token, repo) and allows(token, route.needs)):
        lacking(token, route.needs)
    if token.kind in ("pat", "fine"):
        _role(request, repo, route.role)
    if token.kind == "pat" and not {"repo", "public_repo"} & set(token.scopes):
        not_found()


def lacking(token: Token, needs: Iterable[str]) -> None:
    """Refuse a token that lacks a permission, and say which would do."""
    what = "personal access token" if token.kind == "fine" else "integration"
    named = "; ".join(one.replace(":", "=") for one in needs)
    body = error(f"Resource not accessible by {what}", 403)
    raise Refused(403, body, [("X-Accepted-GitHub-Permissions", named)])


def _role(request: Request, repo: Repo, least: str) -> None:
    role = request.world.role(request.user, repo)
    if ROLES.index(role) < ROLES.index(least):
        what = "admin rights" if least == "admin" else "push access"
        forbidden(f"Must have {what} to Repository.")


def strong(request: Request, least: str = "write") -> bool:
    """Whether the caller, as a person, is at least this in the repository; an app's token never is."""
    if request.token is None or request.token.kind in ("installation", "job"):
        return False
    return ROLES.index(request.world.role(request.user, request.repo)) >= ROLES.index(least)


def org_of(request: Request, needs: str = "members:read", *, admin: bool = False) -> Org:
    """Return the organisation of a path, if the caller may ask there. Raises Refused (401, 403, 404)."""
    org = request.world.org(request.names["org"]) or not_found()
    user, token = request.me(), request.token
    if token is not None and token.kind in ("installation", "job"):
        inside = token.installation is not None and token.installation.account is org
        if token.kind == "job" or not inside or not allows(token, (needs,)):
            lacking(token, (needs,))
        return org
    member = org.members.get(user.id)
    if member is None or member.state != "active":
        not_found()
    scope = {"admin:org"} if admin else {"read:org", "write:org", "admin:org", "repo"}
    if token is not None and token.kind == "fine" and not allows(token, (needs,)):
        lacking(token, (needs,))
    if token is not None and token.kind == "pat" and not scope & set(token.scopes):
        forbidden(f"You need at least {' or '.join(sorted(scope))} scope to use this endpoint.")
    if admin and member.role != "admin":
        forbidden("You must be an organization owner to use this endpoint.")
    return org
