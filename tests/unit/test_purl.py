from __future__ import annotations

import pytest

from osgate.errors import UsageError
from osgate.purl import Purl, component, normalise_pypi, parse, quote, unquote, versioned


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (("npm", "left-pad"), "pkg:npm/left-pad"),
        (("npm", "@acme/x"), "pkg:npm/%40acme/x"),
        (("npm", "x", "@acme"), "pkg:npm/%40acme/x"),
        (("npm", "JSONStream"), "pkg:npm/JSONStream"),
        (("npm", "@only-scope"), "pkg:npm/%40only-scope"),
        (("npm", "a/b"), "pkg:npm/a%2Fb"),
        (("pypi", "Ruamel.YAML__x"), "pkg:pypi/ruamel-yaml-x"),
        (("github", "Checkout", "Actions"), "pkg:github/actions/checkout"),
        (("maven", "Core", "Org.Acme"), "pkg:maven/Org.Acme/Core"),
        (("golang", "b", "example.com/A//"), "pkg:golang/example.com/A/b"),
        (("docker", "nginx"), "pkg:docker/nginx"),
        (("generic", "中 文"), "pkg:generic/%E4%B8%AD%20%E6%96%87"),
    ],
)
def test_a_component_key(arguments: tuple[str, ...], key: str) -> None:
    assert component(*arguments) == key


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("pkg:npm/a", "1.0.0-rc.1+b"), "pkg:npm/a@1.0.0-rc.1%2Bb"),
        (("pkg:npm/a", ""), "pkg:npm/a"),
        (("pkg:github/a/b", "v1", "sub/dir"), "pkg:github/a/b@v1#sub/dir"),
        (("pkg:github/a/b", "feature/x"), "pkg:github/a/b@feature%2Fx"),
        (("pkg:docker/a?repository_url=r", "sha256:00", "/"), "pkg:docker/a@sha256:00?repository_url=r"),
    ],
)
def test_a_version_goes_where_it_belongs(arguments: tuple[str, ...], text: str) -> None:
    assert versioned(*arguments) == text


@pytest.mark.parametrize(
    ("text", "purl"),
    [
        ("pkg:npm/%40acme/x@1.0.0", Purl("npm", "@acme", "x", "1.0.0")),
        ("pkg:npm/@acme/x@1.0.0", Purl("npm", "@acme", "x", "1.0.0")),
        ("pkg:npm/@acme/x", Purl("npm", "@acme", "x")),
        ("  PKG://NPM//x@1 ", Purl("npm", "", "x", "1")),
        ("pkg:github/Acme/X@feature/y", Purl("github", "acme", "x", "feature/y")),
        ("pkg:githubactions/Acme/X@v1", Purl("github", "acme", "x", "v1")),
        ("pkg:pypi/A_b?Extra=x&y=&z#./a/../b/", Purl("pypi", "", "a-b", "", (("extra", "x"),), "a/b")),
        ("pkg:generic/a%2Fb", Purl("generic", "", "a/b")),
        ("pkg:generic/%FF%zz", Purl("generic", "", "\ufffd%zz")),
    ],
)
def test_purls_are_read(text: str, purl: Purl) -> None:
    assert parse(text) == purl


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "purl.scheme"),
        ("npm/left-pad", "purl.scheme"),
        ("pkg:npm", "purl.type"),
        ("pkg:/x", "purl.type"),
        ("pkg:n pm/x", "purl.type"),
        ("pkg:1npm/x", "purl.type"),
        ("pkg:npm/", "purl.name"),
        ("pkg:npm/#x", "purl.name"),
    ],
)
def test_what_is_no_purl_is_refused(text: str, code: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(text)
    assert raised.value.code == code


def test_a_component_keeps_what_says_which_one_is_meant() -> None:
    purl = parse("pkg:docker/a@1?arch=amd64&repository_url=r.example.com#x")
    assert purl.component == "pkg:docker/a?repository_url=r.example.com"


def test_escapes() -> None:
    assert quote("a@b/c d~é") == "a%40b%2Fc%20d~%C3%A9"
    assert quote("@") == "%40"
    assert quote("") == ""
    assert unquote("a%40b%2fc%C3%A9%4") == "a@b/cé%4"


def test_python_names_follow_pep_503() -> None:
    assert normalise_pypi("A.-_b") == "a-b"
