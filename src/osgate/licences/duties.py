"""What each licence asks for and gives, as codes: the table behind `obligations`.

Read from the licences' own texts. A code with `@` says when it applies; without, always:
`@copy` a copy is passed on, `@changed` a changed copy is passed on, `@linked` a copy linked with ours is passed on,
`@served` people outside use it over a network, `@served-changed` the same where it was changed or linked into ours.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTICES = "attribution@copy licence-text@copy"
_RETALIATION = "patent-retaliation"
_GPL = f"{_NOTICES} source-of-work@copy same-licence-whole@linked same-licence-changes@changed change-notice@changed"
_GPL_2 = f"{_GPL} no-further-restrictions@copy"
_GPL_3 = f"{_GPL_2} installation-information@copy {_RETALIATION}"
_LGPL = (
    f"{_NOTICES} source-of-work@copy same-licence-changes@changed change-notice@changed relinking@linked "
    "reverse-engineering@linked"
)
_MPL = f"{_NOTICES} source-of-files@copy same-licence-files@changed no-trademark {_RETALIATION}"
_EPL = f"{_NOTICES} source-of-files@copy same-licence-files@changed indemnity@copy {_RETALIATION}"
_CDDL = f"{_MPL} change-notice@changed"
_OSL = (
    f"{_NOTICES} source-of-work@copy source-of-work@served same-licence-changes@changed change-notice@changed "
    f"no-trademark {_RETALIATION}"
)
_EUPL = f"{_NOTICES} source-of-work@copy source-of-work@served same-licence-changes@changed change-notice@changed"
_APACHE = f"{_NOTICES} notice-file@copy change-notice@changed no-trademark {_RETALIATION}"
_MULAN = f"{_NOTICES} no-trademark {_RETALIATION}"
_MULAN_PUBLIC = f"{_MULAN} source-of-work@copy source-of-work@served same-licence-changes@changed"
_NC = "attribution@copy licence-text@copy change-notice@changed no-commercial"

_TABLE: Mapping[str, tuple[str, ...]] = {
    "": ("0BSD", "MIT-0", "Unlicense", "WTFPL", "LicenseRef-scancode-public-domain"),
    "no-trademark": ("CC0-1.0",),
    _NOTICES: (
        *("MIT", "ISC", "BSD-2-Clause", "BSD-2-Clause-Patent", "BSD-2-Clause-Views", "BSD-1-Clause", "HPND", "NTP"),
        *("PostgreSQL", "MIT-CMU", "UPL-1.0", "Unicode-DFS-2015", "Unicode-DFS-2016", "Unicode-3.0", "FTL"),
    ),
    "licence-text@copy": ("BlueOak-1.0.0",),
    "notices-in-source@copy": ("BSL-1.0",),
    "notices-in-source@copy change-notice@changed no-misrepresentation": ("Zlib", "Libpng", "libpng-2.0"),
    f"{_NOTICES} no-endorsement": (
        *("BSD-3-Clause", "BSD-3-Clause-Clear", "NCSA", "X11", "curl", "ICU", "W3C", "OLDAP-2.8"),
    ),
    f"{_NOTICES} no-endorsement advertising": ("BSD-4-Clause", "OpenSSL", "Apache-1.0"),
    f"{_NOTICES} no-endorsement acknowledgement@copy renaming@changed": ("Apache-1.1", "PHP-3.01"),
    f"{_NOTICES} change-notice@changed no-trademark": ("PSF-2.0", "Python-2.0", "Python-2.0.1"),
    f"{_NOTICES} no-evil": ("JSON",),
    _APACHE: ("Apache-2.0", "ECL-2.0"),
    f"{_NOTICES} change-notice@changed no-trademark {_RETALIATION}": ("AFL-3.0", "AFL-2.1"),
    f"{_NOTICES} no-trademark {_RETALIATION} same-licence-source@copy": ("MS-PL",),
    f"{_NOTICES} no-trademark {_RETALIATION} source-of-files@copy same-licence-files@copy": ("MS-RL",),
    f"{_NOTICES} change-notice@changed renaming@changed {_RETALIATION}": ("Artistic-2.0",),
    f"{_NOTICES} renaming@changed same-licence-changes@copy no-sale-alone@copy": ("OFL-1.1",),
    _MULAN: ("MulanPSL-1.0", "MulanPSL-2.0"),
    _MULAN_PUBLIC: ("LicenseRef-scancode-mulanpubl-1.0", "LicenseRef-scancode-mulanpubl-2.0"),
    _MPL: ("MPL-2.0", "MPL-2.0-no-copyleft-exception"),
    _CDDL: ("CDDL-1.0", "CDDL-1.1", "MPL-1.1"),
    _EPL: ("EPL-1.0", "EPL-2.0", "CPL-1.0", "IPL-1.0"),
    _LGPL: ("LGPL-2.0-only", "LGPL-2.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later"),
    f"{_LGPL} installation-information@linked {_RETALIATION}": ("LGPL-3.0-only", "LGPL-3.0-or-later"),
    _GPL_2: ("GPL-1.0-only", "GPL-1.0-or-later", "GPL-2.0-only", "GPL-2.0-or-later"),
    _GPL_3: ("GPL-3.0-only", "GPL-3.0-or-later"),
    f"{_GPL_3} source-to-users@served-changed": ("AGPL-3.0-only", "AGPL-3.0-or-later"),
    _OSL: ("OSL-3.0", "NPOSL-3.0"),
    _EUPL: ("EUPL-1.1", "EUPL-1.2"),
    f"{_GPL_3} service-source@served": ("SSPL-1.0",),
    "attribution@copy licence-text@copy change-notice@changed": ("CC-BY-3.0", "CC-BY-4.0"),
    "attribution@copy licence-text@copy change-notice@changed same-licence-changes@changed": (
        *("CC-BY-SA-3.0", "CC-BY-SA-4.0", "ODbL-1.0"),
    ),
    _NC: ("CC-BY-NC-3.0", "CC-BY-NC-4.0", "PolyForm-Noncommercial-1.0.0"),
    f"{_NC} same-licence-changes@changed": ("CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0"),
    f"{_NOTICES} no-managed-service no-licence-keys change-notice@changed {_RETALIATION}": ("Elastic-2.0",),
    f"{_NOTICES} no-managed-service": ("LicenseRef-scancode-rsalv2",),
    "licence-text@copy no-production converts-later": ("BUSL-1.1",),
    f"{_NOTICES} no-competing-use no-trademark converts-later {_RETALIATION}": ("FSL-1.1-ALv2", "FSL-1.1-MIT"),
}
DUTIES: Mapping[str, tuple[str, ...]] = {id: tuple(codes.split()) for codes, ids in _TABLE.items() for id in ids}
# Exceptions that restrict: added to what the licence asks for.
EXCEPTIONS: Mapping[str, tuple[str, ...]] = {"LicenseRef-scancode-commons-clause": ("no-sale",)}
# What a loosened copyleft no longer asks of our own work.
LOOSENED = frozenset(("same-licence-whole", "relinking", "reverse-engineering"))

CODES = frozenset(code.partition("@")[0] for codes in (*DUTIES.values(), *EXCEPTIONS.values()) for code in codes)
# Those that limit what the work may be used for, and among them those that leave no commercial use.
LIMITS = frozenset(
    (
        "no-commercial",
        "no-competing-use",
        "no-evil",
        "no-licence-keys",
        "no-managed-service",
        "no-production",
        "no-sale",
    )
)
NOT_COMMERCIAL = frozenset(("no-commercial", "no-production", "no-sale"))
