"""Single files of the repository: read, raw, write; `last_commit_id` guards an update against a lost one."""

from __future__ import annotations

import base64
import hashlib

from osgate.testing.gitlab.access import project_of
from osgate.testing.gitlab.router import Refused, Reply, Request, not_found, route
from osgate.testing.gitlab.routes.commits import (
    EXISTS,
    MISSING,
    READ,
    check_last_commit,
    check_path,
    code_of,
    content_of,
    landed,
    last_commit,
    writer,
)
from osgate.testing.gitlab.state import Json, Project

_BASE = "/projects/:id/repository/files/:file_path"


def _found(request: Request, usual: bool = False) -> tuple[Project, str, str, bytes]:
    """Return project, commit, blob id and bytes of the file a path names."""
    found = code_of(request)
    ref = str(request.params.get("ref") or (found.default_branch if usual else ""))
    ref = str(found.default_branch) if ref == "HEAD" else ref
    sha = found.repo.resolve(ref) or not_found("Commit")
    entry = found.repo.object(sha, request.names["file_path"])
    if entry is None or entry[1] != "blob":
        not_found("File")
    return found, sha, entry[2], found.repo.blob(entry[2])


def _about(request: Request) -> tuple[Json, bytes]:
    found, sha, oid, content = _found(request)
    path = request.names["file_path"]
    entry = found.repo.object(sha, path)
    about = {
        "file_name": path.rsplit("/", 1)[-1],
        "file_path": path,
        "size": len(content),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "ref": request.params["ref"],
        "blob_id": oid,
        "commit_id": sha,
        "last_commit_id": last_commit(found, sha, path),
        "execute_filemode": bool(entry) and entry[0] == "100755",  # type: ignore[index]
    }
    return about, content


@route("GET", _BASE, "File", job=True, scopes=READ)
def get(request: Request) -> Reply:
    """A file with its content; HEAD tells the same in headers."""
    about, content = _about(request)
    headers = [(f"X-Gitlab-{k.title().replace('_', '-')}", str(v)) for k, v in about.items()]
    return Reply({**about, "content": base64.b64encode(content).decode()}, headers=headers)


@route("GET", f"{_BASE}/raw", job=True, scopes=READ)
def raw(request: Request) -> Reply:
    """A file's bytes."""
    return Reply(_found(request, usual=True)[3], content_type="text/plain; charset=utf-8")


@route("GET", f"{_BASE}/blame", "[Blame]", job=True, scopes=READ)
def blame(request: Request) -> list[Json]:
    """Who wrote which lines; here all of them by the newest commit."""
    found, sha, _, content = _found(request)
    made = found.repo.commit(last_commit(found, sha, request.names["file_path"]))
    about = {"id": made.id, "author_name": made.author, "author_email": made.author_email, "message": made.message}
    return [{"commit": about, "lines": content.decode(errors="replace").splitlines()}]


def _write(request: Request, content: bytes | None) -> str:
    """Commit one file (None deletes) and return the branch."""
    found, params, user = project_of(request), request.params, request.me()
    branch, path = str(params["branch"]), request.names["file_path"]
    check_path(path)
    writer(request, found, branch)
    tip = found.repo.tip(branch)
    start = str(params.get("start_branch") or branch)
    parent = tip or found.repo.tip(start)
    if parent is None and found.repo.refs("refs/heads/"):
        raise Refused(400, {"message": "You can only create or edit files when you are on a branch"})
    there = bool(parent and found.repo.object(parent, path))
    if request.route.method == "POST" and there:
        raise Refused(400, {"message": EXISTS})
    if request.route.method != "POST":
        if not there:
            raise Refused(400, {"message": MISSING})
        if params.get("last_commit_id"):
            check_last_commit(found, parent, path, str(params["last_commit_id"]))
    who = (str(params.get("author_name") or user.name), str(params.get("author_email") or user.email))
    made = found.repo.write({path: content}, str(params["commit_message"]), who, parent, "100644")
    landed(request, found, branch, made, tip)
    return branch


@route("POST", _BASE, "FileWritten")
def create(request: Request) -> Json:
    """Write a new file: who comes second is refused."""
    return {"file_path": request.names["file_path"], "branch": _write(request, content_of(request.params))}


@route("PUT", _BASE, "FileWritten")
def update(request: Request) -> Json:
    """Write a file anew. Without `last_commit_id` the last one wins."""
    return {"file_path": request.names["file_path"], "branch": _write(request, content_of(request.params))}


@route("DELETE", _BASE)
def delete(request: Request) -> None:
    """Remove a file."""
    _write(request, None)
