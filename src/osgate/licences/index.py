"""The licences that have an id: SPDX's, as license-expression bundles them with ScanCode's categories.

The index is the ScanCode LicenseDB (CC-BY-4.0, nexB and others) as of July 2025, SPDX list 3.27; an id SPDX has listed
since is known from licenselynx, without a category.
"""

from __future__ import annotations

import re
from functools import cache

from osgate.errors import UsageError
from osgate.licences.expression import Term
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_REFERENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?(?:LicenseRef|AdditionRef)-[A-Za-z0-9.-]+\Z")
LONGEST_ID = 100
# Ids that SPDX deprecated for a licence WITH an exception (SPDX licence list, version 3).
_WITH = {
    "gpl-2.0-with-autoconf-exception": Term("GPL-2.0-only", "Autoconf-exception-2.0"),
    "gpl-2.0-with-bison-exception": Term("GPL-2.0-only", "Bison-exception-2.2"),
    "gpl-2.0-with-classpath-exception": Term("GPL-2.0-only", "Classpath-exception-2.0"),
    "gpl-2.0-with-font-exception": Term("GPL-2.0-only", "Font-exception-2.0"),
    "gpl-2.0-with-gcc-exception": Term("GPL-2.0-only", "GCC-exception-2.0"),
    "gpl-3.0-with-autoconf-exception": Term("GPL-3.0-only", "Autoconf-exception-3.0"),
    "gpl-3.0-with-gcc-exception": Term("GPL-3.0-only", "GCC-exception-3.1"),
}
# Not an id: the index takes the bare word for version 1 or later, which nobody means.
_NO_IDS = frozenset(("gpl",))
# A licence by itself, whatever its name; the index has it among the exceptions.
_NO_EXCEPTIONS = frozenset(("MPL-2.0-no-copyleft-exception",))


@record
class Entry:
    """One row of the index. id: as SPDX spells it; category: ScanCode's word; exception: stands behind WITH only."""

    id: str
    category: str
    exception: bool


@cache
def _rows() -> Mapping[str, Entry]:
    """Every id, former id and ScanCode key in small letters. Raises UsageError where the library is not installed."""
    try:
        from license_expression import get_license_index
    except ImportError:
        raise UsageError("licences.extra", library="license-expression") from None
    found: dict[str, Entry] = {}
    former: dict[str, Entry] = {}
    for row in get_license_index():
        if not row["spdx_license_key"]:
            continue
        id = row["spdx_license_key"]
        entry = Entry(id, row["category"], bool(row["is_exception"]) and id not in _NO_EXCEPTIONS)
        found[entry.id.lower()] = entry
        former.update((name.lower(), entry) for name in (*row["other_spdx_license_keys"], row["license_key"]))
    return {**{name: entry for name, entry in former.items() if name not in _NO_IDS}, **found}


def entry(id: str) -> Entry | None:
    """Return the row of an SPDX id, a former one or a ScanCode key, in any case; None where there is none."""
    return _rows().get(id.lower())


@cache
def ids(prefix: str) -> tuple[str, ...]:
    """Return the SPDX ids that are `prefix`, a dash and a version: all that a name without a version may mean."""
    pattern = re.compile(rf"{re.escape(prefix.lower())}-\d+(\.\d+)*(-only|-or-later)?\Z")
    found = {row.id for row in _rows().values() if not row.exception and pattern.match(row.id.lower())}
    return tuple(sorted(found))


def licence(id: str) -> Term | None:
    """Return what an id stands for, in any case, in SPDX's spelling; None for what is no id.

    A former id gives its successor (`GPL-2.0+`: `GPL-2.0-or-later`), a `LicenseRef-…` stays as it is.
    """
    if len(id) > LONGEST_ID:
        return None
    found = _WITH.get(id.lower()) or _listed(id)
    if found is None and id.endswith("+"):
        found = _listed(id[:-1])
        return Term(found.licence, found.exception, True) if found else None
    return found


def _listed(id: str) -> Term | None:
    row = entry(id)
    if _REFERENCE.match(id):
        return Term(row.id if row else id)
    # What ScanCode knew before SPDX listed it goes by SPDX's id; the category is found by ScanCode's key, which is the
    # same but for the case.
    if (row is None or row.id.startswith("LicenseRef-")) and _newer(id):
        return Term(id)
    return Term(row.id) if row and not row.exception else None


def _newer(id: str) -> bool:
    """Whether SPDX has listed the id since the index was made; exact case, licenselynx maps ids to themselves."""
    answer = mapped(id)
    return answer is not None and answer == (id, True)


def exception(id: str) -> str | None:
    """Return an exception's id in SPDX's spelling, None for what is none; references of the user's own are kept."""
    if len(id) > LONGEST_ID:
        return None
    row = entry(id)
    if row is not None:
        return row.id if row.exception else None
    return id if _REFERENCE.match(id) else None


def mapped(name: str) -> tuple[str, bool] | None:
    """Return the id licenselynx has for a name and whether it is SPDX's, None where it has none.

    Raises UsageError where the library is not installed.
    """
    try:
        from licenselynx.licenselynx import LicenseLynx
    except ImportError:
        raise UsageError("licences.extra", library="licenselynx") from None
    answer = LicenseLynx.map(name)
    return (answer.id, bool(answer.is_spdx_identifier())) if answer else None
