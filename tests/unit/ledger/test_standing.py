"""What the ledger says of one dependency: every kind, every reason, and the edges."""

from __future__ import annotations

import pytest

from osgate.ledger.standing import _REACH, judge, waived
from osgate.model.decision import KINDS, Judgement, Post, Standing
from osgate.model.dependency import Dependency, Source
from osgate.model.finding import NEVER_EXCUSED, SLUGS
from osgate.model.policy import Project
from osgate.model.record import replace
from osgate.policy.schema import DISTRIBUTIONS

TODAY = "2026-11-21"
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
APPROVE = Standing(
    "approve", "pkg:npm/x", "vers:npm/>=1.0.0|<2.0.0", "r1", "q1", 5, "2026-11-01T00:00:00Z", ("a",), "2027-01-01"
)
REJECT = replace(APPROVE, effect="reject", record="r2", expires="")
BLOCK = replace(APPROVE, effect="block", record="r3", request="", expires="")
SUSPEND = replace(BLOCK, effect="suspend", record="r4")
RESTRICT = replace(BLOCK, effect="restrict", record="r5", projects=("payments",))
REVOKE = replace(REJECT, effect="revoke", record="r6", request="q2")
RETIRE = replace(BLOCK, effect="retire", record="r8", by="2026-12-31")
BROKEN_GLASS = replace(APPROVE, record="r10", incident="INC-1", expires="2026-11-23T06:00:00Z", serial=9)
HERE = Project("payments", class_="tool", environments=("prod",))


def dependency(version="1.5.0", **more):
    return Dependency("pkg:npm/x", version, f"pkg:npm/x@{version}", "package-lock.json", **more)


def kind(*standings, today=TODAY, project=HERE, **more) -> tuple[str, str]:
    found = judge(dependency(**more), standings, today, project)
    return found.kind, found.why


def test_nothing_said_is_unapproved():
    assert judge(dependency(), (), TODAY, HERE) == Judgement("unapproved", None, "")


@pytest.mark.parametrize("turn", [1, -1])
def test_block_above_reject_above_approve_whatever_the_order(turn):
    assert judge(dependency(), (APPROVE, REJECT, BLOCK)[::turn], TODAY, HERE) == Judgement("blocked", BLOCK)
    assert judge(dependency(), (APPROVE, REJECT)[::turn], TODAY, HERE) == Judgement("rejected", REJECT)
    old = replace(APPROVE, expires="2026-01-01")
    assert judge(dependency(), (old, APPROVE)[::turn], TODAY, HERE) == Judgement("approved", APPROVE)


def test_the_first_of_equals_is_named():
    second = replace(REJECT, record="r9")
    assert judge(dependency(), (REJECT, second), TODAY, HERE).standing is REJECT
    assert judge(dependency(), (APPROVE, replace(APPROVE, record="r9")), TODAY, HERE).standing is APPROVE


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (Source("registry", "https://packages.example.com/x.tgz"), "approved"),
        (Source("unknown"), "approved"),
        (Source("unknown", "git@git.example.com:x/y.git"), "out-of-range"),
        (Source("unknown", "//elsewhere.example.com/x.tgz"), "out-of-range"),
    ],
)
def test_an_approval_that_names_no_source_covers_no_address_of_an_unknown_kind(source, told):
    assert kind(APPROVE, source=source)[0] == told


@pytest.mark.parametrize(
    ("today", "told"), [("2026-12-31", "approved"), ("2027-01-01", "expired"), ("2027-01-02", "expired")]
)
def test_an_approval_ends_with_the_beginning_of_its_day(today, told):
    assert kind(APPROVE, today=today) == (told, "")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-12-31T23:59:59Z", "approved"),
        ("2027-01-01T00:00:00Z", "expired"),
    ],
)
def test_a_day_ends_an_approval_for_a_clock_that_tells_instants_too(now, told):
    assert kind(APPROVE, today=now) == (told, "")


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-11-23", "approved"),
        ("2026-11-23T05:59:59Z", "approved"),
        ("2026-11-23T06:00:00Z", "expired"),
        ("2026-11-24", "expired"),
    ],
)
def test_what_broke_the_glass_ends_at_its_instant(now, told):
    assert kind(BROKEN_GLASS, today=now) == (told, "")


