"""Maven's artefacts: jars with the coordinates that Maven leaves in them, or with the POM that lies beside them."""

from __future__ import annotations

import re

from osgate import purl as purls
from osgate.facts.artefacts.archives import Damaged
from osgate.facts.artefacts.described import Described, identity
from osgate.facts.artefacts.rights import is_licence, is_notice
from osgate.facts.registries import maven_pom
from osgate.facts.registries.answers import ABSENT, NOT_SERVED, Answer
from osgate.facts.registries.markup import xml_in
from osgate.facts.registries.maven_pom import Place
from osgate.model.fact import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.facts.artefacts.archives import Contents

_PROPERTIES = re.compile(r"META-INF/maven/([^/]+)/([^/]+)/pom\.properties\Z")


def wanted(path: str) -> bool:
    """Whether a member of a jar is read: at its top or right below META-INF, and Maven's own two files."""
    folder, _, rest = path.rpartition("/")
    if folder in ("", "META-INF", "META-INF/licenses"):
        return is_licence(rest) or is_notice(rest)
    return path.startswith("META-INF/maven/") and rest in ("pom.properties", "pom.xml")


def jar(name: str, contents: Contents) -> Described:
    """Return what a jar says of itself, with the POM next to it, and its parents, in a local repository.

    Of several coordinates in one jar (shaded into it) those count that its file name tells. Raises Damaged.
    """
    own = _own(name, contents)
    inside = contents.files.get(f"{own.rpartition('/')[0]}/pom.xml") if own else None
    pom = contents.beside(f"{name[:-4]}.pom") if inside is None else inside
    if own is None and pom is None:
        raise Damaged("malformed", "no metadata")
    purl = _properties(contents.files[own]) if own else _coordinates(pom or b"")
    read = _read(purl, pom, contents)
    if isinstance(read, Unknown):
        reason = NOT_SERVED if read == ABSENT else read
        return Described(purl, reason, reason, "no")
    return Described(purl, read.licence, read.written, "no", repository=read.repository)


def _read(purl: str, pom: bytes | None, contents: Contents) -> maven_pom.Pom | Unknown:
    """The project's POM with what it has from its parents, which lie in the same repository or are missing."""
    parts = purls.parse(purl)
    place = Place(parts.namespace, parts.name, parts.version)
    folder = "/".join((*parts.namespace.split("."), parts.name, parts.version))
    up = "../" * folder.count("/") + "../"

    def get(path: str, accept: str) -> Answer | Unknown:
        path = purls.unquote(path)
        data = pom if path == f"{folder}/{place.name}-{place.version}.pom" else contents.beside(f"{up}{path}")
        return Answer(b"", "", 404) if data is None else Answer(data, "")

    return maven_pom.read(place, get)


def _own(name: str, contents: Contents) -> str | None:
    """The pom.properties that is the jar's own. Raises Damaged where several are there and none, or not one, fits."""
    found = [path for path in contents.files if _PROPERTIES.match(path)]
    if len(found) > 1:
        found = [path for path in found if name.startswith(f"{path.split('/')[3]}-")]
        if len(found) != 1:
            raise Damaged("malformed", "several of its metadata")
    return found[0] if found else None


def _properties(data: bytes) -> str:
    rows = (row.partition("=") for row in data.decode("latin-1").splitlines()[:200] if not row.startswith("#"))
    told = {key.strip(): value.strip() for key, _, value in rows}
    return identity("maven", f"{told.get('groupId', '')}:{told.get('artifactId', '')}", told.get("version"))


def _coordinates(pom: bytes) -> str:
    root = xml_in(Answer(pom, ""), "project")
    if isinstance(root, Unknown):
        raise Damaged("malformed", "POM")
    group, version = (root.at(name) or root.at("parent", name) for name in ("groupId", "version"))
    return identity("maven", f"{group}:{root.at('artifactId')}", version)
