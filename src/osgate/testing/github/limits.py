"""The primary rate limit: so many calls an hour and token, told in headers. The secondary one is a test's fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osgate.testing.github.router import Refused, Reply, error

if TYPE_CHECKING:
    from osgate.testing.github.fake import FakeGitHub
    from osgate.testing.github.state import Json, Token

HOUR = 3600
# What may be asked without end.
FREE = "/rate_limit"


def _who(token: Token | None) -> str:
    return token.value if token else ""


def state(fake: FakeGitHub, token: Token | None) -> Json:
    """Return limit, used, remaining and reset (seconds since the epoch) of a token."""
    started, used = fake.used.get(_who(token), (fake.clock.seconds, 0))
    if fake.clock.seconds >= started + HOUR:
        started, used = fake.clock.seconds, 0
    limit = fake.world.limits[token.kind if token else ""]
    return {"limit": limit, "used": used, "remaining": max(0, limit - used), "reset": started + HOUR}


def headers(fake: FakeGitHub, token: Token | None) -> list[tuple[str, str]]:
    """Return what an answer tells of the limit."""
    found = state(fake, token)
    return [
        *((f"X-RateLimit-{name.title()}", str(value)) for name, value in found.items()),
        ("X-RateLimit-Resource", "core"),
    ]


def check(fake: FakeGitHub, token: Token | None) -> None:
    """Refuse who has used up his hour. Raises Refused (403)."""
    if state(fake, token)["remaining"] == 0:
        who = f"user ID {token.user.id}" if token else "127.0.0.1"
        raise Refused(403, error(f"API rate limit exceeded for {who}.", 403))


def count(fake: FakeGitHub, token: Token | None, reply: Reply, *, free: bool = False) -> None:
    """Count a call, and put its headers on the answer. A 304 is free, and so is asking for the limit."""
    found = state(fake, token)
    free = free or reply.status == 304 or found["remaining"] == 0
    fake.used[_who(token)] = (found["reset"] - HOUR, found["used"] + (not free))
    reply.headers += headers(fake, token)
