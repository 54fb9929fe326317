"""a·P + b·Q in any group, four bits of both numbers at a time (Straus 1964; Handbook of Applied Crypto, 14.88)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    Point = TypeVar("Point")

_BITS = 4


def multiples(zero: Point, point: Point, add: Callable[[Point, Point], Point]) -> tuple[Point, ...]:
    """Return 0·P, 1·P … 15·P."""
    found = [zero]
    for _ in range((1 << _BITS) - 1):
        found.append(add(found[-1], point))
    return tuple(found)


def combined(
    numbers: tuple[int, int],
    tables: tuple[Sequence[Point], Sequence[Point]],
    add: Callable[[Point, Point], Point],
    double: Callable[[Point], Point],
) -> Point:
    """Return the sum of both products. numbers: at least 0; tables: of `multiples`, whose first is the neutral one."""
    (a, b), (first, second) = numbers, tables
    result = first[0]
    places = -(-max(a.bit_length(), b.bit_length()) // _BITS)
    for shift in range((places - 1) * _BITS, -1, -_BITS):
        for _ in range(_BITS):
            result = double(result)
        for number, table in ((a, first), (b, second)):
            digit = number >> shift & (1 << _BITS) - 1
            if digit:
                result = add(result, table[digit])
    return result
