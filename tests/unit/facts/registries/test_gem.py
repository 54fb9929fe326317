"""Registries of Ruby gems. Fixtures after the RubyGems.org API reference and the compact index."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.model.fact import Unknown
from unit.facts.registries.served import Served, ask

COMPONENT = "pkg:gem/rack"
SUM, OTHER = "ab" * 32, "cd" * 32
API, COMPACT, OWNERS = "api/v1/versions/rack.json", "info/rack", "api/v1/gems/rack/owners.json"


def release(number: str, created: str, **fields: Any) -> dict[str, Any]:
    told = {
        "number": number,
        "platform": "ruby",
        "created_at": created,
        "licenses": ["MIT"],
        "metadata": {"rubygems_mfa_required": "true", "source_code_uri": "https://git.example.com/rack"},
        "sha": SUM,
        "prerelease": False,
    }
    return told | fields


FULL: dict[str, Any] = {
    API: [
        release("3.0.0", "2024-03-01T00:00:00.000Z"),
        release("3.0.0", "2024-02-01T00:00:00.000Z", platform="java", sha=OTHER),
        release("2.0.0", "2023-03-01T00:00:00.000Z", licenses=["MIT", "Ruby"], metadata={}),
        release("1.0.0", "2022-03-01T00:00:00.000Z", licenses=None),
        release("4.0.0.pre1", "2025-03-01T00:00:00.000Z"),
    ],
    OWNERS: [{"id": 1, "handle": "wang.wu"}, {"id": 2, "handle": None}],
}
INFO = f"---\n2.0.0 |checksum:{SUM}\n3.0.0-java a:>= 1&< 2,b:~> 3|checksum:{OTHER},ruby:>= 3\n"


def test_the_json_api_tells_licence_time_digests_and_owners():
    told = ask(COMPONENT, ["3.0.0", "2.0.0", "1.0.0"], FULL)
    assert (told["3.0.0", "licence"], told["1.0.0", "licence"]) == ("MIT", "")
    assert told["2.0.0", "licence"] == Unknown("licence.several", (("text", "MIT, Ruby"),))
    assert told["3.0.0", "published"] == "2024-02-01T00:00:00Z"
    assert told.all("digest", "3.0.0") == (f"sha256:{SUM}", f"sha256:{OTHER}")
    assert (told["3.0.0", "mfa"], told["2.0.0", "mfa"]) == ("yes", "no")
    assert told["3.0.0", "repository"] == "https://git.example.com/rack"
    assert told["3.0.0", "install-code"] == Unknown("not-served")
    assert (told["latest"], told["releases"], told["begun"]) == ("3.0.0", "3", "2022-03-01T00:00:00Z")
    assert told["maintainer"] == "wang.wu"


def test_the_compact_index_is_read_where_it_is_all_there_is():
    told = ask(COMPONENT, ["2.0.0", "3.0.0"], {COMPACT: INFO})
    assert told["2.0.0", "digest"] == f"sha256:{SUM}"
    assert (told["3.0.0", "present"], told["3.0.0", "digest"]) == ("yes", f"sha256:{OTHER}")
    for name in ("licence", "published", "mfa", "repository"):
        assert told["2.0.0", name] == Unknown("not-served")
    assert (told["latest"], told["released"]) == ("3.0.0", Unknown("not-served"))


def test_a_version_that_is_missing_below_the_highest_was_withdrawn():
    told = ask(COMPONENT, ["2.5.0", "9.0.0"], FULL)
    assert (told["2.5.0", "present"], told["2.5.0", "yanked"]) == ("no", "yanked")
    assert (told["9.0.0", "present"], told["9.0.0", "yanked"]) == ("no", Unknown("absent"))


@pytest.mark.parametrize("files", [{}, {API: []}, {COMPACT: "---\n"}])
def test_an_unknown_gem_is_absent(files):
    assert ask(COMPONENT, [], files)["present"] == "no"


def test_a_failing_api_is_the_reason_where_there_is_no_compact_index_either():
    assert ask(COMPONENT, ["1.0.0"], {API: Unknown("timeout")})["1.0.0", "licence"] == Unknown("timeout")


@pytest.mark.parametrize("answer", ["<html>", {"error": 1}, [{"x": 1}], "{"])
def test_what_is_no_list_of_versions_proves_nothing(answer):
    told = ask(COMPONENT, [], {API: answer})
    assert isinstance(told["present"], Unknown)


def test_names_that_climb_are_never_asked_for():
    served = Served({})
    assert isinstance(ask("pkg:gem/..", [], served)["present"], Unknown)
    assert served.asked == []
