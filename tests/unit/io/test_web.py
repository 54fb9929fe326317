from __future__ import annotations

import gzip
import hashlib
import socket
import sqlite3
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from osgate.io import web
from osgate.io.web import Client, Failed, Login, Reply, Settings

Answer = Callable[[BaseHTTPRequestHandler], None]
JSON = "application/json"
QUICK = Settings(seconds=0.6, total=2.0, pause=0.3, size=100_000)


class Server:
    """A registry on the loopback. answers: path -> what it does; asked: path and Authorization of each request."""

    def __init__(self) -> None:
        answers: dict[str, list[Answer]] = {}
        asked: list[tuple[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, self.headers.get("Authorization", "")))
                left = answers.get(self.path, [status(404)])
                (left.pop(0) if len(left) > 1 else left[0])(self)

            def log_message(self, *_: object) -> None:
                pass

        self.answers, self.asked = answers, asked
        self.over = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.address = f"http://{self.host}/npm"

    def at(self, path: str, *answers: Answer) -> None:
        """Answer a path with one after the other, and with the last one from then on."""
        self.answers[path] = list(answers)

    def hanging(self, handler: BaseHTTPRequestHandler) -> None:
        """Nothing at all, until the test is over."""
        self.over.wait(5)

    def trickling(self, seconds: float) -> Answer:
        """Headers at once, then a byte now and then."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            try:
                while not self.over.wait(seconds):
                    handler.wfile.write(b"x")
            except OSError:
                pass

        return answer


def status(code: int, data: bytes = b"", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in {"Content_Length": str(len(data)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made
    made.over.set()
    made.server.shutdown()
    made.server.server_close()


def ask(
    server: Server, path: str, settings: Settings = QUICK, login: Login | None = None, accept: str = JSON
) -> Reply | Failed:
    with web.client(settings, lambda address: login, sleep=lambda seconds: None) as client:
        return client.get(server.address)(path, accept)


def test_a_reply_has_the_data_their_digest_and_when_they_came(server: Server) -> None:
    server.at("/npm/left-pad", status(200, b'{"name": "left-pad"}'))
    got = ask(server, "left-pad")
    assert isinstance(got, Reply)
    assert (got.data, got.status) == (b'{"name": "left-pad"}', 200)
    assert got.digest == "sha256:" + hashlib.sha256(got.data).hexdigest()
    assert len(got.received) == len("2026-11-20T08:00:00Z")
    missing = ask(server, "right-pad")
    assert isinstance(missing, Reply)
    assert (missing.data, missing.status) == (b"", 404)


def test_a_path_is_a_reference_against_the_address_on_this_host_only(server: Server) -> None:
    for path in ("/files/x", "/npm/a/b", "/npm"):
        server.at(path, status(200, path.encode()))
    paths = ("../files/x", "a/b", "", f"http://{server.host}/files/x")
    found = [getattr(ask(server, path), "data", None) for path in paths]
    assert found == [b"/files/x", b"/npm/a/b", b"/npm", b"/files/x"]
    before = len(server.asked)
    assert ask(server, "http://elsewhere.example.com/x") == Failed("redirect", (("to", "elsewhere.example.com"),))
    assert ask(server, f"http://zhang.san@{server.host}/x") == Failed("malformed", (("detail", "address"),))
    for path in ("http://[/x", "x\ny", "file:///etc/passwd", "left-pad\u202e"):
        assert ask(server, path) == Failed("malformed", (("detail", "address"),))
    assert len(server.asked) == before


@pytest.mark.parametrize(
    "page",
    [b"<!DOCTYPE html><p>log in", b"\xef\xbb\xbf\n <HTML>", b"<?xml version='1.0'?>\n<!-- x --><!doctype HTML>"],
)
def test_a_page_where_data_were_asked_for_is_no_reply_and_is_not_kept(
    server: Server, tmp_path: Path, page: bytes
) -> None:
    server.at("/npm/x", status(200, page, Content_Type=JSON), status(200, b"{}"))
    keeping = Settings(folder=str(tmp_path))
    assert ask(server, "x", keeping) == Failed("html")
    assert getattr(ask(server, "x", keeping), "data", None) == b"{}"
    server.at("/npm/simple", status(200, page))
    assert isinstance(ask(server, "simple", accept="application/json, text/html;q=0.1"), Reply)


@pytest.mark.parametrize(
    ("base", "location", "logged_in"),
    [
        ("/npm", "/npm/b", True),
        ("/npm", "b", True),
        ("/npm/index.json", "/npm/b", True),
        ("/npm", "/npmx/b", False),
        ("/npm", "/other/b", False),
        ("/npm", "/npm/../other/b", False),
        ("/npm", "/npm/%2E%2e/other/b", False),
        ("/npm", "/npm/..%5cother/b", False),
    ],
)
def test_a_redirect_takes_no_login_out_of_its_folder(server: Server, base: str, location: str, logged_in: bool) -> None:
    asked = "/npm/a" if base == "/npm" else base
    server.at(asked, status(302, Location=location))
    with Client(QUICK, lambda address: Login("secret")) as client:
        client.get(f"http://{server.host}{base}")("a" if base == "/npm" else "", JSON)
    assert [login for _, login in server.asked] == ["Bearer secret", "Bearer secret" if logged_in else ""]


def test_a_redirect_stays_on_its_host_and_no_login_leaves_it(server: Server) -> None:
    other = Server()
    server.at("/npm/x", status(302, Location="/npm/y"))
    server.at("/npm/y", status(200, b"[]"))
    server.at("/npm/away", status(301, Location=f"http://{other.host}/npm/y"))
    server.at("/npm/loop", status(302, Location="loop"))
    server.at("/npm/odd", status(302, Location="http://[nowhere"))
    login = Login("s3cret", "wang.wu")
    assert getattr(ask(server, "x", login=login), "data", None) == b"[]"
    assert ask(server, "away", login=login) == Failed("redirect", (("to", other.host),))
    assert ask(server, "odd") == Failed("redirect", (("to", "?"),))
    assert ask(server, "loop") == Failed("malformed", (("detail", "redirects without end"),))
    assert other.asked == []
    other.server.server_close()


def test_what_hangs_or_trickles_is_given_up_in_time(server: Server) -> None:
    server.at("/npm/hangs", server.hanging)
    server.at("/npm/trickles", server.trickling(0.05))
    once = Settings(seconds=0.3, total=0.5, tries=1)
    assert ask(server, "hangs", once) == Failed("timeout")
    assert ask(server, "trickles", once) == Failed("timeout")


def test_an_answer_has_a_size_packed_unpacked_and_announced(server: Server) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join([bomb.compress(b"\0" * (1 << 20)) for _ in range(64)]) + bomb.flush()
    assert len(packed) < QUICK.size
    server.at("/npm/bomb", status(200, packed, Content_Encoding="gzip"))
    server.at("/npm/large", status(200, b"x" * (QUICK.size + 1)))
    server.at("/npm/announced", status(200, b"", Content_Length=str(10**12)))
    server.at("/npm/packed", status(200, gzip.compress(b"{}"), Content_Encoding="gzip"))
    server.at("/npm/broken", status(200, b"no gzip", Content_Encoding="gzip"))
    for path in ("bomb", "large", "announced"):
        assert ask(server, path) == Failed("too-large")
    assert getattr(ask(server, "packed"), "data", None) == b"{}"
    assert ask(server, "broken") == Failed("malformed", (("detail", "content-encoding"),))


def test_an_answer_that_is_cut_short_is_no_answer(server: Server) -> None:
    server.at("/npm/short", status(200, b"{}", Content_Length="50"))
    got = ask(server, "short")
    assert isinstance(got, Failed)
    assert got.reason == "unreachable"


def test_what_is_busy_is_asked_again_as_it_says_and_no_longer_than_is_waited(server: Server) -> None:
    waited: list[float] = []
    server.at("/npm/x", status(429, Retry_After="7"), status(503), status(200, b"{}"))
    server.at("/npm/later", status(429, Retry_After="100000"))
    server.at("/npm/broken", status(500))
    with web.client(Settings(), sleep=waited.append) as client:
        get = client.get(server.address)
        assert getattr(get("x", JSON), "data", None) == b"{}"
        assert waited == [7.0, 1.0]
        assert get("later", JSON) == Failed("rate-limited")
        assert get("broken", JSON) == Failed("status", (("code", "500"),))
        assert len(waited) == 2
    assert [path for path, _ in server.asked] == ["/npm/x"] * 3 + ["/npm/later", "/npm/broken"]


def test_a_host_that_fails_again_and_again_is_left_alone(server: Server) -> None:
    server.at("/npm/x", status(429))
    with web.client(Settings(tries=1)) as client:
        get = client.get(server.address)
        assert {get("x", JSON) for _ in range(10)} == {Failed("rate-limited")}
    assert len(server.asked) == 3


def test_who_cannot_be_reached_is_told_without_the_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://wang.wu:s3cret@127.0.0.1:{taken.getsockname()[1]}/npm"
        with web.client(Settings(tries=1, seconds=2)) as client:
            got = client.get(address)("x?token=s3cret", JSON)
    assert got == Failed("unreachable", (("detail", "Connection refused"),))


def test_a_login_goes_along_and_stands_nowhere(server: Server, tmp_path: Path) -> None:
    server.at("/npm/x", status(200, b"{}"))
    keeping = Settings(folder=str(tmp_path))
    ask(server, "x", keeping, Login("s3cret", "wang.wu"))
    ask(server, "x", QUICK, Login("t0ken"))
    with web.client(QUICK) as client:
        client.get(f"http://li.si:p%40ss@{server.host}/npm")("x", JSON)
    sent = [authorization for _, authorization in server.asked]
    assert sent == ["Basic d2FuZy53dTpzM2NyZXQ=", "Bearer t0ken", "Basic bGkuc2k6cEBzcw=="]
    assert "s3cret" not in repr(Login("s3cret", "wang.wu"))
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"npm/x" in kept
    for secret in (b"s3cret", b"d2FuZy53dTpzM2NyZXQ="):
        assert secret not in kept


def test_an_answer_is_kept_for_its_age_by_address_and_accept(server: Server, tmp_path: Path) -> None:
    server.at("/npm/x", status(200, b'{"a": 1}'), status(200, b'{"a":2}'))
    keeping = Settings(folder=str(tmp_path))
    first = ask(server, "x", keeping)
    assert ask(server, "x", keeping) == first
    assert len(server.asked) == 1
    assert isinstance(first, Reply)
    assert first.data == b'{"a": 1}'
    other = ask(server, "x", keeping, accept="application/vnd.npm.install-v1+json")
    assert getattr(other, "data", None) == b'{"a":2}'
    assert len(server.asked) == 2
    ask(server, "none", keeping), ask(server, "none", keeping)
    assert len(server.asked) == 3, "that something is not there is kept as well"


def test_offline_nobody_is_asked_and_what_is_kept_counts_however_old(server: Server, tmp_path: Path) -> None:
    server.at("/npm/x", status(200, b"{}"))
    ask(server, "x", Settings(folder=str(tmp_path), age=1))
    for _ in range(2):
        with web.client(Settings(folder=str(tmp_path), age=1, offline=True)) as client:
            get = client.get(server.address)
            assert getattr(get("x", JSON), "data", None) == b"{}"
            assert get("y", JSON) == Failed("offline")
        with sqlite3.connect(tmp_path / "answers.sqlite") as kept:
            kept.execute("UPDATE responses SET expires = 1")
        kept.close()
    assert ask(server, "x", Settings(offline=True)) == Failed("offline")
    assert len(server.asked) == 1


def test_a_damaged_cache_is_begun_anew(server: Server, tmp_path: Path) -> None:
    server.at("/npm/x", status(200, b"{}"))
    (tmp_path / "answers.sqlite").write_bytes(b"no database" * 1000)
    for _ in range(2):
        assert getattr(ask(server, "x", Settings(folder=str(tmp_path))), "data", None) == b"{}"
    assert len(server.asked) == 1


def test_a_proxy_of_the_environment_is_used_and_its_password_is_not_told(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.at("http://registry.example.test/npm/x", status(200, b"{}"))
    monkeypatch.setenv("http_proxy", f"http://wang.wu:s3cret@{server.host}")
    with web.client(QUICK) as client:
        assert getattr(client.get("http://registry.example.test/npm")("x", JSON), "data", None) == b"{}"
    monkeypatch.setenv("http_proxy", "http://wang.wu:s3cret@127.0.0.1:1")
    with web.client(Settings(tries=1)) as client:
        assert "s3cret" not in repr(client.get("http://registry.example.test/npm")("x", JSON))


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate for the loopback that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "registry.example.test")])
    start = datetime.now(UTC) - timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=2))
    hosts = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = made.add_extension(hosts, False).add_extension(x509.BasicConstraints(True, None), True)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for file, data in (("cert.pem", made.sign(key, SHA256()).public_bytes(Encoding.PEM)), ("key.pem", private)):
        (folder / file).write_bytes(data)
    return str(folder / "cert.pem"), str(folder / "key.pem")


def test_certificates_are_those_of_the_environment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.server.socket = context.wrap_socket(server.server.socket, server_side=True, do_handshake_on_connect=False)
    server.address = f"https://{server.host}/npm"
    server.at("/npm/x", status(200, b"{}"))
    server.server.handle_error = lambda *_: None  # type: ignore[method-assign, assignment]
    got = ask(server, "x", Settings(tries=1))
    assert isinstance(got, Failed)
    assert (got.reason, dict(got.params)["detail"][:5]) == ("unreachable", "TLS: ")
    monkeypatch.setenv("SSL_CERT_FILE", cert)
    assert getattr(ask(server, "x"), "data", None) == b"{}"
    monkeypatch.delenv("SSL_CERT_FILE")
    assert getattr(ask(server, "x", Settings(ca=cert)), "data", None) == b"{}"


def test_it_may_be_asked_from_several_threads(server: Server, tmp_path: Path) -> None:
    for n in range(40):
        server.at(f"/npm/{n}", status(200, str(n).encode()))
    found: dict[int, bytes] = {}
    with Client(Settings(folder=str(tmp_path))) as client:
        get = client.get(server.address)

        def some(first: int) -> None:
            for n in range(first, 40, 4):
                found[n] = getattr(get(str(n), JSON), "data", b"?")

        threads = [threading.Thread(target=some, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {n: str(n).encode() for n in range(40)}
