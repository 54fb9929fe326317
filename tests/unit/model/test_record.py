"""Records: frozen, compared by value, made by position or by keyword, and strict about their fields."""

from __future__ import annotations

import copy
import pickle

import pytest

from osgate.model.change import ChangeSet
from osgate.model.record import record, replace


@record
class Pair:
    """A record of two fields, one with a default."""

    left: int
    right: str = "r"


def test_made_by_position_or_keyword_it_is_the_same() -> None:
    assert Pair(1) == Pair(left=1) == Pair(1, "r") == Pair(right="r", left=1)
    assert Pair(1) != Pair(2)
    assert Pair(1) != (1, "r")
    assert len({Pair(1), Pair(1, "r"), Pair(1, "s")}) == 2
    assert repr(Pair(1)) == "Pair(left=1, right='r')"


def test_nothing_of_it_can_be_changed() -> None:
    item = Pair(1)
    with pytest.raises(AttributeError, match="Pair is immutable"):
        item.left = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="Pair is immutable"):
        del item.left
    with pytest.raises(AttributeError, match="Pair is immutable"):
        item.other = 3  # type: ignore[attr-defined]
    assert item == Pair(1)
    assert replace(item, left=2) == Pair(2)


@pytest.mark.parametrize(
    ("args", "named", "told"),
    [
        ((), {}, "missing ['left']"),
        ((1, "r", 3), {}, "3 of 2 by position"),
        ((1,), {"wrong": 1}, "strange ['wrong']"),
        ((1,), {"left": 2}, "1 of 2 by position"),
        ((), {"wrong": 1, "right": "r"}, "missing ['left']"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_with_it(args, named, told) -> None:
    with pytest.raises(TypeError) as raised:
        Pair(*args, **named)
    assert told in str(raised.value)


def test_one_made_often_is_made_the_same_way() -> None:
    @record
    class Often:
        left: int
        right: tuple[int, ...] = ()

    made = [Often(n, right=(n,)) for n in range(100)]
    assert [(item.left, item.right) for item in made] == [(n, (n,)) for n in range(100)]
    assert Often(7).right == ()
    for wrong in ({}, {"left": 1, "wrong": 1}):
        with pytest.raises(TypeError):
            Often(**wrong)
    assert replace(made[3], left=4) == Often(4, (3,))


def test_it_can_be_copied_and_sent_to_another_process() -> None:
    made = ChangeSet("base", "head", (), len, len)  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made


def test_a_change_whose_authors_nobody_asks_for_has_none() -> None:
    assert ChangeSet("base", "head", (), len, len).authors() == ()  # type: ignore[arg-type]
