"""Makers of signed records. Each person signs with `SigningKey(person)`; what a test needs wrong, it says itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osgate.ledger import codec
from osgate.ledger.fold import Sealed
from osgate.testing.clock import START
from osgate.testing.keys import SigningKey

EXPIRES = "2027-11-21"
LEFT_PAD = "pkg:npm/left-pad"


def subject(purl: str = LEFT_PAD, range: str = "vers:npm/>=1.3.0|<2.0.0", **more: Any) -> dict[str, Any]:
    """One subject of a request or block; an empty range is left out."""
    return {"purl": purl, **({"range": range} if range else {}), **more}


def make(verb: str, person: str, fields: Mapping[str, Any], key: SigningKey | None = None) -> dict[str, Any]:
    """Return a record with id and signature. key: whose signature; by default the person's own. Nothing is checked."""
    body = {"schema": codec.RECORD_SCHEMA, "id": "", "verb": verb, "person": person, "stated_at": START, **fields}
    value = (key or SigningKey(person)).decision(codec.signed_bytes(body))
    return {**codec.identify(body), "signature": {"alg": "sshsig", "value": value}}


def heard(account: str = "4711", comment: str = "1", at: str = START, **more: Any) -> dict[str, Any]:
    """What a record says of the words at a forge that it was made from, for its field `witnessed`."""
    said = {"forge": "gitlab", "project": "1", "kind": "issue", "number": 1, "account": account}
    return {**said, "comment": comment, "body": codec.digest(comment.encode()), "at": at, **more}


def request(
    person: str = "wang.wu", subjects: Iterable[Mapping[str, Any]] = (), key: SigningKey | None = None, **more: Any
) -> dict[str, Any]:
    """A request, for left-pad unless `subjects` says otherwise."""
    wanted = [dict(s) for s in subjects] or [subject()]
    return make(
        "request",
        person,
        {"subjects": wanted, "kind": "component", "channel": "community", "reason": "needed", **more},
        key,
    )


