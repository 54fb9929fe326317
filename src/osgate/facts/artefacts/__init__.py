"""Artefacts on disk: what wheels, source distributions, tarballs, crates, gems, jars and NuGet packages, and installed
packages, say of themselves.

Facts of a version: `licence`, `licence-declared`, `licence-text` (all licence files recognised, joined by AND),
`install-code`, `pth` (Python: code that every start of the interpreter runs), `notice` (`yes` or `no`: there is a
NOTICE file), `copyright` (a Fact each line, the first twenty; `""` where there is none), `digest`, `repository`.
"""

from __future__ import annotations

from osgate.facts.artefacts.folders import Outcome, outcomes
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.licences.text import Engine
    from osgate.model.fact import Fact, Unknown

__all__ = ["Outcome", "Scan", "outcomes", "scan", "without_copyright"]


@record
class Scan:
    """What the artefacts of a folder say. artefacts: how many were read. gaps: paths of all others, and why."""

    facts: tuple[Fact, ...]
    artefacts: int
    gaps: tuple[tuple[str, Unknown], ...]


def scan(folder: str, date: str, engine: Engine | None = None) -> Scan:
    """Read all artefacts in `folder` and below; see `outcomes` for one after another."""
    found = list(outcomes(folder, date, engine))
    gaps = tuple((outcome.path, outcome.gap) for outcome in found if outcome.gap is not None)
    return Scan(tuple(fact for outcome in found for fact in outcome.facts), len(found) - len(gaps), gaps)


def without_copyright(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Return the purls of versions that ship a licence text and for which no copyright line is known, sorted (R10-4).

    A version counts once, whatever the number of its artefacts, and not where one of them has a line.
    """
    texts: set[str] = set()
    claimed: set[str] = set()
    for fact in facts:
        if fact.name == "licence-text" and _shipped(fact.value):
            texts.add(fact.purl)
        elif fact.name == "copyright" and isinstance(fact.value, str) and fact.value:
            claimed.add(fact.purl)
    return tuple(sorted(texts - claimed))


def _shipped(value: str | Unknown) -> bool:
    """Whether there is a licence text, recognised or not."""
    return bool(value) if isinstance(value, str) else value.reason != "artefact.no-licence-file"
