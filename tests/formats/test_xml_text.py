from __future__ import annotations

import pytest

import audit
from osgate.formats import xml_text
from osgate.formats.guards import MAX_DEPTH
from osgate.model.dependency import Unreadable


def load(data: bytes) -> xml_text.Element:
    with audit.no_io():
        return xml_text.load(data)


def refusal(data: bytes) -> tuple[str, int, bool]:
    with pytest.raises(Unreadable) as raised:
        load(data)
    return raised.value.reason, raised.value.line, raised.value.ambiguous


def test_elements_have_names_lines_text_and_attributes() -> None:
    root = load(b"<?xml version='1.0'?>\n<a x='1'>\n one <b/>two\n <p:c\n y='2'>three</p:c></a>")
    assert (root.name, root.line, root.attributes) == ("a", 2, {"x": "1"})
    assert root.text.split() == ["one", "two"]
    assert [(child.name, child.line, child.text, child.attributes) for child in root.children] == [
        ("b", 3, "", None),
        ("p:c", 4, "three", {"y": "2"}),
    ]


def test_walk_meets_every_element_once() -> None:
    root = load(b"<a><b><c/></b><d/></a>")
    assert sorted(element.name for element in xml_text.walk(root)) == ["a", "b", "c", "d"]


def test_comments_and_instructions_are_passed_over_and_cdata_is_text() -> None:
    assert load(b"<a>1<!-- <b/> -->2<?x <b/>?>3<![CDATA[<b/>&amp;]]></a>").text == "123<b/>&amp;"
    assert load(b"<!-- before --><a/><!-- after -->").children == []


def test_entities_of_xml_and_html_are_characters_and_others_are_none() -> None:
    assert load(b"<a>&lt;&#x41;&copy;&Oslash;</a>").text == "<A\u00a9\u00d8"
    assert refusal(b"<a>\n&nobody;</a>") == ("syntax", 2, False)


@pytest.mark.parametrize(
    "text",
    [
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "http://packages.example.com/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY % b SYSTEM "file:///etc/hostname"> %b;]><a/>',
    ],
)
def test_a_document_type_is_refused_before_anything_in_it_is_read(text: bytes) -> None:
    assert refusal(text)[0] == "doctype"


def test_lines_are_those_an_editor_shows() -> None:
    for data in (b"<a>\r\n<b/>\r\n\r\n<c/></a>", b"\xef\xbb\xbf<a>\n<b/>\n\n<c/></a>"):
        assert [child.line for child in load(data).children] == [2, 4]
    assert [child.line for child in load(b"<a>\r<b/>\n<c/></a>").children] == [1, 2]


CHINESE = "<a>许可证台账</a>"


@pytest.mark.parametrize("name", ["GB2312", "gbk", "GB18030", "cp936"])
def test_chinese_encodings_are_read_where_they_are_declared(name: str) -> None:
    data = f'<?xml version="1.0" encoding="{name}"?>{CHINESE}'.encode(name)
    assert load(data).text == "许可证台账"
    assert refusal(CHINESE.encode("gbk"))[0] == "not-text"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "utf-8"),
        ("<?xml version='1.0'?>", "utf-8"),
        ("<?xml version='1.0' encoding = 'UTF-8' standalone=\"yes\"?>", "utf-8"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>', "latin-1"),
    ],
)
def test_the_declaration_tells_the_encoding(head: str, encoding: str) -> None:
    assert load(f"{head}<a>\u00e9</a>".encode(encoding)).text == "\u00e9"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("empty", 0, False)),
        (b" \n", ("empty", 0, False)),
        (b"<a>\0</a>", ("nul", 1, False)),
        ("<a/>".encode("utf-16"), ("not-text", 1, False)),
        (b"<a>\n\xff</a>", ("not-text", 2, False)),
        (b'<?xml version="1.0" encoding="US-ASCII"?>\n<a>\xc3\xa9</a>', ("not-text", 2, False)),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', ("encoding", 1, False)),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="GBK"?><a/>', ("encoding", 1, True)),
        (b'<?xml version="1.0" encoding="GBK<a/>', ("truncated", 1, False)),
        (b"<a>\n<b>\n</a>", ("syntax", 3, False)),
        (b"<a/><b/>", ("syntax", 1, False)),
        (b"<a b='1' b='2'/>", ("syntax", 1, False)),
        (b"<a>\x01</a>", ("syntax", 1, False)),
        (b"text", ("syntax", 1, False)),
        (b"<a>\n<b>", ("truncated", 2, False)),
        (b"<a><!-- ", ("truncated", 1, False)),
        (b"<a><![CDATA[", ("truncated", 1, False)),
        (b"<!-- only a comment -->", ("truncated", 1, False)),
    ],
)
def test_what_is_refused_and_where(data: bytes, expected: tuple[str, int, bool]) -> None:
    assert refusal(data) == expected


def test_nesting_is_bounded_without_recursion() -> None:
    inner = b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH
    assert load(inner).name == "a"
    assert refusal(b"<a>\n" + inner + b"</a>") == ("too-deep", 2, False)
    assert refusal(b"<a>" * 100_000)[0] == "too-deep"


def test_the_number_of_elements_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_text, "MAX_ELEMENTS", 3)
    assert len(load(b"<a><b/><b/></a>").children) == 2
    assert refusal(b"<a><b/>\n<b/>\n<b/></a>") == ("too-large", 3, False)


def test_a_lone_surrogate_is_no_text() -> None:
    with pytest.raises(Unreadable, match="not-text"):
        xml_text.parse("<a>\ud800</a>")
