"""The way of the data, on one screen: change, intake, ledger view, verdict."""

from __future__ import annotations

from osgate.decide import Law, decide
from osgate.errors import Undecided
from osgate.formats import table
from osgate.intake.diff import intake
from osgate.ledger.standing import judge, nothing_known
from osgate.model.change import Intake
from osgate.model.decision import LedgerView
from osgate.model.dependency import Unreadable
from osgate.model.finding import SLUGS
from osgate.model.gap import Gap
from osgate.model.policy import MODES
from osgate.model.record import record, replace
from osgate.policy.default import default_policy
from osgate.policy.local_config import LocalConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

    from osgate.errors import OsgateError
    from osgate.formats.table import Reader
    from osgate.ledger.snapshot_cache import Opened
    from osgate.ledger.standing import Known
    from osgate.model.change import ChangeSet, FileProblem
    from osgate.model.decision import Judgement, Post, Standing
    from osgate.model.dependency import Dependency
    from osgate.model.fact import Facts, FactSource
    from osgate.model.fact_policy import Override
    from osgate.model.policy import Policy, Project
    from osgate.model.verdict import Stamp, Verdict
    from osgate.policy.baseline import Baseline

    # What the ledger says of other components, by their keys; raises Undecided.
    Look = Callable[[list[str]], LedgerView]

    class FactStore(Protocol):
        """A store of facts, as a check asks it."""

        def of(self, dependency: Dependency, version: str) -> Facts:
            """All that is told of one version, its own manifest's word included where it is the dependency's."""

        def known(self, dependency: Dependency) -> tuple[Post, ...]:
            """What an approval would be fenced by."""

        def sources(self, dependencies: Iterable[Dependency]) -> tuple[FactSource, ...]:
            """Where facts of such dependencies come from, and how old they are."""

        def lacks(self) -> tuple[str, ...]:
            """The parts that are not there: `store`, `index`."""

        def overridden(self, overrides: Iterable[Override], today: str) -> FactStore:
            """The same store, with the institution's own word first."""

    # Is shown all that a verdict is made of, and gives law and look back, to be asked in their place.
    Keep = Callable[["Intake", Law, "Given", Look | None], tuple[Law, Look | None]]


# Seconds a confirmed snapshot serves a passing commit without looking for a newer one (design: an hour).
FRESH = 3600
# Seconds after which the taking-away file is mentioned as old (design, section 4: 24 hours).
OLD_TAKEAWAY = 24 * 3600
# What the ids of rules that ask the ledger begin with.
_LEDGER = "OSG1"
# Endings of manifests that may name an index; other files that may are `ChangeSet.indexes`.
_INDEXED = (".txt", ".in")
# Only scoped npm packages have families.
_SCOPED = "pkg:npm/%40"


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


def no_store() -> FactStore | None:
    """The answer where nobody keeps facts."""
    return None


@record
class Asked:
    """What a check was asked: now (UTC instant), the repository's own settings, the mode asked for by flag.

    baseline: reads what was there before the gate came, as the base branch tells it; raises UsageError. known: what a
    store of facts tells of a dependency. facts: opens the store of them, None where there is none; raises Undecided for
    one that cannot be read. pipeline: this is the check that counts, so what the policy wants evaluated has to be.
    keep: hears what the verdict is made of.
    """

    now: str
    config: LocalConfig
    mode: str = ""
    gaps: tuple[Gap, ...] = ()
    baseline: Callable[[], Baseline] = dict
    known: Known = nothing_known
    facts: Callable[[], FactStore | None] = no_store
    pipeline: bool = False
    keep: Keep | None = None


@record
class Given:
    """What else a verdict tells: as the arguments of `decide`."""

    base: str
    head: str
    stamp: Stamp | None = None
    missing: tuple[Gap, ...] = ()
    gaps: tuple[Gap, ...] = ()
    seen: tuple[str, ...] = ()


def check(change: ChangeSet, ledger: Ledger | None, asked: Asked, read: Reader = table.read) -> Verdict:
    """Return the verdict on `change`. ledger None: no trust root was handed in, so the check observes.

    read: reads one manifest as `formats.table.read` does, for whoever counts them.

    A block, or a pass on an old snapshot, is decided again after one refresh; what keeps it from happening is a gap.
    """
    found = _taken_in(change, read)
    if ledger is None:
        return _observe(change, found, asked)
    gaps = _refreshed(ledger) if ledger.eager else ()
    verdict = _decided(change, found, ledger, asked, gaps)
    old = verdict.stamp is None or not 0 <= verdict.stamp.age <= FRESH
    judged = bool(found.introduced or verdict.findings)
    if not ledger.eager and judged and (old or verdict.outcome in ("block", "undecided")):
        gaps = _refreshed(ledger)
        verdict = _decided(change, found, ledger, asked, gaps)
    return verdict


