"""Registries of npm packages: the packument, whole, abbreviated, or as much of it as a mirror keeps.

Sources: the registry API of npm ("Package metadata": full and abbreviated form) and package.json(5). What a field that
is not there means is read from the form: the whole form of a registry carries who published, the abbreviated one
carries `modified`; where neither is so, a mirror wrote it, and what no version has is `not-served`. What stands in a
package's own package.json (`maintainers` may) proves no form: a mirror may have made its answer of that file.
"""

from __future__ import annotations

import binascii

from osgate.facts.registries import answers, times
from osgate.facts.registries.answers import ABSENT, NOT_SERVED, Sheet, listing, mapping
from osgate.licences import names
from osgate.licences.expression import join
from osgate.model.fact import Unknown
from osgate.purl import parse, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from osgate.facts.registries.answers import Get, Value
    from osgate.model.fact import Fact

COMPONENT = ("present", "status", "latest", "released", "begun", "releases", "maintainer")
VERSION = (
    "present",
    "licence",
    "licence-declared",
    "published",
    "deprecated",
    "install-code",
    "publisher",
    "trust",
    "digest",
    "repository",
)
# What npm runs when a package is installed from a registry.
SCRIPTS = ("preinstall", "install", "postinstall")
# Fields of a version that the whole form has, that none but a registry writes, and that no mirror makes up.
_WHOLE = ("_npmUser", "_npmOperationalInternal")
_MOST_LICENCES = 20


def facts(component: str, versions: tuple[str, ...], get: Get, source: str, date: str) -> tuple[Fact, ...]:
    """Return what a registry of npm packages tells of `component` and its `versions`; see the package."""
    purl = parse(component)
    path = answers.path(purl.name) if not purl.namespace else answers.path(purl.namespace, purl.name)
    # A scope and its name are one segment, and the @ stays as it is: so npm asks, and mirrors compare.
    path = path and path.replace("%40", "@", 1).replace("/", "%2f")
    answer = get(path, answers.JSON) if path else answers.malformed("the name of the component")
    body = answers.json_in(answer)
    if not isinstance(body, (dict, Unknown)):
        body = answers.malformed("no packument")
    packument = _Packument({} if isinstance(body, Unknown) else body, date)
    digest = answers.digest_in(answer)
    reason = body if isinstance(body, Unknown) else NOT_SERVED if packument.versions else ABSENT
    sheet = Sheet(component, source, date)
    _component(packument, sheet, reason, digest)
    told = list(sheet.facts(COMPONENT, reason))
    for version in versions:
        sheet = Sheet(versioned(component, version), source, date)
        missing = reason if reason != NOT_SERVED else ABSENT
        # As npm itself takes a version that somebody wrote by hand: `v1.3.0` and `=1.3.0` are 1.3.0.
        plain = version.lstrip("v= ")
        one = packument.versions.get(plain)
        sheet.tell("present", "yes" if one is not None else "no" if missing == ABSENT else missing, digest)
        for name, value in {} if one is None else packument.of(plain, one).items():
            sheet.tell(name, value, digest)
        told += sheet.facts(VERSION, missing if one is None else NOT_SERVED)
    return tuple(told)


def _component(packument: _Packument, sheet: Sheet, reason: Unknown, digest: str) -> None:
    if not packument.versions:
        sheet.tell("present", "no" if reason == ABSENT else reason, digest)
        return
    sheet.tell("present", "yes", digest)
    for name, value in times.history("npm", packument.versions, packument.published, packument.warned()).items():
        sheet.tell(name, value, digest)
    sheet.tell("status", packument.status(), digest)
    people = answers.accounts(mapping(one).get("name") for one in listing(packument.body.get("maintainers")))
    if people:
        sheet.tell("maintainer", people, digest)


