"""Which forge, by kind and environment. The adapters and what they stand on are loaded only here, when one is used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from osgate.errors import UsageError
from osgate.forges.protocol import Forge
from osgate.io import files, git_access
from osgate.text.translator import Translator, choose

KINDS = ("gitlab", "github", "gitea", "gitee")
_API = "/api/v4"
# Where certificates to trust are named, the most particular first.
_CA = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CI_SERVER_TLS_CA_FILE")


def forge(kind: str, address: str, environ: Mapping[str, str]) -> Forge:
    """Return the forge of a kind at an address of its web pages, with the identity the environment gives.

    address: empty for OSGATE_FORGE_URL, else, for GitLab and GitHub, the server that runs the job (CI_API_V4_URL,
    CI_SERVER_URL; GITHUB_SERVER_URL). OSGATE_TOKEN is a token of a user, project or group; without it a job's own:
    GitLab's CI_JOB_TOKEN, which may only read, or GITHUB_TOKEN, which may what the workflow lets it. OSGATE_APP_ID and
    OSGATE_APP_KEY_FILE, a GitHub App, come before a job's own, and exclude OSGATE_TOKEN. Raises UsageError:
    `forge.kind`, `forge.no-address`, `forge.address`, `forge.no-token`, `forge.token-malformed`, `forge.app-key`,
    `forge.two-identities`, `forge.extra`.
    """
    if kind not in KINDS:
        raise UsageError("forge.kind", kind=kind, kinds=", ".join(KINDS))
    token = _secret(environ, "OSGATE_TOKEN")
    if kind == "gitlab":
        return _gitlab(address, token, environ)
    if kind == "github":
        return _github(address, token, environ)
    place = _place(kind, address or environ.get("OSGATE_FORGE_URL", ""), "OSGATE_FORGE_URL")
    if not token:
        raise UsageError("forge.no-token", kind=kind, names="OSGATE_TOKEN")
    if kind == "gitea":
        from osgate.forges.gitea import Gitea

        return Gitea(place, token)
    from osgate.forges.gitee import Gitee

    return Gitee(place, token)


def credential(forge: Forge, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return login and token for git at `forge`: on GitHub what the adapter goes by (an app's lasts an hour), else
    OSGATE_TOKEN, else a GitLab job's own. Any login does beside a token; only a job's wants its own name.
    """
    if forge.kind == "github":
        return "x-access-token", str(getattr(getattr(forge, "client", None), "token", ""))
    token = _secret(environ, "OSGATE_TOKEN")
    job = _secret(environ, "CI_JOB_TOKEN") if forge.kind == "gitlab" else ""
    return ("oauth2", token) if token else ("gitlab-ci-token", job) if job else ("", "")


