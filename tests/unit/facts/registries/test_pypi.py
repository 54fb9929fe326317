"""Fixtures are written by hand after the PyPA specifications: simple repository API, core metadata, JSON API."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from osgate.facts.registries import pypi_index
from osgate.model.fact import Unknown
from unit.facts.registries.served import OFFLINE, SOURCE, Served, Told, ask

COMPONENT = "pkg:pypi/string-tools"
NOT_SERVED = Unknown("not-served")
SHA = "ab" * 32
PROVENANCE = "https://packages.example.com/integrity/string-tools/1.1/provenance"


def file(version: str, *, wheel: bool = True, **more: Any) -> dict[str, Any]:
    name = f"string_tools-{version}-py3-none-any.whl" if wheel else f"string-tools-{version}.tar.gz"
    return {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": SHA}} | more


def page(*files: dict[str, Any], api: str = "1.4", **more: Any) -> dict[str, Any]:
    return {"meta": {"api-version": api}, "name": "string-tools", "files": list(files)} | more


def described(version: str, **info: Any) -> dict[str, Any]:
    return {"info": {"name": "string-tools", "version": version} | info}


def told(*versions: str, **files: Any) -> Told:
    """What is told with the project's page, and other files by their path."""
    index = files.pop("index")
    return ask(COMPONENT, versions, {"string-tools/": index} | files)


FULL = {
    "string-tools/": page(
        file("1.0", **{"upload-time": "2020-01-05T10:00:00.5Z", "yanked": "breaks on 3.8", "provenance": None}),
        file("1.0", wheel=False, **{"upload-time": "2020-01-05T10:00:03Z", "yanked": "breaks on 3.8"}),
        file("1.1", **{"upload-time": "2021-06-01T00:00:00Z", "yanked": False, "provenance": PROVENANCE}),
        file("2.0rc1", **{"upload-time": "2022-06-01T00:00:00Z", "yanked": False}),
        versions=["1.0", "1.1", "2.0rc1"],
        **{"project-status": {"status": "archived", "reason": "nobody is left"}},
    ),
    "../pypi/string-tools/json": described(
        "1.1",
        license_expression="MIT OR Apache-2.0",
        project_urls={"Source Code": "https://u:p@git.example.com/string-tools.git"},
    )
    | {"ownership": {"roles": [{"role": "Owner", "user": "zhang.san"}, {"role": "Maintainer", "user": "li.si"}]}},
    "../pypi/string-tools/1.0/json": described("1.0", license="MIT", classifiers=["Topic :: Utilities"]),
    PROVENANCE: {
        "version": 1,
        "attestation_bundles": [
            {"publisher": {"kind": "GitHub", "repository": "bank/string-tools"}, "attestations": [{"version": 1}]}
        ],
    },
}


def test_everything_that_a_full_registry_serves() -> None:
    found = ask(COMPONENT, ["1.0", "1.1"], FULL)
    assert found["present"] == "yes"
    assert found["status"] == "archived"
    assert found["latest"] == "1.1"
    assert (found["begun"], found["released"]) == ("2020-01-05T10:00:00Z", "2021-06-01T00:00:00Z")
    assert found["releases"] == "2"
    assert found.all("maintainer") == ("zhang.san", "li.si")
    assert found["1.1", "licence"] == "MIT OR Apache-2.0"
    assert found["1.1", "licence-declared"] == "MIT OR Apache-2.0"
    assert found["1.1", "repository"] == "https://git.example.com/string-tools"
    assert found["1.1", "published"] == "2021-06-01T00:00:00Z"
    assert found["1.1", "yanked"] == ""
    assert found["1.1", "trust"] == "attested"
    assert found["1.1", "publisher"] == "GitHub:bank/string-tools"
    assert found["1.1", "install-code"] == "no"
    assert found["1.1", "digest"] == f"sha256:{SHA}"
    assert found["1.0", "yanked"] == "breaks on 3.8"
    assert found["1.0", "trust"] == "none"
    assert found["1.0", "licence"] == "MIT"
    assert found["1.0", "published"] == "2020-01-05T10:00:00Z"


