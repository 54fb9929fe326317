"""Size and digest of a file: of any length, in little memory, and of nothing that is no file."""

from __future__ import annotations

import hashlib
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from osgate.cli import evidence
from osgate.errors import UsageError
from osgate.io import files


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_size_and_digest_are_those_of_the_content(tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / "f"
    path.write_bytes(data[:size])
    assert files.fingerprint(str(path)) == (size, f"sha256:{hashlib.sha256(data[:size]).hexdigest()}")
    (found,) = evidence.given({"evidence": str(path)}, "assess")
    assert found == {"name": "f", "size": size, "digest": files.fingerprint(str(path))[1]}


def test_no_more_than_a_piece_is_held_and_no_more_than_the_limit_read(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with path.open("wb") as file:
        file.truncate(32 << 20)
    tracemalloc.start()
    try:
        assert files.fingerprint(str(path), 32 << 20)[0] == 32 << 20
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    with pytest.raises(files.TooLarge):
        files.fingerprint(str(path), (32 << 20) - 1)


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe")
    return str(folder / "pipe")


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (lambda folder: "/dev/zero", "path.not-file"),
        (pipe, "path.not-file"),
        (str, "path.not-file"),
        (lambda folder: str(folder / "none"), "path.missing"),
        (lambda folder: str(folder / ("x" * 300)), "path.unreadable"),
    ],
    ids=["device", "pipe", "folder", "missing", "too-long"],
)
def test_evidence_that_is_no_file_is_refused(tmp_path: Path, place: Callable[[Path], str], code: str) -> None:
    with pytest.raises(UsageError) as error:
        evidence.given({"evidence": place(tmp_path)}, "assess")
    assert error.value.code == code


def test_evidence_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_bytes(b"123")
    monkeypatch.setattr(files.fingerprint, "__defaults__", (2,))
    with pytest.raises(UsageError) as error:
        evidence.given({"evidence": str(tmp_path / "f")}, "assess")
    assert error.value.code == "path.too-large"
