"""Which forge, by kind and environment. The adapters and what they stand on are loaded only here, when one is used."""

from __future__ import annotations

from collections.abc import Mapping

from osgate.errors import UsageError
from osgate.forges.protocol import Forge

KINDS = ("gitlab", "gitea", "gitee")
_API = "/api/v4"
# Where certificates to trust are named, the most particular first.
_CA = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CI_SERVER_TLS_CA_FILE")


def forge(kind: str, address: str, environ: Mapping[str, str]) -> Forge:
    """Return the forge of a kind at an address of its web pages, with the identity the environment gives.

    address: empty for OSGATE_FORGE_URL, else, for GitLab, the server that runs the job (CI_API_V4_URL, CI_SERVER_URL).
    OSGATE_TOKEN is a token of a user, project or group; without it GitLab's CI_JOB_TOKEN, which may only read. Raises
    UsageError: `forge.kind`, `forge.no-address`, `forge.address`, `forge.no-token`, `forge.token-malformed`,
    `forge.extra`.
    """
    if kind not in KINDS:
        raise UsageError("forge.kind", kind=kind, kinds=", ".join(KINDS))
    token = _secret(environ, "OSGATE_TOKEN")
    if kind == "gitlab":
        return _gitlab(address, token, environ)
    place = _place(kind, address or environ.get("OSGATE_FORGE_URL", ""), "OSGATE_FORGE_URL")
    if not token:
        raise UsageError("forge.no-token", kind=kind, names="OSGATE_TOKEN")
    if kind == "gitea":
        from osgate.forges.gitea import Gitea

        return Gitea(place, token)
    from osgate.forges.gitee import Gitee

    return Gitee(place, token)


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
        if (error.name or "").startswith("osgate"):
            raise
        raise UsageError("forge.extra", kind="gitlab", module=error.name or "", extra="osgate[gitlab]") from error
    ca = next((environ[name] for name in _CA if environ.get(name)), "")
    return GitLab(place, token, job_token, ca=ca)


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
