"""Pull requests, their commits and the checks on them, as GraphQL has it."""

from __future__ import annotations

from typing import Any

from osgate.testing.github import pulls, rules
from osgate.testing.github.graphql.running import Asked, Node, Rows, fields
from osgate.testing.github.graphql.schema import Given, actor
from osgate.testing.github.shapes import places, work
from osgate.testing.github.state import PullRequest


def _commits(_asked: Asked, of: PullRequest, _given: Given) -> Rows:
    rows = of.repo.git.commits("--reverse", f"{of.base}..{of.head}")
    return Rows("PullRequestCommit", [(of.repo, c.id) for c in rows])


def _threads(_asked: Asked, of: PullRequest, _given: Given) -> Rows:
    return Rows("PullRequestReviewThread", [n for n in of.notes if n.root is n])


def _decision(asked: Asked, of: PullRequest, _given: Given) -> str | None:
    if any(r.state == "CHANGES_REQUESTED" for r in of.reviews):
        return "CHANGES_REQUESTED"
    wrong = any("approving review" in said for said in rules.obstacles(asked.world, of))
    return "REVIEW_REQUIRED" if wrong else "APPROVED" if rules.approvers(asked.world, of) else None


def _files(_asked: Asked, of: PullRequest, _given: Given) -> Rows:
    return Rows("PullRequestChangedFile", pulls.files_of(of))


fields(
    "PullRequestChangedFile",
    path=lambda a, of, g: of.new_path,
    additions=lambda a, of, g: len(of.added),
    deletions=lambda a, of, g: len(of.removed),
    changeType=lambda a, of, g: {"A": "ADDED", "D": "DELETED", "R": "RENAMED"}.get(of.status[0], "MODIFIED"),
)
fields(
    "PullRequest",
    isDraft=lambda a, of, g: of.draft,
    merged=lambda a, of, g: of.merged_at is not None,
    mergedAt=lambda a, of, g: of.merged_at,
    mergedBy=lambda a, of, g: actor(a, of.merged_by),
    baseRefName=lambda a, of, g: of.base_ref,
    baseRefOid=lambda a, of, g: of.base,
    headRefName=lambda a, of, g: of.head_ref,
    headRefOid=lambda a, of, g: of.head,
    headRepository=lambda a, of, g: Node("Repository", of.head_repo) if of.head_repo else None,
    headRepositoryOwner=lambda a, of, g: actor(a, a.world.user_named(of.head_owner)),
    baseRepository=lambda a, of, g: Node("Repository", of.repo),
    isCrossRepository=lambda a, of, g: of.cross,
    mergeable=lambda a, of, g: "MERGEABLE" if of.merge else "CONFLICTING",
    mergeStateStatus=lambda a, of, g: rules.state_of(a.world, of)[1].upper(),
    mergeCommit=lambda a, of, g: Node("Commit", (of.repo, of.merge_commit)) if of.merge_commit else None,
    potentialMergeCommit=lambda a, of, g: Node("Commit", (of.repo, of.merge)) if of.merge else None,
    reviewDecision=_decision,
    isInMergeQueue=lambda a, of, g: bool(of.queued),
    reviews=lambda a, of, g: Rows("PullRequestReview", list(of.reviews)),
    reviewThreads=_threads,
    commits=_commits,
    files=_files,
    changedFiles=lambda a, of, g: pulls.counts(of)["changed_files"],
    additions=lambda a, of, g: pulls.counts(of)["additions"],
    deletions=lambda a, of, g: pulls.counts(of)["deletions"],
)
fields("PullRequestCommit", commit=lambda a, of, g: Node("Commit", of))


def _git(of: Any) -> Any:
    return of[0].git.commit(of[1])


def _author(asked: Asked, of: Any, name: str) -> Node:
    one = _git(of)
    pair = (
        (one.author, one.author_email, one.authored)
        if name == "author"
        else (one.committer, one.committer_email, one.committed)
    )
    return Node("GitActor", pair)


