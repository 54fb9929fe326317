"""An organisation and its repositories as `work.look` goes over them: read, held against the gate, mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from osgate.errors import Refused
from osgate.fleet import github_gate, github_queue, github_review, github_ruleset, merged
from osgate.fleet.github_files import of_flows, owned
from osgate.fleet.github_ruleset import NAME, Gate
from osgate.fleet.github_workflow import of_workflow
from osgate.fleet.work import Step
from osgate.forges.protocol import Forbidden, Missing
from osgate.model.fleet import ADVICE, DRIFT, HOLE, Difference
from osgate.model.fleet_github import Organisation, Repository, Ruleset
from osgate.model.policy import Person
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.forges.github.settings import Settings

# Files that only their owners should let change: the gate's own, and one that stands for every lock.
_OWNED = (".osgate/osgate.lock", "package-lock.json")
# What the queue's own ruleset mends.
_OF_QUEUE = {"queue", "queue-head"}


@record
class Asked:
    """What the doctor looks at besides the settings. policy: path of the policy repository; since: instant from which
    merges are looked at, empty for none; owners: logins whose rights were told with the organisation."""

    policy: str
    since: str = ""
    owners: tuple[str, ...] = ()


class _Writing:
    """Writes rulesets. refused: why the server takes no reviewers, in its words; empty where it was not asked, or took
    them."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self.refused = settings, ""

    def write(self, where: str, there: Ruleset | None, body: dict[str, Any]) -> None:
        """Write a ruleset, without reviewers where the server does not know them."""
        bare, id = github_review.without(body), there.id if there else 0
        if self.refused or bare == body:
            self._settings.write_ruleset(where, id, bare)
        else:
            self.refused = self._settings.write_ruleset(where, id, body, bare)

    def without(self, found: Iterable[Difference]) -> Iterator[Difference]:
        """Yield differences; reviewers that cannot be had are advice."""
        for one in found:
            if one.code == "reviewers" and self.refused:
                yield Difference("reviewers-unknown", ADVICE, one.place, params=(*one.params, ("why", self.refused)))
            else:
                yield one


class OrganisationRecipe:
    """`Recipe` for an organisation's own ruleset. Ids are its name."""

    def __init__(self, settings: Settings, gate: Gate) -> None:
        self._settings, self._gate, self._writing = settings, gate, _Writing(settings)

    def found(self, id: str) -> Organisation:
        """Return the organisation."""
        return self._settings.organisation(id, NAME)

    def differences(self, found: Organisation) -> tuple[Difference, ...]:
        """Return where its ruleset is not as it must be."""
        return tuple(self._writing.without(github_gate.of_organisation(self._gate, found)))

    def steps(self, found: Organisation, there: tuple[Difference, ...]) -> Iterator[Step]:
        """Yield the one write of the whole ruleset."""
        body = github_ruleset.wanted(self._gate, organisation=True, there=found.ruleset)
        yield lambda: self._writing.write(found.path, found.ruleset, body)


