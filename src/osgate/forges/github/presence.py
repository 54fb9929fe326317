"""Whether an app and its check are there, and where a merge queue is: asked before a ruleset requires the check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from osgate.forges import fields
from osgate.forges.asking import Rejected
from osgate.forges.github.client import Client, Json
from osgate.forges.protocol import Forbidden, Missing

# Pull requests of one repository, and repositories, that are looked at for a check.
HEADS, PLACES = 10, 20


def reach(client: Client, org: str, app: int) -> str | None:
    """Return which repositories of an organisation an app (its id) is installed for: `all`, `selected`, empty for none;
    None where we may not see it. One that is suspended is not there."""
    place = ("orgs", org, "installations")
    try:
        for row in client.each(*place, within="installations"):
            if row.get("app_id") == app and not row.get("suspended_at"):
                return client.read(lambda row: fields.text(row, "repository_selection"), row, *place)
    except (Forbidden, Missing):
        return None
    return ""


def seen(client: Client, paths: Iterable[str], check: str, app: int) -> bool | None:
    """Return whether an app has posted a check on one of the commits that stand at the end of default branches and of
    pull requests, the latest of each repository; None where there is none that we may look at."""
    found: bool | None = None
    for path in islice(paths, PLACES):
        try:
            for head in _heads(client, path):
                place = ("repos", *path.split("/"), "commits", head, "check-runs")
                query = {"check_name": check, "app_id": app, "filter": "all"}
                if any(True for _ in client.each(*place, within="check_runs", **query)):
                    return True
                found = False
        except (Forbidden, Missing, Rejected):
            # Rejected: a repository without a commit.
            continue
    return found


def _heads(client: Client, path: str) -> Iterator[str]:
    repo = ("repos", *path.split("/"))
    pulls = client.each(*repo, "pulls", state="all", sort="updated", direction="desc")
    for row in islice(pulls, HEADS):
        yield client.read(_head, row, *repo, "pulls")
    yield _branch(client, path)


def _branch(client: Client, path: str) -> str:
    repo = ("repos", *path.split("/"))
    return client.read(lambda row: fields.text(row, "default_branch"), client.get(*repo), *repo)


def _head(row: Json) -> str:
    return fields.text(row["head"], "sha")


def queued(client: Client, path: str) -> bool:
    """Whether the default branch of a repository has a merge queue, as far as we may see."""
    repo = ("repos", *path.split("/"))
    try:
        rows = client.each(*repo, "rules", "branches", _branch(client, path))
        return any(row.get("type") == "merge_queue" for row in rows)
    except (Forbidden, Missing):
        return False
