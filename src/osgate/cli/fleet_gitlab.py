"""`enforce gitlab` and `doctor gitlab`: which projects are meant, and what is looked at besides them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from osgate.cli import fleet
from osgate.cli.policy import written
from osgate.errors import OsgateError, UsageError
from osgate.fleet import gitlab_policy
from osgate.fleet.gitlab_gate import Gate
from osgate.fleet.gitlab_work import Asked, GitLabRecipe, groups
from osgate.fleet.work import Looked, Merges
from osgate.forges.protocol import Missing
from osgate.model.finding import SLUGS
from osgate.model.fleet import HOLE, Difference, Found
from osgate.policy.build import ValidPolicy
from osgate.policy.valid import validate
from osgate.text.translator import Translator
from osgate.wiring_forges import forge

# The file of the policy project that every pipeline is made from, and the gate's job, where nothing else is said.
CONFIG, JOB = "application.yml", "osgate"
NEEDED = ("group", "policy-project")
OPTIONS = (*NEEDED, "bell-project", "config", "bell", "branches")
SWITCHES: tuple[str, ...] = ()
DOCTOR_OPTIONS = ("policy", "merged-since", "job")


class GitLabFleet:
    """A group of a GitLab, as the flags and the environment name it. Raises UsageError (`forge.*`)."""

    def __init__(self, command: str, asked: Mapping[str, str]) -> None:
        found = forge("gitlab", asked.get("address", ""), os.environ)
        from osgate.forges.gitlab.adapter import GitLab
        from osgate.forges.gitlab.settings import Settings

        assert isinstance(found, GitLab)  # noqa: S101 - the adapter of that name
        self._asked, self._forge, self._settings = asked, found, Settings(found.client)
        self._command, self._gate = command, _gate(asked)

    def enforced(self, *, write: bool) -> Iterator[Looked]:
        """Return what differs, or was mended. Raises UsageError where pipelines would come from nowhere (`fleet.*`)."""
        lacking = next(self._lacking(), None)
        if lacking is not None:
            raise UsageError(f"fleet.{lacking.code}", **dict(lacking.params))
        recipe = GitLabRecipe(self._settings, self._gate)
        return fleet.looked(recipe, self._projects(), write=write)

    def heading(self, t: Translator) -> str:
        """Return what kind of GitLab this is."""
        try:
            able = self._forge.able(self._asked["policy-project"])
        except Missing:
            return t("doctor.forge-bare", address=self._forge.address)
        key = "doctor.forge" if able.version and able.tier else "doctor.forge-version"
        key = key if able.version else "doctor.forge-bare"
        return t(key, address=self._forge.address, version=able.version, tier=able.tier)

    def examined(self) -> Iterator[Looked]:
        """Return what can be passed by: at the policy project, the bell, the groups, the projects."""
        projects = self._projects()
        since = fleet.day(self._command, self._asked, "merged-since")
        doctor = Asked(since and f"{since}T00:00:00Z", self._asked.get("job", JOB))
        return self._examined(projects, GitLabRecipe(self._settings, self._gate, doctor))

    def bypassed(self, since: str) -> Iterator[Looked]:
        """Return what was merged past the gate since a day, project by project."""
        past, asked = GitLabRecipe(self._settings, self._gate), Asked(f"{since}T00:00:00Z", self._asked.get("job", JOB))
        recipe = Merges(self._forge, lambda found: past.merged(found.id, found.branch, asked))
        return fleet.looked(recipe, self._projects(), write=False)

    def _examined(self, projects: list[tuple[str, str]], recipe: GitLabRecipe) -> Iterator[Looked]:
        own = [self._asked[flag] for flag in ("policy-project", "bell-project") if flag in self._asked]
        valid = validate(written(self._asked["policy"]), SLUGS) if "policy" in self._asked else None
        yield self._policy(valid)
        if "bell-project" in self._asked:
            yield self._own(self._asked["bell-project"], "no-bell-project", gitlab_policy.of_bell)
        yield from groups(self._settings, [*own, *(path for _, path in projects)])
        yield from fleet.looked(recipe, projects, write=False)

    def _policy(self, valid: ValidPolicy | None) -> Looked:
        """The policy project, and the file in it that all pipelines are made from."""
        people = tuple(valid.people.values()) if valid else ()
        named = valid.policy.witness.forge if valid and valid.policy.witness else "gitlab"

        def differences(there: Found) -> Iterator[Difference]:
            yield from self._lacking()
            yield from gitlab_policy.of_policy(there, people, named)

        return self._own(self._asked["policy-project"], "no-policy-project", differences, schedules=True)

    def _own(self, path: str, missing: str, differences: Any, *, schedules: bool = False) -> Looked:
        try:
            there = self._settings.found(path, variables=True, schedules=schedules)
            return Looked(there.id, there.path, tuple(differences(there)))
        except Missing:
            return Looked("", path, (Difference(missing, HOLE, params=(("project", path),)),))
        except OsgateError as error:
            return Looked("", path, failed=error)

    def _lacking(self) -> Iterator[Difference]:
        """What no pipeline would start without."""
        file, project, ref = self._gate.source
        try:
            if not self._settings.has(project, file, ref):
                about = (("file", file), ("project", project), ("ref", ref))
                yield Difference("no-config", HOLE, params=about)
        except Missing:
            yield Difference("no-policy-project", HOLE, params=(("project", project),))

    def _projects(self) -> list[tuple[str, str]]:
        """The projects that are meant: all below the group but the policy project and the bell."""
        asked = self._asked
        try:
            found = self._settings.projects(asked["group"])
        except Missing:
            raise UsageError("fleet.no-group", group=asked["group"]) from None
        return fleet.chosen(found, asked, (asked["policy-project"], asked.get("bell-project", "")))


def _gate(asked: Mapping[str, str]) -> Gate:
    """What is wanted of every project."""
    config = asked.get("config") or CONFIG
    where = config if "@" in config else f"{config}@{asked['policy-project']}"
    branches = tuple(name.strip() for name in asked.get("branches", "").split(",") if name.strip())
    return Gate(where, asked.get("bell", ""), branches=branches)
