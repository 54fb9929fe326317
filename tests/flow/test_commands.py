"""The record commands among themselves: finding records, looking ahead, showing and verifying."""

from __future__ import annotations

import json

from flow.house import House, Story
from osgate.ledger import codec
from osgate.testing import records


def test_a_decision_that_is_on_its_way_counts_when_the_next_is_weighed(requested_house: Story) -> None:
    open_house, _, id = requested_house
    open_house.made("zhao.liu", "approve", id, "--role", "tech", "--reason", "read")
    again = open_house.act("zhao.liu", "approve", id, "--role", "legal", "--reason", "that too")
    assert again.code == 1
    assert "one person counts once" in again.err
    full = open_house.act("zhang.san", "approve", id, "--role", "tech", "--reason", "late")
    assert full.code == 1
    assert "the role tech has decided on this request already" in full.err


def test_a_record_is_named_by_as_many_digits_as_make_it_unique(open_house: House) -> None:
    request = records.request()
    open_house.push(request)
    digits = request["id"].partition(":")[2]
    for named, code, said in (
        (digits[:5], 2, "6 or more"),
        ("zzzzzz", 2, "6 or more"),
        ("0" * 12, 2, "0" * 12),
        (digits[:12], 2, "not sealed yet"),
        (digits, 0, "approve"),
    ):
        done = open_house.act("zhang.san", "approve", named, "--role", "tech", "--reason", "read")
        assert (done.code, said in done.out + done.err) == (code, True), done


def test_a_fake_record_with_the_same_digits_makes_the_name_ambiguous_not_wrong(open_house: House) -> None:
    request = records.request()
    open_house.push(request)
    fake = {"id": request["id"][:20] + "f" * 51, "stated_at": "2026-11-21T00:00:00Z"}
    place = f"records/2026-11/0123456789ab/2026-11-21-request-{codec.short(fake['id'])}.json"
    open_house.push_files("osgate/fake", {place: codec.printed(fake)})
    said = open_house.act("zhang.san", "approve", request["id"][7:19], "--role", "tech", "--reason", "read")
    assert said.code == 2
    whole = open_house.act("zhang.san", "approve", request["id"], "--role", "tech", "--reason", "read")
    assert whole.code == 0


def test_the_log_shows_what_was_sealed_and_refused_and_verify_takes_an_anchor(approved_house: Story) -> None:
    open_house, path, id = approved_house
    wrong = open_house.push(records.request("nobody"))
    open_house.desk()
    log = open_house.osgate("ledger", "log", at=path).out
    assert log.count("seal ") == 4
    assert f"{id}  request  wang.wu" in log
    assert wrong in log
    assert "person-unknown" in log
    anchor = open_house.past().anchor
    assert open_house.osgate("ledger", "verify", "--anchor", anchor, at=path).code == 0
    cut = open_house.osgate("ledger", "verify", "--anchor", "sha256:" + "0" * 64, at=path)
    assert cut.code == 1
    assert "the chain was cut" in cut.err


def test_the_log_as_of_a_day_ends_there_and_verify_takes_no_day(requested_house: Story) -> None:
    open_house, path, id = requested_house
    first = open_house.past().seals[0].sealed_at
    log = open_house.osgate("ledger", "log", "--as-of", first, at=path)
    assert (log.code, log.out.count("seal "), id in log.out) == (0, 1, False)
    assert id in open_house.osgate("ledger", "log", "--as-of", open_house.clock.today, at=path).out
    assert open_house.osgate("ledger", "log", "--as-of", "2020-01-01", at=path).out == ""
    assert open_house.osgate("ledger", "log", "--as-of", "monday", at=path).code == 2
    verify = open_house.osgate("ledger", "verify", "--as-of", first, at=path)
    assert (verify.code, verify.out) == (2, "")
    assert "--as-of does not go with verify" in verify.err


def test_a_printed_request_is_the_record_alone_and_the_desk_takes_it(open_house: House) -> None:
    path = open_house.application("payments-app")
    said = open_house.act("wang.wu", "request", "--staged", "--reason", "needed", "--print", at=path)
    assert said.code == 0
    record = json.loads(said.out)
    assert "This request covers 2 components" in said.err
    open_house.push(record, data=said.out.encode())
    assert f"sealed: request {record['id'][7:19]}" in open_house.desk().out


def test_a_request_without_a_version_asks_for_one(open_house: House) -> None:
    why = ("--channel", "community", "--reason", "needed")
    said = open_house.act("wang.wu", "request", "pkg:npm/left-pad", *why)
    assert (said.code, said.out) == (2, "")
    assert "pkg:npm/left-pad@1.2.3, or say which with --range" in said.err
    ranged = ("request", "pkg:npm/left-pad", "--range", "vers:npm/>=1.0.0|<2.0.0", *why)
    assert open_house.act("wang.wu", *ranged).code == 0


def test_what_must_be_pinned_first_is_not_requested(open_house: House) -> None:
    path = open_house.application("payments-app")
    workflow = path / ".github/workflows/ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: example-org/tool@v4\n")
    open_house._git(path, "add", "--all")
    for offline in ((), ("--offline",)):
        ask = ("request", "--staged", *offline, "--print", "--reason", "needed")
        said = open_house.act("wang.wu", *ask, at=path)
        assert said.code == 0
        assert {s["purl"] for s in json.loads(said.out)["subjects"]} == {"pkg:npm/is-odd", "pkg:npm/is-number"}
    said = open_house.act("wang.wu", "request", "pkg:github/example-org/tool@v4", "--reason", "needed", at=path)
    assert (said.code, said.out) == (1, "")
    assert "when it is pinned, and the pinned version approved; see `osgate explain OSG201`" in said.err


def test_a_request_before_any_snapshot_was_fetched_asks_for_everything(open_house: House) -> None:
    path = open_house.application("payments-app")
    said = open_house.act("wang.wu", "request", "--staged", "--offline", "--reason", "needed", at=path)
    assert said.code == 0
    assert "pkg:npm/is-odd" in said.out
    assert "pkg:npm/is-number" in said.out
    assert "pkg:npm/debug" not in said.out


def test_a_request_for_nothing_new_says_so(approved_house: Story) -> None:
    open_house, path, _ = approved_house
    said = open_house.act("wang.wu", "request", "--staged", "--reason", "needed", at=path)
    assert said.code == 1
    assert "nothing" in said.err
