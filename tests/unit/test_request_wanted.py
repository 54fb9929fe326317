"""What a request asks for where a check could not decide: no more than what that was about."""

from __future__ import annotations

from osgate.intake_desk.wanted import closure
from osgate.model.gap import Gap
from osgate.model.record import replace
from osgate.model.verdict import Stamp, Verdict
from rules import making

ONE, OTHER = (making.introduced(f"pkg:npm/{name}@1.0.0") for name in ("one", "other"))
STAMP = Stamp(1, "", "", "", "", 0)
DOUBT = Gap("package-lock.json", "fence-unknown", (("purl", "pkg:npm/one@1.0.0"), ("fact", "licence")))


def asked(verdict: Verdict) -> list[str]:
    return [dependency.purl for dependency in closure(verdict, [])]


def test_what_cannot_be_told_of_one_approval_asks_for_that_one_alone() -> None:
    verdict = Verdict("undecided", "enforce-new", "a", "", "", (ONE, OTHER), (), missing=(DOUBT,), stamp=STAMP)
    assert asked(verdict) == ["pkg:npm/one@1.0.0"]
    assert asked(replace(verdict, missing=(Gap("ledger", "snapshot-expired"),))) == []


def test_without_a_ledger_everything_is_asked_for() -> None:
    verdict = Verdict("undecided", "enforce-new", "a", "", "", (ONE, OTHER), (), missing=(Gap("ledger", "none"),))
    assert asked(verdict) == ["pkg:npm/one@1.0.0", "pkg:npm/other@1.0.0"]
