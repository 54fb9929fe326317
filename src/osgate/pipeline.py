"""The way of the data, on one screen: change, intake, ledger view, verdict."""

from __future__ import annotations

from osgate.decide import decide
from osgate.errors import Undecided
from osgate.formats import table
from osgate.intake.diff import intake
from osgate.model.change import Gap, Intake
from osgate.model.decision import LedgerView
from osgate.model.finding import SLUGS
from osgate.model.policy import MODES
from osgate.model.record import record
from osgate.policy.default import default_policy
from osgate.policy.local_config import LocalConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from osgate.errors import OsgateError
    from osgate.ledger.snapshot_cache import Opened
    from osgate.model.change import ChangeSet
    from osgate.model.verdict import Verdict

# Seconds a confirmed snapshot serves a passing commit without looking for a newer one (design: an hour).
FRESH = 3600
# Seconds after which the taking-away file is mentioned as old (design, section 4: 24 hours).
OLD_TAKEAWAY = 24 * 3600


@record
class Ledger:
    """How a check reaches the ledger. open: the verified snapshot of this machine; refresh: fetch a newer one.

    Both raise Undecided. eager: refresh before deciding (CI), instead of only before a block (a commit hook).
    addresses: where snapshots come from, for people.
    """

    open: Callable[[], Opened]
    refresh: Callable[[], object] | None
    eager: bool = False
    addresses: tuple[str, ...] = ()


@record
class Asked:
    """What a check was asked: today (ISO date, UTC), the repository's own settings, the mode asked for by flag."""

    today: str
    config: LocalConfig
    mode: str = ""
    gaps: tuple[Gap, ...] = ()


def check(change: ChangeSet, ledger: Ledger | None, asked: Asked) -> Verdict:
    """Return the verdict on `change`. ledger None: no trust root was handed in, so the check observes.

    A block, or a pass on an old snapshot, is decided again after one refresh; what keeps it from happening is a gap.
    """
    found = intake(change, table.read, table.match, table.read_change)
    if ledger is None:
        return _observe(change, found, asked)
    gaps = _refreshed(ledger) if ledger.eager else ()
    verdict = _decided(change, found, ledger, asked, gaps)
    old = verdict.stamp is None or not 0 <= verdict.stamp.age <= FRESH
    if not ledger.eager and found.introduced and (old or verdict.outcome in ("block", "undecided")):
        gaps = _refreshed(ledger)
        verdict = _decided(change, found, ledger, asked, gaps)
    return verdict


def _refreshed(ledger: Ledger) -> tuple[Gap, ...]:
    if ledger.refresh is None:
        return ()
    try:
        ledger.refresh()
    except Undecided as error:
        failures = error.params.get("failures")
        each = failures if isinstance(failures, tuple) else (error,)
        return tuple(Gap("snapshot", f"not-refreshed:{failure.code}", _params(failure)) for failure in each)
    return ()


def _params(error: OsgateError, **instead: str) -> tuple[tuple[str, str], ...]:
    return tuple((key, instead.get(key) or str(value)) for key, value in error.params.items())


def _observe(change: ChangeSet, found: Intake, asked: Asked) -> Verdict:
    policy = default_policy(SLUGS)
    mode = strictest("observe", asked.config.mode, asked.mode)
    return decide(
        found,
        LedgerView({}, {}),
        policy,
        policy.project(asked.config.project),
        today=asked.today,
        mode=mode,
        base=change.base,
        head=change.head,
        gaps=asked.gaps or (Gap("osgate.lock", "no-trust-root"),),
    )


def _decided(change: ChangeSet, found: Intake, ledger: Ledger, asked: Asked, gaps: tuple[Gap, ...]) -> Verdict:
    try:
        opened = ledger.open()
        policy = opened.snapshot.policy(asked.config.project)
        view = opened.snapshot.view(sorted({item.dependency.component for item in found.introduced}))
        view = _overlaid(view, opened, found)
        gaps = (*gaps, *_takeaway_gaps(opened))
        missing: tuple[Gap, ...] = ()
    except Undecided as error:
        opened, view, policy = None, None, default_policy(SLUGS)
        missing = (Gap("snapshot", error.code, _params(error, address=", ".join(ledger.addresses))),)
    project = policy.project(asked.config.project)
    return decide(
        found,
        view,
        policy,
        project,
        today=asked.today,
        mode=strictest(project.mode or policy.mode, asked.config.mode, asked.mode),
        base=change.base,
        head=change.head,
        stamp=opened.stamp if opened else None,
        missing=missing,
        gaps=(*asked.gaps, *gaps),
    )


def strictest(central: str, *others: str) -> str:
    """The strictest mode named: a local file or flag may raise the central one, never lower it."""
    return max((mode for mode in (central, *others) if mode in MODES), key=MODES.index)


def _takeaway_gaps(opened: Opened) -> tuple[Gap, ...]:
    old = opened.takeaway_age >= OLD_TAKEAWAY
    return (Gap("takeaway", "old", (("hours", str(opened.takeaway_age // 3600)),)),) if old else ()


def _overlaid(view: LedgerView, opened: Opened, found: Intake) -> LedgerView:
    """Lay a taking-away file that is newer than the snapshot over what the snapshot says."""
    if opened.takeaway is None:
        return view
    from osgate.ledger.manifest import taken_away

    wanted = {item.dependency.component for item in found.introduced}
    standings = dict(view.standings)
    try:
        taken = taken_away(opened.takeaway)
    except (KeyError, TypeError) as error:
        raise Undecided("snapshot.damaged", path=opened.snapshot.path) from error
    for standing in taken:
        if standing.component in wanted:
            standings[standing.component] = (*standings.get(standing.component, ()), standing)
    return LedgerView(standings, view.waiting)
