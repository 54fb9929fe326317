"""From words at a forge to a request: by a change, by name, by anybody with an account; its authors stay out of it."""

from __future__ import annotations

import pytest

from forge_desk.bench import ACCOUNTS, GUEST, Bench
from forge_desk.hall import HEAD, introduced
from osgate.forges.protocol import Unreachable
from osgate.ledger import codec
from osgate.model.dependency import Source
from osgate.model.finding import Finding
from osgate.model.forge import CHANGE, Conversation
from osgate.model.record import replace

ASK = "/osgate request bank/till!1\nreason: needed"


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_change_is_asked_for_whole_as_the_desk_finds_it(bench: Bench) -> None:
    bench.verdict = replace(bench.verdict, introduced=(introduced(), introduced("is-odd", "3.0.1")))
    found = bench.record(f"{ASK}\npurpose: pad\nalternatives: lodash, pkg:npm/Pad\nprojects: till", "wang.wu")
    assert [one["purl"] for one in found["subjects"]] == ["pkg:npm/is-odd", "pkg:npm/left-pad"]
    assert (found["person"], found["kind"], found["channel"]) == ("wang.wu", "component", "hosting-platform")
    assert (found["purpose"], found["alternatives"]) == ("pad", ["lodash", "pkg:npm/Pad"])
    assert (found["projects"], found["reason"]) == (["till"], "needed")
    assert found["origin"] == {
        "repository": "till",
        "change": HEAD,
        "comment": f"gitlab:{bench.app.id}!1",
        "authors": ["author@bank.example", "gitlab:8888"],
    }
    assert bench.counts(found)


def test_a_note_on_a_change_asks_for_that_change(bench: Bench) -> None:
    at = Conversation(bench.app.id, 1, CHANGE)
    found = bench.record("/osgate request reason: needed", "wang.wu", at=at, change=bench.change)
    assert (found["origin"]["change"], found["witnessed"]["kind"]) == (HEAD, "change")


def test_anybody_may_ask_and_is_known_by_their_account(bench: Bench) -> None:
    found = bench.record(ASK, GUEST)
    assert (found["person"], bench.counts(found)) == (f"gitlab:{GUEST}", True)
    assert Bench(None).unclear(ASK, GUEST).code == "no-witness"


def test_the_author_of_the_change_decides_nothing_on_it(bench: Bench) -> None:
    author = bench.forge.world.add_account("zhang.san", id=ACCOUNTS["zhang.san"])
    bench.forge.world.changes[bench.app.id, 1] = replace(bench.change, author=author)
    found = bench.record(ASK, GUEST)
    bench.ledger.seal(found)
    answer = bench.record(f"/osgate approve {codec.short(found['id'])} role=tech reason: mine")
    assert [one.code for one in bench.weighed(answer).refused] == ["is-author"]


def test_packages_by_name_need_a_version_and_a_channel(bench: Bench) -> None:
    assert bench.unclear("/osgate request pkg:npm/left-pad channel=community reason: x").code == "no-version"
    missing = bench.unclear("/osgate request pkg:npm/left-pad@1.3.0 reason: x")
    assert (missing.code, missing.paste) == ("no-channel", ("/osgate request\nchannel: …\nreason: …",))
    found = bench.record("/osgate 申请 pkg:npm/left-pad@1.3.0 渠道=社区 理由：x")
    assert (found["subjects"][0]["versions"], found["channel"]) == (["1.3.0"], "community")
    assert "origin" not in found


def test_one_package_of_a_change_may_be_asked_for_alone(bench: Bench) -> None:
    bench.verdict = replace(bench.verdict, introduced=(introduced(), introduced("is-odd", "3.0.1")))
    found = bench.record("/osgate request bank/till!1\n- pkg:npm/is-odd@3.0.1\n\nreason: x")
    assert [one["purl"] for one in found["subjects"]] == ["pkg:npm/is-odd"]


def test_who_asks_for_what_waits_joins_and_who_asks_twice_is_told(bench: Bench) -> None:
    first = bench.record(ASK, "wang.wu")
    bench.ledger.seal(first)
    joined = bench.record(ASK, GUEST)
    assert (joined["joins"], bench.counts(joined)) == (first["id"], True)
    again = bench.unclear(ASK, "wang.wu")
    assert (again.code, again.params["error"].code) == ("error", "request.nothing")


def test_a_change_from_a_fork_is_asked_for_like_any_other(bench: Bench) -> None:
    fork = bench.forge.world.add_project("wang.wu/till")
    bench.forge.world.changes[bench.app.id, 1] = replace(bench.change, source=fork.id)
    assert bench.counts(bench.record(ASK, GUEST))


def test_only_changes_below_the_group_are_looked_at(bench: Bench) -> None:
    other = bench.forge.world.add_project("bankrupt/till")
    bench.forge.world.add_change(other, bench.change.author)
    assert bench.unclear("/osgate request bankrupt/till!1 reason: x").code == "outside"
    for text in ("bank/nothing!1", "bank/till!99"):
        found = bench.unclear(f"/osgate request {text} reason: x")
        assert (found.code, found.params["error"].code) == ("error", "forge.missing")


def test_nothing_to_ask_for_is_told(bench: Bench) -> None:
    bench.verdict = replace(bench.verdict, introduced=())
    assert bench.unclear(ASK).code == "nothing-to-ask"
    assert bench.unclear("/osgate request reason: x").code == "no-package"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("kind: thing", "choice"),
        ("channel: post", "choice"),
        ("distribution: moon", "choice"),
        ("operating_model: self", "incomplete"),
        ("operating_model: self\nowner: li.s\nbackup: wang.wu", "person-close"),
        ("operating_model: self\nowner: li.si\nbackup: li.si", "same-person"),
        ("alternatives: pkg:x", "error"),
        ("supersedes: 000000000000", "id-none"),
        ("range: nonsense", "mistakes"),
    ],
)
def test_what_is_wrong_with_the_form_is_told(bench: Bench, more: str, code: str) -> None:
    assert bench.unclear(f"{ASK}\n{more}").code == code


def test_what_the_policy_asks_of_a_request_comes_back_as_a_form_to_fill_in(bench: Bench) -> None:
    policy = replace(bench.valid.policy, intake={"component": ("alternatives", "usage")})
    bench.valid = replace(bench.valid, policy=policy)
    found = bench.unclear(ASK)
    assert found.paste == ("/osgate request bank/till!1\nalternatives: …\nusage: …\nreason: …",)
    assert bench.counts(bench.record(f"{ASK}\nalternatives: none\nusage: linked"))


def test_no_request_clears_what_comes_from_the_wrong_place(bench: Bench) -> None:
    item = introduced()
    held = replace(item, dependency=replace(item.dependency, source=Source("git", "https://git.example.test/x")))
    where = (held.dependency.purl, held.dependency.path, held.dependency.line)
    told = Finding("OSG201", "error", *where, {}, "f" * 16)
    bench.verdict = replace(bench.verdict, introduced=(held,), findings=(told,))
    assert bench.unclear(ASK).code == "nothing-to-ask"
    named = bench.unclear(f"/osgate request bank/till!1 {held.dependency.purl} reason: x")
    assert named.params["error"].code == "request.pin-first"


def test_a_change_that_cannot_be_looked_at_now_is_asked_for_in_the_next_round(bench: Bench) -> None:
    bench.forge.fail_next("change", Unreachable("forge.unreachable", address="", detail=""))
    with pytest.raises(Unreachable):
        bench.made(bench.said(ASK))
    assert bench.counts(bench.record(ASK))
