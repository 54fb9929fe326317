"""git itself: blobs, trees, commits, refs."""

from __future__ import annotations

import base64

from osgate.testing.github import writing
from osgate.testing.github.paging import page
from osgate.testing.github.router import Reply, Request, not_found, route, unprocessable
from osgate.testing.github.shapes import places, work
from osgate.testing.github.state import Json

BASE = "/repos/{owner}/{repo}/git"
READ, WRITE = "contents:read", "contents:write"


def _url(request: Request, rest: str) -> str:
    return f"{places.repo_url(request.world, request.repo)}/git/{rest}"


def ref_shape(request: Request, name: str, oid: str) -> Json:
    """A `git-ref`. name: full."""
    kind = request.repo.git.ask("cat-file", "-t", oid) or "commit"
    short = name.removeprefix("refs/")
    target = {"type": kind, "sha": oid, "url": _url(request, f"{kind}s/{oid}")}
    return {"ref": name, "node_id": f"REF_{name}", "url": _url(request, f"refs/{short}"), "object": target}


@route("GET", f"{BASE}/ref/{{ref}}", needs=READ)
def ref(request: Request) -> Json:
    """One ref by its exact name without `refs/`."""
    name = f"refs/{request.names['ref']}"
    return ref_shape(request, name, request.repo.git.ref(name) or not_found())


@route("GET", f"{BASE}/matching-refs/{{ref}}", needs=READ)
def matching(request: Request) -> Reply:
    """The refs that begin so."""
    start = f"refs/{request.names['ref']}"
    rows = [(f"refs/{n}", o) for n, o in request.repo.git.refs("refs/").items() if f"refs/{n}".startswith(start)]
    rows = [(n, o) for n, o in rows if not n.startswith(("refs/pull/", "refs/keep-around/"))]
    return page(request, rows, lambda row: ref_shape(request, *row))


@route("POST", f"{BASE}/refs", needs=WRITE)
def create_ref(request: Request) -> Json:
    """Make a branch or tag."""
    name, sha = str(request.said["ref"]), str(request.said["sha"])
    repo = request.repo
    if not name.startswith("refs/") or name.count("/") < 2:
        unprocessable("Reference name must start with 'refs/' and contain at least 2 slashes.")
    if repo.git.ref(name):
        unprocessable("Reference already exists")
    if repo.git.ask("cat-file", "-t", sha) is None:
        unprocessable("Object does not exist")
    _move(request, name, sha, None)
    return ref_shape(request, name, sha)


@route("PATCH", f"{BASE}/refs/{{ref}}", needs=WRITE)
def move_ref(request: Request) -> Json:
    """Move a ref forward; elsewhere only where `force` is said."""
    name, sha, repo = f"refs/{request.names['ref']}", str(request.said["sha"]), request.repo
    old = repo.git.ref(name) or unprocessable("Reference does not exist")
    if repo.git.ask("cat-file", "-t", sha) is None:
        unprocessable("Object does not exist")
    forward = repo.git.merge_base(old, sha) == old
    if not forward and not request.said.get("force"):
        unprocessable("Update is not a fast forward")
    _move(request, name, sha, old, forced=not forward)
    return ref_shape(request, name, sha)


@route("DELETE", f"{BASE}/refs/{{ref}}", needs=WRITE)
def delete_ref(request: Request) -> None:
    """Delete a ref."""
    name = f"refs/{request.names['ref']}"
    old = request.repo.git.ref(name) or unprocessable("Reference does not exist")
    _move(request, name, None, old)


def _move(request: Request, name: str, new: str | None, old: str | None, *, forced: bool = False) -> None:
    repo, world, who = request.repo, request.world, request.me()
    if not name.startswith("refs/heads/"):
        repo.git.run("update-ref", name, new or "0" * 40)
        return
    branch = name.removeprefix("refs/heads/")
    if old is not None:
        writing.allowed(world, repo, request.token, who, branch, deleting=new is None, forced=forced)
    writing.accept(world, repo, who, branch, new, old)


@route("POST", f"{BASE}/blobs", needs=WRITE)
def create_blob(request: Request) -> Json:
    """Keep some bytes."""
    said = request.said
    coded = said.get("encoding") == "base64"
    content = base64.b64decode(str(said["content"])) if coded else str(said["content"]).encode()
    oid = request.repo.git.run("hash-object", "-w", "--stdin", feed=content).decode().strip()
    return {"sha": oid, "url": _url(request, f"blobs/{oid}")}


