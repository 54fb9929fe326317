"""Ranges in the package managers' own syntax, as VERS ranges.

VERS contains by order alone. What a package manager adds to that (npm admits a pre-release only where one of the same
release is named, PEP 440's `<` and `>` leave out pre- and post-releases of their version, Conan hides pre-releases) is
not in the range; who asks with `covers(..., prereleases=False)` gets the releases right. Upper ends that npm writes as
`<2.0.0-0` are therefore written `<2.0.0`.
"""

from __future__ import annotations

import re

from osgate.errors import UsageError
from osgate.versions import MAX_LENGTH, npm_range
from osgate.versions.intervals import line
from osgate.versions.native import MAX_RANGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from osgate.versions.intervals import Comparison

_ANYTHING = ("*", "")
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*([A-Za-z0-9_.!+-]+)(\.\*)?\Z")
_GEM = re.compile(r"(~>|!=|<=|>=|=|<|>)?\s*([0-9A-Za-z.-]+)\Z")
_CONAN = re.compile(r"([<>]=?|=|~|\^)?(\*-?|[0-9A-Za-z_.+]+(?:-[0-9A-Za-z_.+-]*)?)\Z")
_SET = re.compile(r"\s*([\[(])([^\[\](),]*)(?:(,)([^\[\](),]*))?([\])])\s*(?:,(?=\s*[\[(])|\Z)")


def to_vers(purl_type: str, native_range: str) -> str:
    """See osgate.versions.to_vers."""
    reader = _READERS.get(purl_type)
    if reader is None:
        raise UsageError("range.type", type=purl_type)
    found = reader(native_range) if len(native_range) <= MAX_RANGE else None
    if found is None or any(len(version) > MAX_LENGTH for one in found for _, version in one):
        raise UsageError("range.syntax", type=purl_type, text=native_range[:200])
    written = line(purl_type, found)
    if not written:
        raise UsageError("range.empty", type=purl_type, text=native_range[:200])
    return written


def _npm(text: str) -> list[list[Comparison]] | None:
    found = npm_range.alternatives(text)
    if found is None:
        return None
    return [[_npm_comparison(*one) for one in part] for part in found if part != [npm_range.NOTHING]]


def _npm_comparison(operator: str, numbers: tuple[int, int, int], pre: str) -> Comparison:
    if operator == "*":
        return _ANYTHING
    release = ".".join(map(str, numbers))
    if pre and not (operator == "<" and pre == "0"):
        release += f"-{pre}"
    return operator or "=", release


def _pypi(text: str) -> list[list[Comparison]] | None:
    """PEP 440 version specifiers, a marker after `;` left out."""
    found: list[Comparison] = []
    for clause in filter(str.strip, text.partition(";")[0].split(",")):
        match = _CLAUSE.match(clause.strip())
        if not match:
            return None
        operator, version, star = match.groups()
        comparisons = _pypi_comparisons(operator, version, star is not None)
        if comparisons is None:
            return None
        found += comparisons
    return [found or [_ANYTHING]]


def _pypi_comparisons(operator: str, version: str, star: bool) -> list[Comparison] | None:
    """What one clause stands for; None for what PEP 440 does not allow, and for `!=1.*`, which is two ranges."""
    if star:
        after = _raised(version, 1)
        return [(">=", f"{version}.dev0"), ("<", f"{after}.dev0")] if operator == "==" and after else None
    if operator == "~=":
        after = _raised(version, 2)
        return [(">=", version), ("<", after)] if after else None
    return [("=" if operator in ("==", "===") else operator, version)]


def _raised(version: str, last: int) -> str:
    """Return the leading numbers of `version` without the last ones, the number before them raised by one.

    last: 1 raises the last number itself. Empty where there are too few numbers.
    """
    numbers = []
    for part in version.split("."):
        if not (part.isascii() and part.isdigit()) or len(part) > MAX_LENGTH:
            break
        numbers.append(int(part))
    if len(numbers) < last:
        return ""
    kept = numbers[: len(numbers) - last + 1]
    return ".".join(map(str, [*kept[:-1], kept[-1] + 1]))


