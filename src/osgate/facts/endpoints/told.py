"""Which facts a mirror tells, and which it drops: a count of what is known, by fact and source."""

from __future__ import annotations

from collections.abc import Iterable

from osgate import patterns
from osgate.model.fact import Fact, Unknown
from osgate.model.record import record

# What a registry can tell, in the order of the table.
NAMES = (
    *("present", "licence", "licence-declared", "published", "yanked", "deprecated", "install-code", "publisher"),
    *("trust", "digest", "repository", "status", "latest", "released", "maintainer", "replaced-by"),
)
# Reasons that mean the mirror itself drops it.
_DROPPED = ("not-served", "mirror-time")
# A registry as a source is named: host and purl type. Files are named otherwise.
_REGISTRY = r"\S+ \([a-z][a-z0-9.+-]*\)"


@record
class Cell:
    """What one source tells of one fact, in packages: told; dropped, and of those how many because the times are the
    mirror's own; unsure, for any other reason."""

    told: int = 0
    dropped: int = 0
    times: int = 0
    unsure: int = 0

    @property
    def state(self) -> str:
        """`yes`: told of any; `no`: dropped; `unknown`: nobody could say."""
        return "yes" if self.told else "no" if self.dropped else "unknown"


def table(facts: Iterable[Fact]) -> tuple[tuple[str, ...], dict[tuple[str, str], Cell]]:
    """Return the registries among the sources, sorted, and by (fact, source) what each tells.

    Of several values of one fact of one package, as of maintainers, one is counted.
    """
    reasons: dict[tuple[str, str], dict[str, str]] = {}
    for fact in facts:
        if fact.name in NAMES and patterns.fullmatch(_REGISTRY, fact.source):
            reason = fact.value.reason if isinstance(fact.value, Unknown) else ""
            reasons.setdefault((fact.name, fact.source), {})[fact.purl] = reason
    cells = {key: _cell(list(told.values())) for key, told in reasons.items()}
    return tuple(sorted({source for _, source in cells})), cells


def _cell(reasons: list[str]) -> Cell:
    told, times = reasons.count(""), reasons.count("mirror-time")
    dropped = sum(reason in _DROPPED for reason in reasons)
    return Cell(told, dropped, times, len(reasons) - told - dropped)
