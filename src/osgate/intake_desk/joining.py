"""Who asks for what waits already joins: one decision answers all, and nobody who asked takes part in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from operator import itemgetter
from typing import Any

from osgate.intake_desk import composing
from osgate.intake_desk.verbs import asking
from osgate.intake_desk.verbs.context import No
from osgate.ledger import fence
from osgate.ledger.families import family
from osgate.ledger.fold import RequestState, Sealed, effects
from osgate.ledger.standing import judge, nothing_known
from osgate.model.decision import Standing
from osgate.model.dependency import SCOPES, Dependency
from osgate.model.policy import Policy, Project
from osgate.model.record import record
from osgate.policy.schema import CLASSES, DISTRIBUTIONS

Subject = Mapping[str, Any]
# What waits for one component: its place among all that waits, who asks for it, and as what.
Waits = tuple[int, RequestState, Subject]


@record
class Joining:
    """What of a new request waits already. target: the request that waits. found: what is wanted of it, each with the
    subject that would let it in.
    """

    target: RequestState
    found: tuple[tuple[Dependency, Subject], ...]


def joinings(
    wanted: Iterable[Dependency], fields: Mapping[str, Any], states: Iterable[RequestState], policy: Policy
) -> tuple[list[Joining], list[Dependency]]:
    """Return what of `wanted` waits already, by the request that would answer it, and what nobody has asked for.

    fields: kind, limits and origin of the new request; `range` and `scope` where they were asked for by name. states:
    all requests; of several that wait the one that has waited longest counts.
    """
    waiting = sorted((s for s in states if s.status == "waiting"), key=lambda s: (s.request.sealed_at, s.request.id))
    classes = _classes(fields, policy)
    able = [state for state in waiting if _reaches(state, fields, classes)]
    asked = _by_purl(able)
    found: dict[str, list[tuple[Dependency, Subject]]] = {}
    rest: list[Dependency] = []
    for dependency in wanted:
        answer = next(_answering(asked, dependency, fields), None)
        if answer is None:
            rest.append(dependency)
        else:
            found.setdefault(answer[1].request.id, []).append((dependency, answer[2]))
    return [Joining(s, tuple(found[s.request.id])) for s in able if s.request.id in found], rest


def _classes(fields: Mapping[str, Any], policy: Policy) -> set[str]:
    """The classes of projects that a request of its own would be good for, as the desk weighs it (`asking.tier_of`)."""
    named = {*(fields.get("classes") or ()), *(policy.project(id).class_ for id in fields.get("projects") or ())}
    origin = str((fields.get("origin") or {}).get("repository", ""))
    if not named and origin in policy.projects:
        named = {policy.projects[origin].class_}
    try:
        return named or set(asking.classes_of(asking.tier_of({}, policy), policy))
    except No:
        return set(CLASSES)


def _by_purl(states: Iterable[RequestState]) -> dict[str, list[Waits]]:
    found: dict[str, list[Waits]] = {}
    subjects = ((state, subject) for state in states for subject in state.request.body["subjects"])
    for place, (state, subject) in enumerate(subjects):
        found.setdefault(subject["purl"], []).append((place, state, subject))
    return found


def _answering(asked: Mapping[str, list[Waits]], wanted: Dependency, fields: Mapping[str, Any]) -> Iterator[Waits]:
    """What waits and would, once approved, let all that is wanted pass; what has waited longest first."""
    keys = dict.fromkeys((wanted.component, family(wanted.component) or wanted.component))
    for waits in merge(*(asked.get(key, ()) for key in keys), key=itemgetter(0)):
        _, state, subject = waits
        same = fields.get("range", subject["range"]) == subject["range"]
        if same and _scoped(subject, fields) and _lets_in(state, subject, wanted, by_range="range" in fields):
            yield waits


def _lets_in(state: RequestState, subject: Subject, wanted: Dependency, *, by_range: bool) -> bool:
    """True if `subject`, once approved, covers the dependency's version, where it comes from and what is known of it.

    by_range: the very range of the subject is asked for, so that it need not hold a version.
    """
    approved = Standing(
        "approve",
        wanted.component,
        subject["range"],
        "",
        "",
        0,
        "",
        digests=tuple(subject.get("digests", ())),
        sources=tuple(subject.get("sources", ())),
        fence=effects.posts(subject, state.request.witness),
    )
    said = judge(wanted, [approved], "", Project(""))
    if by_range and said.why == "undeclared" and not wanted.requirement:
        return not approved.digests
    # What cannot be told here would stop it all the same.
    return said.kind == "approved" and not fence.doubts([(wanted, approved)], nothing_known)[0]


def _scoped(subject: Subject, fields: Mapping[str, Any]) -> bool:
    """True if the scopes that were asked for reach as far as those asked for now."""
    if not subject.get("scope"):
        return True
    return bool(fields.get("scope")) and _far(fields["scope"]) <= _far(subject["scope"])


def _far(scopes: Iterable[str]) -> int:
    return max(SCOPES.get(scope, 0) for scope in scopes)


def _reaches(state: RequestState, fields: Mapping[str, Any], classes: set[str]) -> bool:
    """True if a request is for things of the same kind, and its limits leave no use out that is asked for now.

    Its limits are its own, those of the approvals it has, and the classes that its tier is enough for.
    """
    request = state.request
    if request.body["kind"] != fields["kind"] or not classes <= set(request.witness.get("classes", CLASSES)):
        return False
    return all(_within(fields, said) for said in (request.body, *(one.body for one in state.counted)))


def _within(fields: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    for name in ("projects", "classes", "environments"):
        if said.get(name) and not (fields.get(name) and set(fields[name]) <= set(said[name])):
            return False
    if "distribution" not in said:
        return True
    asked = fields.get("distribution")
    return bool(asked) and DISTRIBUTIONS.index(asked) <= DISTRIBUTIONS.index(said["distribution"])


def subjects(joining: Joining) -> list[dict[str, Any]]:
    """Return the subjects of the record that joins: as the waiting request names them, with what was seen here."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for dependency, theirs in joining.found:
        place = (theirs["purl"], theirs["range"])
        subject = found.setdefault(place, {"purl": theirs["purl"], "range": theirs["range"]})
        (seen,) = composing.subjects([dependency], theirs["range"], apart=(dependency.component,))
        members = {"members": [dependency.component]} if dependency.component != theirs["purl"] else {}
        for key, value in {**seen, **members}.items():
            if isinstance(value, list):
                subject.setdefault(key, {}).update(dict.fromkeys(value))
            elif key == "install_code":
                subject[key] = subject.get(key, False) or value
    return [
        {key: sorted(value) if isinstance(value, dict) else value for key, value in found[place].items()}
        for place in sorted(found)
    ]


def asked_by(states: Iterable[RequestState], id: str) -> list[Sealed]:
    """Return the records that joined the request `id`, the oldest first."""
    joined = [state.request for state in states if state.status == "joined" and state.ended_by == id]
    return sorted(joined, key=lambda item: (item.serial, item.id))
