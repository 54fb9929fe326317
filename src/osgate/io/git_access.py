"""Fetching from a forge with a token and a time limit; the token is nobody's to see but that one git process's."""

from __future__ import annotations

import base64

from osgate.errors import Undecided
from osgate.io import process
from osgate.io.git import GitFailed
from osgate.io.git_write import Repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Below so many bytes a second, for so many seconds, a server counts as gone.
_SLOW = {"http.lowSpeedLimit": "1000", "http.lowSpeedTime": "30"}
# A header set for one server must not travel to another; nothing of a server's or a folder's choosing is run.
_FIXED = {
    "http.followRedirects": "false",
    "core.hooksPath": "/dev/null",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.http.allow": "always",
    "protocol.file.allow": "always",
    "gc.autoDetach": "false",
    **_SLOW,
}


def settings(url: str, login: str, token: str) -> dict[str, str]:
    """Return the environment in which git reaches `url`: by basic authentication where there is a token.

    The token stands in configuration handed over in the environment (git-config(1), GIT_CONFIG_COUNT), for this address
    alone: in no command line, no address and no file.
    """
    values = dict(_FIXED)
    if token and url.startswith(("https://", "http://")):
        coded = base64.b64encode(f"{login}:{token}".encode()).decode()
        values[f"http.{url}.extraHeader"] = f"Authorization: Basic {coded}"
    env = {"GIT_CONFIG_COUNT": str(len(values)), "GIT_TRACE_CURL": "0", "GIT_TRACE": "0"}
    for number, (key, value) in enumerate(values.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env


class Reached(Repository):
    """A repository on disk that is filled from a forge. Commands other than `take` know no token and no limit."""

    def __enter__(self) -> Reached:
        return self

    def take(self, url: str, *refspecs: str, login: str = "", token: str = "", seconds: float) -> None:
        """Fetch `refspecs` from `url` within `seconds`, without tags and submodules.

        Raises Undecided `program.slow`, GitFailed (its output without the token).
        """
        args = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--", url, *refspecs)
        env = {**self._env, **settings(url, login, token)}
        env.pop("GIT_CURL_VERBOSE", None)
        code, _, errors = _run(self._argv(args), env, seconds)
        self.close()  # A running reader may not see new packs.
        if code:
            raise GitFailed(args, code, _without(errors, login, token))


def _run(argv: list[str | bytes], env: Mapping[str, str], seconds: float) -> tuple[int, bytes, bytes]:
    try:
        return process.run(argv, env=env, seconds=seconds)
    except process.OutOfTime as error:
        raise Undecided("program.slow", program="git fetch", seconds=f"{seconds:g}") from error


def _without(said: bytes, login: str, token: str) -> bytes:
    """What git said, should it ever repeat what it was given."""
    if not token:
        return said
    for secret in (token.encode(), base64.b64encode(f"{login}:{token}".encode())):
        said = said.replace(secret, b"[...]")
    return said
