"""Go, Cargo, Bundler, Composer and Conan."""

from __future__ import annotations

import json

import pytest

from osgate.facts.endpoints import cargo, composer, conan, go, ruby
from unit.facts.endpoints.configs import HOST, logins, read, risky, told, unread


def test_go_proxies_are_asked_in_turn_up_to_the_end() -> None:
    found = read(go, ("goenv", f"GOPROXY={HOST}/a|{HOST}/b,direct\nOTHER=1\n"))
    assert told(found) == [("/a", "pkg:golang/*", "1:1"), ("/b", "pkg:golang/*", "1:1")]
    assert [(one.code, one.origin) for one in found.risks] == [("direct", "1:1")]
    found = read(go, ("goenv", f"GOPROXY={HOST}/a,,off,direct"))
    assert (len(found.endpoints), found.risks) == (1, ())
    assert read(go) == read(go, ("goenv", "")) == read(go, ("go-answer", "[]"))


def test_go_a_variable_beats_the_file_and_that_beats_what_go_says() -> None:
    said, file = (
        ("go-answer", json.dumps({"GOPROXY": f"{HOST}/said", "GOOS": "linux", "GOFLAGS": ""})),
        ("goenv", f"GOPROXY={HOST}/f"),
    )
    assert told(read(go, said))[0][0] == "/said"
    assert told(read(go, said, file))[0][0] == "/f"
    assert told(read(go, said, file, environment={"GOPROXY": f"{HOST}/v"})) == [
        ("/v", "pkg:golang/*", "environment GOPROXY")
    ]


def test_go_private_modules_have_a_way_of_their_own() -> None:
    found = read(go, environment={"GOPRIVATE": "git.bank.example/*, *.corp.example", "GONOPROXY": "none"})
    assert found.own == ("pkg:golang/git.bank.example/*", "pkg:golang/*.corp.example/*")
    assert found.risks == ()


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("GOINSECURE", "*", "GOINSECURE=*"),
        ("GOINSECURE", "git.bank.example/*", ""),
        ("GONOSUMDB", "*.*,a", "GONOSUMDB=*.*,a"),
        ("GONOSUMDB", "git.bank.example", ""),
        ("GONOSUMCHECK", "1", "GONOSUMCHECK=1"),
        ("GOPRIVATE", "*,s e k", "GOPRIVATE=..."),
        ("GOSUMDB", "off", "GOSUMDB=off"),
        ("GOSUMDB", "sum.example.com", ""),
        ("GOFLAGS", "-mod=mod -insecure", "GOFLAGS=-insecure"),
        ("GOFLAGS", "-mod=mod", ""),
    ],
)
def test_go_what_is_not_verified(name: str, value: str, what: str) -> None:
    assert risky(read(go, environment={name: value})) == ([("no-verify", what, f"environment {name}")] if what else [])


CARGO = f"""
[source.crates-io]
replace-with = "one"
[source.one]
replace-with = "bank"
[source.local]
directory = "vendor"
[registries.bank]
index = "sparse+{HOST}/index/"
token = "tok"
[registries.other-one]
index = "{HOST}/git/index"
[registry]
token = "main"
"""


def test_cargo_a_chain_of_replacements_leads_to_the_source() -> None:
    found = read(cargo, ("cargo", CARGO))
    assert told(found) == [("/index/", "pkg:cargo/*", "1:9"), ("/git/index", "", "1:12")]
    assert logins(found) == [("", "tok"), None]
    assert found.secrets == ("1:10", "1:14")
    found = read(cargo, ("cargo", f'[source.crates-io]\nregistry = "{HOST}/a"\n[registry]\ntoken = "$T"\n'))
    assert (told(found), logins(found), found.secrets) == ([("/a", "pkg:cargo/*", "1:2")], [("", "$T")], ())


@pytest.mark.parametrize(
    "text",
    [
        '[source.crates-io]\nreplace-with = "crates-io"\n',
        '[source.crates-io]\nreplace-with = "a"\n[source.a]\nreplace-with = "b"\n[source.b]\nreplace-with = "a"\n',
    ],
)
def test_cargo_going_round_in_a_circle_is_told(text: str) -> None:
    found = read(cargo, ("cargo", text))
    assert found.endpoints == ()
    assert [reason for _, reason in unread(found)] == ["cycle"]


def test_cargo_variables_name_registries_and_tokens() -> None:
    environment = {
        "CARGO_REGISTRIES_OTHER_ONE_INDEX": f"{HOST}/variable",
        "CARGO_REGISTRIES_OTHER_ONE_TOKEN": "v",
        "CARGO_REGISTRIES_X": "",
        "PATH": "/bin",
    }
    found = read(cargo, ("cargo", '[source.crates-io]\nreplace-with = "nowhere"\n'), environment=environment)
    assert told(found) == [("/variable", "", "environment CARGO_REGISTRIES_OTHER_ONE_INDEX")]
    assert logins(found) == [("", "v")]


GEMFILE = f"""
source "{HOST}/main"
source('{HOST}/second')
source "{HOST}/bank" do
  gem "bank-core"
end
source "https://#{{host}}/"
gem "rack", source: "{HOST}/inline"
"""


