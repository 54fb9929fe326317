"""One HTTP client for all sources of facts: bounded in time and size, answers kept on disk, no secret in what it says.

It only asks (GET). Proxies come from the environment, and so does the bundle of certificates where no other is named.
What it cannot get is an answer as well, `Failed`, and never an exception. The libraries are those of the extra `facts`.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from osgate.errors import UsageError
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.io.web_session import Session

# HTTP statuses that say "not there" of the component itself.
GONE = (404, 410)
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY, _LIMITED = (502, 503, 504), 429
_HOPS = 5
# Characters of an address, of Accept, and of what is said of a failure.
_LONGEST, _DETAIL = 8_000, 80
# Failures that say something of the host, and after how many of them in a row nobody asks it again.
_OF_THE_HOST, _PATIENCE = ("timeout", "unreachable", "rate-limited"), 3


class Login:
    """How to log in: a user and password, or a token alone. Neither is ever shown."""

    __slots__ = ("_header",)

    def __init__(self, secret: str, user: str = "") -> None:
        if user:
            self._header = "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()
        else:
            self._header = "Bearer " + secret

    def header(self) -> str:
        """Return the value of `Authorization`."""
        return self._header

    def __repr__(self) -> str:
        return "Login(***)"


@record
class Settings:
    """seconds: of one request, from the look-up of the name to the last byte. total: of one answer with all its tries
    and pauses. pause: the longest that is waited between two tries. size: bytes of an answer, unpacked.

    folder: where answers are kept, empty for nowhere. age: seconds that one counts. offline: nobody is asked, and what
    is kept counts however old it is. refresh: what is kept counts for nothing, and is kept anew. ca: file of
    certificates (PEM), empty for what the environment says.
    """

    seconds: float = 20.0
    total: float = 60.0
    pause: float = 15.0
    tries: int = 3
    size: int = 64 << 20
    folder: str = ""
    age: int = 6 * 3600
    offline: bool = False
    refresh: bool = False
    ca: str = ""


@record
class Reply:
    """data: unpacked, empty for a status of GONE. digest: `sha256:` and hex of it. received: UTC instant."""

    data: bytes
    digest: str
    status: int
    received: str


@record
class Failed:
    """Why there is no reply. reason: `html`, `redirect` (to), `timeout`, `too-large`, `status` (code), `malformed`
    (detail), `rate-limited`, `offline`, `unreachable` (detail)."""

    reason: str
    params: tuple[tuple[str, str], ...] = ()


@record
class _Login:
    """header: value of Authorization, or empty. folder: path that it is meant for, with `/` at its end."""

    header: str
    folder: str


# A relative reference (RFC 3986, 5.2) against the address with a slash at its end, or an absolute address on the same
# host; and the value of Accept.
Get = Callable[[str, str], Reply | Failed]


def nobody(address: str) -> Login | None:
    """Log in nowhere."""
    return None


class Client:
    """Asks any number of hosts, each with its own login, and may be asked from several threads.

    login: tells how to log in at an address. monotonic, sleep: the clock, in seconds.
    """

    def __init__(
        self,
        settings: Settings,
        login: Callable[[str], Login | None] = nobody,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._settings, self._login = settings, login
        self._monotonic, self._sleep = monotonic, sleep
        self._session = _session(settings)
        # Of each host the last failure, and how many came in a row.
        self._failing: dict[str, tuple[int, Failed]] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let connections and what is kept go."""
        self._session.close()

    def get(self, address: str) -> Get:
        """Return what asks below `address` (`http(s)`); a user and password in it are a login like any other."""
        base, login = _without_login(address)
        login = login or self._login(address)

        def ask(path: str, accept: str) -> Reply | Failed:
            try:
                url = urljoin(base.rstrip("/") + "/", path) if path else base
                place, wanted = _origin(base), _origin(url)
            except ValueError:
                return _malformed("address")
            if place is None or wanted is None or not all(map(_plain, (path, url, accept))):
                return _malformed("address")
            if wanted != place:
                return Failed("redirect", (("to", _host(url)),))
            return self._guarded(url, accept, _Login(login.header() if login else "", _folder(base)))

        return ask

    def _guarded(self, url: str, accept: str, login: _Login) -> Reply | Failed:
        """Ask a host that has not failed too often: a thousand components must not wait for it a thousand times."""
        host = urlsplit(url).netloc
        times, last = self._failing.get(host, (0, Failed("unreachable")))
        if times >= _PATIENCE:
            return last
        found = self._tried(url, accept, login)
        if isinstance(found, Failed) and found.reason in _OF_THE_HOST:
            self._failing[host] = (times + 1, found)
        else:
            self._failing.pop(host, None)
        return found

    def _tried(self, url: str, accept: str, login: _Login) -> Reply | Failed:
        """Try, and try again what may be over soon, until the time is."""
        ends = self._monotonic() + self._settings.total
        for turn in range(1, self._settings.tries + 1):
            found, pause = self._followed(url, accept, login, ends)
            pause = pause or min(0.25 * 2.0**turn, self._settings.pause)
            again = isinstance(found, Failed) and _passing(found) and not self._settings.offline
            over = self._monotonic() + pause >= ends or pause > self._settings.pause
            if not again or over or turn == self._settings.tries:
                break
            self._sleep(pause)
        return found

    def _followed(self, url: str, accept: str, login: _Login, ends: float) -> tuple[Reply | Failed, float]:
        """One try, with its redirects inside of one host; and the seconds that the host asks to wait.

        Others may answer elsewhere on that host: no redirect takes the login out of the folder that it is meant for.
        """
        origin, header = _origin(url), login.header
        for _ in range(_HOPS):
            left = min(self._settings.seconds, ends - self._monotonic())
            if left <= 0:
                return Failed("timeout"), 0.0
            got = self._session.ask(url, accept, header, left)
            if isinstance(got, tuple):
                return Failed(*got), 0.0
            if got.status not in _REDIRECTS:
                return self._meant(got.status, got.data, got.received, accept), _seconds(got.after)
            try:
                url = urljoin(url, got.location)
                to = _origin(url)
            except ValueError:
                to = None
            if to is None or to != origin:
                return Failed("redirect", (("to", _host(url) if to else "?"),)), 0.0
            header = login.header if _inside(url, login.folder) else ""
        return _malformed("redirects without end"), 0.0

    def _meant(self, status: int, data: bytes, received: str, accept: str) -> Reply | Failed:
        """What an answer means."""
        import hashlib

        if status in GONE:
            return Reply(b"", "sha256:" + hashlib.sha256(b"").hexdigest(), status, received)
        if status == 504 and self._settings.offline:
            return Failed("offline")
        if status == _LIMITED:
            return Failed("rate-limited")
        if status != 200:
            return Failed("status", (("code", str(status)),))
        if is_page_instead(data, accept):
            return Failed("html")
        return Reply(data, "sha256:" + hashlib.sha256(data).hexdigest(), status, received)


