"""Where pnpm-lock.yaml and the manifests of its projects differ.

pnpm writes each project's requirements into the lock as they were declared (`specifier`, `specifiers` before version
6), after its overrides and hooks have had their way: what these may have touched is left out.
Source: pnpm's documentation (settings `overrides`, `ignoredOptionalDependencies`, `autoInstallPeers`,
`excludeLinksFromLockfile`, `packageExtensions`; package.json's `devEngines.runtime`; .pnpmfile.cjs).
"""

from __future__ import annotations

import posixpath

from osgate import patterns
from osgate.formats import package_json
from osgate.formats.guards import decode
from osgate.formats.pnpm_lock.document import FIELDS
from osgate.formats.pnpm_lock.load import ordered, parsed
from osgate.formats.pnpm_lock.scan import Scanner
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.formats.package_json import Declared
    from osgate.formats.pnpm_lock.document import Document
    from osgate.model.change import Disagreement, Siblings

_UNREAD = frozenset(("packages", "snapshots", "time"))


def disagreements(path: str, data: bytes, siblings: Siblings) -> tuple[Disagreement, ...]:
    """Return the requirements on which the lock `data` at `path` and the manifests of its projects differ.

    siblings: answers with package.json of each project; one that is not there (or is no JSON but YAML or JSON5) is left
    out. A lock made with a .pnpmfile.cjs says nothing of what was declared, for a hook may rewrite everything.
    Raises Unreadable for a lock or manifest that cannot be read. What is wrong with its packages is told by its reader.
    """
    text = decode(data, required=True).text
    document = ordered(Scanner(_UNREAD).scan(text) or parsed(text))[-1]
    if document.is_environment or "pnpmfileChecksum" in document.root:
        return ()
    found: list[Disagreement] = []
    for folder, at, _ in document.projects():
        manifest_path = posixpath.normpath(posixpath.join(posixpath.dirname(path), folder, "package.json"))
        if manifest_path.startswith("../"):
            continue
        manifest = package_json.declared(manifest_path, siblings)
        if manifest is not None:
            locked = _recorded(document, at)
            found += package_json.differences(manifest_path, manifest, locked, _silent(document, manifest, locked))
    return tuple(found)


def _recorded(document: Document, at: tuple[str, ...]) -> dict[str, str]:
    """What the lock says a project declares, by name."""
    made: dict[str, str] = {}
    stated: dict[str, Any] = dict(document.section(*at, "specifiers"))
    for field in FIELDS:
        for name, requirement in document.section(*at, field).items():
            if isinstance(requirement, dict):
                stated[name] = requirement.get("specifier")
    for name, specifier in stated.items():
        if not isinstance(specifier, str):
            raise Unreadable("malformed", document.line(*at))
        made[name] = specifier
    return made


def _silent(document: Document, manifest: Declared, locked: dict[str, str]) -> set[str]:
    """Names of which the lock may say something else than the manifest, or nothing."""
    names = {_overridden(selector) for selector in document.section("overrides")}
    ignored = document.root.get("ignoredOptionalDependencies")
    if isinstance(ignored, list) and ignored:
        names |= {name for name, one in manifest.items() if one.field == "optionalDependencies" and name not in locked}
    if document.section("settings").get("excludeLinksFromLockfile") == "true":
        names |= {name for name, one in manifest.items() if one.requirement.startswith("link:")}
    extended = "packageExtensionsChecksum" in document.root
    # A runtime stands in the manifest as `devEngines.runtime` or `engines.runtime`, in the lock as a requirement.
    names |= {name for name in locked.keys() - manifest.keys() if extended or locked[name].startswith("runtime:")}
    return names


def _overridden(selector: str) -> str:
    """Return the name an override is for: `parent@1>name@>=2 <3` is for `name`.

    A `>` that a blank, a bar or the `@` of a range stands before belongs to that range (pnpm's parse-overrides).
    """
    name = patterns.split(r"(?<=[^ |@])>", selector)[-1]
    at = name.find("@", 1)
    return name if at < 0 else name[:at]
