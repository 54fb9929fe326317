from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.facts import registries
from osgate.facts.registries import answers
from osgate.facts.registries.answers import Answer, Sheet
from osgate.model.fact import Fact, Unknown

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def answered(data: bytes, status: int = 200) -> Answer:
    return Answer(data, "sha256:00", status)


def test_each_type_has_its_module_and_others_have_none() -> None:
    for type in ("pypi", "npm", "maven", "nuget"):
        module = registries.of(type)
        assert module is not None
        assert module.__name__.endswith(f".{type}")  # type: ignore[attr-defined]
    assert registries.of("docker") is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "malformed"),
        (b"<!DOCTYPE html><title>Sign in</title>", "html"),
        (b"\xef\xbb\xbf \n<html>", "html"),
        (b'{"a": 1', "malformed"),
        (b'{"a": NaN}', "malformed"),
        (b'{"a": ' + b"9" * 5000 + b"}", "malformed"),
        (b"\xff\xfe{}", "malformed"),
        (b"[" * 200_000, "malformed"),
        (b"[" * 65 + b"]" * 65, "malformed"),
        (b"[" + b"0," * answers.MAX_MARKS + b"0]", "too-large"),
        (b"]" * (answers.MAX_MARKS + 1), "too-large"),
    ],
)
def test_what_is_no_json_is_unknown_with_the_reason(data: bytes, reason: str) -> None:
    found = answers.json_in(answered(data))
    assert isinstance(found, Unknown)
    assert found.reason == reason
    assert all(len(value) <= 80 for _, value in found.params)


def test_brackets_inside_of_strings_do_not_nest() -> None:
    text = "[" * 500 + '"' + "\\"
    assert answers.json_in(answered(json.dumps({"a": text}).encode())) == {"a": text}
    assert answers.json_in(answered(b"[" * 60 + b"]" * 60)) != Unknown("malformed")


@pytest.mark.parametrize(("status", "reason"), [(404, "absent"), (410, "absent"), (500, "status"), (302, "status")])
def test_other_answers_than_good_ones_are_told_by_their_status(status: int, reason: str) -> None:
    found = answers.json_in(answered(b"", status))
    assert isinstance(found, Unknown)
    assert found.reason == reason


def test_an_answer_over_the_limit_is_not_read() -> None:
    assert answers.data_in(answered(b"123"), 2) == Unknown("too-large")
    assert answers.data_in(answered(b"123"), 3) == b"123"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_reason(data: bytes) -> None:
    found = answers.json_in(answered(data))
    if not isinstance(found, Unknown):
        assert found == json.loads(data.decode("utf-8-sig"))


@pytest.mark.parametrize(
    ("told", "utc"),
    [
        ("2016-08-05T08:50:12.123456Z", "2016-08-05T08:50:12Z"),
        ("2020-01-01T00:30:00+02:00", "2019-12-31T22:30:00Z"),
        ("2020-01-01T00:30:00.1234567-0330", "2020-01-01T04:00:00Z"),
        ("2020-01-01 00:30:00", "2020-01-01T00:30:00Z"),
        ("0001-01-01T00:00:00+01:00", ""),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59-01:00", ""),
        ("2020-02-30T00:00:00Z", ""),
        ("2020-01-01T00:00:60Z", ""),
        ("2020-01-01", ""),
        ("２０２０-01-01T00:00:00Z", ""),
        ("2020-01-01T00:00:00Z\n", ""),
        (1_600_000_000, ""),
        (None, ""),
    ],
)
def test_instants_are_utc_or_nothing(told: object, utc: str) -> None:
    assert answers.instant(told) == utc


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("git+https://u:p@git.example.com/a/b.git#main", "https://git.example.com/a/b"),
        ("git@git.example.com:a/b.git", "ssh://git.example.com/a/b"),
        ("git+ssh://git@git.example.com/a/b.git", "ssh://git.example.com/a/b"),
        ("scm:git:https://git.example.com/a.git", "https://git.example.com/a"),
        ("https://git.example.com/a?token=geheim", "https://git.example.com/a"),
        ("https://a:b@c@git.example.com/x", "https://git.example.com/x"),
        ("javascript:alert(1)", ""),
        ("a/b", ""),
        ("https://", ""),
        ("https://git.example.com/\u202egnp", ""),
        ({"url": "x"}, ""),
    ],
)
def test_addresses_carry_no_credentials(told: object, address: str) -> None:
    assert answers.address(told) == address


