"""Fixtures are written by hand after the NuGet V3 API: service index, package metadata, catalogue."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from osgate.model.fact import Unknown
from unit.facts.registries.served import OFFLINE, Served, Told, ask

COMPONENT = "pkg:nuget/String.Tools"
NOT_SERVED = Unknown("not-served")
HOST = "https://packages.example.com/v3"
INDEX = f"{HOST}/registration/string.tools/index.json"
SHA512 = "cd" * 64


def services(*more: str) -> dict[str, Any]:
    found = [("RegistrationsBaseUrl", "old"), ("RegistrationsBaseUrl/3.6.0", "registration")]
    resources = [{"@id": f"{HOST}/{path}/", "@type": kind} for kind, path in (*found, *((one, "more") for one in more))]
    return {"version": "3.0.0", "resources": resources}


def leaf(version: str, **more: Any) -> dict[str, Any]:
    body = {"@id": f"{HOST}/catalog/{version}.json", "id": "String.Tools", "version": version}
    return {"catalogEntry": body | more, "packageContent": "https://x"}


def index(*leaves: dict[str, Any]) -> dict[str, Any]:
    return {"count": 1, "items": [{"@id": f"{INDEX}#page", "count": len(leaves), "items": list(leaves)}]}


def told(*versions: str, found: Any, more: tuple[str, ...] = (), **files: Any) -> Told:
    return ask(COMPONENT, versions, {"": services(*more), INDEX: found} | files)


FULL = index(
    leaf(
        "1.0.0",
        listed=True,
        published="2019-05-01T10:00:00.1234567+00:00",
        licenseExpression="MIT",
        vulnerabilities=[],
        deprecation={"reasons": ["Legacy", "CriticalBugs"]},
    ),
    leaf("1.1.0", listed=False, published="1900-01-01T00:00:00+00:00", licenseUrl="https://licenses.example.com/MIT"),
    leaf("2.0.0", listed=True, published="2021-05-01T10:00:00Z", licenseExpression="MIT OR Apache-2.0"),
)
LEAF = {
    "version": "2.0.0",
    "packageHash": base64.b64encode(bytes.fromhex(SHA512)).decode(),
    "packageHashAlgorithm": "SHA512",
    "packageEntries": [{"fullName": "lib/net8.0/a.dll"}, {"fullName": "build/String.Tools.targets"}],
    "repository": {"type": "git", "url": "https://git.example.com/tools.git"},
}


def test_everything_that_a_full_registry_serves() -> None:
    signatures = {"RepositorySignatures/5.0.0": f"{HOST}/more/"}
    found = told(
        "1.0.0",
        "2.0.0",
        found=FULL,
        more=("Catalog/3.0.0", *signatures),
        **{f"{HOST}/catalog/2.0.0.json": LEAF, f"{HOST}/more/": {"allRepositorySigned": True}},
    )
    assert (found["present"], found["latest"], found["releases"], found["status"]) == ("yes", "2.0.0", "2", "active")
    assert (found["begun"], found["released"]) == ("2019-05-01T10:00:00Z", "2021-05-01T10:00:00Z")
    assert found["replaced-by"] == ""
    assert found["maintainer"] == NOT_SERVED
    assert found["1.0.0", "deprecated"] == "Legacy, CriticalBugs"
    assert (found["1.0.0", "licence"], found["1.0.0", "digest"]) == ("MIT", NOT_SERVED)
    assert found["2.0.0", "licence"] == "MIT OR Apache-2.0"
    assert (found["2.0.0", "deprecated"], found["2.0.0", "yanked"]) == ("", "")
    assert found["2.0.0", "digest"] == f"sha512:{SHA512}"
    assert found["2.0.0", "install-code"] == "yes"
    assert found["2.0.0", "repository"] == "https://git.example.com/tools"
    assert found["2.0.0", "trust"] == "signed"


def test_what_is_no_longer_listed_is_yanked_and_has_no_time() -> None:
    found = told("1.1.0", found=FULL)
    assert (found["1.1.0", "yanked"], found["1.1.0", "published"]) == ("yanked", NOT_SERVED)
    assert (found["1.1.0", "present"], found["1.1.0", "licence"]) == ("yes", "MIT")
    old = told("1.0.0", found=index(leaf("1.0.0", published="1900-01-01T00:00:00Z")))
    assert old["1.0.0", "yanked"] == "yanked"


def test_a_reduced_mirror_does_not_say_by_leaving_out() -> None:
    found = told("1.0.0", found=index(leaf("1.0.0")))
    for name in ("licence", "licence-declared", "published", "yanked", "deprecated", "trust", "install-code"):
        assert found["1.0.0", name] == NOT_SERVED
    assert (found["status"], found["replaced-by"]) == (NOT_SERVED, NOT_SERVED)


def test_pages_apart_from_the_index_are_fetched() -> None:
    apart = {"items": [{"@id": f"{HOST}/page/1", "lower": "1.0.0"}, {"@id": f"{HOST}/page/2"}]}
    files = {f"{HOST}/page/1": {"items": [leaf("1.0.0")]}, f"{HOST}/page/2": {"items": [leaf("2.0.0")]}}
    found = told("1.0.0", "3.0.0", found=apart, **files)
    assert (found["latest"], found["1.0.0", "present"], found["3.0.0", "present"]) == ("2.0.0", "yes", "no")


@pytest.mark.parametrize(
    ("page", "reason"),
    [(OFFLINE, OFFLINE), (404, Unknown("malformed", (("detail", "a page is missing"),))), ("<html>", Unknown("html"))],
)
def test_what_stands_on_a_page_that_is_lost_is_unknown(page: object, reason: Unknown) -> None:
    apart = {"items": [{"items": [leaf("1.0.0")]}, {"@id": f"{HOST}/page/2"}]}
    found = told("1.0.0", "2.0.0", found=apart, **{f"{HOST}/page/2": page})
    assert (found["present"], found["1.0.0", "present"]) == ("yes", "yes")
    assert found["2.0.0", "present"] == found["2.0.0", "licence"] == found["latest"] == found["status"] == reason
    alone = told("2.0.0", found={"items": [{"@id": f"{HOST}/page/2"}]}, **{f"{HOST}/page/2": page})
    assert alone["present"] == alone["2.0.0", "present"] == reason


def test_more_pages_than_are_read_are_said() -> None:
    served = Served({"": services(), INDEX: {"items": [{"@id": f"{HOST}/page/{n}"} for n in range(500)]}})
    found = ask(COMPONENT, ["1.0.0"], served)
    assert found["1.0.0", "present"] == Unknown("too-large")
    assert len(served.asked) < 110


@pytest.mark.parametrize("page", ["file:///etc/passwd", "../x", 5, None, "https://h/\u202ex"])
def test_a_page_at_a_strange_address_is_not_asked_for(page: object) -> None:
    served = Served({"": services(), INDEX: {"items": [{"@id": page}]}})
    assert isinstance(ask(COMPONENT, [], served)["present"], Unknown)
    assert served.asked == ["", INDEX]


def test_what_is_not_there_is_absent() -> None:
    found = told("1.0.0", found=404)
    assert (found["present"], found["1.0.0", "present"]) == ("no", "no")
    assert told(found={"items": []})["present"] == "no"
    assert told("9.0.0", found=FULL)["9.0.0", "present"] == "no"


def test_a_service_without_an_index_is_no_package_that_is_missing() -> None:
    for files in ({}, {"": {"resources": []}}, {"": [1]}):
        present = ask(COMPONENT, ["1.0.0"], files)["present"]
        assert isinstance(present, Unknown)
        assert present.reason == "malformed"
    assert {fact.value for fact in ask(COMPONENT, ["1.0.0"], Served({}, OFFLINE)).facts} == {OFFLINE}


def test_the_endpoint_may_be_the_folder_of_the_service_index() -> None:
    found = ask(COMPONENT, [], {"": "<html>", "index.json": services(), INDEX: FULL})
    assert found["present"] == "yes"


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"licenseUrl": "https://licenses.example.com/MIT%20OR%20Apache-2.0"}, "MIT OR Apache-2.0"),
        ({"licenseUrl": "https://www.apache.org/licenses/LICENSE-2.0"}, "Apache-2.0"),
        ({"licenseUrl": "https://example.com/deprecateLicenseUrl"}, "licence.in-file"),
        ({"licenseUrl": "https://example.com/own.html"}, "licence.address"),
        ({"licenseExpression": "MIT AND"}, "licence.name"),
        ({"licenseUrl": "", "licenseExpression": ""}, ""),
    ],
)
def test_all_forms_of_a_licence(fields: dict[str, str], licence: str) -> None:
    found = told("1.0.0", found=index(leaf("1.0.0", **fields)))["1.0.0", "licence"]
    assert (found.reason if isinstance(found, Unknown) else found) == licence


def test_a_deprecated_package_names_what_replaces_it() -> None:
    warning = {"message": "moved", "reasons": ["Legacy"], "alternatePackage": {"id": "Other.Tools", "range": "*"}}
    found = told("1.0.0", found=index(leaf("1.0.0", deprecation=warning)))
    assert (found["1.0.0", "deprecated"], found["status"]) == ("moved", "deprecated")
    assert found["replaced-by"] == "pkg:nuget/Other.Tools"


@pytest.mark.parametrize(
    ("files", "value"),
    [
        (["lib/a.dll", "tools/readme.txt"], "no"),
        (["tools/install.ps1"], "yes"),
        (["tools/net45/Init.ps1"], "yes"),
        (["buildTransitive/net8.0/x.props"], "yes"),
        (["content/build.targets"], "no"),
        (["x"] * 20_001, "yes"),
    ],
)
def test_scripts_and_what_enters_every_build_is_install_code(files: list[str], value: str) -> None:
    body = LEAF | {"version": "1.0.0", "packageEntries": [{"fullName": name} for name in files]}
    found = told("1.0.0", found=index(leaf("1.0.0")), **{f"{HOST}/catalog/1.0.0.json": body})
    assert found["1.0.0", "install-code"] == value


def test_a_leaf_of_another_version_is_not_believed() -> None:
    found = told("1.0.0", found=index(leaf("1.0.0")), **{f"{HOST}/catalog/1.0.0.json": LEAF})
    assert found["1.0.0", "digest"] == Unknown("malformed", (("detail", "a leaf of another version"),))
    lost = told("1.0.0", found=index(leaf("1.0.0")), **{f"{HOST}/catalog/1.0.0.json": OFFLINE})
    assert lost["1.0.0", "digest"] == lost["1.0.0", "install-code"] == OFFLINE


def test_a_leaf_may_say_less_and_broken_digests_are_none() -> None:
    page = index(leaf("1.0.0"), leaf("1.1.0", **{"@id": None}))
    bare = {"version": "1.0.0", "packageHash": "!", "packageHashAlgorithm": "SHA512"}
    found = told("1.0.0", "1.1.0", found=page, **{f"{HOST}/catalog/1.0.0.json": bare})
    for version in ("1.0.0", "1.1.0"):
        assert [found[version, name] for name in ("digest", "install-code", "repository")] == [NOT_SERVED] * 3


@pytest.mark.parametrize(
    ("answer", "trust"),
    [({"allRepositorySigned": False}, "none"), (404, NOT_SERVED), (OFFLINE, OFFLINE), ([], "none")],
)
def test_a_registry_that_does_not_sign_everything_signs_nothing_for_sure(answer: object, trust: object) -> None:
    more = ("RepositorySignatures/4.7.0", "RepositorySignatures/5.0.0")
    found = told("1.0.0", found=index(leaf("1.0.0")), more=more, **{f"{HOST}/more/": answer})
    assert found["1.0.0", "trust"] == trust


def test_an_index_that_is_none_is_malformed() -> None:
    for body in ({"items": 5}, {}, []):
        assert told(found=body)["present"] == Unknown("malformed", (("detail", "no registration index"),))


def test_versions_are_found_however_they_are_written() -> None:
    found = told("1.0", "1.0.0.0", "2.0.0-BETA", found=index(leaf("1.0.0"), leaf("2.0.0-beta+build")))
    assert [found[version, "present"] for version in ("1.0", "1.0.0.0", "2.0.0-BETA")] == ["yes"] * 3
