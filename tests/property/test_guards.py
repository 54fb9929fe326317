from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.formats import guards
from osgate.model.dependency import Unreadable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('[]{}"\\ab:,é', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}"\\a', max_size=4), inner, max_size=3),
    max_leaves=20,
)


def levels(value: object) -> int:
    """Count how deep lists and dictionaries nest."""
    if isinstance(value, dict):
        return 1 + max(map(levels, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(levels, value), default=0)
    return 0


@given(JSON, st.booleans(), st.sampled_from([None, 0, 2]), st.integers(0, 30))
@settings(max_examples=200)
def test_depth_is_the_depth_of_the_value(value: object, ascii_only: bool, indent: int | None, more: int) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert guards.depth(f"{'[' * more}{text}{']' * more}".encode()) == levels(value) + more


@given(JSON, st.integers(0, 200))
@settings(max_examples=100)
def test_a_cut_file_is_as_deep_as_it_got(value: object, cut: int) -> None:
    text = json.dumps(value).encode()[:cut]
    assert guards.depth(text) == opened(text)


def opened(text: bytes) -> int:
    """Count deepest nesting the slow way, byte by byte."""
    now = deepest = 0
    inside = escaped = False
    for byte in text.decode():
        if inside:
            inside, escaped = escaped or byte != '"', byte == "\\" and not escaped
        elif byte == '"':
            inside = True
        elif byte in "[{":
            now += 1
            deepest = max(deepest, now)
        elif byte in "]}":
            now -= 1
    return deepest


@given(st.binary(max_size=60) | st.text(max_size=30).map(lambda text: text.encode("gb18030", "ignore")))
@settings(max_examples=200)
def test_any_bytes_are_text_or_unreadable(data: bytes) -> None:
    try:
        made = guards.decode(data)
    except Unreadable as error:
        made = error
    if isinstance(made, Unreadable):
        assert made.reason in {"nul", "not-text", "lfs-pointer"}
        return
    assert "\r\n" not in made.text
    assert "\0" not in made.text
    assert made.encoding in {"utf-8", "gb18030"}
    guards.check_bytes(data)


@given(st.text(max_size=30), st.booleans(), st.booleans())
@settings(max_examples=100)
def test_text_survives_marks_and_line_ends(text: str, mark: bool, crlf: bool) -> None:
    lines = "".join(c for c in text if c not in "\r\0" and not "\ud800" <= c <= "\udfff" and c != "\ufeff")
    data = (lines.replace("\n", "\r\n") if crlf else lines).encode()
    assert guards.decode(b"\xef\xbb\xbf" + data if mark else data) == guards.Text(lines, "utf-8")


@given(st.text("准入中文开源\n ab", min_size=1, max_size=20).filter(lambda text: not text.isascii()))
@settings(max_examples=100)
def test_chinese_text_in_gb_18030_is_read(text: str) -> None:
    data = text.encode("gb18030")
    try:
        expected = data.decode()  # a few of these bytes are UTF-8 as well, which goes first
    except UnicodeDecodeError:
        expected = text
    assert guards.decode(data).text == expected


PART = st.text("abc:@%+-._~!$", min_size=1, max_size=8)
SCHEME = st.sampled_from(["https", "http", "git+https", "git+ssh", "ssh", "git", "svn+ssh", "ftp"])


@given(SCHEME, PART, st.text("abc/@:", max_size=8))
@settings(max_examples=200)
def test_no_credential_is_left_in_an_address(scheme: str, user: str, path: str) -> None:
    clean = guards.without_credentials(f"{scheme}://{user}:SECRET@host.example.com/{path}")
    assert "SECRET" not in clean
    assert clean.endswith(f"host.example.com/{path}")
    assert guards.without_credentials(clean) == clean


@given(st.text(max_size=12))
@settings(max_examples=200)
def test_a_name_that_passes_shows_nothing_but_itself(name: str) -> None:
    refusal = None
    try:
        guards.check_name(name)
    except Unreadable as error:
        refusal = error
    if refusal is None:
        assert name.isprintable()
        assert name.encode().decode() == name
    else:
        assert refusal.reason == "hostile-name"
        assert str(refusal.params["name"]).isascii()
