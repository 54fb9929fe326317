"""Rejecting, revoking, blocking, unblocking, superseding: each flows into the next check."""

from __future__ import annotations

import re
import shlex

from flow.house import House, Story


def test_approved_passes_and_a_revocation_by_both_roles_ends_it(approved_house: Story) -> None:
    open_house, path, id = approved_house
    assert open_house.check(path).code == 0
    open_house.made("zhang.san", "revoke", id, "--role", "tech", "--reason", "abandoned")
    open_house.desk()
    assert open_house.check(path).code == 0, "one role of two does not revoke"
    open_house.made("li.si", "revoke", id, "--role", "legal", "--reason", "abandoned")
    said = open_house.desk()
    assert (
        f"request {id} was approved and is revoked"
        in open_house.osgate("ledger", "show", id, "--policy-repo", str(open_house.bare)).out
    )
    assert said.code == 0
    after = open_house.check(path)
    assert after.code == 1
    assert "OSG111" in after.out


def test_a_rejection_ends_the_request_and_a_new_one_that_names_it_supersedes(requested_house: Story) -> None:
    open_house, path, id = requested_house
    no = open_house.made("li.si", "reject", id, "--role", "legal", "--reason", "licence")
    assert f"request {id} is rejected\n" in open_house.desk().out
    assert open_house.check(path).code == 1
    late = open_house.act("zhang.san", "approve", id, "--role", "tech", "--reason", "too late")
    assert late.code == 1
    assert "--supersedes" in late.err
    both = ("pkg:npm/is-odd@3.0.1", "pkg:npm/is-number@6.0.0")
    again = open_house.made("wang.wu", "request", *both, "--reason", "cleared", "--supersedes", no, at=path)
    open_house.desk()
    for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
        open_house.made(person, "approve", again, "--role", role, "--reason", "looked at")
    assert f"request {again} is approved" in open_house.desk().out
    after = open_house.check(path)
    assert after.code == 0, after


def test_one_person_blocks_and_two_unblock(approved_house: Story) -> None:
    open_house, path, _ = approved_house
    block = open_house.made("zhang.san", "block", "pkg:npm/is-odd", "--reason", "malicious release")
    open_house.desk()
    blocked = open_house.check(path)
    assert blocked.code == 1
    assert "malicious release" in blocked.out
    open_house.made("zhang.san", "unblock", block, "--role", "incident", "--reason", "false alarm")
    told = f"block {block} still stands: 1 of 2 persons have unblocked it (zhang.san), one more must"
    assert told in open_house.desk().out
    assert open_house.check(path).code == 1
    twice = open_house.act("zhang.san", "unblock", block, "--role", "incident", "--reason", "again")
    assert twice.code == 1
    assert "one person counts once" in twice.err
    open_house.made("li.si", "unblock", block, "--role", "incident", "--reason", "false alarm")
    assert f"block {block} is lifted by zhang.san, li.si" in open_house.desk().out
    assert open_house.check(path).code == 0


def test_a_second_person_confirms_with_the_command_that_is_told_and_two_unblocks_lift_both(
    approved_house: Story,
) -> None:
    open_house, path, _ = approved_house
    what = ("pkg:npm/is-odd@3.0.1", "pkg:npm/is-number", "--range", "vers:npm/>=3.0.0|<7.0.0")
    said = open_house.act("zhang.san", "block", *what, "--reason", "malicious release")
    (command,) = re.findall(r"`osgate (block .* --confirms sha256:[0-9a-f]{64})`", said.out)
    words = shlex.split(command)
    block = words[-1].removeprefix("sha256:")[:12]
    own = open_house.act("zhang.san", *words)
    assert (own.code, f"zhang.san made the block sha256:{block}" in own.err) == (1, True)
    assert f"block {block} stands; not yet confirmed: a second person confirms it by 20" in open_house.desk().out
    other = open_house.act("li.si", "block", "pkg:npm/is-odd", "--reason", "too", "--confirms", block)
    assert (other.code, "stops other components or versions" in other.err) == (1, True)
    confirming = open_house.made("li.si", *words)
    assert f"block {block} stands, confirmed by li.si" in open_house.desk().out
    for id in (block, confirming):
        shown = open_house.osgate("ledger", "show", id, "--policy-repo", str(open_house.bare)).out
        assert f"block {block} stands, confirmed by li.si" in shown
    assert open_house.check(path).code == 1
    for person in ("zhang.san", "li.si"):
        open_house.made(person, "unblock", block, "--role", "incident", "--reason", "false alarm")
    said = open_house.desk()
    assert said.out.count(f"block {block} ") == 1, "told once, after all its records"
    assert open_house.check(path).code == 0
    again = open_house.act("li.si", *words)
    assert (again.code, "is not a block in force" in again.err) == (1, True)


def test_a_block_of_one_version_lets_the_others_be(approved_house: Story) -> None:
    open_house, path, _ = approved_house
    open_house.made("zhang.san", "block", "pkg:npm/is-odd@3.0.0", "--reason", "only that one")
    open_house.desk()
    assert open_house.check(path).code == 0
    open_house.made("zhang.san", "block", "pkg:npm/is-odd@3.0.1", "--reason", "and that one")
    open_house.desk()
    assert open_house.check(path).code == 1


def test_a_block_by_somebody_without_the_incident_role_is_not_sent(open_house: House) -> None:
    for person in ("wang.wu", "zhao.liu"):
        said = open_house.act(person, "block", "pkg:npm/is-odd", "--reason", "I think so")
        assert said.code == 1
        assert "does not hold the role incident" in said.err
    assert open_house.refs("refs/heads/osgate/") == []


def test_a_request_in_the_same_batch_as_its_approvals_is_approved_at_once(open_house: House) -> None:
    path = open_house.application("payments-app")
    id = open_house.made("wang.wu", "request", "--staged", "--reason", "needed", at=path)
    whole = open_house.whole(id)
    open_house.made("zhang.san", "approve", whole, "--role", "tech", "--reason", "fine")
    open_house.made("li.si", "approve", whole, "--role", "legal", "--reason", "fine")
    said = open_house.desk()
    told = [line.split()[0] for line in said.out.splitlines() if not line.startswith("snapshot")]
    assert told == ["sealed:", "sealed:", "sealed:", "request"], "its state once, after all its records"
    assert f"request {id} is approved: tech 1/1, legal 1/1" in said.out
    assert open_house.refs("refs/heads/") == ["main"]
    assert open_house.check(path).code == 0


def test_a_rejection_in_the_same_batch_as_the_approvals_wins(open_house: House) -> None:
    path = open_house.application("payments-app")
    id = open_house.made("wang.wu", "request", "--staged", "--reason", "needed", at=path)
    whole = open_house.whole(id)
    open_house.made("zhang.san", "approve", whole, "--role", "tech", "--reason", "fine")
    open_house.made("li.si", "approve", whole, "--role", "legal", "--reason", "fine")
    open_house.made("zhao.liu", "reject", whole, "--role", "legal", "--reason", "not fine")
    said = open_house.desk()
    assert f"request {id} is rejected\n" in said.out
    assert said.err.count("is rejected; possible from here") == 2
    assert open_house.check(path).code == 1
