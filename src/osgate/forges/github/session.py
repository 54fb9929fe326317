"""The way to one GitHub: in time, in size, on its host, and with GitHub's own habits.

A rate limit is a 403 as often as a 429, says in one of three ways how long to wait, and may ask for an hour. Nothing
here waits longer than `Limits.pause` at once, and whoever listens is told of every wait.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from osgate.forges import session
from osgate.forges.protocol import Unreachable
from osgate.forges.session import Limits, bare

# Told before a pause: its seconds, and the address that asks for it.
Waiting = Callable[[float, str], None]
LIMITS = Limits(seconds=150.0, pause=65.0)
# Seconds between two changes, and how long a limit holds that says nothing: GitHub's best practices for its REST API.
BETWEEN, _SECONDARY = 1.0, 60.0
_BUSY = 429
_PASSING = frozenset((_BUSY, 500, 502, 503, 504))
_REPEATABLE = frozenset(("GET", "HEAD", "PUT", "DELETE"))
# A question in GraphQL is a POST like a change.
_QUESTION = '{"query": "query '
_LIMITED = re.compile(r"rate limit|abuse detection|please (?:retry your request|wait a few minutes)", re.IGNORECASE)
# Where what was renamed is to be found: its number, or its new name.
_NAME = r"(?!\.{1,2}(?:/|$))(?:[\w.-]|%(?!2[eE])[0-9a-fA-F]{2})+"
_MOVED = re.compile(rf"(?:repositories/[0-9]+|organizations/[0-9]+|repos/{_NAME}/{_NAME})(?:/{_NAME})*")
# Shorter pauses are not worth a word.
_SHORT = 2.0
_KEPT, _LARGE = 256, 1 << 20


def silent(seconds: float, address: str) -> None:
    """Tell nobody."""


class Session(session.Session):
    """A session with one GitHub. api: of REST; graphql: of GraphQL, on the same host.

    between: least seconds from one change to the next. calls: requests sent so far. Answers are kept with their ETag
    and asked for again on condition: what did not change does not count against the limit.
    """

    def __init__(
        self,
        api: str,
        graphql: str,
        limits: Limits,
        *,
        between: float = BETWEEN,
        waiting: Waiting = silent,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(f"{api}/", _MOVED, limits, clock, sleep)
        self._graphql = graphql
        self._between, self._waiting = between, waiting
        self._changed: float | None = None
        self._known: OrderedDict[str, requests.Response] = OrderedDict()
        self.calls = 0
        # Without this, what a .netrc says would take the token's place.
        self.auth = _as_it_is

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **more: Any) -> requests.Response:
        """Send, and send again what may be sent again, until there is an answer or the time is up."""
        verb, address = str(method).upper(), str(url)
        if address != self._graphql and not address.startswith(self._base):
            raise Unreachable("forge.strange", address=bare(address), detail="another place")
        asks = verb in _REPEATABLE or str(more.get("data") or "").startswith(_QUESTION)
        self._keep_apart(verb, asks)
        ends, failed = self._clock() + self._limits.seconds, None
        for done in range(1, (self._limits.tries if asks else 1) + 1):
            answer, failed = self._attempt(verb, address, ends, *args, **more)
            if answer is not None and answer.status_code not in _PASSING:
                return answer
            pause = self._pause(answer, done)
            if not asks or done == self._limits.tries or pause > self._limits.pause or self._clock() + pause >= ends:
                break
            self._rest(pause, address)
        if answer is None:
            raise failed or requests.Timeout()
        return answer

    def _attempt(
        self, verb: str, url: str, ends: float, *args: Any, **more: Any
    ) -> tuple[requests.Response | None, requests.RequestException | None]:
        """Send once, on condition where we have an answer. A limit is told as 429, whatever it came as."""
        self.calls += 1
        known = self._known.get(url) if verb == "GET" else None
        if known is not None:
            more["headers"] = {**(more.get("headers") or {}), "If-None-Match": known.headers["ETag"]}
        answer, failed = super()._attempt(verb, url, ends, *args, **more)
        if answer is None:
            return None, failed
        if known is not None and answer.status_code == 304:
            return known, None
        if limited(answer):
            answer.status_code = _BUSY
        if verb == "GET" and answer.status_code == 200 and answer.headers.get("ETag") and len(answer.content) < _LARGE:
            self._known[url] = answer
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return answer, None

    def _pause(self, answer: requests.Response | None, done: int) -> float:
        """Seconds before the next try: what is asked for, however much, else twice as long each time."""
        asked = patience(answer) if answer is not None else None
        return min(0.5 * 2 ** (done - 1), self._limits.pause) if asked is None else asked

    def _keep_apart(self, verb: str, asks: bool) -> None:
        """Wait where the last change is not long enough ago."""
        if verb == "GET" or (verb == "POST" and asks):
            return
        if self._changed is not None and (early := self._changed + self._between - self._clock()) > 0:
            self._sleep(early)
        self._changed = self._clock()

    def _rest(self, seconds: float, address: str) -> None:
        if seconds >= _SHORT:
            self._waiting(seconds, bare(address))
        self._sleep(seconds)

    def _onward(self, place: str, to: str) -> str:
        """Return where a redirect leads; empty where that is not below the interface, or nothing that moves."""
        at = super()._onward(place, to)
        # PyGithub has put the query into the address; GitHub's redirects may leave it out.
        query = urlsplit(place).query
        return f"{at}?{query}" if at and query else at


def limited(answer: requests.Response) -> bool:
    """Whether an answer is a rate limit: GitHub says so by status, by header, or only in words."""
    if answer.status_code not in (403, _BUSY):
        return False
    told = answer.status_code == _BUSY or "Retry-After" in answer.headers
    return told or _spent(answer) or bool(_LIMITED.search(answer.text[:2000]))


def patience(answer: requests.Response) -> float | None:
    """Return the seconds that an answer asks for; None where it asks for none.

    When the limit is over is an instant of GitHub's clock, and is compared with that: ours may be wrong. Source:
    GitHub's documentation, "Rate limits for the REST API".
    """
    asked = _number(answer, "Retry-After")
    if asked is not None:
        return asked
    until = _number(answer, "X-RateLimit-Reset")
    if _spent(answer) and until is not None:
        try:
            now = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
        except (ValueError, OverflowError):
            return _SECONDARY
        return max(0.0, until - now) + 1
    return _SECONDARY if answer.status_code in (403, _BUSY) else None


def _spent(answer: requests.Response) -> bool:
    return answer.status_code in (403, _BUSY) and answer.headers.get("X-RateLimit-Remaining") == "0"


def _number(answer: requests.Response, name: str) -> float | None:
    told = answer.headers.get(name, "")
    return float(told) if told.isascii() and told.isdigit() and len(told) < 12 else None


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
