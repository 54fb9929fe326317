"""The institution's rules in force, as a check reads them: valid, compiled, each with the place it was written."""

from __future__ import annotations

from osgate.model.fact_policy import DEFAULT, FactPolicy
from osgate.model.finding import WARNING
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # Facts with the values that meet a condition.
    When = tuple[tuple[str, tuple[str, ...]], ...]

# An emergency block, which one person makes, is lifted by this many distinct persons.
UNBLOCK_QUORUM = 2
# Where the written policy is guarded, a change of it is endorsed by at least this many distinct persons.
ENDORSE_QUORUM = 2
# An approval that breaks the glass ends after this many hours at the latest (requirements, R05-6).
BREAK_GLASS_HOURS = 72
# How grave what a waiver lifts may be, the gravest first.
SEVERITIES = ("critical", "high", "medium", "low")
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
    group: how people reach them; may be empty. term: most days an approval lasts, 0 for what the policy says.
    """

    name: str
    roles: tuple[str, ...]
    assessments: tuple[str, ...] = ()
    days: int = 2
    group: str = ""
    term: int = 0


@record
class Project:
    """A repository the institution knows. class_: its risk class; an unknown project is `strict`.

    licence: SPDX expression it is given out under, empty where it is given to nobody.
    """

    id: str
    owner: str = ""
    class_: str = "strict"
    environments: tuple[str, ...] = ()
    distribution: str = ""
    mode: str = ""
    licence: str = ""


@record
class PreApproval:
    """What a quorum approved in advance, in the policy itself.

    purl: a component, or the beginning of some with a `*` at its end. range: VERS text, empty for every version.
    expires: ISO date. scopes, environments, projects, classes: if any, the only ones it covers. origin: policy file and
    line. when: what facts must tell of a version (`policy.conditions`); what cannot be told is not approved.
    """

    purl: str
    range: str
    expires: str
    reason: str
    scopes: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    origin: str = ""
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()


@record
class Terms:
    """How long things last. All but `break_glass_hours` in days.

    jitter: approvals of one day end spread over this many. grace: existing use goes on this long after an approval
    ended. warn: how long before its end it is told. freeze: (from, to), ISO dates, both inclusive: nothing ends then.
    review: a broken glass is looked at within this time. caps: most days of a waiver by severity.
    """

    jitter: int = 30
    grace: int = 14
    warn: tuple[int, ...] = (30, 7, 1)
    freeze: tuple[tuple[str, str], ...] = ()
    break_glass_hours: int = BREAK_GLASS_HOURS
    review: int = 5
    caps: tuple[tuple[str, int], ...] = (("critical", 7), ("high", 30), ("medium", 90), ("low", 90))


@record
class NotifyChannel:
    """How people are told what waits and what ends.

    channel: `webhook` (JSON), `wecom`, `dingtalk` or `smtp`. address: URL, for smtp `smtp://host:port` or `smtps://`.
    secret: name of the environment variable that holds a token, password or signing secret; empty for none. sender, to:
    for smtp. roles: only what waits for one of them; empty for everything. language: of the words.
    """

    channel: str
    address: str
    secret: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    language: str = "zh_CN"


@record
class Witness:
    """How far a word at a forge counts as a decision: the desk's machine signs it, with the forge's word for who spoke.

    forge: the name that accounts in people.toml have it by. keys: of the machine. tiers: those in which a word at the
    forge is enough, empty for every one; elsewhere people sign themselves.
    """

    forge: str
    keys: tuple[Key, ...]
    tiers: tuple[str, ...] = ()


_NONE: dict[str, Any] = {}


@record
class Policy:
    """Everything a check needs of the policy repository's written rules.

    class_tiers: class of project -> tier that its requests take. governance: roles that must endorse a change of the
    policy, each by another person; empty where a change needs nobody. intake: kind -> fields a request must have.
    witness: None where only people's own signatures count. teams: role -> teams at the forge, of one of which an
    account has to be for its word there to count in that role. facts: what it says of facts.
    """

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
    class_tiers: dict[str, str] = _NONE
    governance: tuple[str, ...] = ()
    terms: Terms = Terms()
    intake: dict[str, tuple[str, ...]] = _NONE
    pre_approvals: tuple[PreApproval, ...] = ()
    retention_years: int = 5
    witness: Witness | None = None
    teams: dict[str, tuple[str, ...]] = _NONE
    facts: FactPolicy = DEFAULT

    def project(self, id: str) -> Project:
        """Return the project named `id`, or one of the strictest class where nobody registered it."""
        return self.projects.get(id) or Project(id)


@record
class Key:
    """An SSH public key (`type base64`) and the days it is valid: from inclusive, to exclusive, empty = open (ISO).

    revoked: the day from which nobody may believe it any more, because somebody else may have it; empty for none.
    """

    key: str
    start: str = ""
    end: str = ""
    revoked: str = ""

    def valid(self, moment: str) -> bool:
        """True if the key is valid at `moment` (ISO date or UTC instant)."""
        return _within(moment, self.start, self.end) and _within(moment, "", self.revoked)


@record
class Person:
    """Somebody known to the institution. accounts: (forge, id); roles: (role, from, to), dates as in Key.

    start, end: when they belong to it, as in Key.
    """

    id: str
    name: str
    employee: str
    accounts: tuple[tuple[str, str], ...]
    keys: tuple[Key, ...]
    roles: tuple[tuple[str, str, str], ...]
    start: str = ""
    end: str = ""

    def here(self, moment: str) -> bool:
        """True if the person belongs to the institution at `moment` (ISO date or UTC instant)."""
        return _within(moment, self.start, self.end)

    def holds(self, moment: str) -> tuple[str, ...]:
        """The roles held at `moment` (ISO date or UTC instant)."""
        return tuple(r for r, start, end in self.roles if self.here(moment) and _within(moment, start, end))


def _within(moment: str, start: str, end: str) -> bool:
    return (not start or moment >= start) and (not end or moment < end)
