"""Files: read at a commit, written one at a time if they still are what the writer saw."""

from __future__ import annotations

import base64
import binascii

from osgate.testing.github import writing
from osgate.testing.github.router import Reply, Request, conflict, invalid, not_found, route, unprocessable
from osgate.testing.github.shapes import places, work
from osgate.testing.github.state import Json, User

BASE = "/repos/{owner}/{repo}"
ONE = f"{BASE}/contents/{{path}}"
KINDS = {"tree": "dir", "commit": "submodule", "blob": "file"}
# Bytes whose content stands in the answer; above, only the raw form has it.
INLINE = 1 << 20


def _entry(request: Request, ref: str, mode: str, kind: str, oid: str, path: str) -> Json:
    repo, world = request.repo, request.world
    url = f"{places.repo_url(world, repo)}/contents/{path}?ref={ref}"
    git = f"{places.repo_url(world, repo)}/git/{'trees' if kind == 'tree' else 'blobs'}/{oid}"
    html = f"{places.repo_page(world, repo)}/blob/{ref}/{path}"
    size = int(repo.git.run("cat-file", "-s", oid)) if kind == "blob" else 0
    return {
        "type": "symlink" if mode == "120000" else KINDS[kind],
        "size": size,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": oid,
        "url": url,
        "git_url": git,
        "html_url": html,
        "download_url": f"{places.repo_page(world, repo)}/raw/{ref}/{path}" if kind == "blob" else None,
        "_links": {"self": url, "git": git, "html": html},
    }


@route("GET", ONE, needs="contents:read")
def get(request: Request) -> Reply:
    """A file or a folder at a branch, tag or commit; the bytes alone where `raw` is asked for."""
    repo, path = request.repo, request.names.get("path", "").strip("/")
    ref = request.query.get("ref") or repo.default_branch
    commit = repo.git.resolve(ref.removeprefix("refs/heads/")) or not_found()
    found = (
        repo.git.object(commit, path)
        if path
        else ("040000", "tree", repo.git.ask("rev-parse", f"{commit}^{{tree}}") or "")
    )
    if found is None:
        not_found()
    mode, kind, oid = found
    if kind == "tree":
        rows = repo.git.run("ls-tree", "-z", oid).decode(errors="replace").split("\0")[:-1]
        made = [row.partition("\t") for row in rows]
        under = f"{path}/" if path else ""
        return Reply([_row(request, ref, head, f"{under}{name}") for head, _, name in made])
    shown = _entry(request, ref, mode, kind, oid, path)
    if kind == "commit":
        return Reply({**shown, "submodule_git_url": "https://git.example.test/module.git"})
    content = repo.git.blob(oid)
    if "raw" in request.accept:
        return Reply(content, content_type="application/vnd.github.raw; charset=utf-8")
    if mode == "120000":
        return Reply({**shown, "target": content.decode(errors="replace")})
    big = len(content) > INLINE
    coded = "" if big else base64.encodebytes(content).decode()
    return Reply({**shown, "content": coded, "encoding": "none" if big else "base64"})


def _row(request: Request, ref: str, head: str, path: str) -> Json:
    mode, kind, oid = head.split(" ")
    return _entry(request, ref, mode, kind, oid, path)


def _person(given: Json | None, user: User) -> tuple[str, str]:
    return (str(given["name"]), str(given["email"])) if given else (user.name, user.email)


@route("PUT", ONE, needs="contents:write")
def put(request: Request) -> Reply:
    """Make or change a file; 409 where its blob is another than `sha`, 422 where that is not told."""
    said, path = request.said, request.names["path"]
    try:
        content = base64.b64decode("".join(str(said["content"]).split()), validate=True)
    except (ValueError, binascii.Error):
        unprocessable("content is not valid Base64")
    there, made = _written(request, {path: content})
    repo, world = request.repo, request.world
    mode, kind, oid = repo.git.object(made, path) or not_found()
    branch = str(said.get("branch") or repo.default_branch)
    body = {
        "content": _entry(request, branch, mode, kind, oid, path),
        "commit": work.git_commit(world, repo, repo.git.commit(made)),
    }
    return Reply(body, 200 if there else 201)


@route("DELETE", ONE, needs="contents:write", status=200)
def delete(request: Request) -> Json:
    """Delete a file that still is `sha`."""
    _, made = _written(request, {request.names["path"]: None})
    shown = work.git_commit(request.world, request.repo, request.repo.git.commit(made))
    return {"content": None, "commit": shown}


def _written(request: Request, files: dict[str, bytes | None]) -> tuple[bool, str]:
    """Commit to the branch; return whether the file was there, and the commit."""
    said, repo, path = request.said, request.repo, request.names["path"]
    branch = str(said.get("branch") or repo.default_branch)
    old = repo.git.tip(branch)
    if old is None and (said.get("branch") or repo.git.refs("refs/heads/")):
        not_found()
    if not str(said["message"]).strip():
        invalid("Commit", "message", "missing_field")
    there = repo.git.object(old, path) if old else None
    given = said.get("sha")
    if there is None and files[path] is None:
        not_found()
    if there is not None and not given:
        unprocessable('Invalid request.\n\n"sha" wasn\'t supplied.')
    if given and (there is None or there[2] != given):
        conflict(f"{path} does not match {given}")
    who = request.me()
    writing.allowed(request.world, repo, request.token, who, branch)
    author = _person(said.get("author") or said.get("committer"), who)
    made = repo.git.write(files, str(said["message"]), author, old, "100644")
    writing.accept(request.world, repo, who, branch, made, old)
    return there is not None, made
