"""What decided requests have in force: approvals, emergencies, rejections, and approvals that were taken back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from osgate.ledger.fold.sealed import Sealed, in_role_order
from osgate.model.decision import Post, Standing
from osgate.policy.schema import DISTRIBUTIONS

if TYPE_CHECKING:
    from osgate.ledger.fold.requests import RequestState

_LIMITS = ("environments", "projects", "classes")
# A limit that no use is inside of: no project, class or environment has this name.
NOTHING = ("-",)


def approvals(states: Mapping[str, RequestState]) -> Iterator[Standing]:
    """What is approved."""
    for state in states.values():
        if state.status != "approved":
            continue
        by = state.renewed.counted if state.renewed and state.renewed.counted else state.counted
        persons = in_role_order((role for role, _, _ in state.roles), by)
        said = [state.request.body, *(one.body for one in state.counted)]
        yield from _letting_in(state, said, by[-1], (state.serial, state.sealed_at), persons, state.expires)


def emergencies(states: Mapping[str, RequestState]) -> Iterator[Standing]:
    """What one person let in for hours, until it ends by itself; a request that was ended takes it along."""
    for state in states.values():
        for one in state.broken if state.status in ("waiting", "approved") else ():
            said = [state.request.body, one.body]
            persons = (str(one.body["person"]),)
            yield from _letting_in(state, said, one, (one.serial, one.sealed_at), persons, str(one.body["expires_at"]))


def _letting_in(
    state: RequestState,
    said: list[Any],
    last: Sealed,
    sealed: tuple[int, str],
    persons: tuple[str, ...],
    expires: str,
) -> Iterator[Standing]:
    """What `last` completed. said: the request and its approvals, each of which may narrow it."""
    body, witness = state.request.body, state.request.witness
    limits = {name: narrowed([*said, *([witness] if name == "classes" else [])], name) for name in _LIMITS}
    reaches = [one["distribution"] for one in said if "distribution" in one]
    for subject in body["subjects"]:
        yield Standing(
            "approve",
            subject["purl"],
            subject["range"],
            last.id,
            state.request.id,
            *sealed,
            persons,
            expires,
            tuple(subject.get("digests", ())),
            tuple(subject.get("sources", ())),
            tuple(subject.get("scope", ())),
            limits["environments"],
            str((last.body if last.body.get("break_glass") else body)["reason"]),
            incident=str(last.body.get("incident", "")) if last.body.get("break_glass") else "",
            projects=limits["projects"],
            classes=limits["classes"],
            fence=posts(subject, witness),
            versions=tuple(subject.get("versions", ())),
            alternatives=tuple(body.get("alternatives", ())),
            distribution=min(reaches, key=DISTRIBUTIONS.index) if reaches else "",
            obligations=tuple(dict.fromkeys(duty for one in said[1:] for duty in one.get("obligations", ()))),
        )


def narrowed(said: Iterable[Any], name: str) -> tuple[str, ...]:
    """Return what all that name a limit have in common; empty where none does, NOTHING where they share nothing."""
    named = [one[name] for one in said if one.get(name)]
    if not named:
        return ()
    shared = [value for value in named[0] if all(value in other for other in named[1:])]
    return tuple(shared) or NOTHING


def posts(subject: Mapping[str, Any], witness: Mapping[str, Any]) -> tuple[Post, ...]:
    """The fence of an approval of `subject`: what its request saw in the lockfile, and what the desk knew."""
    seen = ", ".join(subject.get("seen_in", ()))
    found = [Post("licence", str(name), seen) for name in subject.get("licences", ())]
    if "install_code" in subject:
        found.append(Post("install-code", "yes" if subject["install_code"] else "no", seen))
    known = witness.get("facts", {}).get(subject["purl"], ())
    return (*found, *(Post(str(fact), str(value), str(source)) for fact, value, source in known))


def rejections(states: Mapping[str, RequestState], rejects: Iterable[Sealed]) -> Iterator[Standing]:
    """What was turned down, and what is said to be used instead."""
    for reject in rejects:
        yield from _against(states[reject.body["request"]].request, "reject", (reject,))


def taken_back(states: Mapping[str, RequestState], revoked: Mapping[str, tuple[Sealed, ...]]) -> Iterator[Standing]:
    """What was approved once and is no more; without its limits, for the version itself was given up."""
    for id, by in revoked.items():
        yield from _against(states[id].request, "revoke", by)


def _against(request: Sealed, effect: str, decisions: tuple[Sealed, ...]) -> Iterator[Standing]:
    """What stands against the subjects of a request; the last of `decisions` made it so."""
    last = decisions[-1]
    for subject in request.body["subjects"]:
        yield Standing(
            effect,
            subject["purl"],
            subject["range"],
            last.id,
            request.id,
            last.serial,
            last.sealed_at,
            tuple(str(decision.body["person"]) for decision in decisions),
            digests=tuple(subject.get("digests", ())),
            reason=str(last.body["reason"]),
            alternatives=tuple(last.body.get("alternatives") or request.body.get("alternatives", ())),
        )
