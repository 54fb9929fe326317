"""A forge's REST interface with its failures in the protocol's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NoReturn, TypeVar

from osgate.forges.got import Got
from osgate.forges.protocol import Expired, Forbidden, Missing, Unreachable
from osgate.io.rest import BadStatus, Limits, NoAnswer, Rest, Token, Value
from osgate.io.sending import plain

T = TypeVar("T")
_EXPIRED, _FORBIDDEN, _BUSY = 401, 403, 429
# Nothing there, no such call there, nothing there any more.
_MISSING = (404, 405, 410)
_UNTAKEN = (400, 422)


class Untaken(Unreachable):
    """The forge understood what we sent and does not take it (HTTP 400, 422): `forge.strange`."""


class Api:
    """The interface below `base`. needs: what is told of a refusal where the caller names nothing.

    address: the forge's, for messages. Raises the protocol's failures; Expired at once for a token that cannot be one.
    """

    def __init__(self, base: str, address: str, token: Token, needs: str, limits: Limits | None = None) -> None:
        if not token.value or not plain(token.value):
            raise Expired("forge.token", address=address, detail="not well formed" if token.value else "none given")
        self.address, self._needs = address, needs
        self._rest = Rest(base, token, limits or Limits())

    def get(self, *parts: str, needs: str = "", **query: Value) -> Got:
        """Return an object."""
        return Got(self._made(parts, needs, partial(self._rest.get, *parts, **query)), self.address)

    def find(self, *parts: str, **query: Value) -> Got | None:
        """Return an object; None where there is none, or where the answer is empty."""
        try:
            found = self._made(parts, "", partial(self._rest.get, *parts, **query))
        except Missing:
            return None
        return None if found is None else Got(found, self.address)

    def text(self, *parts: str) -> str:
        """Return an answer that is plain text."""
        return self._made(parts, "", partial(self._rest.text, *parts))

    def whole(self, *parts: str, **query: Value) -> list[Got]:
        """Return a list that comes in one piece."""
        found = self._made(parts, "", partial(self._rest.get, *parts, **query))
        return Got({"list": found}, self.address).many("list")

    def pages(self, *parts: str, size: tuple[str, int], **query: Value) -> Iterator[Got]:
        """Yield the items of a list that comes in pages: see `Rest.pages`."""
        items = self._rest.pages(*parts, size=size, **query)
        end = object()
        while (item := self._made(parts, "", partial(next, items, end))) is not end:
            yield Got(item, self.address)

    def send(self, method: str, *parts: str, body: Mapping[str, object] | None = None, needs: str = "") -> Got | None:
        """Send a change; return what is answered, None where it is nothing. needs: the right a refusal names."""
        found = self._made(parts, needs, partial(self._rest.send, method, *parts, body=body))
        return Got(found, self.address) if isinstance(found, dict) else None

    def sent(self, method: str, *parts: str, body: Mapping[str, object], needs: str = "") -> Got:
        """The same, where an answer is due."""
        return Got(self._made(parts, needs, partial(self._rest.send, method, *parts, body=body)), self.address)

    def _made(self, parts: tuple[str, ...], needs: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except NoAnswer as error:
            code = "forge.strange" if error.code == "rest.strange" else "forge.unreachable"
            raise Unreachable(code, address=self.address, detail=error.params["detail"]) from None
        except BadStatus as error:
            self._refused("/".join(parts).removeprefix("repos/"), needs, error)

    def _refused(self, what: str, needs: str, error: BadStatus) -> NoReturn:
        address, status, detail = self.address, error.status, error.detail
        if status == _EXPIRED:
            raise Expired("forge.token", address=address, detail=detail) from None
        if status == _FORBIDDEN:
            raise Forbidden("forge.forbidden", what=what, needs=needs or self._needs, detail=detail) from None
        if status in _MISSING:
            raise Missing("forge.missing", what=what) from None
        if error.to:
            raise Missing("forge.moved", what=what, to=error.to) from None
        if status == _BUSY:
            raise Unreachable("forge.busy", address=address, detail=detail) from None
        if status in _UNTAKEN:
            raise Untaken("forge.strange", address=address, detail=detail) from None
        code = "forge.unreachable" if status // 100 == 5 else "forge.strange"
        raise Unreachable(code, address=address, detail=detail) from None
