"""One packed hook for all tests of a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from server_hook import packing


@pytest.fixture(scope="session")
def packed_hook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packed pre-receive hook for plain git, its snapshot expected in the folder beside it."""
    path = tmp_path_factory.mktemp("packed") / "hooks" / "pre-receive"
    path.parent.mkdir()
    path.write_bytes(packing.files()["hooks/pre-receive"].data)
    path.chmod(0o755)
    return path
