"""Webhooks and their deliveries."""

from __future__ import annotations

from osgate.testing.github import events
from osgate.testing.github.paging import page
from osgate.testing.github.router import Reply, Request, invalid, not_found, route
from osgate.testing.github.shapes import places
from osgate.testing.github.state import Json
from osgate.testing.github.state_work import Delivery, Hook
from osgate.testing.github.world import World

BASE = "/repos/{owner}/{repo}/hooks"
READ, WRITE = "repository_hooks:read", "repository_hooks:write"


def shape(request: Request, found: Hook) -> Json:
    """A hook; its secret is never shown."""
    url = f"{places.repo_url(request.world, request.repo)}/hooks/{found.id}"
    config = {"url": found.url, "content_type": "json", "insecure_ssl": "0"}
    hidden = {"secret": "********"} if found.secret else {}
    return {
        "type": "Repository",
        "id": found.id,
        "name": "web",
        "active": found.active,
        "events": found.events,
        "config": {**config, **hidden},
        "updated_at": found.created_at,
        "created_at": found.created_at,
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": {"code": None, "status": "unused", "message": None},
    }


def hook_of(request: Request) -> Hook:
    """Return the hook of a path. Raises Refused (404)."""
    number = request.number("hook_id")
    return next((h for h in request.repo.hooks if h.id == number), None) or not_found()


@route("GET", BASE, needs=READ, role="admin")
def many(request: Request) -> Reply:
    """The hooks."""
    return page(request, request.repo.hooks, lambda h: shape(request, h))


@route("POST", BASE, needs=WRITE, role="admin")
def create(request: Request) -> Json:
    """Make one."""
    said = request.said
    config = said.get("config") or {}
    if not config.get("url"):
        invalid("Hook", "url", "missing_field")
    names = list(said.get("events") or ["push"])
    made = Hook(
        request.world.next("hook"), str(config["url"]), names, str(config.get("secret") or ""), request.world.now
    )
    made.active = bool(said.get("active", True))
    request.repo.hooks.append(made)
    return shape(request, made)


@route("GET", f"{BASE}/{{hook_id}}", needs=READ, role="admin")
def one(request: Request) -> Json:
    """One of them."""
    return shape(request, hook_of(request))


@route("DELETE", f"{BASE}/{{hook_id}}", needs=WRITE, role="admin")
def delete(request: Request) -> None:
    """Delete one."""
    request.repo.hooks.remove(hook_of(request))


@route("GET", f"{BASE}/{{hook_id}}/deliveries", needs=READ, role="admin")
def deliveries(request: Request) -> Reply:
    """What was sent, the newest first."""
    found = hook_of(request)
    rows = [d for d in request.world.deliveries if d.hook is found]

    def row(one: Delivery) -> Json:
        return {
            "id": one.id,
            "guid": one.guid,
            "delivered_at": one.delivered_at,
            "redelivery": one.again,
            "duration": 0.1,
            "status": "OK" if 200 <= one.status < 300 else "Invalid HTTP Response",
            "status_code": one.status,
            "event": one.event,
            "action": one.action,
            "installation_id": None,
            "repository_id": request.repo.id,
        }

    return page(request, rows[::-1], row)


@route("POST", f"{BASE}/{{hook_id}}/deliveries/{{delivery_id}}/attempts", needs=WRITE, role="admin", status=202)
def attempt(request: Request) -> Json:
    """Send one again, as it was."""
    redeliver(request.world, request.number("delivery_id"), hook_of(request))
    return {}


def redeliver(world: World, number: int, hook: Hook | None = None) -> Delivery:
    """Let a call wait to be sent once more, with the same id of the event. Raises Refused (404)."""
    rows = (d for d in world.deliveries if d.id == number and hook in (None, d.hook))
    old = next(rows, None) or not_found()
    made = Delivery(world.next("delivery"), old.guid, old.hook, old.event, old.action, old.body, world.now, again=True)
    world.deliveries.append(made)
    world.waiting.append(lambda: events.deliver(made))
    return made
