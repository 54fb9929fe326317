"""Rules of lifecycle and trust beyond their cases: what only warns, what is told as unknown, what an approval lifts."""

from __future__ import annotations

import re

import pytest

from osgate import untold
from osgate.model.change import Introduced
from osgate.model.decision import Judgement
from osgate.model.fact import Facts, FactSource
from osgate.model.record import replace
from osgate.reports import terminal
from osgate.reports.context import Context
from osgate.rules import archived, closed_source, near_end_of_life, too_new, unmaintained, yanked
from osgate.rules.case import Case
from osgate.rules.told import days_between
from osgate.text.translator import Translator
from rules import making

NEW = {"name": "published", "value": "2026-11-20T00:00:00Z"}
UPGRADED = making.introduced("pkg:npm/left-pad@1.4.0", change="upgraded", previous=["1.3.0"])
CYCLE = '{"product": "pad", "cycle": "1.4", "eol": %s, "support": null, "lts": false}'


def told(*facts: dict[str, object], purl: str = "pkg:npm/left-pad@1.4.0", **more: object) -> Facts:
    return making.facts(purl, list(facts), **{"first_seen": "", **more})  # type: ignore[arg-type]


def case(now: Facts | None, before: Facts | None = None, item: Introduced = UPGRADED, **policy: object) -> Case:
    rules = making.policy(facts=making.fact_policy(**policy))
    return Case(item, Judgement("unapproved"), (), rules, now=making.TODAY, facts=now, before=before)


def harm(id: str, *aliases: str) -> dict[str, object]:
    return {"id": id, "aliases": list(aliases), "fixed": ["1.4.0"]}


def before(*advisories: dict[str, object], **more: object) -> Facts:
    return told(purl="pkg:npm/left-pad@1.3.0", advisories=list(advisories), **more)


@pytest.mark.parametrize(
    ("old", "new", "why", "mends"),
    [
        (before(harm("GHSA-2", "CVE-2"), harm("GHSA-1")), told(NEW), "security-fix", ["GHSA-1", "GHSA-2"]),
        (before(harm("GHSA-1"), harm("GHSA-2")), told(NEW, advisories=[harm("GHSA-1")]), "security-fix", ["GHSA-2"]),
        (before(harm("GHSA-2", "CVE-2")), told(NEW, advisories=[harm("CVE-2")]), "too-young", None),
        (before({**harm("GHSA-1"), "fixed": ["1.3.9"]}), told(NEW), "too-young", None),
        (before({**harm("GHSA-1"), "severity": "low"}), told(NEW), "too-young", None),
        (before({**harm("GHSA-1"), "doubt": "version"}), told(NEW), "too-young", None),
        (before(), told(NEW), "too-young", None),
        (before(harm("GHSA-1")), told(NEW, unadvised="no-archive"), "too-young", None),
        (before(harm("GHSA-1"), unadvised="no-archive"), told(NEW), "too-young", None),
        (before({"id": "R-1", "kind": "unmaintained"}), told(NEW), "too-young", None),
        (None, told(NEW), "too-young", None),
    ],
)
def test_a_version_that_mends_what_the_one_before_had_is_told_as_such(
    old: Facts | None, new: Facts, why: str, mends: list[str] | None
) -> None:
    found = too_new.check(case(new, old))
    assert found is not None
    assert (found["why"], found.get("mends")) == (why, mends)


def test_a_security_fix_inside_the_cooldown_warns_and_passes() -> None:
    pair = {"1.4.0": told(NEW, {"name": "licence", "value": "MIT"}), "1.3.0": before(harm("GHSA-1"))}
    said = making.view([making.standing("pkg:npm/left-pad", range="vers:npm/*")])
    verdict = making.decided(making.intake([UPGRADED]), said, facts=lambda d, version: pair[version])
    assert [finding.rule for finding in verdict.findings] == ["OSG706"]
    assert verdict.outcome == "warn"


