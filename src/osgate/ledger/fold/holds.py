"""Holds: suspensions, restrictions, retirements. In force at once by one person, lifted by another one of the role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from osgate.ledger.fold.quorum import revocation
from osgate.ledger.fold.sealed import Sealed, turn
from osgate.model.decision import Standing
from osgate.model.record import record

VERBS = ("suspend", "restrict", "retire")


@record
class HoldState:
    """Where one suspension, restriction or retirement stands.

    lifted: the revocation that ended it; None while it is in force. closed: of a retirement, the record by another
    person that says nobody uses it any more; None before.
    """

    hold: Sealed
    lifted: Sealed | None = None
    closed: Sealed | None = None


def folded(ordered: Iterable[Sealed], revokers: Mapping[str, list[Sealed]]) -> dict[str, HoldState]:
    """Return the state of each hold by id; a record that closes a retirement shares its state."""
    records = [sealed for sealed in ordered if sealed.body["verb"] in VERBS]
    closing: dict[str, list[Sealed]] = {}
    for sealed in records:
        if "confirms" in sealed.body:
            closing.setdefault(sealed.body["confirms"], []).append(sealed)
    states: dict[str, HoldState] = {}
    for hold in (sealed for sealed in records if "confirms" not in sealed.body):
        ended = revocation(hold, revokers.get(hold.id, ()))
        others = [one for one in closing.get(hold.id, ()) if one.body["person"] != hold.body["person"]]
        closed = min(others, key=turn) if others and hold.body["verb"] == "retire" else None
        state = HoldState(hold, ended[-1] if ended else None, closed)
        states.update({one.id: state for one in (hold, *closing.get(hold.id, ()))})
    return states


def standings(states: Mapping[str, HoldState]) -> Iterator[Standing]:
    """What the holds in force suspend, retire, or restrict to what they name."""
    for id, state in states.items():
        hold, body = state.hold, state.hold.body
        for subject in body["subjects"] if state.lifted is None and id == hold.id else ():
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
                alternatives=tuple(body.get("alternatives", ())),
                by=str(body.get("by", "")),
            )
