"""What a terminal can show: columns of CJK text, hostile characters made visible, stand-ins for what cannot encode."""

from __future__ import annotations

MARKS_IN_A_ROW = 3
IDEOGRAPHIC_SPACE = "\u3000"
# What a character is to `printable`: a combining mark, or one that is written out wherever it stands.
_MARK, _HIDDEN = 1, 2
# How many characters are remembered at most; a text of all that Unicode has costs more time then, and no more memory.
_REMEMBERED = 4096
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Invisible, yet letters, marks or symbols to Unicode (most are its Default_Ignorable_Code_Point).
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
)
# Each stand-in may have one of its own: a tick is √ on a GBK console and + where there is only ASCII.
_STAND_INS = {
    **dict.fromkeys("✓✔✅☑", "√"), **dict.fromkeys("✗✘❌❎☒✖", "×"), **dict.fromkeys("⚠❗", "!"),
    **dict.fromkeys("•●◆■▪", "·"), **dict.fromkeys("–—―−‐‑", "-"), **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'), "ℹ": "i", "╱": "/", "╲": "\\", "╳": "X", "\u00a0": " ", "\ufe0f": "",
    "√": "+", "×": "x", "·": "*", "…": "...", "→": "->", "←": "<-", "⇒": "=>", "≥": ">=", "≤": "<=", "≠": "!=",
}  # fmt: skip


def display_width(text: str) -> int:
    """Return how many terminal columns `text` takes: wide and full-width characters two, combining and zero-width none.

    Ambiguous characters count one (Unicode UAX #11). The text is meant to have passed `printable`.
    """
    return len(text) if text.isascii() else sum(map(_COLUMNS.__getitem__, text))


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Return `text` filled with spaces to `columns`, on its left when `right` aligned; longer text stays as it is."""
    fill = " " * (columns - display_width(text))
    return fill + text if right else text + fill


def truncate(text: str, columns: int, mark: str = "…") -> str:
    """Return `text` cut to at most `columns`, ending in `mark` when cut; without room for the mark, nothing."""
    if display_width(text) <= columns:
        return text
    room = columns - display_width(mark)
    if room < 0:
        return ""
    for kept, character in enumerate(text):
        room -= _COLUMNS[character]
        if room < 0:
            return text[:kept] + mark
    return text  # as a plain count of its characters would not have it: some take no column


def printable(text: str) -> str:
    r"""Return `text` safe to show: what is invisible or steers a terminal is written out as `\n`, `\t` or `\u{1b}`.

    That is control and format characters (ESC, bidi marks, zero width), separators, private, unassigned and surrogate
    code points, blank letters, and combining marks without a base or beyond MARKS_IN_A_ROW. Idempotent.
    """
    if text.isascii():
        return text if text.isprintable() else "".join([c if c.isprintable() else _escape(c) for c in text])
    odd = {character: kind for character in set(text) if (kind := _KINDS[character])}
    if not any(kind & _MARK for kind in odd.values()):
        return text.translate({ord(character): _escape(character) for character in odd}) if odd else text
    shown, marks = [], MARKS_IN_A_ROW
    for character in text:
        kind = odd.get(character, 0)
        marks = marks + 1 if kind & _MARK else 0
        shown.append(_escape(character) if kind & _HIDDEN or marks > MARKS_IN_A_ROW else character)
    return "".join(shown)


def encodable(text: str, encoding: str | None) -> str:
    r"""Return `text` as `encoding` can carry it: what it lacks becomes a readable stand-in, otherwise `\u{1f600}`.

    Never raises; an unknown encoding, or none, is taken as ASCII.
    """
    name = encoding if encoding and _carries(encoding, "a") else "ascii"
    if _carries(name, text):
        return text
    return "".join([_stand_in(character, name) for character in text])


class _Columns(dict[str, int]):
    """How many columns a character takes, found out when it is first seen."""

    def __missing__(self, character: str) -> int:
        from unicodedata import category, east_asian_width

        if category(character) in ("Mn", "Me", "Cf", "Cc") or "\u1160" <= character <= "\u11ff":
            columns = 0  # the range: Hangul vowels and finals, drawn into the syllable before them
        else:
            columns = 2 if east_asian_width(character) in "WF" else 1
        if len(self) < _REMEMBERED:
            self[character] = columns
        return columns


class _Kinds(dict[str, int]):
    """Whether a character is one of _MARK and _HIDDEN, both or neither, found out when it is first seen."""

    def __missing__(self, character: str) -> int:
        from unicodedata import category

        hidden = (not character.isprintable() and character != IDEOGRAPHIC_SPACE) or character in _INVISIBLE
        kind = (_HIDDEN if hidden else 0) | (_MARK if category(character) in ("Mn", "Me") else 0)
        if len(self) < _REMEMBERED:
            self[character] = kind
        return kind


_COLUMNS, _KINDS = _Columns(), _Kinds()


def _escape(character: str) -> str:
    return _NAMED.get(character) or f"\\u{{{ord(character):x}}}"


def _carries(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (LookupError, ValueError):
        return False
    return True


def _stand_in(character: str, encoding: str) -> str:
    """Return the first of `character`, its stand-in, and that one's own, that `encoding` carries."""
    shown = character
    while not _carries(encoding, shown):
        if shown not in _STAND_INS:
            return _line(character) if "\u2500" <= character <= "\u257f" else _escape(character)
        shown = _STAND_INS[shown]
    return shown


def _line(character: str) -> str:
    """Return `-`, `|` or `+` for a box drawing character, by the directions in its Unicode name."""
    from unicodedata import name

    words = set(name(character).split())
    across, down = words & {"HORIZONTAL", "LEFT", "RIGHT"}, words & {"VERTICAL", "UP", "DOWN"}
    return "+" if across and down else "-" if across else "|"
