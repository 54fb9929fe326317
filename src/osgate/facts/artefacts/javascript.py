"""npm's artefacts: tarballs as `npm pack` makes them, and what is installed in node_modules."""

from __future__ import annotations

from osgate.facts.artefacts.archives import Damaged
from osgate.facts.artefacts.described import Described, any_of, identity, one, stated, yes
from osgate.facts.artefacts.rights import is_licence, is_notice
from osgate.facts.registries.answers import Answer, json_in, listing, mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.facts.artefacts.archives import Contents
    from osgate.facts.registries.answers import Value

# Scripts that npm runs when somebody installs a package (npm's documentation, "Life Cycle Operation Order").
_AT_INSTALL = ("preinstall", "install", "postinstall")
_MOST_LICENCES = 20


def wanted(path: str) -> bool:
    """Whether a member of a tarball is read: what lies right below its one folder."""
    _, _, rest = path.partition("/")
    return rest == "package.json" or ("/" not in rest and (is_licence(rest) or is_notice(rest)))


def tarball(name: str, contents: Contents) -> Described:
    """Return what a tarball says of itself. Raises Damaged."""
    _, data = one(contents.files, r"[^/]+/package\.json")
    # Of every path npm drops the first folder, whatever it is called.
    return package(data, any(path.partition("/")[2] == "binding.gyp" for path in contents.names))


def package(data: bytes, gyp: bool) -> Described:
    """Return what a package.json says. gyp: whether a binding.gyp lies beside it, which npm builds without any script.

    Raises Damaged.
    """
    body = json_in(Answer(data, ""))
    if not isinstance(body, dict):
        raise Damaged("malformed", "package.json")
    licence, declared = licences(body)
    scripts = mapping(body.get("scripts"))
    runs = any(scripts.get(name) for name in _AT_INSTALL) or (gyp and body.get("gypfile") is not False)
    repository = body.get("repository")
    return Described(
        identity("npm", body.get("name"), body.get("version")),
        licence,
        declared,
        yes(runs),
        repository=mapping(repository).get("url") or repository,
    )


def licences(body: dict[str, object]) -> tuple[Value, Value]:
    """Return what `license` says, and as it is written; of the former list `licenses` any may be chosen."""
    value = body.get("license")
    if value is None and (several := listing(body.get("licenses"), _MOST_LICENCES)):
        return any_of(mapping(item).get("type") or item for item in several)
    return stated(mapping(value).get("type") or value)
