"""The one refresh before a block, over the loopback, against a server in every mood: two seconds at most, the last good
snapshot decides, what was wrong is told, and the next good answer counts.
"""

from __future__ import annotations

import http.server
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.kit import lockfile
from osgate import wiring
from osgate.intake_desk import sealing
from osgate.testing.keys import SigningKey

if TYPE_CHECKING:
    from conftest import App

NEW = lockfile("left-pad@1.3.0")
# Seconds a commit may take in all where the refresh may take two: an interpreter that shares its machine.
ROOM = 8.0

Answer = Callable[[http.server.BaseHTTPRequestHandler, bytes], None]


class Moody:
    """Serves a folder until it is told to answer otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mood, self.asked = folder, plainly, 0
        self.ended = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                path = outer.folder / self.path.lstrip("/")
                outer.mood(self, path.read_bytes() if path.is_file() else b"")

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"


def reply(to: http.server.BaseHTTPRequestHandler, code: int, data: bytes, **headers: str) -> None:
    to.send_response(code)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in {"Content-Length": str(len(data)), **named}.items():
        to.send_header(name, value)
    to.end_headers()
    to.wfile.write(data)


def plainly(to: http.server.BaseHTTPRequestHandler, data: bytes) -> None:
    reply(to, 200 if data else 404, data, ETag='"one"')


def unchanged(to: http.server.BaseHTTPRequestHandler, data: bytes) -> None:
    assert to.headers["If-None-Match"] == '"one"'
    reply(to, 304, b"")


def failing(to: http.server.BaseHTTPRequestHandler, data: bytes) -> None:
    reply(to, 500, b"out of order")


def cut(to: http.server.BaseHTTPRequestHandler, data: bytes) -> None:
    reply(to, 200, data[: len(data) // 2], Content_Length=str(len(data)))
    to.close_connection = True


def half(to: http.server.BaseHTTPRequestHandler, data: bytes) -> None:
    reply(to, 200, data[: len(data) // 2])


def elsewhere(to: http.server.BaseHTTPRequestHandler, data: bytes) -> None:
    reply(to, 302, b"", Location="http://localhost.example.com/manifest.json")


def in_circles(to: http.server.BaseHTTPRequestHandler, data: bytes) -> None:
    reply(to, 302, b"", Location=to.path)


def silent(to: http.server.BaseHTTPRequestHandler, data: bytes) -> None:
    time.sleep(6)


def dripping(to: http.server.BaseHTTPRequestHandler, data: bytes) -> None:
    to.send_response(200)
    to.send_header("Content-Length", str(len(data)))
    to.end_headers()
    for at in range(min(len(data), 40)):
        try:
            to.wfile.write(data[at : at + 1])
            to.wfile.flush()
        except OSError:
            return
        time.sleep(0.2)


def garbage(to: http.server.BaseHTTPRequestHandler, data: bytes) -> None:
    reply(to, 200, b"<html>Please log in</html>")


@pytest.fixture
def moody(app: App) -> Iterator[Moody]:
    """A server for what the desk publishes; the repository trusts it, and has fetched one good snapshot."""
    server = Moody(app.live)
    threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    app.publish("waiting")
    app.trust(addresses=[server.address])
    app.write("package-lock.json", NEW)
    assert app.check().code == 1
    server.asked = 0
    yield server
    server.server.shutdown()
    server.server.server_close()


def refreshed(app: App) -> tuple[dict[str, Any], list[str], float]:
    """The verdict of a commit check, the reasons why it could not be refreshed, and the seconds it took."""
    start = time.monotonic()
    done = app.check("--staged", "--format", "json")
    waited = time.monotonic() - start
    verdict = json.loads(done.out)
    assert done.code == (1 if verdict["outcome"] == "block" else 0)
    return verdict, [gap["reason"] for gap in verdict["gaps"]], waited


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        (failing, "fetch.failed"),
        (cut, "fetch.failed"),
        (half, "snapshot.malformed"),
        (garbage, "snapshot.malformed"),
        (elsewhere, "fetch.redirect"),
        (in_circles, "fetch.failed"),
        (silent, "fetch.slow"),
        (dripping, "fetch.slow"),
    ],
)
def test_the_last_good_snapshot_decides_and_what_went_wrong_is_told(
    app: App, moody: Moody, monkeypatch: pytest.MonkeyPatch, mood: Answer, reason: str
) -> None:
    moody.mood = mood
    app.publish("approved")
    with monkeypatch.context() as patch:
        if reason == "fetch.slow":
            patch.setattr(wiring, "HOOK_SECONDS", 0.5)
        verdict, gaps, waited = refreshed(app)
    assert gaps == [f"not-refreshed:{reason}"]
    assert (verdict["outcome"], verdict["snapshot"]["serial"]) == ("block", 2)
    assert waited < ROOM
    moody.mood = plainly
    verdict, gaps, _ = refreshed(app)
    assert (verdict["outcome"], verdict["snapshot"]["serial"], gaps) == ("pass", 3, [])


def test_an_answer_that_nothing_changed_costs_one_request(app: App, moody: Moody) -> None:
    moody.mood = unchanged
    verdict, gaps, _ = refreshed(app)
    assert (verdict["outcome"], gaps, moody.asked) == ("block", [], 1)


def test_a_lower_serial_is_refused_and_named(app: App, moody: Moody) -> None:
    app.publish("empty")
    verdict, gaps, _ = refreshed(app)
    assert (gaps, verdict["snapshot"]["serial"]) == (["not-refreshed:snapshot.older"], 2)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (lambda manifest: resigned(manifest), "snapshot.untrusted-key"),
        (lambda manifest: {**manifest, "serial": 9}, "snapshot.signature"),
        (lambda manifest: {**manifest, "signature": {}}, "snapshot.signature"),
    ],
)
def test_what_the_wrong_key_signed_is_refused(app: App, moody: Moody, changed: Any, reason: str) -> None:
    app.publish("approved")
    path = app.live / "manifest.json"
    path.write_text(json.dumps(changed(json.loads(path.read_text("utf-8")))), encoding="utf-8")
    verdict, gaps, _ = refreshed(app)
    assert (gaps, verdict["snapshot"]["serial"]) == ([f"not-refreshed:{reason}"], 2)


def resigned(manifest: dict[str, Any]) -> dict[str, Any]:
    body = {key: value for key, value in manifest.items() if key != "signature"}
    return sealing.signed(body, SigningKey("stranger").snapshot)


def test_a_truncated_snapshot_behind_a_good_manifest_is_refused(app: App, moody: Moody) -> None:
    app.publish("approved")
    (snapshot,) = app.live.glob("snapshot-3-*.sqlite")
    snapshot.write_bytes(snapshot.read_bytes()[:-100])
    verdict, gaps, _ = refreshed(app)
    assert gaps == ["not-refreshed:snapshot.truncated"]
    assert verdict["snapshot"]["serial"] == 2


def test_the_words_name_the_address_and_the_snapshot_that_was_used(app: App, moody: Moody) -> None:
    moody.mood = failing
    said = re.sub(r"\s+", " ", app.check().out)
    assert moody.address in said
    assert "snapshot 2" in said
