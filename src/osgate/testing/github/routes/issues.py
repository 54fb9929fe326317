"""Issues and labels; a pull request is an issue too."""

from __future__ import annotations

from osgate.testing.github import access, events
from osgate.testing.github.paging import ordered, page, since
from osgate.testing.github.router import Reply, Request, forbidden, invalid, not_found, route
from osgate.testing.github.shapes import talk
from osgate.testing.github.state import Issue, Json, Label, PullRequest, Repo, User
from osgate.testing.github.world import World

BASE = "/repos/{owner}/{repo}"
ONE = f"{BASE}/issues/{{issue_number}}"
EITHER_READ = "issues:read|pull_requests:read"
EITHER = "issues:write|pull_requests:write"
# Characters of a text, at most.
LONGEST = 65536


def issue_of(request: Request) -> Issue:
    """Return the issue or pull request of a path. Raises Refused (404)."""
    return request.repo.issues.get(request.number("issue_number")) or not_found()


def text(resource: str, body: object) -> str:
    """Return a text GitHub would keep. Raises Refused (422) for too much."""
    found = str(body or "")
    if len(found) > LONGEST:
        invalid(resource, "body", "custom", f"body is too long (maximum is {LONGEST} characters)")
    return found


def open_issue(
    world: World, repo: Repo, author: User, title: str, body: str = "", labels: tuple[str, ...] = ()
) -> Issue:
    """Open an issue; workflows and webhooks hear of it."""
    repo.numbers += 1
    made = Issue(world.next("issue"), repo.numbers, repo, title, body, author, world.now, world.now)
    made.labels = [named(world, repo, name).name for name in labels]
    repo.issues[made.number] = made
    events.issue(world, made, "opened", author)
    return made


def named(world: World, repo: Repo, name: str) -> Label:
    """Return a label, made where it is not there."""
    if name.lower() not in repo.labels:
        repo.labels[name.lower()] = Label(world.next("label"), name)
    return repo.labels[name.lower()]


@route("GET", f"{BASE}/issues", needs=EITHER_READ)
def many(request: Request) -> Reply:
    """Issues and pull requests; open ones, the newest first, unless asked otherwise."""
    state, rows = request.query.get("state", "open"), since(request, request.repo.issues.values())
    rows = [i for i in rows if state in ("all", i.state)]
    for name in filter(None, request.query.get("labels", "").split(",")):
        rows = [i for i in rows if name.lower() in (label.lower() for label in i.labels)]
    creator = request.query.get("creator", "").lower()
    rows = [i for i in rows if creator in ("", i.author.login.lower())]
    return page(request, ordered(request, rows), lambda i: talk.issue(request.world, i))


@route("GET", ONE, needs=EITHER_READ)
def one(request: Request) -> Json:
    """One of them."""
    return talk.issue(request.world, issue_of(request))


@route("POST", f"{BASE}/issues", needs="issues:write", role="read")
def create(request: Request) -> Json:
    """Open an issue. Labels of who may not set them are left out without a word."""
    title = str(request.said["title"])
    if not title.strip():
        invalid("Issue", "title", "missing_field")
    may = access.strong(request, "triage") or (
        request.token is not None and request.token.kind in ("job", "installation")
    )
    names = [row["name"] if isinstance(row, dict) else str(row) for row in request.said.get("labels") or ()]
    body = text("Issue", request.said.get("body"))
    made = open_issue(request.world, request.repo, request.me(), title, body, tuple(names) if may else ())
    made.app = request.token.app if request.token else None
    return talk.issue(request.world, made)


@route("PATCH", ONE, needs=EITHER, role="read")
def change(request: Request) -> Json:
    """Change what is said of it: its author, or who has triage."""
    found, said, who = issue_of(request), request.said, request.me()
    if not (found.author is who or access.strong(request, "triage") or _by_app(request)):
        forbidden("Must have triage rights to Repository.")
    if "body" in said or "title" in said:
        before = (found.title, found.body)
        found.title = str(said.get("title") or found.title)
        found.body = text("Issue", said["body"]) if "body" in said else found.body
        if (found.title, found.body) != before:
            found.edited_at, found.editor = request.world.now, who
            events.issue(request.world, found, "edited", who)
    if "labels" in said:
        rows = [row["name"] if isinstance(row, dict) else str(row) for row in said["labels"] or ()]
        found.labels = [named(request.world, request.repo, name).name for name in rows]
    if said.get("state", found.state) != found.state:
        _move(request, found, str(said["state"]), who)
    found.updated_at = request.world.now
    return talk.issue(request.world, found)


def _by_app(request: Request) -> bool:
    return request.token is not None and request.token.kind in ("job", "installation")


def _move(request: Request, found: Issue, state: str, who: User) -> None:
    found.state = state
    found.closed_at = request.world.now if state == "closed" else None
    found.state_reason = request.said.get("state_reason") or ("completed" if state == "closed" else "reopened")
    if isinstance(found, PullRequest):
        events.pull(request.world, found, "closed" if state == "closed" else "reopened", who)
    else:
        events.issue(request.world, found, "closed" if state == "closed" else "reopened", who)


@route("GET", f"{BASE}/labels", needs=EITHER_READ)
def labels(request: Request) -> Reply:
    """The labels there are."""
    return page(request, request.repo.labels.values(), lambda x: talk.label(request.world, request.repo, x.name))


@route("POST", f"{BASE}/labels", needs=EITHER, role="triage")
def add_label(request: Request) -> Json:
    """Make a label; there is one of a name."""
    said, repo = request.said, request.repo
    if str(said["name"]).lower() in repo.labels:
        invalid("Label", "name", "already_exists")
    made = named(request.world, repo, str(said["name"]))
    made.color, made.description = str(said.get("color") or "ededed"), said.get("description")
    return talk.label(request.world, repo, made.name)


def _labels(request: Request, found: Issue) -> Reply:
    return page(request, found.labels, lambda name: talk.label(request.world, request.repo, name))


@route("GET", f"{ONE}/labels", needs=EITHER_READ)
def issue_labels(request: Request) -> Reply:
    """The labels of one."""
    return _labels(request, issue_of(request))


def _given(request: Request) -> list[str]:
    rows = request.said.get("labels") or []
    names = [row["name"] if isinstance(row, dict) else str(row) for row in rows]
    return [named(request.world, request.repo, name).name for name in names]


@route("POST", f"{ONE}/labels", needs=EITHER, role="triage", status=200)
def add_labels(request: Request) -> Reply:
    """Add labels."""
    found = issue_of(request)
    found.labels += [name for name in _given(request) if name not in found.labels]
    found.updated_at = request.world.now
    return _labels(request, found)


@route("PUT", f"{ONE}/labels", needs=EITHER, role="triage")
def set_labels(request: Request) -> Reply:
    """Replace the labels."""
    found = issue_of(request)
    found.labels, found.updated_at = _given(request), request.world.now
    return _labels(request, found)


@route("DELETE", f"{ONE}/labels/{{name}}", needs=EITHER, role="triage", status=200)
def remove_label(request: Request) -> Reply:
    """Take a label off."""
    found, name = issue_of(request), request.names["name"].lower()
    if name not in [label.lower() for label in found.labels]:
        not_found()
    found.labels = [label for label in found.labels if label.lower() != name]
    return _labels(request, found)
