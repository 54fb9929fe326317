"""A stage for every adapter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forges.stages import STAGES, Stage, Wired


@pytest.fixture(params=sorted(STAGES))
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Each adapter in turn, before a forge of its own."""
    with STAGES[request.param]() as made:
        yield made


@pytest.fixture(params=sorted(set(STAGES) - {"memory"}))
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    """Each adapter with a network to its forge."""
    with STAGES[request.param]() as made:
        yield made  # type: ignore[misc]
