"""What people must look at: what waits for them, what ends, what is overdue."""

from __future__ import annotations

from osgate.model.record import record

# Kinds of item, in the order in which a list for people tells them.
KINDS = (
    "block",
    "review",
    "waiting",
    "renewing",
    "approval",
    "taken-over",
    "waiver",
    "paper",
    "retirement",
    "pre-approval",
    "desk-key",
    "person",
    "role",
    "key",
)


@record
class Item:
    """One thing that somebody must do.

    kind: one of KINDS. `block`: an emergency block that nobody confirmed; `review`: a broken glass that nobody looked
    at afterwards; `waiting`: a request, waiver or import to decide; `renewing`: an approval whose renewal is under way;
    `approval`, `taken-over` (an import), `waiver`, `pre-approval`: it ends or has ended; `paper`: a third party's
    report or legal opinion; `retirement`: existing use ends; `desk-key`, `person`, `role`, `key`: of osgate.toml and
    people.toml.

    id: of the record; of what is none, what names it there. name: what a sentence says beside the id (the incident, the
    type of a paper, the role or key that ends). verb: of the record; empty without one. subjects: `purl range` each.
    person: who made it, or whose it is. since: instant or ISO date since when it is there; days: whole days since then.
    until: instant or ISO date by which it is due or at which it ends; left: days until then, negative when past.
    overdue: nobody did it in time, or it has ended. grace: of an approval, the ISO date from which existing use is
    blocked; blocked: that day has come. roles: (role, given, needed); missing: assessments to come, by role. asks: the
    roles it waits for, empty where it waits for no role; turn: those of them that can act now. others: who asked for
    the same; alternatives: what a request considered beside. do: the words of the command that settles it, an empty one
    for the role; without any, words of the catalogue say what to do. stuck: roles that nobody holds now who may
    decide on it.
    """

    kind: str
    id: str
    until: str
    left: int
    overdue: bool
    since: str = ""
    days: int = 0
    name: str = ""
    verb: str = ""
    subjects: tuple[str, ...] = ()
    person: str = ""
    reason: str = ""
    grace: str = ""
    blocked: bool = False
    roles: tuple[tuple[str, int, int], ...] = ()
    missing: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()


@record
class Agenda:
    """items: everything to do, what is overdue first, then by day. unused: how many endings nobody is asked about,
    because nothing uses what they let in."""

    items: tuple[Item, ...]
    unused: int = 0
