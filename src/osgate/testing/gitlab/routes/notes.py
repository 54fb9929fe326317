"""Notes on merge requests and issues: read, write, edit, delete, with GitLab's quick actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osgate.testing.gitlab import webhooks
from osgate.testing.gitlab.access import issue_of, merge_request_of
from osgate.testing.gitlab.changes import add_note
from osgate.testing.gitlab.paging import ordered, page
from osgate.testing.gitlab.router import Reply, Request, bad, forbidden, not_found, route
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.state import (
    DEVELOPER,
    GUEST,
    MAINTAINER,
    REPORTER,
    Issue,
    Json,
    MergeRequest,
    Note,
    Noteable,
)

if TYPE_CHECKING:
    from osgate.testing.gitlab.world import World

# Characters of a note, at most.
LONGEST = 1_000_000
_BASE = "/projects/:id/merge_requests|issues/:iid/notes"


def note(world: World, found: Note, on: Noteable) -> Json:
    """A note."""
    merge = isinstance(on, MergeRequest)
    resolvable = merge and found.kind in ("DiffNote", "DiscussionNote") and not found.system
    shown: Json = {
        "id": found.id,
        "type": found.kind,
        "body": found.body,
        "author": basic(world, found.author),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "system": found.system,
        "noteable_id": on.id,
        "noteable_type": "MergeRequest" if merge else "Issue",
        "project_id": on.project.id,
        "resolvable": resolvable,
        "confidential": found.internal,
        "internal": found.internal,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": on.iid,
        "commands_changes": {},
    }
    if found.position:
        shown |= {"commit_id": None, "position": found.position}
    if resolvable:
        by = found.resolved_by
        shown |= {"resolved": by is not None, "resolved_by": basic(world, by) if by else None}
        shown["resolved_at"] = found.resolved_at
    return shown


def noteable_of(request: Request) -> Noteable:
    """Return the merge request or issue of a path."""
    return merge_request_of(request) if "/merge_requests/" in request.path else issue_of(request)


def note_of(request: Request, on: Noteable) -> Note:
    """Return the note of a path, if the caller may see it."""
    number = request.number("note_id")
    return next((n for n in visible(request, on) if n.id == number), None) or not_found("Note")


def visible(request: Request, on: Noteable) -> list[Note]:
    """Internal notes are seen from Reporter up."""
    inside = request.world.level(request.user, on.project) >= REPORTER or (request.user and request.user.admin)
    return [n for n in on.notes if inside or not n.internal]


def body_of(request: Request, name: str = "body") -> str:
    """Return the text of a note. Raises Refused (400) for none and for too much."""
    body = str(request.params[name])
    if not body.strip():
        bad('Note {:note=>["can\'t be blank"]}')
    if len(body) > LONGEST:
        bad('Note {:note=>["is too long (1 MB). The maximum size is 1 MB."]}')
    return body


def may_write(request: Request, on: Noteable) -> None:
    """Raises Refused for who may not comment: 401 nobody, 403 no member of a private project, locked, archived."""
    user, project = request.me(), on.project
    level = request.world.level(user, project)
    if project.archived or (project.visibility == "private" and level < GUEST and not user.admin):
        forbidden()
    if on.discussion_locked and level < GUEST and not user.admin:
        forbidden()


def may_edit(request: Request, found: Note, on: Noteable) -> None:
    """A note is its author's and every Maintainer's; a system note is nobody's."""
    user = request.me()
    strong = user.admin or request.world.level(user, on.project) >= MAINTAINER
    if found.system or not (found.author is user or strong):
        forbidden()


def written(request: Request, on: Noteable, thread: str = "") -> Note | Reply:
    """Write what the request says. A text of quick actions alone leaves no note, and is answered with 202."""
    may_write(request, on)
    body, changes = quick_actions(request, on, body_of(request))
    if not body.strip():
        said = [f"Applied {name} command." for name in changes]
        return Reply({"commands_changes": changes, "summary": said}, 202)
    internal = bool(request.params.get("internal") or request.params.get("confidential"))
    made = add_note(request.world, on, request.me(), body, discussion=thread, internal=internal)
    stamp = request.params.get("created_at")
    if stamp and (request.me().admin or request.world.level(request.me(), on.project) >= 50):
        made.created_at = made.updated_at = str(stamp)
    webhooks.note_event(request.world, made, on, request.me())
    return made


def quick_actions(request: Request, on: Noteable, body: str) -> tuple[str, Json]:
    """Take GitLab's own commands out of a text, and obey them. `/osgate …` is none of them and stays."""
    kept, changes = [], {}
    for line in body.splitlines():
        word = line.strip().split(" ")[0]
        if word not in ("/approve", "/close", "/reopen") or (word == "/approve" and isinstance(on, Issue)):
            kept.append(line)
        elif word == "/approve":
            changes["approve"] = "true"
        else:
            changes["state_event"] = word[1:]
    if request.world.level(request.me(), on.project) >= DEVELOPER:
        _obey(request, on, changes)
    return ("\n".join(kept), changes) if changes else (body, {})


def _obey(request: Request, on: Noteable, changes: Json) -> None:
    if "approve" in changes and isinstance(on, MergeRequest):
        on.approvals[request.me().id] = request.world.now
    if "state_event" in changes:
        on.state = "closed" if changes["state_event"] == "close" else "opened"


@route("GET", _BASE, "[Note]", job=True)
def notes(request: Request) -> Reply:
    """A page of notes, newest first."""
    on = noteable_of(request)
    rows = visible(request, on)
    chosen = request.params.get("activity_filter", "all_notes")
    rows = [n for n in rows if chosen == "all_notes" or n.system == (chosen == "only_activity")]
    return page(request, ordered(request, rows), lambda n: note(request.world, n, on))


@route("GET", f"{_BASE}/:note_id", "Note", job=True)
def get(request: Request) -> Json:
    """One note."""
    on = noteable_of(request)
    return note(request.world, note_of(request, on), on)


@route("POST", _BASE, "Note")
def create(request: Request) -> Json | Reply:
    """Write a note."""
    request.me()
    on = noteable_of(request)
    made = written(request, on)
    return made if isinstance(made, Reply) else note(request.world, made, on)


@route("PUT", f"{_BASE}/:note_id", "Note")
def edit(request: Request) -> Json | Reply:
    """Change a note: its author, or a Maintainer."""
    request.me()
    on = noteable_of(request)
    found = note_of(request, on)
    may_edit(request, found, on)
    return changed(request, found, on)


@route("DELETE", f"{_BASE}/:note_id")
def delete(request: Request) -> None:
    """Delete a note: its author, or a Maintainer."""
    request.me()
    on = noteable_of(request)
    found = note_of(request, on)
    may_edit(request, found, on)
    on.notes.remove(found)


def changed(request: Request, found: Note, on: Noteable) -> Json:
    """Give a note another text: the only trace is `updated_at`, and a webhook with action update."""
    body = body_of(request)
    if body != found.body:
        found.body, found.updated_at = body, request.world.now
        webhooks.note_event(request.world, found, on, request.me(), "update")
    return note(request.world, found, on)
