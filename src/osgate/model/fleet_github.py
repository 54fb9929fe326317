"""What an organisation and its repositories are set to on GitHub, as far as it bears on whether the gate holds."""

from __future__ import annotations

from osgate.model.forge import Account
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Whether a ruleset counts: `evaluate` only writes down what it would have done, `disabled` does nothing.
ACTIVE = "active"
ORGANISATION, REPOSITORY = "Organization", "Repository"


@record
class Rule:
    """A rule that holds for a branch. type, said: as REST tells; level: who has set it: ORGANISATION, REPOSITORY or
    Enterprise; ruleset: id of the ruleset it stands in."""

    type: str
    said: dict[str, Any]
    level: str = ""
    ruleset: int = 0


@record
class Ruleset:
    """A ruleset. conditions: as REST tells; bypass: who may go past it, None where that is not told to us."""

    id: int
    name: str
    level: str
    enforcement: str
    conditions: dict[str, Any]
    rules: tuple[Rule, ...] = ()
    bypass: tuple[str, ...] | None = None


@record
class Protection:
    """The older branch protection. checks: (name, id of the app it must come from, 0 for anybody); admins: held to it
    as well; reviews: changes come by pull request; stale: a push takes approvals away; strict: a change has to be up to
    date with its target."""

    checks: tuple[tuple[str, int], ...] = ()
    admins: bool = False
    force: bool = False
    delete: bool = False
    reviews: bool = False
    stale: bool = False
    strict: bool = False


@record
class Flow:
    """A workflow file of osgate's in a repository, with what it says."""

    path: str
    text: str = ""


@record
class Repository:
    """One repository. rules: those in force, by branch; ours, queue: its own rulesets of our names, None where there is
    none; methods: how changes may be merged (MERGE, SQUASH, REBASE), empty where that is not told.

    weak: the team whose review is asked for may not write here, so that its approvals do not count;
    asleep: rulesets that are written down and do not count; protection: of the default branch; keepers: its
    administrators; owners: what CODEOWNERS says, empty where there is none; unknown: how many lines of it name nobody;
    flows: workflows of osgate's; unseen: (what, why).
    """

    id: str
    path: str
    branch: str
    url: str
    private: bool = True
    rules: tuple[tuple[str, tuple[Rule, ...]], ...] = ()
    ours: Ruleset | None = None
    queue: Ruleset | None = None
    methods: tuple[str, ...] = ()
    weak: bool = False
    asleep: tuple[Ruleset, ...] = ()
    protection: Protection | None = None
    keepers: tuple[Account, ...] = ()
    owners: str = ""
    unknown: int = 0
    flows: tuple[Flow, ...] = ()
    unseen: tuple[tuple[str, str], ...] = ()


@record
class Organisation:
    """One organisation. id: empty, it has none here; ruleset: ours, None where there is none; owners: logins of its
    administrators. offered: whether its plan has rulesets for all repositories. unseen: (what, why)."""

    id: str
    path: str
    ruleset: Ruleset | None = None
    owners: tuple[str, ...] = ()
    offered: bool = True
    unseen: tuple[tuple[str, str], ...] = ()
