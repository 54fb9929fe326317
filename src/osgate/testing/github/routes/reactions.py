"""Reactions to issues, comments and review comments. They move no `updated_at`."""

from __future__ import annotations

from osgate.testing.github.paging import page
from osgate.testing.github.router import Reply, Request, forbidden, not_found, route
from osgate.testing.github.routes.comments import comment_of
from osgate.testing.github.routes.issues import BASE, EITHER, EITHER_READ, ONE, issue_of
from osgate.testing.github.routes.reviews import note_of
from osgate.testing.github.shapes import talk
from osgate.testing.github.state import Reaction

COMMENT = f"{BASE}/issues/comments/{{comment_id}}/reactions"
NOTE = f"{BASE}/pulls/comments/{{comment_id}}/reactions"


def _on(request: Request) -> list[Reaction]:
    if "issue_number" in request.names:
        return issue_of(request).reactions
    return (note_of(request) if "/pulls/" in request.route.pattern else comment_of(request)).reactions


@route("GET", COMMENT, needs=EITHER_READ)
@route("GET", NOTE, needs="pull_requests:read")
@route("GET", f"{ONE}/reactions", needs=EITHER_READ)
def many(request: Request) -> Reply:
    """The reactions to something."""
    wanted = request.query.get("content")
    rows = [r for r in _on(request) if wanted in (None, r.content)]
    return page(request, rows, lambda r: talk.reaction(request.world, r))


@route("POST", COMMENT, needs=EITHER, role="read")
@route("POST", NOTE, needs="pull_requests:write", role="read")
@route("POST", f"{ONE}/reactions", needs=EITHER, role="read")
def add(request: Request) -> Reply:
    """React; the same again is answered with 200 and what is there."""
    rows, who, content = _on(request), request.me(), str(request.said["content"])
    found = next((r for r in rows if r.user is who and r.content == content), None)
    if found is None:
        rows.append(Reaction(request.world.next("reaction"), who, content, request.world.now))
    return Reply(talk.reaction(request.world, found or rows[-1]), 200 if found else 201)


@route("DELETE", f"{COMMENT}/{{reaction_id}}", needs=EITHER, role="read")
def remove(request: Request) -> None:
    """Take one's own back."""
    rows, number = _on(request), request.number("reaction_id")
    found = next((r for r in rows if r.id == number), None) or not_found()
    if found.user is not request.me():
        forbidden("Must be the author of the reaction.")
    rows.remove(found)
