"""What advisories say of one component version: answers from the index alone, no record is read again.

One look-up by component gives the spans of all its advisories; versions are compared as bytes. Where the mirror has no
archive for a component, or what it has could not be read whole, the answer says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from osgate import purl as purls
from osgate.facts.osv import ecosystems, layout
from osgate.facts.osv.ecosystems import Ecosystem
from osgate.facts.osv.merge import merged
from osgate.facts.osv.order import Order
from osgate.facts.osv.record import order_of
from osgate.facts.osv.spans import holds
from osgate.model.fact import Advisories, Advisory, Unknown
from osgate.model.record import record

_SPAN = "record, release, lo, hi, closed, fixed, doubt"
_SPANS = f"SELECT {_SPAN} FROM span WHERE component = ?"  # noqa: S608
# Components that one query asks for.
_AT_ONCE = 500
_RECORD = "SELECT archive, name, modified, kind, severity, score, aliases, summary FROM record WHERE id = ?"
NOTHING = Advisories()


@record
class Source:
    """One archive of the mirror. newest: the day of its newest record, empty where none tells one.

    records: how many it has. problem: why it is not whole (`unknown.archive.*`), empty where it is. refused: reasons
    with how many records and the first names.
    """

    path: str
    ecosystem: str
    digest: str
    newest: str
    records: int
    problem: str
    refused: tuple[tuple[str, int, tuple[str, ...]], ...]


class Index:
    """The advisories of a mirror. Raises Undecided (`advisories.*`) where the file at `path` cannot be read."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._sql = layout.open_for_reading(path)
        self._sources = {row[0]: _source(row) for row in self._rows("SELECT * FROM archive ORDER BY path")}
        self._covered: dict[str, Unknown | None] = {}
        self._held: dict[str, list[Any]] = {}
        for source in self._sources.values():
            self._covered[source.ecosystem] = _lacks(source) or self._covered.get(source.ecosystem)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The archives the index was made of, by path."""
        return tuple(self._sources.values())

    def match(self, purl: str) -> Advisories | Unknown:
        """Return what is said of one component version, the gravest first; withdrawn records say nothing.

        purl: canonical, as a dependency has it. Unknown where nothing is said and that may be for want of data; what is
        said in spite of that comes with its `unknown`. Raises UsageError for what is no purl.
        """
        if "?" in purl or "#" in purl:
            parsed = purls.parse(purl)
            return self.of(parsed.component, parsed.version, dict(parsed.qualifiers).get("distro", ""))
        component, at, version = purl.rpartition("@")
        return self.of(component, purls.unquote(version)) if at else self.of(purl, "")

    def of(self, component: str, version: str, distro: str = "") -> Advisories | Unknown:
        """Return what is said of `version` of a component; see `match`. distro: of which release, as purls name it."""
        ecosystem = ecosystems.of_component(component)
        if ecosystem is None:
            return Unknown("no-advisories", (("component", component),))
        key = ecosystems.key(component)
        rows = self._held[key] if key in self._held else self._rows(_SPANS, (key,))
        if not rows:
            lack = self._lack(ecosystem)
            return NOTHING if lack is None else lack
        release = ecosystems.release(distro) if distro else ""
        if ecosystem.namespace:
            rows = _of_release(rows, release)
        lack = self._lack(ecosystem)
        if version:
            found = _meant(ecosystem, version, rows)
        else:
            # A range nobody locked: only what every version has can be said.
            found = [(row, "") for row in rows if row[2] is row[3] is None and not row[6]]
            lack = lack if len(found) == len(rows) else Unknown("no-version", (("component", component),))
        if not found:
            return NOTHING if lack is None else lack
        return Advisories(merged(self._advisories(found)), lack)

    def hold(self, components: Iterable[str]) -> None:
        """Look these components up at once, so that asking for each of them costs no query any more."""
        keys = [key for key in {ecosystems.key(one) for one in components} if key not in self._held]
        for start in range(0, len(keys), _AT_ONCE):
            some = tuple(keys[start : start + _AT_ONCE])
            self._held.update({key: [] for key in some})
            places = ",".join("?" * len(some))
            for key, *row in self._rows(f"SELECT component, {_SPAN} FROM span WHERE component IN ({places})", some):  # noqa: S608
                self._held[key].append(row)

    def close(self) -> None:
        """Let the file go."""
        self._sql.close()

    def _lack(self, ecosystem: Ecosystem) -> Unknown | None:
        if ecosystem.name not in self._covered:
            return Unknown("no-archive", (("ecosystem", ecosystem.name),))
        return self._covered[ecosystem.name]

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        try:
            return self._sql.execute(sql, values).fetchall()
        except (layout.SqlError, OverflowError) as error:
            raise layout.damaged(self._path, error) from None

    def _advisories(self, found: Iterable[tuple[Any, str]]) -> list[Advisory]:
        """One advisory for each record among the spans that hold a version."""
        by_record: dict[int, list[tuple[Any, str]]] = {}
        for row, doubt in found:
            by_record.setdefault(row[0], []).append((row, doubt))
        return [self._advisory(number, spans) for number, spans in by_record.items()]

    def _advisory(self, number: int, spans: list[tuple[Any, str]]) -> Advisory:
        ((archive, name, modified, kind, severity, score, aliases, summary),) = self._rows(_RECORD, (number,))
        source = self._sources[archive]
        doubts = [doubt for _, doubt in spans]
        return Advisory(
            name,
            kind,
            severity,
            source.path,
            source.newest,
            tuple(aliases.split()),
            score,
            tuple(dict.fromkeys([row[5] for row, _ in spans if row[5]])),
            any(row[2] is row[3] is None and not row[6] for row, _ in spans),
            "" if "" in doubts else doubts[0],
            summary,
            modified,
        )


def match(index: Index, purl: str) -> Advisories | Unknown:
    """Return what `index` says of one component version; see `Index.match`."""
    return index.match(purl)


def _source(row: Any) -> Source:
    _, path, ecosystem, _, digest, newest, records, problem, refused = row
    told = tuple((reason, count, tuple(names)) for reason, count, names in json.loads(refused))
    return Source(path, ecosystem, digest, newest, records, problem, told)


def _lacks(source: Source) -> Unknown | None:
    """Why an archive cannot answer for its whole ecosystem; None where it can."""
    if not source.problem:
        return None
    return Unknown(f"archive.{source.problem}", (("path", source.path), ("ecosystem", source.ecosystem)))


def _of_release(rows: Iterable[Any], release: str) -> list[Any]:
    """The spans that may be of one release of a distribution; in doubt where nobody says which one it is."""
    if release:
        return [row for row in rows if ecosystems.same_release(row[1], release)]
    return [(*row[:6], row[6] or ("release" if row[1] else "")) for row in rows]


def _meant(ecosystem: Ecosystem, version: str, rows: Iterable[Any]) -> list[tuple[Any, str]]:
    """The spans that hold `version`, each with its doubt."""
    found: list[tuple[Any, str]] = []
    order = order_of(ecosystem)
    placed: tuple[bool, Any] | None = None
    public: Any = None
    for row in rows:
        _, _, lo, hi, closed, _, doubt = row
        if lo is hi is None:
            found.append((row, doubt))
            continue
        if placed is None:
            placed = order.place(version)
            public = _public(ecosystem, version, order)
        parsed, place = placed
        if not parsed and not (closed and lo == hi):
            # What has no place in the order lies in no range, and outside of none.
            found.append((row, "version"))
        elif _within(place, public, lo and order.read(lo), hi and order.read(hi), closed):
            found.append((row, doubt))
    return found


def _public(ecosystem: Ecosystem, version: str, order: Order) -> Any:
    """The place of a Python version without its local part, None where it has none.

    `==1.0` and `<=1.0` mean `1.0+local` too, though it is above 1.0 in the order (PEP 440, "Version specifiers").
    """
    plain, local, _ = version.partition("+")
    return order.place(plain)[1] if local and ecosystem.type == "pypi" else None


def _within(place: Any, public: Any, lo: Any, hi: Any, closed: object) -> bool:
    return holds(place, lo, hi, closed) or (public is not None and bool(closed) and holds(public, lo, hi, closed))
