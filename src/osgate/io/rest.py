"""JSON over HTTP: one call at a time, bounded in time and size, and never a secret in what is said of it."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from functools import partial
from typing import IO, Any

from osgate.errors import Undecided
from osgate.io.sending import Gate, NotSent, Uncertain, is_ill_formed, place_of, within
from osgate.model.record import record

# A call that changes nothing the second time (RFC 9110, 9.2.2) is tried this often.
TRIES = 3
_SAFE = ("GET", "PUT", "DELETE")
_BUSY = (http.client.TOO_MANY_REQUESTS, 502, 503, 504)
_CHUNK, _SAID = 1 << 16, 200
_PAGES = 1000
_TOTALS = ("x-total-count", "total_count")
# A value of a query: left out where it is None.
Value = str | int | bool | None


class NoAnswer(Undecided):
    """Nothing usable came: `rest.unreachable`, `rest.slow`, `rest.strange` (address, detail). It may have been done."""


class BadStatus(Undecided):
    """The answer was an error: `rest.status`. status: HTTP's; detail: what it said, cut short; to: where it points."""

    def __init__(self, address: str, status: int, detail: str, to: str = "") -> None:
        super().__init__("rest.status", address=address, status=status, detail=detail)
        self.status, self.detail, self.to = status, detail, to


@record
class Token:
    """How a secret goes along: as the header `name`, with `before` in front of it; or as the parameter `name`, in the
    query, and in the body of a POST or PATCH."""

    value: str
    name: str = "Authorization"
    before: str = "Bearer "
    parameter: bool = False


@record
class Limits:
    """seconds: of one try; total: of a call with its tries and pauses; listing: of all pages; pause: the longest one
    that is waited for; size: bytes of an answer."""

    seconds: float = 20
    total: float = 60
    listing: float = 300
    pause: float = 20
    size: int = 32 << 20


