"""The way to one server: every call bounded in time and size, repeated only where that is harmless, on one host.

The forges' libraries send through it, so that none of their own habits count: they wait for as long as `Retry-After`
says, repeat a POST where they repeat at all, read an answer of any size, and take a token along to whatever host a
redirect names.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from osgate.forges.protocol import Unreachable
from osgate.model.record import record

# What may be sent twice: the second time changes nothing. A DELETE is not: its second answer is another one.
_REPEATABLE = frozenset(("GET", "HEAD", "PUT"))
_PASSING = frozenset((429, 500, 502, 503, 504, *range(520, 528)))
_HOPS = 5
_CHUNK = 1 << 16


@record
class Limits:
    """seconds: for one call with all its repeats; connect, read: for a step of it; pause: the longest wait before a
    repeat, whatever the server asks for; tries: how often at most; size: bytes of an answer, unpacked."""

    seconds: float = 60.0
    connect: float = 10.0
    read: float = 30.0
    pause: float = 15.0
    tries: int = 4
    size: int = 1 << 25


class TooLarge(Unreachable):
    """An answer is larger than what is read: `forge.strange`. Less of a list may be asked for."""


class Session(requests.Session):
    """A session with one server. base: what every address of its interface begins with; moved: what may follow in that
    of something that has moved; clock, sleep: in seconds, for tests.

    Raises from every request what requests raises, and Unreachable `forge.strange` for an answer that is too large or
    leads elsewhere.
    """

    def __init__(
        self,
        base: str,
        moved: re.Pattern[str],
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__()
        self._base, self._moved = base, moved
        self._limits, self._clock, self._sleep = limits, clock, sleep

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **more: Any) -> requests.Response:
        """Send, and send again what may be sent again, until there is an answer or the time is up."""
        verb, address = str(method).upper(), str(url)
        ends = self._clock() + self._limits.seconds
        tries = self._limits.tries if verb in _REPEATABLE else 1
        for done in range(1, tries + 1):
            answer, failed = self._attempt(verb, address, ends, *args, **more)
            if answer is not None and answer.status_code not in _PASSING:
                return answer
            pause = self._pause(answer, done)
            if done == tries or self._clock() + pause >= ends:
                break
            self._sleep(pause)
        if answer is None:
            raise failed or requests.Timeout()
        return answer

    def _attempt(
        self, verb: str, url: str, ends: float, *args: Any, **more: Any
    ) -> tuple[requests.Response | None, requests.RequestException | None]:
        try:
            return self._in_time(lambda: self._follow(verb, url, *args, **more), ends), None
        except requests.exceptions.SSLError:
            raise
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            return None, error

    def _pause(self, answer: requests.Response | None, done: int) -> float:
        """Seconds before the next try: what the server asks for, within bounds, else twice as long each time."""
        asked = answer.headers.get("Retry-After", "") if answer is not None else ""
        wanted = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0.5 * 2 ** (done - 1)
        return min(wanted, self._limits.pause)

    def _in_time(self, work: Callable[[], requests.Response], ends: float) -> requests.Response:
        """Run in a thread of its own: neither a name server nor a trickling answer can hold the call any longer."""
        box: list[requests.Response | BaseException] = []

        def run() -> None:
            try:
                box.append(work())
            except BaseException as error:
                box.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(max(0.0, ends - self._clock()))
        if not box:
            raise requests.Timeout("no answer in time")
        if isinstance(box[0], BaseException):
            raise box[0]
        return box[0]

    def _follow(self, verb: str, url: str, *args: Any, **more: Any) -> requests.Response:
        """Send, and follow what a GET is sent on to: another path of the same project, with the query that was ours."""
        more |= {
            "stream": True,
            "allow_redirects": False,
            "timeout": (self._limits.connect, self._limits.read),
        }
        place = url
        for _ in range(_HOPS):
            answer = self._read(super().request(verb, place, *args, **more))
            onward = self.get_redirect_target(answer)
            if not onward or verb not in ("GET", "HEAD"):
                return answer
            place = self._onward(place, onward)
            if not place:
                raise Unreachable("forge.strange", address=bare(url), detail="redirect to another place")
        raise Unreachable("forge.strange", address=bare(url), detail=f"over {_HOPS} redirects")

    def _onward(self, place: str, to: str) -> str:
        """Return where a redirect leads; empty where that is not below the interface, or nothing that moves."""
        try:
            parts = urlsplit(urljoin(place, to))
        except ValueError:
            return ""
        at = f"{parts.scheme}://{parts.netloc}{parts.path}"
        return at if at.startswith(self._base) and self._moved.fullmatch(at, len(self._base)) else ""

    def _read(self, answer: requests.Response) -> requests.Response:
        held = bytearray()
        with answer:
            for chunk in answer.iter_content(_CHUNK):
                held += chunk
                if len(held) > self._limits.size:
                    detail = f"over {self._limits.size} bytes"
                    raise TooLarge("forge.strange", address=bare(answer.url), detail=detail)
        # Where requests itself keeps what it has read.
        answer._content = bytes(held)
        return answer


def bare(url: str) -> str:
    """Return an address without what may be private in it: user, password, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
