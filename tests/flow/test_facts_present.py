"""The same change, judged with facts at hand, without any, and from a mirror that drops them: what blocks it.

The lock of 120 packages and what registries tell of them are those of `benchmarks/fact_noise.py`, which prints the
noise; half of the packages was approved by people, through the desk.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cli.kit import git
from flow.house import House
from osgate.rules.table import ADVISORY_RULES, FACT_RULES

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks/fact_noise.py"
COUNT = 120
HALF = COUNT // 2
# Rules that are not evaluated beside a store without an index of advisories.
NO_INDEX = set(ADVISORY_RULES)


@pytest.fixture(scope="module")
def noise() -> Any:
    """The benchmark as a module; it finds the others beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARK.parent))
        spec = importlib.util.spec_from_file_location("fact_noise", BENCHMARK)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


class Judged(NamedTuple):
    """A verdict in brief. code: of the exit; by_rule: the packages each rule complains of."""

    code: int
    by_rule: dict[str, set[str]]
    not_evaluated: set[str]

    @property
    def told(self) -> set[str]:
        """Every package that anything is said of."""
        return set().union(*self.by_rule.values())


def check(house: House, path: Path, *more: str) -> Judged:
    """`osgate check --staged`, as machines read it."""
    assert house.osgate("sync", at=path).code == 0
    said = house.osgate("check", "--staged", "--format", "json", *more, at=path)
    verdict = json.loads(said.out)
    assert len(verdict["introduced"]) in (HALF, COUNT)
    by_rule: dict[str, set[str]] = {}
    for finding in verdict["findings"]:
        by_rule.setdefault(finding["rule"], set()).add(finding["purl"])
    return Judged(said.code, by_rule, set(verdict["not_evaluated"]))


def staged(house: House, noise: Any, name: str, count: int) -> Path:
    """An application whose staged change brings in the first `count` packages, and nothing else."""
    path = house.application(name)
    git(path, "rm", "--quiet", "-r", "--cached", "--ignore-unmatch", ".")
    git(path, "read-tree", "HEAD")
    (path / "package.json").write_bytes(noise.manifest(count))
    (path / "package-lock.json").write_bytes(noise.lock(count))
    git(path, "add", "package.json", "package-lock.json")
    return path


@pytest.fixture
def half_approved(begun: Callable[[Any], Any], noise: Any) -> tuple[House, Path, Path]:
    """A house in which people approved the first half; applications that bring in that half, and all of it."""

    def begin(house: House) -> tuple[Path, Path]:
        assert house.run().serial == 1
        half = staged(house, noise, "payments-app", HALF)
        id = house.made("wang.wu", "request", "--staged", "--reason", "needed", at=half)
        assert house.desk().code == 0
        house.both_answer("approve", id)
        return half, staged(house, noise, "reports-app", COUNT)

    house, (half, whole) = begun(begin)
    return house, half, whole


def test_facts_present_absent_and_dropped(half_approved: tuple[House, Path, Path], noise: Any, tmp_path: Path) -> None:
    house, half, whole = half_approved
    found = noise.dependencies(COUNT)
    strange = {one.purl for one in found[HALF:]}
    stores = {}
    for kind in ("present", "faulty", "dropped"):
        folder = tmp_path / kind
        folder.mkdir()
        stores[kind] = ("--facts", str(noise.filled(folder, kind, found)))

    absent = check(house, whole)
    assert absent == (1, {"OSG101": strange}, set(FACT_RULES)), "without a store everything is as it was"
    assert check(house, half) == (0, {}, set(FACT_RULES))

    assert check(house, whole, *stores["present"]) == (1, {"OSG101": strange}, NO_INDEX), "decent facts add nothing"
    assert check(house, half, *stores["present"]) == (0, {}, NO_INDEX)

    faulty = check(house, half, *stores["faulty"])
    assert faulty.code == 1, "what facts deny is denied though people approved it before"
    assert faulty.told == {one.purl for one in found[1:4]}
    assert {found[1].purl} == faulty.by_rule["OSG701"]
    assert {found[2].purl} == faulty.by_rule["OSG702"]
    assert {found[3].purl} == faulty.by_rule["OSG601"]

    dropped = check(house, whole, *stores["dropped"])
    assert dropped == (1, {"OSG101": strange, "OSG603": strange}, NO_INDEX), "nothing else blocks for want of a field"
    assert check(house, half, *stores["dropped"]) == (0, {}, NO_INDEX)


def test_an_unknown_licence_never_passes_by_a_pre_approval(noise: Any, tmp_path: Path) -> None:
    outcomes = {}
    for kind in ("absent", "present", "dropped"):
        (tmp_path / kind).mkdir()
        verdict = noise.judged(tmp_path / kind, kind, 20, in_advance="pkg:npm/package-*")
        outcomes[kind] = (verdict.outcome, {finding.rule for finding in verdict.findings}, len(verdict.findings))
    assert outcomes == {
        "absent": ("pass", set(), 0),
        "present": ("pass", set(), 0),
        "dropped": ("block", {"OSG603"}, 10),
    }
