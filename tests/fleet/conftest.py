"""What the tests of fleets share."""

from __future__ import annotations

import pytest

from osgate.forges.github.session import Session


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client keeps changes a second apart; tests of the client see to that, here nobody waits for it."""
    monkeypatch.setattr(Session, "_keep_apart", lambda self, verb, asks: None)
