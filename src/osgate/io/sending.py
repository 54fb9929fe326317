"""Sending something once, within a time: what is known not to have been sent, and what nobody can tell."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.client import InvalidURL
from typing import Any, TypeVar
from urllib.error import URLError
from urllib.parse import urlsplit

from osgate.errors import Undecided

T = TypeVar("T")


class NotSent(Undecided):
    """It did not reach anybody: the connection failed, or the answer was that it was not taken."""


class Uncertain(Undecided):
    """It may have been taken: it was sent, and no answer told."""


class Gate:
    """Passed once, right before the first byte leaves; closed when the time is over. passed: whether that was done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.passed = self._closed = False

    def go(self, place: str) -> None:
        """Pass. Raises NotSent where the time is over, so that nothing leaves after it was given up."""
        with self._lock:
            if self._closed:
                raise NotSent("send.slow", place=place)
            self.passed = True

    def close(self) -> bool:
        """Let nothing pass any more; return whether something did."""
        with self._lock:
            self._closed = True
            return self.passed


def place_of(address: str) -> str:
    """Return scheme, host and port of an address, `?` for what is none: the rest of it may hold secrets."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "?"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def plain(text: str) -> bool:
    """True if there is neither a blank nor a control character in `text`."""
    return text.isprintable() and " " not in text


def is_ill_formed(error: Exception) -> bool:
    """True for what is said of an address or header that nothing can be asked with. Its words repeat what they are
    about, secrets and all, and are not to be told."""
    # A certificate that does not hold is both: a broken connection and a ValueError.
    return isinstance(error, (ValueError, InvalidURL)) and not isinstance(error, OSError)


def broken(error: Exception, gate: Gate, place: str) -> NotSent | Uncertain:
    """Return what a connection's `error` means: `send.broken` behind the gate, before it `send.refused`, or
    `send.ill-formed` where nothing can be asked so."""
    hidden = is_ill_formed(error)
    detail = type(error).__name__ if hidden else str(error.reason if isinstance(error, URLError) else error)
    if gate.passed:
        return Uncertain("send.broken", place=place, detail=detail)
    if hidden:
        return NotSent("send.ill-formed", place=place)
    return NotSent("send.refused", place=place, detail=detail)


def within(seconds: float, place: str, work: Callable[[Gate], T]) -> T:
    """Run `work` in a thread of its own, so that no name server or trickling answer holds us longer than `seconds`.

    place: whom it goes to, for messages. Raises what `work` raises, and when the time is over NotSent("send.slow") or,
    where the gate was passed, Uncertain("send.unanswered").
    """
    gate, box = Gate(), list[Any]()

    def run() -> None:
        try:
            box.append((work(gate), None))
        except BaseException as error:
            box.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not box:
        if gate.close():
            raise Uncertain("send.unanswered", place=place)
        raise NotSent("send.slow", place=place)
    result, error = box[0]
    if error is not None:
        raise error
    found: T = result
    return found
