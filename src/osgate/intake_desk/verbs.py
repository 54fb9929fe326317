"""What each verb asks of a record before it counts: the right role, another person, something to act on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from osgate.ledger import codec
from osgate.ledger.fold import Sealed, blocks, holds, requests, waivers
from osgate.model.policy import Person, Policy, Tier
from osgate.model.record import record

# Distinct persons behind a waiver, even where the default tier asks for one alone.
WAIVER_QUORUM = 2


class No(Exception):
    """Why a record does not count; held: not yet."""

    def __init__(self, code: str, held: bool = False, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.held = held
        self.params = clipped(params)


def clipped(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a refusal names, at a length that can be printed and sealed."""
    return {key: value[:200] if isinstance(value, str) else value for key, value in params.items()}


@record
class Desk:
    """What the rules for one record look at. sealed: everything sealed or accepted so far, by id.

    by_request, by_target, by_confirmed: the same by what they answer, revoke or unblock, and confirm. paths: record
    path -> id. now: UTC instant of the seal being made; serial: its number; ledger: digest of the first seal.
    """

    policy: Policy
    people: Mapping[str, Person]
    sealed: dict[str, Sealed]
    by_request: dict[str, list[Sealed]]
    by_target: dict[str, list[Sealed]]
    by_confirmed: dict[str, list[Sealed]]
    paths: dict[str, str]
    now: str
    serial: int
    ledger: str

    @property
    def today(self) -> str:
        """The ISO date of the seal, UTC."""
        return self.now[:10]

    def remember(self, item: Sealed) -> None:
        """Take in what is sealed or was accepted."""
        self.sealed[item.id] = item
        self.paths[codec.record_path(dict(item.body))] = item.id
        named = (("request", self.by_request), ("revokes", self.by_target), ("confirms", self.by_confirmed))
        for key, index in named:
            if key in item.body:
                index.setdefault(str(item.body[key]), []).append(item)


