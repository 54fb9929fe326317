"""Branch protection, the older way to say what a branch asks for."""

from __future__ import annotations

from osgate.testing.github.router import Refused, Request, error, not_found, route
from osgate.testing.github.shapes import places
from osgate.testing.github.state import Json

BASE = "/repos/{owner}/{repo}/branches/{branch}/protection"
READ, WRITE = "administration:read", "administration:write"
_SWITCHES = (
    "required_linear_history", "allow_force_pushes", "allow_deletions", "block_creations",
    "required_conversation_resolution", "lock_branch", "allow_fork_syncing",
)  # fmt: skip


def _url(request: Request) -> str:
    return f"{places.repo_url(request.world, request.repo)}/branches/{request.names['branch']}/protection"


def _of(request: Request) -> Json:
    repo, name = request.repo, request.names["branch"]
    if repo.git.tip(name) is None:
        raise Refused(404, error("Branch not found", 404))
    found = repo.protection.get(name)
    if found is None:
        raise Refused(404, error("Branch not protected", 404))
    return found


def shape(request: Request, found: Json) -> Json:
    """Protection as it is shown; what is not asked for is left out."""
    url = _url(request)
    shown: Json = {"url": url, "enforce_admins": _admins(request, found)}
    for name in _SWITCHES:
        shown[name] = {"enabled": bool(found.get(name))}
    if found.get("required_status_checks"):
        shown["required_status_checks"] = _checks(request, found["required_status_checks"])
    given = found.get("required_pull_request_reviews")
    if given:
        names = ("dismiss_stale_reviews", "require_code_owner_reviews", "require_last_push_approval")
        flags = {name: bool(given.get(name)) for name in names}
        count = given.get("required_approving_review_count", 1)
        where = {"url": f"{url}/required_pull_request_reviews"}
        shown["required_pull_request_reviews"] = {**where, **flags, "required_approving_review_count": count}
    if found.get("restrictions"):
        empty: Json = {"users": [], "teams": [], "apps": []}
        urls = {
            name: f"{url}/restrictions/{name.removesuffix('_url')}" for name in ("users_url", "teams_url", "apps_url")
        }
        shown["restrictions"] = {"url": f"{url}/restrictions", **urls, **empty}
    return shown


def _admins(request: Request, found: Json) -> Json:
    return {"url": f"{_url(request)}/enforce_admins", "enabled": bool(found.get("enforce_admins"))}


def _checks(request: Request, given: Json) -> Json:
    url = f"{_url(request)}/required_status_checks"
    rows = [{"context": c["context"], "app_id": _source(c)} for c in given.get("checks", ())]
    strict, names = bool(given.get("strict")), [r["context"] for r in rows]
    return {"url": url, "strict": strict, "contexts": names, "checks": rows, "contexts_url": f"{url}/contexts"}


def _source(check: Json) -> int | None:
    """-1 says anybody, nothing said means whoever ran it last: here nobody in particular."""
    found = check.get("app_id")
    return int(found) if found is not None and found > 0 else None


@route("GET", BASE, needs=READ, role="admin")
def get(request: Request) -> Json:
    """What protects a branch; 404 where nothing of this kind does."""
    _admin(request)
    return shape(request, _of(request))


def _admin(request: Request) -> None:
    """Only administrators see it, in public repositories as well."""
    token = request.token
    if token is None or (token.kind in ("pat", "fine") and request.world.role(request.user, request.repo) != "admin"):
        not_found()


@route("PUT", BASE, needs=WRITE, role="admin")
def put(request: Request) -> Json:
    """Replace all of it."""
    repo, said, name = request.repo, dict(request.said), request.names["branch"]
    if repo.git.tip(name) is None:
        raise Refused(404, error("Branch not found", 404))
    checks = said.get("required_status_checks")
    if checks and "checks" not in checks:
        said["required_status_checks"] = {**checks, "checks": [{"context": c} for c in checks.get("contexts", ())]}
    repo.protection[name] = said
    return shape(request, said)


@route("DELETE", BASE, needs=WRITE, role="admin")
def delete(request: Request) -> None:
    """Take it all away."""
    _of(request)
    del request.repo.protection[request.names["branch"]]


@route("GET", f"{BASE}/enforce_admins", needs=READ, role="admin")
def admins(request: Request) -> Json:
    """Whether administrators are held to it."""
    _admin(request)
    return _admins(request, _of(request))


@route("POST", f"{BASE}/enforce_admins", needs=WRITE, role="admin", status=200)
def hold_admins(request: Request) -> Json:
    """Hold administrators to it."""
    found = _of(request)
    found["enforce_admins"] = True
    return _admins(request, found)


@route("GET", f"{BASE}/required_status_checks", needs=READ, role="admin")
def checks(request: Request) -> Json:
    """The checks it asks for."""
    _admin(request)
    return _checks(request, _of(request).get("required_status_checks") or not_found())


@route("PATCH", f"{BASE}/required_status_checks", needs=WRITE, role="admin")
def change_checks(request: Request) -> Json:
    """Change the checks it asks for."""
    found, said = _of(request), dict(request.said)
    if "contexts" in said and "checks" not in said:
        said["checks"] = [{"context": c} for c in said["contexts"]]
    found["required_status_checks"] = {**(found.get("required_status_checks") or not_found()), **said}
    return _checks(request, found["required_status_checks"])
