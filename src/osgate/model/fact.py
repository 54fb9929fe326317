"""What is known of components beside what a manifest says: facts, advisories, and honest ignorance."""

from __future__ import annotations

from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# From the least to the greatest; `unknown` is a severity nobody told, not a small one.
SEVERITIES = ("none", "low", "medium", "high", "critical")
# What an advisory tells, the gravest first: the first two are of security, the others of the component's life.
ADVISORY_KINDS = ("malicious", "vulnerability", "unsound", "unmaintained", "notice")


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
