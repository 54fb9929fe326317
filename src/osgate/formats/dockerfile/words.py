"""Words as a Dockerfile's builder reads them: cut at white space, quotes and escapes undone, arguments filled in.

Source of the rules: BuildKit's Dockerfile frontend (github.com/moby/buildkit, frontend/dockerfile/shell and parser);
the Dockerfile reference, "Environment replacement".
"""

from __future__ import annotations

from osgate import patterns
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# White space as the builder's language counts it; Python's `\s` knows four more.
SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
# Characters that one expansion may fill in: values of values double with every line of a hostile file.
MAX_FILLED = 65_536
MAX_DEPTH = 50

_DIGITS = frozenset("0123456789")
_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_OTHERS = _FIRST | _DIGITS
_SPECIAL = frozenset("@*#?$!-")


class NoValue(Exception):
    """A word has no value unless somebody gives an argument, or osgate does not know how to make it."""


def split(text: str, escape: str) -> list[str] | None:
    """Cut `text` at white space outside of quotes, quotes and escapes kept; None where a quote is not closed."""
    if text.isascii() and not any(sign in text for sign in ("'", '"', escape, "\x1c", "\x1d", "\x1e", "\x1f")):
        return text.split()
    e = "`" if escape == "`" else r"\\"
    word = rf"(?:'[^']*'|\"(?:{e}.|[^\"{e}])*+\"|{e}.|{e}\Z|[^{SPACE}'\"{e}]++)++"
    if not patterns.fullmatch(rf"(?s)(?:[{SPACE}]++|{word})*+", text):
        return None
    return patterns.findall(f"(?s){word}", text)


def expand(word: str, values: Mapping[str, str | None], escape: str, line: int) -> tuple[str, frozenset[str]]:
    """Return `word` without its quotes and escapes, arguments replaced by `values`, and the names it asks for.

    values: None for an argument whose value nobody can tell; one that is not there is empty, as in a build that is
    given none.
    Raises NoValue for an argument nobody can tell, for `${name?...}` without one and for the forms that edit a value
    (`#`, `%`, `/`); Unreadable: `syntax` (the builder refuses it), `too-deep`, `too-large`.
    """
    if not any(sign in word for sign in ("$", "'", '"', escape)):
        return word, frozenset()
    reader = _Reader(word, values, escape, line)
    return reader.until(""), frozenset(reader.names)


class _Reader:
    """Walks over one word."""

    def __init__(self, text: str, values: Mapping[str, str | None], escape: str, line: int) -> None:
        self.text, self.values, self.escape, self.line = text, values, escape, line
        self.at = self.depth = self.filled = 0
        self.names: set[str] = set()

    def next(self) -> str:
        """Return the next character and step over it; empty at the end."""
        found = self.text[self.at : self.at + 1]
        self.at += 1
        return found

    def until(self, stop: str) -> str:
        """Return what stands before the character `stop` (empty: the end of the word), and step over it."""
        out: list[str] = []
        while self.at < len(self.text):
            sign = self.next()
            if sign == stop:
                return "".join(out)
            if sign == "'":
                out.append(self.quoted())
            elif sign == '"':
                out.append(self.double())
            elif sign == "$":
                out.append(self.dollar())
            else:
                out.append(self.next() if sign == self.escape else sign)
        if stop:
            raise self.wrong()
        return "".join(out)

    def quoted(self) -> str:
        """Return the rest of a 'text'."""
        end = self.text.find("'", self.at)
        if end < 0:
            raise self.wrong()
        start, self.at = self.at, end + 1
        return self.text[start:end]

    def double(self) -> str:
        """Return the rest of a "text", in which arguments count and only three characters can be escaped."""
        out: list[str] = []
        while self.at < len(self.text):
            sign = self.next()
            if sign == '"':
                return "".join(out)
            if sign == "$":
                sign = self.dollar()
            elif sign == self.escape and self.text[self.at : self.at + 1] in ('"', "$", self.escape):
                sign = self.next()
            out.append(sign)
        raise self.wrong()

    def name(self) -> str:
        """Return the name that stands here, one sign or a number where it is the shell's own; step over it."""
        start, first = self.at, self.text[self.at : self.at + 1]
        charset = _DIGITS if first in _DIGITS else _OTHERS if first in _FIRST else frozenset[str]()
        self.at += first in _SPECIAL
        while self.at < len(self.text) and self.text[self.at] in charset:
            self.at += 1
        found = self.text[start : self.at]
        self.names.add(found)
        return found

    def dollar(self) -> str:
        """Return what `$name` or `${name...}` stands for."""
        if self.text[self.at : self.at + 1] != "{":
            name = self.name()
            return self.fill(self.value(name) or "") if name else "$"
        self.at += 1
        if self.text[self.at : self.at + 1] in ("", "{", "}", ":"):
            raise self.wrong()
        name, sign = self.name(), self.next()
        if sign == "}":
            return self.fill(self.value(name) or "")
        if sign == "/":
            raise NoValue
        value = self.value(name)
        if sign == ":":
            value, sign = value or None, self.next()
        return self.choose(sign, value)

    def choose(self, sign: str, value: str | None) -> str:
        """Return the value of `${name<sign>word}`; `word` comes next."""
        if sign in ("#", "%"):
            raise NoValue
        if sign not in ("-", "+", "?"):
            raise self.wrong()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("too-deep", self.line, limit=MAX_DEPTH)
        word = self.until("}")
        self.depth -= 1
        if sign == "+":
            return "" if value is None else word
        if value is None and sign == "?":
            raise NoValue
        return word if value is None else self.fill(value)

    def value(self, name: str) -> str | None:
        """Return the value of an argument, None where it is not set."""
        if name in self.values and self.values[name] is None:
            raise NoValue
        return self.values.get(name)

    def fill(self, value: str) -> str:
        self.filled += len(value)
        if self.filled > MAX_FILLED:
            raise Unreadable("too-large", self.line, limit=MAX_FILLED)
        return value

    def wrong(self) -> Unreadable:
        return Unreadable("syntax", self.line)
