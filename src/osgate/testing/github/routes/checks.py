"""Check runs, check suites and commit statuses."""

from __future__ import annotations

from osgate.testing.github import events
from osgate.testing.github.paging import page
from osgate.testing.github.queue import advance
from osgate.testing.github.router import Reply, Request, forbidden, invalid, not_found, route, unprocessable
from osgate.testing.github.running import again, suite_for
from osgate.testing.github.shapes import places, work
from osgate.testing.github.state import Json
from osgate.testing.github.state_work import CheckRun, CheckSuite, Status

BASE = "/repos/{owner}/{repo}"
READ, WRITE = "checks:read", "checks:write"
# Annotations in a request, characters of a text, statuses of one name on one commit; at most.
ANNOTATIONS, LONGEST, STATUSES, DESCRIPTION = 50, 65535, 1000, 140


def sha_of(request: Request, name: str = "ref") -> str:
    """Return the commit that a path names by branch, tag or id. Raises Refused (422)."""
    given = request.names[name]
    return request.repo.git.resolve(given) or unprocessable(f"No commit found for SHA: {given}")


def check_of(request: Request) -> CheckRun:
    """Return the check run of a path. Raises Refused (404)."""
    number = request.number("check_run_id")
    return next((c for c in request.repo.checks if c.id == number), None) or not_found()


def suite_of(request: Request) -> CheckSuite:
    """Return the check suite of a path. Raises Refused (404)."""
    number = request.number("check_suite_id")
    return next((s for s in request.repo.suites if s.id == number), None) or not_found()


@route("POST", f"{BASE}/check-runs", needs=WRITE)
def create(request: Request) -> Json:
    """Make a check run; only an app may, and GITHUB_TOKEN is one's."""
    token, said, world = request.token, request.said, request.world
    if token is None or token.app is None:
        forbidden("You must authenticate via a GitHub App.")
    sha = request.repo.git.ask("rev-parse", "--verify", "-q", f"{said['head_sha']}^{{commit}}")
    if sha is None or len(str(said["head_sha"])) != 40:
        unprocessable(f"No commit found for SHA: {said['head_sha']}")
    suite = suite_for(world, request.repo, token.app, sha)
    made = CheckRun(world.next("check"), suite, str(said["name"]), "queued", None, said.get("started_at") or world.now)
    request.repo.checks.append(made)
    _take(request, made)
    events.check_run(world, made, "created", request.me())
    return _done(request, made)


@route("PATCH", f"{BASE}/check-runs/{{check_run_id}}", needs=WRITE)
def change(request: Request) -> Json:
    """Change a check run of one's own app; annotations are added to those that are there."""
    found, token = check_of(request), request.token
    if token is None or token.app is not found.suite.app:
        forbidden(f"Invalid app_id `{_app(request)}` - check run can only be modified by the app that created it.")
    _take(request, found)
    return _done(request, found)


def _app(request: Request) -> int:
    return request.token.app.id if request.token and request.token.app else 0


def _done(request: Request, found: CheckRun) -> Json:
    if found.status == "completed":
        advance(request.world, request.repo)
    return work.check_run(request.world, found)


def _take(request: Request, found: CheckRun) -> None:
    said, output = request.said, request.said.get("output") or {}
    rows = output.get("annotations") or []
    if len(rows) > ANNOTATIONS:
        invalid("CheckRun", "annotations", "custom", f"Annotations exceeds a maximum quantity of {ANNOTATIONS}")
    for name in ("summary", "text"):
        if len(output.get(name) or "") > LONGEST:
            invalid(
                "CheckRun", name, "custom", f"Only {LONGEST} characters are allowed; {len(output[name])} were supplied."
            )
    found.name = str(said.get("name") or found.name)
    found.details_url = said.get("details_url") or found.details_url
    found.external_id = str(said.get("external_id") or found.external_id)
    found.actions = said.get("actions") or found.actions
    found.status = str(said.get("status") or found.status)
    if said.get("conclusion"):
        found.status, found.conclusion = "completed", str(said["conclusion"])
        found.completed_at = said.get("completed_at") or request.world.now
    elif found.status == "completed" and found.conclusion is None:
        invalid("CheckRun", "conclusion", "missing_field")
    elif found.status != "completed":
        found.conclusion = found.completed_at = None
    found.output |= {name: output[name] for name in ("title", "summary", "text") if name in output}
    found.annotations += rows


@route("GET", f"{BASE}/check-runs/{{check_run_id}}", needs=READ)
def one(request: Request) -> Json:
    """One check run."""
    return work.check_run(request.world, check_of(request))


@route("GET", f"{BASE}/check-runs/{{check_run_id}}/annotations", needs=READ)
def notes(request: Request) -> Reply:
    """What it says of lines."""
    found = check_of(request)
    usual = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
    base = places.repo_page(request.world, request.repo)
    return page(
        request,
        found.annotations,
        lambda row: {**usual, **row, "blob_href": f"{base}/blob/{found.suite.sha}/{row['path']}"},
    )