def test_each_fact_names_its_source_and_the_digest_of_its_answer() -> None:
    served = Served(FULL)
    found = ask(COMPONENT, ["1.1"], served)
    digests = {
        fact.name: fact.digest for fact in found.facts if fact.purl.endswith("@1.1") and isinstance(fact.value, str)
    }
    page_, json_, proof = (
        f"sha256:{hashlib.sha256(answer.data).hexdigest()}"
        for path in ("string-tools/", "../pypi/string-tools/json", PROVENANCE)
        if not isinstance(answer := served(path, ""), Unknown)
    )
    assert (digests["yanked"], digests["licence"], digests["trust"]) == (page_, json_, proof)
    assert {fact.source for fact in found.facts} == {SOURCE}


REDUCED = {
    "string-tools/": page(
        file("1.0", **{"upload-time": "2016-01-05T10:00:00Z", "yanked": False}),
        file("1.1", **{"upload-time": "2017-01-05T10:00:00Z", "yanked": "broken"}),
        api="1.1",
    ),
    "../pypi/string-tools/json": described(
        "1.1", license="UNKNOWN", classifiers=["License :: OSI Approved :: MIT License"]
    ),
}


def test_a_reduced_mirror_keeps_times_and_yanks_and_drops_the_rest() -> None:
    """The shape of data.md 1.1: API 1.1 without provenance, metadata and status; no JSON of versions."""
    found = ask(COMPONENT, ["1.0", "1.1"], REDUCED)
    assert found["status"] == NOT_SERVED
    assert found["maintainer"] == NOT_SERVED
    assert (found["1.0", "yanked"], found["1.1", "yanked"]) == ("", "broken")
    assert found["1.0", "published"] == "2016-01-05T10:00:00Z"
    for name in ("trust", "publisher", "licence", "licence-declared", "repository"):
        assert found["1.0", name] == NOT_SERVED
    assert found["1.1", "licence"] == "MIT"
    assert found["1.1", "licence-declared"] == "License :: OSI Approved :: MIT License"
    assert found["1.1", "repository"] == ""


def test_a_mirror_that_drops_yanks_and_times_too() -> None:
    found = told("1.0", index=page(file("1.0"), api="1.0"))
    for name in ("yanked", "published", "trust"):
        assert found["1.0", name] == NOT_SERVED
    assert found["begun"] == NOT_SERVED
    assert found["latest"] == "1.0"


def test_times_of_the_project_stand_in_where_the_index_has_none() -> None:
    releases = {
        "1.0": [{"upload_time_iso_8601": "2020-02-02T00:00:00Z"}, {"upload_time_iso_8601": "2020-02-01T00:00:00Z"}],
        "1.1": [],
    }
    found = told(
        "1.0",
        index=page(file("1.0"), api="1.0"),
        **{"../pypi/string-tools/json": described("9") | {"releases": releases}},
    )
    assert found["1.0", "published"] == "2020-02-01T00:00:00Z"


PAGE = f"""<!DOCTYPE html><html><head>
<meta name="pypi:repository-version" content="1.4"><meta name="pypi:project-status" content="deprecated"></head><body>
<a href="../../files/string_tools-1.0-py3-none-any.whl#sha256={SHA}" data-requires-python="&gt;=3.8"
   data-yanked="loses data &amp; more">string_tools-1.0-py3-none-any.whl</a><br>
<A HREF='../../files/string-tools-1.1.tar.gz' data-gpg-sig="true">string-tools-1.1.tar.gz</A>
<a href="../../files/other-1.2.tar.gz">other-1.2.tar.gz</a></body></html>"""


def test_a_page_of_html_tells_what_json_does() -> None:
    found = told("1.0", "1.1", "1.2", index=PAGE)
    assert found["status"] == "deprecated"
    assert found["1.0", "yanked"] == "loses data & more"
    assert found["1.0", "digest"] == f"sha256:{SHA}"
    assert found["1.1", "yanked"] == ""
    assert found["1.1", "digest"] == NOT_SERVED
    assert found["1.1", "trust"] == "signed"
    assert found["1.1", "install-code"] == "yes"
    assert found["1.2", "present"] == "no"


