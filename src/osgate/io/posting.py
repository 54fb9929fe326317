"""Posting a document by HTTP, once: no redirect is followed, one deadline holds for everything."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import IO, Any

from osgate.io.sending import Gate, NotSent, Uncertain, broken, place_of, within

# A gateway that got no good answer from behind it, or none in time: the document may have been taken there.
_PERHAPS = (http.client.BAD_GATEWAY, http.client.GATEWAY_TIMEOUT)


def post(address: str, data: bytes, headers: Mapping[str, str], *, limit: int, seconds: float) -> bytes:
    """Post `data` to an `http(s)` address, by the proxy that the environment names; return the body of a good answer.

    limit: bytes of the answer that are read; what is beyond them is left. seconds: for all of it, with the look-up of
    the name. Raises NotSent: `send.address`, `send.ill-formed`, `send.refused`, `send.status` (an error for an answer),
    `send.redirect`, `send.slow`; Uncertain, once it may have left: `send.unanswered`, `send.broken`, a gateway's
    `send.status`.
    """
    place = place_of(address)
    try:
        request = urllib.request.Request(address, data, dict(headers), method="POST")  # noqa: S310
    except ValueError as error:
        raise NotSent("send.address", place=place) from error
    if request.type not in ("http", "https") or not request.host:
        raise NotSent("send.address", place=place)
    return within(seconds, place, lambda gate: _post(request, gate, place, limit, seconds))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: what is told goes where the policy says, and nowhere else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


def _post(request: urllib.request.Request, gate: Gate, place: str, limit: int, seconds: float) -> bytes:
    try:
        opener = urllib.request.build_opener(_web(gate, place), _NoRedirect)
        with opener.open(request, timeout=seconds) as response:
            data: bytes = response.read(limit)
            return data
    except urllib.error.HTTPError as error:
        error.close()
        if error.code // 100 == 3:
            raise NotSent("send.redirect", place=place, status=error.code) from error
        raise (Uncertain if error.code in _PERHAPS else NotSent)(
            "send.status", place=place, status=error.code
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise broken(error, gate, place) from error


def _web(gate: Gate, place: str) -> urllib.request.BaseHandler:
    """The handler whose connections pass the gate as soon as they stand."""

    def reach(connect: Callable[[], None]) -> None:
        try:
            connect()
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise broken(error, gate, place) from error
        gate.go(place)

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            reach(super().connect)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            reach(super().connect)

    class Web(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Plain, req)

        def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Secure, req, context=ssl.create_default_context())

    return Web()