def _taken_in(change: ChangeSet, read: Reader) -> Intake:
    """What the change brings in, and what is wrong with the files it touches."""
    found = intake(change, read, table.match, table.read_change)
    said: list[FileProblem | Gap] = []
    if change.locks or found.deleted or found.moved:
        from osgate.intake.steps import out_of_step, unlocked

        said += out_of_step(change, table.disagreements, table.locks_of, table.manifests_of, table.same_record)
        said += unlocked(change, table.disagreements, table.locks_of, table.manifests_of)
    said += _indexes(change, found)
    if change.own:
        from osgate.own_files import problems

        said += problems(change.own, lambda path: _held(change, path, read))
    if not said:
        return found
    gaps = [item for item in said if isinstance(item, Gap)]
    wrong = [item for item in said if not isinstance(item, Gap)]
    return replace(found, problems=(*found.problems, *wrong), gaps=(*found.gaps, *gaps))


def _indexes(change: ChangeSet, found: Intake) -> list[FileProblem | Gap]:
    """Further indexes that the change adds beside the main one."""
    if not change.indexes and not any(path.endswith(_INDEXED) for path in found.files):
        return []
    from osgate.intake.indexes import added, candidates

    looked_at = candidates(change, table.includes)
    if not looked_at:
        return []
    from osgate.facts.endpoints.in_tree import extras

    return list(added(change, looked_at, extras, table.includes, found.moved))


def _held(change: ChangeSet, path: str, read: Reader) -> set[str] | None:
    """The purls of a manifest before the change: none where it cannot be read, None where it is not there."""
    data = change.before(path)
    if data is None:
        return None
    try:
        return {dependency.purl for dependency in read(path, data, change.before)}
    except Unreadable:
        return set()


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
    project = policy.project(asked.config.project)
    mode = strictest("observe", asked.config.mode, asked.mode)
    law, blind = _law(LedgerView({}, {}), policy, project, mode, asked.baseline(), asked, change, found)
    gaps = asked.gaps or (Gap("osgate.lock", "no-trust-root"),)
    given = Given(change.base, change.head, gaps=(*gaps, *blind), seen=_seen(change, found, law))
    return _judged(found, law, given, None, asked)


def _decided(change: ChangeSet, found: Intake, ledger: Ledger, asked: Asked, gaps: tuple[Gap, ...]) -> Verdict:
    try:
        opened = ledger.open()
        policy = opened.snapshot.policy(asked.config.project)
        view = _looked_up(opened, _asked_of(found, asked.config.project))
        gaps = (*gaps, *_takeaway_gaps(opened))
        missing: tuple[Gap, ...] = ()
    except Undecided as error:
        opened, view, policy = None, None, default_policy(SLUGS)
        missing = (Gap("snapshot", error.code, _params(error, address=", ".join(ledger.addresses))),)
    project = policy.project(asked.config.project)
    mode = strictest(project.mode or policy.mode, asked.config.mode, asked.mode)
    baseline = asked.baseline() if found.introduced or found.problems else {}
    law, blind = _law(view, policy, project, mode, baseline, asked, change, found)
    stamp, seen = opened.stamp if opened else None, _seen(change, found, law)
    given = Given(change.base, change.head, stamp, missing, (*asked.gaps, *gaps, *blind), seen)
    return _judged(found, law, given, (lambda keys: _looked_up(opened, keys)) if opened else None, asked)


def _judged(found: Intake, law: Law, given: Given, look: Look | None, asked: Asked) -> Verdict:
    """The verdict; whoever keeps the run hears all that goes into it."""
    if asked.keep is not None:
        law, look = asked.keep(found, law, given, look)
    return judged(found, law, given, look)


def judged(found: Intake, law: Law, given: Given, look: Look | None) -> Verdict:
    """Return the verdict on what is taken in, with what can be taken instead. look: as in `Look`, None without ledger.

    Nothing else goes into it: whoever keeps these four can have the same verdict again.
    """
    verdict = decide(
        found,
        law,
        base=given.base,
        head=given.head,
        stamp=given.stamp,
        missing=given.missing,
        gaps=given.gaps,
        seen=given.seen,
    )
    return _offering(verdict, law, look) if look is not None else verdict


