"""Waivers: proposed by one, in force with the second, for a time, for some, never for what takes away."""

from __future__ import annotations

import re
from pathlib import Path

from flow.house import House

NEW = ("pkg:npm/is-odd@3.0.1", "pkg:npm/is-number@6.0.0")
UNTIL = ("--until", "2026-12-21")
TERMS = ("--rule", "OSG101", *UNTIL, "--role", "tech", "--reason", "the review takes a week")
CONFIRM = ("--role", "legal", "--reason", "agreed")


def rules(out: str) -> set[str]:
    return set(re.findall(r"\[(OSG\d{3}) ", out))


def shown(house: House, word: str) -> str:
    said = house.osgate("ledger", "show", word, "--policy-repo", str(house.bare))
    assert said.code == 0, said
    return said.out


def test_a_waiver_lifts_nothing_before_the_second_role_has_confirmed_it(open_house: House) -> None:
    path = open_house.application("payments-app")
    said = open_house.act("zhang.san", "waive", *NEW, *TERMS)
    id = re.findall(r"osgate waive ([0-9a-f]{12}) --role ROLE", said.out)[0]
    assert f"waiver {id} waits and lifts nothing yet: tech 1/1, legal 0/1" in open_house.desk().out
    assert open_house.check(path).code == 1
    told = open_house.osgate("explain", NEW[0], at=path).out
    assert f"waiver waits: vers:npm/3.0.1, {id}: tech 1/1, legal 0/1" in told
    assert "is-odd 3.0.1: blocked, nobody has decided" in told
    assert f"waiver waits: vers:npm/3.0.1, {id}" in shown(open_house, "pkg:npm/is-odd")
    done = open_house.act("li.si", "waive", id, *CONFIRM)
    assert "waives OSG101 until 2026-12-21" in done.err
    assert "pkg:npm/is-odd  vers:npm/3.0.1" in done.err
    assert f"waiver {id} is in force until 2026-12-21: tech 1/1, legal 1/1" in open_house.desk().out
    assert open_house.check(path).code == 0
    assert "waived: OSG101 for vers:npm/3.0.1 until 2026-12-21, by zhang.san, li.si" in shown(open_house, NEW[0])
    assert open_house.osgate("ledger", "verify", "--policy-repo", str(open_house.bare)).code == 0


def test_a_waiver_ends_with_its_day(open_house: House) -> None:
    path = waived(open_house, *NEW)
    assert open_house.check(path).code == 0
    open_house.clock.forward(days=28)
    open_house.run()
    assert open_house.check(path).code == 0
    open_house.clock.forward(days=2)
    open_house.run()
    assert (open_house.clock.today, open_house.check(path).code) == ("2026-12-21", 1)


def waived(house: House, *named: str, name: str = "payments-app", terms: tuple[str, ...] = TERMS) -> Path:
    """An application and a waiver in force for what is named."""
    path = house.application(name)
    id = house.made("zhang.san", "waive", *named, *terms)
    house.desk()
    house.made("li.si", "waive", id, *CONFIRM)
    house.desk()
    return path


def test_anybody_who_decides_revokes_a_waiver_alone(open_house: House) -> None:
    path = waived(open_house, *NEW)
    id = open_house.past().sealed[0].id
    open_house.made("zhao.liu", "revoke", id, "--role", "security", "--reason", "advisory")
    assert f"waiver {id[7:19]} is revoked by zhao.liu" in open_house.desk().out
    assert open_house.check(path).code == 1
    assert "waiver taken back: OSG101" in shown(open_house, "pkg:npm/is-odd")
    late = open_house.act("zhao.liu", "waive", id[7:19], "--role", "legal", "--reason", "again")
    assert (late.code, "has ended already" in late.err) == (1, True)


def test_a_waiver_for_one_project_is_none_for_another(open_house: House) -> None:
    path = waived(open_house, *NEW, "--project", "payments-app")
    other = open_house.application("reports-app")
    assert (open_house.check(path).code, open_house.check(other).code) == (0, 1)


