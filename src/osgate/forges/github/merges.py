"""What was merged in a repository, with the runs of the gate on the heads that were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from osgate.forges import fields
from osgate.forges.github import answers
from osgate.forges.github.client import Client, Json
from osgate.forges.protocol import Forbidden, Missing
from osgate.model.fleet import Checked, Merge
from osgate.model.record import record, replace

Repo = tuple[str, str, str]
# The app that workflows post their checks as: its id is another one on each server.
_ACTIONS = "github-actions"


@record
class Counts:
    """Which check is the gate's. name: of it; app: id of the one app it must come from; where that is 0, flow: path of
    the workflow that a ruleset runs in every repository."""

    name: str
    app: int = 0
    flow: str = ""


def merged(client: Client, repo: Repo, since: str, counts: Counts, guarded: Callable[[str], bool]) -> Iterator[Merge]:
    """Yield the pull requests of `repo` merged into guarded branches at or after `since`, newest first, each with the
    runs that count on its head."""
    place, start, asked = (*repo, "pulls"), datetime.fromisoformat(since), _Runs(client, repo, counts)
    for row in client.each(*place, state="closed", sort="updated", direction="desc"):
        if client.read(lambda row: fields.moment(row, "updated_at"), row, *place) < start:
            return
        if not row.get("merged_at"):
            continue
        found, target = client.read(_merge, row, *place)
        if datetime.fromisoformat(found.at) >= start and guarded(target):
            yield replace(found, checks=tuple(asked.on(found.head)))


class _Runs:
    """The gate's runs in one repository."""

    def __init__(self, client: Client, repo: Repo, counts: Counts) -> None:
        self._client, self._repo, self._counts = client, repo, counts
        self._own: dict[int, bool] = {}

    def on(self, head: str) -> Iterator[Checked]:
        """Yield those on a commit."""
        place = (*self._repo, "commits", head, "check-runs")
        rows = list(self._client.each(*place, within="check_runs", check_name=self._counts.name, filter="all"))
        jobs = self._jobs(head) if rows and not self._counts.app else None
        for row in rows:
            id, app, slug = self._client.read(_source, row, *place)
            ours = slug == _ACTIONS and (jobs is None or id in jobs)
            if app == self._counts.app if self._counts.app else ours:
                yield self._client.read(lambda row: _check(row, head), row, *place)

    def _jobs(self, head: str) -> set[int] | None:
        """Ids of the checks on a commit that are jobs of the required workflow; None where nobody tells of any run.

        A check that a job posts is no job, whichever suite GitHub puts it in.
        """
        place, found, told = (*self._repo, "actions", "runs"), set[int](), False
        try:
            for row in self._client.each(*place, within="workflow_runs", head_sha=head):
                id, path, flow = self._client.read(_run, row, *place)
                told = True
                if self._is_gate(path) and not self._is_own(flow):
                    found.update(self._of_run(id))
        except (Forbidden, Missing):
            return None
        return found if told else None

    def _of_run(self, run: int) -> tuple[int, ...]:
        """The checks of a run, of all its attempts."""
        place = (*self._repo, "actions", "runs", run, "jobs")
        rows = self._client.each(*place, within="jobs", filter="all")
        return tuple(self._client.read(lambda row: answers.number(row, "id"), row, *place) for row in rows)

    def _is_gate(self, path: str) -> bool:
        """Whether a run's file is called as the required one; a ref may follow, or a repository go before it."""
        return f"/{path.partition('@')[0]}".endswith(f"/{self._counts.flow}")

    def _is_own(self, flow: int) -> bool:
        """Whether a workflow is of the repository itself: of one that a ruleset runs there, GitHub says that there is
        none by its id (seen in cli/cli issue 10686)."""
        if flow not in self._own:
            try:
                self._own[flow] = bool(self._client.get(*self._repo, "actions", "workflows", flow))
            except (Forbidden, Missing):
                self._own[flow] = False
        return self._own[flow]


def _merge(row: Json) -> tuple[Merge, str]:
    found = Merge(
        answers.number(row, "number"),
        fields.text(row["head"], "sha"),
        fields.instant(row, "merged_at"),
        fields.text(row, "html_url"),
    )
    return found, fields.text(row["base"], "ref")


def _source(row: Json) -> tuple[int, int, str]:
    """The id of a check run, and id and slug of the app that made it, 0 and empty for none."""
    app = row.get("app") or {}
    return answers.number(row, "id"), int(app.get("id") or 0), fields.text(app, "slug", default="")


def _check(row: Json, head: str) -> Checked:
    began, ended = (fields.instant(row, name) if row.get(name) else "" for name in ("started_at", "completed_at"))
    # A warning is neutral, and lets a required check pass; one that was skipped has looked at nothing.
    return Checked(head, row.get("conclusion") in ("success", "neutral"), ended, began=began)


def _run(row: Json) -> tuple[int, str, int]:
    """The id of a run, its file and its workflow."""
    return answers.number(row, "id"), fields.text(row, "path"), answers.number(row, "workflow_id")
