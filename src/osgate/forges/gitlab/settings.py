"""Reading and writing the settings of GitLab projects that bear on the gate, for `enforce` and `doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from osgate.errors import OsgateError
from osgate.forges.gitlab import answers
from osgate.forges.gitlab.client import Client, Json
from osgate.forges.protocol import Forbidden, Missing
from osgate.model.fleet import MAINTAINER, Found, Guarded, Hook, Variable

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

    def found(self, project: str, *, secrets: bool = False) -> Found:
        """Return a project's settings. secrets: also which CI variables and schedules there are.

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
            listed(_variable, "variables") if secrets else (),
            keepers,
            sum(listed(lambda one: one.get("active") is True, "pipeline_schedules")) if secrets else 0,
            tuple(unseen),
        )

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
