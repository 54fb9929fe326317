"""OSG204: a dependency comes from a place that the policy does not name."""

from __future__ import annotations

from osgate.rules.case import Case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.model.dependency import Dependency
    from osgate.model.policy import ApprovedSource
    from osgate.rules.case import Params

# A dependency from a registry answers to its own type; for the others no registry vouches, whatever their type.
_KINDS = {"git": "git", "url": "url"}


def check(case: Case) -> Params | None:
    """Complain about addresses that begin with none of the confirmed ones of their type.

    A type for which nobody confirmed a source yet is not judged: a new policy repository would block everything.
    """
    dependency = case.item.dependency
    type = _type(dependency)
    confirmed = [source for source in case.policy.sources if source.type == type and source.confirmed_by]
    strange = [url for url in (dependency.source.url or "").split() if not _any_holds(confirmed, url)]
    if not confirmed or not strange:
        return None
    waits = next((s.origin for s in case.policy.sources if s.type == type and holds(s.address, strange[0])), "")
    return {
        "url": strange[0],
        "type": type,
        "approved": [source.address for source in confirmed],
        **({"unconfirmed": waits} if waits else {}),
    }


def _type(dependency: Dependency) -> str:
    return _KINDS.get(dependency.source.kind) or dependency.component[4:].partition("/")[0]


def _any_holds(sources: Iterable[ApprovedSource], url: str) -> bool:
    return any(holds(source.address, url) for source in sources)


def holds(address: str, url: str) -> bool:
    """True if `url` lies at or below `address`: same scheme and host in any case of letters, path by whole steps.

    What git puts before an address, who logs in, the port everybody means, a query and a fragment do not matter; git's
    `user@host:path` is an address of ssh. A path that a client or server may take for one with `..` lies nowhere.
    """
    wanted, found = _parts(address), _parts(url)
    below = found[1].startswith(wanted[1].rstrip("/") + "/") or found[1].rstrip("/") == wanted[1].rstrip("/")
    return wanted[0] == found[0] and below and not _climbs(url)


def _climbs(url: str) -> bool:
    """True for a backslash, which some clients take for a slash, and for a step upwards, also one that is escaped."""
    plain = url.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\")
    return "\\" in plain or ".." in plain.partition("#")[0].partition("?")[0].split("/")


def _parts(url: str) -> tuple[str, str]:
    """The origin, lower case, without what git puts before it, who logs in, or the port everybody means; the path."""
    scheme, mark, rest = url.partition("#")[0].partition("?")[0].removeprefix("git+").partition("://")
    if not mark and ":" in scheme.partition("/")[0]:
        host, _, path = scheme.partition(":")
        scheme, rest = "ssh", f"{host}/{path.lstrip('/')}"
    host, slash, path = rest.partition("/")
    port = {"https": ":443", "http": ":80", "ssh": ":22"}.get(scheme.lower(), ":")
    return f"{scheme}://{host.rpartition('@')[2]}".lower().removesuffix(port), slash + path
