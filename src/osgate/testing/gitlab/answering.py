"""One REST request from bytes to reply: parameters, who calls, the route, the schemas, the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from osgate.testing.gitlab import access, router, schema
from osgate.testing.gitlab.git import GitFailed
from osgate.testing.gitlab.router import Refused, Reply, Request, Route
from osgate.testing.gitlab.routes import (
    awards,
    branches,
    commits,
    discussions,
    files,
    groups,
    hooks,
    issues,
    jobs,
    members,
    merge_requests,
    merging,
    notes,
    paid,
    pipelines,
    projects,
    protected,
    statuses,
    tokens,
    users,
)
from osgate.testing.gitlab.server import Call, given_token, masked, read_params

if TYPE_CHECKING:
    from osgate.testing.gitlab.fake import FakeGitLab

# Importing the themes has filled the table of routes.
THEMES = (
    awards,
    branches,
    commits,
    discussions,
    files,
    groups,
    hooks,
    issues,
    jobs,
    members,
    merge_requests,
    merging,
    notes,
    paid,
    pipelines,
    projects,
    protected,
    statuses,
    tokens,
    users,
)
# What every request may say besides its own parameters.
_COMMON = {
    "page",
    "per_page",
    "pagination",
    "sudo",
    "statistics",
    "order_by",
    "sort",
    "id_after",
    "id_before",
    "cursor",
}


def entry(
    method: str, path: str, query: str, params: dict[str, Any], token: str, user: Any, status: int, route: str,
    *, fault: bool = False,
) -> Call:  # fmt: skip
    """Return one line of the log; no credential stays in it."""
    shown, secret = masked(query)
    kept = {k: v for k, v in params.items() if k not in ("token", "private_token", "job_token", "access_token")}
    return Call(method, unquote(path), shown, kept, token, user.username if user else "", status, route, secret, fault)


def answer(
    fake: FakeGitLab, method: str, path: str, query: str, headers: dict[str, str], body: bytes, fault: bool
) -> Reply:
    """Return the reply to a request, logged; what breaks its schema goes to `fake.violations`."""
    given: dict[str, Any] = {}
    request: list[Request] = []
    try:
        given.update(read_params(query, _header(headers, "content-type"), body))
        with fake.lock:
            reply = _routed(fake, method, path, query, headers, given, request)
    except Refused as refused:
        reply = Reply(refused.body, refused.status, [*refused.headers])
    except GitFailed as failed:
        reply = Reply({"message": f"400 Bad request - {failed}"}, 400)
    except Exception as error:
        fake.violations.append(f"{method} {unquote(path)}: {type(error).__name__}: {error}")
        reply = Reply({"message": "500 Internal Server Error"}, 500)
    _check(fake, method, path, reply, request)
    found = request[0] if request else None
    token = _token_kind(found, given)
    name = found.route.name if found else ""
    fake.log(method, path, query, given, token, found.user if found else None, reply.status, name, fault=fault)
    reply.headers += [("X-Request-Id", f"{len(fake.calls):026d}"), ("X-Gitlab-Meta", '{"version":"1"}')]
    reply.headers += [("RateLimit-Limit", "2000"), ("RateLimit-Remaining", "1999"), ("RateLimit-Observed", "1")]
    return reply


def _header(headers: dict[str, str], wanted: str) -> str:
    return next((value for name, value in headers.items() if name.lower() == wanted), "")


def _token_kind(request: Request | None, given: dict[str, Any]) -> str:
    if request is not None and request.token is not None:
        return request.token.kind
    return "trigger" if request is not None and "trigger/pipeline" in request.path and "token" in given else ""


def _routed(
    fake: FakeGitLab, method: str, path: str, query: str, headers: dict[str, str], given: dict[str, Any],
    made: list[Request],
) -> Reply:  # fmt: skip
    found = router.find("GET" if method == "HEAD" else method, path)
    if found is None:
        return _no_route(fake, method, path)
    row, names = found
    value, kind = given_token(headers, given)
    request = Request(fake.world, row, path, names, given, query=query)
    made.append(request)
    if kind == "job" and not row.job:
        value = ""
    request.user, request.token = access.recognise(fake.world, value, kind, row)
    _check_params(fake, request)
    if not fake.world.has(row.tier):
        _lacking(request)
    return _reply(row, row.handler(request))


def _lacking(request: Request) -> None:
    """What an endpoint of a higher tier says: that it is not there, to those who may see the project at all."""
    if request.names.get("id") and request.path.startswith("/projects/"):
        access.project_of(request)
    router.not_found() if request.route.method == "GET" else router.forbidden()


def _no_route(fake: FakeGitLab, method: str, path: str) -> Reply:
    fake.violations.append(f"{method} {unquote(path)}: the fake has no such route")
    if router.known(path):
        return Reply({"error": "405 Not Allowed"}, 405)
    return Reply({"error": "404 Not Found"}, 404)


def _check_params(fake: FakeGitLab, request: Request) -> None:
    rules = schema.requests().get(request.route.name)
    if rules is None:
        return
    request.params, wrong, unknown = schema.coerced(rules, request.params)
    request.ignored = unknown - _COMMON - set(request.names)
    fake.ignored += [f"{request.route.name}: {name}" for name in sorted(request.ignored)]
    if wrong:
        raise Refused(400, {"error": ", ".join(wrong)})


def _reply(row: Route, said: Any) -> Reply:
    reply = said if isinstance(said, Reply) else Reply(said)
    reply.status = reply.status or row.status
    return reply


def _check(fake: FakeGitLab, method: str, path: str, reply: Reply, made: list[Request]) -> None:
    if isinstance(reply.body, bytes) or not made:
        return
    good = reply.status < 300 and reply.status != 204
    name = made[0].route.returns if good and reply.status != 202 else "" if reply.status < 400 else "Error"
    wrong = schema.answer_errors(name, reply.body) if name.strip("[]") in schema.responses() else []
    if good and not made[0].route.returns:
        wrong.append("the route names no schema")
    fake.violations += [f"{method} {unquote(path)} {reply.status}: {line}" for line in wrong]
