"""The fold: from the set of sealed records to what is in force. Pure; the order of the input never matters.

Nothing is edited. A later record that names an id revokes, confirms or supersedes it, and only when its own quorum is
complete. "Later" is by seal. Records fall into groups that name each other; the fold of several groups is the union of
their folds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from osgate.ledger.fold import blocks, holds, jointly, requests
from osgate.ledger.fold.blocks import BlockState
from osgate.ledger.fold.holds import HoldState
from osgate.ledger.fold.jointly import JointState
from osgate.ledger.fold.requests import RequestState
from osgate.ledger.fold.sealed import Record, Sealed, turn
from osgate.model.decision import Standing, Waiting
from osgate.model.record import record

__all__ = ["BlockState", "HoldState", "JointState", "Record", "RequestState", "Sealed", "State", "fold"]

_NONE: dict[str, Any] = {}


@record
class State:
    """The ledger folded. requests by id; standings: everything in force, sorted; waiting: what still needs deciding.

    blocks: every emergency block by id, a confirming one with the state of the block it confirms. holds: suspensions,
    restrictions and retirements by id. joint: waivers and imports, as blocks; proposed: those that wait for more
    persons, by component. endorsed: policy digest -> who endorsed it, in order.
    """

    requests: dict[str, RequestState]
    standings: tuple[Standing, ...]
    waiting: tuple[Waiting, ...]
    blocks: dict[str, BlockState] = _NONE
    holds: dict[str, HoldState] = _NONE
    joint: dict[str, JointState] = _NONE
    proposed: tuple[Waiting, ...] = ()
    endorsed: dict[str, tuple[Sealed, ...]] = _NONE


def fold(records: Iterable[Sealed]) -> State:
    """Fold sealed records into a State. As-of a moment is a fold over those sealed until then."""
    ordered = sorted(records, key=turn)
    revokers: dict[str, list[Sealed]] = {}
    for sealed in ordered:
        if "revokes" in sealed.body:
            revokers.setdefault(sealed.body["revokes"], []).append(sealed)
    asked, standings = requests.folded(ordered, revokers)
    blocked = blocks.folded(ordered, revokers)
    held = holds.folded(ordered, revokers)
    joint = jointly.folded(ordered, revokers)
    standings += [*blocks.standings(blocked), *holds.standings(held), *jointly.standings(joint)]
    standings.sort(key=lambda s: (s.component, s.effect, s.serial, s.record, s.range))
    waiting, proposed = tuple(requests.waiting(asked)), tuple(jointly.proposed(joint))
    endorsed: dict[str, tuple[Sealed, ...]] = {}
    for item in ordered:
        if item.body["verb"] == "endorse":
            endorsed[item.body["policy"]] = (*endorsed.get(item.body["policy"], ()), item)
    return State(asked, tuple(standings), waiting, blocked, held, joint, proposed, endorsed)
