"""Commits: read, list, compare, write several files at once; the repository's tree and blobs."""

from __future__ import annotations

import base64

from osgate.testing.gitlab import changes
from osgate.testing.gitlab.access import may_change, project_of, sees_code
from osgate.testing.gitlab.git import Commit, FileDiff, GitFailed
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, bad, forbidden, not_found, route
from osgate.testing.gitlab.state import Json, Project
from osgate.testing.gitlab.writing import accept

CHANGED = "You are attempting to update a file that has changed since you started editing it."
EXISTS, MISSING = "A file with this name already exists", "A file with this name doesn't exist"
READ = ("read_repository",)
# Bytes of a file's diff above which GitLab leaves it out.
TOO_LARGE = 200_000


def commit(request: Request, project: Project, found: Commit) -> Json:
    """A commit."""
    return {
        "id": found.id,
        "short_id": found.id[:8],
        "created_at": found.committed,
        "parent_ids": found.parents,
        "title": found.message.split("\n", 1)[0],
        "message": found.message,
        "author_name": found.author,
        "author_email": found.author_email,
        "authored_date": found.authored,
        "committer_name": found.committer,
        "committer_email": found.committer_email,
        "committed_date": found.committed,
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{request.world.web_url}/{project.full_path}/-/commit/{found.id}",
    }


def file_diff(found: FileDiff) -> Json:
    """One file of a diff."""
    large = len(found.text) > TOO_LARGE
    return {
        "diff": "" if large else found.text,
        "new_path": found.new_path,
        "old_path": found.old_path,
        "a_mode": found.old_mode,
        "b_mode": found.new_mode,
        "new_file": found.status == "A",
        "renamed_file": found.status[0] == "R",
        "deleted_file": found.status == "D",
        "generated_file": False,
        "collapsed": False,
        "too_large": large,
    }


def code_of(request: Request) -> Project:
    """Return the project whose code the caller may read: Reporter up where it is private."""
    found = project_of(request)
    if not sees_code(request, found):
        forbidden()
    return found


def writer(request: Request, found: Project, branch: str) -> None:
    """Raises Refused (403) for who may not push to a branch."""
    if not may_change(request.world, request.me(), found, branch):
        raise Refused(403, {"message": f"You are not allowed to push into this branch: {branch}"})


@route("GET", "/projects/:id/repository/commits", "[Commit]", job=True, scopes=READ)
def commits(request: Request) -> Reply:
    """The commits of `ref_name`, newest first, that touch `path`."""
    found, params = code_of(request), request.params
    ref = str(params.get("ref_name") or found.default_branch)
    tip = None if ".." in ref else found.repo.resolve(ref)
    if tip is None and ".." not in ref:
        return page(request, [], str) if not params.get("ref_name") else not_found("Reference")
    chosen = [f"--since={params['since']}"] if params.get("since") else []
    chosen += [f"--until={params['until']}"] if params.get("until") else []
    path = ["--", f":(literal){params['path']}"] if params.get("path") else ["--"]
    rows = found.repo.commits(*chosen, tip or ref, *path)
    return page(request, rows, lambda c: commit(request, found, c))


@route("GET", "/projects/:id/repository/commits/:sha", "DetailedCommit", job=True, scopes=READ)
def get(request: Request) -> Json:
    """One commit."""
    found = code_of(request)
    sha = found.repo.resolve(request.names["sha"]) or not_found("Commit")
    pipelines = [p for p in found.pipelines if p.sha == sha]
    more = {"status": pipelines[-1].status if pipelines else None, "project_id": found.id, "last_pipeline": None}
    return {**commit(request, found, found.repo.commit(sha)), **more}


@route("GET", "/projects/:id/repository/commits/:sha/diff", "[FileDiff]", job=True, scopes=READ)
def diff(request: Request) -> Reply:
    """What a commit changed against its first parent."""
    found = code_of(request)
    made = found.repo.commit(found.repo.resolve(request.names["sha"]) or not_found("Commit"))
    before = (
        made.parents[0] if made.parents else found.repo.run("hash-object", "-t", "tree", "/dev/null").decode().strip()
    )
    return page(request, changes.diff_of(found, before, made.id), file_diff)


@route("GET", "/projects/:id/repository/commits/:sha/refs", "[CommitRef]", job=True, scopes=READ)
def refs(request: Request) -> Reply:
    """The branches and tags that hold a commit."""
    found = code_of(request)
    sha = found.repo.resolve(request.names["sha"]) or not_found("Commit")
    rows = []
    for kind, under in (("branch", "refs/heads/"), ("tag", "refs/tags/")):
        text = found.repo.run("for-each-ref", "--format=%(refname)", f"--contains={sha}", under).decode()
        rows += [{"type": kind, "name": line.removeprefix(under)} for line in text.splitlines()]
    return page(request, rows, dict)


@route("GET", "/projects/:id/repository/compare", "Compare", job=True, scopes=READ)
def compare(request: Request) -> Json:
    """Two refs: from their common ancestor on, or (`straight`) tree against tree."""
    found, params = code_of(request), request.params
    old = found.repo.resolve(str(params["from"])) or not_found("Ref")
    new = found.repo.resolve(str(params["to"])) or not_found("Ref")
    base = old if params.get("straight") in (True, "true") else found.repo.merge_base(old, new) or old
    rows = found.repo.commits(f"{old}..{new}") if old != new else []
    shown = [commit(request, found, c) for c in reversed(rows)]
    return {
        "commit": shown[-1] if shown else None,
        "commits": shown,
        "diffs": [file_diff(d) for d in changes.diff_of(found, base, new)],
        "compare_timeout": False,
        "compare_same_ref": old == new,
        "web_url": f"{request.world.web_url}/{found.full_path}/-/compare/{old}...{new}",
    }


