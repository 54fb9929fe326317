"""Archives: what is packed comes out again, and whatever was done to a line is told at that line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.ledger import archive, codec, history
from osgate.testing.ledger import Ledger
from osgate.testing.records import approve, request

WHERE = "archive/000001-000002.jsonl"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


def ledger() -> Ledger:
    made = Ledger()
    asked = request(reason='需要 ☃ \\ "\u2028')
    made.seal(asked)
    made.seal(approve(asked, "zhang.san", "tech"))
    made.seal(approve(asked, "li.si", "legal"))
    return made


def archived(made: Ledger) -> bytes:
    """The records and seals of the first two seals, in one archive."""
    named = {codec.record_path(dict(item.body)) for item in made.history().sealed if item.serial < 3}
    seals = [codec.seal_path(1), codec.seal_path(2)]
    return archive.packed(
        [*((path, made.records.pop(path)) for path in named), *((p, made.seals.pop(p)) for p in seals)]
    )


def opened(made: Ledger, data: bytes | None) -> history.History:
    """The living part together with an archive, as the store puts them together."""
    for path, content in archive.unpacked(WHERE, data):
        (made.records if path.startswith("records/") else made.seals)[path] = content
    return made.history()


def test_a_ledger_reads_the_same_from_an_archive():
    whole, made = ledger().history(), ledger()
    data = archived(made)
    assert made.history().problems != ()
    found = opened(made, data)
    assert (found.seals, found.sealed, found.problems) == (whole.seals, whole.sealed, ())


@settings(max_examples=60)
@given(st.dictionaries(NAMES, NAMES, max_size=5))
def test_what_is_packed_comes_out_again(files):
    packed = archive.packed([(path, text.encode()) for path, text in files.items()])
    assert packed.count(b"\n") == len(files)
    assert dict(archive.unpacked(WHERE, packed)) == {path: text.encode() for path, text in files.items()}


WHOLE = archived(ledger())


@settings(max_examples=150)
@given(st.data())
def test_any_single_change_of_any_byte_is_noticed(data):
    at = data.draw(st.integers(0, len(WHOLE) - 1))
    how = data.draw(st.sampled_from(["change", "remove", "insert"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    if how == "change" and byte == WHOLE[at : at + 1]:
        byte = bytes([WHOLE[at] ^ 1])
    spoiled = WHOLE[:at] + (b"" if how == "remove" else byte) + WHOLE[at + (how != "insert") :]
    made = ledger()
    archived(made)
    found = opened(made, spoiled)
    assert (*found.problems, *history.check_signatures(found.sealed)) != ()


@settings(max_examples=60)
@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from(WHOLE.splitlines())), max_size=5))
def test_arbitrary_lines_never_raise(lines):
    for path, content in archive.unpacked(WHERE, b"\n".join(lines)):
        assert isinstance(path, str)
        assert isinstance(content, bytes)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"{}",
        b'{"path":"a","text":7}',
        b'{"path":7,"text":"a"}',
        b'{"path": "a","text":"a"}',
        b'{"text":"a","path":"a"}',
        b'{"path":"a","text":"a","x":1}',
        b'{"path":"a","text":"\\ud800"}',
        b"[" * 100_000,
    ],
)
def test_a_line_in_another_form_is_a_flaw_with_its_place(line):
    good = archive.packed([("records/a.json", b"{}\n")])
    found = dict(archive.unpacked(WHERE, good + line + b"\n" + good))
    assert found == {"records/a.json": b"{}\n", f"{WHERE}:2": line}
    assert archive.place_of(f"{WHERE}:2") == (WHERE, 2, 1)


def test_an_archive_cut_short_or_too_large_to_read_is_a_flaw():
    good = archive.packed([("records/a.json", b"{}\n")])
    assert list(archive.unpacked(WHERE, good[:-1])) == [(f"{WHERE}:1", good[:-1])]
    assert list(archive.unpacked(WHERE, None)) == [(f"{WHERE}:0", b"")]
    assert list(archive.unpacked(WHERE, b"")) == []


def test_names():
    assert archive.path(1, 42) == "archive/000001-000042.jsonl"
    assert archive.path(999_999, 1_000_000) == "archive/999999-1000000.jsonl"
    assert archive.is_archive(archive.path(1, 42))
    for other in ("archive/readme", "archive/1-2.jsonl", "x/archive/000001-000042.jsonl", f"{WHERE}:1", f"{WHERE}\n"):
        assert not archive.is_archive(other)
    assert not archive.is_flaw(WHERE)
    with pytest.raises(ValueError, match="archive"):
        archive.place_of(WHERE)


def test_what_is_no_text_is_not_archived():
    with pytest.raises(ValueError, match="utf-8"):
        archive.packed([("records/a.json", b"\xff")])
