"""Registries of Rust crates: the sparse index, and the web API where the index names one that answers.

The endpoint is the index (`https://packages.example.com/index/`). Sources: the Cargo book, "Registry Index" (layout of
paths, lines, config.json; `links` needs a build script) and "Registry Web API"; what the API tells of licence, time and
publisher beyond the book is told by the largest registry alone, and mirrors drop it.
"""

from __future__ import annotations

from osgate.facts.registries import answers, times
from osgate.facts.registries.answers import ABSENT, JSON, NOT_SERVED, Answer, Sheet, listing, mapping
from osgate.licences import names
from osgate.model.fact import Unknown
from osgate.purl import parse, quote, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.facts.registries.answers import Get, Value
    from osgate.model.fact import Fact

COMPONENT = ("present", "status", "latest", "released", "begun", "releases", "maintainer")
VERSION = (
    *("present", "licence", "licence-declared", "published", "yanked", "install-code", "publisher", "trust", "digest"),
    "repository",
)
_MOST_LINES, _LONGEST_LINE = 50_000, 1 << 20


def facts(component: str, versions: tuple[str, ...], get: Get, source: str, date: str) -> tuple[Fact, ...]:
    """Return what a registry of crates tells of `component` and its `versions`; see the package."""
    name = parse(component).name
    path = _path(name)
    answer = get(path, "text/plain") if path else answers.malformed("the name of the component")
    lines = _lines(answer, name)
    if not isinstance(lines, Unknown) and not lines:
        lines = ABSENT
    if isinstance(lines, Unknown):
        sheets = [(Sheet(versioned(component, version), source, date), VERSION) for version in versions]
        return answers.without(lines, [(Sheet(component, source, date), COMPONENT), *sheets])
    crate = _Crate(name, lines, answers.digest_in(answer), get, date)
    sheet = Sheet(component, source, date)
    crate.whole(sheet)
    told = sheet.facts(COMPONENT)
    for version in versions:
        sheet = Sheet(versioned(component, version), source, date)
        told += crate.version(version, sheet) if version in lines else answers.without(ABSENT, [(sheet, VERSION)])
    return told


def _path(name: str) -> str | None:
    """Where the index keeps a crate: its name in lower case, below folders made of its first letters."""
    low = name.lower()
    if not low.isascii() or not low.replace("-", "").replace("_", "").isalnum() or len(low) > 64:
        return None
    folders = {1: "1", 2: "2", 3: f"3/{low[:1]}"}.get(len(low), f"{low[:2]}/{low[2:4]}")
    return f"{folders}/{low}"


def _lines(answer: Answer | Unknown, name: str) -> dict[str, list[dict[str, Any]]] | Unknown:
    """The index's lines by version; a version on two lines has both."""
    data = answers.data_in(answer)
    if isinstance(data, Unknown):
        return data
    if answers.is_page(data):
        return Unknown("html")
    found: dict[str, list[dict[str, Any]]] = {}
    rows = data.split(b"\n", _MOST_LINES)
    if len(rows) > _MOST_LINES:
        return Unknown("too-large")
    for row in filter(None, map(bytes.strip, rows)):
        body = answers.json_in(Answer(row, "")) if len(row) <= _LONGEST_LINE else Unknown("too-large")
        if isinstance(body, Unknown):
            return body
        version = answers.version_text(mapping(body).get("vers"))
        if not version or _same(mapping(body).get("name")) != _same(name):
            return answers.malformed("a line of the index")
        found.setdefault(version, []).append(body)
    return found


def _same(name: object) -> str:
    """A crate's name as registries compare it."""
    return name.lower().replace("_", "-") if isinstance(name, str) and len(name) <= 64 else ""


