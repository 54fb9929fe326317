"""What counts of what takes away, and of what lifts it: block, suspend, restrict, retire, revoke, unblock. Pure."""

from __future__ import annotations

from typing import Any

from osgate.intake_desk.verbs.context import Desk, No, deciding_roles, must_hold
from osgate.ledger.able import asked
from osgate.ledger.fold import Sealed, blocks, holds, jointly, quorum
from osgate.model.policy import Person


def _target(body: dict[str, Any], desk: Desk, verbs: tuple[str, ...]) -> Sealed:
    """What is to be taken back; a record that is not sealed yet may still come."""
    target = desk.sealed.get(body["revokes"])
    if target is None or target.body["verb"] not in verbs:
        raise No("names-nothing", held=target is None, id=body["revokes"])
    return target


def revoke(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """What was decided is taken back by the roles that decided it; see `quorum.revocation_needs`."""
    target = _target(body, desk, ("request", "reject", *holds.VERBS, *jointly.VERBS))
    given = desk.naming("revokes", target.id)
    if target.body["verb"] in jointly.VERBS:
        return _end_joint(body, target, given, desk)
    if target.body["verb"] in holds.VERBS:
        return _lift(body, person, target, given)
    request = desk.sealed.get(str(target.body.get("request")), target)
    if target.body["verb"] == "request":
        desk.must_allow("revoke", "request", target.id)
    needed = quorum.revocation_needs(target, request)
    if asked(person, request.body):
        raise No("is-requester", person=person.id)
    if any(r.body["person"] == person.id for r in given):
        raise No("already-decided", person=person.id)
    must_hold(body["role"], needed)
    if sum(r.body["role"] == body["role"] for r in given) >= needed.count(body["role"]):
        raise No("role-complete", role=body["role"])
    return {}


def _lift(body: dict[str, Any], person: Person, target: Sealed, given: list[Sealed]) -> dict[str, Any]:
    """A suspension, restriction or retirement is lifted by another person in the role that made it."""
    if "confirms" in target.body:
        raise No("names-confirmation", id=target.body["confirms"])
    if quorum.revocation(target, given):
        raise No("ended-already", id=target.id)
    if person.id == target.body["person"]:
        raise No("lifts-own", person=person.id, id=target.id, role=target.body["role"])
    must_hold(body["role"], (target.body["role"],))
    return {}


def _end_joint(body: dict[str, Any], target: Sealed, given: list[Sealed], desk: Desk) -> dict[str, Any]:
    """Whoever may decide ends a waiver or import alone: that only tightens."""
    if "confirms" in target.body:
        raise No("names-confirmation", id=target.body["confirms"])
    if given:
        raise No("ended-already", id=target.id)
    must_hold(body["role"], sorted(deciding_roles(desk.policy)))
    return {}


def hold(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """Whoever may decide may suspend and restrict: that only tightens."""
    must_hold(body["role"], sorted(deciding_roles(desk.policy)))
    return {}


def retire(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """Whoever may decide retires; another person closes it, once nothing is used any more."""
    found = hold(body, person, desk)
    if "confirms" not in body:
        return found
    named = str(body["confirms"])
    target = desk.sealed.get(named)
    if target is None or target.body["verb"] != "retire" or "confirms" in target.body:
        raise No("names-nothing", held=target is None, id=named)
    if person.id == target.body["person"]:
        raise No("confirms-own", person=person.id, id=named)
    state = desk.about(named).holds[named]
    if state.lifted is not None or state.closed is not None:
        raise No("ended-already", id=named)
    for subject in target.body["subjects"]:
        uses = desk.outside.usage(subject["purl"], subject.get("range", ""))
        if uses is None:
            raise No("use-unknown", purl=subject["purl"], id=named)
        if uses:
            raise No("still-used", purl=subject["purl"], project=uses[0].project, count=len(uses))
    return found


def _incident(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    must_hold(body["role"], desk.policy.incident_roles)
    return {}


def block(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """One person of an incident role blocks; another one confirms, by a block of the same that names the first."""
    found = _incident(body, person, desk)
    named = str(body.get("confirms", ""))
    if named:
        target = desk.sealed.get(named)
        if target is None:
            raise No("names-nothing", held=True, id=named)
        lifting = blocks.unblocks(desk.naming("revokes", named))
        why = blocks.why_not_confirmed(body, target, lifting, desk.serial)
        if why:
            raise No(why, person=person.id, id=named)
    return found


def unblock(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """Each person of an incident role counts once; two lift a block."""
    target = _target(body, desk, ("block",))
    if any(r.body["person"] == person.id for r in desk.naming("revokes", target.id)):
        raise No("already-decided", person=person.id)
    return _incident(body, person, desk)
