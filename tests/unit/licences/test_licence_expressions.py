"""Expressions: a round trip, and what more alternatives and more conditions do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.licences import index
from osgate.licences.categories import CATEGORIES, WEAK, category, patent, strictness, weigh
from osgate.licences.expression import Group, Term, canonical, choose, join, parse, shown, terms
from osgate.licences.names import read
from osgate.model.fact import Unknown

TERMS = [
    *(Term(id) for id in ("MIT", "Apache-2.0", "GPL-3.0-only", "MPL-2.0", "AGPL-3.0-or-later", "BUSL-1.1", "CC0-1.0")),
    Term("GPL-2.0-only", "Classpath-exception-2.0"),
    Term("EPL-2.0", later=True),
    Term("LicenseRef-bank"),
]
expressions = st.recursive(
    st.sampled_from(TERMS),
    lambda inner: st.builds(join, st.sampled_from(("AND", "OR")), st.lists(inner, min_size=1, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(expressions)
def test_what_is_written_is_read_again(expression: Term | Group) -> None:
    assert parse(str(expression), index.licence, index.exception) == expression
    assert read(str(canonical(expression)).lower().replace("licenseref-", "LicenseRef-")) == canonical(expression)


@settings(max_examples=60, deadline=None)
@given(expressions, expressions)
def test_one_more_alternative_never_makes_it_worse_one_more_condition_never_better(
    one: Term | Group, other: Term | Group
) -> None:
    alone = weigh(one).rank
    assert weigh(join("OR", (one, other))).rank <= alone <= weigh(join("AND", (one, other))).rank
    assert set(weigh(one).terms) <= set(terms(one))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_an_expression_or_unknown(text: str) -> None:
    found = read(text)
    if isinstance(found, Unknown):
        assert found.reason.startswith("licence.")
    else:
        assert read(str(found)) == found


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["MIT", "(", ")", "OR", "AND", "WITH", "GPL-2.0", "LLVM-exception"]), max_size=15))
def test_a_heap_of_words_of_the_grammar_never_ends_in_an_error(words: list[str]) -> None:
    found = parse(" ".join(words), index.licence, index.exception)
    assert isinstance(found, Unknown) or set(terms(found))


def test_the_policy_decides_which_alternative_is_taken() -> None:
    expression = read("MIT OR Apache-2.0")
    assert not isinstance(expression, Unknown)
    assert [str(term) for term in weigh(expression).terms] == ["MIT"]
    preferred = weigh(expression, rank=lambda term, kind: term.licence == "MIT")
    assert [str(term) for term in preferred.terms] == ["Apache-2.0"]


def test_or_binds_looser_than_and() -> None:
    expression = parse("MIT OR ISC AND Zlib", index.licence, index.exception)
    assert choose(expression, lambda term: term.licence == "Zlib")[1] == (Term("MIT"),)  # type: ignore[arg-type]


def test_categories_are_told_and_can_be_overruled() -> None:
    found = {id: category(term) for id in KINDS if isinstance(term := read(id), Term)}
    assert found == KINDS
    assert category(Term("RPL-1.5"), {"RPL-1.5": WEAK}) == WEAK
    assert category(Term("LicenseRef-bank"), {"LicenseRef-bank": "permissive"}) == "permissive"
    assert category(Term("MIT"), {"MIT": "no such word"}) == "unknown"
    assert strictness("no such word") == len(CATEGORIES) - 1


KINDS = {
    "MIT": "permissive",
    "CC0-1.0": "public-domain",
    "MPL-2.0": "weak-copyleft",
    "GPL-2.0-only": "strong-copyleft",
    "GPL-2.0-only WITH Classpath-exception-2.0": "weak-copyleft",
    "GPL-2.0-only WITH LicenseRef-mine": "unknown",
    "AGPL-3.0-only": "network-copyleft",
    "AGPL-3.0-only WITH GPL-3.0-linking-exception": "network-copyleft",
    "EUPL-1.2": "network-copyleft",
    "LicenseRef-scancode-mulanpubl-2.0": "network-copyleft",
    "MulanPSL-2.0": "permissive",
    "Apache-2.0 WITH LLVM-exception": "permissive",
    "Apache-2.0 WITH LicenseRef-scancode-commons-clause": "source-available",
    "BUSL-1.1": "source-available",
    "SSPL-1.0": "source-available",
    "UNLICENSED": "proprietary",
    "LicenseRef-bank": "unknown",
}


def test_R10_5_who_grants_patents() -> None:
    told = {
        id: patent(Term(id)) for id in ("Apache-2.0", "MulanPSL-2.0", "MIT", "BSD-3-Clause", "CC0-1.0", "LicenseRef-x")
    }
    assert told == {
        "Apache-2.0": "express",
        "MulanPSL-2.0": "express",
        "MIT": "none",
        "BSD-3-Clause": "none",
        "CC0-1.0": "excluded",
        "LicenseRef-x": "unknown",
    }


def test_what_is_shown_of_a_text_is_short_and_on_one_line() -> None:
    assert shown("a\n\x1b[1mb") == "a [1mb"
    assert len(shown("x" * 1_000_000)) < 100
