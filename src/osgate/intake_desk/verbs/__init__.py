"""What each verb asks of a record before it counts: the right role, another person, something to act on. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from osgate.intake_desk.verbs import asking, governing, jointly, taking
from osgate.intake_desk.verbs.context import ALONE, Desk, No, Outside, clipped
from osgate.model.policy import Person

__all__ = ["ALONE", "VERBS", "Desk", "No", "Outside", "clipped"]

# In the order in which a batch is weighed: what can be named comes before what names it.
VERBS: dict[str, Callable[[dict[str, Any], Person, Desk], dict[str, Any]]] = {
    "endorse": governing.endorse,
    "request": asking.request,
    "block": taking.block,
    "suspend": taking.hold,
    "restrict": taking.hold,
    "retire": taking.retire,
    "waive": jointly.waive,
    "import": jointly.take_over,
    "assess": asking.assess,
    "reject": asking.reject,
    "approve": asking.approve,
    "renew": asking.renew,
    "revoke": taking.revoke,
    "unblock": taking.unblock,
}
