"""A house for what is told: the same as in tests/flow."""

from __future__ import annotations

from flow.conftest import beginning, begun, house, open_house

__all__ = ["beginning", "begun", "house", "open_house"]
