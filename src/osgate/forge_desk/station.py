"""What a round at a forge works with, and how it says that something is not clear enough to act on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from osgate.forges.protocol import Forge
from osgate.intake_desk.books import Books
from osgate.intake_desk.composing import Signer
from osgate.intake_desk.verbs import Outside
from osgate.intake_desk.weigh import Candidate, weigh
from osgate.ledger import codec
from osgate.ledger.fold import Sealed, State, fold
from osgate.model.forge import Account, Change, Conversation, Project
from osgate.model.policy import Person
from osgate.model.record import record
from osgate.model.verdict import Verdict


class Unclear(Exception):
    """Words that cannot be made a record. code: key below `heard.`; paste: lines that would be clear."""

    def __init__(self, code: str, *paste: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.paste, self.params = code, paste, params


@record
class Station:
    """forge, me: who we are there; home: the policy project; group: below which changes are ours; now: UTC instant.

    sign: the witness's signer; judge: the verdict on a change, as the desk finds it (raises OsgateError).
    """

    forge: Forge
    me: Account
    home: Project
    group: str
    now: str
    sign: Signer
    judge: Callable[[Change], Verdict]


class Ledger:
    """The ledger as it is at the beginning of a round, with what records say of the forge. forge: its kind."""

    def __init__(self, books: Books, forge: str) -> None:
        self.books, self.policy = books, books.valid.policy
        self.state: State = fold(books.history.sealed)
        self.sealed = {item.id: item for item in books.history.sealed}
        # The name that people.toml knows the forge by.
        self.forge = self.policy.witness.forge if self.policy.witness else forge
        self._heard: dict[tuple[Conversation, str], list[Sealed]] = {}
        for item in books.history.sealed:
            self._hear(item)

    def _hear(self, item: Sealed) -> None:
        said = item.body.get("witnessed")
        if said and said["forge"] == self.forge:
            at = Conversation(said["project"], said["number"], said["kind"])
            self._heard.setdefault((at, said.get("comment", "")), []).append(item)

    def expect(self, requests: Iterable[Mapping[str, Any]], now: str) -> None:
        """Take requests for sealed which the desk's run at `now` is going to seal, so that others join them."""
        past, waits = self.books.history, [Candidate("", codec.printed(dict(one))) for one in requests]
        outside = Outside(policy=self.books.force.digest)
        people, known = self.books.valid.people, self.sealed.values()
        for item in weigh(waits, known, self.policy, people, now, past.serial + 1, past.origin, outside).accepted:
            self.sealed[item.id] = item
            self._hear(item)
        self.state = fold(self.sealed.values())

    def heard(self, at: Conversation, note: str) -> list[Sealed]:
        """Return the records that were made of a note."""
        return self._heard.get((at, note), [])

    def asked_at(self, at: Conversation) -> list[Sealed]:
        """Return the requests that were made of what was said in a conversation."""
        made = (item for (place, _), items in self._heard.items() if place == at for item in items)
        return [item for item in made if item.body["verb"] == "request"]

    def answering(self, request: Sealed) -> Sealed:
        """Return the request that answers `request`: the one it joins, else itself."""
        return self.sealed.get(str(request.body.get("joins", "")), request)

    def find(self, digits: str) -> Sealed:
        """Return the sealed record whose id begins with `digits`. Raises Unclear: `id-none`, `id-several`."""
        found = [item for id, item in self.sealed.items() if id.partition(":")[2].startswith(digits)]
        if len(found) != 1:
            raise Unclear("id-several" if found else "id-none", id=digits)
        return found[0]

    def person(self, account: str) -> Person | None:
        """Return whose an account is, None for nobody's; by its id alone, whatever it is called."""
        people = self.books.valid.people.values()
        return next((one for one in people if (self.forge, account) in one.accounts), None)
