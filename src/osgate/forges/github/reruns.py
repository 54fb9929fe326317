"""Having the gate run again on a head that has not changed: by GitHub Actions, else by whichever app checked it."""

from __future__ import annotations

from typing import Any

from osgate.forges import fields
from osgate.forges.asking import Rejected
from osgate.forges.github import answers
from osgate.forges.github.client import Client
from osgate.forges.protocol import Forbidden, Missing, Unreachable
from osgate.model.record import record

_GATE = "osgate"
_OVER, _RUNS = "completed", "in_progress"
_PASSED = ("success", "neutral", "skipped")
_NEEDS = "actions: write"


@record
class _Run:
    """A workflow run. ours: it names the gate; status: as GitHub tells it; passed: it has ended, and well."""

    id: str
    url: str
    ours: bool
    status: str
    passed: bool


def rerun(client: Client, repo: tuple[str, ...], head: str, login: str) -> str:
    """Run again what stops a head; return a page to look at, empty where nobody tells.

    login: ours; what we have said of a head ourselves, nobody but we says anew.

    First the workflow runs that name the gate, else all that failed: theirs that passed stay. Where there is none, or
    it cannot be run again, the suites of checks that failed are asked for again from the apps that made them. Raises
    Unreachable `forge.busy` while it runs, for no run is repeated before it ends, Forbidden `forge.lacking` where
    nothing can be, and what the forge raises for lack of `actions: write`.
    """
    place = (*repo, "actions", "runs")
    rows = list(client.each(*place, within="workflow_runs", head_sha=head))
    runs = [client.read(_run, row, *place) for row in rows]
    ours = [run for run in runs if run.ours]
    wanted = [run for run in ours or runs if not run.passed]
    if ours and not wanted:
        return ours[0].url
    refused: Exception | None = None
    for run in [run for run in wanted if run.status == _OVER]:
        try:
            client.post(*place, run.id, "rerun-failed-jobs")
        except (Forbidden, Missing, Rejected) as error:
            refused = error
            wanted.remove(run)
    # One that is only queued will read what holds by then; of one that runs nobody knows whether it has read it.
    if wanted and all(run.status == _RUNS for run in wanted):
        raise Unreachable("forge.busy", address=wanted[0].url, detail=_RUNS)
    if wanted:
        return next(run.url for run in wanted if run.status != _RUNS)
    asked, told = _asked_again(client, repo, head, login)
    if asked or (told and refused is None):
        return ""
    raise refused or Forbidden("forge.lacking", what="rerun", needs=_NEEDS, detail="")


def _asked_again(client: Client, repo: tuple[str, ...], head: str, login: str) -> tuple[bool, bool]:
    """Ask other apps for their suites that did not pass; return whether one was asked for, and whether one is ours."""
    place, asked, told = (*repo, "commits", head, "check-suites"), False, False
    for row in client.each(*place, within="check_suites"):
        suite, mine, runs = client.read(lambda row: _suite(row, login), row, *place)
        told |= mine and runs > 0
        if mine or row.get("status") != _OVER or row.get("conclusion") in _PASSED:
            continue
        try:
            client.post(*repo, "check-suites", suite, "rerequest")
            asked = True
        except (Forbidden, Missing, Rejected):
            continue
    return asked, told


def _suite(row: Any, login: str) -> tuple[str, bool, int]:
    """The id of a check suite, whether it is our own app's, and how many checks it has: GitHub makes empty ones."""
    mine = f"{(row.get('app') or {}).get('slug')}[bot]" == login
    return answers.ident(row), mine, answers.number(row, "latest_check_runs_count") if mine else 0


def _run(row: Any) -> _Run:
    named = [fields.text(row, name, default="") for name in ("name", "path")]
    named += [fields.text(one, "path", default="") for one in row.get("referenced_workflows") or ()]
    return _Run(
        answers.ident(row),
        fields.text(row, "html_url"),
        any(_GATE in name.casefold() for name in named),
        fields.text(row, "status"),
        row.get("status") == _OVER and row.get("conclusion") in _PASSED,
    )
