"""The lifecycle: nothing is let in without request, assessments and quorum, and no move is made that is not listed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from osgate.intake_desk.weigh import Candidate, weigh
from osgate.ledger import codec, lifecycle
from osgate.ledger.fold import Sealed, fold
from osgate.model.decision import Standing
from osgate.model.policy import Policy
from osgate.model.record import replace
from osgate.testing import records
from osgate.testing.policies import valid_policy

VALID = valid_policy(
    {
        **dict.fromkeys(("wang.wu", "sun.qi"), ("developer",)),
        "zhang.san": ("tech", "incident"),
        "li.si": ("legal", "incident"),
        "zhao.liu": ("tech", "legal", "security"),
        "zhou.ba": ("security", "tech"),
    }
)
PEOPLE = sorted(VALID.people)
DAYS = [f"2026-{month:02d}-{day:02d}T06:00:00Z" for month, day in ((11, 21), (11, 22), (11, 23), (12, 30))]
REQUEST = records.request("wang.wu")
JOINING = records.request("sun.qi", joins=REQUEST["id"])
SOON = records.request("wang.wu", [records.subject("pkg:npm/soon", "vers:npm/*")])
REJECT = records.answer("reject", REQUEST, "li.si", "legal")
POOL: list[dict[str, Any]] = [
    REQUEST,
    JOINING,
    SOON,
    REJECT,
    records.take_over("zhang.san"),
    records.break_glass(REQUEST, "li.si"),
    records.break_glass(SOON, "wang.wu"),
    *(records.approve(one, p, r) for one in (REQUEST, SOON) for p in PEOPLE for r in ("tech", "legal", "security")),
    *(
        records.answer("assess", one, p, "security")
        for one in (REQUEST, SOON)
        for p in ("wang.wu", "zhao.liu", "zhou.ba")
    ),
    *(records.answer("assess", REQUEST, "zhao.liu", "security", type="post-review") for _ in range(1)),
    *(records.renew(REQUEST, p, r) for p in PEOPLE for r in ("tech", "legal")),
    *(records.undo("revoke", REQUEST, p, r) for p in PEOPLE for r in ("tech", "legal", "security")),
    *(records.undo("revoke", REJECT, p, "legal") for p in PEOPLE),
]
POOL.append(records.confirm(POOL[4], "li.si", "legal"))
# Most of what is tried is by people who may: else nothing would ever be let in.
ABLE = [one for one in POOL if "role" not in one or one["role"] in VALID.people[one["person"]].holds(DAYS[0])]
# Signed when an assessment of the second day lies in the ledger.
LATER = {"stated_at": DAYS[2]}
QUORUM = [
    records.answer("assess", REQUEST, "zhou.ba", "security"),
    records.approve(REQUEST, "zhang.san", "tech", **LATER),
    records.approve(REQUEST, "li.si", "legal", **LATER),
    records.approve(REQUEST, "zhao.liu", "security", **LATER),
]
POLICIES = {name: replace(VALID.policy, default_tier=name) for name in ("light", "normal", "strict")}


def sealed_in_turn(batches: Iterable[list[dict[str, Any]]], policy: Policy) -> tuple[list[Sealed], list[Any]]:
    """Weigh one batch after the other, each in a seal of its own; everything sealed, and all refusals."""
    sealed: list[Sealed] = []
    refused: list[Any] = []
    for number, batch in enumerate(batches):
        candidates = [Candidate(str(at), codec.printed(one)) for at, one in enumerate(batch)]
        now = DAYS[min(number, len(DAYS) - 1)]
        found = weigh(candidates, sealed, policy, VALID.people, now, number + 1)
        sealed += found.accepted
        refused += found.refused
    return sealed, refused


@st.composite
def batches(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Histories in which much is decided: the request first, then anything in any order."""
    anything = st.sampled_from(QUORUM) | st.sampled_from(ABLE) | st.sampled_from(POOL)
    rest = draw(st.lists(st.lists(anything, min_size=1, max_size=8), min_size=1, max_size=5))
    return [draw(st.sampled_from(([REQUEST], [REQUEST, SOON], [SOON]))), *rest]


