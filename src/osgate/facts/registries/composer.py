"""Composer repositories: metadata in the form of Composer 2, whole or minified, stable versions and branches apart.

The endpoint is the repository (`https://packages.example.com/composer/`). Sources: Composer's documentation
("Repositories", `metadata-url`; "Schema", `license`: several in a list are a choice) and its metadata minifier (each
entry holds what differs from the one before; `__unset` takes a key away). Its times are those of commits and tags,
which whoever makes them may choose: `published` is what the repository says.
"""

from __future__ import annotations

import re

from osgate.facts.registries import answers, times
from osgate.facts.registries.answers import ABSENT, JSON, NOT_SERVED, Answer, Sheet, listing, mapping
from osgate.licences import names
from osgate.licences.expression import join
from osgate.model.fact import Unknown
from osgate.purl import component as component_key
from osgate.purl import parse, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.facts.registries.answers import Get, Value
    from osgate.model.fact import Fact
    from osgate.purl import Purl

COMPONENT = ("present", "status", "latest", "released", "begun", "releases", "maintainer", "replaced-by")
VERSION = (
    *("present", "licence", "licence-declared", "published", "deprecated", "install-code", "digest"),
    "repository",
)
# What is read of a version; the rest is not even carried from one entry to the next.
_FIELDS = ("version", "license", "time", "abandoned", "dist", "source", "type")
_UNSET, _MOST_VERSIONS, _MOST_LICENCES = "__unset", 50_000, 20
# Packages that Composer runs while it installs others (its documentation, "Plugins" and "Custom installers").
_PLUGINS = ("composer-plugin", "composer-installer")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*/[a-z0-9][a-z0-9_.-]*\Z", re.ASCII)
_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")


def facts(component: str, versions: tuple[str, ...], get: Get, source: str, date: str) -> tuple[Fact, ...]:
    """Return what a Composer repository tells of `component` and its `versions`; see the package."""
    purl = parse(component)
    name = f"{purl.namespace}/{purl.name}"
    packages = _Packages(name, get if _NAME.match(name) else _nowhere)
    stable = packages.stable
    sheets = [(Sheet(versioned(component, version), source, date), VERSION) for version in versions]
    if isinstance(stable, Unknown):
        return answers.without(stable, [(Sheet(component, source, date), COMPONENT), *sheets])
    at = {version: instant for version, one in stable.items() if (instant := answers.instant(one.get("time")))}
    published: dict[str, Value] = dict(times.believed("composer", at, date))
    sheet = Sheet(component, source, date)
    _whole(sheet, stable, published, packages, purl)
    told = sheet.facts(COMPONENT)
    for version, (sheet, _) in zip(versions, sheets, strict=True):
        told += _version(sheet, _plain(version), packages, published, date)
    return told


def _nowhere(path: str, accept: str) -> Unknown:
    return answers.malformed("the name of the component")


class _Packages:
    """What a repository has of one package: stable versions, and branches where somebody asks for one."""

    def __init__(self, name: str, get: Get) -> None:
        self._name, self._get = name, get
        self._root = answers.json_in(get("packages.json", JSON))
        self.digest = ""
        self._branches: dict[str, dict[str, Any]] | Unknown | None = None
        self.stable = self._read("")
        if self.stable == {} and self._of_branches() in ({}, ABSENT):
            self.stable = ABSENT

    def _of_branches(self) -> dict[str, dict[str, Any]] | Unknown:
        """What is no release, asked for once."""
        if self._branches is None:
            self._branches = self._read("~dev")
        return self._branches

    def serves(self, field: str) -> bool:
        """Whether any version has a field; what none has, the repository does not serve."""
        several = (some for some in (self.stable, self._branches) if isinstance(some, dict))
        return any(field in one for some in several for one in some.values())

    def of(self, version: str) -> dict[str, Any] | Unknown | None:
        """Return one version's entry, None where there is none. version: as `_plain` writes it."""
        if not (version.startswith("dev-") or version.endswith("-dev")):
            return None if isinstance(self.stable, Unknown) else self.stable.get(version)
        branches = self._of_branches()
        if isinstance(branches, Unknown):
            return None if branches == ABSENT else branches
        return branches.get(version)

    def maintainers(self) -> tuple[Value | tuple[str, ...], str]:
        """Return the accounts that keep the package, where the repository has JSON of it, and that one's digest."""
        answer = self._get(f"packages/{self._name}.json", JSON)
        body = answers.json_in(answer)
        if isinstance(body, Unknown):
            return NOT_SERVED if body == ABSENT else body, ""
        people = listing(mapping(mapping(body).get("package")).get("maintainers"))
        return answers.accounts(mapping(one).get("name") for one in people) or NOT_SERVED, answers.digest_in(answer)

    def _read(self, kind: str) -> dict[str, dict[str, Any]] | Unknown:
        inline = mapping(mapping(self._root).get("packages")).get(self._name)
        if inline is not None:
            return _entries(list(mapping(inline).values()), False)
        template = mapping(self._root).get("metadata-url")
        if isinstance(self._root, Unknown) and self._root not in (ABSENT, NOT_SERVED):
            return self._root
        path = template if isinstance(template, str) and len(template) < answers.ADDRESS else "p2/%package%.json"
        answer = self._get(path.replace("%package%", f"{self._name}{kind}"), JSON)
        if not kind:
            self.digest = answers.digest_in(answer)
        return _decoded(answer, self._name)


