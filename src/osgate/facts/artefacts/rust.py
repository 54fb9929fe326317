"""Cargo's artefacts: crates, as `cargo package` makes them."""

from __future__ import annotations

import re
import tomllib

from osgate.facts.artefacts.archives import Damaged
from osgate.facts.artefacts.described import Described, identity, one, stated, text, yes
from osgate.facts.artefacts.rights import is_licence, is_notice
from osgate.facts.registries.answers import mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.facts.artefacts.archives import Contents

# Larger ones, and keys of very many parts, cost a TOML reader the square of their length.
_MOST_BYTES = 256 << 10
_LONG_KEY = re.compile(rb"""(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""")


def wanted(path: str) -> bool:
    """Whether a member of a crate is read: what lies right below its one folder."""
    _, _, rest = path.partition("/")
    return rest == "Cargo.toml" or ("/" not in rest and (is_licence(rest) or is_notice(rest)))


def crate(name: str, contents: Contents) -> Described:
    """Return what a crate says of itself. A build script and a procedural macro run whenever it is compiled.

    Raises Damaged, among others where its folder is another crate's (cargo refuses that too).
    """
    path, data = one(contents.files, r"[^/]+/Cargo\.toml")
    folder = path.partition("/")[0]
    manifest = _toml(data)
    package, library = mapping(manifest.get("package")), mapping(manifest.get("lib"))
    purl = identity("cargo", package.get("name"), package.get("version"))
    if folder != f"{package['name']}-{package['version']}":
        raise Damaged("mismatch", folder)
    script = package.get("build", f"{folder}/build.rs" in contents.names)
    macro = library.get("proc-macro") or library.get("proc_macro")
    return Described(
        purl,
        *stated(package.get("license")),
        yes(script or macro),
        licence_file=text(package.get("license-file")),
        repository=package.get("repository"),
    )


def _toml(data: bytes) -> dict[str, object]:
    if len(data) > _MOST_BYTES or _LONG_KEY.search(data):
        raise Damaged("malformed", "Cargo.toml")
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        raise Damaged("malformed", "Cargo.toml") from None
