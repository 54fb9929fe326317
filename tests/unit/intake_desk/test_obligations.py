"""R02-8 at the desk: who approves for the law accepts what the licences ask for, as far as the desk's facts tell it."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.errors import UsageError
from osgate.intake_desk import obligations
from osgate.intake_desk.verbs import Outside
from osgate.intake_desk.weigh import Candidate, Weighed, weigh
from osgate.ledger import codec
from osgate.ledger.fold import Sealed, fold
from osgate.ledger.fold.effects import approvals
from osgate.licences import reading
from osgate.model.decision import Post
from osgate.model.policy import Policy, Project
from osgate.model.record import replace
from osgate.testing import records
from osgate.testing.clock import START
from osgate.testing.policies import valid_policy

VALID = valid_policy()
APPS = ("inside/app", "outside/app")
POLICY: Policy = replace(
    VALID.policy,
    projects={
        "inside/app": Project("inside/app", distribution="internal"),
        "outside/app": Project("outside/app", distribution="external"),
    },
)
MPL = ("attribution", "licence-text", "source-of-files")


def asked(licence: str = "MPL-2.0", **more: Any) -> Sealed:
    """A sealed request for left-pad, of which the desk's store told a licence; empty for none."""
    facts = {records.LEFT_PAD: [["licence", licence, "packages.example.com"]]} if licence else {}
    item = records.sealed(records.request(**more), 2)
    witness = {"tier": "normal", "roles": ["tech", "legal"], "assessments": [], **({"facts": facts} if facts else {})}
    return Sealed(item.body, item.serial, item.sealed_at, witness)


def weighed(request: Sealed, role: str, person: str, *accepted: str, **more: Any) -> Weighed:
    """The desk's word on an approval."""
    fields = {"obligations": list(accepted)} if accepted else {}
    record = records.approve(request.body, person, role, **fields, **more)
    candidate = Candidate("osgate/1", codec.printed(record))
    return weigh([candidate], (request,), POLICY, VALID.people, START, 5, outside=Outside())


def test_R02_8_an_obligation_left_unticked_keeps_the_request_pending() -> None:
    request = asked()
    (refusal,) = weighed(request, "legal", "li.si").refused
    assert (refusal.code, refusal.params["needed"]) == ("obligations-open", ", ".join(MPL))
    (refusal,) = weighed(request, "legal", "li.si", "attribution", "licence-text").refused
    assert refusal.params["needed"] == "source-of-files"
    assert weighed(request, "legal", "li.si", *MPL).accepted
    assert weighed(request, "tech", "zhang.san").accepted, "only the role legal accepts"


def test_what_one_legal_approval_accepted_the_next_need_not() -> None:
    request = asked()
    first = weighed(request, "legal", "zhao.liu", *MPL).accepted[0]
    assert obligations.left_open(request, [first.body, {"role": "legal"}], POLICY) == ()


def test_where_the_store_told_no_licence_nothing_is_asked() -> None:
    assert weighed(asked(""), "legal", "li.si").accepted
    assert weighed(asked("no licence of this world"), "legal", "li.si").accepted
    assert weighed(asked("CC0-1.0"), "legal", "li.si").accepted


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, MPL),
        ({"projects": ["outside/app"]}, MPL),
        ({"projects": ["inside/app"]}, ()),
        ({"projects": list(APPS)}, MPL),
        ({"origin": {"repository": "inside/app"}}, ()),
        ({"origin": {"repository": "nobody/knows"}}, MPL),
        ({"distribution": "internal"}, ()),
        ({"subjects": [records.subject(scope=["dev", "test"])]}, ()),
        ({"subjects": [records.subject(scope=["dev", "runtime"])]}, MPL),
    ],
)
def test_what_is_owed_follows_the_use_that_was_asked_for(more: dict[str, Any], wanted: tuple[str, ...]) -> None:
    assert obligations.owed(asked(**more), [], POLICY) == wanted


def test_an_approval_for_less_owes_less() -> None:
    assert obligations.owed(asked(), [{"distribution": "internal"}], POLICY) == ()
    assert weighed(asked(), "legal", "li.si", distribution="internal").accepted


def test_words_that_tick() -> None:
    request = asked()
    assert obligations.ticked(["all"], request, [], POLICY) == list(MPL)
    assert obligations.ticked(["全部"], request, [], POLICY) == list(MPL)
    assert obligations.ticked(["licence-text"], request, [], POLICY) == ["licence-text"]
    assert obligations.ticked([], request, [], POLICY) == []
    assert obligations.ticked(["all"], asked("CC0-1.0"), [], POLICY) == []
    with pytest.raises(UsageError, match="relinking") as caught:
        obligations.ticked(["relinking"], request, [], POLICY)
    assert caught.value.code == "obligation.unknown"


def test_a_desk_that_cannot_read_licences_waits_and_does_not_wave_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "able", lambda: False)
    (held,) = weighed(asked(), "legal", "li.si").held
    assert held.code == "licences-unread"
    assert weighed(asked(""), "legal", "li.si").accepted


def test_the_approval_in_force_says_what_was_accepted() -> None:
    request = asked()
    tech = weighed(request, "tech", "zhang.san").accepted[0]
    legal = weighed(request, "legal", "li.si", *MPL).accepted[0]
    (standing,) = approvals(fold((request, tech, legal)).requests)
    assert standing.obligations == MPL


def test_a_request_is_fenced_by_the_licence_it_was_told() -> None:
    request = asked()
    tech = weighed(request, "tech", "zhang.san").accepted[0]
    legal = weighed(request, "legal", "li.si", *MPL).accepted[0]
    (standing,) = approvals(fold((request, tech, legal)).requests)
    assert standing.fence == (Post("licence", "MPL-2.0", "packages.example.com"),)