@route("GET", f"{BASE}/blobs/{{file_sha}}", needs=READ)
def blob(request: Request) -> Json | Reply:
    """The bytes of a blob."""
    oid, git = request.names["file_sha"], request.repo.git
    if git.ask("cat-file", "-t", oid) != "blob":
        not_found()
    content = git.blob(oid)
    if "raw" in request.accept:
        return Reply(content, content_type="application/vnd.github.raw")
    coded = base64.encodebytes(content).decode()
    more = {"size": len(content), "node_id": f"B_{oid}", "url": _url(request, f"blobs/{oid}")}
    return {"content": coded, "encoding": "base64", "sha": oid, **more}


@route("GET", f"{BASE}/trees/{{tree_sha}}", needs=READ)
def tree(request: Request) -> Json:
    """What is in a tree, of a branch or commit as well; with all below it where `recursive` is given."""
    git = request.repo.git
    found = git.ask("rev-parse", "--verify", "-q", f"{request.names['tree_sha']}^{{tree}}") or not_found()
    options = ["-r", "-t"] if request.query.get("recursive") else []
    rows = git.run("ls-tree", "-z", "-l", *options, found).decode(errors="replace").split("\0")[:-1]
    return {
        "sha": found,
        "url": _url(request, f"trees/{found}"),
        "truncated": False,
        "tree": [_leaf(request, r) for r in rows],
    }


def _leaf(request: Request, row: str) -> Json:
    head, _, path = row.partition("\t")
    mode, kind, oid, size = head.split()
    shown: Json = {"path": path, "mode": mode, "type": kind, "sha": oid, "url": _url(request, f"{kind}s/{oid}")}
    return shown if size == "-" else {**shown, "size": int(size)}


@route("POST", f"{BASE}/trees", needs=WRITE)
def create_tree(request: Request) -> Json:
    """Make a tree from another with paths replaced; a null `sha` deletes."""
    git, base = request.repo.git, request.said.get("base_tree")
    if base and git.ask("rev-parse", "--verify", "-q", f"{base}^{{tree}}") is None:
        unprocessable("base_tree is not a valid tree oid")
    index = {"GIT_INDEX_FILE": f"{git.path}/fake-index-{request.world.next('index')}"}
    git.run("read-tree", str(base) if base else "--empty", env=index)
    for row in request.said["tree"]:
        if "content" in row:
            oid = git.run("hash-object", "-w", "--stdin", feed=str(row["content"]).encode()).decode().strip()
        else:
            oid = row.get("sha") or ""
        change = (
            ["--cacheinfo", f"{row.get('mode', '100644')},{oid},{row['path']}"]
            if oid
            else ["--force-remove", row["path"]]
        )
        git.run("update-index", "--add", *change, env=index)
    made = git.run("write-tree", env=index).decode().strip()
    request.names["tree_sha"] = made
    return tree(request)


@route("POST", f"{BASE}/commits", needs=WRITE)
def create_commit(request: Request) -> Json:
    """Make a commit; no branch moves."""
    said, git, who = request.said, request.repo.git, request.me()
    parents = [word for parent in said.get("parents") or () for word in ("-p", str(parent))]
    author = said.get("author") or {"name": who.name, "email": who.email}
    env = {"GIT_AUTHOR_NAME": author["name"], "GIT_AUTHOR_EMAIL": author["email"]}
    env |= {"GIT_COMMITTER_NAME": author["name"], "GIT_COMMITTER_EMAIL": author["email"]}
    made = git.run("commit-tree", str(said["tree"]), *parents, feed=str(said["message"]).encode(), env=env)
    return work.git_commit(request.world, request.repo, git.commit(made.decode().strip()))


@route("GET", f"{BASE}/commits/{{commit_sha}}", needs=READ)
def commit(request: Request) -> Json:
    """One commit as git has it."""
    oid = request.names["commit_sha"]
    if request.repo.git.ask("cat-file", "-t", oid) != "commit":
        not_found()
    return work.git_commit(request.world, request.repo, request.repo.git.commit(oid))
