"""Search over issues and pull requests: the qualifiers a poll needs."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from osgate.testing.github import access
from osgate.testing.github.paging import ordered, page
from osgate.testing.github.router import Reply, Request, invalid, route
from osgate.testing.github.shapes import talk
from osgate.testing.github.state import Issue, PullRequest

# Search finds no more than this many rows.
MOST = 1000
Fits = Callable[[Issue], bool]


@route("GET", "/search/issues")
def issues(request: Request) -> Reply:
    """Words, and `org user repo is type state author label updated created draft archived` with a value."""
    text = request.query.get("q", "")
    if not text.strip():
        invalid("Search", "q", "missing")
    try:
        words = shlex.split(text)
    except ValueError:
        invalid("Search", "q")
    tests = [test_of(word) for word in words]
    world = request.world
    seen = [r for r in world.repos.values() if access.sees(world, request.user, request.token, r)]
    rows = [i for r in seen for i in r.issues.values() if all(test(i) for test in tests)]
    found = ordered(request, rows)[:MOST]
    return page(
        request,
        found,
        lambda i: {**talk.issue(world, i), "score": 1.0},
        "items",
        incomplete_results=False,
        search_type="lexical",
    )


def test_of(word: str) -> Fits:
    name, colon, value = word.partition(":")
    if name == "-draft" or not colon:
        return lambda i: word.lower() in i.title.lower()
    value = value.lower()
    places: dict[str, Fits] = {
        "org": lambda i: i.repo.owner.login.lower() == value,
        "user": lambda i: i.repo.owner.login.lower() == value,
        "repo": lambda i: i.repo.full_name.lower() == value,
        "author": lambda i: i.author.login.lower() == value,
        "label": lambda i: value in [label.lower() for label in i.labels],
        "archived": lambda i: i.repo.archived == (value == "true"),
        "draft": lambda i: isinstance(i, PullRequest) and i.draft == (value == "true"),
        "updated": lambda i: _when(i.updated_at, value),
        "created": lambda i: _when(i.created_at, value),
    }
    if name in ("is", "type", "state"):
        return lambda i: _is(i, value)
    return places.get(name) or invalid("Search", "q")


def _is(found: Issue, value: str) -> bool:
    pull = isinstance(found, PullRequest)
    kinds = {"pr": pull, "pull-request": pull, "issue": not pull, "open": found.state == "open"}
    kinds |= {"closed": found.state == "closed", "merged": pull and bool(getattr(found, "merged_at", None))}
    kinds |= {"private": found.repo.private, "public": not found.repo.private}
    return kinds.get(value, False)


def _when(time: str, value: str) -> bool:
    value = value.upper().replace("+00:00", "Z")
    if ".." in value:
        first, _, last = value.partition("..")
        return (first == "*" or time >= first) and (last == "*" or time[: len(last)] <= last)
    for sign in (">=", "<=", ">", "<"):
        if value.startswith(sign):
            bound = value[len(sign) :]
            cut = time[: len(bound)]
            return {">=": cut >= bound, "<=": cut <= bound, ">": cut > bound, "<": cut < bound}[sign]
    return time.startswith(value)