def test_a_page_without_a_version_of_the_api_says_nothing_by_leaving_out() -> None:
    bare = (
        '<html><body><a href="string-tools-1.0.tar.gz#md5=' + "a" * 32 + '">string-tools-1.0.tar.gz</a></body></html>'
    )
    found = told("1.0", index=bare)
    assert found["1.0", "present"] == "yes"
    assert found["1.0", "digest"] == f"md5:{'a' * 32}"
    for name in ("yanked", "trust", "published"):
        assert found["1.0", name] == NOT_SERVED


@pytest.mark.parametrize(
    "page_",
    [
        "<html><body><h1>Sign in</h1><a href='/login'>Login</a></body></html>",
        '<html><a href="other-1.0.tar.gz">other-1.0.tar.gz</a>',
        "<?xml version='1.0'?><Error/>",
    ],
)
def test_a_page_that_is_no_index_is_no_empty_project(page_: str) -> None:
    found = told("1.0", index=page_)
    assert {fact.value for fact in found.facts} == {Unknown("html")}


def test_a_name_that_nobody_has_is_not_present() -> None:
    found = ask(COMPONENT, ["1.0"], {})
    assert (found["present"], found["1.0", "present"]) == ("no", "no")
    assert found["1.0", "licence"] == found["latest"] == Unknown("absent")


def test_no_files_is_not_present_and_a_quarantine_is_told() -> None:
    found = told("1.0", index=page(**{"project-status": {"status": "quarantined"}}))
    assert (found["present"], found["1.0", "present"], found["status"]) == ("no", "no", "quarantined")


def test_a_registry_that_does_not_answer_leaves_everything_unknown() -> None:
    served = Served({}, OFFLINE)
    found = ask(COMPONENT, ["1.0"], served)
    assert {fact.value for fact in found.facts} == {OFFLINE}
    assert served.asked == ["string-tools/"]


def test_an_inactive_project_is_archived_by_its_classifier() -> None:
    inactive = described("1.0", classifiers=["Development Status :: 7 - Inactive"])
    for api in ("1.1", "1.4"):
        found = told(index=page(file("1.0"), api=api), **{"../pypi/string-tools/json": inactive})
        assert found["status"] == "archived"
    assert told(index=page(file("1.0"), api="1.4"))["status"] == "active"


METADATA = """Metadata-Version: 2.4
Name: string-tools
Version: 1.0
License-Expression: BSD-3-Clause
Classifier: Topic :: Utilities
Project-URL: Source, https://git.example.com/string-tools
Description: first
  License: nothing of this

License: GPL-3.0-only
"""
METADATA_SHA = hashlib.sha256(METADATA.encode()).hexdigest()


@pytest.mark.parametrize("advertised", [{"sha256": METADATA_SHA}, True])
def test_core_metadata_is_read_where_it_is_advertised(advertised: object) -> None:
    index = page(file("1.0", **{"core-metadata": advertised}))
    found = told(
        "1.0", index=index, **{"string-tools/../../files/string_tools-1.0-py3-none-any.whl.metadata": METADATA}
    )
    assert found["1.0", "licence"] == "BSD-3-Clause"
    assert found["1.0", "repository"] == "https://git.example.com/string-tools"


def test_core_metadata_that_differs_from_its_digest_is_not_believed() -> None:
    index = page(file("1.0", **{"dist-info-metadata": {"sha256": "00" * 32}}))
    found = told(
        "1.0", index=index, **{"string-tools/../../files/string_tools-1.0-py3-none-any.whl.metadata": METADATA}
    )
    assert found["1.0", "licence"] == Unknown("malformed", (("detail", "core metadata differs from its digest"),))


def test_metadata_of_another_version_says_nothing_of_this_one() -> None:
    found = told("1.0", index=page(file("1.0")), **{"../pypi/string-tools/1.0/json": described("1.1", license="MIT")})
    assert found["1.0", "licence"] == NOT_SERVED


def test_a_self_contradiction_is_told_as_one() -> None:
    info = described("1.0", license="MIT", classifiers=["License :: OSI Approved :: BSD License"])
    found = told("1.0", index=page(file("1.0")), **{"../pypi/string-tools/json": info})
    licence = found["1.0", "licence"]
    assert isinstance(licence, Unknown)
    assert licence.reason == "licence.contradiction"
    assert found["1.0", "licence-declared"] == "MIT"


