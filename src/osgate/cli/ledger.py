"""`osgate ledger`: reads the policy repository itself, not a snapshot. One module an action, one row a module here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osgate.cli import console, flags
from osgate.errors import PASS
from osgate.model.record import record


@record
class Action:
    """An action: module `osgate.cli.ledger_<name>` with `run(asked)`, asked as `flags.read` gives it.

    options, switches: the flags that go with it, beside `--policy-repo` and `--language`. word: what the one word after
    it is, for people; empty where there is none.
    """

    name: str
    options: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    word: str = ""


ACTIONS = (
    Action("show", ("as-of", "kind"), word="PURL, ID"),
    Action("log", ("as-of",)),
    Action("verify", ("anchor", "attachments", "base", "head")),
    Action("archive", ("before",)),
)
# Actions that read their flags themselves: modules like the others, with `run(argv)`.
APART = ("export", "import")
COMMON = ("policy-repo", "language")


def run(argv: list[str]) -> int:
    """Do what the first word says. asked[""] of the action is the word after it, or empty."""
    if argv and argv[0] in APART:
        return _module(argv[0]).run(argv[1:])  # type: ignore[no-any-return]
    options = dict.fromkeys([*COMMON, *(option for action in ACTIONS for option in action.options)])
    switches = dict.fromkeys(["help", *(switch for action in ACTIONS for switch in action.switches)])
    asked = flags.read("ledger", argv, tuple(switches), tuple(options))
    words = asked[""].split("\0") if asked[""] else []
    if "help" in asked or not words:
        console.say(console.words()("help.ledger"))
        return PASS
    action = _action(words, asked)
    return _module(action.name).run({**asked, "": words[1] if len(words) > 1 else ""})  # type: ignore[no-any-return]


def _action(words: list[str], asked: Mapping[str, str]) -> Action:
    """The action that the words name. Raises UsageError("usage") for a call that is none of ours."""
    t = console.words()
    action = next((action for action in ACTIONS if action.name == words[0]), None)
    if action is None:
        raise console.usage("ledger", t("usage.extra", words=" ".join(words)))
    if action.word and len(words) == 1 and "kind" not in asked:
        raise console.usage("ledger", t("usage.missing-one", choices=action.word))
    rest = words[2:] if action.word and "kind" not in asked else words[1:]
    if rest:
        raise console.usage("ledger", t("usage.extra", words=" ".join(rest)))
    for flag in asked:
        if flag and flag not in (*COMMON, *action.options, *action.switches):
            raise console.usage("ledger", t("usage.not-with", flag=flag, action=action.name))
    return action


def _module(action: str) -> Any:
    return __import__(f"osgate.cli.ledger_{action}", fromlist=["run"])
