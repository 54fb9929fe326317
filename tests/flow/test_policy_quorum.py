"""A change of the policy waits for its quorum, and the desk works on with the policy before it."""

from __future__ import annotations

import pytest

from flow.guarding import GOVERNANCE, contact, digest, endorse, guarded, merge, sealed_policies, spoken, staff, write
from flow.house import House
from osgate.errors import Refused
from osgate.intake_desk import sealing
from osgate.io.git_write import Repository
from osgate.ledger import codec, store_git
from osgate.testing import records
from osgate.testing.keys import SigningKey


@pytest.fixture
def fort(begun) -> House:
    """A house whose policy is guarded."""
    return begun(guarded)[0]


def test_a_change_pushed_by_one_person_waits_and_records_go_on(fort: House) -> None:
    before = digest(fort)
    write(fort, {"people.toml": staff(wang_wu="developer tech legal incident")}, author=("x", "wang.wu@bank.example"))
    request = records.request("zhang.san")
    fort.push(request)
    fort.push(records.approve(request, "wang.wu", "tech"))
    said = fort.desk()
    assert said.code == 0
    assert "people.toml" in said.err
    assert "osgate policy endorse --role tech" in said.err
    # The request was taken in, under the policy before; the role that nobody endorsed entitles to nothing.
    assert [item.id for item in fort.past().sealed] == [request["id"]]
    assert ("role-not-held") in [code for _, code in fort.told()]
    assert sealed_policies(fort) == [before, before]
    # It is said again every time, and no seal is made for it.
    again = fort.desk()
    assert "osgate policy endorse" in again.err
    assert fort.past().serial == 2
    assert digest(fort) != before


def test_endorsed_on_main_it_is_in_force_in_the_same_run(fort: House) -> None:
    before = digest(fort)
    write(fort, contact(fort, "duty desk"))
    fort.desk()
    assert endorse(fort, "zhang.san", "tech").code == 0
    assert "legal" in fort.desk().err
    assert endorse(fort, "li.si", "legal").code == 0
    said = fort.desk()
    assert said.code == 0
    assert "policy endorse" not in said.err
    # One seal for each endorsement, made under the policy before; then one that names the new one.
    assert sealed_policies(fort) == [before, before, before, digest(fort)]
    assert fort.desk().code == 0
    assert fort.past().serial == 4


def test_endorsed_on_a_branch_it_is_in_force_once_it_is_merged(fort: House) -> None:
    write(fort, contact(fort, "duty desk"), "proposal")
    shown = endorse(fort, "zhang.san", "tech", "--head", "proposal")
    assert shown.code == 0
    assert "osgate.toml" in shown.err
    # The one branch that changes the policy is found without being named.
    assert endorse(fort, "zhao.liu", "legal").code == 0
    assert fort.desk().code == 0
    assert len(set(sealed_policies(fort))) == 1
    merge(fort, "proposal")
    said = fort.desk()
    assert "policy endorse" not in said.err
    assert sealed_policies(fort)[-1] == digest(fort, "proposal") == digest(fort)


def test_what_is_shown_before_signing_names_who_gains_what_and_which_rule_changes(fort: House) -> None:
    rules = fort.policy["policy/base.toml"].replace(
        b'name = "new-names-need-review"\noutcome = "block"', b'name = "new-names-need-review"\noutcome = "warn"'
    )
    write(fort, {"people.toml": staff(wang_wu="developer legal"), "policy/base.toml": rules}, "proposal")
    said = endorse(fort, "zhang.san", "tech")
    assert said.code == 0
    assert "wang.wu" in said.err
    assert "legal" in said.err
    assert "rule.OSG101: block" in said.err
    assert "warn" in said.err


def test_one_person_cannot_fill_both_roles_and_an_author_none(fort: House) -> None:
    write(fort, contact(fort, "duty desk"), author=("Forged Name", "zhang.san@bank.example"))
    refused = endorse(fort, "zhang.san", "tech")
    assert refused.code == 1
    assert "zhang.san@bank.example" in refused.err
    # Past every check of the client: the desk seals a record that is well formed, and does not count it.
    waits = spoken(fort, "tech", "tech", "legal", by=("zhang.san", "zhao.liu", "zhao.liu")).policy.unendorsed
    assert waits is not None
    assert len(waits.quorum.missing) == 1
    assert waits.quorum.authors == ("zhang.san",)
    assert spoken(fort, "legal", by=("li.si",)).policy.digest == digest(fort)


def test_a_role_granted_by_the_change_itself_does_not_count(fort: House) -> None:
    write(fort, {"people.toml": staff(wang_wu="developer legal")})
    assert endorse(fort, "wang.wu", "legal").code == 1
    waits = spoken(fort, "tech", "legal", by=("zhang.san", "wang.wu")).policy.unendorsed
    assert waits is not None
    assert waits.quorum.missing == ("legal",)
    assert "li.si" in waits.quorum.able["legal"]


def test_taking_the_governance_away_takes_the_old_one(fort: House) -> None:
    write(fort, {"osgate.toml": fort.policy["osgate.toml"]})
    assert fort.run().policy.unendorsed is not None
    done = spoken(fort, "tech", "legal")
    assert (done.policy.unendorsed, done.policy.valid.policy.governance) == (None, ())
    # From now on a change applies at once.
    write(fort, {"osgate.toml": fort.policy["osgate.toml"].replace(b'contact = ""', b'contact = "x"')})
    assert fort.run().policy.digest == digest(fort)


