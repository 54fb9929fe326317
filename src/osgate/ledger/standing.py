"""What the ledger says about one dependency today. Pure, and on the commit path."""

from __future__ import annotations

from osgate import versions
from osgate.model.decision import Judgement, Standing
from osgate.model.dependency import SCOPES, Dependency, Source

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


def _local_build(dependency: Dependency) -> bool:
    """True for a Python version with a local part: somebody's own build, which no public index has (PEP 440)."""
    return "+" in dependency.version and dependency.component.startswith("pkg:pypi/")


def _names(range: str, version: str) -> bool:
    """True if the range lists exactly this version."""
    return ("=", version) in versions.parse_vers(range).constraints


def _same_origin(source: Source, approved: tuple[str, ...]) -> bool:
    """True if a dependency comes from where the approval says: the same hosts, or the registry where it names none.

    Without this, an approved name would let in whatever address a lockfile gives for it.
    """
    if not approved:
        return source.kind in ("registry", "unknown", "workspace") or (source.kind == "git" and source.url is None)
    origins = {_origin(word) for address in approved for word in address.split()}
    return source.url is None or all(_origin(word) in origins for word in source.url.split())


def _origin(address: str) -> str:
    """The scheme and host of a web address; git and other addresses count whole, without the commit."""
    scheme, mark, rest = address.partition("://")
    return (
        f"{scheme}://{rest.partition('/')[0]}".lower()
        if mark and scheme.startswith("http")
        else address.partition("#")[0]
    )


def _uncovered(dependency: Dependency, standing: Standing, environments: tuple[str, ...]) -> str:
    """Why an approval does not cover `dependency`; empty if it does."""
    if not dependency.version:
        whole = versions.contains_native(standing.range, dependency.requirement or "")
        return "" if whole else "undeclared"
    if not versions.covers(standing.range, dependency.version, prereleases=False):
        inside = versions.covers(standing.range, dependency.version, prereleases=True)
        return "pre-release" if inside else "version"
    if _local_build(dependency) and not _names(standing.range, dependency.version):
        return "pre-release"
    if standing.digests and not (dependency.digests and set(dependency.digests) <= set(standing.digests)):
        return "digest"
    if not _same_origin(dependency.source, standing.sources):
        return "source"
    if standing.scopes and SCOPES[dependency.scope] > max(SCOPES[scope] for scope in standing.scopes):
        return "scope"
    # A project that names no environment may run in any.
    if standing.environments and not (environments and set(environments) <= set(standing.environments)):
        return "environment"
    return ""