@pytest.mark.parametrize("turn", [1, -1])
def test_an_approval_that_all_roles_gave_is_named_before_one_that_broke_the_glass(turn):
    assert judge(dependency(), (BROKEN_GLASS, APPROVE)[::turn], TODAY, HERE) == Judgement("approved", APPROVE)
    ended = replace(APPROVE, expires="2026-06-01")
    assert judge(dependency(), (BROKEN_GLASS, ended)[::turn], TODAY, HERE) == Judgement("approved", BROKEN_GLASS)
    assert judge(dependency(), (BROKEN_GLASS, ended)[::turn], "2026-12-24", HERE) == Judgement("expired", ended)


@pytest.mark.parametrize(
    ("approved", "own", "covers"),
    [
        *[("internal", own, own == "internal") for own in ("internal", "service", "external", "")],
        *[("service", own, own in ("internal", "service")) for own in ("internal", "service", "external", "")],
        *[("external", own, own != "") for own in ("internal", "service", "external", "")],
        ("", "", True),
        ("a word of a newer osgate", "internal", False),
    ],
)
def test_an_approval_reaches_no_wider_than_it_says(approved, own, covers):
    told = kind(replace(APPROVE, distribution=approved), project=replace(HERE, distribution=own))
    assert told == (("approved", "") if covers else ("out-of-scope", "distribution"))


def test_the_reaches_are_those_of_the_policy():
    assert tuple(sorted(_REACH, key=lambda word: _REACH[word])) == DISTRIBUTIONS


def test_no_expiry_is_for_ever_and_the_latest_of_the_expired_is_named():
    assert kind(replace(APPROVE, expires=""), today="9999-12-31") == ("approved", "")
    first, last = replace(APPROVE, expires="2026-01-01"), replace(APPROVE, expires="2026-06-01")
    assert judge(dependency(), (first, last), TODAY, HERE) == judge(dependency(), (last, first), TODAY, HERE)
    assert judge(dependency(), (first, last), TODAY, HERE).standing is last


def test_expired_is_nearer_than_out_of_range():
    other = replace(APPROVE, range="vers:npm/3.0.0", serial=99)
    assert kind(other, replace(APPROVE, expires="2026-01-01")) == ("expired", "")


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("1.0.0", ("approved", "")),
        ("1.9.9", ("approved", "")),
        ("2.0.0", ("out-of-range", "version")),
        ("0.9.9", ("out-of-range", "version")),
        ("1.5.0-beta.1", ("pre-release", "pre-release")),
        ("2.0.0-rc.1", ("pre-release", "pre-release")),
        ("not a version", ("out-of-range", "version")),
    ],
)
def test_an_approval_covers_its_range_without_pre_releases(version, told):
    assert kind(APPROVE, version=version) == told


def test_a_pre_release_named_exactly_is_covered():
    assert kind(replace(APPROVE, range="vers:npm/1.5.0-beta.1"), version="1.5.0-beta.1") == ("approved", "")


@pytest.mark.parametrize("taking", [BLOCK, SUSPEND, REJECT, RETIRE, REVOKE], ids=lambda s: s.effect)
@pytest.mark.parametrize(
    ("range", "version", "bears"),
    [
        ("", "7.0.0", True),
        ("", "", True),
        ("vers:npm/>=1.0.0|<2.0.0", "1.5.0-beta.1", True),
        ("vers:npm/>=1.0.0|<2.0.0", "2.0.0", False),
        ("vers:npm/>=1.0.0|<2.0.0", "", True),
    ],
)
def test_what_takes_away_bears_on_everything_it_may_mean(taking, range, version, bears):
    kinds = {"block": "blocked", "suspend": "suspended", "reject": "rejected", "retire": "retired", "revoke": "revoked"}
    told = kinds[taking.effect] if bears else "unapproved"
    assert kind(replace(taking, range=range), version=version) == (told, "")


