"""When an address lies at or below an approved one, whatever tricks are played with it."""

from __future__ import annotations

import pytest

from osgate.policy.places import holds

NPM, GIT = "https://packages.example.com/npm/", "ssh://git.example.com/"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (NPM, "https://packages.example.com/npm/left-pad/-/left-pad-1.3.0.tgz"),
        (NPM, "https://packages.example.com/npm"),
        (NPM, "HTTPS://Packages.Example.COM:443/npm/@scope%2fname/-/name-1.0.0.tgz?x=..#y"),
        (NPM, "https://reader@packages.example.com/npm/a.tgz"),
        (GIT, "git+ssh://git@git.example.com/x/y.git#abc"),
        (GIT, "ssh://git@git.example.com:22/x/y.git"),
        (GIT, "git@git.example.com:x/y.git"),
        ("https://[2001:db8::1]/npm/", "https://[2001:DB8::1]:443/npm/a.tgz"),
    ],
)
def test_below(address: str, url: str) -> None:
    assert holds(address, url)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (NPM, "https://packages.example.com/npm-mirror/a.tgz"),
        (NPM, "https://packages.example.com/NPM/a.tgz"),
        (NPM, "http://packages.example.com/npm/a.tgz"),
        (NPM, "https://packages.example.com:8443/npm/a.tgz"),
        (NPM, "https://packages.example.com.evil.test/npm/a.tgz"),
        (NPM, "https://packages.example.com@evil.test/npm/a.tgz"),
        (NPM, "https://evil.test/npm/?@packages.example.com/npm/a.tgz"),
        (NPM, "https://evil.test?@packages.example.com/npm/a.tgz"),
        (NPM, "https://evil.test#@packages.example.com/npm/a.tgz"),
        (NPM, "https://evil.test\\@packages.example.com/npm/a.tgz"),
        (NPM, "https://packages.example.com/npm/../evil/a.tgz"),
        (NPM, "https://packages.example.com/npm/%2E%2e/evil/a.tgz"),
        (NPM, "https://packages.example.com/npm/.%2e%2fevil/a.tgz"),
        (NPM, "https://packages.example.com/npm/..\\evil/a.tgz"),
        (NPM, "//packages.example.com/npm/a.tgz"),
        (GIT, "git@evil.test:git.example.com/x/y.git"),
        (GIT, "git@git.example.com@evil.test:x/y.git"),
        (GIT, "https://git.example.com/x/y.git"),
        ("https://[2001:db8::1]/npm/", "https://[2001:db8::2]/npm/a.tgz"),
    ],
)
def test_elsewhere(address: str, url: str) -> None:
    assert not holds(address, url)
