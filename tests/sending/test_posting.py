"""Posting once: what is known not to have been sent, and what nobody can tell."""

from __future__ import annotations

import socket
import threading

import pytest

from osgate.io.posting import post
from osgate.io.sending import NotSent, Uncertain, within
from sending.servers import nobody, web

HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer secret"}
SHORT = 0.4


def sent(address: str, seconds: float = 10, limit: int = 100) -> bytes:
    return post(address, b'{"a": 1}', HEADERS, limit=limit, seconds=seconds)


def refused(kind: type[Exception], address: str, seconds: float = 10) -> str:
    with pytest.raises(kind) as caught:
        sent(address, seconds)
    assert "secret" not in str(caught.value)
    return str(caught.value.args[0])


def test_a_document_arrives_once_with_its_headers_and_the_answer_is_returned() -> None:
    with web() as server:
        server.mood = lambda body: (200, b"x" * 500)
        assert sent(server.address + "/hook?key=secret") == b"x" * 100
        ((path, headers, body),) = server.got
    assert (path, body) == ("/hook?key=secret", b'{"a": 1}')
    assert headers["Authorization"] == "Bearer secret"


def test_nobody_there_means_not_sent() -> None:
    assert refused(NotSent, f"http://{nobody()}/?key=secret") == "send.refused"
    assert refused(NotSent, f"https://{nobody()}/?key=secret") == "send.refused"


@pytest.mark.parametrize("address", ["ftp://h/secret", "http://", "secret", "file:///etc/hosts", "http://[secret"])
def test_what_is_no_web_address_is_never_sent_to(address: str) -> None:
    refused(NotSent, address)


@pytest.mark.parametrize("address", ["/a secret", "0/secret", "x/secret", "/\u00e9secret"])
def test_an_address_that_is_not_well_formed_is_not_repeated(address: str) -> None:
    with web() as server:
        assert refused(NotSent, server.address + address) in ("send.ill-formed", "send.refused")
        assert server.got == []


def test_a_header_that_is_not_well_formed_is_not_repeated() -> None:
    with web() as server, pytest.raises(NotSent) as caught:
        post(server.address, b"", {"Authorization": "Bearer se\ncret"}, limit=1, seconds=10)
    assert (caught.value.code, set(caught.value.params)) == ("send.ill-formed", {"place"})
    assert server.got == []


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_an_error_for_an_answer_means_not_sent(status: int) -> None:
    with web() as server:
        server.mood = lambda body: (status, b"no")
        assert refused(NotSent, server.address + "/secret") == "send.status"


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_s_error_leaves_it_open(status: int) -> None:
    with web() as server:
        server.mood = lambda body: (status, b"")
        assert refused(Uncertain, server.address) == "send.status"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with web() as server:
        server.mood = lambda body: (status, b"")
        assert refused(NotSent, server.address) == "send.redirect"
        assert len(server.got) == 1


def test_no_answer_in_time_leaves_it_open() -> None:
    with web() as server:
        server.mood = lambda body: None
        assert refused(Uncertain, server.address, SHORT) in ("send.unanswered", "send.broken")


def test_a_connection_that_breaks_after_sending_leaves_it_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            client, _ = listening.accept()
            client.recv(10_000)
            client.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        assert refused(Uncertain, address) == "send.broken"
        thread.join()


def test_a_server_that_speaks_no_tls_gets_nothing() -> None:
    with web() as server:
        assert refused(NotSent, server.address.replace("http:", "https:")) == "send.refused"
        assert server.got == []


def test_what_was_given_up_before_it_left_never_leaves() -> None:
    may_go, gone = threading.Event(), []

    def work(gate: object) -> None:
        may_go.wait(10)
        gate.go("x")  # type: ignore[attr-defined]
        gone.append("left")

    with pytest.raises(NotSent) as caught:
        within(0.05, "x", work)
    assert caught.value.code == "send.slow"
    may_go.set()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(0.2)
    assert gone == []
