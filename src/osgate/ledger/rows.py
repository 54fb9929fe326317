"""The ledger as a table: a row for each subject of every request, import, waiver, block and hold there was. Pure.

What the exports of every format show (`osgate ledger export`), as plain values: texts, numbers, lists of them, None for
what nobody said. Persons are ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate import versions
from osgate.ledger import stages
from osgate.ledger.fold import JointState, RequestState, Sealed, State, effects, jointly
from osgate.ledger.fold.sealed import needed, turn
from osgate.model.decision import Standing
from osgate.policy.schema import DISTRIBUTIONS

SCHEMA = "osgate.ledger-export/1"
# The columns, in the order in which tables show them. `subject`: number of the row among those of its record, from 1.
COLUMNS = (
    "entry", "id", "subject", "kind", "channel", "component", "range", "versions", "state", "reason", "purpose",
    "alternatives", "usage", "distribution", "operating_model", "owner", "backup", "supplier", "contract", "requester",
    "approvers", "assessments", "evidence", "conditions", "limits", "fence", "requested", "approved", "expires",
    "renewals", "ended_by", "incident", "held_by", "policy", "records", "row", "old_approver", "old_date", "remarks",
    "anchor",
)  # fmt: skip
# What a row is of: the verb of the record that began it.
ENTRIES = ("request", "import", "waive", "block", "suspend", "restrict", "retire")
# What a record says of itself, as it says it.
_SAID = (
    "kind", "channel", "reason", "purpose", "usage", "operating_model", "owner", "backup", "supplier", "contract",
    "incident",
)  # fmt: skip
_LIMITS = ("projects", "classes", "environments")
_HOLDING = ("block", "suspend", "restrict", "retire")
_NAMING = ("request", "revokes", "confirms", "joins")
Row = dict[str, Any]


def exported(sealed: Iterable[Sealed], state: State, today: str, anchor: str = "", kind: str = "") -> list[Row]:
    """Return the rows, in the order in which their records were sealed.

    sealed: records up to the moment that is meant; state: their fold; today: ISO date of it; anchor: `serial:digest` of
    the last seal then. kind: only rows of this kind; empty for all.
    """
    records = sorted(sealed, key=turn)
    naming = by_named(records)
    held: dict[str, list[Standing]] = {}
    for standing in state.standings:
        if standing.effect in _HOLDING:
            held.setdefault(standing.component, []).append(standing)
    found = []
    for item in records:
        if item.body["verb"] in ENTRIES and not _confirms(item, state):
            base = _entry(item, state, today, about(item, naming))
            found += [{**row, "held_by": _held(row, held), "anchor": anchor or None} for row in _rows(item, base)]
    return [row for row in found if not kind or row["kind"] == kind]


def _confirms(item: Sealed, state: State) -> bool:
    """True for a record that only adds to another one's."""
    if item.body["verb"] == "block":
        return state.blocks[item.id].block.id != item.id
    return "confirms" in item.body


def by_named(sealed: Iterable[Sealed]) -> dict[str, list[Sealed]]:
    """Return the records that answer, lift, confirm or join another one, by what they name."""
    naming: dict[str, list[Sealed]] = {}
    for item in sealed:
        for id in (str(item.body[key]) for key in _NAMING if key in item.body):
            naming.setdefault(id, []).append(item)
    return naming


def about(item: Sealed, naming: Mapping[str, list[Sealed]]) -> list[Sealed]:
    """Return the record and all that name it, and those that name these, as they were sealed. naming: `by_named`."""
    found = {item.id: item}
    waiting = [item.id]
    while waiting:
        for other in naming.get(waiting.pop(), ()):
            if other.id not in found:
                found[other.id] = other
                waiting.append(other.id)
    return sorted(found.values(), key=turn)


def _entry(item: Sealed, state: State, today: str, about: list[Sealed]) -> Row:
    """What all rows of one record share."""
    body = item.body
    base: Row = dict.fromkeys(COLUMNS)
    base.update({key: body[key] for key in _SAID if key in body})
    base.update(
        entry=body["verb"],
        id=item.id,
        state=stages.stage_of(item.id, state, today),
        requester=body["person"],
        requested=item.sealed_at[:10],
        conditions=[text for one in about for key in ("conditions", "obligations") for text in one.body.get(key, ())],
        alternatives=list(dict.fromkeys(text for one in about for text in one.body.get("alternatives", ()))),
        evidence=[{**file, "record": one.id} for one in about for file in one.body.get("evidence", ())],
        policy=next((str(one.body["policy"]) for one in reversed(about) if "policy" in one.body), None),
        records=[one.id for one in about],
        assessments=[],
        renewals=[],
        approvers=[],
        limits={key: list(body[key]) for key in (*_LIMITS, "rules") if body.get(key)},
    )
    if item.id in state.requests:
        base.update(_of_request(state.requests[item.id]))
    elif item.id in state.joint:
        base.update(_of_joint(state.joint[item.id]))
    else:
        base.update(_of_taking(item, state, about))
    return base


