"""What counts of all that is told: the institution's word first, of several registries the one that warns."""

from __future__ import annotations

from pathlib import Path

import pytest

from osgate.facts import store as stores
from osgate.facts.gather import Gathered
from osgate.facts.store import Store
from osgate.model.dependency import Dependency
from osgate.model.fact import Fact, Unknown
from osgate.model.fact_policy import Override
from osgate.required import aged, stale

PAD, VERSION = "pkg:npm/left-pad", "pkg:npm/left-pad@1.3.0"
NOW = "2026-11-21T00:00:00Z"
HERE, THERE = "packages.example.com (npm)", "a.example.com (npm)"
LEFT_PAD = Dependency(PAD, "1.3.0", VERSION, "package-lock.json", 3)


def fact(name: str, value: str | Unknown, source: str = HERE, purl: str = VERSION, date: str = NOW) -> Fact:
    """One fact of left-pad."""
    return Fact(purl, name, value, source, date)


def gathered(tmp_path: Path, *facts: Fact, overrides: tuple[Override, ...] = ()) -> Gathered:
    """A store in which these are told, and no index."""
    path = str(tmp_path / "facts.sqlite")
    stores.create(path)
    kept = Store(path, write=True)
    kept.put(facts, NOW)
    kept.close()
    return Gathered(Store(path), None).overridden(overrides, NOW[:10])


@pytest.mark.parametrize("purl", [PAD, VERSION])
def test_the_institutions_word_counts_first_of_the_component_as_of_the_version(tmp_path: Path, purl: str) -> None:
    own = Override(purl, "deprecated", "", "about the old repository", "2027-01-01", "policy/facts.toml:3")
    found = gathered(tmp_path, fact("deprecated", "use padStart"), overrides=(own,)).of(LEFT_PAD, "1.3.0")
    counts = found.one("deprecated")
    assert counts is not None
    assert (counts.value, counts.source) == ("", "policy policy/facts.toml:3")


def test_what_has_expired_counts_no_more(tmp_path: Path) -> None:
    own = Override(PAD, "deprecated", "", "for a time", NOW[:10], "policy/facts.toml:3")
    assert gathered(tmp_path, fact("deprecated", "gone"), overrides=(own,)).of(LEFT_PAD, "1.3.0").value(
        "deprecated"
    ) == ("gone")


@pytest.mark.parametrize(
    ("name", "calm", "grave"),
    [
        ("yanked", "", "steals tokens"),
        ("deprecated", "", "use padStart"),
        ("status", "active", "quarantined"),
        ("trust", "attested", "none"),
        ("install-code", "no", "yes"),
        ("published", "2010-01-01T00:00:00Z", "2026-11-20T00:00:00Z"),
    ],
)
def test_of_registries_that_disagree_the_one_counts_that_warns(
    tmp_path: Path, name: str, calm: str, grave: str
) -> None:
    for number, (first, second) in enumerate(((HERE, THERE), (THERE, HERE))):
        (tmp_path / str(number)).mkdir()
        told = gathered(tmp_path / str(number), fact(name, calm, first), fact(name, grave, second))
        assert told.of(LEFT_PAD, "1.3.0").value(name) == grave


def test_of_several_licences_all_have_to_be_met(tmp_path: Path) -> None:
    told = gathered(tmp_path, fact("licence", "MIT"), fact("licence", "AGPL-3.0-only OR MIT", THERE))
    assert told.of(LEFT_PAD, "1.3.0").value("licence") == "(AGPL-3.0-only OR MIT) AND (MIT)"


def test_a_registry_is_no_curation_whatever_its_host_is_called(tmp_path: Path) -> None:
    told = gathered(tmp_path, fact("yanked", "", "policy (npm)"), fact("yanked", "steals tokens"))
    assert told.of(LEFT_PAD, "1.3.0").value("yanked") == "steals tokens"
    assert {source.name for source in told.sources([LEFT_PAD])} == {"policy (npm)", HERE}


def test_what_a_manifest_does_not_say_is_told_by_nobody(tmp_path: Path) -> None:
    silent = Dependency(PAD, "1.3.0", VERSION, "package-lock.json", 3, licence="")
    assert gathered(tmp_path).of(silent, "1.3.0").one("licence-declared") is None


def test_no_digest_is_part_of_a_fence(tmp_path: Path) -> None:
    told = gathered(tmp_path, fact("digest", "sha512:ab"), fact("publisher", "wang.wu"))
    assert [post.fact for post in told.known(LEFT_PAD)] == ["publisher"]


def test_a_source_is_as_old_as_the_oldest_it_told_of_what_comes_in(tmp_path: Path) -> None:
    other = Dependency("pkg:npm/is-odd", "1.0.0", "pkg:npm/is-odd@1.0.0", "package-lock.json", 9)
    old = Fact(other.purl, "licence", "MIT", HERE, "2020-01-01T00:00:00Z")
    (source,) = aged(gathered(tmp_path, fact("licence", "MIT"), old).sources([LEFT_PAD, other]), NOW[:10])
    assert (source.name, source.kind, source.date, source.age) == (HERE, "registry", "2020-01-01", 2516)


def test_a_source_that_never_answered_is_no_fresh_one(tmp_path: Path) -> None:
    silent = fact("licence", Unknown("unreachable", (("detail", "refused"),)))
    (source,) = aged(gathered(tmp_path, silent).sources([LEFT_PAD]), NOW[:10])
    assert (source.date, source.age, source.problem) == ("", -1, "silent")
    assert [problem.path for problem in stale((source,), {"registry": 30})] == [HERE]


def test_an_empty_store_is_none_and_a_version_that_is_not_there_was_not_seen(tmp_path: Path) -> None:
    assert gathered(tmp_path).lacks() == ("store", "index")
    (tmp_path / "more").mkdir()
    told = gathered(tmp_path / "more", fact("present", "no"), fact("licence", Unknown("absent")))
    assert told.lacks() == ("index",)
    assert told.of(LEFT_PAD, "1.3.0").first_seen == ""
