"""OSG207: a locked dependency of a registry has no digest."""

from __future__ import annotations

from osgate.rules.case import Case
from osgate.rules.told import of_manifest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.rules.case import Params

# What declares these has no place for a digest, so that nobody could add one: POMs name versions and no more.
_NEVER = ("pkg:maven/",)


def check(case: Case) -> Params | None:
    """Complain about a locked version from a registry of which nothing holds the content, where the policy asks for it.

    What has no version is not locked; a version that is itself a digest needs no second one; what can be moved (a tag)
    is spoken of by the rules about pins; git, addresses and paths have their own.
    """
    dependency = case.item.dependency
    wanted = case.policy.facts.integrity and dependency.source.kind == "registry" and bool(dependency.version)
    if not wanted or dependency.digests or dependency.mutable or dependency.component.startswith(_NEVER):
        return None
    return of_manifest(case, "digest", "")
