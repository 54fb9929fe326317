"""Words at a forge against a ledger in memory: what they become before any desk weighs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, cast

from forge_desk.hall import HEAD, MACHINE, introduced
from osgate.forge_desk import asking, deciding
from osgate.forge_desk.hearing import Said
from osgate.forge_desk.station import Ledger, Station, Unclear
from osgate.forges import commands
from osgate.forges.commands import Command
from osgate.intake_desk.books import Books
from osgate.intake_desk.weigh import Candidate, Weighed, weigh
from osgate.ledger import codec
from osgate.model.forge import Account, Change, Conversation, Issue, Note
from osgate.model.policy import Key, Witness
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.testing import records
from osgate.testing.forge import MemoryForge
from osgate.testing.ledger import Ledger as Records
from osgate.testing.policies import PEOPLE, valid_policy

WITNESS = Witness("gitlab", (Key(MACHINE.public),))
ACCOUNTS = {id: str(4711 + n) for n, id in enumerate(PEOPLE)}
GUEST = "9999"


class Bench:
    """A ledger, a forge with a change, and somebody who says something there."""

    def __init__(self, witness: Witness | None = WITNESS) -> None:
        self.ledger, self.forge = Records(), MemoryForge()
        self.home = self.forge.world.add_project("bank/policy")
        self.app = self.forge.world.add_project("bank/till")
        author = self.forge.world.add_account("author", id="8888")
        self.change = self.forge.world.add_change(self.app, author, head=HEAD, authors=["author@bank.example"])
        self.verdict = Verdict("block", "enforce-new", "till", "0" * 40, HEAD, (introduced(),), ())
        valid = valid_policy()
        people = {id: replace(one, accounts=(("gitlab", ACCOUNTS[id]),)) for id, one in valid.people.items()}
        self.valid = replace(valid, policy=replace(valid.policy, witness=witness), people=people)
        self.ledger.seal()

    @property
    def station(self) -> Station:
        now = self.ledger.clock.now
        return Station(self.forge, self.forge.me(), self.home, "bank", now, MACHINE.decision, lambda _: self.verdict)

    def books(self) -> Ledger:
        """The ledger as the desk reads it."""
        force = SimpleNamespace(digest="sha256:" + "0" * 64)
        found = SimpleNamespace(valid=self.valid, history=self.ledger.history(), force=force)
        return Ledger(cast(Books, found), "gitlab")

    def said(
        self,
        body: str,
        who: str = "zhang.san",
        at: Conversation | None = None,
        answered: Mapping[str, str] | None = None,
        issue: Issue | None = None,
        change: Change | None = None,
    ) -> Said:
        """A note. who: a person's id, or the id of an account."""
        now = self.ledger.clock.now
        account = Account(ACCOUNTS.get(who, who), who)
        place = at or Conversation(self.home.id, 1, "issue")
        return Said(
            place, Note("1", account, body, now, now), commands.parse(body), dict(answered or {}), issue, change
        )

    def made(self, said: Said) -> list[dict[str, Any]]:
        """The records that the one command of a note becomes."""
        (command,) = said.commands
        assert isinstance(command, Command), command
        if command.verb == "request":
            return asking.requests(command, said, self.station, self.books())
        return [deciding.decision(command, said, self.station, self.books())]

    def record(self, body: str, who: str = "zhang.san", **more: Any) -> dict[str, Any]:
        """The one record of a note."""
        (found,) = self.made(self.said(body, who, **more))
        return found

    def unclear(self, body: str, who: str = "zhang.san", **more: Any) -> Unclear:
        """Why a note becomes none."""
        try:
            found = self.made(self.said(body, who, **more))
        except Unclear as error:
            return error
        raise AssertionError(found)

    def weighed(self, record: Mapping[str, Any]) -> Weighed:
        """What the desk says of a record."""
        past = self.ledger.history()
        policy, people = self.valid.policy, self.valid.people
        waits = [Candidate("here", codec.printed(dict(record)))]
        return weigh(waits, past.sealed, policy, people, self.ledger.clock.now, past.serial + 1, past.origin)

    def counts(self, record: Mapping[str, Any]) -> bool:
        return bool(self.weighed(record).accepted)

    def sealed(self, person: str = "wang.wu", roles: Iterable[str] = ("tech", "legal"), **more: Any) -> str:
        """Seal a request of somebody; returns the first digits of its id."""
        made = records.request(person, **more)
        self.ledger.seal(made, roles=roles)
        return codec.short(made["id"])
