"""The pages on licences say what is so: their policy is valid, their table is the default, their output is printed."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from osgate.cli import explain_facts
from osgate.licences.categories import CATEGORIES
from osgate.model.dependency import Dependency
from osgate.model.fact import Fact, Facts
from osgate.model.fact_policy import ALLOW, DENY, LICENCES, REVIEW
from osgate.model.finding import SLUGS
from osgate.model.policy import Project
from osgate.policy.default import default_policy
from osgate.policy.valid import validate
from osgate.testing.policies import policy_files
from osgate.text.translator import Translator

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"en": "licences.md", "zh_CN": "licences.zh-CN.md"}
WORDS = {
    "en": {"allow": ALLOW, "review": REVIEW, "deny": DENY},
    "zh_CN": {"可引入": ALLOW, "审查": REVIEW, "不允许": DENY},
}
PURL = "pkg:npm/left-pad@1.3.0"


def page(locale: str) -> str:
    return (DOCS / PAGES[locale]).read_text("utf-8")


@pytest.mark.parametrize("locale", PAGES)
def test_the_policy_file_is_valid_and_means_something(locale: str) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", page(locale), re.DOTALL)
    found = validate({**policy_files(), "policy/licences.toml": block.encode()}, SLUGS).policy.facts
    assert found.licence_ids == {"MulanPSL-2.0": ALLOW, "SSPL-1.0": DENY}
    assert found.licence_names == {"Bank Shared Source 1.0": "LicenseRef-Bank-1.0"}
    assert [(pair.one, pair.verdict) for pair in found.licence_pairs] == [("Apache-2.0", "conflict")]
    assert [use.linked for use in found.licence_uses] == [False]


@pytest.mark.parametrize("locale", PAGES)
def test_the_table_is_the_default(locale: str) -> None:
    told = [[WORDS[locale][cell] for cell in cells] for cells in _cells(page(locale), WORDS[locale])]
    kinds = [kind for kind in CATEGORIES if kind not in ("permissive", "unknown")]
    default = [[LICENCES[reach][kind] for reach in ("internal", "service", "external")] for kind in kinds]
    assert told == [*default, [REVIEW] * 3]
    assert LICENCES["external"]["permissive"] == LICENCES["external"]["public-domain"]


@pytest.mark.parametrize("locale", PAGES)
def test_the_institutions_own_word_is_valid(locale: str) -> None:
    (block,) = re.findall(r"```text\n( +\[\[fact\]\]\n.*?)```", page(locale), re.DOTALL)
    files = {**policy_files(), "policy/facts.toml": textwrap.dedent(block).encode()}
    (word,) = validate(files, SLUGS).policy.facts.overrides
    assert (word.purl, word.name, word.value) == ("pkg:pypi/some-tool", "licence", "BSD-3-Clause")


def _cells(text: str, words: dict[str, str]) -> list[list[str]]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row[1:] for row in rows if len(row) == 4 and set(row[1:]) <= set(words)]


class _Store:
    """A store that knows one licence."""

    def overridden(self, *_: object) -> _Store:
        return self

    def of(self, dependency: Dependency, version: str) -> Facts:
        told = Fact(PURL, "licence", "MPL-2.0", "packages.example.com (npm)", "2026-11-20", first_seen="2026-03-01")
        return Facts(PURL, dependency.component, (told,))


@pytest.mark.parametrize("locale", PAGES)
def test_what_explain_is_said_to_print_it_prints(locale: str) -> None:
    here = Dependency("pkg:npm/left-pad", "1.3.0", PURL, "")
    project = Project("a/b")
    policy = default_policy(SLUGS)
    lines = explain_facts.lines(_Store(), here, policy, project, "2026-11-21", Translator(locale))  # type: ignore[arg-type]
    printed = "\n".join(lines)
    (block,) = re.findall(r"```text\n\$ osgate explain .*?\n(.*?)```", page(locale), re.DOTALL)
    for line in block.splitlines():
        assert line.removesuffix("...") in printed, line


def test_both_pages_name_the_same_rules_and_keys() -> None:
    def named(text: str) -> list[str]:
        return re.findall(r"OSG\d{3}|`\[+[a-z_.]+\]+`|`--[a-z]+", re.sub(r"(?<=OSG\d{3}\.)\w+", "", text))

    assert sorted(set(named(page("en")))) == sorted(set(named(page("zh_CN"))))
