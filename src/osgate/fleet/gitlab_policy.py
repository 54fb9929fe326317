"""What has to be set in the policy project on GitLab, where the ledger is written, and in its bell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.fleet.gitlab_gate import bending, covering, pipeline_variables, said, told, unseen
from osgate.model.fleet import ADVICE, HOLE, MAINTAINER, Difference, Found, Guarded
from osgate.model.policy import Person
from osgate.model.record import replace

# CI variables that hold what only the desk may have.
SECRETS = ("OSGATE_TOKEN", "OSGATE_DESK_KEY", "OSGATE_WITNESS_KEY")
_SETTINGS = {
    "ci_push_repository_for_job_token_allowed": False,
    "ci_allow_fork_pipelines_to_run_in_parent_project": False,
    "public_jobs": False,
}


def of_policy(found: Found, people: Iterable[Person], forge: str) -> Iterator[Difference]:
    """Yield what is not as it must be in the policy project. people: who decides; forge: its name in their accounts."""
    yield from _set(found, _SETTINGS)
    if found.settings.get("visibility") == "public":
        yield Difference("public", HOLE, "visibility", "public", "private")
    guards = covering(found)
    if not guards or any(guard.force for guard in guards):
        kept = Guarded(found.branch, (MAINTAINER,), (MAINTAINER,))
        there = told(guards[0]) if guards else "-"
        yield Difference("branch", HOLE, "protected_branches", there, told(kept), (("branch", found.branch),))
    yield from _secrets(found)
    if not found.schedules:
        yield Difference("schedule", HOLE, "pipeline_schedules", "0", "1")
    yield from _keepers(found, {id for person in people for name, id in person.accounts if name == forge})
    yield from unseen(found)


def _set(found: Found, settings: Mapping[str, Any]) -> Iterator[Difference]:
    """Settings that nothing writes here: whoever keeps the project does."""
    wanted = {name: value for name, value in settings.items() if name in found.settings} | pipeline_variables(found)
    for name, value in wanted.items():
        if found.settings[name] != value:
            yield Difference("setting-by-hand", HOLE, name, said(found.settings[name]), said(value))


def _secrets(found: Found) -> Iterator[Difference]:
    """What only the desk may have is there, and for protected branches only; nothing else bends its job."""
    if any(what == "variables" for what, _ in found.unseen):
        return
    there = {variable.key for variable in found.variables}
    for key in SECRETS:
        if key not in there:
            yield Difference("secret-missing", HOLE, key, "-", "protected")
    for variable in found.variables:
        if variable.key.startswith("OSGATE_") and not variable.protected:
            yield Difference("secret", HOLE, variable.key, "-", "protected")
    yield from bending(variable for variable in found.variables if not variable.key.startswith("OSGATE_"))


def _keepers(found: Found, known: set[str]) -> Iterator[Difference]:
    """Who could change the project of the ledger and is nobody that people.toml lists."""
    strange = [one.login for one in found.keepers if not one.bot and one.active and one.id not in known]
    if strange:
        about = (("count", str(len(strange))), ("names", ", ".join(strange[:5])))
        yield Difference("policy-keepers", ADVICE, "members", params=about)


def of_bell(found: Found) -> Iterator[Difference]:
    """Yield what is not as it must be in the bell project: whoever rings it must find nothing there, and bring nothing
    along. Where the server counts the payload of a webhook as a variable, the second cannot be had: it is advice."""
    yield from (replace(one, weight=ADVICE) for one in _set(found, {}))
    for variable in found.variables:
        yield Difference("bell-secret", HOLE, variable.key, "set", "-")
    yield from unseen(found)
