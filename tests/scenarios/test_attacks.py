"""Every attack is stopped by the rules the table names, and by no others; what is not stopped is said to be not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from osgate.purl import versioned
from scenarios import attacks
from scenarios.attacks import NPM, PYPI, SINCE, TABLE, WORKFLOW, World, ago, npm, pinned, seen, workflow

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks/attacks.py"
NOW = "2026-11-22T09:00:00Z"


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(tmp_path, getattr(request, "param", NOW))
    yield made
    made.close()


ROWS = [pytest.param(row.day, row, id=f"{row.name}: {row.change}") for row in TABLE]


@pytest.mark.parametrize(("world", "row"), ROWS, indirect=["world"])
def test_an_attack_is_stopped_by_what_the_table_says(world: World, row: attacks.Attack) -> None:
    verdict = row.play(world)
    assert verdict.introduced
    assert seen(verdict) == (row.by, row.told)
    assert verdict.outcome == ("block" if row.by else "pass")


def test_only_xz_is_not_stopped() -> None:
    assert [row.name for row in TABLE if not row.by] == ["xz"]


# The same changes without the attack pass: it is the attack that is stopped, not the change.


def test_an_ordinary_update_inside_its_approval_passes(world: World) -> None:
    world.updated("pkg:npm/axios", "vers:npm/>=1.0.0|<2.0.0", "1.14.0", "1.15.0", {"published": ago(NOW, 8)})
    verdict = world.check(NPM, npm("axios@1.14.0"), npm("axios@1.15.0"))
    assert (seen(verdict), verdict.outcome, verdict.missing) == (((), ()), "pass", ())


def test_the_same_of_python(world: World) -> None:
    world.updated("pkg:pypi/litellm", "vers:pypi/>=1.0|<2", "1.82.6", "1.82.9", {"published": ago(NOW, 8)}, pth="no")
    verdict = world.check(PYPI, pinned("litellm==1.82.6"), pinned("litellm==1.82.9"))
    assert (seen(verdict), verdict.outcome, verdict.missing) == (((), ()), "pass", ())


def test_the_digests_that_a_registry_tells_fence_no_later_version_out(world: World) -> None:
    for version, letter, days in (("1.14.0", "a", SINCE), ("1.15.0", "0", 8)):
        world.tell(versioned("pkg:npm/axios", version), ago(NOW, days), digest=f"sha512:{letter * 128}")
    world.approve("pkg:npm/axios", "vers:npm/>=1.0.0|<2.0.0", "1.14.0")
    verdict = world.check(NPM, npm("axios@1.14.0"), npm("axios@1.15.0"))
    assert (seen(verdict), verdict.outcome) == (((), ()), "pass")


def test_an_action_by_its_approved_commit_passes_and_moved_tags_do_not_touch_it(world: World) -> None:
    world.approve_action("pkg:github/aquasecurity/trivy-action")
    uses = f"aquasecurity/trivy-action@{attacks.GOOD}"
    assert world.check(WORKFLOW, workflow(f"other/action@{attacks.GOOD}"), workflow(uses)).outcome == "pass"
    assert world.check(WORKFLOW, workflow(uses), workflow(uses)).introduced == ()


def test_the_benchmark_prints_each_row_and_ends_with_one_where_one_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    benchmark = _benchmark()
    known = {row.name: row for row in TABLE}
    (reserved,) = [row for row in TABLE if row.needs]
    wrong = known["keyv, cacheable"]._replace(by=("OSG503",))
    monkeypatch.setattr(attacks, "TABLE", [known["xz"], known["chalk, debug"], wrong, reserved])
    assert benchmark.main([]) == 1
    *rows, end = capsys.readouterr().out.splitlines()
    said = {rows[at].partition("  ")[0]: (rows[at], rows[at + 1].strip()) for at in range(0, len(rows), 2)}
    assert said["xz"][1] == "-> not stopped"
    assert said["chalk, debug"][1] == "-> OSG706 too-new"
    assert ["WRONG" in said[name][0] for name in ("xz", "chalk, debug", "keyv, cacheable")] == [False, False, True]
    assert said["keyv, cacheable"][1] == "-> OSG706 too-new; expected: OSG503"
    assert said[reserved.name][1].endswith("(with an internal name in the policy)")
    assert end == "2 of 4 stopped by the default policy, 1 more by what it may say besides; 1 rows wrong"


def _benchmark() -> Any:
    spec = importlib.util.spec_from_file_location("attacks_benchmark", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
