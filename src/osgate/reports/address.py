"""Addresses of files, for reports that link to them."""

from __future__ import annotations

# What stands in a path as it is (RFC 3986, 2.3).
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def file_address(template: str, path: str, line: int) -> str:
    """Return the address of a line of a file; without a line, that of the file. Empty without a template."""
    filled = template if line else template.partition("#")[0]
    return filled.replace("{line}", str(line)).replace("{path}", escaped(path))


def escaped(text: str, kept: frozenset[int] = UNRESERVED) -> str:
    """Percent-encode `text` as UTF-8, all but the bytes in `kept`.

    A lone surrogate that stands for a byte git could not decode becomes that byte again.
    """
    data = _bytes(text)
    spelled = {b: chr(b) if b in kept else f"%{b:02X}" for b in set(data)}
    return "".join([spelled[b] for b in data])


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
