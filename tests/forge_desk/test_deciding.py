"""From a command to the record of a decision: who, in which role, on what, until when."""

from __future__ import annotations

from typing import Any

import pytest

from forge_desk.bench import ACCOUNTS, GUEST, Bench
from osgate.forge_desk import opened
from osgate.forge_desk.hearing import TEXT
from osgate.intake_desk.verbs import Outside
from osgate.intake_desk.weigh import Candidate, Weighed, weigh
from osgate.ledger import codec
from osgate.model.forge import CHANGE, ISSUE, Account, Conversation, Issue
from osgate.model.record import replace
from osgate.testing import records


@pytest.fixture
def bench() -> Bench:
    return Bench()


def heard(bench: Bench, number: int = 1, comment: str = "7", kind: str = ISSUE, project: str = "") -> dict[str, Any]:
    return records.heard("9", comment, project=project or bench.home.id, number=number, kind=kind)


def test_an_approval_says_who_when_where_and_counts(bench: Bench) -> None:
    id = bench.sealed()
    text = f"/osgate approve {id} role=tech expires=2027-01-31 projects=till，web reason: looked at it"
    found = bench.record(text)
    assert (found["person"], found["role"], found["expires"]) == ("zhang.san", "tech", "2027-01-31")
    assert (found["projects"], found["reason"]) == (["till", "web"], "looked at it")
    assert codec.short(found["request"]) == id
    assert found["stated_at"] == bench.ledger.clock.now
    assert found["witnessed"] == {
        "forge": "gitlab",
        "project": bench.home.id,
        "kind": "issue",
        "number": 1,
        "account": ACCOUNTS["zhang.san"],
        "body": codec.digest(text.encode()),
        "at": bench.ledger.clock.now,
        "comment": "1",
    }
    assert bench.counts(found)


def test_the_same_note_gives_the_same_record_whenever_it_is_heard(bench: Bench) -> None:
    id = bench.sealed()
    said = bench.said(f"/osgate approve {id} reason: fine")
    first = bench.made(said)
    bench.ledger.clock.forward(days=3)
    assert bench.made(said) == first


def test_a_role_is_found_where_only_one_can_be_meant(bench: Bench) -> None:
    id = bench.sealed()
    assert bench.record(f"/osgate approve {id} reason: x", "zhang.san")["role"] == "tech"
    assert bench.record(f"/osgate reject {id} reason: x", "li.si")["role"] == "legal"
    several = bench.unclear(f"/osgate approve {id} reason: x", "zhao.liu")
    assert several.code == "which-role"
    assert several.paste == tuple(f"/osgate approve {id} role={role} reason: …" for role in ("tech", "legal"))
    none = bench.unclear(f"/osgate approve {id} reason: x", "wang.wu")
    assert (none.code, none.params["needed"], none.params["held"]) == ("no-role", "tech, legal", "developer")
    request = bench.ledger.state().requests[bench.books().find(id).id].request.body
    bench.ledger.seal(records.approve(request, "zhang.san", "tech"))
    assert bench.record(f"/osgate approve {id} reason: x", "zhao.liu")["role"] == "legal"


def test_the_desk_and_nobody_else_says_whether_it_counts(bench: Bench) -> None:
    own = bench.sealed("zhang.san")
    found = bench.record(f"/osgate approve {own} reason: x")
    assert [one.code for one in bench.weighed(found).refused] == ["is-requester"]
    wrote = bench.sealed("wang.wu", origin={"authors": [f"gitlab:{ACCOUNTS['zhang.san']}"]}, purpose="other")
    found = bench.record(f"/osgate approve {wrote} reason: x")
    assert [one.code for one in bench.weighed(found).refused] == ["is-author"]
    claimed = bench.record(f"/osgate approve {bench.sealed(purpose='third')} role=security reason: x")
    assert [one.code for one in bench.weighed(claimed).refused] == ["role-not-held"]


def test_who_asked_before_people_toml_listed_them_is_still_the_requester(bench: Bench) -> None:
    said = records.heard(ACCOUNTS["zhang.san"])
    id = bench.sealed(f"gitlab:{ACCOUNTS['zhang.san']}", witnessed=said)
    found = bench.record(f"/osgate approve {id} reason: x")
    assert [one.code for one in bench.weighed(found).refused] == ["is-requester"]


