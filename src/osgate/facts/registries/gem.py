"""Registries of Ruby gems: the JSON API, or the compact index where that is all there is.

Sources: the RubyGems.org API reference (versions, gems, owners) and the compact index as Bundler reads it. A withdrawn
version is taken out of both, so that one which is missing below the highest listed was withdrawn, or never there.
"""

from __future__ import annotations

import re

from osgate import versions as orders
from osgate.facts.registries import answers, times
from osgate.facts.registries.answers import ABSENT, JSON, NOT_SERVED, Answer, Sheet, listing, mapping
from osgate.licences import names
from osgate.licences.expression import shown
from osgate.model.fact import Unknown
from osgate.model.record import record
from osgate.purl import parse, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.facts.registries.answers import Get, Value
    from osgate.model.fact import Fact

COMPONENT = ("present", "latest", "released", "begun", "releases", "maintainer")
VERSION = (
    *("present", "licence", "licence-declared", "published", "yanked", "install-code", "digest", "repository", "mfa"),
)
_MOST = 100_000
# `1.2.3-java dep:>= 1,other:~> 2|checksum:<sha256>,ruby:>= 3`; no version holds a hyphen.
_ROW = re.compile(r"([^\s|-]{1,128})(?:-\S{1,128})? ?[^|]*(?:\|(.*))?\Z")


@record
class Release:
    """One file of a version. full: the JSON API told it, so that a field which is not there is known not to be."""

    version: str
    sha256: str
    created: str
    licences: Any
    metadata: dict[str, Any]
    full: bool


def facts(component: str, versions: tuple[str, ...], get: Get, source: str, date: str) -> tuple[Fact, ...]:
    """Return what a registry of gems tells of `component` and its `versions`; see the package."""
    name = parse(component).name
    path = answers.path(name)
    answer = get(f"api/v1/versions/{path}.json", JSON) if path else answers.malformed("the name of the component")
    found = _releases(answer)
    if isinstance(found, Unknown) and path:
        compact = get(f"info/{path}", "text/plain")
        rows = _rows(compact)
        # What the API could not say is the reason where the compact index is not there either.
        answer, found = (compact, rows) if not isinstance(rows, Unknown) else (answer, found)
    if not isinstance(found, Unknown) and not found:
        found = ABSENT
    if isinstance(found, Unknown):
        sheets = [(Sheet(versioned(component, version), source, date), VERSION) for version in versions]
        return answers.without(found, [(Sheet(component, source, date), COMPONENT), *sheets])
    gem = _Gem(found, answers.digest_in(answer), date)
    sheet = Sheet(component, source, date)
    gem.whole(sheet)
    _owners(get(f"api/v1/gems/{path}/owners.json", JSON), sheet)
    told = sheet.facts(COMPONENT)
    for version in versions:
        told += gem.version(version, Sheet(versioned(component, version), source, date))
    return told


def _owners(answer: Answer | Unknown, sheet: Sheet) -> None:
    body = answers.json_in(answer)
    owners = answers.accounts(mapping(one).get("handle") for one in listing(body))
    reason = body if isinstance(body, Unknown) and body != ABSENT else NOT_SERVED
    sheet.tell("maintainer", owners or reason, answers.digest_in(answer))


def _releases(answer: Answer | Unknown) -> list[Release] | Unknown:
    """The files of a gem as the JSON API tells them."""
    body = answers.json_in(answer)
    if isinstance(body, Unknown):
        return body
    if not isinstance(body, list):
        return answers.malformed("no list of versions")
    found = []
    for one in map(mapping, body[:_MOST]):
        version = answers.version_text(one.get("number"))
        if version:
            digest = answers.digest("sha256", one.get("sha"))
            created = answers.instant(one.get("created_at"))
            licences, metadata = one.get("licenses", NOT_SERVED), mapping(one.get("metadata"))
            found.append(Release(version, digest, created, licences, metadata, "metadata" in one))
    return answers.malformed("no list of versions") if body and not found else found


def _rows(answer: Answer | Unknown) -> list[Release] | Unknown:
    """The files of a gem as the compact index tells them."""
    data = answers.data_in(answer)
    if isinstance(data, Unknown):
        return data
    if answers.is_page(data):
        return Unknown("html")
    rows = data.decode("utf-8", "replace").split("\n", _MOST)
    if len(rows) > _MOST:
        return Unknown("too-large")
    found = []
    for row in rows:
        read = _ROW.match(row) if row not in ("", "---") and len(row) < 100_000 else None
        if read:
            needs = dict(part.partition(":")[::2] for part in (read[2] or "").split(","))
            digest = answers.digest("sha256", needs.get("checksum", ""))
            found.append(Release(read[1], digest, "", NOT_SERVED, {}, False))
        elif row not in ("", "---"):
            return answers.malformed("a line of the index")
    return found


class _Gem:
    """One gem while it is told of."""

    def __init__(self, releases: list[Release], digest: str, date: str) -> None:
        self._digest = digest
        self._key = orders.sort_key("gem")
        self._releases: dict[Any, list[Release]] = {}
        for release in releases:
            self._releases.setdefault(self._key(release.version), []).append(release)
        first = {files[0].version: min(file.created for file in files) for files in self._releases.values()}
        believed = times.believed("gem", {version: at for version, at in first.items() if at}, date)
        self._published: dict[str, Value] = {version: believed.get(version, NOT_SERVED) for version in first}
        self._highest = max(self._releases)

    def whole(self, sheet: Sheet) -> None:
        """Tell of the gem."""
        sheet.tell("present", "yes", self._digest)
        for name, value in times.history("gem", list(self._published), self._published).items():
            sheet.tell(name, value, self._digest)

    def version(self, version: str, sheet: Sheet) -> tuple[Fact, ...]:
        """Return what is told of one version."""
        key = self._key(version)
        files = self._releases.get(key)
        if files is None:
            if key < self._highest:
                sheet.tell("yanked", "yanked", self._digest)
            return answers.without(ABSENT, [(sheet, VERSION)])
        first = files[0]
        sheet.tell("present", "yes", self._digest)
        sheet.tell("yanked", "", self._digest)
        sheet.tell("published", self._published[first.version], self._digest)
        sheet.tell("digest", [file.sha256 for file in files if file.sha256] or NOT_SERVED, self._digest)
        for name, value in _described(first).items():
            sheet.tell(name, value, self._digest)
        return sheet.facts(VERSION)


def _described(release: Release) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if not isinstance(release.licences, Unknown):
        found["licence"], found["licence-declared"] = licences(release.licences)
    if release.full:
        found["repository"] = answers.address(release.metadata.get("source_code_uri"))
        found["mfa"] = "yes" if release.metadata.get("rubygems_mfa_required") == "true" else "no"
    return found


def licences(value: object) -> tuple[Value, Value]:
    """Return the facts `licence` and `licence-declared` of a gem's list: of several nothing says whether all hold."""
    texts = listing(value, 20)
    if value is not None and (not isinstance(value, list) or not all(isinstance(one, str) for one in texts)):
        return answers.malformed("licenses"), answers.declared(value)
    texts = [text for text in texts if text.strip()]
    written = answers.declared(", ".join(texts))
    if len(texts) > 1:
        return Unknown("licence.several", (("text", shown(", ".join(texts))),)), written
    return answers.licence(names.read("".join(texts))), written
