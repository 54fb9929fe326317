"""What people write, as GraphQL has it: who changed it and when, what is hidden, which thread is resolved."""

from __future__ import annotations

from typing import Any

from osgate.testing.github.graphql.running import Asked, Node, Rows, fields
from osgate.testing.github.graphql.schema import Given, actor, issue_node, state_of
from osgate.testing.github.shapes import talk
from osgate.testing.github.state import Comment, PullRequest, Review, ReviewComment


def _edits(_asked: Asked, of: Any, _given: Given) -> Rows:
    return Rows("UserContentEdit", [of] if of.edited_at else [])


fields(
    "UserContentEdit",
    editedAt=lambda a, of, g: of.edited_at,
    editor=lambda a, of, g: actor(a, of.editor),
)
fields(
    "Issue", "PullRequest", "IssueComment", "PullRequestReview", "PullRequestReviewComment",
    body=lambda a, of, g: of.body,
    author=lambda a, of, g: actor(a, of.author),
    createdAt=lambda a, of, g: getattr(of, "created_at", None) or of.submitted_at,
    updatedAt=lambda a, of, g: getattr(of, "updated_at", None) or of.submitted_at,
    publishedAt=lambda a, of, g: getattr(of, "created_at", None) or of.submitted_at,
    lastEditedAt=lambda a, of, g: of.edited_at,
    editor=lambda a, of, g: actor(a, of.editor),
    includesCreatedEdit=lambda a, of, g: of.edited_at is not None,
    userContentEdits=_edits,
    viewerDidAuthor=lambda a, of, g: of.author is a.user,
    databaseId=lambda a, of, g: of.id,
    fullDatabaseId=lambda a, of, g: str(of.id),
)  # fmt: skip
fields(
    "Issue", "PullRequest",
    id=lambda a, of, g: talk.node_of(of),
    number=lambda a, of, g: of.number,
    title=lambda a, of, g: of.title,
    url=lambda a, of, g: talk.page_of(a.world, of),
    state=lambda a, of, g: state_of(of),
    closed=lambda a, of, g: of.state == "closed",
    closedAt=lambda a, of, g: of.closed_at,
    locked=lambda a, of, g: of.locked,
    repository=lambda a, of, g: Node("Repository", of.repo),
    comments=lambda a, of, g: Rows("IssueComment", list(of.comments)),
    labels=lambda a, of, g: Rows("Label", list(of.labels)),
    authorAssociation=lambda a, of, g: talk.association(a.world, of.repo, of.author),
)  # fmt: skip
fields("Label", name=lambda a, of, g: of)


def _updatable(asked: Asked, of: Comment, _given: Given) -> bool:
    return of.author is asked.user or asked.world.role(asked.user, of.on.repo) in ("write", "maintain", "admin")


fields(
    "IssueComment", "PullRequestReviewComment",
    isMinimized=lambda a, of, g: bool(of.minimized),
    minimizedReason=lambda a, of, g: of.minimized or None,
    viewerCanUpdate=_updatable,
    viewerCanMinimize=_updatable,
    repository=lambda a, of, g: Node("Repository", of.on.repo),
    pullRequest=lambda a, of, g: issue_node(of.on) if isinstance(of.on, PullRequest) else None,
    authorAssociation=lambda a, of, g: talk.association(a.world, of.on.repo, of.author),
)  # fmt: skip
fields(
    "IssueComment",
    id=lambda a, of, g: f"IC_{of.id}",
    url=lambda a, of, g: f"{talk.page_of(a.world, of.on)}#issuecomment-{of.id}",
    issue=lambda a, of, g: Node("Issue", of.on),
)


def fresh(of: ReviewComment) -> bool:
    """Whether the head is still the commit a comment on a line was made for."""
    return isinstance(of.on, PullRequest) and of.on.head == of.commit


fields(
    "PullRequestReviewComment",
    id=lambda a, of, g: f"PRRC_{of.id}",
    url=lambda a, of, g: f"{talk.page_of(a.world, of.on)}#discussion_r{of.id}",
    path=lambda a, of, g: of.path,
    line=lambda a, of, g: of.line if fresh(of) else None,
    originalLine=lambda a, of, g: of.line,
    diffHunk=lambda a, of, g: of.hunk,
    outdated=lambda a, of, g: not fresh(of),
    state=lambda a, of, g: "PENDING" if of.review and of.review.state == "PENDING" else "SUBMITTED",
    replyTo=lambda a, of, g: None if of.root in (None, of) else Node("PullRequestReviewComment", of.root),
    pullRequestReview=lambda a, of, g: Node("PullRequestReview", of.review) if of.review else None,
)
fields(
    "PullRequestReviewThread",
    id=lambda a, of, g: f"PRRT_{of.id}",
    isResolved=lambda a, of, g: of.resolved_by is not None,
    resolvedBy=lambda a, of, g: actor(a, of.resolved_by),
    isOutdated=lambda a, of, g: not fresh(of),
    path=lambda a, of, g: of.path,
    line=lambda a, of, g: of.line if fresh(of) else None,
    originalLine=lambda a, of, g: of.line,
    startLine=lambda a, of, g: of.start_line,
    diffSide=lambda a, of, g: of.side,
    comments=lambda a, of, g: Rows("PullRequestReviewComment", [n for n in of.on.notes if n.root is of]),
    pullRequest=lambda a, of, g: issue_node(of.on),
    repository=lambda a, of, g: Node("Repository", of.on.repo),
    viewerCanResolve=_updatable,
    viewerCanUnresolve=_updatable,
)


def _under(asked: Asked, of: Review) -> PullRequest:
    """The pull request a review is of."""
    return next(p for r in asked.world.repos.values() for p in r.pulls if of in p.reviews)


fields(
    "PullRequestReview",
    id=lambda a, of, g: f"PRR_{of.id}",
    state=lambda a, of, g: of.state,
    submittedAt=lambda a, of, g: of.submitted_at if of.state != "PENDING" else None,
    commit=lambda a, of, g: Node("GitOid", of.commit),
    isMinimized=lambda a, of, g: False,
    url=lambda a, of, g: f"{talk.page_of(a.world, _under(a, of))}#pullrequestreview-{of.id}",
    pullRequest=lambda a, of, g: issue_node(_under(a, of)),
    repository=lambda a, of, g: Node("Repository", _under(a, of).repo),
    comments=lambda a, of, g: Rows("PullRequestReviewComment", [n for n in _under(a, of).notes if n.review is of]),
    authorAssociation=lambda a, of, g: talk.association(a.world, _under(a, of).repo, of.author),
)
fields("GitOid", oid=lambda a, of, g: of)
