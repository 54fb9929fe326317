"""What became of sources in words: whatever is unknown has a sentence, and tables read well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from unicodedata import east_asian_width

import pytest

from osgate import light_json
from osgate.cli import facts_told
from osgate.cli.facts_show import kind_of
from osgate.facts.sync import Told
from osgate.model.fact import Unknown
from osgate.text.translator import LOCALES, Translator, packaged

TODAY = "2026-11-20"
AGES = {"advisories": 7, "registry": 30}


def words(locale: str) -> Mapping[str, str]:
    return dict(light_json.loads(packaged(f"{locale}.json")))


def lines(*told: Told, locale: str = "en") -> list[str]:
    return list(facts_told.lines(told, Translator(locale), TODAY, AGES))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_unknown_has_a_sentence_though_nothing_is_told_of_it(locale: str) -> None:
    t = Translator(locale)
    for key, text in words(locale).items():
        if key.startswith("unknown."):
            named = {name for _, name, _, _ in Formatter().parse(text) if name}
            assert named <= set(facts_told.PARAMS), key
            reason = Unknown(key.removeprefix("unknown."))
            assert facts_told.why(reason, t).strip(" :：") == facts_told.why(reason, t)
            assert lines(Told("registry", "x", problem=reason, refused=((reason.reason, 1, ()),)), locale=locale)


def test_what_is_told_of_an_unknown_stands_in_its_sentence() -> None:
    t = Translator("en")
    assert "500" in facts_told.why(Unknown("status", (("code", "500"),)), t)
    assert facts_told.why(Unknown("unreachable", (("detail", ""),)), t).endswith(": not told")


@pytest.mark.parametrize("locale", LOCALES)
def test_no_key_is_shown_for_what_an_artefact_or_a_record_lacks(locale: str) -> None:
    known = [
        key.removeprefix("unknown.")
        for key in words(locale)
        if key.startswith(("unknown.artefact.", "unknown.record."))
    ]
    told = Told("artefacts", "cache", refused=tuple((reason, 1, ()) for reason in (*known, "of.another-release")))
    for reason, line in zip((*known, "of.another-release"), lines(told, locale=locale)[1:], strict=True):
        assert reason not in line
        assert "{" not in line


def test_a_list_that_is_cut_says_so() -> None:
    _, cut, whole = lines(Told("popular", "x", refused=(("malformed", 3, ("a", "b")), ("no-purl", 2, ("c", "d")))))
    assert cut.endswith("a, b …")
    assert whole.endswith("c, d")


def test_numbers_stand_under_each_other_and_old_data_are_told() -> None:
    some = (Told("advisories", "a", 5, 0, "2026-11-12"), Told("registry", "bb", 12345, 0, "2026-11-12"))
    for locale in LOCALES:
        one, two = lines(*some, locale=locale)
        ends = [sum(1 + (east_asian_width(c) in "WF") for c in line[: line.index("2026")]) for line in (one, two)]
        numbers = [re.search(r"\d+ ", line).end() for line in (one, two)]  # type: ignore[union-attr]
        assert ends[0] == ends[1]
        assert numbers[0] != 0
        assert ("too old (limit 7)" in one) == (locale == "en")
        assert "7" in one.partition("2026-11-12")[2]
        assert "limit" not in two
    first, second = lines(*some)
    assert first.index("5 records") == second.index("12345 records") + 4


def test_a_source_of_the_store_is_called_as_it_was_synced() -> None:
    named = {
        "popular popular.tsv": "popular",
        "curations c.json": "curations",
        "artefacts cache": "artefacts",
        "packages.example.com:8443 (npm)": "registry",
        "eol.json": "lifecycle",
    }
    assert {source: kind_of(source) for source in named} == named
