"""TOML with lines: every way to write a key is found where it stands."""

from __future__ import annotations

import pytest

from osgate.errors import Mistake
from osgate.policy import toml_document
from osgate.policy.toml_document import Document

TEXT = '''\
# tier = 1
institution = "Example = [Bank]"  # = [
text = """
hidden = 1
[hidden]
"quotes\\" and """" # no comment
literal = \'\'\'
[hidden]
hidden = 2\'\'\'
empty = """"""
list = [
  "a]", # ]
  { key = "}" }, """
]
""",
]
"quoted key" = 1
'lit.eral' = 2
"\\u00e9\\"x" = 3
a.b . "c d" = 4

[tier.light]
roles = ["tech"]
  indented = 1
[tier . "a]b"]
[[person]]
id = "a"
keys = [
  {key = "k"},
]
[[person.roles]]
role = "tech"
[[person.roles]]
role = "legal"
[person.more.deep]
x = 1
[[person]]
id = "b"
[incident.x]
y = 1
[incident]
z = 1
'''
PLACES = {
    ("institution",): 2,
    ("text",): 3,
    ("literal",): 7,
    ("empty",): 10,
    ("list",): 11,
    ("list", 1, "key"): 11,
    ("quoted key",): 17,
    ("lit.eral",): 18,
    ('é"x',): 19,
    ("a",): 20,
    ("a", "b"): 20,
    ("a", "b", "c d"): 20,
    ("tier",): 22,
    ("tier", "light"): 22,
    ("tier", "light", "roles"): 23,
    ("tier", "light", "roles", 0): 23,
    ("tier", "light", "indented"): 24,
    ("tier", "a]b"): 25,
    ("person",): 26,
    ("person", 0): 26,
    ("person", 0, "id"): 27,
    ("person", 0, "keys", 0, "key"): 28,
    ("person", 0, "roles", 0): 31,
    ("person", 0, "roles", 0, "role"): 32,
    ("person", 0, "roles", 1, "role"): 34,
    ("person", 0, "more"): 35,
    ("person", 0, "more", "deep", "x"): 36,
    ("person", 1): 37,
    ("person", 1, "id"): 38,
    ("person", 1, "nothing"): 37,
    ("incident", "x", "y"): 40,
    ("incident",): 41,
    ("incident", "z"): 42,
    ("hidden",): 1,
    (): 1,
}


def document(data: bytes) -> Document:
    found = toml_document.read("osgate.toml", data)
    assert isinstance(found, Document), found
    return found


ENCODINGS = {
    "utf-8": TEXT.encode(),
    "byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "CRLF": TEXT.replace("\n", "\r\n").encode(),
    "GB 18030": TEXT.replace("Example", "示例").encode("gb18030"),
}


@pytest.mark.parametrize("data", ENCODINGS.values(), ids=ENCODINGS)
def test_lines(data):
    found = document(data)
    assert {place: found.line(place) for place in PLACES} == PLACES


def test_values_are_tomlis():
    found = document(TEXT.encode())
    assert found.values["list"] == ["a]", {"key": "}"}, "]\n"]
    assert found.values["text"] == 'hidden = 1\n[hidden]\n"quotes" and "'
    assert document("institution = '示例银行'".encode("gb18030")).values == {"institution": "示例银行"}


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"a = 1\nb = ", "toml", 2),
        (b"a = 1\na = 2", "toml", 2),
        (b"a = 1979-99-01", "toml", 1),
        (b"a = " + b"9" * 5000, "toml", 0),
        (b"a = " + b"[" * 100_000, "too-deep", 0),
        (b"\xff\xff\xff", "not-text", 0),
        (b"a" * (toml_document.LIMIT + 1), "too-large", 0),
    ],
    ids=["no value", "twice", "no date", "huge number", "deep", "not text", "large"],
)
def test_what_stops_reading_is_one_mistake(data, code, line):
    found = toml_document.read("people.toml", data)
    assert isinstance(found, Mistake)
    assert (found.path, found.code, found.line) == ("people.toml", code, line)
