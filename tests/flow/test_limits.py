"""Where something may be used: limits of an approval, restrictions, suspensions; each flows into the next check."""

from __future__ import annotations

import json
import re

import pytest

from flow.house import House
from osgate.ledger import manifest

BOTH = ("pkg:npm/is-odd@3.0.1", "pkg:npm/is-number@6.0.0")
HOSTED = ("--channel", "hosting-platform")
DEV = (*HOSTED, "--scope", "dev", "--reason", "tests")
SECURITY = ("--role", "security", "--reason", "advisory")


def rules(out: str) -> set[str]:
    """The rules a check complains of."""
    return set(re.findall(r"\[(OSG\d{3}) ", out))


def approved(house: House, *limits: str) -> tuple[str, str]:
    """Two applications with one change, which is requested in the first with `limits` and approved; their names."""
    path = house.application("payments-app")
    house.application("reports-app")
    id = house.made("wang.wu", "request", "--staged", "--reason", "needed", *limits, at=path)
    house.desk()
    house.both_answer("approve", id)
    return "payments-app", "reports-app"


def without_limits(house: House) -> tuple[str, str]:
    """The same for every system, after the desk's first run."""
    house.run()
    return approved(house)


@pytest.fixture
def both_approved(begun) -> tuple[House, str, str]:
    """A house in which both applications pass, and their names."""
    house, names = begun(without_limits)
    return house, *names


def outcome(house: House, name: str) -> tuple[int, set[str]]:
    """What the check says in the application called `name`."""
    said = house.check(house.root / name)
    return said.code, rules(said.out)


def test_R02_7_an_approval_for_one_system_is_none_elsewhere_and_the_block_shows_for_which(open_house: House) -> None:
    payments, reports = approved(open_house, "--project", "payments-app")
    assert outcome(open_house, payments) == (0, set())
    said = open_house.check(open_house.root / reports)
    assert (said.code, rules(said.out)) == (1, {"OSG106"})
    assert "payments-app" in said.out
    told = open_house.osgate("explain", BOTH[0], at=open_house.root / reports).out
    assert "is-odd 3.0.1: blocked, what is approved is not for here: not for this project" in told
    assert "only: project payments-app" in told
    assert "osgate request pkg:npm/is-odd@3.0.1" in told


def test_R02_7_environments_classes_and_scopes_limit_too(open_house: House) -> None:
    open_house.projects(
        payments_app='class = "tool"\nenvironments = ["dev"]', reports_app='class = "critical"\nenvironments = ["prod"]'
    )
    open_house.run()
    payments, reports = approved(open_house, "--environment", "dev,test", "--class", "tool,normal")
    assert outcome(open_house, payments) == (0, set())
    assert outcome(open_house, reports) == (1, {"OSG106"})
    where = ("--policy-repo", str(open_house.bare))
    shown = open_house.osgate("ledger", "show", "pkg:npm/is-odd", *where).out
    assert "only: class tool, normal; environment dev, test" in shown
    again = open_house.made("wang.wu", "request", *BOTH, *DEV, at=open_house.root)
    open_house.desk()
    open_house.both_answer("approve", again)
    said = open_house.check(open_house.root / reports)
    assert (said.code, rules(said.out)) == (1, {"OSG106"})
    told = open_house.osgate("explain", BOTH[0], at=open_house.root / reports).out
    assert "only: scope dev" in told
    assert told.rstrip().splitlines()[-2].startswith("is-odd 3.0.1: blocked, what is approved is not for here: ")


def test_a_class_nobody_has_is_refused_with_the_one_that_is_meant(open_house: House) -> None:
    said = open_house.act("wang.wu", "request", *BOTH, *HOSTED, "--class", "tools", "--reason", "needed")
    assert (said.code, said.out) == (2, "")
    assert "did you mean tool?" in said.err


def test_R11_4_a_restriction_leaves_one_system_and_blocks_all_others_at_their_next_check(
    both_approved: tuple[House, str, str],
) -> None:
    open_house, payments, reports = both_approved
    assert outcome(open_house, payments) == outcome(open_house, reports) == (0, set())
    made = open_house.made("zhao.liu", "restrict", "pkg:npm/is-odd", "--allow", "system:payments-app", *SECURITY)
    assert f"restriction {made} stands" in open_house.desk().out
    assert outcome(open_house, payments) == (0, set())
    assert outcome(open_house, reports) == (1, {"OSG110"})
    told = open_house.osgate("explain", BOTH[0], at=open_house.root / reports).out
    assert "is-odd 3.0.1: blocked by a restriction: not for this project" in told
    assert "restricted: every version, by zhao.liu" in told
    assert "only: project payments-app" in told


def test_R11_4_a_restriction_by_range_scope_environment_and_class(both_approved: tuple[House, str, str]) -> None:
    open_house, payments, _ = both_approved
    for allow, purl, code in (
        ("scope:dev", "pkg:npm/is-odd@<3.0.0", 0),
        ("class:tool,environment:dev", "pkg:npm/is-odd@3.0.0", 0),
        ("class:strict", "pkg:npm/is-odd", 0),
        ("scope:dev", "pkg:npm/is-odd@>=3.0.0|<4.0.0", 1),
    ):
        open_house.made("zhao.liu", "restrict", purl, "--allow", allow, *SECURITY)
        open_house.desk()
        assert outcome(open_house, payments)[0] == code, (allow, purl)


