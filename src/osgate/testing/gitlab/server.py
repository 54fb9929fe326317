"""One loopback port: REST below `/api/v4`, git over HTTP for the rest. Requests are read, and broken on demand."""

from __future__ import annotations

import http.server
import json
import re
import socket
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode

from osgate.testing import git_http
from osgate.testing.gitlab.faults import Fault
from osgate.testing.gitlab.router import Refused, Reply

if TYPE_CHECKING:
    from osgate.testing.gitlab.fake import FakeGitLab

# Parameters of a query that are credentials.
SECRET_PARAMS = ("private_token", "job_token", "access_token", "token")
_HEADERS = {"private-token": "", "job-token": "job", "authorization": ""}


@dataclass(frozen=True)
class Call:
    """One request as the log keeps it. path: below `/api/v4` (git: the whole), decoded. token: its kind or ``""``.

    secret_in_query: whether a credential stood in the address. fault: whether a fault was put in the way.
    """

    method: str
    path: str
    query: str
    params: dict[str, Any]
    token: str
    user: str
    status: int
    route: str
    secret_in_query: bool = False
    fault: bool = False


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection. `fake` stands in the class that the fake makes for itself."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    fake: FakeGitLab

    def do_GET(self) -> None:
        """Any method: all go the same way."""
        self._answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def _answer(self) -> None:
        body = git_http.body_of(self.headers, self.rfile)  # type: ignore[arg-type]
        target = self.path.removeprefix(self.fake.relative_url)
        if self.fake.relative_url and not self.path.startswith(f"{self.fake.relative_url}/"):
            self._send(404, [], b"404 page not found", "text/plain")
        elif target.startswith("/api/v4/"):
            self._rest(target, body)
        else:
            self._git(target, body)

    def _rest(self, target: str, body: bytes) -> None:
        path, _, query = target.removeprefix("/api/v4").partition("?")
        fault = self.fake.faults.take(self.command, unquote(path))
        if fault is not None and not fault.after_apply:
            self.fake.log(self.command, path, query, {}, "", None, fault.status, "", fault=True)
            self._break(fault, Reply())
            return
        reply = self.fake.handle(self.command, path, query, dict(self.headers.items()), body, fault is not None)
        if fault is not None:
            self._break(fault, reply)
        else:
            self._send(reply.status, reply.headers, _bytes(reply), reply.content_type)

    def _git(self, target: str, body: bytes) -> None:
        path = unquote(target.partition("?")[0])
        fault = self.fake.faults.take(self.command, path)
        if fault is not None and not fault.after_apply:
            self.fake.log(self.command, path, "", {}, "", None, fault.status, "git", fault=True)
            self._break(fault, Reply(content_type=""))
            return
        status, headers, content = self.fake.git(self.command, target, dict(self.headers.items()), body)
        if fault is not None:
            self._break(fault, Reply(content, status, headers, ""))
        else:
            self._send(status, headers, content, "")

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes, content_type: str, cut: int = 0) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if content_type and not any(n.lower() == "content-type" for n, _ in headers):
            self.send_header("Content-Type", content_type)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body[: len(body) - cut])
        if cut:
            self.close_connection = True

    def _break(self, fault: Fault, reply: Reply) -> None:
        """Answer as the fault says; `reply` is what would have been said (empty where nothing was applied)."""
        if fault.delay:
            time.sleep(fault.delay)
        if fault.how == "reset":
            self._reset()
            return
        status = fault.status or reply.status or 500
        body = fault.body if fault.body is not None else _bytes(reply)
        kind = fault.content_type or reply.content_type
        if fault.how == "truncate":
            self._send(status, [*fault.headers], body or b'{"id": 1, "cut', kind, cut=max(1, len(body) // 2))
        elif fault.how == "drip":
            self._drip(status, body, kind, fault.pause)
        else:
            self._send(status, [*fault.headers], body, kind)

    def _drip(self, status: int, body: bytes, kind: str, pause: float) -> None:
        self._send(status, [("Content-Length", str(len(body)))], b"", kind)
        for at in range(len(body)):
            self.wfile.write(body[at : at + 1])
            self.wfile.flush()
            if self.fake.closing.wait(pause):
                return

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def handle_one_request(self) -> None:
        """Nobody hears of a client that hung up."""
        try:
            super().handle_one_request()
        except (OSError, ValueError):
            self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the Date header by the fake's clock."""
        return super().date_time_string(self.fake.clock.seconds if timestamp is None else timestamp)

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""


class Server(http.server.ThreadingHTTPServer):
    """Threads that end with the process; a reset by a client is no news."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Connections a fault has cut end here."""


def _bytes(reply: Reply) -> bytes:
    if isinstance(reply.body, bytes):
        return reply.body
    return b"" if reply.body is None else json.dumps(reply.body, ensure_ascii=False).encode()


def given_token(headers: dict[str, str], params: dict[str, Any], basic: bool = False) -> tuple[str, str]:
    """Return the credential of a request and which kind of header it came by: ``""`` or ``job``.

    basic: of git over HTTP, login and password. The parameters a token came by are taken out of `params`.
    """
    found = {name.lower(): value for name, value in headers.items()}
    if basic:
        login, password = git_http.basic(headers)
        return password, "job" if login == "gitlab-ci-token" else ""
    if found.get("job-token"):
        return found["job-token"], "job"
    if found.get("authorization", "").lower().startswith("bearer "):
        return found["authorization"][7:].strip(), ""
    if found.get("private-token"):
        return found["private-token"], ""
    for name, kind in (("private_token", ""), ("access_token", ""), ("job_token", "job")):
        if name in params:
            return str(params.pop(name)), kind
    return "", ""


def read_params(query: str, content_type: str, body: bytes) -> dict[str, Any]:
    """Return what query and body say, as Rails reads it. Raises Refused (400) for broken JSON."""
    found = _nested(parse_qsl(query, keep_blank_values=True))
    if content_type.startswith("application/json") and body.strip():
        try:
            given = json.loads(body)
        except ValueError:
            raise Refused(400, {"error": "There was a problem in the JSON you submitted"}) from None
        if not isinstance(given, dict):
            raise Refused(400, {"error": "The request body is not an object"})
        return {**found, **given}
    if content_type.startswith("multipart/form-data"):
        return {**found, **_multipart(content_type, body)}
    if content_type.startswith("application/x-www-form-urlencoded"):
        return {**found, **_nested(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))}
    return found


def _nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """`a[]=1&a[]=2&b[c]=3` -> {"a": ["1", "2"], "b": {"c": "3"}}; one level of each, and rows of objects."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        word, *keys = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name) or [name]
        if not keys:
            found[word] = value
        elif keys[0] == "":
            rows = found.setdefault(word, [])
            if len(keys) == 1:
                rows.append(value)
            elif not rows or keys[1] in rows[-1]:
                rows.append({keys[1]: value})
            else:
                rows[-1][keys[1]] = value
        else:
            place = found.setdefault(word, {})
            for key in keys[:-1]:
                place = place.setdefault(key, {})
            place[keys[-1]] = value
    return found


def _multipart(content_type: str, body: bytes) -> dict[str, Any]:
    mark = content_type.partition("boundary=")[2].strip('"').encode()
    found: dict[str, Any] = {}
    for part in body.split(b"--" + mark)[1:-1]:
        head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name:
            found[name[1].decode(errors="replace")] = content.decode(errors="replace")
    return found


def masked(query: str) -> tuple[str, bool]:
    """Return a query without its credentials, and whether there were any."""
    pairs = parse_qsl(query, keep_blank_values=True)
    secret = any(name in SECRET_PARAMS for name, _ in pairs)
    return urlencode([(n, "[MASKED]" if n in SECRET_PARAMS else v) for n, v in pairs]), secret