class RepositoryRecipe:
    """`Recipe` for the repositories. own: each has a ruleset of its own, where the organisation cannot have one.

    heard: the gate's workflow starts for what a merge queue builds; asked: None where only what can be set counts.
    """

    def __init__(
        self, settings: Settings, gate: Gate, *, own: bool = False, heard: bool = True, asked: Asked | None = None
    ) -> None:
        self._settings, self._gate, self._own, self._heard, self._asked = settings, gate, own, heard, asked
        self._writing = _Writing(settings)
        self._now = cache(self._same)

    def found(self, id: str) -> Repository:
        """Return a repository; ids are paths."""
        from osgate.forges.github.settings import Wanted

        def naming(branch: str, existing: Callable[[], Iterable[str]]) -> list[str]:
            return github_gate.guarded(self._gate, branch, existing() if self._gate.branches else ())

        more = self._asked is not None
        return self._settings.repository(id, Wanted(naming, NAME, github_queue.NAME, self._gate.team, more))

    def differences(self, found: Repository) -> tuple[Difference, ...]:
        """Return what gets in past the gate, and for the doctor who and what else bears on it."""
        own = github_ruleset.of_ruleset(self._gate, found.ours, organisation=False) if self._own else ()
        more = self._more(found, self._asked) if self._asked is not None else ()
        owners = self._asked.owners if self._asked else ()
        gaps = github_gate.of_repository(self._gate, found, owners, heard=self._heard)
        return (*self._writing.without(own), *gaps, *more)

    def _more(self, found: Repository, asked: Asked) -> Iterator[Difference]:
        for path in _OWNED:
            if not owned(found.owners, path):
                yield Difference("unowned", ADVICE, "CODEOWNERS", params=(("file", path),))
        if found.unknown:
            yield Difference("owners-unknown", HOLE, "CODEOWNERS", params=(("count", str(found.unknown)),))
        yield from of_flows(found.flows, asked.policy, self._now)
        if asked.since:
            yield from self.merged(found.path, found.branch, asked.since)

    def _same(self, path: str, commit: str) -> bool:
        """Whether a file of the policy repository is at a commit what it is now."""
        policy = self._asked.policy if self._asked else ""
        now, then = self._settings.file(policy, path, ""), self._settings.file(policy, path, commit)
        return now is not None and then is not None and now[0] == then[0]

    def merged(self, path: str, branch: str, since: str) -> Iterator[Difference]:
        """Yield what was merged past the gate into guarded branches since an instant. branch: the default one."""
        from osgate.forges.github.merges import Counts

        gate = self._gate

        def guards(name: str) -> bool:
            return name == branch or any(github_gate.matches(one, name) for one in gate.branches)

        try:
            counts = Counts(gate.check, gate.app, gate.path)
            merges = self._settings.merged(path, since, counts, guards)
            yield from merged.unchecked(merges, gate.check, "#")
        except (Forbidden, Missing) as error:
            why = ("why", str(error.params.get("detail", "")))
            yield Difference("unseen", HOLE, "pulls", params=(why, *github_gate.needs("pulls")))

    def steps(self, found: Repository, there: tuple[Difference, ...]) -> Iterator[Step]:
        """Yield the write of its own ruleset, where the organisation's cannot do it, and of its queue's, where it never
        can. Nothing is written where there is a queue that would wait for the app's check in vain."""
        drifted = {one.code for one in there if one.weight == DRIFT}
        if any(one.code == "queue-app" for one in there):
            yield self._refused
            return
        if self._own and drifted - _OF_QUEUE:
            body = github_ruleset.wanted(self._gate, organisation=False, there=found.ours)
            yield lambda: self._writing.write(found.path, found.ours, body)
        if drifted & _OF_QUEUE:
            queue = github_queue.wanted(self._gate, found)
            yield lambda: self._writing.write(found.path, found.queue, queue)

    def _refused(self) -> None:
        raise Refused("fleet.queue-there", check=self._gate.check)


def of_policy(
    found: Repository, workflow: str | None, gate: Gate, people: Iterable[Person], forge: str
) -> Iterator[Difference]:
    """Yield what is not as it must be in the policy repository. workflow: what its file says, None where there is none;
    people: who decides; forge: its name in their accounts."""
    yield from github_gate.unseen(found.unseen)
    if workflow is None:
        yield Difference("no-workflow", HOLE, params=(("file", gate.path), ("project", found.path), ("ref", gate.ref)))
    elif not gate.app:
        yield from of_workflow(gate.path, workflow, queue=gate.queue, branches=gate.branches)
    if not found.private:
        yield Difference("hub-public", HOLE, "visibility", "public", "private")
    types = {rule.type for _, rules in found.rules for rule in rules}
    old = found.protection
    if not ({"non_fast_forward", "deletion"} <= types or (old and not old.force and not old.delete)):
        yield Difference("policy-open", HOLE, "rules", params=(("branch", found.branch),))
    known = {id for person in people for name, id in person.accounts if name == forge}
    strange = [one.login for one in found.keepers if not one.bot and one.active and one.id not in known]
    if strange:
        about = (("count", str(len(strange))), ("names", ", ".join(strange[:5])))
        yield Difference("hub-policy-keepers", ADVICE, "members", params=about)