def _decoded(answer: Answer | Unknown, name: str) -> dict[str, dict[str, Any]] | Unknown:
    body = answers.json_in(answer)
    if isinstance(body, Unknown):
        return body
    listed = mapping(mapping(body).get("packages")).get(name)
    if not isinstance(listed, list):
        return answers.malformed("no packages")
    if len(listed) > _MOST_VERSIONS:
        return Unknown("too-large")
    return _entries(listed, mapping(body).get("minified") is not None)


def _entries(listed: list[Any], minified: bool) -> dict[str, dict[str, Any]] | Unknown:
    """Entries by version, each whole."""
    found: dict[str, dict[str, Any]] = {}
    whole: dict[str, Any] = {}
    for one in listed:
        if not isinstance(one, dict):
            return answers.malformed("a version")
        told = {field: one[field] for field in _FIELDS if field in one}
        whole = {key: value for key, value in {**(whole if minified else {}), **told}.items() if value != _UNSET}
        version = answers.version_text(whole.get("version"))
        if not version:
            return answers.malformed("a version")
        found[_plain(version)] = whole
    return found


def _plain(version: str) -> str:
    """A version as it is compared here: without the `v` of a tag."""
    return version[1:] if re.match(r"[vV]\d", version) else version


def _whole(
    sheet: Sheet, stable: dict[str, dict[str, Any]], published: dict[str, Value], packages: _Packages, purl: Purl
) -> None:
    digest = packages.digest
    sheet.tell("present", "yes", digest)
    for name, value in times.history("composer", stable, published).items():
        sheet.tell(name, value, digest)
    newest = (times.releases("composer", stable) or [*stable, ""])[-1]
    abandoned = stable.get(newest, {}).get("abandoned")
    instead = answers.line(abandoned).lower()
    if _NAME.match(instead):
        vendor, _, name = instead.partition("/")
        sheet.tell("replaced-by", component_key(purl.type, name, vendor), digest)
    else:
        sheet.tell("replaced-by", answers.line(abandoned), digest)
    sheet.tell("status", "deprecated" if instead else "archived" if abandoned else "active", digest)
    sheet.tell("maintainer", *packages.maintainers())


def _version(
    sheet: Sheet, version: str, packages: _Packages, published: dict[str, Value], date: str
) -> tuple[Fact, ...]:
    one = packages.of(version)
    if one is None or isinstance(one, Unknown):
        return answers.without(ABSENT if one is None else one, [(sheet, VERSION)])
    licence, written = _licence(one.get("license")) if packages.serves("license") else (NOT_SERVED, NOT_SERVED)
    repository = answers.address(mapping(one.get("source")).get("url"))
    instant = answers.instant(one.get("time"))
    own = times.believed("composer", {version: instant}, date)[version] if instant else NOT_SERVED
    for name, value in (
        ("present", "yes"),
        ("licence", licence),
        ("licence-declared", written),
        ("published", published.get(version, own)),
        ("deprecated", _abandoned(one.get("abandoned"))),
        ("install-code", "yes" if one.get("type") in _PLUGINS else "no"),
        ("digest", _digests(mapping(one.get("dist")), mapping(one.get("source")))),
        ("repository", repository if packages.serves("source") else NOT_SERVED),
    ):
        sheet.tell(name, value, packages.digest)
    return sheet.facts(VERSION)


def _abandoned(value: object) -> str:
    """What is said of a package that nobody maintains any more: nothing, or what to take instead."""
    instead = answers.line(value)
    return f"abandoned: {instead}"[: answers.LINE] if instead else "abandoned" if value else ""


def _licence(value: object) -> tuple[Value, Value]:
    """The facts `licence` and `licence-declared` of a text, or of a list any of which may be chosen."""
    several = value if isinstance(value, list) else [] if value is None or value == "" else [value]
    texts = [text for text in several[: _MOST_LICENCES + 1] if isinstance(text, str)]
    written = answers.declared(" OR ".join(texts))
    if not several:
        return "", ""
    if len(texts) != min(len(several), _MOST_LICENCES + 1):
        return answers.malformed("license"), written
    if len(texts) > _MOST_LICENCES:
        return answers.too_many(texts), written
    known = []
    for text in texts:
        found = names.read(text)
        if isinstance(found, Unknown):
            return answers.licence(found) if len(texts) == 1 else found, written
        known.append(found)
    return str(join("OR", known)), written


def _digests(dist: dict[str, Any], source: dict[str, Any]) -> list[str]:
    """The SHA-1 of the archive where there is one, and the commit it was made of (`git:` and hex)."""
    references = (one.get("reference") for one in (dist, source))
    commits = [f"git:{one}" for one in references if isinstance(one, str) and _COMMIT.match(one)]
    archive = answers.digest("sha1", dist.get("shasum"))
    return [*([archive] if archive else []), *commits]
