"""What counts of what is told of a licence, and what a policy makes of it in each way of use."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import UsageError
from osgate.licences import index, reading
from osgate.licences.expression import Group, Term, join
from osgate.licences.use import DISTRIBUTED, INTERNAL, REACHES, SERVICE, Use
from osgate.model.fact import Fact, Facts, Unknown
from osgate.model.fact_policy import ALLOW, DEFAULT, DENY, LICENCE_OUTCOMES, REVIEW, FactPolicy, LicenceUse
from osgate.model.policy import Project
from osgate.model.record import replace
from osgate.policy.licence_use import APART, use_of

PURL, COMPONENT = "pkg:npm/left-pad@1.3.0", "pkg:npm/left-pad"
IDS = (
    *("MIT", "Apache-2.0", "LGPL-2.1-only", "GPL-3.0-only", "AGPL-3.0-only", "BUSL-1.1", "MulanPSL-2.0", "CC0-1.0"),
    *("LicenseRef-Unheard-Of", "MPL-2.0"),
)
TERMS = st.sampled_from([Term(id) for id in IDS])
EXPRESSIONS = st.recursive(
    TERMS,
    lambda parts: st.builds(join, st.sampled_from(("AND", "OR")), st.lists(parts, min_size=1, max_size=4)),
    max_leaves=12,
)
PROPERTY = settings(max_examples=60, deadline=None)


def told(*facts: tuple[str, str | Unknown], own: dict[str, str] | None = None) -> reading.Licence:
    """What counts of facts given as (name, value)."""
    made = [Fact(PURL, name, value, "packages.example.com (npm)", "2026-11-20") for name, value in facts]
    return reading.told(Facts(PURL, COMPONENT, tuple(made)), own or {})


def outcome(text: str, reach: str = DISTRIBUTED, policy: FactPolicy = DEFAULT) -> reading.Outcome:
    """What a policy makes of an expression written as text."""
    meant = reading.read(text, policy.licence_names)
    assert isinstance(meant, Term | Group), meant
    return reading.outcome(meant, policy, reach)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ([("licence", "MIT"), ("licence-declared", "GPL-3.0-only")], "MIT"),
        ([("licence", Unknown("timeout")), ("licence-declared", "Apache 2.0")], "Apache-2.0"),
        ([("licence", Unknown("licence.name")), ("licence-declared", "木兰宽松许可证，第2版")], "MulanPSL-2.0"),
        ([("licence-declared", "SEE LICENSE IN X"), ("licence-text", "Elastic-2.0")], "Elastic-2.0"),
        ([("licence", Unknown("licence.in-file")), ("licence-text", "MIT")], "MIT"),
    ],
)
def test_what_counts(facts: list[tuple[str, str | Unknown]], wanted: str) -> None:
    assert str(told(*facts).meant) == wanted


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ([], "licence.untold"),
        ([("licence", "")], "licence.empty"),
        ([("licence", ""), ("licence-declared", "MIT")], "licence.empty"),
        ([("licence", Unknown("not-served"))], "not-served"),
        ([("licence", Unknown("licence.contradiction")), ("licence-declared", "MIT")], "licence.contradiction"),
        ([("licence", Unknown("licence.several")), ("licence-declared", "MIT")], "licence.several"),
        ([("licence-declared", "BSD"), ("licence-text", "MIT")], "licence.ambiguous"),
        (
            [("licence-declared", "SEE LICENSE IN X"), ("licence-text", Unknown("licence-text.nothing"))],
            "licence.in-file",
        ),
        ([("licence-declared", "SEE LICENSE IN X"), ("licence-text", "")], "licence.in-file"),
    ],
)
def test_R10_1_what_nobody_can_tell_stays_unknown(facts: list[tuple[str, str | Unknown]], reason: str) -> None:
    meant = told(*facts).meant
    assert isinstance(meant, Unknown)
    assert meant.reason == reason


def test_the_institution_says_what_a_name_of_its_own_means() -> None:
    assert isinstance(told(("licence-declared", "Bank Public Licence")).meant, Unknown)
    assert told(("licence-declared", "Bank Public Licence"), own={"Bank Public Licence": "MIT"}).meant == Term("MIT")


@pytest.mark.parametrize(
    ("text", "reach", "wanted"),
    [
        ("MIT", DISTRIBUTED, ALLOW),
        ("MulanPSL-2.0", DISTRIBUTED, ALLOW),
        ("GPL-3.0-only", DISTRIBUTED, DENY),
        ("GPL-3.0-only", SERVICE, REVIEW),
        ("GPL-3.0-only", INTERNAL, REVIEW),
        ("AGPL-3.0-only", SERVICE, DENY),
        ("GPL-3.0-only OR MIT", DISTRIBUTED, ALLOW),
        ("GPL-3.0-only AND MIT", DISTRIBUTED, DENY),
        ("GPL-2.0-only WITH Classpath-exception-2.0", DISTRIBUTED, REVIEW),
        ("LicenseRef-Unheard-Of", INTERNAL, REVIEW),
        ("LicenseRef-Unheard-Of OR MIT", DISTRIBUTED, ALLOW),
        ("LicenseRef-Unheard-Of AND MIT", DISTRIBUTED, REVIEW),
    ],
)
def test_R10_1_expressions_get_a_decision(text: str, reach: str, wanted: str) -> None:
    assert outcome(text, reach).outcome == wanted


def test_a_rule_for_one_licence_comes_before_its_category() -> None:
    policy = replace(DEFAULT, licence_ids={"GPL-3.0-only": ALLOW, "MIT": DENY})
    assert [outcome(id, policy=policy).outcome for id in ("GPL-3.0-only", "MIT", "ISC")] == [ALLOW, DENY, ALLOW]
    assert outcome("MIT", policy=policy).because == "id"
    loosened = outcome("GPL-3.0-only WITH GCC-exception-3.1", policy=policy)
    assert loosened.because == "category", "what lets the bare licence in says nothing of one with an exception"


def test_R10_5_a_licence_without_a_patent_grant_is_looked_at_where_the_policy_says_so() -> None:
    policy = replace(DEFAULT, patent_review=True)
    assert (outcome("MIT", policy=policy).outcome, outcome("MIT", policy=policy).because) == (REVIEW, "patent")
    assert outcome("Apache-2.0", policy=policy).outcome == ALLOW
    assert str(outcome("MIT OR Apache-2.0", policy=policy).term) == "Apache-2.0"
    assert outcome("GPL-3.0-only", policy=policy).outcome == DENY


@PROPERTY
@given(EXPRESSIONS, TERMS, st.sampled_from(REACHES))
def test_an_alternative_never_makes_it_worse_and_a_condition_never_better(
    expression: Any, term: Term, reach: str
) -> None:
    def rank(one: Any) -> int:
        return LICENCE_OUTCOMES.index(reading.outcome(one, DEFAULT, reach).outcome)

    assert rank(join("OR", (expression, term))) <= rank(expression) <= rank(join("AND", (expression, term)))


@PROPERTY
@given(st.text(max_size=400), st.sampled_from(["licence", "licence-declared"]))
def test_no_text_passes_by_being_odd(text: str, name: str) -> None:
    found = told((name, text)).meant
    if not isinstance(found, Unknown):
        said = reading.outcome(found, DEFAULT, DISTRIBUTED)
        assert said.outcome != ALLOW or all(index.entry(term.licence) is not None for term in said.kept), (
            "only licences that the index knows come in"
        )


@pytest.mark.parametrize(
    "text", ["MIT OR " * 200_000, "(" * 100_000, "x" * 1_000_000, "MIT AND (" * 30 + "MIT" + ")" * 30, "\0\ud800 MIT"]
)
def test_texts_that_blow_up_are_unknown(text: str) -> None:
    assert isinstance(told(("licence", text)).meant, Unknown)


def test_without_the_libraries_nothing_is_read_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(id: str) -> Term | None:
        raise UsageError("licences.extra", library="license-expression")

    monkeypatch.setattr(index, "licence", missing)
    reading.able.cache_clear()
    try:
        assert not reading.able()
        assert told(("licence", "MIT")).meant == reading.NO_LIBRARIES
    finally:
        reading.able.cache_clear()


@pytest.mark.parametrize(
    ("distribution", "scope", "wanted"),
    [
        ("internal", "runtime", Use(INTERNAL)),
        ("service", "runtime", Use(SERVICE)),
        ("external", "runtime", Use(DISTRIBUTED)),
        ("", "runtime", Use(DISTRIBUTED)),
        ("external", "image", Use(DISTRIBUTED)),
        *(("external", scope, Use(INTERNAL, linked=False)) for scope in APART),
    ],
)
def test_how_far_a_component_goes(distribution: str, scope: str, wanted: Use) -> None:
    assert use_of(COMPONENT, scope, Project("a/b", distribution=distribution), DEFAULT) == wanted


def test_the_policy_says_what_is_changed_or_runs_by_itself_in_one_project_or_all() -> None:
    uses = (
        LicenceUse("pkg:npm/left-*", linked=False),
        LicenceUse(COMPONENT, modified=True, projects=("a/b",)),
    )
    policy = replace(DEFAULT, licence_uses=uses)
    assert use_of(COMPONENT, "runtime", Project("a/b"), policy) == Use(DISTRIBUTED, modified=True)
    assert use_of(COMPONENT, "runtime", Project("c/d"), policy) == Use(DISTRIBUTED, linked=False)
    assert use_of("pkg:npm/other", "runtime", Project("a/b"), policy) == Use(DISTRIBUTED)


def test_what_is_owed_leaves_out_what_nobody_has_to_do() -> None:
    assert reading.owed([Term("Apache-2.0")], Use(INTERNAL), DEFAULT) == ()
    assert reading.owed([Term("MIT")], Use(DISTRIBUTED), DEFAULT) == ("attribution", "licence-text")
    assert "no-production" in reading.owed([Term("BUSL-1.1")], Use(INTERNAL), DEFAULT)
