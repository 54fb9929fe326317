"""What the desk knows of requests that wait: who asked why, who has decided, where the rest is to be said. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from osgate.forge_desk import packages
from osgate.ledger.fold import RequestState, State
from osgate.model.verdict import Verdict
from osgate.reports.context import Asked


def asked(verdict: Verdict, state: State, pages: Mapping[str, str]) -> tuple[Asked, ...]:
    """Return the requests that the findings of `verdict` wait for, each once.

    pages: a request's id -> the page at the forge on which it is decided, where there is one.
    """
    ids = dict.fromkeys(str(finding.params.get("waiting") or "") for finding in verdict.findings)
    return tuple([_asked(state.requests[id], pages.get(id, "")) for id in ids if id in state.requests])


def _asked(found: RequestState, page: str) -> Asked:
    body = found.request.body
    decided = [*(one for one in found.assessed), *found.counted]
    return Asked(
        found.request.id,
        str(body["person"]),
        page,
        tuple([(str(one.body["role"]), str(one.body["person"]), one.sealed_at[:10]) for one in decided]),
        str(body.get("purpose", "")),
        str(body.get("reason", "")),
        tuple(map(str, body.get("alternatives", ()))),
        tuple(map(packages.pair, body["subjects"])),
    )
