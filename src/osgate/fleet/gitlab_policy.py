"""What has to be set in the policy project on GitLab, where the ledger is written, and in its bell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from osgate.fleet.gitlab_gate import ADVICE, DRIFT, HOLE, covering, said, told
from osgate.model.fleet import MAINTAINER, Difference, Found, Guarded
from osgate.model.policy import Person

# CI variables that hold what only the desk may have.
SECRETS = ("OSGATE_TOKEN", "OSGATE_DESK_KEY", "OSGATE_WITNESS_KEY")
_SETTINGS = {
    "ci_push_repository_for_job_token_allowed": False,
    "ci_allow_fork_pipelines_to_run_in_parent_project": False,
    "public_jobs": False,
}


def of_policy(found: Found, people: Iterable[Person], forge: str) -> Iterator[Difference]:
    """Yield what is not as it must be in the policy project. people: who decides; forge: its name in their accounts."""
    for name, wanted in _SETTINGS.items():
        if name in found.settings and found.settings[name] != wanted:
            yield Difference("setting", DRIFT, name, said(found.settings[name]), said(wanted))
    if found.settings.get("visibility") == "public":
        yield Difference("public", HOLE, "visibility", "public", "private")
    guards = covering(found)
    if not guards or any(guard.force for guard in guards):
        kept = Guarded(found.branch, (MAINTAINER,), (MAINTAINER,))
        there = told(guards[0]) if guards else "-"
        yield Difference("branch", HOLE, "protected_branches", there, told(kept), (("branch", found.branch),))
    for variable in found.variables:
        if variable.key.startswith("OSGATE_") and variable.key in SECRETS and not variable.protected:
            yield Difference("secret", HOLE, variable.key, "-", "protected")
    if not found.schedules:
        yield Difference("schedule", HOLE, "pipeline_schedules", "0", "1")
    yield from _keepers(found, {id for person in people for name, id in person.accounts if name == forge})
    yield from _unseen(found)


def _keepers(found: Found, known: set[str]) -> Iterator[Difference]:
    """Who could change the project of the ledger and is nobody that people.toml lists."""
    strange = [one.login for one in found.keepers if not one.bot and one.active and one.id not in known]
    if strange:
        about = (("count", str(len(strange))), ("names", ", ".join(strange[:5])))
        yield Difference("policy-keepers", ADVICE, "members", params=about)


def of_bell(found: Found) -> Iterator[Difference]:
    """Yield what is not as it must be in the bell project: whoever rings it must find nothing there."""
    for variable in found.variables:
        yield Difference("bell-secret", HOLE, variable.key, "set", "-")
    yield from _unseen(found)


def _unseen(found: Found) -> Iterator[Difference]:
    for what, why in found.unseen:
        yield Difference("unseen", HOLE, what, params=(("why", why),))
