"""Whether a locked address is a dependency's own: every registry's form, real oddities, and a property on names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.ledger.standing import judge
from osgate.purl import component, quote
from osgate.rules.address_of_another import check
from osgate.rules.case import UNKNOWN_PROJECT, Case
from rules import making

HOST = "https://packages.example.com/repository/all"
MAVEN = f"{HOST}/com/example/lib"


def complaint(purl: str, url: str, kind: str = "registry") -> dict[str, Any] | None:
    """What the rule says of a dependency with this address."""
    item = making.introduced(purl, source={"kind": kind, "url": url})
    return check(Case(item, judge(item.dependency, (), making.TODAY, UNKNOWN_PROJECT), (), making.policy()))


@pytest.mark.parametrize(
    ("purl", "url"),
    [
        ("pkg:npm/JSONStream@1.3.5", f"{HOST}/JSONStream/-/JSONStream-1.3.5.tgz"),
        ("pkg:npm/%40scope/name@1.0.0", f"{HOST}/@scope/name/-/name-1.0.0.tgz"),
        ("pkg:npm/%40scope/name@1.0.0", f"{HOST}/@scope%2fname/-/name-1.0.0.tgz"),
        # Artifactory and GitLab put the scope before the file as well.
        ("pkg:npm/%40scope/name@1.0.0", f"{HOST}/@scope/name/-/@scope/name-1.0.0.tgz"),
        ("pkg:npm/%40scope/name@1.0.0", f"{HOST}/%40scope%2Fname/-/%40scope%2Fname-1.0.0.tgz?x=/-/y.tgz#sha1"),
        ("pkg:npm/name@1.0.0%2Bbuild.5", f"{HOST}/name/-/name-1.0.0.tgz"),
        ("pkg:npm/name@1.0.0%2Bbuild.5", f"{HOST}/name/-/name-1.0.0%2bbuild.5.tgz"),
        ("pkg:npm/name@1.0.0", "https://packages.example.com//npm//name/./-/name-1.0.0.tgz"),
        ("pkg:npm/name", f"{HOST}/name/-/name-1.0.0.tgz"),
        ("pkg:npm/name@1.0.0", "https://git.example.com/group/other/-/jobs/artifacts/main/raw/name.tgz"),
        ("pkg:pypi/zope-interface@5.0", f"{HOST}/packages/zope.interface/5.0/zope.interface-5.0.tar.gz"),
        ("pkg:pypi/zope-interface@5.0", f"{HOST}/ab/cd/zope_interface-5.0.0-cp311-cp311-win_amd64.whl"),
        ("pkg:pypi/torch@2.1.0%2Bcu121", f"{HOST}/torch-2.1.0%2Bcu121-cp311-cp311-linux_x86_64.whl"),
        ("pkg:pypi/tool@1.0rc1", f"{HOST}/Tool-1.0-rc.1.zip"),
        ("pkg:pypi/tool@1.0", f"{HOST}/tool-1.0-1-py3-none-any.whl"),
        ("pkg:pypi/tool", f"{HOST}/tool-7.tar.gz"),
        ("pkg:maven/com.example/lib@1.0", f"{MAVEN}/1.0/lib-1.0.jar"),
        ("pkg:maven/com.example/lib@1.0", f"{MAVEN}/1.0/lib-1.0-sources.jar"),
        ("pkg:maven/com.example/lib@1.0-SNAPSHOT", f"{MAVEN}/1.0-SNAPSHOT/lib-1.0-20260102.030405-6.jar"),
        ("pkg:gem/rails@7.1.0", f"{HOST}/gems/rails-7.1.0.gem"),
        ("pkg:gem/nokogiri@1.16.0", f"{HOST}/gems/nokogiri-1.16.0-x86_64-linux.gem"),
        ("pkg:cargo/serde@1.0.200", f"{HOST}/api/v1/crates/serde/1.0.200/download"),
        ("pkg:cargo/serde@1.0.200", f"{HOST}/crates/serde/serde-1.0.200.crate"),
        ("pkg:nuget/Newtonsoft.Json@13.0.3", f"{HOST}/newtonsoft.json/13.0.3/newtonsoft.json.13.0.3.nupkg"),
        ("pkg:nuget/Newtonsoft.Json@13.0.3.0", f"{HOST}/Newtonsoft.Json.13.0.3.nupkg"),
        ("pkg:composer/acme/tool@1.0", "https://git.example.com/other/thing/zipball/0123"),
        ("pkg:docker/alpine@3.20", "registry.example.test"),
        ("pkg:npm/name@1.0.0", ""),
    ],
)
def test_its_own_address_in_any_real_spelling_is_fine(purl: str, url: str) -> None:
    assert complaint(purl, url) is None


@pytest.mark.parametrize(
    ("purl", "url"),
    [
        ("pkg:npm/name@1.0.0", f"{HOST}/other/-/name-1.0.0.tgz"),
        ("pkg:npm/name@1.0.0", f"{HOST}/name/-/other-1.0.0.tgz"),
        ("pkg:npm/name@1.0.0", f"{HOST}/name/-/name-1.0.1.tgz"),
        ("pkg:npm/name@1.0.0", f"{HOST}/name/-/name-1.0.0-evil.tgz"),
        ("pkg:npm/jsonstream@1.3.5", f"{HOST}/JSONStream/-/JSONStream-1.3.5.tgz"),
        ("pkg:npm/name@1.0.0", f"{HOST}/@evil/name/-/name-1.0.0.tgz"),
        ("pkg:npm/name@1.0.0", f"{HOST}/@evil/./name/-/name-1.0.0.tgz"),
        ("pkg:npm/name@1.0.0", f"{HOST}/name/-/@evil/name-1.0.0.tgz"),
        ("pkg:npm/%40scope/name@1.0.0", f"{HOST}/name/-/name-1.0.0.tgz"),
        ("pkg:npm/%40scope/name@1.0.0", f"{HOST}/@sc0pe/name/-/name-1.0.0.tgz"),
        # Clients walk `..` and take a backslash for a slash.
        ("pkg:npm/name@1.0.0", f"{HOST}/name/-/../../evil/-/name-1.0.0.tgz"),
        ("pkg:npm/name@1.0.0", f"{HOST}/name/%2e%2e/evil/-/evil-1.0.0.tgz"),
        ("pkg:npm/name@1.0.0", f"{HOST}\\evil\\-\\evil-1.0.0.tgz"),
        ("pkg:npm/name", f"{HOST}/evil/-/evil-1.0.0.tgz"),
        ("pkg:pypi/tool@1.0", f"{HOST}/tool-1.1.tar.gz"),
        ("pkg:pypi/tool@1.0", f"{HOST}/tool-extra-1.0.tar.gz"),
        ("pkg:pypi/tool@1.0", f"{HOST}/tool_extra-1.0-py3-none-any.whl"),
        ("pkg:pypi/tool@1.0", f"{HOST}/tool-1.0.whl"),
        ("pkg:pypi/tool@1.0", f"{HOST}/tool-1.0+evil-py3-none-any.whl"),
        ("pkg:maven/com.example/lib@1.0", f"{HOST}/com/evil/lib/1.0/lib-1.0.jar"),
        ("pkg:maven/com.example/lib@1.0", f"{MAVEN}/1.1/lib-1.0.jar"),
        ("pkg:maven/com.example/lib@1.0", f"{MAVEN}/1.0/evil-1.0.jar"),
        ("pkg:maven/com.example/lib@1.0", f"{MAVEN}/1.0/lib-1.01.jar"),
        ("pkg:maven/com.example/lib@1.0", f"{HOST}/lib-1.0.jar"),
        ("pkg:gem/rails@7.1.0", f"{HOST}/gems/rails-7.1.0.1.gem"),
        ("pkg:gem/rails@7.1.0", f"{HOST}/gems/rails-7.1.0-evil-1.gem"),
        ("pkg:cargo/serde@1.0.200", f"{HOST}/api/v1/crates/serde/1.0.201/download"),
        ("pkg:cargo/serde@1.0.200", f"{HOST}/crates/serde/serde-evil-1.0.200.crate"),
        ("pkg:nuget/Newtonsoft.Json@13.0.3", f"{HOST}/newtonsoft.json.evil/13.0.3/newtonsoft.json.13.0.3.nupkg"),
        ("pkg:nuget/Newtonsoft.Json@13.0.3", f"{HOST}/newtonsoft.json.13.0.1.nupkg"),
    ],
)
def test_an_address_of_something_else_is_told(purl: str, url: str) -> None:
    assert complaint(purl, url) == {
        "fact": "source",
        "value": url,
        "source": "manifest package-lock.json",
        "date": "",
    }


def test_plain_addresses_are_judged_in_npms_form_only() -> None:
    assert complaint("pkg:npm/name@1.0.0", f"{HOST}/other/-/other-1.0.0.tgz", "url")
    assert complaint("pkg:pypi/tool@1.0", "https://files.example.com/tool-linux-1.0.tar.gz", "url") is None
    assert complaint("pkg:npm/name@1.0.0", f"{HOST}/other/-/other-1.0.0.tgz", "git") is None


WORD = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z][a-z0-9]{0,5})?", fullmatch=True)
VERSION = st.from_regex(r"[1-9][0-9]?\.[0-9]\.[1-9]", fullmatch=True)


def own(type: str, group: str, name: str, version: str) -> tuple[str, str]:
    """The component and the address that a registry of the type gives it."""
    if type == "npm":
        full = f"@{group}/{name}" if group else name
        return component("npm", full), f"{HOST}/{full}/-/{name}-{version}.tgz"
    if type == "maven":
        key = component("maven", name, f"org.{group or 'x'}")
        return key, f"{HOST}/org/{group or 'x'}/{name}/{version}/{name}-{version}.jar"
    key = component(type, name)
    files = {
        "pypi": f"packages/{name.replace('-', '_')}-{version}.tar.gz",
        "gem": f"gems/{name}-{version}.gem",
        "cargo": f"api/v1/crates/{name}/{version}/download",
        "nuget": f"{name}/{version}/{name}.{version}.nupkg",
    }
    return key, f"{HOST}/{files[type]}"


TYPES = st.sampled_from(["npm", "pypi", "maven", "gem", "cargo", "nuget"])
SUBJECT = st.tuples(st.one_of(st.just(""), WORD), WORD, VERSION)


@settings(max_examples=200, deadline=None)
@given(TYPES, SUBJECT, SUBJECT)
def test_only_its_own_address_passes(type: str, one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    (key, address), (its, elsewhere) = own(type, *one), own(type, *other)
    purl = f"{key}@{quote(one[2])}"
    assert complaint(purl, address) is None
    assert (complaint(purl, elsewhere) is None) == ((key, one[2]) == (its, other[2]))


@settings(max_examples=200, deadline=None)
@given(TYPES, st.text(alphabet="a/-.%@\\?#:2e\x00\ud800\u4e2d", max_size=40), WORD)
def test_any_address_is_answered(type: str, text: str, name: str) -> None:
    for url in (text, f"{HOST}/{text}", f"{HOST}/{text}.tgz", f"{HOST}/-/{text}.whl", f"{HOST}/{text}.nupkg"):
        told = complaint(f"pkg:{type}/{name}@1.0.0", url)
        assert told is None or told["value"] in url.split()
