"""The spellings of components, versions and days in old ledgers, made into purls, VERS ranges and ISO dates. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from osgate import versions
from osgate.errors import UsageError
from osgate.model.record import record
from osgate.purl import Purl, parse
from osgate.versions import schemes
from osgate.versions.vers import write

# Versions of one row; more are a list somebody pasted, and characters of a name, which no registry lets be longer.
MOST_VERSIONS, LONGEST = 100, 214
# Kinds of things that are taken over without a version.
WHOLE = ("software", "cloud-service")
_COORDINATES = re.compile(r"([\w.-]+):([\w.-]+)(?::([\w.+-]+))?")
_SEPARATORS = re.compile(r"[\n\r、,;|]|\s/\s")
_OPEN = re.compile(
    r"(?:[\[(<>=^~!].*|\*|.*\.[xX*](?:\..*)?|[xX]|any|all|任意|所有|全部|不限|所有版本|全部版本|任意版本)"
)
_LEADING = re.compile(r"(?:version|ver|版本号?|v)[\s:.]*(?=\d)", re.IGNORECASE)
_VERSION = re.compile(r"(?=.*\d)[!-~]+")
# Two versions and a dash: one end of what was meant, and the other. Neither is a version of its own.
_TWO = re.compile(r"v?\d+(?:\.\d+)+[-~]v?\d+(?:\.\d+)+", re.IGNORECASE)
_NAMES = {
    "npm": re.compile(r"(?:@[A-Za-z0-9~*!'().][A-Za-z0-9~*!'()._-]*/)?[A-Za-z0-9~*!'()-][A-Za-z0-9~*!'()._-]*"),
    "maven": re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"),
    "pypi": re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"),
    "composer": re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"),
    "github": re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"),
}
_OTHER = re.compile(r"[A-Za-z0-9_.+~-]+(?:/[A-Za-z0-9_.+~-]+)*")
# Types whose versions are written with a v.
_WITH_V = ("golang", "github", "gitlab", "gitee", "generic", "docker", "oci", "helm")
_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日?)"
)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(r"[T\s]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?\Z")


class NotUnderstood(Exception):
    """Why a row is not taken over. code: key below `import.why-`; params: what the sentence names."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Mapping[str, object] = {k: v[:120] if isinstance(v, str) else v for k, v in params.items()}


@record
class Named:
    """A component as a cell names it. purl: without version; version: text that stood with the name, empty for none."""

    purl: Purl
    version: str = ""


def component(text: str, group: str, type: str, default: str, kind: str) -> Named:
    """Return the component that `text` spells: a purl, `group:artifact`, `group/artifact`, `@scope/name`, `name`; any
    of them with its version behind `@` (Maven: a third `:`).

    group: of a column of its own. type: purl type that the row names, empty where it does not; default: of rows that do
    not. kind: software, services and code without a type are `generic`: lower case, a dash for blanks.
    Raises NotUnderstood.
    """
    named = _component(text, group, type, default, kind)
    if {".", ".."} & {*named.purl.namespace.split("/"), *named.purl.name.split("/")}:
        raise NotUnderstood("component-malformed", found=text, type=named.purl.type)
    return named


def _component(text: str, group: str, type: str, default: str, kind: str) -> Named:
    written = unicodedata.normalize("NFKC", text).strip()
    if not written:
        raise NotUnderstood("no-component")
    if len(written) > 2 * LONGEST:
        raise NotUnderstood("component-malformed", found=text, type=type or default)
    if written.lower().startswith("pkg:"):
        return _of_purl(written)
    if kind == "code" and "://" in written:
        return Named(Purl("generic", "", _last(written), "", (("vcs_url", written),)))
    wanted = type or _spelled(written) or ("generic" if kind != "component" else default)
    if not wanted:
        raise NotUnderstood("no-type", found=text)
    if wanted == "maven":
        return _maven(written, group.strip())
    if wanted == "generic":
        return Named(Purl("generic", "", "-".join(_plain(written, text, wanted).lower().split())))
    name, version = _split(written)
    if wanted == "pypi" and "==" in name:
        name, _, version = name.partition("==")
    full = f"{group.strip()}/{name}" if group.strip() and "/" not in name else name.strip()
    if not _NAMES.get(wanted, _OTHER).fullmatch(full) or len(full) > LONGEST:
        raise NotUnderstood("component-malformed", found=text, type=wanted)
    namespace, _, last = full.rpartition("/")
    return Named(_canonical(Purl(wanted, namespace, last)), version.strip())


