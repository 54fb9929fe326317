"""What every file passes before a parser sees it, and what every name passes before a report shows it.

All checks run over whole buffers in C (count, translate, replace); a lockfile of 261 KB costs a fraction of a
millisecond.
"""

from __future__ import annotations

from itertools import accumulate

from osgate import patterns
from osgate.model.dependency import Unreadable
from osgate.model.record import record

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 200

_BOM = b"\xef\xbb\xbf"
# First line of a pointer file (git-lfs specification, "The Pointer"); the second is that of its first releases.
_POINTERS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
# Both kinds of brackets become braces: where they do not match, a parser stops by itself.
_BRACES = bytes.maketrans(b"[]", b"{}")
_NOT_STRUCTURE = bytes(b for b in range(256) if b not in b'[]{}"')
_STEP = {ord("{"): 1, ord("}"): -1}
# Rounds of removing innermost pairs before counting the rest one by one: locks are seldom deeper.
_ROUNDS = 8
# Invisible, though Unicode counts them as marks or letters: joiner, fillers, variation selectors.
_INVISIBLE = "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
_AUTHORITY = r"([A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#\\]*)@"


@record
class Text:
    """A decoded file: no byte order mark, lines end in LF. encoding: `utf-8` or `gb18030`, worth a note in reports."""

    text: str
    encoding: str


def decode(data: bytes, *, required: bool = False) -> Text:
    """Return the text of a file: UTF-8 with or without byte order mark, else GB 18030.

    required: an empty (or blank) file is refused too. CRLF becomes LF, so line numbers stay what an editor shows.
    Raises Unreadable: `too-large` (over MAX_BYTES), `lfs-pointer`, `nul`, `not-text`, `empty`.
    """
    check_bytes(data)
    encoding = "utf-8"
    try:
        text = (data[3:] if data.startswith(_BOM) else data).decode()
    except UnicodeDecodeError as error:
        encoding = "gb18030"
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            raise Unreadable("not-text", line_at(data, error.start)) from None
    if required and (not text or text.isspace()):
        raise Unreadable("empty")
    return Text(text.replace("\r\n", "\n") if "\r" in text else text, encoding)


def check_bytes(data: bytes) -> None:
    """Refuse what no text parser should see. Raises Unreadable: `too-large`, `lfs-pointer`, `not-text`, `nul`."""
    if len(data) > MAX_BYTES:
        raise Unreadable("too-large", size=len(data), limit=MAX_BYTES)
    if data.startswith(_POINTERS):
        raise Unreadable("lfs-pointer", 1)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("not-text", 1)
    if b"\0" in data:
        raise Unreadable("nul", line_at(data, data.index(b"\0")))


def check_depth(data: bytes, limit: int = MAX_DEPTH) -> None:
    """Refuse brackets nested deeper than `limit`; brackets inside "double quoted" strings (JSON's) do not count.

    Raises Unreadable `too-deep`. Files that are no valid JSON are judged up to their first error at least.
    """
    if depth(data) > limit:
        raise Unreadable("too-deep", limit=limit)


def depth(data: bytes) -> int:
    """Return how deep the brackets of JSON text `data` nest."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Removing two neighbouring quotes leaves every other one opening or closing as it was.
    rest = data.translate(_BRACES, _NOT_STRUCTURE).replace(b'""', b"")
    if b'"' in rest:
        rest = b"".join(rest.split(b'"')[::2])
    rest += b"}" * (rest.count(b"{") - rest.count(b"}"))  # a cut file is as deep as it got
    rounds = 0
    while rounds < _ROUNDS and b"{}" in rest:
        rest = rest.replace(b"{}", b"")
        rounds += 1
    return rounds + max(accumulate(map(_STEP.__getitem__, rest), initial=0))


def line_at(data: bytes, offset: int) -> int:
    """Return the line, counted from 1, that byte `offset` of `data` stands in."""
    return data.count(b"\n", 0, offset) + 1


def check_name(name: str, line: int = 0) -> None:
    """Refuse a name, version or address that could deceive whoever reads the report.

    Raises Unreadable `hostile-name` for control characters, escapes, marks of writing direction, characters of no
    width and lone surrogates (everything Unicode calls non-printable, and the invisible rest).
    """
    if not name.isprintable() or (not name.isascii() and patterns.search(_INVISIBLE, name)):
        raise Unreadable("hostile-name", line, name=name.encode("ascii", "backslashreplace").decode())


def without_credentials(url: str) -> str:
    """Return `url` without user name and password; the user name of ssh (`git@`) is an address, so it stays."""
    if "@" not in url:
        return url
    found = patterns.match(_AUTHORITY, url)
    if not found:
        return url
    scheme, user = found.group(1) or "", found.group(2).partition(":")[0]
    kept = f"{user}@" if scheme.lower().endswith("ssh:") and user else ""
    return f"{scheme}//{kept}{url[found.end() :]}"
