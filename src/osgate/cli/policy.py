"""`osgate policy lint`: everything wrong with the written policy, at once."""

from __future__ import annotations

import os

from osgate.cli import console, flags
from osgate.errors import PASS, Mistakes, UsageError
from osgate.intake_desk import desk
from osgate.io import files
from osgate.policy.schema import shape_of


def run(argv: list[str]) -> int:
    """Check the policy files in a folder (default: here). Exit 2 with every mistake by file and line."""
    asked = flags.read("policy", argv, ("help",), ("language",))
    console.speak(asked.get("language", ""))
    words = asked[""].split("\0") if asked[""] else []
    if "help" in asked or not words:
        console.say(console.words()("help.policy"))
        return PASS
    if words[0] != "lint" or len(words) > 2:
        wrong = words[2:] if words[0] == "lint" else words
        raise console.usage("policy", console.words()("usage.extra", words=" ".join(wrong)))
    folder = words[1] if len(words) == 2 else "."
    found = written(folder)
    mistakes = desk.lint(found)
    if mistakes:
        raise Mistakes(mistakes)
    console.say(console.words().count("policy.valid", len(found), folder=folder))
    return PASS


def written(folder: str) -> dict[str, bytes]:
    """Return the policy files in `folder`, by path. Raises UsageError("path.missing") where there is no such folder."""
    if not os.path.isdir(folder):
        raise UsageError("path.missing", path=folder)
    names = sorted(os.listdir(folder))
    rules = os.path.join(folder, "policy")
    names += [f"policy/{name}" for name in sorted(os.listdir(rules))] if os.path.isdir(rules) else []
    wanted = [name for name in names if shape_of(name) is not None]
    return {name: files.read(os.path.join(folder, name)) or b"" for name in wanted}
