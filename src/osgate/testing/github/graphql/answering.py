"""One GraphQL request from bytes to reply. Mistakes come with status 200, as GitHub has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from osgate.testing.github import access, limits
from osgate.testing.github.answering import token_of
from osgate.testing.github.graphql import mutations, reading, running, schema, talk, work
from osgate.testing.github.router import Refused, Reply, error
from osgate.testing.github.server import Call

if TYPE_CHECKING:
    from osgate.testing.github.fake import FakeGitHub
    from osgate.testing.github.state import Token, User

# Importing these has filled the table of fields.
PARTS = (mutations, schema, talk, work)


def answer(fake: FakeGitHub, headers: dict[str, str], body: bytes) -> Reply:
    """Return the reply, logged; a document the schema does not allow goes to `fake.violations`."""
    user: User | None = None
    token: Token | None = None
    name = ""
    try:
        with fake.lock:
            user, token = access.recognise(fake.world, token_of(headers))
            limits.check(fake, token)
            if user is None or token is None:
                raise Refused(401, error("This endpoint requires you to be authenticated.", 401))
            reply, name = _answered(fake, user, token, body)
    except Refused as refused:
        reply = Reply(refused.body, refused.status, [*refused.headers])
    limits.count(fake, token, reply)
    who, kind = (user.login if user else "", token.kind if token else "")
    fake.calls.append(
        Call("POST", "/graphql", "", body.decode(errors="replace"), kind, who, reply.status, f"graphql {name}")
    )
    return reply


def _answered(fake: FakeGitHub, user: User, token: Token, body: bytes) -> tuple[Reply, str]:
    try:
        said = json.loads(body)
        text, given = str(said["query"]), said.get("variables") or {}
    except (ValueError, KeyError, TypeError):
        raise Refused(400, error("Problems parsing JSON", 400)) from None
    if fake.documents is not None:
        fake.violations += [f"graphql: {line}" for line in fake.documents(text)]
    try:
        document = reading.read(text)
    except reading.Misread as wrong:
        return _said(None, [{"message": f"Parse error on {wrong}"}]), ""
    named = said.get("operationName")
    operation = next((o for o in document.operations if named in (None, o.name)), None)
    if operation is None:
        return _said(None, [{"message": "No operation with this name"}]), ""
    return _carried_out(fake, user, token, document, operation, given)


def _carried_out(
    fake: FakeGitHub, user: User, token: Token, document: reading.Document, operation: reading.Operation, given: Any
) -> tuple[Reply, str]:
    first = operation.inner[0].name if operation.inner else ""
    missing = sorted(operation.needed - set(given))
    if missing:
        wrong = f"Variable ${missing[0]} was provided invalid value"
        return _said(None, [{"message": wrong}]), first
    asked = running.Asked(fake.world, user, token, {**operation.usual, **given}, document)
    asked.rate = limits.state(fake, token)
    data = running.carry_out(asked, operation)
    fake.violations += [f"graphql: the fake has no field {name}" for name in asked.lacking]
    return _said(data, asked.errors), first


def _said(data: Any, errors: list[dict[str, Any]]) -> Reply:
    return Reply(
        {"data": data, **({"errors": errors} if errors else {})} if data or not errors else {"errors": errors}, 200
    )
