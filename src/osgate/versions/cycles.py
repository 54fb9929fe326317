"""Release cycles: the one a version belongs to, and whether it has ended on a day. Pure.

The shape is that of endoflife.date (MIT): a product's `releaseCycle` with `eol`, `support` and `extendedSupport`, each
an ISO date, or true or false where no date is known. A date is the last day of the time it tells.
"""

from __future__ import annotations

from osgate import light_json
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.model.fact import Fact

# What a cycle is on a day; `unknown` where nobody told its end, never taken for supported.
ENDED, NEAR, SUPPORTED, UNKNOWN = "ended", "near", "supported", "unknown"
# Longer texts are no cycle.
_MOST = 2000
_ISO_DAY = 10


@record
class Cycle:
    """One release cycle of a product.

    cycle: what its versions begin with. eol, support, extended: the last day of security support, of active support,
    and of support that is paid for: ISO date, `yes` (over, or for good), `no`, or empty where nobody told. lts: as
    told.
    """

    product: str
    cycle: str
    eol: str = ""
    support: str = ""
    lts: str = ""
    extended: str = ""


def read(text: str) -> Cycle | None:
    """Return the cycle that a `cycle` fact tells as JSON; None for what is none."""
    if len(text) > _MOST:
        return None
    try:
        found = light_json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("cycle"), str) or not found["cycle"]:
        return None
    ends = [_end(found.get(name)) for name in ("eol", "support", "lts", "extended")]
    return Cycle(str(found.get("product", "")), found["cycle"], *ends)


def _end(value: object) -> str:
    text = str(value).lower() if isinstance(value, (bool, str)) else ""
    day = _days(text)
    return {"true": "yes", "false": "no"}.get(text, "" if day is None else text[:_ISO_DAY])


def told(found: Iterable[Fact], version: str) -> tuple[Fact, Cycle] | None:
    """Return the `cycle` fact that counts for `version`, with the cycle it tells; None where none names it.

    found: facts in order of precedence; the first source that knows the version speaks.
    """
    sources: dict[str, list[tuple[Fact, Cycle]]] = {}
    for fact in found:
        cycle = read(fact.value) if isinstance(fact.value, str) else None
        if cycle is not None:
            sources.setdefault(fact.source, []).append((fact, cycle))
    for pairs in sources.values():
        best = cycle_of([cycle for _, cycle in pairs], version)
        if best is not None:
            return next(pair for pair in pairs if pair[1] == best)
    return None


def cycle_of(cycles: Iterable[Cycle], version: str) -> Cycle | None:
    """Return the cycle with the longest name that `version` begins with; None where it lies in none.

    A name ends where a number or word of the version does: 3.1 is not the cycle of 3.10.2.
    """
    bare = version.lower().removeprefix("v")
    found = [one for one in cycles if _begins(bare, one.cycle.lower().removeprefix("v"))]
    return max(found, key=lambda one: len(one.cycle), default=None)


def _begins(version: str, cycle: str) -> bool:
    last, after = cycle[-1:], version[len(cycle) :][:1]
    inside = (last.isdigit() and after.isdigit()) or (last.isalpha() and after.isalpha())
    return version.startswith(cycle) and not inside


def state(cycle: Cycle | None, today: str, horizon: int = 0) -> str:
    """Return ENDED, NEAR (it ends within `horizon` days, today included), SUPPORTED or UNKNOWN.

    today: ISO date. A cycle that nobody names, and one without a word on its end, is UNKNOWN.
    """
    if cycle is None or not cycle.eol:
        return UNKNOWN
    if cycle.eol in ("yes", "no"):
        return ENDED if cycle.eol == "yes" else SUPPORTED
    left = left_of(cycle.eol, today)
    if left is None or left < 0:
        return UNKNOWN if left is None else ENDED
    return NEAR if left <= horizon else SUPPORTED


def left_of(day: str, today: str) -> int | None:
    """Return the days from `today` to `day`, negative where it is past; None where either is no ISO date."""
    then, now = _days(day), _days(today)
    return then - now if then is not None and now is not None else None


def _days(text: str) -> int | None:
    from datetime import date

    try:
        return date.fromisoformat(text[:_ISO_DAY]).toordinal()
    except ValueError:
        return None
