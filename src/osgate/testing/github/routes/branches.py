"""Branches, and the rules that are in force on one."""

from __future__ import annotations

from osgate.testing.github import rules
from osgate.testing.github.paging import page
from osgate.testing.github.router import Reply, Request, not_found, route
from osgate.testing.github.shapes import places, work
from osgate.testing.github.state import Json

BASE = "/repos/{owner}/{repo}"


def _protected(request: Request, branch: str) -> bool:
    return branch in request.repo.protection or bool(rules.active(request.world, request.repo, branch))


@route("GET", f"{BASE}/branches", needs="contents:read")
def many(request: Request) -> Reply:
    """The branches."""
    repo = request.repo
    base = places.repo_url(request.world, repo)
    wanted = request.query.get("protected")
    rows = [(n, o) for n, o in repo.git.refs("refs/heads/").items()]
    rows = [r for r in rows if wanted is None or _protected(request, r[0]) == (wanted == "true")]

    def shape(row: tuple[str, str]) -> Json:
        name, oid = row
        commit = {"sha": oid, "url": f"{base}/commits/{oid}"}
        return {"name": name, "commit": commit, "protected": _protected(request, name)}

    return page(request, rows, shape)


@route("GET", f"{BASE}/branches/{{branch}}", needs="contents:read")
def one(request: Request) -> Json:
    """One branch, with a summary of the older protection."""
    repo, name = request.repo, request.names["branch"]
    oid = repo.git.tip(name) or not_found()
    url = f"{places.repo_url(request.world, repo)}/branches/{name}"
    old = (repo.protection.get(name) or {}).get("required_status_checks") or {}
    checks = [{"context": c["context"], "app_id": c.get("app_id")} for c in old.get("checks", ())]
    contexts = [c["context"] for c in checks]
    level = "non_admins" if contexts else "off"
    return {
        "name": name,
        "commit": work.commit(request.world, repo, repo.git.commit(oid)),
        "_links": {"self": url, "html": f"{places.repo_page(request.world, repo)}/tree/{name}"},
        "protected": _protected(request, name),
        "protection": {
            "enabled": name in repo.protection,
            "required_status_checks": {"enforcement_level": level, "contexts": contexts, "checks": checks},
        },
        "protection_url": f"{url}/protection",
    }


@route("GET", f"{BASE}/rules/branches/{{branch}}")
def in_force(request: Request) -> Reply:
    """The rules in force on a branch, wherever they come from; those only evaluated are not shown."""
    rows = rules.active(request.world, request.repo, request.names["branch"])
    return page(request, rows, lambda row: row)