fields(
    "Commit",
    oid=lambda a, of, g: of[1],
    id=lambda a, of, g: f"C_{of[1]}",
    message=lambda a, of, g: _git(of).message.rstrip("\n"),
    messageHeadline=lambda a, of, g: _git(of).message.split("\n")[0],
    committedDate=lambda a, of, g: work.utc(_git(of).committed),
    authoredDate=lambda a, of, g: work.utc(_git(of).authored),
    author=lambda a, of, g: _author(a, of, "author"),
    committer=lambda a, of, g: _author(a, of, "committer"),
    authors=lambda a, of, g: Rows("GitActor", [_author(a, of, "author").of]),
    parents=lambda a, of, g: Rows("Commit", [(of[0], p) for p in _git(of).parents]),
    url=lambda a, of, g: f"{places.repo_page(a.world, of[0])}/commit/{of[1]}",
    statusCheckRollup=lambda a, of, g: Node("StatusCheckRollup", of),
    associatedPullRequests=lambda a, of, g: Rows(
        "PullRequest", [p for p in of[0].pulls if of[1] in (p.head, p.merge_commit)]
    ),
)
fields(
    "GitActor",
    name=lambda a, of, g: of[0],
    email=lambda a, of, g: of[1],
    date=lambda a, of, g: of[2],
    user=lambda a, of, g: next((Node("User", u) for u in a.world.users.values() if u.email == of[1]), None),
)
fields(
    "Blob",
    oid=lambda a, of, g: of[1],
    text=lambda a, of, g: of[0].git.blob(of[1]).decode(errors="replace"),
    byteSize=lambda a, of, g: len(of[0].git.blob(of[1])),
    isBinary=lambda a, of, g: b"\0" in of[0].git.blob(of[1]),
    isTruncated=lambda a, of, g: False,
)
fields("Tree", oid=lambda a, of, g: of[1])


def _contexts(_asked: Asked, of: Any, _given: Given) -> Rows:
    repo, sha = of
    checks = {(c.suite.id, c.name): c for c in repo.checks if c.suite.sha == sha}
    statuses = {s.context: s for s in repo.statuses if s.sha == sha}
    rows = [Node("CheckRun", c) for c in checks.values()] + [Node("StatusContext", s) for s in statuses.values()]
    return Rows("", rows)


def _rollup(asked: Asked, of: Any, given: Given) -> str:
    nodes = _contexts(asked, of, given).rows
    ends = [(n.of.conclusion or "pending") if n.type == "CheckRun" else n.of.state for n in nodes]
    if any(e in ("failure", "timed_out", "cancelled", "action_required", "error") for e in ends):
        return "FAILURE"
    return "PENDING" if "pending" in ends else "SUCCESS"


fields("StatusCheckRollup", contexts=_contexts, state=_rollup)
fields(
    "CheckRun",
    id=lambda a, of, g: f"CR_{of.id}",
    databaseId=lambda a, of, g: of.id,
    name=lambda a, of, g: of.name,
    status=lambda a, of, g: of.status.upper(),
    conclusion=lambda a, of, g: of.conclusion.upper() if of.conclusion else None,
    detailsUrl=lambda a, of, g: of.details_url,
    checkSuite=lambda a, of, g: Node("CheckSuite", of.suite),
    startedAt=lambda a, of, g: of.started_at,
    completedAt=lambda a, of, g: of.completed_at,
)
fields(
    "CheckSuite",
    databaseId=lambda a, of, g: of.id,
    app=lambda a, of, g: Node("App", of.app),
    workflowRun=lambda a, of, g: Node("WorkflowRun", of.run) if of.run else None,
)
fields("App", databaseId=lambda a, of, g: of.id, slug=lambda a, of, g: of.slug, name=lambda a, of, g: of.name)
fields("WorkflowRun", databaseId=lambda a, of, g: of.id, event=lambda a, of, g: of.event)
fields(
    "StatusContext",
    id=lambda a, of, g: f"SC_{of.id}",
    context=lambda a, of, g: of.context,
    state=lambda a, of, g: of.state.upper(),
    description=lambda a, of, g: of.description,
    targetUrl=lambda a, of, g: of.target_url,
    creator=lambda a, of, g: actor(a, of.creator),
)
