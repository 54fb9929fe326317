"""Reviews, their comments on lines, replies."""

from __future__ import annotations

from osgate.testing.github import access, events, pulls
from osgate.testing.github.paging import ordered, page, since
from osgate.testing.github.router import Reply, Request, forbidden, invalid, not_found, route, unprocessable
from osgate.testing.github.routes.issues import BASE, text
from osgate.testing.github.routes.pulls import ONE, READ, WRITE, pull_of
from osgate.testing.github.shapes import talk
from osgate.testing.github.state import Json, PullRequest, Review, ReviewComment, User
from osgate.testing.github.world import World

STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
# More comments than this in one review, and GitHub takes it for abuse.
ABUSE = 30


def add_review(world: World, on: PullRequest, author: User, state: str, body: str = "") -> Review:
    """Write a review of the present head; workflows and webhooks hear of it."""
    made = Review(world.next("review"), author, body, state, on.head, world.now)
    on.reviews.append(made)
    on.updated_at = world.now
    if state != "PENDING":
        events.review(world, made, on, "submitted", author)
    return made


def review_of(request: Request, on: PullRequest) -> Review:
    """Return the review of a path. Raises Refused (404)."""
    number = request.number("review_id")
    return next((r for r in on.reviews if r.id == number), None) or not_found()


def note_of(request: Request) -> ReviewComment:
    """Return the review comment of a path. Raises Refused (404)."""
    number = request.number("comment_id")
    return next((n for p in request.repo.pulls for n in p.notes if n.id == number), None) or not_found()


@route("GET", f"{ONE}/reviews", needs=READ)
def many(request: Request) -> Reply:
    """The reviews, the oldest first; others' pending ones are not seen."""
    on = pull_of(request)
    rows = [r for r in on.reviews if r.state != "PENDING" or r.author is request.user]
    return page(request, rows, lambda r: talk.review(request.world, r, on))


@route("POST", f"{ONE}/reviews", needs=WRITE, role="read", status=200)
def create(request: Request) -> Json:
    """Review, with comments on lines: all of them are lines of the diff, or nothing is written (422)."""
    on, said, who = pull_of(request), request.said, request.me()
    state, body = STATES.get(str(said.get("event")), "PENDING"), text("PullRequestReview", said.get("body"))
    rows = said.get("comments") or []
    if state in ("APPROVED", "CHANGES_REQUESTED") and on.author is who:
        unprocessable("Can not approve your own pull request")
    if state == "APPROVED" and request.token is not None and request.token.kind == "job" and not on.repo.may_approve:
        unprocessable("GitHub Actions is not permitted to approve pull requests.")
    if state in ("CHANGES_REQUESTED", "COMMENTED") and not body and not rows:
        invalid("PullRequestReview", "body", "missing_field")
    if len(rows) > ABUSE:
        forbidden("You have exceeded a secondary rate limit and have been temporarily blocked from content creation.")
    if said.get("commit_id") and not on.repo.git.ask("cat-file", "-t", str(said["commit_id"])):
        invalid("PullRequestReview", "commit_id")
    made = Review(
        request.world.next("review"), who, body, state, str(said.get("commit_id") or on.head), request.world.now
    )
    before = len(on.notes)
    try:
        notes = [pulls.comment_on_line(request.world, on, who, row, made) for row in rows]
    except Exception:
        del on.notes[before:]
        raise
    on.reviews.append(made)
    if state != "PENDING":
        events.review(request.world, made, on, "submitted", who)
        for note in notes:
            events.review_comment(request.world, note, on, "created", who)
    return talk.review(request.world, made, on)


@route("GET", f"{ONE}/reviews/{{review_id}}", needs=READ)
def one(request: Request) -> Json:
    """One review."""
    on = pull_of(request)
    return talk.review(request.world, review_of(request, on), on)


@route("PUT", f"{ONE}/reviews/{{review_id}}", needs=WRITE, role="read")
def change(request: Request) -> Json:
    """Change the text of a review of one's own."""
    on = pull_of(request)
    found, who = review_of(request, on), request.me()
    if found.author is not who:
        forbidden("Must be the author of the review.")
    found.body, found.edited_at, found.editor = str(request.said["body"]), request.world.now, who
    events.review(request.world, found, on, "edited", who)
    return talk.review(request.world, found, on)


