"""Reading and writing what an organisation and its repositories are set to, for `enforce` and `doctor`."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from osgate.forges import fields
from osgate.forges.asking import Rejected
from osgate.forges.github import answers, merges
from osgate.forges.github.client import Client, Json
from osgate.forges.github.merges import Counts
from osgate.forges.protocol import Forbidden, Missing
from osgate.model.fleet import Merge
from osgate.model.fleet_github import (
    ACTIVE,
    REPOSITORY,
    Flow,
    Organisation,
    Protection,
    Repository,
    Rule,
    Ruleset,
)
from osgate.model.forge import Account, Project
from osgate.model.record import record, replace

T = TypeVar("T")
Place = tuple[str | int, ...]
# Names to ask for: of the default branch, and of those that exist where they are wanted.
Naming = Callable[[str, Callable[[], Iterable[str]]], list[str]]
_OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_FLOW = re.compile(r"\.github/workflows/osgate[^/]*\.ya?ml")
# Ways to merge as rules name them, and the field of a repository that tells whether it has each.
_METHODS = (("MERGE", "allow_merge_commit"), ("SQUASH", "allow_squash_merge"), ("REBASE", "allow_rebase_merge"))
# What a team has to be in a repository for its members' approvals to count.
_WRITES = ("push", "maintain", "admin")
_UNPROCESSABLE = 422
# Parameters of rules that are lists of objects.
_ROWS = ("required_status_checks", "workflows", "required_reviewers")
_UPGRADE = re.compile(r"\bupgrade to\b", re.IGNORECASE)


@record
class Wanted:
    """What of a repository is asked for. naming: see Naming; name, queue: of our rulesets; team: id of the one whose
    right to write counts, 0 for none; more: what only the doctor sees."""

    naming: Naming
    name: str
    queue: str = ""
    team: int = 0
    more: bool = False


class Settings:
    """The settings below one GitHub's organisations. Raises the protocol's failures from every method."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def version(self) -> str:
        """Return the version of an Enterprise Server; empty for github.com, which tells none."""
        try:
            row = self._client.get("meta")
        except (Forbidden, Missing):
            return ""
        return self._client.read(lambda row: fields.text(row, "installed_version", default=""), row, "meta")

    def repositories(self, org: str) -> list[tuple[str, str]]:
        """Return (path, path) of every repository of an organisation that we see, archived ones left out."""
        place = ("orgs", org, "repos")
        rows = list(self._client.each(*place, type="all"))
        paths = [self._client.read(_path, row, *place) for row in rows if row.get("archived") is not True]
        return sorted((path, path) for path in paths)

    def policy(self, path: str) -> Project:
        """Return the policy repository."""
        return self._client.read(answers.project, self._client.get(*_repo(path)), *_repo(path))

    def file(self, path: str, file: str, ref: str) -> tuple[str, str] | None:
        """Return the id of a file's content, and the content, at a ref; None where it is not there."""
        place = (*_repo(path), "contents", file)
        try:
            row = self._client.get(*place, ref=ref or None)
        except Missing:
            return None
        return self._client.read(_content, row, *place)

    def organisation(self, org: str, name: str) -> Organisation:
        """Return an organisation with the ruleset called `name`."""
        unseen: list[tuple[str, str]] = []
        ruleset, offered = None, True
        try:
            ruleset = self._ruleset(("orgs", org, "rulesets"), name)
        except Forbidden as error:
            # What a plan does not have is refused in the words of an offer.
            offered = not _UPGRADE.search(str(error.params.get("detail")))
            unseen += [("rulesets", str(error.params.get("detail")))] if offered else []
        except Missing as error:
            unseen.append(("rulesets", str(error.params.get("detail"))))
        owners = self._listed(unseen, lambda row: answers.account(row).login, "orgs", org, "members", role="admin")
        return Organisation("", org, ruleset, tuple(sorted(owners)), offered, tuple(unseen))

    def repository(self, path: str, wanted: Wanted) -> Repository:
        """Return one repository. What we may not see is named in `unseen`."""
        repo, unseen = _repo(path), list[tuple[str, str]]()
        row = self._client.get(*repo)
        known = self._client.read(answers.project, row, *repo)
        names = wanted.naming(known.branch, lambda: self._listed(unseen, _name, *repo, "branches"))
        rules = [(name, tuple(self._rules(unseen, repo, name))) for name in names]
        listed = self._listed(unseen, _brief, *repo, "rulesets", includes_parents="true", targets="branch")
        found = Repository(
            known.id,
            known.path,
            known.branch,
            known.url,
            row.get("private") is not False,
            tuple(rules),
            ours=self._own(repo, listed, wanted.name),
            queue=self._own(repo, listed, wanted.queue),
            methods=tuple(name for name, field in _METHODS if row.get(field) is True),
            weak=self._weak(unseen, repo, wanted.team),
            asleep=tuple(one for one in listed if one.enforcement != ACTIVE),
            protection=self._protection(unseen, repo, known.branch),
        )
        if wanted.more:
            found = self._with_more(found, repo, unseen)
        return replace(found, unseen=tuple(unseen))

    def team(self, path: str) -> int:
        """Return the id of a team, `organisation/slug`. Raises Missing where there is none, or none that we see."""
        org, _, slug = path.partition("/")
        place = ("orgs", org, "teams", slug)
        return self._client.read(lambda row: answers.number(row, "id"), self._client.get(*place), *place)

    def write_ruleset(self, where: str, id: int, body: Mapping[str, Any], bare: Mapping[str, Any] | None = None) -> str:
        """Put a ruleset in its place, or make it. where: an organisation, or a repository's path; id: 0 for none.

        bare: what to write where the server does not take `body` (422), as an older one that does not know all of it.
        Returns its words for that, empty where it took `body`.
        """
        try:
            self._write(where, id, body)
        except Rejected as error:
            if bare is None or error.status != _UNPROCESSABLE:
                raise
            self._write(where, id, bare)
            return error.detail
        return ""

    def _write(self, where: str, id: int, body: Mapping[str, Any]) -> None:
        place: Place = (*_repo(where), "rulesets") if "/" in where else ("orgs", where, "rulesets")
        if id:
            self._client.put(*place, id, body=body)
        else:
            self._client.post(*place, body=body)

    def merged(self, path: str, since: str, counts: Counts, guarded: Callable[[str], bool]) -> Iterator[Merge]:
        """Yield the pull requests merged into guarded branches at or after an instant, with the gate's runs on their
        heads. since: ISO 8601 with a zone."""
        return merges.merged(self._client, _repo(path), since, counts, guarded)

    def _with_more(self, found: Repository, repo: Place, unseen: list[tuple[str, str]]) -> Repository:
        def keeper(row: Json) -> Account | None:
            return answers.account(row) if (row.get("permissions") or {}).get("admin") is True else None

        people = self._listed(unseen, keeper, *repo, "collaborators", permission="admin")
        owners = next(filter(None, (self.file(found.path, path, "") for path in _OWNERS)), None)
        flows = self._listed(unseen, _path_of, *repo, "actions", "workflows", within="workflows")
        texts = [(path, self.file(found.path, path, "")) for path in flows if _FLOW.fullmatch(path)]
        return replace(
            found,
            keepers=tuple(one for one in people if one is not None),
            owners=owners[1] if owners else "",
            unknown=self._unknown(repo) if owners else 0,
            flows=tuple(Flow(path, there[1]) for path, there in texts if there),
        )

    def _weak(self, unseen: list[tuple[str, str]], repo: Place, team: int) -> bool:
        """Whether a team may not write. What is not for us to see is told as that."""
        before = len(unseen)
        return bool(team) and team not in self._listed(unseen, _writing, *repo, "teams") and len(unseen) == before

    def _unknown(self, repo: Place) -> int:
        try:
            return len(self._client.get(*repo, "codeowners", "errors").get("errors") or ())
        except Missing:
            return 0

    def _listed(
        self,
        unseen: list[tuple[str, str]],
        convert: Callable[[Json], T],
        *place: str | int,
        within: str = "",
        **query: Any,
    ) -> list[T]:
        try:
            return [
                self._client.read(convert, row, *place) for row in self._client.each(*place, within=within, **query)
            ]
        except (Forbidden, Missing) as error:
            # Of `actions/workflows` the part that is a name of its own.
            what = "actions" if "actions" in place else str(place[-1])
            unseen.append((what, str(error.params.get("detail", ""))))
            return []

    def _rules(self, unseen: list[tuple[str, str]], repo: Place, branch: str) -> list[Rule]:
        place: Place = (*repo, "rules", "branches", branch)
        try:
            return [self._client.read(_rule, row, *place) for row in self._client.each(*place)]
        except (Forbidden, Missing) as error:
            unseen.append(("rules", str(error.params.get("detail", ""))))
            return []

    def _ruleset(self, place: Place, name: str) -> Ruleset | None:
        rows = [self._client.read(_brief, row, *place) for row in self._client.each(*place)]
        return next((self._whole(place, one) for one in rows if one.name == name), None)

    def _own(self, repo: Place, listed: Iterable[Ruleset], name: str) -> Ruleset | None:
        found = next((one for one in listed if name and (one.name, one.level) == (name, REPOSITORY)), None)
        return self._whole((*repo, "rulesets"), found) if found else None

    def _whole(self, place: Place, brief: Ruleset) -> Ruleset:
        """Return a ruleset with its rules; a list leaves them out."""
        return self._client.read(_whole, self._client.get(*place, brief.id), *place)

    def _protection(self, unseen: list[tuple[str, str]], repo: Place, branch: str) -> Protection | None:
        """Return a branch's protection. GitHub answers 404 both where there is none and where it is hidden."""
        place: Place = (*repo, "branches", branch, "protection")
        if not branch:
            return None
        try:
            return self._client.read(_protection, self._client.get(*place), *place)
        except Missing:
            return None
        except Forbidden as error:
            if not _UPGRADE.search(str(error.params.get("detail"))):
                unseen.append(("protection", str(error.params.get("detail", ""))))
            return None


