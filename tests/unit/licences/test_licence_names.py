"""Names of licences: what is read, what is not guessed, what is bounded."""

from __future__ import annotations

import pytest

from osgate.licences import index
from osgate.licences.addresses import at_address
from osgate.licences.declared import python
from osgate.licences.expression import MAX_DEPTH, MAX_LENGTH, MAX_TERMS
from osgate.licences.names import LONGEST_NAME, read
from osgate.model.fact import Unknown

KNOWN = {
    "MIT": "MIT",
    "mit or apache-2.0 and isc": "MIT OR Apache-2.0 AND ISC",
    "MIT/Apache-2.0": "MIT OR Apache-2.0",
    "MIT or Apache 2.0": "MIT OR Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "The MIT License (MIT)": "MIT",
    "Licensed under the MIT license": "MIT",
    "GPL-2.0+": "GPL-2.0-or-later",
    "GPL-2.0-with-classpath-exception": "GPL-2.0-only WITH Classpath-exception-2.0",
    "Apache-2.0+": "Apache-2.0+",
    "GPLv3": "GPL-3.0-only",
    "GPLv2+": "GPL-2.0-or-later",
    "GPL (>= 2)": "GPL-2.0-or-later",
    "GNU GENERAL PUBLIC LICENSE Version 2, June 1991": "GPL-2.0-only",
    "AGPLv3": "AGPL-3.0-only",
    "LicenseRef-bank-internal": "LicenseRef-bank-internal",
    "Apache-2.0 WITH LLVM-exception": "Apache-2.0 WITH LLVM-exception",
    "UNLICENSED": "LicenseRef-scancode-proprietary-license",
    "Unlicense": "Unlicense",
    "License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: Other/Proprietary License": "LicenseRef-scancode-proprietary-license",
    "木兰宽松许可证, 第2版": "MulanPSL-2.0",
    "木兰宽松许可证，第1版": "MulanPSL-1.0",
    "木兰公共许可证, 第二版": "LicenseRef-scancode-mulanpubl-2.0",
    "MIT 许可证": "MIT",
    "GNU 通用公共许可证 第3版": "GPL-3.0-only",
    "GNU 通用公共许可证 2.0 及以上版本": "GPL-2.0-or-later",
    "BSD 三条款许可证": "BSD-3-Clause",
    "http://www.apache.org/licenses/LICENSE-2.0.txt": "Apache-2.0",
    "https://opensource.org/licenses/MIT": "MIT",
    "https://www.gnu.org/licenses/old-licenses/lgpl-2.1.html": "LGPL-2.1-only",
    "https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode": "CC-BY-NC-SA-4.0",
    "http://license.coscl.org.cn/MulanPSL2": "MulanPSL-2.0",
}


@pytest.mark.parametrize("text", KNOWN)
def test_R10_1_a_name_in_either_language_is_read(text: str) -> None:
    assert str(read(text)) == KNOWN[text]


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("BSD", {"BSD-2-Clause", "BSD-3-Clause"}),
        ("License :: OSI Approved :: BSD License", {"BSD-2-Clause", "BSD-3-Clause"}),
        ("GPL", {"GPL-2.0-only", "GPL-3.0-or-later"}),
        ("GNU Library or Lesser General Public License (LGPL)", {"LGPL-2.1-only", "LGPL-3.0-only"}),
        ("Apache Software License", {"Apache-1.1", "Apache-2.0"}),
        ("木兰宽松许可证", {"MulanPSL-1.0", "MulanPSL-2.0"}),
        ("MIT/X11", {"MIT", "X11"}),
        ("BSD-3-Clause OR Apache", {"Apache-1.1", "Apache-2.0"}),
    ],
)
def test_a_name_of_several_licences_is_unknown_with_what_it_may_mean(text: str, candidates: set[str]) -> None:
    found = read(text)
    assert isinstance(found, Unknown)
    assert found.reason == "licence.ambiguous"
    assert candidates <= set(dict(found.params)["candidates"].split(", "))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "licence.empty"),
        ("NOASSERTION", "licence.not-told"),
        ("NONE", "licence.none"),
        ("SEE LICENSE IN ./LICENSE", "licence.in-file"),
        ("Dual License", "licence.vague"),
        ("MIT, Apache-2.0", "licence.several"),
        ("MIT (non-commercial)", "licence.name"),
        ("not MIT", "licence.name"),
        ("GPL (< 3)", "licence.name"),
        ("MIT\0", "licence.name"),
        ("MIT OR (Apache-2.0 AND Foo-9)", "licence.name"),
        ("http://www.gnu.org/licenses/gpl.html", "licence.address"),
        ("https://registry.example.test/licence", "licence.address"),
        ("License ::", "licence.empty"),
        ("Permission is hereby granted. " * 20, "licence.text"),
        ("MIT AND " * 50 + "AND", "licence.malformed"),
        ("MIT OR " * 10_000 + "MIT", "licence.too-large"),
        (" OR ".join(["MIT"] * (MAX_TERMS + 1)), "licence.too-large"),
        ("(" * (MAX_DEPTH + 1) + "MIT" + ")" * (MAX_DEPTH + 1), "licence.too-large"),
        ("A" * 1_000_000, "licence.too-large"),
        ("MIT/" * 60 + "MIT", "licence.name"),
    ],
)
def test_what_nobody_can_tell_is_unknown_with_its_reason(text: str, reason: str) -> None:
    found = read(text)
    assert isinstance(found, Unknown)
    assert found.reason == reason
    assert all(len(value) <= LONGEST_NAME for _, value in found.params)


