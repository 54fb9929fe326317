"""`osgate ledger verify --base A --head B`: what a merge request's pipeline and an auditor see, with real git."""

from __future__ import annotations

import contextlib
import io

import pytest

from flow.guarding import contact, digest, guarded, merge, spoken, staff, write
from flow.house import House
from osgate.cli import ledger_policy
from osgate.intake_desk import policy_audit
from osgate.intake_desk.policy_audit import Fault
from osgate.io.git_write import Repository
from osgate.ledger import codec
from osgate.testing import records
from osgate.text.translator import Translator


@pytest.fixture
def fort(begun) -> House:
    """A house whose policy is guarded."""
    return begun(guarded)[0]


def faults(house: House, base: str, head: str) -> list[Fault]:
    with Repository(str(house.bare)) as bare:
        return list(policy_audit.between(bare, base, head))


def test_a_role_map_changed_by_one_person_alone_is_told_with_commit_file_and_what_is_missing(fort: House) -> None:
    commit = write(fort, {"people.toml": staff(wang_wu="developer tech")}, "proposal", ("x", "li.si@bank.example"))
    (fault,) = faults(fort, "main", "proposal")
    assert (fault.commit, fault.code, fault.paths) == (commit, "not-endorsed", ("people.toml",))
    assert (fault.params["missing"], fault.params["authors"]) == (("tech", "legal"), ("li.si",))
    for locale in ("en", "zh_CN"):
        told = "\n".join(ledger_policy.fault_lines(fault, Translator(locale)))
        assert all(word in told for word in (commit[:12], "people.toml", "tech", "legal", "li.si"))
    spoken(fort, "tech", rev="proposal")
    (fault,) = faults(fort, "main", "proposal")
    assert (fault.params["missing"], fault.params["given"]) == (("legal",), (("tech", "zhang.san"),))


def test_with_both_endorsements_it_holds_before_and_after_the_merge(fort: House) -> None:
    before = fort.git("rev-parse", "main")
    write(fort, contact(fort, "first"), "proposal")
    write(fort, contact(fort, "duty desk"), "proposal")
    spoken(fort, "tech", "legal", rev="proposal")
    assert faults(fort, "main", "proposal") == []
    merge(fort, "proposal")
    fort.run()
    assert faults(fort, before, "main") == []
    assert exit_code(fort, before, "main") == 0


def exit_code(house: House, base: str, head: str) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return ledger_policy.verified(str(house.bare), base, head, Translator("en"))


def test_what_is_amended_after_it_was_endorsed_is_told(fort: House) -> None:
    write(fort, contact(fort, "duty desk"), "proposal")
    spoken(fort, "tech", "legal", rev="proposal")
    amended = write(fort, contact(fort, "somebody else"), "proposal")
    (fault,) = faults(fort, "main", "proposal")
    # What was endorsed would be in force on the way, so it is the next change that lacks everything.
    assert (fault.commit, fault.params["missing"]) == (amended, ("tech", "legal"))
    assert exit_code(fort, "main", "proposal") == 1


def test_a_role_granted_in_the_same_change_does_not_count(fort: House) -> None:
    write(fort, {"people.toml": staff(wang_wu="developer legal")}, "proposal")
    previous = fort.run().policy.digest
    fort.push(records.endorse(digest(fort, "proposal"), "zhang.san", "tech", previous=previous))
    fort.push(records.endorse(digest(fort, "proposal"), "wang.wu", "legal", previous=previous))
    assert [refusal.code for refusal in fort.run().refused] == ["role-not-held"]
    (fault,) = faults(fort, "main", "proposal")
    assert fault.params["missing"] == ("legal",)


