"""What counts of requests and of what answers them: assess, approve, reject, renew. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from osgate.intake_desk import obligations
from osgate.intake_desk.verbs.context import Desk, No, deciding_roles, independent, must_hold, within
from osgate.ledger import signatures
from osgate.ledger.fold import RequestState, Sealed, effects, quorum, requests
from osgate.ledger.fold.sealed import turn
from osgate.ledger.records import OPERATING_MODELS
from osgate.model.decision import Post
from osgate.model.policy import Person, Policy, Tier
from osgate.policy.conditions import holds
from osgate.policy.schema import CLASSES


def request(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """Return the witness of a request: the tier that decides, and what is known of what it asks for."""
    _supersedes(body, desk)
    if "joins" in body:
        return _joins(body, desk)
    facts = {s["purl"]: desk.outside.facts(s["purl"], tuple(s.get("versions", ()))) for s in body["subjects"]}
    tier, stands_for = chosen(body, facts, desk.policy)
    found: dict[str, Any] = {"tier": tier.name, "roles": list(tier.roles), "assessments": list(tier.assessments)}
    enough = classes_of(stands_for, desk.policy)
    if not enough:
        raise No("no-tier-for", classes=", ".join(CLASSES))
    if len(enough) < len(CLASSES):
        found["classes"] = enough
    known = {purl: [[p.fact, p.value, p.source] for p in posts] for purl, posts in facts.items()}
    if any(known.values()):
        found["facts"] = {purl: posts for purl, posts in known.items() if posts}
    return found


def _supersedes(body: Mapping[str, Any], desk: Desk) -> None:
    for id in body.get("supersedes", ()):
        # "Later" is by seal: what is taken in only now can be superseded from the next seal on.
        if id not in desk.sealed or desk.sealed[id].serial >= desk.serial:
            raise No("names-nothing", held=True, id=id)
        if desk.sealed[id].body["verb"] not in ("request", "reject"):
            raise No("names-nothing", id=id)
        if not requests.components(desk.sealed[id], desk.sealed) <= {subject["purl"] for subject in body["subjects"]}:
            raise No("supersedes-other", id=id)


def _joins(body: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """Who asks for what was asked for already joins: one decision answers both."""
    target = desk.sealed.get(body["joins"])
    if target is None:
        raise No("names-nothing", held=True, id=body["joins"])
    if target.body["verb"] != "request" or "joins" in target.body:
        raise No("names-nothing", id=body["joins"])
    asked = {(s["purl"], s["range"]) for s in target.body["subjects"]}
    more = sorted(s["purl"] for s in body["subjects"] if (s["purl"], s["range"]) not in asked)
    if more:
        raise No("joins-other", id=target.id, purl=more[0])
    return {}


def classes_of(tier: Tier, policy: Policy) -> list[str]:
    """Return the classes of projects for which it is enough that `tier` decides."""
    return [name for name in CLASSES if _suffices(tier, class_tier(name, policy))]


def class_tier(name: str, policy: Policy) -> Tier:
    """Return the tier that requests for a class of projects take."""
    return policy.tiers[policy.class_tiers.get(name, policy.default_tier)]


def tier_of(body: Mapping[str, Any], policy: Policy) -> Tier:
    """Return the tier that decides on a request: one that is enough for every class it asks for.

    Those are the classes it names and those of the projects it names; of a request that names neither, the class of the
    project it comes from.
    """
    projects = [*body.get("projects", ())]
    named = {*body.get("classes", ()), *(policy.project(id).class_ for id in projects)}
    origin = str(body.get("origin", {}).get("repository", ""))
    if not named and origin in policy.projects:
        named = {policy.projects[origin].class_}
    wanted = [class_tier(name, policy) for name in sorted(named)] or [policy.tiers[policy.default_tier]]
    able = [tier for tier in (*wanted, *policy.tiers.values()) if all(_suffices(tier, other) for other in wanted)]
    if not able:
        raise No("no-tier-for", classes=", ".join(sorted(named)))
    return able[0]


def chosen(body: Mapping[str, Any], facts: Mapping[str, Iterable[Post]], policy: Policy) -> tuple[Tier, Tier]:
    """Return the tier that decides on a request by what facts tell, and the tier that it stands for.

    facts: of each subject, by purl. The first line of the policy that fits counts: a stricter tier where one subject
    meets its conditions, a lighter one where all of them do and nothing but the default tier was asked for. What cannot
    be told meets no condition. Raises No where no tier is enough.
    """
    base = tier_of(body, policy)
    for line in policy.facts.tiers:
        tier = policy.tiers[line.tier]
        met = [holds(line.when, facts.get(subject["purl"], ())) is True for subject in body["subjects"]]
        if _suffices(tier, base):
            if any(met):
                return tier, tier
        elif all(met) and base == policy.tiers[policy.default_tier]:
            return tier, base
    return base, base


def _suffices(tier: Tier, other: Tier) -> bool:
    """True if who decides in `tier` decides in `other` too."""
    return Counter(other.roles) <= Counter(tier.roles) and Counter(other.assessments) <= Counter(tier.assessments)


def _requests_of(request: Sealed, desk: Desk) -> Iterator[Sealed]:
    """The request, and those that joined it."""
    yield request
    yield from desk.naming("joins", request.id)


def assess(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """An assessment is made by somebody else, of something that is still open to it, on papers that are valid."""
    request, state = desk.request(body)
    verb = "assess-post-review" if body.get("type") == "post-review" else "assess"
    desk.must_allow(verb, "request", request.id)
    found = independent(person, _requests_of(request, desk), desk)
    must_hold(body["role"], sorted(deciding_roles(desk.policy)))
    if verb == "assess-post-review" and person.id in {one.body["person"] for one in state.broken}:
        raise No("reviews-own", person=person.id, id=request.id)
    if body.get("issued", "") > desk.today:
        raise No("issued-in-future", issued=body["issued"])
    if "valid_until" in body and body["valid_until"] <= desk.today:
        raise No("no-longer-valid", until=body["valid_until"])
    return found


def approve(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """An approval is made by somebody else in a role that is still open, after what must be assessed first."""
    request, state = desk.request(body)
    if body.get("break_glass"):
        return _break_glass(body, person, request, desk)
    desk.must_allow("approve", "request", request.id)
    found = independent(person, _requests_of(request, desk), desk)
    if any(one.body["person"] == person.id for one in state.counted):
        raise No("already-decided", person=person.id)
    must_hold(body["role"], request.witness["roles"])
    if not quorum.can_count(request, state.counted, body):
        raise No("role-complete", role=body["role"])
    _assessed_first(body, request, state)
    _still_decides(request, state.counted, desk)
    lacking = list(missing_fields(request.body, desk.policy))
    if lacking:
        raise No("intake-incomplete", fields=", ".join(lacking), id=request.id)
    tier = desk.policy.tiers.get(str(request.witness.get("tier")))
    within(body["expires"], desk, (tier.term if tier else 0) or desk.policy.approval_days)
    _leaves_something(request, state.counted, body)
    _accepts_obligations(body, request, state, desk)
    return found


def _accepts_obligations(body: Mapping[str, Any], request: Sealed, state: RequestState, desk: Desk) -> None:
    """Who approves for the law accepts what the licences ask for, as far as the desk's facts tell it."""
    if body["role"] != obligations.LEGAL:
        return
    if obligations.unread(request):
        raise No("licences-unread", held=True, id=request.id)
    open_ones = obligations.left_open(request, (*(one.body for one in state.counted), body), desk.policy)
    if open_ones:
        raise No("obligations-open", needed=", ".join(open_ones), id=request.id)


