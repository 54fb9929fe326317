"""What osgate changes by GraphQL: what REST cannot, hiding comments, resolving threads, commits that GitHub signs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from osgate.testing.github import access, queue, rules, writing
from osgate.testing.github.graphql.running import Asked, Node, Stopped, fields
from osgate.testing.github.graphql.schema import find, missing, readable
from osgate.testing.github.router import Refused
from osgate.testing.github.routes import comments
from osgate.testing.github.state import ROLES, Comment, Issue, PullRequest, Reaction, Repo, ReviewComment

Given = dict[str, Any]
REASONS = {"OUTDATED": "outdated", "RESOLVED": "resolved", "SPAM": "spam", "OFF_TOPIC": "off-topic",
           "DUPLICATE": "duplicate", "ABUSE": "abuse"}  # fmt: skip
CONTENTS = {"THUMBS_UP": "+1", "THUMBS_DOWN": "-1", "EYES": "eyes", "HEART": "heart", "ROCKET": "rocket",
            "HOORAY": "hooray", "LAUGH": "laugh", "CONFUSED": "confused"}  # fmt: skip


def mutation(change: Callable[[Asked, Given], dict[str, Any]]) -> Callable[[Asked, None, Given], Node]:
    """Make a field of what changes something: its `input` goes in, a payload comes out."""

    def resolver(asked: Asked, _of: None, given: Given) -> Node:
        said = given["input"]
        return Node("Payload", {"clientMutationId": said.get("clientMutationId"), **change(asked, said)})

    return resolver


def may(asked: Asked, repo: Repo, needs: tuple[str, ...], role: str = "write") -> None:
    """Raises Stopped (FORBIDDEN) for who may not change that."""
    readable(asked, repo)
    if asked.token.kind in access.BY_PERMISSION and not (
        access.reaches(asked.token, repo) and access.allows(asked.token, needs)
    ):
        raise Stopped("FORBIDDEN", "Resource not accessible by integration")
    if asked.token.kind in ("pat", "fine") and ROLES.index(asked.world.role(asked.user, repo)) < ROLES.index(role):
        who = asked.user.login
        raise Stopped("FORBIDDEN", f"{who} does not have the correct permissions to execute this mutation")


EITHER = ("issues:write", "pull_requests:write")


def _comment(asked: Asked, number: str) -> tuple[Node, Comment]:
    node = find(asked, number)
    if not isinstance(node.of, Comment):
        raise missing(f"a comment with the global id of '{number}'")
    return node, node.of


def _minimize(asked: Asked, said: Given) -> dict[str, Any]:
    node, found = _comment(asked, said["subjectId"])
    may(asked, found.on.repo, EITHER, "read" if found.author is asked.user else "write")
    found.minimized = REASONS[said["classifier"]]
    return {"minimizedComment": node}


def _unminimize(asked: Asked, said: Given) -> dict[str, Any]:
    node, found = _comment(asked, said["subjectId"])
    may(asked, found.on.repo, EITHER, "read" if found.author is asked.user else "write")
    found.minimized = ""
    return {"unminimizedComment": node}


def _thread(asked: Asked, said: Given) -> ReviewComment:
    node = find(asked, said["threadId"])
    if node.type != "PullRequestReviewThread":
        raise missing(f"PullRequestReviewThread node with the global id of '{said['threadId']}'")
    found: ReviewComment = node.of
    author = found.on.author is asked.user
    may(asked, found.on.repo, ("pull_requests:write", "contents:write"), "read" if author else "write")
    return found


def _resolve(asked: Asked, said: Given) -> dict[str, Any]:
    found = _thread(asked, said)
    found.resolved_by = found.resolved_by or asked.user
    return {"thread": Node("PullRequestReviewThread", found)}


def _unresolve(asked: Asked, said: Given) -> dict[str, Any]:
    found = _thread(asked, said)
    found.resolved_by = None
    return {"thread": Node("PullRequestReviewThread", found)}


def _add_comment(asked: Asked, said: Given) -> dict[str, Any]:
    node = find(asked, said["subjectId"])
    if not isinstance(node.of, Issue):
        raise missing(f"a node with the global id of '{said['subjectId']}'")
    may(asked, node.of.repo, EITHER, "read")
    made = comments.add_comment(asked.world, node.of, asked.user, str(said["body"]))
    made.app = asked.token.app
    return {"commentEdge": Node("Edge", (Node("IssueComment", made), 1)), "subject": node}


def _update_comment(asked: Asked, said: Given) -> dict[str, Any]:
    node, found = _comment(asked, said["id"])
    may(asked, found.on.repo, EITHER, "read" if found.author is asked.user else "write")
    comments.edit(asked.world, found, str(said["body"]), asked.user)
    return {"issueComment": node}


def _react(asked: Asked, said: Given) -> dict[str, Any]:
    node = find(asked, said["subjectId"])
    repo: Repo = node.of.repo if isinstance(node.of, Issue) else node.of.on.repo
    may(asked, repo, EITHER, "read")
    rows, content = node.of.reactions, CONTENTS[said["content"]]
    if not any(r.user is asked.user and r.content == content for r in rows):
        rows.append(Reaction(asked.world.next("reaction"), asked.user, content, asked.world.now))
    return {"subject": node}


def _commit(asked: Asked, said: Given) -> dict[str, Any]:
    """createCommitOnBranch: all of it or nothing, on the head one has seen, signed by GitHub."""
    branch = said["branch"]
    if branch.get("id"):
        raise Stopped("UNPROCESSABLE", "The fake wants repositoryNameWithOwner and branchName.")
    repo = asked.world.repo_at(branch["repositoryNameWithOwner"])
    if repo is None:
        raise missing(f"a Repository with the name '{branch['repositoryNameWithOwner']}'")
    may(asked, repo, ("contents:write",))
    name = branch["branchName"].removeprefix("refs/heads/")
    old = repo.git.tip(name)
    if old is None:
        raise missing(f"a Ref with the name '{name}'")
    if old != said["expectedHeadOid"]:
        raise Stopped(
            "STALE_DATA",
            f'Expected branch to point to "{said["expectedHeadOid"]}" but it points to "{old}". Pull and try again.',
        )
    why = writing.refusal(asked.world, repo, asked.user, name)
    if why:
        raise Stopped("UNPROCESSABLE", why)
    message = "\n\n".join(filter(None, (said["message"]["headline"], said["message"].get("body"))))
    who = (asked.user.name, asked.user.email)
    made = repo.git.write(_files(repo, old, said.get("fileChanges") or {}), message, who, old, "100644")
    repo.verified.add(made)
    try:
        writing.accept(asked.world, repo, asked.user, name, made, old)
    except Refused as refused:
        raise Stopped("STALE_DATA", str(refused.body["message"])) from None
    return {"commit": Node("Commit", (repo, made)), "ref": Node("Ref", (repo, f"refs/heads/{name}", made))}


def _files(repo: Repo, old: str, given: Given) -> dict[str, bytes | None]:
    made: dict[str, bytes | None] = {}
    for row in given.get("deletions") or ():
        if repo.git.object(old, row["path"]) is None:
            raise Stopped(
                "UNPROCESSABLE", f"A path was requested for deletion which does not exist as of commit oid `{old}`"
            )
        made[row["path"]] = None
    for row in given.get("additions") or ():
        try:
            made[row["path"]] = base64.b64decode(row["contents"], validate=True)
        except (ValueError, binascii.Error):
            raise Stopped("UNPROCESSABLE", "contents is not valid Base64") from None
    return made


def _pull(asked: Asked, said: Given) -> PullRequest:
    node = find(asked, said["pullRequestId"])
    if not isinstance(node.of, PullRequest):
        raise missing(f"PullRequest node with the global id of '{said['pullRequestId']}'")
    may(asked, node.of.repo, ("contents:write", "pull_requests:write"))
    return node.of


def _enqueue(asked: Asked, said: Given) -> dict[str, Any]:
    found = _pull(asked, said)
    if rules.queue_rule(asked.world, found.repo, found.base_ref) is None:
        raise Stopped("UNPROCESSABLE", "The merge queue is not enabled for this branch")
    if said.get("expectedHeadOid") not in (None, found.head):
        raise Stopped("STALE_DATA", "Head branch was modified. Review and try the merge again.")
    queue.enter(asked.world, found, asked.user)
    return {"mergeQueueEntry": Node("MergeQueueEntry", found)}


def _dequeue(asked: Asked, said: Given) -> dict[str, Any]:
    found = find(asked, said["id"]).of
    found.queued = ""
    return {"mergeQueueEntry": Node("MergeQueueEntry", found)}


fields(
    "MergeQueueEntry",
    id=lambda a, of, g: f"MQE_{of.id}",
    state=lambda a, of, g: "AWAITING_CHECKS",
    position=lambda a, of, g: 1,
    pullRequest=lambda a, of, g: Node("PullRequest", of),
)
fields(
    "Mutation",
    minimizeComment=mutation(_minimize),
    unminimizeComment=mutation(_unminimize),
    resolveReviewThread=mutation(_resolve),
    unresolveReviewThread=mutation(_unresolve),
    addComment=mutation(_add_comment),
    updateIssueComment=mutation(_update_comment),
    addReaction=mutation(_react),
    createCommitOnBranch=mutation(_commit),
    enqueuePullRequest=mutation(_enqueue),
    dequeuePullRequest=mutation(_dequeue),
)
for _name in ("clientMutationId", "minimizedComment", "unminimizedComment", "thread", "commentEdge", "subject",
              "issueComment", "commit", "ref", "mergeQueueEntry"):  # fmt: skip
    fields("Payload", **{_name: lambda a, of, g, n=_name: of.get(n)})
