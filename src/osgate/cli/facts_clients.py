"""Running pip and npm for facts: bounded in time and size, in an empty folder, with little of our environment."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping

from osgate.errors import OsgateError
from osgate.io import process
from osgate.model.fact import Unknown

# Seconds of one question and of all of them together, bytes of an answer.
SECONDS, TOTAL, LARGEST = 30.0, 900.0, 32 << 20
# What a client needs to find itself, its configuration and the way out; nothing else of ours is handed on.
_KEPT = (
    *("PATH", "HOME", "USERPROFILE", "APPDATA", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV"),
    *("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_CACHE_HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
)
_BEGINNINGS = ("PIP_", "NPM_")


class Runner:
    """A `registries.clients.Run` for one command; may be called from several threads.

    seconds, total, largest: as SECONDS, TOTAL and LARGEST.
    """

    def __init__(self, seconds: float = SECONDS, total: float = TOTAL, largest: int = LARGEST) -> None:
        self._seconds, self._largest = seconds, largest
        self._ends = time.monotonic() + total

    def __call__(self, arguments: tuple[str, ...]) -> tuple[int, bytes, bytes] | Unknown:
        """Return exit code, output and errors; Unknown `timeout`, `too-large`, or `client` where it is not there."""
        left = min(self._seconds, self._ends - time.monotonic())
        if left <= 0:
            return Unknown("timeout")
        with tempfile.TemporaryDirectory(prefix="osgate-") as folder:
            try:
                return self._ran(("sh", "-c", 'cd "$0" && exec "$@"', folder, *arguments), left)
            except process.OutOfTime:
                return Unknown("timeout")
            except OsgateError:
                return Unknown("client", (("detail", arguments[0]),))

    def _ran(self, command: tuple[str, ...], seconds: float) -> tuple[int, bytes, bytes] | Unknown:
        child = process.start(command, scrubbed(os.environ))
        try:
            child.within(seconds)
            child.end_input()
            out = child.take(self._largest + 1)
            if len(out) > self._largest:
                return Unknown("too-large")
            return child.wait(), out, child.error_output()
        finally:
            child.terminate()


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of the environment a client is given."""
    return {
        name: value
        for name, value in environment.items()
        if name.upper() in _KEPT or name.upper().startswith(_BEGINNINGS)
    }
