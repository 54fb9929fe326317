"""Pull requests: list, open, change, what is in them, merge."""

from __future__ import annotations

from osgate.testing.github import access, events, pulls, rules
from osgate.testing.github.git import FileDiff, GitFailed
from osgate.testing.github.paging import ordered, page
from osgate.testing.github.router import Refused, Reply, Request, conflict, error, forbidden, invalid, not_found, route
from osgate.testing.github.routes.issues import BASE, text
from osgate.testing.github.shapes import places, talk, work
from osgate.testing.github.state import Json, PullRequest, Repo

ONE = f"{BASE}/pulls/{{pull_number}}"
READ, WRITE = "pull_requests:read", "pull_requests:write"
# Commits and files that are listed, at most.
MOST_COMMITS, MOST_FILES = 250, 3000
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


def pull_of(request: Request) -> PullRequest:
    """Return the pull request of a path. Raises Refused (404)."""
    found = request.repo.issues.get(request.number("pull_number"))
    return found if isinstance(found, PullRequest) else not_found()


def full(request: Request, found: PullRequest) -> Json:
    """A pull request with its numbers and whether it may be merged."""
    return talk.full_pull(request.world, found, pulls.counts(found), rules.state_of(request.world, found))


@route("GET", f"{BASE}/pulls", needs=READ)
def many(request: Request) -> Reply:
    """Pull requests; open ones, the newest first, unless asked otherwise."""
    state, base = request.query.get("state", "open"), request.query.get("base", "")
    rows = [p for p in request.repo.pulls if state in ("all", p.state) and base in ("", p.base_ref)]
    head = request.query.get("head", "").lower()
    rows = [p for p in rows if head in ("", f"{p.head_owner}:{p.head_ref}".lower())]
    return page(request, ordered(request, rows), lambda p: talk.pull(request.world, p))


@route("POST", f"{BASE}/pulls", needs=WRITE, role="read")
def create(request: Request) -> Json:
    """Open one. head: `branch` or `owner:branch`."""
    said, repo = request.said, request.repo
    owner, _, branch = str(said["head"]).rpartition(":")
    place: Repo | None = repo
    if owner and owner.lower() != repo.owner.login.lower():
        forks = [r for r in request.world.repos.values() if r.parent is repo]
        place = next((r for r in forks if r.owner.login.lower() == owner.lower()), None)
    if place is None:
        invalid("PullRequest", "head")
    if request.token is not None and request.token.kind == "job" and not repo.may_approve:
        forbidden("GitHub Actions is not permitted to create or approve pull requests.")
    body, title = text("PullRequest", said.get("body")), str(said.get("title") or "")
    made = pulls.open_pull(
        request.world, repo, request.me(), title, (place, branch), str(said["base"]), body=body,
        draft=bool(said.get("draft")),
    )  # fmt: skip
    return full(request, made)


@route("GET", ONE, needs=READ)
def one(request: Request) -> Json | Reply:
    """One pull request; as a diff where that is asked for."""
    found = pull_of(request)
    if "diff" in request.accept:
        made = found.repo.git.run("diff", pulls.base_of(found), found.head)
        return Reply(made, content_type="application/vnd.github.diff; charset=utf-8")
    return full(request, found)


@route("PATCH", ONE, needs=WRITE, role="read")
def change(request: Request) -> Json:
    """Change title, text, state or base: its author, or who may write."""
    found, said, who = pull_of(request), request.said, request.me()
    app = request.token is not None and request.token.kind in ("job", "installation")
    if not (found.author is who or access.strong(request) or app):
        forbidden("Must have push access to Repository.")
    before = (found.title, found.body)
    found.title = str(said.get("title") or found.title)
    found.body = text("PullRequest", said["body"]) if "body" in said else found.body
    if (found.title, found.body) != before:
        found.edited_at, found.editor = request.world.now, who
        events.pull(request.world, found, "edited", who)
    if said.get("base"):
        found.base_ref = str(said["base"])
        found.base = found.repo.git.tip(found.base_ref) or invalid("PullRequest", "base")
    if said.get("state") == "closed" and found.state == "open":
        pulls.close(request.world, found, who)
    elif said.get("state") == "open" and found.state == "closed" and not found.merged_at:
        found.state, found.closed_at = "open", None
        events.pull(request.world, found, "reopened", who)
    found.updated_at = request.world.now
    return full(request, found)


@route("GET", f"{ONE}/commits", needs=READ)
def commits(request: Request) -> Reply:
    """Its commits, the oldest first; 250 at most."""
    found = pull_of(request)
    rows = found.repo.git.commits("--reverse", f"{found.base}..{found.head}")[:MOST_COMMITS]
    return page(request, rows, lambda c: work.commit(request.world, found.repo, c))


def diff_entry(request: Request, repo: Repo, head: str, found: FileDiff) -> Json:
    """A `diff-entry`."""
    path, base = found.new_path, places.repo_url(request.world, repo)
    page_url = places.repo_page(request.world, repo)
    gone = found.status[0] == "D"
    row = None if gone else repo.git.object(head, path)
    shown: Json = {
        "sha": row[2] if row else None,
        "filename": path,
        "status": _STATUS[found.status[0]],
        "additions": len(found.added),
        "deletions": len(found.removed),
        "changes": len(found.added) + len(found.removed),
        "blob_url": f"{page_url}/blob/{head}/{path}",
        "raw_url": f"{page_url}/raw/{head}/{path}",
        "contents_url": f"{base}/contents/{path}?ref={head}",
    }
    if found.text and not found.text.startswith("Binary"):
        shown["patch"] = found.text.rstrip("\n")
    return shown | ({"previous_filename": found.old_path} if found.status[0] in "RC" else {})


@route("GET", f"{ONE}/files", needs=READ)
def files(request: Request) -> Reply:
    """What it changes, 3000 files at most."""
    found = pull_of(request)
    rows = pulls.files_of(found)[:MOST_FILES]
    return page(request, rows, lambda f: diff_entry(request, found.repo, found.head, f))


@route("GET", f"{ONE}/merge", needs=READ, status=204)
def merged(request: Request) -> None:
    """Whether it has been merged."""
    if not pull_of(request).merged_at:
        not_found()


@route("PUT", f"{ONE}/merge", needs="contents:write")
def merge(request: Request) -> Json:
    """Merge: 409 where the head is another than `sha`, 405 where rules are in the way."""
    found, said, who = pull_of(request), request.said, request.me()
    if said.get("sha") and said["sha"] != found.head:
        conflict("Head branch was modified. Review and try the merge again.")
    if rules.queue_rule(request.world, found.repo, found.base_ref):
        raise Refused(405, error("Changes must be made through the merge queue", 405))
    wrong = rules.obstacles(request.world, found)
    if wrong:
        raise Refused(405, error(wrong[0], 405))
    title = str(said.get("commit_title") or "")
    try:
        made = pulls.merge(request.world, found, who, title)
    except GitFailed as failed:
        raise Refused(405, error(str(failed), 405)) from None
    return {"sha": made, "merged": True, "message": "Pull Request successfully merged"}


@route("GET", f"{ONE}/requested_reviewers", needs=READ)
def requested(request: Request) -> Json:
    """Who was asked to look; the fake asks nobody."""
    pull_of(request)
    return {"users": [], "teams": []}
