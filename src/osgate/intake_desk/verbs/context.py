"""What the rules for one record look at, and how they say no. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from osgate.ledger import calendar, codec, lifecycle, stages
from osgate.ledger.able import asked, authored
from osgate.ledger.fold import RequestState, Sealed, State, fold
from osgate.model.decision import Post
from osgate.model.policy import Person, Policy
from osgate.model.record import record
from osgate.model.usage import nobody_can_tell

if TYPE_CHECKING:
    from osgate.model.usage import Usage

# (component, versions asked for) -> what is known of them.
Facts = Callable[[str, tuple[str, ...]], Iterable[Post]]
# How many authors that came later a seal names; whoever can push can name thousands.
_AUTHORS = 200
# (a change, as a request's `origin.comment` names it) -> its authors as it is now, None where nobody can tell just now.
Authors = Callable[[str], Iterable[str] | None]
# Fields by which records name others, and by which they are looked up here.
NAMING = ("request", "revokes", "confirms", "joins", "supersedes")


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


def nothing_known(component: str, versions: tuple[str, ...]) -> tuple[Post, ...]:
    """The answer while there is no store of facts."""
    return ()


def nobody_since(change: str) -> tuple[str, ...]:
    """The answer while no forge is asked: the authors are those that requests name."""
    return ()


@record
class Outside:
    """What the desk can ask beyond the ledger: a store of facts, where things are used, who wrote a change by now.

    policy: digest of the written policy in force, empty where nobody says.
    """

    facts: Facts = nothing_known
    usage: Usage = nobody_can_tell
    policy: str = ""
    authors: Authors = nobody_since


# A desk that has the ledger and nothing else.
ALONE = Outside()


@record
class Desk:
    """sealed: everything sealed or accepted so far, by id. by: the same by field of NAMING and the id named, and
    endorsements by the policy they name.

    paths: record path -> id. now: UTC instant of the seal being made; serial: its number; ledger: digest of the first
    seal.
    """

    policy: Policy
    people: Mapping[str, Person]
    now: str
    serial: int
    ledger: str
    sealed: dict[str, Sealed]
    by: dict[tuple[str, str], list[Sealed]]
    paths: dict[str, str]
    outside: Outside = ALONE

    @property
    def today(self) -> str:
        """The ISO date of the seal, UTC."""
        return self.now[:10]

    def remember(self, item: Sealed) -> None:
        """Take in what is sealed or was accepted."""
        self.sealed[item.id] = item
        self.paths[codec.record_path(dict(item.body))] = item.id
        for key in NAMING:
            named = item.body.get(key, ())
            for id in (named,) if isinstance(named, str) else named:
                self.by.setdefault((key, id), []).append(item)
        if item.body["verb"] == "endorse":
            self.by.setdefault(("policy", item.body["policy"]), []).append(item)

    def naming(self, key: str, id: str) -> list[Sealed]:
        """Return the records that name `id` under `key`."""
        return self.by.get((key, id), [])

    def about(self, id: str) -> State:
        """Return the fold of all that bears on the record `id`."""
        found = {id: self.sealed[id]} if id in self.sealed else {}
        waiting = list(found)
        while waiting:
            for item in (one for key in NAMING for one in self.naming(key, waiting[-1])):
                if item.id not in found:
                    found[item.id] = item
                    waiting.insert(0, item.id)
            waiting.pop()
        return fold(found.values())

    def request(self, body: Mapping[str, Any]) -> tuple[Sealed, RequestState]:
        """Return the request that `body` answers, and where it stands.

        Raises No: `waits-for-request` (held), `not-a-request`.
        """
        request = self.sealed.get(body["request"])
        if request is None:
            raise No("waits-for-request", held=True, request=body["request"])
        if request.body["verb"] != "request":
            raise No("not-a-request", request=body["request"])
        return request, self.about(request.id).requests[request.id]

    def must_allow(self, verb: str, of: str, id: str, state: State | None = None) -> None:
        """Raise No("not-from-here") where the lifecycle has no move `verb` from where the record `id` is."""
        stage = stages.stage_of(id, state or self.about(id), self.today)
        moves = lifecycle.allowed(of, stage)
        if verb not in moves:
            raise No("not-from-here", verb=verb, id=id, stage=stage, allowed=", ".join(moves) or "-")


def within(expires: str, desk: Desk, days: int) -> None:
    """Raise No for an end that is past, or later than `days` from today; freeze days in the way add to them."""
    latest = calendar.after_freeze(calendar.later(desk.today, days), desk.policy.terms.freeze)
    if not desk.today < expires <= latest:
        raise No("expiry-out-of-bounds", expires=expires, latest=latest)


def independent(person: Person, requests: Iterable[Sealed], desk: Desk) -> dict[str, Any]:
    """Return for the seal the `authors` that the changes of `requests` have by now and had not when they were asked
    for, nothing where there are none. What a commit says of its authors may only exclude.

    Raises No for who asked (`is-requester`), or wrote the change, as it was or as it is (`is-author`);
    `authors-unknown` (held) while nobody can tell who did.
    """
    fresh: set[str] = set()
    for request in requests:
        if asked(person, request.body):
            raise No("is-requester", person=person.id)
        origin = request.body.get("origin", {})
        now = desk.outside.authors(str(origin["comment"])) if "comment" in origin else ()
        if now is None:
            raise No("authors-unknown", held=True, id=request.id)
        since = set(now) - set(origin.get("authors", ()))
        account = authored(person, request.body, since)
        if account:
            raise No("is-author", person=person.id, account=account)
        fresh |= since
    return {"authors": sorted(fresh)[:_AUTHORS]} if fresh else {}


def deciding_roles(policy: Policy) -> set[str]:
    """Return every role that decides in a tier, or acts in an incident."""
    roles = {role for tier in policy.tiers.values() for role in (*tier.roles, *tier.assessments)}
    return roles | set(policy.incident_roles)


def must_hold(role: str, roles: Iterable[str]) -> None:
    """Raise No("role-not-needed") where `role` is none of `roles`."""
    wanted = list(dict.fromkeys(roles))
    if role not in wanted:
        raise No("role-not-needed", role=role, needed=", ".join(wanted))
