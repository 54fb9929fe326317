"""`osgate ledger`: show, log, verify. Reads the policy repository itself, not a snapshot."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from osgate import wiring
from osgate.cli import attachments, console, error_text, flags, records
from osgate.cli.identity import policy_repository
from osgate.cli.standings import proposed_line, standing_lines, waiting_line
from osgate.cli.states import state_line
from osgate.errors import BLOCKED, PASS, UsageError
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.ledger import codec, history
from osgate.ledger.fold import Sealed, State, fold
from osgate.purl import parse
from osgate.text.translator import Translator

ACTIONS = ("show", "log", "verify")
# Later than every instant.
FOR_EVER = "9"


def run(argv: list[str]) -> int:
    """Show what stands on a component or what became of a record, list the seals, or check that everything holds."""
    asked = flags.read("ledger", argv, ("help",), ("policy-repo", "as-of", "anchor", "attachments", "language"))
    words = asked[""].split("\0") if asked[""] else []
    if "help" in asked or not words:
        console.say(console.words()("help.ledger"))
        return PASS
    if words[0] not in ACTIONS or (words[0] == "show") != (len(words) == 2):
        raise console.usage("ledger", _wrong(words))
    for flag in ("as-of",) if words[0] == "verify" else ("anchor", "attachments"):
        if flag in asked:
            raise console.usage("ledger", console.words()("usage.not-with", flag=flag, action=words[0]))
    found = records.configured(wiring.now())
    t = console.speak(asked.get("language") or found.config.language)
    with PolicyClone(
        policy_repository(asked, found.config.policy_repository, "ledger"), wiring.cache_folder(), wiring.now().instant
    ) as clone:
        if words[0] == "verify":
            return _verify(clone, asked, t)
        until = _until(asked.get("as-of", ""))
        if words[0] == "log":
            return _log(clone, until, t)
        return _show(words[1], clone, tuple(item for item in clone.history.sealed if item.sealed_at <= until), t)


def _wrong(words: list[str]) -> str:
    """What is wrong with the words of a call that is none of `show PURL`, `show ID`, `log`, `verify`."""
    t = console.words()
    if words[0] == "show" and len(words) == 1:
        return t("usage.missing-one", choices="PURL, ID")
    wrong = words[2:] if words[0] == "show" else words
    return t("usage.extra", words=" ".join(wrong))


def _until(moment: str) -> str:
    """The last instant, UTC, of what was asked for: a day to its end, an instant, or for ever."""
    if not moment:
        return FOR_EVER
    from osgate.policy.shape import Field, complaints

    if list(complaints(moment, Field("date"))) and list(complaints(moment, Field("instant"))):
        raise UsageError("as-of.malformed", found=moment)
    return f"{moment}T23:59:59Z" if len(moment) == len("2026-11-21") else moment


def _verify(clone: PolicyClone, asked: Mapping[str, str], t: Translator) -> int:
    past = clone.history
    anchors = [anchor for anchor in asked.get("anchor", "").split(",") if anchor]
    problems = [
        *past.problems,
        *history.check_signatures(past.sealed),
        *history.check_signers(past.sealed, clone.valid.people),
        *history.check_anchors(past, anchors),
    ]
    broken = [error_text.history_problem(problem, t) for problem in problems]
    if "attachments" in asked:
        broken += _attachments(past.sealed, asked["attachments"], t)
    for line in broken:
        console.say(line, sys.stderr)
    if broken:
        console.say(t.count("verify.broken", len(broken)), sys.stderr)
        return BLOCKED
    console.say(t("verify.whole", seals=len(past.seals), records=len(past.sealed), waiting=len(past.waiting)))
    console.say(t("verify.anchor", serial=past.serial, anchor=past.anchor))
    if not anchors:
        console.say(t("verify.no-anchor"))
    return PASS


def _attachments(sealed: tuple[Sealed, ...], folder: str, t: Translator) -> list[str]:
    """A line for each attachment that is not in `folder` as it was recorded; how many there are is told at once."""
    named = list(attachments.attached(sealed))
    console.say(t.count("verify.attachments", len(named), folder=folder))
    return [
        attachments.line(file, t) + "\n  " + t(f"verify.attachment-{'changed' if path else 'missing'}", path=path)
        for file, path in attachments.differing(named, folder)
    ]


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
        console.say(t("log.seal", serial=seal.serial, at=seal.sealed_at, anchor=codec.short(seal.digest)))
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
    key = f"verb.{body['verb']}"
    return f"{codec.short(item.id)}  {t(key)}  {body['person']}{role}  {about}  {body['reason']}"


def _show(word: str, clone: PolicyClone, sealed: tuple[Sealed, ...], t: Translator) -> int:
    state = fold(sealed)
    if word.startswith(("pkg:", "project:")):
        return _show_component(parse(word).component if word.startswith("pkg:") else word, state, t)
    id = clone.find(word)
    item = next((item for item in sealed if item.id == id), None)
    if item is None:
        console.say(t("show.not-sealed", id=codec.short(id)))
        return PASS
    console.say(codec.printed(dict(item.body)).decode("utf-8").rstrip())
    console.say(t("show.sealed", serial=item.serial, at=item.sealed_at, key=item.witness.get("key", "")))
    for file in attachments.attached(other for other in sealed if id in (other.id, other.body.get("request"))):
        console.say(attachments.line(file, t))
    stands = state_line(id, state, t)
    if stands:
        console.say(stands)
    return PASS


def _show_component(component: str, state: State, t: Translator) -> int:
    standings = [s for s in state.standings if s.component == component]
    waiting = [w for w in state.waiting if w.component == component]
    proposed = [w for w in state.proposed if w.component == component]
    for line in (line for standing in standings for line in standing_lines(standing, t)):
        console.say(line)
    for waits in waiting:
        console.say(waiting_line(waits, t))
    for waits in proposed:
        console.say(proposed_line(waits, t))
    if not standings and not waiting and not proposed:
        console.say(t("explain.nothing", component=component))
    return PASS
