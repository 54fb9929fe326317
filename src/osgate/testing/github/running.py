"""Workflow runs: started by events, run by whatever the test handed in, finished, run again; and their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from osgate.testing.github import events
from osgate.testing.github.state import App, Json, PullRequest, Repo, Token, User
from osgate.testing.github.state_work import CheckRun, CheckSuite, Run, Workflow

if TYPE_CHECKING:
    from osgate.testing.github.world import World

# Events whose workflows come from the change itself; a fork's, and Dependabot's, run with a token that only reads.
OF_CHANGES = ("pull_request", "pull_request_review", "pull_request_review_comment")
# Actions of an event that start a workflow which names no types.
USUAL = {"pull_request": ("opened", "synchronize", "reopened")}
# What a token may do with the restricted default of a repository, and what it may ask for at most.
RESTRICTED = {"contents": "read", "packages": "read"}
EVERYTHING = ("actions", "checks", "contents", "issues", "pull_requests", "statuses", "security_events", "deployments")


def listening(world: World, repo: Repo, event: str, change: PullRequest | None) -> list[tuple[Workflow, bool]]:
    """Return the workflows that run for an event, and whether a ruleset runs them."""
    own = [(flow, False) for flow in repo.workflows]
    rows = [*own, *((flow, True) for flow in _required(world, repo, event, change))]
    return [row for row in rows if event in row[0].on and row[0].state == "active"]


def started_by(
    world: World, repo: Repo, flows: list[tuple[Workflow, bool]], event: str, payload: Json, who: User, *,
    change: PullRequest | None = None, ref: str = "", sha: str = "",
) -> None:  # fmt: skip
    """Start workflows for an event. What GITHUB_TOKEN did starts none."""
    if who is world.actions.bot and event not in ("workflow_dispatch", "repository_dispatch", "workflow_run"):
        return
    action = str(payload.get("action") or "")
    if action and action not in USUAL.get(event, (action,)):
        return
    if event == "push" and not sha:
        return
    for flow, required in flows:
        start(world, repo, flow, event, payload, who, change=change, ref=ref, sha=sha, required=required)


def _required(world: World, repo: Repo, event: str, change: PullRequest | None) -> list[Workflow]:
    """The workflows that rulesets of the organisation run in this repository."""
    from osgate.testing.github.rules import required_workflows

    if event not in ("pull_request", "merge_group"):
        return []
    return required_workflows(world, repo, change.base_ref if change else repo.default_branch)


def start(
    world: World, repo: Repo, flow: Workflow, event: str, payload: Json, who: User, *,
    change: PullRequest | None = None, ref: str = "", sha: str = "", required: bool = False,
) -> Run:  # fmt: skip
    """Make a run; where a runner was handed in, it waits to be run."""
    head = repo.git.tip(repo.default_branch) or ""
    run = Run(
        world.next("run"), repo, flow, event, payload, sha or head, ref or f"refs/heads/{repo.default_branch}",
        who, world.now, world.now, number=1 + sum(r.workflow is flow for r in repo.runs), change=None,
        required=required,
    )  # fmt: skip
    if event in OF_CHANGES and change is not None:
        run.change = change
        run.sha, run.ref = change.merge or change.head, f"refs/pull/{change.number}/merge"
        run.forked = change.cross or who is world.dependabot
        run.head_sha, run.head_branch = change.head, change.head_ref
    else:
        run.head_sha, run.head_branch = run.sha, run.ref.removeprefix("refs/heads/")
    suite = suite_for(world, repo, world.actions, run.head_sha, run.head_branch, run)
    run.jobs = [CheckRun(world.next("check"), suite, flow.job, "queued", None, None, external_id=str(run.id))]
    repo.runs.append(run)
    repo.checks += run.jobs
    enqueue(world, run)
    return run


def suite_for(
    world: World, repo: Repo, app: App, sha: str, branch: str | None = None, run: Run | None = None
) -> CheckSuite:
    """Return an app's check suite on a commit, made where it is not there; each workflow run has its own."""
    for found in repo.suites:
        if run is None and found.run is None and (found.app, found.sha) == (app, sha):
            return found
    heads = {p.head: p.head_ref for p in repo.pulls}
    made = CheckSuite(world.next("suite"), repo, sha, branch or heads.get(sha), app, world.now, run=run)
    repo.suites.append(made)
    return made


def enqueue(world: World, run: Run) -> None:
    """Let a run wait for a runner; without one it stays queued until a test finishes it."""
    if world.runner is not None:
        world.waiting.append(lambda: work_off(world, run))


