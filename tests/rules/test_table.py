"""The table's cheap look before a rule is loaded hides nothing that the rule itself would say."""

from __future__ import annotations

from importlib import import_module

import pytest
from hypothesis import given, settings

from osgate import decide
from osgate.model.finding import SLUGS
from osgate.model.policy import Project
from osgate.rules.table import DEPENDENCY_RULES, FILE_RULES
from rules import making, strategies


@settings(max_examples=100)
@given(strategies.introduced(), strategies.views())
def test_every_rule_of_dependencies_says_the_same_without_the_table(item, view) -> None:
    law = decide.Law(view, making.policy(), Project("x", environments=("prod",)), making.TODAY, "enforce-new", {})
    case = decide._case(item, law)
    for rule in DEPENDENCY_RULES:
        assert rule.check(case) == import_module(f"osgate.rules.{rule.module}").check(case)


PROBLEMS = [
    ("content", "truncated", False, "OSG301"),
    ("content", "duplicate-key", True, "OSG302"),
    ("step", "out-of-step", False, "OSG303"),
    ("lock", "lock-deleted", False, "OSG304"),
    ("own", "removed", False, "OSG401"),
    ("baseline", "unused", False, "OSG402"),
    ("baseline", "expired", False, "OSG403"),
]


@pytest.mark.parametrize(("about", "reason", "ambiguous", "wanted"), PROBLEMS)
def test_every_problem_of_a_file_has_exactly_one_rule(about: str, reason: str, ambiguous: bool, wanted: str) -> None:
    problem = making.problem(reason=reason, ambiguous=ambiguous, about=about)
    assert [rule.id for rule in FILE_RULES if rule.check(problem) is not None] == [wanted]


def test_every_rule_has_its_row_and_only_ledger_rules_need_the_ledger() -> None:
    assert {rule.id for rule in (*DEPENDENCY_RULES, *FILE_RULES)} == set(SLUGS)
    assert {rule.id for rule in DEPENDENCY_RULES if rule.ledger} == {id for id in SLUGS if id < "OSG2"}