@route("GET", "/projects/:id/repository/merge_base", "Commit", job=True, scopes=READ)
def merge_base(request: Request) -> Json:
    """The common ancestor of `refs`."""
    found = code_of(request)
    shas = [found.repo.resolve(str(ref)) or not_found("Ref") for ref in request.params.get("refs") or []]
    base = found.repo.merge_base(shas[0], shas[1]) if len(shas) > 1 else bad("Provide at least 2 refs")
    return commit(request, found, found.repo.commit(base)) if base else not_found("Merge Base")


@route("GET", "/projects/:id/repository/tree", "[TreeEntry]", job=True, scopes=READ)
def tree(request: Request) -> Reply:
    """What lies below `path`, all levels with `recursive`."""
    found, params = code_of(request), request.params
    sha = found.repo.resolve(str(params.get("ref") or found.default_branch)) or not_found("Tree")
    path = str(params.get("path") or "").strip("/")
    deep = ["-r", "-t"] if params.get("recursive") in (True, "true", "1") else []
    try:
        listed = found.repo.run("ls-tree", "-z", *deep, f"{sha}:{path}").decode(errors="replace")
    except GitFailed:
        not_found("invalid revision or path")
    rows = [line.partition("\t") for line in listed.split("\0") if line]
    shown = []
    for about, _, name in rows:
        mode, kind, oid = about.split(" ")
        full = f"{path}/{name}" if path else name
        shown.append({"id": oid, "name": name.rsplit("/", 1)[-1], "type": kind, "path": full, "mode": mode})
    return page(request, shown, dict)


@route("GET", "/projects/:id/repository/blobs/:sha/raw", job=True, scopes=READ)
def raw_blob(request: Request) -> Reply:
    """A blob by its id."""
    found, oid = code_of(request), request.names["sha"]
    if found.repo.ask("cat-file", "-t", oid) != "blob":
        not_found("Blob")
    return Reply(found.repo.blob(oid), content_type="application/octet-stream")


@route("POST", "/projects/:id/repository/commits", "DetailedCommit")
def create(request: Request) -> Json:
    """Commit several `actions` at once, on `branch`, or on a new one from `start_branch` or `start_sha`."""
    found, params, user = project_of(request), request.params, request.me()
    branch = str(params["branch"])
    writer(request, found, branch)
    tip = found.repo.tip(branch)
    start = params.get("start_sha") or params.get("start_branch")
    if start and tip and not params.get("force"):
        bad_branch = f"A branch called '{branch}' already exists. Switch to that branch in order to make changes"
        raise Refused(400, {"message": bad_branch})
    parent = found.repo.resolve(str(start)) if start else tip
    if parent is None and (start or found.repo.refs("refs/heads/")):
        raise Refused(400, {"message": "You can only create or edit files when you are on a branch"})
    changed: dict[str, bytes | None] = {}
    for action in params["actions"]:
        _apply(found, parent, action, changed)
    who = (str(params.get("author_name") or user.name), str(params.get("author_email") or user.email))
    made = found.repo.write(changed, str(params["commit_message"]), who, parent, "100644")
    landed(request, found, branch, made, tip)
    return {**commit(request, found, found.repo.commit(made)), "status": None, "project_id": found.id, "stats": {}}


def landed(request: Request, found: Project, branch: str, made: str, tip: str | None) -> None:
    """Move a branch to a new commit. Raises Refused (400) where a hook refuses or the branch has moved."""
    try:
        accept(request.world, found, request.me(), branch, made, tip)
    except GitFailed as failed:
        raise Refused(400, {"message": str(failed).strip()}) from None
    changes.refresh_all(request.world, found)


def _apply(found: Project, parent: str | None, action: Json, changed: dict[str, bytes | None]) -> None:
    kind, path = action.get("action"), str(action.get("file_path") or "")
    if kind not in ("create", "update", "delete", "move", "chmod") or not path:
        raise Refused(400, {"error": "actions[action] is invalid"})
    check_path(path)
    there = path in changed or bool(parent and found.repo.object(parent, path))
    if kind == "create" and there:
        raise Refused(400, {"message": EXISTS})
    if kind in ("update", "delete") and not there:
        raise Refused(400, {"message": MISSING})
    if kind in ("update", "delete") and action.get("last_commit_id"):
        check_last_commit(found, parent, path, str(action["last_commit_id"]))
    if kind == "move":
        changed[str(action.get("previous_path"))] = None
    if kind != "chmod":
        changed[path] = None if kind == "delete" else content_of(action)


def check_path(path: str) -> None:
    """Raises Refused (400) for a path that git would not take."""
    if path.startswith("/") or any(part in ("", ".", "..", ".git") for part in path.split("/")):
        raise Refused(400, {"message": "Path cannot include directory traversal"})


def content_of(given: Json) -> bytes:
    """Return the bytes of `content` in its `encoding` (text or base64)."""
    text = str(given.get("content") or "")
    if given.get("encoding", "text") != "base64":
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(400, {"message": "content is not base64"}) from None


def last_commit(found: Project, parent: str, path: str) -> str:
    """Return the newest commit that touched a path."""
    return found.repo.commits("-1", parent, "--", f":(literal){path}")[0].id


def check_last_commit(found: Project, parent: str | None, path: str, given: str) -> None:
    """Raises Refused (400) if a file has changed since `given`: compared before the commit, as Rails does it."""
    if parent and last_commit(found, parent, path) != given:
        raise Refused(400, {"message": CHANGED})