def work_off(world: World, run: Run) -> None:
    """Run by the test's runner. It may finish it itself, return a conclusion, or True and False."""
    if world.runner is None or run.status == "completed":
        return
    begin(world, run)
    outcome = world.runner(run)
    if isinstance(outcome, bool):
        outcome = "success" if outcome else "failure"
    if isinstance(outcome, str):
        finish(world, run, outcome)


def begin(world: World, run: Run) -> None:
    """A runner has taken it."""
    run.status = "in_progress"
    for job in run.jobs:
        if job.status == "queued":
            job.status, job.started_at = "in_progress", world.now


def finish(world: World, run: Run, conclusion: str) -> None:
    """Set the outcome of a run and of its jobs that have none; the queue goes on, others hear of it."""
    from osgate.testing.github.queue import advance

    for job in run.jobs:
        if job.status != "completed":
            job.status, job.conclusion, job.completed_at = "completed", conclusion, world.now
            job.started_at = job.started_at or world.now
    run.status, run.conclusion, run.updated_at = "completed", conclusion, world.now
    events.workflow_run(world, run, "completed")
    advance(world, run.repo)


def again(world: World, run: Run, *, only_failed: bool = False) -> None:
    """Run again: same event, same commit, same payload; the check runs start anew."""
    run.status, run.conclusion, run.updated_at = "queued", None, world.now
    run.attempt += 1
    for number, job in enumerate(run.jobs):
        if not only_failed or job.conclusion != "success":
            fresh = CheckRun(world.next("check"), job.suite, job.name, "queued", None, None, external_id=str(run.id))
            run.repo.checks[run.repo.checks.index(job)] = fresh
            run.jobs[number] = fresh
    enqueue(world, run)


def permissions(run: Run) -> dict[str, str]:
    """Return what a run's GITHUB_TOKEN may do."""
    given = run.workflow.permissions
    if given is None:
        wide = run.repo.workflow_permissions == "write"
        given = dict.fromkeys(EVERYTHING, "write") if wide else RESTRICTED
    if run.forked:
        return {name: "read" for name, level in given.items() if level != "none"}
    return dict(given)


def job_token(world: World, run: Run) -> Token:
    """Return the GITHUB_TOKEN of a run: it counts until the run is completed."""
    return world.add_token("job", world.actions.bot, permissions=permissions(run), run=run, app=world.actions)


def environment(world: World, run: Run, token: str) -> dict[str, str]:
    """Return the variables a job sees; the payload is `run.payload`, to be written where GITHUB_EVENT_PATH says."""
    change = run.change
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_TOKEN": token,
        "GITHUB_API_URL": world.api_url,
        "GITHUB_SERVER_URL": world.web_url,
        "GITHUB_GRAPHQL_URL": f"{world.web_url}/{'api/' if world.ghes else ''}graphql",
        "GITHUB_REPOSITORY": run.repo.full_name,
        "GITHUB_REPOSITORY_ID": str(run.repo.id),
        "GITHUB_REPOSITORY_OWNER": run.repo.owner.login,
        "GITHUB_REPOSITORY_OWNER_ID": str(run.repo.owner.id),
        "GITHUB_EVENT_NAME": run.event,
        "GITHUB_SHA": run.sha,
        "GITHUB_REF": run.ref,
        "GITHUB_REF_NAME": run.ref.removeprefix("refs/heads/").removeprefix("refs/"),
        "GITHUB_HEAD_REF": change.head_ref if change else "",
        "GITHUB_BASE_REF": change.base_ref if change else "",
        "GITHUB_RUN_ID": str(run.id),
        "GITHUB_RUN_NUMBER": str(run.number),
        "GITHUB_RUN_ATTEMPT": str(run.attempt),
        "GITHUB_WORKFLOW": run.workflow.name,
        "GITHUB_WORKFLOW_REF": f"{run.workflow.repo.full_name}/{run.workflow.path}@{run.ref}",
        "GITHUB_JOB": run.workflow.job,
        "GITHUB_ACTOR": run.actor.login,
        "GITHUB_ACTOR_ID": str(run.actor.id),
        "GITHUB_TRIGGERING_ACTOR": run.actor.login,
    }


def own_workflow(world: World, repo: Repo, path: str, **more: Any) -> Workflow:
    """Enter a workflow file. more: fields of Workflow."""
    name = more.pop("name", path.rpartition("/")[2].partition(".")[0])
    made = Workflow(
        world.next("workflow"), repo, path, name, tuple(more.pop("on", ("pull_request",))), world.now, **more
    )
    repo.workflows.append(made)
    return made
