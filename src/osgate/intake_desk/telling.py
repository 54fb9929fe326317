"""What is told to whom, and the bodies in which each kind of channel takes it. Pure.

The formats of WeCom's and DingTalk's group robots are those of their public documentation as of 2026.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit

from osgate.model.agenda import Item
from osgate.model.policy import NotifyChannel
from osgate.model.record import record
from osgate.reports import agenda
from osgate.text.width import printable, truncate

if TYPE_CHECKING:
    from osgate.text.translator import Translator

NOTICE = "osgate.notice/1"
# Kinds with a time to do it in: told when they are there, and when it is over. All others are told as their end comes
# near; that a renewal waits for more roles, at once too.
_TIMED = ("block", "review", "waiting")
# Bytes of UTF-8 that WeCom takes as `markdown.content`, and DingTalk for all of a message; a mail has no limit of its
# own, and a screenful is read.
WECOM, DINGTALK, MAIL = 4096, 20_000, 200_000
# Events of one JSON document; columns of one line of a message, and of the components that it names.
MOST, LINE, ABOUT = 1000, 600, 120
# What would format, link or mention in a robot's Markdown, with what looks like it.
_SAFE = str.maketrans(
    {"<": "＜", ">": "＞", "[": "［", "]": "］", "*": "＊", "`": "'", "#": "＃", "|": "｜", "\\": "＼"}
)


@record
class Event:
    """Something to be told once. stage: `new`, `overdue`, or the days before its end at which it is told."""

    item: Item
    stage: str

    @property
    def key(self) -> str:
        """What is never told twice. A date that moves makes another event, as a renewal does."""
        item = self.item
        moves = "" if item.kind in _TIMED else item.until
        return "\0".join((item.kind, item.id, item.name, self.stage, moves))


def events(items: Iterable[Item], warn: Iterable[int]) -> Iterator[Event]:
    """Yield what is to be told of `items` now: of each one the latest stage that it has reached.

    warn: days before an end at which it is told.
    """
    steps = sorted(warn)
    for item in items:
        reached = [days for days in steps if item.left <= days]
        if item.overdue:
            yield Event(item, "overdue")
        elif reached and item.kind not in _TIMED:
            yield Event(item, str(reached[0]))
        elif item.kind in (*_TIMED, "renewing"):
            yield Event(item, "new")


def meant_for(channel: NotifyChannel, item: Item) -> bool:
    """True if `channel` tells of what waits for one of its roles; one without roles tells everything."""
    return not channel.roles or bool(set(channel.roles) & set(item.asks))


@record
class Words:
    """How a channel speaks: its language, how persons are named, whose gate it is."""

    t: Translator
    name: Callable[[str], str]
    institution: str


def title(found: list[Event], words: Words) -> str:
    """Return the subject of a message: whose gate, how much, how much of it overdue."""
    over = sum(event.item.overdue for event in found)
    return printable(words.t("notice.title", institution=words.institution, n=len(found), over=over))


def lines(found: Iterable[Event], words: Words, *, plain: bool = False) -> Iterator[str]:
    """Yield one line an event: how long there is, what, which components, and the command that settles it.

    plain: for a robot; of a command that could not be copied from there, the one that shows the record.
    """
    for event in found:
        item = event.item
        do = agenda.action(item, words.t)
        if plain and _plain(do) != do:
            do = f"osgate ledger show {agenda.short(item.id)}"
        said = words.t(
            "notice.line" if item.subjects else "notice.line-bare",
            when=words.t("notice.new") if event.stage == "new" else agenda.when(item, words.t),
            said=agenda.sentence(item, words.t, words.name),
            about=truncate(agenda.about(item, words.t), ABOUT),
            do=do,
        )
        yield truncate(_plain(printable(said)) if plain else printable(said), LINE)


def fitted(head: str, found: Iterable[str], count: int, more: Callable[[int], str], limit: int) -> str:
    """Return `head` and as many of the `count` lines `found` as `limit` bytes of UTF-8 leave room for.

    more: tells how many are left out. A head that does not fit by itself is cut.
    """
    taken, sizes = [head], [len(head.encode())]
    for line in found:
        taken.append(line)
        sizes.append(sizes[-1] + len(line.encode()) + 1)
        if sizes[-1] > limit:
            break
    if sizes[-1] > limit and len(taken) > 1:
        room = limit - len(more(count).encode()) - 1
        kept = max(sum(size <= room for size in sizes), 1)
        taken = [*taken[:kept], more(count - kept + 1)]
    return "\n".join(taken).encode()[:limit].decode("utf-8", "ignore")


def webhook(found: list[Event], words: Words, at: str) -> bytes:
    """Return the generic JSON document, schema `osgate.notice/1`. at: UTC instant."""
    told = [{"stage": event.stage, **agenda.to_json(event.item)} for event in found[:MOST]]
    said = list(lines(found[:MOST], words))
    document: dict[str, Any] = {
        "schema": NOTICE,
        "institution": words.institution,
        "at": at,
        "language": words.t.locale,
        "title": title(found, words),
        "events": [{**event, "text": text} for event, text in zip(told, said, strict=True)],
        "more": max(0, len(found) - MOST),
    }
    return json.dumps(document).encode("ascii")


def wecom(found: list[Event], words: Words) -> bytes:
    """Return a Markdown message of a WeCom group robot."""
    content = _markdown(found, words, f"**{_plain(title(found, words))}**", WECOM)
    return _json({"msgtype": "markdown", "markdown": {"content": content}})


def dingtalk(found: list[Event], words: Words) -> bytes:
    """Return a Markdown message of a DingTalk group robot; its title is what a phone shows."""
    head = _plain(title(found, words))
    # Half of what is allowed for all of the message: JSON writes some characters as two.
    text = _markdown(found, words, f"#### {head}", DINGTALK // 2)
    return _json({"msgtype": "markdown", "markdown": {"title": head, "text": text}, "at": {"isAtAll": False}})


def mail(found: list[Event], words: Words) -> tuple[str, str]:
    """Return subject and plain text of a mail."""
    said = (f"* {line}" for line in lines(found, words))
    head = title(found, words)
    text = fitted(head + "\n", said, len(found), lambda n: words.t("notice.more", n=n), MAIL)
    return truncate(head, 150), text + "\n"


def _markdown(found: list[Event], words: Words, head: str, limit: int) -> str:
    said = (f"- {line}" for line in lines(found, words, plain=True))
    return fitted(head + "\n", said, len(found), lambda n: _plain(words.t("notice.more", n=n)), limit)


def _plain(text: str) -> str:
    """`text` as a robot shows it and does nothing else with it."""
    return text.translate(_SAFE)


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")


def wecom_address(address: str, secret: str) -> str:
    """Return the robot's address with its key, which `secret` holds where the address names none."""
    return _with(address, {"key": secret}) if secret else address


def dingtalk_address(address: str, secret: str, milliseconds: int) -> str:
    """Return the robot's address with its token and signature.

    secret: words; one that begins with SEC signs (base64 of HMAC-SHA256 over `<milliseconds>\\n<secret>`), another one
    is the access token of an address that names none.
    """
    more: dict[str, str] = {}
    for word in secret.split():
        if word.startswith("SEC"):
            made = hmac.new(word.encode(), f"{milliseconds}\n{word}".encode(), hashlib.sha256).digest()
            more |= {"timestamp": str(milliseconds), "sign": base64.b64encode(made).decode()}
        else:
            more["access_token"] = word
    return _with(address, more)


def _with(address: str, more: dict[str, str]) -> str:
    """`address` with query parameters, but for those it has."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode({**more, **query}, quote_via=quote_plus)))
