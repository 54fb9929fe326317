"""Go module proxies: versions, times, and what the newest go.mod says of all of them.

Source: the Go Modules Reference, "GOPROXY protocol", "Module path escaping", "Deprecation" and "retract directive". A
proxy serves no licence, no account and no digest of the archive's bytes. Its times are those of commits, which whoever
commits may choose: `published` is what the proxy says, not when anybody could first have the version.
"""

from __future__ import annotations

import re

from osgate import versions as orders
from osgate.facts.registries import answers, times
from osgate.facts.registries.answers import ABSENT, JSON, NOT_SERVED, Answer, Sheet, mapping
from osgate.model.fact import Unknown
from osgate.model.record import record
from osgate.purl import parse, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.facts.registries.answers import Get, Value
    from osgate.model.fact import Fact

COMPONENT = ("present", "status", "latest", "released", "begun", "releases")
VERSION = (
    *("present", "licence", "licence-declared", "published", "yanked", "deprecated", "install-code", "digest"),
    "repository",
)
_TEXT = "text/plain"
# Bytes of a go.mod (Go's own limit is 16 MB; the largest are some ten kB), lines of a list.
_MOST_MOD, _MOST_LINES = 1 << 20, 100_000
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*(?:/[A-Za-z0-9_~.-]+)*\Z", re.ASCII)
_VERSION = re.compile(r"v[0-9][A-Za-z0-9.+-]*\Z", re.ASCII)
_DEPRECATED = re.compile(r"^Deprecated:[ \t]*(.*)", re.M)
_RANGE = re.compile(r"\[\s*([^\s,\[\]]+)\s*,\s*([^\s,\[\]]+)\s*\]|([^\s,\[\]]+)")


@record
class Retraction:
    """Versions that a module takes back: from `low` to `high`, both included."""

    low: str
    high: str
    reason: str


@record
class Module:
    """What a go.mod says of all versions. deprecated: the message, empty where the module is not."""

    deprecated: str
    retractions: tuple[Retraction, ...]
    digest: str

    def yanked(self, version: str) -> str:
        """Return why a version was taken back, empty where it was not."""
        return next((one.reason for one in self.retractions if _within(one, version)), "")


def facts(component: str, versions: tuple[str, ...], get: Get, source: str, date: str) -> tuple[Fact, ...]:
    """Return what a module proxy tells of `component` and its `versions`; see the package."""
    purl = parse(component)
    escaped = _escaped("/".join(filter(None, (purl.namespace, purl.name))))
    answer = get(f"{escaped}/@v/list", _TEXT) if escaped else answers.malformed("the path of the module")
    listed = _listed(answer)
    if not isinstance(listed, Unknown) and not listed:
        listed = _newest(get(f"{escaped}/@latest", JSON))
    if isinstance(listed, Unknown):
        sheets = [(Sheet(versioned(component, version), source, date), VERSION) for version in versions]
        return answers.without(listed, [(Sheet(component, source, date), COMPONENT), *sheets])
    proxy = _Proxy(escaped, listed, answers.digest_in(answer), get)
    sheet = Sheet(component, source, date)
    proxy.whole(sheet, date)
    told = sheet.facts(COMPONENT)
    for version in versions:
        told += proxy.version(version, Sheet(versioned(component, version), source, date), date)
    return told


def _escaped(path: str) -> str:
    """A module path or version as proxies are asked for it: `!` and the small letter for a capital; empty for none."""
    if len(path) > 400 or not _PATH.match(path) or any(not part.strip(".") for part in path.split("/")):
        return ""
    return re.sub(r"[A-Z]", lambda found: f"!{found[0].lower()}", path)


def _listed(answer: Answer | Unknown) -> list[str] | Unknown:
    data = answers.data_in(answer)
    if isinstance(data, Unknown):
        return data
    if answers.is_page(data):
        return Unknown("html")
    lines = data.decode("utf-8", "replace").split("\n", _MOST_LINES)
    if len(lines) > _MOST_LINES:
        return Unknown("too-large")
    found = [line.strip() for line in lines if line.strip()]
    good = all(len(line) <= orders.MAX_LENGTH and _VERSION.match(line) for line in found)
    return found if good else answers.malformed("a line of the list")


def _newest(answer: Answer | Unknown) -> list[str] | Unknown:
    """What a module without any release has: its newest commit."""
    body = answers.json_in(answer)
    version = answers.version_text(mapping(body).get("Version"))
    if isinstance(body, Unknown):
        return body
    return [version] if _VERSION.match(version) else ABSENT


