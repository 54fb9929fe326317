"""What has to be set in an application's project on GitLab so that nothing gets past the gate. Pure.

The recipe for GitLab Free (forges.md of the design): the pipeline's configuration comes from the policy project, a
merge request needs a pipeline that succeeded, and the default branch takes nothing but merges. Whoever keeps a project
(Maintainers, Owners) can undo all three, which only a server hook or the absence of such roles prevents; it is told as
advice, never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from osgate.model.fleet import (
    ADVICE,
    DEVELOPER,
    DRIFT,
    HOLE,
    MAINTAINER,
    NOBODY,
    Difference,
    Found,
    Guarded,
    Hook,
    Variable,
)
from osgate.model.record import record

BELL_EVENTS = ("issues_events", "merge_requests_events", "note_events")
# What keeps whoever starts a pipeline from setting its variables: the first where the server knows it (GitLab 17.1).
_VARIABLES = ("ci_pipeline_variables_minimum_override_role", "restrict_user_defined_variables")
# CI variables of projects and groups that outrank a template's own and bend what a job runs, fetches or believes.
_BENDING = re.compile(r"(?:GIT|LD|CI|FF|PYTHON|OSGATE|PIP)_.*|PYTHON.*|BASH_ENV|ENV|PATH|HOME|SHELLOPTS|BASHOPTS|PS4")
# Names of people that a line shows.
_NAMED = 5


@record
class Gate:
    """What is wanted. config: the CI configuration path, `FILE@GROUP/POLICY-PROJECT`; bell: the webhook's address, or
    empty for none. merge: the least access level that may merge. branches: what is guarded besides the default branch,
    as names and patterns with `*`.
    """

    config: str
    bell: str = ""
    merge: int = DEVELOPER
    branches: tuple[str, ...] = ()

    @property
    def source(self) -> tuple[str, str, str]:
        """File, project and ref (HEAD where none is named) of the configuration; `FILE@PROJECT:REF`."""
        file, _, place = self.config.rpartition("@")
        project, _, ref = place.partition(":")
        return file, project, ref or "HEAD"


def wanted_settings(gate: Gate, found: Found) -> dict[str, Any]:
    """Return the settings of a project that must be so, by the API's names; those the server does not tell are left."""
    wanted: dict[str, Any] = {
        "ci_config_path": gate.config,
        "only_allow_merge_if_pipeline_succeeds": True,
        "allow_merge_on_skipped_pipeline": False,
        "auto_devops_enabled": False,
    }
    wanted |= pipeline_variables(found)
    return {name: value for name, value in wanted.items() if name in found.settings or name == "ci_config_path"}


def pipeline_variables(found: Found) -> dict[str, Any]:
    """Return the setting that keeps variables from whoever starts a pipeline, as the server knows it; else nothing."""
    wanted = zip(_VARIABLES, ("no_one_allowed", True), strict=True)
    return next(({name: value} for name, value in wanted if name in found.settings), {})


def differences(gate: Gate, found: Found) -> tuple[Difference, ...]:
    """Return everything that is not as it must be, what can be written first."""
    mendable = (*_settings(gate, found), *_branches(gate, found), *_bell(gate, found))
    return (*mendable, *bending(found.variables), *_keepers(found), *unseen(found))


def bending(variables: Iterable[Variable]) -> Iterator[Difference]:
    """Yield a hole for each variable of a project or group that bends the gate's job."""
    for key in sorted({variable.key for variable in variables}):
        if _BENDING.fullmatch(key):
            yield Difference("bending", HOLE, "variables", params=(("key", key),))


def _settings(gate: Gate, found: Found) -> Iterator[Difference]:
    for name, wanted in wanted_settings(gate, found).items():
        if found.settings.get(name) != wanted and (found.settings.get(name) or wanted):
            yield Difference("setting", DRIFT, name, said(found.settings.get(name)), said(wanted))


def covers(pattern: str, branch: str) -> bool:
    """Whether a protection called `pattern` holds for `branch`, or for all that this pattern stands for.

    GitLab knows `*`, for any characters, slashes too.
    """
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), branch) is not None


def covering(found: Found) -> tuple[Guarded, ...]:
    """Return the protections that the default branch falls under; GitLab lets in who any one of them lets in."""
    return tuple(guard for guard in found.guarded if covers(guard.name, found.branch))


def _branches(gate: Gate, found: Found) -> Iterator[Difference]:
    """Only merges reach a guarded branch, and none of them rewrites it."""
    if any(what == "protected_branches" for what, _ in found.unseen):
        return
    said_of: set[str] = set()
    for branch in filter(None, dict.fromkeys((found.branch, *gate.branches))):
        wanted = Guarded(branch, (NOBODY,), (gate.merge,))
        if not any(covers(guard.name, branch) for guard in found.guarded):
            yield Difference("branch", DRIFT, "protected_branches", "-", told(wanted), (("branch", branch),))
        for guard in found.guarded:
            within = covers(guard.name, branch) or covers(branch, guard.name)
            if within and guard.name not in said_of and lets_push(guard):
                said_of.add(guard.name)
                about = (("branch", guard.name),)
                # One that stands for other branches as well is its maker's to change.
                own = guard.name in (found.branch, *gate.branches)
                code, weight = ("branch", DRIFT) if own else ("branch-other", HOLE)
                yield Difference(code, weight, "protected_branches", told(guard), told(wanted), about)


def lets_push(guard: Guarded) -> bool:
    """Whether anything but a merge gets in."""
    return any(level != NOBODY for level in guard.push) or guard.force


def _bell(gate: Gate, found: Found) -> Iterator[Difference]:
    if not gate.bell or any(what == "hooks" for what, _ in found.unseen):
        return
    ours = bell_of(gate, found)
    if ours is None:
        yield Difference("bell", DRIFT, "hooks", "-", ", ".join(BELL_EVENTS))
    elif not set(BELL_EVENTS) <= set(ours.events):
        yield Difference("bell", DRIFT, "hooks", ", ".join(sorted(ours.events)) or "-", ", ".join(BELL_EVENTS))


def bell_of(gate: Gate, found: Found) -> Hook | None:
    """Return the project's webhook that rings the bell; its token may differ, so queries are not compared."""
    place = gate.bell.partition("?")[0]
    return next((hook for hook in found.hooks if hook.url.partition("?")[0] == place), None)


def _keepers(found: Found) -> Iterator[Difference]:
    people = [one for one in found.keepers if not one.bot and one.active]
    if people:
        names = ", ".join(one.login for one in people[:_NAMED]) + (" …" if len(people) > _NAMED else "")
        yield Difference("keepers", ADVICE, "members", params=(("count", str(len(people))), ("names", names)))


def unseen(found: Found) -> Iterator[Difference]:
    """Yield a hole for each thing that could not be read."""
    for what, why in found.unseen:
        yield Difference("unseen", HOLE, what, params=(("why", why),))


def told(guard: Guarded) -> str:
    """Return what a protection allows, as one text."""
    force = " force" if guard.force else ""
    return f"push {_levels(guard.push)}, merge {_levels(guard.merge)}{force}"


def _levels(levels: tuple[int, ...]) -> str:
    names = {NOBODY: "no one", DEVELOPER: "Developers", MAINTAINER: "Maintainers", -1: "named accounts"}
    return " + ".join(dict.fromkeys(names.get(level, str(level)) for level in levels)) or "no one"


def said(value: object) -> str:
    """Return a setting's value as the API spells it; `-` for none."""
    return str(value).lower() if isinstance(value, bool) else str(value or "-")
