"""What a round at a forge works with, and how it says that something is not clear enough to act on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from osgate.forge_desk.turns import still
from osgate.forges.protocol import Forge
from osgate.intake_desk.books import Books
from osgate.intake_desk.composing import Signer
from osgate.intake_desk.verbs import Desk, Outside
from osgate.intake_desk.verbs.context import NAMING
from osgate.intake_desk.weigh import Candidate, weigh
from osgate.ledger import codec
from osgate.ledger.fold import Sealed, State, fold
from osgate.model.forge import Account, Change, Conversation, Project
from osgate.model.policy import Person
from osgate.model.record import record, replace
from osgate.model.verdict import Verdict


class Unclear(Exception):
    """Words that cannot be made a record. code: key below `heard.`; paste: lines that would be clear."""

    def __init__(self, code: str, *paste: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.paste, self.params = code, paste, params


@record
class Station:
    """forge, me: who we are there; home: the policy project; group: below which changes are ours; now: UTC instant.

    sign: the witness's signer; judge: the verdict on a change, as the desk finds it (raises OsgateError); clock:
    seconds, from anywhere, for how long a round takes; called: what people.toml calls the forge, empty for its kind.
    """

    forge: Forge
    me: Account
    home: Project
    group: str
    now: str
    sign: Signer
    judge: Callable[[Change], Verdict]
    clock: Callable[[], float] = still
    called: str = ""


class Ledger:
    """The ledger as it is at the beginning of a round, with what records say of the forge. forge: its kind.

    sealed: all records by id; state: their fold; refused: ids of what was set aside for good.
    """

    def __init__(self, books: Books, forge: str) -> None:
        self.books, self.policy = books, books.valid.policy
        past = books.history
        self.state: State = fold(past.sealed)
        self.refused = past.refused
        # The name that people.toml knows the forge by.
        self.forge = self.policy.witness.forge if self.policy.witness else forge
        outside = Outside(policy=books.force.digest)
        self._desk = Desk(self.policy, books.valid.people, "", past.serial + 1, past.origin, {}, {}, {}, outside)
        self.sealed = self._desk.sealed
        self._heard: dict[tuple[Conversation, str], list[Sealed]] = {}
        self._words: dict[tuple[str, str, str], list[Sealed]] = {}
        self._asked: dict[str, list[Sealed]] = {}
        for item in past.sealed:
            self._take(item)

    def _take(self, item: Sealed) -> None:
        self._desk.remember(item)
        if item.body["verb"] == "request" and "comment" in item.body.get("origin", {}):
            self._asked.setdefault(item.body["origin"]["comment"], []).append(item)
        said = item.body.get("witnessed")
        if said and said["forge"] == self.forge:
            at = Conversation(said["project"], said["number"], said["kind"])
            self._heard.setdefault((at, said.get("comment", "")), []).append(item)
            self._words.setdefault((said["account"], said["at"], said["body"]), []).append(item)

    def expect(self, requests: Iterable[Mapping[str, Any]], now: str) -> None:
        """Take requests for sealed which the desk's run at `now` is going to seal, so that others join them.

        Only what they name is weighed with them: it costs the same whatever else there is.
        """
        past, bodies = self.books.history, list(requests)
        waits = [Candidate("", codec.printed(dict(one))) for one in bodies]
        people, near, outside = self.books.valid.people, self._named(bodies), self._desk.outside
        for item in weigh(waits, near, self.policy, people, now, past.serial + 1, past.origin, outside).accepted:
            self._take(item)
            touched = (str(item.body.get("joins", item.id)), *item.body.get("supersedes", ()))
            found = {key: told for id in touched for key, told in self._desk.about(id).requests.items()}
            self.state = replace(self.state, requests={**self.state.requests, **found})

    def _named(self, bodies: Iterable[Mapping[str, Any]]) -> list[Sealed]:
        """The sealed records that `bodies` name, and those that these name, over any number of steps."""
        found: dict[str, Sealed] = {}
        waiting = list(bodies)
        while waiting:
            body = waiting.pop()
            for value in (body.get(key, ()) for key in NAMING):
                for id in (value,) if isinstance(value, str) else value:
                    if id in self.sealed and id not in found:
                        found[id] = self.sealed[id]
                        waiting.append(self.sealed[id].body)
        return list(found.values())

    def heard(self, at: Conversation, note: str) -> list[Sealed]:
        """Return the records that were made of a note."""
        return self._heard.get((at, note), [])

    def recorded(self, said: Mapping[str, Any]) -> list[Sealed]:
        """Return the records that were made of these words: of this note, or of a copy of it in another place.

        said: what records made of it say (`witnessed`).
        """
        at = Conversation(said["project"], said["number"], said["kind"])
        here = self.heard(at, said.get("comment", ""))
        return here or self._words.get((said["account"], said["at"], said["body"]), [])

    def asked_for(self, comment: str) -> list[Sealed]:
        """Return the requests for a change, wherever they were made. comment: as their `origin.comment` names it."""
        return self._asked.get(comment, [])

    def asked_at(self, at: Conversation) -> list[Sealed]:
        """Return the requests that were made of what was said in a conversation."""
        made = (item for (place, _), items in self._heard.items() if place == at for item in items)
        return [item for item in made if item.body["verb"] == "request"]

    def asking(self, request: str) -> list[Sealed]:
        """Return the request with this id, if there is one, and those that joined it."""
        own = [self.sealed[request]] if request in self.sealed else []
        return [*own, *self._desk.naming("joins", request)] if own else []

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
