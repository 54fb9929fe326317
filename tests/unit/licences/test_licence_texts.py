"""Licence texts: the coverage rule, what cannot be read, and what is declared against what is there."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from osgate.licences.expression import Term
from osgate.licences.mismatch import EXTRA, NO_TEXT, OTHER, PART, SAME, UNDECLARED, UNRECOGNISED, compare
from osgate.licences.names import read
from osgate.licences.text import COVERAGE, LEAD, MOST_BYTES, MOST_REGIONS, Recognised, Region, recognise
from osgate.model.fact import Unknown

OWN = (Path(__file__).resolve().parents[3] / "LICENSE").read_bytes()


def pytest_text() -> bytes:
    """The MIT text of pytest, which is installed wherever these tests run."""
    (file,) = [path for path in distribution("pytest").files or [] if path.name == "LICENSE"]
    return file.read_binary()


def detected(content: bytes) -> list[str]:
    found = recognise(content)
    assert isinstance(found, Recognised), found
    return [str(term) for term in found.licences]


def reason(content: bytes) -> str:
    found = recognise(content)
    assert isinstance(found, Unknown)
    return found.reason


def test_whole_texts_are_recognised() -> None:
    assert detected(OWN) == ["Apache-2.0"]
    assert detected(pytest_text()) == ["MIT"]
    assert detected(OWN + b"\n\n" + pytest_text()) == ["Apache-2.0", "MIT"]
    assert detected(b"\xff\xfe" + pytest_text().decode().encode("utf-16-le")) == ["MIT"]


def test_a_preamble_or_a_rider_hides_behind_no_known_text() -> None:
    preamble = b"This product may only be used under a paid subscription of the vendor, as set out in the order.\n\n"
    assert reason(preamble + pytest_text()) == "licence-text.partly"
    assert reason(pytest_text() + preamble * 3) == "licence-text.partly"
    disguised = b"Copyright (c) 2026 Vendor. Use is subject to a paid subscription, see the order form for it.\n\n"
    assert reason(disguised + pytest_text()) == "licence-text.partly"


@pytest.mark.parametrize("before", ["Copyright (c) 2026 V\n\n", "Our copyright stays with us. ", "", "# (c) V\n"])
def test_terms_between_a_notice_and_the_licence_are_not_taken_for_it(before: str) -> None:
    terms = "Vendor may revoke any right at will and every person pays ten thousand dollars for each processor\n\n"
    assert reason(before.encode() + terms.encode() + pytest_text().partition(b"\n\n")[2]) == "licence-text.partly"


def test_a_title_and_notices_are_no_terms() -> None:
    head = b"The MIT License (MIT)\n=====================\n\n" + b"Copyright (c) 2026 A Company with a Long Name\n" * 4
    assert detected(head + pytest_text()) == ["MIT"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "licence-text.empty"),
        (b"\0\1\2", "licence-text.binary"),
        (b"see the website", "licence-text.nothing"),
        (b"\xff\xfe\xff\xff\xff", "licence-text.nothing"),
        (b"x" * (MOST_BYTES + 1), "licence-text.too-large"),
    ],
)
def test_what_is_no_text_is_unknown(content: bytes, expected: str) -> None:
    assert reason(content) == expected


def test_an_engine_that_gives_strange_answers_gives_nothing_away() -> None:
    text = b"a" * 100
    assert recognise(text, lambda _: [Region("No-Such-1.0", 0, 100)]) == Unknown(
        "licence-text.id", (("id", "No-Such-1.0"),)
    )
    assert isinstance(recognise(text, lambda _: [Region("MIT", 0, 1)] * (MOST_REGIONS + 1)), Unknown)
    assert isinstance(recognise(text, lambda _: [Region("MIT", 90, 10)]), Unknown)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=6))
@example([(1, 0), (1, 91)])
def test_the_rule_is_held_for_any_regions(spans: list[tuple[int, int]]) -> None:
    found = recognise(b"a" * 100, lambda _: [Region("MIT", start, end) for start, end in spans])
    covered = {n for start, end in spans for n in range(start, end)}
    # Where the regions begin is what the engine says, though one of them be empty.
    passes = len(covered) >= 100 * COVERAGE and min(start for start, _ in spans) <= 100 * LEAD
    assert isinstance(found, Recognised) == passes


MIT, ISC, GPL, LGPL = (Recognised((Term(id),), 1.0, 0.0) for id in ("MIT", "ISC", "GPL-3.0-only", "LGPL-3.0-only"))
NOTHING = Unknown("licence-text.nothing")


@pytest.mark.parametrize(
    ("declared", "files", "state"),
    [
        ("MIT", [MIT], SAME),
        ("MIT OR Apache-2.0", [MIT], PART),
        ("MIT", [MIT, ISC], EXTRA),
        ("ISC", [MIT], OTHER),  # @npmcli/redact 4.0.0
        ("MIT-0", [MIT], OTHER),  # encoding 0.1.14, the other way round
        ("MIT", [GPL], OTHER),
        ("GPL-3.0-or-later", [GPL], SAME),
        ("GPL-3.0-only WITH GPL-3.0-linking-exception", [GPL], SAME),
        ("LGPL-3.0-or-later", [GPL, LGPL], SAME),
        ("LGPL-3.0-or-later", [GPL], OTHER),
        ("GPL-3.0-only", [LGPL], OTHER),
        ("MIT", [MIT, NOTHING], UNRECOGNISED),
        ("BSD", [MIT], UNDECLARED),
        ("MIT", [], NO_TEXT),
    ],
)
def test_what_is_declared_is_held_against_the_files(
    declared: str, files: list[Recognised | Unknown], state: str
) -> None:
    found = compare(read(declared), files)
    assert found.state == state
    assert found.review is (state not in (SAME, PART))


def test_the_comparison_names_both_sides_and_the_doubt() -> None:
    found = compare(read("ISC"), [MIT, NOTHING])
    assert (found.declared, found.detected, found.doubt) == ("ISC", "MIT", NOTHING)
    assert compare(read("BSD"), [MIT]).doubt == read("BSD")
