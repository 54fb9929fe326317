"""What npm's shorthands stand for: `^1.2`, `~1`, `1.x`, `>2`, `1 - 3` as texts of plain comparisons.

Follows node-semver 7 step by step (its documentation, "Ranges", "Advanced Range Syntax", and what it answers), with its
two options: `loose` reads what npm read in its early years, `prereleases` (includePrerelease) begins lines at their
first pre-release. What stands for nothing comes back as it was, for the reader of comparisons to refuse.
"""

from __future__ import annotations

import re

MAX_SAFE_INTEGER = 2**53 - 1

# What JavaScript takes for white space, and what node-semver makes of it: one space.
_SPACES = re.compile("[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
_BUILD = re.compile(r"\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*")
_GAP = re.compile(" +")
_STAR = re.compile(r"[<>]?=? ?\*")
_MARKS = re.compile(r"[<>]?[v= ]++")
_TILDE_TRIM = re.compile("~>? ")
_NUMBER = frozenset("0123456789xX*")
_X = ("", "x", "X", "*")


class Grammar:
    """The patterns of strict or loose reading. Groups of `full`: operator, three numbers, pre-release."""

    __slots__ = ("caret", "full", "hyphen", "loose", "tilde", "x_range")

    def __init__(self, *, loose: bool) -> None:
        self.loose = loose
        number = "[0-9]+" if loose else "(?:0|[1-9][0-9]*)"
        word = rf"(?:[0-9]*[A-Za-z-][0-9A-Za-z-]*|{number})"
        pre = rf"(?:-{'?' if loose else ''}({word}(?:\.{word})*))?"
        marks = "[v= ]*" if loose else "v?"
        part = rf"({number}|[xX*])"
        partial = rf"[v= ]*{part}(?:\.{part}(?:\.{part}{pre})?)?"
        build = f"(?:{_BUILD.pattern})?"
        self.full = re.compile(rf"([<>]?=?){marks}({number})\.({number})\.({number}){pre}{build}\Z")
        self.hyphen = re.compile(rf"({partial}) - ({partial})\Z")
        self.caret = re.compile(rf"\^{partial}\Z")
        self.tilde = re.compile(rf"~>?{partial}\Z")
        self.x_range = re.compile(rf"([<>]?=?){partial}\Z")


STRICT, LOOSE = Grammar(loose=False), Grammar(loose=True)


def spaced(text: str) -> str:
    """Return `text` with single spaces and none at its ends."""
    return _SPACES.sub(" ", text).strip(" ")


def plain(text: str, grammar: Grammar, *, prereleases: bool) -> list[str]:
    """Return the plain comparisons that one alternative of a range, already `spaced`, stands for; "" is anything."""
    low = "-0" if prereleases else ""
    if not text:
        return [""]
    text = _BUILD.sub("", text)
    hyphen = grammar.hyphen.match(text)
    if hyphen:
        start, *first = hyphen.groups("")[:5]
        end, *last = hyphen.groups("")[5:]
        text = f"{_start(start, first, low)} {_end(end, last, low)}".strip()
    text = _MARKS.sub(_trimmed, text)
    text = _TILDE_TRIM.sub("~", text).replace("^ ", "^")
    found = " ".join([_comparison(part, grammar, low) for part in text.split(" ")])
    anything = f">=0.0.0{low}"
    return ["" if part == anything else part for part in _GAP.split(found)]


def _trimmed(marks: re.Match[str]) -> str:
    """Return an operator and the marks before a number without the space behind the operator, if there is one."""
    run = marks[0]
    if marks.string[marks.end() : marks.end() + 1] not in _NUMBER:
        return run
    first = 1 if run[0] in "<> " else 0
    at = first + (run[first : first + 1] == "=")
    return run[:at] + run[at:].removeprefix(" ") if run[:at].strip(" ") else run


def _after(number: str) -> str:
    """Return the next number; any that is refused where JavaScript cannot count so far."""
    return str(int(number) + 1 if len(number) < 17 else MAX_SAFE_INTEGER + 1)


def _start(written: str, parts: list[str], low: str) -> str:
    """Return the lower end of a hyphen range."""
    major, minor, patch, pre = parts
    if major in _X:
        return ""
    if minor in _X:
        return f">={major}.0.0{low}"
    if patch in _X:
        return f">={major}.{minor}.0{low}"
    return f">={written}" if pre else f">={written}{low}"


def _end(written: str, parts: list[str], low: str) -> str:
    """Return the upper end of a hyphen range."""
    major, minor, patch, pre = parts
    if major in _X:
        return ""
    if minor in _X:
        return f"<{_after(major)}.0.0-0"
    if patch in _X:
        return f"<{major}.{_after(minor)}.0-0"
    if pre:
        return f"<={major}.{minor}.{patch}-{pre}"
    return f"<{major}.{minor}.{_after(patch)}-0" if low else f"<={written}"


def _comparison(text: str, grammar: Grammar, low: str) -> str:
    """Return what one word of a range stands for: one comparison or two, or "" for anything."""
    line = text[:1] in ("^", "~") and (grammar.caret if text[0] == "^" else grammar.tilde).match(text)
    if line:
        return _line(text[0], line.groups(""), low)
    match = grammar.x_range.match(text)
    if match:
        operator, major, minor, patch, _ = match.groups("")
        # A number after an x is refused here and overlooked in tildes and carets.
        hole = (major in _X and minor not in _X) or (minor in _X and patch not in _X)
        if not hole and (minor in _X or patch in _X):
            text = _x_range(operator, major, minor, low)
    return _STAR.sub("", text, count=1).strip()


def _line(mark: str, parts: tuple[str, ...], low: str) -> str:
    """Return the ends of a caret or tilde range."""
    major, minor, patch, pre = parts
    if major in _X:
        return ""
    if minor in _X:
        return f">={major}.0.0{low} <{_after(major)}.0.0-0"
    start = f">={major}.{minor}.0{low}" if patch in _X else f">={major}.{minor}.{patch}"
    if pre and patch not in _X:
        start += f"-{pre}"
    if mark == "^" and major != "0":
        return f"{start} <{_after(major)}.0.0-0"
    if mark == "^" and minor == "0" and patch not in _X:
        return f"{start} <0.0.{_after(patch)}-0"
    return f"{start} <{major}.{_after(minor)}.0-0"


def _x_range(operator: str, major: str, minor: str, low: str) -> str:
    """Return the ends of a comparison with a version that lacks its patch number or more."""
    if major in _X:
        return "<0.0.0-0" if operator in ("<", ">") else ""
    start = f"{major}.0.0" if minor in _X else f"{major}.{minor}.0"
    after = f"{_after(major)}.0.0" if minor in _X else f"{major}.{_after(minor)}.0"
    if operator == ">":
        return f">={after}{low}"
    if operator == ">=":
        return f">={start}{low}"
    if operator == "<":
        return f"<{start}-0"
    if operator == "<=":
        return f"<{after}-0"
    return f">={start}{low} <{after}-0"
