"""Joining advisories that speak of one thing under several names. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from osgate.model.fact import ADVISORY_KINDS, SEVERITIES, Advisory


def merged(found: Iterable[Advisory]) -> tuple[Advisory, ...]:
    """Return one advisory for all that share an id or an alias, the gravest first.

    Aliases need not be mutual, may name what is not there, and may run in circles. The id of a database's own record
    speaks for all; of what they say the gravest holds, of a doubt only what all of them share.
    """
    groups: list[tuple[set[str], list[Advisory]]] = []
    for one in found:
        names, members = {one.id, *one.aliases}, [one]
        apart = []
        for group in groups:
            if names.isdisjoint(group[0]):
                apart.append(group)
            else:
                names |= group[0]
                members = group[1] + members
        groups = [*apart, (names, members)]
    return tuple(sorted([_one(names, members) for names, members in groups], key=_gravity))


def _one(names: set[str], members: list[Advisory]) -> Advisory:
    if len(members) == 1:
        return members[0]
    members = sorted(members, key=lambda one: (ADVISORY_KINDS.index(one.kind), one.id[:2] == "x_", one.id))
    first = members[0]
    worst = max(members, key=lambda one: rank(one.severity) if one.severity in SEVERITIES else -1)
    doubts = [one.doubt for one in members]
    return Advisory(
        first.id,
        first.kind,
        worst.severity,
        first.source,
        first.date,
        tuple(sorted(names - {first.id})),
        worst.score,
        tuple(dict.fromkeys([version for one in members for version in one.fixed])),
        any(one.whole for one in members),
        "" if "" in doubts else doubts[0],
        next((one.summary for one in members if one.summary), ""),
        max(one.modified for one in members),
    )


def rank(severity: str) -> int:
    """Return the place of a severity, from 0 for none; one that nobody told comes above all."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _gravity(one: Advisory) -> tuple[int, int, str]:
    return ADVISORY_KINDS.index(one.kind), -rank(one.severity), one.id