@pytest.mark.parametrize(
    ("named", "found", "bears", "covers"),
    [
        ((A,), (A,), True, True),
        ((A,), (B,), False, False),
        ((A, B), (B,), True, True),
        ((A,), (), True, False),
        ((A,), ("sha512:" + "a" * 128,), True, False),
        ((A,), (B, "sha512:" + "a" * 128), False, False),
        ((), (A,), True, True),
    ],
    ids=["same", "other", "one of two", "none known", "no common algorithm", "one common algorithm", "none named"],
)
def test_digests(named, found, bears, covers):
    assert kind(replace(BLOCK, digests=named), digests=found)[0] == ("blocked" if bears else "unapproved")
    told = kind(replace(APPROVE, digests=named), digests=found)
    assert told == (("approved", "") if covers else ("other-content", "digest"))


@pytest.mark.parametrize(
    ("scopes", "scope", "covers"),
    [
        ((), "runtime", True),
        (("dev",), "dev", True),
        (("dev",), "runtime", False),
        (("dev",), "test", False),
        (("dev", "build"), "test", True),
        (("runtime",), "dev", True),
        (("optional",), "peer", True),
    ],
)
def test_scopes_reach_as_far_as_the_widest(scopes, scope, covers):
    told = kind(replace(APPROVE, scopes=scopes), scope=scope)
    assert told == (("approved", "") if covers else ("out-of-scope", "scope"))


@pytest.mark.parametrize(
    ("allowed", "own", "covers"),
    [
        ((), ("prod",), True),
        ((), (), True),
        (("test",), ("test",), True),
        (("test", "prod"), ("prod",), True),
        (("test",), ("test", "prod"), False),
        (("test",), (), False),
    ],
    ids=["any", "any, unknown", "same", "one of two", "one too many", "unknown"],
)
def test_environments_must_all_be_covered_and_an_unknown_one_never_is(allowed, own, covers):
    there = replace(HERE, environments=own)
    told = kind(replace(APPROVE, environments=allowed), project=there)
    assert told == (("approved", "") if covers else ("out-of-scope", "environment"))
    left = kind(APPROVE, replace(RESTRICT, projects=(), environments=allowed), project=there)
    assert left == (("approved", "") if covers else ("restricted", "environment"))


@pytest.mark.parametrize(
    ("range", "requirement", "told"),
    [
        ("vers:npm/*", "^1.0.0", ("approved", "")),
        ("vers:npm/*", None, ("approved", "")),
        ("vers:npm/>=1.0.0|<2.0.0", "^1.0.0", ("out-of-range", "undeclared")),
        ("vers:npm/>=1.0.0|<2.0.0", None, ("out-of-range", "undeclared")),
        ("vers:pypi/>=1.0|<2.0", ">=1.2,<1.4", ("approved", "")),
        ("vers:pypi/>=1.0|<2.0", ">=1.2", ("out-of-range", "undeclared")),
    ],
)
def test_a_range_nobody_locked_must_lie_inside_as_a_whole(range, requirement, told):
    assert kind(replace(APPROVE, range=range), version="", requirement=requirement) == told


@pytest.mark.parametrize("turn", [1, -1])
def test_the_nearest_decision_is_named(turn):
    newest = replace(APPROVE, range="vers:npm/9.0.0", serial=99)
    older = replace(APPROVE, range="vers:npm/8.0.0", serial=98)
    covers = replace(APPROVE, digests=(A,), serial=1)
    found = judge(dependency(digests=(B,)), (newest, older, covers)[::turn], TODAY, HERE)
    assert found == Judgement("other-content", covers, "digest")
    source = dependency(source=Source("registry", "https://other.example.com/x.tgz"))
    moved = replace(APPROVE, serial=1, sources=("https://packages.example.com/x.tgz",))
    assert judge(source, (newest, moved)[::turn], TODAY, HERE) == Judgement("out-of-range", moved, "source")
    assert judge(dependency(), (newest, older)[::turn], TODAY, HERE).standing is newest


# -- one hides the other


