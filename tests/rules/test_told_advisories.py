"""Which version findings about advisories name as the one that mends them."""

from __future__ import annotations

import pytest

from osgate.rules import vulnerable
from osgate.rules.told import MOST
from rules.test_security import case, facts


@pytest.mark.parametrize(
    ("fixes", "wanted"),
    [
        ([["1.4.0"], ["1.3.5"]], "1.4.0"),
        ([["1.4.0"], []], "1.4.0"),
        ([["1.2.0"], ["1.3.5"]], "1.3.5"),
        ([[], []], ""),
        ([["1.4.0"]] * MOST + [[]], ""),
    ],
)
def test_the_nearest_that_mends_what_can_be_mended_and_never_more_than_the_finding_shows(
    fixes: list[list[str]], wanted: str
) -> None:
    told = [{"id": f"GHSA-{n}", "severity": "high", "fixed": fix} for n, fix in enumerate(fixes)]
    said = vulnerable.check(case(facts=facts(advisories=told)))
    assert said is not None
    assert said["fixed"] == wanted
    shown = said["advisories"]
    assert isinstance(shown, list)
    mends_nothing = [one["id"] for one in shown if not one["fixed"]]
    assert mends_nothing == [f"GHSA-{n}" for n, fix in enumerate(fixes[:MOST]) if fix in ([], ["1.2.0"])]


def test_the_name_people_know_stands_before_the_records_own() -> None:
    told = [{"id": "PYSEC-1", "aliases": ["CVE-2026-1", "GHSA-1"], "severity": "high"}, {"id": "GHSA-2"}]
    said = vulnerable.check(case(facts=facts(advisories=told)))
    assert said is not None
    assert sorted(said["ids"]) == ["CVE-2026-1 (PYSEC-1)", "GHSA-2"]  # type: ignore[call-overload]
