"""Records as bytes: the canonical form, ids, the printed form, where they lie."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import Refused
from osgate.ledger import codec
from osgate.testing.records import approve, block, request

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


def test_the_canonical_form_is_rfc_8785():
    """The RFC's own example of sorting (section 3.2.3): by UTF-16 code units, so that the emoji comes before U+FB33."""
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    keys = ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(codec.canonical(value))) == keys
    text = codec.canonical({"s": '€$\x0f\nA\'B"\\\\"/', "l": [True, None, -1, ()]})
    assert text == '{"l":[true,null,-1,[]],"s":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()


def nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (1.0, "float"),
        ({"a": [0.5]}, "float"),
        (float("nan"), "float"),
        ("\ud800", "surrogate"),
        ({"\udfff": 1}, "surr"),
    ],
)
def test_what_has_no_canonical_form_is_refused(value, detail):
    with pytest.raises(Refused, match=r"record\.not-canonical") as error:
        codec.canonical(value)
    assert str(error.value.params["detail"]).startswith(detail)


def test_what_is_nested_too_deeply_is_refused():
    with pytest.raises(Refused, match="nesting"):
        codec.canonical(nested(100_000))


@settings(max_examples=60)
@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.randoms(use_true_random=False))
def test_the_canonical_form_knows_no_order_and_loses_nothing(value, random):
    items = list(value.items())
    random.shuffle(items)
    assert codec.canonical(dict(items)) == codec.canonical(value)
    assert json.loads(codec.canonical(value)) == value
    assert json.loads(codec.printed(value)) == value


@settings(max_examples=60)
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), st.data())
def test_the_id_tells_of_every_change_but_those_of_id_and_signature(value, data):
    record = codec.identify(value)
    assert codec.id_matches(record)
    assert codec.id_matches({**record, "signature": {"alg": "sshsig", "value": "x"}})
    key = data.draw(st.sampled_from(sorted(set(value) - {"id", "signature"}) or ["new"]))
    changed = data.draw(VALUES)
    same = key in value and codec.canonical(changed) == codec.canonical(value[key])
    assert codec.id_matches({**record, key: changed}) is same


def test_digests_name_their_algorithm():
    assert codec.digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_printed_form_is_for_people():
    assert codec.printed({"b": "冻结", "a": []}) == '{\n  "b": "冻结",\n  "a": []\n}\n'.encode()


def test_where_records_and_seals_lie():
    asked = request()
    answered = approve(asked, "zhang.san", "tech")
    blocked = block()
    folder = asked["id"][7:19]
    assert codec.record_path(asked) == f"records/2026-11/{folder}/2026-11-21-request-{folder}.json"
    assert codec.record_path(answered) == f"records/2026-11/{folder}/2026-11-21-approve-{answered['id'][7:19]}.json"
    own = blocked["id"][7:19]
    assert codec.record_path(blocked) == f"records/2026-11/{own}/2026-11-21-block-{own}.json"
    assert codec.seal_path(42) == "seals/000042.json"
    assert codec.seal_path(1_234_567) == "seals/1234567.json"


def test_short_ids():
    assert codec.short("sha256:0123456789abcdef") == "0123456789ab"
    assert codec.short("0123456789abcdef") == "0123456789ab"
