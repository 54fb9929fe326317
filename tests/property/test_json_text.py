from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.formats.json_text import Located, load, plain
from osgate.model.dependency import Unreadable

BLANK = st.sampled_from(["", " ", "\n", "\r\n", "\n\n", "\t", "\n  ", " \r\n", "\n \n"])
ESCAPES = ([False], [False] * 5 + [True], [False, True, False], [True])
KEYS = st.sampled_from(["a", "packages", "", "é", 'q"', "b\\", '"packages": {', "\n", "node_modules/a"])
LEAF = st.sampled_from([0, 1.5, None, True, "x", '{"a": 1}', '\n    "a": {', "\\", "中文"])
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
# Every object reached through objects is located.
ALL: dict[str, object] = {}
ALL["*"] = ALL


class Writer:
    """Writes a value with any layout and notes the line of each key that is reached through objects only."""

    def __init__(self, blanks: list[str], escapes: list[bool]) -> None:
        """blanks, escapes: how to write one place after the other, from the beginning again when they run out."""
        self.blanks, self.escapes = itertools.cycle(blanks), itertools.cycle(escapes)
        self.parts, self.lines = [], {}

    def blank(self) -> None:
        self.parts.append(next(self.blanks))

    def text(self, word: str) -> None:
        escaped = "".join(f"\\u{ord(c):04x}" for c in word)
        self.parts.append(f'"{escaped}"' if next(self.escapes) else json.dumps(word, ensure_ascii=False))

    def write(self, value: object, path: tuple[str, ...] | None) -> None:
        self.blank()
        if isinstance(value, dict):
            self.object(value, path)
        elif isinstance(value, list):
            self.parts.append("[")
            for index, item in enumerate(value):
                self.parts.append("," if index else "")
                self.write(item, None)
            self.parts.append("]")
        else:
            self.text(value) if isinstance(value, str) else self.parts.append(json.dumps(value))
        self.blank()

    def object(self, value: dict[str, object], path: tuple[str, ...] | None) -> None:
        self.parts.append("{")
        for index, (key, item) in enumerate(value.items()):
            self.parts.append("," if index else "")
            self.blank()
            if path is not None:
                self.lines[*path, key] = "".join(self.parts).count("\n") + 1
            self.text(key)
            self.blank()
            self.parts.append(":")
            self.write(item, None if path is None else (*path, key))
        self.blank()
        self.parts.append("}")


@st.composite
def files(draw: st.DrawFn) -> tuple[object, str, dict[tuple[str, ...], int]]:
    value = draw(st.dictionaries(KEYS, VALUE, max_size=4))
    blanks, escapes = draw(st.lists(BLANK, min_size=1, max_size=9)), draw(st.sampled_from(ESCAPES))
    writer = Writer(blanks, escapes)
    writer.write(value, ())
    return value, "".join(writer.parts), writer.lines


def lines(value: object, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], int]:
    """Collect the lines that a loaded value knows."""
    found = {}
    if isinstance(value, Located):
        for key, inner in value.items():
            found[*path, key] = value.lines[key]
            found |= lines(inner, (*path, key))
    return found


@given(files(), st.sampled_from([b"", b"\xef\xbb\xbf"]))
@settings(max_examples=150)
def test_every_line_is_right_however_the_file_is_laid_out(file, mark: bytes) -> None:
    value, text, expected = file
    made = load(mark + text.encode(), ALL)
    assert made == value
    assert lines(made) == expected


@given(files())
@settings(max_examples=100)
def test_walked_and_plain_reading_agree(file) -> None:
    value, text, expected = file
    assert plain(text.encode()) == (text.replace("\r\n", "\n"), value)
    assert load(text.encode()) == load(text.encode(), {}) == load(text.encode(), {"packages": {"*": {}}}) == value
    outer = {path: line for path, line in expected.items() if len(path) == 1}
    assert lines(load(text.encode(), {})) == outer


@given(files(), st.data())
@settings(max_examples=100)
def test_a_key_given_twice_is_found_with_its_line(file, data: st.DataObject) -> None:
    value, text, _ = file
    key = data.draw(st.sampled_from([*value, "new"]))
    more = f',\n{json.dumps(key)}: 1\n, "new": 2}}' if value else f'{json.dumps(key)}: 1,\n\n "new": 2}}'
    twice = text.rstrip()[:-1] + more
    shape = data.draw(st.sampled_from([None, {}, ALL]))
    with pytest.raises(Unreadable) as raised:
        load(twice.encode(), shape)
    assert (raised.value.reason, raised.value.ambiguous) == ("duplicate-key", True)
    assert raised.value.params == {"key": key}
    before = text.rstrip()[:-1].count("\n")
    assert raised.value.line == (before + 3 if key == "new" else before + 2)


@given(files(), st.integers(0, 400))
@settings(max_examples=150)
def test_a_cut_file_is_never_read(file, cut: int) -> None:
    _, text, _ = file
    whole = text.strip()
    short = whole[: min(cut, len(whole) - 1)]
    with pytest.raises(Unreadable) as raised:
        load(short.encode(), ALL)
    assert raised.value.reason in {"truncated", "empty", "syntax", "duplicate-key"}
    assert 0 <= raised.value.line <= short.count("\n") + 1
