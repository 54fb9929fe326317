"""Git over HTTP on the same port: the same tokens as passwords, the same rights, the real `git http-backend`."""

from __future__ import annotations

import fnmatch
import os
import re
from typing import TYPE_CHECKING

from osgate.testing import git_http
from osgate.testing.gitlab import access, changes
from osgate.testing.gitlab.router import Refused
from osgate.testing.gitlab.server import given_token
from osgate.testing.gitlab.state import DEVELOPER, REPORTER, Project, Token, User
from osgate.testing.gitlab.writing import hook_environment

if TYPE_CHECKING:
    from osgate.testing.gitlab.fake import FakeGitLab
    from osgate.testing.gitlab.world import World

_PATH = re.compile(r"/(?P<project>.+?)(?:\.git)?/(?P<what>info/refs|git-upload-pack|git-receive-pack)")
# What GitLab hides from pushes (Gitaly's receive.hideRefs).
_OWN_REFS = ("refs/merge-requests/", "refs/keep-around/", "refs/pipelines/", "refs/environments/", "refs/tmp/")
_PLAIN = [("Content-Type", "text/plain")]
_ASK = [*_PLAIN, ("WWW-Authenticate", 'Basic realm="GitLab"')]
_DENIED = b"HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect."
_GONE = b"The project you were looking for could not be found or you don't have permission to view it."


def answer(fake: FakeGitLab, method: str, target: str, headers: dict[str, str], body: bytes) -> git_http.Answer:
    """Return the answer to a request of git, logged like any other."""
    path, _, query = target.partition("?")
    token: Token | None = None
    user: User | None = None
    try:
        with fake.lock:
            user, token = _who(fake.world, headers)
        status, found, content = _served(fake, method, target, headers, body, user, token)
    except Refused as refused:
        status, found, content = 401, _ASK, _DENIED if refused.status == 401 else b"Forbidden"
    fake.log(method, path, query, {}, token.kind if token else "", user, status, "git")
    return status, found, content


def _who(world: World, headers: dict[str, str]) -> tuple[User | None, Token | None]:
    value, kind = given_token(headers, {}, basic=True)
    return access.recognise(world, value, kind, None)


def _served(
    fake: FakeGitLab, method: str, target: str, headers: dict[str, str], body: bytes, user: User | None,
    token: Token | None,
) -> git_http.Answer:  # fmt: skip
    path, _, query = target.partition("?")
    match = _PATH.fullmatch(path)
    if match is None:
        if path.startswith("/api/"):
            fake.violations.append(f"{method} {path}: the fake has no such route")
        return 404, _PLAIN, b"404 page not found"
    world = fake.world
    writing = "git-receive-pack" in (match["what"], query.removeprefix("service="))
    old = match["project"].lower()
    project = world.project_at(old)
    if project is None and old in world.redirects and method == "GET":
        moved = world.projects[world.redirects[old]]
        where = f"{world.web_url}/{moved.full_path}.git/{match['what']}"
        return 301, [("Location", f"{where}?{query}" if query else where)], b""
    refusal = _refusal(world, project, user, token, writing)
    if refusal or project is None:
        return refusal or (404, _PLAIN, _GONE)
    inner = f"/{os.path.basename(project.repo.path)}/{match['what']}" + (f"?{query}" if query else "")
    environ = git_http.asked(world.root, method, inner, headers, user.username if user and writing else "")
    if writing and user:
        environ |= {**hook_environment(project, user, "http"), **_refused(world, project, user, body)}
    found = git_http.answer(environ, body)
    if match["what"] == "git-receive-pack":
        with fake.lock:
            changes.refresh_all(world, project)
    return found


def _refusal(
    world: World, project: Project | None, user: User | None, token: Token | None, writing: bool
) -> git_http.Answer | None:
    if user is None and (project is None or writing or project.visibility != "public"):
        return 401, _ASK, _DENIED
    if project is None or not access.may_read(world, user, project):
        return 404, _PLAIN, _GONE
    if token and token.kind == "job":
        return _job_refusal(world, project, token, writing)
    wanted = "write_repository" if writing else "read_repository"
    if token and not {wanted, "api", *(() if writing else ("read_api", "write_repository"))} & set(token.scopes):
        return 403, _PLAIN, b"Access denied"
    level = world.level(user, project)
    if (
        not (user and user.admin)
        and level < (DEVELOPER if writing else REPORTER)
        and (writing or project.visibility == "private")
    ):
        return 403, _PLAIN, b"You are not allowed to push code to this project." if writing else b"Forbidden"
    if writing and project.archived:
        return 403, _PLAIN, b"You can't push code to an archived project."
    return None


def _job_refusal(world: World, project: Project, token: Token, writing: bool) -> git_http.Answer | None:
    own = access.job_of(token).pipeline.project is project
    if writing and not (own and project.settings["ci_push_repository_for_job_token_allowed"]):
        return 403, _PLAIN, b"You are not allowed to upload code."
    if not access.admitted(world, token, project):
        return 403, _PLAIN, b"Authentication by CI/CD job token not allowed."
    return None


def _refused(world: World, project: Project, user: User, body: bytes) -> dict[str, str]:
    """Tell the repository's hook which refs of a push are forbidden, and which may only go forward, a line each.

    The commands stand before the first flush packet.
    """
    found: list[str] = []
    forward: list[str] = []
    at = 0
    while body[at : at + 4] not in (b"0000", b""):
        size = int(body[at : at + 4], 16)
        old, new, ref = body[at + 4 : at + size].split(b"\0")[0].decode(errors="replace").strip().split(" ", 2)
        at += size
        rows = access.protection(project, ref.removeprefix("refs/heads/")) if ref.startswith("refs/heads/") else []
        if not _allowed(world, project, user, new, ref):
            found.append(ref)
        elif rows and set(old) != {"0"} and not all(p.allow_force_push for p in rows):
            forward.append(ref)
    return {"FAKE_GITLAB_REFUSED": "\n".join(found), "FAKE_GITLAB_FORWARD": "\n".join(forward)}


def _allowed(world: World, project: Project, user: User, new: str, ref: str) -> bool:
    if ref.startswith("refs/tags/"):
        name = ref.removeprefix("refs/tags/")
        rows = [r for n, r in project.protected_tags.items() if fnmatch.fnmatchcase(name, n)]
        levels = [a["access_level"] for r in rows for a in r["create_access_levels"]]
        return not rows or (max(levels) > 0 and world.level(user, project) >= min(lv for lv in levels if lv))
    if not ref.startswith("refs/heads/"):
        # Anything else is a ref like git's notes, but for those GitLab keeps for itself.
        return not ref.startswith(_OWN_REFS) and world.level(user, project) >= DEVELOPER
    branch = ref.removeprefix("refs/heads/")
    if access.protection(project, branch) and set(new) == {"0"}:
        return False
    return access.may_change(world, user, project, branch)
