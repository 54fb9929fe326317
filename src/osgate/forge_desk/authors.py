"""Who has written a change as it is now: they have no part in deciding on it, whenever they came to it."""

from __future__ import annotations

import re

from osgate.errors import OsgateError, Refused
from osgate.forge_desk.failing import lasting
from osgate.forges.protocol import Forge
from osgate.intake_desk.witnessed import name_of

_CHANGE = re.compile(r"(?P<forge>[a-z]+):(?P<project>.+)!(?P<number>[1-9][0-9]{0,9})")


class Authors:
    """forge: asked once for each change. name: what people.toml calls it."""

    def __init__(self, forge: Forge, name: str) -> None:
        self._forge, self._name = forge, name
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, comment: str) -> tuple[str, ...]:
        """Return mail addresses and `FORGE:ID` of the authors of a change, as a request's `origin.comment` names it.

        None of them for a change that is not at this forge, or not any more. Raises Undecided while nobody can tell,
        Refused `forge.authors` (what) for one with more commits than are looked at: whoever has written one of the
        others might decide on it.
        """
        if comment not in self._known:
            self._known[comment] = self._asked(comment)
        return self._known[comment]

    def told(self, comment: str) -> tuple[str, ...] | None:
        """The same for the desk's run (`verbs.Outside.authors`), which nothing may end: None where nobody can tell."""
        try:
            return self.of(comment)
        except OsgateError:
            return None

    def _asked(self, comment: str) -> tuple[str, ...]:
        named = _CHANGE.fullmatch(comment)
        if named is None or named["forge"] != self._name:
            return ()
        try:
            change = self._forge.change(named["project"], int(named["number"]))
        except OsgateError as error:
            if lasting(error):
                raise
            return ()
        if change.more:
            raise Refused("forge.authors", what=change.url)
        return (*change.authors, name_of(self._name, change.author.id))