def _request(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    for id in body.get("supersedes", ()):
        # "Later" is by seal: what is taken in only now can be superseded from the next seal on.
        if id not in desk.sealed or desk.sealed[id].serial >= desk.serial:
            raise No("names-nothing", held=True, id=id)
        if desk.sealed[id].body["verb"] not in ("request", "reject"):
            raise No("names-nothing", id=id)
        if not requests.components(desk.sealed[id], desk.sealed) <= {subject["purl"] for subject in body["subjects"]}:
            raise No("supersedes-other", id=id)
    tier = desk.policy.tiers[desk.policy.default_tier]
    return {"tier": tier.name, "roles": list(tier.roles), "assessments": list(tier.assessments)}


def _named_request(body: dict[str, Any], desk: Desk) -> Sealed:
    request = desk.sealed.get(body["request"])
    if request is None:
        raise No("waits-for-request", held=True, request=body["request"])
    if request.body["verb"] != "request":
        raise No("not-a-request", request=body["request"])
    return request


def _answer(body: dict[str, Any], desk: Desk) -> tuple[Sealed, list[Sealed]]:
    request = _named_request(body, desk)
    answers = desk.by_request.get(request.id, [])
    if any(a.body["verb"] == "reject" for a in answers):
        raise No("request-ended", request=request.id)
    return request, answers


def _independent(person: Person, request: Sealed) -> None:
    """Who asked, and who wrote the change, does not judge it. What a commit says of its authors may only exclude."""
    if person.id == request.body["person"]:
        raise No("is-requester", person=person.id)
    authors = {str(a).lower() for a in request.body.get("origin", {}).get("authors", ())}
    own = {id.lower() for forge, id in person.accounts if forge == "git"} & authors
    if own:
        raise No("is-author", person=person.id, account=min(own))


def _approve(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    request, answers = _answer(body, desk)
    counted = [a for a in answers if a.body["verb"] == "approve"]
    _independent(person, request)
    if any(c.body["person"] == person.id for c in counted):
        raise No("already-decided", person=person.id)
    if body["role"] not in request.witness["roles"]:
        raise No("role-not-needed", role=body["role"], needed=", ".join(request.witness["roles"]))
    if not requests.can_count(request, counted, body):
        raise No("role-complete", role=body["role"])
    _within(body["expires"], desk, desk.policy.approval_days)
    return {}


def _within(expires: str, desk: Desk, days: int) -> None:
    """What lets something in ends, and no later than the policy allows."""
    latest = (date.fromisoformat(desk.today) + timedelta(days=days)).isoformat()
    if not desk.today < expires <= latest:
        raise No("expiry-out-of-bounds", expires=expires, latest=latest)


def _reject(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    request = _named_request(body, desk)
    if body["role"] not in [*request.witness["roles"], *request.witness.get("assessments", ())]:
        raise No("role-not-needed", role=body["role"], needed=", ".join(request.witness["roles"]))
    return {}


def _assess(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    request, _ = _answer(body, desk)
    _independent(person, request)
    return {}


def _target(body: dict[str, Any], desk: Desk, verbs: tuple[str, ...]) -> Sealed:
    """What is to be taken back; a record that is not sealed yet may still come."""
    target = desk.sealed.get(body["revokes"])
    if target is None or target.body["verb"] not in verbs:
        raise No("names-nothing", held=target is None, id=body["revokes"])
    return target


def _revoke(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    target = _target(body, desk, ("request", "reject", *holds.VERBS, "waive"))
    given = desk.by_target.get(target.id, [])
    if target.body["verb"] == "waive":
        return _end_waiver(body, target, given, desk)
    if target.body["verb"] in holds.VERBS:
        return _lift(body, person, target, given)
    request = desk.sealed.get(str(target.body.get("request")), target)
    needed = requests.revocation_needs(target, request)
    if person.id == request.body["person"]:
        raise No("is-requester", person=person.id)
    if any(r.body["person"] == person.id for r in given):
        raise No("already-decided", person=person.id)
    if body["role"] not in needed:
        raise No("role-not-needed", role=body["role"], needed=", ".join(needed))
    if sum(r.body["role"] == body["role"] for r in given) >= needed.count(body["role"]):
        raise No("role-complete", role=body["role"])
    return {}


def _lift(body: dict[str, Any], person: Person, target: Sealed, given: list[Sealed]) -> dict[str, Any]:
    """A suspension or restriction is lifted by another person in the role that made it."""
    if requests.revocation(target, given):
        raise No("ended-already", id=target.id)
    if person.id == target.body["person"]:
        raise No("lifts-own", person=person.id, id=target.id, role=target.body["role"])
    if body["role"] != target.body["role"]:
        raise No("role-not-needed", role=body["role"], needed=target.body["role"])
    return {}


def _end_waiver(body: dict[str, Any], target: Sealed, given: list[Sealed], desk: Desk) -> dict[str, Any]:
    """Whoever may decide ends a waiver alone: that only tightens."""
    if "confirms" in target.body:
        raise No("names-confirmation", id=target.body["confirms"])
    if given:
        raise No("ended-already", id=target.id)
    return _any_role(body, desk)


def _any_role(body: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """Any role that decides in a tier, or acts in an incident."""
    policy = desk.policy
    roles = {role for tier in policy.tiers.values() for role in (*tier.roles, *tier.assessments)}
    if body["role"] not in roles | set(policy.incident_roles):
        needed = ", ".join(sorted(roles | set(policy.incident_roles)))
        raise No("role-not-needed", role=body["role"], needed=needed)
    return {}


def _hold(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    return _any_role(body, desk)


def waiver_roles(tier: Tier) -> list[str]:
    """The roles that a waiver needs, one entry for each person: the tier's, and never fewer than WAIVER_QUORUM."""
    return [*tier.roles, *tier.roles[:1] * (WAIVER_QUORUM - len(tier.roles))]


def _waive(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    if "confirms" in body:
        return _confirm(body, person, desk)
    tier = desk.policy.tiers[desk.policy.default_tier]
    roles = waiver_roles(tier)
    if body["role"] not in roles:
        raise No("role-not-needed", role=body["role"], needed=", ".join(roles))
    _within(body["expires"], desk, desk.policy.waiver_days)
    return {"tier": tier.name, "roles": roles}


def _confirm(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """One more person for a waiver that waits."""
    named = str(body["confirms"])
    target = desk.sealed.get(named)
    if target is None or target.body["verb"] != "waive":
        raise No("names-nothing", held=target is None, id=named)
    if "confirms" in target.body:
        raise No("names-confirmation", id=target.body["confirms"])
    if desk.by_target.get(named) or target.body["expires"] <= desk.today:
        raise No("ended-already", id=named)
    state = waivers.folded((target, *desk.by_confirmed.get(named, ())), {})[named]
    why = waivers.why_not_counted(target, state.counted, body)
    if why:
        needed = ", ".join(role for role, _, _ in state.roles)
        raise No(why, person=person.id, role=body["role"], needed=needed, id=named)
    return {}


def _incident(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    if body["role"] not in desk.policy.incident_roles:
        raise No("role-not-needed", role=body["role"], needed=", ".join(desk.policy.incident_roles))
    return {}


def _block(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    found = _incident(body, person, desk)
    named = str(body.get("confirms", ""))
    if named:
        target = desk.sealed.get(named)
        if target is None:
            raise No("names-nothing", held=True, id=named)
        lifting = blocks.unblocks(desk.by_target.get(named, ()))
        why = blocks.why_not_confirmed(body, target, lifting, desk.serial)
        if why:
            raise No(why, person=person.id, id=named)
    return found


def _unblock(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    target = _target(body, desk, ("block",))
    if any(r.body["person"] == person.id for r in desk.by_target.get(target.id, [])):
        raise No("already-decided", person=person.id)
    return _incident(body, person, desk)


# In the order in which a batch is weighed: what can be named comes before what names it.
VERBS: dict[str, Callable[[dict[str, Any], Person, Desk], dict[str, Any]]] = {
    "request": _request,
    "block": _block,
    "suspend": _hold,
    "restrict": _hold,
    "waive": _waive,
    "assess": _assess,
    "reject": _reject,
    "approve": _approve,
    "revoke": _revoke,
    "unblock": _unblock,
}