def _gem(text: str) -> list[list[Comparison]] | None:
    """RubyGems requirements: `~> 2.0.8`, `>= 1, < 2`, `1.0`."""
    found: list[Comparison] = []
    for clause in text.split(","):
        match = _GEM.match(clause.strip())
        if not match:
            return None
        operator, version = match[1] or "=", match[2]
        if operator == "~>":
            after = _raised(version, 2) or _raised(version, 1)
            if not after:
                return None
            found += [(">=", version), ("<", after)]
        else:
            found.append((operator, version))
    return [found]


def _conan(text: str) -> list[list[Comparison]] | None:
    """Conan 2 version ranges: `>=1 <2 || ^3.2`, whether pre-releases are asked for or not."""
    found = []
    for alternative in text.partition(",")[0].strip().strip("[]").split("||"):
        comparisons: list[Comparison] = []
        for word in alternative.split():
            match = _CONAN.match(word)
            if not match:
                return None
            one = _conan_comparisons(match[1] or "=", match[2].removesuffix("-"))
            if not one:
                return None
            comparisons += one
        if not comparisons:
            return None
        found.append(comparisons)
    return found


def _conan_comparisons(operator: str, version: str) -> list[Comparison]:
    """What one word stands for; a tilde keeps the second number, a caret the first that is not zero; [] for neither."""
    if version == "*":
        return [(">=", "0.0.0")] if operator == "=" else []
    if operator not in ("~", "^"):
        return [(operator, version)]
    numbers = version.partition("-")[0].split(".")
    if operator == "~":
        kept = 2
    else:
        kept = next((at for at, number in enumerate(numbers, 1) if number.strip("0")), len(numbers))
    after = _raised(".".join(numbers[:kept]), 1)
    return [(">=", version), ("<", f"{after}-")] if after else []


def _brackets(text: str) -> list[list[Comparison]] | None:
    """Sets in brackets, as Maven and NuGet write them."""
    found: list[list[Comparison]] = []
    at = 0
    while at < len(text):
        match = _SET.match(text, at)
        if not match:
            return None
        opening, first, comma, second, closing = match.groups("")
        low, high = first.strip(), second.strip()
        if not comma:
            if not low or opening + closing != "[]":
                return None
            found.append([("=", low)])
        else:
            below = [(">=" if opening == "[" else ">", low)] if low else []
            above = [("<=" if closing == "]" else "<", high)] if high else []
            found.append(below + above or [_ANYTHING])
        at = match.end()
    return found or None


def _maven(text: str) -> list[list[Comparison]] | None:
    """Maven's ranges; a bare version is a wish that every version satisfies (POM reference)."""
    text = text.strip()
    return (
        _brackets(text) if text[:1] in ("[", "(") else None if not text or set(text) & set("[](),") else [[_ANYTHING]]
    )


def _nuget(text: str) -> list[list[Comparison]] | None:
    """NuGet's ranges; a bare version is the least one (NuGet, "Version ranges"). Floating versions are none."""
    text = text.strip()
    found = _brackets(text) if text[:1] in ("[", "(") else [[(">=", text)]] if text else None
    return found if found and len(found) == 1 else None


def _nginx(text: str) -> list[list[Comparison]] | None:
    """The lists of nginx's advisories: `0.7.52-0.8.39`, and `1.4.1+` for the rest of 1.4."""
    found: list[list[Comparison]] = []
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        numbers = low.removesuffix("+").split(".")
        if low.endswith("+"):
            after = _raised(".".join(numbers[:2]), 1)
            found.append([(">=", low[:-1]), ("<", f"{after}.0")])
        else:
            found.append([(">=", low), ("<=", high)] if dash else [("=", low)])
    return found


def _openssl(text: str) -> list[list[Comparison]] | None:
    """The lists of OpenSSL's advisories: versions, one by one."""
    return [[("=", part.strip())] for part in text.split(",")]


_READERS: dict[str, Callable[[str], list[list[Comparison]] | None]] = {
    "conan": _conan,
    "gem": _gem,
    "maven": _maven,
    "nginx": _nginx,
    "npm": _npm,
    "nuget": _nuget,
    "openssl": _openssl,
    "pypi": _pypi,
}
