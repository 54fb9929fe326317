"""Going over the projects of a GitLab group: what is set otherwise than it must be, and setting it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from osgate.errors import OsgateError
from osgate.fleet import gitlab_gate
from osgate.fleet.gitlab_gate import DRIFT, Gate
from osgate.model.fleet import NOBODY, Difference, Found, Guarded
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.forges.gitlab.settings import Settings


@record
class Looked:
    """What became of one project. left: differences that stand after it; written: those that were mended.

    failed: why it could not be looked at, or not be written.
    """

    id: str
    path: str
    left: tuple[Difference, ...] = ()
    written: tuple[Difference, ...] = ()
    failed: OsgateError | None = None


def look(settings: Settings, projects: Iterable[tuple[str, str]], gate: Gate, *, write: bool) -> Iterator[Looked]:
    """Yield what is set otherwise in each of `projects` (id, path), mended where `write` says so and it can be.

    One project's failure is told with it and ends nothing.
    """
    for id, path in projects:
        try:
            found = settings.found(id)
        except OsgateError as error:
            yield Looked(id, path, failed=error)
            continue
        there = gitlab_gate.differences(gate, found)
        if not write or not any(one.weight == DRIFT for one in there):
            yield Looked(id, found.path, there)
            continue
        yield _mended(settings, found, gate, there)


def _mended(settings: Settings, found: Found, gate: Gate, there: tuple[Difference, ...]) -> Looked:
    """Write what differs, and look again: what was written is what is so afterwards, not what was sent."""
    failed: OsgateError | None = None
    for step in _steps(settings, found, gate, there):
        try:
            step()
        except OsgateError as error:
            failed = failed or error
    try:
        left = gitlab_gate.differences(gate, settings.found(found.id))
    except OsgateError as error:
        return Looked(found.id, found.path, there, failed=failed or error)
    return Looked(found.id, found.path, left, tuple(one for one in there if one not in left), failed)


def _steps(settings: Settings, found: Found, gate: Gate, there: tuple[Difference, ...]) -> Iterator[Callable[[], None]]:
    drift = {one.code for one in there if one.weight == DRIFT}
    if "setting" in drift:
        yield lambda: settings.set(found.id, gitlab_gate.wanted_settings(gate, found))
    if "branch" in drift:
        own = next((guard for guard in found.guarded if guard.name == found.branch), None)
        yield lambda: settings.guard(found.id, Guarded(found.branch, (NOBODY,), (gate.merge,)), own)
    if "bell" in drift:
        hook = gitlab_gate.bell_of(gate, found)
        yield lambda: settings.ring(found.id, gate.bell, gitlab_gate.BELL_EVENTS, hook.id if hook else "")
