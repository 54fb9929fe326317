"""How persons are named where people read."""

from __future__ import annotations

from osgate.model.policy import Person
from osgate.text.names import namer, shown


def person(id: str, name: str, employee: str = "") -> Person:
    return Person(id, name, employee, (), (), ())


PEOPLE = {
    one.id: one
    for one in (
        person("zhangsan", "张三", "E00123"),
        person("zhangsan2", "张三", "E00456"),
        person("li.si", "李四", "E00789"),
        person("wang.wu", "王五"),
        person("robot", "robot"),
        person("batch", "batch", "S1"),
    )
}


def test_by_id_by_name_and_in_full() -> None:
    assert shown("li.si", PEOPLE, "id") == "li.si"
    assert shown("li.si", PEOPLE, "name") == "李四"
    assert shown("li.si", PEOPLE) == "李四(li.si, E00789)"
    assert shown("wang.wu", PEOPLE) == "王五(wang.wu)"
    assert shown("robot", PEOPLE) == "robot"
    assert shown("batch", PEOPLE) == "batch(S1)"


def test_a_name_of_two_persons_is_shown_in_full() -> None:
    assert shown("zhangsan", PEOPLE, "name") == "张三(zhangsan, E00123)"
    assert shown("zhangsan2", PEOPLE, "name") == "张三(zhangsan2, E00456)"


def test_somebody_unknown_is_named_by_the_id() -> None:
    assert {shown("gone", PEOPLE, how) for how in ("id", "name", "full")} == {"gone"}


def test_each_surface_as_the_policy_says_and_usually() -> None:
    assert namer(PEOPLE, {}, "terminal")("li.si") == "li.si"
    assert namer(PEOPLE, {}, "export")("li.si") == "李四(li.si, E00789)"
    assert namer(PEOPLE, {"terminal": "name"}, "terminal")("li.si") == "李四"
