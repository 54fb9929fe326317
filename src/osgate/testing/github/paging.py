"""Lists in pages, with the Link header that leads on, and what else all lists share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from osgate.testing.github.router import Reply, Request

PER_PAGE, MOST = 30, 100


def page(request: Request, rows: Iterable[Any], shape: Callable[[Any], Any], under: str = "", **more: Any) -> Reply:
    """Return one page of `rows`, each as `shape` shows it. under: the name of the list in an object with its total."""
    found = list(rows)
    size = min(_positive(request, "per_page", PER_PAGE), MOST)
    number = _positive(request, "page", 1)
    pages = max(1, -(-len(found) // size))
    numbers = {"prev": number - 1, "next": number + 1 if number < pages else 0, "last": pages, "first": 1}
    wanted = {rel: n for rel, n in numbers.items() if n and (rel in ("prev", "next") or pages > 1)}
    if number == 1:
        wanted.pop("first", None)
    if number >= pages:
        wanted.pop("last", None)
    links = [f'<{_address(request, page=str(n))}>; rel="{rel}"' for rel, n in wanted.items()]
    shown: Any = [shape(row) for row in found[(number - 1) * size : number * size]]
    body = {"total_count": len(found), **more, under: shown} if under else shown
    return Reply(body, headers=[("Link", ", ".join(links))] if links else [])


def _positive(request: Request, name: str, usual: int) -> int:
    given = request.query.get(name, "")
    return max(1, int(given)) if given.isdigit() else usual


def _address(request: Request, **changed: str) -> str:
    given = dict(parse_qsl(request.raw_query, keep_blank_values=True))
    return f"{request.world.api_url}{request.path}?{urlencode({**given, **changed})}"


def since(request: Request, rows: Iterable[Any]) -> list[Any]:
    """Keep what was updated at or after `since`."""
    bound = request.query.get("since", "")
    return [r for r in rows if r.updated_at >= bound]


def ordered(request: Request, rows: Iterable[Any], usual: str = "created", down: str = "desc") -> list[Any]:
    """Sort by `sort` (created, updated) and `direction`; ids decide among equals."""
    name = {"updated": "updated_at"}.get(request.query.get("sort", usual), "created_at")
    reverse = request.query.get("direction", down) == "desc"
    return sorted(rows, key=lambda r: (getattr(r, name), r.id), reverse=reverse)
