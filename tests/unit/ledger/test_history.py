"""The sealed history: whatever was done to it gives its problem, at the right seal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.intake_desk.weigh import Refusal
from osgate.ledger import codec, history
from osgate.ledger.fold import fold
from osgate.model.policy import Key, Person
from osgate.model.record import replace
from osgate.testing.keys import SigningKey
from osgate.testing.ledger import Ledger
from osgate.testing.records import answer, approve, request

PERSONS = ("wang.wu", "zhang.san", "li.si", "zhao.liu")
REQUEST = request()
TECH, LEGAL = approve(REQUEST, "zhang.san", "tech"), approve(REQUEST, "li.si", "legal")


def ledger() -> Ledger:
    """Three seals: the request, both approvals, a rejection."""
    made = Ledger()
    made.seal(REQUEST)
    made.seal(TECH, LEGAL)
    made.seal(answer("reject", REQUEST, "zhao.liu", "legal"))
    return made


def problems(made: Ledger, *anchors: str, keys=None) -> list[tuple[str, int]]:
    found = history.read(made.records, made.seals, keys or made.keys)
    more = [*history.check_signatures(found.sealed), *history.check_anchors(found, anchors)]
    return [(problem.code, problem.serial) for problem in (*found.problems, *more)]


def edit(files: dict[str, bytes], path: str, **changes) -> dict:
    body = {**json.loads(files[path]), **changes}
    files[path] = codec.printed(body)
    return body


def seal_again(made: Ledger, serial: int, key: SigningKey, **changes) -> None:
    """Change a seal and sign it anew."""
    path = codec.seal_path(serial)
    body = {k: v for k, v in {**json.loads(made.seals[path]), **changes}.items() if k != "signature"}
    value = key.snapshot(codec.signed_bytes(body))
    made.seals[path] = codec.printed({**body, "signature": {"alg": "sshsig", "value": value}})


def test_an_untouched_history_has_no_problem():
    made = ledger()
    found = made.history()
    anchors = [found.anchor, found.seals[0].digest[7:], found.seals[1].digest[7:19]]
    assert problems(made, *anchors) == []
    assert [(item.body["verb"], item.serial) for item in found.sealed] == [
        ("request", 1),
        *[("approve", 2)] * 2,
        ("reject", 3),
    ]
    assert (found.serial, found.anchor, found.waiting) == (3, found.seals[-1].digest, {})
    assert found.sealed[0].witness["roles"] == ["tech", "legal"]
    assert found.sealed[0].sealed_at == "2026-11-21T06:01:00Z"


def test_an_empty_history():
    found = history.read({}, {}, ())
    assert (found.serial, found.anchor, found.sealed, found.problems, found.refused) == (0, "", (), (), frozenset())


def test_what_no_seal_names_waits():
    made = ledger()
    late = approve(request(reason="other"), "zhang.san", "tech")
    made.records[codec.record_path(late)] = codec.printed(late)
    made.records["records/notes.json"] = b"no record"
    made.records["records/list.json"] = b"[]\n"
    made.records["records/none.json"] = codec.printed({"id": 7, "request": 8})
    found = made.history()
    assert found.problems == ()
    assert found.waiting == {p: d for p, d in made.records.items() if p not in sealed_paths()}


def sealed_paths() -> set[str]:
    return set(ledger().records)


def test_refusals_that_a_seal_tells():
    made = Ledger()
    made.seal(refused=[Refusal("sha256:1", "branch:path", "edited", {})])
    assert made.history().refused == {"sha256:1"}


@pytest.mark.parametrize(
    "change", [{"reason": "changed"}, {"expires": "2030-01-01"}, {"extra": 1}, {"extra": 1.5}, {"reason": "\ud800"}]
)
def test_an_edited_record(change):
    made = ledger()
    path = codec.record_path(TECH)
    if change == {"reason": "\ud800"}:
        made.records[path] = made.records[path].replace(b"looked at", b"\\ud800")
    else:
        edit(made.records, path, **change)
    assert problems(made) == [("record-edited", 2)]
    (problem,) = made.history().problems
    assert problem.params == {"path": path, "id": TECH["id"]}
    assert path in made.history().waiting


@pytest.mark.parametrize("spoil", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a": NaN}'])
def test_a_record_overwritten_with_anything(spoil):
    made = ledger()
    made.records[codec.record_path(TECH)] = spoil
    assert problems(made) == [("record-edited", 2)]


def test_a_key_given_twice_is_an_edit():
    made = ledger()
    path = codec.record_path(TECH)
    made.records[path] = made.records[path].replace(b"{\n", b'{\n  "reason": "another reading",\n', 1)
    assert json.loads(made.records[path]) == TECH, "or the test proves nothing"
    assert problems(made) == [("record-edited", 2)]


def test_an_edited_record_with_a_new_id_is_missing_and_waits():
    made = ledger()
    path = codec.record_path(TECH)
    changed = codec.identify({**TECH, "reason": "changed"})
    del made.records[path]
    made.records[codec.record_path(changed)] = codec.printed(changed)
    assert problems(made) == [("record-missing", 2)]


def test_a_removed_record():
    made = ledger()
    del made.records[codec.record_path(LEGAL)]
    assert problems(made) == [("record-missing", 2)]


def test_a_moved_record_is_missing_and_a_copy_beside_the_true_one_is_harmless():
    made = ledger()
    path = codec.record_path(TECH)
    made.records["records/2026-11/copy.json"] = made.records[path]
    assert problems(made) == []
    assert set(made.history().waiting) == {"records/2026-11/copy.json"}
    del made.records[path]
    assert problems(made) == [("record-missing", 2)]


def test_an_edited_copy_with_the_same_id_at_a_place_of_its_own_changes_nothing():
    made = ledger()
    copy = {**TECH, "stated_at": "2026-12-31T00:00:00Z", "reason": "changed"}
    made.records[codec.record_path(copy)] = codec.printed(copy)
    assert problems(made) == []
    assert made.history().sealed == ledger().history().sealed


def test_a_signature_that_is_not_the_sealed_one():
    made = ledger()
    other = SigningKey("zhao.liu").decision(codec.signed_bytes(TECH))
    edit(made.records, codec.record_path(TECH), signature={"alg": "sshsig", "value": other})
    assert problems(made) == [("signature-wrong", 2)]
    value = TECH["signature"]["value"]
    for wrong in (
        {"alg": "sshsig", "value": "-"},
        {"alg": "pgp", "value": value},
        {"alg": "sshsig", "value": value, "x": 1},
        {"value": value},
        {"alg": "sshsig", "value": 7},
        {},
        "text",
    ):
        edit(made.records, codec.record_path(TECH), signature=wrong)
        assert problems(made) == [("signature-wrong", 2)]


def test_an_edited_seal():
    made = ledger()
    edit(made.seals, codec.seal_path(2), sealed_at="2026-11-20T00:00:00Z")
    assert problems(made) == [("seal-edited", 2)], "one deed is told once"


def test_a_seal_that_has_no_canonical_form():
    made = ledger()
    edit(made.seals, codec.seal_path(2), extra=1.5)
    assert problems(made)[0] == ("seal-unreadable", 2)


def test_a_removed_seal():
    made = ledger()
    del made.seals[codec.seal_path(2)]
    assert problems(made) == [("seal-missing", 2)]
    assert made.history().serial == 3


def test_an_added_seal_by_a_stranger():
    made = ledger()
    stranger = Ledger(SigningKey("stranger"), made.clock)
    stranger.records, stranger.seals = made.records, made.seals
    stranger.seal(request(reason="smuggled"))
    assert problems(made) == [("seal-by-stranger", 4)]


def test_seals_that_changed_places():
    made = ledger()
    first, second = codec.seal_path(1), codec.seal_path(2)
    made.seals[first], made.seals[second] = made.seals[second], made.seals[first]
    assert problems(made) == [("seal-unreadable", 1), ("seal-unreadable", 1)]


def test_a_truncated_history_shows_only_against_an_anchor():
    made = ledger()
    anchor = made.history().anchor
    del made.seals[codec.seal_path(3)]
    assert problems(made) == []
    assert problems(made, anchor) == [("anchor-missing", 2)]
    assert problems(made, anchor[7:25]) == [("anchor-missing", 2)]
    assert problems(made, f"3:{anchor[7:19]}") == [("truncated", 2)]


def test_a_history_written_again_by_who_holds_the_key_shows_only_against_an_anchor():
    made = ledger()
    anchor = made.history().anchor
    seal_again(made, 1, made.desk, ids=[])
    del made.seals[codec.seal_path(3)]
    second = made.history().seals[1].digest
    seal_again(made, 2, made.desk, previous=made.history().seals[0].digest)
    assert problems(made) == []
    assert problems(made, anchor) == [("anchor-missing", 2)]
    assert problems(made, f"2:{second[7:]}") == [("rewritten", 2)]
    assert problems(made, f"3:{anchor[7:]}") == [("truncated", 2)]


def test_a_history_chained_again_by_a_stranger():
    made = ledger()
    stranger = SigningKey("stranger")
    seal_again(made, 1, stranger)
    assert problems(made) == [("seal-by-stranger", 1)]
    (problem,) = made.history().problems
    assert str(problem.params["key"]).startswith("SHA256:")
    seal_again(made, 2, stranger, ids=[])
    assert ("seal-by-stranger", 2) in problems(made)


@pytest.mark.parametrize("anchor", ["sha256:" + "0" * 64, "0" * 12])
def test_anchors_of_another_ledger_are_missing(anchor):
    assert problems(ledger(), anchor) == [("anchor-missing", 3)]


@pytest.mark.parametrize("anchor", ["", "sha256:", "abc", "3:", "0:" + "a" * 12, "x:" + "a" * 12, "g" * 12, "a" * 65])
def test_what_is_no_anchor_is_told(anchor):
    assert problems(ledger(), anchor) == [("anchor-malformed", 3)]


def test_an_anchor_has_twelve_digits_or_more_and_may_name_its_seal():
    made = ledger()
    digest = made.history().anchor
    assert problems(made, digest[7:18]) == [("anchor-malformed", 3)]
    assert problems(made, digest[7:19], digest[7:].upper(), f"3:{digest[7:19]}", f"3:{digest}") == []
    assert problems(made, f"2:{digest[7:19]}") == [("rewritten", 2)]


def test_an_anchor_of_a_seal_that_is_gone_is_not_there():
    made = ledger()
    anchor = made.history().seals[1].digest
    del made.seals[codec.seal_path(2)]
    assert problems(made, f"2:{anchor}") == [("seal-missing", 2), ("anchor-missing", 2)]


def test_a_record_put_into_a_sealed_past_is_told_from_other_edits():
    made = ledger()
    smuggled = request(reason="smuggled")
    made.records[codec.record_path(smuggled)] = codec.printed(smuggled)
    body = json.loads(made.seals[codec.seal_path(2)])
    edit(made.seals, codec.seal_path(2), ids=[*body["ids"], smuggled["id"]])
    found = made.history()
    assert [(p.code, p.serial) for p in found.problems] == [("seal-edited", 2)]
    (closer,) = history.look_closer(found, found.problems)
    assert (closer.code, closer.serial, closer.params["id"]) == ("record-inserted", 2, smuggled["id"])
    witness = {**body["witness"], smuggled["id"]: {"key": "SHA256:x"}}
    assessments = [*body["assessments"], 7, {"request": smuggled["id"]}]
    edit(made.seals, codec.seal_path(2), witness=witness, assessments=assessments)
    assert [p.code for p in history.look_closer(made.history(), made.history().problems)] == ["seal-edited"]
    edit(made.seals, codec.seal_path(2), witness=witness, assessments=assessments[-1:])
    assert [p.code for p in history.look_closer(made.history(), made.history().problems)] == ["record-inserted"]
    edit(made.seals, codec.seal_path(2), assessments="x")
    assert [p.code for p in history.look_closer(made.history(), made.history().problems)] == ["seal-edited"]


def test_only_so_many_edited_seals_are_looked_at_closer(monkeypatch):
    made = ledger()
    for serial in (1, 2):
        ids = json.loads(made.seals[codec.seal_path(serial)])["ids"]
        edit(made.seals, codec.seal_path(serial), ids=[*ids, "sha256:" + "a" * 64])
    told = [p for p in made.history().problems if p.code == "seal-edited"]
    assert [p.code for p in history.look_closer(made.history(), told)] == ["record-inserted"] * 2
    monkeypatch.setattr(history, "_SMALL", 2)
    assert [p.code for p in history.look_closer(made.history(), told)] == ["record-inserted", "seal-edited"]
    monkeypatch.setattr(history, "_CLOSER", 0)
    assert [p.code for p in history.look_closer(made.history(), told)] == ["seal-edited"] * 2


def test_a_seal_dated_before_the_one_before_it():
    made = ledger()
    made.clock.forward(hours=-1)
    made.seal(request(reason="later"))
    assert problems(made) == [("time-backwards", 4)]
    (problem,) = made.history().problems
    assert problem.params == {"at": made.history().sealed_at, "before": made.history().seals[2].sealed_at}
    past = history.read(made.records, {k: v for k, v in made.seals.items() if "4" not in k}, made.keys)
    newest = {codec.seal_path(4): made.seals[codec.seal_path(4)]}
    assert [p.code for p in history.extended(past, {}, newest, made.keys).problems] == ["time-backwards"]


def test_seals_of_one_second_are_in_order_and_so_are_those_after_an_edited_time():
    made = ledger()
    made.clock.forward(seconds=-60)
    made.seal(request(reason="later"))
    assert problems(made) == []
    edit(made.seals, codec.seal_path(3), sealed_at="2030-01-01T00:00:00Z")
    assert problems(made) == [("seal-edited", 3)]


def test_the_place_after_a_stored_seal():
    made = ledger()
    found = made.history()
    here = history.Point(3, found.anchor, "sha256:first", found.sealed_at)
    assert history.point(made.seals[codec.seal_path(3)], "sha256:first") == here
    assert history.point(b"{}") == history.point(b"") == history.START
    assert history.point(made.seals[codec.seal_path(3)]).anchor == found.anchor
    assert history.read({}, {}, ()).sealed_at == ""


def test_as_of_a_moment_is_what_a_replay_up_to_it_gives():
    made = ledger()
    request_2 = request(reason="again")
    made.seal(request_2)
    made.seal(*(approve(request_2, *vote) for vote in (("zhang.san", "tech"), ("li.si", "legal"))))
    whole, replayed = made.history(), Ledger()
    states = []
    for seal in whole.seals:
        ids = set(seal.body["ids"])
        replayed.records.update(
            {codec.record_path(dict(i.body)): codec.printed(dict(i.body)) for i in whole.sealed if i.id in ids}
        )
        replayed.seals[codec.seal_path(seal.serial)] = made.seals[codec.seal_path(seal.serial)]
        states.append(replayed.state())
        assert fold(item for item in whole.sealed if item.sealed_at <= seal.sealed_at) == states[-1]
    assert len({str(state.standings) + str(state.waiting) for state in states}) == 5


def test_a_broken_line_of_an_archive_is_told_with_its_place():
    made = ledger()
    made.seals["archive/000002-000003.jsonl:17"] = b"{"
    (problem,) = made.history().problems
    assert (problem.code, problem.serial) == ("archive-line", 2)
    assert problem.params == {"path": "archive/000002-000003.jsonl", "line": 17}


def test_a_desk_key_counts_only_while_it_is_valid():
    made = ledger()
    public = made.desk.public
    assert problems(made, keys=(Key(public, "2026-11-21", "2026-11-22"),)) == []
    assert problems(made, keys=(Key(public, "", "2026-11-21"),)) == [("seal-key-ended", n) for n in (1, 2, 3)]
    assert problems(made, keys=(Key(public, "2026-11-22"),)) == [("seal-key-ended", n) for n in (1, 2, 3)]
    assert problems(made, keys=(Key(public, "", "2026-11-21T06:02:30Z"),)) == [("seal-key-ended", 3)]
    assert problems(made, keys=(Key(SigningKey("other").public),)) == [("seal-by-stranger", n) for n in (1, 2, 3)]
    rotated = (Key(public, "", "2026-01-01"), Key(public, "2026-11-01"))
    assert problems(made, keys=rotated) == []


def test_a_revoked_desk_key_counts_for_what_it_sealed_before():
    made = ledger()
    public = made.desk.public
    assert problems(made, keys=(Key(public, revoked="2026-11-22"),)) == []
    assert problems(made, keys=(Key(public, revoked="2026-11-21T06:02:30Z"),)) == [("seal-key-revoked", 3)]
    ended_too = Key(public, "", "2026-11-21T06:01:30Z", "2026-11-21T06:02:30Z")
    assert problems(made, keys=(ended_too,)) == [("seal-key-ended", 2), ("seal-key-revoked", 3)]


def test_a_record_sealed_twice():
    made = ledger()
    made.seal(REQUEST)
    assert problems(made) == [("sealed-twice", 4)]
    assert [item.serial for item in made.history().sealed if item.id == REQUEST["id"]] == [1]


def test_seals_beyond_six_digits_are_read_in_order():
    made = Ledger()
    made.seals = {codec.seal_path(n): b"{}" for n in (1_000_000, 999_999)}
    assert [p.params["path"] for p in made.history().problems] == ["seals/999999.json", "seals/1000000.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "osgate.seal/2"},
        {"serial": "1"},
        {"serial": True},
        {"serial": 1.0},
        {"ids": [["x"]]},
        {"ids": {}},
        {"witness": {"x": []}},
        {"refused": {}},
        {"refused": ["x"]},
        {"refused": [{}]},
        {"signature": None},
        {"previous": None},
        {"sealed_at": "yesterday"},
        {"sealed_at": "2026-11-21T06:01:00+00:00"},
    ],
)
def test_a_seal_of_another_shape_is_unreadable_even_where_the_desk_signed_it(change):
    made = Ledger()
    made.seal(REQUEST)
    edit(made.seals, codec.seal_path(1), **change)
    assert problems(made) == [("seal-unreadable", 1)]
    assert made.history().refused == frozenset()
    assert set(made.history().waiting) == {codec.record_path(REQUEST)}


def test_a_seal_whose_signature_is_written_otherwise():
    made = Ledger()
    value = made.seal(REQUEST)["signature"]["value"]
    for wrong in ({}, {"value": value}, {"alg": "x", "value": value}):
        edit(made.seals, codec.seal_path(1), signature=wrong)
        assert problems(made) == [("seal-edited", 1)]


WHOLE = ledger()


@settings(max_examples=150)
@given(st.data())
def test_any_single_change_of_any_sealed_byte_is_noticed(data):
    made = Ledger()
    made.records, made.seals = dict(WHOLE.records), dict(WHOLE.seals)
    files = data.draw(st.sampled_from([made.records, made.seals]))
    path = data.draw(st.sampled_from(sorted(files)))
    content = files[path]
    at = data.draw(st.integers(0, len(content) - 1))
    how = data.draw(st.sampled_from(["change", "remove", "insert"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    if how == "change" and byte == content[at : at + 1]:
        byte = bytes([content[at] ^ 1])
    files[path] = content[:at] + (b"" if how == "remove" else byte) + content[at + (how != "insert") :]
    assert problems(made) != []


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(["records/a.json", *WHOLE.records]), st.binary(max_size=60), max_size=3))
def test_arbitrary_bytes_never_raise(files):
    made = Ledger()
    made.records, made.seals = {**WHOLE.records, **files}, dict(WHOLE.seals)
    for path in files:
        assert path in made.history().waiting
    spoiled = {codec.seal_path(n): data for n, data in enumerate(files.values(), 1)}
    assert len(history.read({}, spoiled, made.keys).problems) >= len(spoiled)


def test_a_signer_is_somebody_people_toml_lists_at_that_time() -> None:
    made = ledger()
    sealed = made.history().sealed
    everybody = {name: Person(name, name, "", (), (Key(SigningKey(name).public),), ()) for name in PERSONS}

    def told(people: dict[str, Person]) -> list[tuple[str, int]]:
        return [(problem.code, problem.serial) for problem in history.check_signers(sealed, people)]

    assert told(everybody) == []
    gone = {name: person for name, person in everybody.items() if name != "zhao.liu"}
    assert told(gone) == [("signer-not-listed", 3)]
    ended = Key(SigningKey("zhao.liu").public, "", "2020-01-01")
    with_key = replace(everybody["zhao.liu"], keys=(ended,))
    assert told({**everybody, "zhao.liu": with_key}) == [("signer-ended", 3)]
    stranger = replace(everybody["zhao.liu"], keys=(Key(SigningKey("somebody else").public),))
    assert told({**everybody, "zhao.liu": stranger}) == [("signer-not-listed", 3)]
    public = SigningKey("zhao.liu").public
    revoked = replace(everybody["zhao.liu"], keys=(Key(public, revoked="2026-11-21T06:03:00Z"),))
    assert told({**everybody, "zhao.liu": revoked}) == [("signer-revoked", 3)]
    later = replace(everybody["zhao.liu"], keys=(Key(public, revoked="2026-11-21T06:03:01Z"),))
    assert told({**everybody, "zhao.liu": later}) == []


def test_a_record_in_the_name_of_one_and_signed_by_another_names_both() -> None:
    forged = answer("reject", REQUEST, "li.si", "legal")
    forged["signature"]["value"] = SigningKey("zhao.liu").decision(codec.signed_bytes(forged))
    made = Ledger()
    made.seal(REQUEST)
    made.seal(forged)
    everybody = {name: Person(name, name, "", (), (Key(SigningKey(name).public),), ()) for name in PERSONS}
    assert problems(made) == [], "its seal names the key that signed"
    (problem,) = history.check_signers(made.history().sealed, everybody)
    assert (problem.code, problem.serial) == ("signer-other", 2)
    assert (problem.params["person"], problem.params["other"]) == ("li.si", "zhao.liu")


def test_a_ledger_is_told_from_others_by_its_first_seal() -> None:
    made = ledger()
    assert made.history().origin == made.history().seals[0].digest != made.history().anchor
    assert Ledger().history().origin == ""
