"""The variables of a job, as a runner gets them: predefined ones, and the project's where protection lets them out."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from osgate.testing.gitlab.access import protection
from osgate.testing.gitlab.state import Job, MergeRequest, Pipeline
from osgate.testing.gitlab.world import line

if TYPE_CHECKING:
    from osgate.testing.gitlab.world import World


def variables(world: World, job: Job, token: str) -> dict[str, str]:
    """Return name -> value of what a job sees. token: its CI_JOB_TOKEN.

    A variable of type file (TRIGGER_PAYLOAD) is here with its content; a runner writes it to a file and gives the path.
    """
    pipeline, project = job.pipeline, job.pipeline.project
    found = _server(world) | {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_PIPELINE_ID": str(pipeline.id),
        "CI_PIPELINE_IID": str(pipeline.iid),
        "CI_PIPELINE_SOURCE": pipeline.source,
        "CI_PIPELINE_CREATED_AT": pipeline.created_at,
        "CI_JOB_ID": str(job.id),
        "CI_JOB_NAME": job.name,
        "CI_JOB_STAGE": job.stage,
        "CI_JOB_TOKEN": token,
        "CI_COMMIT_SHA": pipeline.sha,
        "CI_COMMIT_SHORT_SHA": pipeline.sha[:8],
        "CI_COMMIT_REF_NAME": _ref(pipeline),
        "CI_COMMIT_REF_PROTECTED": str(_protected(pipeline)).lower(),
        "CI_DEFAULT_BRANCH": project.default_branch or "",
        "CI_PROJECT_ID": str(project.id),
        "CI_PROJECT_NAME": project.path,
        "CI_PROJECT_PATH": project.full_path,
        "CI_PROJECT_NAMESPACE": project.namespace.full_path,
        "CI_PROJECT_URL": f"{world.web_url}/{project.full_path}",
        "CI_PROJECT_VISIBILITY": project.visibility,
        "CI_CONFIG_PATH": project.settings["ci_config_path"] or ".gitlab-ci.yml",
        "CI_REPOSITORY_URL": f"{world.web_url}/{project.full_path}.git".replace("://", f"://gitlab-ci-token:{token}@"),
        "GITLAB_USER_ID": str(job.user.id),
        "GITLAB_USER_LOGIN": job.user.username,
        "GITLAB_USER_NAME": job.user.name,
    }
    if pipeline.source in ("push", "schedule", "web", "api", "trigger", "pipeline") and not pipeline.tag:
        found["CI_COMMIT_BRANCH"] = pipeline.ref
    if pipeline.merge_request:
        found |= _merge_request(world, pipeline.merge_request, pipeline)
    return found | _own(pipeline) | pipeline.variables | pipeline.files


def _server(world: World) -> dict[str, str]:
    where = urlsplit(world.web_url)
    return {
        "CI_SERVER_URL": world.web_url,
        "CI_SERVER_HOST": where.hostname or "",
        "CI_SERVER_PORT": str(where.port),
        "CI_SERVER_PROTOCOL": where.scheme,
        "CI_SERVER_FQDN": where.netloc,
        "CI_SERVER_VERSION": world.version,
        "CI_API_V4_URL": f"{world.web_url}/api/v4",
    }


def _ref(pipeline: Pipeline) -> str:
    return pipeline.merge_request.source_branch if pipeline.merge_request else pipeline.ref


def _merge_request(world: World, found: MergeRequest, pipeline: Pipeline) -> dict[str, str]:
    source = found.source_project or found.project
    version = next((v for v in reversed(found.versions) if v.head == pipeline.sha), found.version)
    return {
        "CI_MERGE_REQUEST_ID": str(found.id),
        "CI_MERGE_REQUEST_IID": str(found.iid),
        "CI_MERGE_REQUEST_TITLE": found.title,
        "CI_MERGE_REQUEST_EVENT_TYPE": "detached",
        "CI_MERGE_REQUEST_REF_PATH": pipeline.ref,
        "CI_MERGE_REQUEST_PROJECT_ID": str(found.project.id),
        "CI_MERGE_REQUEST_PROJECT_PATH": found.project.full_path,
        "CI_MERGE_REQUEST_PROJECT_URL": f"{world.web_url}/{found.project.full_path}",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(source.id),
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": source.full_path,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": found.source_branch,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": found.target_branch,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": version.base,
        "CI_MERGE_REQUEST_DIFF_ID": str(version.id),
    }


def _protected(pipeline: Pipeline) -> bool:
    """A merge request's pipeline is protected only where both its branches are, in one project."""
    on = pipeline.merge_request
    if on is None:
        return bool(protection(pipeline.project, pipeline.ref))
    names = (on.source_branch, on.target_branch)
    return on.source_project is on.project and all(protection(on.project, name) for name in names)


def _own(pipeline: Pipeline) -> dict[str, str]:
    """The groups' variables, then the project's; protected ones for protected refs alone."""
    above = [group.variables for group in reversed(list(line(pipeline.project.namespace)))]
    rows = [row for place in (*above, pipeline.project.variables) for row in place.values()]
    allowed = [row for row in rows if not row["protected"] or _protected(pipeline)]
    return {row["key"]: row["value"] for row in allowed if fnmatch.fnmatchcase("*", row["environment_scope"])}
