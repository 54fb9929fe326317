"""Commits, comparisons, the pull requests a commit belongs to, and SARIF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osgate.testing.github import pulls
from osgate.testing.github.paging import page
from osgate.testing.github.router import Reply, Request, forbidden, not_found, route
from osgate.testing.github.routes.checks import sha_of
from osgate.testing.github.routes.pulls import diff_entry
from osgate.testing.github.shapes import places, talk, work
from osgate.testing.github.state import Json

if TYPE_CHECKING:
    from osgate.testing.gitlab.git import Commit

BASE = "/repos/{owner}/{repo}"
READ = "contents:read"
# Files and commits of a comparison, at most; commits come in pages.
MOST_FILES, MOST_COMMITS = 300, 250


@route("GET", f"{BASE}/commits", needs=READ)
def many(request: Request) -> Reply:
    """The commits of a branch, the newest first; of a path where one is asked for."""
    repo, query = request.repo, request.query
    start = repo.git.resolve(query.get("sha") or repo.default_branch) or not_found()
    wanted = [f"--since={query['since']}"] if query.get("since") else []
    wanted += [f"--until={query['until']}"] if query.get("until") else []
    where = ["--", f":(literal){query['path']}"] if query.get("path") else ["--"]
    rows = repo.git.commits(*wanted, start, *where)
    return page(request, rows, lambda c: work.commit(request.world, repo, c))


@route("GET", f"{BASE}/commits/{{ref}}", needs=READ)
def one(request: Request) -> Json | Reply:
    """One commit with what it changes; its id alone where that is asked for."""
    repo, sha = request.repo, sha_of(request)
    if "sha" in request.accept:
        return Reply(sha.encode(), content_type="application/vnd.github.sha; charset=utf-8")
    found = repo.git.commit(sha)
    parent = (
        found.parents[0]
        if found.parents
        else repo.git.run("hash-object", "-t", "tree", "--stdin", "-w").decode().strip()
    )
    files = pulls.diff_of(repo, parent, sha)
    added, removed = sum(len(f.added) for f in files), sum(len(f.removed) for f in files)
    return {
        **work.commit(request.world, repo, found),
        "stats": {"additions": added, "deletions": removed, "total": added + removed},
        "files": [diff_entry(request, repo, sha, f) for f in files[:MOST_FILES]],
    }


@route("GET", f"{BASE}/commits/{{commit_sha}}/pulls", needs="pull_requests:read")
def pulls_of(request: Request) -> Reply:
    """The pull requests a commit is in: open ones whose head holds it, merged ones that brought it."""
    sha, repo = sha_of(request, "commit_sha"), request.repo

    def holds(head: str, base: str) -> bool:
        return sha == head or sha in {c.id for c in repo.git.commits(f"{base}..{head}")}

    rows = [p for p in repo.pulls if sha == p.merge_commit or holds(p.head, p.base)]
    return page(request, rows, lambda p: talk.pull(request.world, p))


@route("GET", f"{BASE}/compare/{{basehead}}", needs=READ)
def compare(request: Request) -> Reply:
    """What `head` has that `base` has not, from where they part. Each may be `owner:branch`."""
    repo, world = request.repo, request.world
    base, dots, head = request.names["basehead"].partition("...")
    ends = [repo.git.resolve(end.rpartition(":")[2]) for end in (base, head)]
    if not dots or None in ends:
        not_found()
    one, other = str(ends[0]), str(ends[1])
    common = repo.git.merge_base(one, other) or not_found()
    ahead = repo.git.commits("--reverse", f"{one}..{other}")
    behind = repo.git.commits(f"{other}..{one}")
    state = "identical" if one == other else "diverged" if ahead and behind else "ahead" if ahead else "behind"
    page_url = f"{places.repo_page(world, repo)}/compare/{base}...{head}"

    def shape(found: Commit) -> Json:
        return work.commit(world, repo, found)

    listed = page(request, ahead, shape)
    first = request.query.get("page", "1") == "1"
    files = pulls.diff_of(repo, common, other)[:MOST_FILES] if first else []
    body = {
        "url": f"{places.repo_url(world, repo)}/compare/{base}...{head}",
        "html_url": page_url,
        "permalink_url": page_url,
        "diff_url": f"{page_url}.diff",
        "patch_url": f"{page_url}.patch",
        "base_commit": shape(repo.git.commit(one)),
        "merge_base_commit": shape(repo.git.commit(common)),
        "status": state,
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": listed.body
        if "page" in request.query or "per_page" in request.query
        else [*map(shape, ahead[:250])],
        "files": [diff_entry(request, repo, other, f) for f in files],
    }
    return Reply(body, headers=listed.headers)


@route("POST", f"{BASE}/code-scanning/sarifs", needs="security_events:write", status=202)
def sarif(request: Request) -> Json:
    """Take findings in; private repositories need a licence for it."""
    repo = request.repo
    if repo.private and not repo.code_security:
        forbidden("Code Security must be enabled for this repository to use code scanning.")
    number = f"{request.world.next('sarif'):08x}-0000-4000-8000-000000000003"
    repo.sarifs[number] = {**request.said}
    return {"id": number, "url": f"{places.repo_url(request.world, repo)}/code-scanning/sarifs/{number}"}


@route("GET", f"{BASE}/code-scanning/sarifs/{{sarif_id}}", needs="security_events:read")
def sarif_state(request: Request) -> Json:
    """Whether findings have been taken in."""
    if request.names["sarif_id"] not in request.repo.sarifs:
        not_found()
    url = f"{places.repo_url(request.world, request.repo)}/code-scanning/analyses"
    return {"processing_status": "complete", "analyses_url": url, "errors": None}
