"""Reading and writing the settings of GitLab projects that bear on the gate, for `enforce` and `doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from osgate.errors import OsgateError
from osgate.forges import fields
from osgate.forges.asking import Rejected
from osgate.forges.gitlab import answers
from osgate.forges.gitlab.client import Client, Json
from osgate.forges.protocol import Forbidden, Missing
from osgate.model.fleet import MAINTAINER, Checked, Found, Guarded, Hook, Merge, Variable
from osgate.model.record import replace

T = TypeVar("T")


class Settings:
    """The settings below one GitLab's groups. Raises the protocol's failures from every method."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def projects(self, group: str) -> list[tuple[str, str]]:
        """Return (id, path) of every project below a group (its path), subgroups included, archived ones left out."""
        rows = self._client.each(
            "groups", group, "projects", include_subgroups="true", archived="false", with_shared="false", simple="true"
        )
        found = [self._client.read(_named, row, "groups", group, "projects") for row in rows]
        return sorted(found, key=lambda one: one[1])

    def found(self, project: str, *, variables: bool = False, schedules: bool = False) -> Found:
        """Return a project's settings. variables, schedules: also which CI variables, which active schedules there are.

        What we may not see is named in `unseen`; a project that is not there raises Missing.
        """
        row = self._client.get("projects", project)
        id, path = self._client.read(_named, row, "projects", project)
        unseen: list[tuple[str, str]] = []

        def listed(convert: Callable[[Json], T], *below: str, **query: Any) -> tuple[T, ...]:
            place = ("projects", id, *below)
            try:
                return tuple([self._client.read(convert, one, *place) for one in self._client.each(*place, **query)])
            except (Forbidden, Missing) as error:
                unseen.append((below[0], str(error.params.get("detail", ""))))
                return ()

        members = listed(_member, "members", "all")
        keepers = tuple(account for level, account in members if level >= MAINTAINER)
        return Found(
            id,
            path,
            str(row.get("default_branch") or ""),
            str(row.get("web_url") or ""),
            row,
            listed(_guarded, "protected_branches"),
            listed(_hook, "hooks"),
            listed(_variable, "variables") if variables else (),
            keepers,
            sum(listed(lambda one: one.get("active") is True, "pipeline_schedules")) if schedules else 0,
            tuple(unseen),
        )

    def group_variables(self, group: str) -> tuple[Variable, ...]:
        """Return the CI variables of a group, which its projects inherit; an Owner's to see."""
        place = ("groups", group, "variables")
        return tuple([self._client.read(_variable, row, *place) for row in self._client.each(*place)])

    def has(self, project: str, path: str, ref: str) -> bool:
        """Whether a project has a file at a ref. Raises Missing for the project."""
        self._client.get("projects", project)
        try:
            self._client.get("projects", project, "repository", "files", path, ref=ref)
        except Missing:
            return False
        return True

    def approvals(self, project: str) -> tuple[str, ...]:
        """Return the approval rules that want somebody, `NAME (HOW MANY)`; none where the tier has no such rules, or
        they are not ours to see."""
        place = ("projects", project, "approval_rules")
        try:
            rows = [self._client.read(_approval, row, *place) for row in self._client.each(*place)]
        except (Forbidden, Missing, Rejected):
            return ()
        return tuple([f"{name} ({count})" for name, count in rows if count])

    def merged(self, project: str, since: str, job: str, guarded: Callable[[str], bool]) -> Iterator[Merge]:
        """Yield the merge requests merged into guarded branches at or after an instant, with the pipelines that ran
        `job` for them.

        A pipeline of a fork is none of the project's own. since: ISO 8601 with a zone.
        """
        place = ("projects", project, "merge_requests")
        start = datetime.fromisoformat(since)
        for row in self._client.each(*place, state="merged", scope="all", updated_after=since):
            found = self._client.read(_merge, row, *place)
            target = self._client.read(lambda row: fields.text(row, "target_branch"), row, *place)
            if datetime.fromisoformat(found.at) >= start and guarded(target):
                checks = tuple(self._runs(project, found, job))
                yield replace(found, checks=checks)

    def _runs(self, project: str, merge: Merge, job: str) -> Iterator[Checked]:
        place = ("projects", project)
        for row in self._client.each(*place, "merge_requests", merge.number, "pipelines"):
            id, owner, commit, status = self._client.read(_pipeline, row, *place, "merge_requests")
            jobs = self._client.each(*place, "pipelines", id, "jobs") if owner == project else ()
            read = [self._client.read(_job, one, *place, "pipelines") for one in jobs]
            ends = [(ended, passed) for name, passed, ended in read if name == job]
            if not ends:
                continue
            parents = () if commit == merge.head else self._parents(project, commit)
            passed = status == "success" and all(passed for _, passed in ends)
            yield Checked(commit, passed, max(ended for ended, _ in ends), parents)

    def _parents(self, project: str, commit: str) -> tuple[str, ...]:
        """Return what a merge of GitLab's own was made of; nothing where it was cleared away since."""
        place = ("projects", project, "repository", "commits", commit)
        try:
            return self._client.read(lambda row: tuple(map(str, row["parent_ids"])), self._client.get(*place), *place)
        except Missing:
            return ()

    def set(self, project: str, settings: Mapping[str, Any]) -> None:
        """Write settings of a project, by the API's names."""
        self._client.put("projects", project, body=settings)

    def guard(self, project: str, wanted: Guarded, there: Guarded | None) -> None:
        """Protect a branch as `wanted`. there: how it is protected now; then GitLab Free wants it taken off first.

        Where that works and the rest does not, it is put back as it was.
        """
        if there is not None:
            self._client.delete("projects", project, "protected_branches", wanted.name)
        try:
            self._client.post("projects", project, "protected_branches", body=_protection(wanted))
        except OsgateError:
            if there is not None:
                self._client.post("projects", project, "protected_branches", body=_protection(there))
            raise

    def ring(self, project: str, url: str, events: tuple[str, ...], hook: str = "") -> None:
        """Have a project ring the bell at `url` on `events`. hook: the id of the one that does it already."""
        body: dict[str, Any] = {"url": url, "push_events": False, "enable_ssl_verification": True}
        body.update(dict.fromkeys(events, True))
        if hook:
            self._client.put("projects", project, "hooks", hook, body=body)
        else:
            self._client.post("projects", project, "hooks", body=body)


