"""The libraries below `io.web`: requests for the way there, requests-cache for what is kept. Imported when needed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from typing import Any

import requests
import requests_cache
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import HTTPResponse
from urllib3.exceptions import DecodeError, HTTPError, InvalidHeader

from osgate.errors import Undecided
from osgate.io.sending import Gate, within
from osgate.model.record import record

_CHUNK = 1 << 16
_DETAIL = 80
# Days after which an answer that nobody asked for again is thrown away, and seconds that one process waits for another.
_KEPT, _PATIENCE = 30, 5
KEPT_IN = "answers.sqlite"
# Reason and params of a failure, as `web.Failed` has them.
Failure = tuple[str, tuple[tuple[str, str], ...]]


@record
class Got:
    """An answer. location, after: its headers Location and Retry-After. received: UTC instant when it came."""

    status: int
    data: bytes
    location: str
    after: str
    received: str


class _Stopped(Exception):
    """An answer that is not taken. failure: why."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.failure: Failure = (reason, (("detail", detail[:_DETAIL]),) if detail else ())


class Session:
    """Connections, and the answers kept in `folder`. Arguments as the fields of `web.Settings`.

    wrong: tells of a body and the Accept it answers whether it is not to be kept.
    """

    def __init__(
        self,
        size: int,
        folder: str,
        age: int,
        offline: bool,
        refresh: bool,
        ca: str,
        wrong: Callable[[bytes, str], bool],
    ) -> None:
        self._offline, self._refresh, self._ca = offline, refresh, ca
        self._session = _opened(folder, age, offline, wrong)
        self._session.mount("http://", _Bounded(size))
        self._session.mount("https://", _Bounded(size))
        self._session.headers.clear()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def ask(self, url: str, accept: str, login: str, seconds: float) -> Got | Failure:
        """Ask once, within `seconds`; redirects are not followed. login: value of Authorization, or empty."""
        headers = {"Accept": accept or "*/*", "Accept-Encoding": "gzip", "User-Agent": "osgate"}
        more: dict[str, Any] = {"only_if_cached": True} if self._offline else {}
        keeps = isinstance(self._session, requests_cache.CachedSession)
        if self._offline and not keeps:
            return "offline", ()
        if self._refresh and keeps and not self._offline:
            more["force_refresh"] = True
        try:
            got = self._session.get(
                url,
                headers=headers,
                auth=_Login(login) if login else None,
                timeout=seconds,
                allow_redirects=False,
                verify=self._ca or True,
                **more,
            )
        except _Stopped as stopped:
            return stopped.failure
        except sqlite3.Error as error:
            return "unreachable", (("detail", f"{KEPT_IN}: {error}"[:_DETAIL]),)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            return _failure(error)
        return Got(
            got.status_code,
            got.content or b"",
            got.headers.get(_LOCATION, ""),
            got.headers.get("Retry-After", ""),
            # One that was kept, and that the server says is still the same, is an answer of now.
            _instant(None if getattr(got, "revalidated", False) else getattr(got, "created_at", None)),
        )

    def close(self) -> None:
        """Close the connections; throw away what was kept too long."""
        if isinstance(self._session, requests_cache.CachedSession):
            with contextlib.suppress(sqlite3.Error):
                self._session.cache.delete(older_than=timedelta(days=_KEPT))
        self._session.close()