class Rest:
    """A service below `base` (`https://host/prefix/api/v1`).

    monotonic and sleep: the clock, in seconds. Calls take an address as its segments, which are encoded here, and
    raise NoAnswer and BadStatus.
    """

    def __init__(
        self,
        base: str,
        token: Token | None = None,
        limits: Limits = Limits(),  # noqa: B008 - immutable
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.place = place_of(base)
        self._base, self._token, self._limits = base.rstrip("/"), token, limits
        self._monotonic, self._sleep = monotonic, sleep
        self._opener = urllib.request.build_opener(_SameHost(self._parameter()))

    def get(self, *parts: str, **query: Value) -> Any:
        """Return what a GET answers; None for an empty answer."""
        return self._called("GET", self._url(parts, query), None)[0]

    def text(self, *parts: str) -> str:
        """Return what a GET answers, as text: bytes that are no UTF-8 are replaced."""
        data: bytes = self._called("GET", self._url(parts, {}), None, raw=True)[0]
        return data.decode(errors="replace")

    def send(self, method: str, *parts: str, body: Mapping[str, object] | None = None) -> Any:
        """Return what a PUT, DELETE, POST or PATCH answers. The last two are never sent twice."""
        return self._called(method, self._url(parts, {}), body)[0]

    def pages(self, *parts: str, size: tuple[str, int], **query: Value) -> Iterator[Any]:
        """Yield the items of a list, page by page.

        size: what the length of a page is called, and the length to ask for; the server may give less. The last page is
        told by the `Link` header, else by the number of all items, else it is the one before an empty one. A page that
        is no list is `rest.strange`; a list that takes too long or has no end is `rest.slow`.
        """
        ends, seen = self._monotonic() + self._limits.listing, 0
        for page in range(1, _PAGES + 1):
            items, headers = self._called("GET", self._url(parts, {**query, size[0]: size[1], "page": page}), None)
            if not isinstance(items, list):
                raise self._none("strange", "not a list")
            yield from items
            seen += len(items)
            if not items or not _more(headers, seen):
                return
            if self._monotonic() > ends:
                break
        raise self._none("slow", f"{page} pages, {seen} items")

    def _url(self, parts: tuple[str, ...], query: Mapping[str, Value]) -> str:
        if not parts or any(part in ("", ".", "..") for part in parts):
            raise BadStatus(self.place, http.client.NOT_FOUND, "no such address")
        path = "/".join(urllib.parse.quote(part, safe="", errors="replace") for part in parts)
        pairs = [(k, str(v).lower() if isinstance(v, bool) else v) for k, v in query.items() if v is not None]
        return f"{self._base}/{path}" + (f"?{urllib.parse.urlencode(pairs, errors='replace')}" if pairs else "")

    def _called(
        self, method: str, url: str, body: Mapping[str, object] | None, *, raw: bool = False
    ) -> tuple[Any, Mapping[str, str]]:
        """Try, and try again what may be tried again, until the time is over."""
        ends = self._monotonic() + self._limits.total
        last = TRIES if method in _SAFE else 1
        failure: NoAnswer | BadStatus
        for turn in range(1, last + 1):
            left = min(self._limits.seconds, ends - self._monotonic())
            try:
                answer = within(left, self.place, partial(self._once, method, url, body, left))
                return self._read(method, answer, raw)
            except (NotSent, Uncertain):
                failure, pause = self._none("slow", f"{left:.0f} s"), 0.0
            except _Again as again:
                failure, pause = again.failure, again.pause or min(float(turn), self._limits.pause)
            if turn == last or pause > self._limits.pause or self._monotonic() + pause >= ends:
                break
            self._sleep(pause)
        raise failure from None

    def _once(self, method: str, url: str, body: Mapping[str, object] | None, seconds: float, _: Gate) -> _Answer:
        """Ask once. Raises _Again for what may be over soon, NoAnswer for what will not."""
        try:
            return self._open(self._request(method, url, body), seconds)
        except TimeoutError:
            raise _Again(self._none("slow", f"{seconds:.0f} s")) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            # What these say of a broken address repeats it, with the token.
            if is_ill_formed(error):
                raise self._none("strange", "an address or a token that is not well formed") from None
            raise _Again(self._none("unreachable", str(getattr(error, "reason", error)))) from None

    def _open(self, request: urllib.request.Request, seconds: float) -> _Answer:
        ends = self._monotonic() + seconds
        try:
            with self._opener.open(request, timeout=seconds) as response:
                return _Answer(response.status, _low(response.headers), self._body(response, ends))
        except urllib.error.HTTPError as error:
            with error:
                return _Answer(error.code, _low(error.headers), error.read(_CHUNK))

    def _request(self, method: str, url: str, body: Mapping[str, object] | None) -> urllib.request.Request:
        headers = {"Accept": "application/json", "User-Agent": "osgate"}
        token = self._token
        if token is not None and token.parameter and method in ("POST", "PATCH"):
            body = {token.name: token.value, **(body or {})}
        elif token is not None and token.parameter:
            url = _with(url, self._parameter())
        elif token is not None:
            headers[token.name] = token.before + token.value
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=True).encode()
            headers["Content-Type"] = "application/json"
        return urllib.request.Request(url, data, headers, method=method)  # noqa: S310

    def _parameter(self) -> str:
        """The token as a query carries it, empty where it goes another way."""
        token = self._token
        return urllib.parse.urlencode({token.name: token.value}) if token is not None and token.parameter else ""

    def _body(self, response: http.client.HTTPResponse, ends: float) -> bytes:
        data = bytearray()
        while chunk := response.read1(_CHUNK):
            data += chunk
            if len(data) > self._limits.size:
                raise self._none("strange", f"more than {self._limits.size} bytes")
            if self._monotonic() > ends:
                raise TimeoutError
        length = response.headers.get("Content-Length") or ""
        if length.isdigit() and int(length) != len(data):
            raise http.client.IncompleteRead(b"", int(length) - len(data))
        return bytes(data)

    def _read(self, method: str, answer: _Answer, raw: bool) -> tuple[Any, Mapping[str, str]]:
        """Return what an answer holds. Raises BadStatus, NoAnswer, _Again."""
        good = answer.status < http.client.MULTIPLE_CHOICES
        if raw and good:
            return answer.body, answer.headers
        value: Any = None
        try:
            value = json.loads(answer.body) if answer.body.strip() else None
        except (ValueError, RecursionError):
            if good:
                raise self._none("strange", f"no JSON, {answer.headers.get('content-type', '')}") from None
        if good:
            return value, answer.headers
        failure = self._failure(method, answer, _said(value))
        if answer.status in _BUSY:
            asked = answer.headers.get("retry-after", "")
            raise _Again(failure, min(float(asked), 1e9) if asked.isascii() and asked.isdigit() else 0.0)
        raise failure

    def _failure(self, method: str, answer: _Answer, said: str) -> NoAnswer | BadStatus:
        """What an error means. A redirect is told to who writes, if it stays on this host: the place has moved."""
        to = answer.headers.get("location", "")
        path = "" if method == "GET" else to.removeprefix(self.place)
        if answer.status // 100 == 3 and (not path.startswith("/") or path.startswith("//")):
            return self._none("strange", f"{answer.status}, to {place_of(to)}")
        path = path.partition("?")[0].partition("#")[0]
        return BadStatus(self.place, answer.status, self._clean(f"{answer.status} {said}"), self._clean(path))

    def _none(self, code: str, detail: str) -> NoAnswer:
        return NoAnswer(f"rest.{code}", address=self.place, detail=self._clean(detail))

    def _clean(self, text: str) -> str:
        """Make `text` one short line without the token, as it is or encoded."""
        if self._token is not None and self._token.value:
            for secret in (self._token.value, urllib.parse.quote(self._token.value, safe="")):
                text = text.replace(secret, "***")
        return "".join(c if c.isprintable() else " " for c in text[:_SAID]).strip()


@record
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Again(Exception):
    """A failure that may be over in `pause` seconds; 0 where nobody says."""

    def __init__(self, failure: NoAnswer | BadStatus, pause: float = 0.0) -> None:
        super().__init__()
        self.failure, self.pause = failure, pause


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a GET inside one scheme, host and port, with the token; any other redirect is an answer of its own."""

    def __init__(self, parameter: str) -> None:
        self._parameter = parameter

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any
    ) -> IO[bytes] | None:
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError:  # A place that is no address: the base leaves the answer open.
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        old, new = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if req.get_method() != "GET" or (old.scheme, old.netloc) != (new.scheme, new.netloc):
            return None
        if self._parameter not in newurl:
            newurl = _with(newurl, self._parameter)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _with(url: str, parameter: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{parameter}"


def _more(headers: Mapping[str, str], seen: int) -> bool:
    """Whether another page may follow. The links' own addresses are not followed: they may name another host."""
    if "link" in headers:
        return 'rel="next"' in headers["link"]
    total = next((headers[name] for name in _TOTALS if name in headers), "")
    return not (total.isascii() and total.isdigit()) or seen < int(total[:18])


def _low(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _said(value: object) -> str:
    """What an error's JSON says; the page of a proxy says nothing worth repeating."""
    if isinstance(value, dict):
        for name in ("message", "error_message", "error_description", "error"):
            if isinstance(value.get(name), str):
                return str(value[name])
    return ""