def test_two_accounts_of_one_person_are_one_person(bench: Bench) -> None:
    id = bench.sealed(roles=("tech", "tech"))
    person = bench.valid.people["zhang.san"]
    both = replace(person, accounts=(*person.accounts, ("gitlab", "5555")))
    bench.valid = replace(bench.valid, people={**bench.valid.people, person.id: both})
    first = bench.record(f"/osgate approve {id} reason: x")
    bench.ledger.seal(first)
    bench.ledger.clock.forward(seconds=5)
    second = bench.record(f"/osgate approve {id} role=tech reason: y", "5555")
    assert second["person"] == "zhang.san"
    assert [one.code for one in bench.weighed(second).refused] == ["already-decided"]


def test_an_account_is_known_by_its_id_and_never_by_its_name(bench: Bench) -> None:
    id = bench.sealed()
    said = bench.said(f"/osgate approve {id} reason: x")
    renamed = replace(said, note=replace(said.note, author=Account(ACCOUNTS["zhang.san"], "zhang.new")))
    assert bench.made(renamed)[0]["person"] == "zhang.san"
    taken = replace(said, note=replace(said.note, author=Account("777", "zhang.san")))
    with pytest.raises(Exception, match="not-listed"):
        bench.made(taken)


def test_who_is_not_listed_decides_nothing_and_without_a_witness_nobody_does(bench: Bench) -> None:
    id = bench.sealed()
    for verb in ("approve", "reject", "assess", "revoke"):
        assert bench.unclear(f"/osgate {verb} {id} role=tech reason: x", GUEST).code == "not-listed"
    assert bench.unclear("/osgate block pkg:npm/x role=incident reason: x", GUEST).code == "not-listed"
    assert Bench(None).unclear(f"/osgate approve {id} reason: x").code == "no-witness"


def test_an_id_names_one_sealed_record(bench: Bench) -> None:
    assert bench.unclear("/osgate approve 000000000000 reason: x").code == "id-none"
    id = bench.sealed()
    whole = bench.books().find(id).id
    assert bench.record(f"/osgate approve {whole} reason: x")["request"] == whole
    assert bench.record(f"/osgate approve #{id[:12]} reason: x")["request"] == whole


def test_a_decision_on_a_request_that_joined_is_about_the_one_that_answers(bench: Bench) -> None:
    id = bench.sealed()
    whole = bench.books().find(id).id
    other = bench.sealed("gitlab:1", joins=whole)
    assert bench.record(f"/osgate approve {other} reason: x")["request"] == whole


def test_without_an_id_an_issue_means_its_own_request_once_it_was_shown_there(bench: Bench) -> None:
    id = bench.sealed(witnessed=heard(bench))
    later = {"7": bench.ledger.clock.now}
    assert codec.short(bench.record("/osgate approve reason: x", answered=later)["request"]) == id
    early = bench.unclear("/osgate approve reason: x", answered={"7": "2026-12-31T00:00:00Z"})
    assert (early.code, early.paste) == ("not-told-yet", (f"/osgate approve {id} reason: …",))
    for never in ({}, {"7": ""}):
        assert bench.unclear("/osgate approve reason: x", answered=never).code == "not-told-yet"
    assert bench.unclear("/osgate approve reason: x", at=Conversation(bench.home.id, 2, ISSUE)).code == "nothing-here"


def test_without_an_id_a_change_means_its_only_request(bench: Bench) -> None:
    at = Conversation(bench.app.id, 1, CHANGE)
    where: dict[str, Any] = {"kind": CHANGE, "project": bench.app.id}
    first = bench.sealed(witnessed=heard(bench, comment="7", **where))
    told = {"7": bench.ledger.clock.now, "8": bench.ledger.clock.now}
    assert codec.short(bench.record("/osgate approve reason: x", at=at, answered=told)["request"]) == first
    second = bench.sealed(witnessed=heard(bench, comment="8", **where), purpose="other")
    both = bench.unclear("/osgate approve reason: x", at=at, answered=told)
    assert both.code == "which"
    assert set(both.paste) == {f"/osgate approve {id} reason: …" for id in (first, second)}


def test_an_issue_of_ours_means_its_request_while_nobody_touched_its_text(bench: Bench) -> None:
    id = bench.sealed()
    whole, now, me = bench.books().find(id).id, bench.ledger.clock.now, bench.forge.me()
    ours = Issue(bench.home.id, 4, "t", f"{opened.mark(whole)}\ntext", me, "open", now, now, "")
    assert bench.record("/osgate approve reason: x", issue=ours)["request"] == whole
    for bent in (replace(ours, edited=True), replace(ours, author=Account("5", "li")), replace(ours, body="text")):
        assert bench.unclear("/osgate approve reason: x", issue=bent).code == "nothing-here"


