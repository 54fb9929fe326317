"""The page on facts shows every key of the policy about them, and its cases hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from osgate import policy_cases
from osgate.policy import fact_shapes, schema
from osgate.policy.shape import Field, complaints
from rules import making

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/facts.md", "docs/facts.zh-CN.md")
CASES = ("docs/policy-repository.md", "docs/policy-repository.zh-CN.md")
# Tables that have a page of their own.
LICENCES = {"licence", "licence_pair", "licence_use"}
NAME = "policy/facts.toml"


def blocks(page: str, kind: str) -> list[str]:
    """The fenced blocks of one kind."""
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def keys_of(shape: object) -> set[str]:
    """All keys that a shape names, at any depth."""
    if isinstance(shape, Field):
        return keys_of(shape.of) if shape.of is not None else set()
    assert isinstance(shape, dict)
    return set(shape).union(*(keys_of(inner) for inner in shape.values()))


def keys_in(value: object) -> set[str]:
    """All keys that TOML data uses, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_in, value.values()))
    return set().union(*map(keys_in, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("page", PAGES)
def test_the_policy_of_facts_is_valid_and_shows_every_key(page: str) -> None:
    (text,) = blocks(page, "toml")
    assert text.startswith(f"# {NAME}\n")
    data, shape = tomllib.loads(text), schema.shape_of(NAME)
    assert shape is not None
    assert list(complaints(data, shape)) == []
    tables = fact_shapes.shapes(lambda text: None, lambda text: None)
    wanted = keys_of({name: field for name, field in tables.items() if name not in LICENCES})
    assert wanted - keys_in(data) == set()


def test_both_pages_show_the_same_policy_and_commands() -> None:
    said = [
        [re.sub(r" *#.*|reason = .*", "", text) for kind in ("toml", "sh") for text in blocks(p, kind)] for p in PAGES
    ]
    assert said[0] == said[1]
    assert len(said[0]) == 4


@pytest.mark.parametrize("page", CASES)
def test_the_cases_about_facts_hold_under_the_default_policy(page: str) -> None:
    (text,) = [block for block in blocks(page, "text") if "advisories = [" in block]
    answers = list(policy_cases.run({"cases/facts.toml": text.encode()}, making.policy(), making.TODAY))
    assert [answer.holds for answer in answers] == [True]
