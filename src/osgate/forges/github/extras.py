"""What only GitHub has besides checks: teams, rules of a branch, what a token may do, comments folded away."""

from __future__ import annotations

from typing import Any

from osgate.forges import fields
from osgate.forges.asking import Rejected
from osgate.forges.github import answers, documents
from osgate.forges.github.client import Client, Json
from osgate.forges.protocol import Expired, Forbidden, Missing
from osgate.model.forge import Able, Account

# A commit that no repository has: what is written to it is refused in any case, and how tells whether we may.
_NOWHERE = "0" * 40
_NOTHING = "osgate / probe"


def able(client: Client, repo: tuple[str, ...]) -> Able:
    """Find out what a repository lets us do, with seven questions. Nothing comes of those that would write: each is
    about a commit, comment or run with a number that nothing has.

    threads: `pull_requests: write`; statuses, checks: theirs; approvals: a rule of the default branch asks for reviews.
    why in `lacking`: `archived`, else the permission that is missing; `rerun` is for `actions: write`.
    """
    row = client.get(*repo)
    branch, archived = client.read(
        lambda row: (fields.text(row, "default_branch"), row.get("archived") is True), row, *repo
    )
    lacking = {what: "archived" for what in ("threads", "statuses", "checks", "rerun") if archived}
    lacking |= {} if archived else _lacking(client, repo)
    lacking |= {} if reviewed(client, repo, branch) else {"approvals": "ruleset"}
    return Able(version=_version(client), lacking=tuple(lacking.items()))


def may_read(client: Client, repo: tuple[str, ...], login: str) -> bool | None:
    """Return whether an account may read a repository; None where who may is not for us to see."""
    row = client.get(*repo)
    if row.get("private") is False:
        return True
    place = (*repo, "collaborators", login, "permission")
    try:
        return client.read(lambda row: fields.text(row, "permission"), client.get(*place), *place) != "none"
    except Missing:
        return False
    except Forbidden:
        return None


def _lacking(client: Client, repo: tuple[str, ...]) -> dict[str, str]:
    """Return what the token may not, with the permission for it."""
    status = {"state": "pending", "context": _NOTHING}
    tries: dict[str, tuple[str, tuple[str | int, ...], Json]] = {
        "threads": ("pull_requests: write", ("pulls", "comments", 0, "reactions"), {"content": "eyes"}),
        "statuses": ("statuses: write", ("statuses", _NOWHERE), status),
        "checks": ("checks: write", ("check-runs",), {"name": _NOTHING, "head_sha": _NOWHERE}),
        "rerun": ("actions: write", ("actions", "runs", 0, "rerun-failed-jobs"), {}),
    }
    found = {}
    for what, (needs, path, body) in tries.items():
        try:
            client.post(*repo, *path, body=body)
        except Forbidden:
            found[what] = needs
        except (Missing, Rejected):
            continue
    return found


def _version(client: Client) -> str:
    """Return the version of an Enterprise Server; empty for github.com, which tells none."""
    try:
        return client.read(lambda row: fields.text(row, "installed_version", default=""), client.get("meta"), "meta")
    except (Expired, Forbidden, Missing, Rejected):
        return ""


def rules(client: Client, repo: tuple[str, ...], branch: str) -> list[Json]:
    """Return the rules that hold for a branch, whichever level they come from; those that are only tried out do not."""
    return list(client.each(*repo, "rules", "branches", branch))


def reviewed(client: Client, repo: tuple[str, ...], branch: str) -> bool:
    """True if a rule of a branch asks for a review of somebody else."""

    def asks(row: Any) -> bool:
        said = row.get("parameters") or {}
        return row.get("type") == "pull_request" and answers.number(said, "required_approving_review_count") > 0

    try:
        found = rules(client, repo, branch)
    except (Forbidden, Missing):
        return False
    return any(client.read(asks, row, *repo, "rules") for row in found)


def in_team(client: Client, account: Account, team: str) -> bool:
    """True if somebody is in a team now: asked of the forge, whatever a list says, and no invitation counts.

    account: as just fetched by id, for teams are asked by login; team: `organisation/slug`. Raises Missing where there
    is no such team: it was renamed, or is hidden from us.
    """
    org, _, slug = team.partition("/")
    place = ("orgs", org, "teams", slug)
    if not slug or "/" in slug:
        raise Missing("forge.missing", what=team, detail="")
    if not account.id or not account.active or account.bot:
        return False
    try:
        row = client.get(*place, "memberships", account.login)
    except Missing:
        # The same answer for a stranger and for a team that is gone.
        client.get(*place)
        return False
    return row.get("state") == "active"


def fold(client: Client, node: str) -> None:
    """Fold a comment away as outdated. node: its node id."""
    mutated(client, documents.MINIMIZE, subjectId=node, classifier="OUTDATED")


def unfold(client: Client, node: str) -> None:
    """Show a comment again. node: its node id."""
    mutated(client, documents.UNMINIMIZE, subjectId=node)


def mutated(client: Client, document: str, **said: Any) -> None:
    """Have GraphQL change something. Raises Missing where what is to be changed is not there."""
    data = client.ask(document, input=said)
    if not data or any(value is None for value in data.values()):
        raise Missing("forge.missing", what=next(iter(said.values()), ""), detail="")
