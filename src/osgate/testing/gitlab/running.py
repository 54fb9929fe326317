"""Pipelines: made, run by whatever the test handed in, finished; and the webhooks that wait meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from osgate.testing.gitlab.state import Job, MergeRequest, Pipeline, Project, Token, User

if TYPE_CHECKING:
    from osgate.testing.gitlab.world import World

DONE = ("success", "failed", "canceled", "skipped")


def start(world: World, project: Project, user: User, sha: str, ref: str, source: str, **more: Any) -> Pipeline:
    """Make a pipeline; where a runner was handed in, it waits to be run. more: fields of Pipeline."""
    pipeline = Pipeline(
        world.next("pipeline"),
        1 + max((p.iid for p in project.pipelines), default=0),
        project,
        sha,
        ref,
        source,
        user,
        world.now,
        world.now,
        **more,
    )
    project.pipelines.append(pipeline)
    if source != "external":
        enqueue(world, pipeline)
    return pipeline


def start_merge_request_pipeline(world: World, merge_request: MergeRequest, user: User) -> Pipeline:
    """Make a merge request pipeline for the newest head. Of a fork, it runs in the fork, unless a member starts it."""
    source, project = merge_request.source_project, merge_request.project
    place = project if source is None or world.level(user, project) >= 30 else source
    ref = f"refs/merge-requests/{merge_request.iid}/head"
    head = merge_request.version.head
    return start(world, place, user, head, ref, "merge_request_event", merge_request=merge_request)


def enqueue(world: World, pipeline: Pipeline) -> None:
    """Let a pipeline wait for a runner; without one it stays `created` until a test finishes it."""
    if world.runner is not None:
        pipeline.status = "pending"
        world.waiting.append(lambda: run(world, pipeline))


def run(world: World, pipeline: Pipeline) -> None:
    """Run a pipeline by the test's runner. It may finish it itself, return a status, or True and False."""
    if world.runner is None or pipeline.status in DONE:
        return
    set_status(world, pipeline, "running")
    outcome = world.runner(pipeline)
    if isinstance(outcome, bool):
        outcome = "success" if outcome else "failed"
    if isinstance(outcome, str):
        set_status(world, pipeline, outcome)


def set_status(world: World, pipeline: Pipeline, status: str) -> None:
    """Set the outcome of a pipeline and of its jobs that have none; a commit status that failed fails it too."""
    if status == "success" and any(j.external and j.status == "failed" and not j.retried for j in pipeline.jobs):
        status = "failed"
    pipeline.status, pipeline.updated_at = status, world.now
    if not pipeline.jobs:
        add_job(world, pipeline, "osgate")
    for job in pipeline.jobs:
        if job.status not in DONE and not job.external:
            job.status = status
    if status in DONE:
        pipeline.finished_at = world.now


def add_job(world: World, pipeline: Pipeline, name: str, status: str = "", stage: str = "test", **more: Any) -> Job:
    """Add a job. more: fields of Job."""
    number, state = world.next("job"), status or pipeline.status
    job = Job(number, name, stage, state, pipeline, pipeline.user, world.now, **more)
    pipeline.jobs.append(job)
    return job


def job_token(world: World, job: Job) -> Token:
    """Return the token of a job: it counts while the job runs."""
    return world.add_token(job.user, "job", (), job=job)


def recount(world: World, pipeline: Pipeline) -> None:
    """Work a pipeline's state out from its jobs and commit statuses."""
    jobs = [j for j in pipeline.jobs if not j.retried]
    states = {"success" if j.status == "failed" and j.allow_failure else j.status for j in jobs}
    if pipeline.source != "external" and all(j.external for j in jobs):
        states.add(pipeline.status)
    order = ("running", "pending", "created", "failed", "canceled", "success", "skipped")
    found = next((state for state in order if state in states), pipeline.status)
    if found == "pending" and states & {"success", "failed"}:
        found = "running"
    pipeline.status, pipeline.updated_at = found, world.now
    pipeline.finished_at = world.now if found in DONE else None