def _protection(guard: Guarded) -> Json:
    """A protection by access levels, which every tier has; single accounts fall to the strictest."""
    push, merge = max(0, *guard.push, 0), max(0, *guard.merge, 0)
    return {
        "name": guard.name,
        "push_access_level": push,
        "merge_access_level": merge,
        "allow_force_push": guard.force,
    }


def _named(row: Json) -> tuple[str, str]:
    return str(int(row["id"])), str(row["path_with_namespace"])


def _member(row: Json) -> tuple[int, Any]:
    return int(row["access_level"]), answers.account(row)


def _levels(rows: Any) -> Iterator[int]:
    """Access levels; -1 where a row names an account or a group."""
    for row in rows or ():
        single = row.get("user_id") or row.get("group_id") or row.get("deploy_key_id")
        yield -1 if single else int(row["access_level"])


def _guarded(row: Json) -> Guarded:
    push, merge = tuple(_levels(row["push_access_levels"])), tuple(_levels(row["merge_access_levels"]))
    return Guarded(str(row["name"]), push, merge, row.get("allow_force_push") is True)


def _hook(row: Json) -> Hook:
    events = tuple(sorted(name for name, value in row.items() if name.endswith("_events") and value is True))
    return Hook(str(int(row["id"])), str(row["url"]), events, row.get("enable_ssl_verification") is not False)


def _variable(row: Json) -> Variable:
    return Variable(str(row["key"]), row.get("protected") is True, row.get("masked") is True)


def _approval(row: Json) -> tuple[str, int]:
    return fields.text(row, "name"), fields.number(row, "approvals_required")


def _merge(row: Json) -> Merge:
    """A merged request; one that says no time was merged before GitLab wrote it down."""
    at = fields.instant(row, "merged_at") if row.get("merged_at") else fields.instant(row, "updated_at")
    return Merge(fields.number(row, "iid"), fields.text(row, "sha", default=""), at, str(row.get("web_url") or ""))


def _pipeline(row: Json) -> tuple[str, str, str, str]:
    return fields.ident(row), fields.ident(row, "project_id"), fields.text(row, "sha"), str(row.get("status"))


def _job(row: Json) -> tuple[str, bool, str]:
    ended = fields.instant(row, "finished_at") if row.get("finished_at") else ""
    return fields.text(row, "name"), row.get("status") == "success", ended
