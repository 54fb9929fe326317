"""One REST request from bytes to reply: who calls, the route, the contract, limits, ETags, the log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from osgate.testing import git_http
from osgate.testing.github import access, limits, router, routes
from osgate.testing.github.router import Refused, Reply, Request, error
from osgate.testing.github.server import Call
from osgate.testing.gitlab.git import GitFailed

if TYPE_CHECKING:
    from osgate.testing.github.fake import FakeGitHub

# Importing the themes has filled the table of routes.
THEMES = routes.THEMES
# Asked of a contract: the route's name, `query`, `body` or a status, and what was said. Answers with mistakes.
Contract = Callable[[str, str, Any], list[str]]
# A mistake that GitHub answers with 422 in the ordinary course: too much of something.
LIMIT = "limit: "


def answer(fake: FakeGitHub, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
    """Return the reply to a request, logged; what breaks the contract goes to `fake.violations`."""
    path, _, query = target.partition("?")
    made: list[Request] = []
    try:
        with fake.lock:
            reply = _routed(fake, method, path, query, headers, body, made)
    except Refused as refused:
        reply = Reply(refused.body, refused.status, [*refused.headers])
    except GitFailed as failed:
        reply = Reply(error(str(failed)[:200], 422), 422)
    request = made[0] if made else None
    if request is not None:
        _held(fake, request, reply)
    _tagged(headers, method, reply)
    if request is not None:
        limits.count(fake, request.token, reply, free=request.route.pattern == limits.FREE)
        reply.headers += _of_token(request)
    said, who = (request.said, request.user) if request else (None, None)
    kind = request.token.kind if request and request.token else ""
    name = request.route.name if request else ""
    fake.calls.append(Call(method, unquote(path), query, said, kind, who.login if who else "", reply.status, name))
    reply.headers += [("X-GitHub-Request-Id", f"FAKE:{len(fake.calls):06X}"), ("X-GitHub-Media-Type", "github.v3")]
    if fake.world.ghes:
        reply.headers.append(("X-GitHub-Enterprise-Version", fake.world.ghes))
    return reply


def token_of(headers: dict[str, str]) -> str:
    """Return the credential of a request: `token …`, `Bearer …`, or the password of basic authentication."""
    given = headers.get("authorization", "")
    kind, _, value = given.partition(" ")
    if kind.lower() in ("token", "bearer"):
        return value.strip()
    return git_http.basic({"Authorization": given})[1]


def _routed(
    fake: FakeGitHub, method: str, path: str, query: str, headers: dict[str, str], body: bytes, made: list[Request]
) -> Reply:
    world = fake.world
    path = _by_id(fake, path)
    found = router.find("GET" if method == "HEAD" else method, path)
    if found is None:
        fake.violations.append(f"{method} {unquote(path)}: the fake has no such route")
        router.not_found()
    row, names = found
    given = dict(parse_qsl(query, keep_blank_values=True))
    request = Request(world, row, path, names, given, {}, headers.get("accept", ""), raw_query=query)
    made.append(request)
    request.user, request.token = access.recognise(world, token_of(headers))
    request.extra["rate"] = limits.state(fake, request.token)
    if row.pattern != limits.FREE:
        limits.check(fake, request.token)
    request.said = _json(body)
    if "{repo}" in row.pattern:
        _at(request, method)
    _asked(fake, request, bool(body.strip()))
    said = row.handler(request)
    reply = said if isinstance(said, Reply) else Reply(said)
    reply.status = reply.status or row.status
    return reply


def _by_id(fake: FakeGitHub, path: str) -> str:
    """`/repositories/5/…`, where a renamed repository's old address leads, is `/repos/owner/name/…`."""
    path = f"{path}/" if path.endswith("/contents") else path
    parts = path.split("/", 3)
    if len(parts) > 2 and parts[1] == "repositories" and parts[2].isdigit():
        repo = fake.world.repos.get(int(parts[2])) or router.not_found()
        return "/".join(["/repos", repo.full_name, *parts[3:]])
    return path


def _json(body: bytes) -> Any:
    try:
        found = json.loads(body) if body.strip() else {}
    except ValueError:
        raise Refused(400, error("Problems parsing JSON", 400)) from None
    if not isinstance(found, dict):
        raise Refused(400, error("Body should be a JSON object", 400))
    return found


def _at(request: Request, method: str) -> None:
    """Find the repository of the path, or where it went."""
    world, old = request.world, f"{request.names['owner']}/{request.names['repo']}"
    repo = world.repo_at(old)
    if repo is None and old.lower() in world.redirects:
        moved = world.repos[world.redirects[old.lower()]]
        if access.sees(world, request.user, request.token, moved):
            rest = request.path.split("/", 4)[4:]
            where = f"{world.api_url}/repositories/{moved.id}{'/' if rest else ''}{''.join(rest)}"
            where += f"?{request.raw_query}" if request.raw_query else ""
            status = 301 if method in ("GET", "HEAD") else 307
            raise Refused(status, error("Moved Permanently", status, url=where), [("Location", where)])
    access.admit(request, repo or router.not_found())


def _asked(fake: FakeGitHub, request: Request, has_body: bool) -> None:
    """Hold a request against the contract: what GitHub would not take is refused (422)."""
    if fake.contract is None:
        return
    name = request.route.name
    wrong = fake.contract(name, "query", request.query)
    wrong += fake.contract(name, "body", request.said if has_body else None)
    fake.violations += [f"{name}: {line}" for line in wrong if not line.startswith(LIMIT)]
    if wrong:
        raise Refused(422, error(f"Invalid request.\n\n{wrong[0].removeprefix(LIMIT)}", 422))


def _held(fake: FakeGitHub, request: Request, reply: Reply) -> None:
    if fake.contract is None or isinstance(reply.body, bytes):
        return
    name = request.route.name
    fake.violations += [f"{name} {reply.status}: {w}" for w in fake.contract(name, str(reply.status), reply.body)]


def _of_token(request: Request) -> list[tuple[str, str]]:
    """What an answer tells of a personal access token: its scopes, and when it ends."""
    token = request.token
    if token is None or token.kind not in ("pat", "fine"):
        return []
    found = [("X-OAuth-Scopes", ", ".join(token.scopes))] if token.kind == "pat" else []
    if token.expires_at:
        ends = token.expires_at.replace("T", " ").replace("Z", " UTC")
        found.append(("GitHub-Authentication-Token-Expiration", ends))
    return found


def _tagged(headers: dict[str, str], method: str, reply: Reply) -> None:
    """Give an answer its ETag; who has it already is told no more than that (304)."""
    if reply.status != 200 or method not in ("GET", "HEAD") or isinstance(reply.body, bytes):
        return
    drawn = hashlib.sha256(json.dumps(reply.body, sort_keys=True).encode()).hexdigest()[:40]
    tag = f'W/"{drawn}"'
    reply.headers.append(("ETag", tag))
    if headers.get("if-none-match") == tag:
        reply.status, reply.body = 304, None
        reply.headers = [row for row in reply.headers if row[0] != "Link"]
