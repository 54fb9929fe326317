"""Maven repositories: `maven-metadata.xml`, POMs, checksums and signatures in the default layout.

Sources: the repository layout and repository metadata of Maven 3, and its POM. A repository has no times of
publication (`lastUpdated` is when somebody wrote the list), no accounts, and takes nothing back.
"""

from __future__ import annotations

import re

from osgate import versions as orders
from osgate.facts.registries import answers, maven_pom, times
from osgate.facts.registries.answers import ABSENT, NOT_SERVED, Sheet
from osgate.facts.registries.markup import xml_in
from osgate.facts.registries.maven_pom import Place
from osgate.model.fact import Unknown
from osgate.purl import parse, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.facts.registries.answers import Answer, Get, Value
    from osgate.facts.registries.maven_pom import Pom
    from osgate.model.fact import Fact

COMPONENT = ("present", "status", "latest", "released", "begun", "releases", "replaced-by")
VERSION = (
    "present",
    "licence",
    "licence-declared",
    "published",
    "deprecated",
    "install-code",
    "trust",
    "digest",
    "repository",
)
# File name ending of each packaging whose artefact does not end in `.jar`.
_ENDINGS = {"aar": ".aar", "ear": ".ear", "pom": ".pom", "rar": ".rar", "war": ".war"}
# The strongest a repository has; only SHA-1 is everywhere.
_CHECKSUMS = ("sha512", "sha256", "sha1")
_MOST_VERSIONS, _SMALL = 100_000, 64 << 10


def facts(component: str, versions: tuple[str, ...], get: Get, source: str, date: str) -> tuple[Fact, ...]:
    """Return what a Maven repository tells of `component` and its `versions`; see the package."""
    purl = parse(component)
    path = answers.path(*purl.namespace.split("."), purl.name)
    if path is None:
        get = _nowhere
    listed = _listed(get(f"{path}/maven-metadata.xml", maven_pom.ACCEPT))
    poms: dict[str, Pom | Unknown] = {}
    latest = (times.releases("maven", listed[0]) or [""])[-1] if not isinstance(listed, Unknown) else ""
    for version in dict.fromkeys(filter(None, (*versions, latest))):
        poms[version] = maven_pom.read(Place(purl.namespace, purl.name, version), get)
    sheet = Sheet(component, source, date)
    _component(sheet, listed, poms, latest)
    told = list(sheet.facts(COMPONENT, listed if isinstance(listed, Unknown) and listed != ABSENT else NOT_SERVED))
    for version in versions:
        sheet = Sheet(versioned(component, version), source, date)
        otherwise = _version(sheet, Place(purl.namespace, purl.name, version), poms[version], listed, get)
        told += sheet.facts(VERSION, otherwise)
    return tuple(told)


def _nowhere(path: str, accept: str) -> Unknown:
    return answers.malformed("the name of the component")


def _listed(answer: Answer | Unknown) -> tuple[list[str], str] | Unknown:
    """The versions that the repository lists, and the digest of the list."""
    root = xml_in(answer, "metadata")
    if isinstance(root, Unknown):
        return root
    found = [answers.version_text(node.text.strip()) for node in root.all("versioning", "versions", "version")]
    return [version for version in found if version][:_MOST_VERSIONS], answers.digest_in(answer)


def _component(
    sheet: Sheet, listed: tuple[list[str], str] | Unknown, poms: dict[str, Pom | Unknown], latest: str
) -> None:
    """Tell of the component. A list may be missing though versions are there: repositories need not keep one."""
    some = any(not isinstance(pom, Unknown) for pom in poms.values())
    if isinstance(listed, Unknown):
        sheet.tell("present", "yes" if some else "no" if listed == ABSENT else listed)
        return
    found, digest = listed
    sheet.tell("present", "yes" if found or some else "no", digest)
    if not found:
        return
    for name, value in times.history("maven", found, {}).items():
        sheet.tell(name, value, digest)
    pom = poms.get(latest, ABSENT)
    if isinstance(pom, Unknown):
        for name in ("status", "replaced-by"):
            sheet.tell(name, NOT_SERVED if pom == ABSENT else pom)
        return
    # A relocation is the only word a repository has for it.
    sheet.tell("status", "deprecated" if pom.moved else "active", pom.digest)
    sheet.tell("replaced-by", pom.moved, pom.digest)


def _version(
    sheet: Sheet, place: Place, pom: Pom | Unknown, listed: tuple[list[str], str] | Unknown, get: Get
) -> Unknown:
    """Tell of one version; return what holds of all that is not told."""
    if isinstance(pom, Unknown):
        key = orders.sort_key("maven")
        there = not isinstance(listed, Unknown) and key(place.version) in map(key, listed[0])
        sheet.tell("present", "yes" if there else "no" if pom == ABSENT else pom)
        return NOT_SERVED if there and pom == ABSENT else pom
    sheet.tell("present", "yes", pom.digest)
    sheet.tell("licence", pom.licence, pom.digest)
    sheet.tell("licence-declared", pom.written, pom.digest)
    sheet.tell("repository", pom.repository, pom.digest)
    sheet.tell("deprecated", (pom.message or "deprecated") if pom.moved else "", pom.digest)
    # Code of a plugin runs in the build that names it; nothing runs because a library is there.
    sheet.tell("install-code", "yes" if pom.packaging == "maven-plugin" else "no", pom.digest)
    sheet.tell("digest", *_digest(place, _ENDINGS.get(pom.packaging, ".jar"), get))
    sheet.tell("trust", *_trust(place, get))
    return NOT_SERVED


def _digest(place: Place, ending: str, get: Get) -> tuple[Value, str]:
    """The digest of the main artefact, from the strongest checksum beside it, and that of the answer."""
    reason = NOT_SERVED
    for algorithm in _CHECKSUMS:
        answer = place.ask(f"{ending}.{algorithm}", get)
        data = answers.data_in(answer, _SMALL)
        if isinstance(data, Unknown):
            reason = reason if data == ABSENT else data
            continue
        # Hex alone, or as tools of the shell write it: with the file's name before or behind it.
        words = re.findall(r"\b[0-9A-Fa-f]{40,128}\b", data[:4096].decode("latin-1"))
        found = next(filter(None, (answers.digest(algorithm, word) for word in words)), "")
        if found:
            return found, answers.digest_in(answer)
        reason = Unknown("html") if answers.is_page(data) else answers.malformed(f"no checksum in {algorithm}")
    return reason, ""


def _trust(place: Place, get: Get) -> tuple[Value, str]:
    """`signed` where a detached OpenPGP signature of the POM lies beside it; who signed is not looked at."""
    answer = place.ask(".pom.asc", get)
    data = answers.data_in(answer, _SMALL)
    if isinstance(data, Unknown):
        return "none" if data == ABSENT else data, ""
    if b"-----BEGIN PGP SIGNATURE-----" not in data:
        return Unknown("html") if answers.is_page(data) else answers.malformed("no signature"), ""
    return "signed", answers.digest_in(answer)
