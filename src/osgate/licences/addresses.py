"""Addresses of licences: the pages of SPDX, of the licences' own homes, and of who lists them."""

from __future__ import annotations

import re

from osgate.licences import index
from osgate.licences.expression import Term

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PAGES: Mapping[str, str] = {
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "apache.org/licenses/license-1.1": "Apache-1.1",
    "opensource.org/licenses/mit-license": "MIT",
    "opensource.org/license/mit": "MIT",
    "opensource.org/licenses/isc-license": "ISC",
    "opensource.org/licenses/apache2.0": "Apache-2.0",
    "opensource.org/license/bsd-3-clause": "BSD-3-Clause",
    "opensource.org/license/bsd-2-clause": "BSD-2-Clause",
    "mozilla.org/mpl/2.0": "MPL-2.0",
    "mozilla.org/en-us/mpl/2.0": "MPL-2.0",
    "mozilla.org/mpl/mpl-1.1": "MPL-1.1",
    "eclipse.org/legal/epl-v10": "EPL-1.0",
    "eclipse.org/legal/epl-v20": "EPL-2.0",
    "eclipse.org/legal/epl-2.0": "EPL-2.0",
    "eclipse.org/org/documents/edl-v10": "BSD-3-Clause",
    "unlicense.org": "Unlicense",
    "boost.org/license_1_0": "BSL-1.0",
    "json.org/license": "JSON",
    "wtfpl.net": "WTFPL",
    "license.coscl.org.cn/mulanpsl": "MulanPSL-1.0",
    "license.coscl.org.cn/mulanpsl2": "MulanPSL-2.0",
    "license.coscl.org.cn/mulanpubl-1.0": "LicenseRef-scancode-mulanpubl-1.0",
    "license.coscl.org.cn/mulanpubl-2.0": "LicenseRef-scancode-mulanpubl-2.0",
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "elastic.co/licensing/elastic-license": "Elastic-2.0",
    "mongodb.com/licensing/server-side-public-license": "SSPL-1.0",
    "mariadb.com/bsl11": "BUSL-1.1",
}
# Whole lists whose last part is an id, in any case.
_LISTS = ("spdx.org/licenses/", "opensource.org/licenses/", "choosealicense.com/licenses/")
_GNU = re.compile(r"gnu\.org/(?:licenses|copyleft)/(?:old-licenses/)?([alf])?(gpl|dl)-(\d\.\d)(?:-standalone)?\Z")
_COMMONS = re.compile(r"creativecommons\.org/licenses/(by(?:-n[cd])?(?:-n[cd]|-sa)?)/(\d\.\d)\Z")


def at_address(address: str) -> Term | None:
    """Return the licence whose text an address is known to hold, None for any other address.

    A GNU text of one version gives that version only; a page without a version (`gpl.html`) holds whatever is newest.
    """
    page = re.split(r"[?#]", address.lower(), maxsplit=1)[0]
    page = re.sub(r"\.(?:txt|html?|php)\Z", "", re.sub(r"\A(?:https?://)?(?:www\.)?", "", page).rstrip("/")).rstrip("/")
    if page in _PAGES:
        return Term(_PAGES[page])
    for place in _LISTS:
        if page.startswith(place):
            return index.licence(page[len(place) :])
    return _gnu(page) or _commons(page)


def _gnu(page: str) -> Term | None:
    match = _GNU.match(page)
    if match is None or (match[1] == "f") != (match[2] == "dl"):
        return None
    name = {"": "GPL", "a": "AGPL", "l": "LGPL", "f": "GFDL"}[match[1] or ""]
    return index.licence(f"{name}-{match[3]}")


def _commons(page: str) -> Term | None:
    match = _COMMONS.match(re.sub(r"/(?:legalcode|deed)(?:\.[a-z-]+)?\Z", "", page))
    return index.licence(f"CC-{match[1]}-{match[2]}") if match else None