def test_what_is_just_inside_the_bounds_is_read() -> None:
    assert str(read("(" * MAX_DEPTH + "MIT" + ")" * MAX_DEPTH)) == "MIT"
    assert str(read(" OR ".join(["MIT"] * MAX_TERMS))) == "MIT"
    assert read("A" * MAX_LENGTH) != read("A" * (MAX_LENGTH + 1))


def test_the_institutions_names_come_first() -> None:
    own = {"BSD": "BSD-3-Clause", "House-1.0": "House-1.0"}
    assert str(read("BSD", own)) == "BSD-3-Clause"
    assert str(read("House-1.0 OR MIT", own)) == "House-1.0 OR MIT"
    assert str(read("BSD or Apache 2", own)) == "BSD-3-Clause OR Apache-2.0"


def test_an_id_that_spdx_listed_after_the_index_was_made_is_kept() -> None:
    assert str(read("OpenMDW-1.0")) == "OpenMDW-1.0"
    assert index.licence("Openmdw-9.9") is None


def test_an_address_that_only_looks_like_one_is_no_licence() -> None:
    assert at_address("https://opensource.org/licenses/Nonsense") is None
    assert at_address("https://evil.example.com/?https://opensource.org/licenses/MIT") is None


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        (("MIT", "BSD", ["License :: OSI Approved :: BSD License"]), "MIT"),
        (("", "MIT", []), "MIT"),
        (("", "", ["License :: OSI Approved", "License :: OSI Approved :: MIT License"]), "MIT"),
        (("", "Apache 2.0", ["License :: OSI Approved :: Apache Software License"]), "Apache-2.0"),
        (
            ("", "GPL", ["License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)"]),
            "GPL-3.0-or-later",
        ),
        (
            ("", "LGPL-3.0-or-later", ["License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)"]),
            "LGPL-3.0-only",
        ),
        # sentry-sdk 1.30.0 contradicts itself this way.
        (("", "MIT", ["License :: OSI Approved :: BSD License"]), "licence.contradiction"),
        (("", "MIT", ["License :: OSI Approved :: ISC License (ISCL)"]), "licence.contradiction"),
        (("", "SEE LICENSE IN x", ["License :: OSI Approved :: MIT License"]), "licence.in-file"),
        (("", "", ["License :: OSI Approved :: MIT License", "License :: Public Domain"]), "licence.several"),
        (
            (
                "",
                "MIT OR Apache-2.0",
                ["License :: OSI Approved :: MIT License", "License :: OSI Approved :: Apache Software License 2.0"],
            ),
            "MIT OR Apache-2.0",
        ),
        (("", "", []), "licence.empty"),
    ],
)
def test_the_fields_of_a_python_distribution_are_read_together(fields: tuple[str, str, list[str]], answer: str) -> None:
    found = python(*fields)
    assert (found.reason if isinstance(found, Unknown) else str(found)) == answer
