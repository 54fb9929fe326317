"""The institution's rules in force, as a check reads them: valid, compiled, each with the place it was written."""

from __future__ import annotations

from osgate.model.finding import WARNING
from osgate.model.record import record

# An emergency block, which one person makes, is lifted by this many distinct persons.
UNBLOCK_QUORUM = 2
MODES = ("observe", "enforce-new", "enforce-all")
OUTCOMES = ("warn", "block")


def default_outcome(rule: str) -> str:
    """What a finding of `rule` does where the policy does not say."""
    return "warn" if rule in WARNING else "block"


@record
class RuleSetting:
    """How one rule is set. outcome: `block` or `warn`. origin: policy file and line; empty for a built-in default."""

    id: str
    name: str
    outcome: str
    origin: str = ""


@record
class ApprovedSource:
    """A place that packages of one type may come from.

    type: purl type, or `git` and `url` for what no registry serves. address: all that begins with it is meant.
    confirmed_by: id of the policy owner who confirmed it; until somebody does it approves nothing. origin: policy file
    and line.
    """

    type: str
    address: str
    confirmed_by: str = ""
    origin: str = ""


@record
class Tier:
    """Who must decide. roles: one entry for each decision needed, a role named twice needs two persons.

    assessments: roles that must have recorded an assessment of their own. days: working days they may take.
    group: how people reach them; may be empty.
    """

    name: str
    roles: tuple[str, ...]
    assessments: tuple[str, ...] = ()
    days: int = 2
    group: str = ""


@record
class Project:
    """A repository the institution knows. class_: its risk class; an unknown project is `strict`."""

    id: str
    owner: str = ""
    class_: str = "strict"
    environments: tuple[str, ...] = ()
    distribution: str = ""
    mode: str = ""


@record
class Policy:
    """Everything a check needs of the policy repository's written rules."""

    institution: str
    default_tier: str
    tiers: dict[str, Tier]
    incident_roles: tuple[str, ...]
    rules: dict[str, RuleSetting]
    projects: dict[str, Project]
    mode: str = "enforce-new"
    languages: tuple[str, ...] = ("en",)
    approval_days: int = 365
    contact: str = ""
    waiver_days: int = 90
    sources: tuple[ApprovedSource, ...] = ()

    def project(self, id: str) -> Project:
        """Return the project named `id`, or one of the strictest class where nobody registered it."""
        return self.projects.get(id) or Project(id)


@record
class Key:
    """An SSH public key (`type base64`) and the days it is valid: from inclusive, to exclusive, empty = open (ISO)."""

    key: str
    start: str = ""
    end: str = ""

    def valid(self, moment: str) -> bool:
        """True if the key is valid at `moment` (ISO date or UTC instant)."""
        return (not self.start or moment >= self.start) and (not self.end or moment < self.end)


@record
class Person:
    """Somebody known to the institution. accounts: (forge, id); roles: (role, from, to), dates as in Key."""

    id: str
    name: str
    employee: str
    accounts: tuple[tuple[str, str], ...]
    keys: tuple[Key, ...]
    roles: tuple[tuple[str, str, str], ...]

    def holds(self, moment: str) -> tuple[str, ...]:
        """The roles held at `moment` (ISO date or UTC instant)."""
        return tuple(r for r, start, end in self.roles if (not start or moment >= start) and (not end or moment < end))
