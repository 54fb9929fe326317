"""Pull requests against their branches: a new head after a push, diffs, what stands in the way of a merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osgate.testing.github import events
from osgate.testing.github.git import FileDiff, GitFailed
from osgate.testing.github.router import invalid, unprocessable
from osgate.testing.github.state import Json, PullRequest, Repo, Review, ReviewComment, User

if TYPE_CHECKING:
    from osgate.testing.github.world import World

# The marks of a branch that a merge queue builds.
QUEUE = "gh-readonly-queue"


def open_pull(
    world: World, repo: Repo, author: User, title: str, head: tuple[Repo, str], base_ref: str, **more: object
) -> PullRequest:
    """Open a pull request. head: repository and branch. Raises Refused (422) as GitHub does."""
    place, branch = head
    tip, base = place.git.tip(branch), repo.git.tip(base_ref)
    if base is None:
        invalid("PullRequest", "base")
    if tip is None:
        invalid("PullRequest", "head")
    if any(
        p.state == "open" and (p.head_repo, p.head_ref, p.base_ref) == (place, branch, base_ref) for p in repo.pulls
    ):
        owner = f"{place.owner.login}:{branch}"
        invalid("PullRequest", "head", "custom", f"A pull request already exists for {owner}.")
    if tip == base:
        invalid("PullRequest", "base", "custom", f"No commits between {base_ref} and {branch}")
    repo.numbers += 1
    made = PullRequest(
        world.next("issue"), repo.numbers, repo, title, "", author, world.now, world.now, base_ref=base_ref,
        head_repo=place, head_ref=branch, head_owner=place.owner.login,
    )  # fmt: skip
    for name, value in more.items():
        setattr(made, name, value)
    repo.issues[made.number] = made
    _take(made, tip, base)
    events.pull(world, made, "opened", author)
    return made


def _take(pull: PullRequest, head: str, base: str) -> None:
    """Note the commits as they are, bring them into the repository, try the merge."""
    repo, place = pull.repo, pull.head_repo
    if place is not None and place is not repo:
        repo.git.run("fetch", "-q", place.git.path, f"+{head}:refs/pull/{pull.number}/head")
    else:
        repo.git.set_ref(f"refs/pull/{pull.number}/head", head)
    pull.head, pull.base = head, base
    _try_merge(pull, head, base)


def _try_merge(pull: PullRequest, head: str, base: str) -> None:
    repo = pull.repo
    text = f"Merge {head} into {base}"
    pull.merge = repo.git.merge_commit(base, head, text, (pull.author.name, pull.author.email))
    if pull.merge:
        repo.git.set_ref(f"refs/pull/{pull.number}/merge", pull.merge)


def refresh(world: World, pull: PullRequest, who: User | None = None) -> None:
    """Bring an open pull request up to date with its branches."""
    if pull.state != "open" or pull.head_repo is None:
        return
    head, base = pull.head_repo.git.tip(pull.head_ref), pull.repo.git.tip(pull.base_ref)
    if base is None or (head, base) == (pull.head, pull.base):
        return
    if head is None:
        close(world, pull, who or pull.author)
        return
    before, old_base = pull.head, pull.base
    _take(pull, head, base if head != before else old_base)
    if head == before:
        _try_merge(pull, head, base)
        return
    pull.updated_at, pull.queued = world.now, ""
    _dismiss_stale(world, pull)
    events.pull(world, pull, "synchronize", who or pull.author, before=before, after=head)


def _dismiss_stale(world: World, pull: PullRequest) -> None:
    from osgate.testing.github.rules import active

    rows = [r.get("parameters", {}) for r in active(world, pull.repo, pull.base_ref) if r["type"] == "pull_request"]
    if any(row.get("dismiss_stale_reviews_on_push") for row in rows):
        for review in pull.reviews:
            review.state = "DISMISSED" if review.state == "APPROVED" else review.state


def refresh_all(world: World, repo: Repo, who: User | None = None) -> None:
    """After a push to `repo`: all pull requests that come from it or go there."""
    repo.pushed_at = world.now
    for pull in [*world.pulls_from(repo), *(p for p in repo.pulls if p.head_repo is not repo)]:
        refresh(world, pull, who)


def close(world: World, pull: PullRequest, who: User) -> None:
    """Close without merging."""
    pull.state, pull.closed_at, pull.updated_at = "closed", world.now, world.now
    events.pull(world, pull, "closed", who)


def base_of(pull: PullRequest) -> str:
    """Return the newest commit both sides share: what the diff is against."""
    return pull.repo.git.merge_base(pull.base, pull.head) or pull.base


def diff_of(repo: Repo, base: str, head: str) -> list[FileDiff]:
    """Return the diff between two commits, worked out once."""
    if (base, head) not in repo.diffs:
        repo.diffs[base, head] = repo.git.diff(base, head)
    found: list[FileDiff] = repo.diffs[base, head]
    return found


def files_of(pull: PullRequest) -> list[FileDiff]:
    """Return what a pull request changes."""
    return diff_of(pull.repo, base_of(pull), pull.head)


def counts(pull: PullRequest) -> dict[str, int]:
    """Return the numbers a pull request shows."""
    files = files_of(pull)
    added, removed = sum(len(f.added) for f in files), sum(len(f.removed) for f in files)
    commits = len(pull.repo.git.commits(f"{pull.base}..{pull.head}"))
    return {"commits": commits, "additions": added, "deletions": removed, "changed_files": len(files)}


def merge(world: World, pull: PullRequest, who: User, message: str = "", tip: str = "") -> str:
    """Merge by a real merge commit, or move the branch to `tip`, which a queue has built. Raises GitFailed."""
    repo = pull.repo
    target = repo.git.tip(pull.base_ref) or ""
    text = message or f"Merge pull request #{pull.number} from {pull.head_owner}/{pull.head_ref}"
    made = tip or repo.git.merge_commit(target, pull.head, text, (who.name, who.email))
    if not made:
        raise GitFailed("Merge conflict")
    repo.git.move(pull.base_ref, made, target)
    pull.state, pull.merge_commit, pull.merged_by = "closed", made, who
    pull.merged_at = pull.closed_at = pull.updated_at = world.now
    pull.queued = ""
    events.pull(world, pull, "closed", who)
    events.push(world, repo, f"refs/heads/{pull.base_ref}", target, made, who)
    refresh_all(world, repo, who)
    return made


def comment_on_line(world: World, pull: PullRequest, author: User, given: Json, review: Review | None) -> ReviewComment:
    """Write on a line of the diff. Raises Refused (422) where the diff does not show it."""
    path, side = str(given["path"]), str(given.get("side") or "RIGHT")
    line = given.get("line")
    found = next((f for f in files_of(pull) if path in (f.new_path, f.old_path)), None)
    if found is None:
        unprocessable("Validation Failed: pull_request_review_thread.path could not be resolved")
    if given.get("subject_type") != "file":
        start = given.get("start_line")
        if not all(_shown(found, side, n) for n in (line, *((start,) if start else ()))):
            where = "line" if given.get("line") is not None else "position"
            invalid(
                "PullRequestReviewComment", f"pull_request_review_thread.{where}", "custom", "must be part of the diff"
            )
    number = world.next("comment")
    note = ReviewComment(
        number, pull, author, str(given["body"]), world.now, world.now, path=path, side=side, commit=pull.head,
        line=line, start_line=given.get("start_line"), review=review, hunk=found.text[:500], position=1,
    )  # fmt: skip
    note.root = note
    pull.notes.append(note)
    pull.updated_at = world.now
    return note


def _shown(found: FileDiff, side: str, line: int | None) -> bool:
    if side == "LEFT":
        return line in found.removed or any(old == line for old, _ in found.context)
    return line in found.added or any(new == line for _, new in found.context)
