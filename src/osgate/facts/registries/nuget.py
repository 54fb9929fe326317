"""Registries of NuGet packages: the registration of a package, and the catalogue's leaf of a version if there is one.

Source: the NuGet V3 API ("Package metadata", "Catalog", "Repository signatures"). The endpoint is the service index, or
its folder. Owners are told by the search alone, which is not asked.
"""

from __future__ import annotations

import binascii
import re

from osgate import versions as orders
from osgate.facts.registries import answers, nuget_registration, times
from osgate.facts.registries.answers import ABSENT, JSON, NOT_SERVED, Sheet, listing, mapping
from osgate.licences import names
from osgate.model.fact import Unknown
from osgate.purl import component as key_of
from osgate.purl import parse, unquote, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.facts.registries.answers import Get, Value
    from osgate.facts.registries.nuget_registration import Entry, Registration
    from osgate.model.fact import Fact

COMPONENT = ("present", "status", "latest", "released", "begun", "releases", "maintainer", "replaced-by")
VERSION = (
    "present",
    "licence",
    "licence-declared",
    "published",
    "yanked",
    "deprecated",
    "install-code",
    "trust",
    "digest",
    "repository",
)
# The year that stands in for the time of what is no longer listed.
_UNLISTED = "1900-"
# The address of a licence's page that holds the expression in its path; the one that says there is a file instead.
_EXPRESSION = re.compile(r"https?://licenses\.[a-z0-9.-]+/(\S+)\Z", re.I)
_IN_FILE = re.compile(r"https?://[a-z0-9.-]+/deprecateLicenseUrl\Z", re.I)
# What runs: scripts of the installation, and what MSBuild takes into every build.
_RUNS = re.compile(r"tools/(?:.*/)?(?:init|install|uninstall)\.ps1\Z|build[a-z]*/.*\.(?:props|targets)\Z", re.I)
_MOST_FILES = 20_000
_LICENCES = ("licenseExpression", "licenseFile", "licenseUrl")
_COMES_FROM_LEAF = ("digest", "install-code", "repository")


def facts(component: str, versions: tuple[str, ...], get: Get, source: str, date: str) -> tuple[Fact, ...]:
    """Return what a registry of NuGet packages tells of `component` and its `versions`; see the package."""
    found = nuget_registration.read(parse(component).name, get)
    sheet = Sheet(component, source, date)
    if isinstance(found, Unknown) or not found.entries:
        sheets = [(Sheet(versioned(component, one), source, date), VERSION) for one in versions]
        reason = found if isinstance(found, Unknown) else found.lost or ABSENT
        return answers.without(reason, [(sheet, COMPONENT), *sheets])
    package = _Package(found, get, date)
    package.whole(sheet)
    told = list(sheet.facts(COMPONENT))
    for version in versions:
        sheet = Sheet(versioned(component, version), source, date)
        told += sheet.facts(VERSION, package.version(version, sheet))
    return tuple(told)


