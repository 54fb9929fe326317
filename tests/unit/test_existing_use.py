"""What is there already, where a component is retired or an approval has ended: when it warns, and when it blocks."""

from __future__ import annotations

import pytest

from osgate.model.decision import Post
from osgate.model.finding import Finding, binds
from osgate.model.policy import Terms
from osgate.model.record import replace
from osgate.policy.baseline import Entry
from rules import making

PAD = making.introduced("pkg:npm/left-pad@1.3.0")
NAME = PAD.dependency.component
APPROVED = making.standing(NAME, range="vers:npm/1.3.0")
RETIRED = making.standing(NAME, "retire", by="2026-12-31")


def verdict(*standings, whole=True, mode="enforce-new", today="2026-11-21", **fields):
    found = making.intake([fields.pop("item", PAD)], whole=whole)
    return making.decided(found, making.view(standings), mode=mode, today=today, **fields)


def told(*standings, **fields) -> tuple[str, list[str]]:
    found = verdict(*standings, **fields)
    return found.outcome, [finding.rule for finding in found.findings]


def entry(*rules: str, due: str = "2027-01-31") -> dict[tuple[str, str], Entry]:
    listed = Entry(PAD.dependency.purl, "package-lock.json", rules, "li.si", due, 4)
    return {listed.key: listed}


@pytest.mark.parametrize("mode", ["enforce-new", "enforce-all"])
@pytest.mark.parametrize(
    ("today", "outcome"),
    [
        ("2026-12-30T23:59:59Z", "warn"),
        ("2026-12-31T00:00:00Z", "block"),
        ("2027-06-01", "block"),
    ],
)
def test_what_is_retired_warns_until_its_date_and_blocks_from_then_on_in_every_mode(mode, today, outcome) -> None:
    assert told(APPROVED, RETIRED, mode=mode, today=today) == (outcome, ["OSG113"])
    assert told(APPROVED, RETIRED, mode=mode, today=today, whole=False) == ("block", ["OSG113"])


def test_a_retirement_of_some_versions_leaves_the_others() -> None:
    some = replace(RETIRED, range="vers:npm/<1.3.0")
    assert told(APPROVED, some) == told(APPROVED, some, whole=False, today="2027-06-01") == ("pass", [])


def test_before_its_date_a_retirement_gives_existing_use_nothing_it_did_not_have() -> None:
    assert told(RETIRED) == ("warn", ["OSG113", "OSG101"])
    assert told(RETIRED, mode="enforce-all") == ("block", ["OSG113", "OSG101"])
    assert told(RETIRED, mode="enforce-all", baseline=entry("OSG101"))[0] == "warn"
    waiver = making.standing(NAME, "waive", rules=["OSG101"], request=making.record_id("ee"))
    assert told(RETIRED, waiver, mode="enforce-all")[0] == "warn"
    advance = making.policy(pre_approvals=(making.pre_approval(NAME),))
    assert told(RETIRED, mode="enforce-all", policy=advance) == ("warn", ["OSG113"])
    expired = replace(APPROVED, expires="2026-11-10")
    assert told(RETIRED, expired, mode="enforce-all") == ("warn", ["OSG113", "OSG103"])
    assert told(RETIRED, expired, mode="enforce-all", today="2026-12-01") == ("block", ["OSG113", "OSG103"])


def test_rules_that_do_not_ask_the_ledger_speak_once() -> None:
    tagged = making.introduced("pkg:github/actions/checkout@v4", scope="action", mutable=True)
    retired = making.standing(tagged.dependency.component, "retire", by="2026-12-31")
    assert told(retired, item=tagged) == ("warn", ["OSG113", "OSG101", "OSG201"])


@pytest.mark.parametrize("effect", ["suspend", "reject"])
def test_what_hides_a_retirement_does_not_stop_its_date(effect) -> None:
    hides = making.standing(NAME, effect)
    rule = {"suspend": "OSG109", "reject": "OSG104"}[effect]
    assert told(RETIRED, hides) == ("warn", [rule])
    assert told(RETIRED, hides, today="2027-01-01") == ("block", [rule])
    assert told(hides, today="2027-01-01") == ("warn", [rule])


def test_a_baseline_holds_what_is_retired_where_it_is_and_until_its_date_only() -> None:
    listed = entry("OSG113")
    assert told(APPROVED, RETIRED, baseline=listed) == ("pass", [])
    assert told(APPROVED, RETIRED, baseline=listed, mode="enforce-all") == ("pass", [])
    assert told(APPROVED, RETIRED, baseline=listed, today="2027-01-01") == ("block", ["OSG113"])
    assert told(APPROVED, RETIRED, baseline=listed, whole=False) == ("block", ["OSG113"])


