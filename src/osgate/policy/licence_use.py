"""How a project uses a component, as far as licences ask: its reach, and whether it becomes one work with ours."""

from __future__ import annotations

from osgate.licences.use import DISTRIBUTED, INTERNAL, REACHES, Use
from osgate.policy.pre_approvals import means

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from osgate.model.fact_policy import FactPolicy, LicenceUse
    from osgate.model.policy import Project

# Scopes that never become part of the work: what only builds, tests or checks it. They go nowhere, so licences ask less
# of them. That is true of licences alone: such code runs with our keys, and every other rule holds for it.
APART = ("dev", "test", "build", "action")


def use_of(component: str, scope: str, project: Project, policy: FactPolicy) -> Use:
    """Return how `project` uses a component in `scope`.

    The reach is the project's distribution, the widest where it names none: who did not say that a work stays inside
    may give it to anybody. The policy's `[[licence_use]]` says what is changed, or runs as a process of its own.
    """
    own = next(_meant(component, project, policy.licence_uses), None)
    modified = own is not None and own.modified
    if scope in APART:
        return Use(INTERNAL, modified, linked=False)
    return Use(reach(project.distribution), modified, linked=own is None or own.linked)


def reach(distribution: str) -> str:
    """Return the reach of a work by its distribution, the widest for one that nobody told."""
    return distribution if distribution in REACHES else DISTRIBUTED


def _meant(component: str, project: Project, uses: Iterable[LicenceUse]) -> Iterator[LicenceUse]:
    """The entries about the component in this project, those that name it first."""
    about = [use for use in uses if means(use.purl, component) and (not use.projects or project.id in use.projects)]
    return iter(sorted(about, key=lambda use: not use.projects))
