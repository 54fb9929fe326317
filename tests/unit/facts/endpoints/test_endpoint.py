"""Addresses without their secrets, logins that show nothing, patterns of purls."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from osgate.facts.endpoints.endpoint import (
    Configured,
    Endpoint,
    Login,
    below,
    cleaned,
    host_of,
    joined,
    pattern,
    written_out,
)


@pytest.mark.parametrize(
    ("written", "address", "login"),
    [
        ("https://packages.example.com", "https://packages.example.com/", None),
        ("HTTPS://Packages.Example.com:8443/Npm/", "https://packages.example.com:8443/Npm/", None),
        ("https://ann:pw@packages.example.com/x?token=1#y", "https://packages.example.com/x", ("ann", "pw")),
        ("https://tok%40en@packages.example.com/", "https://packages.example.com/", ("", "tok@en")),
        ("https://:pw@packages.example.com/", "https://packages.example.com/", ("", "pw")),
        ("http://[::1]:80/npm/", "http://[::1]:80/npm/", None),
    ],
)
def test_an_address_leaves_its_secrets(written: str, address: str, login: tuple[str, str] | None) -> None:
    found = cleaned(written)
    assert found is not None
    assert found[0] == address
    assert (found[1].reveal() if found[1] else None) == login
    assert host_of(found[0]) in written.lower()


@pytest.mark.parametrize(
    "written",
    [
        *("", "packages.example.com", "ftp://packages.example.com/", "https://", "https://[", "https://x:port/"),
        *(
            "https://ann:12/34@packages.example.com/",
            "https://x/@y",
            "https://x?@y",
            "https://x#@y",
            "https://x y/",
            "https://x/\\y",
            "https://x/\n",
            "https://x/\u202e",
        ),
        "https://packages.example.com/" + "x" * 2000,
    ],
)
def test_what_is_no_address_is_none(written: str) -> None:
    assert cleaned(written) is None


def test_a_login_shows_nothing() -> None:
    login = Login("ann", "sekret")
    endpoint = Endpoint("npm", "https://packages.example.com/", "pkg:npm/*", "~/.npmrc:1", login=login)
    for text in (repr(login), str(login), f"{login}", repr(endpoint), repr([endpoint]), str(vars(Login).keys())):
        assert "sekret" not in text
        assert "ann" not in text
    for take in (pickle.dumps, json.dumps, vars, copy.copy):
        with pytest.raises(TypeError) as raised:
            take(login)
        assert "sekret" not in str(raised.value)
    assert login == Login("ann", "sekret")
    assert login != Login("ann", "other")
    assert login != "sekret"
    assert len({login, Login("ann", "sekret"), Login("", "sekret")}) == 2


def test_patterns_are_purls_with_stars() -> None:
    assert pattern("npm", "@bank/*") == "pkg:npm/%40bank/*"
    assert pattern("nuget", "Bank.*") == "pkg:nuget/Bank.*"
    assert pattern("composer", "Bank/Core") == "pkg:composer/bank/core"


def test_below_goes_by_whole_steps() -> None:
    assert below("https://packages.example.com/npm/", "packages.example.com/npm")
    assert below("https://packages.example.com/npm/a", "packages.example.com")
    assert not below("https://packages.example.com/npmx/", "packages.example.com/npm/")


def test_a_secret_is_written_out_where_it_stands_itself() -> None:
    assert written_out("s3cr3t")
    assert not any(map(written_out, ("", "${TOKEN}", "%TOKEN%", "{encrypted=}")))


def test_joining_keeps_the_order_and_nothing_twice() -> None:
    one = Configured(endpoints=(Endpoint("npm", "https://a.example.com/", "pkg:npm/*", "a"),), own=("pkg:npm/x",))
    other = Configured(endpoints=(Endpoint("npm", "https://b.example.com/", "pkg:npm/*", "b"),), secrets=("b:1",))
    both = joined([one, other, one])
    assert [endpoint.origin for endpoint in both.endpoints] == ["a", "b"]
    assert (both.own, both.secrets, both.risks, both.unread) == (("pkg:npm/x",), ("b:1",), (), ())
