"""What licences are called beside their ids: families with a version behind the name, names of one licence, and names
that mean several.

Names are written as `words` leaves them: small letters, no punctuation, without the words that say nothing. The Chinese
names are those of the Mulan licences' own texts (木兰宽松许可证, 木兰公共许可证) and the usual translations.
"""

from __future__ import annotations

import re
import unicodedata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# id without version -> its names; the version behind a name makes the id, without one the name means several.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "GPL": ("gpl", "gnu gpl", "gnu general public", "gnu public", "general public", "gnu通用公共", "通用公共"),
    "LGPL": (
        "lgpl", "gnu lgpl", "gnu lesser general public", "lesser general public", "gnu lesser public", "gnu lesser",
        "gnu library general public", "gnu library or lesser general public", "lesser gpl", "gnu lesser gpl",
        "gnu宽通用公共", "gnu较宽松公共", "gnu宽松通用公共", "gnu较宽松通用公共",
    ),
    "AGPL": (
        "agpl", "gnu agpl", "affero gpl", "gnu affero gpl", "gnu affero general public", "affero general public",
        "gnu affero通用公共", "affero通用公共",
    ),
    "GFDL": ("gfdl", "gnu free documentation", "free documentation", "gnu自由文档"),
    "Apache": ("apache", "apache foundation"),
    "MPL": ("mpl", "mozilla public", "mozilla", "mozilla公共"),
    "EPL": ("epl", "eclipse public", "eclipse", "eclipse公共"),
    "CDDL": ("cddl", "common development and distribution"),
    "CPL": ("cpl", "common public"),
    "EUPL": ("eupl", "european union public"),
    "AFL": ("afl", "academic free"),
    "OSL": ("osl",),
    "ECL": ("ecl", "educational community"),
    "ZPL": ("zpl", "zope public"),
    "LPPL": ("lppl", "latex project public"),
    "OFL": ("ofl", "sil ofl", "sil open font", "open font", "sil"),
    "Artistic": ("artistic", "perl artistic"),
    "CECILL": ("cecill",),
    "MulanPSL": ("mulanpsl", "mulan psl", "mulan permissive", "mulan", "木兰宽松", "木兰"),
    "LicenseRef-scancode-mulanpubl": ("mulanpubl", "mulan publ", "mulan public", "木兰公共"),
    "CC-BY": ("cc by", "creative commons attribution", "知识共享署名"),
    "CC-BY-SA": ("cc by sa", "creative commons attribution sharealike", "知识共享署名相同方式共享"),
    "CC-BY-NC": ("cc by nc", "creative commons attribution noncommercial", "知识共享署名非商业性使用"),
    "CC-BY-ND": ("cc by nd", "creative commons attribution noderivs", "知识共享署名禁止演绎"),
    "CC-BY-NC-SA": ("cc by nc sa", "creative commons attribution noncommercial sharealike"),
    "CC-BY-NC-ND": ("cc by nc nd", "creative commons attribution noncommercial noderivs"),
}  # fmt: skip

PROPRIETARY = "LicenseRef-scancode-proprietary-license"
PUBLIC_DOMAIN = "LicenseRef-scancode-public-domain"
# What it is -> how it is called. `UNLICENSED` is npm's word for no rights given at all (package.json, license).
_NAMES: Mapping[str, tuple[str, ...]] = {
    "MIT": ("mit", "expat", "mit expat", "expat mit"),
    "MIT-0": ("mit no attribution",),
    "ISC": ("isc", "iscl"),
    "BSD-2-Clause": ("bsd 2", "bsd 2 clause", "2 clause bsd", "simplified bsd", "bsd simplified", "bsd二条款"),
    "BSD-3-Clause": (
        "bsd 3", "bsd 3 clause", "3 clause bsd", "new bsd", "bsd new", "modified bsd", "revised bsd", "bsd三条款",
        "bsd new or revised", "eclipse distribution 1", "edl 1", "bsd 3 clause new or revised",
    ),
    "BSD-4-Clause": ("bsd 4 clause", "4 clause bsd", "original bsd", "bsd original"),
    "0BSD": ("zero clause bsd", "bsd zero clause"),
    "BSL-1.0": ("boost 1", "boost"),
    "BUSL-1.1": ("business source 1.1",),
    "CC0-1.0": (
        "cc 0", "cc 0 1 universal", "creative commons zero", "cc 0 1 universal cc 0 1 public domain dedication",
    ),
    "Elastic-2.0": ("elastic 2",),
    "OSL-3.0": ("open 3",),
    "PSF-2.0": ("psf", "psfl", "python foundation"),
    "SSPL-1.0": ("sspl", "server side public", "server side public 1"),
    "Unlicense": ("unlicense",),
    "UPL-1.0": ("upl", "universal permissive", "universal permissive 1"),
    "WTFPL": ("wtfpl", "do what fuck you want to public"),
    "Zlib": ("zlib", "zlib libpng"),
    "Artistic-1.0-Perl OR GPL-1.0-or-later": ("perl 5", "same as perl", "same terms as perl"),
    PUBLIC_DOMAIN: ("public domain", "公有领域", "公共领域"),
    PROPRIETARY: (
        "proprietary", "commercial", "unlicensed", "all rights reserved", "other proprietary", "closed source", "专有",
        "商业", "保留所有权利", "闭源",
    ),
}  # fmt: skip
NAMES: Mapping[str, str] = {name: text for text, names in _NAMES.items() for name in names}

