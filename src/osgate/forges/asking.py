"""What clients of a forge's JSON interface share: addresses, failures in few words, answers of another shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import quote

from osgate.forges.protocol import Unreachable
from osgate.text.width import printable, truncate

T = TypeVar("T")
_DETAIL = 200


class Rejected(Unreachable):
    """The forge refuses a request as it stands (400, 405, 409, 422 …): `forge.strange`. status: of HTTP."""

    def __init__(self, status: int, address: str, detail: str) -> None:
        super().__init__("forge.strange", address=address, detail=detail)
        self.status, self.detail = status, detail


def joined(path: Iterable[str | int]) -> str:
    """Return a path of the API; each part is one segment, whatever stands in it."""
    return "".join([f"/{quote(str(part), safe='')}" for part in path])


def clean(text: str, secrets: Iterable[str]) -> str:
    """Return a short text of one line that can be shown: nothing that steers a terminal, and none of the secrets."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return truncate(printable(" ".join(text[: 4 * _DETAIL].split())), _DETAIL)


def converted(convert: Callable[[Any], T], answer: Any, address: str, secrets: Iterable[str]) -> T:
    """Return `convert(answer)`. Raises Unreachable `forge.strange` where the answer has another shape."""
    try:
        return convert(answer)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        detail = clean(f"{type(error).__name__}: {error}", secrets)
        raise Unreachable("forge.strange", address=address, detail=detail) from None


def cause(error: BaseException) -> str:
    """Return what went wrong at the bottom. Only kinds and the system's words: the rest may quote what we sent."""
    for _ in range(8):
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if not isinstance(inner, BaseException):
            break
        error = inner
    words = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
