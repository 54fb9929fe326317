"""Reading files of every form within bounds: whatever is in them, an answer and no exception."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from osgate.facts.endpoints.places import MANAGERS
from osgate.facts.endpoints.reading import LIMIT, Collector, File, expanded, ini, outline, pairs, text_of, texts, xml

WAYS = sorted(
    {(manager.name, way) for manager in MANAGERS for way, _ in manager.places}
    | {(manager.name, way) for manager in MANAGERS for way, _, _ in manager.asks}
)
READERS = {manager.name: manager.read for manager in MANAGERS}
PIECES = [
    *("[global]", "index-url = https://[", "[[tool.uv.index]]", "url = 3", "[tool]\nuv = 3", "tool.uv.index = [1]"),
    *(
        "{",
        "}",
        "[",
        "]",
        '"repositories": [null, {"type": "composer"}]',
        "<a>",
        "</a>",
        "<!DOCTYPE a>",
        "registry=${X}",
    ),
    *("npmScopes:", "  bank:", "    npmRegistryServer: x", "- a", ": :", "=", "@x:registry=", "source 'x' do", "\\"),
    *("<settings><mirrors><mirror><url>http://[</url></mirror></mirrors></settings>", "\x00", "\ufeff", "é", "\u2028"),
    *("<configuration><packageSources><add/><clear/></packageSources></configuration>", "[source.crates-io]", "a.b.c"),
    *('replace-with = "x"', "--extra-index-url", "-i", "--no-index", "'", '"', "#", "GOPROXY=,|", "null", "[[]]", "{}"),
]


@pytest.mark.parametrize(("name", "way"), WAYS)
@settings(max_examples=25, deadline=None)
@given(
    data=st.one_of(
        st.binary(max_size=200), st.lists(st.sampled_from(PIECES), max_size=12).map("\n".join).map(str.encode)
    )
)
def test_no_file_breaks_a_reader(name: str, way: str, data: bytes) -> None:
    with audit.no_io():
        found = READERS[name]((File(way, "f", data),), {})
    assert all(endpoint.address.startswith(("http://", "https://")) for endpoint in found.endpoints)


BOMBS = (
    *(b"a" * 200_000, b"a=b\n" * 20_000, b"[" * 100_000, b"<a>" * 20_000, b"a" + b".a" * 20_000 + b" = 1"),
    *(b"<a>" + b"<b/>x" * 20_000 + b"</a>", b"a: " * 20_000, b"registry=" + b"${A:-" * 20_000, b'"' * 100_000),
    *(b"--x \\\n" * 20_000, b"registry=" + b"#" * 100_000, b"a = [" + b"1," * 5_000 + b"]", b" " * 100_000 + b"x"),
)


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_bomb_is_read_to_its_end(name: str) -> None:
    """A way of reading whose time grows with the square of a file would not come back from these."""
    for way in sorted({way for manager, way in WAYS if manager == name}):
        for data in BOMBS:
            assert READERS[name]((File(way, "f", data),), {}).endpoints == ()


def test_what_is_too_large_is_told_and_not_read() -> None:
    for name, way in WAYS:
        found = READERS[name]((File(way, "f", b" " * (LIMIT + 1)),), {})
        assert {(gap.subject, gap.reason) for gap in found.unread} <= {("f", "too-large"), ("pip", "too-large")}
        assert found.unread


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfa\r\nb\rc", "a\nb\nc"),
        ("ä".encode("utf-16"), "ä"),
        (b"\xff\xfe\x00", "ÿþ\ufffd"),
        ("依".encode("gb18030") + b"=x", "ÒÀ=x"),
    ],
)
def test_ascii_is_found_in_every_encoding(data: bytes, text: str) -> None:
    assert text_of(File("x", "f", data), Collector()) == text


def test_ini_is_read_as_pip_does() -> None:
    text = "[global]\n# no\nIndex_Url = a\nextra-index-url =\n    b\n    c\n; no\n[]\nkey: v\n=x\n  y\nplain\n[open\n"
    assert list(ini(text)) == [
        ("global", "index-url", "a", 3),
        ("global", "extra-index-url", "", 4),
        ("global", "extra-index-url", "b", 5),
        ("global", "extra-index-url", "c", 6),
        ("", "key", "v", 9),
    ]


def test_pairs_lose_quotes_and_comments() -> None:
    text = "a = b ; c\n# x = y\nd='e;f' g\n[h]\n=i\n@s:registry=http://x#y\nr=http://x#y@z\nt=http://x #y@z\n"
    assert list(pairs(text)) == [
        ("a", "b", 1),
        ("d", "e;f", 3),
        ("@s:registry", "http://x", 6),
        ("r", "http://x#y@z", 7),
        ("t", "http://x", 8),
    ]


def test_an_outline_is_the_block_mappings_of_yaml() -> None:
    text = """---
a: "1" # x
b:
  'c d': e#f   # g
  list:
  - one
  - 'two'
# no
http://x: 2
:sources:
- three
  broken "x
deep:
    er:
      est: y
  up: z
"""
    assert list(outline(text)) == [
        (("a",), "1", 2),
        (("b",), "", 3),
        (("b", "c d"), "e#f", 4),
        (("b", "list"), "", 5),
        (("b", "list"), "one", 6),
        (("b", "list"), "two", 7),
        (("http://x",), "2", 9),
        ((":sources",), "", 10),
        ((":sources",), "three", 11),
        (("deep",), "", 13),
        (("deep", "er"), "", 14),
        (("deep", "er", "est"), "y", 15),
        (("deep", "up"), "z", 16),
    ]


def test_variables_are_replaced_where_they_are_known() -> None:
    known = {"A": "1", "B": ""}
    assert expanded("${A}/${B}/${C}/${C?}/${C:-d}/${C-e}/${A:-f}/$A", known) == "1//${C}//d/e/1/$A"


def test_xml_has_no_document_type_and_no_depth() -> None:
    for data in (
        b"<!DOCTYPE a><a/>",
        b"<a>" * 101 + b"</a>" * 101,
        b"<a",
        b"",
        b"<?xml version='1.0' encoding='x'?><a/>",
    ):
        collector = Collector()
        assert xml(File("x", "f", data), collector).children == []
        assert [gap.reason for gap in collector.done().unread] == ["syntax"]
    (root,) = xml(File("x", "f", b"<p:A Key='v'>\n <b> x<c/>y </b></p:A>"), Collector()).children
    assert (root.name, root.line, root.attributes, root.of("b"), root.of("z")) == ("a", 1, {"key": "v"}, "xy", "")
    assert [node.line for node in root.all("b", "c")] == [2]


def test_texts_are_one_or_several() -> None:
    assert (texts("a"), texts(["a", 1, "b"]), texts(None), texts("")) == (["a"], ["a", "b"], [], [])
    assert texts(7) == [""]
