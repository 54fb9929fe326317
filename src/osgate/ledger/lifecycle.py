"""The lifecycle of what is let in (Article 5 of the requirements: the seven behaviours are regulated), as data.

A component version is in the state of the strongest thing that stands on it. Records move what they name from one state
to another; every move there is stands in TRANSITIONS with who may make it and what it must bring, and there are no
others. Who counts as an actor is decided by the desk when the record is sealed (`intake_desk.verbs`).
"""

from __future__ import annotations

from osgate.model.record import record


@record
class Stage:
    """A state. introduction, existing: what becomes of a change that brings the version in, and of use that is there.

    `pass`, `block`, `warn`; `limits`: inside its limits alone; `grace`: warned for the days of grace, then blocked;
    `date`: warned until the date it names, then blocked; `baseline`: as the baseline says.
    """

    name: str
    introduction: str
    existing: str


STAGES = {
    stage.name: stage
    for stage in (
        Stage("unknown", "block", "baseline"),
        Stage("requested", "block", "baseline"),
        Stage("assessing", "block", "baseline"),
        Stage("approved", "pass", "pass"),
        Stage("conditional", "limits", "limits"),
        Stage("expired", "block", "grace"),
        Stage("restricted", "limits", "warn"),
        Stage("suspended", "block", "warn"),
        Stage("blocked", "block", "block"),
        Stage("retiring", "block", "date"),
        Stage("retired", "block", "block"),
        Stage("rejected", "block", "block"),
        Stage("revoked", "block", "warn"),
    )
}


@record
class Transition:
    """A move. verb: of the record; of: what the record names; start: in which states that may be; end: the state after.

    An end of several states names them all: which one it is, the quorum, its limits and the clock tell. actors: who;
    needs: what the record brings, beside what its form demands.
    """

    verb: str
    of: str
    start: tuple[str, ...]
    end: tuple[str, ...]
    actors: str
    needs: tuple[str, ...] = ()


_OPEN = ("requested", "assessing")
_LET_IN = ("approved", "conditional", "expired")
_ENDED = (*_OPEN, *_LET_IN, "rejected", "revoked", "superseded")
_ANY = tuple(STAGES)

TRANSITIONS = (
    Transition("request", "component", _ANY, ("requested",), "anyone", ("kind", "channel", "reason")),
    Transition("assess", "request", _OPEN, ("assessing",), "others", ("type", "role")),
    Transition("assess", "request", _LET_IN, _LET_IN, "others", ("type",)),
    Transition("assess-post-review", "request", _ENDED, _ENDED, "not-involved", ("type",)),
    Transition(
        "approve",
        "request",
        _OPEN,
        ("assessing", "approved", "conditional"),
        "tier-role",
        ("intake", "security assessment", "expires"),
    ),
    Transition(
        "approve-break-glass", "request", (*_OPEN, *_LET_IN), ("conditional",), "incident-role", ("incident", "hours")
    ),
    Transition("reject", "request", (*_OPEN, *_LET_IN, "rejected"), ("rejected",), "tier-role"),
    Transition("renew", "request", _LET_IN, ("approved", "conditional"), "tier-role", ("expires",)),
    Transition("revoke", "request", (*_OPEN, *_LET_IN, "rejected"), ("revoked",), "tier-role"),
    Transition("revoke", "reject", ("rejected",), ("unknown",), "same-role"),
    Transition("suspend", "component", _ANY, ("suspended",), "any-role"),
    Transition("revoke", "suspend", ("suspended",), _ANY, "same-role-other-person"),
    Transition("restrict", "component", _ANY, ("restricted",), "any-role", ("limits",)),
    Transition("revoke", "restrict", ("restricted",), _ANY, "same-role-other-person"),
    Transition("retire", "component", _ANY, ("retiring",), "any-role", ("by",)),
    Transition("retire-close", "retire", ("retiring",), ("retired",), "other-person", ("no use left",)),
    Transition("revoke", "retire", ("retiring", "retired"), _ANY, "same-role-other-person"),
    Transition("block", "component", _ANY, ("blocked",), "incident-role"),
    Transition("block-confirm", "block", ("blocked",), ("blocked",), "incident-role-other-person"),
    Transition("unblock", "block", ("blocked",), ("blocked", "lifted"), "incident-role", ("two persons",)),
    Transition("waive", "component", _ANY, ("proposed",), "tier-role", ("expires",)),
    Transition("waive-confirm", "waive", ("proposed",), ("proposed", "in force"), "tier-role"),
    Transition("revoke", "waive", ("proposed", "in force"), ("revoked",), "any-role"),
    Transition("import", "component", _ANY, ("proposed",), "tier-role", ("review_by",)),
    Transition("import-confirm", "import", ("proposed",), ("proposed", "in force"), "tier-role"),
    Transition("revoke", "import", ("proposed", "in force"), ("revoked",), "any-role"),
    Transition("endorse", "policy", ("written",), ("written", "in force"), "governance-role"),
)


def allowed(of: str, state: str) -> tuple[str, ...]:
    """Return the moves there are from `state` for what a record of the verb `of` made."""
    return tuple(dict.fromkeys(move.verb for move in TRANSITIONS if move.of == of and state in move.start))
