"""What the licences a request asks for want of us, and what of it the approvals leave open. Pure.

Asked of what the desk's own store of facts told when the request was sealed; where it told no licence, nothing is
asked. Source: requirements, R02-8 (Article 2(2): rights and obligations made explicit).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.errors import UsageError
from osgate.ledger.fold import Sealed
from osgate.licences import reading
from osgate.model.fact import Unknown
from osgate.model.policy import Policy, Project
from osgate.model.record import replace
from osgate.policy.licence_use import APART, use_of
from osgate.policy.schema import DISTRIBUTIONS

# The role whose approval accepts obligations.
LEGAL = "legal"
# What stands for all that are owed.
ALL = ("all", "全部")


def owed(request: Sealed, said: Iterable[Mapping[str, Any]], policy: Policy) -> tuple[str, ...]:
    """Return the codes of what the licences ask for in the use that the request is for, each once.

    said: bodies of approvals, which may narrow that use. The use is that of the projects the request names, else of the
    one it comes from; a distribution that is named bounds it, and without either it is the widest.
    """
    found: dict[str, None] = {}
    projects = _projects(request.body, list(said), policy)
    for component, scope, licence in _licences(request):
        meant = reading.read(licence, policy.facts.licence_names)
        if isinstance(meant, Unknown):
            continue
        for project in projects:
            use = use_of(component, scope, project, policy.facts)
            kept = reading.outcome(meant, policy.facts, use.reach).kept
            found.update(dict.fromkeys(reading.owed(kept, use, policy.facts)))
    return tuple(found)


def left_open(request: Sealed, said: Iterable[Mapping[str, Any]], policy: Policy) -> tuple[str, ...]:
    """Return what is owed and accepted by none of the approvals `said`."""
    bodies = list(said)
    accepted = {str(code) for body in bodies for code in body.get("obligations", ())}
    return tuple(code for code in owed(request, bodies, policy) if code not in accepted)


def unread(request: Sealed) -> bool:
    """True where licences were told, and the libraries that read them are not here."""
    return not reading.able() and any(True for _ in _licences(request))


def ticked(
    named: Iterable[str], request: Sealed | None, said: Iterable[Mapping[str, Any]], policy: Policy
) -> list[str]:
    """Return the codes that somebody accepts by naming them, or by `all`.

    Raises UsageError("obligation.unknown") for a word that is not among what is owed.
    """
    codes = list(dict.fromkeys(named))
    choices = owed(request, said, policy) if codes and request is not None and request.body["verb"] == "request" else ()
    if any(code in ALL for code in codes):
        return list(choices)
    strange = next((code for code in codes if code not in choices), "")
    if strange:
        raise UsageError("obligation.unknown", found=strange[:80], choices=", ".join(choices) or "-")
    return codes


def _licences(request: Sealed) -> Iterator[tuple[str, str, str]]:
    """Component, scope and licence of all that the desk's store told of."""
    told = request.witness.get("facts", {})
    for subject in request.body.get("subjects", ()):
        scopes = subject.get("scope", ())
        scope = str(scopes[0]) if scopes and all(one in APART for one in scopes) else "runtime"
        for fact, value, _ in told.get(subject["purl"], ()):
            if fact == "licence":
                yield str(subject["purl"]), scope, str(value)


def _projects(body: Mapping[str, Any], said: Iterable[Mapping[str, Any]], policy: Policy) -> list[Project]:
    """Where it is to be used, each with the distribution that counts."""
    named = [str(id) for id in body.get("projects", ())] or [str(body.get("origin", {}).get("repository", ""))]
    bounds = [str(one["distribution"]) for one in (body, *said) if one.get("distribution") in DISTRIBUTIONS]
    found = [policy.project(id) for id in named]
    if not bounds:
        return found
    narrowest = min(bounds, key=DISTRIBUTIONS.index)
    return [replace(project, distribution=narrowest) for project in found]
