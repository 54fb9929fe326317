"""What only some GitLabs have: found out by asking, used as an addition, never as the ground a verdict stands on."""

from __future__ import annotations

from typing import Any

from osgate.forges import fields
from osgate.forges.asking import Rejected
from osgate.forges.gitlab import answers
from osgate.forges.gitlab.client import Client
from osgate.forges.protocol import Expired, Forbidden, Missing
from osgate.model.forge import Able, Account, Change
from osgate.model.record import record

# Roles, as GitLab counts them.
REPORTER, DEVELOPER, MAINTAINER = 20, 30, 40
# What a status check is told: it passed, it did not, or nobody knows yet.
PASSED, FAILED, PENDING = "passed", "failed", "pending"


@record
class ApprovalRule:
    """A rule of a project on who approves. required: how many; eligible: ids of the accounts that may."""

    id: str
    name: str
    required: int
    eligible: tuple[str, ...] = ()


def able(client: Client, project: str) -> Able:
    """Find out what a project lets us do, with at most five questions and no change. Raises where it is not seen.

    tier: `free` where the server says it has nothing else, otherwise the lowest that has what was found. why in
    `lacking`: `job-token`, `archived`, `role` (ours is too low), `tier` (the server does not offer it to us).
    """
    row = client.get("projects", project)
    level, archived = client.read(lambda row: (_level(row), row.get("archived") is True), row, "projects", project)
    why = "job-token" if client.reads_only else "archived" if archived else ""
    threads, statuses = _reason(why, level, REPORTER), _reason(why, level, DEVELOPER)
    checks = why or _missing(client, project, level, "external_status_checks")
    approvals = why or _missing(client, project, level, "approval_rules")
    version, enterprise = _version(client)
    found = {"threads": threads, "statuses": statuses, "checks": checks, "approvals": approvals}
    return Able(
        threads=not threads,
        statuses=not statuses,
        checks=not checks,
        approvals=not approvals,
        tier="ultimate" if not checks else "premium" if not approvals else "" if enterprise else "free",
        version=version,
        lacking=tuple([(what, reason) for what, reason in found.items() if reason]),
    )


def may_read(client: Client, project: str, account: str) -> bool | None:
    """Return whether an account may read the code and the merge requests of a project: as a member, a group's or
    somebody it was shared with included, or because everybody may. None where we may not see its members."""
    row = client.get("projects", project)
    if _of_everybody(row):
        return True
    if not (account.isascii() and account.isdigit()):
        return False
    place = ("projects", project, "members", "all", account)
    try:
        return client.read(lambda row: fields.number(row, "access_level"), client.get(*place), *place) >= REPORTER
    except Missing:
        return False
    except Forbidden:
        return None


def _of_everybody(row: Any) -> bool:
    """True of a project whose code and merge requests are for everybody who may sign in."""
    features = (row.get(f"{name}_access_level") for name in ("repository", "merge_requests"))
    return row.get("visibility") in ("public", "internal") and all(it in (None, "enabled", "public") for it in features)


def answer_check(client: Client, change: Change, check: str, state: str) -> bool:
    """Tell an external status check (its id) how it stands: PASSED, FAILED or PENDING.

    Returns False where the change's head moved meanwhile, so that the answer is for nothing. Raises Forbidden or
    Missing where the tier has none. python-gitlab does not know this call.
    """
    place = ("projects", change.project, "merge_requests", change.number, "status_check_responses")
    body = {"sha": change.head, "external_status_check_id": int(check), "status": state}
    try:
        client.post(*place, body=body)
    except Rejected as error:
        if error.status == 409:
            return False
        raise
    return True


def approval_rules(client: Client, project: str) -> tuple[ApprovalRule, ...]:
    """Return a project's approval rules. Raises Forbidden or Missing where the tier has none."""
    place = ("projects", project, "approval_rules")
    return tuple([client.read(_rule, row, *place) for row in client.each(*place)])


def acknowledged(client: Client, change: Change) -> tuple[Account, ...]:
    """Return who pressed Approve: an acknowledgement, without reason, role or what exactly it was for. No decision."""
    place = ("projects", change.project, "merge_requests", change.number, "approvals")
    return client.read(
        lambda row: tuple([answers.account(one["user"]) for one in row.get("approved_by") or ()]),
        client.get(*place),
        *place,
    )


def _rule(row: Any) -> ApprovalRule:
    eligible = tuple([fields.ident(who) for who in row.get("eligible_approvers") or ()])
    return ApprovalRule(fields.ident(row), fields.text(row, "name"), fields.number(row, "approvals_required"), eligible)


def _level(row: Any) -> int | None:
    """Our role in a project; None where it does not say, as to an administrator."""
    told = row.get("permissions") or {}
    levels = [fields.number(way, "access_level") for way in told.values() if way]
    return max(levels, default=None)


def _reason(why: str, level: int | None, needed: int) -> str:
    return why or ("role" if level is not None and level < needed else "")


def _missing(client: Client, project: str, level: int | None, what: str) -> str:
    """Why a list of the project is not to be had, empty where it is: each version refuses in another way."""
    try:
        next(client.each("projects", project, what), None)
    except Forbidden:
        return _reason("", level, MAINTAINER) or "tier"
    except (Expired, Missing, Rejected):
        return "tier"
    return ""


def _version(client: Client) -> tuple[str, bool]:
    """Return the server's version and whether it may have more than the free tier; older ones have no `metadata`."""
    for place in ("metadata", "version"):
        try:
            row = client.get(place)
        except (Expired, Forbidden, Missing, Rejected):
            continue
        version = client.read(lambda row: fields.text(row, "version", default=""), row, place)
        return version, row.get("enterprise", version.endswith("-ee")) is True
    return "", True