class _Proxy:
    """One module while it is told of."""

    def __init__(self, escaped: str, listed: list[str], digest: str, get: Get) -> None:
        self._escaped, self._listed, self._digest, self._get = escaped, listed, digest, get
        self._module = self._mod()
        self._infos: dict[str, tuple[object, str]] = {}

    def _at(self, version: str, kind: str, accept: str) -> Answer | Unknown:
        escaped = _escaped(version) if _VERSION.match(version) else ""
        path = f"{self._escaped}/@v/{escaped}.{kind}"
        return self._get(path, accept) if escaped else answers.malformed("the version")

    def _mod(self) -> Module | Unknown:
        """What the go.mod of the highest release says, of the highest of all where there is no release."""
        ordered = times.releases("golang", self._listed) or sorted(self._listed, key=orders.sort_key("golang"))
        answer = self._at(ordered[-1], "mod", _TEXT)
        data = answers.data_in(answer, _MOST_MOD)
        if isinstance(data, Unknown):
            return NOT_SERVED if data == ABSENT else data
        return Unknown("html") if answers.is_page(data) else module(data, answers.digest_in(answer))

    def _info(self, version: str) -> tuple[object, str]:
        """The answer for one version, read, and its digest; asked for once."""
        if version not in self._infos:
            answer = self._at(version, "info", JSON)
            body = answers.json_in(answer)
            bad = not isinstance(body, (dict, Unknown))
            self._infos[version] = (answers.malformed("no information") if bad else body, answers.digest_in(answer))
        return self._infos[version]

    def _time(self, version: str, date: str) -> Value:
        body = self._info(version)[0]
        if isinstance(body, Unknown):
            return NOT_SERVED if body == ABSENT else body
        at = answers.instant(mapping(body).get("Time"))
        return times.believed("golang", {version: at}, date)[version] if at else NOT_SERVED

    def whole(self, sheet: Sheet, date: str) -> None:
        """Tell of the module; only its first and its newest release are asked for when they were."""
        module = self._module
        found = times.releases("golang", self._listed)
        kept = [one for one in found if isinstance(module, Unknown) or not module.yanked(one)]
        sheet.tell("present", "yes", self._digest)
        sheet.tell("releases", str(len(found)), self._digest)
        sheet.tell("latest", kept[-1] if kept else "", self._digest)
        for name, version in (("begun", found[:1]), ("released", found[-1:])):
            sheet.tell(
                name, self._time(version[0], date) if version else "", self._info(version[0])[1] if version else ""
            )
        if isinstance(module, Unknown):
            sheet.tell("status", module)
        else:
            sheet.tell("status", "deprecated" if module.deprecated else "active", module.digest)

    def version(self, version: str, sheet: Sheet, date: str) -> tuple[Fact, ...]:
        """Return what is told of one version; proxies have it without being listed where it is a commit."""
        asked = version if version.startswith("v") else f"v{version}"
        body, digest = self._info(asked)
        if isinstance(body, Unknown):
            return answers.without(body, [(sheet, VERSION)])
        origin = mapping(mapping(body).get("Origin"))
        sheet.tell("present", "yes", digest)
        sheet.tell("published", self._time(asked, date), digest)
        sheet.tell("repository", answers.address(origin.get("URL")) or NOT_SERVED, digest)
        # The go command runs nothing of a module that it fetches or builds.
        sheet.tell("install-code", "no")
        if isinstance(self._module, Unknown):
            sheet.tell("yanked", self._module)
            sheet.tell("deprecated", self._module)
        else:
            sheet.tell("yanked", self._module.yanked(asked), self._module.digest)
            sheet.tell("deprecated", self._module.deprecated, self._module.digest)
        return sheet.facts(VERSION)


def module(data: bytes, digest: str = "") -> Module:
    """Return what the bytes of a go.mod say of the module as a whole; what cannot be read there says nothing."""
    deprecated, retractions = "", list[Retraction]()
    for verb, rest, comment in _directives(data.decode("utf-8", "replace")):
        if verb == "module":
            found = _DEPRECATED.search(comment)
            deprecated = answers.message(found[1], "deprecated") if found else ""
        elif verb == "retract" and (read := _RANGE.fullmatch(rest)):
            low, high = read[1] or read[3], read[2] or read[3]
            if len(retractions) < 1_000:
                retractions.append(Retraction(low, high, answers.line(comment) or "yanked"))
    return Module(deprecated, tuple(retractions), digest)


def _directives(text: str) -> Iterator[tuple[str, str, str]]:
    """Verb, argument and comment of each directive; a comment stands on the same line, or right above."""
    block, above = "", list[str]()
    # The comment above a block holds for all in it that have none of their own.
    outer = ""
    for line in text.splitlines():
        code, slashes, said = line.partition("//")
        code, said = code.strip(), said.strip()
        if not code:
            above = [*above[-20:], said] if slashes else []
            continue
        comment = said or "\n".join(above)
        above = []
        if block:
            if code == ")":
                block = ""
            else:
                yield block, code, comment or outer
            continue
        verb, _, rest = code.partition(" ") if not code.endswith("(") else (code[:-1].strip(), "", "(")
        if rest.strip() == "(":
            block, outer = verb, comment
        else:
            yield verb, rest.strip(), comment


def _within(one: Retraction, version: str) -> bool:
    return orders.compare("golang", one.low, version) <= 0 <= orders.compare("golang", one.high, version)