class _Packument:
    """A packument, its versions, and which fields its source serves at all."""

    def __init__(self, body: dict[str, Any], date: str) -> None:
        self.body = body
        told = mapping(body.get("versions")).items()
        # A registry that took a version back may leave a null or a string in its place: then it is not there.
        self.versions = {name: one for name, one in told if answers.version_text(name) and isinstance(one, dict)}
        self._served = {field for one in self.versions.values() for field in one}
        at = {name: answers.instant(when) for name, when in mapping(body.get("time")).items() if name in self.versions}
        self.published = times.believed("npm", {name: when for name, when in at.items() if when}, date)
        # What the abbreviated form leaves out of a version is known not to be, of the fields that this form has.
        self._abbreviated = "modified" in body and "time" not in body
        self._whole = any(field in self._served for field in _WHOLE)
        self._signs = any("signatures" in mapping(one.get("dist")) for one in self.versions.values())

    def warned(self) -> set[str]:
        """The versions that somebody warns of; none where that is all of them."""
        found = {name for name, one in self.versions.items() if _deprecated(one.get("deprecated"))}
        return found if len(found) < len(self.versions) else set()

    def status(self) -> Value:
        """`deprecated` where every release is."""
        found = times.releases("npm", self.versions) or list(self.versions)
        told = [self.of_deprecated(self.versions[name]) for name in found]
        if NOT_SERVED in told:
            return NOT_SERVED
        return "deprecated" if all(told) else "active"

    def of(self, version: str, one: Mapping[str, Any]) -> dict[str, Value | tuple[str, ...]]:
        """The facts of one version, but those that are not served."""
        dist = mapping(one.get("dist"))
        told: dict[str, Value | tuple[str, ...]] = {
            "published": self.published.get(version, NOT_SERVED),
            "deprecated": self.of_deprecated(one),
            "install-code": self._install_code(one),
            "publisher": _publishers(one),
            "trust": self._trust(one, dist),
            "digest": _digests(dist),
        }
        if self._whole or {"license", "licenses"} & self._served:
            told["licence"], told["licence-declared"] = _licence(one.get("license"), one.get("licenses"))
        if self._whole or "repository" in self._served:
            told["repository"] = _repository(one.get("repository"))
        return {name: value for name, value in told.items() if value != ()}

    def of_deprecated(self, one: Mapping[str, Any]) -> Value:
        """The fact `deprecated` of a version."""
        known = self._whole or self._abbreviated or "deprecated" in self._served
        return _deprecated(one.get("deprecated")) if known else NOT_SERVED

    def _install_code(self, one: Mapping[str, Any]) -> Value:
        """From what the registry says of it, or derived: scripts, and a build by node-gyp, which is one by itself."""
        scripts = mapping(one.get("scripts"))
        if one.get("hasInstallScript") is True or one.get("gypfile") is True or any(map(scripts.get, SCRIPTS)):
            return "yes"
        known = self._whole or self._abbreviated or {"scripts", "hasInstallScript"} & self._served
        return "no" if known else NOT_SERVED

    def _trust(self, one: Mapping[str, Any], dist: Mapping[str, Any]) -> Value:
        if mapping(mapping(dist.get("attestations")).get("provenance")):
            return "attested"
        if mapping(mapping(one.get("_npmUser")).get("trustedPublisher")):
            return "trusted-publisher"
        if any(mapping(signature).get("sig") for signature in listing(dist.get("signatures"), _MOST_LICENCES)):
            return "signed"
        return "none" if self._signs or self._whole else NOT_SERVED


def _deprecated(value: object) -> str:
    """An empty text takes a warning back."""
    return answers.message(value, "deprecated") if value else ""


def _licence(value: object, former: object) -> tuple[Value, Value]:
    """The facts `licence` and `licence-declared` of `license`, else of the former `licenses`.

    Several of the former kind are alternatives: npm's documentation has an expression with OR written instead.
    """
    value = former if value is None else value
    several = listing(value, _MOST_LICENCES + 1) or ([] if value is None or value == [] else [value])
    texts = [_licence_name(one) for one in several]
    written = answers.declared(" OR ".join(texts))
    if not texts:
        return "", ""
    if "" in texts and value != "":
        return answers.malformed("license"), written
    found = [names.read(text) for text in texts[:_MOST_LICENCES]]
    known = [one for one in found if not isinstance(one, Unknown)]
    if len(known) == len(texts):
        return str(join("OR", known)), written
    unread = [one for one in found if isinstance(one, Unknown)]
    return answers.licence(unread[0]) if unread else answers.too_many(texts), written


def _licence_name(value: object) -> str:
    """What a licence field says: text, or an object with `type`, `name` or an address."""
    told = mapping(value)
    said = (value, told.get("type"), told.get("name"), told.get("url"))
    return next((one for one in said if isinstance(one, str) and one.strip()), "")


def _publishers(one: Mapping[str, Any]) -> tuple[str, ...]:
    """Who published: the account, and the service that did it for one."""
    user = mapping(one.get("_npmUser"))
    trusted = answers.line(mapping(user.get("trustedPublisher")).get("id"))
    return answers.accounts((user.get("name"), f"trusted-publisher:{trusted}" if trusted else ""))


def _digests(dist: Mapping[str, Any]) -> tuple[str, ...]:
    """The digests of the tarball: those of `integrity` (W3C Subresource Integrity), else the SHA-1 that came before."""
    integrity = dist.get("integrity")
    made = list[str]()
    for part in integrity[:1000].split() if isinstance(integrity, str) else ():
        algorithm, _, value = part.partition("-")
        try:
            found = binascii.a2b_base64(value.partition("?")[0], strict_mode=True).hex()
        except ValueError:  # no base64, or no ASCII
            continue
        made.append(answers.digest(algorithm, found))
    strong = [one for one in made if one]
    return tuple(strong) or tuple(filter(None, (answers.digest("sha1", dist.get("shasum")),)))


def _repository(value: object) -> str:
    """The address of the source; short forms of the forges that package.json names (`github:a/b`, `a/b`) in full."""
    text = mapping(value).get("url") if isinstance(value, dict) else value
    if not isinstance(text, str):
        return ""
    forge, colon, project = text.partition(":")
    hosts = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org", "": "github.com"}
    if not colon:
        forge, project = "", text
    if forge in hosts and project.count("/") == 1 and not project.startswith("/"):
        return answers.address(f"https://{hosts[forge]}/{project}")
    return answers.address(text)
