"""What a forge vouches for: whose word counts, signed by which machine, in which tier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from osgate.intake_desk import witnessed
from osgate.intake_desk.weigh import Candidate, Weighed, weigh
from osgate.ledger import able, codec, history
from osgate.ledger.fold import Sealed
from osgate.ledger.records import problems
from osgate.model.policy import Key, Person, Witness
from osgate.model.record import replace
from osgate.testing import records
from osgate.testing.clock import START
from osgate.testing.keys import SigningKey
from osgate.testing.policies import valid_policy

MACHINE = SigningKey("machine")
VALID = valid_policy()
WITNESS = Witness("gitlab", (Key(MACHINE.public),))
ACCOUNTS = {"zhang.san": "11", "li.si": "12", "wang.wu": "13"}
PEOPLE = {
    id: replace(person, accounts=(("gitlab", ACCOUNTS[id]), ("git", f"{id}@bank.example")))
    if id in ACCOUNTS
    else person
    for id, person in VALID.people.items()
}
GUEST = records.request("gitlab:4711", key=MACHINE, witnessed=records.heard())


def weighed(
    record: Mapping[str, Any],
    *sealed: Sealed,
    witness: Witness | None = WITNESS,
    people: Mapping[str, Person] = PEOPLE,
) -> Weighed:
    policy = replace(VALID.policy, witness=witness)
    return weigh([Candidate("", codec.printed(dict(record)))], sealed, policy, people, START, 5)


def why(record: Mapping[str, Any], *sealed: Sealed, **more: Any) -> str:
    found = weighed(record, *sealed, **more)
    assert not found.accepted
    (refusal,) = (*found.refused, *found.held)
    return refusal.code


def said(person: str, role: str, request: Mapping[str, Any] = GUEST, **more: Any) -> dict[str, Any]:
    """An approval that `person` said at the forge with their own account."""
    heard = records.heard(ACCOUNTS[person], comment=f"{person} {role}")
    return records.approve(request, person, role, key=MACHINE, **{"witnessed": heard, **more})


def test_who_is_listed_nowhere_may_ask_and_nothing_else() -> None:
    (item,) = weighed(GUEST).accepted
    assert item.body["person"] == "gitlab:4711"
    asked = records.sealed(GUEST, 2)
    answer = records.approve(GUEST, "gitlab:4711", "tech", key=MACHINE, witnessed=records.heard())
    assert why(answer, asked) == "person-unknown"


def test_a_listed_person_is_no_guest() -> None:
    record = records.request("gitlab:11", key=MACHINE, witnessed=records.heard("11"))
    assert why(record) == "person-unknown"


@pytest.mark.parametrize("person", ["gitlab:4712", "github:4711", "4711", "gitlab:"])
def test_a_guest_goes_by_the_account_that_spoke(person: str) -> None:
    assert why(records.request(person, key=MACHINE, witnessed=records.heard())) == "person-unknown"


def test_two_words_at_the_forge_decide() -> None:
    asked = records.sealed(GUEST, 2)
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        (item,) = weighed(said(person, role), asked).accepted
        assert item.witness["key"] == history.signatures.fingerprint(MACHINE.public)


def test_the_account_must_be_the_persons() -> None:
    record = said("zhang.san", "tech", witnessed=records.heard(ACCOUNTS["li.si"]))
    assert why(record, records.sealed(GUEST, 2)) == "account-not-theirs"
    twin = said("zhang.san", "tech", witnessed=records.heard(ACCOUNTS["zhang.san"], forge="github"))
    assert why(twin, records.sealed(GUEST, 2)) == "witness-unknown"


def test_the_machine_must_be_the_policys() -> None:
    asked = records.sealed(GUEST, 2)
    record = said("zhang.san", "tech")
    assert why(record, asked, witness=None) == "witness-unknown"
    assert why(record, asked, witness=Witness("gitlab", (Key(SigningKey("other").public),))) == "witness-unknown"
    assert why(record, asked, witness=Witness("github", WITNESS.keys)) == "witness-unknown"
    ended = Witness("gitlab", (Key(MACHINE.public, "2026-01-01", "2026-02-01"),))
    assert why(record, asked, witness=ended) == "key-not-valid"
    revoked = Witness("gitlab", (Key(MACHINE.public, "2026-01-01", "", "2026-02-01"),))
    assert why(record, asked, witness=revoked) == "key-revoked"


def test_a_person_cannot_sign_for_the_machine_nor_the_machine_for_a_person() -> None:
    asked = records.sealed(GUEST, 2)
    own = records.approve(GUEST, "zhang.san", "tech", witnessed=records.heard(ACCOUNTS["zhang.san"]))
    assert why(own, asked) == "witness-unknown"
    assert why(records.approve(GUEST, "zhang.san", "tech", key=MACHINE), asked) == "key-not-theirs"


def test_a_tier_may_want_peoples_own_signatures() -> None:
    asked = records.sealed(GUEST, 2)
    strict = replace(WITNESS, tiers=("light",))
    assert why(said("zhang.san", "tech"), asked, witness=strict) == "needs-own-signature"
    assert weighed(said("zhang.san", "tech"), asked, witness=replace(WITNESS, tiers=("normal",))).accepted
    assert weighed(records.approve(GUEST, "zhang.san", "tech"), asked, witness=strict).accepted
    heard = records.heard(ACCOUNTS["zhang.san"])
    refusal = records.answer("reject", GUEST, "zhang.san", "tech", key=MACHINE, witnessed=heard)
    assert weighed(refusal, asked, witness=strict).accepted, "what only stops is heard everywhere"
    back = records.undo("revoke", refusal, "zhang.san", "tech", key=MACHINE, witnessed=heard)
    assert why(back, asked, records.sealed(refusal, 3), witness=strict) == "needs-own-signature"


def test_who_asked_with_an_account_decides_nothing_under_any_name() -> None:
    """Listed only after asking, asking as a guest, or by another name: the account tells."""
    late = {**PEOPLE, "zhang.san": replace(PEOPLE["zhang.san"], accounts=(("gitlab", "4711"),))}
    asked = records.sealed(GUEST, 2)
    own = records.approve(GUEST, "zhang.san", "tech")
    assert why(own, asked, people=late) == "is-requester"
    assert able.asked(late["zhang.san"], GUEST)
    assert [one.id for one in able.others([late["zhang.san"], late["li.si"]], [GUEST])] == ["li.si"]


def test_who_opened_the_change_decides_nothing() -> None:
    heard = records.heard()
    record = records.request("gitlab:4711", key=MACHINE, witnessed=heard, origin={"authors": ["gitlab:11"]})
    assert why(said("zhang.san", "tech", record), records.sealed(record, 2)) == "is-author"
    assert weighed(said("li.si", "legal", record), records.sealed(record, 2)).accepted


def test_what_rests_on_a_revoked_machine_is_not_finished() -> None:
    asked, first = records.sealed(GUEST, 2), records.sealed(said("zhang.san", "tech"), 3)
    first = replace(first, witness={"key": history.signatures.fingerprint(MACHINE.public)})
    revoked = Witness("gitlab", (Key(MACHINE.public, "2026-01-01", "", "2026-02-01"),))
    own = records.approve(GUEST, "li.si", "legal")
    assert why(own, asked, first, witness=revoked) == "rests-on-revoked-key"
    assert weighed(own, asked, first).accepted


def test_what_changes_who_decides_is_signed_by_people_only() -> None:
    heard = records.heard(ACCOUNTS["zhang.san"])
    record = records.endorse("sha256:" + "0" * 64, key=MACHINE, witnessed=heard)
    assert [code for _, code, _ in problems(record)] == ["not-for-verb"]
    assert [code for _, code, _ in problems(records.take_over(key=MACHINE, witnessed=heard))] == ["not-for-verb"]


def test_it_was_said_when_the_forge_tells() -> None:
    record = records.request("gitlab:4711", key=MACHINE, witnessed=records.heard(at="2026-11-20T00:00:00Z"))
    assert [code for _, code, _ in problems(record)] == ["not-when-stated"]


def test_the_audit_knows_the_machine() -> None:
    sealed = [replace(records.sealed(GUEST), witness={"key": history.signatures.fingerprint(MACHINE.public)})]
    assert not list(history.check_signers(sealed, PEOPLE, WITNESS.keys))
    (problem,) = history.check_signers(sealed, PEOPLE)
    assert problem.code == "signer-not-listed"
    plain = [replace(sealed[0], body={key: value for key, value in GUEST.items() if key != "witnessed"})]
    assert [p.code for p in history.check_signers(plain, PEOPLE, WITNESS.keys)] == ["signer-not-listed"]


def test_a_name_of_an_account_is_no_persons_id() -> None:
    assert witnessed.name_of("gitlab", "11") == "gitlab:11"


def test_in_a_role_that_wants_a_team_a_word_counts_where_one_of_them_was_asked() -> None:
    asked, teams = records.sealed(GUEST, 2), {"tech": ("bank/tech", "bank/leads")}

    def told(*named: str, role: str = "tech", person: str = "zhang.san") -> str:
        heard = records.heard(ACCOUNTS[person], **({"teams": list(named)} if named else {}))
        record = said(person, role, witnessed=heard)
        assert not problems(record)
        policy = replace(VALID.policy, witness=WITNESS, teams=teams)
        found = weigh([Candidate("", codec.printed(record))], [asked], policy, PEOPLE, START, 5)
        return next((one.code for one in (*found.refused, *found.held)), "")

    assert (told("bank/tech"), told("bank/leads")) == ("", "")
    assert (told(), told("bank/other")) == ("team-not-asked", "team-not-asked")
    assert told(role="legal", person="li.si") == "", "it wants none"
    assert told(role="legal") == "role-not-held"
    assert told("bank/tech", role="tech", person="li.si") == "role-not-held", "a team gives no role"
    own = records.approve(GUEST, "zhang.san", "tech")
    policy = replace(VALID.policy, witness=WITNESS, teams=teams)
    assert weigh([Candidate("", codec.printed(own))], [asked], policy, PEOPLE, START, 5).accepted, "signed by hand"


@pytest.mark.parametrize("teams", [[], "bank/tech", [""], [7], None])
def test_what_a_record_says_of_teams_is_a_list_of_names(teams: Any) -> None:
    heard = {**records.heard(), "teams": teams}
    assert problems(records.request("gitlab:4711", key=MACHINE, witnessed=heard))