@route("PUT", f"{ONE}/reviews/{{review_id}}/dismissals", needs=WRITE)
def dismiss(request: Request) -> Json:
    """Take a review's weight away."""
    on = pull_of(request)
    found = review_of(request, on)
    if found.state not in ("APPROVED", "CHANGES_REQUESTED"):
        unprocessable("Can not dismiss a commented pull request review")
    found.state = "DISMISSED"
    events.review(request.world, found, on, "dismissed", request.me())
    return talk.review(request.world, found, on)


@route("GET", f"{ONE}/reviews/{{review_id}}/comments", needs=READ)
def of_review(request: Request) -> Reply:
    """The comments of a review, in the older form that counts positions."""
    on = pull_of(request)
    found = review_of(request, on)
    rows = [n for n in on.notes if n.review is found]

    def shape(note: ReviewComment) -> Json:
        shown = talk.review_comment(request.world, note)
        return {**shown, "position": note.position}

    return page(request, rows, shape)


@route("GET", f"{ONE}/comments", needs=READ)
def notes(request: Request) -> Reply:
    """The comments on lines of one pull request, the oldest first."""
    rows = ordered(request, since(request, pull_of(request).notes), down="asc")
    return page(request, rows, lambda n: talk.review_comment(request.world, n))


@route("GET", f"{BASE}/pulls/comments", needs=READ)
def all_notes(request: Request) -> Reply:
    """The comments on lines of all of them."""
    rows = ordered(request, since(request, (n for p in request.repo.pulls for n in p.notes)), down="asc")
    return page(request, rows, lambda n: talk.review_comment(request.world, n))


@route("POST", f"{ONE}/comments", needs=WRITE, role="read")
def comment(request: Request) -> Json:
    """Write on a line: 422 where the diff does not show it, or the commit is none of the pull request's."""
    on, said, who = pull_of(request), request.said, request.me()
    if said.get("in_reply_to"):
        return _reply(request, on, int(said["in_reply_to"]))
    known = said.get("commit_id") and on.repo.git.ask("merge-base", "--is-ancestor", str(said["commit_id"]), on.head)
    if said.get("commit_id") not in (None, on.head) and known is None and said["commit_id"] != on.head:
        invalid("PullRequestReviewComment", "commit_id", "custom", "commit_id is not part of the pull request")
    if said.get("line") is None and said.get("subject_type") != "file" and said.get("position") is None:
        invalid("PullRequestReviewComment", "line", "missing_field")
    text("PullRequestReviewComment", said.get("body"))
    review = Review(request.world.next("review"), who, "", "COMMENTED", on.head, request.world.now)
    made = pulls.comment_on_line(request.world, on, who, said, review)
    on.reviews.append(review)
    events.review_comment(request.world, made, on, "created", who)
    return talk.review_comment(request.world, made)


@route("POST", f"{ONE}/comments/{{comment_id}}/replies", needs=WRITE, role="read")
def reply(request: Request) -> Json:
    """Answer in a thread."""
    return _reply(request, pull_of(request), request.number("comment_id"))


def _reply(request: Request, on: PullRequest, to: int) -> Json:
    first = next((n for n in on.notes if n.id == to), None) or not_found()
    world, who, root = request.world, request.me(), first.root or first
    made = ReviewComment(
        world.next("comment"), on, who, text("PullRequestReviewComment", request.said["body"]), world.now, world.now,
        path=root.path, line=root.line, side=root.side, commit=root.commit, hunk=root.hunk, root=root, position=1,
    )  # fmt: skip
    on.notes.append(made)
    events.review_comment(world, made, on, "created", who)
    return talk.review_comment(world, made)


@route("GET", f"{BASE}/pulls/comments/{{comment_id}}", needs=READ)
def one_note(request: Request) -> Json:
    """One comment on a line."""
    return talk.review_comment(request.world, note_of(request))


def _mine(request: Request) -> ReviewComment:
    found = note_of(request)
    if not (found.author is request.me() or access.strong(request)):
        forbidden("Must have push access to Repository.")
    return found


@route("PATCH", f"{BASE}/pulls/comments/{{comment_id}}", needs=WRITE, role="read")
def change_note(request: Request) -> Json:
    """Change a comment on a line: its author, or who may write."""
    found, who = _mine(request), request.me()
    found.body, found.editor = text("PullRequestReviewComment", request.said["body"]), who
    found.updated_at = found.edited_at = request.world.now
    return talk.review_comment(request.world, found)


@route("DELETE", f"{BASE}/pulls/comments/{{comment_id}}", needs=WRITE, role="read")
def delete_note(request: Request) -> None:
    """Delete a comment on a line."""
    found = _mine(request)
    if isinstance(found.on, PullRequest):
        found.on.notes.remove(found)
