"""Reading a snapshot: one SQLite file, opened immutable. On the commit path, so it knows only the C module.

How decisions are packed is told in ADR 0011 and written by `snapshot_write`.
"""

from __future__ import annotations

from _sqlite3 import DatabaseError, connect

from osgate import light_json
from osgate.errors import Undecided
from osgate.model.decision import LedgerView, Post, Standing, Waiting
from osgate.model.policy import Policy, Project
from osgate.policy import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _sqlite3 import Connection
    from collections.abc import Iterable
    from typing import Any

    _Known = dict[bytes, Any]
else:
    _Known = dict

FORMAT = 3
# The texts that decisions share. Each has a number among those of its kind; a decision holds the numbers, that of its
# fence in the table `exact`, the others beside the beginning of its id.
RANGE, TERMS, REASON, SEAL, EXPIRES, FENCE = KINDS = range(6)
MAIN = KINDS[:FENCE]
# The fields of a standing that `terms` holds as a JSON list, empty ones at its end left out: words, lists, words and
# a list.
TERM_FIELDS = (
    *("effect", "persons", "scopes", "environments", "projects", "classes", "sources", "rules", "alternatives"),
    *("incident", "distribution", "by", "obligations"),
)
_NO_TERMS: list[Any] = ["", *[()] * 8, "", "", "", ()]
# Bytes of an id, and those of them that stand in the main table; the others follow in `exact`.
PREFIX, ID = 8, 32
TAIL = ID - PREFIX
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._~-")
# What reading a file raises that is a database, but not the one that was written.
_OTHERWISE = (DatabaseError, AttributeError, KeyError, IndexError, TypeError, ValueError, RecursionError)
# A shared text's key: its kind above the bits of its number.
KIND_BITS = 32
_STANDINGS = """SELECT c.ids, c.numbers, e.ids, e.fences, e.details,
 EXISTS (SELECT 1 FROM waiting w WHERE w.component = c.key)
 FROM component c JOIN exact e ON e.component = c.number WHERE c.key = ?"""
_TEXT = "SELECT text FROM text WHERE id = ?"
_WAITING = """SELECT range, request, person, sealed_at, roles, missing FROM waiting
 WHERE component = ? AND verb = '{verb}' ORDER BY rowid"""


