"""Registries of Rust crates. Fixtures after the Cargo book, "Registry Index" and "Registry Web API"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osgate.model.fact import Unknown
from unit.facts.registries.served import Served, ask

COMPONENT = "pkg:cargo/Serde_Tools"
SUM = "ab" * 32


def row(version: str, **fields: Any) -> str:
    told = {"name": "Serde_Tools", "vers": version, "deps": [], "cksum": SUM, "features": {}, "yanked": False}
    return json.dumps(told | fields)


INDEX = "\n".join([row("1.0.0"), row("1.1.0", yanked=True), row("1.2.0", links="z"), row("2.0.0-rc.1"), ""])
API = "https://packages.example.com/cargo"
VERSIONS = [
    {
        "num": "1.0.0",
        "license": "MIT/Apache-2.0",
        "created_at": "2024-01-02T03:04:05.678901+00:00",
        "published_by": {"login": "li.si"},
        "trustpub_data": None,
    },
    {"num": "1.1.0", "license": "non-standard", "created_at": "2024-02-02T03:04:05Z", "yank_message": "broken\nbuild"},
    {"num": "1.2.0", "license": None, "created_at": "2024-03-02T03:04:05Z", "trustpub_data": {"provider": "github"}},
    {"num": ["1.3.0"], "license": 1},
]
FULL: dict[str, Any] = {
    "config.json": {"dl": f"{API}/dl", "api": f"{API}/"},
    "se/rd/serde_tools": INDEX,
    f"{API}/api/v1/crates/Serde_Tools": {
        "crate": {"id": "Serde_Tools", "repository": "https://user:secret@git.example.com/serde.git"},
        "versions": VERSIONS,
    },
    f"{API}/api/v1/crates/Serde_Tools/owners": {"users": [{"login": "wang.wu"}, {"login": "zhang.san"}]},
}


def test_a_full_registry_tells_everything_it_has():
    told = ask(COMPONENT, ["1.0.0", "1.1.0", "1.2.0"], FULL)
    assert told["1.0.0", "licence"] == "MIT OR Apache-2.0"
    assert told["1.0.0", "licence-declared"] == "MIT/Apache-2.0"
    assert told["1.0.0", "published"] == "2024-01-02T03:04:05Z"
    assert told["1.0.0", "yanked"] == ""
    assert (told["1.0.0", "publisher"], told["1.0.0", "trust"]) == ("li.si", "none")
    assert told["1.0.0", "digest"] == f"sha256:{SUM}"
    assert told["1.0.0", "install-code"] == Unknown("not-served")
    assert told["1.0.0", "repository"] == "https://git.example.com/serde"
    assert told["1.1.0", "yanked"] == "broken build"
    assert told["1.2.0", "licence"] == ""
    assert (told["1.2.0", "publisher"], told["1.2.0", "trust"]) == ("trusted-publisher:github", "trusted-publisher")
    assert told["1.2.0", "install-code"] == "yes"
    assert (told["present"], told["latest"], told["releases"]) == ("yes", "1.2.0", "3")
    assert (told["begun"], told["released"]) == ("2024-01-02T03:04:05Z", "2024-03-02T03:04:05Z")
    assert told.all("maintainer") == ("wang.wu", "zhang.san")


def test_an_index_without_api_tells_digest_and_yanked_and_what_it_does_not_serve():
    told = ask(COMPONENT, ["1.1.0"], {"se/rd/serde_tools": INDEX})
    assert (told["1.1.0", "yanked"], told["1.1.0", "digest"]) == ("yanked", f"sha256:{SUM}")
    for name in ("licence", "licence-declared", "published", "publisher", "trust", "repository"):
        assert told["1.1.0", name] == Unknown("not-served")
    assert told["latest"] == "1.2.0"
    assert told["maintainer"] == told["released"] == Unknown("not-served")


def test_an_api_on_another_host_is_told_as_such():
    api = f"{API}/api/v1/crates/Serde_Tools"
    told = ask(COMPONENT, ["1.0.0"], FULL | {api: Unknown("redirect")})
    assert told["1.0.0", "licence"] == told["1.0.0", "published"] == Unknown("redirect")
    assert told["1.0.0", "digest"] == f"sha256:{SUM}"


def test_the_time_that_an_index_line_has_is_taken_where_there_is_no_api():
    index = row("1.0.0", pubtime="2024-05-06T07:08:09Z")
    assert ask(COMPONENT, ["1.0.0"], {"se/rd/serde_tools": index})["1.0.0", "published"] == "2024-05-06T07:08:09Z"


def test_a_mirror_that_fetched_everything_in_an_hour_does_not_tell_when_it_was_published():
    index = "\n".join(row(f"1.{n}.0", pubtime=f"2026-09-29T10:{n:02}:00Z") for n in range(8))
    assert ask(COMPONENT, ["1.0.0"], {"se/rd/serde_tools": index})["1.0.0", "published"] == Unknown("mirror-time")


@pytest.mark.parametrize("answer", [404, ""])
def test_a_name_that_is_not_there_is_absent(answer):
    told = ask(COMPONENT, ["1.0.0"], {"se/rd/serde_tools": answer})
    assert told["present"] == told["1.0.0", "present"] == "no"
    assert told["1.0.0", "licence"] == Unknown("absent")


def test_a_version_that_is_not_there_is_absent():
    told = ask(COMPONENT, ["9.9.9"], FULL)
    assert (told["present"], told["9.9.9", "present"]) == ("yes", "no")


@pytest.mark.parametrize(
    ("name", "path"),
    [("a", "1/a"), ("Ab", "2/ab"), ("abC", "3/a/abc"), ("abcd", "ab/cd/abcd"), ("a-b_c", "a-/b_/a-b_c")],
)
def test_the_path_of_a_crate_in_the_index(name, path):
    served = Served({})
    ask(f"pkg:cargo/{name}", [], served)
    assert served.asked == [path]


@pytest.mark.parametrize("name", ["..%2Fx", "a%2Fb", "%E5%BC%80", "x" * 65])
def test_names_that_are_no_crates_are_never_asked_for(name):
    served = Served({})
    told = ask(f"pkg:cargo/{name}", ["1.0.0"], served)
    assert served.asked == []
    assert isinstance(told["present"], Unknown)


@pytest.mark.parametrize(
    "index", [row("1.0.0", name="other"), "{}", "[]", "{", row("1.0.0", vers=None), row("1.0.0") + "\nnull"]
)
def test_an_index_with_a_line_of_something_else_proves_nothing(index):
    told = ask(COMPONENT, ["1.0.0"], {"se/rd/serde_tools": index})
    assert isinstance(told["present"], Unknown)
    assert told["present"].reason == told["1.0.0", "digest"].reason == "malformed"


def test_a_version_that_stands_there_twice_has_both_digests_and_the_worse_of_both():
    index = "\n".join([row("1.0.0"), row("1.0.0", cksum="cd" * 32, yanked=True)])
    told = ask(COMPONENT, ["1.0.0"], {"se/rd/serde_tools": index})
    assert told.all("digest", "1.0.0") == (f"sha256:{SUM}", f"sha256:{'cd' * 32}")
    assert told["1.0.0", "yanked"] == "yanked"


def test_a_page_is_no_index():
    assert ask(COMPONENT, [], {"se/rd/serde_tools": "<html>"})["present"] == Unknown("html")
