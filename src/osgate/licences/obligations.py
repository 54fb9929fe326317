"""Rights and obligations of a component's licences in one use, as codes; the words are the catalogues'.

Words: `licence.right.<code>`, `licence.duty.<code>`, `licence.basis.<basis>`, `licence.patent.<grant>`.
"""

from __future__ import annotations

from osgate.licences import categories, duties
from osgate.licences.use import DISTRIBUTED, SERVICE
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from osgate.licences.expression import Term
    from osgate.licences.use import Use

# Where a list comes from: the licence was read; its category alone is known; nothing is.
LISTED, BY_CATEGORY, UNKNOWN = "listed", "category", "unknown"
RIGHTS = ("use", "use-limited", "modify", "distribute", "commercial", "patent")
_FREE = (categories.PUBLIC_DOMAIN, categories.PERMISSIVE, categories.WEAK, categories.STRONG, categories.NETWORK)
# What every licence of a category asks for at least.
_GENERAL: Mapping[str, tuple[str, ...]] = {
    categories.PUBLIC_DOMAIN: (),
    categories.PERMISSIVE: ("attribution@copy", "licence-text@copy"),
    categories.WEAK: ("attribution@copy", "licence-text@copy", "source-of-files@copy", "same-licence-files@changed"),
    categories.STRONG: ("attribution@copy", "licence-text@copy", "source-of-work@copy", "same-licence-whole@linked"),
    categories.NETWORK: (
        *("attribution@copy", "licence-text@copy", "source-of-work@copy", "same-licence-whole@linked"),
        "source-of-work@served",
    ),
}
_WHEN: Mapping[str, Callable[[Use], bool]] = {
    "": lambda use: True,
    "copy": lambda use: use.reach == DISTRIBUTED,
    "changed": lambda use: use.reach == DISTRIBUTED and use.modified,
    "linked": lambda use: use.reach == DISTRIBUTED and use.linked,
    "served": lambda use: use.reach == SERVICE,
    "served-changed": lambda use: use.reach == SERVICE and (use.modified or use.linked),
}


@record
class Terms:
    """What one licence gives and asks for in one use.

    rights, duties: codes, duties in the order of the table; basis: `listed`, `category` (the least that licences of
    its kind ask for: read the text) or `unknown` (nobody can tell: read the text); patent: see `categories.patent`.
    """

    licence: Term
    rights: tuple[str, ...]
    duties: tuple[str, ...]
    basis: str
    patent: str


def of(term: Term, use: Use, own: Mapping[str, str] | None = None) -> Terms:
    """Return the rights and obligations of one licence in `use`. own: as for `categories.category`."""
    kind = categories.category(term, own)
    patent = categories.patent(term)
    codes, basis = _codes(term, kind)
    asked = [code.partition("@")[0] for code in codes if _WHEN[code.partition("@")[2]](use)]
    if term.exception and kind == categories.WEAK:
        asked = [code for code in asked if code not in duties.LOOSENED]
    return Terms(term, _rights(kind, codes, patent, basis), tuple(dict.fromkeys(asked)), basis, patent)


def _codes(term: Term, kind: str) -> tuple[tuple[str, ...], str]:
    extra = duties.EXCEPTIONS.get(term.exception, ())
    if term.licence in duties.DUTIES:
        return (*duties.DUTIES[term.licence], *extra), LISTED
    if kind in _GENERAL:
        return _GENERAL[kind], BY_CATEGORY
    return extra, UNKNOWN


def _rights(kind: str, codes: tuple[str, ...], patent: str, basis: str) -> tuple[str, ...]:
    if kind not in _FREE and basis != LISTED:
        return ()
    found = ["use" if duties.LIMITS.isdisjoint(codes) else "use-limited", "modify", "distribute"]
    if duties.NOT_COMMERCIAL.isdisjoint(codes):
        found.append("commercial")
    return (*found, *(("patent",) if patent == categories.EXPRESS else ()))