def _of_request(told: RequestState) -> Row:
    body = told.request.body
    said = [body, *(one.body for one in told.counted)]
    classes = [told.request.witness] if told.request.witness.get("classes") else []
    limits = {name: effects.narrowed([*said, *(classes if name == "classes" else [])], name) for name in _LIMITS}
    reaches = [one["distribution"] for one in said if "distribution" in one]
    broken = [one for one in told.broken if told.status in ("waiting", "approved")]
    glass = max((str(one.body["expires_at"]) for one in broken), default="")
    return {
        "distribution": min(reaches, key=DISTRIBUTIONS.index) if reaches else None,
        "approvers": [*_persons(told.request, told.counted), *(_person(one) for one in told.broken)],
        "assessments": [_assessment(one) for one in told.assessed],
        "limits": {name: list(names) for name, names in limits.items() if names},
        "approved": told.sealed_at[:10] or None,
        "expires": told.expires or glass or None,
        "renewals": [_renewal(told)] if told.renewed and told.renewed.counted else [],
        "ended_by": told.ended_by or None,
        "incident": next((str(one.body["incident"]) for one in told.broken), body.get("incident")),
    }


def _of_joint(told: JointState) -> Row:
    reach = jointly.classes(told.first)
    limits = {key: list(told.first.body[key]) for key in (*_LIMITS, "rules") if told.first.body.get(key)}
    return {
        "limits": {**limits, "classes": list(reach)} if reach else limits,
        "approvers": _persons(told.first, told.counted),
        "approved": told.sealed_at[:10] or None,
        "expires": told.ends,
        "ended_by": told.revoked.id if told.revoked else None,
    }


def _of_taking(item: Sealed, state: State, about: list[Sealed]) -> Row:
    """A block or hold: in force from its seal on. Who made, confirmed and lifted it decided."""
    found: Row = {"approvers": [_person(one) for one in about], "approved": item.sealed_at[:10]}
    if item.id in state.blocks:
        lifting = [one for one in about if one.body["verb"] == "unblock"]
        found["ended_by"] = lifting[-1].id if lifting and not state.blocks[item.id].in_force else None
    else:
        hold = state.holds[item.id]
        found["ended_by"] = hold.lifted.id if hold.lifted else None
        found["expires"] = item.body.get("by")
    return found


def _persons(first: Sealed, counted: Iterable[Sealed]) -> list[Row]:
    """Who decided, in the order of the tier's roles."""
    order = needed(first)
    return [_person(one) for one in sorted(counted, key=lambda one: order.index(one.body["role"]))]


def _person(one: Sealed) -> Row:
    return {"person": one.body["person"], "role": one.body["role"], "on": one.sealed_at[:10], "record": one.id}


def _assessment(one: Sealed) -> Row:
    said = {key: one.body.get(key) for key in ("type", "issuer", "issued", "valid_until")}
    return {**_person(one), **said}


def _renewal(told: RequestState) -> Row:
    """The last renewal that every role has made."""
    rounds = told.renewed.counted if told.renewed else ()
    until = min(str(one.body["expires"]) for one in rounds)
    return {"on": rounds[-1].sealed_at[:10], "until": until, "persons": [str(one.body["person"]) for one in rounds]}


def _rows(item: Sealed, base: Row) -> Iterator[Row]:
    """One row a subject; of a waiver about files, one a project."""
    subjects = item.body.get("subjects") or [{"purl": f"project:{id}"} for id in item.body.get("projects", ())]
    for number, subject in enumerate(subjects, 1):
        row = {**base, "subject": number, "component": subject["purl"], "range": subject.get("range") or None}
        if subject.get("scope"):
            row["limits"] = {**base["limits"], "scopes": list(subject["scope"])}
        row["versions"] = list(subject.get("versions") or _exact(subject.get("range", "")))
        posts = effects.posts(subject, item.witness) if base["entry"] == "request" else ()
        row["fence"] = [{"fact": post.fact, "value": post.value, "source": post.source or None} for post in posts]
        for column, key in (("kind", "kind"), ("owner", "owner"), ("row", "row"), ("remarks", "remarks")):
            row[column] = subject.get(key, row[column])
        yield {**row, "old_approver": subject.get("approver"), "old_date": subject.get("approved_on")}


def _exact(range: str) -> list[str]:
    """The versions that a range names one by one."""
    return [version for mark, version in versions.parse_vers(range).constraints if mark == "="] if range else []


def _held(row: Row, held: Mapping[str, list[Standing]]) -> list[str]:
    """Ids of the blocks and holds in force that reach what the row is about, but for its own."""
    found = [one for one in held.get(row["component"], ()) if one.record != row["id"]]
    return list(dict.fromkeys(one.record for one in found if _meet(one.range, row["range"] or "")))


def _meet(one: str, other: str) -> bool:
    """True if two ranges have something in common, as far as their bounds tell; empty is everything."""
    return not one or not other or _reaches(one, other) or _reaches(other, one)


def _reaches(one: str, other: str) -> bool:
    bounds = [version for mark, version in versions.parse_vers(other).constraints if mark != "!="]
    return any(not version or versions.covers(one, version, prereleases=True) for version in bounds)
