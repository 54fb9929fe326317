"""A GraphQL document as operations and selections: the language as published (October 2021), without schemas."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"[\s,﻿]+|\#[^\n\r]*"
    r'|(?P<block>"""(?:[^"\\]|\\"""|\\(?!""")|"{1,2}(?!"))*""")|(?P<text>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[_A-Za-z]\w*)|(?P<sign>\.\.\.|[!$&()\[\]{}:=@|])"
)
# How deep selections may lie in each other.
DEEPEST = 50


class Misread(Exception):
    """This is no document. Its argument: what was found where something else was expected."""


@dataclass(frozen=True)
class Variable:
    """A place for a value."""

    name: str


@dataclass
class Selection:
    """A field (name), or a fragment on a type (`on`, empty for any); spread: the named fragment that stands here."""

    name: str = ""
    alias: str = ""
    given: dict[str, Any] = field(default_factory=dict)
    inner: list[Selection] = field(default_factory=list)
    on: str | None = None
    spread: str = ""
    when: list[tuple[str, Any]] = field(default_factory=list)


@dataclass
class Operation:
    """A query or a mutation. usual: the values of variables that are not given."""

    kind: str
    name: str
    usual: dict[str, Any]
    needed: set[str]
    inner: list[Selection]


@dataclass
class Document:
    """Operations, and the fragments they name."""

    operations: list[Operation]
    fragments: dict[str, Selection]


def read(text: str) -> Document:
    """Read a document. Raises Misread."""
    return _Reader(text).document()


class _Reader:
    """Tokens, from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise Misread(f"Unexpected character {text[at]!r} at {at}")
            at = match.end()
            if match.lastgroup:
                self.tokens.append((match.lastgroup, match[0]))
        self.at = 0
        self.deep = 0

    def peek(self) -> str:
        """Return the next token, empty at the end."""
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def next(self, wanted: str = "", kind: str = "") -> str:
        """Take the next token. Raises Misread where it is another."""
        if self.at >= len(self.tokens):
            raise Misread("Unexpected end of document")
        found, text = self.tokens[self.at]
        if (wanted and text != wanted) or (kind and found != kind):
            raise Misread(f"Expected {wanted or kind}, actual: {text!r}")
        self.at += 1
        return text

    def taken(self, wanted: str) -> bool:
        """Take the next token if it is this."""
        if self.peek() == wanted:
            self.at += 1
            return True
        return False

    def document(self) -> Document:
        made = Document([], {})
        while self.peek():
            if self.peek() == "fragment":
                self.next()
                name = self.next(kind="name")
                self.next("on")
                on = self.next(kind="name")
                self._directives()
                made.fragments[name] = Selection(on=on, inner=self.selections())
            else:
                made.operations.append(self._operation())
        return made

    def _operation(self) -> Operation:
        if self.peek() == "{":
            return Operation("query", "", {}, set(), self.selections())
        kind = self.next(kind="name")
        if kind not in ("query", "mutation"):
            raise Misread(f"Expected query, mutation, actual: {kind!r}")
        name = self.next() if self.peek() not in ("(", "{", "@") else ""
        usual: dict[str, Any] = {}
        needed: set[str] = set()
        if self.taken("("):
            while not self.taken(")"):
                self._variable(usual, needed)
        self._directives()
        return Operation(kind, name, usual, needed, self.selections())

    def _variable(self, usual: dict[str, Any], needed: set[str]) -> None:
        self.next("$")
        name = self.next(kind="name")
        self.next(":")
        must = self._type()
        if self.taken("="):
            usual[name] = self.value()
        elif must:
            needed.add(name)

    def _type(self) -> bool:
        if self.taken("["):
            self._type()
            self.next("]")
        else:
            self.next(kind="name")
        return self.taken("!")

    def selections(self) -> list[Selection]:
        """Read `{ … }`."""
        self.next("{")
        self.deep += 1
        if self.deep > DEEPEST:
            raise Misread("Too deep")
        found = []
        while not self.taken("}"):
            found.append(self._fragment() if self.taken("...") else self._field())
        self.deep -= 1
        return found

    def _fragment(self) -> Selection:
        if self.taken("on"):
            on = self.next(kind="name")
            return Selection(on=on, when=self._directives(), inner=self.selections())
        if self.peek() in ("{", "@"):
            return Selection(on="", when=self._directives(), inner=self.selections())
        return Selection(spread=self.next(kind="name"), when=self._directives())

    def _field(self) -> Selection:
        name = alias = self.next(kind="name")
        if self.taken(":"):
            name = self.next(kind="name")
        given = self._arguments()
        when = self._directives()
        inner = self.selections() if self.peek() == "{" else []
        return Selection(name, alias, given, inner, when=when)

    def _arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.taken("("):
            while not self.taken(")"):
                name = self.next(kind="name")
                self.next(":")
                found[name] = self.value()
        return found

    def _directives(self) -> list[tuple[str, Any]]:
        found = []
        while self.taken("@"):
            name = self.next(kind="name")
            found.append((name, self._arguments().get("if")))
        return found

    def value(self) -> Any:
        """Read a value; names of enums are texts."""
        if self.taken("$"):
            return Variable(self.next(kind="name"))
        if self.taken("["):
            rows = []
            while not self.taken("]"):
                rows.append(self.value())
            return rows
        if self.taken("{"):
            made = {}
            while not self.taken("}"):
                name = self.next(kind="name")
                self.next(":")
                made[name] = self.value()
            return made
        kind = self.tokens[self.at][0] if self.at < len(self.tokens) else ""
        text = self.next()
        if kind == "sign":
            raise Misread(f"Unexpected {text!r}")
        if kind == "block":
            return text[3:-3].replace('\\"""', '"""').strip("\n")
        if kind in ("text", "number"):
            return json.loads(text)
        return {"true": True, "false": False, "null": None}.get(text, text)
