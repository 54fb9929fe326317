"""Rows of cells as lines of a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from osgate.text.width import display_width, pad

_BETWEEN = "  "


def aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield each row as a line, its cells under each other, as wide as the widest of their column.

    rows: all of one length. The texts are meant to have passed `printable`.
    """
    cells = list(rows)
    widths = [max(map(display_width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield _BETWEEN.join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