def test_an_endorsement_that_nobody_signed_so_does_not_count(fort: House) -> None:
    """A branch brings records and a seal of its own making: signed by whoever made them, sealed by nobody."""
    write(fort, contact(fort, "mine"), "proposal")
    past = fort.past()
    policy, previous = digest(fort, "proposal"), str(past.seals[-1].body["policy"])
    forged = [records.endorse(policy, p, r, previous=previous) for p, r in (("zhang.san", "tech"), ("li.si", "legal"))]
    forged[1]["signature"] = forged[0]["signature"]
    named = {"serial": 2, "previous": past.anchor, "ids": [one["id"] for one in forged]}
    seal = {**past.seals[-1].body, **named, "witness": {one["id"]: {"key": "x"} for one in forged}}
    files = {codec.record_path(one): codec.printed(one) for one in forged}
    write(fort, {**files, codec.seal_path(2): codec.printed(seal)}, "proposal")
    found = {fault.code: fault for fault in faults(fort, "main", "proposal")}
    assert set(found) == {"not-endorsed", "ledger-broken"}
    assert found["not-endorsed"].params["missing"] == ("tech", "legal")


def test_a_ledger_file_that_is_changed_or_removed_is_told(fort: House) -> None:
    request = records.request()
    fort.push(request)
    fort.run()
    path = codec.record_path(request)
    commit = write(fort, {path: None}, "proposal")
    found = {fault.code: fault for fault in faults(fort, "main", "proposal")}
    assert (found["ledger-changed"].commit, found["ledger-changed"].paths) == (commit, (path,))
    assert "ledger-broken" in found


def test_a_branch_behind_a_change_of_the_policy_is_to_be_merged_first(fort: House) -> None:
    write(fort, contact(fort, "one"), "proposal")
    write(fort, contact(fort, "two"))
    spoken(fort, "tech", "legal")
    assert [fault.code for fault in faults(fort, "main", "proposal")] == ["behind"]


def test_an_audit_over_years_of_changes_holds_and_names_the_seal_of_one_nobody_endorsed(house: House) -> None:
    fort = guarded(house)
    start = fort.git("rev-parse", "main")
    for word in ("one", "two"):
        write(fort, contact(fort, word))
        spoken(fort, "tech", "legal")
    assert faults(fort, start, "main") == []
    # What waits on main is told with its commit, though the desk does not use it.
    pending = write(fort, contact(fort, "three"))
    fort.run()
    assert [(fault.code, fault.commit) for fault in faults(fort, start, "main")] == [("not-endorsed", pending)]


def test_where_nobody_guards_the_policy_only_the_ledger_is_looked_at(open_house: House) -> None:
    write(open_house, {"people.toml": staff(wang_wu="developer legal")}, "proposal")
    assert faults(open_house, "main", "proposal") == []


def test_every_fault_has_words_in_both_languages(fort: House) -> None:
    for code in ("not-endorsed", "policy-lost", "ledger-changed", "ledger-broken", "behind"):
        fault = Fault("0" * 40, code, 3, ("people.toml",), {"policy": "abc", "base": "main"})
        for locale in ("en", "zh_CN"):
            assert list(ledger_policy.fault_lines(fault, Translator(locale)))


def test_the_people_of_a_policy_with_mistakes_are_read_as_far_as_they_go() -> None:
    files = {"people.toml": b'[[person]]\nid = "zhang.san"\nname = "x"\n\n[[person]]\nid = 7\n[[person]]\nname = "y"\n'}
    assert list(policy_audit.guard_of(files).people) == ["zhang.san"]
    odd = policy_audit.guard_of({"people.toml": b"nonsense", "osgate.toml": b"[governance]\nroles = 3\n"})
    assert (odd.roles, odd.people) == ((), {})


def test_of_one_commit_it_is_told_since_when_something_does_not_hold(house: House) -> None:
    fort = guarded(house)
    write(fort, contact(fort, "one"))
    said = fort.osgate("ledger", "verify", "--policy-repo", str(fort.bare), "--base", "main", "--head", "main")
    assert (said.code, "since the last endorsed policy" in said.err) == (1, True), said
    assert "between" not in said.err
