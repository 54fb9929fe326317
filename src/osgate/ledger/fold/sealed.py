"""What the fold works on: records with what their seal says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osgate.model.record import record

Record = Mapping[str, Any]


@record
class Sealed:
    """A record with what its seal says of it.

    serial, sealed_at: the seal. witness: what the desk found true at that moment: for a request `tier`, `roles` (one
    entry for each decision needed) and `assessments`, for the first record of a waiver `tier` and `roles`; for others
    nothing.
    """

    body: Record
    serial: int
    sealed_at: str
    witness: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The record's id."""
        return str(self.body["id"])


def turn(sealed: Sealed) -> tuple[int, str]:
    """The order of records: by seal, and by id within one seal."""
    return sealed.serial, sealed.id


def needed(item: Sealed) -> list[str]:
    """The roles that must decide on a request or waiver, one entry for each person."""
    return [str(role) for role in item.witness.get("roles", ())]


def in_role_order(roles: Iterable[str], counted: Iterable[Sealed]) -> tuple[str, ...]:
    """The persons behind `counted`, in the order of `roles`."""
    order = list(roles)
    return tuple(str(c.body["person"]) for c in sorted(counted, key=lambda c: order.index(c.body["role"])))
