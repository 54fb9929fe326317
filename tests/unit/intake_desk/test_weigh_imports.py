"""What is taken over: for which classes it counts, until when it may, and what who confirms it is shown first."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.cli import import_told
from osgate.intake_desk.weigh import Candidate, weigh
from osgate.ledger import codec
from osgate.ledger.fold import Sealed, fold
from osgate.ledger.fold.effects import NOTHING
from osgate.model.policy import Policy, Tier
from osgate.model.record import replace
from osgate.testing import records
from osgate.testing.clock import START
from osgate.testing.policies import valid_policy

VALID = valid_policy()
TIERS = {
    "normal": Tier("normal", ("tech", "legal")),
    "strict": Tier("strict", ("tech", "legal"), ("security",)),
}
CLASSES = ("normal", "tool", "critical", "strict")


def policy(**more: Any) -> Policy:
    return replace(VALID.policy, tiers=TIERS, default_tier="normal", **more)


def taken(policy: Policy, **more: Any) -> tuple[Sealed, ...]:
    """An import and its confirmation, as the desk takes them in; nothing where it does not."""
    first = records.take_over(**more)
    both = (first, records.confirm(first, "li.si", "legal"))
    candidates = [Candidate(f"osgate/{n}", codec.printed(dict(one))) for n, one in enumerate(both)]
    return weigh(candidates, (), policy, VALID.people, START, 5).accepted


@pytest.mark.parametrize(
    ("stricter", "classes"),
    [
        ((), ()),
        (("strict",), ("normal", "tool", "critical")),
        (("strict", "tool"), ("normal", "critical")),
        (CLASSES, NOTHING),
    ],
)
def test_an_import_counts_for_the_classes_that_the_default_tier_is_enough_for(
    stricter: tuple[str, ...], classes: tuple[str, ...]
) -> None:
    sealed = taken(policy(class_tiers=dict.fromkeys(stricter, "strict")))
    (standing,) = fold(sealed).standings
    assert (standing.effect, standing.classes) == ("approve", classes)
    back = records.sealed(records.undo("revoke", sealed[0].body, "zhang.san", "tech"), 9)
    (standing,) = fold([*sealed, back]).standings
    assert (standing.effect, standing.classes) == ("revoke", ()), "what is taken back is so everywhere"


def test_an_import_lasts_no_longer_than_an_approval_of_the_tier() -> None:
    short = replace(policy(), tiers={"normal": Tier("normal", ("tech", "legal"), term=30)})
    assert not taken(short, review_by="2026-12-22")
    assert len(taken(short, review_by="2026-12-21")) == 2


def test_who_confirms_sees_first_what_is_more_than_one_exact_version(capsys: pytest.CaptureFixture[str]) -> None:
    plain = [records.subject(f"pkg:npm/a{n}", "vers:npm/1.0.0", row=n + 2) for n in range(300)]
    wide = [
        records.subject("pkg:npm/b", "vers:npm/>=1.0.0|<2.0.0", row=400),
        records.subject("pkg:generic/c", "vers:generic/*", row=401),
        records.subject("pkg:npm/d", "vers:npm/1.0.0|2.0.0", row=402),
        records.subject("pkg:npm/%40img/sharp-*", "vers:npm/1.0.0", row=403),
    ]
    first = records.sealed(records.take_over(subjects=[*plain, *wide]))
    import_told.proposal(replace(first, witness={**first.witness, "classes": ["tool"]}))
    told = capsys.readouterr().err.splitlines()
    at = next(n for n, line in enumerate(told) if "4 of them" in line)
    assert [line.split()[0] for line in told[at + 1 : at + 5]] == [one["purl"] for one in wide]
    assert told[at + 5].split()[0] == "pkg:npm/a0"
    assert any("class tool" in line for line in told[:at])
    assert "... and 290 more" in told[-1]
