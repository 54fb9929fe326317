from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.text.width import MARKS_IN_A_ROW, display_width, encodable, pad, printable, truncate

ENCODINGS = ("ascii", "gbk", "gb18030", "utf-8", "latin-1", "cp437", "shift_jis", "big5", "cp1252", "koi8-r")
anything = st.text(st.characters() | st.sampled_from("\x1b\u202e\u200b\ud800\u0301√✅中𠮷─╭\ufe0f\u3164"))


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0), ("left-pad", 8), ("准入", 4), ("台账 ledger", 11), ("，", 2), ("ｱ", 1), ("Ａ", 2), ("𠮷", 2),
        ("e\u0301", 1), ("a\u200bb", 2), ("\u1112\u1161\u11ab", 2), ("✅", 2), ("√×", 2),
    ],
)  # fmt: skip
def test_columns(text: str, columns: int) -> None:
    assert display_width(text) == columns


def test_pad_fills_to_columns_not_characters() -> None:
    assert pad("准入", 6) == "准入  "
    assert pad("准入", 6, right=True) == "  准入"
    assert pad("准入", 3) == "准入"


@pytest.mark.parametrize(
    ("columns", "cut"),
    [(8, "许可证名"), (7, "许可证…"), (6, "许可…"), (5, "许可…"), (3, "许…"), (2, "…"), (1, "…"), (0, ""), (-1, "")],
)
def test_truncate_never_halves_a_character(columns: int, cut: str) -> None:
    assert truncate("许可证名", columns) == cut


def test_truncate_keeps_the_marks_of_its_last_letter() -> None:
    assert truncate("e\u0301e\u0301e\u0301", 2) == "e\u0301…"


@settings(deadline=None, max_examples=200)
@given(anything, st.integers(0, 20))
def test_what_is_cut_and_padded_takes_exactly_its_columns(text: str, columns: int) -> None:
    assert display_width(pad(truncate(text, columns), columns)) == columns


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("left-pad 1.3.0", "left-pad 1.3.0"),
        ("准入　台账，é e\u0301", "准入　台账，é e\u0301"),
        ("a\x1b[31mb\x9b", "a\\u{1b}[31mb\\u{9b}"),
        ("a\nb\r\tc\0\x7f", "a\\nb\\r\\tc\\u{0}\\u{7f}"),
        ("moc\u202egpj", "moc\\u{202e}gpj"),
        ("left\u200b\ufeff-pad", "left\\u{200b}\\u{feff}-pad"),
        ("\ud800\U0010ffff", "\\u{d800}\\u{10ffff}"),
        ("a\u2028b\u3164\u2800\ufe0f", "a\\u{2028}b\\u{3164}\\u{2800}\\u{fe0f}"),
        ("\u0338=", "\\u{338}="),
    ],
)
def test_hostile_characters_are_written_out(hostile: str, shown: str) -> None:
    assert printable(hostile) == shown


def test_piled_up_marks_are_written_out() -> None:
    assert printable("e" + "\u0301" * (MARKS_IN_A_ROW + 2)) == "e" + "\u0301" * MARKS_IN_A_ROW + "\\u{301}" * 2


@settings(deadline=None, max_examples=300)
@given(anything)
def test_printable_output_is_printable_and_stays(text: str) -> None:
    shown = printable(text)
    assert shown.replace("\u3000", "").isprintable()
    assert printable(shown) == shown


@settings(deadline=None, max_examples=100)
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_plain_text_is_left_alone(text: str) -> None:
    assert printable(text) == text
    assert [encodable(text, encoding) for encoding in ("ascii", "gbk", None)] == [text] * 3


@pytest.mark.parametrize(
    ("text", "encoding", "carried"),
    [
        ("√ 已准入 × 已拦截", "gbk", "√ 已准入 × 已拦截"),
        ("✅ ⚠️ ❌", "gbk", "√ ! ×"),
        ("✅ ⚠️ ❌ …", "ascii", "+ ! x ..."),
        ("┌─│┼╭╱", "gbk", "┌─│┼╭╱"),
        ("┌─│┼╮╴╵╳", "ascii", "+-|++-|X"),
        ("╼", "gbk", "-"),
        ("𠮷䶮", "gbk", "\\u{20bb7}\\u{4dae}"),
        ("𠮷䶮", "gb18030", "𠮷䶮"),
        ("准 a", None, "\\u{51c6} a"),
        ("准 a", "no-such-encoding", "\\u{51c6} a"),
        ("准 a", "bad\0name", "\\u{51c6} a"),
        ("准 a", "rot13", "\\u{51c6} a"),
        ("\ud800", "utf-8", "\\u{d800}"),
    ],
)
def test_stand_ins(text: str, encoding: str | None, carried: str) -> None:
    assert encodable(text, encoding) == carried


@settings(deadline=None, max_examples=300)
@given(anything, st.sampled_from(ENCODINGS))
def test_what_is_made_encodable_encodes(text: str, encoding: str) -> None:
    carried = encodable(text, encoding)
    carried.encode(encoding)
    assert encodable(carried, encoding) == carried


@settings(deadline=None, max_examples=200)
@given(anything, st.text() | st.sampled_from(("undefined", "idna", "punycode", "utf-16", "utf-7", "hz", "base64")))
def test_no_encoding_makes_it_raise(text: str, encoding: str) -> None:
    assert isinstance(encodable(text, encoding), str)


@settings(deadline=None, max_examples=20)
@given(st.integers(0x2500, 0x257F).map(chr))
def test_every_box_drawing_has_an_ascii_form(line: str) -> None:
    assert encodable(line, "ascii") in tuple("-|+/\\X")


@pytest.mark.parametrize("text", ["a" * 9 + "\n", "\x1b" * 12, "ab\x00\x00\x00"])
def test_what_takes_no_column_costs_no_room(text: str) -> None:
    for columns in range(len(text) + 1):
        assert (
            display_width(truncate(text, columns).replace("\n", "").replace("\x1b", "").replace("\x00", "")) <= columns
        )
