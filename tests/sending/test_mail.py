"""One mail by SMTP: taken, refused, in clear, encrypted, and what nobody can tell."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest

from osgate.io import mail
from osgate.io.sending import NotSent, Uncertain
from sending.servers import Post, certificate, nobody, post

TO = ("li.si@bank.example", "wang.wu@bank.example")
SENDER = "oss@bank.example"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


def sent(address: str, password: str = "", seconds: float = 10, sender: str = SENDER) -> tuple[str, ...]:
    made = mail.message(
        sender, TO, "某银行：3 项", "正文\n第二行 " + "长" * 500, instant="2026-11-23T08:00:00Z", message_id="abc"
    )
    return mail.send(mail.Server(address, password), sender, TO, made, seconds)


def refused(kind: type[NotSent] | type[Uncertain], *args: object) -> str:
    with pytest.raises(kind) as caught:
        sent(*args)  # type: ignore[arg-type]
    assert "hush" not in str(caught.value)
    return caught.value.code


def address(server: Post, scheme: str = "smtp", user: str = "") -> str:
    return f"{scheme}://{user}127.0.0.1:{server.port}"


def test_a_mail_arrives_with_its_subject_and_text_in_chinese() -> None:
    with post() as server:
        assert sent(address(server)) == ()
        (data,) = server.mails
    found = email.message_from_bytes(data, policy=email.policy.default)
    assert (found["Subject"], found["To"], found["Message-ID"]) == (
        "某银行：3 项",
        ", ".join(TO),
        "<abc@osgate.invalid>",
    )
    assert found["Auto-Submitted"] == "auto-generated"
    assert found.get_content().splitlines()[:1] == ["正文"]
    assert "第二行 长长" in found.get_content()
    assert data.isascii()
    assert max(map(len, data.splitlines())) < 200


def test_receivers_that_are_refused_are_named_while_others_get_it() -> None:
    with post() as server:
        server.refuse = {"li.si"}
        assert sent(address(server)) == ("li.si@bank.example",)
        assert len(server.mails) == 1
        server.refuse = {"li.si", "wang.wu"}
        assert refused(NotSent, address(server)) == "send.answer"
        assert len(server.mails) == 1


def test_a_text_that_is_refused_was_not_sent_and_one_without_an_answer_may_have_been() -> None:
    with post() as server:
        server.after = "refuse"
        assert refused(NotSent, address(server)) == "send.answer"
        server.after = "drop"
        assert refused(Uncertain, address(server)) == "send.broken"
        server.after = "wait"
        assert refused(Uncertain, address(server), "", 0.4) in ("send.unanswered", "send.broken")


def test_nobody_there_means_not_sent() -> None:
    assert refused(NotSent, f"smtp://{nobody()}") == "send.refused"
    for wrong in ("http://127.0.0.1:25", "smtp://", "smtp://h:99999", "127.0.0.1:25"):
        assert refused(NotSent, wrong) == "send.address"


def test_it_is_encrypted_where_the_server_can_and_the_login_follows(
    tls: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with post(tls, login="robot@x\0hush") as server:
        # A server whose certificate nobody vouches for gets neither password nor mail.
        assert refused(NotSent, address(server, user="robot%40x@"), "hush") == "send.refused"
        monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
        assert sent(address(server, user="robot%40x@"), "hush") == ()
        assert refused(NotSent, address(server, user="robot%40x@"), "hush-wrong") == "send.answer"
        assert [len(server.mails), "STARTTLS" in server.said] == [1, True]
    with post(tls, implicit=True, login=f"{SENDER}\0hush") as server:
        assert sent(address(server, "smtps"), "hush") == ()


def test_a_password_never_goes_in_clear() -> None:
    with post(login="robot\0hush") as server:
        assert refused(NotSent, address(server, user="robot@"), "hush") == "send.no-tls"
        assert not any("AUTH" in word for word in server.said)


def test_a_login_that_cannot_be_said_is_not_repeated(tls: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
    with post(tls, login="robot\0hush") as server, pytest.raises(NotSent) as caught:
        sent(address(server, user="robot@"), "hush\u00e9")
    assert (caught.value.code, set(caught.value.params)) == ("send.ill-formed", {"place"})


@pytest.mark.parametrize("sender", ["a\r\nBcc: x@y", "a\nb@x", "", "a@[1", "<"])
def test_an_address_cannot_add_a_header(sender: str) -> None:
    with post() as server:
        assert refused(NotSent, address(server), "", 10, sender) == "send.malformed"
        assert server.said == []