def _last(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2].removesuffix(".git") or "code"


def _of_purl(text: str) -> Named:
    try:
        purl = parse(text)
        if not schemes.known(purl.type):
            raise NotUnderstood("type-unknown", found=purl.type)
        return Named(_canonical(purl), purl.version)
    except UsageError as error:
        raise NotUnderstood("purl-malformed", found=text) from error


def _canonical(purl: Purl) -> Purl:
    return parse(purl.component)


def _spelled(text: str) -> str:
    """The purl type that a spelling alone tells."""
    if text.startswith("@") and "/" in text:
        return "npm"
    return "maven" if _COORDINATES.fullmatch(text) else ""


def _maven(text: str, group: str) -> Named:
    found = _COORDINATES.fullmatch(text)
    if found:
        return Named(Purl("maven", found[1], found[2]), found[3] or "")
    name, version = _split(text)
    full = f"{group}/{name}" if group and "/" not in name else name
    if "/" not in full:
        raise NotUnderstood("no-group", found=text)
    if not _NAMES["maven"].fullmatch(full) or len(full) > LONGEST:
        raise NotUnderstood("component-malformed", found=text, type="maven")
    namespace, _, last = full.rpartition("/")
    return Named(Purl("maven", namespace, last), version)


def _split(text: str) -> tuple[str, str]:
    """Name and version around the last `@` that begins no scope."""
    at = text.rfind("@")
    return (text[:at].strip(), text[at + 1 :].strip()) if at > 0 else (text, "")


def _plain(written: str, text: str, type: str) -> str:
    if len(written) > LONGEST or not written.isprintable() or not any(c.isalnum() for c in written):
        raise NotUnderstood("component-malformed", found=text, type=type)
    return written


def ranges(text: str, type: str, kind: str, *, major: bool = False) -> list[str]:
    """Return the VERS ranges that a cell of versions comes to: one for each, exactly that version.

    major: up to the next major version instead (`versions.default_range`). Without a version, or for any, software and
    services are taken over as a whole; everything else raises NotUnderstood.
    """
    listed = [_bare(part, type) for part in _SEPARATORS.split(unicodedata.normalize("NFKC", text)) if part.strip()]
    if not listed or any(_OPEN.fullmatch(part) for part in listed) or text.lstrip()[:1] in ("[", "("):
        if kind in WHOLE and not _bounded(text):
            return [f"vers:{type}/*"]
        raise NotUnderstood("version-open" if listed else "no-version", found=text)
    if len(listed) > MOST_VERSIONS:
        raise NotUnderstood("too-many-versions", count=len(listed), limit=MOST_VERSIONS)
    return list(dict.fromkeys(_range(part, type, major) for part in listed))


def _bounded(text: str) -> bool:
    """True for what names bounds, which nobody should take for everything."""
    return any(mark in text for mark in "<>=[(^~!") or any(char.isdigit() for char in text)


def _bare(part: str, type: str) -> str:
    """One version without what people write around it."""
    text = part.strip().removeprefix("==").strip()
    return text if type in _WITH_V else _LEADING.sub("", text)


def _range(version: str, type: str, major: bool) -> str:
    if _TWO.fullmatch(version):
        raise NotUnderstood("two-versions", found=version)
    scheme = schemes.load(type)
    known = not scheme.ordered or scheme.key(version)[0] == schemes.PARSED
    if not _VERSION.fullmatch(version) or len(version) > versions.MAX_LENGTH or not known:
        raise NotUnderstood("version-malformed", found=version, type=type)
    return versions.default_range(type, version) if major else write(type, (("=", version),))


def day(text: str) -> str:
    """Return the ISO date that people write as 2024-03-01, 2024/3/1, 2024.3.1, 2024年3月1日 or 20240301, with a time or
    without; empty for what is none of them."""
    plain = _TIME.sub("", unicodedata.normalize("NFKC", text).strip())
    found = _DAY.fullmatch(plain) or _DIGITS.fullmatch(plain)
    if not found:
        return ""
    year, month, of_month = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, of_month).isoformat()
    except ValueError:
        return ""