@settings(max_examples=60, deadline=None)
@given(st.text("ab:/@.?#+", max_size=20), st.sampled_from(["https://", "git+ssh://", "scm:git:", "git@h:", ""]))
def test_no_secret_survives_in_an_address(text: str, scheme: str) -> None:
    assert "geheim" not in answers.address(f"{scheme}user:geheim@{text}")
    assert "@" not in answers.address(scheme + text)


@pytest.mark.parametrize(
    ("algorithm", "value", "digest"),
    [
        ("SHA-512", "AB" * 64, "sha512:" + "ab" * 64),
        ("sha256", "ab" * 32, "sha256:" + "ab" * 32),
        ("sha256", "ab" * 31, ""),
        ("sha256", "zz" * 32, ""),
        ("sha256", "٣" * 64, ""),
        ("rot13", "ab" * 32, ""),
        (None, "ab", ""),
        ("sha1", 5, ""),
    ],
)
def test_digests_are_of_known_kind_and_length(algorithm: object, value: object, digest: str) -> None:
    assert answers.digest(algorithm, value) == digest


def test_a_path_never_leads_elsewhere() -> None:
    assert answers.path("a/../b", "c d") == "a%2F..%2Fb/c%20d"
    for bad in ((), (".",), ("..",), ("a", ".."), ("",), ("a\n",), ("...",)):
        assert answers.path(*bad) is None or bad == ()
    assert [answers.version_text(text) for text in ("1.0", "..", "", "1 0", "1\0", "1" * 300)] == ["1.0"] + [""] * 5


@settings(max_examples=60, deadline=None)
@given(ANYTHING)
def test_every_value_is_made_fit_to_keep(value: object) -> None:
    text = answers.line(value, 10)
    assert len(text) <= 10
    assert text.isprintable()
    text.encode()
    written = answers.declared(value)
    assert isinstance(written, Unknown) or (len(written) <= answers.DECLARED and written.isprintable())
    assert answers.version_text(value) in ("", value)


def test_what_is_cut_shows_that_it_is() -> None:
    assert answers.line("a" * 20, 10) == "a" * 9 + "…"
    assert answers.line(" a\n\tb\0\u202ec\ud800 ") == "a bc"
    assert answers.declared("x" * 301) == Unknown("licence.text", (("length", "301"),))


def test_what_was_not_told_is_unknown_and_a_value_that_is_none_is_empty() -> None:
    sheet = Sheet("pkg:npm/x", "s", "d")
    sheet.tell("digest", ["sha1:1", "sha1:2", "sha1:1"], "sha256:9")
    sheet.tell("publisher", ())
    told = sheet.facts(("digest", "publisher", "trust"))
    assert told == (
        Fact("pkg:npm/x", "digest", "sha1:1", "s", "d", "sha256:9"),
        Fact("pkg:npm/x", "digest", "sha1:2", "s", "d", "sha256:9"),
        Fact("pkg:npm/x", "publisher", "", "s", "d"),
        Fact("pkg:npm/x", "trust", Unknown("not-served"), "s", "d"),
    )


def test_a_hostile_answer_costs_little_memory() -> None:
    data = b"[" + b"{}," * 900_000 + b"{}]"
    tracemalloc.start()
    try:
        found = answers.json_in(answered(data * 20))
        assert found == Unknown("too-large")
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data) * 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "detail"),
    [(b"", "empty"), (b" \n", "empty"), (b"{\n x", "JSON, line 2"), (b'"\xff"', "UTF-8"), (b"[NaN]", "JSON")],
)
def test_what_is_no_json_is_told_without_words_of_the_parser(data: bytes, detail: str) -> None:
    assert answers.json_in(Answer(data, "")) == Unknown("malformed", (("detail", detail),))
