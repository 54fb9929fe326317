"""Servers on the loopback that take what is sent, in every mood: a web server and a mail server."""

from __future__ import annotations

import base64
import contextlib
import http.server
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# What a web server answers a body with: status and body; None: nothing, until the test ends.
Mood = Callable[[bytes], tuple[int, bytes] | None]
TAKEN = b'{"errcode": 0, "errmsg": "ok"}'


class Web:
    """A web server that keeps what is posted. mood: how it answers; hold: it waits before it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.mood: Mood = lambda body: (200, TAKEN)
        self.ended, self.arrived = threading.Event(), threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, dict(self.headers), body))
                outer.arrived.set()
                answer = outer.mood(body)
                if answer is None:
                    outer.ended.wait(30)
                    return
                self.send_response(answer[0])
                self.send_header("Content-Length", str(len(answer[1])))
                if answer[0] // 100 == 3:
                    self.send_header("Location", outer.address + "/elsewhere")
                self.end_headers()
                self.wfile.write(answer[1])

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextlib.contextmanager
def web() -> Iterator[Web]:
    """A running web server."""
    made = Web()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.ended.set()
        made.server.shutdown()
        made.server.server_close()
        thread.join()


def nobody() -> str:
    """A loopback address where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{held.getsockname()[1]}"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, in PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    now = datetime(2026, 1, 1)
    builder = builder.not_valid_before(now - timedelta(days=900)).not_valid_after(now + timedelta(days=9000))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
    builder = builder.add_extension(x509.BasicConstraints(True, None), True)
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    formats = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *formats))
    return paths


class Post:
    """A mail server for one connection at a time.

    said: what clients said, in order; mails: what was taken. refuse: receivers to refuse; after: what it does when it
    has the text: `take`, `refuse`, `drop`, `wait`. tls: certificate and key, for STARTTLS or (implicit) from the start;
    login: what it demands, `user\\0password`.
    """

    def __init__(self, tls: tuple[Path, Path] | None = None, *, implicit: bool = False, login: str = "") -> None:
        self.said: list[str] = []
        self.mails: list[bytes] = []
        self.refuse: set[str] = set()
        self.after, self.login, self.implicit = "take", login, implicit
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if self.context and tls:
            self.context.load_cert_chain(*tls)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.ended = threading.Event()
        self.port = self.socket.getsockname()[1]

    def serve(self) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
                stack.enter_context(client)
                if self.implicit and self.context:
                    client = stack.enter_context(self.context.wrap_socket(client, server_side=True))
                self._talk(client, stack)

    def _talk(self, client: socket.socket, stack: contextlib.ExitStack) -> None:
        client.sendall(b"220 loopback\r\n")
        lines = stack.enter_context(client.makefile("rb"))
        while line := lines.readline():
            word = line.decode().strip()
            self.said.append(word)
            verb = word.split(" ")[0].split(":")[0].upper()
            if verb == "STARTTLS" and self.context:
                client.sendall(b"220 go\r\n")
                client = stack.enter_context(self.context.wrap_socket(client, server_side=True))
                lines = stack.enter_context(client.makefile("rb"))
                continue
            if verb == "DATA":
                client.sendall(b"354 go on\r\n")
                if not self._text(client, lines):
                    return
                continue
            client.sendall(self._answer(verb, word, isinstance(client, ssl.SSLSocket)))
            if verb == "QUIT":
                return

    def _answer(self, verb: str, word: str, safe: bool) -> bytes:
        if verb == "EHLO":
            more = [b"STARTTLS"] if self.context and not safe else []
            more += [b"AUTH PLAIN"] if self.login else []
            lines = [b"loopback", *more]
            return b"".join(b"250-%s\r\n" % line for line in lines[:-1]) + b"250 %s\r\n" % lines[-1]
        if verb == "AUTH":
            found = base64.b64decode(word.split(" ")[2]).decode().lstrip("\0")
            return b"235 welcome\r\n" if found == self.login else b"535 no\r\n"
        if verb == "RCPT" and any(one in word for one in self.refuse):
            return b"550 nobody here\r\n"
        return b"221 bye\r\n" if verb == "QUIT" else b"250 fine\r\n"

    def _text(self, client: socket.socket, lines: object) -> bool:
        text = bytearray()
        while (line := lines.readline()) not in (b".\r\n", b""):  # type: ignore[attr-defined]
            text += line
        if self.after == "drop":
            return False
        if self.after == "wait":
            self.ended.wait(30)
            return False
        if self.after == "take":
            self.mails.append(bytes(text))
        client.sendall(b"250 taken\r\n" if self.after == "take" else b"554 not this\r\n")
        return True


@contextlib.contextmanager
def post(tls: tuple[Path, Path] | None = None, *, implicit: bool = False, login: str = "") -> Iterator[Post]:
    """A running mail server."""
    made = Post(tls, implicit=implicit, login=login)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.ended.set()
        with contextlib.suppress(OSError):
            made.socket.shutdown(socket.SHUT_RDWR)
        made.socket.close()
        thread.join(5)
