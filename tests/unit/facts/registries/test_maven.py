"""Fixtures are written by hand after Maven's repository layout, repository metadata and POM reference."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.facts.registries import markup
from osgate.facts.registries.answers import Answer
from osgate.model.fact import Unknown
from unit.facts.registries.served import OFFLINE, Served, Told, ask

COMPONENT = "pkg:maven/com.example.tools/string-tools"
BASE = "com/example/tools/string-tools"
NOT_SERVED = Unknown("not-served")
PARENT = "com/example/parent/2/parent-2.pom"


def metadata(*versions: str) -> str:
    listed = "".join(f"<version>{version}</version>" for version in versions)
    return (
        "<?xml version='1.0' encoding='UTF-8'?><metadata><groupId>com.example.tools</groupId><versioning>"
        f"<versions>{listed}</versions><lastUpdated>20260929110211</lastUpdated></versioning></metadata>"
    )


def pom(inner: str = "") -> str:
    return f'<project xmlns="urn:example:pom"><modelVersion>4.0.0</modelVersion>{inner}</project>'


def licences(*pairs: tuple[str, str]) -> str:
    each = "".join(f"<license><name>{name}</name><url>{url}</url></license>" for name, url in pairs)
    return f"<licenses>{each}</licenses>"


def parent(version: str = "2", name: str = "parent") -> str:
    return f"<parent><groupId>com.example</groupId><artifactId>{name}</artifactId><version>{version}</version></parent>"


def at(version: str, ending: str = ".pom") -> str:
    return f"{BASE}/{version}/string-tools-{version}{ending}"


def told(*versions: str, listed: str | None = None, **files: Any) -> Told:
    return ask(COMPONENT, versions, {f"{BASE}/maven-metadata.xml": listed or metadata("1.0", "1.1")} | files)


APACHE = ("Apache License, Version 2.0", "https://www.apache.org/licenses/LICENSE-2.0.txt")
OWN = licences(APACHE) + "<scm><connection>scm:git:https://u:p@git.example.com/tools.git</connection></scm>"


def test_everything_that_a_repository_serves() -> None:
    files = {
        at("1.0"): pom(OWN),
        at("1.0", ".jar.sha1"): "AB" * 20 + "  string-tools-1.0.jar\n",
        at("1.0", ".pom.asc"): "-----BEGIN PGP SIGNATURE-----\n",
        at("1.1"): pom(),
    }
    found = told("1.0", **files)
    assert (found["present"], found["latest"], found["releases"], found["status"]) == ("yes", "1.1", "2", "active")
    assert found["replaced-by"] == ""
    assert found["released"] == found["begun"] == NOT_SERVED
    assert found["1.0", "present"] == "yes"
    assert found["1.0", "licence"] == "Apache-2.0"
    assert found["1.0", "licence-declared"] == "Apache License, Version 2.0"
    assert found["1.0", "repository"] == "https://git.example.com/tools"
    assert found["1.0", "digest"] == f"sha1:{'ab' * 20}"
    assert found["1.0", "trust"] == "signed"
    assert found["1.0", "published"] == NOT_SERVED
    assert (found["1.0", "install-code"], found["1.0", "deprecated"]) == ("no", "")


def test_the_strongest_checksum_is_taken_of_the_artefact_that_the_packaging_makes() -> None:
    files = {
        at("1.0"): pom("<packaging>war</packaging>"),
        at("1.0", ".war.sha1"): "ab" * 20,
        at("1.0", ".war.sha256"): f"SHA256(string-tools-1.0.war)= {'cd' * 32}",
        at("1.0", ".jar.sha512"): "ef" * 64,
    }
    assert told("1.0", **files)["1.0", "digest"] == f"sha256:{'cd' * 32}"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (404, NOT_SERVED),
        ("<html>Sign in</html>", Unknown("html")),
        ("nothing here", Unknown("malformed", (("detail", "no checksum in sha1"),))),
        (OFFLINE, OFFLINE),
        ("a" * 100_000, Unknown("too-large")),
    ],
)
def test_a_checksum_that_cannot_be_had_is_unknown(answer: object, value: Unknown) -> None:
    assert told("1.0", **{at("1.0"): pom(), at("1.0", ".jar.sha1"): answer})["1.0", "digest"] == value


def test_licence_and_repository_are_inherited() -> None:
    found = told("1.0", **{at("1.0"): pom(parent()), PARENT: pom(OWN)})
    assert found["1.0", "licence"] == "Apache-2.0"
    assert found["1.0", "repository"] == "https://git.example.com/tools"


def test_a_project_without_any_parent_and_licence_has_none() -> None:
    found = told("1.0", **{at("1.0"): pom(parent()), PARENT: pom()})
    assert (found["1.0", "licence"], found["1.0", "licence-declared"], found["1.0", "repository"]) == ("", "", "")


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (404, "a parent is missing"),
        (pom(parent()), "more than 5 parents"),
        ("<pom/>", "XML: pom where project was asked for"),
    ],
)
def test_what_a_missing_or_endless_parent_would_tell_is_unknown(answer: object, detail: str) -> None:
    served = Served({f"{BASE}/maven-metadata.xml": metadata("1.0"), at("1.0"): pom(parent()), PARENT: answer})
    found = ask(COMPONENT, ["1.0"], served)
    assert found["1.0", "licence"] == Unknown("malformed", (("detail", detail),))
    assert found["1.0", "present"] == "yes"
    assert len(served.asked) < 20


def test_an_own_licence_needs_no_parent() -> None:
    assert told("1.0", **{at("1.0"): pom(parent() + licences(APACHE))})["1.0", "licence"] == "Apache-2.0"


@pytest.mark.parametrize("version", ["${revision}", "..", ""])
def test_a_parent_that_is_no_place_is_never_asked_for(version: str) -> None:
    served = Served({f"{BASE}/maven-metadata.xml": metadata("1.0"), at("1.0"): pom(parent(version))})
    found = ask(COMPONENT, ["1.0"], served)
    assert isinstance(found["1.0", "licence"], Unknown)
    assert not any("/../" in path or "$" in path for path in served.asked)


@pytest.mark.parametrize(
    ("pairs", "licence"),
    [
        ([APACHE, ("MIT", "")], "Apache-2.0 OR MIT"),
        ([("", "https://www.apache.org/licenses/LICENSE-2.0.txt")], "Apache-2.0"),
        ([("MIT", "https://example.com/our-licence")], "MIT"),
        ([("BSD", "https://opensource.org/licenses/BSD-3-Clause")], "BSD-3-Clause"),
        ([("MIT", "https://www.apache.org/licenses/LICENSE-2.0")], "licence.contradiction"),
        ([("Acme Licence", "https://www.apache.org/licenses/LICENSE-2.0")], "licence.name"),
        ([APACHE, ("Acme Licence", "")], "licence.name"),
        ([("MIT", "")] * 21, "licence.too-large"),
        ([("${licence}", "")], "licence.name"),
    ],
)
def test_name_and_address_of_licences_together(pairs: list[tuple[str, str]], licence: str) -> None:
    found = told("1.0", **{at("1.0"): pom(licences(*pairs))})["1.0", "licence"]
    assert (found.reason if isinstance(found, Unknown) else found) == licence


def test_a_relocation_says_where_the_artefact_went() -> None:
    moved = "<distributionManagement><relocation><groupId>org.example</groupId>{}</relocation></distributionManagement>"
    files = {at("1.0"): pom(), at("1.1"): pom(moved.format("<message>moved on</message>"))}
    found = told("1.0", "1.1", **files)
    assert (found["replaced-by"], found["status"]) == ("pkg:maven/org.example/string-tools", "deprecated")
    assert (found["1.0", "deprecated"], found["1.1", "deprecated"]) == ("", "moved on")
    bare = told("1.1", **{at("1.1"): pom(moved.format(""))})
    assert bare["1.1", "deprecated"] == "deprecated"


@pytest.mark.parametrize("to", ["<version>2.0</version>", "<groupId>${group}</groupId>", "<artifactId>..</artifactId>"])
def test_a_relocation_to_another_version_or_to_nowhere_replaces_nothing(to: str) -> None:
    moved = f"<distributionManagement><relocation>{to}</relocation></distributionManagement>"
    found = told("1.1", **{at("1.1"): pom(moved)})
    assert (found["replaced-by"], found["status"], found["1.1", "deprecated"]) == ("", "active", "")


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (404, "none"),
        ("<html>", Unknown("html")),
        ("x", Unknown("malformed", (("detail", "no signature"),))),
        (OFFLINE, OFFLINE),
    ],
)
def test_a_signature_counts_only_where_there_is_one(answer: object, value: object) -> None:
    assert told("1.0", **{at("1.0"): pom(), at("1.0", ".pom.asc"): answer})["1.0", "trust"] == value


def test_a_plugin_runs_code_in_the_build() -> None:
    assert told("1.0", **{at("1.0"): pom("<packaging>maven-plugin</packaging>")})["1.0", "install-code"] == "yes"


def test_what_is_not_there_is_absent() -> None:
    found = ask(COMPONENT, ["1.0"], {})
    assert (found["present"], found["1.0", "present"], found["1.0", "licence"]) == ("no", "no", Unknown("absent"))
    assert told("9.9")["9.9", "present"] == "no"
    assert told(listed=metadata())["present"] == "no"


def test_a_repository_need_not_keep_a_list() -> None:
    found = ask(COMPONENT, ["1.0"], {at("1.0"): pom()})
    assert (found["present"], found["1.0", "present"], found["latest"]) == ("yes", "yes", NOT_SERVED)


def test_a_version_that_is_listed_without_a_pom_is_there_and_says_nothing() -> None:
    found = told("1.0")
    assert (found["1.0", "present"], found["1.0", "licence"]) == ("yes", NOT_SERVED)


def test_a_registry_that_does_not_answer_leaves_everything_unknown() -> None:
    found = ask(COMPONENT, ["1.0"], Served({}, OFFLINE))
    assert {fact.value for fact in found.facts} == {OFFLINE}


@pytest.mark.parametrize(
    "component", ["pkg:maven/../x", "pkg:maven/com..example/x", "pkg:maven/com.example/..", "pkg:maven/x"]
)
def test_a_name_that_would_lead_elsewhere_is_never_asked_for(component: str) -> None:
    served = Served({})
    found = ask(component, ["1.0"], served)
    assert isinstance(found["present"], Unknown)
    assert isinstance(found["1.0", "present"], Unknown)
    assert served.asked == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "b">]><project>&a;</project>', "malformed"),
        (b"<project>&unheard;</project>", "malformed"),
        (b"<project>", "malformed"),
        (b"", "malformed"),
        (b"<project>\0</project>", "malformed"),
        (b"<?xml version='1.0' encoding='klingon'?><project/>", "malformed"),
        (b"<other/>", "malformed"),
        (b"<a>" * 100_000, "malformed"),
        (b"<project>" + b"<a/>" * markup.MAX_ELEMENTS + b"</project>", "too-large"),
        (b" " * (markup.MAX_BYTES + 1), "too-large"),
        (b"\n<!DOCTYPE HTML><html>", "html"),
    ],
)
def test_what_is_no_such_xml_is_unknown_with_the_reason(data: bytes, reason: str) -> None:
    found = markup.xml_in(Answer(data, ""), "project")
    assert isinstance(found, Unknown)
    assert found.reason == reason


def test_characters_of_html_and_prefixes_are_read() -> None:
    data = b"<m:project xmlns:m='urn:x'><m:name>a &copy; b</m:name></m:project>"
    found = markup.xml_in(Answer(data, ""), "project")
    assert not isinstance(found, Unknown)
    assert found.at("name") == "a © b"


def test_text_longer_than_any_field_is_cut() -> None:
    data = b"<project>" + b"long <b/>" * 50_000 + b"</project>"
    found = markup.xml_in(Answer(data, ""), "project")
    assert not isinstance(found, Unknown)
    assert len(found.text) < 2 * markup.MAX_TEXT