def test_the_day_of_publication_counts_before_the_day_it_was_first_asked_for() -> None:
    """Whoever asks for a number before it exists makes nothing older."""
    published = too_new.birth(case(told(NEW, first_seen="2026-11-01T00:00:00Z")))
    seen = too_new.birth(case(told(first_seen="2026-11-01T00:00:00Z")))
    assert published is not None
    assert (published[0].name, published[1]) == ("published", 1)
    assert seen is not None
    assert (seen[0].name, seen[1]) == ("first-seen", 20)


def test_a_day_to_come_is_today() -> None:
    ahead = too_new.birth(case(told({"name": "published", "value": "2026-11-22T00:00:00Z"})))
    assert ahead is not None
    assert ahead[1] == 0


def test_a_day_is_counted_by_the_hour() -> None:
    assert days_between("2026-11-20T18:00:00Z", "2026-11-21T06:00:00Z") == 0
    assert days_between("2026-11-20T06:00:00Z", "2026-11-21T06:00:00Z") == 1
    assert days_between("2026-11-20", "2026-11-21") == 1
    assert days_between("2026-11-22", "2026-11-21") == -1
    for nonsense in ("", "yesterday", "0000-00-00", "2026-11-21T99:00:00Z", "9" * 400):
        assert days_between(nonsense, "2026-11-21") is None


def test_a_cooldown_of_ages_raises_nothing() -> None:
    found = too_new.check(case(told(NEW), cooldown=10**9))
    assert found is not None
    assert found["until"] == ""


def test_what_an_advisory_calls_unmaintained_is_archived() -> None:
    one = {"id": "RUSTSEC-2025-0001", "kind": "unmaintained", "severity": "unknown"}
    found = archived.check(case(told(advisories=[one])))
    assert found == {"fact": "lifecycle", "value": one["id"], "source": "npm/all.zip", "date": "2026-11-20"}
    assert archived.check(case(told(advisories=[{**one, "doubt": "range"}]))) is None
    assert archived.check(case(told(unadvised="no-archive"))) is None


def test_without_a_store_no_rule_speaks() -> None:
    for rule in (archived, near_end_of_life, too_new, unmaintained, yanked):
        assert rule.check(case(None)) is None


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (told(), ["age-unknown"]),
        (told({"name": "published", "unknown": "mirror-time"}), ["age-unknown"]),
        (told(NEW), []),
        (told(NEW, {"name": "cycle", "value": CYCLE % '"2030-01-01"'}), []),
        (told(NEW, {"name": "cycle", "value": CYCLE % "null"}), ["end-unknown"]),
        (told(NEW, {"name": "cycle", "value": (CYCLE % "true").replace("1.4", "2")}), ["end-unknown"]),
        (told(NEW, {"name": "cycle", "unknown": "malformed"}), ["end-unknown"]),
        (None, []),
    ],
)
def test_R02_3_what_nobody_can_tell_is_a_gap(now: Facts | None, wanted: list[str]) -> None:
    assert [gap.reason for gap in untold.gaps([case(now)]) if gap.reason != "untold"] == wanted


def test_gaps_are_told_once_with_a_count() -> None:
    items = [making.introduced(f"pkg:npm/left-pad-{n}@1.0.0") for n in range(9)]
    *found, beside = untold.gaps([case(told(purl=item.dependency.purl), item=item) for item in (*items, *items)])
    assert dict(beside.params)["facts"].startswith("present=18;yanked=18")
    assert [dict(gap.params)["count"] for gap in found] == ["9"]
    assert dict(found[0].params)["purls"].count("pkg:") == 5
    free = [case(told(purl=item.dependency.purl), item=item, cooldown=0) for item in items]
    assert [gap.reason for gap in untold.gaps(free)] == ["untold"]


