"""Fixtures are written by hand after npm's registry API (package metadata) and package.json(5)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from osgate.model.fact import Unknown
from unit.facts.registries.served import OFFLINE, Served, Told, ask

COMPONENT = "pkg:npm/left-pad"
NOT_SERVED = Unknown("not-served")
SHA512 = "cd" * 64
INTEGRITY = f"sha512-{base64.b64encode(bytes.fromhex(SHA512)).decode()}"


def one(version: str, **more: Any) -> dict[str, Any]:
    dist = {"integrity": INTEGRITY, "shasum": "ab" * 20, "tarball": "https://packages.example.com/x.tgz"}
    return {"name": "left-pad", "version": version, "dist": dist | more.pop("dist", {})} | more


def packument(*versions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"_id": "left-pad", "name": "left-pad", "versions": {each["version"]: each for each in versions}} | more


def told(*versions: str, body: Any) -> Told:
    return ask(COMPONENT, versions, {"left-pad": body})


USER = {"name": "zhang.san", "email": "zhang.san@example.com"}
FULL = packument(
    one(
        "1.0.0",
        license="WTFPL",
        _npmUser=USER,
        deprecated="use String.prototype.padStart()",
        scripts={"test": "node t"},
    ),
    one(
        "1.1.0",
        license={"type": "MIT", "url": "https://example.com"},
        _npmUser=USER | {"trustedPublisher": {"id": "github", "oidcConfigId": "oidc:1"}},
        repository={"type": "git", "url": "git+https://u:p@git.example.com/left-pad.git"},
        scripts={"postinstall": "node setup.js"},
        dist={"attestations": {"url": "https://x", "provenance": {"predicateType": "https://slsa.dev/provenance/v1"}}},
    ),
    one("2.0.0-rc.1", license="MIT", _npmUser=USER, gypfile=True, dist={"signatures": [{"keyid": "k", "sig": "MEU="}]}),
    maintainers=[USER, {"name": "li.si"}, {"email": "nobody"}],
    time={
        "created": "2015-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "1.0.0": "2015-01-01T00:00:00.123Z",
        "1.1.0": "2018-04-09T00:00:00.000Z",
        "2.0.0-rc.1": "2019-04-09T00:00:00.000Z",
        "0.0.9": "2014-01-01T00:00:00.000Z",
    },
)


def test_everything_that_a_full_packument_serves() -> None:
    found = told("1.0.0", "1.1.0", "2.0.0-rc.1", body=FULL)
    assert found["present"] == "yes"
    assert (found["latest"], found["releases"], found["status"]) == ("1.1.0", "2", "active")
    assert (found["begun"], found["released"]) == ("2015-01-01T00:00:00Z", "2018-04-09T00:00:00Z")
    assert found.all("maintainer") == ("zhang.san", "li.si")
    assert found["1.0.0", "deprecated"] == "use String.prototype.padStart()"
    assert found["1.0.0", "install-code"] == "no"
    assert found["1.0.0", "licence"] == "WTFPL"
    assert found["1.0.0", "repository"] == ""
    assert found["1.0.0", "trust"] == "none"
    assert found["1.1.0", "deprecated"] == ""
    assert found["1.1.0", "install-code"] == "yes"
    assert found["1.1.0", "licence"] == "MIT"
    assert found["1.1.0", "trust"] == "attested"
    assert found.all("publisher", "1.1.0") == ("zhang.san", "trusted-publisher:github")
    assert found["1.1.0", "repository"] == "https://git.example.com/left-pad"
    assert found["1.1.0", "digest"] == f"sha512:{SHA512}"
    assert found["1.1.0", "published"] == "2018-04-09T00:00:00Z"
    assert found["2.0.0-rc.1", "install-code"] == "yes"
    assert found["2.0.0-rc.1", "trust"] == "signed"


# The shape of data.md 1.1: no who, no warnings, no signatures; `time` is when the mirror fetched each version.
REDUCED = packument(
    *(
        one(f"0.{minor}.{patch}", license="MIT", scripts={"test": "x"})
        for minor, patch in ((14, 33), (17, 19), (19, 12), (25, 1))
    ),
    time={
        "0.14.33": "2026-09-29T11:02:11.000Z",
        "0.17.19": "2026-09-02T08:15:00.000Z",
        "0.19.12": "2026-08-30T08:15:00.000Z",
        "0.25.1": "2026-08-14T06:00:00.000Z",
    },
)


def test_a_reduced_mirror_drops_who_and_warnings_and_tells_its_own_times() -> None:
    found = told("0.14.33", body=REDUCED)
    for name in ("deprecated", "publisher", "trust", "repository"):
        assert found["0.14.33", name] == NOT_SERVED
    assert found["0.14.33", "published"] == Unknown("mirror-time")
    assert found["released"] == found["begun"] == Unknown("mirror-time")
    assert found["0.14.33", "licence"] == "MIT"
    assert found["0.14.33", "install-code"] == "no"
    assert (found["status"], found["maintainer"], found["latest"]) == (NOT_SERVED, NOT_SERVED, "0.25.1")


def test_an_abbreviated_packument_knows_warnings_and_scripts_and_no_times() -> None:
    body = packument(
        one("1.0.0", hasInstallScript=True), one("1.1.0", deprecated="gone"), modified="2026-01-01T00:00:00.000Z"
    )
    found = told("1.0.0", "1.1.0", body=body)
    assert (found["1.0.0", "install-code"], found["1.1.0", "install-code"]) == ("yes", "no")
    assert (found["1.0.0", "deprecated"], found["1.1.0", "deprecated"]) == ("", "gone")
    for name in ("published", "licence", "repository", "publisher", "trust"):
        assert found["1.0.0", name] == NOT_SERVED
    assert found["begun"] == NOT_SERVED


def test_a_mirror_without_scripts_does_not_say_that_there_are_none() -> None:
    assert told("1.0.0", body=packument(one("1.0.0", license="MIT"), time={}))["1.0.0", "install-code"] == NOT_SERVED


@pytest.mark.parametrize("script", ["preinstall", "install", "postinstall"])
def test_what_npm_runs_at_installation_is_install_code(script: str) -> None:
    body = packument(one("1.0.0", scripts={script: "x"}), one("1.1.0", scripts={"prepare": "x", "test": "x"}))
    found = told("1.0.0", "1.1.0", body=body)
    assert (found["1.0.0", "install-code"], found["1.1.0", "install-code"]) == ("yes", "no")


def test_a_removed_package_that_answers_without_versions_is_not_present() -> None:
    for body in (packument(), {"name": "left-pad", "versions": {}}, {"error": "not_found"}):
        found = told("1.0.0", body=body)
        assert (found["present"], found["1.0.0", "present"]) == ("no", "no")
        assert found["1.0.0", "licence"] == Unknown("absent")


def test_a_name_that_nobody_has_and_a_version_that_is_not_there() -> None:
    assert ask(COMPONENT, ["1.0.0"], {})["present"] == "no"
    found = told("9.0.0", body=FULL)
    assert (found["present"], found["9.0.0", "present"], found["9.0.0", "licence"]) == ("yes", "no", Unknown("absent"))


def test_a_registry_that_does_not_answer_leaves_everything_unknown() -> None:
    found = ask(COMPONENT, ["1.0.0"], Served({}, OFFLINE))
    assert {fact.value for fact in found.facts} == {OFFLINE}
    page = told("1.0.0", body="<html>Sign in</html>")
    assert {fact.value for fact in page.facts} == {Unknown("html")}


@pytest.mark.parametrize(
    ("component", "path"),
    [
        ("pkg:npm/%40bank/string-tools", "@bank%2fstring-tools"),
        ("pkg:npm/JSONStream", "JSONStream"),
        ("pkg:npm/%40Bank/Über", "@Bank%2f%C3%9Cber"),
    ],
)
def test_names_are_asked_for_as_npm_does(component: str, path: str) -> None:
    served = Served({path: packument(one("1.0.0"))})
    assert ask(component, [], served)["present"] == "yes"
    assert served.asked == [path]


@pytest.mark.parametrize("component", ["pkg:npm/..", "pkg:npm/%2e%2e", "pkg:npm/%40../x"])
def test_a_name_that_would_lead_elsewhere_is_never_asked_for(component: str) -> None:
    served = Served({})
    found = ask(component, ["1.0.0"], served)
    assert [path for path in served.asked if ".." in path.split("%2f")] == []
    assert found["present"] == "no" or isinstance(found["present"], Unknown)


@pytest.mark.parametrize(
    ("fields", "licence", "written"),
    [
        ({"license": "(MIT OR Apache-2.0)"}, "MIT OR Apache-2.0", "(MIT OR Apache-2.0)"),
        ({"licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]}, "MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ({"license": ["MIT"]}, "MIT", "MIT"),
        ({"license": {"name": "ISC"}}, "ISC", "ISC"),
        ({}, "", ""),
        ({"license": ""}, "", ""),
        ({"licenses": []}, "", ""),
    ],
)
def test_all_forms_of_the_licence_field(fields: dict[str, Any], licence: str, written: str) -> None:
    found = told("1.0.0", body=packument(one("1.0.0", **fields), one("0.1.0", license="MIT")))
    assert (found["1.0.0", "licence"], found["1.0.0", "licence-declared"]) == (licence, written)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"license": "SEE LICENSE IN eula.txt"}, "licence.in-file"),
        ({"license": "My Own"}, "licence.name"),
        ({"license": 5}, "malformed"),
        ({"license": {"kind": "MIT"}}, "malformed"),
        ({"licenses": ["MIT", {}]}, "malformed"),
        ({"licenses": ["MIT"] * 21}, "licence.too-large"),
    ],
)
def test_a_licence_that_nobody_can_read_is_unknown(fields: dict[str, Any], reason: str) -> None:
    licence = told("1.0.0", body=packument(one("1.0.0", **fields)))["1.0.0", "licence"]
    assert isinstance(licence, Unknown)
    assert licence.reason == reason


def test_warnings_in_all_their_forms() -> None:
    body = packument(one("1.0.0", deprecated=True), one("1.1.0", deprecated=""), one("1.2.0", deprecated=False))
    found = told("1.0.0", "1.1.0", "1.2.0", body=body)
    assert [found[version, "deprecated"] for version in ("1.0.0", "1.1.0", "1.2.0")] == ["deprecated", "", ""]
    assert (found["status"], found["latest"]) == ("active", "1.2.0")
    gone = told(body=packument(one("1.0.0", deprecated="x"), one("1.1.0", deprecated="x")))
    assert (gone["status"], gone["latest"]) == ("deprecated", "1.1.0")


def test_old_versions_have_a_sha1_only_and_broken_integrity_is_none() -> None:
    body = packument(
        one("1.0.0", dist={"integrity": None}), one("1.1.0", dist={"integrity": "sha512-? sha1-!", "shasum": "x"})
    )
    found = told("1.0.0", "1.1.0", body=body)
    assert found["1.0.0", "digest"] == f"sha1:{'ab' * 20}"
    assert found["1.1.0", "digest"] == NOT_SERVED


@pytest.mark.parametrize(
    ("written", "address"),
    [("github:bank/tools", "bank/tools"), ("bank/tools", "bank/tools"), ("a/b/c", ""), (["x"], "")],
)
def test_short_forms_of_a_repository(written: object, address: str) -> None:
    found = told("1.0.0", body=packument(one("1.0.0", repository=written)))["1.0.0", "repository"]
    assert isinstance(found, str)
    assert found.partition("://")[2].partition("/")[2] == address


@pytest.mark.parametrize("written", ["v1.1.0", "=1.1.0", "= v1.1.0"])
def test_a_version_that_somebody_wrote_by_hand_is_the_one_that_npm_takes(written: str) -> None:
    found = told(written, body=FULL)
    assert (found[written, "present"], found[written, "licence"]) == ("yes", "MIT")
    assert found[written, "published"] == "2018-04-09T00:00:00Z"


def test_a_version_that_was_taken_back_is_not_there() -> None:
    found = told("1.0.0", "1.1.0", body=packument(one("1.0.0")) | {"versions": {"1.0.0": None, "1.1.0": one("1.1.0")}})
    assert (found["1.0.0", "present"], found["1.1.0", "present"]) == ("no", "yes")


def test_a_publisher_through_a_service_alone() -> None:
    user = {"name": "GitHub Actions", "trustedPublisher": {"id": "github"}}
    assert told("1.0.0", body=packument(one("1.0.0", _npmUser=user)))["1.0.0", "trust"] == "trusted-publisher"


def test_what_a_package_writes_of_itself_does_not_prove_that_a_registry_told_all() -> None:
    """A mirror made of package.json files: `maintainers`, and what older clients wrote, come from the package."""
    own = {"maintainers": [USER], "author": USER, "_npmVersion": "2.1.0", "license": "MIT", "scripts": {"test": "x"}}
    found = told("1.0.0", body=packument(one("1.0.0", **own), one("1.1.0", **own), maintainers=[USER]))
    assert {found["1.0.0", name] for name in ("deprecated", "publisher", "trust")} == {NOT_SERVED}
    assert found["status"] == NOT_SERVED
    assert found["1.0.0", "licence"] == "MIT"
    known = told("1.0.0", body=packument(one("1.0.0", **own, _npmUser=USER)))
    assert (known["1.0.0", "deprecated"], known["1.0.0", "trust"], known["status"]) == ("", "none", "active")