def client(
    settings: Settings,
    login: Callable[[str], Login | None] = nobody,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Client:
    """Return a Client. Raises UsageError("facts.extra") where its libraries are not installed."""
    return Client(settings, login, monotonic, sleep)


def is_page_instead(data: bytes, accept: str) -> bool:
    """Tell whether `data` is a page for people where Accept asked for none: it begins with `<html` or its doctype,
    after XML's declaration or not."""
    if "html" in accept:
        return False
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    while head.startswith((b"<?", b"<!--")):
        head = head.partition(b"?>" if head.startswith(b"<?") else b"-->")[2].lstrip()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def _session(settings: Settings) -> Session:
    try:
        from osgate.io import web_session
    except ImportError as error:
        raise UsageError("facts.extra", module=error.name or "requests") from None
    ca = settings.ca or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or ""
    kept = (settings.folder, settings.age, settings.offline, settings.refresh)
    return web_session.Session(settings.size, *kept, ca, is_page_instead)


def _without_login(address: str) -> tuple[str, Login | None]:
    """An address without query, fragment, user and password; and the login that stood in it."""
    try:
        parts = urlsplit(address)
        user, at, host = parts.netloc.rpartition("@")
        base = urlunsplit((parts.scheme, host, parts.path, "", ""))
        name, _, secret = user.partition(":")
        return base, Login(unquote(secret), unquote(name)) if at and name else None
    except ValueError:
        return "", None


def _folder(base: str) -> str:
    """The path below which an address is meant: that of `v3/index.json` is `v3/`."""
    path = urlsplit(base).path.rstrip("/")
    above, _, last = path.rpartition("/")
    return (above if last.endswith((".json", ".xml", ".txt")) else path) + "/"


def _inside(url: str, folder: str) -> bool:
    """Whether an address lies in a folder, however a server may read it: no dots that are escaped, no backslash."""
    path = urlsplit(url).path
    odd = "\\" in path or "%2e" in path.lower() or "%5c" in path.lower() or "/../" in f"{path}/"
    return not odd and path.startswith(folder)


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address with HTTP (RFC 6454, 4), None for any other. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def _host(url: str) -> str:
    """Host and port of an address, as far as they can be shown."""
    host = urlsplit(url).netloc[:_DETAIL]
    return host if _plain(host) else "?"


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and len(text) <= _LONGEST


def _passing(failed: Failed) -> bool:
    """Whether a failure may soon be over."""
    code = dict(failed.params).get("code", "")
    return failed.reason in _OF_THE_HOST or (failed.reason == "status" and code in map(str, _BUSY))


def _seconds(after: str) -> float:
    """What Retry-After asks for (RFC 9110, 10.2.3): seconds, or a date; 0 where it says nothing usable."""
    if after.isascii() and after.isdigit():
        return float(after[:9])
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(after).timestamp() - time.time()) if after else 0.0
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _malformed(detail: str) -> Failed:
    return Failed("malformed", (("detail", detail[:_DETAIL]),))
