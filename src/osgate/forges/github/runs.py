"""Which pull requests a workflow run was about, asked of GitHub: what the run itself left behind is not believed."""

from __future__ import annotations

from typing import Any

from osgate.forges import fields
from osgate.forges.github import answers
from osgate.forges.github.client import Client


def changes(client: Client, path: str, run: str) -> tuple[int, ...]:
    """Return the numbers of the open pull requests whose head is the commit that a run was about, smallest first.

    path: `owner/name`; run: its id. By the branch it came from, for GitHub names no pull request of a fork in a run,
    nor finds one by its commit. Empty where it has moved on, or the fork is gone.
    """
    repo = ("repos", *path.split("/", 1))
    place = (*repo, "actions", "runs", run)
    head, source = client.read(_source, client.get(*place), *place)
    if not source:
        return ()
    place = (*repo, "pulls")
    rows = client.each(*place, state="open", head=source)
    found = [client.read(_pull, row, *place) for row in rows]
    return tuple(sorted(number for number, at in found if at == head))


def _source(row: Any) -> tuple[str, str]:
    """The commit of a run, and `owner:branch` where it came from."""
    owner = (row.get("head_repository") or {}).get("owner") or {}
    branch = fields.text(row, "head_branch", default="")
    return fields.text(row, "head_sha"), f"{fields.text(owner, 'login')}:{branch}" if owner and branch else ""


def _pull(row: Any) -> tuple[int, str]:
    return answers.number(row, "number"), fields.text(row["head"], "sha")
