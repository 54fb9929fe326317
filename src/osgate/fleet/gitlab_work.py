"""A GitLab's projects as `work.look` goes over them: read, held against the gate, mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from osgate.errors import OsgateError
from osgate.fleet import gitlab_gate, merged
from osgate.fleet.gitlab_gate import Gate
from osgate.fleet.work import Looked, Step
from osgate.forges.protocol import Forbidden, Missing
from osgate.model.fleet import ADVICE, DRIFT, HOLE, NOBODY, Difference, Found, Guarded
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.forges.gitlab.settings import Settings


@record
class Asked:
    """What the doctor looks at besides the settings. since: instant from which merges are looked at, empty for none;
    job: the gate's name in their pipelines."""

    since: str = ""
    job: str = ""


class GitLabRecipe:
    """`Recipe` for a GitLab. asked: None where only what can be set counts."""

    def __init__(self, settings: Settings, gate: Gate, asked: Asked | None = None) -> None:
        self._settings, self._gate, self._asked = settings, gate, asked

    def found(self, id: str) -> Found:
        """Return a project's settings, with the names of its variables for the doctor."""
        return self._settings.found(id, variables=self._asked is not None)

    def differences(self, found: Found) -> tuple[Difference, ...]:
        """Return what is not as it must be, and what was merged past the gate."""
        there = gitlab_gate.differences(self._gate, found)
        if self._asked is None:
            return there
        rules = self._settings.approvals(found.id)
        about = (("count", str(len(rules))), ("names", ", ".join(rules)))
        besides = (Difference("approval-rules", ADVICE, params=about),) if rules else ()
        past = self.merged(found.id, found.branch, self._asked) if self._asked.since else ()
        return (*there, *besides, *past)

    def merged(self, id: str, branch: str, asked: Asked) -> Iterator[Difference]:
        """Yield what was merged past the gate into guarded branches. branch: the default one."""

        def guards(name: str) -> bool:
            return any(gitlab_gate.covers(one, name) for one in (branch, *self._gate.branches))

        try:
            merges = self._settings.merged(id, asked.since, asked.job, guards)
            yield from merged.unchecked(merges, asked.job, "!")
        except (Forbidden, Missing) as error:
            about = (("why", str(error.params.get("detail", ""))),)
            yield Difference("unseen", HOLE, "merge_requests", params=about)

    def steps(self, found: Found, there: tuple[Difference, ...]) -> Iterator[Step]:
        """Yield one call for the settings, one for each branch, one for the bell."""
        gate, drift = self._gate, [one for one in there if one.weight == DRIFT]
        if any(one.code == "setting" for one in drift):
            yield lambda: self._settings.set(found.id, gitlab_gate.wanted_settings(gate, found))
        for one in drift:
            if one.code == "branch":
                yield self._protection(found, dict(one.params)["branch"])
        if any(one.code == "bell" for one in drift):
            hook = gitlab_gate.bell_of(gate, found)
            yield lambda: self._settings.ring(found.id, gate.bell, gitlab_gate.BELL_EVENTS, hook.id if hook else "")

    def _protection(self, found: Found, branch: str) -> Step:
        own = next((guard for guard in found.guarded if guard.name == branch), None)
        return lambda: self._settings.guard(found.id, Guarded(branch, (NOBODY,), (self._gate.merge,)), own)


def groups(settings: Settings, paths: Iterable[str]) -> Iterator[Looked]:
    """Yield the groups above projects (their paths) whose variables bend a job, or cannot be seen: each once."""
    above = {path[:end] for path in paths for end in range(len(path)) if path[end] == "/"}
    for path in sorted(above):
        try:
            left = tuple(gitlab_gate.bending(settings.group_variables(path)))
        except (Forbidden, Missing) as error:
            about = (("why", str(error.params.get("detail", ""))),)
            left = (Difference("unseen-group", HOLE, "variables", params=about),)
        except OsgateError as error:
            yield Looked("", path, failed=error)
            continue
        if left:
            yield Looked("", path, left)