_BSD = ("BSD-2-Clause", "BSD-3-Clause", "BSD-4-Clause")
# Names that mean several licences, with what they may mean as far as that is a short list.
SEVERAL: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("bsd", "bsd style", "bsd like", "berkeley", "bsd derived"), _BSD),
    "bsl": ("BSL-1.0", "BUSL-1.1"),
    **dict.fromkeys(("mit x 11", "x 11 mit"), ("MIT", "X11")),
    **dict.fromkeys(("asl", "asl 2"), ("AML", "Apache-2.0", "LicenseRef-scancode-amazon-sl")),
    **dict.fromkeys(("mit style", "mit like"), ("MIT", "MIT-0", "X11")),
    "gnu": ("AGPL-3.0-only", "GPL-2.0-only", "GPL-3.0-only", "LGPL-2.1-only", "LGPL-3.0-only"),
    "creative commons": ("CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-SA-4.0", "CC0-1.0"),
    "open": ("OSL-1.0", "OSL-2.0", "OSL-2.1", "OSL-3.0"),
    **dict.fromkeys(
        ("other", "open source", "osi approved", "dual", "free", "freeware", "custom", "various", "multiple",
         "copyleft", "free for non commercial use", "free to use but restricted", "other open source", "unknown",
         "permissive"),
        (),
    ),
}  # fmt: skip

_NOISE = frozenset(
    ("the", "license", "licence", "licenses", "licences", "licensed", "version", "ver", "v", "software", "unported",
     "international", "a")
)  # fmt: skip
_CHINESE_NOISE = re.compile("许可证书|许可证|许可协议|协议|许可|开源|软件|版本|第|版|国际")
_NUMERALS = {"第一版": " 1 ", "第二版": " 2 ", "第三版": " 3 ", "三条款": "三条款", "两条款": "二条款"}
_QUIET = " \t\r\n,.;:()-_'\"/®™©、。&“”‘’–—《》"
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)*|\+|[\u3400-\u9fff]+")
_LATER = re.compile(
    r"\bor (?:any )?(?:later|newer|greater|above|higher)\b|(?:及|或)其?(?:以上|以后|之后|更高|更新|任何后续|后续)的?"
)
# The v of gplv3, mulanpslv2.
_VERSION = re.compile(r"(?<=[a-z])v(?=\.?\s?\d)")
# CRAN's and Debian's way to say it: GPL (>= 2).
_AT_LEAST = re.compile(r"\(\s*(?:>=|≥)\s*(\d[\d.]*)\s*\)")


def words(name: str) -> str | None:
    """Return a name as the tables here spell it; None where it holds characters that no name of a licence has.

    `Apache License, Version 2.0` and `apache-2.0` both give `apache 2`; `or later` gives a `+`.
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    text = _VERSION.sub(" ", _AT_LEAST.sub(r" \1+ ", text))
    for numeral, plain in _NUMERALS.items():
        text = text.replace(numeral, plain)
    text = _LATER.sub(" + ", text)
    if _WORD.sub("", text).strip(_QUIET):
        return None
    found = []
    for word in _WORD.findall(text):
        plain = _CHINESE_NOISE.sub("", word) if word[0] >= "\u3400" else word
        if plain and plain not in _NOISE:
            found.append(re.sub(r"(?:\.0+)+\Z", "", plain))
    return _close(" ".join(found))


def _close(text: str) -> str:
    """Chinese is written without spaces, and so are its compounds with Latin words."""
    return re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])|(?<=[a-z]) (?=[\u3400-\u9fff])", "", text)
