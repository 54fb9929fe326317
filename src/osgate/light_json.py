"""Reading JSON on the commit path: the interpreter's own scanner, without the package around it.

`json` compiles regular expressions when it is imported, which costs as much as reading a large lockfile. The scanner it
uses lies in `_json`, with the arguments that `json.decoder.JSONDecoder` gives it; where there is none, `json` is used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_BLANKS = " \t\n\r"


def _no_number(name: str) -> NoReturn:
    """RFC 8259 has no NaN and no Infinity."""
    raise ValueError(name)


class _Context:
    """What the scanner asks its decoder for."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_no_number)
    memo: dict[str, str] = {}  # noqa: RUF012 - the scanner never writes to it


def _scanner() -> Callable[[str, int], tuple[Any, int]]:
    try:
        from _json import make_scanner
    except ImportError:
        from json import JSONDecoder

        return JSONDecoder(parse_constant=_no_number).scan_once  # type: ignore[attr-defined, no-any-return]
    made: Any = make_scanner(_Context)  # type: ignore[arg-type]
    return made  # type: ignore[no-any-return]


_SCAN = _scanner()


def _scanned(text: str, start: int) -> tuple[Any, int]:
    try:
        return _SCAN(text, start)
    except SystemError:
        # CPython 3.11 looks for its JSONDecodeError among the loaded modules, and raises nothing where it is not there.
        import json.decoder  # noqa: F401

        return _SCAN(text, start)


def loads(text: str | bytes) -> Any:
    """Return the value of a JSON text (bytes are UTF-8). The last of several equal keys wins, as with `json`.

    Raises ValueError (json.JSONDecodeError where the scanner can say what is wrong; NaN and Infinity among it) and
    RecursionError.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    start = len(text) - len(text.lstrip(_BLANKS))
    try:
        value, end = _scanned(text, start)
    except StopIteration as error:
        raise ValueError(f"no JSON value at {error.value}") from None
    if text[end:].strip(_BLANKS):
        raise ValueError(f"more than one JSON value, at {end}")
    return value
