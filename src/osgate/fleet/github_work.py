"""An organisation and its repositories as `work.look` goes over them: read, held against the gate, mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from osgate.fleet import github_gate, merged
from osgate.fleet.github_files import of_flows, of_workflow, owned
from osgate.fleet.github_gate import NAME, Gate
from osgate.fleet.work import Step
from osgate.forges.protocol import Forbidden, Missing
from osgate.model.fleet import ADVICE, DRIFT, HOLE, Difference
from osgate.model.fleet_github import Organisation, Repository
from osgate.model.policy import Person
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.forges.github.settings import Settings

# Files that only their owners should let change: the gate's own, and one that stands for every lock.
_OWNED = (".osgate/osgate.lock", "package-lock.json")


@record
class Asked:
    """What the doctor looks at besides the settings. policy: path of the policy repository; since: instant from which
    merges are looked at, empty for none; owners: logins whose rights were told with the organisation."""

    policy: str
    since: str = ""
    owners: tuple[str, ...] = ()


class OrganisationRecipe:
    """`Recipe` for an organisation's own ruleset. Ids are its name."""

    def __init__(self, settings: Settings, gate: Gate) -> None:
        self._settings, self._gate = settings, gate

    def found(self, id: str) -> Organisation:
        """Return the organisation."""
        return self._settings.organisation(id, NAME)

    def differences(self, found: Organisation) -> tuple[Difference, ...]:
        """Return where its ruleset is not as it must be."""
        return tuple(github_gate.of_organisation(self._gate, found))

    def steps(self, found: Organisation, there: tuple[Difference, ...]) -> Iterator[Step]:
        """Yield the one write of the whole ruleset."""
        body = github_gate.wanted(self._gate, organisation=True, there=found.ruleset)
        yield lambda: self._settings.write_ruleset(found.path, found.ruleset.id if found.ruleset else 0, body)


class RepositoryRecipe:
    """`Recipe` for the repositories. own: each has a ruleset of its own, where the organisation cannot have one.

    asked: None where only what can be set counts.
    """

    def __init__(self, settings: Settings, gate: Gate, *, own: bool = False, asked: Asked | None = None) -> None:
        self._settings, self._gate, self._own, self._asked = settings, gate, own, asked
        self._now = cache(self._same)

    def found(self, id: str) -> Repository:
        """Return a repository; ids are paths."""
        from osgate.forges.github.settings import Wanted

        def naming(branch: str, existing: Callable[[], Iterable[str]]) -> list[str]:
            return github_gate.guarded(self._gate, branch, existing() if self._gate.branches else ())

        return self._settings.repository(id, Wanted(naming, NAME, self._asked is not None))

    def differences(self, found: Repository) -> tuple[Difference, ...]:
        """Return what gets in past the gate, and for the doctor who and what else bears on it."""
        own = github_gate.of_ruleset(self._gate, found.ours, organisation=False) if self._own else ()
        more = self._more(found, self._asked) if self._asked is not None else ()
        return (*own, *github_gate.of_repository(self._gate, found, self._asked.owners if self._asked else ()), *more)

    def _more(self, found: Repository, asked: Asked) -> Iterator[Difference]:
        for path in _OWNED:
            if not owned(found.owners, path):
                yield Difference("unowned", ADVICE, "CODEOWNERS", params=(("file", path),))
        if found.unknown:
            yield Difference("owners-unknown", HOLE, "CODEOWNERS", params=(("count", str(found.unknown)),))
        yield from of_flows(found.flows, asked.policy, self._now)
        if asked.since:
            yield from self._merged(found, asked)

    def _same(self, path: str, commit: str) -> bool:
        """Whether a file of the policy repository is at a commit what it is now."""
        policy = self._asked.policy if self._asked else ""
        now, then = self._settings.file(policy, path, ""), self._settings.file(policy, path, commit)
        return now is not None and then is not None and now[0] == then[0]

    def _merged(self, found: Repository, asked: Asked) -> Iterator[Difference]:
        gate = self._gate

        def guards(branch: str) -> bool:
            return branch == found.branch or any(github_gate.matches(one, branch) for one in gate.branches)

        try:
            merges = self._settings.merged(found.path, asked.since, gate.check, gate.app, guards)
            yield from merged.unchecked(merges, gate.check, "#")
        except (Forbidden, Missing) as error:
            yield Difference("unseen", HOLE, "pulls", params=(("why", str(error.params.get("detail", ""))),))

    def steps(self, found: Repository, there: tuple[Difference, ...]) -> Iterator[Step]:
        """Yield the write of its own ruleset, where it has to have one; else its organisation's does all."""
        if self._own and any(one.weight == DRIFT for one in there):
            body = github_gate.wanted(self._gate, organisation=False, there=found.ours)
            yield lambda: self._settings.write_ruleset(found.path, found.ours.id if found.ours else 0, body)


def of_policy(
    found: Repository, workflow: str | None, gate: Gate, people: Iterable[Person], forge: str
) -> Iterator[Difference]:
    """Yield what is not as it must be in the policy repository. workflow: what its file says, None where there is none;
    people: who decides; forge: its name in their accounts."""
    yield from github_gate.unseen(found.unseen)
    if workflow is None:
        yield Difference("no-workflow", HOLE, params=(("file", gate.path), ("project", found.path), ("ref", gate.ref)))
    elif not gate.app:
        yield from of_workflow(gate.path, workflow)
    if not found.private:
        yield Difference("public", HOLE, "visibility", "public", "private")
    types = {rule.type for _, rules in found.rules for rule in rules}
    old = found.protection
    if not ({"non_fast_forward", "deletion"} <= types or (old and not old.force and not old.delete)):
        yield Difference("policy-open", HOLE, "rules", params=(("branch", found.branch),))
    known = {id for person in people for name, id in person.accounts if name == forge}
    strange = [one.login for one in found.keepers if not one.bot and one.active and one.id not in known]
    if strange:
        about = (("count", str(len(strange))), ("names", ", ".join(strange[:5])))
        yield Difference("policy-keepers", ADVICE, "members", params=about)