def _law(
    view: LedgerView | None,
    policy: Policy,
    project: Project,
    mode: str,
    baseline: Baseline,
    asked: Asked,
    change: ChangeSet,
    found: Intake,
) -> tuple[Law, tuple[Gap, ...]]:
    """What the change is held against, with the facts where there is a store of them, and why there are none.

    A store that cannot be read keeps no rule of the ledger from being asked.
    """
    law = Law(view, policy, project, asked.now, mode, baseline, asked.known, pipeline=asked.pipeline)
    try:
        store = asked.facts() if found.introduced else None
        if store is None:
            return law, ()
        from osgate.required import aged

        store = store.overridden(policy.facts.overrides, law.today)
        sources = aged(store.sources([item.dependency for item in found.introduced]), law.today)
        told = replace(law, known=store.known, facts=store.of, sources=sources, lacks=store.lacks())
    except Undecided as error:
        return law, (Gap("facts", f"not-read:{error.code}", _params(error)),)
    return replace(told, held=lambda path: _all_of(change, path)), ()


def _all_of(change: ChangeSet, path: str) -> tuple[Dependency, ...]:
    """All that a manifest holds after the change; nothing where it cannot be read."""
    data = change.after(path)
    try:
        return table.read(path, data, change.after) if data is not None else ()
    except Unreadable:
        return ()


def _offering(verdict: Verdict, law: Law, look: Look) -> Verdict:
    """The verdict with what can be taken instead of what is stopped, as far as the ledger can be asked for it."""
    if law.view is None or not any(finding.rule.startswith(_LEDGER) for finding in verdict.findings):
        return verdict
    from osgate.ledger.offers import with_offers

    def said(dependency: Dependency, standings: tuple[Standing, ...]) -> Judgement:
        return judge(dependency, standings, law.now, law.project, law.policy.pre_approvals, law.known)

    try:
        return with_offers(verdict, law.view, look, said)
    except Undecided:
        return verdict


def _asked_of(found: Intake, project: str) -> list[str]:
    """What the ledger is asked about: the components that come in, and the project itself for what is waived in it."""
    components = sorted({item.dependency.component for item in found.introduced})
    return [*components, f"project:{project}"] if components or found.problems else []


def _looked_up(opened: Opened, wanted: list[str]) -> LedgerView:
    """What stands or waits on the components `wanted` and on their families."""
    if not any(key.startswith(_SCOPED) for key in wanted):
        return overlaid(opened.snapshot.view(wanted), opened, wanted)
    from osgate.ledger import families

    related = families.keys(wanted)
    keys = [*wanted, *sorted(set(related.values()))]
    return families.spread(overlaid(opened.snapshot.view(keys), opened, keys), related)


def _seen(change: ChangeSet, found: Intake, law: Law) -> tuple[str, ...]:
    """The manifests of which the baseline need not list more than was found: those of a whole tree, and those gone."""
    if not change.whole or not law.baseline:
        return ()
    unread = {path for _, path in law.baseline}.difference(found.files)
    return (*found.files, *(path for path in sorted(unread) if change.after(path) is None))


def strictest(central: str, *others: str) -> str:
    """The strictest mode named: a local file or flag may raise the central one, never lower it."""
    return max((mode for mode in (central, *others) if mode in MODES), key=MODES.index)


def _takeaway_gaps(opened: Opened) -> tuple[Gap, ...]:
    old = opened.takeaway_age >= OLD_TAKEAWAY
    told = (Gap("takeaway", "old", (("hours", str(opened.takeaway_age // 3600)),)),) if old else ()
    return (*told, *(Gap("osgate.lock", "announced", (("key", key),)) for key in opened.announced))


def overlaid(view: LedgerView, opened: Opened, wanted: list[str]) -> LedgerView:
    """Lay a taking-away file that is newer than the snapshot over what the snapshot says of the components `wanted`.

    Raises Undecided("snapshot.damaged").
    """
    if opened.takeaway is None:
        return view
    from osgate.ledger.manifest import taken_away

    standings = dict(view.standings)
    try:
        taken = taken_away(opened.takeaway)
    except (KeyError, TypeError) as error:
        raise Undecided("snapshot.damaged", path=opened.snapshot.path) from error
    for standing in taken:
        if standing.component in wanted:
            standings[standing.component] = (*standings.get(standing.component, ()), standing)
    return LedgerView(standings, view.waiting)