class _Crate:
    """One crate while it is told of."""

    def __init__(self, name: str, lines: dict[str, list[dict[str, Any]]], digest: str, get: Get, date: str) -> None:
        self._lines, self._digest = lines, digest
        self._api = _api(get)
        self._get, self._name = get, quote(name)
        answer = self._ask("")
        body = answers.json_in(answer)
        self._api_digest = answers.digest_in(answer)
        self._none = body if isinstance(body, Unknown) and body != ABSENT else NOT_SERVED
        self._crate = mapping(mapping(body).get("crate"))
        told = listing(mapping(body).get("versions"))
        self._versions = {answers.version_text(one.get("num")): one for one in map(mapping, told)}
        at = {version: self._at(version) for version in lines}
        believed = times.believed("cargo", {version: instant for version, instant in at.items() if instant}, date)
        self._published: dict[str, Value] = {version: believed.get(version, self._none) for version in lines}

    def _ask(self, rest: str) -> Answer | Unknown:
        if isinstance(self._api, Unknown):
            return self._api
        return self._get(f"{self._api}/api/v1/crates/{self._name}{rest}", JSON)

    def _at(self, version: str) -> str:
        told = (self._versions.get(version, {}).get("created_at"), self._lines[version][0].get("pubtime"))
        return next(filter(None, map(answers.instant, told)), "")

    def whole(self, sheet: Sheet) -> None:
        """Tell of the crate."""
        yanked = {version for version, lines in self._lines.items() if any(one.get("yanked") for one in lines)}
        sheet.tell("present", "yes", self._digest)
        for name, value in times.history("cargo", self._lines, self._published, yanked).items():
            sheet.tell(name, value, self._digest)
        answer = self._ask("/owners") if self._crate else self._none
        body = answers.json_in(answer)
        owners = answers.accounts(mapping(one).get("login") for one in listing(mapping(body).get("users")))
        sheet.tell(
            "maintainer", owners or (body if isinstance(body, Unknown) else NOT_SERVED), answers.digest_in(answer)
        )

    def version(self, version: str, sheet: Sheet) -> tuple[Fact, ...]:
        """Return what is told of a version that the index has."""
        lines, told = self._lines[version], mapping(self._versions.get(version))
        digests = [found for one in lines if (found := answers.digest("sha256", one.get("cksum")))]
        yanked = any(one.get("yanked") for one in lines)
        sheet.tell("present", "yes", self._digest)
        sheet.tell("digest", digests or answers.malformed("cksum"), self._digest)
        sheet.tell(
            "yanked", answers.message(told.get("yank_message") or True, "yanked") if yanked else "", self._digest
        )
        sheet.tell("install-code", "yes" if any(one.get("links") for one in lines) else NOT_SERVED, self._digest)
        sheet.tell("published", self._published[version], self._api_digest or self._digest)
        for name, value in self._of_api(told).items():
            sheet.tell(name, value, self._api_digest)
        return sheet.facts(VERSION, self._none)

    def _of_api(self, told: dict[str, Any]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        if "license" in told:
            written = told["license"]
            text = written if isinstance(written, str) else ""
            bad = written is not None and not isinstance(written, str)
            found["licence"] = answers.malformed("license") if bad else answers.licence(names.read(text))
            found["licence-declared"] = answers.declared(written)
        if "trustpub_data" in told:
            found["trust"] = "trusted-publisher" if mapping(told["trustpub_data"]) else "none"
        provider = answers.line(mapping(told.get("trustpub_data")).get("provider"), 40)
        login = answers.line(mapping(told.get("published_by")).get("login"))
        if login or provider:
            found["publisher"] = login or f"trusted-publisher:{provider}"
        if "repository" in self._crate:
            found["repository"] = answers.address(self._crate["repository"])
        return found


def _api(get: Get) -> str | Unknown:
    """The address of the web API as the index's config.json names it, or why there is none."""
    body = answers.json_in(get("config.json", JSON))
    if isinstance(body, Unknown):
        return NOT_SERVED if body == ABSENT else body
    address = mapping(body).get("api")
    good = isinstance(address, str) and len(address) <= answers.ADDRESS and address.startswith(("https://", "http://"))
    return str(address).rstrip("/") if good else NOT_SERVED
