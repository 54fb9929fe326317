"""The fold: from the set of sealed records to what is in force. Pure; the order of the input never matters.

Nothing is edited. A later record that names an id revokes, confirms or supersedes it, and only when its own quorum is
complete. "Later" is by seal. Records fall into groups that name each other; the fold of several groups is the union of
their folds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from osgate.ledger.fold import blocks, holds, requests, waivers
from osgate.ledger.fold.blocks import BlockState
from osgate.ledger.fold.holds import HoldState
from osgate.ledger.fold.requests import RequestState
from osgate.ledger.fold.sealed import Record, Sealed, turn
from osgate.ledger.fold.waivers import WaiverState
from osgate.model.decision import Standing, Waiting
from osgate.model.record import record

__all__ = ["BlockState", "HoldState", "Record", "RequestState", "Sealed", "State", "WaiverState", "fold"]

_NONE: dict[str, Any] = {}


@record
class State:
    """The ledger folded. requests by id; standings: everything in force, sorted; waiting: what still needs deciding.

    blocks: every emergency block by id, a confirming one with the state of the block it confirms. holds: suspensions
    and restrictions by id. waivers: as blocks; proposed: those that wait for more persons, by component.
    """

    requests: dict[str, RequestState]
    standings: tuple[Standing, ...]
    waiting: tuple[Waiting, ...]
    blocks: dict[str, BlockState] = _NONE
    holds: dict[str, HoldState] = _NONE
    waivers: dict[str, WaiverState] = _NONE
    proposed: tuple[Waiting, ...] = ()


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
    waived = waivers.folded(ordered, revokers)
    standings += [*blocks.standings(blocked), *holds.standings(held), *waivers.standings(waived)]
    standings.sort(key=lambda s: (s.component, s.effect, s.serial, s.record, s.range))
    waiting, proposed = tuple(requests.waiting(asked)), tuple(waivers.proposed(waived))
    return State(asked, tuple(standings), waiting, blocked, held, waived, proposed)
