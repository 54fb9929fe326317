"""Reading a snapshot: one SQLite file, opened immutable. On the commit path, so it knows only the C module."""

from __future__ import annotations

from _sqlite3 import DatabaseError, connect

from osgate import light_json
from osgate.errors import Undecided
from osgate.model.decision import LedgerView, Standing, Waiting
from osgate.model.policy import Policy, Project
from osgate.policy import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

FORMAT = 2
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._~-")
# What reading a file raises that is a database, but not the one that was written.
_OTHERWISE = (DatabaseError, AttributeError, KeyError, IndexError, TypeError, ValueError)
_STANDINGS = """SELECT s.effect, s.range, s.record, s.request, s.serial, s.sealed_at, s.persons, s.expires,
 s.digests, s.sources, s.scopes, s.environments, s.reason, s.incident, s.projects, s.classes, s.rules
 FROM component c JOIN standing s ON s.component = c.id WHERE c.key = ? ORDER BY s.rowid"""
_WAITING = """SELECT w.range, w.request, w.person, w.sealed_at, w.roles, w.missing FROM component c
 JOIN waiting w ON w.component = c.id WHERE c.key = ? AND w.verb = '{verb}' ORDER BY w.rowid"""


class Snapshot:
    """An opened snapshot. serial, anchor (digest): of the newest seal in it.

    Every method raises Undecided("snapshot.damaged") where the file is not what was written, and opening one that a
    newer or older osgate wrote `snapshot.newer-format` or `snapshot.older-format`.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        raw = path.encode("utf-8", "surrogateescape")
        uri = "file:" + "".join([chr(b) if chr(b) in _PLAIN else f"%{b:02X}" for b in raw])
        try:
            self._connection = connect(f"{uri}?mode=ro&immutable=1", uri=True)
        except DatabaseError as error:
            raise Undecided("snapshot.damaged", path=path) from error
        try:
            self._meta: dict[str, str] = dict(self._connection.execute("SELECT key, value FROM meta"))
            found = int(self._meta["format"])
            self.serial = int(self._meta["serial"])
            self.anchor = str(self._meta["anchor"])
            self._policy = str(self._meta["policy"])
        except (DatabaseError, KeyError, ValueError, TypeError) as error:
            self.close()
            raise Undecided("snapshot.damaged", path=path) from error
        if found != FORMAT:
            self.close()
            code = "snapshot.newer-format" if found > FORMAT else "snapshot.older-format"
            raise Undecided(code, path=path, found=found, known=FORMAT)

    def policy(self, project: str) -> Policy:
        """Return the policy with the one project asked for."""
        try:
            projects: dict[str, Project] = {}
            for (data,) in self._rows("SELECT data FROM project WHERE id = ?", project):
                projects[project] = compiled.project_from_json(project, light_json.loads(data))
            return compiled.from_json(light_json.loads(self._policy), projects)
        except _OTHERWISE as error:
            raise Undecided("snapshot.damaged", path=self.path) from error

    def view(self, components: Iterable[str]) -> LedgerView:
        """Return everything that stands or waits for `components`.

        What stands on a whole project, as a waiver without subjects does, is found under `project:<id>`, which the
        caller adds.
        """
        standings: dict[str, tuple[Standing, ...]] = {}
        waiting: dict[str, tuple[Waiting, ...]] = {}
        try:
            for key in components:
                found = tuple([_standing(key, row) for row in self._rows(_STANDINGS, key)])
                if found:
                    standings[key] = found
                waits = self._waits(key, "request")
                if waits:
                    waiting[key] = waits
        except _OTHERWISE as error:
            raise Undecided("snapshot.damaged", path=self.path) from error
        return LedgerView(standings, waiting)

    def proposed(self, component: str) -> tuple[Waiting, ...]:
        """Return the waivers for `component` that wait for more persons; `request` is the waiver's id."""
        try:
            return self._waits(component, "waive")
        except _OTHERWISE as error:
            raise Undecided("snapshot.damaged", path=self.path) from error

    def _waits(self, key: str, verb: str) -> tuple[Waiting, ...]:
        return tuple([_waiting(key, row) for row in self._rows(_WAITING.format(verb=verb), key)])

    def _rows(self, query: str, key: str) -> list[Any]:
        return self._connection.execute(query, (key.encode("utf-8", "replace").decode(),)).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _standing(component: str, row: Any) -> Standing:
    (
        effect,
        range,
        record,
        request,
        serial,
        sealed_at,
        persons,
        expires,
        digests,
        sources,
        scopes,
        environments,
        reason,
        incident,
        projects,
        classes,
        rules,
    ) = row
    return Standing(
        effect,
        component,
        range,
        record,
        request,
        serial,
        sealed_at,
        tuple(persons.split()),
        expires,
        tuple(digests.split()),
        _listed(sources),
        tuple(scopes.split()),
        _listed(environments),
        reason,
        incident,
        _listed(projects),
        _listed(classes),
        tuple(rules.split()),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(light_json.loads(text)) if text else ()


def _waiting(component: str, row: Any) -> Waiting:
    range, request, person, sealed_at, roles, missing = row
    steps = tuple((str(r), int(given), int(needed)) for r, given, needed in light_json.loads(roles))
    return Waiting(component, range, request, person, sealed_at, steps, tuple(light_json.loads(missing)))
