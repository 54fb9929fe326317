"""What an approval is fenced by and what not, in a line or two, for whoever signs it or reads of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.ledger.fence import BROKEN, HELD, STORED, compare, gathered
from osgate.ledger.fence import posts as told_by
from osgate.ledger.fold.effects import posts
from osgate.model.decision import Post, Told
from osgate.model.dependency import Dependency
from osgate.reports.detail import FACTS
from osgate.text.translator import Translator

# Values of one fact that a line names.
NAMED = 3


def request_lines(
    body: Mapping[str, Any], witness: Mapping[str, Any], t: Translator, *, approving: bool
) -> Iterator[str]:
    """Yield what approvals of a request will be fenced by, and what nobody knew; of none only who approves is told."""
    fences = [posts(subject, witness) for subject in body.get("subjects", ())]
    if approving or any(fences):
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
    listed = t("join.items").join(worded(fact, value, t) for value in values[:NAMED])
    if len(values) > NAMED:
        return t("fence.and-more", fact=name(fact, t), value=listed, n=len(values) - NAMED)
    return t("fence.of", fact=name(fact, t), value=listed)


def name(fact: str, t: Translator) -> str:
    """Return a fact in words."""
    return t(f"fence.{fact}") if fact in FACTS else fact


def worded(fact: str, values: str, t: Translator) -> str:
    """Return what a fact is, as people read it: yes and no in their language, all else as it stands."""
    if fact != "install-code":
        return values
    known = {word: t(f"fence.{word}") for word in ("yes", "no")}
    return t("join.items").join(known.get(word, word) for word in values.split(", "))


def delta_lines(
    body: Mapping[str, Any], witness: Mapping[str, Any], used: Iterable[Dependency], t: Translator
) -> Iterator[str]:
    """Yield what became of the fences of a request in the versions that are used here: what changed, and a count."""
    by_component: dict[str, list[Dependency]] = {}
    for dependency in used:
        by_component.setdefault(dependency.component, []).append(dependency)
    if not any(name in by_component for subject in body["subjects"] for name in _names(subject)):
        if any(posts(subject, witness) for subject in body["subjects"]):
            yield t("fence.since-nothing")
        return
    held = unknown = 0
    for subject in body["subjects"]:
        now = [post for one in _names(subject) for found in by_component.get(one, ()) for post in told_by(found)]
        for one in compare(posts(subject, witness), now, ()):
            held += one.state == HELD
            unknown += one.state not in (HELD, BROKEN)
            if one.state == BROKEN:
                yield f"{subject['purl']}: {_broken(one, t)}"
    counts = [t.count("fence.since-held", held)] if held else []
    counts += [t.count("fence.since-unknown", unknown)] if unknown else []
    if counts:
        yield t("join.facts").join(counts)


def _names(subject: Mapping[str, Any]) -> list[str]:
    return [*subject.get("members", [subject["purl"]])]


def _broken(one: Told, t: Translator) -> str:
    before, now = (worded(one.fact, values, t) for values in (one.before, one.now))
    places = {"source": one.source or "-", "seen": one.seen or "-"}
    return t("fence.post", fact=name(one.fact, t), before=before, now=now, **places)
