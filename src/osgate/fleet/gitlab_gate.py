"""What has to be set in an application's project on GitLab so that nothing gets past the gate. Pure.

The recipe for GitLab Free (forges.md of the design): the pipeline's configuration comes from the policy project, a
merge request needs a pipeline that succeeded, and the default branch takes nothing but merges. Whoever keeps a project
(Maintainers, Owners) can undo all three, which only a server hook or the absence of such roles prevents; it is told as
advice, never passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from osgate.model.fleet import DEVELOPER, MAINTAINER, NOBODY, Difference, Found, Guarded, Hook
from osgate.model.record import record

DRIFT, HOLE, ADVICE = "drift", "hole", "advice"
BELL_EVENTS = ("issues_events", "merge_requests_events", "note_events")
# What keeps whoever starts a pipeline from setting its variables: the first where the server knows it (GitLab 17.1).
_VARIABLES = ("ci_pipeline_variables_minimum_override_role", "restrict_user_defined_variables")
# Names of people that a line shows.
_NAMED = 5


@record
class Gate:
    """What is wanted. config: the CI configuration path, `FILE@GROUP/POLICY-PROJECT`; bell: the webhook's address, or
    empty for none. merge: the least access level that may merge.
    """

    config: str
    bell: str = ""
    merge: int = DEVELOPER


def wanted_settings(gate: Gate, found: Found) -> dict[str, Any]:
    """Return the settings of a project that must be so, by the API's names; those the server does not tell are left."""
    wanted: dict[str, Any] = {
        "ci_config_path": gate.config,
        "only_allow_merge_if_pipeline_succeeds": True,
        "allow_merge_on_skipped_pipeline": False,
        "auto_devops_enabled": False,
    }
    for name, value in zip(_VARIABLES, ("no_one_allowed", True), strict=True):
        if name in found.settings:
            wanted[name] = value
            break
    return {name: value for name, value in wanted.items() if name in found.settings or name == "ci_config_path"}


def differences(gate: Gate, found: Found) -> tuple[Difference, ...]:
    """Return everything that is not as it must be, what can be written first."""
    return (*_settings(gate, found), *_branch(gate, found), *_bell(gate, found), *_keepers(found), *_unseen(found))


def _settings(gate: Gate, found: Found) -> Iterator[Difference]:
    for name, wanted in wanted_settings(gate, found).items():
        if found.settings.get(name) != wanted and (found.settings.get(name) or wanted):
            yield Difference("setting", DRIFT, name, said(found.settings.get(name)), said(wanted))


def covering(found: Found) -> tuple[Guarded, ...]:
    """Return the protections that the default branch falls under; GitLab lets in who any one of them lets in."""
    return tuple(guard for guard in found.guarded if fnmatchcase(found.branch, guard.name))


def _branch(gate: Gate, found: Found) -> Iterator[Difference]:
    """Only merges reach the default branch, and none of them rewrites it."""
    if any(what == "protected_branches" for what, _ in found.unseen):
        return
    guards = covering(found)
    wanted = Guarded(found.branch, (NOBODY,), (gate.merge,))
    if not guards:
        yield Difference("branch", DRIFT, "protected_branches", "-", told(wanted), (("branch", found.branch),))
    for guard in guards:
        about = (("branch", guard.name),)
        if any(level != NOBODY for level in guard.push) or guard.force:
            # One that stands for other branches as well is its maker's to change.
            weight = DRIFT if guard.name == found.branch else HOLE
            yield Difference("branch", weight, "protected_branches", told(guard), told(wanted), about)


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


def _unseen(found: Found) -> Iterator[Difference]:
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
