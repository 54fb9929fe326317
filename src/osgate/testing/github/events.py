"""What happens is told: to webhooks, and to the workflows that run for it. Both wait for `fake.settle()`."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from osgate.testing.github.shapes import places, talk, work
from osgate.testing.github.state import Comment, Issue, Json, PullRequest, Repo, Review, ReviewComment, User
from osgate.testing.github.state_work import CheckRun, Delivery, Run

if TYPE_CHECKING:
    from osgate.testing.github.world import World

LOCAL = ("127.0.0.1", "localhost", "::1")
ZERO = "0" * 40


def emit(world: World, repo: Repo, event: str, about: Callable[[], Json], who: User, **where: Any) -> None:
    """Tell of an event, if anybody listens.

    about: makes the payload without repository and sender; where: what a workflow run is about.
    """
    from osgate.testing.github import running

    hooks = [h for h in world.hooks_for(repo) if event in h.events or "*" in h.events]
    flows = running.listening(world, repo, event, where.get("change"))
    if not hooks and not flows:
        return
    said = about()
    payload = {**said, "repository": places.full_repo(world, repo), "sender": places.user(world, who)}
    if repo.owner.type == "Organization":
        payload["organization"] = places.user(world, repo.owner)
    for hook in hooks:
        number = world.next("delivery")
        guid = f"{number:08x}-0000-4000-8000-000000000000"
        body = json.dumps(payload, ensure_ascii=False).encode()
        delivery = Delivery(number, guid, hook, event, said.get("action"), body, world.now)
        world.deliveries.append(delivery)
        world.waiting.append(lambda d=delivery: deliver(d))  # type: ignore[misc]
    running.started_by(world, repo, flows, event, payload, who, **where)


def pull(world: World, found: PullRequest, action: str, who: User, **more: str) -> None:
    """A pull_request event, opened, synchronize, closed, reopened, edited."""

    def about() -> Json:
        return {"action": action, "number": found.number, "pull_request": payload_pull(world, found), **more}

    emit(world, found.repo, "pull_request", about, who, change=found)


def payload_pull(world: World, found: PullRequest) -> Json:
    """A pull request as payloads have it."""
    from osgate.testing.github.pulls import counts

    state = (bool(found.merge), "unknown")
    return talk.full_pull(world, found, counts(found), state)


def issue(world: World, found: Issue, action: str, who: User) -> None:
    """An issues event; of pull requests there is none."""
    if not isinstance(found, PullRequest):
        emit(world, found.repo, "issues", lambda: {"action": action, "issue": talk.issue(world, found)}, who)


def comment(world: World, found: Comment, action: str, who: User, before: str = "") -> None:
    """An issue_comment event, created, edited or deleted."""

    def about() -> Json:
        changes = {"changes": {"body": {"from": before}}} if action == "edited" else {}
        on, said = talk.issue(world, found.on), talk.comment(world, found)
        return {"action": action, "issue": on, "comment": said, **changes}

    emit(world, found.on.repo, "issue_comment", about, who)


def review(world: World, found: Review, on: PullRequest, action: str, who: User) -> None:
    """A pull_request_review event."""

    def about() -> Json:
        return {"action": action, "review": talk.review(world, found, on), "pull_request": talk.pull(world, on)}

    emit(world, on.repo, "pull_request_review", about, who, change=on)


def review_comment(world: World, found: ReviewComment, on: PullRequest, action: str, who: User) -> None:
    """A pull_request_review_comment event."""

    def about() -> Json:
        return {"action": action, "comment": talk.review_comment(world, found), "pull_request": talk.pull(world, on)}

    emit(world, on.repo, "pull_request_review_comment", about, who, change=on)


def push(world: World, repo: Repo, ref: str, before: str | None, after: str | None, who: User) -> None:
    """A push event."""

    def about() -> Json:
        head = work.simple_commit(repo, after) if after else None
        return {
            "ref": ref,
            "before": before or ZERO,
            "after": after or ZERO,
            "created": not before,
            "deleted": not after,
            "forced": bool(before and after and repo.git.merge_base(before, after) != before),
            "head_commit": head,
            "commits": [head] if head else [],
            "pusher": {"name": who.login, "email": who.email},
        }

    emit(world, repo, "push", about, who, ref=ref, sha=after or "")


def check_run(world: World, found: CheckRun, action: str, who: User) -> None:
    """A check_run event, created, completed, rerequested. What Actions does itself starts no workflow."""
    place = found.suite.repo
    emit(world, place, "check_run", lambda: {"action": action, "check_run": work.check_run(world, found)}, who)


def workflow_run(world: World, found: Run, action: str) -> None:
    """A workflow_run event, requested or completed; of its own kind there is none."""
    if found.event == "workflow_run":
        return

    def about() -> Json:
        of = work.workflow(world, found.workflow)
        return {"action": action, "workflow_run": work.run(world, found), "workflow": of}

    emit(world, found.repo, "workflow_run", about, found.actor)


def deliver(delivery: Delivery) -> None:
    """Make one call; what came back stands in `status`, 0 for nothing. Loopback addresses only."""
    hook = delivery.hook
    delivery.status = 0
    where = urlsplit(hook.url)
    if where.scheme != "http" or where.hostname not in LOCAL:
        return
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/fake",
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Hook-ID": str(hook.id),
    }
    if hook.secret:
        drawn = hmac.new(hook.secret.encode(), delivery.body, hashlib.sha256).hexdigest()
        headers["X-Hub-Signature-256"] = f"sha256={drawn}"
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
    try:
        connection.request("POST", where.path or "/", delivery.body, headers)
        delivery.status = connection.getresponse().status
    except OSError:
        pass
    finally:
        connection.close()
