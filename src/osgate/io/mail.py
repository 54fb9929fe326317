"""Sending one mail by SMTP, with STARTTLS or TLS and a login."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterable
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from osgate.io.sending import Gate, NotSent, broken, place_of, within
from osgate.model.record import record

_OK = 250
_FORWARDED = 251


@record
class Server:
    """Where mail is handed in.

    address: `smtp://[login@]host[:port]`, or `smtps://` for TLS from the start; the ports are 587 (25 without a
    password) and 465, the login is the sender where none is named. password: empty for none.
    """

    address: str
    password: str = ""


def message(sender: str, to: Iterable[str], subject: str, text: str, *, instant: str, message_id: str) -> EmailMessage:
    """Return a mail of plain text. instant: UTC; message_id: its name before the `@`, by which receivers see doubles.

    Raises NotSent("send.malformed") for an address that no header can hold.
    """
    made = EmailMessage(policy=SMTP)
    to = tuple(to)
    if not sender or not to:
        raise NotSent("send.malformed", detail="from, to")
    try:
        made["From"], made["To"], made["Subject"] = sender, ", ".join(to), subject
        made["Date"] = format_datetime(datetime.fromisoformat(instant))
        made["Message-ID"] = f"<{message_id}@osgate.invalid>"
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(text, cte="base64")
        bytes(made)
    except (ValueError, LookupError, AttributeError, TypeError, MessageError) as error:
        # The standard library's parser of headers stumbles over some of what is no address.
        raise NotSent("send.malformed", detail="from, to") from error
    return made


def send(server: Server, sender: str, to: Iterable[str], made: EmailMessage, seconds: float) -> tuple[str, ...]:
    """Hand in one mail; return the receivers that were refused while others were not.

    seconds: for all of it. Raises NotSent and Uncertain: `send.address`, `send.refused`, `send.no-tls`, `send.answer`,
    `send.ill-formed`, `send.slow`, `send.unanswered`, `send.broken`.
    """
    try:
        parts = urlsplit(server.address)
        port = parts.port or (465 if parts.scheme == "smtps" else 587 if server.password else 25)
    except ValueError as error:
        raise NotSent("send.address", place=place_of(server.address)) from error
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise NotSent("send.address", place=place_of(server.address))
    place = f"{parts.scheme}://{parts.hostname}:{port}"
    receivers = list(to)
    return within(
        seconds, place, lambda gate: _send(server, port, sender, receivers, bytes(made), gate, place, seconds)
    )


def _send(
    server: Server, port: int, sender: str, to: list[str], data: bytes, gate: Gate, place: str, seconds: float
) -> tuple[str, ...]:
    try:
        with contextlib.ExitStack() as stack:
            smtp = _open(server, port, sender, place, seconds)
            stack.callback(smtp.close)
            refused = _envelope(smtp, sender, to, place)
            gate.go(place)
            code, said = smtp.data(data)
            if code != _OK:
                raise NotSent("send.answer", place=place, answer=_answer(code, said))
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            return refused
    except smtplib.SMTPResponseException as error:
        raise NotSent("send.answer", place=place, answer=_answer(error.smtp_code, error.smtp_error)) from error
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise broken(error, gate, place) from error


def _open(server: Server, port: int, sender: str, place: str, seconds: float) -> smtplib.SMTP:
    """A session, encrypted where the server can, and logged in where there is a password; that never goes in clear."""
    parts = urlsplit(server.address)
    host, context = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=seconds, context=context)
    else:
        smtp = smtplib.SMTP(host, port, timeout=seconds)
    try:
        smtp.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
        elif parts.scheme == "smtp" and server.password:
            raise NotSent("send.no-tls", place=place)
        if server.password:
            smtp.login(unquote(parts.username or "") or sender, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _envelope(smtp: smtplib.SMTP, sender: str, to: list[str], place: str) -> tuple[str, ...]:
    """Name sender and receivers; return those that were refused. Raises NotSent where nobody is left."""
    code, said = smtp.mail(sender)
    if code != _OK:
        raise NotSent("send.answer", place=place, answer=_answer(code, said))
    answers = [(one, *smtp.rcpt(one)) for one in to]
    refused = [one for one, code, _ in answers if code not in (_OK, _FORWARDED)]
    if len(refused) == len(to):
        raise NotSent("send.answer", place=place, answer=_answer(*answers[0][1:]) if answers else "-")
    return tuple(refused)


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {text}"[:200]