def _assessed_first(body: Mapping[str, Any], request: Sealed, state: RequestState) -> None:
    """What must be assessed was, and lay in the ledger when the approval was signed."""
    if state.missing:
        raise No("assessment-missing", roles=", ".join(state.missing), id=request.id)
    for role in request.witness.get("assessments", ()):
        first = next(one for one in state.assessed if one.body["role"] == role and requests.assesses(one))
        if body["stated_at"] < first.sealed_at:
            raise No("before-assessment", stated=body["stated_at"], at=first.sealed_at)


def _still_decides(request: Sealed, counted: Iterable[Sealed], desk: Desk) -> None:
    """The tier it was asked in is enough for today's policy, and nothing it rests on is signed with a revoked key."""
    sealed = request.witness.get("facts", {})
    facts = {purl: [Post(*post) for post in posts] for purl, posts in sealed.items()}
    if not _suffices(_asked_tier(request), chosen(request.body, facts, desk.policy)[0]):
        raise No("tier-changed", id=request.id, tier=str(request.witness.get("tier")))
    for one in counted:
        person = desk.people.get(str(one.body["person"]))
        named = one.witness.get("key")
        machine = desk.policy.witness.keys if desk.policy.witness and "witnessed" in one.body else ()
        keys = machine or (person.keys if person else ())
        own = [key for key in keys if signatures.fingerprint(key.key) == named]
        if any(key.revoked and key.revoked <= desk.now for key in own):
            raise No("rests-on-revoked-key", person=str(one.body["person"]), id=request.id)


