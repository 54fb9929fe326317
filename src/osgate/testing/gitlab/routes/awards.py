"""Emoji on merge requests, issues and notes: they carry no text, and leave `updated_at` alone."""

from __future__ import annotations

from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, forbidden, not_found, route
from osgate.testing.gitlab.routes.notes import may_write, note_of, noteable_of
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.state import Award, Json, Note, Noteable
from osgate.testing.gitlab.world import World

_ON = "/projects/:id/merge_requests|issues/:iid/award_emoji"
_ON_NOTE = "/projects/:id/merge_requests|issues/:iid/notes/:note_id/award_emoji"


def award(world: World, found: Award, on: Noteable | Note) -> Json:
    """An emoji."""
    kind = "Note" if isinstance(on, Note) else type(on).__name__
    return {
        "id": found.id,
        "name": found.name,
        "user": basic(world, found.user),
        "created_at": found.created_at,
        "updated_at": found.created_at,
        "awardable_id": on.id,
        "awardable_type": kind,
        "url": None,
    }


def _on(request: Request) -> Noteable | Note:
    on = noteable_of(request)
    return note_of(request, on) if "note_id" in request.names else on


@route("GET", _ON, "[Award]")
@route("GET", _ON_NOTE, "[Award]")
def awards(request: Request) -> Reply:
    """The emoji on something."""
    on = _on(request)
    return page(request, on.awards, lambda a: award(request.world, a, on))


@route("POST", _ON, "Award")
@route("POST", _ON_NOTE, "Award")
def give(request: Request) -> Json:
    """Put one there; the same one twice is refused."""
    user, on = request.me(), _on(request)
    may_write(request, noteable_of(request))
    name = str(request.params["name"]).strip(":")
    if any(a.user is user and a.name == name for a in on.awards):
        raise Refused(404, {"message": "404 Award Emoji Name has already been taken Not Found"})
    made = Award(request.world.next("award"), name, user, request.world.now)
    on.awards.append(made)
    return award(request.world, made, on)


@route("DELETE", f"{_ON}/:award_id")
@route("DELETE", f"{_ON_NOTE}/:award_id")
def take(request: Request) -> None:
    """Take one's own away."""
    on, number = _on(request), request.number("award_id")
    found = next((a for a in on.awards if a.id == number), None) or not_found("Award Emoji")
    if found.user is not request.me() and not request.me().admin:
        forbidden()
    on.awards.remove(found)
