"""What somebody with access to the policy repository, or with the desk's key, could do to a ledger; and the auditor."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import copy
from typing import Any

from flow.house import House, Said
from osgate.intake_desk.anchors import said
from osgate.ledger import codec, signatures
from osgate.testing import records
from osgate.testing.keys import SigningKey


class Audited:
    """A house with four seals: the desk's first one, a request, both approvals, a block. tip: main as it should be."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.request = records.request()
        self.tech = records.approve(self.request, "zhang.san", "tech")
        approvals = [self.tech, records.approve(self.request, "li.si", "legal")]
        for step in ([], [self.request], approvals, [records.block()]):
            for record in step:
                house.push(record)
            house.run()
        self.tip = house.git("rev-parse", "main")
        self.anchors = {seal.serial: said(seal.serial, seal.digest) for seal in house.past().seals}

    def of(self, house: House) -> Audited:
        """The same of a copy of the house."""
        made = copy(self)
        made.house = house
        return made

    def restore(self) -> None:
        """Put main back to where it should be."""
        self.house.git("update-ref", "refs/heads/main", self.tip)

    def change(self, files: Mapping[str, bytes | None]) -> None:
        """Commit a change of main, past every check."""
        self.house.push_files("main", files)

    def read(self, path: str) -> bytes:
        """A file of main, byte for byte."""
        return (self.house.git("show", f"main:{path}") + "\n").encode()

    def seal(self, number: int, **changes: Any) -> bytes:
        """The seal of that number with `changes`, signed with the desk's key anew."""
        body = {**json.loads(self.read(codec.seal_path(number))), **changes}
        body.pop("signature")
        value = SigningKey("desk").snapshot(codec.signed_bytes(body))
        return codec.printed({**body, "signature": {"alg": "sshsig", "value": value}})

    def sealed_by_force(self, record: Mapping[str, Any], signer: str) -> dict[str, bytes | None]:
        """A fifth seal that takes in `record` without weighing it, as whoever holds the desk's key can make it."""
        witness = {record["id"]: {"key": signatures.fingerprint(SigningKey(signer).public)}}
        previous = self.house.past().anchor
        fifth = self.seal(4, serial=5, previous=previous, ids=[record["id"]], witness=witness)
        return {codec.record_path(dict(record)): codec.printed(dict(record)), codec.seal_path(5): fifth}

    def verify(self, *anchors: str) -> Said:
        """`osgate ledger verify`, with the anchors that an auditor kept."""
        more = ("--anchor", ",".join(anchors)) if anchors else ()
        return self.house.osgate("ledger", "verify", "--policy-repo", str(self.house.bare), *more)


def truths(said: Said) -> list[tuple[int, str]]:
    """(seal, code) of every problem that a verification told."""
    found = re.findall(r"^seal (\d+): .* \[([a-z-]+)\]$", said.err, re.MULTILINE)
    return [(int(serial), code) for serial, code in found]
