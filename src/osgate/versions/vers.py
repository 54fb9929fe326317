"""VERS, the version range specifier of the package-url project (ECMA-427 draft, clause 5), read strictly.

A range is a list of signposts on the line of versions: `vers:npm/>=1.3.0|!=1.4.2|<2.0.0`. Only canonical texts count.
The reasons of refusal (`vers.<reason>`; each error carries `text`, and `canonical` where the text can be mended):

    length     longer than MAX_TEXT                     space      white space in it
    ascii      something else than printable ASCII      prefix     does not begin with `vers:` and a type and a slash
    scheme     type unknown or not in lower case        empty      no constraints
    pipe       a leading, trailing or doubled pipe      star       `*` beside other constraints
    equals     `=` written out                          encoding   a version not percent-encoded as it should be
    version    a comparator without a version, or one that its type cannot read
    unordered  a comparator of order on a type without  order      not sorted by version
    duplicate  the same version twice                   sequence   comparators that contradict or repeat each other
"""

from __future__ import annotations

from osgate import patterns
from osgate.errors import UsageError
from osgate.model.record import record
from osgate.versions.schemes import PARSED, known, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.versions.schemes import Scheme

MAX_TEXT = 100_000
# How many readings are remembered, and of texts up to which length.
_KEPT, _KEPT_TEXT = 2048, 1000

# Compiled where they are first used; plain ranges, which are nearly all, need none of them on the commit path.
_CONTROL = r"[\x00-\x1f\x7f-\x9f]"
_TRIPLET = r"%([0-9A-F]{2})"
_COMPARATORS = (">=", "<=", "!=", "<", ">", "=", "*")
_SPECIAL = frozenset("><=!*|% ")
# Types whose specification knows no other texts than those it orders.
_CLOSED = frozenset({"datetime"})
# Which comparators may stand next to each other, those with != left out (clause 5.4 and the simplification rules).
_UP, _DOWN = frozenset({">", ">="}), frozenset({"<", "<="})
_AFTER = {"=": _UP | {"="}, "<": _UP | {"="}, "<=": _UP | {"="}, ">": _DOWN, ">=": _DOWN}


@record
class Vers:
    """A VERS range: its type, and its constraints as (comparator, version), versions decoded, in ascending order.

    Comparators are `=`, `!=`, `<`, `<=`, `>`, `>=`; `*` stands alone, with an empty version.
    """

    scheme: str
    constraints: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return write(self.scheme, self.constraints)


class _Read:
    """A range ready for use: the record, its order, its sort keys, and the positions of its interval ends."""

    __slots__ = ("ends", "keys", "scheme", "vers")

    def __init__(self, vers: Vers, scheme: Scheme, keys: tuple[Any, ...]) -> None:
        self.vers, self.scheme, self.keys = vers, scheme, keys
        self.ends = [(c, key) for (c, _), key in zip(vers.constraints, keys, strict=True) if c not in ("=", "!=")]


_read: dict[str, _Read] = {}


def parse(text: str) -> Vers:
    """Return the range `text`. Raises UsageError("vers.<reason>", text=..., canonical=... or None, ...)."""
    return _load(text).vers


def covers(text: str, version: str, *, prereleases: bool) -> bool:
    """Tell whether `version` is in the range `text`; see osgate.versions.covers. Raises as `parse`."""
    found = _read.get(text) or _load(text)
    key = found.scheme.key(version)
    if not prereleases and found.scheme.ordered and (key[0] != PARSED or found.scheme.is_prerelease(version, key)):
        return any(c == "=" and own == key for (c, _), own in zip(found.vers.constraints, found.keys, strict=True))
    return _contains(found, key)


def _contains(found: _Read, key: Any) -> bool:
    """Tell whether a sort key lies in the range (the specification's containment; only exclusions: all the rest)."""
    constraints = found.vers.constraints
    if constraints[0][0] == "*":
        return True
    for (comparator, _), own in zip(constraints, found.keys, strict=True):
        if own == key:
            return comparator in ("=", "<=", ">=")
    if not found.ends:
        return all(comparator == "!=" for comparator, _ in constraints)
    below = None
    for comparator, own in found.ends:
        if own > key:
            return below in _UP if below else comparator in _DOWN
        below = comparator
    return below in _UP


def _load(text: str) -> _Read:
    found = _read.get(text)
    if found is None:
        try:
            found = strict(text)
        except UsageError as mistake:
            from osgate.versions.mend import mended

            mistake.params["canonical"] = mended(text)
            raise
        if len(_read) >= _KEPT:
            _read.clear()
        if len(text) <= _KEPT_TEXT:
            _read[text] = found
    return found


def strict(text: str) -> _Read:
    """Read `text`; no memory of earlier readings, no offer of another spelling. Raises as `parse`."""
    name, body = _split(text)
    scheme = load(name)
    if body == "*":
        return _Read(Vers(name, (("*", ""),)), scheme, (None,))
    constraints = tuple([_constraint(text, part, scheme) for part in body.split("|")])
    keys = tuple([scheme.key(version) for _, version in constraints])
    _check_order(text, constraints, keys)
    _check_sequence(text, constraints)
    return _Read(Vers(name, constraints), scheme, keys)


