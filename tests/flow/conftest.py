"""A house for each test of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flow.house import House, Story, patched
from flow.tampering import Audited
from osgate.testing.clock import Clock

Begin = Callable[[House], object]


class Beginning:
    """A house as a story begins in it, built once and put back for each test, at the same place: its policy names it.

    begin: what happens in a new house before the story; told: what it returned.
    """

    def __init__(self, root: Path, begin: Begin) -> None:
        self._house, self._kept = House(root / "house"), root / "kept"
        with pytest.MonkeyPatch.context() as patch:
            self.told = begin(patched(patch, self._house))
        shutil.rmtree(self._house.root / "tmp")
        shutil.copytree(self._house.root, self._kept, symlinks=True)

    def again(self) -> House:
        """The house, with nothing in it of what an earlier test did."""
        shutil.rmtree(self._house.root)
        shutil.copytree(self._kept, self._house.root, symlinks=True)
        house = copy(self._house)
        house.clock, house.policy = Clock(house.clock.now), dict(house.policy)
        return house


@pytest.fixture(scope="session")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Begin], Beginning]:
    """The beginning that a function makes; built when it is first asked for."""
    return cache(lambda begin: Beginning(tmp_path_factory.mktemp("beginning"), begin))


@pytest.fixture
def begun(beginning: Callable[[Begin], Beginning], monkeypatch: pytest.MonkeyPatch) -> Callable[[Begin], Any]:
    """A house in the beginning that a function makes: called with it, returns (house, what the function returned)."""

    def found(begin: Begin) -> tuple[House, Any]:
        known = beginning(begin)
        return patched(monkeypatch, known.again()), known.told

    return found


def new(house: House) -> None:
    """Nothing has happened yet."""


def opened(house: House) -> None:
    """The desk has run once."""
    assert house.run().serial == 1


def requested(house: House) -> tuple[Path, str]:
    """An application's change was asked for; see House.requested."""
    opened(house)
    return house.requested()


def approved(house: House) -> tuple[Path, str]:
    """And approved; see House.approved."""
    opened(house)
    return house.approved()


@pytest.fixture
def house(begun: Callable[[Begin], Any]) -> House:
    """An institution whose desk has not run yet."""
    return begun(new)[0]


@pytest.fixture
def open_house(begun: Callable[[Begin], Any]) -> House:
    """The same after the desk's first run."""
    return begun(opened)[0]


@pytest.fixture
def audited(begun: Callable[[Begin], Any]) -> Audited:
    """A ledger of one's own."""
    found, told = begun(Audited)
    return told.of(found)


@pytest.fixture
def requested_house(begun: Callable[[Begin], Any]) -> Story:
    """The same with an application whose change was asked for, and the request sealed."""
    found, told = begun(requested)
    return found, *told


@pytest.fixture
def approved_house(begun: Callable[[Begin], Any]) -> Story:
    """The same, approved by both roles."""
    found, told = begun(approved)
    return found, *told
