"""Who pushes, and to which repository: from what the server itself sets, platform by platform.

GitLab: Gitaly's environment for custom hooks. GitHub Enterprise Server: its pre-receive environment. Gitea and Forgejo:
modules/repository/env.go. Plain git: REMOTE_USER, as a web server sets it for `git http-backend`; where there is none,
nobody is known. Git's author and committer fields are the pusher's own and tell nothing.
"""

from __future__ import annotations

from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What is kept of a value that names somebody or something, and of a text that a pusher sends along, in characters.
LONGEST, LONGEST_REASON = 200, 500
# Push options that are looked at; git itself takes any number.
_OPTIONS = 100
_GLASS, _REASON = "osgate.break-glass=", "osgate.reason="
# Set by Gitea and Forgejo, `0` for a push with no deploy key (modules/repository/env.go).
_GITEA_KEY = "GITEA_DEPLOY_KEY_ID"
# By platform: id, name and way of the pusher, id of the repository.
_NAMES = {
    "gitlab": ("GL_ID", "GL_USERNAME", "GL_PROTOCOL", "GL_REPOSITORY"),
    "ghes": ("", "GITHUB_USER_LOGIN", "GITHUB_VIA", ""),
    "gitea": ("GITEA_PUSHER_ID", "GITEA_PUSHER_NAME", "GITEA_PUSH_TRIGGER", "GITEA_REPO_ID"),
    "git": ("", "REMOTE_USER", "", ""),
}


@record
class Pusher:
    """Who pushes, as the server tells it: id, name, and the way (`ssh`, `web`, ...). Empty texts where it does not."""

    id: str
    name: str
    via: str


@record
class Place:
    """What is pushed to. judged: False for the repository of a wiki, of designs or of snippets, which hold no code."""

    id: str
    path: str
    judged: bool


@record
class Options:
    """What the pusher sent along with `git push -o`: user text, never trusted. None where it was not given.

    glass: why the glass is to be broken; may be empty, and then it says nothing. reason: what the push is for.
    """

    glass: str | None
    reason: str | None


def pusher(platform: str, environ: Mapping[str, str]) -> Pusher:
    """Return who pushes. platform: one of `settings.PLATFORMS`.

    Whoever holds a deploy key is nobody: Gitea names the owner of the repository then, GitLab the key alone.
    """
    id, name, via, _ = (_told(environ, variable) for variable in _NAMES[platform])
    if platform == "gitea" and _told(environ, _GITEA_KEY) not in ("", "0"):
        return Pusher(f"deploy-key-{_told(environ, _GITEA_KEY)}", "", via)
    return Pusher(id, name, via)


def place(platform: str, environ: Mapping[str, str], folder: str) -> Place:
    """Return which repository this is. folder: the repository's own, whose name stands in where none is told."""
    id = _told(environ, _NAMES[platform][3])
    path = _path(platform, environ) or folder.rstrip("/").rpartition("/")[2]
    return Place(id, path, _holds_code(platform, environ, id, path))


def _holds_code(platform: str, environ: Mapping[str, str], id: str, path: str) -> bool:
    if platform == "gitlab":
        # A project may be called `x.wiki`: its name counts only where the server does not say what it is.
        return id.startswith("project-") if id else not path.endswith((".wiki", ".design"))
    return platform != "gitea" or environ.get("GITEA_REPO_IS_WIKI") != "true"


def _path(platform: str, environ: Mapping[str, str]) -> str:
    if platform == "gitea":
        name = _told(environ, "GITEA_REPO_NAME")
        return f"{_told(environ, 'GITEA_REPO_USER_NAME')}/{name}" if name else ""
    return _told(environ, {"gitlab": "GL_PROJECT_PATH", "ghes": "GITHUB_REPO_NAME"}.get(platform, ""))


def options(environ: Mapping[str, str]) -> Options:
    """Return what push options say to osgate, in bounded length; of several of a kind the first counts."""
    glass = reason = None
    for option in _options(environ):
        if glass is None and option.startswith(_GLASS):
            glass = option[len(_GLASS) :].strip()[:LONGEST_REASON]
        elif reason is None and option.startswith(_REASON):
            reason = option[len(_REASON) :].strip()[:LONGEST_REASON]
    return Options(glass, reason)


def _options(environ: Mapping[str, str]) -> Iterator[str]:
    told = environ.get("GIT_PUSH_OPTION_COUNT", "")
    # Anything but a short plain number is no count of git's.
    count = int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0
    for number in range(min(count, _OPTIONS)):
        yield environ.get(f"GIT_PUSH_OPTION_{number}", "")


def _told(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "")[:LONGEST] if name else ""
