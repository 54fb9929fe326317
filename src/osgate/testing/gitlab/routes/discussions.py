"""Threads on merge requests and issues; threads on a line of the diff, which git must know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osgate.testing.gitlab.changes import diff_of
from osgate.testing.gitlab.git import FileDiff
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Reply, Request, bad, forbidden, not_found, route
from osgate.testing.gitlab.routes.notes import changed, may_edit, note, noteable_of, visible, written
from osgate.testing.gitlab.state import DEVELOPER, Issue, Json, MergeRequest, Note, Noteable

if TYPE_CHECKING:
    from osgate.testing.gitlab.world import World

_BASE = "/projects/:id/merge_requests|issues/:iid/discussions"
_SHAS = ("base_sha", "start_sha", "head_sha")
_LINE_CODE = 'Note {:line_code=>["can\'t be blank", "must be a valid line code"]}'


def discussion(world: World, notes: list[Note], on: Noteable) -> Json:
    """A thread with its notes, oldest first."""
    single = notes[0].kind is None
    return {"id": notes[0].discussion, "individual_note": single, "notes": [note(world, n, on) for n in notes]}


def threads(request: Request, on: Noteable) -> dict[str, list[Note]]:
    """Return thread id -> notes, oldest first."""
    found: dict[str, list[Note]] = {}
    for row in visible(request, on):
        found.setdefault(row.discussion, []).append(row)
    return found


def _thread(request: Request, on: Noteable) -> list[Note]:
    return threads(request, on).get(request.names["discussion_id"]) or not_found("Discussion")


def _note(request: Request, on: Noteable) -> Note:
    number = request.number("note_id")
    return next((n for n in _thread(request, on) if n.id == number), None) or not_found("Note")


def checked_position(request: Request, on: MergeRequest) -> Json:
    """Return where a note stands, as GitLab keeps it. Raises Refused (400) unless git's diff has that very line."""
    given = request.params["position"]
    kind = given.get("position_type")
    if kind not in ("text", "file"):
        bad('Note {:position=>["is invalid"]}') if kind else bad("position[position_type] is missing")
    if not all(given.get(name) for name in _SHAS):
        bad('Note {:position=>["is incomplete"]}')
    refs = tuple(str(given[name]) for name in _SHAS)
    if refs not in [(v.base, v.start, v.head) for v in on.versions]:
        bad(_LINE_CODE)
    old_path, new_path = given.get("old_path"), given.get("new_path")
    rows = diff_of(on.project, refs[0], refs[2])
    names = [(d, d.old_path, d.new_path) for d in rows]
    file = next((d for d, old, new in names if new_path == new or (not new_path and old_path == old)), None)
    if file is None or (old_path and old_path not in (file.old_path, file.new_path)):
        bad(_LINE_CODE)
    place = {name: given[name] for name in _SHAS}
    place |= {"old_path": file.old_path, "new_path": file.new_path, "position_type": kind}
    lines = {"old_line": _number(given, "old_line"), "new_line": _number(given, "new_line")}
    if kind == "text" and not _in_diff(file, lines["old_line"], lines["new_line"]):
        bad(_LINE_CODE)
    return {**place, **lines, "line_range": given.get("line_range")}


def _number(given: Json, name: str) -> int | None:
    value = given.get(name)
    if value in (None, ""):
        return None
    if not str(value).isdigit():
        bad(f"position[{name}] is invalid")
    return int(value)


def _in_diff(file: FileDiff, old: int | None, new: int | None) -> bool:
    """An added line is told by its new number, a removed one by its old, an unchanged one by both."""
    if new is not None and old is None:
        return new in file.added
    if old is not None and new is None:
        return old in file.removed
    return (old, new) in file.context


def _may_resolve(request: Request, on: Noteable) -> None:
    user = request.me()
    if not (user is on.author or user.admin or request.world.level(user, on.project) >= DEVELOPER):
        forbidden()


def _resolve(request: Request, rows: list[Note], done: bool) -> None:
    for row in rows:
        row.resolved_by = request.me() if done else None
        row.resolved_at = request.world.now if done else None
        row.updated_at = request.world.now


@route("GET", _BASE, "[Discussion]", job=True)
def discussions(request: Request) -> Reply:
    """Threads, oldest first."""
    on = noteable_of(request)
    return page(request, threads(request, on).values(), lambda rows: discussion(request.world, rows, on))


@route("GET", f"{_BASE}/:discussion_id", "Discussion", job=True)
def get(request: Request) -> Json:
    """One thread."""
    on = noteable_of(request)
    return discussion(request.world, _thread(request, on), on)


@route("POST", _BASE, "Discussion")
def create(request: Request) -> Json | Reply:
    """Begin a thread, on a line of the diff with `position`."""
    request.me()
    on = noteable_of(request)
    place = None
    if isinstance(on, MergeRequest) and request.params.get("position") is not None:
        place = checked_position(request, on)
    made = written(request, on)
    if isinstance(made, Reply):
        return made
    made.kind, made.position = ("DiffNote", place) if place else ("DiscussionNote", None)
    return discussion(request.world, [made], on)


@route("POST", f"{_BASE}/:discussion_id/notes", "Note")
def answer(request: Request) -> Json | Reply:
    """Answer in a thread."""
    request.me()
    on = noteable_of(request)
    rows = _thread(request, on)
    made = written(request, on, rows[0].discussion)
    if isinstance(made, Reply):
        return made
    rows[0].kind = rows[0].kind or "DiscussionNote"
    made.kind, made.position = rows[0].kind, rows[0].position
    return note(request.world, made, on)


@route("PUT", f"{_BASE}/:discussion_id/notes/:note_id", "Note")
def edit(request: Request) -> Json:
    """Change a note, or (`resolved` alone) resolve it."""
    request.me()
    on = noteable_of(request)
    found = _note(request, on)
    if "resolved" in request.params and "body" not in request.params:
        _may_resolve(request, on)
        _resolve(request, [found], bool(request.params["resolved"]))
        return note(request.world, found, on)
    may_edit(request, found, on)
    return changed(request, found, on)


@route("DELETE", f"{_BASE}/:discussion_id/notes/:note_id")
def delete(request: Request) -> None:
    """Delete a note of a thread."""
    request.me()
    on = noteable_of(request)
    found = _note(request, on)
    may_edit(request, found, on)
    on.notes.remove(found)


@route("PUT", "/projects/:id/merge_requests/:iid/discussions/:discussion_id", "Discussion")
def resolve(request: Request) -> Json:
    """Resolve a thread or open it again: its author's right too, so it is no gate."""
    request.me()
    on = noteable_of(request)
    rows = _thread(request, on)
    if rows[0].kind is None or isinstance(on, Issue):
        not_found()
    _may_resolve(request, on)
    _resolve(request, rows, bool(request.params["resolved"]))
    return discussion(request.world, rows, on)
