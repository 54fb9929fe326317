"""Groups of records that name each other. Pure.

No record outside of a group bears on what becomes of those inside, so the fold of a union of groups is the union of
their folds: what is new asks only for its own groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.ledger.fold import Sealed
from osgate.model.record import record

# The fields by which a record names others; a field that is new in `records.SHAPE` and holds ids belongs here.
NAMING = ("request", "revokes", "confirms", "supersedes", "joins")


@record
class Group:
    """Records that name each other, directly or over others. names: their ids, and the ids they name."""

    members: tuple[Sealed, ...]
    names: frozenset[str]


def named(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids that a record names, also where its form was not checked yet."""
    # Who endorses one policy belongs together; elsewhere the policy is only told.
    for key in (*NAMING, *(["policy"] if body.get("verb") == "endorse" else [])):
        value = body.get(key, ())
        yield from (id for id in ([value] if isinstance(value, str) else _listed(value)) if isinstance(id, str))


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def split(items: Iterable[Sealed]) -> list[Group]:
    """Return the groups that `items` fall into, each with its members in the order given."""
    above: dict[str, str] = {}
    members = list(items)
    for item in members:
        for id in (item.id, *named(item.body)):
            above[_top(above, id)] = _top(above, item.id)
    found: dict[str, list[Sealed]] = {}
    names: dict[str, set[str]] = {}
    for item in members:
        found.setdefault(_top(above, item.id), []).append(item)
    for id in list(above):
        names.setdefault(_top(above, id), set()).add(id)
    return [Group(tuple(group), frozenset(names[top])) for top, group in found.items()]


def _top(above: dict[str, str], id: str) -> str:
    """The one that stands for the set that `id` is in; the way there is halved, so that long chains stay cheap."""
    above.setdefault(id, id)
    while above[id] != id:
        above[id] = above[above[id]]
        id = above[id]
    return id
