"""What counts of what several persons decide together: waivers, and ledgers taken over from elsewhere. Pure."""

from __future__ import annotations

from typing import Any

from osgate.intake_desk.verbs.asking import classes_of
from osgate.intake_desk.verbs.context import Desk, No, must_hold, within
from osgate.ledger.fold import jointly
from osgate.model.policy import Person, Tier
from osgate.policy.schema import CLASSES

# Distinct persons behind what is decided together, even where the default tier asks for one alone.
LEAST = 2


def joint_roles(tier: Tier) -> list[str]:
    """Return the roles it takes, one entry for each person: the tier's, and never fewer than LEAST."""
    return [*tier.roles, *tier.roles[:1] * (LEAST - len(tier.roles))]


def waive(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """A waiver ends within the days its severity allows."""
    if "confirms" in body:
        return _confirm(body, person, desk)
    found = _first(body, desk)
    days = dict(desk.policy.terms.caps).get(str(body.get("severity")), desk.policy.waiver_days)
    within(body["expires"], desk, min(days, desk.policy.waiver_days))
    return found


def take_over(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """What was decided before the gate came is looked at again within the days of an approval of the tier.

    It counts for the classes that the tier is enough for, as a request does.
    """
    if "confirms" in body:
        return _confirm(body, person, desk)
    found = _first(body, desk)
    tier = desk.policy.tiers[desk.policy.default_tier]
    within(body["review_by"], desk, tier.term or desk.policy.approval_days)
    enough = classes_of(tier, desk.policy)
    if len(enough) < len(CLASSES):
        found["classes"] = enough
    return found


def _first(body: dict[str, Any], desk: Desk) -> dict[str, Any]:
    tier = desk.policy.tiers[desk.policy.default_tier]
    roles = joint_roles(tier)
    must_hold(body["role"], roles)
    return {"tier": tier.name, "roles": roles}


def _confirm(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """One more person for what waits."""
    named = str(body["confirms"])
    target = desk.sealed.get(named)
    if target is None or target.body["verb"] != body["verb"]:
        raise No("names-nothing", held=target is None, id=named)
    if "confirms" in target.body:
        raise No("names-confirmation", id=target.body["confirms"])
    state = desk.about(named).joint[named]
    if state.revoked is not None or state.ends <= desk.today:
        raise No("ended-already", id=named)
    why = jointly.why_not_counted(target, state.counted, body)
    if why:
        needed = ", ".join(role for role, _, _ in state.roles)
        raise No(why, person=person.id, role=body["role"], needed=needed, id=named)
    return {}
