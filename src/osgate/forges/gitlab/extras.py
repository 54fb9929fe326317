"""What only some GitLabs have: found out by asking, used as an addition, never as the ground a verdict stands on."""

from __future__ import annotations

from datetime import date as day
from email.utils import parsedate_to_datetime
from typing import Any

from osgate.forges import fields
from osgate.forges.asking import Rejected
from osgate.forges.gitlab.client import Client
from osgate.forges.protocol import Expired, Forbidden, Missing
from osgate.model.forge import Able, Change

# Roles, as GitLab counts them.
GUEST, REPORTER, DEVELOPER, MAINTAINER = 10, 20, 30, 40
# What a status check is told: it passed, it did not, or nobody knows yet.
PASSED, FAILED, PENDING = "passed", "failed", "pending"


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
    tier = "ultimate" if not checks else "premium" if not approvals else "" if enterprise else "free"
    return Able(tier, version, tuple([(what, reason) for what, reason in found.items() if reason]))


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


def in_group(client: Client, account: str, group: str) -> bool:
    """True if an account is a member of a group now: directly, by a group above it or by one it is shared with.

    group: its path of today, or Missing is raised. Neither who waits to be let in counts, nor who is blocked, nor who
    has minimal access, nor whose membership has ended by the server's clock: GitLab tidies up once a day.
    """
    row = client.get("groups", group, with_projects="false")
    id, path = client.read(lambda row: (fields.ident(row), fields.text(row, "full_path")), row, "groups", group)
    if path.casefold() != group.casefold():
        raise Missing("forge.moved", what=group, to=path)
    if not (account.isascii() and account.isdigit()):
        return False
    place = ("groups", id, "members", "all", account)
    try:
        return client.read(lambda row: _belongs(row, client.date), client.get(*place), *place)
    except Missing:
        return False


def _belongs(row: Any, date: str) -> bool:
    states = (row.get("state"), row.get("membership_state", "active"))
    return states == ("active", "active") and fields.number(row, "access_level") >= GUEST and not _ended(row, date)


def _ended(row: Any, date: str) -> bool:
    """Whether a membership's last day is over, at `date` as HTTP writes it; yes where there is no telling."""
    until = row.get("expires_at")
    try:
        return until is not None and day.fromisoformat(until) <= parsedate_to_datetime(date).date()
    except ValueError:
        return True


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
