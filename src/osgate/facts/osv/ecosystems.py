"""OSV's ecosystems as purls: which component a package name means, and which order its versions have. Pure.

Source of the ecosystem names and of what their suffixes mean: the OSV schema, "Defined ecosystems".
"""

from __future__ import annotations

from osgate import patterns
from osgate import purl as purls
from osgate.model.record import record


@record
class Ecosystem:
    """One ecosystem. type, namespace: of its purls. order: the type whose order its versions have.

    split: names hold the namespace, ending at the last of this separator.
    """

    name: str
    type: str
    namespace: str = ""
    order: str = ""
    split: str = ""

    @property
    def family(self) -> str:
        """What all components of the ecosystem begin with."""
        return f"pkg:{self.type}/{self.namespace}/" if self.namespace else f"pkg:{self.type}/"


# OSV calls this ecosystem by the host of its registry, which shall stand nowhere in osgate.
_CRATES = ".".join(("crates", "io"))
_ALL = (
    Ecosystem("PyPI", "pypi"),
    Ecosystem("npm", "npm"),
    Ecosystem("Go", "golang", split="/"),
    Ecosystem("Maven", "maven", split=":"),
    Ecosystem("NuGet", "nuget"),
    Ecosystem("Packagist", "composer", split="/"),
    Ecosystem("RubyGems", "gem"),
    Ecosystem(_CRATES, "cargo"),
    Ecosystem("ConanCenter", "conan"),
    Ecosystem("Pub", "pub"),
    Ecosystem("Hex", "hex"),
    Ecosystem("CRAN", "cran"),
    Ecosystem("Hackage", "hackage"),
    Ecosystem("SwiftURL", "swift", split="/"),
    Ecosystem("GitHub Actions", "github", order="semver", split="/"),
    Ecosystem("Julia", "julia", order="semver"),
    Ecosystem("Bitnami", "bitnami", order="semver"),
    Ecosystem("Debian", "deb", "debian"),
    Ecosystem("Ubuntu", "deb", "ubuntu"),
    Ecosystem("Alpine", "apk", "alpine"),
    Ecosystem("Wolfi", "apk", "wolfi"),
    Ecosystem("Chainguard", "apk", "chainguard"),
    Ecosystem("AlmaLinux", "rpm", "almalinux"),
    Ecosystem("Rocky Linux", "rpm", "rocky"),
    Ecosystem("Red Hat", "rpm", "redhat"),
    Ecosystem("SUSE", "rpm", "suse"),
    Ecosystem("openSUSE", "rpm", "opensuse"),
    Ecosystem("openEuler", "rpm", "openeuler"),
    Ecosystem("Mageia", "rpm", "mageia"),
)
ECOSYSTEMS = {ecosystem.name: ecosystem for ecosystem in _ALL}
_BY_FAMILY = {ecosystem.family: ecosystem for ecosystem in _ALL}
# Debian's releases by code name, as `distro` qualifiers and mirrors write them.
_DEBIAN = {"stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14"}
# Longer names than any registry takes are no names.
_LONGEST = 500


def known(name: str) -> Ecosystem | None:
    """Return the ecosystem that `name` means, with or without a suffix (`Debian:12`); None for one without purls."""
    return ECOSYSTEMS.get(name.partition(":")[0])


def of_component(component: str) -> Ecosystem | None:
    """Return the ecosystem that a component belongs to; None where OSV has none for it."""
    end = component.find("/") + 1
    return _BY_FAMILY.get(component[:end]) or _BY_FAMILY.get(component[: component.find("/", end) + 1])


def key(component: str) -> str:
    """Return a component as the index writes it: NuGet does not tell upper case from lower."""
    return component.lower() if component.startswith("pkg:nuget/") else component


def component(ecosystem: Ecosystem, name: str) -> str:
    """Return the key of the package `name`. Raises ValueError where it is no name."""
    if not name or len(name) > _LONGEST or not name.isprintable() or name != name.strip():
        raise ValueError(name[:80])
    namespace = ecosystem.namespace
    if ecosystem.split and ecosystem.split in name:
        namespace, _, name = name.rpartition(ecosystem.split)
        if not namespace or not name:
            raise ValueError(name)
        namespace = namespace.replace(":", "/")
    return key(purls.component(ecosystem.type, name, namespace))


def release(text: str) -> str:
    """Return the release that an ecosystem's suffix or a purl's `distro` names: `12`, `3.18`, `22.04`; else empty."""
    text = text.lower()
    for code, number in _DEBIAN.items():
        if code in text:
            return number
    found = patterns.search(r"[0-9]+(?:\.[0-9]+)*", text)
    return found[0] if found else ""


def same_release(one: str, other: str) -> bool:
    """Tell whether two releases may be one: the same numbers, as far as both say them."""
    return not one or not other or f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")
