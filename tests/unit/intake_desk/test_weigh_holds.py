"""Suspensions, restrictions and waivers at the desk: who makes them, who ends them, and why the rest do not count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from osgate.cli import error_text
from osgate.intake_desk.verbs.jointly import joint_roles
from osgate.intake_desk.weigh import Candidate, Refusal, Weighed, weigh
from osgate.ledger import codec
from osgate.ledger.fold import Sealed, fold
from osgate.model.policy import Policy, Tier
from osgate.model.record import replace
from osgate.testing import records
from osgate.testing.clock import START
from osgate.testing.policies import PEOPLE, valid_policy
from osgate.text.translator import LOCALES, Translator

VALID = valid_policy({**PEOPLE, "chen.ba": ("security", "legal")})
SUSPEND = records.suspend("zhao.liu")
RESTRICT = records.restrict("zhao.liu", projects=["payments"])
WAIVER = records.waive("zhang.san")
LEGAL = records.confirm(WAIVER, "li.si", "legal")


def weighed(
    *waiting: Mapping[str, Any], sealed: tuple[Sealed, ...] = (), now: str = START, policy: Policy = VALID.policy
) -> Weighed:
    """Weigh records as they are printed."""
    candidates = [Candidate(f"osgate/{n}", codec.printed(dict(record))) for n, record in enumerate(waiting)]
    return weigh(candidates, sealed, policy, VALID.people, now, 5)


def counts(record: Mapping[str, Any], *before: Mapping[str, Any]) -> bool:
    return [i.id for i in weighed(record, sealed=tuple(records.sealed(r, 2) for r in before)).accepted] == [
        record["id"]
    ]


@pytest.mark.parametrize(
    ("person", "role"), [("zhao.liu", "security"), ("li.si", "legal"), ("zhang.san", "tech"), ("zhang.san", "incident")]
)
def test_any_role_that_decides_or_acts_in_an_incident_suspends_and_restricts_alone(person: str, role: str) -> None:
    assert counts(records.suspend(person, role=role))
    assert counts(records.restrict(person, role=role, environments=["dev"]))
    assert fold(weighed(records.suspend(person, role=role)).accepted).standings[0].effect == "suspend"


@pytest.mark.parametrize("hold", [SUSPEND, RESTRICT], ids=lambda record: record["verb"])
def test_a_hold_is_lifted_by_another_person_of_its_role_also_in_one_batch(hold: dict[str, Any]) -> None:
    lifting = records.undo("revoke", hold, "chen.ba", "security")
    assert counts(lifting, hold)
    assert [item.id for item in weighed(lifting, hold).accepted] == [hold["id"], lifting["id"]]


def test_a_waiver_says_which_roles_it_needs_and_others_confirm_it_also_in_one_batch() -> None:
    for batch in ((WAIVER, LEGAL), (LEGAL, WAIVER)):
        first, second = weighed(*batch).accepted
        assert (first.id, second.id) == (WAIVER["id"], LEGAL["id"])
        assert (first.witness["tier"], first.witness["roles"]) == ("normal", ["tech", "legal"])
        assert "roles" not in second.witness
    assert fold(weighed(WAIVER, LEGAL).accepted).standings[0].effect == "waive"
    assert fold(weighed(WAIVER).accepted).standings == ()


@pytest.mark.parametrize(
    ("roles", "needed"),
    [
        (("tech", "legal"), ["tech", "legal"]),
        (("tech",), ["tech", "tech"]),
        (("a", "b", "c"), ["a", "b", "c"]),
        (("tech", "tech"), ["tech", "tech"]),
    ],
)
def test_a_waiver_needs_two_persons_at_least(roles: tuple[str, ...], needed: list[str]) -> None:
    assert joint_roles(Tier("normal", roles)) == needed


def test_a_tier_of_one_role_needs_two_persons_of_it_for_a_waiver() -> None:
    light = replace(VALID.policy, tiers={"normal": Tier("normal", ("tech",))}, default_tier="normal")
    second = records.confirm(WAIVER, "zhao.liu", "tech")
    assert fold(weighed(WAIVER, policy=light).accepted).standings == ()
    assert fold(weighed(WAIVER, second, policy=light).accepted).standings[0].persons == ("zhang.san", "zhao.liu")


@pytest.mark.parametrize(
    ("expires", "right"), [("2026-11-22", True), ("2027-02-19", True), ("2027-02-20", False), ("2028-01-01", False)]
)
def test_a_waiver_ends_within_the_days_of_the_policy(expires: str, right: bool) -> None:
    assert VALID.policy.waiver_days == 90
    found = weighed(records.waive(expires=expires))
    assert [r.code for r in found.refused] == ([] if right else ["expiry-out-of-bounds"])


@pytest.mark.parametrize(
    ("person", "role"), [("zhang.san", "tech"), ("li.si", "incident"), ("zhao.liu", "security"), ("li.si", "legal")]
)
def test_whoever_may_decide_revokes_a_waiver_alone_be_it_their_own(person: str, role: str) -> None:
    revoke = records.undo("revoke", WAIVER, person, role)
    assert counts(revoke, WAIVER)
    assert counts(revoke, WAIVER, LEGAL)


# -- what does not count

UNDONE = records.undo("revoke", SUSPEND, "chen.ba", "security")
ENDED = records.undo("revoke", WAIVER, "zhao.liu", "security")
REASONS: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], ...], str, bool]] = {
    "suspends-without-deciding": (records.suspend("wang.wu", role="developer"), (), "role-not-needed", False),
    "suspends-in-a-role-never-held": (records.suspend("li.si", role="security"), (), "role-not-held", False),
    "restricts-without-deciding": (
        records.restrict("wang.wu", role="developer", projects=["a"]),
        (),
        "role-not-needed",
        False,
    ),
    "lifts-own": (records.undo("revoke", SUSPEND, "zhao.liu", "security"), (SUSPEND,), "lifts-own", False),
    "lifts-own-in-another-role": (
        records.undo("revoke", RESTRICT, "zhao.liu", "legal"),
        (RESTRICT,),
        "lifts-own",
        False,
    ),
    "lifts-in-another-role": (
        records.undo("revoke", SUSPEND, "chen.ba", "legal"),
        (SUSPEND,),
        "role-not-needed",
        False,
    ),
    "lifts-twice": (
        records.undo("revoke", SUSPEND, "chen.ba", "security", reason="again"),
        (SUSPEND, UNDONE),
        "ended-already",
        False,
    ),
    "unblocks-a-suspension": (
        records.undo("unblock", SUSPEND, "li.si", "incident"),
        (SUSPEND,),
        "names-nothing",
        False,
    ),
    "lifts-what-is-not-there": (UNDONE, (), "names-nothing", True),
    "waives-in-a-role-not-asked": (
        records.waive("zhao.liu", role="security"),
        (),
        "role-not-needed",
        False,
    ),
    "waives-for-too-long": (records.waive(expires="2027-03-01"), (), "expiry-out-of-bounds", False),
    "waives-what-takes-away": (records.waive(rules=["OSG105"]), (), "malformed", False),
    "confirms-own": (records.confirm(WAIVER, "zhang.san", "tech"), (WAIVER,), "already-decided", False),
    "confirms-in-a-role-that-has-spoken": (
        records.confirm(WAIVER, "zhao.liu", "tech"),
        (WAIVER,),
        "waiver-role-complete",
        False,
    ),
    "confirms-in-a-role-not-asked": (
        records.confirm(WAIVER, "chen.ba", "security"),
        (WAIVER,),
        "role-not-needed",
        False,
    ),
    "confirms-when-complete": (
        records.confirm(WAIVER, "zhao.liu", "legal"),
        (WAIVER, LEGAL),
        "waiver-role-complete",
        False,
    ),
    "confirms-twice": (
        records.confirm(WAIVER, "li.si", "legal", reason="again"),
        (WAIVER, LEGAL),
        "already-decided",
        False,
    ),
    "confirms-a-confirmation": (
        records.confirm(LEGAL, "zhao.liu", "legal"),
        (WAIVER, LEGAL),
        "names-confirmation",
        False,
    ),
    "confirms-a-suspension": (
        records.make("waive", "li.si", {"confirms": SUSPEND["id"], "role": "legal", "reason": "agreed"}),
        (SUSPEND,),
        "names-nothing",
        False,
    ),
    "confirms-what-is-not-there": (LEGAL, (), "names-nothing", True),
    "confirms-what-was-revoked": (LEGAL, (WAIVER, ENDED), "ended-already", False),
    "confirms-what-has-expired": (
        records.confirm(records.waive(expires="2026-11-21", stated_at="2026-11-01T00:00:00Z"), "li.si", "legal"),
        (records.waive(expires="2026-11-21", stated_at="2026-11-01T00:00:00Z"),),
        "ended-already",
        False,
    ),
    "revokes-a-waiver-twice": (
        records.undo("revoke", WAIVER, "li.si", "legal"),
        (WAIVER, ENDED),
        "ended-already",
        False,
    ),
    "revokes-a-confirmation": (
        records.undo("revoke", LEGAL, "zhao.liu", "legal"),
        (WAIVER, LEGAL),
        "names-confirmation",
        False,
    ),
    "revokes-a-waiver-without-deciding": (
        records.undo("revoke", WAIVER, "wang.wu", "developer"),
        (WAIVER,),
        "role-not-needed",
        False,
    ),
}


def refusal(name: str) -> tuple[Refusal, bool]:
    record, sealed, _, _ = REASONS[name]
    found = weighed(record, sealed=tuple(records.sealed(s, 2) for s in sealed))
    assert found.accepted == ()
    (one,) = (*found.refused, *found.held)
    return one, bool(found.held)


@pytest.mark.parametrize("name", REASONS)
def test_it_does_not_count_and_the_words_name_only_what_the_refusal_carries(name: str) -> None:
    _, _, code, held = REASONS[name]
    told, waits = refusal(name)
    assert (told.code, waits) == (code, held)
    for locale in LOCALES:
        assert all(line and "{" not in line for line in error_text.refusal(told.code, told.params, Translator(locale)))
