"""What a lock file says, document by document, whoever read it."""

from __future__ import annotations

from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    Node: TypeAlias = str | list[Any] | dict[str, Any]
    Entry: TypeAlias = dict[str, Any]

# The field by which a project requires something, and how far that reaches. Configuration dependencies are loaded into
# the package manager itself (hooks, patches, settings): plugins. The package manager builds; nothing of it is shipped.
FIELDS = {
    "dependencies": "runtime",
    "optionalDependencies": "optional",
    "devDependencies": "dev",
    "configDependencies": "plugin",
    "packageManagerDependencies": "build",
}
_ENVIRONMENT = frozenset(("configDependencies", "packageManagerDependencies"))
# Which generation of keys each version writes (unquoted, 9 and 9.0 are one number). Source: pnpm's specification of the
# lockfile and the sources of its releases.
_FAMILIES = {
    **dict.fromkeys(("5", "5.0", "5.1", "5.2", "5.3", "5.4", "5.4-inlineSpecifiers"), 5),
    **dict.fromkeys(("6", "6.0", "6.1"), 6),
    **dict.fromkeys(("9", "9.0"), 9),
}
_SHRINKWRAPS = ("3", "4")
_KNOWN = frozenset(
    (
        *("lockfileVersion", "shrinkwrapVersion", "shrinkwrapMinorVersion", "registry", "settings", "catalogs"),
        *("overrides", "packageExtensionsChecksum", "pnpmfileChecksum", "patchedDependencies", "importers", "packages"),
        *("specifiers", "dependencies", "devDependencies", "optionalDependencies", "dependenciesMeta", "snapshots"),
        *("publishDirectory", "time", "ignoredOptionalDependencies", "neverBuiltDependencies"),
        "onlyBuiltDependencies",
    )
)


class Document:
    """One YAML document of a lock.

    root: its content. line: tells the line of a key, given with the keys above it (0 where there is none). family: the
    generation of its dependency paths: 5, 6 or 9. tells_builds: whether its version marks packages that run code.
    """

    __slots__ = ("family", "line", "root", "tells_builds")

    def __init__(self, root: Entry, line: Callable[..., int]) -> None:
        self.root, self.line = root, line
        version, shrinkwrap = root.get("lockfileVersion"), root.get("shrinkwrapVersion")
        if version is None and shrinkwrap in _SHRINKWRAPS:
            self.family, self.tells_builds = 5, False
        elif isinstance(version, str) and version in _FAMILIES:
            self.family = _FAMILIES[version]
            self.tells_builds = self.family < 9
        else:
            shown = version if version is not None else shrinkwrap
            at = line("lockfileVersion") or line("shrinkwrapVersion")
            raise Unreadable("unknown-version", at, version=str(shown)[:40])
        for key in root.keys() - _KNOWN:
            if _holds_packages(root[key]):
                raise Unreadable("unknown-version", line(key), version=f"{version} {key}"[:40])

    def section(self, *path: str) -> Entry:
        """Return the mapping at `path`, empty where there is none. Raises Unreadable `malformed` for anything else."""
        node: Any = self.root
        for depth, key in enumerate(path):
            node = node.get(key)
            if node is None or is_null(node):
                return {}
            if not isinstance(node, dict):
                raise Unreadable("malformed", self.line(*path[: depth + 1]))
        return dict(node) if type(node) is not dict else node

    def entries(self, name: str) -> dict[str, Entry]:
        """Return the section `name` of packages. Raises Unreadable `malformed` where one of them is no mapping."""
        found = self.section(name)
        for key, entry in found.items() if not {dict}.issuperset(map(type, found.values())) else ():
            if not isinstance(entry, dict):
                raise Unreadable("malformed", self.line(name, key))
        return found

    def projects(self) -> Iterator[tuple[str, tuple[str, ...], Entry]]:
        """Yield each project: its folder relative to the lock's, the path of its entry, the entry.

        A lock of one project may have its requirements at the top. Raises Unreadable `malformed`, and `disagreement`
        (ambiguous) where the same project stands in both places.
        """
        single = any(field in self.root for field in FIELDS)
        if single:
            yield ".", (), self.root
        for folder in self.section("importers"):
            entry = self.section("importers", folder)
            if single and folder == "." and any(field in entry for field in FIELDS):
                raise Unreadable("disagreement", self.line("importers", folder), ambiguous=True, folder=folder)
            yield folder, ("importers", folder), entry

    @property
    def is_environment(self) -> bool:
        """Whether it locks pnpm itself and its configuration, not the projects (pnpm 11 writes it in front)."""
        fields = {field for _, _, entry in self.projects() for field in entry if field in FIELDS}
        return bool(fields) and fields <= _ENVIRONMENT


def is_null(node: object) -> bool:
    """Tell whether YAML takes a scalar for null."""
    return bool(getattr(node, "is_null", False))


def _holds_packages(node: object) -> bool:
    """Tell whether what stands below a key that nobody knows looks like packages."""
    return isinstance(node, dict) and any(isinstance(entry, dict) and "resolution" in entry for entry in node.values())
