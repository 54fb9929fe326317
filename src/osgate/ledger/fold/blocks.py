"""Emergency blocks: in force at once by one person, confirmed by a second, lifted by two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from osgate.ledger.fold.sealed import Record, Sealed, turn
from osgate.model.decision import Standing
from osgate.model.policy import UNBLOCK_QUORUM
from osgate.model.record import record


@record
class BlockState:
    """Where one emergency block stands.

    confirmed: the persons who confirmed it, lifting: those who unblocked it, in order. in_force: until the quorum of
    unblocks is complete. A block that confirms another one has no state of its own: it shares the other's fate.
    """

    block: Sealed
    confirmed: tuple[str, ...]
    lifting: tuple[str, ...]

    @property
    def in_force(self) -> bool:
        """True while too few persons have unblocked it."""
        return len(self.lifting) < UNBLOCK_QUORUM


def unblocks(revokers: Iterable[Sealed]) -> list[Sealed]:
    """Return those of `revokers` that lift a block: the first of each person, in order."""
    first: dict[str, Sealed] = {}
    for revoker in sorted(revokers, key=turn):
        if revoker.body["verb"] == "unblock":
            first.setdefault(str(revoker.body["person"]), revoker)
    return list(first.values())


def why_not_confirmed(block: Record, target: Sealed | None, lifting: list[Sealed], serial: int) -> str:
    """Return why `block`, sealed by `serial`, does not confirm `target`; empty where it does.

    `confirms-nothing`: that is no block that stands by itself, or was lifted before; `confirms-own`: by the same
    person; `confirms-other-subjects`. lifting: the unblocks of `target`.
    """
    if target is None or target.body["verb"] != "block" or "confirms" in target.body or target.serial > serial:
        return "confirms-nothing"
    if len(lifting) >= UNBLOCK_QUORUM and lifting[UNBLOCK_QUORUM - 1].serial < serial:
        return "confirms-nothing"
    if target.body["person"] == block["person"]:
        return "confirms-own"
    return "" if _stopped(target.body) == _stopped(block) else "confirms-other-subjects"


def _stopped(block: Record) -> set[tuple[str, str, tuple[str, ...]]]:
    """What a block stops: its subjects, whatever their order."""
    return {(s["purl"], s.get("range", ""), tuple(sorted(s.get("digests", ())))) for s in block["subjects"]}


def folded(ordered: Iterable[Sealed], revokers: Mapping[str, list[Sealed]]) -> dict[str, BlockState]:
    """Return the state of each block by id. One that does not confirm what it names stands by itself; to unblock one
    that does is to unblock what it confirms."""
    blocks = {s.id: s for s in ordered if s.body["verb"] == "block"}
    first = {id: id for id in blocks}
    for id, block in blocks.items():
        named = str(block.body.get("confirms", ""))
        lifting = unblocks(revokers.get(named, ()))
        if named and not why_not_confirmed(block.body, blocks.get(named), lifting, block.serial):
            first[id] = named
    confirmed: dict[str, list[str]] = {id: [] for id in blocks}
    lifters: dict[str, list[Sealed]] = {id: [] for id in blocks}
    for id, block in blocks.items():
        lifters[first[id]] += revokers.get(id, ())
        if first[id] != id:
            confirmed[first[id]].append(str(block.body["person"]))
    states = {
        id: BlockState(
            blocks[id],
            tuple(dict.fromkeys(confirmed[id])),
            tuple(str(one.body["person"]) for one in unblocks(lifters[id])),
        )
        for id in blocks
    }
    return {id: states[first[id]] for id in blocks}


def standings(states: Mapping[str, BlockState]) -> Iterator[Standing]:
    """What the blocks in force stop."""
    for id, state in states.items():
        block = state.block
        if id != block.id or not state.in_force:
            continue
        for subject in block.body["subjects"]:
            yield Standing(
                "block",
                subject["purl"],
                subject.get("range", ""),
                block.id,
                "",
                block.serial,
                block.sealed_at,
                (str(block.body["person"]), *state.confirmed),
                digests=tuple(subject.get("digests", ())),
                reason=str(block.body["reason"]),
                incident=str(block.body.get("incident", "")),
            )
