"""Telling people, at most once: what is new is written down, sent, and written down again, channel by channel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator

from osgate.errors import Undecided
from osgate.intake_desk import telling
from osgate.intake_desk.telling import Event, Words
from osgate.intake_desk.told import SENDING, SENT, UNCERTAIN, Told
from osgate.io import mail, posting, sending
from osgate.io.sending import NotSent, Uncertain, place_of
from osgate.model.policy import NotifyChannel
from osgate.model.record import record

# Seconds that one channel may take, and bytes of an answer that are read.
SECONDS, ANSWER = 20.0, 65_536
_ROBOTS = {"wecom": telling.wecom, "dingtalk": telling.dingtalk}


@record
class Delivery:
    """How the message to one channel went.

    told: events that are in it. doubtful: events of an earlier run that may have been sent, and were not sent again.
    refused: receivers that were refused while others took it. error: why it was not sent, or nobody can tell.
    """

    channel: NotifyChannel
    told: tuple[Event, ...] = ()
    doubtful: tuple[Event, ...] = ()
    refused: tuple[str, ...] = ()
    error: Undecided | None = None

    @property
    def well(self) -> bool:
        """True if everything that was to be told is."""
        return not (self.error or self.doubtful or self.refused)


# send(channel, events) -> receivers that were refused; raises NotSent or Uncertain.
Send = Callable[[NotifyChannel, list[Event]], tuple[str, ...]]


def run(
    channels: Iterable[NotifyChannel], events: Iterable[Event], folder: str, now: str, send: Send, *, again: bool
) -> Iterator[Delivery]:
    """Send each channel one message with what it was not told yet; yield how that went. One never stops the others.

    folder: where it is kept what was told; now: UTC instant; again: send what may have been sent once more.
    """
    everything = list(events)
    for channel in channels:
        told = Told(folder, channel, now)
        try:
            fresh, doubtful = pending(channel, everything, told, again=again)
            told.note(doubtful, UNCERTAIN)
            yield _delivered(channel, fresh, doubtful, told, send)
            told.tidy(everything)
        except OSError as error:
            detail = error.strerror or str(error)
            yield Delivery(channel, error=NotSent("send.state", folder=told.folder, detail=detail))


def pending(
    channel: NotifyChannel, events: Iterable[Event], told: Told, *, again: bool
) -> tuple[list[Event], list[Event]]:
    """Return what the channel is to be told, and what a run that was cut short may have told it."""
    fresh: list[Event] = []
    doubtful: list[Event] = []
    for event in (one for one in events if telling.meant_for(channel, one.item)):
        state = told.state(event)
        if not state or (again and state != SENT):
            fresh.append(event)
        elif state == SENDING:
            doubtful.append(event)
    return fresh, doubtful


def _delivered(channel: NotifyChannel, fresh: list[Event], doubtful: list[Event], told: Told, send: Send) -> Delivery:
    before = Delivery(channel, tuple(fresh), tuple(doubtful))
    if not fresh:
        return before
    try:
        told.note(fresh, SENDING)
    except OSError:
        told.forget(fresh)
        raise
    try:
        refused = send(channel, fresh)
    except NotSent as error:
        told.forget(fresh)
        return Delivery(channel, before.told, before.doubtful, error=error)
    except Exception as error:
        told.note(fresh, UNCERTAIN)
        # What nobody foresaw: its words may hold the secret.
        unsure = error if isinstance(error, Uncertain) else Uncertain("send.unforeseen", kind=type(error).__name__)
        return Delivery(channel, before.told, before.doubtful, error=unsure)
    told.note(fresh, SENT)
    return Delivery(channel, before.told, before.doubtful, refused)


def deliver(
    channel: NotifyChannel, found: list[Event], words: Words, secret: str, instant: str, milliseconds: int
) -> tuple[str, ...]:
    """Send `found` as one message; return the receivers of a mail that were refused.

    secret: what the channel's environment variable holds; instant, milliseconds: the moment. Raises NotSent, Uncertain.
    """
    _checked(channel, secret)
    if channel.channel == "smtp":
        subject, text = telling.mail(found, words)
        name = hashlib.sha256("\0\0".join(event.key for event in found).encode()).hexdigest()[:32]
        made = mail.message(channel.sender, channel.to, subject, text, instant=instant, message_id=name)
        return mail.send(mail.Server(channel.address, secret), channel.sender, channel.to, made, SECONDS)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if channel.channel == "webhook":
        headers |= {"Authorization": f"Bearer {secret}"} if secret else {}
        body = telling.webhook(found, words, instant)
        posting.post(channel.address, body, headers, limit=ANSWER, seconds=SECONDS)
        return ()
    try:
        address = (
            telling.wecom_address(channel.address, secret)
            if channel.channel == "wecom"
            else telling.dingtalk_address(channel.address, secret, milliseconds)
        )
    except ValueError as error:
        raise NotSent("send.address", place=place_of(channel.address)) from error
    body = _ROBOTS[channel.channel](found, words)
    _taken(posting.post(address, body, headers, limit=ANSWER, seconds=SECONDS), place_of(address))
    return ()


def _checked(channel: NotifyChannel, secret: str) -> None:
    """Raises NotSent for an address or a secret with blanks or control characters in it; a password may hold blanks,
    and what a DingTalk robot needs is words."""
    if not sending.plain(channel.address):
        raise NotSent("send.address", place=place_of(channel.address))
    if not sending.plain(secret.replace(" ", "") if channel.channel in ("smtp", "dingtalk") else secret):
        raise NotSent("send.secret-malformed", name=channel.secret)


def _taken(answer: bytes, place: str) -> None:
    """A robot says in its answer whether it took the message: `errcode` is 0. Raises NotSent, Uncertain."""
    try:
        code = json.loads(answer)["errcode"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Uncertain("send.strange", place=place) from error
    if code != 0:
        raise NotSent("send.answer", place=place, answer=f"errcode {str(code)[:20]}")
