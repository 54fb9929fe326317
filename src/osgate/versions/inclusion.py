"""Whether everything a declared range may choose lies inside an approved one. In doubt the answer is no."""

from __future__ import annotations

import re

from osgate.versions import MAX_LENGTH, compare, covers, parse_vers

_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*([A-Za-z0-9_.!+*-]+)\Z")


def contains_native(vers: str, native_range: str) -> bool:
    """Tell whether every version `native_range` (PEP 440 specifiers, marker after `;` ignored) admits is in `vers`.

    Answers True only for what can be shown: a `vers` without bounds, or one interval that holds the declared one. Other
    types' syntax, several intervals, wildcards, `!=` and pre-release ends give False; so does a declared range that
    includes the approved upper end, because it admits local versions of it (`1.0+local` is above `1.0`; PEP 440,
    local version identifiers). Raises UsageError("vers.<reason>").
    """
    approved = parse_vers(vers)
    if approved.constraints == (("*", ""),):
        return True
    shape = "".join(comparator[0] for comparator, _ in approved.constraints)
    declared = _interval(native_range.partition(";")[0])
    if approved.scheme != "pypi" or shape not in (">", "<", "><") or declared is None:
        return False
    low, high, admitted = declared
    if not covers(vers, low, prereleases=False) or not covers("vers:pypi/*", high, prereleases=False):
        return False
    if shape == ">":
        return True
    order = compare("pypi", high, approved.constraints[-1][1])
    return order < 0 or (order == 0 and not admitted)


def _interval(text: str) -> tuple[str, str, bool] | None:
    """(lowest version admitted, upper end, upper end admitted), or None where it is not one interval with both ends."""
    low = high = ""
    admitted = False
    for clause in text.strip().strip("()").split(","):
        found = _CLAUSE.match(clause.strip())
        if not found or "*" in found[2] or len(found[2]) > MAX_LENGTH:
            return None
        operator, version = found.groups()
        if operator in ("==", "==="):
            return version, version, True
        if operator in (">=", "~=") and not low:
            low = version
        if operator in ("<", "<=") and not high:
            high, admitted = version, operator == "<="
        elif operator == "~=" and not high:
            high = _next_release(version)
        elif operator not in (">=", "~="):
            return None
    return (low, high, admitted) if low and high else None


def _next_release(version: str) -> str:
    """The version that `~=` stays below: `~=1.4.2` below 1.5, `~=2.2` below 3 (PEP 440, compatible release).

    Empty for what is more than a release, such as `1.4.post1`, whose suffix does not count there.
    """
    parts = version.split(".")
    if len(parts) < 2 or not all(part.isdecimal() and len(part) < 10 for part in parts):
        return ""
    return ".".join([*parts[:-2], str(int(parts[-2]) + 1)])
