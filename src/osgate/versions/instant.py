"""Moments as versions (VERS type `datetime`): RFC 3339, ordered by the time they mean, whatever their offset."""

from __future__ import annotations

from datetime import datetime

from osgate import patterns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOMENT = (
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))\Z"
)


def key(version: str) -> Any:
    """Return the sort key of `version`: seconds since the year 1, and the digits of their fraction."""
    match = patterns.match(_MOMENT, version)
    try:
        moment = datetime(*map(int, match.groups()[:6])) if match else None  # type: ignore[arg-type]
    except ValueError:
        moment = None
    if not match or not moment:
        return 0, (version,)
    fraction, sign, hours, minutes = match.groups()[6:]
    ahead = int(f"{sign or ''}{int(hours or 0) * 60 + int(minutes or 0)}")
    seconds = ((moment.toordinal() * 24 + moment.hour) * 60 + moment.minute - ahead) * 60 + moment.second
    return 1, seconds, (fraction or "").rstrip("0")


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell that `version` is none: a moment announces nothing."""
    return False
