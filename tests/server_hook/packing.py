"""A hook packed once for all tests of a run: for plain git, with its snapshot in the folder beside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from osgate.ledger import lock as locks
from osgate.ledger.lock import Lock
from osgate.model.policy import Key
from osgate.server_hook import archive, pack, settings
from osgate.server_hook.pack import File
from osgate.testing.keys import SigningKey

PYTHON = sys.executable
DESK = SigningKey("desk").public
# What Gitaly and the others leave of an environment: no PYTHON*, no LANG.
BARE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}


def lock_json(public: str, *addresses: str, serial: int = 0) -> dict[str, Any]:
    """A trust root as the settings hold it."""
    return dict(json.loads(locks.printed(Lock(addresses, (Key(public),), (), serial))))


def told(public: str, **changed: Any) -> dict[str, Any]:
    """The settings of a hook for plain git, as JSON values."""
    return {"platform": "git", "snapshot": "snapshot", "lock": lock_json(public), "language": "zh_CN+en", **changed}


@cache
def files() -> dict[str, File]:
    """What is packed for plain git; it takes a second or two, so it is done once."""
    return {file.path: file for file in pack.packed(told(DESK), PYTHON)}


def changed(packed: Path, target: Path, **entries: bytes | None) -> Path:
    """A copy of a packed file with entries changed or (None) left out, named with `__` for `/` and `_dot_` for `.`."""
    names = {name.replace("_dot_", ".").replace("__", "/"): data for name, data in entries.items()}
    with zipfile.ZipFile(packed) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    for name, data in names.items():
        kept.pop(f"{name}c", None)
        kept.pop(name, None)
        if data is not None:
            kept[name] = data
    with packed.open("rb") as file:
        first = file.readline().decode()[2:-1]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(archive.zipped(first, kept))
    target.chmod(0o755)
    return target


def with_settings(packed: Path, target: Path, values: Mapping[str, Any]) -> Path:
    """A copy of a packed file with other settings."""
    whole = {"schema": settings.SCHEMA, "hook": "pre-receive", **values}
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(packed, target)
    with zipfile.ZipFile(packed) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    with packed.open("rb") as file:
        first = file.readline().decode()[2:-1]
    target.write_bytes(archive.zipped(first, {**kept, settings.FILE: json.dumps(whole).encode()}))
    target.chmod(0o755)
    return target


def run(*argv: str | os.PathLike[str], at: Path, env: Mapping[str, str] = BARE) -> subprocess.CompletedProcess[bytes]:
    """Run something with an environment of its own and nothing to read; never raises."""
    return subprocess.run(argv, cwd=at, env=dict(env), input=b"", capture_output=True, check=False, timeout=60)
