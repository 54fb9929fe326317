"""The category of a licence and its patent grant, and what both are for an expression.

Categories are ScanCode's (LicenseDB, CC-BY-4.0) in fewer words; where it stands otherwise here, the licence is named
below with the reason. The institution's own view comes before both.
"""

from __future__ import annotations

from osgate.licences import index
from osgate.licences.expression import choose
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from osgate.licences.expression import Expression, Term

PUBLIC_DOMAIN, PERMISSIVE, WEAK, STRONG = "public-domain", "permissive", "weak-copyleft", "strong-copyleft"
NETWORK, SOURCE_AVAILABLE, PROPRIETARY, UNKNOWN = "network-copyleft", "source-available", "proprietary", "unknown"
# From the freest to the strictest; what nobody knows may be anything.
CATEGORIES = (PUBLIC_DOMAIN, PERMISSIVE, WEAK, STRONG, NETWORK, SOURCE_AVAILABLE, PROPRIETARY, UNKNOWN)

_SCANCODE = {
    "Public Domain": PUBLIC_DOMAIN,
    "Permissive": PERMISSIVE,
    "Copyleft Limited": WEAK,
    "Copyleft": STRONG,
    "Source-available": SOURCE_AVAILABLE,
    "Commercial": PROPRIETARY,
    "Free Restricted": PROPRIETARY,
    "Patent License": PROPRIETARY,
    "Proprietary Free": PROPRIETARY,
}
# Copyleft that reaches who only uses the work over a network, by the licences' own words: AGPL 13, OSL 5 (external
# deployment), CPAL 15, APSL 2 (externally deploy), RPL 6.0 (ScanCode: limited), EUPL 1 (communication: access to
# essential functionality; ScanCode: limited), Mulan PubL 0 (distribution), CAL 4, Parity 3.
_NETWORK = frozenset(
    (
        *("AGPL-1.0-only", "AGPL-1.0-or-later", "AGPL-3.0-only", "AGPL-3.0-or-later", "APSL-2.0", "CAL-1.0"),
        *("CAL-1.0-Combined-Work-Exception", "CPAL-1.0", "EUPL-1.1", "EUPL-1.2", "NPOSL-3.0", "OSL-1.0", "OSL-1.1"),
        *("OSL-2.0", "OSL-2.1", "OSL-3.0", "Parity-6.0.0", "Parity-7.0.0", "RPL-1.1", "RPL-1.5"),
        *("LicenseRef-scancode-mulanpubl-1.0", "LicenseRef-scancode-mulanpubl-2.0"),
    )
)

EXPRESS, NONE, EXCLUDED, UNTOLD = "express", "none", "excluded", "unknown"
# Licences whose text grants patents in so many words.
_EXPRESS = frozenset(
    (
        *("AFL-2.1", "AFL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "APSL-2.0", "Apache-2.0", "Artistic-2.0"),
        *("BSD-2-Clause-Patent", "BlueOak-1.0.0", "CAL-1.0", "CDDL-1.0", "CDDL-1.1", "CPAL-1.0", "CPL-1.0", "ECL-2.0"),
        *("EPL-1.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2", "Elastic-2.0", "FSL-1.1-ALv2", "FSL-1.1-MIT", "GPL-3.0-only"),
        *("GPL-3.0-or-later", "IPL-1.0", "LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-1.1", "MPL-2.0", "MS-PL", "MS-RL"),
        *("MPL-2.0-no-copyleft-exception", "MulanPSL-1.0", "MulanPSL-2.0", "NPOSL-3.0", "OSL-3.0", "RPL-1.5"),
        *("PolyForm-Noncommercial-1.0.0", "PolyForm-Small-Business-1.0.0", "SSPL-1.0"),
        *("UPL-1.0", "LicenseRef-scancode-mulanpubl-1.0", "LicenseRef-scancode-mulanpubl-2.0"),
    )
)
# Licences whose text says that no patent is granted.
_EXCLUDED = frozenset(
    ("BSD-3-Clause-Clear", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC0-1.0", "ODbL-1.0")
)


@record
class Weighed:
    """What an expression comes to.

    category: of the strictest licence that must be kept; terms: all of these; rank: of the dearest of them.
    """

    category: str
    terms: tuple[Term, ...]
    rank: int


def category(term: Term, own: Mapping[str, str] | None = None) -> str:
    """Return one of CATEGORIES.

    own: the institution's view: id, or id WITH exception -> category; it may name licences of its own.
    """
    for name in (str(term), "" if term.exception else term.licence):
        found = (own or {}).get(name)
        if found is not None:
            return found if found in CATEGORIES else UNKNOWN
    base = (own or {}).get(term.licence) or _listed(term.licence)
    return _excepted(base, _listed(term.exception)) if term.exception else base


def _listed(id: str) -> str:
    if id in _NETWORK:
        return NETWORK
    row = index.entry(id)
    return _SCANCODE.get(row.category, UNKNOWN) if row else UNKNOWN


def _excepted(base: str, exception: str) -> str:
    """A copyleft's exception loosens it; one that restricts (Commons Clause) or is unknown makes it stricter.

    A network copyleft keeps its network clause whatever an exception says about linking.
    """
    loosens = exception in (PERMISSIVE, WEAK, STRONG, PUBLIC_DOMAIN)
    if loosens:
        return min(base, max(exception, WEAK, key=CATEGORIES.index), key=CATEGORIES.index) if base == STRONG else base
    return max(base, exception, key=CATEGORIES.index)


def strictness(name: str) -> int:
    """Return the place of a category in CATEGORIES; the last for a word that is none."""
    return CATEGORIES.index(name) if name in CATEGORIES else len(CATEGORIES) - 1


def weigh(
    expression: Expression, own: Mapping[str, str] | None = None, rank: Callable[[Term, str], int] | None = None
) -> Weighed:
    """Return what an expression comes to: of OR the part that `rank` puts lowest, of AND the highest of all.

    rank: of a licence and its category, the lower the better (the policy's allowed, to review, denied, for one);
    without it the category's strictness. One more alternative never makes it worse, one more condition never better.
    """
    reached, kept = choose(expression, lambda term: _rank(term, own, rank))
    return Weighed(max((category(term, own) for term in kept), key=strictness), kept, reached)


def _rank(term: Term, own: Mapping[str, str] | None, rank: Callable[[Term, str], int] | None) -> int:
    name = category(term, own)
    return strictness(name) if rank is None else rank(term, name)


def patent(term: Term, own: Mapping[str, str] | None = None) -> str:
    """Return the patent grant: `express`, `none` (nothing is said; what may be implied is left to counsel), `excluded`
    (the text says there is none), `unknown` for licences that were not looked at. own: id -> the institution's view.
    """
    if term.licence in (own or {}):
        return (own or {})[term.licence]
    if term.licence in _EXPRESS:
        return EXPRESS
    if term.licence in _EXCLUDED:
        return EXCLUDED
    return NONE if _listed(term.licence) in (PUBLIC_DOMAIN, PERMISSIVE, WEAK, STRONG) else UNTOLD
