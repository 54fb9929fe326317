"""Whether everything a declared range may choose lies inside an approved one. In doubt the answer is no."""

from __future__ import annotations

import re

from osgate.versions import MAX_LENGTH, covers, parse_vers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.versions.vers import Vers

_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*([A-Za-z0-9_.!+*-]+)\Z")


def contains_native(vers: str, native_range: str) -> bool:
    """Tell whether every version that `native_range` (PEP 440 specifiers, a marker after `;` ignored) admits is in `vers`.

    Answers True only for what can be shown: a `vers` without bounds, or one interval that holds both ends of the declared
    one. Other types' syntax, wildcards, `!=` and pre-release ends give False. Raises UsageError("vers.<reason>").
    """
    approved = parse_vers(vers)
    if approved.constraints == (("*", ""),):
        return True
    if approved.scheme != "pypi" or any(
        comparator not in ("<", "<=", ">", ">=") for comparator, _ in approved.constraints
    ):
        return False
    declared = _interval(native_range.partition(";")[0])
    return declared is not None and _inside(vers, approved, *declared)


def _interval(text: str) -> tuple[str, str, bool] | None:
    """(lowest version admitted, upper end, upper end admitted), or None where the range is not one closed-off interval."""
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
    """The version that `~=` stays below: `~=1.4.2` below 1.5, `~=2.2` below 3 (PEP 440, compatible release)."""
    parts = version.split(".")[:-1]
    if not parts or not all(part.isdigit() and len(part) < 10 for part in parts):
        return ""
    return ".".join([*parts[:-1], str(int(parts[-1]) + 1)])


def _inside(vers: str, approved: Vers, low: str, high: str, admitted: bool) -> bool:
    if not covers(vers, low, prereleases=False):
        return False
    if admitted:
        return covers(vers, high, prereleases=False) and len(approved.constraints) <= 2
    uppers = [version for comparator, version in approved.constraints if comparator in ("<", "<=")]
    if len(approved.constraints) > 2 or len(uppers) > 1:
        return False
    from osgate.versions import compare

    return not uppers or compare("pypi", high, uppers[0]) <= 0