def approve(
    request: Mapping[str, Any],
    person: str,
    role: str,
    expires: str = EXPIRES,
    key: SigningKey | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An approval of `request` in `role`. expires: ISO date."""
    named = {"request": request["id"], "role": role, "reason": "looked at", "expires": expires}
    return make("approve", person, {**named, **more}, key)


def answer(
    verb: str, request: Mapping[str, Any], person: str, role: str, key: SigningKey | None = None, **more: Any
) -> dict[str, Any]:
    """A `reject` or `assess` of `request` in `role`."""
    return make(verb, person, {"request": request["id"], "role": role, "reason": "looked at", **more}, key)


def undo(
    verb: str, target: Mapping[str, Any], person: str, role: str, key: SigningKey | None = None, **more: Any
) -> dict[str, Any]:
    """A `revoke` of a request, rejection, suspension, restriction or waiver, or an `unblock` of a block, in `role`."""
    return make(verb, person, {"revokes": target["id"], "role": role, "reason": "no longer", **more}, key)


def _taking(
    verb: str, person: str, subjects: Iterable[Mapping[str, Any]], fields: Mapping[str, Any], key: SigningKey | None
) -> dict[str, Any]:
    wanted = [dict(s) for s in subjects] or [subject(range="")]
    return make(verb, person, {"subjects": wanted, **fields}, key)


def block(
    person: str = "zhang.san",
    subjects: Iterable[Mapping[str, Any]] = (),
    role: str = "incident",
    key: SigningKey | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An emergency block, of every version of left-pad unless `subjects` says otherwise."""
    return _taking("block", person, subjects, {"role": role, "reason": "incident", **more}, key)


def suspend(
    person: str = "zhao.liu",
    subjects: Iterable[Mapping[str, Any]] = (),
    role: str = "security",
    key: SigningKey | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A suspension, of every version of left-pad unless `subjects` says otherwise."""
    return _taking("suspend", person, subjects, {"role": role, "reason": "a fact moved", **more}, key)


def restrict(
    person: str = "zhao.liu",
    subjects: Iterable[Mapping[str, Any]] = (),
    role: str = "security",
    key: SigningKey | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A restriction of left-pad; `more` names what is left: projects, classes, environments."""
    return _taking("restrict", person, subjects, {"role": role, "reason": "limited", **more}, key)


def waive(
    person: str = "zhang.san",
    subjects: Iterable[Mapping[str, Any]] = (),
    role: str = "tech",
    rules: Iterable[str] = ("OSG101",),
    expires: str = "2027-01-01",
    key: SigningKey | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The first record of a waiver. `projects` without subjects waive rules about files; else left-pad is meant."""
    wanted = [dict(s) for s in subjects] or ([] if "projects" in more else [subject(range="")])
    named = {"subjects": wanted} if wanted else {}
    terms = {"rules": list(rules), "expires": expires, "role": role, "reason": "for now"}
    return make("waive", person, {**named, **terms, **more}, key)


def confirm(
    waiver: Mapping[str, Any], person: str, role: str, key: SigningKey | None = None, **more: Any
) -> dict[str, Any]:
    """One more person's word for `waiver`, or for an import or retirement, in `role`."""
    return make(waiver["verb"], person, {"confirms": waiver["id"], "role": role, "reason": "agreed", **more}, key)


def renew(
    request: Mapping[str, Any],
    person: str,
    role: str,
    expires: str = EXPIRES,
    key: SigningKey | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One person's renewal of the approval of `request`, in `role`. expires: ISO date."""
    named = {"request": request["id"], "role": role, "reason": "still fits", "expires": expires}
    return make("renew", person, {**named, **more}, key)


def break_glass(
    request: Mapping[str, Any],
    person: str = "zhang.san",
    expires_at: str = "2026-11-23T06:00:00Z",
    role: str = "incident",
    key: SigningKey | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An approval of `request` by one person, until an instant."""
    named = {"request": request["id"], "role": role, "reason": "production is down", "incident": "INC-1"}
    return make("approve", person, {**named, "break_glass": True, "expires_at": expires_at, **more}, key)


def retire(
    person: str = "zhang.san",
    subjects: Iterable[Mapping[str, Any]] = (),
    role: str = "tech",
    by: str = "2026-12-31",
    key: SigningKey | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A retirement, of every version of left-pad unless `subjects` says otherwise. by: ISO date."""
    return _taking("retire", person, subjects, {"role": role, "reason": "no longer kept", "by": by, **more}, key)


def take_over(
    person: str = "zhang.san",
    subjects: Iterable[Mapping[str, Any]] = (),
    role: str = "tech",
    review_by: str = "2027-06-30",
    key: SigningKey | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The first record of an import: a ledger that was kept elsewhere. review_by: ISO date."""
    wanted = [dict(s) for s in subjects] or [subject(row=2, approver="Li Si", approved_on="2024-03-01")]
    return make(
        "import",
        person,
        {"subjects": wanted, "role": role, "reason": "taken over", "review_by": review_by, **more},
        key,
    )


def endorse(
    policy: str, person: str = "zhang.san", role: str = "tech", key: SigningKey | None = None, **more: Any
) -> dict[str, Any]:
    """One person's word for a written policy. policy: its digest."""
    return make("endorse", person, {"policy": policy, "role": role, "reason": "read and agreed", **more}, key)


def sealed(
    record: Mapping[str, Any],
    serial: int = 1,
    roles: Iterable[str] = ("tech", "legal"),
    assessments: Iterable[str] = (),
    sealed_at: str = "",
) -> Sealed:
    """A record as a seal takes it in. roles, assessments: of the tier, for a request or waiver. No seal is made."""
    found: dict[str, Any] = {"key": ""}
    if record["verb"] == "request":
        found.update(tier="normal", roles=list(roles), assessments=list(assessments))
    elif record["verb"] in ("waive", "import") and "confirms" not in record:
        found.update(tier="normal", roles=list(roles))
    return Sealed(record, serial, sealed_at or f"2026-11-21T{serial // 60 % 24:02d}:{serial % 60:02d}:00Z", found)
