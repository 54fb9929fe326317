"""Smart HTTP over real repositories: a small loopback server around `git http-backend`, standard library alone.

`with serving(folder) as url` gives `url/<name>.git` for every bare repository below `folder`. Another server mounts the
same by `asked` (what http-backend is to be told of a request) and `answer` (what it says).
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

# A request's path (`/app.git/git-receive-pack`) and who sends it -> more variables, as a forge's internal API does.
Also = Callable[[str, str], Mapping[str, str]]
# What http-backend says: status, headers, body.
Answer = tuple[int, list[tuple[str, str]], bytes]
# What of this process's environment git gets: no variable that binds it to another repository.
_KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "GIT_EXEC_PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM")


def asked(
    folder: str | os.PathLike[str], method: str, target: str, headers: Mapping[str, str], user: str = ""
) -> dict[str, str]:
    """Return a request as the variables of a CGI program.

    folder: what the repositories lie below. target: path and query. headers: by any spelling. user: who has been
    recognised; empty for nobody, who may only read.
    """
    path, _, query = target.partition("?")
    given = {name.lower(): value for name, value in headers.items()}
    found = {
        "GIT_PROJECT_ROOT": os.fspath(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": given.get("content-type", ""),
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_USER": user,
        "HTTP_CONTENT_ENCODING": given.get("content-encoding", ""),
        "GIT_PROTOCOL": given.get("git-protocol", ""),
    }
    return {name: value for name, value in found.items() if value}


def answer(environ: Mapping[str, str], body: bytes) -> Answer:
    """Return what `git http-backend` answers to a request. environ: as `asked` makes it, with what hooks need added.

    A repository takes a push where `REMOTE_USER` is set, or `http.receivepack` in its configuration.
    """
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    done = subprocess.run(
        ["git", "http-backend"],
        input=body,
        capture_output=True,
        env={**env, **environ, "CONTENT_LENGTH": str(len(body))},
        check=False,
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    if not head:
        return 500, [("Content-Type", "text/plain")], done.stderr
    lines = [line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")]
    found = [(name, value) for name, value in lines if name.lower() != "status"]
    status = next((int(value.split()[0]) for name, value in lines if name.lower() == "status"), 200)
    return status, found, content


def body_of(headers: Mapping[str, str], stream: BinaryIO) -> bytes:
    """Return the body of a request, sent whole or in chunks (as git does above `http.postBuffer`)."""
    if headers.get("Transfer-Encoding", "").lower() != "chunked":
        return stream.read(int(headers.get("Content-Length") or 0))
    parts = []
    while size := int(stream.readline().split(b";")[0], 16):
        parts.append(stream.read(size))
        stream.readline()
    while stream.readline().strip():
        pass  # Trailers.
    return b"".join(parts)


def basic(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return login and password of basic authentication, both empty where there is none."""
    kind, _, coded = headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        login, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return login, password


@contextlib.contextmanager
def serving(
    folder: str | os.PathLike[str], users: Mapping[str, str] | None = None, also: Also | None = None
) -> Iterator[str]:
    """Serve the repositories below `folder` on a loopback port; yields the address, without a slash at its end.

    users: login -> password; with them every request must authenticate, and REMOTE_USER is told to the hooks. Without,
    everybody may read and push. also: more variables for the hooks.
    """

    class Handler(_Handler):
        place, known, more = os.fspath(folder), users, staticmethod(also or _nothing)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _nothing(_path: str, _user: str) -> Mapping[str, str]:
    return {}


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request. What a server serves stands in the class that `serving` makes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    place: str
    known: Mapping[str, str] | None
    more: Also

    def do_GET(self) -> None:
        """Answer the first half of a fetch or a push."""
        self._answer()

    def do_POST(self) -> None:
        """Answer the second half."""
        self._answer()

    def _answer(self) -> None:
        body = body_of(self.headers, self.rfile)  # type: ignore[arg-type]
        login, password = basic(self.headers)  # type: ignore[arg-type]
        if self.known is not None and (not login or self.known.get(login) != password):
            self._send(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
            return
        environ = asked(self.place, self.command, self.path, self.headers, login)  # type: ignore[arg-type]
        if self.known is None:
            environ |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.receivepack", "GIT_CONFIG_VALUE_0": "true"}
        self._send(*answer({**environ, **self.more(self.path, login)}, body))

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""