def _repo(path: str) -> tuple[str, str, str]:
    owner, slash, name = path.partition("/")
    if not (owner and name and slash) or "/" in name:
        raise Missing("forge.missing", what=path, detail="")
    return "repos", owner, name


def _path(row: Json) -> str:
    return fields.text(row, "full_name")


def _path_of(row: Json) -> str:
    return fields.text(row, "path")


def _writing(row: Json) -> int:
    """The id of a team that may write, 0 for one that may not. A role of its own making is told by what it permits."""
    may = row.get("permissions") or {}
    writes = fields.text(row, "permission", default="") in _WRITES or may.get("push") is True
    return answers.number(row, "id") if writes else 0


def _name(row: Json) -> str:
    return fields.text(row, "name")


def _content(row: Json) -> tuple[str, str]:
    """The id and text of a file; one over GitHub's limit comes without, and a folder or link is no file."""
    if row.get("type") != "file":
        raise TypeError("no file")
    return fields.text(row, "sha"), base64.b64decode(fields.text(row, "content", default="")).decode(errors="replace")


def _rule(row: Json) -> Rule:
    said = dict(row.get("parameters") or {})
    for one in (row for name in _ROWS for row in said.get(name) or ()):
        if not isinstance(one, dict):
            raise TypeError("no JSON object")
    for one in said.get("required_reviewers") or ():
        _reviewer(one)
    level = fields.text(row, "ruleset_source_type", default="")
    return Rule(fields.text(row, "type"), said, level, int(row.get("ruleset_id") or 0))


