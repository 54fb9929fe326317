"""What findings about advisories say: names people know, what mends how many, and obligations in words."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.text.advisory_words import names, spelled
from osgate.text.licence_words import duty
from osgate.text.translator import Translator

EN, ZH = Translator("en"), Translator("zh_CN")


def params(*advisories: dict[str, Any], fixed: str = "", count: int = 0) -> dict[str, Any]:
    told = [{"id": f"X-{n}", "aliases": [], "fixed": [], "summary": "", **one} for n, one in enumerate(advisories)]
    count = count or len(told)
    return {"value": told[0]["id"], "count": count, "worst": "high", "fixed": fixed, "doubt": "", "advisories": told}


@pytest.mark.parametrize(
    ("id", "aliases", "wanted"),
    [
        ("GHSA-1", ("CVE-1", "PYSEC-1"), ("CVE-1", "GHSA-1", "PYSEC-1")),
        ("PYSEC-1", ("GHSA-1",), ("GHSA-1", "PYSEC-1")),
        ("MAL-1", (), ("MAL-1",)),
        ("CVE-1", ("CVE-1",), ("CVE-1",)),
    ],
)
def test_the_name_that_people_know_comes_first(id: str, aliases: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    assert names(id, aliases) == wanted


def test_what_mends_all_is_told_alone() -> None:
    said = spelled(params({"fixed": ["2.0"]}, {"fixed": ["1.5"]}, fixed="2.0"), EN)
    assert (said["fixed"], said["worst"], said["known"]) == ("2.0", "high", "X-0 +1")


def test_what_mends_some_is_told_with_how_many_and_who_names_none() -> None:
    told = params(
        *({"fixed": ["2.17.1"]}, {"fixed": ["2.15.0"]}, {"aliases": ["CVE-2021-45105"]}, {"fixed": ["2.3.0"]}),
        fixed="2.17.1",
    )
    assert spelled(told, EN)["fixed"] == "2.17.1 (3 of 4; CVE-2021-45105 names none)"
    assert spelled(told, ZH)["fixed"] == "2.17.1（4 项中的 3 项；CVE-2021-45105 未注明）"
    many = params({"fixed": ["2.0"]}, *({} for _ in range(5)), fixed="2.0")
    assert spelled(many, EN)["fixed"] == "2.0 (1 of 6; X-1, X-2, X-3, and 2 more name none)"


def test_where_nobody_names_a_fix_that_is_said() -> None:
    assert spelled(params({}), EN)["fixed"] == "not told"
    assert spelled(params({}), ZH)["fixed"] == "公告未注明"


def test_what_is_malicious_is_told_with_its_summary_made_safe_and_short() -> None:
    assert spelled(params({"id": "MAL-1", "summary": "steals tokens"}), EN)["about"] == "MAL-1 (steals tokens)"
    assert spelled(params({"id": "MAL-1"}), ZH)["about"] == "MAL-1"
    said = str(spelled(params({"summary": "\x1b[31m" + "x" * 200}), EN)["about"])
    assert "\x1b" not in said
    assert len(said) < 150
    assert spelled({"value": "quarantined"}, EN) == {"about": "quarantined"}


def test_an_obligation_has_words_and_code_and_a_strange_one_its_code() -> None:
    assert duty("source-of-files", EN) == "make the source of the component's own files available [source-of-files]"
    assert duty("源码", ZH) == "源码"
    assert duty("of-tomorrow", EN) == "of-tomorrow"
