from __future__ import annotations

import json

import pytest

from osgate.formats import json_text
from osgate.formats.guards import MAX_DEPTH
from osgate.formats.json_text import Located, load, plain
from osgate.model.dependency import Unreadable


def refusal(text: str | bytes, shape=None) -> tuple[str, int, bool]:
    with pytest.raises(Unreadable) as raised:
        load(text.encode() if isinstance(text, str) else text, shape)
    return raised.value.reason, raised.value.line, raised.value.ambiguous


BAD = [
    ('{"a": 1,\n "a": 2}', ("duplicate-key", 2, True)),
    ('{"a": {"b": 1,\n\n "b": 2}}', ("duplicate-key", 3, True)),
    ('{"a": [{"b": 1}, {"b": 1, "\\u0062":\n 2}]}', ("duplicate-key", 1, True)),
    ('{"a": "\\"a\\": {",\n "a" \n : 1}', ("duplicate-key", 2, True)),
    ('{"a": {"b": 1,\n "b": 2}, x}', ("duplicate-key", 2, True)),
    ('{"a": NaN}', ("syntax", 1, False)),
    ('{\n"a": -Infinity}', ("syntax", 2, False)),
    ('{\n"a": [1, Infinity]}', ("syntax", 2, False)),
    ('{"b": "NaN",\n\n"a": ' + "9" * 5000 + "}", ("syntax", 3, False)),
    ('{"a": 1} x', ("syntax", 1, False)),
    ('{"a": 1}\n{}', ("syntax", 2, False)),
    ('{"a": 1,}', ("syntax", 1, False)),
    ('{"a": 1 "b": 2}', ("syntax", 1, False)),
    ('{"a"\n 1}', ("syntax", 2, False)),
    ("{a: 1}", ("syntax", 1, False)),
    ("{'a': 1}", ("syntax", 1, False)),
    ('{"a": 1\n/* c */}', ("syntax", 2, False)),
    ('{,"a": 1}', ("syntax", 1, False)),
    ('{"a": "b\n"}', ("syntax", 1, False)),
    ('{"a\\x": 1}', ("syntax", 1, False)),
    ('{"a": \u00a01}', ("syntax", 1, False)),
    ('{"a":\n', ("truncated", 2, False)),
    ('{"a": "b', ("truncated", 1, False)),
    ('{"a": {"b": 1\n', ("truncated", 2, False)),
    ('{"a": 1', ("truncated", 1, False)),
    ('{"a": tru', ("truncated", 1, False)),
    ('{"a', ("truncated", 1, False)),
    ("{", ("truncated", 1, False)),
    ("", ("empty", 0, False)),
]


@pytest.mark.parametrize("shape", [None, {}, {"*": {"*": {}}}], ids=["plain", "outermost", "deep"])
@pytest.mark.parametrize(("text", "said"), BAD)
def test_bad_json_is_refused_with_its_line_however_it_is_walked(text: str, said: tuple[str, int, bool], shape) -> None:
    assert refusal(text, shape) == said


def test_the_key_that_is_there_twice_is_named() -> None:
    with pytest.raises(Unreadable) as raised:
        load(b'{"a": 1, "a": 2}')
    assert raised.value.params == {"key": "a"}


def test_good_json_is_read() -> None:
    text = '{"a": [1, 2.5, -3e2, true, null, "\\u00e9\\ud83d\\ude00"], "": {}}'
    value = {"a": [1, 2.5, -300.0, True, None, "é😀"], "": {}}
    assert load(text.encode()) == value
    assert load(text.encode(), {"*": {}}) == value


def test_only_the_objects_asked_for_know_their_lines() -> None:
    value = load(b'{"p":\n {"x":\n {"y": 1}, "z": 2},\n "q": {"x": 1}}', {"p": {}})
    assert isinstance(value, Located)
    assert value.lines == {"p": 1, "q": 4}
    assert value["p"].lines == {"x": 2, "z": 3}
    assert type(value["q"]) is dict
    assert type(value["p"]["x"]) is dict


def test_any_member_is_meant_by_the_star() -> None:
    value = load(b'{"p": {\n"x": {"y":\n {\n"z": 1}}}}', {"*": {"*": {"y": {}}}})
    assert value["p"]["x"]["y"].lines == {"z": 4}


def test_where_the_shape_asks_for_an_object_something_else_may_stand() -> None:
    assert load(b'{"p": [1]}', {"p": {}}) == {"p": [1]}
    assert load(b"[1]", {"p": {}}) == [1]


def test_second_bytes_of_gb_18030_are_no_brackets() -> None:
    text = '{"a": "' + "乕" * 300 + '"}'
    assert b"[" in text.encode("gb18030")
    assert load(text.encode("gb18030")) == {"a": "乕" * 300}


@pytest.mark.parametrize(("text", "said"), BAD)
def test_bad_json_is_refused_alike_where_no_lines_are_asked_for(text: str, said: tuple[str, int, bool]) -> None:
    with pytest.raises(Unreadable) as raised:
        plain(text.encode())
    assert (raised.value.reason, raised.value.line, raised.value.ambiguous) == said


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"b": [{"c": 1}, {"c": 2}]}, "": {}}',
        '{"a" : 1,\n"b"\n: 2, "c"\t:\r\n3}',
        '{"a": ":", ":": "\\":", "\\\\": "\\\\\\":"}',
        '{"": "", "a": ["", ":", ""], "b:": ""}',
        "[]",
        "7",
    ],
)
def test_colons_and_quotes_anywhere_are_no_keys(text: str) -> None:
    for data in (text.encode(), text.encode("utf-8-sig")):
        assert plain(data) == (text.replace("\r\n", "\n"), load(data))


@pytest.mark.parametrize("twice", ['{"a": 1, "a": ":"}', '{"a" : 1, "\\u0061" : 2}', '[{"b": {"a": 1, "a": 1}}]'])
def test_a_key_that_stands_twice_counts_only_where_it_is_asked_for(twice: str) -> None:
    with pytest.raises(Unreadable, match="duplicate-key"):
        plain(twice.encode())
    assert plain(twice.encode(), strict=False) == (twice, json.loads(twice))


@pytest.mark.parametrize("pair", ["[]", '{"a": }'])
def test_depth_is_bounded_alike(pair: str) -> None:
    deepest = pair[:-1] * (MAX_DEPTH - 1) + "[]" + pair[-1] * (MAX_DEPTH - 1)
    deeper = pair[:-1] + deepest + pair[-1]
    assert plain(deepest.encode())[1] == load(deepest.encode())
    for reading in (plain, load):
        with pytest.raises(Unreadable, match="too-deep"):
            reading(deeper.encode())
    with pytest.raises(Unreadable, match="too-deep"):
        plain(b"[" * 1_000_000)


def test_where_two_ways_of_looking_disagree_the_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """They never should; a mistake in one of them must not let anything in."""

    def lost(walk: object, at: int, shape: object) -> None:
        raise json_text._Lost

    monkeypatch.setattr(json_text, "_structural_colons", lambda data: -1)
    monkeypatch.setattr(json_text, "_colons", lambda data: -1)
    with pytest.raises(Unreadable, match="malformed"):
        plain(b'{"a": 1}')
    monkeypatch.setattr(json_text._Walk, "members", lost)
    with pytest.raises(Unreadable, match="malformed"):
        load(b'{"a": 1}', {})