class _Login(AuthBase):
    """Sends a login; before what a .netrc may say."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


class _Bounded(HTTPAdapter):
    """Reads an answer whole, within its size and time; whoever is above sees one that lies in memory."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def send(self, request: requests.PreparedRequest, *_: Any, **named: Any) -> requests.Response:
        seconds = float(named.get("timeout") or 0)

        def work(_: Gate) -> requests.Response:
            return self._whole(request, {**named, "stream": True}, time.monotonic() + seconds)

        try:
            return within(seconds, "", work)
        except Undecided:
            raise _Stopped("timeout") from None

    def _whole(self, request: requests.PreparedRequest, named: dict[str, Any], ends: float) -> requests.Response:
        with super().send(request, **named) as response:
            body = self._body(response.raw, ends)
            headers = {k: v for k, v in response.headers.items() if k.lower() not in _OF_THE_WAY}
            if "location" in response.headers:
                # Under its own name requests would read it, and stumble over what is no address.
                headers[_LOCATION] = response.headers["location"]
            whole = HTTPResponse(
                BytesIO(body), headers, response.status_code, preload_content=False, request_url=request.url
            )
            return self.build_response(request, whole)

    def _body(self, raw: Any, ends: float) -> bytes:
        """The unpacked body. urllib3 unpacks no more at once than it is asked for, and tells one that is cut short."""
        length = raw.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and int(length[:18]) > self._size:
            raise _Stopped("too-large")
        data = bytearray()
        while piece := raw.read1(_CHUNK, decode_content=True):
            data += piece
            if len(data) > self._size:
                raise _Stopped("too-large")
            if time.monotonic() > ends:
                raise _Stopped("timeout")
        return bytes(data)


# Headers that tell how a body travelled, not what it is.
_OF_THE_WAY = ("content-encoding", "content-length", "transfer-encoding", "connection", "set-cookie", "location")
_LOCATION = "X-Osgate-Location"


def _opened(folder: str, age: int, offline: bool, wrong: Callable[[bytes, str], bool]) -> requests.Session:
    """A session that keeps answers, or one that does not: without a folder, or with one that cannot be used."""
    if not folder:
        return requests.Session()

    def right(got: requests.Response) -> bool:
        return not wrong(got.content or b"", str(got.request.headers.get("Accept", "")))

    path = os.path.join(folder, KEPT_IN)
    for _ in range(2):
        try:
            os.makedirs(folder, 0o700, exist_ok=True)
            return requests_cache.CachedSession(
                path,
                backend="sqlite",
                serializer="json",
                decode_content=False,
                busy_timeout=_PATIENCE * 1000,
                expire_after=age,
                allowable_codes=(200, 404, 410),
                allowable_methods=("GET",),
                match_headers=["Accept"],
                filter_fn=right,
                stale_if_error=offline,
            )
        except sqlite3.OperationalError:
            break
        except sqlite3.DatabaseError:
            # It is no database any more: what it kept can be asked for again.
            with contextlib.suppress(OSError):
                os.unlink(path)
        except OSError:
            break
    return requests.Session()


def _failure(error: BaseException) -> Failure:
    """What went wrong, in words that repeat no address: it, or a proxy's, may hold secrets."""
    for kind, detail in ((DecodeError, "content-encoding"), (InvalidHeader, "headers")):
        if _of(error, kind) is not None:
            return "malformed", (("detail", detail),)
    if isinstance(error, (requests.Timeout, TimeoutError)) or _of(error, TimeoutError) is not None:
        return "timeout", ()
    certificate = _of(error, ssl.SSLCertVerificationError)
    if isinstance(certificate, ssl.SSLCertVerificationError):
        return "unreachable", (("detail", f"TLS: {certificate.verify_message}"[:_DETAIL]),)
    system = _of(error, OSError)
    said = getattr(system, "strerror", None) or type(error).__name__
    return "unreachable", (("detail", str(said)[:_DETAIL]),)


def _of(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    """The innermost cause of `error` that is a `kind`, of the system's own and not of the libraries' for OSError."""
    found = None
    for _ in range(10):
        if error is None:
            break
        if isinstance(error, kind) and not isinstance(error, requests.RequestException):
            found = error
        inner = getattr(error, "reason", None)
        nested = [one for one in (inner, *error.args) if isinstance(one, BaseException)]
        error = nested[0] if nested else error.__cause__ or error.__context__
    return found


def _instant(moment: object) -> str:
    """The UTC instant of a kept answer, or of now."""
    if not isinstance(moment, datetime):
        moment = datetime.now(UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
