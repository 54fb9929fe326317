"""`osgate server-hook pack`: build what a git server runs at a push, as one file that needs Python alone."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from osgate import wiring
from osgate.cli import console, flags
from osgate.errors import PASS, UsageError
from osgate.io import files
from osgate.ledger import lock as locks
from osgate.server_hook import pack, settings
from osgate.server_hook.settings import PLATFORMS

ACTIONS = ("pack",)
_TEXTS = ("mode", "language", "stale", "contact", "spool")
_PARTED = ("refs", "break-glass")
_OPTIONS = ("platform", "output", "lock", "snapshot", *_PARTED, "deadline", "policy-url", "python", *_TEXTS)


def run(argv: list[str]) -> int:
    """Write the package for one server into a folder, and say what was written."""
    asked = flags.read("server-hook", argv, ("help",), _OPTIONS)
    t = console.words()
    words = asked[""].split("\0") if asked[""] else []
    if "help" in asked or not words:
        console.say(t("help.server-hook"))
        return PASS
    if words[0] not in ACTIONS or len(words) > 1:
        extra = words[1:] if words[0] in ACTIONS else words
        raise console.usage("server-hook", t("usage.extra", words=" ".join(extra)))
    for name in ("platform", "output"):
        if name not in asked:
            raise console.usage("server-hook", t("usage.missing", what=f"--{name}"))
    if asked["platform"] not in PLATFORMS:
        raise UsageError("hook.platform", found=asked["platform"], choices=", ".join(PLATFORMS))
    if asked.get("break-glass") and not asked.get("spool"):
        raise UsageError("hook.glass-without-spool")
    told = _settings(asked)
    # What does not hold is called here as it was given here.
    settings.of_json({"schema": settings.SCHEMA, **told}, called={_key(name): f"--{name}" for name in _OPTIONS})
    for file in pack.packed(told, asked.get("python", "")):
        path = os.path.join(asked["output"], *file.path.split("/"))
        _write(path, file)
        console.say(t("packed.written", path=path, size=len(file.data)))
    console.say(t("packed.next", path=os.path.join(asked["output"], pack.INSTALL[t.locale])))
    return PASS


def _settings(asked: Mapping[str, str]) -> dict[str, Any]:
    """The settings as JSON values, as far as the flags tell them."""
    platform = asked["platform"]
    told: dict[str, Any] = {"platform": platform, "snapshot": asked.get("snapshot", pack.SNAPSHOTS[platform])}
    told["lock"] = _lock(asked.get("lock", locks.PATH))
    told |= {name: asked[name] for name in _TEXTS if name in asked}
    if "policy-url" in asked:
        told["policy_url"] = asked["policy-url"]
    for name in _PARTED:
        if name in asked:
            told[_key(name)] = [part.strip() for part in asked[name].split(",")]
    if "deadline" in asked:
        told["deadline"] = _seconds(asked["deadline"])
    return told


def _key(flag: str) -> str:
    return flag.replace("-", "_")


def _lock(path: str) -> Any:
    return json.loads(locks.printed(wiring.handed_in(path)))


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UsageError("hook.seconds", found=text) from error


def _write(path: str, file: pack.File) -> None:
    try:
        files.write(path, file.data, file.mode)
        os.chmod(path, file.mode)
    except OSError as error:
        raise UsageError("hook.output-unwritable", path=path, detail=error.strerror or str(error)) from error
