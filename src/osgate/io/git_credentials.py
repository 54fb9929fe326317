"""Handing git a token for one server: in its environment, where neither a command line, a URL nor a log shows it."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit


def access(url: str, user: str, token: str) -> dict[str, str]:
    """Return the variables by which git sends `user` and `token` to the server of `url`, and to no other.

    Nothing is returned without a token, or for a URL that is not http(s). user: GitLab takes any name with a token of
    its own (`oauth2`), and `gitlab-ci-token` with a job's.
    """
    parts = urlsplit(url)
    if not token or parts.scheme not in ("http", "https"):
        return {}
    word = base64.b64encode(f"{user}:{token}".encode()).decode()
    server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
    settings = (
        (f"http.{server}.extraHeader", f"Authorization: Basic {word}"),
        # Another server would be sent the header as well.
        ("http.followRedirects", "false"),
        ("credential.helper", ""),
    )
    found = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings):
        found.update({f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value})
    return found
