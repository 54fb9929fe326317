"""A house for each test of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from flow.house import House, patched


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """An institution whose desk has not run yet."""
    return patched(monkeypatch, House(tmp_path / "house"))


@pytest.fixture
def open_house(house: House) -> House:
    """The same after the desk's first run."""
    assert house.run().serial == 1
    return house
