"""Issues, comments, reactions, reviews and pull requests as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from osgate.testing.github.shapes.places import app, repo, repo_page, repo_url, user
from osgate.testing.github.state import (
    Comment,
    Issue,
    Json,
    Label,
    Org,
    PullRequest,
    Reaction,
    Repo,
    Review,
    ReviewComment,
    User,
)

if TYPE_CHECKING:
    from osgate.testing.github.world import World

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def association(world: World, place: Repo, who: User) -> str:
    """What a comment says its author is to the repository; it entitles to nothing."""
    if who is place.owner:
        return "OWNER"
    if isinstance(place.owner, Org):
        member = place.owner.members.get(who.id)
        if member is not None and member.state == "active":
            return "MEMBER"
    if who.id in place.collaborators:
        return "COLLABORATOR"
    return "CONTRIBUTOR" if any(p.author is who and p.merged_at for p in place.pulls) else "NONE"


def label(world: World, place: Repo, name: str) -> Json:
    """A label, as the repository describes it."""
    found = place.labels.get(name.lower()) or Label(0, name)
    return {
        "id": found.id,
        "node_id": f"LA_{found.id}",
        "url": f"{repo_url(world, place)}/labels/{found.name}",
        "name": found.name,
        "description": found.description or "",
        "color": found.color,
        "default": False,
    }


def rollup(url: str, rows: list[Reaction]) -> Json:
    """A `reaction-rollup`."""
    counts = {name: sum(r.content == name for r in rows) for name in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(rows), **counts}


def reaction(world: World, found: Reaction) -> Json:
    """A reaction."""
    return {
        "id": found.id,
        "node_id": f"REA_{found.id}",
        "user": user(world, found.user),
        "content": found.content,
        "created_at": found.created_at,
    }


def page_of(world: World, on: Issue) -> str:
    """The page of an issue or pull request."""
    return f"{repo_page(world, on.repo)}/{'pull' if isinstance(on, PullRequest) else 'issues'}/{on.number}"


def node_of(on: Issue) -> str:
    """The id of an issue or pull request in GraphQL."""
    return f"{'PR' if isinstance(on, PullRequest) else 'I'}_{on.id}"


def issue(world: World, found: Issue) -> Json:
    """An `issue`; a pull request is one too, and then it says so."""
    place, url = found.repo, f"{repo_url(world, found.repo)}/issues/{found.number}"
    shown: Json = {
        "id": found.id,
        "node_id": node_of(found),
        "url": url,
        "repository_url": repo_url(world, place),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": page_of(world, found),
        "number": found.number,
        "state": found.state,
        "state_reason": found.state_reason,
        "title": found.title,
        "body": found.body,
        "user": user(world, found.author),
        "labels": [label(world, place, name) for name in found.labels],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": found.locked,
        "active_lock_reason": None,
        "comments": len(found.comments),
        "closed_at": found.closed_at,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "author_association": association(world, place, found.author),
        "reactions": rollup(url, found.reactions),
        "performed_via_github_app": app(world, found.app) if found.app else None,
    }
    if isinstance(found, PullRequest):
        page = page_of(world, found)
        mine = f"{repo_url(world, place)}/pulls/{found.number}"
        links = {"url": mine, "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
        shown |= {"pull_request": {**links, "merged_at": found.merged_at}, "draft": found.draft}
    return shown


def comment(world: World, found: Comment) -> Json:
    """An `issue-comment`."""
    place = found.on.repo
    url = f"{repo_url(world, place)}/issues/comments/{found.id}"
    return {
        "id": found.id,
        "node_id": f"IC_{found.id}",
        "url": url,
        "html_url": f"{page_of(world, found.on)}#issuecomment-{found.id}",
        "issue_url": f"{repo_url(world, place)}/issues/{found.on.number}",
        "body": found.body,
        "user": user(world, found.author),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "author_association": association(world, place, found.author),
        "performed_via_github_app": app(world, found.app) if found.app else None,
        "reactions": rollup(url, found.reactions),
    }


def review(world: World, found: Review, on: PullRequest) -> Json:
    """A `pull-request-review`."""
    url, page = f"{repo_url(world, on.repo)}/pulls/{on.number}", page_of(world, on)
    here = f"{page}#pullrequestreview-{found.id}"
    shown: Json = {
        "id": found.id,
        "node_id": f"PRR_{found.id}",
        "user": user(world, found.author),
        "body": found.body,
        "state": found.state,
        "html_url": here,
        "pull_request_url": url,
        "author_association": association(world, on.repo, found.author),
        "_links": {"html": {"href": here}, "pull_request": {"href": url}},
        "commit_id": found.commit,
    }
    return shown if found.state == "PENDING" else {**shown, "submitted_at": found.submitted_at}


def review_comment(world: World, found: ReviewComment) -> Json:
    """A `pull-request-review-comment`; `line` is null where the diff of today does not show the line any more."""
    place, on = found.on.repo, found.on
    url = f"{repo_url(world, place)}/pulls/comments/{found.id}"
    here = f"{page_of(world, on)}#discussion_r{found.id}"
    change = f"{repo_url(world, place)}/pulls/{on.number}"
    first = found.root is None or found.root is found
    fresh = isinstance(on, PullRequest) and on.head == found.commit
    shown: Json = {
        "url": url,
        "pull_request_review_id": found.review.id if found.review else None,
        "id": found.id,
        "node_id": f"PRRC_{found.id}",
        "diff_hunk": found.hunk,
        "path": found.path,
        "commit_id": found.commit,
        "original_commit_id": found.commit,
        "user": user(world, found.author),
        "body": found.body,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "html_url": here,
        "pull_request_url": change,
        "author_association": association(world, place, found.author),
        "_links": {"self": {"href": url}, "html": {"href": here}, "pull_request": {"href": change}},
        "original_line": found.line,
        "start_line": found.start_line,
        "original_start_line": found.start_line,
        "side": found.side,
        "subject_type": "line" if found.line else "file",
        "reactions": rollup(url, found.reactions),
        "original_position": found.position or 1,
        "position": found.position if fresh else None,
    }
    shown["line"] = found.line if fresh else None
    return {
        k: v for k, v in shown.items() if v is not None or k in ("pull_request_review_id", "start_line", "line")
    } | ({} if first or found.root is None else {"in_reply_to_id": found.root.id})


def _addresses(world: World, found: PullRequest) -> Json:
    """The addresses of a pull request and of what belongs to it."""
    base, page = repo_url(world, found.repo), page_of(world, found)
    url, asked = f"{base}/pulls/{found.number}", f"{base}/issues/{found.number}"
    urls = {
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{base}/pulls/comments{{/number}}",
        "comments_url": f"{asked}/comments",
        "statuses_url": f"{base}/statuses/{found.head}",
    }
    links = {name.removesuffix("_url"): {"href": value} for name, value in urls.items()}
    pages = {"html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
    whole = {**links, "self": {"href": url}, "html": {"href": page}, "issue": {"href": asked}}
    return {"url": url, **pages, "issue_url": asked, **urls, "_links": whole}


def pull(world: World, found: PullRequest) -> Json:
    """A `pull-request-simple`."""
    place = found.repo
    return {
        **_addresses(world, found),
        "id": found.id,
        "node_id": node_of(found),
        "number": found.number,
        "state": found.state,
        "locked": found.locked,
        "title": found.title,
        "user": user(world, found.author),
        "body": found.body or None,
        "labels": [label(world, place, name) for name in found.labels],
        "milestone": None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "closed_at": found.closed_at,
        "merged_at": found.merged_at,
        "merge_commit_sha": found.merge_commit or found.merge or None,
        "draft": found.draft,
        "author_association": association(world, place, found.author),
        "auto_merge": None,
        "head": _end(world, found.head_repo, found.head_ref, found.head, found.head_owner),
        "base": _end(world, place, found.base_ref, found.base, place.owner.login),
    }


def _end(world: World, place: Repo | None, ref: str, sha: str, owner: str) -> Json:
    who = place.owner if place else (world.user_named(owner) or world.ghost)
    shown = repo(world, place) if place else None
    return {"label": f"{owner}:{ref}", "ref": ref, "sha": sha, "user": user(world, who), "repo": shown}


def full_pull(world: World, found: PullRequest, counts: dict[str, int], state: tuple[bool | None, str]) -> Json:
    """A `pull-request`. counts: commits, additions, deletions, changed_files; state: mergeable, mergeable_state."""
    merger: Any = user(world, found.merged_by) if found.merged_by else None
    return {
        **pull(world, found),
        **counts,
        "merged": found.merged_at is not None,
        "mergeable": state[0],
        "mergeable_state": state[1],
        "rebaseable": state[0],
        "merged_by": merger,
        "comments": len(found.comments),
        "review_comments": len(found.notes),
        "maintainer_can_modify": False,
    }
