"""What only Premium and Ultimate have: approval rules and settings, external status checks."""

from __future__ import annotations

from osgate.testing.gitlab.access import merge_request_of, project_of
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, not_found, route
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.state import DEVELOPER, MAINTAINER, Json, MergeRequest, Project

_APPROVAL_SETTINGS = {
    "reset_approvals_on_push": True,
    "selective_code_owner_removals": False,
    "disable_overriding_approvers_per_merge_request": False,
    "merge_requests_author_approval": False,
    "merge_requests_disable_committers_approval": False,
    "require_password_to_approve": False,
    "require_reauthentication_to_approve": False,
}


@route("GET", "/projects/:id/approvals", "ApprovalSettings", tier="premium")
def settings(request: Request) -> Json:
    """How approvals count in a project."""
    return _settings(project_of(request, DEVELOPER))


def _settings(found: Project) -> Json:
    shown: Json = {"approvals_before_merge": 0, **_APPROVAL_SETTINGS, **found.approval_settings}
    return shown


@route("POST", "/projects/:id/approvals", "ApprovalSettings", tier="premium")
def set_settings(request: Request) -> Json:
    """Change that."""
    found = project_of(request, MAINTAINER)
    found.approval_settings |= request.only(*_APPROVAL_SETTINGS)
    return _settings(found)


def rule(request: Request, found: Json) -> Json:
    """An approval rule."""
    users = [basic(request.world, request.world.users[n]) for n in found["user_ids"]]
    return {
        "id": found["id"],
        "name": found["name"],
        "rule_type": "regular" if users else "any_approver",
        "eligible_approvers": users,
        "approvals_required": found["approvals_required"],
        "users": users,
        "groups": [],
        "contains_hidden_groups": False,
        "protected_branches": [],
        "applies_to_all_protected_branches": False,
        "report_type": None,
    }


def _place(request: Request, level: int = MAINTAINER) -> Project | MergeRequest:
    return merge_request_of(request, DEVELOPER) if "iid" in request.names else project_of(request, level)


def _one(request: Request) -> tuple[Project | MergeRequest, Json]:
    place, number = _place(request), request.number("rule_id")
    return place, next((r for r in place.approval_rules if r["id"] == number), None) or not_found()


@route("GET", "/projects/:id/approval_rules", "[ApprovalRule]", tier="premium")
@route("GET", "/projects/:id/merge_requests/:iid/approval_rules", "[ApprovalRule]", tier="premium")
def rules(request: Request) -> Reply:
    """The approval rules."""
    return page(request, _place(request, DEVELOPER).approval_rules, lambda r: rule(request, r))


@route("POST", "/projects/:id/approval_rules", "ApprovalRule", tier="premium")
@route("POST", "/projects/:id/merge_requests/:iid/approval_rules", "ApprovalRule", tier="premium")
def create(request: Request) -> Json:
    """Add a rule."""
    place, params = _place(request), request.params
    row: Json = {"id": request.world.next("rule"), "name": params["name"]}
    row |= {"approvals_required": int(params["approvals_required"])}
    row["user_ids"] = [int(n) for n in params.get("user_ids") or []]
    place.approval_rules.append(row)
    return rule(request, row)


@route("PUT", "/projects/:id/approval_rules/:rule_id", "ApprovalRule", tier="premium")
@route("PUT", "/projects/:id/merge_requests/:iid/approval_rules/:rule_id", "ApprovalRule", tier="premium")
def change(request: Request) -> Json:
    """Change a rule."""
    _, row = _one(request)
    row |= request.only("name", "approvals_required", "user_ids")
    return rule(request, row)


@route("DELETE", "/projects/:id/approval_rules/:rule_id", tier="premium")
@route("DELETE", "/projects/:id/merge_requests/:iid/approval_rules/:rule_id", tier="premium")
def delete(request: Request) -> None:
    """Remove a rule."""
    place, row = _one(request)
    place.approval_rules.remove(row)


@route("GET", "/projects/:id/merge_requests/:iid/approval_state", "ApprovalState", tier="premium")
def approval_state(request: Request) -> Json:
    """Each rule and who has satisfied it."""
    found = merge_request_of(request)
    rows = []
    for row in (*found.project.approval_rules, *found.approval_rules):
        able = [n for n in found.approvals if not row["user_ids"] or n in row["user_ids"]]
        by = [basic(request.world, request.world.users[n]) for n in able]
        rows.append({**rule(request, row), "approved_by": by, "approved": len(by) >= row["approvals_required"]})
    return {"approval_rules_overwritten": bool(found.approval_rules), "rules": rows}


@route("GET", "/projects/:id/external_status_checks", "[StatusCheck]", tier="ultimate")
def checks(request: Request) -> Reply:
    """The external services a project waits for."""
    return page(request, project_of(request, MAINTAINER).status_checks, dict)


@route("POST", "/projects/:id/external_status_checks", "StatusCheck", tier="ultimate")
def add_check(request: Request) -> Json:
    """Wait for one more."""
    found, params = project_of(request, MAINTAINER), request.params
    if any(c["name"] == params["name"] for c in found.status_checks):
        raise Refused(409, {"message": "Name has already been taken"})
    row = {"id": request.world.next("status_check"), "name": params["name"], "project_id": found.id}
    row |= {"external_url": params["external_url"], "hmac": False, "protected_branches": []}
    found.status_checks.append(row)
    return row


@route("DELETE", "/projects/:id/external_status_checks/:check_id", tier="ultimate")
def delete_check(request: Request) -> None:
    """Wait no longer."""
    found, number = project_of(request, MAINTAINER), request.number("check_id")
    row = next((c for c in found.status_checks if c["id"] == number), None) or not_found()
    found.status_checks.remove(row)


@route("GET", "/projects/:id/merge_requests/:iid/status_checks", "[StatusCheckState]", tier="ultimate")
def states(request: Request) -> Reply:
    """What each has said of the newest head; nothing said is pending."""
    found = merge_request_of(request)

    def state(row: Json) -> Json:
        said = found.check_responses.get(row["id"], {})
        current = said.get("status") if said.get("sha") == found.version.head else None
        return {
            "id": row["id"],
            "name": row["name"],
            "external_url": row["external_url"],
            "status": current or "pending",
        }

    return page(request, found.project.status_checks, state)


@route("POST", "/projects/:id/merge_requests/:iid/status_check_responses", "StatusCheckResponse", tier="ultimate")
def respond(request: Request) -> Json:
    """A service's word on a head. 409 when that head is no longer the newest."""
    found, params = merge_request_of(request, DEVELOPER), request.params
    number = int(params["external_status_check_id"])
    row = next((c for c in found.project.status_checks if c["id"] == number), None) or not_found()
    if params["sha"] != found.version.head:
        raise Refused(409, {"message": "409 SHA does not match HEAD of source branch"})
    found.check_responses[number] = {"sha": params["sha"], "status": params["status"]}
    return {"id": request.world.next("response"), "merge_request": {"id": found.id}, "external_status_check": row}
