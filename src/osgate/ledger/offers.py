"""What can be taken instead of what is stopped: the nearest approved version, and what people name in its place. Pure.

Loaded only where something is stopped. Nothing is offered on trust: each version is judged as if it stood in the place
of the one that is stopped, so that what is blocked, expired, retired or restricted here is never named.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice

from osgate import versions
from osgate.errors import UsageError
from osgate.ledger.families import decided, family
from osgate.model.decision import Standing
from osgate.model.dependency import REGISTRY, Dependency, Source
from osgate.model.finding import SLUGS
from osgate.model.record import replace
from osgate.purl import parse, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from osgate.model.decision import Judgement, LedgerView
    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict
    from osgate.purl import Purl

    # What the ledger says of a dependency by the standings on its component.
    Judge = Callable[[Dependency, tuple[Standing, ...]], Judgement]
    Offer = dict[str, object]

# Components named instead that are looked at.
MOST = 5
# Versions of a component that are tried, the nearest first, and ranges: each is judged by all that stands on it.
_TRIED = 20
_LEDGER = "OSG1"
# Judgements under which a version was taken away: a later one may mend it. All else rather stays on what was approved.
TAKEN = frozenset(("blocked", "suspended", "rejected", "retired", "restricted", "revoked"))
_TAKING = frozenset(("block", "suspend", "reject", "retire", "restrict", "revoke"))
# Judgements under which nothing was taken away, so that a request may let it in.
_OPEN = frozenset(("unapproved", "out-of-range", "pre-release"))
_NOTHING = Standing("approve", "", "", "", "", 0, "")


def with_offers(verdict: Verdict, view: LedgerView, look: Callable[[list[str]], LedgerView], judge: Judge) -> Verdict:
    """Return `verdict` with the param `instead` in each finding of a ledger rule about a dependency, and `family` where
    that has one.

    view: what the verdict was made on; look: gives the same of other components. An offer has `purl` (of a version, or
    of a component with its `range`), `approved`, and where it is `until` (empty for an approval without an end).
    """
    there = {(i.dependency.purl, i.dependency.path, i.dependency.line): i.dependency for i in verdict.introduced}
    stopped = [there.get((f.purl, f.path, f.line)) if f.rule.startswith(_LEDGER) else None for f in verdict.findings]
    standing_on = {d.component: view.standings.get(d.component, ()) for d in stopped if d is not None}
    others = look(sorted({key for standings in standing_on.values() for key in named(standings)}))
    findings: list[Finding] = []
    for finding, d in zip(verdict.findings, stopped, strict=True):
        if d is not None:
            found = offers(d, standing_on[d.component], others, judge, later=SLUGS.get(finding.rule) in TAKEN)
            builds = {"family": key} if (key := family(d.component)) else {}
            finding = replace(finding, params={**finding.params, **builds, "instead": found})
        findings.append(finding)
    return replace(verdict, findings=tuple(findings))


def named(standings: Iterable[Standing]) -> list[str]:
    """Return the keys of the components that `standings` name to be used instead; their decisions are wanted, too."""
    return sorted({decided(purl) for purl in _named(standings)})


def offers(
    wanted: Dependency, standings: tuple[Standing, ...], others: LedgerView, judge: Judge, *, later: bool
) -> list[Offer]:
    """Return what can be taken instead of `wanted`, the nearest version first.

    standings: what stands on its component; others: on the components that those name. later: rather a later version
    than an earlier one, as where this one was taken away.
    """
    own = _nearest(wanted, standings, judge, later=later)
    more = [_other(wanted, purl, said, others, judge) for purl, said in _named(standings).items()]
    return [offer for offer in (own, *more) if offer is not None]


def _named(standings: Iterable[Standing]) -> dict[Purl, bool]:
    """The first MOST components that decisions name to be used instead, those of what takes away first.

    Beside each, whether one that takes away names it: that was said by somebody who decides, not by who asked.
    """
    found: dict[Purl, bool] = {}
    for standing in sorted(standings, key=lambda s: (s.effect not in _TAKING, -s.serial)):
        for word in standing.alternatives:
            try:
                found.setdefault(parse(word), standing.effect in _TAKING)
            except UsageError:
                continue  # People may name what is no package: "the standard library".
    return dict(list(found.items())[:MOST])


def _nearest(wanted: Dependency, standings: tuple[Standing, ...], judge: Judge, *, later: bool) -> Offer | None:
    """The approved version of the same component that is nearest to the one wanted, or a range that would do.

    later: rather a later version than an earlier one.
    """
    pinned = wanted.mutable or wanted.scope in ("action", "image")
    good = [standing for standing in standings if standing.effect == "approve" and not _over(standing, wanted, judge)]
    near = _ordered(wanted, good, later=later)
    for version, standing in islice((one for one in near if not pinned or _content(one[0])), _TRIED):
        said = judge(_in_place(wanted, wanted.component, version, standing, wanted.source), standings)
        if said.kind == "approved" and said.standing is not None and not said.standing.incident:
            return _offer(versioned(wanted.component, version), until=said.standing.expires)
    ranged = (s for s in sorted(good, key=lambda s: -s.serial) if not (pinned or s.versions or s.incident))
    bounds = ((standing, lowest) for standing in ranged if (lowest := _bound(standing, (">=",))))
    for standing, lowest in islice(bounds, _TRIED):
        if judge(_in_place(wanted, wanted.component, lowest[0], standing, wanted.source), standings).kind == "approved":
            return _offer(wanted.component, range=standing.range, until=standing.expires)
    return None


def _over(standing: Standing, wanted: Dependency, judge: Judge) -> bool:
    """True for an approval that has ended, by the clock of `judge`."""
    version = next(iter((*standing.versions, *_bound(standing, ("=", ">=")))), "")
    if not standing.expires or not version:
        return False
    return judge(_in_place(wanted, wanted.component, version, standing, wanted.source), (standing,)).kind == "expired"


def _ordered(wanted: Dependency, standings: Iterable[Standing], *, later: bool) -> Iterator[tuple[str, Standing]]:
    """The versions that `standings` were asked for, or name exactly, the nearest to the wanted one first."""
    found: dict[str, Standing] = {}
    for standing in standings:
        found.update(dict.fromkeys((*standing.versions, *_bound(standing, ("=",))), standing))
    found.pop(wanted.version, None)
    try:
        key = versions.sort_key(parse(wanted.component).type)
    except UsageError:
        return
    up = sorted(found, key=key)
    # Nothing is locked: the newest is nearest.
    at = bisect_left(up, key(wanted.version), key=key) if wanted.version else len(up)
    below, above = up[:at][::-1], up[at:]
    yield from ((version, found[version]) for version in ((*above, *below) if later else (*below, *above)))


def _bound(standing: Standing, comparators: tuple[str, ...]) -> list[str]:
    """The versions that the range names with one of `comparators`."""
    constraints = versions.parse_vers(standing.range).constraints if standing.range else ()
    return [version for comparator, version in constraints if comparator in comparators]


def _in_place(wanted: Dependency, component: str, version: str, standing: Standing, source: Source) -> Dependency:
    """What a manifest would hold if it named `version`: its content as approved, and nothing known of it beside."""
    return replace(
        wanted,
        component=component,
        version=version,
        purl=versioned(component, version),
        source=source,
        digests=standing.digests,
        requirement=None,
        mutable=False,
        install_code=None,
        licence=None,
    )


def _content(version: str) -> bool:
    """True for a full commit or digest."""
    digits = version.rpartition(":")[2]
    return len(digits) >= 40 and set(digits) <= set("0123456789abcdef")


def _other(wanted: Dependency, purl: Purl, said: bool, view: LedgerView, judge: Judge) -> Offer | None:
    """Another component in the place of the wanted one; said: by somebody who decides, so that it counts unapproved."""
    component = decided(purl)
    standings = view.standings.get(component, ())
    origin = next((" ".join(s.sources) for s in standings if s.effect == "approve" and s.sources), "")
    source = Source("registry", origin) if origin else REGISTRY
    if not purl.version:
        found = _nearest(replace(wanted, component=component, version="", source=source), standings, judge, later=False)
        if found:
            return found
    standing = next((s for s in standings if s.effect == "approve" and purl.version in s.versions), _NOTHING)
    judged = judge(_in_place(wanted, component, purl.version, standing, source), standings)
    if judged.kind == "approved" and judged.standing is not None and not judged.standing.incident:
        return _offer(versioned(component, purl.version), until=judged.standing.expires)
    return _offer(versioned(component, purl.version)) if said and judged.kind in _OPEN else None


def _offer(purl: str, **more: object) -> Offer:
    return {"purl": purl, "approved": "until" in more, **more}
