"""What a run of the desk begins with: main's policy and the one in force, the ledger, the snapshot to build on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from osgate.errors import Refused
from osgate.intake_desk import governed, policy_audit, publishing
from osgate.intake_desk.governed import InForce
from osgate.intake_desk.sealing import Signer
from osgate.intake_desk.verbs.context import Authors, Facts, nobody_since, nothing_known
from osgate.intake_desk.weigh import Candidate
from osgate.io.git_write import Repository
from osgate.ledger import history, incremental, snapshot_kept, store_git
from osgate.ledger.fold import Sealed
from osgate.ledger.incremental import Past
from osgate.ledger.snapshot_kept import Stale
from osgate.ledger.store_git import Stored
from osgate.model.finding import SLUGS
from osgate.model.policy import Policy
from osgate.model.record import record
from osgate.policy.valid import ValidPolicy, validate


def nothing_to_deliver() -> None:
    """Main is here, and nowhere else."""


# What the desk asks a store of facts under a policy, whose own word comes first.
FactsBy = Callable[[Policy], Facts]


def without_facts(policy: Policy) -> Facts:
    """The answer where there is no store of facts."""
    return nothing_known


@record
class Office:
    """Where and by whom a run is made.

    main: the branch the desk moves; publish: folder for the snapshot; sign, key: the desk's signer and its public key;
    now: UTC instant; kept: folder for what the next run builds on, empty where nothing is kept. deliver: called once
    what was sealed is on main here, before it is published. heard: records that wait on no branch. authors: as in
    `verbs.Outside`. facts: what `verbs.Outside.facts` is under a policy.
    """

    repository: Repository
    main: str
    publish: str
    sign: Signer
    key: str
    now: str
    kept: str
    tagging: Signer | None = None
    deliver: Callable[[], None] = nothing_to_deliver
    heard: tuple[Candidate, ...] = ()
    authors: Authors = nobody_since
    facts: FactsBy = without_facts


@record
class Before:
    """What a run begins with. tip: the commit of main; force: the policy in force.

    earlier: path of the snapshot to build on, empty where there is none; whole: why the ledger was read whole, key
    below `desk.whole-`, empty where only what is new was.
    """

    tip: str
    force: InForce
    past: Past
    earlier: str
    whole: str

    @property
    def valid(self) -> ValidPolicy:
        """The policy in force, read."""
        return self.force.valid


def resumed(office: Office, tip: Stored, why: str) -> Before:
    """Return what is new since the last run, and the snapshot that was published then.

    tip: main's policy; why: Before.whole. Raises Stale where what was kept cannot be built on, and what
    `governed.in_force` raises.
    """
    kept = snapshot_kept.opened(office.kept)
    try:
        force = _kept_in_force(office, tip, kept.mark.policy)
        earlier = publishing.published(office.publish, kept.mark.serial, kept.mark.snapshot)
        if not earlier:
            raise Stale("published")
        keys = force.valid.keys
        past = incremental.resume(office.repository, tip.oid, kept, keys, publishing.anchors(office.publish, keys))
        if past.policy != kept.mark.policy:
            raise Stale("changed")
        force = governed.settled(
            office.repository, tip, force, lambda digest: _endorsing(past, digest), past.since.serial, office.now
        )
        if force.valid.keys != keys:
            raise Stale("keys")
        return Before(tip.oid, force, past, earlier, why)
    except BaseException:
        kept.close()
        raise


def _kept_in_force(office: Office, tip: Stored, named: str) -> InForce:
    """`governed.in_force`; a main that has not got that policy is another one than what was kept belongs to."""
    try:
        return governed.in_force(office.repository, tip, named)
    except Refused:
        raise Stale("changed") from None


def _endorsing(past: Past, policy: str) -> Iterable[Sealed]:
    """The endorsements of a policy (digest) that are sealed."""
    near = (*past.kept.members(past.kept.circles([policy])), *past.since.sealed)
    return governed.of_policy(near)(policy)


def whole(office: Office, tip: Stored, why: str) -> Before:
    """Return the whole ledger, checked. Arguments as for `resumed`.

    Raises Refused("history.broken") for one that does not verify, lacks the seal published last, or names a policy that
    nobody endorsed; and what `governed.in_force` raises.
    """
    stored = store_git.load(office.repository, tip.oid)
    named = governed.newest_named(stored.seals)
    try:
        force = governed.in_force(office.repository, tip, named)
    except Refused:
        # Who changed what a seal says is told that, and not that nobody knows the policy it names.
        _must_hold(incremental.whole(stored, validate(tip.policy, SLUGS).keys), ())
        raise
    keys = force.valid.keys
    past = incremental.whole(stored, keys)
    sealed = governed.of_policy(past.since.sealed)
    force = governed.settled(office.repository, tip, force, sealed, past.since.serial, office.now)
    if force.valid.keys != keys:
        past.kept.close()
        past = incremental.whole(stored, force.valid.keys)
    anchors = history.check_anchors(past.since, publishing.anchors(office.publish, force.valid.keys))
    _must_hold(past, (*anchors, *policy_audit.of_seals(office.repository, tip.oid, past.since)))
    return Before(tip.oid, force, past, "", why)


def _must_hold(past: Past, more: Iterable[history.Problem]) -> None:
    """Raise Refused("history.broken") for everything that does not hold about the ledger, and `more`."""
    problems = (*past.since.problems, *more)
    if problems:
        past.kept.close()
        raise Refused("history.broken", problems=problems)
