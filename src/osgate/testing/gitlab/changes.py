"""Merge requests against their branches: versions after a push, diffs, what stands in the way of a merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osgate.testing.gitlab.git import Commit, FileDiff, GitFailed
from osgate.testing.gitlab.running import start_merge_request_pipeline
from osgate.testing.gitlab.state import MergeRequest, Note, Noteable, Pipeline, Project, User, Version
from osgate.testing.gitlab.writing import accept

if TYPE_CHECKING:
    from osgate.testing.gitlab.world import World

# A pipeline in one of these states is still at work.
RUNNING = ("created", "waiting_for_resource", "preparing", "pending", "running")


def refresh(world: World, merge_request: MergeRequest) -> None:
    """Bring an open merge request up to date with its branches: a new head makes a version and a system note."""
    source = merge_request.source_project
    if merge_request.state != "opened" or source is None:
        return
    head = source.repo.tip(merge_request.source_branch)
    if head is None or (merge_request.versions and merge_request.version.head == head):
        return
    project = merge_request.project
    if source is not project:
        project.repo.run("fetch", "-q", source.repo.path, f"+{head}:refs/merge-requests/{merge_request.iid}/head")
    else:
        project.repo.run("update-ref", f"refs/merge-requests/{merge_request.iid}/head", head)
    start = project.repo.tip(merge_request.target_branch) or head
    base = project.repo.merge_base(start, head) or start
    first = not merge_request.versions
    merge_request.versions.append(Version(world.next("version"), base, start, head, world.now))
    if not first:
        merge_request.updated_at = world.now
        if project.approval_settings.get("reset_approvals_on_push"):
            merge_request.approvals.clear()
        add_note(world, merge_request, merge_request.author, "added 1 commit", system=True)
    if world.pipelines_on_push:
        start_merge_request_pipeline(world, merge_request, merge_request.author)


def refresh_all(world: World, project: Project) -> None:
    """After a push to `project`: all merge requests that come from it."""
    for target in list(world.projects.values()):
        for merge_request in list(target.merge_requests.values()):
            if merge_request.source_project is project:
                refresh(world, merge_request)


def add_note(
    world: World,
    on: Noteable,
    author: User,
    body: str,
    *,
    system: bool = False,
    discussion: str = "",
    internal: bool = False,
) -> Note:
    """Write a note. discussion: the thread it joins; by default one of its own."""
    number = world.next("note")
    thread = discussion or f"{number:040x}"
    note = Note(number, body, author, world.now, world.now, thread, system=system, internal=internal)
    on.notes.append(note)
    if not system:
        on.updated_at = world.now
    return note


def diff_of(project: Project, base: str, head: str) -> list[FileDiff]:
    """Return the diff between two commits, worked out once."""
    if (base, head) not in project.diffs:
        project.diffs[base, head] = project.repo.diff(base, head)
    return project.diffs[base, head]


def commits_of(merge_request: MergeRequest) -> list[Commit]:
    """Return the commits of the newest version, newest first."""
    version = merge_request.version
    return merge_request.project.repo.commits(f"{version.start}..{version.head}")


def pipelines_of(merge_request: MergeRequest) -> list[Pipeline]:
    """Return the pipelines of a merge request, newest first: its own, and those of its source branch's commits."""
    heads = {v.head for v in merge_request.versions}
    branch, source = merge_request.source_branch, merge_request.source_project
    places = [merge_request.project, *([source] if source and source is not merge_request.project else [])]
    found = [
        p
        for place in places
        for p in place.pipelines
        if p.merge_request is merge_request
        or (p.merge_request is None and place is source and p.ref == branch and p.sha in heads)
    ]
    return sorted(found, key=lambda p: p.id, reverse=True)


def head_pipeline(merge_request: MergeRequest) -> Pipeline | None:
    """Return the pipeline that counts for the newest head. Where both kinds ran, only merge request pipelines count."""
    here = [p for p in pipelines_of(merge_request) if p.sha == merge_request.version.head]
    own = [p for p in here if p.merge_request is merge_request]
    return next(iter(own or here), None)


def resolvable(merge_request: MergeRequest) -> list[Note]:
    """Return the notes of threads that can be resolved."""
    return [n for n in merge_request.notes if n.kind in ("DiffNote", "DiscussionNote") and not n.system]


def discussions_resolved(merge_request: MergeRequest) -> bool:
    """Whether no thread is open."""
    return all(n.resolved_by for n in resolvable(merge_request))


def conflicts(merge_request: MergeRequest) -> bool:
    """Whether git cannot merge it by itself."""
    version, repo = merge_request.version, merge_request.project.repo
    target = repo.tip(merge_request.target_branch)
    if target in (version.start, version.base) and version.start == version.base:
        return False
    return target is None or repo.merged(target, version.head) is None


def obstacle(world: World, merge_request: MergeRequest) -> str:
    """Return `detailed_merge_status`: `mergeable`, or the first thing in the way."""
    settings = merge_request.project.settings
    if merge_request.state != "opened":
        return "not_open"
    if merge_request.draft:
        return "draft_status"
    if settings["only_allow_merge_if_all_discussions_are_resolved"] and not discussions_resolved(merge_request):
        return "discussions_not_resolved"
    if world.has("premium") and approvals_left(merge_request):
        return "not_approved"
    if world.has("ultimate") and settings.get("only_allow_merge_if_all_status_checks_passed"):
        passed = [merge_request.check_responses.get(c["id"], {}) for c in merge_request.project.status_checks]
        if any(r.get("sha") != merge_request.version.head or r.get("status") != "passed" for r in passed):
            return "status_checks_must_pass"
    found = _pipeline_obstacle(merge_request)
    return found or ("conflict" if conflicts(merge_request) else "mergeable")


def _pipeline_obstacle(merge_request: MergeRequest) -> str:
    settings = merge_request.project.settings
    if not settings["only_allow_merge_if_pipeline_succeeds"]:
        return ""
    pipeline = head_pipeline(merge_request)
    if pipeline is not None and pipeline.status in RUNNING:
        return "ci_still_running"
    passing = ("success", "skipped") if settings["allow_merge_on_skipped_pipeline"] else ("success",)
    return "" if pipeline is not None and pipeline.status in passing else "ci_must_pass"


def approvals_left(merge_request: MergeRequest) -> int:
    """Return how many approvals the rules still ask for (Premium)."""
    rules = [*merge_request.project.approval_rules, *merge_request.approval_rules]
    left = 0
    for rule in rules:
        able = {u for u in merge_request.approvals if not rule["user_ids"] or u in rule["user_ids"]}
        left = max(left, rule["approvals_required"] - len(able))
    return left


def merge(world: World, merge_request: MergeRequest, user: User, message: str) -> None:
    """Merge into the target branch by a real merge commit. Raises GitFailed on a conflict or where a hook refuses."""
    project, version = merge_request.project, merge_request.version
    target = project.repo.tip(merge_request.target_branch)
    tree = project.repo.merged(target or "", version.head)
    if target is None or tree is None:
        raise GitFailed("merge conflict")
    who = {"GIT_AUTHOR_NAME": user.name, "GIT_AUTHOR_EMAIL": user.email}
    parents = ("-p", target, "-p", version.head)
    made = project.repo.run("commit-tree", tree, *parents, feed=message.encode(), env=who).decode().strip()
    accept(world, project, user, merge_request.target_branch, made, target)
    merge_request.state, merge_request.merge_commit = "merged", made
    merge_request.merged_by, merge_request.merged_at = user, world.now
    merge_request.updated_at = world.now
    add_note(world, merge_request, user, "merged", system=True)
