"""What the ledger says about one dependency today. Pure, and on the commit path."""

from __future__ import annotations

from osgate import versions
from osgate.model.decision import Judgement, Standing
from osgate.model.dependency import SCOPES, Dependency

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def judge(
    dependency: Dependency, standings: Iterable[Standing], today: str, environments: tuple[str, ...] = ()
) -> Judgement:
    """Judge `dependency` by what stands on its component. today: ISO date, UTC. environments: the project's own."""
    expired: Standing | None = None
    approved: Standing | None = None
    rejected: Standing | None = None
    beside = Judgement("unapproved")
    nearest = (-1, 0)
    for standing in standings:
        if standing.effect == "approve":
            why = _uncovered(dependency, standing, environments)
            if why:
                # What covers the version and misses something else is nearer; then the newest decision.
                rank = (why not in ("version", "undeclared"), standing.serial)
                if rank > nearest:
                    beside, nearest = Judgement("out-of-range", standing, why), rank
            elif standing.expires and standing.expires <= today:
                expired = max(expired or standing, standing, key=lambda s: s.expires)
            else:
                approved = approved or standing
        elif _taken_away(dependency, standing):
            if standing.effect == "block":
                return Judgement("blocked", standing)
            rejected = rejected or standing
    for kind, found in (("rejected", rejected), ("approved", approved), ("expired", expired)):
        if found is not None:
            return Judgement(kind, found)
    return beside


def _taken_away(dependency: Dependency, standing: Standing) -> bool:
    """A block or rejection bears on every version it may mean: pre-releases, and ranges nobody locked."""
    if standing.digests and _other_content(dependency.digests, standing.digests):
        return False
    if not standing.range or not dependency.version:
        return True
    return versions.covers(standing.range, dependency.version, prereleases=True)


def _other_content(found: tuple[str, ...], named: tuple[str, ...]) -> bool:
    """True where digests of one algorithm differ; without an algorithm in common nothing tells contents apart."""
    shared = {d.partition(":")[0] for d in found} & {d.partition(":")[0] for d in named}
    return bool(shared) and not set(found) & set(named)


def _uncovered(dependency: Dependency, standing: Standing, environments: tuple[str, ...]) -> str:
    """Why an approval does not cover `dependency`; empty if it does."""
    if not dependency.version:
        whole = versions.contains_native(standing.range, dependency.requirement or "")
        return "" if whole else "undeclared"
    if not versions.covers(standing.range, dependency.version, prereleases=False):
        inside = versions.covers(standing.range, dependency.version, prereleases=True)
        return "pre-release" if inside else "version"
    if standing.digests and not set(standing.digests) & set(dependency.digests):
        return "digest"
    if standing.scopes and SCOPES[dependency.scope] > max(SCOPES[scope] for scope in standing.scopes):
        return "scope"
    # A project that names no environment may run in any.
    if standing.environments and not (environments and set(environments) <= set(standing.environments)):
        return "environment"
    return ""