def test_the_text_of_an_issue_is_told_by_the_word_for_it(bench: Bench) -> None:
    said = heard(bench)
    del said["comment"]
    id = bench.sealed(witnessed=said)
    found = bench.record("/osgate approve reason: x", answered={TEXT: bench.ledger.clock.now})
    assert codec.short(found["request"]) == id


@pytest.mark.parametrize("text", ["", "reason: …", "reason: ...", "reason:"])
def test_nothing_is_decided_without_a_reason(bench: Bench, text: str) -> None:
    assert bench.unclear(f"/osgate approve {bench.sealed()} {text}").code == "no-reason"


def test_what_is_wrong_with_a_field_is_told_field_by_field(bench: Bench) -> None:
    found = bench.unclear(f"/osgate approve {bench.sealed()} expires=soon distribution=moon reason: x")
    assert found.code == "mistakes"
    assert {one.params["at"] for one in found.params["mistakes"]} == {"expires", "distribution"}


def test_emergencies_and_holds_name_packages(bench: Bench) -> None:
    block = bench.record("/osgate block pkg:npm/left-pad@<1.4.0 incident=INC-7 reason: stolen")
    assert (block["role"], block["incident"]) == ("incident", "INC-7")
    assert block["subjects"] == [{"purl": "pkg:npm/left-pad", "range": "vers:npm/<1.4.0"}]
    bench.ledger.seal(block)
    bench.ledger.clock.forward(seconds=9)
    second = bench.record(f"/osgate block {codec.short(block['id'])} reason: confirmed", "li.si")
    assert (second["confirms"], second["subjects"]) == (block["id"], block["subjects"])
    assert bench.counts(second)
    lifted = bench.record(f"/osgate unblock {codec.short(block['id'])} reason: clean", "li.si")
    assert (lifted["revokes"], bench.counts(lifted)) == (block["id"], True)
    for text in (
        "/osgate suspend pkg:npm/left-pad role=security reason: licence",
        "/osgate restrict pkg:npm/left-pad role=tech projects=till reason: only there",
        "/osgate waive pkg:npm/left-pad rules=unapproved expires=2026-12-24 role=tech reason: for now",
    ):
        who = "zhao.liu"
        assert bench.counts(bench.record(text, who)), text
    assert bench.unclear("/osgate block reason: x").code == "no-package"
    assert bench.unclear("/osgate unblock reason: x").code == "no-id"
    assert bench.unclear("/osgate block pkg:NONSENSE reason: x").code == "error"


def test_revoking_and_renewing(bench: Bench) -> None:
    id = bench.sealed()
    body = bench.books().find(id).body
    bench.ledger.seal(records.approve(body, "zhang.san", "tech"), records.approve(body, "li.si", "legal"))
    renewed = bench.record(f"/osgate renew {id} reason: still fits")
    assert (renewed["role"], bench.counts(renewed)) == ("tech", True)
    revoked = bench.record(f"/osgate revoke {id} reason: gone", "li.si")
    assert (revoked["role"], revoked["revokes"], bench.counts(revoked)) == ("legal", body["id"], True)
    waived = records.waive("zhang.san", expires="2026-12-24")
    bench.ledger.seal(waived)
    agreed = bench.record(f"/osgate waive {codec.short(waived['id'])} reason: agreed", "li.si")
    assert (agreed["confirms"], agreed["role"], bench.counts(agreed)) == (waived["id"], "legal", True)


def test_a_signed_decision_is_weighed_against_who_wrote_the_change_by_now(bench: Bench) -> None:
    origin = {"comment": "gitlab:7!3", "authors": ["first@bank.example"]}
    id = bench.sealed(origin=origin)
    request = bench.books().find(id).body
    approval = records.approve(request, "zhang.san", "tech")
    asked: list[str] = []

    def weighed(authors: tuple[str, ...] | None) -> Weighed:
        past, now = bench.ledger.history(), bench.ledger.clock.now
        outside = Outside(authors=lambda change: asked.append(change) or authors)  # type: ignore[func-returns-value]
        waits, policy, people = [Candidate("", codec.printed(approval))], bench.valid.policy, bench.valid.people
        return weigh(waits, past.sealed, policy, people, now, past.serial + 1, past.origin, outside)

    (counted,) = weighed(("other@bank.example", "first@bank.example")).accepted
    assert counted.witness["authors"] == ["other@bank.example"]
    assert "authors" not in weighed(("first@bank.example",)).accepted[0].witness
    mine = (f"gitlab:{ACCOUNTS['zhang.san']}",)
    assert [(one.code, one.params["account"]) for one in weighed(mine).refused] == [("is-author", mine[0])]
    assert [one.code for one in weighed(None).held] == ["authors-unknown"]
    assert set(asked) == {"gitlab:7!3"}
