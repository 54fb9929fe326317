"""Deciding: the strictest outcome wins, no rule hides another, and the order of things does not matter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from osgate.model.change import FileProblem
from osgate.model.finding import NEVER_EXCUSED, SLUGS
from osgate.model.gap import Gap
from osgate.model.policy import MODES, Project, RuleSetting, Tier
from osgate.model.record import replace
from osgate.model.verdict import Stamp
from osgate.policy.baseline import Entry
from osgate.purl import parse
from rules import making, strategies

LEDGER_RULES = {id for id in SLUGS if id < "OSG2"}
BLIND = {"view": None}
MISSING = (Gap("snapshot", "snapshot.none", (("addresses", "https://policy.example.com"),)),)


def warning(*ids: str) -> making.Policy:
    rules = {id: RuleSetting(id, slug, "warn" if id in ids else "block") for id, slug in SLUGS.items()}
    return making.policy(rules=rules)


def test_nothing_introduced_passes() -> None:
    verdict = making.decided(making.intake())
    assert (verdict.outcome, verdict.findings, verdict.would) == ("pass", (), "")


def test_what_nobody_decided_blocks_at_its_place() -> None:
    item = making.introduced("pkg:npm/left-pad@1.3.0", path="web/package-lock.json", line=412)
    (finding,) = making.decided(making.intake([item])).findings
    assert (finding.rule, finding.purl, finding.path, finding.line) == (
        "OSG101",
        "pkg:npm/left-pad@1.3.0",
        "web/package-lock.json",
        412,
    )
    assert finding.params["rule_name"] == "unapproved"


def test_of_several_requests_the_one_nearest_to_its_end_is_named_and_of_those_the_oldest() -> None:
    item = making.introduced("pkg:npm/left-pad@1.3.0")
    steps = {
        "aa": ("2026-11-01T00:00:00Z", [["tech", 0, 1], ["legal", 0, 1]], ()),
        "bb": ("2026-11-03T00:00:00Z", [["tech", 1, 1], ["legal", 0, 1]], ()),
        "cc": ("2026-11-02T00:00:00Z", [["tech", 0, 1], ["legal", 1, 1]], ()),
        "dd": ("2026-11-01T00:00:00Z", [["tech", 1, 1], ["legal", 0, 1]], ("security",)),
    }
    waits = [
        making.waiting("pkg:npm/left-pad", request=making.record_id(id), sealed_at=at, roles=roles, missing=missing)
        for id, (at, roles, missing) in steps.items()
    ]
    for order in (waits, waits[::-1]):
        view = making.LedgerView({}, {"pkg:npm/left-pad": tuple(order)})
        (finding,) = making.decided(making.intake([item]), view).findings
        assert finding.params["waiting"] == making.record_id("cc")


def test_a_rule_that_the_policy_lets_warn_warns() -> None:
    verdict = making.decided(making.intake([making.introduced("pkg:npm/left-pad@1.3.0")]), policy=warning("OSG101"))
    assert (verdict.outcome, [f.severity for f in verdict.findings]) == ("warn", ["warning"])


def test_a_rule_that_the_policy_does_not_know_blocks() -> None:
    verdict = making.decided(
        making.intake([making.introduced("pkg:npm/left-pad@1.3.0")]), policy=making.policy(rules={})
    )
    assert verdict.outcome == "block"
    assert "rule_name" not in verdict.findings[0].params


def test_a_warning_beside_an_error_does_not_soften_it() -> None:
    action = making.introduced("pkg:github/actions/checkout@v4", scope="action", mutable=True)
    verdict = making.decided(making.intake([action]), policy=warning("OSG201"))
    assert [(f.rule, f.severity) for f in verdict.findings] == [("OSG101", "error"), ("OSG201", "warning")]
    assert verdict.outcome == "block"


def test_missing_data_is_undecided_and_still_tells_what_the_file_alone_shows() -> None:
    action = making.introduced("pkg:github/actions/checkout@v4", scope="action", mutable=True)
    plain = making.introduced("pkg:npm/left-pad@1.3.0")
    undecided = making.decided(making.intake([plain]), missing=MISSING)
    assert undecided.missing == MISSING
    assert undecided.outcome == "block"  # the ledger was there, and says that nobody decided
    without = making.decided(making.intake([plain, action]), **BLIND)
    assert [f.rule for f in without.findings] == ["OSG201"]
    assert without.outcome == "block"
    alone = making.decided(making.intake([plain]), **BLIND)
    assert (alone.outcome, alone.findings) == ("undecided", ())


def test_where_nothing_is_introduced_nothing_is_missing() -> None:
    def asked(**fields: tuple[making.FileProblem, ...]) -> making.Verdict:
        return making.decided(making.intake(**fields), missing=MISSING, **BLIND)

    assert (asked().outcome, asked().missing) == ("pass", ())
    assert (asked(problems=(making.problem(),)).outcome, asked().missing) == ("block", ())


def test_observing_passes_and_keeps_what_it_would_be() -> None:
    verdict = making.decided(making.intake([making.introduced("pkg:npm/left-pad@1.3.0")]), mode="observe")
    assert (verdict.outcome, verdict.would) == ("pass", "block")


LEFT_PAD = making.introduced("pkg:npm/left-pad@1.3.0")
LIFTED = {"rules": ["OSG101"], "expires": "2026-12-31"}


def test_a_waived_finding_does_not_count_and_its_waiver_is_told() -> None:
    waiver = making.standing("pkg:npm/left-pad", "waive", **LIFTED)
    verdict = making.decided(making.intake([LEFT_PAD]), making.view([waiver]))
    (finding,) = verdict.findings
    assert (verdict.outcome, finding.waived, finding.severity) == ("pass", True, "error")
    assert verdict.waivers == ((finding.fingerprint, waiver),)


@pytest.mark.parametrize(
    "fields", [{"rules": ["OSG102"]}, {"expires": "2026-11-21"}, {"projects": ["other"]}, {"range": "vers:npm/2.0.0"}]
)
def test_a_waiver_for_something_else_lifts_nothing(fields) -> None:
    waiver = making.standing("pkg:npm/left-pad", "waive", **{**LIFTED, **fields})
    verdict = making.decided(making.intake([LEFT_PAD]), making.view([waiver]))
    assert (verdict.outcome, verdict.waivers, verdict.findings[0].waived) == ("block", (), False)


def test_a_waiver_of_a_project_lifts_what_is_said_of_its_files() -> None:
    renamed = making.problem(".osgate/config.toml", "project-renamed", 1, about="own")
    waiver = making.standing("project:payments/app", "waive", rules=["OSG401", "OSG101"])
    verdict = making.decided(making.intake([LEFT_PAD], problems=(renamed,)), making.view([waiver]))
    assert {f.rule: f.waived for f in verdict.findings} == {"OSG401": True, "OSG101": False}
    assert verdict.outcome == "block"


def entry(**fields) -> Entry:
    """left-pad, there since before the gate."""
    values = {"purl": LEFT_PAD.dependency.purl, "path": "package-lock.json", "rules": ("OSG101",), "owner": "li.si"}
    return Entry(**{**values, "due": "2026-11-21", "line": 4, **fields})


def with_baseline(*entries: Entry, items=(LEFT_PAD,), **fields):
    baseline = {item.key: item for item in entries}
    found = making.intake(list(items), whole=True, files=("package-lock.json",))
    return making.decided(found, **{"mode": "enforce-all", "baseline": baseline, "seen": found.files, **fields})


def test_what_the_baseline_covers_stands_beside_the_findings() -> None:
    verdict = with_baseline(entry(), items=[LEFT_PAD, making.introduced("pkg:npm/is-odd@1.0.0")])
    assert [f.purl for f in verdict.findings] == ["pkg:npm/is-odd@1.0.0"]
    (excused,) = verdict.baselined
    assert (excused.purl, excused.severity, excused.waived) == (LEFT_PAD.dependency.purl, "error", False)
    assert with_baseline(entry()).outcome == "pass"


@pytest.mark.parametrize(
    "fields",
    [{"purl": "pkg:npm/left-pad@1.3.1"}, {"path": "web/package-lock.json"}, {"rules": ("OSG102",)}],
)
def test_an_entry_about_something_else_covers_nothing(fields) -> None:
    verdict = with_baseline(entry(**fields))
    assert verdict.outcome == "block"
    assert verdict.baselined == ()


def in_a_change(item, *entries: Entry, **fields):
    """What a change that brings `item` (or has a problem with a file) gets."""
    baseline = {one.key: one for one in entries}
    return making.decided(making.intake([item] if item else [], **fields), baseline=baseline)


@pytest.mark.parametrize("change", ["added", "downgraded", "widened-scope"])
def test_in_a_change_what_is_as_it_was_listed_is_covered(change: str) -> None:
    item = making.introduced("pkg:npm/left-pad@1.3.0", change=change)
    assert in_a_change(item, entry()).outcome == ("warn" if change == "widened-scope" else "pass")


@pytest.mark.parametrize(
    ("purl", "change"),
    [
        ("pkg:npm/left-pad@1.3.0", "moved-source"),
        ("pkg:npm/left-pad@1.3.0", "changed-digest"),
        ("pkg:npm/left-pad", "upgraded"),
    ],
)
def test_in_a_change_what_is_no_longer_what_was_listed_is_not(purl: str, change: str) -> None:
    verdict = in_a_change(making.introduced(purl, change=change), entry(purl=purl))
    assert (verdict.outcome, verdict.baselined) == ("block", ())


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("OSG301", {"reason": "truncated"}),
        ("OSG302", {"reason": "duplicate-key", "ambiguous": True}),
        ("OSG303", {"reason": "out-of-step", "about": "step"}),
        ("OSG304", {"reason": "lock-deleted", "about": "lock"}),
    ],
)
def test_what_a_change_does_to_a_file_is_never_old(rule: str, problem) -> None:
    wrong = FileProblem(**{"path": "package-lock.json", "line": 1, "ambiguous": False, **problem})
    listed = entry(purl="", rules=(rule,))
    assert [f.rule for f in in_a_change(None, listed, problems=(wrong,)).findings] == [rule]
    assert in_a_change(None, listed, problems=(wrong,)).outcome == "block"
    assert [f.rule for f in in_a_change(None, listed, problems=(wrong,), whole=True).baselined] == [rule]


def test_the_baseline_never_excuses_that_it_grows() -> None:
    grown = FileProblem(".osgate/baseline.json", 4, "baseline-grown", False, (("count", "1"), ("first", "x")), "own")
    listed = entry(purl="", path=grown.path, rules=("OSG401", "OSG403"))
    for whole in (False, True):
        verdict = in_a_change(None, listed, problems=(grown,), whole=whole)
        assert ([f.rule for f in verdict.findings], verdict.baselined) == (["OSG401"], ())


def test_an_entry_past_its_date_covers_nothing_and_is_told_with_the_others_of_its_owner() -> None:
    late = [entry(due="2026-11-20"), entry(purl="pkg:npm/b@1.0.0", due="2026-11-20", line=7)]
    verdict = with_baseline(*late, items=[LEFT_PAD, making.introduced("pkg:npm/b@1.0.0")])
    assert [f.rule for f in verdict.findings] == ["OSG101", "OSG101", "OSG403"]
    told = verdict.findings[-1]
    assert (told.path, told.line, told.params["count"]) == (".osgate/baseline.json", 4, "2")


def test_entries_that_excuse_nothing_are_told_where_the_whole_was_read() -> None:
    verdict = with_baseline(entry(), entry(purl="pkg:npm/gone@1.0.0", line=5), entry(path="other/package-lock.json"))
    assert [(f.rule, f.severity, f.line) for f in verdict.findings] == [("OSG402", "warning", 5)]
    assert verdict.outcome == "warn"


@pytest.mark.parametrize("effect", ["block", "suspend", "reject", "revoke"])
def test_no_waiver_and_no_baseline_covers_what_was_taken_away(effect: str) -> None:
    taken = making.standing("pkg:npm/left-pad", effect)
    waiver = making.standing("pkg:npm/left-pad", "waive", rules=sorted(NEVER_EXCUSED), request=making.record_id("ee"))
    verdict = with_baseline(entry(rules=tuple(NEVER_EXCUSED)), view=making.view([taken, waiver]))
    assert verdict.findings[0].rule in NEVER_EXCUSED
    assert (verdict.outcome, verdict.baselined, verdict.waivers) == ("block", (), ())


@pytest.mark.parametrize(
    ("mode", "effect", "outcome"),
    [
        ("enforce-new", None, "warn"),
        ("enforce-all", None, "block"),
        ("enforce-new", "block", "block"),
        ("enforce-new", "suspend", "warn"),
        ("observe", "block", "pass"),
    ],
)
def test_what_a_whole_tree_holds_is_old(mode: str, effect: str | None, outcome: str) -> None:
    said = making.view([making.standing("pkg:npm/left-pad", effect)] if effect else [])
    verdict = making.decided(making.intake([LEFT_PAD], whole=True), said, mode=mode)
    assert (verdict.outcome, verdict.whole) == (outcome, True)
    assert verdict.findings[0].severity == "error"


def test_blocks_come_first_then_rejections_then_by_rule_and_place() -> None:
    items = [making.introduced(f"pkg:npm/{name}@1.0.0", line=line) for line, name in enumerate("abcd", 1)]
    items.append(making.introduced("pkg:github/a/b@v1", scope="action", mutable=True, path=".github/workflows/ci.yml"))
    said = making.view([making.standing("pkg:npm/c", "block"), making.standing("pkg:npm/b", "reject")])
    verdict = making.decided(making.intake(items), said, policy=warning("OSG201"))
    assert [(f.rule, f.purl[-7:]) for f in verdict.findings] == [
        ("OSG105", "c@1.0.0"),
        ("OSG104", "b@1.0.0"),
        ("OSG101", "/a/b@v1"),
        ("OSG101", "a@1.0.0"),
        ("OSG101", "d@1.0.0"),
        ("OSG201", "/a/b@v1"),
    ]


@pytest.mark.parametrize(("rule", "same"), [("OSG101", True), ("OSG104", False)])
def test_a_fingerprint_outlives_line_moves_and_for_some_rules_versions(rule: str, same: bool) -> None:
    said = making.view([making.standing("pkg:npm/a", "reject")] if rule == "OSG104" else [])

    def print_of(version: str, line: int) -> str:
        item = making.introduced(f"pkg:npm/a@{version}", line=line)
        (finding,) = making.decided(making.intake([item]), said).findings
        assert finding.rule == rule
        return finding.fingerprint

    assert print_of("1.0.0", 3) == print_of("1.0.0", 99)
    assert (print_of("1.0.0", 3) == print_of("2.0.0", 3)) is same


def test_the_verdict_carries_everything_on() -> None:
    stamp = Stamp(3, "sha256:1", "sha256:2", "2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z", 9)
    own, other = Gap("x", "moves-not-compared"), Gap("takeaway", "old", (("hours", "30"),))
    found = making.intake(removed=("pkg:npm/a@1",), deleted=("a",), moved=(("a", "b"),), gaps=(own,), files=("a", "b"))
    verdict = making.decided(found, base="1" * 40, head="2" * 40, stamp=stamp, gaps=(other,), missing=MISSING)
    assert (verdict.base, verdict.head, verdict.project, verdict.stamp) == ("1" * 40, "2" * 40, "payments/app", stamp)
    assert (verdict.removed, verdict.deleted, verdict.moved) == (("pkg:npm/a@1",), ("a",), (("a", "b"),))
    assert (verdict.gaps, verdict.missing, verdict.files) == ((other, own), (), ("a", "b"))


@settings(max_examples=60)
@given(
    strategies.intakes(),
    strategies.views(),
    strategies.policies(),
    st.sampled_from(MODES),
    st.randoms(use_true_random=False),
)
def test_deciding_is_pure_repeatable_and_blind_to_order(found, view, policy, mode, random) -> None:
    def asked(order: making.IntakeRecord):
        with audit.no_io():
            return making.decided(order, view, policy=policy, mode=mode)

    shuffled = replace(found, introduced=tuple(random.sample(found.introduced, len(found.introduced))))
    first, again, other = asked(found), asked(found), asked(shuffled)
    assert first == again
    assert other.outcome == first.outcome
    assert sorted(map(repr, other.findings)) == sorted(map(repr, first.findings))


@settings(max_examples=60)
@given(strategies.intakes(), strategies.views(), strategies.policies())
def test_no_rule_is_left_out_because_another_one_spoke(found, view, policy) -> None:
    """Each dependency judged alone gives exactly its part of the findings, and each rule as if it were the only one."""
    together = making.decided(found, view, policy=policy)
    alone = [making.decided(making.intake([item]), view, policy=policy) for item in found.introduced]
    alone.append(making.decided(making.intake(problems=found.problems), view, policy=policy))
    assert sorted(map(repr, together.findings)) == sorted(repr(f) for verdict in alone for f in verdict.findings)
    mutable = [i.dependency for i in found.introduced if i.dependency.mutable]
    actions = sum(d.scope in ("action", "image") for d in mutable)
    assert sum(f.rule == "OSG201" for f in together.findings) == actions
    assert sum(f.rule == "OSG202" for f in together.findings) == sum(
        d.source.kind == "git" and d.scope != "action" for d in mutable
    )
    assert sum(f.rule == "OSG203" for f in together.findings) == sum(
        i.dependency.source.kind == "url" for i in found.introduced
    )


@settings(max_examples=60)
@given(strategies.intakes(), strategies.views(), strategies.policies(), st.booleans(), st.booleans())
def test_the_outcome_is_the_strictest(found, view, policy, missing, observe) -> None:
    mode = "observe" if observe else "enforce-new"
    verdict = making.decided(found, view, policy=policy, mode=mode, missing=MISSING if missing else ())
    severities = {finding.severity for finding in verdict.findings if not finding.waived}
    wanted = (
        "block"
        if "error" in severities
        else "undecided"
        if missing and found.introduced
        else "warn"
        if severities
        else "pass"
    )
    assert (verdict.would if observe else verdict.outcome) == wanted
    assert verdict.outcome == ("pass" if observe else wanted)
    assert bool(verdict.would) is observe


@settings(max_examples=60)
@given(strategies.introduced(), strategies.views())
def test_at_most_one_ledger_rule_speaks_and_only_a_covering_approval_silences_all(item, view) -> None:
    verdict = making.decided(making.intake([item]), view)
    spoke = {f.rule for f in verdict.findings} & LEDGER_RULES
    assert len(spoke) <= 1
    effects = {s.effect for s in view.standings.get(item.dependency.component, ())}
    if not spoke:
        assert "approve" in effects
    if not effects:
        assert spoke == {"OSG101"}
    assert all(parse(f.purl).component == item.dependency.component for f in verdict.findings)


def test_R06_2_a_block_names_who_decides_for_the_projects_class() -> None:
    strict = Tier("strict", ("tech", "security", "legal"), ("security",), 5)
    default = making.policy()
    rules = replace(default, tiers={**default.tiers, "strict": strict}, class_tiers={"critical": "strict"})
    roles = {}
    for class_ in ("tool", "critical"):
        found = making.intake([making.introduced("pkg:npm/left-pad@1.3.0")])
        verdict = making.decided(found, policy=rules, project=Project("core/app", class_=class_))
        roles[class_] = [role for role, _, _ in verdict.findings[0].params["roles"]]
    assert roles == {"tool": ["tech", "legal"], "critical": ["tech", "security", "legal"]}