@pytest.mark.parametrize("turn", [1, -1])
def test_each_kind_hides_those_after_it(turn):
    """In the order of KINDS, by what makes a dependency of the project `payments` be judged so."""
    shown = {
        "blocked": BLOCK,
        "suspended": SUSPEND,
        "rejected": REJECT,
        "retired": RETIRE,
        "restricted": replace(RESTRICT, projects=("other",)),
        "approved": replace(APPROVE, request="q9"),
        "revoked": REVOKE,
        "expired": replace(APPROVE, expires="2026-01-01"),
        "fence-broken": replace(APPROVE, fence=(Post("install-code", "no", "package-lock.json"),)),
        "out-of-scope": replace(APPROVE, projects=("other",)),
        "other-content": replace(APPROVE, digests=(A,)),
        "pre-release": replace(APPROVE, range="vers:npm/>=1.5.0-a|<1.5.0"),
        "out-of-range": replace(APPROVE, range="vers:npm/9.0.0", serial=99),
    }
    assert (*shown, "unapproved") == KINDS
    release = {name: item for name, item in shown.items() if name != "pre-release"}
    for place, name in enumerate(release):
        weaker = tuple(release.values())[place:][::turn]
        assert judge(dependency(install_code=True), weaker, TODAY, HERE).kind == name
    before = replace(shown["out-of-range"], serial=100), shown["pre-release"]
    assert judge(dependency("1.5.0-b"), before[::turn], TODAY, HERE).kind == "pre-release"


def test_an_effect_of_a_newer_osgate_takes_away():
    assert kind(APPROVE, replace(BLOCK, effect="quarantine")) == ("blocked", "")


@pytest.mark.parametrize(
    ("limits", "scope", "why"),
    [
        ({"projects": ("payments", "b")}, "runtime", ""),
        ({"projects": ("b",)}, "runtime", "project"),
        ({"classes": ("tool",)}, "runtime", ""),
        ({"classes": ("strict", "core")}, "runtime", "class"),
        ({"scopes": ("dev",)}, "dev", ""),
        ({"scopes": ("dev",)}, "runtime", "scope"),
        ({"scopes": ("unheard-of",)}, "dev", "scope"),
        ({"projects": ("payments",), "classes": ("core",)}, "runtime", "class"),
        ({"projects": ("b",), "environments": ("prod",)}, "runtime", "project"),
    ],
)
def test_limits_of_an_approval_and_of_a_restriction_mean_the_same(limits, scope, why):
    approval = replace(APPROVE, **limits)
    assert kind(approval, scope=scope) == (("out-of-scope", why) if why else ("approved", ""))
    left = replace(RESTRICT, **{"projects": (), **limits})
    assert kind(APPROVE, left, scope=scope) == (("restricted", why) if why else ("approved", ""))
    assert kind(left, scope=scope) == (("restricted", why) if why else ("unapproved", ""))


def test_a_restriction_bears_on_what_it_may_mean_and_every_one_counts():
    other = replace(RESTRICT, projects=("other",))
    assert kind(APPROVE, other, version="1.5.0-beta.1") == ("restricted", "project")
    assert kind(APPROVE, other, version="") == ("restricted", "project")
    assert kind(replace(APPROVE, range="vers:npm/*"), other, version="7.0.0") == ("approved", "")
    assert kind(APPROVE, RESTRICT, other) == ("restricted", "project")
    assert judge(dependency(), (RESTRICT, other), TODAY, HERE).standing is other


def test_limits_bear_on_a_range_nobody_locked_too():
    everything = replace(APPROVE, range="vers:npm/*")
    assert kind(replace(everything, scopes=("dev",)), version="") == ("out-of-scope", "scope")
    assert kind(replace(everything, digests=(A,)), version="") == ("other-content", "digest")
    assert kind(replace(everything, projects=("payments",)), version="") == ("approved", "")


def test_what_was_revoked_does_not_count_where_an_older_snapshot_still_holds_it():
    taken_back = replace(REVOKE, request=APPROVE.request)
    assert kind(APPROVE, taken_back) == kind(taken_back, APPROVE) == ("revoked", "")
    assert kind(APPROVE, taken_back, replace(APPROVE, request="q9")) == ("approved", "")
    assert kind(APPROVE, taken_back, version="3.0.0") == ("unapproved", "")


def test_waivers_and_those_taken_back_say_nothing_of_a_dependency():
    waiver = replace(APPROVE, effect="waive", rules=("OSG101",))
    assert kind(waiver) == kind(replace(waiver, effect="revoke")) == ("unapproved", "")


# -- waivers


WAIVE = replace(APPROVE, effect="waive", record="r7", request="w1", rules=("OSG101", "OSG204"))
OF_FILES = replace(WAIVE, component="project:payments", range="", rules=("OSG301",), projects=("payments",))


