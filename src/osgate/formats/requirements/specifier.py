"""One requirement: a name with versions, a name with an address, a bare address, or a path.

The shapes that make up nearly every file go through strict expressions of our own; whatever they do not match is judged
by `packaging`, imported only then (it costs more than reading a thousand lines). A property test holds both equal.
Source of the grammar: the Python packaging specifications "Dependency specifiers" and "Version specifiers".
"""

from __future__ import annotations

import re

from osgate.formats.guards import check_name
from osgate.model.dependency import Unreadable
from osgate.model.record import record

MAX_LENGTH = 16_384
_MAX_PARENTHESES = 50

NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
# Possessive: three runs of white space side by side must not be shared out in every way.
_S = r"[ \t]*+"
_EXTRAS = rf"\[{_S}(?:{NAME}(?:{_S},{_S}{NAME})*{_S})?\]"
# What may follow keeps out a name that ends in a full stop or an underscore, which some releases of packaging take.
_HEAD = re.compile(rf"({NAME}){_S}(?:{_EXTRAS})?{_S}(?=[(<>=!~]|$)")
_NAMED_URL = re.compile(rf"({NAME}){_S}(?:{_EXTRAS})?{_S}@{_S}([^ \t]+)")
_PATH_EXTRAS = re.compile(r"(.+)\[[^\[\]]+\]")

_RELEASE = r"[0-9]+(?:\.[0-9]+)*"
_SUFFIX = r"(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?"
_LOCAL = r"(?:\+[a-z0-9]+(?:\.[a-z0-9]+)*)?"
_CLAUSE = (
    rf"(?:[=!]={_S}{_RELEASE}(?:\.\*|{_SUFFIX}{_LOCAL})"
    rf"|~={_S}[0-9]+\.{_RELEASE}{_SUFFIX}|[<>]=?{_S}{_RELEASE}{_SUFFIX})"
)
_FAST = re.compile(rf"({NAME}){_S}(?:{_EXTRAS})?{_S}((?:{_CLAUSE}(?:{_S},{_S}{_CLAUSE})*)?){_S}")
_ATOM = (
    r"(?:os_name|sys_platform|platform_(?:machine|python_implementation|release|system|version)|python_version"
    r"|python_full_version|implementation_(?:name|version)|extra)"
    rf"(?:{_S}(?:[=!~<>]=|[<>]){_S}|[ \t]+(?:not[ \t]+)?in[ \t]+)"
    r"""(?:"[^"]*"|'[^']*')"""
)
_FAST_MARKER = re.compile(rf"{_ATOM}(?:[ \t]+(?:and|or)[ \t]+{_ATOM})*")
_PIN = re.compile(r"===?[ \t]*([^ \t,)]+)")

# pip takes a name with one of these endings for a file, whether or not it exists.
_PACKED = (".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.lz", ".tar.lzma")
ARCHIVES = (".zip", ".whl", ".tgz", ".tbz", ".txz", ".tlz", *_PACKED)
_VCS = {
    "git": ("http", "https", "ssh", "git", "file"),
    "hg": ("http", "https", "ssh", "static-http", "file"),
    "svn": ("http", "https", "ssh", "svn", "file"),
    "bzr": ("http", "https", "ssh", "sftp", "ftp", "lp", "file"),
}
VCS_SCHEMES = frozenset(f"{tool}+{way}" for tool, ways in _VCS.items() for way in ways)
SCHEMES = VCS_SCHEMES | {"http", "https", "file", "ftp"}


@record
class Requirement:
    """A requirement taken apart. name, specifier, marker, version and address are as written, empty where absent.

    version: set where exactly one version is allowed. address: a URL or a path.
    """

    name: str
    specifier: str = ""
    version: str = ""
    address: str = ""
    marker: str = ""
    editable: bool = False


def scheme(address: str) -> str:
    """Return the lower-case scheme of `address`, empty where it has none that pip knows."""
    before, colon, _ = address.partition(":")
    return before.lower() if colon and before.lower() in SCHEMES else ""


def parse(text: str, line: int) -> Requirement:
    """Read the requirement `text` of a line that is not an editable one.

    Raises Unreadable: `syntax` where pip would refuse the line, `too-large`, `too-deep`, `hostile-name`.
    """
    _check(text, line)
    body, _, marker = text.partition("; " if scheme(text) else ";")
    body, marker = body.strip(), marker.strip()
    if marker:
        _check_marker(marker, line)
    if scheme(body):
        return Requirement("", address=body, marker=marker)
    named = _NAMED_URL.fullmatch(body)
    if named:
        return Requirement(named[1], address=named[2], marker=marker)
    if body.startswith(".") or "/" in body or _without_extras(body).lower().endswith(ARCHIVES):
        return Requirement("", address=_without_extras(body), marker=marker)
    return _versions(body, marker, line)


def parse_editable(text: str, line: int) -> Requirement:
    """Read the value of `-e`: a path, an address of version control, or (newer pip) a name with one of these.

    Raises Unreadable as `parse` does.
    """
    _check(text, line)
    named = _NAMED_URL.fullmatch(text)
    name, address = (named[1], named[2]) if named else ("", _without_extras(text))
    tool = address.partition(":")[0].lower()
    if tool in _VCS:  # `git://host/x` is short for `git+git://host/x`
        address = f"{tool}+{address}"
    kind = scheme(address)
    if kind in VCS_SCHEMES or kind == "file" or (not kind and "://" not in address and not re.match("[^/]*@.*:", text)):
        return Requirement(name, address=address, editable=True)
    raise Unreadable("syntax", line)


def _check(text: str, line: int) -> None:
    if len(text) > MAX_LENGTH:
        raise Unreadable("too-large", line, size=len(text), limit=MAX_LENGTH)
    if text.count("(") > _MAX_PARENTHESES:
        raise Unreadable("too-deep", line, limit=_MAX_PARENTHESES)
    check_name(text.replace("\t", " "), line)


def _without_extras(text: str) -> str:
    found = _PATH_EXTRAS.fullmatch(text)
    return found[1].rstrip() if found else text


def _check_marker(marker: str, line: int) -> None:
    if _FAST_MARKER.fullmatch(marker):
        return
    from packaging.markers import InvalidMarker, Marker

    try:
        Marker(marker)
    except InvalidMarker:
        raise Unreadable("syntax", line) from None


def _versions(body: str, marker: str, line: int) -> Requirement:
    found = _FAST.fullmatch(body)
    if found:
        return Requirement(found[1], found[2], _pinned(found[2]), marker=marker)
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Judge

    try:
        Judge(body)
    except InvalidRequirement:
        raise Unreadable("syntax", line) from None
    head = _HEAD.match(body)
    if head is None:
        raise Unreadable("syntax", line)
    rest = body[head.end() :].strip()
    specifier = rest[1:-1].strip() if rest.startswith("(") else rest
    return Requirement(head[1], specifier, _pinned(specifier), marker=marker)


def _pinned(specifier: str) -> str:
    """Return the one version that `==` or `===` allows, empty where several or a whole series are allowed."""
    if "==" not in specifier:
        return ""
    pins = [_PIN.fullmatch(clause.strip()) for clause in specifier.split(",")]
    found = {pin[1] for pin in pins if pin and not pin[1].endswith(".*")}
    return found.pop() if len(found) == 1 else ""
