"""`enforce github` and `doctor github`: which repositories are meant, and what is looked at besides them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain

from osgate.cli import console, fleet
from osgate.cli.policy import written
from osgate.errors import OsgateError, UsageError
from osgate.fleet.github_app import of_app
from osgate.fleet.github_ruleset import EVERY, Gate, pinned
from osgate.fleet.github_work import Asked, OrganisationRecipe, RepositoryRecipe, of_policy
from osgate.fleet.github_workflow import hears_queue
from osgate.fleet.work import Looked, Merges
from osgate.forges.protocol import Missing
from osgate.model.finding import SLUGS
from osgate.model.fleet import HOLE, Difference
from osgate.model.forge import Project
from osgate.model.record import replace
from osgate.policy.valid import validate
from osgate.text.translator import Translator
from osgate.wiring_forges import forge

# The policy repository's workflow and the check it makes, where nothing else is said.
WORKFLOW, CHECK = ".github/workflows/osgate-gate.yml", "osgate / intake"
NEEDED = ("org", "policy-project")
OPTIONS = (*NEEDED, "workflow", "check", "app", "branches", "reviewers")
SWITCHES = ("merge-queue",)
DOCTOR_OPTIONS = ("policy", "merged-since")


class GitHubFleet:
    """An organisation of a GitHub, as the flags and the environment name it. command: who asks, for what it complains.

    Raises UsageError (`forge.*`, `usage`).
    """

    def __init__(self, command: str, asked: Mapping[str, str]) -> None:
        app = asked.get("app", "0")
        if not (app.isascii() and app.isdigit()):
            raise console.usage(command, console.words()("usage.number", flag="app", found=app))
        if int(app) and "check" not in asked:
            # Whatever name we took here would be another one than the desk's.
            raise console.usage(command, console.words()("usage.app-check"))
        found = forge("github", asked.get("address", ""), os.environ)
        from osgate.forges.github.adapter import GitHub
        from osgate.forges.github.settings import Settings

        assert isinstance(found, GitHub)  # noqa: S101 - the adapter of that name
        self._command, self._asked, self._forge = command, asked, found
        self._settings, self._app = Settings(found.client), int(app)
        self._workflow = cache(self._fetched)

    def enforced(self, *, write: bool) -> Iterator[Looked]:
        """Return what differs, or was mended: the organisation's ruleset, then the repositories.

        Raises UsageError where there is nothing that could be run (`fleet.*`).
        """
        gate, projects = self._gate(self._policy()), self._projects()
        heard = self._ready(gate)
        doubts = self._doubts(gate, projects)
        hole = next((one for one in doubts if one.weight == HOLE), None)
        if write and hole is not None:
            raise UsageError(f"fleet.{hole.code}", **dict(hole.params))
        offered = self._offered(gate)
        if gate.app and offered:
            gate = replace(gate, left_out=(*gate.left_out, *self._queued(projects)))
        own = RepositoryRecipe(self._settings, gate, own=not offered, heard=heard)
        above, org = OrganisationRecipe(self._settings, gate), self._asked["org"]
        # One after the other: what the organisation's ruleset mends is right when a repository is looked at.
        first = fleet.looked(above, [(org, org)], write=write) if offered else iter(())
        told = [Looked("", org, doubts)] if doubts else []
        return chain(told, first, fleet.looked(own, projects, write=write))

    def _doubts(self, gate: Gate, projects: list[tuple[str, str]]) -> tuple[Difference, ...]:
        """Why the app's check would be waited for in vain; nothing where none is asked for."""
        from osgate.forges.github import presence

        if not gate.app:
            return ()
        org, paths = self._asked["org"], (path for _, path in projects)
        seen = presence.seen(self._forge.client, paths, gate.check, gate.app)
        return tuple(of_app(gate, org, presence.reach(self._forge.client, org, gate.app), seen))

    def _queued(self, projects: list[tuple[str, str]]) -> Iterator[str]:
        """Names of repositories with a merge queue, which would wait for the app's check in vain."""
        from osgate.forges.github import presence

        return (path.rpartition("/")[2] for _, path in projects if presence.queued(self._forge.client, path))

    def _ready(self, gate: Gate) -> bool:
        """Whether what is required starts for a merge queue as well. Raises UsageError where nothing would merge."""
        if gate.app and gate.queue:
            raise UsageError("fleet.queue-with-app", check=gate.check)
        if gate.app:
            return True
        workflow = self._workflow(gate)
        heard = workflow is not None and hears_queue(workflow)
        about = {"file": gate.path, "project": self._asked["policy-project"], "ref": gate.ref}
        if workflow is None:
            raise UsageError("fleet.no-workflow", **about)
        if gate.queue and not heard:
            raise UsageError("fleet.no-merge-group", **about)
        return heard

    def _heard(self, gate: Gate) -> bool:
        """The same for the doctor. That the workflow cannot be read is told with the policy repository."""
        try:
            return bool(gate.app) or hears_queue(self._workflow(gate) or "")
        except OsgateError:
            return True

    def heading(self, t: Translator) -> str:
        """Return what kind of GitHub this is."""
        version = self._settings.version()
        key = "doctor.hub-version" if version else "doctor.hub"
        return t(key, address=self._forge.address, version=version)

    def examined(self) -> Iterator[Looked]:
        """Return what can be passed by: at the policy repository, the organisation, the repositories."""
        since = fleet.day(self._command, self._asked, "merged-since")
        return self._examined(self._projects(), since and f"{since}T00:00:00Z")

    def bypassed(self, since: str) -> Iterator[Looked]:
        """Return what was merged past the gate since a day, repository by repository."""
        past = RepositoryRecipe(self._settings, self._gate(self._policy()))
        recipe = Merges(self._forge, lambda found: past.merged(found.path, found.branch, f"{since}T00:00:00Z"))
        return fleet.looked(recipe, self._projects(), write=False)

    def _examined(self, projects: list[tuple[str, str]], since: str) -> Iterator[Looked]:
        policy = self._policy()
        gate, org = self._gate(policy), self._asked["org"]
        yield self._own(policy, gate)
        heard = self._heard(gate)
        above = OrganisationRecipe(self._settings, gate)
        found = above.found(org)
        yield Looked("", org, (*self._doubts(gate, projects), *above.differences(found)))
        doctor = Asked(policy.path, since, found.owners)
        lone = not found.offered and bool(gate.app)
        recipe = RepositoryRecipe(self._settings, gate, own=lone, heard=heard, asked=doctor)
        yield from fleet.looked(recipe, projects, write=False)

    def _own(self, policy: Project, gate: Gate) -> Looked:
        valid = validate(written(self._asked["policy"]), SLUGS) if "policy" in self._asked else None
        people = tuple(valid.people.values()) if valid else ()
        named = valid.policy.witness.forge if valid and valid.policy.witness else "github"
        bare = RepositoryRecipe(self._settings, gate, asked=Asked(policy.path))
        try:
            there = bare.found(policy.path)
            return Looked(there.id, there.path, tuple(of_policy(there, self._workflow(gate), gate, people, named)))
        except OsgateError as error:
            return Looked(policy.id, policy.path, failed=error)

    def _policy(self) -> Project:
        path = self._asked["policy-project"]
        try:
            return self._settings.policy(path)
        except Missing:
            raise UsageError("fleet.no-policy-repository", project=path) from None

    def _gate(self, policy: Project) -> Gate:
        asked = self._asked
        path, _, ref = asked.get("workflow", WORKFLOW).partition("@")
        ref = ref or policy.branch
        whole = ref if pinned(ref) or ref.startswith("refs/") else f"refs/heads/{ref}"
        owner, _, name = policy.path.partition("/")
        mine = [name] if owner.casefold() == asked["org"].casefold() else []
        left_out = [*_names(asked.get("except", "")), *mine]
        branches = tuple(name.strip() for name in asked.get("branches", "").split(",") if name.strip())
        only = tuple(_names(asked.get("only", ""))) or (EVERY,)
        check = asked.get("check", CHECK)
        return Gate(
            int(policy.id),
            path,
            whole,
            check,
            self._app,
            branches,
            only,
            tuple(left_out),
            queue="merge-queue" in asked,
            team=self._team(asked["reviewers"]) if "reviewers" in asked else 0,
            reviewers=asked.get("reviewers", ""),
        )

    def _team(self, path: str) -> int:
        """The id of a team as it is now; GitHub takes only one of the organisation that owns the repositories."""
        org, _, slug = path.partition("/")
        try:
            if org.casefold() == self._asked["org"].casefold() and slug:
                return self._settings.team(path)
        except Missing:
            pass
        raise UsageError("fleet.no-team", team=path, org=self._asked["org"])

    def _fetched(self, gate: Gate) -> str | None:
        found = self._settings.file(self._asked["policy-project"], gate.path, gate.ref.removeprefix("refs/heads/"))
        return None if found is None else found[1]

    def _offered(self, gate: Gate) -> bool:
        """Whether the organisation's plan has rulesets for all repositories. Without, only an app's check can hold."""
        found = OrganisationRecipe(self._settings, gate).found(self._asked["org"])
        if not found.offered and not gate.app:
            raise UsageError("fleet.needs-app", org=self._asked["org"])
        return found.offered

    def _projects(self) -> list[tuple[str, str]]:
        """The repositories that are meant: all of the organisation but the policy repository."""
        try:
            found = self._settings.repositories(self._asked["org"])
        except Missing:
            raise UsageError("fleet.no-org", org=self._asked["org"]) from None
        return fleet.chosen(found, self._asked, (self._asked["policy-project"],))


def _names(given: str) -> Iterator[str]:
    """Globs of paths as a ruleset takes them: of names."""
    return (glob.rpartition("/")[2] for glob in fleet.globs(given))
