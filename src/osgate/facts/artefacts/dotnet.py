"""NuGet's artefacts: packages with their specification (.nuspec) at the top."""

from __future__ import annotations

import re

from osgate.facts.artefacts.described import Described, identity, one, stated, yes
from osgate.facts.artefacts.rights import is_licence, is_notice
from osgate.facts.artefacts.xml_paths import first, leaves

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.facts.artefacts.archives import Contents

_PACKAGE = "package/metadata"
# What Visual Studio and MSBuild run or read of a package: scripts at install, targets and properties at every build.
_RUNS = re.compile(
    r"tools/(?:.*/)?(?:init|install|uninstall)\.ps1\Z|build(?:transitive|multitargeting)?/.*\.(?:targets|props)\Z", re.I
)


def wanted(path: str) -> bool:
    """Whether a member of a package is read: what lies at its top, and licences a little below."""
    if path.count("/") <= 1 and is_licence(path):
        return True
    return "/" not in path and (path.lower().endswith(".nuspec") or is_notice(path))


def package(name: str, contents: Contents) -> Described:
    """Return what a package says of itself. Raises Damaged."""
    found = leaves(one(contents.files, r"[^/]+\.(?i:nuspec)")[1])
    kinds = {leaf.attributes.get("type", ""): leaf.text for leaf in found if leaf.path == f"{_PACKAGE}/license"}
    # The client writes an address of its own where there is an expression or a file.
    told = kinds.get("expression") or ("" if "file" in kinds else first(found, f"{_PACKAGE}/licenseUrl"))
    file = kinds.get("file", "")
    return Described(
        identity("nuget", first(found, f"{_PACKAGE}/id"), first(found, f"{_PACKAGE}/version")),
        *stated(told or (f"SEE LICENSE IN {file}" if file else "")),
        yes(any(map(_RUNS.match, contents.names))),
        licence_file=file.replace("\\", "/"),
        rights=first(found, f"{_PACKAGE}/copyright"),
        repository=next((leaf.attributes.get("url") for leaf in found if leaf.path == f"{_PACKAGE}/repository"), ""),
    )
