"""What the ledger says of one dependency: every kind, every reason, and the edges."""

from __future__ import annotations

import pytest

from osgate.ledger.standing import judge
from osgate.model.decision import Judgement, Standing
from osgate.model.dependency import Dependency
from osgate.model.record import replace

TODAY = "2026-11-21"
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
APPROVE = Standing(
    "approve", "pkg:npm/x", "vers:npm/>=1.0.0|<2.0.0", "r1", "q1", 5, "2026-11-01T00:00:00Z", ("a",), "2027-01-01"
)
REJECT = replace(APPROVE, effect="reject", record="r2", expires="")
BLOCK = replace(APPROVE, effect="block", record="r3", request="", expires="")


def dependency(version="1.5.0", **more):
    return Dependency("pkg:npm/x", version, f"pkg:npm/x@{version}", "package-lock.json", **more)


def kind(*standings, today=TODAY, environments=(), **more) -> tuple[str, str]:
    found = judge(dependency(**more), standings, today, environments)
    return found.kind, found.why


def test_nothing_said_is_unapproved():
    assert judge(dependency(), (), TODAY) == Judgement("unapproved", None, "")


@pytest.mark.parametrize("turn", [1, -1])
def test_block_above_reject_above_approve_whatever_the_order(turn):
    assert judge(dependency(), (APPROVE, REJECT, BLOCK)[::turn], TODAY) == Judgement("blocked", BLOCK)
    assert judge(dependency(), (APPROVE, REJECT)[::turn], TODAY) == Judgement("rejected", REJECT)
    old = replace(APPROVE, expires="2026-01-01")
    assert judge(dependency(), (old, APPROVE)[::turn], TODAY) == Judgement("approved", APPROVE)


def test_the_first_of_equals_is_named():
    second = replace(REJECT, record="r9")
    assert judge(dependency(), (REJECT, second), TODAY).standing is REJECT
    assert judge(dependency(), (APPROVE, replace(APPROVE, record="r9")), TODAY).standing is APPROVE


@pytest.mark.parametrize(
    ("today", "told"), [("2026-12-31", "approved"), ("2027-01-01", "expired"), ("2027-01-02", "expired")]
)
def test_an_approval_ends_with_the_beginning_of_its_day(today, told):
    assert kind(APPROVE, today=today) == (told, "")


def test_no_expiry_is_for_ever_and_the_latest_of_the_expired_is_named():
    assert kind(replace(APPROVE, expires=""), today="9999-12-31") == ("approved", "")
    first, last = replace(APPROVE, expires="2026-01-01"), replace(APPROVE, expires="2026-06-01")
    assert judge(dependency(), (first, last), TODAY) == judge(dependency(), (last, first), TODAY)
    assert judge(dependency(), (first, last), TODAY).standing is last


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
        ("1.5.0-beta.1", ("out-of-range", "pre-release")),
        ("2.0.0-rc.1", ("out-of-range", "pre-release")),
        ("not a version", ("out-of-range", "version")),
    ],
)
def test_an_approval_covers_its_range_without_pre_releases(version, told):
    assert kind(APPROVE, version=version) == told


def test_a_pre_release_named_exactly_is_covered():
    assert kind(replace(APPROVE, range="vers:npm/1.5.0-beta.1"), version="1.5.0-beta.1") == ("approved", "")


@pytest.mark.parametrize("taking", [BLOCK, REJECT])
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
    told = {"block": "blocked", "reject": "rejected"}[taking.effect] if bears else "unapproved"
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
    assert told == (("approved", "") if covers else ("out-of-range", "digest"))


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
    assert told == (("approved", "") if covers else ("out-of-range", "scope"))


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
    told = kind(replace(APPROVE, environments=allowed), environments=own)
    assert told == (("approved", "") if covers else ("out-of-range", "environment"))


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
    found = judge(dependency(digests=(B,)), (newest, older, covers)[::turn], TODAY)
    assert found == Judgement("out-of-range", covers, "digest")
    assert judge(dependency(), (newest, older)[::turn], TODAY).standing is newest
