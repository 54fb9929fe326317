"""A document carried out over the fields that there are; a field that is not there is the fake's own gap, and said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from osgate.testing.github.graphql.reading import Document, Operation, Selection, Variable

if TYPE_CHECKING:
    from osgate.testing.github.state import Token, User
    from osgate.testing.github.world import World

MOST = 100


class Stopped(Exception):
    """A field that cannot be answered. kind: NOT_FOUND, FORBIDDEN, UNPROCESSABLE, STALE_DATA, …"""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


@dataclass
class Asked:
    """One document being carried out: by whom, with what; what went wrong; which fields the fake lacks."""

    world: World
    user: User
    token: Token
    variables: dict[str, Any]
    document: Document
    errors: list[dict[str, Any]] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    rate: dict[str, Any] = field(default_factory=dict)


@dataclass
class Node:
    """A record, and the type that says which fields it has."""

    type: str
    of: Any


@dataclass
class Rows:
    """A connection before it is cut into pages."""

    type: str
    rows: list[Any]


Resolver = Callable[[Asked, Any, dict[str, Any]], Any]
# Fields by type; filled by schema.py and mutations.py.
FIELDS: dict[str, dict[str, Resolver]] = {}
# Which types a fragment on an interface or union means; a name that is not here means itself.
KINDS: dict[str, set[str]] = {}


def fields(*types: str, **resolvers: Resolver) -> None:
    """Enter fields of types."""
    for one in types:
        FIELDS.setdefault(one, {}).update(resolvers)


def carry_out(asked: Asked, operation: Operation) -> dict[str, Any] | None:
    """Return the data of an operation; mistakes are in `asked.errors`."""
    root = Node("Query" if operation.kind == "query" else "Mutation", None)
    found: dict[str, Any] | None = _select(asked, root, operation.inner, [])
    return found


def _select(asked: Asked, node: Node, inner: Iterable[Selection], path: list[Any]) -> Any:
    made: dict[str, Any] = {}
    for one in inner:
        if not _wanted(asked, one):
            continue
        part = asked.document.fragments.get(one.spread) if one.spread else one
        if part is not None and part.on is not None:
            if part.on in ("", node.type) or node.type in KINDS.get(part.on, ()):
                made |= _select(asked, node, part.inner, path)
        elif part is not None:
            made[part.alias] = _field(asked, node, part, [*path, part.alias])
    return made


def _wanted(asked: Asked, one: Selection) -> bool:
    return all(
        bool(_value(asked, given)) == (name == "include") for name, given in one.when if name in ("include", "skip")
    )


def _field(asked: Asked, node: Node, one: Selection, path: list[Any]) -> Any:
    if one.name == "__typename":
        return node.type
    resolver = FIELDS.get(node.type, {}).get(one.name)
    if resolver is None:
        asked.lacking.append(f"{node.type}.{one.name}")
        asked.errors.append({"path": path, "message": f"Field '{one.name}' doesn't exist on type '{node.type}'"})
        return None
    given = {name: _value(asked, value) for name, value in one.given.items()}
    try:
        found = resolver(asked, node.of, given)
    except Stopped as stopped:
        asked.errors.append({"type": stopped.kind, "path": path, "message": stopped.message})
        return None
    if isinstance(found, Rows):
        return _pages(asked, found, given, one, path)
    return _shown(asked, found, one, path)


def _shown(asked: Asked, found: Any, one: Selection, path: list[Any]) -> Any:
    if isinstance(found, Node):
        return _select(asked, found, one.inner, path)
    if isinstance(found, list):
        return [_shown(asked, row, one, [*path, number]) for number, row in enumerate(found)]
    return found


def _pages(asked: Asked, found: Rows, given: dict[str, Any], one: Selection, path: list[Any]) -> Any:
    size = given.get("first") or given.get("last")
    if size is None:
        message = f"You must provide a `first` or `last` value to properly paginate the `{one.name}` connection."
        asked.errors.append({"type": "MISSING_PAGINATION_BOUNDARIES", "path": path, "message": message})
        return None
    if not 0 < size <= MOST:
        message = (
            f"Requesting {size} records on the `{one.name}` connection exceeds the `first` limit of {MOST} records."
        )
        asked.errors.append({"type": "EXCESSIVE_PAGINATION", "path": path, "message": message})
        return None
    start = int(given["after"]) if given.get("after") else 0
    end = int(given["before"]) - 1 if given.get("before") else len(found.rows)
    if given.get("first"):
        end = min(end, start + size)
    else:
        start = max(start, end - size)
    node = Node("Connection", (found, start, end))
    return _select(asked, node, one.inner, path)


def _value(asked: Asked, value: Any) -> Any:
    if isinstance(value, Variable):
        return asked.variables.get(value.name)
    if isinstance(value, list):
        return [_value(asked, one) for one in value]
    if isinstance(value, dict):
        return {name: _value(asked, one) for name, one in value.items()}
    return value


def _nodes(_asked: Asked, of: Any, _given: dict[str, Any]) -> list[Node]:
    rows, start, end = of
    return [Node(rows.type, row) if not isinstance(row, Node) else row for row in rows.rows[start:end]]


fields(
    "Connection",
    nodes=_nodes,
    edges=lambda a, of, g: [Node("Edge", (n, of[1] + i + 1)) for i, n in enumerate(_nodes(a, of, g))],
    totalCount=lambda a, of, g: len(of[0].rows),
    pageInfo=lambda a, of, g: Node("PageInfo", of),
)
fields("Edge", node=lambda a, of, g: of[0], cursor=lambda a, of, g: str(of[1]))
fields(
    "PageInfo",
    hasNextPage=lambda a, of, g: of[2] < len(of[0].rows),
    hasPreviousPage=lambda a, of, g: of[1] > 0,
    endCursor=lambda a, of, g: str(of[2]) if of[2] > of[1] else None,
    startCursor=lambda a, of, g: str(of[1] + 1) if of[2] > of[1] else None,
)
