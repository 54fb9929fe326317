"""What a forge vouches for: a decision said there, signed by the machine that heard it. Pure.

The forge knows people by accounts; people.toml says whose an account is. The machine's signature says no more than that
this account wrote these words there and then, so it counts only with that account, and only in the tiers the policy
trusts it with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osgate.intake_desk.verbs import Desk, No
from osgate.ledger import history, signatures
from osgate.model.policy import Person

# What only takes away, or only asks, may be said at the forge in every tier.
_ALWAYS = ("request", "reject", "block", "suspend", "restrict", "retire")
# The fields by which a record answers another one, whose tier it is made in.
_ANSWERS = ("request", "revokes", "confirms")


def name_of(forge: str, account: str) -> str:
    """Return what somebody is called who has an account and is not listed: `FORGE:ID`; no person's id has a colon."""
    return f"{forge}:{account}"


def guest(body: Mapping[str, Any], desk: Desk) -> Person | None:
    """Return the requester whom people.toml does not list; None for who is listed, or says anything but a request."""
    said = body.get("witnessed")
    if said is None or body["verb"] != "request":
        return None
    account = (said["forge"], said["account"])
    listed = any(account in person.accounts for person in desk.people.values())
    if listed or body["person"] != name_of(*account):
        return None
    return Person(body["person"], body["person"], "", (account,), (), ())


def must_count(body: Mapping[str, Any], key: str, person: Person, desk: Desk) -> None:
    """Raise No where the machine's word with the signing `key` does not count.

    `witness-unknown` (the policy does not name the key for this forge), `key-revoked`, `key-not-valid`,
    `account-not-theirs`, `needs-own-signature` (the policy wants people's own in this tier), `team-not-asked` (the
    role wants a team, and the machine does not say that the account was in one of its teams).
    """
    said, witness = body["witnessed"], desk.policy.witness
    own = [known for known in (witness.keys if witness else ()) if known.key == key]
    print = signatures.fingerprint(key)
    if witness is None or not own or said["forge"] != witness.forge:
        raise No("witness-unknown", key=print, forge=said["forge"])
    why = history.key_problem(own, desk.now)
    if why == "revoked":
        raise No("key-revoked", person=person.id, key=print, since=max(known.revoked for known in own))
    if why:
        raise No("key-not-valid", person=person.id, key=print, until=max(known.end for known in own) or "-")
    if (said["forge"], said["account"]) not in person.accounts:
        raise No("account-not-theirs", person=person.id, account=name_of(said["forge"], said["account"]))
    tier = _tier(body, desk)
    if body["verb"] not in _ALWAYS and witness.tiers and tier not in witness.tiers:
        raise No("needs-own-signature", tier=tier, tiers=", ".join(witness.tiers))
    role = str(body.get("role", ""))
    teams = desk.policy.teams.get(role, ())
    if teams and role in person.holds(desk.now) and not {*teams}.intersection(said.get("teams", ())):
        raise No("team-not-asked", role=role, teams=", ".join(teams))


def _tier(body: Mapping[str, Any], desk: Desk) -> str:
    """The tier of what a record answers, over any number of steps; the default one where nothing says."""
    seen: set[str] = set()
    while True:
        named = next((str(body[field]) for field in _ANSWERS if field in body), "")
        target = desk.sealed.get(named)
        if target is None or named in seen:
            return desk.policy.default_tier
        if "tier" in target.witness:
            return str(target.witness["tier"])
        seen.add(named)
        body = target.body
