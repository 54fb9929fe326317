"""Routes of the REST interface, under the names GitHub's own description gives them. No route lives here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import unquote

from osgate.testing.gitlab.router import Refused, Reply

if TYPE_CHECKING:
    from osgate.testing.github.state import Repo, Token, User
    from osgate.testing.github.world import World

__all__ = ["ROUTES", "Refused", "Reply", "Request", "Route", "conflict", "find", "forbidden", "invalid", "not_found"]

DOCS = "https://docs.example.com/rest"
# Path variables that may hold slashes.
_LONG = ("path", "ref", "branch", "basehead")


@dataclass(frozen=True)
class Route:
    """One endpoint. needs: what a token of an app must be allowed, any of `issues:write|pull_requests:write`.

    role: what a person must be in the repository. status: of a success.
    """

    method: str
    pattern: str
    handler: Callable[[Request], Any]
    needs: tuple[str, ...]
    role: str
    status: int
    regex: re.Pattern[str]

    @property
    def name(self) -> str:
        """`GET /repos/{owner}/{repo}`: as GitHub's description has it."""
        return f"{self.method} {self.pattern}"


@dataclass
class Request:
    """One call that found its route. query: of the address; said: the JSON of its body. user None: nobody known."""

    world: World
    route: Route
    path: str
    names: dict[str, str]
    query: dict[str, str]
    said: dict[str, Any]
    accept: str = ""
    user: User | None = None
    token: Token | None = None
    place: Repo | None = None
    raw_query: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def repo(self) -> Repo:
        """The repository of the path, which the caller may see."""
        if self.place is None:
            not_found()
        return self.place

    def number(self, name: str) -> int:
        """Return a path variable that must be a number. Raises Refused (404)."""
        if not self.names[name].isdigit():
            not_found()
        return int(self.names[name])

    def me(self) -> User:
        """Return who calls. Raises Refused (401) for nobody."""
        if self.user is None:
            raise Refused(401, error("Requires authentication", 401))
        return self.user


Handles = TypeVar("Handles", bound=Callable[[Request], Any])
ROUTES: dict[str, list[Route]] = {}


def route(
    method: str, pattern: str, *, needs: str = "metadata:read", role: str = "", status: int = 0
) -> Callable[[Handles], Handles]:
    """Enter a handler into the table. role: by default read for GET, write for the rest; status: 201 for POST, 200."""

    def enter(handler: Handles) -> Handles:
        usual = {"POST": 201, "DELETE": 204}.get(method, 200)
        least = role or ("read" if method == "GET" else "write")
        row = Route(method, pattern, handler, tuple(needs.split("|")), least, status or usual, _compiled(pattern))
        rows = ROUTES.setdefault(method, [])
        rows.append(row)
        rows.sort(key=lambda r: -len(re.sub(r"\{\w+\}", "", r.pattern)))
        return handler

    return enter


def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", pattern)
    shown = [_part(part[1:-1]) if part[:1] == "{" else re.escape(part) for part in parts]
    return re.compile("".join(shown))


def _part(name: str) -> str:
    return f"(?P<{name}>.{'*' if name == 'path' else '+'})" if name in _LONG else f"(?P<{name}>[^/]+)"


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route of a path (percent-encoded) and its variables; the one that is spelled out most wins."""
    for row in ROUTES.get(method, ()):
        match = row.regex.fullmatch(path)
        if match:
            return row, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def error(message: str, status: int, **more: Any) -> dict[str, Any]:
    """Return the body of an error."""
    return {"message": message, "documentation_url": DOCS, "status": str(status), **more}


def not_found() -> NoReturn:
    """Refuse with 404, which is also what is said of what one may not see."""
    raise Refused(404, error("Not Found", 404))


def forbidden(why: str) -> NoReturn:
    """Refuse with 403."""
    raise Refused(403, error(why, 403))


def conflict(why: str) -> NoReturn:
    """Refuse with 409."""
    raise Refused(409, error(why, 409))


def invalid(resource: str, field: str, code: str = "invalid", message: str = "") -> NoReturn:
    """Refuse with 422 and what is wrong with a field. code: missing, missing_field, invalid, already_exists, custom."""
    row = {"resource": resource, "field": field, "code": code, **({"message": message} if message else {})}
    raise Refused(422, error("Validation Failed", 422, errors=[row]))


def unprocessable(why: str) -> NoReturn:
    """Refuse with 422 in words alone."""
    raise Refused(422, error(why, 422))
