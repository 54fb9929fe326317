from __future__ import annotations

import pytest

from osgate.formats import guards
from osgate.model.dependency import Unreadable


def refusal(call, *arguments, **named) -> tuple[str, int]:
    with pytest.raises(Unreadable) as raised:
        call(*arguments, **named)
    return raised.value.reason, raised.value.line


def test_utf_8_is_text() -> None:
    assert guards.decode("a\n准入\n".encode()) == guards.Text("a\n准入\n", "utf-8")


def test_a_byte_order_mark_and_crlf_leave_no_trace() -> None:
    assert guards.decode(b"\xef\xbb\xbfa\r\nb\r\n") == guards.Text("a\nb\n", "utf-8")


def test_gb_18030_is_text_and_said_so() -> None:
    assert guards.decode("准入\r\n𠀀".encode("gb18030")) == guards.Text("准入\n𠀀", "gb18030")


@pytest.mark.parametrize(
    ("data", "reason", "line"),
    [
        (b"a\n\0", "nul", 2),
        (b"ok\n\xff\xff\xff", "not-text", 2),
        ("text".encode("utf-16"), "not-text", 1),
        (b"\xed\xa0\x80", "not-text", 1),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "lfs-pointer", 1),
        (b"version https://hawser.github.com/spec/v1\n", "lfs-pointer", 1),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, reason: str, line: int) -> None:
    assert refusal(guards.decode, data) == (reason, line)


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n"])
def test_nothing_is_refused_only_where_something_is_required(data: bytes) -> None:
    assert guards.decode(data).text.strip() == ""
    assert refusal(guards.decode, data, required=True) == ("empty", 0)


def test_the_cap_is_the_last_size_that_is_read() -> None:
    assert len(guards.decode(b" " * guards.MAX_BYTES).text) == guards.MAX_BYTES
    assert refusal(guards.decode, b" " * (guards.MAX_BYTES + 1)) == ("too-large", 0)


@pytest.mark.parametrize("pair", [b"[]", b"{}"])
def test_the_cap_is_the_last_depth_that_is_read(pair: bytes) -> None:
    guards.check_depth(pair[:1] * 200 + pair[1:] * 200)
    assert refusal(guards.check_depth, pair[:1] * 201 + pair[1:] * 201) == ("too-deep", 0)
    assert refusal(guards.check_depth, pair[:1] * 100_000) == ("too-deep", 0)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("", 0),
        ("1", 0),
        ("[]", 1),
        ('{"a": [{}], "b": {}}', 3),
        ('{"[[[[": "]]]{{{"}', 1),
        (r'["\"[[[", [1]]', 2),
        (r'["\\", [[1]]]', 3),
        (r'["\\\"[", [1]]', 2),
        ('["", "[", "", "]", [""]]', 2),
        ("[" * 300 + "]" * 300, 300),
    ],
)
def test_depth_is_counted_outside_of_strings(text: str, depth: int) -> None:
    assert guards.depth(text.encode()) == depth


def test_closing_brackets_in_strings_hide_no_depth() -> None:
    assert guards.depth(b'{"}":' * 300 + b"1" + b"}" * 300) == 300


@pytest.mark.parametrize(
    "name",
    [
        *("a\0", "a\n", "a\x1b[31m", "a\x7f", "a\x9b31m", "a\u202eb", "a\u2066b", "a\u200bb", "a\u200db", "a\ufeff"),
        *("a\u00ad", "a\u2028", "a\ud800", "a\u3164", "a\ufe0f", "a\u034f", "a\U000e0041", "a\u00a0b"),
    ],
)
def test_names_that_deceive_are_refused(name: str) -> None:
    assert refusal(guards.check_name, name, 7) == ("hostile-name", 7)


def test_the_refusal_shows_the_name_in_a_form_that_deceives_nobody() -> None:
    with pytest.raises(Unreadable) as raised:
        guards.check_name("a\u202eb\ud800")
    assert raised.value.params == {"name": r"a\u202eb\ud800"}


@pytest.mark.parametrize("name", ["left-pad", "@acme/x", "1.0.0-rc.1+build", "中文", "é", "a b", ""])
def test_other_names_pass(name: str) -> None:
    guards.check_name(name)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://user:secret@h.example.com/x", "https://h.example.com/x"),
        ("https://token@h.example.com/x", "https://h.example.com/x"),
        ("https://a@b:c@h.example.com/x@1", "https://h.example.com/x@1"),
        ("git+ssh://git:secret@h.example.com/x", "git+ssh://git@h.example.com/x"),
        ("ssh://git@h.example.com/x", "ssh://git@h.example.com/x"),
        ("git+https://u:p@h.example.com/x#v1@2", "git+https://h.example.com/x#v1@2"),
        ("//u:p@h.example.com/x", "//h.example.com/x"),
        ("https://h.example.com/@acme/x", "https://h.example.com/@acme/x"),
        ("https://h.example.com?x=@", "https://h.example.com?x=@"),
        ("git@h.example.com:acme/x.git", "git@h.example.com:acme/x.git"),
        ("../x", "../x"),
    ],
)
def test_credentials_are_taken_out_of_addresses(url: str, clean: str) -> None:
    assert guards.without_credentials(url) == clean
