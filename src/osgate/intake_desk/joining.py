"""Who asks for what waits already joins: one decision answers all, and nobody who asked takes part in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osgate.ledger.families import family
from osgate.ledger.fold import RequestState, Sealed
from osgate.ledger.standing import judge
from osgate.model.decision import Standing
from osgate.model.dependency import SCOPES, Dependency
from osgate.model.policy import Project
from osgate.model.record import record
from osgate.policy.schema import DISTRIBUTIONS

Subject = Mapping[str, Any]


@record
class Joining:
    """What of a new request waits already. target: the request that waits. found: what is wanted of it, each with the
    subject that would let it in.
    """

    target: RequestState
    found: tuple[tuple[Dependency, Subject], ...]


def joinings(
    wanted: Iterable[Dependency], fields: Mapping[str, Any], states: Iterable[RequestState]
) -> tuple[list[Joining], list[Dependency]]:
    """Return what of `wanted` waits already, by the request that would answer it, and what nobody has asked for.

    fields: kind and limits of the new request; `range` and `scope` where they were asked for by name. states: all
    requests; of several that wait the one that has waited longest counts.
    """
    waiting = sorted((s for s in states if s.status == "waiting"), key=lambda s: (s.request.sealed_at, s.request.id))
    able = [state for state in waiting if _reaches(state.request.body, fields)]
    found: dict[str, list[tuple[Dependency, Subject]]] = {}
    rest: list[Dependency] = []
    for dependency in wanted:
        answers = ((state, _answering(state, dependency, fields)) for state in able)
        answer = next(((state, subject) for state, subject in answers if subject is not None), None)
        if answer is None:
            rest.append(dependency)
        else:
            found.setdefault(answer[0].request.id, []).append((dependency, answer[1]))
    return [Joining(s, tuple(found[s.request.id])) for s in able if s.request.id in found], rest


def _answering(state: RequestState, wanted: Dependency, fields: Mapping[str, Any]) -> Subject | None:
    """The subject of a waiting request whose approval would let all that is wanted pass."""
    names = (wanted.component, family(wanted.component))
    for subject in state.request.body["subjects"]:
        if subject["purl"] not in names or not _scoped(subject, fields):
            continue
        if fields.get("range", subject["range"]) == subject["range"] and _lets_in(subject, wanted):
            found: Subject = subject
            return found
    return None


def _lets_in(subject: Subject, wanted: Dependency) -> bool:
    """True if `subject`, once approved, covers the dependency's version and where it comes from."""
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
    )
    return judge(wanted, [approved], "", Project("")).kind == "approved"


def _scoped(subject: Subject, fields: Mapping[str, Any]) -> bool:
    """True if the scopes that were asked for reach as far as those asked for now."""
    if not subject.get("scope"):
        return True
    return bool(fields.get("scope")) and _far(fields["scope"]) <= _far(subject["scope"])


def _far(scopes: Iterable[str]) -> int:
    return max(SCOPES.get(scope, 0) for scope in scopes)


def _reaches(body: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """True if a request is for things of the same kind, and its limits leave no use out that is asked for now."""
    if body["kind"] != fields["kind"]:
        return False
    for name in ("projects", "classes", "environments"):
        if body.get(name) and not (fields.get(name) and set(fields[name]) <= set(body[name])):
            return False
    if "distribution" not in body:
        return True
    asked = fields.get("distribution")
    return bool(asked) and DISTRIBUTIONS.index(asked) <= DISTRIBUTIONS.index(body["distribution"])


def subjects(joining: Joining) -> list[dict[str, Any]]:
    """Return the subjects of the record that joins: as the waiting request names them, with what was seen here."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for dependency, theirs in joining.found:
        place = (theirs["purl"], theirs["range"])
        subject = found.setdefault(place, {"purl": theirs["purl"], "range": theirs["range"]})
        if dependency.version and dependency.version not in subject.setdefault("versions", []):
            subject["versions"] = sorted([*subject["versions"], dependency.version])
        if dependency.component != theirs["purl"]:
            subject["members"] = sorted({*subject.get("members", ()), dependency.component})
    return [found[place] for place in sorted(found)]


def asked_by(states: Iterable[RequestState], id: str) -> list[Sealed]:
    """Return the records that joined the request `id`, the oldest first."""
    joined = [state.request for state in states if state.status == "joined" and state.ended_by == id]
    return sorted(joined, key=lambda item: (item.serial, item.id))