def test_gem_several_sources_without_a_block_answer_for_any_name() -> None:
    assert told(read(ruby, ("gemfile", GEMFILE))) == [
        ("/main", "pkg:gem/*", "1:2"),
        ("/second", "pkg:gem/*", "1:3", "extra"),
        ("/bank", "", "1:4"),
    ]


def test_gem_a_mirror_of_all_takes_their_place() -> None:
    config = (
        f'---\nBUNDLE_MIRROR__ALL: "{HOST}/mirror/"\nBUNDLE_MIRROR__ALL__FALLBACK_TIMEOUT/: "3"\nBUNDLE_PATH: vendor\n'
    )
    config += (
        'BUNDLE_PACKAGES__EXAMPLE__COM: "ann:pw"\nBUNDLE_MY___HOST__EXAMPLE__COM: tok\nBUNDLE_SSL_VERIFY_MODE: 0\n'
    )
    found = read(ruby, ("bundle", config), ("gemfile", GEMFILE))
    assert told(found) == [("/mirror/", "pkg:gem/*", "1:2")]
    assert logins(found) == [("ann", "pw")]
    assert found.secrets == ("1:5", "1:6")
    assert risky(found) == [("no-verify", "ssl_verify_mode 0", "1:7")]


def test_gem_settings_of_rubygems_and_variables() -> None:
    gemrc = f":sources:\n- {HOST}/a\n- {HOST}/b\n:ssl_verify_mode: 0\n:deep:\n  x: y\n"
    environment = {"BUNDLE_MIRROR__HTTPS://GEMS__EXAMPLE__COM/": f"{HOST}/m", "BUNDLE_PACKAGES__EXAMPLE__COM": "tok"}
    found = read(ruby, ("gemrc", gemrc), environment=environment)
    assert [one[0] for one in told(found)] == ["/m", "/a", "/b"]
    assert logins(found) == [("", "tok")] * 3
    assert found.secrets == ()
    assert len(found.risks) == 1


COMPOSER = {
    "repositories": [
        {"type": "composer", "url": f"{HOST}/main"},
        {"type": "composer", "url": f"{HOST}/bank", "only": ["Bank/*", "bank-ui/x"]},
        {"type": "composer", "url": f"{HOST}/loose", "canonical": False},
        {"type": "vcs", "url": f"{HOST}/vcs"},
        {"some": False},
        7,
    ],
    "config": {"secure-http": False, "disable-tls": False, "http-basic": {"x.example.com": {"username": "u"}}},
}
AUTH = {
    "http-basic": {"packages.example.com": {"username": "ann", "password": "sekret"}},
    "bearer": {"b.example.com": "tok", "c": 1},
}


def test_composer_registries_and_the_names_of_their_own() -> None:
    found = read(composer, ("composer", json.dumps(COMPOSER, indent=1)), ("composer-auth", json.dumps(AUTH, indent=1)))
    assert told(found) == [
        ("/main", "pkg:composer/*", "1:5"),
        ("/bank", "pkg:composer/bank/*", "1:9"),
        ("/bank", "pkg:composer/bank-ui/x", "1:9"),
        ("/loose", "pkg:composer/*", "1:17", "extra"),
    ]
    assert logins(found) == [("ann", "sekret")] * 4
    assert found.secrets == ("2:5", "2:9")
    assert risky(found) == [("no-verify", "secure-http=false", "1:30")]


def test_composer_a_variable_holds_logins_and_is_no_file() -> None:
    named = {"repositories": {"a": {"type": "composer", "url": "https://ann:pw@packages.example.com/"}, "b": False}}
    found = read(composer, ("composer", json.dumps(named)), environment={"COMPOSER_AUTH": json.dumps(AUTH)})
    assert (logins(found), found.secrets) == ([("ann", "pw")], ("1:1",))
    found = read(composer, ("composer", "{}"), environment={"COMPOSER_AUTH": "{"})
    assert unread(found) == [("environment COMPOSER_AUTH", "syntax")]


def test_conan_remotes_that_are_on() -> None:
    listed = [
        {"name": "a", "url": f"{HOST}/a", "verify_ssl": True, "enabled": True},
        {"name": "b", "url": f"{HOST}/b", "verify_ssl": False},
        {"name": "c", "url": f"{HOST}/c", "enabled": False},
        {"name": "d", "url": "nowhere:", "verify_ssl": False},
    ]
    found = read(conan, ("conan-answer", json.dumps(listed, indent=1)))
    assert told(found) == [("/a", "pkg:conan/*", "1:4"), ("/b", "pkg:conan/*", "1:10")]
    assert risky(found) == [("no-verify", "verify_ssl=false packages.example.com", "1:10")]
    assert unread(found) == [("1:20", "address")]
    file = {"remotes": [{"url": f"{HOST}/x"}, {"url": f"{HOST}/y", "disabled": True}]}
    assert [one[0] for one in told(read(conan, ("conan", "x"), ("conan", json.dumps(file))))] == ["/x"]
