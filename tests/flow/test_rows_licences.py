"""Rows of the requirements on licences, with a store of facts beside the gate and the desk: R02-6, R02-8, R05-3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from flow.house import House
from osgate.facts.store import Store, create
from osgate.model.fact import Fact

LONG_AGO, NOW = "2026-01-05T00:00:00Z", "2026-11-20T00:00:00Z"
ODD, NUMBER = "pkg:npm/is-odd@3.0.1", "pkg:npm/is-number@6.0.0"


def told(house: House, licences: Mapping[str, str]) -> None:
    """Fill the store of facts of the house: purl -> licence."""
    path = str(house.root / "cache" / "facts" / "facts.sqlite")
    create(path)
    store = Store(path, write=True)
    facts = [
        Fact(purl, name, value, "packages.example.com (npm)", NOW, first_seen=LONG_AGO)
        for purl, licence in licences.items()
        for name, value in (("licence", licence), ("published", LONG_AGO))
    ]
    store.put(facts, NOW)
    store.close()


def rules(out: str) -> set[str]:
    """The rules that a check complains of."""
    return set(re.findall(r"(?:\[|: )(OSG\d{3})\b", out))


def checked(house: House, path: Path) -> tuple[int, set[str]]:
    """What the check of the staged change ends with, and the rules it names."""
    said = house.check(path)
    return said.code, rules(said.out)


def test_R02_6_R05_3_a_copyleft_follows_the_row_of_the_projects_distribution(open_house: House) -> None:
    told(open_house, {ODD: "GPL-3.0-only", NUMBER: "MIT"})
    open_house.projects(payments_app='distribution = "internal"')
    path, id = open_house.requested()
    assert checked(open_house, path) == (1, {"OSG101", "OSG602"}), "inside, people look at it first"
    open_house.both_answer("approve", id)
    assert checked(open_house, path) == (0, set()), "and then it passes"
    open_house.projects(payments_app='distribution = "external"')
    assert open_house.desk().code == 0
    said = open_house.check(path)
    assert (said.code, rules(said.out)) == (1, {"OSG601", "OSG607"})
    assert "is-odd 3.0.1" in said.out
    assert "GPL-3.0-only" in said.out
    assert "is-number" not in said.out.partition("OSG601")[2].partition("-->")[0]


def test_R02_8_obligations_are_told_and_one_left_unticked_keeps_the_request_pending(open_house: House) -> None:
    told(open_house, {ODD: "MPL-2.0", NUMBER: "MIT"})
    open_house.projects(payments_app='distribution = "external"')
    path, id = open_house.requested()
    for language, words in (
        (
            "en",
            ("rights under MPL-2.0", "obligations under MPL-2.0", "make the source of the component", "[source-of-"),
        ),
        ("zh_CN", ("MPL-2.0 的权利", "MPL-2.0 的义务", "保留版权声明", "[source-of-files]")),
    ):
        said = open_house.osgate("explain", ODD, "--language", language, at=path)
        assert said.code == 0
        assert all(word in said.out for word in words), said.out
    open_house.made("zhang.san", "approve", id, "--role", "tech", "--reason", "fine")
    legal = ("approve", id, "--role", "legal", "--reason", "fine")
    refused = open_house.act("li.si", *legal)
    assert refused.code == 1
    assert "source-of-files" in refused.err
    assert "--obligations all" in refused.err
    assert open_house.desk().code == 0
    assert checked(open_house, path) == (1, {"OSG101", "OSG602"}), "it still waits"
    strange = open_house.act("li.si", *legal, "--obligations", "relinking")
    assert (strange.code, "relinking" in strange.err) == (2, True)
    ticked = open_house.act("li.si", *legal, "--obligations", "all")
    assert ticked.code == 0
    assert "obligation source-of-files: make the source" in ticked.err
    assert open_house.desk().code == 0
    assert checked(open_house, path) == (0, set()), "and the gate warns of nothing that was accepted"
