"""Fetching published files: from a folder, or over HTTP with an ETag, a size limit and one deadline for everything."""

from __future__ import annotations

import http.client
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import IO, Any

from osgate.errors import Undecided
from osgate.io.sending import is_ill_formed, place_of
from osgate.model.record import record

_CHUNK = 1 << 16


@record
class Answer:
    """What an address gave. unchanged: the server says our copy is still right (then `data` is empty)."""

    data: bytes
    etag: str = ""
    unchanged: bool = False


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects inside one host and port only: another one was never named in the trust root."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        old, new = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if (old.scheme, old.netloc) != (new.scheme, new.netloc):
            fp.close()
            raise Undecided("fetch.redirect", address=req.full_url, to=new.netloc)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(address: str, name: str, *, etag: str = "", limit: int, seconds: float) -> Answer:
    """Return the file `name` below `address` (a folder, `file:` or `http(s):`).

    limit: most bytes accepted. seconds: for the whole of it, name look-up included. Raises Undecided: `fetch.missing`,
    `fetch.failed`, `fetch.ill-formed`, `fetch.slow`, `fetch.too-large`, `fetch.redirect`.
    """
    if address.startswith(("http://", "https://")):
        return _in_time(address, name, etag, limit, seconds)
    try:
        folder = urllib.request.url2pathname(address[5:].removeprefix("//")) if address.startswith("file:") else address
        path = os.path.join(folder, name)
        if os.path.getsize(path) > limit:
            raise Undecided("fetch.too-large", address=path, limit=limit)
        with open(path, "rb") as file:
            return Answer(file.read())
    except FileNotFoundError as error:
        raise Undecided("fetch.missing", address=path) from error
    except (OSError, ValueError) as error:
        # ValueError: an address that no file can have, as with a NUL in it.
        detail = getattr(error, "strerror", None) or str(error)
        raise Undecided("fetch.failed", address=address, detail=detail) from error


def _in_time(address: str, name: str, etag: str, limit: int, seconds: float) -> Answer:
    """Run the request in a thread of its own: a name server or a trickling body cannot hold the commit longer."""
    url = f"{address.rstrip('/')}/{name}"
    box: list[Any] = []

    def work() -> None:
        try:
            box.append(_request(url, etag, limit, seconds))
        except BaseException as error:
            box.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if not box:
        raise Undecided("fetch.slow", address=url, seconds=seconds)
    if isinstance(box[0], BaseException):
        raise box[0]
    answer: Answer = box[0]
    return answer


def _request(url: str, etag: str, limit: int, seconds: float) -> Answer:
    ends = time.monotonic() + seconds
    try:
        request = urllib.request.Request(url, headers={"If-None-Match": etag} if etag else {})  # noqa: S310
        with urllib.request.build_opener(_SameHost).open(request, timeout=seconds) as response:
            data = bytearray()
            while chunk := response.read1(_CHUNK):
                data += chunk
                if len(data) > limit:
                    raise Undecided("fetch.too-large", address=url, limit=limit)
                if time.monotonic() > ends:
                    raise Undecided("fetch.slow", address=url, seconds=seconds)
            length = response.headers.get("Content-Length")
            if length is not None and length.isdigit() and int(length) != len(data):
                raise Undecided("fetch.failed", address=url, detail=f"{len(data)} of {length} bytes")
            return Answer(bytes(data), response.headers.get("ETag") or "")
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.NOT_MODIFIED and etag:
            return Answer(b"", etag, unchanged=True)
        code = "fetch.missing" if error.code == http.client.NOT_FOUND else "fetch.failed"
        raise Undecided(code, address=url, detail=f"HTTP {error.code}") from error
    except TimeoutError as error:
        raise Undecided("fetch.slow", address=url, seconds=seconds) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if is_ill_formed(error):
            raise Undecided("fetch.ill-formed", address=place_of(url)) from error
        detail = str(getattr(error, "reason", error))
        raise Undecided("fetch.failed", address=url, detail=detail) from error