@route("POST", f"{BASE}/check-runs/{{check_run_id}}/rerequest", needs=WRITE)
def rerequest(request: Request) -> Json:
    """Ask the app for it again."""
    found = check_of(request)
    _again(request, found.suite)
    events.check_run(request.world, found, "rerequested", request.me())
    return {}


def _again(request: Request, suite: CheckSuite) -> None:
    suite.rerequested += 1
    if suite.run is not None:
        again(request.world, suite.run)
        return
    for check in (c for c in request.repo.checks if c.suite is suite):
        check.status, check.conclusion, check.completed_at = "queued", None, None


@route("GET", f"{BASE}/check-suites/{{check_suite_id}}", needs=READ)
def suite(request: Request) -> Json:
    """One check suite."""
    return work.check_suite(request.world, suite_of(request))


@route("POST", f"{BASE}/check-suites/{{check_suite_id}}/rerequest", needs=WRITE)
def rerequest_suite(request: Request) -> Json:
    """Ask the app for all of them again; only the app itself may by a token of its own."""
    found, token = suite_of(request), request.token
    if token is not None and token.app not in (None, found.app):
        forbidden("Resource not accessible by integration")
    _again(request, found)
    return {}


@route("GET", f"{BASE}/check-suites/{{check_suite_id}}/check-runs", needs=READ)
def suite_runs(request: Request) -> Reply:
    """The check runs of a suite."""
    found = suite_of(request)
    return _runs(request, [c for c in request.repo.checks if c.suite is found])


@route("GET", f"{BASE}/commits/{{ref}}/check-runs", needs=READ)
def many(request: Request) -> Reply:
    """The check runs of a commit; of each name and suite the newest, unless all are asked for."""
    sha = sha_of(request)
    rows = [c for c in request.repo.checks if c.suite.sha == sha]
    if request.query.get("filter", "latest") == "latest":
        rows = list({(c.suite.id, c.name): c for c in rows}.values())
    wanted = request.query.get("app_id")
    return _runs(request, [c for c in rows if wanted in (None, str(c.suite.app.id))])


def _runs(request: Request, rows: list[CheckRun]) -> Reply:
    name, state = request.query.get("check_name"), request.query.get("status")
    rows = [c for c in rows if name in (None, c.name) and state in (None, c.status)]
    newest = sorted(rows, key=lambda c: c.id, reverse=True)
    return page(request, newest, lambda c: work.check_run(request.world, c), "check_runs")


@route("GET", f"{BASE}/commits/{{ref}}/check-suites", needs=READ)
def suites(request: Request) -> Reply:
    """The check suites of a commit."""
    sha, wanted = sha_of(request), request.query.get("app_id")
    rows = [s for s in request.repo.suites if s.sha == sha and wanted in (None, str(s.app.id))]
    return page(request, rows, lambda s: work.check_suite(request.world, s), "check_suites")


@route("POST", f"{BASE}/statuses/{{sha}}", needs="statuses:write")
def set_status(request: Request) -> Json:
    """Set a commit status, as anybody who may push can, under any name."""
    said, repo, world = request.said, request.repo, request.world
    sha = request.names["sha"]
    if len(sha) != 40 or repo.git.ask("cat-file", "-t", sha) != "commit":
        unprocessable(f"No commit found for SHA: {sha}")
    text = said.get("description")
    if len(text or "") > DESCRIPTION:
        invalid("Status", "description", "custom", f"description is too long (maximum is {DESCRIPTION} characters)")
    context = str(said.get("context") or "default")
    if sum(s.sha == sha and s.context == context for s in repo.statuses) >= STATUSES:
        unprocessable("Validation failed: This SHA and context has reached the maximum number of statuses.")
    url = said.get("target_url") or None
    made = Status(world.next("status"), sha, str(said["state"]), context, text, url, request.me(), world.now)
    repo.statuses.append(made)
    about = {"sha": sha, "state": made.state, "context": context, "description": text, "target_url": url}
    events.emit(world, repo, "status", lambda: {**about, "id": made.id, "name": repo.full_name}, request.me())
    advance(world, repo)
    return work.status(world, repo, made)


@route("GET", f"{BASE}/commits/{{ref}}/statuses", needs="statuses:read")
def statuses(request: Request) -> Reply:
    """Every status of a commit, the newest first."""
    sha = sha_of(request)
    rows = [s for s in request.repo.statuses if s.sha == sha]
    return page(request, rows[::-1], lambda s: work.status(request.world, request.repo, s))


@route("GET", f"{BASE}/commits/{{ref}}/status", needs="statuses:read")
def combined(request: Request) -> Json:
    """The newest status of each name, and what they come to."""
    sha, repo, world = sha_of(request), request.repo, request.world
    newest = list({s.context: s for s in repo.statuses if s.sha == sha}.values())
    states = {s.state for s in newest}
    state = "failure" if states & {"failure", "error"} else "pending" if states != {"success"} else "success"
    url = places.repo_url(world, repo)
    return {
        "state": state,
        "statuses": [work.simple_status(world, repo, s) for s in newest],
        "sha": sha,
        "total_count": len(newest),
        "repository": places.minimal_repo(world, repo),
        "commit_url": f"{url}/commits/{sha}",
        "url": f"{url}/commits/{sha}/status",
    }
