"""Comments under issues and pull requests."""

from __future__ import annotations

from osgate.testing.github import access, events
from osgate.testing.github.paging import ordered, page, since
from osgate.testing.github.router import Reply, Request, forbidden, invalid, not_found, route
from osgate.testing.github.routes.issues import BASE, EITHER, EITHER_READ, ONE, issue_of, text
from osgate.testing.github.shapes import talk
from osgate.testing.github.state import Comment, Issue, Json, User
from osgate.testing.github.world import World


def add_comment(world: World, on: Issue, author: User, body: str) -> Comment:
    """Write a comment; workflows and webhooks hear of it."""
    made = Comment(world.next("comment"), on, author, body, world.now, world.now)
    on.comments.append(made)
    on.updated_at = world.now
    events.comment(world, made, "created", author)
    return made


def edit(world: World, found: Comment, body: str, who: User) -> None:
    """Change a comment, by whomever; REST shows no more of it than `updated_at`."""
    before, found.body = found.body, body
    found.updated_at = found.edited_at = world.now
    found.editor = who
    events.comment(world, found, "edited", who, before)


def comment_of(request: Request) -> Comment:
    """Return the comment of a path. Raises Refused (404)."""
    number = request.number("comment_id")
    rows = (c for i in request.repo.issues.values() for c in i.comments if c.id == number)
    return next(rows, None) or not_found()


def body_of(request: Request) -> str:
    """Return the text of a comment. Raises Refused (422) for none and for too much."""
    found = text("IssueComment", request.said.get("body"))
    if not found.strip():
        invalid("IssueComment", "body", "missing_field")
    return found


def may_change(request: Request, found: Comment) -> None:
    """A comment is its author's and of who may write; an app's token changes its own alone."""
    if not (found.author is request.me() or access.strong(request)):
        if request.token is not None and request.token.kind in ("job", "installation"):
            access.lacking(request.token, request.route.needs)
        forbidden("Must have push access to Repository.")


@route("GET", f"{BASE}/issues/comments", needs=EITHER_READ)
def of_all(request: Request) -> Reply:
    """The comments of all issues and pull requests, the oldest first."""
    rows = since(request, (c for i in request.repo.issues.values() for c in i.comments))
    return page(request, ordered(request, rows, down="asc"), lambda c: talk.comment(request.world, c))


@route("GET", f"{ONE}/comments", needs=EITHER_READ)
def many(request: Request) -> Reply:
    """The comments under one, the oldest first."""
    return page(request, since(request, issue_of(request).comments), lambda c: talk.comment(request.world, c))


@route("POST", f"{ONE}/comments", needs=EITHER, role="read")
def create(request: Request) -> Json:
    """Write a comment."""
    on, body = issue_of(request), body_of(request)
    if on.locked and not access.strong(request):
        forbidden("Unable to create comment because issue is locked.")
    made = add_comment(request.world, on, request.me(), body)
    made.app = request.token.app if request.token else None
    return talk.comment(request.world, made)


@route("GET", f"{BASE}/issues/comments/{{comment_id}}", needs=EITHER_READ)
def one(request: Request) -> Json:
    """One comment."""
    return talk.comment(request.world, comment_of(request))


@route("PATCH", f"{BASE}/issues/comments/{{comment_id}}", needs=EITHER, role="read")
def change(request: Request) -> Json:
    """Change a comment: its author, or who may write."""
    found, body = comment_of(request), body_of(request)
    may_change(request, found)
    if body != found.body:
        edit(request.world, found, body, request.me())
    return talk.comment(request.world, found)


@route("DELETE", f"{BASE}/issues/comments/{{comment_id}}", needs=EITHER, role="read")
def delete(request: Request) -> None:
    """Delete a comment."""
    found = comment_of(request)
    may_change(request, found)
    found.on.comments.remove(found)
    events.comment(request.world, found, "deleted", request.me())
