"""From the configured endpoints and the HTTP client to what readers of registries ask: `answers.Get`."""

from __future__ import annotations

import re

from osgate.facts.endpoints.endpoint import below, host_of
from osgate.facts.registries.answers import Answer
from osgate.io import web
from osgate.model.fact import Unknown
from osgate.policy.pre_approvals import means

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from osgate.facts.endpoints.endpoint import Endpoint
    from osgate.facts.registries.answers import Get

# Reasons that say nothing of a component: nobody answered, or somebody else did.
NO_ANSWER = frozenset(("html", "offline", "rate-limited", "redirect", "status", "timeout", "unreachable"))


def client(settings: web.Settings, endpoints: Iterable[Endpoint]) -> web.Client:
    """Return the client that logs in at each endpoint as it says, and nowhere else.

    Raises UsageError("facts.extra") where its libraries are not installed.
    """
    logins = {one.address.rstrip("/"): one.login for one in endpoints if one.login is not None}

    def login(address: str) -> web.Login | None:
        found = logins.get(address.rstrip("/"))
        if found is None:
            return None
        user, secret = found.reveal()
        return web.Login(secret, user)

    return web.client(settings, login)


def getting(get: web.Get, heard: Callable[[str], object] = str) -> Get:
    """Return what asks as readers of registries do. heard: is told the UTC instant of each answer."""

    def ask(path: str, accept: str) -> Answer | Unknown:
        got = get(path, accept)
        if isinstance(got, web.Failed):
            return Unknown(got.reason, got.params)
        heard(got.received)
        return Answer(got.data, got.digest, got.status)

    return ask


def named(endpoint: Endpoint) -> str:
    """Return what an endpoint is called as a source: `packages.example.com (npm)`."""
    return f"{host_of(endpoint.address)} ({endpoint.type})"


def reserved(own: Iterable[tuple[str, str]], component: str) -> str | None:
    """Return the address that a name of the institution's own belongs to, None for any other name.

    own: purls, or their beginnings with a `*`, and the only address each may come from; the longest that fits counts.
    """
    found = [one for one in own if means(one[0], component)]
    return max(found, key=lambda one: len(one[0]))[1] if found else None


def asked_for(
    endpoints: Sequence[Endpoint], component: str, own: Iterable[tuple[str, str]] = ()
) -> tuple[Endpoint, ...]:
    """Return the endpoints that are asked for a component, in order.

    Those whose pattern is longest come alone: a scope that has a registry of its own is looked for nowhere else, nor
    is its name told there. Of equal ones the main ones come before the extra ones. own: as `reserved` takes it; such a
    name is told to nobody but endpoints at or below its address.
    """
    address = reserved(own, component)
    type = component.partition("/")[0].removeprefix("pkg:")
    fitting = [one for one in endpoints if one.type == type and _applies(one.applies, component)]
    if address is not None:
        fitting = [one for one in fitting if below(one.address, address.partition("://")[2])]
    longest = max((len(one.applies.replace("*", "")) for one in fitting), default=0)
    closest = [one for one in fitting if len(one.applies.replace("*", "")) == longest]
    found = {one.address: one for one in sorted(closest, key=lambda one: one.extra, reverse=True)}
    return tuple(sorted(found.values(), key=lambda one: (one.extra, closest.index(one))))


def _applies(pattern: str, component: str) -> bool:
    return bool(pattern) and re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), component, re.S) is not None
