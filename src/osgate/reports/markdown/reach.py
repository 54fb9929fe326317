"""Which versions a record is about: a wide range is told in words, not in signs alone."""

from __future__ import annotations

from osgate.errors import UsageError
from osgate.reports.markdown.text import code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.text.translator import Translator

# Comparators of VERS that let in whatever is newer; packages of a sentence.
_UP, _INLINE = (">", ">="), 5


def width(range: str) -> str:
    """Return `all` for a VERS text that holds every version, `open` for one without an upper end, else nothing.

    An empty one, and one that only leaves single versions out, holds every version.
    """
    from osgate import versions

    try:
        bounds = [sign for sign, _ in versions.parse_vers(range).constraints if sign != "!="] if range else []
    except UsageError:
        return ""
    if not bounds or bounds == ["*"]:
        return "all"
    return "open" if bounds[-1] in _UP else ""


def reach(range: str, t: Translator) -> str:
    """Return a range, in words where it is wide."""
    wide = width(range)
    if wide == "all":
        return t("heard.reach-all-of", range=code(range)) if range else t("heard.reach-all")
    return t("heard.reach-open", range=code(range)) if wide else code(range)


def inline(packages: Iterable[tuple[str, str]], t: Translator) -> str:
    """Return packages, each (purl, range), as a part of a sentence."""
    there = list(packages)
    each = (t("heard.package-inline", package=code(purl), reach=reach(range, t)) for purl, range in there[:_INLINE])
    said = t("join.facts").join(each)
    return said + (f" {t.count('list.more', len(there) - _INLINE)}" if len(there) > _INLINE else "")
