"""Dependency paths: the keys of pnpm's packages, of every generation.

5: `/name/1.2.3_peers` (`/name/1.2.3/peers` before), 6: `/name@1.2.3(peers)`, 9: `name@1.2.3(peers)`; in 5 and 6 a path
without the slash names a registry of its own (`registry.example/name/1.2.3`) or what comes from no registry
(`github.com/owner/repo/commit`, `file:folder`); in 9 that stands behind the name.
Source: pnpm's specification (dependency-path.md) and the package dependency-path of its releases.
"""

from __future__ import annotations

from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@record
class Key:
    """A dependency path taken apart.

    name: empty where the path does not tell. version: empty where it is no version. address: what stands where a
    version would, for all that comes from no registry. host: of a registry that is not the lock's own, as pnpm encodes
    it (`+` for the colon of a port).
    """

    name: str
    version: str = ""
    address: str = ""
    host: str = ""


def without_peers(key: str) -> str:
    """Return a path of generation 6 or 9 without what stands in the brackets at its end (peers, hash of a patch)."""
    cut = key.find("(")
    if cut < 0 or key[-1] != ")":
        return key
    if ":" not in key[:cut]:
        return key[:cut]
    depth = 0
    for place in range(len(key) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(key[place], 0)
        if depth == 0 and key[place] != "(":
            return key[: place + 1]
    return key


def take_apart(family: int, key: str) -> Key | None:
    """Return the parts of a dependency path of a generation; None for one that its pnpm does not write."""
    if family == 9:
        return _name_at(without_peers(key))
    bare = without_peers(key)
    if bare[:1] == "/":
        return _slashed(family, bare[1:])
    host, _, rest = bare.partition("/")
    if ":" not in bare and not host.startswith("@"):
        found = _slashed(family, rest) or (_slashed(5, rest) if family == 6 else None)
        if found is not None:
            return Key(found.name, found.version, "", host)
    return Key("", "", bare)


def name_of(family: int, key: str) -> str:
    """Return the name in a dependency path, empty where it does not tell; quick, and right for paths pnpm writes."""
    if family == 9:
        return key[: key.find("@", 1)]
    if key[:1] != "/":
        found = take_apart(family, key)
        return found.name if found else ""
    end = key.find("@", 2) if family == 6 else key.find("/", (key.find("/", 1) + 1) if key[1:2] == "@" else 1)
    return key[1:end]


def usual_format(family: int) -> str:
    """Return the path that name and reference lead to, unless there is none, as a format of both."""
    return "%s@%s" if family == 9 else "/%s@%s" if family == 6 else "/%s/%s"


def target(family: int, name: str, reference: str, nodes: Any) -> str:
    """Return the path that `name: reference` leads to. nodes: the paths there are.

    Where there is none, it is the one that pnpm would look for.
    """
    usual = usual_format(family) % (name, reference)
    if usual in nodes:
        return usual
    if reference in nodes:
        return reference
    if family != 9:
        return reference if "/" in without_peers(reference) or ":" in reference else usual
    at = reference.find("@")
    ends = [place for place in (reference.find(":"), reference.find("(")) if place >= 0]
    return reference if at == 0 or 0 < at < min(ends, default=len(reference)) else usual


def is_version(text: str) -> bool:
    """Tell whether a text is a version as registries have them: three numbers, then perhaps more (semver.org)."""
    numbers = text.partition("+")[0].partition("-")[0].split(".")
    return len(numbers) == 3 and all(number.isascii() and number.isdigit() for number in numbers)


def _name_at(bare: str) -> Key | None:
    """`name@version`, `name@address`."""
    at = bare.find("@", 1)
    if at < 0:
        return None
    name, rest = bare[:at], bare[at + 1 :]
    if is_version(rest):
        return Key(name, rest)
    return Key(name, "", rest) if ":" in rest else None


def _slashed(family: int, bare: str) -> Key | None:
    """`name/version_peers`, `name/version/peers` or `name@version`."""
    if family == 6:
        found = _name_at(bare)
        return found if found and found.version else None
    parts = bare.split("/")
    scope = f"{parts.pop(0)}/" if bare[:1] == "@" else ""
    if len(parts) < 2:
        return None
    version = parts[1].partition("_")[0]
    return Key(f"{scope}{parts[0]}", version) if is_version(version) else None