def test_R07_5_an_end_in_sixty_days_is_near_at_a_horizon_of_ninety() -> None:
    now = told({"name": "cycle", "value": CYCLE % '"2027-01-20"'})
    found = near_end_of_life.check(case(now, horizon=90))
    assert found is not None
    assert found["left"] == 60
    assert near_end_of_life.check(case(now, horizon=59)) is None


def test_R07_5_a_withdrawn_version_in_a_lock_is_flagged() -> None:
    verdict = making.decided(
        making.intake([UPGRADED]),
        making.view([making.standing("pkg:npm/left-pad", range="vers:npm/*")]),
        facts=lambda d, version: told(
            {"name": "licence", "value": "MIT"}, {"name": "yanked", "value": "broken"}, first_seen="2026-01-01"
        ),
    )
    assert [(finding.rule, finding.path) for finding in verdict.findings] == [("OSG701", "package-lock.json")]
    assert verdict.outcome == "block"


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        ({"name": "licence", "value": "Apache-2.0"}, {"name": "licence", "value": "BUSL-1.1"}, "closed-licence"),
        (
            {"name": "repository", "value": "https://git.example.com/a"},
            {"name": "repository", "value": ""},
            "closed-repository",
        ),
        ({"name": "sdist", "value": "yes"}, {"name": "sdist", "value": "no"}, "closed-source"),
        ({"name": "licence", "value": "MIT"}, {"name": "present", "value": "no", "component": True}, "closed-project"),
        ({"name": "licence", "value": "Apache-2.0"}, {"name": "licence", "unknown": "not-served"}, None),
        ({"name": "licence", "unknown": "offline"}, {"name": "licence", "value": "BUSL-1.1"}, None),
        ({"name": "licence", "value": "SSPL-1.0"}, {"name": "licence", "value": "BUSL-1.1"}, None),
        ({"name": "licence", "value": "whatever it is"}, {"name": "licence", "value": "BUSL-1.1"}, None),
        ({"name": "repository", "value": "https://git.example.com/a"}, {"name": "repository", "unknown": "html"}, None),
        ({"name": "repository", "value": "https://git.example.com/a"}, {"name": "present", "unknown": "offline"}, None),
    ],
)
def test_R07_4_each_signal_of_closing_is_named_and_what_is_missing_raises_nothing(
    was: dict[str, object], now: dict[str, object], why: str | None
) -> None:
    found = closed_source.check(case(told(now), told(was, purl="pkg:npm/left-pad@1.3.0")))
    assert (found or {"why": None})["why"] == why


def test_R07_6_data_that_is_too_old_is_told_with_its_date_and_the_policy_decides() -> None:
    old = FactSource("npm/all.zip", "advisories", "2026-11-09", age=12)
    young = FactSource("packages.example.com (npm)", "registry", "2026-11-20", age=1)
    said = making.view([making.standing("pkg:npm/left-pad", range="vers:npm/*")])
    store = {
        "facts": lambda d, version: told({"name": "licence", "value": "MIT"}, first_seen="2026-01-01"),
        "sources": (old, young),
    }
    verdict = making.decided(making.intake([UPGRADED]), said, **store)
    (finding,) = verdict.findings
    assert (finding.rule, finding.path, finding.params["date"]) == ("OSG708", "npm/all.zip", "2026-11-09")
    assert (verdict.outcome, verdict.sources) == ("warn", (old, young))
    rules = making.policy()
    strict = replace(rules.rules["OSG708"], outcome="block")
    strict_policy = replace(rules, rules={**rules.rules, "OSG708": strict})
    assert making.decided(making.intake([UPGRADED]), said, policy=strict_policy, **store).outcome == "block"
    said_in_words = terminal.render(verdict, Translator("en"), Context())
    assert "newest data: 2026-11-09" in said_in_words
    for source, age in (("npm/all.zip", "12 days"), ("packages.example.com (npm)", "1 day")):
        assert re.search(rf"{re.escape(source)}[^\n]*{age}", said_in_words), said_in_words
