"""Lists in pages: offset with X- headers, keyset where GitLab has it, Link either way; sorting and filters by time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from osgate.testing.gitlab.router import Refused, Reply, Request

PER_PAGE, MOST = 20, 100
# From this many rows on, GitLab leaves out the totals.
COUNTED = 10_000


def page(request: Request, rows: Iterable[Any], shape: Callable[[Any], Any]) -> Reply:
    """Return one page of `rows`, each as `shape` shows it, with the headers that lead on."""
    found = list(rows)
    size = min(_positive(request, "per_page", PER_PAGE), MOST)
    if request.params.get("pagination") == "keyset":
        return _keyset(request, found, shape, size)
    number = _positive(request, "page", 1)
    pages = max(1, -(-len(found) // size))
    before = str(number - 1) if number > 1 else ""
    after = str(number + 1) if number < pages else ""
    numbers = {"first": "1", "last": str(pages), "prev": before, "next": after}
    links = [f'<{_address(request, page=n)}>; rel="{rel}"' for rel, n in numbers.items() if n]
    headers = [("X-Page", str(number)), ("X-Per-Page", str(size)), ("X-Prev-Page", before), ("X-Next-Page", after)]
    if len(found) <= COUNTED:
        headers += [("X-Total", str(len(found))), ("X-Total-Pages", str(pages))]
    else:
        links = [link for link in links if 'rel="last"' not in link]
    headers.append(("Link", ", ".join(links)))
    return Reply([shape(row) for row in found[(number - 1) * size : number * size]], headers=headers)


def _keyset(request: Request, rows: list[Any], shape: Callable[[Any], Any], size: int) -> Reply:
    down = request.params.get("sort", "desc") == "desc"
    rows = sorted(rows, key=lambda r: int(r.id), reverse=down)
    if request.params.get("id_before"):
        rows = [r for r in rows if r.id < int(request.params["id_before"])]
    if request.params.get("id_after"):
        rows = [r for r in rows if r.id > int(request.params["id_after"])]
    shown = rows[:size]
    headers = [("X-Per-Page", str(size))]
    if len(rows) > size:
        mark = {"id_before" if down else "id_after": str(shown[-1].id)}
        headers.append(("Link", f'<{_address(request, **mark)}>; rel="next"'))
    return Reply([shape(row) for row in shown], headers=headers)


def _positive(request: Request, name: str, usual: int) -> int:
    try:
        given = int(request.params.get(name) or usual)
    except ValueError:
        raise Refused(400, {"error": f"{name} is invalid"}) from None
    if given < 1:
        raise Refused(400, {"error": f"{name} does not have a valid value"})
    return given


def _address(request: Request, **changed: str) -> str:
    given = dict(parse_qsl(request.query, keep_blank_values=True))
    query = urlencode({**given, **changed})
    return f"{request.world.web_url}/api/v4{request.path}?{query}"


def since(request: Request, rows: Iterable[Any]) -> list[Any]:
    """Keep the rows that `updated_after`, `updated_before`, `created_after` and `created_before` let through."""
    found = list(rows)
    for name in ("updated_after", "updated_before", "created_after", "created_before"):
        if request.params.get(name):
            bound = moment(request.params[name], name)
            field, late = f"{name.split('_')[0]}_at", name.endswith("after")
            found = [r for r in found if _beyond(moment(getattr(r, field), field), bound, late)]
    return found


def _beyond(time: datetime, bound: datetime, late: bool) -> bool:
    return time >= bound if late else time <= bound


def moment(text: str, name: str) -> datetime:
    """Return an ISO time as a moment; a time without zone counts as UTC. Raises Refused (400)."""
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else datetime.fromisoformat(f"{text}+00:00" if ":" in text else f"{text}T00:00Z")
    except ValueError:
        raise Refused(400, {"error": f"{name} is invalid"}) from None


def ordered(request: Request, rows: Iterable[Any], usual: str = "created_at", sort: str = "desc") -> list[Any]:
    """Sort by `order_by` (created_at, updated_at, id, title) and `sort`; ids decide among equals."""
    field = str(request.params.get("order_by", usual))
    down = request.params.get("sort", sort) == "desc"
    return sorted(rows, key=lambda r: (str(getattr(r, field, "")) if field != "id" else "", r.id), reverse=down)