def _reviewer(row: Json) -> tuple[int, int, list[str]]:
    """A team's id, how many of it have to approve, and which files; raises what a row of another shape raises."""
    files = [pattern.strip() for pattern in row["file_patterns"]]
    return answers.number(row["reviewer"], "id"), answers.number(row, "minimum_approvals"), files


def _brief(row: Json) -> Ruleset:
    level, mode = fields.text(row, "source_type", default=""), fields.text(row, "enforcement")
    return Ruleset(answers.number(row, "id"), fields.text(row, "name"), level, mode, dict(row.get("conditions") or {}))


def _whole(row: Json) -> Ruleset:
    rows = row.get("bypass_actors")
    bypass = None if rows is None else tuple(_actor(one) for one in rows)
    return replace(_brief(row), rules=tuple(_rule(one) for one in row.get("rules") or ()), bypass=bypass)


def _actor(row: Json) -> str:
    number = f" {row['actor_id']}" if row.get("actor_id") else ""
    return f"{fields.text(row, 'actor_type')}{number} ({fields.text(row, 'bypass_mode', default='always')})"


def _protection(row: Json) -> Protection:
    checks = (row.get("required_status_checks") or {}).get("checks") or ()
    reviews = row.get("required_pull_request_reviews") or {}
    return Protection(
        tuple((fields.text(one, "context"), max(0, int(one.get("app_id") or 0))) for one in checks),
        _on(row, "enforce_admins"),
        _on(row, "allow_force_pushes"),
        _on(row, "allow_deletions"),
        bool(reviews),
        reviews.get("dismiss_stale_reviews") is True,
        (row.get("required_status_checks") or {}).get("strict") is True,
    )


def _on(row: Json, name: str) -> bool:
    return (row.get(name) or {}).get("enabled") is True
