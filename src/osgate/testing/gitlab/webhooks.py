"""Webhooks: what happens is told to the hooks that listen, when `settle` is called, loopback addresses only."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

from osgate.testing.gitlab.state import Delivery, Hook, Issue, Json, MergeRequest, Note, Noteable, Project, User
from osgate.testing.gitlab.world import World, line

# Attribute of a hook -> what X-Gitlab-Event says.
EVENTS = {
    "note_events": "Note Hook",
    "confidential_note_events": "Confidential Note Hook",
    "issues_events": "Issue Hook",
    "confidential_issues_events": "Confidential Issue Hook",
    "merge_requests_events": "Merge Request Hook",
    "push_events": "Push Hook",
    "tag_push_events": "Tag Push Hook",
    "job_events": "Job Hook",
    "pipeline_events": "Pipeline Hook",
}
# Where calls go at all; `world.local_hooks` False forbids them, as an instance does until it is told otherwise.
LOCAL = ("127.0.0.1", "localhost", "::1")


def note_event(world: World, note: Note, on: Noteable, user: User, action: str = "create") -> None:
    """Tell of a comment. action: create or update."""
    if note.system:
        return
    hidden = note.internal or (isinstance(on, Issue) and on.confidential)
    about = {
        "object_kind": "note",
        "event_type": "confidential_note" if hidden else "note",
        "project_id": on.project.id,
        "object_attributes": {
            "id": note.id,
            "note": note.body,
            "noteable_type": "MergeRequest" if isinstance(on, MergeRequest) else "Issue",
            "noteable_id": on.id,
            "author_id": note.author.id,
            "created_at": _plain(note.created_at),
            "updated_at": _plain(note.updated_at),
            "project_id": on.project.id,
            "discussion_id": note.discussion,
            "system": False,
            "type": note.kind,
            "internal": note.internal,
            "action": action,
            "url": f"{noteable_url(world, on)}#note_{note.id}",
        },
    }
    key = "merge_request" if isinstance(on, MergeRequest) else "issue"
    tell(world, on.project, user, "confidential_note_events" if hidden else "note_events", about | {key: _about(on)})


def noteable_event(world: World, on: Noteable, user: User, action: str) -> None:
    """Tell of a merge request or issue. action: open, update, close, reopen, merge."""
    merge = isinstance(on, MergeRequest)
    event = "merge_requests_events" if merge else "issues_events"
    if isinstance(on, Issue) and on.confidential:
        event = "confidential_issues_events"
    kind = "merge_request" if merge else "issue"
    attributes = {**_about(on), "action": action, "url": noteable_url(world, on)}
    tell(world, on.project, user, event, {"object_kind": kind, "event_type": kind, "object_attributes": attributes})


def tell(world: World, project: Project, user: User, event: str, about: Json) -> None:
    """Let every hook that listens wait for its call. event: a key of EVENTS."""
    place = {
        "id": project.id,
        "name": project.name,
        "web_url": f"{world.web_url}/{project.full_path}",
        "git_http_url": f"{world.web_url}/{project.full_path}.git",
        "namespace": project.namespace.path,
        "path_with_namespace": project.full_path,
        "default_branch": project.default_branch,
    }
    who = {"id": user.id, "name": user.name, "username": user.username, "email": "[REDACTED]"}
    body = json.dumps({**about, "user": who, "project": place}, ensure_ascii=False).encode()
    above = [h for group in line(project.namespace) for h in group.hooks] if world.has("premium") else []
    for hook in (*project.hooks, *above):
        if hook.events.get(event):
            delivery = Delivery(world.next("delivery"), hook, EVENTS[event], body)
            world.deliveries.append(delivery)
            world.waiting.append(lambda d=delivery: deliver(d))  # type: ignore[misc]


def redeliver(world: World, number: int) -> Delivery:
    """Send a call again. Raises KeyError for one that never was."""
    delivery = next((d for d in world.deliveries if d.id == number), None)
    if delivery is None:
        raise KeyError(number)
    deliver(delivery)
    return delivery


def deliver(delivery: Delivery) -> None:
    """Make one call; what came back stands in `status`, 0 for nothing."""
    hook: Hook = delivery.hook
    delivery.tries += 1
    delivery.status = 0
    where = urlsplit(hook.url)
    if where.scheme != "http" or where.hostname not in LOCAL:
        return
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitLab/18.5.1",
        "X-Gitlab-Event": delivery.event,
        "Idempotency-Key": f"{delivery.id:08x}-0000-4000-8000-000000000002",
        "X-Gitlab-Event-UUID": f"{delivery.id:08x}-0000-4000-8000-000000000000",
        "X-Gitlab-Webhook-UUID": f"{hook.id:08x}-0000-4000-8000-000000000001",
        **({"X-Gitlab-Token": hook.token} if hook.token else {}),
    }
    target = where.path + (f"?{where.query}" if where.query else "")
    try:
        connection.request("POST", target or "/", delivery.body, headers)
        delivery.status = connection.getresponse().status
    except OSError:
        pass
    finally:
        connection.close()


def noteable_url(world: World, on: Noteable) -> str:
    """Return the page of a merge request or issue."""
    kind = "merge_requests" if isinstance(on, MergeRequest) else "issues"
    return f"{world.web_url}/{on.project.full_path}/-/{kind}/{on.iid}"


def _about(on: Noteable) -> Json:
    about: Json = {
        "id": on.id,
        "iid": on.iid,
        "title": on.title,
        "description": on.description,
        "state": on.state,
        "author_id": on.author.id,
        "created_at": _plain(on.created_at),
        "updated_at": _plain(on.updated_at),
        "labels": [{"title": label} for label in on.labels],
    }
    if isinstance(on, MergeRequest):
        source = on.source_project
        about |= {
            "source_branch": on.source_branch,
            "target_branch": on.target_branch,
            "source_project_id": source.id if source else None,
            "target_project_id": on.project.id,
            "last_commit": {"id": on.version.head} if on.versions else None,
        }
    elif isinstance(on, Issue):
        about["confidential"] = on.confidential
    return about


def _plain(time: str) -> str:
    """Webhooks write times as Ruby prints them."""
    return f"{time[:10]} {time[11:19]} UTC"
