"""What is known of components beside what a manifest says: facts, advisories, and honest ignorance."""

from __future__ import annotations

from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# From the least to the greatest; `unknown` is a severity nobody told, not a small one.
SEVERITIES = ("none", "low", "medium", "high", "critical")
# What an advisory tells, the gravest first: the first two are of security, the others of the component's life.
ADVISORY_KINDS = ("malicious", "vulnerability", "unsound", "unmaintained", "notice")

# Every fact that a finding can be about, or the kind of source; each has a name in the catalogue (`fact-name.*`).
NAMES = frozenset(
    (
        *("advisories", "advisory", "archived", "begun", "copyright", "cycle", "deprecated", "digest", "first-seen"),
        *("install-code", "latest", "licence", "licence-declared", "licence-text", "lifecycle", "looks-like"),
        *("maintained", "maintainer", "malicious", "mfa", "notice", "present", "pth", "published", "publisher"),
        *("rank", "registry", "released", "releases", "replaced-by", "repository", "scorecard", "sdist", "severity"),
        *("source", "status", "trust", "yanked"),
    )
)


@record
class Unknown:
    """A fact that is not known here: a value, never an absence.

    reason: key of the catalogue's `unknown.*`. params: what its words name.
    """

    reason: str
    params: tuple[tuple[str, str], ...] = ()


@record
class Fact:
    """One thing that one source tells of a component, or that it cannot tell.

    purl: canonical; without version where it holds for all of them. name: of the fact (`licence`, `publisher`,
    `severity`, ...). value: as text, empty where the source says that there is none; of several values each is a fact.
    source: where it was told, for people. date: of the source's answer, ISO date or UTC instant. digest: `sha256:` and
    hex of the raw answer, empty where there is none. first_seen: when osgate first saw this value, filled in by the
    store; ended: when the source ceased to tell it, empty while it does.
    """

    purl: str
    name: str
    value: str | Unknown
    source: str
    date: str
    digest: str = ""
    first_seen: str = ""
    ended: str = ""


@record
class Advisory:
    """What one or more advisory records, joined by their aliases, say of one component version.

    id: of the record that speaks for all. kind: one of ADVISORY_KINDS. aliases: all other ids, sorted. severity: one of
    SEVERITIES or `unknown`; score: the CVSS base score it comes from, empty where it was told as a word.
    fixed: versions that mend it, nearest first where records list several. whole: every version is meant.
    doubt: empty, or why it cannot be told whether this version is meant: `version` (it has no place in the order),
    `range` (the record's range cannot be read), `commits` (only commits are named), `release` (which distribution
    release it is for). modified: UTC instant of the record. source: the mirror's file; date: its newest record's day.
    """

    id: str
    kind: str
    severity: str
    source: str
    date: str
    aliases: tuple[str, ...] = ()
    score: str = ""
    fixed: tuple[str, ...] = ()
    whole: bool = False
    doubt: str = ""
    summary: str = ""
    modified: str = ""


class Advisories(tuple[Advisory, ...]):
    """All that an index knows of one component version, the gravest first.

    unknown: why there may be more than these; None where the index holds all its mirror has.
    """

    unknown: Unknown | None

    def __new__(cls, found: Iterable[Advisory] = (), unknown: Unknown | None = None) -> Advisories:
        """Return `found` with what is not known beside them."""
        made = super().__new__(cls, found)
        made.unknown = unknown
        return made


NO_ADVISORIES = Advisories()


@record
class _Told:
    """The fields of `Facts`."""

    purl: str
    component: str
    told: tuple[Fact, ...] = ()
    advisories: Advisories | Unknown = NO_ADVISORIES
    first_seen: str = ""
    watched: str = ""


class Facts(_Told):
    """All that is told of one component version, as a rule is shown it.

    purl: of the version; component: without it. told: in order of precedence, the institution's own word first; of one
    kind of source the version stands before the component.
    first_seen: UTC instant when osgate first saw the version, empty where it never did before; watched: the same of the
    component.
    """

    # Dozens of rules ask each of thousands of versions: what counts is found once.
    __slots__ = ("_counts", "_named")
    _counts: dict[str, Fact]
    _named: dict[str, list[Fact]]

    def _sorted(self) -> None:
        named: dict[str, list[Fact]] = {}
        counts: dict[str, Fact] = {}
        for fact in self.told:
            named.setdefault(fact.name, []).append(fact)
            known = isinstance(fact.value, str)
            if fact.name not in counts or known > isinstance(counts[fact.name].value, str):
                counts[fact.name] = fact
        object.__setattr__(self, "_named", named)
        object.__setattr__(self, "_counts", counts)

    def __getattr__(self, name: str) -> Any:
        if name not in Facts.__slots__:
            raise AttributeError(name)
        self._sorted()
        return object.__getattribute__(self, name)

    def one(self, name: str) -> Fact | None:
        """Return what counts of the fact `name`: the first that is known, else the first Unknown.

        None where no source was asked.
        """
        return self._counts.get(name)

    def value(self, name: str) -> str:
        """Return the value of the fact that counts; empty where it is unknown or nobody was asked."""
        fact = self._counts.get(name)
        return fact.value if fact is not None and isinstance(fact.value, str) else ""

    def all(self, name: str) -> tuple[Fact, ...]:
        """Return everything that is told under `name`."""
        return tuple(self._named.get(name, ()))

    def above(self, name: str) -> Fact | None:
        """Return what counts of the fact `name` of the component, whatever is told of this version."""
        found = [fact for fact in self._named.get(name, ()) if fact.purl == self.component]
        return next(iter((*[fact for fact in found if isinstance(fact.value, str)], *found)), None)

    def names(self) -> frozenset[str]:
        """Return the facts that are told, though as unknown."""
        return frozenset(self._counts)


@record
class FactSource:
    """Where facts came from that a check used. kind: `advisories`, `registry`, `lifecycle`, `file` or `policy`.

    date: ISO day of the newest thing it told; empty where nobody knows. problem: reason of an Unknown about the source
    as a whole, empty for none. age: days since that day at the check, -1 where nobody knows.
    """

    name: str
    kind: str
    date: str
    problem: str = ""
    age: int = -1