def test_no_waiver_lifts_a_retirement() -> None:
    waiver = making.standing(NAME, "waive", rules=["OSG113"], request=making.record_id("ee"))
    assert told(APPROVED, RETIRED, waiver, whole=False) == ("block", ["OSG113"])


# -- grace


@pytest.mark.parametrize(
    ("today", "mode", "outcome"),
    [
        ("2026-11-14", "enforce-all", "warn"),
        ("2026-11-23T23:59:59Z", "enforce-all", "warn"),
        ("2026-11-24T00:00:00Z", "enforce-all", "block"),
        ("2026-11-14", "enforce-new", "warn"),
        ("2027-06-01", "enforce-new", "warn"),
    ],
)
def test_after_its_end_an_approval_leaves_existing_use_a_time_of_grace(today, mode, outcome) -> None:
    ended = replace(APPROVED, expires="2026-11-10")
    assert told(ended, today=today, mode=mode) == (outcome, ["OSG103"])
    assert told(ended, today=today, mode=mode, whole=False) == ("block", ["OSG103"])


@pytest.mark.parametrize(("days", "until"), [(0, None), (30, "2026-12-10"), (10**12, "9999-12-31")])
def test_the_policy_sets_how_long(days, until) -> None:
    policy = making.policy(terms=Terms(grace=days))
    (finding,) = verdict(replace(APPROVED, expires="2026-11-10"), policy=policy).findings
    assert finding.params.get("until") == until
    assert finding.params.get("existing") == ("warn" if until else None)


def test_there_is_no_grace_for_a_broken_glass_nor_where_more_is_wrong_than_the_end() -> None:
    broken = replace(APPROVED, expires="2026-11-20T18:00:00Z", incident="INC-1")
    assert told(broken, mode="enforce-all") == ("block", ["OSG103"])
    fenced = replace(APPROVED, expires="2026-11-20", fence=(Post("install-code", "no", "x"),))
    changed = making.introduced("pkg:npm/left-pad@1.3.0", install_code=True)
    assert told(fenced, mode="enforce-all") == ("warn", ["OSG103"])
    assert told(fenced, mode="enforce-all", item=changed) == ("block", ["OSG103"])


def test_what_is_restricted_elsewhere_warns_and_nothing_keeps_it_quiet() -> None:
    restricted = making.standing(NAME, "restrict", projects=["other"])
    waiver = making.standing(NAME, "waive", rules=["OSG110"], request=making.record_id("ee"))
    assert told(APPROVED, restricted, waiver, baseline=entry("OSG110")) == ("warn", ["OSG110"])
    assert told(APPROVED, restricted, whole=False) == ("block", ["OSG110"])


@pytest.mark.parametrize("existing", ["", "warn", "block"])
@pytest.mark.parametrize("mode", ["enforce-new", "enforce-all"])
@pytest.mark.parametrize("rule", ["OSG101", "OSG105"])
def test_what_binds(existing, mode, rule) -> None:
    finding = Finding(rule, "error", "", "", 0, {"existing": existing} if existing else {}, "")
    assert binds(finding, mode, whole=False)
    wanted = rule == "OSG105" or existing == "block" or (mode == "enforce-all" and not existing)
    assert binds(finding, mode, whole=True) is wanted


# -- what passes by something else than an approval of its own


def test_a_pass_by_a_broken_glass_and_one_in_advance_are_told() -> None:
    broken = making.standing(NAME, range="vers:npm/*", expires="2026-11-24T06:00:00Z", incident="INC-1")
    types = [making.introduced(f"pkg:npm/%40types/{name}@1.0.0", line=at) for at, name in enumerate("aba")]
    policy = making.policy(pre_approvals=(making.pre_approval("pkg:npm/%40types/*"),))
    found = making.decided(making.intake([PAD, *types]), making.view([broken]), policy=policy)
    assert found.outcome == "pass"
    glass, advance = found.passed
    assert (glass.how, glass.purls, glass.by) == ("break-glass", (PAD.dependency.purl,), broken)
    assert (advance.how, advance.purls) == ("pre-approval", ("pkg:npm/%40types/a@1.0.0", "pkg:npm/%40types/b@1.0.0"))
    assert advance.by.record == "policy/base.toml:88"
    assert making.decided(making.intake([PAD]), making.view([APPROVED])).passed == ()
