"""YAML as text: what the loader keeps, what it refuses, with which line."""

from __future__ import annotations

import pytest

from osgate.formats import yaml_text
from osgate.formats.yaml_text import MAX_DEPTH, MAX_EXPANSION, Mapping, Sequence, Text, load, load_all
from osgate.model.dependency import Unreadable


def refusal(text: str) -> tuple[str, int, bool]:
    with pytest.raises(Unreadable) as raised:
        load(text)
    return raised.value.reason, raised.value.line, raised.value.ambiguous


def test_scalars_stay_text() -> None:
    assert load("on: yes\nversion: 1.10\nempty:\nnull: 0x1F\n2024-01-01: .nan\n") == {
        "on": "yes",
        "version": "1.10",
        "empty": "",
        "null": "0x1F",
        "2024-01-01": ".nan",
    }


def test_every_node_knows_its_line() -> None:
    document = load("# head\na:\n  - x\n  - {b: y}\nc: |\n  text\n")
    assert isinstance(document, Mapping)
    items = document["a"]
    assert isinstance(items, Sequence)
    assert [key.line for key in document if isinstance(key, Text)] == [2, 5]
    assert (items.line, [item.line for item in items], document["c"].line) == (3, [3, 4], 5)


@pytest.mark.parametrize(
    ("text", "null"), [("~", True), ("null", True), ("'~'", False), ("nil", False), ("!!str ~", False)]
)
def test_null_is_told_from_text(text: str, null: bool) -> None:
    document = load(f"a: {text}")
    assert isinstance(document, Mapping)
    value = document["a"]
    assert isinstance(value, Text)
    assert value.is_null is null


def test_tags_are_kept_and_mean_nothing() -> None:
    document = load("a: !reference [x, y]\nb: !!python/object:os.system {c: d}\ne: !x f\n")
    assert isinstance(document, Mapping)
    assert [node.tag for node in document.values()] == ["!reference", "tag:yaml.org,2002:python/object:os.system", "!x"]
    assert document == {"a": ["x", "y"], "b": {"c": "d"}, "e": "f"}


def test_aliases_stand_for_their_anchor() -> None:
    assert load("a: &x {k: v}\nb: *x\nc: &y z\n*y : w\n") == {"a": {"k": "v"}, "b": {"k": "v"}, "c": "z", "z": "w"}


def test_merge_keys_add_what_is_missing_and_the_first_one_wins() -> None:
    text = "p: &p {a: 1, b: 1}\nq: &q {b: 2, c: 2}\nr:\n  <<: [*p, *q]\n  a: own\n"
    document = load(text)
    assert isinstance(document, Mapping)
    assert document["r"] == {"a": "own", "b": "1", "c": "2"}
    assert load("'<<': x") == {"<<": "x"}


def test_documents() -> None:
    assert load_all("a\n---\n---\n- b\n...\n") == ("a", ["b"])
    assert load_all("# nothing\n") == ()
    assert load("a: b\n---\n") == {"a": "b"}
    assert load("") is None


def test_anchors_end_with_their_document() -> None:
    with pytest.raises(Unreadable) as raised:
        load_all("a: &x b\n---\nc: *x\n")
    assert (raised.value.reason, raised.value.line) == ("syntax", 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n'a': 2\n", ("duplicate-key", 2, True)),
        ("a:\n  b: {c: 1, c: 2}\n", ("duplicate-key", 2, True)),
        ("<<: {a: 1}\n<<: {b: 1}\n", ("duplicate-key", 2, True)),
        ("a\n---\nb\n", ("several-documents", 3, True)),
        ("a: b\n# x\x85c: d\n", ("line-break", 2, True)),
        ("? {a: b}\n: c\n", ("complex-key", 1, False)),
        ("x: &x [a]\n*x : b\n", ("complex-key", 1, False)),
        ("a: b\n<<: text\n", ("malformed", 2, False)),
        ("<<: [{a: b}, c]\n", ("malformed", 1, False)),
        ("a: *nowhere\n", ("syntax", 1, False)),
        ("a: &a {b: *a}\n", ("syntax", 1, False)),
        ("a: b\nc: [\n", ("syntax", 3, False)),
        ("a: b\n\n\x07", ("syntax", 3, False)),
        ("a: \ud800", ("not-text", 0, False)),
    ],
)
def test_refusals(text: str, expected: tuple[str, int, bool]) -> None:
    assert refusal(text) == expected


def test_depth_is_bounded_exactly() -> None:
    assert load("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None
    assert refusal("\n" + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) == ("too-deep", 2, False)
    assert refusal("[" * 1_000_000)[0] == "too-deep"


def test_expansion_is_bounded_exactly() -> None:
    size = 1_000  # an anchor of 999 scalars counts 1,000 nodes
    anchor = "- &a [" + ",".join("x" * (size - 1)) + "]\n"
    fits = MAX_EXPANSION // size
    assert load(anchor + "- *a\n" * fits) is not None
    assert refusal(anchor + "- *a\n" * (fits + 1)) == ("alias-flood", fits + 2, False)


def test_the_pure_parser_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    text = "a: &x [1, {b: 'c'}]\nd: *x\ne: |\n  f\n"
    with_libyaml = load(text)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert load(text) == with_libyaml
    assert refusal("a: [\n")[0] == "syntax"


def test_nodes_are_counted_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "MAX_NODES", 4)
    assert load("a:\n- b\n") is not None
    assert refusal("a:\n- b\n- c\n") == ("too-large", 3, False)
