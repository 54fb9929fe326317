"""Which packages of a closure are asked for as one family: platform builds of one thing, in one range. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from osgate.ledger.families import family

# A component and the VERS range asked for.
Wanted = tuple[str, str]


def together(wanted: Iterable[Wanted], apart: Iterable[str] = ()) -> Mapping[Wanted, str]:
    """Return the family key for each of `wanted` that is asked for together with another member in the same range.

    A member that comes alone is asked for alone: nobody looked at a second one. apart: components that stay themselves,
    because a record that is replaced names them.
    """
    kept = set(apart)
    found: dict[Wanted, list[str]] = {}
    for component, range in dict.fromkeys(wanted):
        key = "" if component in kept else family(component)
        if key:
            found.setdefault((key, range), []).append(component)
    return {(c, range): key for (key, range), members in found.items() if len(members) > 1 for c in members}


def example(key: str) -> str:
    """Return one purl that the family `key` may have as a member, for people."""
    return f"{key.removesuffix('*')}linux-x64"
