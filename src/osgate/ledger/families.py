"""Families: the packages that carry one thing, built for one platform each. Pure, and on the commit path.

`@img/sharp-linux-x64` and `@img/sharp-darwin-arm64` are one decision: same scope, same stem, another machine. Their
family is written `pkg:npm/%40img/sharp-*`; a decision on it stands on every member, also on one that appears later.
The star stands for a platform and nothing else, and as a canonical purl writes a star `%2A`, no component has this key.

Only scoped npm names have a family: who holds the scope publishes all of its packages. `thing-linux-x64` without a
scope says nothing about who may publish `thing-linux-arm64`, so its next member might be anybody's.
"""

from __future__ import annotations

from osgate.model.decision import LedgerView

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from osgate.purl import Purl

_SCOPED = "pkg:npm/%40"
# What Node.js calls systems and machines (process.platform, process.arch), and how Rust and Go builds call them.
_SYSTEMS = frozenset(("aix", "android", "cygwin", "darwin", "freebsd", "haiku", "linux", "linuxmusl", "macos"))
_SYSTEMS |= frozenset(("netbsd", "openbsd", "openharmony", "sunos", "win32", "windows"))
_MACHINES = frozenset(("32", "64", "386", "aarch64", "amd64", "i386", "i686", "ia32", "x64", "x86", "x86_64"))
_MACHINES |= frozenset(("arm", "arm64", "armv6", "armv6l", "armv7", "armv7l", "loong64", "loongarch64"))
_MACHINES |= frozenset(("mips", "mips64", "mips64el", "mips64le", "mipsel", "mipsle", "riscv64", "riscv64gc"))
_MACHINES |= frozenset(("powerpc64le", "ppc", "ppc64", "ppc64le", "s390", "s390x", "universal"))
_LIBRARIES = frozenset(("baseline", "eabi", "eabihf", "glibc", "gnu", "gnueabi", "gnueabihf", "msvc", "musl"))
_LIBRARIES |= frozenset(("musleabi", "musleabihf"))
# WebAssembly is system and machine in one.
_WASM = ("wasm32", "wasm32-wasi")
_TOKENS = _SYSTEMS | _MACHINES | _LIBRARIES | frozenset(("wasm32", "wasi"))


def family(component: str) -> str:
    """Return the key of the family that a component belongs to; empty for what is built for no platform.

    component: canonical purl without version. The name must end in a system and a machine (and perhaps a C library or
    binary interface), or in `wasm32`; what stands before is the stem, which may be empty (`@esbuild/linux-x64`).
    """
    if not component.startswith(_SCOPED):
        return ""
    head, slash, name = component[len(_SCOPED) :].partition("/")
    # The last word of nearly all names tells at once that they are not meant.
    if not slash or name[name.rfind("-") + 1 :] not in _TOKENS:
        return ""
    stem = None if "/" in name else _stem(name)
    return "" if stem is None else f"{_SCOPED}{head}/{stem}*"


def _stem(name: str) -> str | None:
    """What stands before the platform, with the hyphen that ends it; None where the name ends in no whole platform."""
    words = name.split("-")
    platform = 0
    for spelled in _WASM:
        if f"-{name}".endswith(f"-{spelled}"):
            platform = spelled.count("-") + 1
    if not platform:
        end = len(words)
        while end and words[end - 1] in _LIBRARIES:
            end -= 1
        if end < 2 or words[end - 1] not in _MACHINES or words[end - 2] not in _SYSTEMS:
            return None
        platform = len(words) - end + 2
    stem = words[: len(words) - platform]
    # `sharp-linux-*` would look like a family of its own and have no members.
    if stem and (stem[-1] in _TOKENS or not stem[-1]):
        return None
    return "-".join([*stem, ""]) if stem else ""


def is_key(text: str) -> bool:
    """True for a key that `family` gives some component."""
    return text.endswith("*") and family(f"{text[:-1]}linux-x64") == text


def decided(purl: Purl) -> str:
    """Return the key that decisions on what `purl` names are made for: the family it spells with a `*`, or itself."""
    component = purl.component
    key = f"{component.removesuffix('%2A')}*"
    return key if component.endswith("%2A") and is_key(key) else component


def keys(components: Iterable[str]) -> dict[str, str]:
    """Return component -> the key of its family, for those that have one."""
    return {component: key for component in components if (key := family(component))}


def around(component: str) -> list[str]:
    """Return the keys whose decisions bear on `component`: itself, and its family where it has one."""
    return [key for key in (component, family(component)) if key]


def spread(view: LedgerView, of: Mapping[str, str]) -> LedgerView:
    """Return `view` with what stands or waits on a family standing or waiting on its members, too.

    of: component -> key of its family, as `keys` gives it.
    """
    if not of:
        return view
    standings, waiting = dict(view.standings), dict(view.waiting)
    for component, key in of.items():
        if key in view.standings:
            standings[component] = (*view.standings.get(component, ()), *view.standings[key])
        if key in view.waiting:
            waiting[component] = (*view.waiting.get(component, ()), *view.waiting[key])
    return LedgerView(standings, waiting)
