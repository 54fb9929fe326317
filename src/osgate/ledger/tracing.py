"""One case end to end: from a change to what was asked for it, assessed, decided and sealed. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from osgate.ledger.fold import Sealed, State
from osgate.ledger.fold.sealed import needed, turn
from osgate.ledger.history import Seal
from osgate.ledger.rows import about, by_named

SCHEMA = "osgate.trace/1"
Case = dict[str, Any]
Origin = Mapping[str, Any]
# `owner/name#42`, `group/name!42`, `forge:ID!42`; and what a commit's id begins with.
_CHANGE = re.compile(r"(?P<place>[^\s!#]+)[!#](?P<number>[1-9][0-9]{0,9})\Z")
_COMMIT = re.compile(r"[0-9a-f]{7,64}\Z")
_PLACE = re.compile(r"[a-z]+:[0-9]+\Z")


def place_of(named: str) -> str:
    """Return the path in `PATH#NUMBER` that only a forge can tell the id of; empty for every other name."""
    found = _CHANGE.match(named)
    return found["place"] if found and not _PLACE.match(found["place"]) else ""


def meaning(named: str, place: str = "") -> Callable[[Origin], bool] | None:
    """Return what tells whether a request's origin is the change that somebody names; None for what names none.

    place: the id of its project, as `forge:ID`; without it a path is held against what the origin calls its repository.
    """
    change = _CHANGE.match(named)
    if change is None:
        commit = named.lower()
        return (lambda origin: str(origin.get("change", "")).startswith(commit)) if _COMMIT.match(commit) else None
    told, number = place or change["place"], change["number"]
    if _PLACE.match(told):
        return lambda origin: origin.get("comment") == f"{told}!{number}"
    path = told.casefold()
    return lambda origin: (
        str(origin.get("comment", "")).endswith(f"!{number}") and str(origin.get("repository", "")).casefold() == path
    )


def cases(sealed: Iterable[Sealed], state: State, seals: Iterable[Seal], means: Callable[[Origin], bool]) -> list[Case]:
    """Return a case for each request from the change that is meant, as they were sealed.

    One that joined another is followed to it: there it is decided.
    """
    records = sorted(sealed, key=turn)
    known, naming = {item.id: item for item in records}, by_named(records)
    asked = [item for item in records if item.body["verb"] == "request" and means(item.body.get("origin", {}))]
    roots = dict.fromkeys(_root(item, known) for item in asked)
    chain = {seal.serial: seal for seal in seals}
    return [_case(known[id], about(known[id], naming), state, chain) for id in roots]


def _root(item: Sealed, known: Mapping[str, Sealed]) -> str:
    joined = str(item.body.get("joins", ""))
    return joined if joined in known else item.id


def _case(request: Sealed, records: Iterable[Sealed], state: State, seals: Mapping[int, Seal]) -> Case:
    body, told = request.body, state.requests[request.id]
    return {
        "schema": SCHEMA,
        "request": request.id,
        "status": told.status,
        "origin": dict(body.get("origin", {})),
        "subjects": [dict(subject) for subject in body.get("subjects", ())],
        "tier": request.witness.get("tier"),
        "roles": needed(request),
        "assessments": list(request.witness.get("assessments", ())),
        "expires": told.expires or None,
        "ended_by": told.ended_by or None,
        "steps": [_step(item, seals) for item in sorted(records, key=_when)],
    }


def _when(item: Sealed) -> tuple[int, str, str]:
    """By seal; within one as they were said, for people to read."""
    return item.serial, str(item.body.get("stated_at", "")), item.id


def _step(item: Sealed, seals: Mapping[int, Seal]) -> Case:
    body, seal = item.body, seals.get(item.serial)
    told = {key: body.get(key) for key in ("id", "verb", "type", "person", "role", "stated_at", "reason")}
    return {
        **told,
        "expires": body.get("expires") or body.get("expires_at"),
        "sealed_at": item.sealed_at,
        "serial": item.serial,
        "seal": seal.digest if seal else None,
        "policy": seal.body.get("policy") if seal else None,
        "witnessed": dict(body["witnessed"]) if "witnessed" in body else None,
        "evidence": [dict(file) for file in body.get("evidence", ())],
    }