def _split(text: str) -> tuple[str, str]:
    """Return type and constraints of `text`, checked as far as that goes without looking at single constraints."""
    if len(text) > MAX_TEXT:
        raise _refused("length", text, length=len(text), limit=MAX_TEXT)
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise _refused("space" if patterns.search(r"\s", text) else "ascii", text)
    name, slash, body = text.removeprefix("vers:").partition("/")
    if not (
        slash and text.startswith("vers:") and name[:1].isalpha() and name.replace(".", "").replace("-", "").isalnum()
    ):
        raise _refused("prefix", text)
    if not known(name):
        raise _refused("scheme", text, scheme=name)
    if not body:
        raise _refused("empty", text)
    if body[0] == "|" or body[-1] == "|" or "||" in body:
        raise _refused("pipe", text)
    return name, body


def _constraint(text: str, part: str, scheme: Scheme) -> tuple[str, str]:
    """Return one constraint as (comparator, decoded version)."""
    comparator = next((mark for mark in _COMPARATORS if part.startswith(mark)), "")
    encoded = part[len(comparator) :]
    if comparator == "*":
        raise _refused("star", text, constraint=part)
    if comparator == "=":
        raise _refused("equals", text, constraint=part)
    if not encoded:
        raise _refused("version", text, constraint=part)
    version = unquote(encoded)
    if version is None or quote(version) != encoded:
        raise _refused("encoding", text, constraint=part)
    if comparator in _AFTER and not scheme.ordered:
        raise _refused("unordered", text, constraint=part, scheme=scheme.name)
    if (comparator in _AFTER or scheme.name in _CLOSED) and scheme.key(version)[0] != PARSED:
        raise _refused("version", text, constraint=part)
    return comparator or "=", version


def _check_order(text: str, constraints: tuple[tuple[str, str], ...], keys: tuple[Any, ...]) -> None:
    for at in range(1, len(keys)):
        if keys[at - 1] == keys[at]:
            raise _refused("duplicate", text, first=constraints[at - 1][1], second=constraints[at][1])
        if not keys[at - 1] < keys[at]:
            raise _refused("order", text, first=constraints[at - 1][1], second=constraints[at][1])


def _check_sequence(text: str, constraints: tuple[tuple[str, str], ...]) -> None:
    before: tuple[str, str] | None = None
    for constraint in constraints:
        if constraint[0] == "!=":
            continue
        if before and constraint[0] not in _AFTER[before[0]]:
            raise _refused("sequence", text, first="".join(before), second="".join(constraint))
        before = constraint


def _refused(reason: str, text: str, **params: object) -> UsageError:
    return UsageError(f"vers.{reason}", text=text[:200], canonical=None, **params)


def write(scheme: str, constraints: tuple[tuple[str, str], ...]) -> str:
    """Return the canonical text of a range. Raises UsageError("vers.version") for a version no range can hold."""
    parts = [("" if comparator == "=" else comparator) + quote(version) for comparator, version in constraints]
    return f"vers:{scheme}/" + "|".join(parts)


def _plain(version: str) -> bool:
    """True where nothing of the version needs encoding: printable ASCII, no comparator, pipe, percent or space."""
    return version.isascii() and version.isprintable() and _SPECIAL.isdisjoint(version)


def quote(version: str) -> str:
    """Percent-encode a version for VERS: comparators, pipe, percent and space, and the UTF-8 bytes beyond ASCII.

    Raises UsageError("vers.version") for control characters, lone surrogates and white space other than the space.
    """
    if _plain(version):
        return version
    try:
        raw = {char: char.encode() for char in set(version)}
    except UnicodeEncodeError:
        raw = {}
    if not raw or patterns.search(_CONTROL, version) or any(char.isspace() and char != " " for char in raw):
        shown = version[:200].encode("ascii", "backslashreplace").decode()
        raise UsageError("vers.version", text=shown, canonical=None)
    special = {c: "".join(f"%{b:02X}" for b in raw[c]) for c in raw if c in _SPECIAL or c > "~"}
    return "".join([special.get(char, char) for char in version])


def unquote(encoded: str) -> str | None:
    """Percent-decode a version once; None for an invalid sequence, lower-case digits, or what no version may hold."""
    if "%" not in encoded:
        return encoded
    pieces = patterns.split(_TRIPLET, encoded)
    if any("%" in plain for plain in pieces[::2]):
        return None
    raw = b"".join([bytes([int(p, 16)]) if at % 2 else p.encode() for at, p in enumerate(pieces)])
    try:
        version = raw.decode()
    except UnicodeDecodeError:
        return None
    return None if patterns.search(_CONTROL, version) or any(c.isspace() and c != " " for c in version) else version
