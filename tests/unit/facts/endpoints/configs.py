"""Configuration files by hand, read by one manager's reader."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

import audit
from osgate.facts.endpoints.endpoint import Configured
from osgate.facts.endpoints.reading import File

HOST = "https://packages.example.com"


def read(module: ModuleType, *files: tuple[str, str], environment: Mapping[str, str] | None = None) -> Configured:
    """Read (way, text) files, called `1`, `2`, …, without touching anything outside."""
    given = [File(way, str(number), text.encode()) for number, (way, text) in enumerate(files, 1)]
    with audit.no_io():
        found: Configured = module.read(given, environment or {})
    return found


def told(found: Configured) -> list[tuple[str, ...]]:
    """Every endpoint as (address below HOST, what applies, origin, mark for extra)."""
    return [
        (one.address.removeprefix(HOST), one.applies, one.origin, *(("extra",) if one.extra else ()))
        for one in found.endpoints
    ]


def risky(found: Configured) -> list[tuple[str, str, str]]:
    """Every risk of a reader as (code, what, origin)."""
    return [(one.code, dict(one.params).get("what", ""), one.origin) for one in found.risks]


def logins(found: Configured) -> list[tuple[str, str] | None]:
    """Who logs in at each endpoint."""
    return [one.login.reveal() if one.login else None for one in found.endpoints]


def unread(found: Configured) -> list[tuple[str, str]]:
    """What could not be understood."""
    return [(gap.subject, gap.reason) for gap in found.unread]
