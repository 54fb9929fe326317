"""`osgate check`: judge a change. On the commit path."""

from __future__ import annotations

import sys

from osgate import errors
from osgate.cli import console, flags
from osgate.cli.judging import judge
from osgate.io.git import Git
from osgate.model.policy import MODES
from osgate.text.translator import Translator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.model.verdict import Verdict

SWITCHES = ("staged", "offline", "verbose", "help")
OPTIONS = ("base", "head", "format", "mode", "lock", "language")
FORMATS = ("terminal", "json")
_CODES = {
    "pass": errors.PASS,
    "warn": errors.PASS,
    "block": errors.BLOCKED,
    "undecided": errors.UNDECIDED,
}


def run(argv: list[str]) -> int:
    """Check what is staged, or what `--head` changes against `--base`; print the verdict; return its exit code."""
    asked = flags.read("check", argv, SWITCHES, OPTIONS)
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.check"))
        return errors.PASS
    _valid(asked)
    with Git() as git:
        verdict = judge(git, asked)
    local = "base" not in asked
    t = console.words()
    text = _render(verdict, asked, t, local)
    if text:
        console.say(text)
    if local and verdict.outcome == "undecided":
        console.say(t("check.undecided-passes"), sys.stderr)
        return errors.PASS
    return _CODES[verdict.outcome]


def _valid(asked: Mapping[str, str]) -> None:
    t = console.words()
    if asked[""]:
        raise console.usage("check", t("usage.extra", words=asked[""].replace("\0", " ")))
    if "base" in asked and "staged" in asked:
        raise console.usage("check", t("usage.not-both", flag="base", other="staged"))
    if "head" in asked and "base" not in asked:
        raise console.usage("check", t("usage.missing", what="--base"))
    for name, choices in (("format", FORMATS), ("mode", MODES)):
        if name in asked and asked[name] not in choices:
            raise console.usage("check", t("usage.choice", flag=name, choices=", ".join(choices), found=asked[name]))


def _render(verdict: Verdict, asked: Mapping[str, str], t: Translator, local: bool) -> str:
    """The report; nothing at all for a commit that introduces nothing."""
    if asked.get("format") == "json":
        from osgate.reports import json_report

        return json_report.render(verdict)
    quiet = not (verdict.introduced or verdict.findings or verdict.deleted or verdict.gaps or verdict.missing)
    if quiet and local:
        return ""
    from osgate.reports import terminal

    style = terminal.Style(console.colour(), "verbose" in asked, local)
    return terminal.render(verdict, t, style)