def lifted(*standings, rule="OSG101", today=TODAY, project=HERE, **more):
    return waived(standings, rule, dependency(**more), project, today)


def test_a_waiver_lifts_its_rules_for_its_range_until_its_day():
    assert lifted(WAIVE) is WAIVE
    assert lifted(WAIVE, rule="OSG204") is WAIVE
    assert lifted(replace(WAIVE, range=""), version="9.9.9") is not None
    for other in (
        lifted(WAIVE, rule="OSG203"),
        lifted(WAIVE, version="2.0.0"),
        lifted(WAIVE, version="1.5.0-beta.1"),
        lifted(WAIVE, version=""),
        lifted(WAIVE, today="2027-01-01"),
        lifted(replace(WAIVE, component="pkg:npm/y")),
        lifted(replace(WAIVE, effect="approve")),
        lifted(),
    ):
        assert other is None
    assert lifted(WAIVE, today="2026-12-31") is WAIVE


def test_a_waiver_is_for_its_projects_and_classes():
    assert lifted(replace(WAIVE, projects=("payments",), classes=("tool",))) is not None
    assert lifted(replace(WAIVE, projects=("other",))) is None
    assert lifted(replace(WAIVE, classes=("core",))) is None
    assert lifted(replace(WAIVE, projects=("other",)), WAIVE) is WAIVE


def test_a_waiver_that_was_taken_back_lifts_nothing():
    assert lifted(WAIVE, replace(WAIVE, effect="revoke", record="r8")) is None
    assert lifted(WAIVE, replace(WAIVE, effect="revoke", record="r8", request="w2")) is WAIVE


def test_a_waiver_of_a_project_lifts_findings_about_its_files_only():
    assert waived((OF_FILES,), "OSG301", None, HERE, TODAY) is OF_FILES
    assert waived((OF_FILES,), "OSG302", None, HERE, TODAY) is None
    assert waived((OF_FILES,), "OSG301", None, Project("other"), TODAY) is None
    assert waived((OF_FILES,), "OSG301", dependency(), HERE, TODAY) is None
    assert waived((replace(WAIVE, range=""),), "OSG101", None, HERE, TODAY) is None


@pytest.mark.parametrize("rule", sorted(SLUGS))
def test_what_takes_away_is_never_waived(rule):
    everything = replace(WAIVE, range="", expires="", rules=tuple(SLUGS))
    assert (lifted(everything, rule=rule) is None) == (rule in NEVER_EXCUSED)
    files = replace(OF_FILES, expires="", rules=tuple(SLUGS))
    assert (waived((files,), rule, None, HERE, TODAY) is None) == (rule in NEVER_EXCUSED)


@pytest.mark.parametrize(
    ("range", "told"),
    [
        ("vers:pypi/>=1.0|<2.0", ("pre-release", "pre-release")),
        ("vers:pypi/1.5+local", ("approved", "")),
        ("vers:pypi/2.0", ("out-of-range", "version")),
    ],
)
def test_somebodys_own_build_of_a_python_release_must_be_named(range, told):
    built = Dependency("pkg:pypi/x", "1.5+local", "pkg:pypi/x@1.5%2Blocal", "requirements.txt")
    found = judge(built, (replace(APPROVE, component="pkg:pypi/x", range=range),), TODAY, HERE)
    assert (found.kind, found.why) == told


GIT = "https://git.example.com/tools/string-tools.git"


@pytest.mark.parametrize(
    ("url", "approved", "told"),
    [
        (GIT, GIT, "approved"),
        (f"git+{GIT}", GIT.removesuffix(".git"), "approved"),
        (GIT, f"git+{GIT}#0123", "approved"),
        ("https://git.example.com/others/string-tools.git", GIT, "out-of-range"),
        ("https://git.example.com/tools/string-tools-2.git", GIT, "out-of-range"),
    ],
)
def test_an_approved_repository_stands_for_itself_not_for_its_host(url, approved, told):
    found = dependency(source=Source("git", url, "a" * 40))
    assert judge(found, (replace(APPROVE, sources=(approved,)),), TODAY, HERE).kind == told
