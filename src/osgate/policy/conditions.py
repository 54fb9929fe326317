"""What the policy asks of facts before it approves something in advance, or lets fewer or more people decide. Pure.

A condition is a fact with the values that meet it: `licence` (categories), `severity` (the greatest that is let in),
`install-code` (`yes` or `no`) and `trust` (the least). The institution's own categories stand beside them, as
`category:ID`.
"""

from __future__ import annotations

from osgate.model.fact import SEVERITIES, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from osgate.model.decision import Post
    from osgate.model.policy import When

# From the least to the most: how much a source vouches for who published a version.
TRUST = ("none", "signed", "trusted-publisher", "attested")
_OWN = "category:"


def built(written: Mapping[str, Any], categories: Mapping[str, str]) -> When:
    """Return the conditions that an entry of a policy file sets. categories: the institution's own, id -> category."""
    found: list[tuple[str, tuple[str, ...]]] = []
    if "licence" in written:
        found.append(("licence", tuple(written["licence"])))
        found += [(f"{_OWN}{id}", (name,)) for id, name in sorted(categories.items())]
    if "severity" in written:
        found.append(("severity", (written["severity"],)))
    if "install_code" in written:
        found.append(("install-code", ("yes" if written["install_code"] else "no",)))
    if "trust" in written:
        found.append(("trust", (written["trust"],)))
    return tuple(found)


def holds(when: When, posts: Iterable[Post]) -> bool | None:
    """True if what is told meets every condition, False if it misses one, None where one cannot be told.

    Of a fact with several values each must meet its condition.
    """
    told: dict[str, list[str]] = {}
    for post in posts:
        told.setdefault(post.fact, []).append(post.value)
    own = {fact.removeprefix(_OWN): values[0] for fact, values in when if fact.startswith(_OWN)}
    found = [
        _meets(fact, value, values, own)
        for fact, values in when
        if not fact.startswith(_OWN)
        for value in told.get(fact, [""])
    ]
    return False if False in found else None if None in found else True


def _meets(fact: str, value: str, wanted: tuple[str, ...], own: Mapping[str, str]) -> bool | None:
    if not value:
        return None
    if fact == "licence":
        kind = _category(value, own)
        return None if kind is None else kind in wanted
    order = {"severity": SEVERITIES, "trust": TRUST}.get(fact)
    if order is None:
        return value in wanted
    if value not in order:
        return None
    place = order.index(value) - order.index(wanted[0])
    return place <= 0 if fact == "severity" else place >= 0


def _category(text: str, own: Mapping[str, str]) -> str | None:
    """The category of what is declared; None where nobody can tell."""
    from osgate.licences import reading
    from osgate.licences.categories import UNKNOWN, weigh

    expression = reading.read(text, {})
    if isinstance(expression, Unknown):
        return None
    found = weigh(expression, own).category
    return None if found == UNKNOWN else found
