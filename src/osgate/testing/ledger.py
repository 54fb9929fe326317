"""A ledger in memory: records and seals as bytes by path, as a policy repository holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osgate.intake_desk import sealing
from osgate.intake_desk.weigh import Refusal, Weighed
from osgate.ledger import codec, history, signatures
from osgate.ledger.fold import Sealed, State, fold
from osgate.ledger.history import History
from osgate.model.policy import Key
from osgate.testing.clock import Clock
from osgate.testing.keys import SigningKey

# The verbs whose records a tier decides on.
_TIERED = ("request", "waive", "import")


class Ledger:
    """Records and their seals. desk: the key that seals. records, seals: path -> bytes; a test may spoil them."""

    def __init__(self, desk: SigningKey | None = None, clock: Clock | None = None) -> None:
        self.desk = desk or SigningKey("desk")
        self.clock = clock or Clock()
        self.records: dict[str, bytes] = {}
        self.seals: dict[str, bytes] = {}

    @property
    def keys(self) -> tuple[Key, ...]:
        """The desk's public key, valid for ever."""
        return (Key(self.desk.public),)

    def seal(
        self,
        *records: Mapping[str, Any],
        roles: Iterable[str] = ("tech", "legal"),
        assessments: Iterable[str] = (),
        refused: Iterable[Refusal] = (),
    ) -> dict[str, Any]:
        """Seal `records` as they are, without weighing them, a minute after the seal before; return the seal.

        roles, assessments: the tier that requests and waivers among them get.
        """
        past = self.history()
        self.clock.forward(seconds=60)
        tier = {"tier": "normal", "roles": list(roles), "assessments": list(assessments)}
        taken = tuple(
            Sealed(r, past.serial + 1, self.clock.now, {"key": _signer(r), **(tier if r["verb"] in _TIERED else {})})
            for r in records
        )
        weighed = Weighed(taken, tuple(refused), ())
        made = sealing.seal(past.serial + 1, past.anchor, self.clock.now, weighed, "", self.desk.snapshot)
        self.records.update({codec.record_path(dict(r)): codec.printed(dict(r)) for r in records})
        self.seals[codec.seal_path(past.serial + 1)] = codec.printed(made)
        return made

    def history(self) -> History:
        """Read and check everything as osgate does."""
        return history.read(self.records, self.seals, self.keys)

    def state(self) -> State:
        """The ledger folded."""
        return fold(self.history().sealed)


def _signer(record: Mapping[str, Any]) -> str:
    return signatures.fingerprint(signatures.parse(record["signature"]["value"]).key)
