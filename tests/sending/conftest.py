"""A house for what is told: the same as in tests/flow."""

from __future__ import annotations

from flow.conftest import house, open_house

__all__ = ["house", "open_house"]
