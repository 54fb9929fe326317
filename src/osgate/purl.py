"""Canonical purls: the identity of a component, written by osgate itself.

Identity is ours: two different packages must never share a key, so npm names keep their case (JSONStream and jsonstream
are two packages) and Python names follow PEP 503. The printed form is the package-url specification's canonical one; a
property test holds it equal to packageurl-python, which differs in leaving a slash inside a version or a qualifier as
it is (the specification encodes it: there it separates nothing).
"""

from __future__ import annotations

from osgate import patterns
from osgate.errors import UsageError
from osgate.model.record import record

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:-")
_SAFE = frozenset(map(ord, _PLAIN))
# Compiled where they are first used: the commit path writes purls, it reads none.
_ESCAPE = r"%([0-9A-Fa-f]{2})"
_SEPARATORS = r"[-_.]+"
_TYPE = r"[a-z][a-z0-9.+-]*\Z"
# Types whose registered definition says that names do not distinguish case.
_LOWER = frozenset({"bitbucket", "composer", "github", "githubactions", "gitlab", "hex", "luarocks", "oci", "pypi"})
# GitHub's own exports spell an action this way; the registered type is the repository's.
_SYNONYMS = {"githubactions": "github"}
# Qualifiers that say which component is meant; all others describe one artefact of it.
_IDENTITY_QUALIFIERS = frozenset({"repository_url", "vcs_url", "download_url"})


@record
class Purl:
    """The parts of a purl, normalised and unescaped. `namespace`, `version` and `subpath` are empty where absent."""

    type: str
    namespace: str
    name: str
    version: str = ""
    qualifiers: tuple[tuple[str, str], ...] = ()
    subpath: str = ""

    def __str__(self) -> str:
        return write(self)

    @property
    def component(self) -> str:
        """The canonical purl without version, subpath and artefact qualifiers: the key of decisions."""
        kept = tuple(pair for pair in self.qualifiers if pair[0] in _IDENTITY_QUALIFIERS)
        return write(Purl(self.type, self.namespace, self.name, "", kept, ""))


def quote(text: str) -> str:
    """Percent-encode `text` (UTF-8) as the specification asks: unreserved characters and the colon stay."""
    if _PLAIN.issuperset(text):
        return text
    if text[0] == "@" and _PLAIN.issuperset(text[1:]):
        return f"%40{text[1:]}"
    return "".join([chr(b) if b in _SAFE else f"%{b:02X}" for b in text.encode("utf-8", "surrogatepass")])


def normalise_pypi(name: str) -> str:
    """Return a Python project name as PEP 503 compares it."""

    return patterns.sub(_SEPARATORS, "-", name).lower()


def component(type: str, name: str, namespace: str = "") -> str:
    """Return the component key of a package: `component("npm", "left-pad")` is `pkg:npm/left-pad`.

    `name` may carry its namespace for npm (`@scope/name`). No check of validity: readers hand over what a file says.
    """
    if type == "npm":
        if name[:1] == "@" and "/" in name:
            namespace, name = name.split("/", 1)
    elif type == "pypi":
        name = normalise_pypi(name)
    elif type in _LOWER:
        namespace, name = namespace.lower(), name.lower()
    if not namespace:
        return f"pkg:{type}/{quote(name)}"
    middle = "/".join([quote(part) for part in namespace.split("/") if part])
    return f"pkg:{type}/{middle}/{quote(name)}" if middle else f"pkg:{type}/{quote(name)}"


def versioned(component: str, version: str, subpath: str = "") -> str:
    """Return a component key with `version` (and `subpath`) set in the right place."""
    if "?" not in component and not subpath:
        return f"{component}@{quote(version)}" if version else component
    head, mark, qualifiers = component.partition("?")
    middle = f"@{quote(version)}" if version else ""
    tail = "#" + "/".join([quote(part) for part in subpath.split("/") if part]) if subpath.strip("/") else ""
    return f"{head}{middle}{mark}{qualifiers}{tail}"


def write(purl: Purl) -> str:
    """Return the canonical text of `purl`."""
    namespace = "/".join([quote(part) for part in purl.namespace.split("/") if part])
    head = f"pkg:{purl.type}/{namespace}/{quote(purl.name)}" if namespace else f"pkg:{purl.type}/{quote(purl.name)}"
    pairs = "&".join(f"{key}={quote(value)}" for key, value in sorted(purl.qualifiers) if value)
    return versioned(f"{head}?{pairs}" if pairs else head, purl.version, purl.subpath)


def unquote(text: str) -> str:
    """Decode percent escapes as UTF-8; what is no UTF-8 stays visible as the replacement character."""
    if "%" not in text:
        return text
    out = bytearray()
    for index, piece in enumerate(patterns.split(_ESCAPE, text)):
        out += bytes.fromhex(piece) if index % 2 else piece.encode("utf-8", "surrogatepass")
    return out.decode("utf-8", "replace")


def parse(text: str) -> Purl:
    """Read a purl, canonical or not, and normalise it.

    Raises UsageError (`purl.*`) where there is no scheme, no type or no name.
    """
    rest = text.strip()
    if not rest.lower().startswith("pkg:"):
        raise UsageError("purl.scheme", text=text)
    rest, _, subpath = rest[4:].lstrip("/").partition("#")
    rest, _, query = rest.partition("?")
    type, slash, path = rest.partition("/")
    type = type.lower()
    if not slash or not patterns.match(_TYPE, type):
        raise UsageError("purl.type", text=text)
    path, version = _split_version(path)
    parts = [unquote(part) for part in path.split("/") if part]
    if not parts:
        raise UsageError("purl.name", text=text)
    pairs = (pair.partition("=") for pair in query.split("&"))
    qualifiers = tuple(sorted((key.lower(), unquote(value)) for key, _, value in pairs if key and value))
    steps = [unquote(step) for step in subpath.split("/") if step not in ("", ".", "..")]
    return _normal(type, "/".join(parts[:-1]), parts[-1], unquote(version), qualifiers, "/".join(steps))


def _split_version(path: str) -> tuple[str, str]:
    """Split at the last `@`; one at the start of a segment is an npm scope, not a version."""
    at = path.rfind("@")
    if at <= 0 or path[at - 1] == "/":
        return path, ""
    return path[:at], path[at + 1 :]


def _normal(
    type: str, namespace: str, name: str, version: str, qualifiers: tuple[tuple[str, str], ...], subpath: str
) -> Purl:
    type = _SYNONYMS.get(type, type)
    if type == "pypi":
        name = normalise_pypi(name)
    elif type in _LOWER:
        namespace, name = namespace.lower(), name.lower()
    if type == "docker" and namespace == "library" and "repository_url" not in dict(qualifiers):
        # What the default registry calls its own images; they are written without it as a rule (ADR 0004).
        namespace = ""
    return Purl(type, namespace, name, version, qualifiers, subpath)
