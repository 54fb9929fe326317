"""Webhooks of projects (and, Premium, groups), their deliveries; CI variables of projects and groups."""

from __future__ import annotations

from urllib.parse import urlsplit

from osgate.testing.gitlab import webhooks
from osgate.testing.gitlab.access import group_of, project_of
from osgate.testing.gitlab.paging import page
from osgate.testing.gitlab.router import Refused, Reply, Request, not_found, route
from osgate.testing.gitlab.state import MAINTAINER, OWNER, Group, Hook, Json, Project

_SETTINGS = ("enable_ssl_verification", "push_events_branch_filter", "custom_webhook_template", "name", "description")


def _place(request: Request) -> Project | Group:
    if request.path.startswith("/projects/"):
        return project_of(request, MAINTAINER)
    return group_of(request, OWNER)


def hook(place: Project | Group, found: Hook) -> Json:
    """A webhook; its token is never shown."""
    own = {"project_id": place.id} if isinstance(place, Project) else {"group_id": place.id}
    return {
        "id": found.id,
        "url": found.url,
        "name": found.settings.get("name"),
        "description": found.settings.get("description"),
        "created_at": found.created_at,
        "alert_status": "executable",
        "disabled_until": None,
        "url_variables": [],
        "push_events_branch_filter": found.settings.get("push_events_branch_filter"),
        "branch_filter_strategy": "wildcard",
        "custom_webhook_template": found.settings.get("custom_webhook_template"),
        "custom_headers": [],
        "enable_ssl_verification": found.settings.get("enable_ssl_verification", True),
        "repository_update_events": False,
        **{name: found.events.get(name, False) for name in webhooks.EVENTS},
        **own,
    }


def _set(request: Request, found: Hook) -> None:
    params = request.params
    if "url" in params:
        if not str(params["url"]).startswith(("http://", "https://")):
            raise Refused(422, {"message": "Invalid url given"})
        if not request.world.local_hooks and urlsplit(str(params["url"])).hostname in webhooks.LOCAL:
            raise Refused(422, {"message": "Invalid url given"})
        found.url = str(params["url"])
    found.token = str(params.get("token", found.token) or "")
    found.events |= request.only(*webhooks.EVENTS)
    found.settings |= request.only(*_SETTINGS)


def _one(request: Request) -> tuple[Project | Group, Hook]:
    place, number = _place(request), request.number("hook_id")
    return place, next((h for h in place.hooks if h.id == number), None) or not_found()


@route("GET", "/projects/:id/hooks", "[Hook]")
@route("GET", "/groups/:id/hooks", "[Hook]", tier="premium")
def hooks(request: Request) -> Reply:
    """The webhooks."""
    place = _place(request)
    return page(request, place.hooks, lambda h: hook(place, h))


@route("GET", "/projects/:id/hooks/:hook_id", "Hook")
@route("GET", "/groups/:id/hooks/:hook_id", "Hook", tier="premium")
def get(request: Request) -> Json:
    """One webhook."""
    return hook(*_one(request))


@route("POST", "/projects/:id/hooks", "Hook")
@route("POST", "/groups/:id/hooks", "Hook", tier="premium")
def create(request: Request) -> Json:
    """Add a webhook; without more it hears of pushes."""
    place = _place(request)
    made = Hook(request.world.next("hook"), "", request.world.now, events={"push_events": True})
    _set(request, made)
    place.hooks.append(made)
    return hook(place, made)


@route("PUT", "/projects/:id/hooks/:hook_id", "Hook")
@route("PUT", "/groups/:id/hooks/:hook_id", "Hook", tier="premium")
def change(request: Request) -> Json:
    """Change a webhook."""
    place, found = _one(request)
    _set(request, found)
    return hook(place, found)


@route("DELETE", "/projects/:id/hooks/:hook_id")
@route("DELETE", "/groups/:id/hooks/:hook_id", tier="premium")
def delete(request: Request) -> None:
    """Remove a webhook."""
    place, found = _one(request)
    place.hooks.remove(found)


@route("GET", "/projects/:id/hooks/:hook_id/events", "[HookEvent]")
def events(request: Request) -> Reply:
    """A hook's deliveries, newest first."""
    _, found = _one(request)
    rows = [d for d in reversed(request.world.deliveries) if d.hook is found and d.tries]
    return page(
        request,
        rows,
        lambda d: {
            "id": d.id,
            "url": found.url,
            "trigger": d.event.lower().replace(" ", "_") + "s",
            "request_data": {},
            "response_status": str(d.status) if d.status else "internal error",
            "execution_duration": 0.0,
        },
    )


@route("POST", "/projects/:id/hooks/:hook_id/events/:event_id/resend", "Resent")
def resend(request: Request) -> Json:
    """Send a delivery once more: with the next `settle`."""
    _, found = _one(request)
    number = request.number("event_id")
    row = next((d for d in request.world.deliveries if d.id == number and d.hook is found), None) or not_found()
    request.world.waiting.append(lambda: webhooks.deliver(row))
    return {"response_status": 200}


def _variables(request: Request) -> dict[str, Json]:
    return _place(request).variables


@route("GET", "/projects|groups/:id/variables", "[Variable]")
def variables(request: Request) -> Reply:
    """The CI variables."""
    return page(request, _variables(request).values(), dict)


@route("GET", "/projects|groups/:id/variables/:key", "Variable")
def variable(request: Request) -> Json:
    """One variable."""
    return _variables(request).get(request.names["key"]) or not_found("Variable")


@route("POST", "/projects|groups/:id/variables", "Variable")
def add_variable(request: Request) -> Json:
    """Add a variable."""
    rows, params = _variables(request), request.params
    key = str(params["key"])
    if key in rows:
        raise Refused(400, {"message": {"key": [f"({key}) has already been taken"]}})
    usual = {"variable_type": "env_var", "protected": False, "masked": False, "hidden": False, "raw": False}
    chosen = request.only("value", "variable_type", "protected", "masked", "raw", "environment_scope", "description")
    rows[key] = {"key": key, **usual, "environment_scope": "*", "description": None, **chosen}
    return rows[key]


@route("PUT", "/projects|groups/:id/variables/:key", "Variable")
def change_variable(request: Request) -> Json:
    """Change a variable."""
    row = _variables(request).get(request.names["key"]) or not_found("Variable")
    row |= request.only("value", "variable_type", "protected", "masked", "raw", "environment_scope", "description")
    return row


@route("DELETE", "/projects|groups/:id/variables/:key")
def delete_variable(request: Request) -> None:
    """Remove a variable."""
    if _variables(request).pop(request.names["key"], None) is None:
        not_found("Variable")
