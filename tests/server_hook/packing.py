"""A hook packed once for all tests of a run: for plain git, with its snapshot in the folder beside it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import osgate
from osgate.ledger import lock as locks
from osgate.ledger.lock import Lock
from osgate.model.policy import Key
from osgate.server_hook import archive, hot, pack, prelude, settings
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
    """What is packed for plain git. It takes some seconds, so the processes and runs that test the same sources, by the
    same Python, share it: in memory, under the digest of all that goes in."""
    own = [Path(osgate.__file__).parent.rglob("*.py"), Path(osgate.__file__).parent.rglob("text/**/*.*")]
    sources = sorted({path for paths in own for path in paths if "__pycache__" not in path.parts})
    seen = hashlib.sha256(
        repr([sys.version, sys.prefix, *(version(name) for name in archive.PACKABLE.values())]).encode()
    )
    for path in sources:
        seen.update(f"{path}\0".encode() + path.read_bytes() + b"\0")
    shared = Path("/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir(), f"osgate-packed-{os.getuid()}")
    shared.mkdir(mode=0o700, exist_ok=True)
    kept = shared / seen.hexdigest()[:32]
    with (shared / "lock").open("w") as waiting:
        # Of several processes one packs, the others wait for it.
        fcntl.flock(waiting, fcntl.LOCK_EX)
        if not kept.exists():
            for old in shared.glob("[0-9a-f]*"):
                old.unlink()
            draft = kept.with_suffix(".draft")
            draft.write_bytes(pickle.dumps([(f.path, f.data, f.mode) for f in pack.packed(told(DESK), PYTHON)]))
            draft.rename(kept)
        return {path: File(path, data, mode) for path, data, mode in pickle.loads(kept.read_bytes())}


def built(target: Path, inside: Mapping[str, bytes], values: Mapping[str, Any], python: str = PYTHON) -> Path:
    """Write a hook with these contents and settings."""
    read = settings.parse(json.dumps({"schema": settings.SCHEMA, "hook": "pre-receive", **values}).encode())
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(pack.built(read, python, inside))
    target.chmod(0o755)
    return target


def contents(packed: Path) -> dict[str, bytes]:
    """All that is in a packed file."""
    with zipfile.ZipFile(packed) as old:
        return {name: old.read(name) for name in old.namelist()}


def changed(packed: Path, target: Path, **entries: bytes | None) -> Path:
    """A copy of a packed file with entries changed or (None) left out, named with `__` for `/` and `_dot_` for `.`.

    Byte code is left out, so that what is changed is what counts.
    """
    names = {name.replace("_dot_", ".").replace("__", "/"): data for name, data in entries.items()}
    read = settings.parse(contents(packed)[settings.FILE])
    kept = {**contents(packed), **names, hot.FILE: b""}
    for name in names:
        kept.pop(f"{name}c", None)
    found = {name: data for name, data in kept.items() if data is not None}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(archive.zipped(prelude.prelude(read, PYTHON), found))
    target.chmod(0o755)
    return target


def with_settings(packed: Path, target: Path, values: Mapping[str, Any]) -> Path:
    """A copy of a packed file with other settings."""
    return built(target, contents(packed), values)


def run(*argv: str | os.PathLike[str], at: Path, env: Mapping[str, str] = BARE) -> subprocess.CompletedProcess[bytes]:
    """Run something with an environment of its own and nothing to read; never raises."""
    return subprocess.run(argv, cwd=at, env=dict(env), input=b"", capture_output=True, check=False, timeout=60)
