"""Which licences of one manifest do not go together, as the dependency that comes in sees it."""

from __future__ import annotations

from typing import Any

from osgate.licence_clashes import clashes
from osgate.model.decision import Judgement
from osgate.model.dependency import Dependency
from osgate.model.fact import Fact, Facts
from osgate.model.fact_policy import DEFAULT, FactPolicy, LicencePair
from osgate.model.policy import Project
from osgate.model.record import replace
from osgate.rules.case import Case
from rules import making


def found(
    coming: dict[str, str],
    held: dict[str, str],
    *,
    licence: str = "",
    distribution: str = "external",
    policy: FactPolicy = DEFAULT,
    **fields: Any,
) -> dict[str, list[tuple[str, str, str, str]]]:
    """Purl of what comes in -> its pairs as (own licence, other, its licence, verdict). coming, held: purl -> licence;
    fields: of the dependencies that come in."""
    licences = {**coming, **held}
    listed = [making.introduced(purl).dependency for purl in held]
    items = [making.introduced(purl, **fields) for purl in coming]
    cases = [Case(item, Judgement("unapproved"), (), making.policy()) for item in items]

    def facts(dependency: Dependency, version: str) -> Facts:
        fact = Fact(dependency.purl, "licence", licences[dependency.purl], "packages.example.com", "2026-11-20")
        return Facts(dependency.purl, dependency.component, (fact,))

    project = Project("a/b", distribution=distribution, licence=licence)
    pairs = clashes(cases, lambda path: [*listed, *(item.dependency for item in items)], facts, policy, project)
    return {
        purl: [(c.one_licence, c.other, c.other_licence, c.verdict.verdict) for c in clash]
        for (purl, _), clash in pairs.items()
    }


APACHE = {"pkg:npm/a@1.0.0": "Apache-2.0"}
GPL = {"pkg:npm/g@1.0.0": "GPL-2.0-only"}
PAIR = ("Apache-2.0", "pkg:npm/g@1.0.0", "GPL-2.0-only", "conflict")


def test_R10_2_the_pair_is_named_from_the_side_that_comes_in() -> None:
    assert found(APACHE, GPL) == {"pkg:npm/a@1.0.0": [PAIR]}
    assert found(GPL, APACHE) == {"pkg:npm/g@1.0.0": [("GPL-2.0-only", "pkg:npm/a@1.0.0", "Apache-2.0", "conflict")]}


def test_both_sides_are_told_where_both_come_in() -> None:
    said = found({**APACHE, **GPL}, {})
    assert said["pkg:npm/a@1.0.0"] == [PAIR]
    assert said["pkg:npm/g@1.0.0"] == [("GPL-2.0-only", "pkg:npm/a@1.0.0", "Apache-2.0", "conflict")]


def test_each_of_several_under_one_licence_is_told() -> None:
    said = found({**APACHE, "pkg:npm/b@1.0.0": "Apache-2.0"}, GPL)
    assert said == {"pkg:npm/a@1.0.0": [PAIR], "pkg:npm/b@1.0.0": [PAIR]}


def test_what_was_there_before_is_told_to_nobody() -> None:
    assert found({"pkg:npm/m@1.0.0": "MIT"}, {**APACHE, **GPL}) == {}


def test_nothing_clashes_where_nothing_is_given_out_or_the_other_only_tests() -> None:
    assert found(APACHE, GPL, distribution="internal") == {}
    assert found(APACHE, GPL, scope="test") == {}
    forbidden = replace(DEFAULT, licence_pairs=(LicencePair("apache-2.0", "GPL-2.0-only", "conflict", "counsel"),))
    assert found(APACHE, GPL, distribution="internal", policy=forbidden) == {"pkg:npm/a@1.0.0": [PAIR]}


def test_the_worst_pair_comes_first() -> None:
    policy = replace(DEFAULT, licence_pairs=(LicencePair("Apache-2.0", "MIT", "depends", "counsel"),))
    said = found(APACHE, {"pkg:npm/m@1.0.0": "MIT", **GPL}, policy=policy)["pkg:npm/a@1.0.0"]
    assert [verdict for *_, verdict in said] == ["conflict", "depends"]


def test_the_own_licence_of_the_work() -> None:
    own = ("Apache-2.0", "", "GPL-2.0-only", "conflict")
    assert found(APACHE, {}, licence="GPL-2.0-only") == {"pkg:npm/a@1.0.0": [own]}
    assert found(APACHE, {}, licence="GPL-3.0-only OR GPL-2.0-only") == {}, "who receives it may choose"
    assert found(APACHE, {}, licence="GPL-3.0-only AND GPL-2.0-only") == {"pkg:npm/a@1.0.0": [own]}
    assert found(APACHE, {}, licence="no licence of this world") == {}


def test_a_choice_takes_the_part_that_goes_with_the_others() -> None:
    assert found({"pkg:npm/a@1.0.0": "Apache-2.0 OR MIT"}, {}, licence="GPL-2.0-only") == {}


def test_ten_thousand_packages_are_compared_by_their_licences() -> None:
    ids = ("MIT", "ISC", "BSD-3-Clause", "MPL-2.0", "LGPL-2.1-only")
    held = {f"pkg:npm/p{n}@1.0.0": ids[n % len(ids)] for n in range(10_000)}
    assert found(APACHE, {**held, **GPL}) == {"pkg:npm/a@1.0.0": [PAIR]}


def test_more_licences_than_can_be_compared_are_unknown_and_not_silent() -> None:
    held = {f"pkg:npm/p{n}@1.0.0": f"LicenseRef-{n}" for n in range(600)}
    assert found(APACHE, held) == {"pkg:npm/a@1.0.0": [("", "", "", "unknown")]}


def test_licences_that_nobody_can_tell_are_left_to_another_rule() -> None:
    assert found({"pkg:npm/a@1.0.0": "no licence of this world"}, GPL) == {}
    assert found({"pkg:npm/a@1.0.0": "LicenseRef-Unheard-Of"}, GPL) == {}