def test_what_was_said_of_a_policy_once_does_not_bring_it_back(fort: House) -> None:
    first = {"osgate.toml": fort.policy["osgate.toml"] + GOVERNANCE}
    second = contact(fort, "duty desk")
    for files in (second, first):
        write(fort, files)
        assert spoken(fort, "tech", "legal").policy.digest == digest(fort)
    write(fort, second)
    done = fort.run()
    assert done.policy.unendorsed is not None
    assert done.policy.unendorsed.quorum.missing == ("tech", "legal")
    # Said again, it counts again; and a desk that reads everything believes the way it came to be.
    assert spoken(fort, "tech", "legal").policy.digest == digest(fort)


def test_of_two_changes_the_endorsed_one_is_in_force_and_the_other_waits(fort: House) -> None:
    write(fort, contact(fort, "first"), "first")
    spoken(fort, "tech", "legal", rev="first")
    merge(fort, "first")
    last = write(fort, contact(fort, "second"))
    done = fort.run()
    assert done.policy.digest == digest(fort, "first") == sealed_policies(fort)[-1]
    assert done.policy.unendorsed is not None
    assert (done.policy.unendorsed.step.commit, done.policy.unendorsed.quorum.missing) == (last, ("tech", "legal"))


def test_a_change_taken_back_leaves_nothing_to_say(fort: House) -> None:
    write(fort, contact(fort, "first"))
    assert fort.run().policy.unendorsed is not None
    write(fort, {"osgate.toml": fort.policy["osgate.toml"] + GOVERNANCE})
    assert fort.run().policy.unendorsed is None
    assert fort.past().serial == 1


def test_an_invalid_policy_cannot_be_endorsed_and_stops_nobody(fort: House) -> None:
    write(fort, {"osgate.toml": b"nonsense"})
    said = endorse(fort, "zhang.san", "tech")
    assert said.code == 2
    assert "osgate.toml" in said.err
    request = records.request()
    fort.push(request)
    assert [item.id for item in fort.run().sealed] == [request["id"]]
    assert "osgate.toml" in fort.desk().err


def test_clients_weigh_with_the_policy_in_force(fort: House) -> None:
    path, id = fort.requested()
    write(fort, {"people.toml": staff(wang_wu="developer", zhang_san="developer", zhao_liu="tech legal")})
    # The role is taken from them on main, but nobody endorsed that.
    assert fort.act("zhang.san", "approve", id, "--role", "tech", "--reason", "looked at").code == 0
    assert path.is_dir()


def test_a_seal_by_a_key_of_the_change_itself_does_not_put_it_in_force(fort: House) -> None:
    """Whoever may push main alone writes a policy with a desk's key of their own, and a seal that names it."""
    stranger = SigningKey("stranger")
    own = f'\n[[snapshot.key]]\nkey = "{stranger.public}"\n'.encode()
    write(fort, {"osgate.toml": contact(fort, "mine")["osgate.toml"] + own})
    newest = fort.past().seals[-1]
    said = {"serial": 2, "previous": newest.digest, "policy": digest(fort), "ids": [], "witness": {}}
    forged = sealing.signed({**newest.body, **said, "assessments": [], "refused": []}, stranger.snapshot)
    write(fort, {codec.seal_path(2): codec.printed(forged)})
    with pytest.raises(Refused) as caught:
        fort.run()
    assert caught.value.code == "history.broken"
    problems = caught.value.params["problems"]
    assert isinstance(problems, tuple)
    assert [(problem.code, problem.serial) for problem in problems] == [("policy-not-endorsed", 2)]
    # A desk that builds on what it kept is not taken in either.
    assert fort.desk().code == 1


def test_a_policy_in_force_that_main_lost_stops_the_desk(fort: House) -> None:
    write(fort, contact(fort, "first"))
    # Everything again in one commit without a past: the policy in force is nowhere any more.
    with Repository(str(fort.bare)) as bare:
        stored = store_git.load(bare, "main")
        whole = {**stored.policy, **stored.records, **stored.seals}
        alone = bare.commit(whole, [], "squashed\n", ("x", "x@y.example"), fort.clock.now)
        bare.update_ref("refs/heads/main", alone, bare.resolve("main"))
    with pytest.raises(Refused) as caught:
        fort.run()
    assert caught.value.code == "desk.policy-lost"


def test_without_governance_it_is_said_that_nobody_guards_the_policy(open_house: House) -> None:
    assert "[governance]" in open_house.desk().err
    refused = endorse(open_house, "zhang.san", "tech")
    assert refused.code == 2


def test_of_a_policy_on_main_that_is_not_valid_the_desk_asks_to_mend_it_first(fort: House) -> None:
    write(fort, {"osgate.toml": fort.policy["osgate.toml"] + GOVERNANCE + b"\nlanguage = 3\n"})
    said = fort.desk()
    assert (said.code, "mend it first" in said.err) == (0, True)
    assert "osgate policy endorse" not in said.err
    assert endorse(fort, "zhang.san", "tech").code == 2


def test_the_desk_says_which_policy_is_in_force_once_it_is(fort: House) -> None:
    write(fort, contact(fort, "duty desk"))
    told = f"policy {codec.short(digest(fort))} is in force"
    for person, role, wanted in (("zhang.san", "tech", False), ("li.si", "legal", True)):
        assert endorse(fort, person, role).code == 0
        assert (told in fort.desk().out) is wanted
    assert "is in force" not in fort.desk().out