def test_R11_4_another_person_in_the_same_role_lifts_a_restriction_never_the_one_who_made_it(
    both_approved: tuple[House, str, str],
) -> None:
    open_house, _, reports = both_approved
    legal = ("--role", "legal", "--reason", "licence")
    made = open_house.made("li.si", "restrict", "pkg:npm/is-odd", "--allow", "project:payments-app", *legal)
    open_house.desk()
    for person, role, why in (
        ("li.si", "legal", "li.si made"),
        ("zhang.san", "tech", "this needs legal, not tech"),
        ("zhang.san", "legal", "does not hold the role legal"),
    ):
        said = open_house.act(person, "revoke", made, "--role", role, "--reason", "settled")
        assert (said.code, why in said.err) == (1, True), said
    assert outcome(open_house, reports) == (1, {"OSG110"})
    open_house.made("zhao.liu", "revoke", made, "--role", "legal", "--reason", "settled")
    assert f"restriction {made} is lifted by zhao.liu" in open_house.desk().out
    assert outcome(open_house, reports) == (0, set())
    late = open_house.act("zhao.liu", "revoke", made, "--role", "legal", "--reason", "again")
    assert (late.code, "has ended already" in late.err) == (1, True)


def test_a_suspension_by_one_person_hides_the_approval_until_another_lifts_it(
    both_approved: tuple[House, str, str],
) -> None:
    open_house, payments, reports = both_approved
    why = ("--reason", "maintainer changed", "--incident", "INC-9")
    made = open_house.made("zhang.san", "suspend", "pkg:npm/is-odd@>=3.0.0|<4.0.0", "--role", "tech", *why)
    assert f"suspension {made} stands; another person in the role tech than zhang.san" in open_house.desk().out
    for name in (payments, reports):
        assert outcome(open_house, name) == (1, {"OSG109"})
    told = open_house.osgate("explain", BOTH[0], at=open_house.root / payments).out
    assert "is-odd 3.0.1: blocked by a suspension" in told
    assert "osgate request" not in told
    shown = open_house.osgate("ledger", "show", made, "--policy-repo", str(open_house.bare)).out
    assert '"range": "vers:npm/>=3.0.0|<4.0.0"' in shown
    assert f"suspension {made} stands" in shown
    open_house.made("zhao.liu", "revoke", made, "--role", "tech", "--reason", "looked at the new maintainer")
    open_house.desk()
    assert outcome(open_house, payments) == (0, set())


def test_who_decides_nothing_suspends_and_restricts_nothing(open_house: House) -> None:
    for words in (("suspend", "pkg:npm/x"), ("restrict", "pkg:npm/x", "--allow", "scope:dev")):
        said = open_house.act("wang.wu", *words, "--role", "developer", "--reason", "I think so")
        assert (said.code, "not developer" in said.err) == (1, True)
        stranger = open_house.act("wang.wu", *words, "--role", "tech", "--reason", "I think so")
        assert (stranger.code, "does not hold the role tech" in stranger.err) == (1, True)
    assert open_house.refs("refs/heads/osgate/") == []


def test_wrong_calls_name_what_is_missing(open_house: House) -> None:
    for words, said in (
        (("suspend",), "PURL is missing"),
        (("suspend", "pkg:npm/x", "--reason", "r"), "--role is missing"),
        (("suspend", "pkg:npm/x", "--role", "tech"), "--reason is missing"),
        (("restrict", "pkg:npm/x", "--role", "tech", "--reason", "r"), "--allow is missing"),
        (("restrict", "pkg:npm/x", "--role", "tech", "--reason", "r", "--allow", "team:a"), "team:a is not a limit"),
        (("suspend", "pkg:npm/x@<<2", "--role", "tech", "--reason", "r"), "is not a VERS range"),
        (("suspend", "pkg:npm/x", "--role", "tech", "--reason", "r", "--allow", "scope:dev"), "no flag --allow"),
    ):
        done = open_house.act("zhang.san", *words)
        assert (done.code, done.out, said in done.err) == (2, "", True), done


def test_all_of_it_reaches_a_reader_whose_snapshot_is_older(both_approved: tuple[House, str, str]) -> None:
    """The taking-away file alone: what a reader fetches when the snapshot itself cannot be had."""
    open_house, _, _ = both_approved
    open_house.made("zhao.liu", "suspend", "pkg:npm/a", *SECURITY)
    open_house.made("zhao.liu", "restrict", "pkg:npm/b", "--allow", "project:p,environment:e", *SECURITY)
    open_house.desk()
    taken = manifest.taken_away(json.loads((open_house.publish / "takeaway.json").read_bytes()))
    assert [(s.effect, s.component, s.projects, s.environments) for s in taken] == [
        ("suspend", "pkg:npm/a", (), ()),
        ("restrict", "pkg:npm/b", ("p",), ("e",)),
    ]
