"""Go module proxies. Fixtures after the Go Modules Reference, "GOPROXY protocol" and "go.mod files"."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.facts.registries import golang
from osgate.model.fact import Unknown
from unit.facts.registries.served import Served, ask

COMPONENT = "pkg:golang/git.example.com/Bank/pad/v2"
AT = "git.example.com/!bank/pad/v2/@v"
MOD = """// Deprecated: use git.example.com/bank/pad/v3
// instead of this.
module git.example.com/Bank/pad/v2

go 1.24

// published by mistake
retract v2.0.1
retract (
    [v2.1.0, v2.1.9] // leaks memory
    v2.2.0
)
"""


def info(version: str, time: str) -> dict[str, Any]:
    origin = {"VCS": "git", "URL": "https://user:secret@git.example.com/Bank/pad.git"}
    return {"Version": version, "Time": time, "Origin": origin}


FULL: dict[str, Any] = {
    f"{AT}/list": "v2.0.0\nv2.0.1\nv2.3.0\nv2.1.5\nv2.4.0-rc.1\n",
    f"{AT}/v2.3.0.mod": MOD,
    f"{AT}/v2.0.0.info": info("v2.0.0", "2020-01-01T00:00:00Z"),
    f"{AT}/v2.0.1.info": info("v2.0.1", "2020-01-02T00:00:00+08:00"),
    f"{AT}/v2.1.5.info": info("v2.1.5", "2021-01-02T00:00:00Z"),
    f"{AT}/v2.3.0.info": info("v2.3.0", "2023-01-02T00:00:00Z"),
}


def test_a_proxy_tells_times_retractions_and_deprecation():
    told = ask(COMPONENT, ["v2.0.0", "v2.0.1", "v2.1.5"], FULL)
    assert (told["present"], told["latest"], told["releases"]) == ("yes", "v2.3.0", "4")
    assert (told["begun"], told["released"]) == ("2020-01-01T00:00:00Z", "2023-01-02T00:00:00Z")
    assert told["status"] == "deprecated"
    assert told["v2.0.0", "deprecated"] == "use git.example.com/bank/pad/v3"
    assert [told[version, "yanked"] for version in ("v2.0.0", "v2.0.1", "v2.1.5")] == [
        "",
        "published by mistake",
        "leaks memory",
    ]
    assert told["v2.0.1", "published"] == "2020-01-01T16:00:00Z"
    assert told["v2.0.0", "repository"] == "https://git.example.com/Bank/pad"
    assert told["v2.0.0", "install-code"] == "no"
    assert told["v2.0.0", "licence"] == told["v2.0.0", "digest"] == Unknown("not-served")


def test_a_retracted_release_is_never_the_latest():
    mod = MOD + "retract v2.3.0\n"
    assert ask(COMPONENT, [], FULL | {f"{AT}/v2.3.0.mod": mod})["latest"] == "v2.0.0"


def test_a_commit_that_is_in_no_list_is_told_where_the_proxy_has_it():
    version = "v2.0.0-20210102030405-abcdef123456"
    told = ask(COMPONENT, [version, "2.0.0"], FULL | {f"{AT}/{version}.info": info(version, "2021-01-02T03:04:05Z")})
    assert (told[version, "present"], told[version, "published"]) == ("yes", "2021-01-02T03:04:05Z")
    assert told["2.0.0", "present"] == "yes"


def test_a_module_without_releases_has_its_newest_commit():
    version = "v0.0.0-20210102030405-abcdef123456"
    at = "git.example.com/x/@v"
    files = {
        f"{at}/list": "",
        "git.example.com/x/@latest": {"Version": version, "Time": "2021-01-02T03:04:05Z"},
        f"{at}/{version}.mod": "module git.example.com/x\n",
    }
    told = ask("pkg:golang/git.example.com/x", [], files)
    assert (told["present"], told["latest"], told["releases"], told["status"]) == ("yes", "", "0", "active")


@pytest.mark.parametrize("files", [{}, {f"{AT}/list": ""}, {f"{AT}/list": 404}])
def test_an_unknown_module_is_absent(files):
    told = ask(COMPONENT, ["v2.0.0"], files)
    assert told["present"] == told["v2.0.0", "present"] == "no"


def test_a_version_that_is_not_there_is_absent():
    assert ask(COMPONENT, ["v2.9.9"], FULL)["v2.9.9", "present"] == "no"


def test_without_a_go_mod_nobody_knows_what_was_taken_back():
    told = ask(COMPONENT, ["v2.0.0"], FULL | {f"{AT}/v2.3.0.mod": Unknown("timeout")})
    assert told["v2.0.0", "yanked"] == told["v2.0.0", "deprecated"] == told["status"] == Unknown("timeout")
    assert told["v2.0.0", "present"] == "yes"


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_times_that_cannot_be_are_not_believed(time):
    told = ask(COMPONENT, ["v2.0.0"], FULL | {f"{AT}/v2.0.0.info": info("v2.0.0", time)})
    assert told["v2.0.0", "published"] == Unknown("mirror-time")


@pytest.mark.parametrize("version", ["../../secret", "v1/../x", "v2.0.0\n", "v2.0.0?x", "v2.0.0#x"])
def test_versions_that_are_none_are_never_asked_for(version):
    served = Served(FULL)
    told = ask(COMPONENT, [version], served)
    assert not [path for path in served.asked if "secret" in path or "\n" in path or "?" in path or "#" in path]
    assert isinstance(told[version, "present"], Unknown)


@pytest.mark.parametrize("name", ["..%2Fx", "a%20b", "%21x", "-x"])
def test_names_that_are_no_modules_are_never_asked_for(name):
    served = Served({})
    assert isinstance(ask(f"pkg:golang/{name}", [], served)["present"], Unknown)
    assert served.asked == []


@pytest.mark.parametrize(
    ("mod", "deprecated"),
    [
        ("module x // Deprecated: gone\n", "gone"),
        ("// Deprecated:\nmodule x\n", "deprecated"),
        ("// Not Deprecated: at all\nmodule x\n", ""),
        ("// Deprecated: an old comment\n\nmodule x\n", ""),
        ("module x\n// Deprecated: of the line below\ngo 1.20\n", ""),
        ("module (\n  x // Deprecated: in a block\n)\n", "in a block"),
    ],
)
def test_a_module_is_deprecated_by_the_comment_on_its_module_line(mod, deprecated):
    assert golang.module(mod.encode()).deprecated == deprecated


def test_what_no_retraction_names_is_not_retracted():
    module = golang.module(b"module x\nretract [v1.0.0, v1.5.0]\nretract nonsense here\nretract [v1\n")
    assert [module.yanked(version) for version in ("v0.9.0", "v1.0.0", "v1.5.0", "v1.5.1")] == [
        "",
        "yanked",
        "yanked",
        "",
    ]
