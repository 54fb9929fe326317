"""From what is wanted to the requests that ask for it: one for what nobody asked for, else one to join each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osgate.errors import Refused
from osgate.intake_desk import composing, joining, stuck
from osgate.intake_desk.books import Books
from osgate.intake_desk.joining import Joining
from osgate.ledger.fold import State, fold
from osgate.ledger.fold.requests import components
from osgate.model.dependency import Dependency


class Plan:
    """What of `chosen` waits already (`waits`), and what nobody has asked for (`rest`).

    fields: of the request, its origin and what it supersedes included; range, scope: where they were asked for by name;
    books: the ledger, folded as `state`. Who replaces a decision asks anew, whatever waits.
    """

    def __init__(
        self,
        chosen: list[Dependency],
        fields: Mapping[str, Any],
        range: str,
        scope: Iterable[str],
        books: Books,
        state: State | None = None,
    ) -> None:
        self.fields, self.range, self.scope, self.books = fields, range, list(scope), books
        self.state: State = state or fold(books.history.sealed)
        named = {**fields, "scope": self.scope, **({"range": range} if range else {})}
        self.waits: list[Joining] = []
        self.rest = chosen
        if not fields.get("supersedes"):
            states = self.state.requests.values()
            self.waits, self.rest = joining.joinings(chosen, named, states, books.valid.policy)

    def drafts(self, person: str, now: str) -> list[dict[str, Any]]:
        """Return the fields of the records to make for `person`. now: UTC instant.

        Raises Refused: `request.nothing` where they have asked for all of it before, `request.locks` where joining
        would leave nobody to decide.
        """
        if self.rest:
            sealed = {item.id: item for item in self.books.history.sealed}
            named = [id for id in self.fields.get("supersedes", ()) if id in sealed]
            apart = {purl for id in named for purl in components(sealed[id], sealed)}
            return [{**self.fields, "subjects": composing.subjects(self.rest, self.range, self.scope, apart)}]
        fresh = [joined for joined in self.waits if not self._asked_by(person, joined.target.request.id)]
        if not fresh:
            raise Refused("request.nothing")
        own = [{**self.fields, "subjects": joining.subjects(one), "joins": one.target.request.id} for one in fresh]
        for joined, said in zip(fresh, own, strict=True):
            stuck.must_stay_open(joined.target, {**said, "person": person}, self.state, self.books.valid, now)
        return own

    def _asked_by(self, person: str, id: str) -> bool:
        """True if `person` made the request `id`, or joined it, for the same repository."""
        told = self.state.requests
        here = str(self.fields.get("origin", {}).get("repository", ""))
        asked = [told[id].request, *joining.asked_by(told.values(), id)]
        return any(
            item.body["person"] == person and item.body.get("origin", {}).get("repository", "") == here
            for item in asked
        )
