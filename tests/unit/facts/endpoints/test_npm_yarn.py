"""npm, pnpm and Yarn: registries of scopes, who logs in where, and by whose word."""

from __future__ import annotations

import base64

from osgate.facts.endpoints import npm, yarn
from unit.facts.endpoints.configs import HOST, logins, read, risky, told, unread

ALL, BANK = "pkg:npm/*", "pkg:npm/%40bank/*"


def test_npm_the_project_beats_the_user_and_a_variable_beats_both() -> None:
    user, project = f"registry={HOST}/user/\nstrict-ssl=false\n", f"registry = '{HOST}/project/' ; ours\n"
    found = read(npm, ("npmrc", user), ("npmrc", project))
    assert told(found) == [("/project/", ALL, "2:1")]
    assert risky(found) == [("no-verify", "strict-ssl=false", "1:2")]
    found = read(npm, ("npmrc", project), environment={"NPM_CONFIG_REGISTRY": f"{HOST}/variable/", "npm_config_x": ""})
    assert told(found) == [("/variable/", ALL, "environment NPM_CONFIG_REGISTRY")]


def test_npm_a_scope_has_a_registry_of_its_own() -> None:
    text = f"@bank:registry={HOST}/bank/\n@a/b:registry={HOST}/no/\nx:registry={HOST}/no/\n@bank2:registry=${{NONE}}\n"
    found = read(npm, ("npmrc", text), environment={"npm_config_@var:registry": f"{HOST}/var/"})
    assert told(found) == [
        ("/bank/", BANK, "1:1"),
        ("/var/", "pkg:npm/%40var/*", "environment npm_config_@var:registry"),
    ]
    assert unread(found) == [("1:4", "variable")]


def test_npm_logins_are_for_the_addresses_below_theirs() -> None:
    secret = base64.b64encode(b"pw").decode()
    text = f"""
registry={HOST}/main/
@bank:registry={HOST}/bank/inner/
@other:registry=https://other.example.com/
@more:registry=https://more.example.com/
@odd:registry=https://odd.example.com/
//packages.example.com/:_authToken=wide
//packages.example.com/bank/:_authToken=${{TOKEN}}
//other.example.com/:_auth={base64.b64encode(b"ann:pw").decode()}
//more.example.com/:username=bob
//more.example.com/:_password={secret}
//odd.example.com/:_password={secret}
//odd.example.com/:_auth=%%%
//unset.example.com/:_authToken=${{UNSET}}
"""
    found = read(npm, ("npmrc", text), environment={"TOKEN": "narrow"})
    assert logins(found) == [("", "wide"), ("", "narrow"), ("ann", "pw"), ("bob", "pw"), None]
    assert found.secrets == ("1:7", "1:9", "1:11", "1:12", "1:13")


def test_npm_a_login_of_no_address_is_for_the_main_registry() -> None:
    assert logins(read(npm, ("npmrc", f"registry={HOST}/\n_authToken=old\n"))) == [("", "old")]
    assert logins(read(npm, ("npmrc", f"@bank:registry={HOST}/\n_authToken=old\n"))) == [None]
    assert logins(read(npm, ("npmrc", f"registry={HOST}/\n_auth=A\n"))) == [None]


def test_npm_tells_its_own_configuration() -> None:
    said = f'{{"registry": "{HOST}/npm/", "@bank:registry": "{HOST}/bank/", "strict-ssl": false, "x": 1}}'
    found = read(npm, ("npm-answer", said))
    assert told(found) == [("/npm/", ALL, "1"), ("/bank/", BANK, "1")]
    assert risky(found) == [("no-verify", "strict-ssl=false", "1")]
    assert read(npm, ("npm-answer", "[]"), ("npm-answer", "")).unread == ()
    assert unread(read(npm, ("npm-answer", "{"), ("npm-answer", "[" * 100_000))) == [("1", "syntax"), ("2", "syntax")]


def test_yarn_1_writes_its_own_file() -> None:
    text = f'# x\nregistry "{HOST}/main/"\n"@bank:registry" "{HOST}/bank/"\nyarn-offline-mirror\nstrict-ssl false\n'
    found = read(npm, ("yarnrc-1", text))
    assert told(found) == [("/main/", ALL, "1:2"), ("/bank/", BANK, "1:3")]
    assert risky(found) == [("no-verify", "strict-ssl=false", "1:5")]


YARN = f"""
npmRegistryServer: "{HOST}/main/"
npmAuthToken: ${{TOKEN}}
npmScopes:
  bank:
    npmRegistryServer: {HOST}/bank/
    npmAuthIdent: "ann:pw"
  "bad/scope":
    npmRegistryServer: {HOST}/no/
  lone:
    npmAuthToken: alone
npmRegistries:
  "//packages.example.com/bank2":
    npmAuthToken: two
enableStrictSsl: false
unsafeHttpWhitelist:
  - "*.example.com"
  - a b
"""


def test_yarn_scopes_logins_and_risks() -> None:
    found = read(yarn, ("yarnrc", "npmRegistryServer: https://user.example.com/\n"), ("yarnrc", YARN))
    assert told(found) == [("/main/", ALL, "2:2"), ("/bank/", BANK, "2:6")]
    assert logins(found) == [None, ("ann", "pw")]
    assert found.secrets == ("2:7", "2:11", "2:14")
    assert risky(found) == [
        ("no-verify", "unsafeHttpWhitelist *.example.com", "2:17"),
        ("no-verify", "unsafeHttpWhitelist -", "2:18"),
        ("no-verify", "enableStrictSsl: false", "2:15"),
    ]


def test_yarn_variables() -> None:
    text = f'npmRegistries:\n  "{HOST}/main":\n    npmAuthToken: ${{TOKEN}}\n'
    environment = {"YARN_NPM_REGISTRY_SERVER": f"{HOST}/main/", "TOKEN": "t"}
    found = read(yarn, ("yarnrc", text), environment=environment)
    assert told(found) == [("/main/", ALL, "environment YARN_NPM_REGISTRY_SERVER")]
    assert logins(found) == [("", "t")]
    assert logins(read(yarn, environment={**environment, "YARN_NPM_AUTH_TOKEN": "v"})) == [("", "v")]
    assert read(yarn, ("yarnrc", ""), environment={"YARN_NPM_AUTH_TOKEN": "v"}).endpoints == ()
