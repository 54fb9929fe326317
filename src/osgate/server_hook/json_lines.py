"""One JSON value on one line, in ASCII, without the module `json`, whose import costs more than a small push takes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _quoter() -> Callable[[str], str]:
    try:
        from _json import encode_basestring_ascii
    except ImportError:
        import json

        return json.dumps
    return encode_basestring_ascii


_QUOTED = _quoter()
_NAMED = {None: "null", True: "true", False: "false"}


def line(value: Any) -> bytes:
    """Return `value` (None, booleans, integers, finite floats, texts, lists, tuples, dicts with text keys) as a line.

    A text that is no Unicode (a lone surrogate, as git's bytes may give) is written as an escape. Raises TypeError for
    anything else.
    """
    return _written(value).encode("ascii") + b"\n"


def _written(value: Any) -> str:
    if isinstance(value, str):
        return _QUOTED(value)
    if value is None or isinstance(value, bool):
        return _NAMED[value]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join([f'{_QUOTED(key)}: {_written(item)}' for key, item in value.items()])}}}"
    raise TypeError(type(value).__name__)
