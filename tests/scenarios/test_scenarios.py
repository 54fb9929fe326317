"""Scenarios A to N: what the peer gets wrong on pull requests, osgate gets right. Run by `osgate`, at a fake GitHub."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scenarios import rows
from scenarios.bank import Bank, borrowed, here

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks/github_gate.py"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    made = Bank(tmp_path_factory.mktemp("bank"), here, borrowed)
    try:
        yield made
    finally:
        made.fake.close()
    assert made.fake.violations == []


@pytest.mark.parametrize("row", rows.TABLE, ids=lambda row: row.id)
def test_X01_every_scenario_ends_as_it_must(bank: Bank, row: rows.Row) -> None:
    outcome = rows.played(row, bank)
    assert outcome.right, outcome.wrong


def test_the_table_is_whole() -> None:
    assert " ".join(row.id for row in rows.TABLE) == "A B C C2 C' D D2 E F G H I J K L M N"


def test_the_benchmark_says_which_row_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(bank: Any) -> Iterator[rows.Seen]:
        yield "exit 1", True
        raise RuntimeError("no such branch")

    benchmark = _benchmark()
    row = rows.Row("X", "rc 0", "block", "", broken)
    nothing = rows.Row("Y", "rc 0", "block", "", lambda bank: iter(()))
    fine = rows.Row("Z", "rc 0", "block", "", lambda bank: iter([("exit 1", True)]))
    said = [rows.played(one, Any) for one in (row, nothing, fine)]
    assert benchmark.table(said) == 2
    lines = capsys.readouterr().out.splitlines()
    assert any("WRONG: RuntimeError: no such branch" in line for line in lines)
    verdicts = {line[0]: line.split()[-1] for line in lines if line[:1] in ("X", "Y", "Z")}
    assert verdicts == {"X": "WRONG", "Y": "WRONG", "Z": "right"}


def _benchmark() -> Any:
    spec = importlib.util.spec_from_file_location("github_gate", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
