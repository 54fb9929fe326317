"""What counts of an endorsement: a change of the policy, of people and roles takes a quorum of its own. Pure."""

from __future__ import annotations

from typing import Any

from osgate.intake_desk.verbs.context import Desk, No, must_hold
from osgate.ledger import codec
from osgate.model.policy import Person


def endorse(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """One person's word for a written policy that shall follow the one in force, in a role that guards this one.

    Who wrote the change, git alone can say, which is asked when the quorum is counted. Who speaks twice counts once.
    """
    if not desk.policy.governance:
        raise No("nobody-guards")
    must_hold(body["role"], desk.policy.governance)
    here = desk.outside.policy
    if here and body["policy"] == here:
        raise No("in-force-already", policy=codec.short(here))
    if here and body.get("previous") != here:
        raise No("other-policy", previous=codec.short(body.get("previous", "sha256:-")), policy=codec.short(here))
    return {}
