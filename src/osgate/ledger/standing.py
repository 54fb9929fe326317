"""What the ledger says about one dependency today, and which waiver lifts a finding. Pure, and on the commit path."""

from __future__ import annotations

from osgate import versions
from osgate.model.decision import KINDS, Judgement
from osgate.model.dependency import SCOPES
from osgate.model.finding import NEVER_EXCUSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from osgate.model.decision import Standing
    from osgate.model.dependency import Dependency, Source
    from osgate.model.policy import Project

_STRENGTH = {kind: -place for place, kind in enumerate(KINDS)}
# What an approval that misses this is beside; all else is out of its range.
_BESIDE = {
    "scope": "out-of-scope",
    "environment": "out-of-scope",
    "project": "out-of-scope",
    "class": "out-of-scope",
    "digest": "other-content",
    "pre-release": "pre-release",
}
_TAKING = {"block": "blocked", "suspend": "suspended", "reject": "rejected", "revoke": "revoked"}


def judge(dependency: Dependency, standings: Iterable[Standing], today: str, project: Project) -> Judgement:
    """Judge `dependency` by what stands on its component; the strongest of KINDS is told.

    today: ISO date, UTC. project: where it is used; one that names no environment may run in any.
    """
    found = tuple(standings)
    # An older snapshot may still hold what a newer taking-away file takes back.
    back = {standing.request for standing in found if standing.effect == "revoke"}
    best = Judgement("unapproved")
    top: tuple[Any, ...] = (_STRENGTH["unapproved"],)
    for standing in found:
        if standing.effect == "approve" and standing.request in back:
            continue
        said = _said(dependency, standing, today, project)
        if said is not None:
            rank = (_STRENGTH[said.kind], *_nearness(said, standing))
            if rank > top:
                best, top = said, rank
    return best


def _nearness(said: Judgement, standing: Standing) -> tuple[Any, ...]:
    """Of several judgements of one kind the greatest is told, and of equals the first."""
    if said.kind == "expired":
        return (standing.expires,)
    if said.why and said.kind != "restricted":
        # What covers the version and misses something else is nearer; then the newest decision.
        return (said.why not in ("version", "undeclared"), standing.serial)
    return ()


def _said(dependency: Dependency, standing: Standing, today: str, project: Project) -> Judgement | None:
    """What one standing by itself makes of `dependency`; None where it does not bear on it."""
    if standing.effect == "waive" or (standing.effect == "revoke" and standing.rules):
        return None
    if standing.effect == "approve":
        why = _uncovered(dependency, standing, project)
        if why:
            return Judgement(_BESIDE.get(why, "out-of-range"), standing, why)
        return Judgement("expired" if _past(standing, today) else "approved", standing)
    if not _taken_away(dependency, standing):
        return None
    if standing.effect == "restrict":
        why = _elsewhere(standing, dependency, project)
        return Judgement("restricted", standing, why) if why else None
    # An effect that only a newer osgate knows came to take something away.
    return Judgement(_TAKING.get(standing.effect, "blocked"), standing)


def waived(
    standings: Iterable[Standing], rule: str, dependency: Dependency | None, project: Project, today: str
) -> Standing | None:
    """Return the waiver among `standings` that lifts a finding of `rule` today (ISO date, UTC), or None.

    dependency: what the finding is about, None for a file: a waiver of a component lifts only findings about it, and
    one without subjects, which stands on `project:<id>`, only findings about files. What takes away is never waived.
    """
    if rule in NEVER_EXCUSED:
        return None
    key = dependency.component if dependency is not None else f"project:{project.id}"
    found = [standing for standing in standings if standing.component == key and rule in standing.rules]
    back = {standing.request for standing in found if standing.effect == "revoke"}
    for standing in found:
        if standing.effect != "waive" or standing.request in back or _past(standing, today):
            continue
        outside = dependency is not None and standing.range and _not_in(dependency, standing.range)
        if not outside and not _strange(standing, project):
            return standing
    return None


def _past(standing: Standing, today: str) -> bool:
    """True from the beginning of the day on which it expires."""
    return bool(standing.expires) and standing.expires <= today


def _taken_away(dependency: Dependency, standing: Standing) -> bool:
    """What takes away bears on every version it may mean: pre-releases, and ranges nobody locked."""
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

    Without this, an approved name would let in whatever address a lockfile gives for it. A repository counts whole:
    on one host anybody may have one.
    """
    if not approved:
        return source.kind in ("registry", "workspace") or (source.kind in ("git", "unknown") and source.url is None)
    place = _repository if source.kind == "git" else _origin
    places = {place(word) for address in approved for word in address.split()}
    return source.url is None or all(place(word) in places for word in source.url.split())


def _origin(address: str) -> str:
    """The scheme and host of a web address; other addresses count whole, without the commit."""
    scheme, mark, rest = address.partition("://")
    web = mark and scheme.lower().startswith("http")
    return f"{scheme}://{rest.partition('/')[0]}".lower() if web else address.partition("#")[0]


def _repository(address: str) -> str:
    """A repository's address without the commit, however it is spelled."""
    return address.removeprefix("git+").partition("#")[0].rstrip("/").removesuffix(".git")


def _uncovered(dependency: Dependency, standing: Standing, project: Project) -> str:
    """Why an approval does not cover `dependency`; empty if it does."""
    why = _not_in(dependency, standing.range)
    if why:
        return why
    if standing.digests and not (dependency.digests and set(dependency.digests) <= set(standing.digests)):
        return "digest"
    if not _same_origin(dependency.source, standing.sources):
        return "source"
    return _elsewhere(standing, dependency, project)


def _not_in(dependency: Dependency, range: str) -> str:
    """Why `dependency` does not lie in a range that lets something pass; empty if it does."""
    if not dependency.version:
        return "" if versions.contains_native(range, dependency.requirement or "") else "undeclared"
    if not versions.covers(range, dependency.version, prereleases=False):
        return "pre-release" if versions.covers(range, dependency.version, prereleases=True) else "version"
    if _local_build(dependency) and not _names(range, dependency.version):
        return "pre-release"
    return ""


def _elsewhere(standing: Standing, dependency: Dependency, project: Project) -> str:
    """Which of its limits leaves this use out; empty where all of them admit it."""
    if standing.scopes and SCOPES[dependency.scope] > max(SCOPES.get(scope, 0) for scope in standing.scopes):
        return "scope"
    # A project that names no environment may run in any.
    own = project.environments
    if standing.environments and not (own and set(own) <= set(standing.environments)):
        return "environment"
    return _strange(standing, project)


def _strange(standing: Standing, project: Project) -> str:
    """Whether the project or its class is not among those a standing names: `project`, `class` or empty."""
    if standing.projects and project.id not in standing.projects:
        return "project"
    return "class" if standing.classes and project.class_ not in standing.classes else ""