@pytest.mark.parametrize("tier", POLICIES)
@settings(max_examples=120)
@given(found=batches())
def test_nothing_is_let_in_without_request_assessments_and_quorum(tier: str, found: list[list[dict[str, Any]]]) -> None:
    sealed, _ = sealed_in_turn(found, POLICIES[tier])
    by_id = {item.id: item for item in sealed}
    for standing in fold(sealed).standings:
        if standing.effect == "approve":
            let_in(standing, by_id, tier)


def let_in(standing: Standing, by_id: dict[str, Sealed], tier: str) -> None:
    """Demand everything behind an approval, from the records alone."""
    source = by_id[standing.request]
    wanted = VALID.policy.tiers[tier]
    answers = [item for item in by_id.values() if item.body.get("request") == source.id]
    if by_id[standing.record].body.get("break_glass"):
        assert "incident" in VALID.people[standing.persons[0]].holds(DAYS[0])
        assert standing.expires.endswith("Z")
        return
    if source.body["verb"] == "import":
        both = [source, *(item for item in by_id.values() if item.body.get("confirms") == source.id)]
        assert len({item.body["person"] for item in both}) >= 2
        return
    assert source.body["verb"] == "request"
    approvals = [item for item in answers if item.body["verb"] == "approve" and not item.body.get("break_glass")]
    requesters = {source.body["person"]}
    given = {(item.body["role"], item.body["person"]) for item in approvals if item.body["person"] not in requesters}
    assert {role for role, _ in given} >= set(wanted.roles)
    assert len({person for _, person in given}) >= len(wanted.roles)
    # Technical: the approval in role tech. Security: the machine's own, outside strict; there a person's, and before.
    assert "tech" in {role for role, _ in given}
    for role in wanted.assessments:
        seen = [a for a in answers if a.body["verb"] == "assess" and a.body["role"] == role and "type" not in a.body]
        first = min(item.serial for item in seen if item.body["person"] not in requesters)
        assert all(first <= approval.serial for approval in approvals)
        at = min(item.sealed_at for item in seen if item.body["person"] not in requesters)
        counted = [item for item in approvals if item.body["person"] in standing.persons]
        assert all(at <= str(item.body["stated_at"]) for item in counted)


@settings(max_examples=120)
@given(found=batches())
def test_a_move_that_is_refused_names_those_there_are(found: list[list[dict[str, Any]]]) -> None:
    sealed, refused = sealed_in_turn(found, POLICIES["normal"])
    for refusal in (one for one in refused if one.code == "not-from-here"):
        named = refusal.params["allowed"].split(", ")
        of = next(item for item in sealed if item.id == refusal.params["id"]).body["verb"]
        listed = lifecycle.allowed(of, refusal.params["stage"])
        assert (tuple(named) if named != ["-"] else ()) == listed
        assert refusal.params["verb"] not in listed


def test_every_move_begins_and_ends_in_a_state_there_is() -> None:
    beyond = {"proposed", "in force", "lifted", "written", "superseded"}
    for move in lifecycle.TRANSITIONS:
        assert set(move.start) <= lifecycle.STAGES.keys() | beyond
        assert set(move.end) <= lifecycle.STAGES.keys() | beyond


def test_from_every_state_of_a_request_that_is_not_ended_it_can_be_ended() -> None:
    for stage in ("requested", "assessing", "approved", "conditional", "expired"):
        assert {"reject", "revoke"} <= set(lifecycle.allowed("request", stage))
    for stage in ("superseded", "revoked"):
        assert lifecycle.allowed("request", stage) == ("assess-post-review",)
    assert lifecycle.allowed("request", "joined") == ()
