"""What a request is for: everything a change brings in that nobody let in yet, or what was named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osgate import wiring
from osgate.cli.judging import judge
from osgate.errors import Refused
from osgate.io.git import Git
from osgate.ledger.families import decided
from osgate.model.dependency import Dependency
from osgate.model.gap import Gap
from osgate.model.verdict import Verdict
from osgate.purl import parse, versioned
from osgate.reports.detail import BEFORE_APPROVAL, REQUESTABLE, held


def names(words: str) -> list[str]:
    """Return the purls of a command line (joined by NUL) as the ledger spells them.

    Raises UsageError (`purl.*`).
    """
    purls = [parse(word) for word in words.split("\0")] if words else []
    return [str(purl) if decided(purl) == purl.component else versioned(decided(purl), purl.version) for purl in purls]


def wanted(
    asked: Mapping[str, str], named: list[str], found: wiring.Trusted
) -> tuple[list[Dependency], dict[str, Any]]:
    """Return the dependencies to ask for, and where they come from (`origin` of the record).

    named: as `names` gives them. Raises Refused where there is nothing to ask for, and UsageError as `check` does.
    """
    with Git() as git:
        inside = git.ask("rev-parse", "--git-dir")[0] == 0
        if not inside:
            return [_bare(purl) for purl in named], {}
        verdict = judge(git, asked)
        authors = git.authors(verdict.base, verdict.head) if "base" in asked else git.identity()
    change = verdict.head if verdict.head != "index" else ""
    origin = {"repository": found.config.project, "change": change, "authors": list(authors)}
    chosen = closure(verdict, named)
    if not chosen and not named:
        raise Refused("request.nothing")
    return chosen, {key: value for key, value in origin.items() if value}


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
    return [*chosen, *(introduced.get(purl) or _bare(purl) for purl in named if purl not in there)]


def _purl(gap: Gap) -> list[str]:
    return [value for name, value in gap.params if name == "purl"]


def _place(dependency: Dependency) -> tuple[str, str, int]:
    return (dependency.purl, dependency.path, dependency.line)


def _bare(text: str) -> Dependency:
    purl = parse(text)
    return Dependency(decided(purl), purl.version, text, "")