def test_a_waiver_of_the_version_lifts_no_other_rule_and_nothing_that_takes_away(open_house: House) -> None:
    path = waived(open_house, "pkg:npm/is-odd", "pkg:npm/is-number")
    assert open_house.check(path).code == 0
    open_house.made("zhang.san", "block", "pkg:npm/is-odd", "--reason", "malicious release")
    open_house.desk()
    said = open_house.check(path)
    assert (said.code, "OSG105" in rules(said.out)) == (1, True)
    for rule in ("OSG104", "blocked", "suspended", "OSG111"):
        done = open_house.act("zhang.san", "waive", "pkg:npm/is-odd", "--rule", rule, *UNTIL, *TERMS[4:])
        assert (done.code, "is never waived" in done.err) == (2, True), done


def test_a_file_rule_is_waived_for_a_project(open_house: House) -> None:
    path = open_house.application("payments-app")
    (path / "package-lock.json").write_text("{")
    open_house._git(path, "add", "--all")
    assert rules(open_house.check(path).out) == {"OSG301"}
    terms = ("--rule", "unreadable", *UNTIL, "--role", "tech", "--reason", "a broken merge, mended tomorrow")
    id = open_house.made("zhang.san", "waive", "--project", "payments-app", *terms)
    open_house.desk()
    open_house.made("li.si", "waive", id, *CONFIRM)
    open_house.desk()
    assert open_house.check(path).code == 0
    assert "waived: OSG301" in shown(open_house, "project:payments-app")
    wrong = open_house.act("zhang.san", "waive", "--project", "payments-app", *TERMS)
    assert (wrong.code, "OSG101 is about packages; name them" in wrong.err) == (2, True)
    wrong = open_house.act("zhang.san", "waive", "pkg:npm/x", *terms)
    assert (wrong.code, "OSG301 is about files" in wrong.err) == (2, True)


def test_the_command_refuses_what_the_desk_would(open_house: House) -> None:
    id = open_house.made("zhang.san", "waive", *NEW, *TERMS)
    open_house.desk()
    for person, words, why in (
        ("zhang.san", (id, "--role", "tech"), "one person counts once"),
        ("zhao.liu", (id, "--role", "tech"), "the role tech has spoken on this already"),
        ("zhao.liu", (id, "--role", "security"), "this needs tech, legal, not security"),
        ("wang.wu", (id, "--role", "legal"), "does not hold the role legal"),
        ("li.si", (*NEW, *TERMS[:2], "--role", "incident", "--until", "2026-12-01"), "this needs tech, legal"),
        ("li.si", (*NEW, *TERMS[:2], "--role", "legal", "--until", "2027-06-01"), "the policy allows up to 2027-02-19"),
    ):
        said = open_house.act(person, "waive", *words, "--reason", "please")
        assert (said.code, why in said.err) == (1, True), (person, words, said)


def test_wrong_calls_name_what_is_missing(open_house: House) -> None:
    for words, said in (
        ((), "one of these is missing: PURL, --project, ID"),
        (("pkg:npm/x", "--until", "2026-12-01", "--role", "tech", "--reason", "r"), "--rule is missing"),
        (("pkg:npm/x", "--rule", "OSG101", "--role", "tech", "--reason", "r"), "--until is missing"),
        (("pkg:npm/x", *TERMS[:4], "--reason", "r"), "--role is missing"),
        (("abcdef", "--role", "tech"), "--reason is missing"),
        (("abcdef", "abcdef", *CONFIRM), "abcdef is not expected here"),
        (("abcdef", "--rule", "OSG101", *CONFIRM), "--rule does not go with ID"),
        (("pkg:npm/x", "--rule", "OSG10", *TERMS[2:]), "there is no rule OSG10"),
        (("pkg:npm/x", "--rule", "OSG101", "--until", "soon", *TERMS[4:]), "must be a date"),
        (("pkg:npm/x", "left-pad", *TERMS), "is not a purl"),
    ):
        done = open_house.act("zhang.san", "waive", *words)
        assert (done.code, done.out, said in done.err) == (2, "", True), (words, done)
