"""Holds: suspensions and restrictions. In force at once by one person, lifted by another one of the same role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from osgate.ledger.fold.requests import revocation
from osgate.ledger.fold.sealed import Sealed
from osgate.model.decision import Standing
from osgate.model.record import record

VERBS = ("suspend", "restrict")


@record
class HoldState:
    """Where one suspension or restriction stands. lifted: the revocation that ended it; None while it is in force."""

    hold: Sealed
    lifted: Sealed | None = None


def folded(ordered: Iterable[Sealed], revokers: Mapping[str, list[Sealed]]) -> dict[str, HoldState]:
    """Return the state of each suspension and restriction by id."""
    holds = [sealed for sealed in ordered if sealed.body["verb"] in VERBS]
    ended = {hold.id: revocation(hold, revokers.get(hold.id, ())) for hold in holds}
    return {hold.id: HoldState(hold, ended[hold.id][-1] if ended[hold.id] else None) for hold in holds}


def standings(states: Mapping[str, HoldState]) -> Iterator[Standing]:
    """What the holds in force suspend, or restrict to what they name."""
    for state in states.values():
        hold, body = state.hold, state.hold.body
        for subject in body["subjects"] if state.lifted is None else ():
            yield Standing(
                str(body["verb"]),
                subject["purl"],
                subject.get("range", ""),
                hold.id,
                "",
                hold.serial,
                hold.sealed_at,
                (str(body["person"]),),
                digests=tuple(subject.get("digests", ())),
                scopes=tuple(subject.get("scope", ())),
                environments=tuple(body.get("environments", ())),
                reason=str(body["reason"]),
                incident=str(body.get("incident", "")),
                projects=tuple(body.get("projects", ())),
                classes=tuple(body.get("classes", ())),
            )
