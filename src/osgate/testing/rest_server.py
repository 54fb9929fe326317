"""A forge's REST interface on a loopback port, over a `World`: what the fakes of Gitea and of Gitee share.

A fake is a class of routes. Requests and answers are held against JSON Schemas: what does not fit is refused (422) and
kept in `violations`, which is empty after a good test. Faults are those of the fake GitLab.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from osgate.forges.protocol import Forbidden, Missing, NotInDiff
from osgate.model.forge import Account, Project
from osgate.model.record import record
from osgate.testing import git_http
from osgate.testing.clock import Clock
from osgate.testing.forge import MemoryForge
from osgate.testing.forge_world import World
from osgate.testing.gitlab.faults import Fault, Faults
from osgate.testing.gitlab.router import Reply
from osgate.testing.gitlab.schema import check
from osgate.testing.gitlab.server import Handler, Server

Schema = dict[str, Any]


@record
class Ask:
    """A request. path: as it came; said: the JSON it carries; place: the parts that the route names, decoded."""

    who: Account
    query: Mapping[str, str]
    said: Mapping[str, Any]
    place: Mapping[str, str]
    path: str = ""


@record
class Call:
    """One request as it is kept. secret: where the token stood: `header`, `query`, `body` or nowhere."""

    method: str
    path: str
    status: int
    secret: str
    query: Mapping[str, str]
    said: Mapping[str, Any]


class Halt(Exception):
    """The answer is an error."""

    def __init__(self, status: int, message: str = "", headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.reply = Reply({"message": message or str(status)}, status, list(headers))


@record
class _Route:
    method: str
    pattern: re.Pattern[str]
    takes: Schema | None
    gives: Schema | None
    answer: Callable[[Any, Ask], Any]


def route(method: str, path: str, gives: Schema | None = None, takes: Schema | None = None) -> Callable[..., Any]:
    """Let a method answer `method path`; `{name}` is one segment. takes, gives: the schemas of what is said."""
    pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)) + "$")

    def marked(answer: Callable[[Any, Ask], Any]) -> Callable[[Any, Ask], Any]:
        answer.route = _Route(method, pattern, takes, gives, answer)  # type: ignore[attr-defined]
        return answer

    return marked


class RestServer:
    """The base: a context manager that serves at `address` (web pages) and `address` + `prefix` (the interface).

    clock: of the forge; below: of an installation at a path, `/git`. calls: the requests, in order.
    """

    prefix = "/api"
    closing: threading.Event

    def __init__(self, clock: Clock | None = None, *, below: str = "") -> None:
        self.clock = clock or Clock()
        self.faults, self.calls, self.violations = Faults(), list[Call](), list[str]()
        self.closing, self._lock = threading.Event(), threading.RLock()
        self._server = Server(("127.0.0.1", 0), type("RestHandler", (_Handler,), {"fake": self}))
        self.address = f"http://127.0.0.1:{self._server.server_port}{below}"
        self.world = World(self.clock, self.address)
        self.below = below
        self._tokens: dict[str, Account] = {}
        found = [getattr(getattr(type(self), name, None), "route", None) for name in dir(self)]
        # What is written out goes before what is a place, as `/repos/issues/search` before `/repos/{owner}/{repo}`.
        self._routes = sorted(filter(None, found), key=lambda one: (one.pattern.groups, -len(one.pattern.pattern)))

    def __enter__(self) -> Self:
        """Serve."""
        threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def as_user(self, account: Account) -> str:
        """Return a new token of an account."""
        token = secrets.token_hex(20)
        self._tokens[token] = account
        return token

    def fail(self, method: str, path: str, status: int = 500, times: int = 1, **more: Any) -> Fault:
        """Put a fault in the way of requests: see `osgate.testing.gitlab.faults`. path: a pattern."""
        return self.faults.add(method, path, status, times, **more)

    def called(self, method: str, path: str = "") -> int:
        """Return how many requests there were, by method and by a pattern in the path."""
        return sum(call.method == method and re.search(path, call.path) is not None for call in self.calls)

    def secret_in(self, headers: Mapping[str, str], query: dict[str, str], said: dict[str, Any]) -> tuple[str, str]:
        """Return the token of a request and where it stood; a parameter is taken out."""
        raise NotImplementedError

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a request. target: path and query below the interface's prefix."""
        with self._lock:
            parts = urlsplit(target)
            query, said = dict(parse_qsl(parts.query, keep_blank_values=True)), _json(body)
            token, where = self.secret_in(headers, query, said)
            try:
                reply = self._answered(method, parts.path, query, said, token)
            except Halt as halt:
                reply = halt.reply
            self.calls.append(Call(method, unquote(parts.path), reply.status, where, query, said))
            return reply

    def _answered(self, method: str, path: str, query: dict[str, str], said: dict[str, Any], token: str) -> Reply:
        who = self._tokens.get(token)
        if who is None or who.id in self.world.expired or not self.world.present(who).active:
            raise Halt(401, "token is expired or does not exist")
        for one in self._routes:
            match = one.pattern.match(path) if one.method == method else None
            if match:
                place = {name: unquote(value) for name, value in match.groupdict().items()}
                self._held(f"{method} {path}", one.takes, said, Halt(422, "what was said has another shape"))
                reply = self._tried(one, Ask(who, query, said, place, path))
                if reply.status < 300 and reply.status != 204:
                    self._held(f"{method} {path} ->", one.gives, reply.body, Halt(500, "the fake is wrong"))
                return reply
        raise Halt(404)

    def _tried(self, one: _Route, ask: Ask) -> Reply:
        try:
            made = one.answer(self, ask)
        except Missing:
            raise Halt(404) from None
        except Forbidden:
            raise Halt(403, "token does not have the scope") from None
        except NotInDiff:
            raise Halt(422, "not in the diff") from None
        return made if isinstance(made, Reply) else Reply(made, 200)

    def _held(self, what: str, schema: Schema | None, value: object, halt: Halt) -> None:
        wrong = [f"{what}: {mistake}" for mistake in check(schema, value, "$")] if schema else []
        self.violations += wrong
        if wrong:
            raise halt

    def forge(self, ask: Ask) -> MemoryForge:
        """Return the world as the asker sees it; what it raises becomes a status."""
        return MemoryForge(kind="", address=self.address, world=self.world, account=ask.who)

    def seen(self, ask: Ask) -> Project:
        """Return the project of `{owner}/{repo}` that the asker may see. Raises Halt: 404, 307 to where it moved."""
        path = f"{ask.place['owner']}/{ask.place['repo']}"
        known = {project.path: project for project in self.world.projects.values()}
        if path in self.world.moved:
            new = ask.path.replace(quote(path), quote(self.world.moved[path]), 1)
            raise Halt(307, "moved", (("Location", f"{self.below}{self.prefix}{new}"),))
        if path not in known or (known[path].id, ask.who.id) in self.world.hidden:
            raise Halt(404)
        return known[path]

    @staticmethod
    def listed(ask: Ask, rows: Iterable[Any], size: str, most: int, *, link: bool) -> Reply:
        """Return a page of a list, with the number of all. size: what its length is called; link: by Link header."""
        every = list(rows)
        length = max(1, min(int(ask.query.get(size, 20)), most))
        page = max(1, int(ask.query.get("page", 1)))
        headers = [("X-Total-Count" if link else "total_count", str(len(every)))]
        if link and len(every) > length:
            more = page * length < len(every)
            headers.append(("Link", '<http://other.example.test/?page=2>; rel="next"' if more else '<>; rel="first"'))
        return Reply(every[(page - 1) * length : page * length], 200, headers)


class _Handler(Handler):
    """Takes a request of ours the way the fake GitLab's does."""

    fake: RestServer  # type: ignore[assignment]

    def _answer(self) -> None:
        fake = self.fake
        body = git_http.body_of(self.headers, self.rfile)  # type: ignore[arg-type]
        base = fake.below + fake.prefix
        if not self.path.startswith(base + "/"):
            self._send(404, [], b"<html>not here</html>", "text/html")
            return
        target = self.path.removeprefix(base)
        fault = fake.faults.take(self.command, unquote(target.partition("?")[0]))
        applied = fault is None or fault.after_apply
        reply = fake.handle(self.command, target, dict(self.headers.items()), body) if applied else Reply()
        if fault is not None:
            fake.calls += [] if applied else [Call(self.command, target.partition("?")[0], fault.status, "", {}, {})]
            self._break(fault, reply)
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self._send(reply.status, reply.headers, b"" if reply.body is None else content, reply.content_type)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
