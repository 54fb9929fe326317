"""What the ledger says: the effect of folded decisions on a component, and what still waits."""

from __future__ import annotations

from osgate.model.record import record


@record
class Post:
    """One fact that an approval was given on: a post of its fence. fact: its name; value: as the writer saw it.

    source: where it was seen, for people (`package-lock.json`).
    """

    fact: str
    value: str
    source: str = ""


@record
class Told:
    """What became of one fact. before, now: values for people, joined where there are several; now empty if unknown.

    source, seen: where they were told. state: `held`, `broken`, `unknown`, or `not-evaluated` where this place has no
    means.
    """

    fact: str
    before: str
    now: str
    state: str
    source: str = ""
    seen: str = ""


@record
class Standing:
    """One effect that is in force on a component.

    effect: `block`, `suspend`, `reject`, `retire`, `restrict`, `approve`, `revoke` (an approval that was taken back) or
    `waive`; of the others a stronger one that covers a version hides the weaker ones, in this order.
    range: VERS text; empty covers every version. digests: if any, one must match.
    sources: addresses that the request named; an approval covers what comes from the same places, and without any, what
    comes from a registry. scopes, environments, projects, classes: if any, the only ones an approval covers and a
    restriction leaves. rules: of a waiver, the rules it lifts. expires: ISO date or UTC instant, empty for none.
    record: id of the record that made it effective; request: id of the request it answers (empty for a block).
    serial, sealed_at: the seal that completed it. persons: who decided, by role order.
    fence: the facts an approval was given on. versions: those that were asked for. alternatives: purls to use instead.
    distribution: the widest one an approval covers, empty for any. by: of a retirement, the ISO date until which
    existing use goes on. incident: of a block, and of an approval that breaks the glass. obligations: of licences, as
    codes, that an approval accepts.
    """

    effect: str
    component: str
    range: str
    record: str
    request: str
    serial: int
    sealed_at: str
    persons: tuple[str, ...] = ()
    expires: str = ""
    digests: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    reason: str = ""
    incident: str = ""
    projects: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    fence: tuple[Post, ...] = ()
    versions: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    distribution: str = ""
    by: str = ""
    obligations: tuple[str, ...] = ()


@record
class Waiting:
    """A request that is not decided yet, as it bears on one component.

    roles: (role, given, needed) in the tier's order. missing: assessments still to come, by role.
    """

    component: str
    range: str
    request: str
    person: str
    sealed_at: str
    roles: tuple[tuple[str, int, int], ...]
    missing: tuple[str, ...] = ()


@record
class LedgerView:
    """The ledger as far as a check asked for it: everything that stands or waits, by component."""

    standings: dict[str, tuple[Standing, ...]]
    waiting: dict[str, tuple[Waiting, ...]]


# What the ledger can say of a dependency, in the order in which one hides the others.
KINDS = (
    "blocked",
    "suspended",
    "rejected",
    "retired",
    "restricted",
    "approved",
    "revoked",
    "expired",
    "fence-broken",
    "out-of-scope",
    "other-content",
    "pre-release",
    "out-of-range",
    "unapproved",
)


@record
class Judgement:
    """The strongest thing the ledger says of a dependency.

    kind: one of KINDS. standing: the decision behind it (the nearest one where none covers the dependency); None only
    for `unapproved`. why: what exactly is not covered: for `out-of-range` `version`, `undeclared` (a range nobody
    locked) or `source`; for `out-of-scope` and `restricted` `scope`, `environment`, `project` or `class`.
    """

    kind: str
    standing: Standing | None = None
    why: str = ""
