"""`osgate ledger log`: every seal with what it holds."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from osgate.cli import console, ledger_read
from osgate.cli.ledger_read import FOR_EVER
from osgate.errors import PASS
from osgate.intake_desk.anchors import said
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.ledger import codec
from osgate.ledger.fold import Sealed
from osgate.text.translator import Translator


def run(asked: Mapping[str, str]) -> int:
    """List the seals up to now or to a day."""
    until = ledger_read.until(asked.get("as-of", ""))
    with ledger_read.opened(asked) as (clone, t):
        return _log(clone, until, t)


def _log(clone: PolicyClone, until: str, t: Translator) -> int:
    """Every seal up to the instant `until` with what it holds, and what waits; what waited then nobody wrote down."""
    if not any(seal.sealed_at <= until for seal in clone.history.seals):
        console.say(t("log.none"), sys.stderr)
    by_seal: dict[int, list[Sealed]] = {}
    for item in clone.history.sealed:
        by_seal.setdefault(item.serial, []).append(item)
    for seal in clone.history.seals:
        if seal.sealed_at > until:
            return PASS
        anchor = said(seal.serial, codec.short(seal.digest))
        console.say(t("log.seal", serial=seal.serial, at=seal.sealed_at, anchor=anchor))
        for item in by_seal.get(seal.serial, ()):
            console.say("  " + _sentence(item, t))
        for refusal in seal.body.get("refused", ()):
            console.say("  " + t("log.refused", place=refusal["place"], code=refusal["code"]))
    for path in sorted(clone.history.waiting) if until == FOR_EVER else ():
        console.say(t("log.waiting", path=path))
    return PASS


def _sentence(item: Sealed, t: Translator) -> str:
    body = item.body
    role = f" ({body['role']})" if "role" in body else ""
    target = body.get("request") or body.get("revokes") or (body.get("confirms") if "subjects" not in body else "")
    subjects = [f"{s['purl']} {s.get('range', '')}".strip() for s in body.get("subjects", ())]
    about = codec.short(target) if target else t("join.items").join(subjects or body.get("projects", ()))
    verb = t("verb.break-glass" if body.get("break_glass") else f"verb.{body['verb']}")
    type = f" [{body['type']}]" if "type" in body else ""
    return f"{codec.short(item.id)}  {verb}{type}  {body['person']}{role}  {about}  {body['reason']}"