def way_in(url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which git gets into a repository at `url` over HTTP: as the app of OSGATE_APP_ID at its
    own server, else by OSGATE_TOKEN, else by a workflow's own token at the server that runs it.

    Empty without any of these, over ssh and for a folder: there git goes as whoever we are. Raises what `forge` raises,
    and the app's failures (`osgate.forges.protocol`).
    """
    if not url.startswith(("https://", "http://")):
        return {}
    hub = environ.get("GITHUB_SERVER_URL", "").rstrip("/")
    place = environ.get("OSGATE_FORGE_URL", "").rstrip("/") or hub
    if environ.get("OSGATE_APP_ID", "").strip() and place and url.startswith(f"{place}/"):
        return git_access.settings(url, *credential(forge("github", place, environ), environ))
    token = _secret(environ, "OSGATE_TOKEN")
    # A workflow's own token is for the repository it runs in, and goes nowhere else.
    if not token and hub and url.startswith(f"{hub}/"):
        token = _secret(environ, "GITHUB_TOKEN")
    return git_access.settings(url, "oauth2", token) if token else {}


def _gitlab(address: str, token: str, environ: Mapping[str, str]) -> Forge:
    here = (environ.get("CI_API_V4_URL", "").removesuffix(_API) or environ.get("CI_SERVER_URL", "")).rstrip("/")
    names = "OSGATE_FORGE_URL, CI_SERVER_URL"
    place = _place("gitlab", address or environ.get("OSGATE_FORGE_URL", "") or here, names)
    # A job's token is for the server that runs the job, and goes nowhere else.
    job_token = _secret(environ, "CI_JOB_TOKEN") if place == here else ""
    if not token and not job_token:
        raise UsageError("forge.no-token", kind="gitlab", names="OSGATE_TOKEN, CI_JOB_TOKEN")
    try:
        from osgate.forges.gitlab.adapter import GitLab
    except ModuleNotFoundError as error:
        raise _extra("gitlab", error) from error
    return GitLab(place, token, job_token, ca=_trusted(environ))


def _github(address: str, token: str, environ: Mapping[str, str]) -> Forge:
    here = environ.get("GITHUB_SERVER_URL", "").rstrip("/")
    names = "OSGATE_FORGE_URL, GITHUB_SERVER_URL"
    place = _place("github", address or environ.get("OSGATE_FORGE_URL", "") or here, names)
    # What a job is told, and its token, are for the server that runs the job.
    told = environ if place == here else dict[str, str]()
    app = environ.get("OSGATE_APP_ID", "").strip()
    if app and token:
        raise UsageError("forge.two-identities", one="OSGATE_TOKEN", other="OSGATE_APP_ID")
    token = token or _secret(told, "GITHUB_TOKEN")
    if not token and not app:
        raise UsageError("forge.no-token", kind="github", names="OSGATE_TOKEN, GITHUB_TOKEN, OSGATE_APP_ID")
    try:
        from osgate.forges.github import connect
        from osgate.forges.github.adapter import GitHub
    except ModuleNotFoundError as error:
        raise _extra("github", error) from error
    to = connect.server(place, told.get("GITHUB_API_URL", ""), told.get("GITHUB_GRAPHQL_URL", ""), _trusted(environ))
    way = connect.way(to, waiting=_waits(environ))
    if not app:
        return GitHub(place, connect.by_token(to, token, way))
    where = {
        "installation": environ.get("OSGATE_APP_INSTALLATION", ""),
        "repository": told.get("GITHUB_REPOSITORY", ""),
    }
    return GitHub(place, connect.by_app(to, app, _app_key(environ), way, **where))


def _app_key(environ: Mapping[str, str]) -> str:
    path = environ.get("OSGATE_APP_KEY_FILE", "")
    try:
        found = files.read(path) if path else None
        key = (found or b"").decode()
    except (OSError, ValueError):
        key = ""
    if not key.strip():
        raise UsageError("forge.app-key", name="OSGATE_APP_KEY_FILE", path=path)
    return key


def _waits(environ: Mapping[str, str]) -> Callable[[float, str], None]:
    """Return what tells people that we wait, and for whom."""

    def tell(seconds: float, address: str) -> None:
        t = Translator(choose(None, environ))
        sys.stderr.write(f"osgate: {t('forge.waits', seconds=round(seconds), address=address)}\n")
        sys.stderr.flush()

    return tell


def _extra(kind: str, error: ModuleNotFoundError) -> Exception:
    """Return what to say where a package is missing: ours, or that of an extra."""
    if (error.name or "").startswith("osgate"):
        return error
    return UsageError("forge.extra", kind=kind, module=error.name or "", extra=f"osgate[{kind}]")


def _trusted(environ: Mapping[str, str]) -> str:
    return next((environ[name] for name in _CA if environ.get(name)), "")


def _secret(environ: Mapping[str, str], name: str) -> str:
    """Return a token. One with blanks or control characters in it was pasted wrong, and is never shown."""
    token = environ.get(name, "").strip()
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise UsageError("forge.token-malformed", name=name)
    return token


def _place(kind: str, address: str, names: str) -> str:
    if not address:
        raise UsageError("forge.no-address", kind=kind, names=names)
    scheme, _, rest = address.partition("://")
    if scheme not in ("http", "https") or not rest.strip("/") or "@" in rest or any(c in rest for c in "?# \t\r\n"):
        raise UsageError("forge.address", kind=kind, names=names)
    return address.rstrip("/")