class Snapshot:
    """An opened snapshot. serial, anchor (digest): of the newest seal in it; policy_digest: of the policy, or empty.

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
            found = self._head(dict(self._connection.execute("SELECT key, value FROM meta")))
        except (DatabaseError, KeyError, ValueError, TypeError) as error:
            self.close()
            raise Undecided("snapshot.damaged", path=path) from error
        if found != FORMAT:
            self.close()
            code = "snapshot.newer-format" if found > FORMAT else "snapshot.older-format"
            raise Undecided(code, path=path, found=found, known=FORMAT)
        self._texts = [_Texts(self._connection, kind) for kind in KINDS]

    def _head(self, meta: dict[str, str]) -> int:
        """Take over what `meta` says and return the format; what else another format says is not looked at."""
        found = int(meta["format"])
        if found == FORMAT:
            self.serial = int(meta["serial"])
            self.anchor = str(meta["anchor"])
            self.policy_digest = str(meta["policy_digest"])
            self._policy = str(meta["policy"])
            # Bytes of a number beside the prefixes, and of a fence's in `exact`.
            self.widths = tuple([int(width) for width in meta["widths"].split()])
            if len(self.widths) != 2 or not all(0 < width * 8 <= KIND_BITS for width in self.widths):
                raise ValueError(meta["widths"])
        return found

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
                found = self._rows(_STANDINGS, key)
                if found:
                    standings[key] = self._standings(key, *found[0])
                waits = self._waits(key, "request") if not found or found[0][-1] else ()
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

    def _standings(
        self, key: str, prefixes: bytes, numbers: bytes, rest: bytes | str, fences: bytes, details: str, _waits: int
    ) -> tuple[Standing, ...]:
        ids, head = _ids(prefixes, rest), range_head(key)
        packed, fenced = parted(numbers, self.widths[0]), parted(fences, self.widths[1])
        columns = [packed[kind :: len(MAIN)] for kind in MAIN] + [fenced]
        said = [map(texts.__getitem__, column) for texts, column in zip(self._texts, columns, strict=True)]
        pinned = light_json.loads(details) if details else [((), ())] * len(ids)
        return tuple([_standing(key, head, *parts) for parts in zip(ids, pinned, *said, strict=True)])

    def _waits(self, key: str, verb: str) -> tuple[Waiting, ...]:
        return tuple([_waiting(key, row) for row in self._rows(_WAITING.format(verb=verb), key)])

    def _rows(self, query: str, key: str) -> list[Any]:
        return self._connection.execute(query, (key.encode("utf-8", "replace").decode(),)).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class _Texts(_Known):
    """What the shared texts of one kind mean, by their packed numbers; each is read when it is first asked for."""

    def __init__(self, connection: Connection, kind: int) -> None:
        self._connection, self._first = connection, kind << KIND_BITS

    def __missing__(self, packed: bytes) -> Any:
        ((text,),) = self._connection.execute(_TEXT, (self._first | int.from_bytes(packed, "big"),))
        meaning = self[packed] = _MEANINGS[self._first >> KIND_BITS](text)
        return meaning


def parted(data: bytes, width: int) -> list[bytes]:
    """Return the pieces of `width` bytes each that `data` is made of."""
    return [data[at : at + width] for at in range(0, len(data), width)]


def range_head(component: str) -> str:
    """Return how ranges of a component begin as a rule: `vers:npm/` for `pkg:npm/left-pad`."""
    return f"vers:{component.partition('/')[0].removeprefix('pkg:')}/"


def _ids(prefixes: bytes, rest: bytes | str) -> list[tuple[str, str]]:
    """Return (record, request) of each decision; `rest` is text where one of them has no id of the usual kind."""
    if isinstance(rest, str):
        return [(record, request) for record, request in light_json.loads(rest)]
    heads, tails = prefixes.hex(" ", PREFIX).split(), rest.hex(" ", ID + TAIL).split()
    return [
        (f"sha256:{tail[: 2 * ID]}", f"sha256:{head}{tail[2 * ID :]}") for head, tail in zip(heads, tails, strict=True)
    ]


def _standing(
    component: str,
    head: str,
    ids: tuple[str, str],
    details: tuple[list[str], list[str]],
    span: str,
    terms: list[Any],
    reason: str,
    seal: tuple[int, str],
    expires: str,
    fence: tuple[Post, ...],
) -> Standing:
    effect, persons, scopes, environments, projects, classes, sources, rules, alternatives, *words = terms
    return Standing(
        effect,
        component,
        span[1:] if span[:1] == "!" else head + span,
        *ids,
        *seal,
        persons,
        expires,
        tuple(details[0]),
        sources,
        scopes,
        environments,
        reason,
        words[0],
        projects,
        classes,
        rules,
        fence,
        tuple(details[1]),
        alternatives,
        words[1],
        words[2],
        words[3],
    )


def _terms(text: str) -> list[Any]:
    found = light_json.loads(text)
    return [tuple(value) if isinstance(value, list) else value for value in found] + _NO_TERMS[len(found) :]


def _seal(text: str) -> tuple[int, str]:
    serial, _, sealed_at = text.partition(" ")
    return int(serial), sealed_at


def _fence(text: str) -> tuple[Post, ...]:
    return tuple([Post(*post) for post in light_json.loads(text)])


# By kind, what a shared text means.
_MEANINGS = (str, _terms, str, _seal, str, _fence)


def _waiting(component: str, row: Any) -> Waiting:
    range, request, person, sealed_at, roles, missing = row
    steps = tuple((str(r), int(given), int(needed)) for r, given, needed in light_json.loads(roles))
    return Waiting(component, range, request, person, sealed_at, steps, tuple(light_json.loads(missing)))
