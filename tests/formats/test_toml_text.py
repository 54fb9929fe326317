from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.formats import toml_text
from osgate.model.dependency import Unreadable


def refusal(data: bytes) -> tuple[str, int, bool]:
    with pytest.raises(Unreadable) as raised:
        toml_text.load(data)
    return raised.value.reason, raised.value.line, raised.value.ambiguous


def test_lines_end_in_lf_and_a_byte_order_mark_is_none_of_the_text() -> None:
    assert toml_text.load(b"\xef\xbb\xbfa = 1\r\nb = '\xc3\xa9'\r\n") == ("a = 1\nb = 'é'\n", {"a": 1, "b": "é"})


@pytest.mark.parametrize(
    ("data", "reason", "line"),
    [
        (b"", "empty", 0),
        (b" \n", "empty", 0),
        (b"a = 1\nb =", "truncated", 2),
        (b"a = 1\nb = [1,", "truncated", 2),
        (b"a = 1\nb = '''\n\n", "truncated", 4),
        (b"=", "syntax", 1),
        (b"a = 1\nb c\n", "syntax", 2),
        (b"a = \x01", "syntax", 1),
        (b"a = " + b"9" * 5000, "syntax", 0),
        (b"a = 2020-02-31", "syntax", 1),
        ("# 依赖\na = 1".encode("gb18030"), "not-text", 1),
        (b"a = 1\nb = '\xff'", "not-text", 2),
        (b"a = 1\0", "nul", 1),
        (b"a = " + b"[" * 201 + b"]" * 201, "too-deep", 0),
        (b"a = " + b"{a=" * 201 + b"1" + b"}" * 201, "too-deep", 0),
        (b"x = 1\n" + b"a." * 64 + b"b = 1", "too-deep", 2),
        (b"x = 1\n" + b"'a.b' . " * 64 + b"b = 1", "too-deep", 2),
        (b"x = '''\n'''\n" + b"a." * 64 + b"b = 1", "too-deep", 0),
        (b"[" + b"a." * 50_000 + b"b]", "too-deep", 1),
    ],
)
def test_what_is_refused(data: bytes, reason: str, line: int) -> None:
    assert refusal(data) == (reason, line, False)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"a = 1\na = 2", 2),
        (b"a = 1\na = 2\n", 2),
        (b"[a]\n[b]\n[a]", 3),
        (b"a = {b = 1, b = 2}", 1),
        (b"[a]\nb = 1\n[a.b]\n", 3),
        (b"a = []\n[[a]]\n", 2),
        (b"a = {}\n[a.b]\n", 2),
    ],
)
def test_what_stands_twice_is_ambiguous(data: bytes, line: int) -> None:
    assert refusal(data) == ("duplicate-key", line, True)


def test_brackets_and_dots_in_strings_and_comments_do_not_count() -> None:
    deep = "[" * 300 + "a." * 300
    text = f'a = "{deep}" # {deep}\nb = \'{deep}\'\nc = """\n\\""" {deep}"""\nd = \'\'\'{deep}\'\' \'\'\'\n'
    assert toml_text.load(text.encode())[1] == {
        "a": deep,
        "b": deep,
        "c": f'""" {deep}',
        "d": f"{deep}'' ",
    }


@pytest.mark.parametrize("start", ['"""', "'''", '"', "'", '"""\\"', '\\"""', "a\\"])
def test_strings_without_end_cost_no_more_than_their_length(start: str) -> None:
    for end in ("", "\\"):
        assert refusal((start * 100_000 + end).encode())[0] in ("syntax", "truncated")


def test_a_parser_that_runs_out_of_stack_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def loads(text: str) -> None:
        raise RecursionError

    monkeypatch.setattr("tomli.loads", loads)
    assert refusal(b"a = 1") == ("too-deep", 0, False)


def test_headers_are_told_from_what_looks_like_one() -> None:
    text = (
        "[[package]] # one\n"
        'a = """\n[[package]]\n"""\n'
        "b = '''\n[[package]]\n'''\n"
        "# [[package]]\n"
        "c = [\n[1], [\n[2]\n]]\n"
        "  [[ 'package' ]]\n"
        '[["package"]]\n'
        "[package.inner]\n"
        "[[packages]]\n"
        "[[package]]"
    )
    toml_text.load(text.encode())
    assert toml_text.headers(text, "package") == [1, 13, 14, 17]


def test_strings_are_told_with_their_table_and_line() -> None:
    text = 'x = "0"\n[a]\nb = ["1", \'2\', # "no"\n  "3\\""]\n[[c.d]]\n"e" = """\n"no"\n"""\nf = "4"\n'
    assert list(toml_text.strings(text)) == [
        ("", "0", 1),
        ("a", "1", 3),
        ("a", "2", 3),
        ("a", '3\\"', 4),
        ("c.d", "e", 6),
        ("c.d", "4", 9),
    ]


@given(st.text("[]\"'#=\n\\a. ", max_size=40))
@settings(max_examples=300)
def test_any_text_is_toml_or_unreadable(text: str) -> None:
    try:
        loaded, _ = toml_text.load(text.encode())
    except Unreadable:
        return
    assert all(1 <= line <= loaded.count("\n") + 1 for _, _, line in toml_text.strings(loaded))