def _asked_tier(request: Sealed) -> Tier:
    witness = request.witness
    return Tier(str(witness.get("tier")), tuple(witness["roles"]), tuple(witness.get("assessments", ())))


def missing_fields(body: Mapping[str, Any], policy: Policy) -> Iterator[str]:
    """Yield what a request lacks: what the policy asks of its kind, and what its operating model calls for (Article 6).

    What it is for may stand in its reason.
    """
    for field in policy.intake.get(str(body.get("kind", "component")), ()):
        if not body.get(field) and field != "purpose":
            yield field
    yield from (field for field in OPERATING_MODELS.get(str(body.get("operating_model")), ()) if not body.get(field))


def _leaves_something(request: Sealed, counted: tuple[Sealed, ...], body: Mapping[str, Any]) -> None:
    for name in ("projects", "classes", "environments"):
        said = [request.body, *(one.body for one in counted), body, *([request.witness] if name == "classes" else [])]
        if effects.narrowed(said, name) == effects.NOTHING:
            raise No("approves-nothing", limit=name)


def _break_glass(body: dict[str, Any], person: Person, request: Sealed, desk: Desk) -> dict[str, Any]:
    """One person of an incident role lets in for hours what nobody could decide in time; it is looked at afterwards."""
    desk.must_allow("approve-break-glass", "request", request.id)
    must_hold(body["role"], desk.policy.incident_roles)
    _, state = desk.request(body)
    for one in state.broken:
        if all(turn(review) <= turn(one) for review in state.reviewed):
            raise No("glass-broken", person=str(one.body["person"]), until=str(one.body["expires_at"]), id=request.id)
    found = independent(person, _requests_of(request, desk), desk)
    latest = datetime.fromisoformat(desk.now) + timedelta(hours=desk.policy.terms.break_glass_hours)
    if not desk.now < body["expires_at"] <= latest.strftime("%Y-%m-%dT%H:%M:%SZ"):
        raise No("expiry-out-of-bounds", expires=body["expires_at"], latest=latest.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return found


def reject(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """A rejection is made by one person in a role of the request's tier."""
    request, _ = desk.request(body)
    desk.must_allow("reject", "request", request.id)
    must_hold(body["role"], [*request.witness["roles"], *request.witness.get("assessments", ())])
    return {}


def renew(body: dict[str, Any], person: Person, desk: Desk) -> dict[str, Any]:
    """A renewal takes the same quorum again, of persons who did not ask."""
    request, state = desk.request(body)
    desk.must_allow("renew", "request", request.id)
    found = independent(person, _requests_of(request, desk), desk)
    must_hold(body["role"], request.witness["roles"])
    _still_decides(request, (), desk)
    going = state.renewed.open if state.renewed else ()
    if any(one.body["person"] == person.id for one in going):
        raise No("already-decided", person=person.id)
    if not quorum.can_count(request, going, body):
        raise No("role-complete", role=body["role"])
    tier = desk.policy.tiers.get(str(request.witness.get("tier")))
    within(body["expires"], desk, (tier.term if tier else 0) or desk.policy.approval_days)
    return found
