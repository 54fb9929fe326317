"""The sealed history: whatever was done to it gives its problem, at the right seal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.intake_desk.weigh import Refusal
from osgate.ledger import codec, history
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
    assert problems(made) == [("seal-edited", 2), ("seal-not-chained", 3)]


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
    stranger = Ledger(SigningKey("stranger"))
    stranger.records, stranger.seals = made.records, made.seals
    stranger.seal(request(reason="smuggled"))
    assert problems(made) == [("seal-by-stranger", 4)]


def test_seals_that_changed_places():
    made = ledger()
    first, second = codec.seal_path(1), codec.seal_path(2)
    made.seals[first], made.seals[second] = made.seals[second], made.seals[first]
    assert [code for code, _ in problems(made)] == ["seal-unreadable", "seal-unreadable", "seal-missing"]


def test_a_truncated_history_shows_only_against_an_anchor():
    made = ledger()
    anchor = made.history().anchor
    del made.seals[codec.seal_path(3)]
    assert problems(made) == []
    assert problems(made, anchor) == [("anchor-missing", 2)]
    assert problems(made, anchor[7:25]) == [("anchor-missing", 2)]


def test_a_history_written_again_by_who_holds_the_key_shows_only_against_an_anchor():
    made = ledger()
    anchor = made.history().anchor
    seal_again(made, 1, made.desk, ids=[])
    del made.seals[codec.seal_path(3)]
    seal_again(made, 2, made.desk, previous=made.history().seals[0].digest)
    assert problems(made) == []
    assert problems(made, anchor) == [("anchor-missing", 2)]


def test_a_history_chained_again_by_a_stranger():
    made = ledger()
    stranger = SigningKey("stranger")
    seal_again(made, 1, stranger)
    assert problems(made) == [("seal-by-stranger", 1)]
    (problem,) = made.history().problems
    assert str(problem.params["key"]).startswith("SHA256:")
    seal_again(made, 2, stranger, ids=[])
    assert ("seal-by-stranger", 2) in problems(made)


@pytest.mark.parametrize("anchor", ["", "sha256:", "abc", "sha256:" + "0" * 64, "0" * 12])
def test_anchors_that_say_nothing_are_missing(anchor):
    assert problems(ledger(), anchor) == [("anchor-missing", 3)]


def test_an_anchor_of_eleven_digits_is_too_short():
    made = ledger()
    assert problems(made, made.history().anchor[7:18]) == [("anchor-missing", 3)]
    assert problems(made, made.history().anchor[7:19]) == []


def test_a_desk_key_counts_only_while_it_is_valid():
    made = ledger()
    public = made.desk.public
    assert problems(made, keys=(Key(public, "2026-11-21", "2026-11-22"),)) == []
    assert problems(made, keys=(Key(public, "", "2026-11-21"),)) == [("seal-by-stranger", n) for n in (1, 2, 3)]
    assert problems(made, keys=(Key(public, "", "2026-11-21T06:02:30Z"),)) == [("seal-by-stranger", 3)]
    rotated = (Key(public, "", "2026-01-01"), Key(public, "2026-11-01"))
    assert problems(made, keys=rotated) == []


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
    assert told({**everybody, "zhao.liu": replace(everybody["zhao.liu"], keys=(ended,))}) == [("signer-not-listed", 3)]
    stranger = replace(everybody["zhao.liu"], keys=(Key(SigningKey("somebody else").public),))
    assert told({**everybody, "zhao.liu": stranger}) == [("signer-not-listed", 3)]


def test_a_ledger_is_told_from_others_by_its_first_seal() -> None:
    made = ledger()
    assert made.history().origin == made.history().seals[0].digest != made.history().anchor
    assert Ledger().history().origin == ""
