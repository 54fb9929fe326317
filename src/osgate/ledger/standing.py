"""What the ledger says about one dependency now, and which waiver lifts a finding. Pure, and on the commit path."""

from __future__ import annotations

from osgate import versions
from osgate.model.decision import KINDS, Judgement
from osgate.model.dependency import SCOPES
from osgate.model.finding import NEVER_EXCUSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from osgate.model.decision import Post, Standing, Told
    from osgate.model.dependency import Dependency, Source
    from osgate.model.policy import PreApproval, Project, When

    # What a store of facts tells of a dependency; None where there is no store.
    Known = Callable[[Dependency], tuple[Post, ...] | None]

_STRENGTH = {kind: -place for place, kind in enumerate(KINDS)}
# What an approval that misses this is beside; all else is out of its range.
_BESIDE = {
    "scope": "out-of-scope",
    "environment": "out-of-scope",
    "project": "out-of-scope",
    "class": "out-of-scope",
    "distribution": "out-of-scope",
    "digest": "other-content",
    "pre-release": "pre-release",
}
_TAKING = {"block": "blocked", "suspend": "suspended", "reject": "rejected", "retire": "retired", "revoke": "revoked"}
# What a pre-approval answers: nothing was taken away, and no approval covers it. A broken fence is not among them: a
# fact that people relied on has moved, and nobody knew of that when they approved in advance.
_OPEN = frozenset(("expired", "out-of-scope", "other-content", "pre-release", "out-of-range", "unapproved"))
# How widely something is given out, by what an approval may be limited to.
_REACH = {"internal": 1, "service": 2, "external": 3}


def nothing_known(dependency: Dependency) -> tuple[Post, ...] | None:
    """The answer where there is no store of facts."""
    return None


def judge(
    dependency: Dependency,
    standings: Iterable[Standing],
    now: str,
    project: Project,
    in_advance: tuple[PreApproval, ...] = (),
    known: Known = nothing_known,
) -> Judgement:
    """Judge `dependency` by what stands on its component; the strongest of KINDS is told.

    now: UTC instant, or an ISO date for its beginning. project: where it is used; one that names no environment may run
    in any. in_advance: what the policy approves by itself; it answers only where no decision says more, and then the
    standing behind the judgement has the serial 0 and names the place in the policy as its record. known: what a store
    of facts tells of a dependency, beside its manifest.
    """
    found = _judged(dependency, standings, now, project, known)
    if in_advance and found.kind in _OPEN:
        from osgate.policy.pre_approvals import approvals

        def met(when: When) -> bool:
            from osgate.ledger.fence import posts
            from osgate.policy.conditions import holds

            # What the change itself says may speak against it, never for it.
            return holds(when, known(dependency) or ()) is True and holds(when, posts(dependency)) is not False

        answers = (
            _judged(dependency, (one,), now, project, known) for one in approvals(in_advance, dependency.component, met)
        )
        return next((answer for answer in answers if answer.kind == "approved"), found)
    return found


def _judged(
    dependency: Dependency, standings: Iterable[Standing], now: str, project: Project, known: Known
) -> Judgement:
    found = tuple(standings)
    # An older snapshot may still hold what a newer taking-away file takes back.
    back = {standing.request for standing in found if standing.effect == "revoke"}
    best = Judgement("unapproved")
    top: tuple[Any, ...] = (_STRENGTH["unapproved"],)
    for standing in found:
        if standing.effect == "approve" and standing.request in back:
            continue
        said = _said(dependency, standing, now, project, known)
        if said is not None:
            rank = (_STRENGTH[said.kind], *_nearness(said, standing))
            if rank > top:
                best, top = said, rank
    return best


def _nearness(said: Judgement, standing: Standing) -> tuple[Any, ...]:
    """Of several judgements of one kind the greatest is told, and of equals the first."""
    if said.kind in ("approved", "expired"):
        # A glass is broken only where nothing else lets it in, and what it let in has no time of grace.
        # Of several approvals the newest: who asked again, with what is known today, is not held to the older fence.
        return (not standing.incident, standing.expires if said.kind == "expired" else "", standing.serial)
    if said.why and said.kind != "restricted":
        # What covers the version and misses something else is nearer; then the newest decision.
        return (said.why not in ("version", "undeclared"), standing.serial)
    return ()


def _said(dependency: Dependency, standing: Standing, now: str, project: Project, known: Known) -> Judgement | None:
    """What one standing by itself makes of `dependency`; None where it does not bear on it."""
    if standing.effect == "waive" or (standing.effect == "revoke" and standing.rules):
        return None
    if standing.effect == "approve":
        why = _uncovered(dependency, standing, project)
        if why:
            return Judgement(_BESIDE.get(why, "out-of-range"), standing, why)
        if _past(standing, now):
            return Judgement("expired", standing)
        fallen = _fallen(dependency, standing, known) if standing.fence else ""
        return Judgement("fence-broken" if fallen else "approved", standing, fallen)
    if not _taken_away(dependency, standing):
        return None
    if standing.effect == "restrict":
        why = _elsewhere(standing, dependency, project)
        return Judgement("restricted", standing, why) if why else None
    # An effect that only a newer osgate knows came to take something away.
    return Judgement(_TAKING.get(standing.effect, "blocked"), standing)


def _fallen(dependency: Dependency, standing: Standing, known: Known) -> str:
    """The first fact of an approval's fence that is another one now; empty while all are held, or cannot be told."""
    from osgate.ledger.fence import broken

    return next((told.fact for told in broken(standing, dependency, known(dependency))), "")


def broken_posts(judgement: Judgement, dependency: Dependency, known: Known) -> tuple[Told, ...]:
    """Return what an approval was given on and is no more; empty for every judgement but `fence-broken`."""
    if judgement.kind != "fence-broken" or judgement.standing is None:
        return ()
    from osgate.ledger.fence import broken

    return broken(judgement.standing, dependency, known(dependency))


def waived(
    standings: Iterable[Standing], rule: str, dependency: Dependency | None, project: Project, now: str
) -> Standing | None:
    """Return the waiver among `standings` that lifts a finding of `rule` at `now` (as in `judge`), or None.

    dependency: what the finding is about, None for a file: a waiver of a component or its family lifts only findings
    about it, and one without subjects, which stands on `project:<id>`, only findings about files. What takes away is
    never waived.
    """
    if rule in NEVER_EXCUSED:
        return None
    about = [standing for standing in standings if rule in standing.rules]
    keys = [f"project:{project.id}"]
    if about and dependency is not None:
        from osgate.ledger.families import around

        keys = around(dependency.component)
    found = [standing for standing in about if standing.component in keys]
    back = {standing.request for standing in found if standing.effect == "revoke"}
    for standing in found:
        if standing.effect != "waive" or standing.request in back or _past(standing, now):
            continue
        outside = dependency is not None and standing.range and _not_in(dependency, standing.range)
        if not outside and not _strange(standing, project):
            return standing
    return None


def _past(standing: Standing, now: str) -> bool:
    """True from the instant, or the beginning of the day, at which it expires; texts of both kinds sort by time."""
    return bool(standing.expires) and standing.expires <= now


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
    # Nor does one that does not say how widely it is given out stay inside of any bound.
    if standing.distribution and not 0 < _REACH.get(project.distribution, 0) <= _REACH.get(standing.distribution, 0):
        return "distribution"
    return _strange(standing, project)


def _strange(standing: Standing, project: Project) -> str:
    """Whether the project or its class is not among those a standing names: `project`, `class` or empty."""
    if standing.projects and project.id not in standing.projects:
        return "project"
    return "class" if standing.classes and project.class_ not in standing.classes else ""
