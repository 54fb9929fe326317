"""Codes that come with data, from another version of osgate or an altered file, are told in other words."""

from __future__ import annotations

import pytest

from osgate.model.gap import Gap
from osgate.reports import words
from osgate.text.advisory_words import spelled
from osgate.text.translator import LOCALES, Translator


@pytest.mark.parametrize("locale", LOCALES)
def test_a_reason_for_blindness_that_nobody_knows_has_words(locale: str) -> None:
    t = Translator(locale)
    for params in ((("unknown", "moonshine"),), (("unknown", "no-archive"),)):
        said = words.gap(Gap("pypi", "blind", (("count", "3"), *params)), t)
        assert said.endswith(t("unknown.any"))
        assert "3" in said
    known = words.gap(Gap("pypi", "blind", (("count", "3"), ("unknown", "no-archive"), ("ecosystem", "PyPI"))), t)
    assert t("unknown.any") not in known


@pytest.mark.parametrize("locale", LOCALES)
def test_a_doubt_that_nobody_knows_has_words(locale: str) -> None:
    t = Translator(locale)
    one = {"id": "A-1", "aliases": [], "fixed": [], "summary": ""}
    params = {"worst": "high", "doubt": "moonshine", "count": 1, "fixed": "", "advisories": [one]}
    assert spelled(params, t)["doubt"] == t("unsure.any")
    assert spelled({**params, "doubt": "range"}, t)["doubt"] == t("unsure.range") != t("unsure.any")
