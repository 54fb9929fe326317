"""Readers are pure: every call of one in these tests runs under an audit hook that refuses I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import audit
from osgate.formats import table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from osgate.model.dependency import Dependency

    Read = Callable[..., tuple[Dependency, ...]]


@pytest.fixture
def read() -> Read:
    """Return a function (path, data, other files of the tree by path) that reads as osgate does, without any I/O."""

    def call(path: str, data: bytes, files: Mapping[str, bytes] | None = None) -> tuple[Dependency, ...]:
        with audit.no_io():
            return table.read(path, data, (files or {}).get)

    return call
