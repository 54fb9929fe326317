"""What an approval is fenced by and what not, in a line or two, for whoever signs it or reads of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.ledger.fence import BROKEN, HELD, STORED, compare, gathered
from osgate.ledger.fence import posts as told_by
from osgate.ledger.fold.effects import posts
from osgate.model.decision import Post
from osgate.model.dependency import Dependency
from osgate.reports.detail import FACTS
from osgate.text.translator import Translator

# Values of one fact that a line names.
NAMED = 3


def request_lines(body: Mapping[str, Any], witness: Mapping[str, Any], t: Translator) -> Iterator[str]:
    """Yield what approvals of a request will be fenced by, and what nobody knew."""
    fences = [posts(subject, witness) for subject in body.get("subjects", ())]
    yield from fence_lines(fences, t)


def fence_lines(fences: Iterable[Iterable[Post]], t: Translator) -> Iterator[str]:
    """Yield the facts of some fences with their values, the most frequent first; then those that no fence has."""
    found = gathered(fences)
    if not found:
        yield t("fence.none")
        return
    shown = [_fact(fact, sorted(found[fact], key=lambda v: (-found[fact][v], v)), t) for fact in sorted(found)]
    yield t("fence.held", facts=t("join.facts").join(shown))
    missing = [name(fact, t) for fact in ("licence", "install-code", *STORED) if fact not in found]
    if missing:
        yield t("fence.open", facts=t("join.items").join(missing))


def _fact(fact: str, values: list[str], t: Translator) -> str:
    listed = t("join.items").join(values[:NAMED])
    if len(values) > NAMED:
        return t("fence.and-more", fact=name(fact, t), value=listed, n=len(values) - NAMED)
    return t("fence.of", fact=name(fact, t), value=listed)


def name(fact: str, t: Translator) -> str:
    """Return a fact in words."""
    return t(f"fence.{fact}") if fact in FACTS else fact


def delta_lines(
    body: Mapping[str, Any], witness: Mapping[str, Any], used: Iterable[Dependency], t: Translator
) -> Iterator[str]:
    """Yield what became of the fences of a request in the versions that are used here: what changed, and a count."""
    by_component: dict[str, list[Dependency]] = {}
    for dependency in used:
        by_component.setdefault(dependency.component, []).append(dependency)
    held = unknown = 0
    for subject in body["subjects"]:
        names = subject.get("members", [subject["purl"]])
        now = [post for one in names for found in by_component.get(one, ()) for post in told_by(found)]
        for one in compare(posts(subject, witness), now, ()):
            held += one.state == HELD
            unknown += one.state not in (HELD, BROKEN)
            if one.state == BROKEN:
                values = {"before": one.before, "now": one.now, "source": one.source or "-", "seen": one.seen or "-"}
                yield f"{subject['purl']}: " + t("fence.post", fact=name(one.fact, t), **values)
    yield t("fence.since", held=held, unknown=unknown)
