"""Git over HTTP on the same port: tokens as passwords, the real `git http-backend`; the files of artifacts."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from osgate.testing import git_http
from osgate.testing.github import access, events, pulls, writing
from osgate.testing.github.answering import token_of
from osgate.testing.github.router import Refused, Reply
from osgate.testing.github.server import Call
from osgate.testing.github.state import ROLES, Repo, Token, User

if TYPE_CHECKING:
    from osgate.testing.github.fake import FakeGitHub
    from osgate.testing.github.world import World

_PATH = re.compile(r"/(?P<repo>[^/]+/[^/]+?)(?:\.git)?/(?P<what>info/refs|git-upload-pack|git-receive-pack)")
_ARTIFACT = re.compile(r"/_artifacts/(\d+)/(\d+)\.zip")
_PLAIN = ("Content-Type", "text/plain")
_ASK = [_PLAIN, ("WWW-Authenticate", 'Basic realm="GitHub"')]


def mine(path: str) -> bool:
    """Whether a path is git's, or an artifact's file."""
    return _PATH.fullmatch(path) is not None or _ARTIFACT.fullmatch(path) is not None


def answer(fake: FakeGitHub, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
    """Return the answer to a request of git, logged like any other."""
    path = target.partition("?")[0]
    token: Token | None = None
    user: User | None = None
    file = _ARTIFACT.fullmatch(path)
    try:
        with fake.lock:
            user, token = (None, None) if file else access.recognise(fake.world, token_of(headers))
        reply = _file(fake.world, file) if file else _served(fake, method, target, headers, body, user, token)
    except Refused:
        reply = Reply(b"Invalid username or token.", 401, _ASK, "")
    who = user.login if user else ""
    fake.calls.append(Call(method, path, "", None, token.kind if token else "", who, reply.status, "git"))
    return reply


def _file(world: World, match: re.Match[str]) -> Reply:
    repo = world.repos.get(int(match[1]))
    rows = (a for r in (repo.runs if repo else ()) for a in r.artifacts if a.id == int(match[2]))
    found = next(rows, None)
    return Reply(found.content, 200, content_type="application/zip") if found else Reply(b"", 404, content_type="")


def _served(
    fake: FakeGitHub, method: str, target: str, headers: dict[str, str], body: bytes, user: User | None,
    token: Token | None,
) -> Reply:  # fmt: skip
    path, _, query = target.partition("?")
    match = _PATH.fullmatch(path)
    if match is None:
        if path.startswith("/api/"):
            fake.violations.append(f"{method} {path}: the fake has no such route")
        return Reply(b"Not Found", 404, [_PLAIN], "")
    world = fake.world
    writing_now = "git-receive-pack" in (match["what"], query.removeprefix("service="))
    named = match["repo"].lower()
    repo = world.repo_at(named)
    if repo is None and named in world.redirects:
        moved = world.repos[world.redirects[named]]
        where = f"{world.web_url}/{moved.full_name}.git/{match['what']}{f'?{query}' if query else ''}"
        return Reply(b"", 301, [("Location", where)], "")
    refused = _refusal(world, repo, user, token, writing_now)
    if refused or repo is None:
        return refused or Reply(b"Repository not found.", 404, [_PLAIN], "")
    return _backend(fake, repo, method, match["what"], query, headers, body, user if writing_now else None)


def _backend(
    fake: FakeGitHub, repo: Repo, method: str, what: str, query: str, headers: dict[str, str], body: bytes,
    user: User | None,
) -> Reply:  # fmt: skip
    world = fake.world
    inner = f"/{os.path.basename(repo.git.path)}/{what}" + (f"?{query}" if query else "")
    environ = git_http.asked(world.root, method, inner, headers, user.login if user else "")
    if user is not None:
        environ |= _refused(world, repo, user, body)
    before = repo.git.refs("refs/heads/") if what == "git-receive-pack" else {}
    status, found, content = git_http.answer(environ, body)
    if what == "git-receive-pack" and user is not None:
        with fake.lock:
            _told(world, repo, user, before)
    return Reply(content, status, found, "")


def _told(world: World, repo: Repo, user: User, before: dict[str, str]) -> None:
    after = repo.git.refs("refs/heads/")
    pulls.refresh_all(world, repo, user)
    for branch in sorted(set(before) | set(after)):
        if before.get(branch) != after.get(branch):
            events.push(world, repo, f"refs/heads/{branch}", before.get(branch), after.get(branch), user)


def _refusal(world: World, repo: Repo | None, user: User | None, token: Token | None, pushing: bool) -> Reply | None:
    if user is None and (repo is None or pushing or repo.private):
        return Reply(b"Authentication required.", 401, _ASK, "")
    if repo is None or not access.sees(world, user, token, repo):
        return Reply(b"Repository not found.", 404, [_PLAIN], "")
    level = "contents:write" if pushing else "contents:read"
    if token is None:
        return None
    limited = token.kind in access.BY_PERMISSION and (repo.private or pushing)
    if limited and not (access.reaches(token, repo) and access.allows(token, (level,))):
        return _denied(repo, user)
    weak = ROLES.index(world.role(user, repo)) < ROLES.index("write")
    if pushing and weak and token.kind in ("pat", "fine"):
        return _denied(repo, user)
    if pushing and repo.archived:
        return Reply(b"This repository was archived so it is read-only.", 403, [_PLAIN], "")
    return None


def _denied(repo: Repo, user: User | None) -> Reply:
    said = f"Permission to {repo.full_name}.git denied to {user.login if user else 'nobody'}."
    return Reply(said.encode(), 403, [_PLAIN], "")


def _refused(world: World, repo: Repo, user: User, body: bytes) -> dict[str, str]:
    """Tell the repository's hook which refs of a push are forbidden and why, and which may only go forward.

    The commands stand before the first flush packet.
    """
    wrong: list[str] = []
    forward: list[str] = []
    at = 0
    while body[at : at + 4] not in (b"0000", b""):
        size = int(body[at : at + 4], 16)
        old, new, ref = body[at + 4 : at + size].split(b"\0")[0].decode(errors="replace").strip().split(" ", 2)
        at += size
        branch = ref.removeprefix("refs/heads/")
        gone, fresh = set(new) == {"0"}, set(old) == {"0"}
        why = "" if fresh or branch == ref else writing.refusal(world, repo, user, branch, deleting=gone)
        if ref.startswith("refs/pull/"):
            why = "deny updating a hidden ref"
        if why:
            wrong.append(f"{ref}\t{why}")
        elif branch != ref and not fresh and writing.refusal(world, repo, user, branch, forced=True):
            forward.append(ref)
    return {"FAKE_GITHUB_REFUSED": "\n".join(wrong), "FAKE_GITHUB_FORWARD": "\n".join(forward)}
