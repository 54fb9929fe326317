"""Routes of REST v4: a table of patterns, what a request carries, what may go wrong. No route lives here."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote

if TYPE_CHECKING:
    from osgate.testing.gitlab.state import Token, User
    from osgate.testing.gitlab.world import World


class Refused(Exception):
    """An answer that is not a success. body: JSON."""

    def __init__(self, status: int, body: Any, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(f"{status} {body}")
        self.status, self.body, self.headers = status, body, tuple(headers)


@dataclass
class Reply:
    """An answer with more than a JSON body. body: JSON, or bytes with their `content_type`."""

    body: Any = None
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str = "application/json"


@dataclass(frozen=True)
class Route:
    """One endpoint. returns: name of the schema of a success (`Note`, `[Note]`), empty for what is no JSON.

    job: whether a job token is looked at. tier: the lowest that has it. scopes: token scopes that do besides api.
    """

    method: str
    pattern: str
    handler: Callable[[Request], Any]
    returns: str
    job: bool
    tier: str
    scopes: tuple[str, ...]
    status: int

    @property
    def name(self) -> str:
        """`POST /projects/:id/issues`: what its request schema is filed under."""
        return f"{self.method} {self.pattern}"


@dataclass
class Request:
    """One call that found its route. params: query and body together, checked. user None: nobody known."""

    world: World
    route: Route
    path: str
    names: dict[str, str]
    params: dict[str, Any]
    user: User | None = None
    token: Token | None = None
    query: str = ""
    ignored: set[str] = field(default_factory=set)

    def number(self, name: str) -> int:
        """Return a path variable that must be a number. Raises Refused (400)."""
        try:
            return int(self.names[name])
        except ValueError:
            raise Refused(400, {"error": f"{name} is invalid"}) from None

    def me(self) -> User:
        """Return who calls. Raises Refused (401) for nobody."""
        if self.user is None:
            raise Refused(401, {"message": "401 Unauthorized"})
        return self.user

    def only(self, *names: str) -> dict[str, Any]:
        """Return those of the parameters that were given."""
        return {name: self.params[name] for name in names if name in self.params}


ROUTES: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}


def route(
    method: str,
    pattern: str,
    returns: str = "",
    *,
    job: bool = False,
    tier: str = "free",
    scopes: tuple[str, ...] = (),
    status: int = 0,
) -> Callable[[Callable[[Request], Any]], Callable[[Request], Any]]:
    """Enter a handler into the table. pattern: `projects|groups` stands for both.

    status: of a success; by default 201 for POST, 204 for DELETE, else 200. The rest: see Route.
    """

    def enter(handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
        usual = {"POST": 201, "DELETE": 204}.get(method, 200)
        for path in _spelled(pattern.strip("/").split("/")):
            row = Route(method, f"/{'/'.join(path)}", handler, returns, job, tier, scopes, status or usual)
            ROUTES.setdefault((method, len(path)), []).append((path, row))
        return handler

    return enter


def _spelled(parts: list[str]) -> list[list[str]]:
    """Return every path that a pattern's alternatives give."""
    return [list(path) for path in itertools.product(*(part.split("|") for part in parts))]


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route of a path below `/api/v4` (percent-encoded) and its variables; fixed words win."""
    given = path.strip("/").split("/")
    best: tuple[int, Route, dict[str, str]] | None = None
    for parts, row in ROUTES.get((method, len(given)), ()):
        pairs = list(zip(parts, given, strict=True))
        if all(part == word or (part[0] == ":" and word) for part, word in pairs):
            fixed = sum(part == word for part, word in pairs)
            if best is None or fixed > best[0]:
                best = fixed, row, {part[1:]: unquote(word) for part, word in pairs if part[0] == ":"}
    return best and best[1:]


def known(path: str) -> bool:
    """Whether any method has a route for this path."""
    return any(find(method, path) for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))


def not_found(what: str = "") -> NoReturn:
    """Refuse with 404. what: `Project` where GitLab names the kind; without, as for a record that is not there."""
    raise Refused(404, {"message": f"404 {what} Not Found" if what else "404 Not found"})


def forbidden(why: str = "") -> NoReturn:
    """Refuse with 403."""
    raise Refused(403, {"message": f"403 Forbidden - {why}" if why else "403 Forbidden"})


def bad(why: str) -> NoReturn:
    """Refuse with 400."""
    raise Refused(400, {"message": f"400 Bad request - {why}"})


def invalid(**errors: list[str]) -> NoReturn:
    """Refuse with 400 and the messages of a record that cannot be saved."""
    raise Refused(400, {"message": errors})
