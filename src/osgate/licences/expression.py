"""SPDX licence expressions as a tree: read within bounds, written canonically, weighed.

The grammar is that of the SPDX specification, Annex "SPDX license expressions": WITH binds tighter than AND, AND
tighter than OR. Operators are read in any case.
"""

from __future__ import annotations

import re

from osgate.model.fact import Unknown
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# Larger ones are found nowhere but in attacks; the whole of a Linux distribution's kernel package stays below.
MAX_LENGTH, MAX_TERMS, MAX_DEPTH = 16_384, 200, 20
SHOWN = 80
_TOKEN = re.compile(r"[()]|[^\s()]+")
_OPERATORS = ("OR", "AND")


@record
class Term:
    """One licence as it stands in an expression.

    licence: SPDX id or `LicenseRef-…`. exception: what stands behind WITH, empty without. later: written with `+`, a
    later version may be taken instead (an id that ends in `-or-later` says so itself).
    """

    licence: str
    exception: str = ""
    later: bool = False

    def __str__(self) -> str:
        text = self.licence + "+" * self.later
        return f"{text} WITH {self.exception}" if self.exception else text


@record
class Group:
    """Two or more parts joined by one operator, `AND` or `OR`; made by `join`, which leaves nothing to flatten."""

    operator: str
    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        return f" {self.operator} ".join([self._inside(part) for part in self.parts])

    def _inside(self, part: Expression) -> str:
        return f"({part})" if isinstance(part, Group) and self.operator == "AND" else str(part)


if TYPE_CHECKING:
    Expression = Term | Group
    Licence = Callable[[str], Term | None]
    Exceptions = Callable[[str], str | None]


class _Unreadable(Exception):
    def __init__(self, reason: str, **params: str) -> None:
        super().__init__(reason)
        self.unknown = Unknown(reason, tuple(params.items()))


def join(operator: str, parts: Iterable[Expression]) -> Expression:
    """Return `parts` (at least one) joined by `AND` or `OR`; groups of the same operator open, repetitions go."""
    flat: dict[Expression, None] = {}
    for part in parts:
        same = isinstance(part, Group) and part.operator == operator
        flat.update(dict.fromkeys(part.parts if isinstance(part, Group) and same else (part,)))
    found = tuple(flat)
    return found[0] if len(found) == 1 else Group(operator, found)


def terms(expression: Expression) -> Iterator[Term]:
    """Yield every licence of the expression, in its order."""
    if isinstance(expression, Term):
        yield expression
    else:
        for part in expression.parts:
            yield from terms(part)


def canonical(expression: Expression) -> Expression:
    """Return the expression with the parts of each group in alphabetic order: equal for spellings of one."""
    if isinstance(expression, Term):
        return expression
    parts = [canonical(part) for part in expression.parts]
    return join(expression.operator, sorted(parts, key=str))


def choose(expression: Expression, cost: Callable[[Term], int]) -> tuple[int, tuple[Term, ...]]:
    """Return what the expression costs and the licences that must be kept for it.

    cost: of one licence, the lower the better. OR takes its cheapest part (the first of equals), AND costs what its
    dearest costs and keeps all: so another alternative never makes it dearer, another condition never cheaper.
    """
    if isinstance(expression, Term):
        return cost(expression), (expression,)
    found = [choose(part, cost) for part in expression.parts]
    if expression.operator == "OR":
        return min(found, key=lambda pair: pair[0])
    kept = dict.fromkeys(term for _, chosen in found for term in chosen)
    return max(price for price, _ in found), tuple(kept)


def shown(text: str) -> str:
    """Return the beginning of a text, on one line and without control characters, to be named in a reason."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * SHOWN]).split())
    return line if len(line) <= SHOWN and len(text) <= 4 * SHOWN else line[:SHOWN] + " …"


def parse(text: str, licence: Licence, exception: Exceptions) -> Expression | Unknown:
    """Return the expression that `text` spells, or Unknown with the reason.

    licence, exception: return what an id stands for in its canonical spelling, None for one that is none. Time and
    memory grow with the length of `text`, which may be MAX_LENGTH, with MAX_TERMS licences and MAX_DEPTH brackets.
    """
    if len(text) > MAX_LENGTH:
        return Unknown("licence.too-large", (("length", str(len(text))),))
    try:
        return _Reader(text, licence, exception).whole()
    except _Unreadable as error:
        return error.unknown


class _Reader:
    """Recursive descent over the tokens of one expression; MAX_DEPTH bounds the recursion."""

    def __init__(self, text: str, licence: Licence, exception: Exceptions) -> None:
        self.text, self.licence, self.exception = text, licence, exception
        self.tokens = _TOKEN.findall(text)
        self.at = self.count = 0

    def whole(self) -> Expression:
        found = self.joined(0, 0)
        if self.at != len(self.tokens):
            raise self.malformed()
        return found

    def malformed(self) -> _Unreadable:
        return _Unreadable("licence.malformed", text=shown(self.text))

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def joined(self, level: int, depth: int) -> Expression:
        """Parts joined by the operator of `level`; below the last level there is one licence or a bracket."""
        if level == len(_OPERATORS):
            return self.simple(depth)
        parts = [self.joined(level + 1, depth)]
        while self.peek().upper() == _OPERATORS[level]:
            self.at += 1
            parts.append(self.joined(level + 1, depth))
        return join(_OPERATORS[level], parts)

    def simple(self, depth: int) -> Expression:
        if self.peek() == "(":
            if depth == MAX_DEPTH:
                raise _Unreadable("licence.too-large", length=str(len(self.text)))
            self.at += 1
            found = self.joined(0, depth + 1)
            if self.peek() != ")":
                raise self.malformed()
            self.at += 1
            return found
        return self.term()

    def word(self) -> str:
        word = self.peek()
        if word in ("", "(", ")") or word.upper() in (*_OPERATORS, "WITH"):
            raise self.malformed()
        self.at += 1
        return word

    def term(self) -> Term:
        self.count += 1
        if self.count > MAX_TERMS:
            raise _Unreadable("licence.too-large", length=str(len(self.text)))
        name = self.word()
        found = self.licence(name)
        if found is None:
            raise _Unreadable("licence.id", id=shown(name))
        if self.peek().upper() != "WITH":
            return found
        self.at += 1
        name = self.word()
        exception = self.exception(name)
        if exception is None or found.exception:
            raise _Unreadable("licence.id", id=shown(name))
        return Term(found.licence, exception, found.later)
