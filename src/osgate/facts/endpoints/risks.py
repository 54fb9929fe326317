"""What is dangerous in where packages come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from osgate import patterns
from osgate.facts.endpoints.endpoint import Configured, Endpoint, Risk, host_of, whole

# Types whose clients ask every index for every name, and take the highest version of all.
_MIXING = ("gem", "pypi")
# Types whose clients can be told which names come from where.
_MAPPING = ("composer", "golang", "npm", "nuget")


def risks(found: Configured, internal: Iterable[str] = ()) -> tuple[Risk, ...]:
    """Return what is dangerous in a configuration, each risk once.

    internal: purls, or their beginnings with a `*`, that are the institution's own. Codes: `extra-index` (another index
    is asked for every name), `scope-without-registry` (names of our own that have no registry of their own),
    `plain-http`, `no-verify`, `several-sources-unmapped`, `direct`, `credential-in-file`.
    """
    made = (*_of_endpoints(found.endpoints), *_unmapped(found, internal))
    return tuple(dict.fromkeys([*found.risks, *made]))


def _of_endpoints(endpoints: Iterable[Endpoint]) -> Iterator[Risk]:
    for endpoint in endpoints:
        if endpoint.extra and endpoint.type in _MIXING:
            yield Risk("extra-index", (("address", endpoint.address), ("type", endpoint.type)), endpoint.origin)
        if endpoint.address.startswith("http:") and not _own_machine(endpoint.address):
            yield Risk("plain-http", (("address", endpoint.address),), endpoint.origin)


def _own_machine(address: str) -> bool:
    return host_of(address).partition(":")[0] in ("localhost", "127.0.0.1") or "//[::1]" in address


def _unmapped(found: Configured, internal: Iterable[str]) -> Iterator[Risk]:
    """Names of our own that a client would ask a registry for that is not theirs alone.

    Where a client knows no such mapping (pip), one index for everything is the best there is, and several are told as
    `extra-index`.
    """
    of_type = {type: [one for one in found.endpoints if one.type == type] for type in _MAPPING}
    for name in dict.fromkeys(internal):
        type = name.removeprefix("pkg:").partition("/")[0]
        mains = [one for one in of_type.get(type, []) if one.applies == whole(type)]
        own = [*found.own, *(one.applies for one in of_type.get(type, []) if one.applies != whole(type))]
        if mains and not any(covers(one, name) for one in own):
            params = (("address", mains[0].address), ("names", name))
            yield Risk("scope-without-registry", params, mains[0].origin)


def covers(wide: str, narrow: str) -> bool:
    """True if every purl that fits the pattern `narrow` fits `wide`; `*` stands for any text in both."""
    return bool(wide) and patterns.fits(wide, narrow)
