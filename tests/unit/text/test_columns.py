"""Cells stand under each other, whatever is in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from osgate.text.columns import aligned
from osgate.text.width import display_width, printable


def test_wide_characters_count_for_two_and_nothing_trails() -> None:
    rows = [("位置", "n"), ("bank/app", "12"), ("a", "")]
    assert list(aligned(rows)) == ["位置      n", "bank/app  12", "a"]
    assert list(aligned([])) == []


@given(st.lists(st.tuples(st.text(max_size=8).map(printable), st.just("x")), min_size=1, max_size=5))
def test_every_second_cell_begins_at_one_column(rows: list[tuple[str, str]]) -> None:
    assert len({display_width(line.removesuffix("x")) for line in aligned(rows)}) == 1
