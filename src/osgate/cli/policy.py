"""`osgate policy`: everything wrong with the written policy, what its own cases show, which line decides, and a word
for a new one."""

from __future__ import annotations

import os
from collections.abc import Mapping

from osgate import wiring
from osgate.cli import console, flags, policy_endorse
from osgate.cli.policy_explained import explained
from osgate.errors import BLOCKED, PASS, Mistakes, UsageError
from osgate.intake_desk import desk
from osgate.io import files
from osgate.model.finding import SLUGS
from osgate.policy import local_config, valid
from osgate.policy.schema import shape_of
from osgate.policy.valid import ValidPolicy
from osgate.policy_cases import run as run_cases
from osgate.text.width import printable

ACTIONS = ("lint", "test", "explain", "endorse")
CASES = "cases"


def run(argv: list[str]) -> int:
    """Check the policy in a folder (default: here): `lint` its form, `test` its cases, `explain` a setting.

    Or `endorse` the one that the policy repository is to get.
    """
    if argv[:1] == ["endorse"]:
        return policy_endorse.endorse(argv[1:])
    asked = flags.read("policy", argv, ("help",), ("language", "policy", "project", "config", "mode"))
    t = console.speak(asked.get("language", ""))
    words = asked[""].split("\0") if asked[""] else []
    if "help" in asked or not words:
        console.say(t("help.policy"))
        return PASS
    if words[0] not in ACTIONS:
        raise console.usage("policy", t("usage.extra", words=" ".join(words)))
    if words[0] != "explain":
        for flag in ("policy", "project", "config", "mode"):
            if flag in asked:
                raise console.usage("policy", t("usage.not-with", flag=flag, action=words[0]))
    if len(words) > 2 or (words[0] == "explain" and len(words) != 2):
        missing = t("usage.missing-one", choices="RULE, mode, ADDRESS")
        raise console.usage("policy", t("usage.extra", words=" ".join(words[2:])) if len(words) > 2 else missing)
    if words[0] == "explain":
        return _explain(words[1], asked)
    folder = words[1] if len(words) == 2 else "."
    return _lint(folder) if words[0] == "lint" else _test(folder)


def _lint(folder: str) -> int:
    found = written(folder)
    mistakes = desk.lint(found)
    if mistakes:
        raise Mistakes(mistakes)
    t = console.words()
    console.say(t.count("policy.valid", len(found), folder=folder))
    policy = valid.validate(found, SLUGS).policy
    waiting = [s.origin for s in policy.sources if not s.confirmed_by]
    if waiting:
        console.say(t.count("policy.unconfirmed", len(waiting), first=waiting[0]))
    if not policy.governance:
        console.say(t("policy.unguarded"))
    return PASS


def _test(folder: str) -> int:
    """Run the cases; one that does not hold is told with what it wants and what the policy says. Exits 1 then."""
    t = console.words()
    policy = valid.validate(written(folder), SLUGS).policy
    place = os.path.join(folder, CASES)
    names = sorted(os.listdir(place)) if os.path.isdir(place) else []
    cases = {f"{CASES}/{n}": files.read(os.path.join(place, n)) or b"" for n in names if n.endswith(".toml")}
    if not cases:
        raise UsageError("policy.no-cases", path=place)
    answers = list(run_cases(cases, policy, wiring.now().day))
    wrong = [answer for answer in answers if not answer.holds]
    for answer in wrong:
        outcome, rules = answer.wanted
        wanted = " ".join((outcome, *(rules or ())))
        said = " ".join((answer.outcome, *answer.rules))
        place = f"{answer.path}:{answer.line}"
        console.say(printable(t("policy.case-wrong", place=place, name=answer.name, wanted=wanted, said=said)))
    held = len(answers) - len(wrong)
    console.say(t("policy.cases-wrong" if wrong else "policy.cases-hold", held=held, n=len(answers)))
    return BLOCKED if wrong else PASS


def _explain(what: str, asked: Mapping[str, str]) -> int:
    """Say which layer and line decides a rule, the mode, or whether an address is an approved source."""
    folder = asked.get("policy", ".")
    found = written(folder)
    config = local_config.LocalConfig()
    if "config" in asked:
        data = files.read(asked["config"])
        if data is None:
            raise UsageError("path.missing", path=asked["config"])
        config = local_config.parse(data, asked["config"])
    made: ValidPolicy = valid.validate(found, SLUGS)
    for line in explained(what, made.policy, found, config, asked, console.words()):
        console.say(printable(line))
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
