"""Names that are too near to a popular one: a slip of the finger, another spelling, letters that look the same.

Thresholds are those that were measured on lists of malicious packages (`benchmarks/look_alikes.py`): names longer than
four letters, one edit, two from ten letters on, against the first 1,000 popular names. It is a hint and no gate: on
real lists it catches a few percent of the malicious names, and some good ones. An edit is that of the optimal string
alignment distance: a letter put in, left out or replaced, or two neighbours swapped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from osgate import purl as purls

# Popular names that count, and how many of them are told of one name.
MOST, TOLD = 1000, 3
# Names of so many letters and fewer are near to everything; from LONG letters on, two edits are still near.
SHORT, LONG = 4, 10
# Longer names than registries allow are nobody's slip.
_LONGEST = 214
_SEPARATORS = re.compile(r"[-_./@]+")
# What looks like another letter, as the table of confusables of Unicode TS 39 has it: Cyrillic, Greek, digits, others.
_LOOKS = str.maketrans(
    "\u0430\u0432\u0435\u0455\u0456\u0458\u043a\u043c\u043d\u043e\u0440\u051b\u0442\u0443\u051d\u0445\u0441\u0501"
    "\u03bf\u03b1\u03bd\u03c1\u03ba\u03b9\u03c4\u03c5\u03c7\u03b3"
    "01358|\u0131\u0261",
    "abesijkmhopqtywxcdoavpkituxyolesblig",
)
_PAIRS = (("rn", "m"), ("vv", "w"))


class Popular:
    """Popular names of one type. names: (component, rank), rank from 1. most: how many of them count."""

    def __init__(self, names: Iterable[tuple[str, int]], most: int = MOST) -> None:
        first = [component for component, _ in sorted(names, key=lambda row: row[1])[:most]]
        self._rank = {component: at for at, component in enumerate(first)}
        self._alike: dict[str, list[str]] = {}
        # Length of the name -> letters, name, component.
        self._by_length: dict[int, list[tuple[int, str, str]]] = {}
        for component in first:
            name = _name(component)
            for spelling in _spellings(name):
                self._alike.setdefault(spelling, []).append(component)
            self._by_length.setdefault(len(name), []).append((_letters(name), name, component))

    @property
    def told(self) -> bool:
        """True if there are any names to compare with."""
        return bool(self._rank)

    def near(self, component: str) -> tuple[str, ...]:
        """Return the popular components that `component` is too near to, the most popular first; at most TOLD.

        None where it is one of them, and none of its own owner (npm scope, group, vendor): who holds a namespace may
        name things in it as they like. What stands behind a scope is not held against names without one: of 9,024 well
        used scoped names 6 % would be told, of 1,246 malicious ones 1 %.
        """
        name = _name(component)
        if component in self._rank or not self._rank or not SHORT < len(name) <= _LONGEST:
            return ()
        found = {other for spelling in _spellings(name) for other in self._alike.get(spelling, ())}
        letters, reach = _letters(name), _most(len(name))
        for length in range(len(name) - reach, len(name) + reach + 1):
            most = _most(min(length, len(name)))
            # One edit changes how often at most two letters are there.
            near = [row for row in self._by_length.get(length, ()) if (letters ^ row[0]).bit_count() <= 2 * most]
            found.update([popular for _, other, popular in near if _within(name, other, most)])
        owner = _owner(component)
        others = [one for one in found if not owner or _owner(one) != owner]
        return tuple(sorted(others, key=self._rank.__getitem__)[:TOLD])


def _name(component: str) -> str:
    """The name with its namespace, as people read it."""
    return purls.unquote(component.partition("/")[2].partition("?")[0])


def _owner(component: str) -> str:
    """The namespace; empty where there is none."""
    return component.partition("/")[2].rpartition("/")[0]


def _spellings(name: str) -> set[str]:
    """What stays the same for the eye: without separators and with letters for what looks like them; its words, in
    order of the alphabet."""
    plain = name.lower() if name.isascii() else unicodedata.normalize("NFKC", name).lower()
    words = [word for word in _SEPARATORS.split(plain) if word]
    joined = "".join(words)
    seen = joined.translate(_LOOKS)
    for pair, letter in _PAIRS:
        seen = seen.replace(pair, letter)
    found = {f"={joined}", f"~{seen}"}
    return {*found, " ".join(sorted(words))} if len(words) > 1 else found


def _most(length: int) -> int:
    """Edits by which names of this length are still near."""
    return 0 if length <= SHORT else 1 if length < LONG else 2


def _letters(name: str) -> int:
    """Which letters a name has, and which of them twice and three times, as bits; rare letters share theirs."""
    once = twice = thrice = 0
    for letter in name:
        bit = 1 << (ord(letter) & 63)
        thrice |= twice & bit
        twice |= once & bit
        once |= bit
    return once | twice << 64 | thrice << 128


def _within(one: str, other: str, most: int) -> bool:
    """True if two names are at most `most` edits apart, by the optimal string alignment distance."""
    if abs(len(one) - len(other)) > most:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, row, older = row, [i], before
        for j, its in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and its == one[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            # No row that follows has less: a swap costs no less than what lies between its two rows.
            return False
        before = last
    return row[-1] <= most