class _Package:
    """One package while it is told of, and which fields its source serves at all."""

    def __init__(self, found: Registration, get: Get, date: str) -> None:
        self._found, self._get = found, get
        self._key = orders.sort_key("nuget")
        self._entries = {self._key(entry.version): entry for entry in found.entries}
        self._served = {field for entry in found.entries for field in entry.body}
        # A registry with a catalogue is the first to know; a mirror that drops warnings has none, or shows one of them.
        self._first_hand = "Catalog/3.0.0" in found.services or "vulnerabilities" in self._served
        at = {entry.version: answers.instant(entry.body.get("published")) for entry in found.entries}
        known = {version: when for version, when in at.items() if when and not when.startswith(_UNLISTED)}
        self._published = times.believed("nuget", known, date)

    def whole(self, sheet: Sheet) -> None:
        """Tell of the package."""
        digest, lost = self._found.digest, self._found.lost
        sheet.tell("present", "yes", digest)
        listed = [entry.version for entry in self._found.entries if self._yanked(entry) != "yanked"]
        for name, value in times.history("nuget", listed, self._published).items():
            sheet.tell(name, lost or value, digest)
        offered = times.releases("nuget", listed) or listed
        told = [self._deprecated(self._entries[self._key(version)]) for version in offered]
        status: Value = "deprecated" if told and all(told) else "active"
        sheet.tell("status", lost or (NOT_SERVED if NOT_SERVED in told else status), digest)
        newest = self._entries[self._key(offered[-1])].body if offered else {}
        other = mapping(mapping(newest.get("deprecation")).get("alternatePackage")).get("id")
        replacement = key_of("nuget", answers.line(other, 100)) if answers.line(other, 100) else ""
        sheet.tell("replaced-by", replacement or ("" if NOT_SERVED not in told else NOT_SERVED), digest)

    def version(self, version: str, sheet: Sheet) -> Unknown:
        """Tell of one version; return what holds of all that is not told."""
        entry = self._entries.get(self._key(version))
        if entry is None:
            sheet.tell("present", self._found.lost or "no", self._found.digest)
            return self._found.lost or ABSENT
        digest = entry.digest
        sheet.tell("present", "yes", digest)
        sheet.tell("published", self._published.get(entry.version, NOT_SERVED), digest)
        sheet.tell("yanked", self._yanked(entry), digest)
        sheet.tell("deprecated", self._deprecated(entry), digest)
        leaf, leaf_digest = self._leaf(entry)
        licence, written = self._licence(entry.body, mapping(leaf))
        sheet.tell("licence", licence, digest)
        sheet.tell("licence-declared", written, digest)
        sheet.tell("trust", *self._trust())
        for name in _COMES_FROM_LEAF if isinstance(leaf, Unknown) else ():
            sheet.tell(name, leaf)
        if not isinstance(leaf, Unknown):
            self._tell_leaf(leaf, leaf_digest, sheet)
        return NOT_SERVED

    def _yanked(self, entry: Entry) -> Value:
        """Whether it is no longer listed; that is said without a reason."""
        listed, published = entry.body.get("listed"), entry.body.get("published")
        if listed is False or answers.instant(published).startswith(_UNLISTED):
            return "yanked"
        return "" if "listed" in self._served or self._first_hand else NOT_SERVED

    def _deprecated(self, entry: Entry) -> Value:
        told = entry.body.get("deprecation")
        if not isinstance(told, dict):
            return "" if self._first_hand or "deprecation" in self._served else NOT_SERVED
        reasons = ", ".join(filter(None, (answers.line(one, 40) for one in listing(told.get("reasons"), 10))))
        return answers.line(told.get("message")) or reasons or "deprecated"

    def _leaf(self, entry: Entry) -> tuple[dict[str, Any] | Unknown, str]:
        """The catalogue's leaf of a version, which says more than the registration."""
        address = entry.body.get("@id")
        if not nuget_registration.is_web(address):
            return NOT_SERVED, ""
        answer = self._get(str(address), JSON)
        body = answers.json_in(answer)
        if isinstance(body, Unknown):
            return NOT_SERVED if body == ABSENT else body, ""
        if self._key(answers.version_text(mapping(body).get("version"))) != self._key(entry.version):
            return answers.malformed("a leaf of another version"), ""
        return mapping(body), answers.digest_in(answer)

    def _licence(self, body: dict[str, Any], leaf: dict[str, Any]) -> tuple[Value, Value]:
        """The facts `licence` and `licence-declared`."""
        said = {name: answers.line(leaf.get(name)) or answers.line(body.get(name)) for name in _LICENCES}
        expression, file, url = (said[name] for name in _LICENCES)
        if expression:
            return answers.licence(names.read(expression)), answers.declared(expression)
        if file or _IN_FILE.match(url):
            return Unknown("licence.in-file", (("file", file or "?"),)), answers.declared(file or url)
        found = _EXPRESSION.match(url)
        if url:
            return answers.licence(names.read(unquote(found[1]) if found else url)), answers.declared(url)
        served = self._served.union(leaf).intersection(_LICENCES)
        return ("", "") if served or self._first_hand else (NOT_SERVED, NOT_SERVED)

    def _trust(self) -> tuple[Value, str]:
        """`signed` where the registry says that it signs all packages it serves."""
        kinds = sorted(
            (kind for kind in self._found.services if kind.startswith("RepositorySignatures/")), reverse=True
        )
        if not kinds:
            return NOT_SERVED, ""
        answer = self._get(self._found.services[kinds[-1]], JSON)
        body = answers.json_in(answer)
        if isinstance(body, Unknown):
            return NOT_SERVED if body == ABSENT else body, ""
        return "signed" if mapping(body).get("allRepositorySigned") is True else "none", answers.digest_in(answer)

    def _tell_leaf(self, leaf: dict[str, Any], digest: str, sheet: Sheet) -> None:
        found = _digest(leaf.get("packageHashAlgorithm"), leaf.get("packageHash"))
        sheet.tell("digest", found or NOT_SERVED, digest)
        files = leaf.get("packageEntries")
        if isinstance(files, list):
            paths = (mapping(one).get("fullName") for one in files[:_MOST_FILES])
            runs = any(isinstance(path, str) and _RUNS.match(path[:300]) for path in paths)
            sheet.tell("install-code", "yes" if runs or len(files) > _MOST_FILES else "no", digest)
        told = leaf.get("repository")
        address = answers.address(mapping(told).get("url") if isinstance(told, dict) else told)
        sheet.tell("repository", address or ("" if "repository" in leaf else NOT_SERVED), digest)


def _digest(algorithm: object, value: object) -> str:
    try:
        found = binascii.a2b_base64(value[:200], strict_mode=True).hex() if isinstance(value, str) else ""
    except ValueError:
        return ""
    return answers.digest(algorithm, found)
