"""What a request is for: everything a change brings in that nobody let in yet, or what was named. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from osgate.errors import Refused
from osgate.ledger.families import decided
from osgate.model.dependency import Dependency
from osgate.model.gap import Gap
from osgate.model.verdict import Verdict
from osgate.purl import parse, versioned
from osgate.reports.detail import held
from osgate.reports.endings import BEFORE_APPROVAL, REQUESTABLE


def names(words: Iterable[str]) -> list[str]:
    """Return purls that people wrote as the ledger spells them. Raises UsageError (`purl.*`)."""
    purls = [parse(word) for word in words]
    return [str(purl) if decided(purl) == purl.component else versioned(decided(purl), purl.version) for purl in purls]


def closure(verdict: Verdict, named: list[str]) -> list[Dependency]:
    """Return everything undecided, what waits already included; or the purls named with all undecided ones that come in
    through them.

    A purl that the change does not introduce is asked for on its own. Without a snapshot nothing counts as approved;
    with one, what was approved on facts that nobody here can tell is asked for anew. Left out is what no request would
    clear, as it comes from the wrong place; Refused where such a purl is named.
    """
    held_back = held(verdict)
    open_ones = {(f.purl, f.path, f.line) for f in verdict.findings if f.rule in REQUESTABLE} - set(held_back)
    if verdict.stamp is None:
        open_ones = {_place(item.dependency) for item in verdict.introduced} - set(held_back)
    doubted = {(gap.subject, purl) for gap in verdict.missing if gap.reason == "fence-unknown" for purl in _purl(gap)}
    doubtful = (i.dependency for i in verdict.introduced if (i.dependency.path, i.dependency.purl) in doubted)
    open_ones |= {_place(dependency) for dependency in doubtful} - set(held_back)
    items = [item for item in verdict.introduced if _place(item.dependency) in open_ones]
    free = {item.dependency.purl for item in verdict.introduced if _place(item.dependency) not in held_back}
    for (purl, _, _), rule in held_back.items():
        if purl in named and purl not in free:
            raise Refused(f"request.{BEFORE_APPROVAL[rule]}", purl=purl, rule=rule)
    if not named:
        return [item.dependency for item in items]
    chosen = [i.dependency for i in items if i.dependency.purl in named or set(i.via) & set(named)]
    there = {dependency.purl for dependency in chosen}
    introduced = {item.dependency.purl: item.dependency for item in verdict.introduced}
    return [*chosen, *(introduced.get(purl) or bare(purl) for purl in named if purl not in there)]


def _purl(gap: Gap) -> list[str]:
    return [value for name, value in gap.params if name == "purl"]


def _place(dependency: Dependency) -> tuple[str, str, int]:
    return (dependency.purl, dependency.path, dependency.line)


def bare(text: str) -> Dependency:
    """Return what a purl names on its own, which no manifest was seen to bring."""
    purl = parse(text)
    return Dependency(decided(purl), purl.version, text, "")
