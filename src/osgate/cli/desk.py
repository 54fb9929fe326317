"""`osgate desk`: the one writer. Process what waits, seal, compile, sign, publish."""

from __future__ import annotations

import os
import sys

from osgate import wiring
from osgate.cli import console, desk_forge, desk_place, error_text, flags, policy_endorse
from osgate.cli.desk_place import Place
from osgate.errors import PASS, UNDECIDED, Refused
from osgate.intake_desk import anchors, desk, endorsing
from osgate.intake_desk.beginning import FactsBy, without_facts
from osgate.intake_desk.desk import Run
from osgate.intake_desk.governed import InForce
from osgate.intake_desk.states import state_line
from osgate.intake_desk.verbs.context import Authors, nobody_since
from osgate.intake_desk.weigh import Candidate
from osgate.io import ssh
from osgate.ledger import codec, signatures
from osgate.ledger.fold import Sealed, State
from osgate.text.translator import Translator
from osgate.text.width import printable

NEEDED = ("policy-repo", "key", "publish")
OPTIONS = (*NEEDED, *desk_forge.OPTIONS)


def run(argv: list[str]) -> int:
    """Run the desk once over a bare policy repository. Exit 0 also where records were set aside: they are told; 4 where
    a forge was to be heard and does not let us in."""
    asked = flags.read("desk", argv, ("help", "verbose"), (*OPTIONS, "language"))
    console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(console.words()("help.desk"))
        return PASS
    for name in NEEDED:
        if not asked.get(name):
            raise console.usage("desk", console.words()("usage.missing", what=f"--{name}"))
    moment = wiring.now()
    key = os.path.expanduser(asked["key"])
    with desk_place.opened(asked["policy-repo"], asked["publish"], moment.instant) as place:

        def work(heard: tuple[Candidate, ...] = (), authors: Authors = nobody_since) -> Run:
            return place.settled(lambda: _run(place, asked["publish"], key, moment.instant, heard, authors))

        spoken = desk_forge.run(asked, place, moment, work) if "forge" in asked else None
        done = spoken.run if spoken else work()
    _tell(done, asked["publish"], moment.instant, console.words())
    if spoken:
        desk_forge.tell(spoken)
    if "verbose" in asked:
        _tell_reading(done, console.words())
    return UNDECIDED if "forge" in asked and spoken is None else PASS


def _run(place: Place, publish: str, key: str, now: str, heard: tuple[Candidate, ...], authors: Authors) -> Run:
    """One run, by a desk whose private key lies at `key`. heard: records made of what was said at a forge; authors:
    tells who wrote a change by now."""
    try:
        return desk.run(
            place.repository,
            place.main,
            publish,
            lambda message: ssh.sign(key, signatures.SNAPSHOT, message),
            ssh.public_key(key),
            now,
            keeping=True,
            tagging=lambda message: ssh.sign(key, anchors.NAMESPACE, message),
            deliver=place.deliver,
            heard=heard,
            authors=authors,
            facts=_facts(now),
        )
    except Refused as error:
        force = error.params.get("policy")
        if isinstance(force, InForce):
            _tell_unendorsed(force, console.words())
        raise
    except OSError as error:
        raise Refused("desk.publish", folder=error.filename or publish, detail=error.strerror or str(error)) from error


def _facts(now: str) -> FactsBy:
    """What the store of facts at this place tells, the institution's own word first; nothing where there is none."""
    gathered = wiring.facts()
    if gathered is None:
        return without_facts
    return lambda policy: gathered.overridden(policy.facts.overrides, now[:10]).posts


def _tell(done: Run, publish: str, now: str, t: Translator) -> None:
    about: dict[str, list[Sealed]] = {}
    for item in done.sealed:
        about.setdefault(_about(item, done.state), []).append(item)
    for id, items in about.items():
        for item in items:
            console.say(t(f"desk.sealed-{item.body['verb']}", id=codec.short(item.id), person=item.body["person"]))
        stands = state_line(id, done.state, t)
        if stands:
            console.say(f"  {stands}")
    if done.applied:
        console.say(t("desk.policy-in-force", policy=codec.short(done.policy.digest)))
    for refusals, key in ((done.refused, "desk.refused"), (done.held, "desk.held")):
        for refusal in refusals:
            console.say(t(key, place=printable(refusal.place)), sys.stderr)
            for line in error_text.refusal(refusal.code, refusal.params, t):
                console.say(f"  {line}", sys.stderr)
    _tell_policy(done, now, t)
    _tell_tag(done, t)
    anchor = anchors.said(done.serial, codec.short(done.anchor))
    console.say(t("desk.published", serial=done.serial, anchor=anchor, folder=publish))


def _tell_policy(done: Run, now: str, t: Translator) -> None:
    """What main says and nobody may use yet, every time; that nobody guards the policy, or holds a role it takes."""
    _tell_unendorsed(done.policy, t)
    valid = done.policy.valid
    vacant = endorsing.vacant(valid.policy, valid.people.values(), now)
    if vacant:
        console.say(printable(t("policy.role-vacant", roles=t("join.items").join(vacant))), sys.stderr)
    if not done.policy.valid.policy.governance:
        console.say(t("policy.unguarded"), sys.stderr)


def _tell_tag(done: Run, t: Translator) -> None:
    """A tag that stands where the desk's anchor belongs."""
    tag = done.tag
    if tag.foreign:
        key = "desk.tag-foreign" if tag.made else "desk.tag-foreign-only"
        console.say(t(key, tag=printable(tag.foreign), made=tag.made, serial=done.serial), sys.stderr)


def _tell_unendorsed(policy: InForce, t: Translator) -> None:
    if policy.unendorsed is not None:
        for line in policy_endorse.unendorsed_lines(policy.unendorsed, policy.guard, policy.valid.names, t):
            console.say(line, sys.stderr)


def _tell_reading(done: Run, t: Translator) -> None:
    """How much of the ledger was read, and why."""
    if done.whole:
        console.say(t("desk.read-whole", files=done.files, why=t(f"desk.whole-{done.whole}")))
    else:
        console.say(t("desk.read-new", files=done.files))
    if done.not_kept:
        console.say(t("desk.not-kept", why=done.not_kept))


def _about(item: Sealed, state: State) -> str:
    """The id of the request or block that a record is about: its state is told once, after all its records."""
    id = str(item.body.get("request") or item.body.get("revokes") or item.id)
    return state.blocks[id].block.id if id in state.blocks else id
