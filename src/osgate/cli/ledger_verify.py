"""`osgate ledger verify`: everything that does not hold about the sealed history, each with its seal and its code."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from osgate.cli import attachments, console, error_text, ledger_policy, ledger_read
from osgate.errors import BLOCKED, PASS
from osgate.intake_desk import policy_audit
from osgate.intake_desk.anchors import said
from osgate.ledger import history
from osgate.ledger.fold import Sealed
from osgate.ledger.history import History
from osgate.model.policy import Key, Policy
from osgate.text.translator import Translator
from osgate.text.width import printable

# Files that wait for a seal are told one by one up to this many.
TOLD = 20


def run(asked: Mapping[str, str]) -> int:
    """Verify the chain of seals, every record and signature, every policy that a seal names, and the anchors and
    attachments that are handed in; with `--base` and `--head` instead what the commits between make of it all."""
    if "base" in asked or "head" in asked:
        return _between(asked)
    anchors = [anchor.strip() for anchor in asked.get("anchor", "").split(",") if anchor.strip()]
    if "anchor" in asked and not anchors:
        raise console.usage("ledger", console.words()("usage.anchor", found=asked["anchor"]))
    for anchor in anchors:
        if not history.is_anchor(anchor):
            raise console.usage("ledger", console.words()("usage.anchor", found=anchor))
    with ledger_read.opened(asked) as (clone, t):
        past = clone.history
        problems = [
            *history.look_closer(past, past.problems),
            *history.check_signatures(past.sealed),
            *history.check_signers(past.sealed, clone.valid.people, _machine(clone.valid.policy)),
            *history.check_anchors(past, anchors),
            *policy_audit.of_seals(clone.repository, clone.stored.oid, past),
        ]
        # What shows first is what happened first; the same deed seldom shows at two seals.
        problems.sort(key=lambda problem: problem.serial)
    broken = [f"{error_text.history_problem(problem, t)} [{problem.code}]" for problem in problems]
    if "attachments" in asked:
        broken += _attachments(past.sealed, asked["attachments"], t)
    _tell_waiting(past, t)
    for line in broken:
        console.say(line, sys.stderr)
    if broken:
        console.say(t.count("verify.broken", len(broken)), sys.stderr)
        console.say(t("verify.then"), sys.stderr)
        return BLOCKED
    console.say(t("verify.whole", seals=len(past.seals), records=len(past.sealed), waiting=len(past.waiting)))
    console.say(t("verify.anchor", serial=past.serial, anchor=said(past.serial, past.anchor)))
    if not anchors:
        console.say(t("verify.no-anchor"))
    return PASS


def _machine(policy: Policy) -> tuple[Key, ...]:
    """The keys that sign what a forge vouches for."""
    return policy.witness.keys if policy.witness else ()


def _between(asked: Mapping[str, str]) -> int:
    for flag in ("base", "head"):
        if flag not in asked:
            raise console.usage("ledger", console.words()("usage.missing", what=f"--{flag}"))
    for flag in ("anchor", "attachments"):
        if flag in asked:
            raise console.usage("ledger", console.words()("usage.not-both", flag=flag, other="base"))
    url, t = ledger_read.where(asked)
    return ledger_policy.verified(url, asked["base"], asked["head"], t)


def _tell_waiting(past: History, t: Translator) -> None:
    """What lies among the records without a seal counts for nothing: it is named, and the desk looks at it."""
    for path in sorted(past.waiting)[:TOLD]:
        console.say(t("log.waiting", path=printable(path)))


def _attachments(sealed: tuple[Sealed, ...], folder: str, t: Translator) -> list[str]:
    """A line for each attachment that is not in `folder` as it was recorded; how many there are is told at once."""
    named = list(attachments.attached(sealed))
    console.say(t.count("verify.attachments", len(named), folder=folder))
    return [
        attachments.line(file, t) + "\n  " + t(f"verify.attachment-{'changed' if path else 'missing'}", path=path)
        for file, path in attachments.differing(named, folder)
    ]