def test_no_licence_at_all_is_known_to_be_none() -> None:
    found = told("1.0", index=page(file("1.0")), **{"../pypi/string-tools/json": described("1.0")})
    assert (found["1.0", "licence"], found["1.0", "licence-declared"]) == ("", "")


def test_a_whole_text_is_not_kept() -> None:
    info = described("1.0", license="Permission is hereby granted, " * 40)
    found = told("1.0", index=page(file("1.0")), **{"../pypi/string-tools/json": info})
    written = found["1.0", "licence-declared"]
    assert isinstance(written, Unknown)
    assert written.reason == "licence.text"


def test_one_file_without_provenance_leaves_a_version_unattested() -> None:
    index = page(file("1.1", provenance=PROVENANCE), file("1.1", wheel=False, provenance=None))
    assert told("1.1", index=index, **{PROVENANCE: FULL[PROVENANCE]})["1.1", "trust"] == "none"


@pytest.mark.parametrize(
    ("proof", "trust"),
    [
        ({"version": 1, "attestation_bundles": []}, "none"),
        ([1], "none"),
        ("<html>", Unknown("html")),
        (404, NOT_SERVED),
        (OFFLINE, OFFLINE),
    ],
)
def test_an_advertised_provenance_counts_only_where_it_is_served(proof: object, trust: object) -> None:
    index = page(file("1.1", provenance=PROVENANCE))
    assert told("1.1", index=index, **{PROVENANCE: proof})["1.1", "trust"] == trust


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [("<html>", "html"), ("Name: x\n", "malformed"), ("x" * (9 << 20), "too-large"), (OFFLINE, "offline")],
)
def test_core_metadata_that_is_none_is_unknown(metadata: object, reason: str) -> None:
    index = page(file("1.0", **{"core-metadata": True}))
    path = "string-tools/../../files/string_tools-1.0-py3-none-any.whl.metadata"
    licence = told("1.0", index=index, **{path: metadata})["1.0", "licence"]
    assert isinstance(licence, Unknown)
    assert licence.reason == reason


def test_core_metadata_is_read_as_far_as_any_needs_to_be() -> None:
    head = "Version: 1.0\nno field\n more\n" + "Classifier: License :: OSI Approved :: MIT License\n" * 300
    index = page(file("1.0", **{"core-metadata": True}))
    path = "string-tools/../../files/string_tools-1.0-py3-none-any.whl.metadata"
    endless = head + "X: y\n" * 30_000 + "License: GPL-3.0-only\n"
    assert told("1.0", index=index, **{path: endless})["1.0", "licence"] == "MIT"


def test_a_version_that_is_listed_without_files_is_there_and_nothing_is_known_of_its_files() -> None:
    found = told("1.0", index=page(versions=["1.0"]))
    assert (found["present"], found["1.0", "present"], found["latest"]) == ("yes", "yes", "")
    for name in ("yanked", "digest", "trust", "install-code", "published"):
        assert found["1.0", name] == NOT_SERVED


def test_versions_are_found_however_they_are_written() -> None:
    index = page(file("1.0.0"), file("2.0", wheel=False))
    found = told("1.0", "v2", index=index)
    assert (found["1.0", "present"], found["v2", "present"]) == ("yes", "yes")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("String.Tools-1.0.tar.gz", ("1.0", "sdist")),
        ("string-tools-1.0.post1.zip", ("1.0.post1", "sdist")),
        ("string_tools-1.0-2-py2.py3-none-any.whl", ("1.0", "wheel")),
        ("string_tools-1.0-py2.7.egg", ("1.0", "")),
        ("string-tools-extra-1.0.tar.gz", ("extra-1.0", "sdist")),
        ("string-1.0.tar.gz", ("", "")),
        ("string-tools-1.0.exe", ("", "")),
        ("-" * 5000 + ".zip", ("", "")),
    ],
)
def test_the_version_in_a_file_name(name: str, expected: tuple[str, str]) -> None:
    assert pypi_index.version_in(name, "string-tools") == expected
