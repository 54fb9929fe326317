"""Facts that files hand in: end of life, curations, Scorecard, popular names."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.facts import curations, imported, lifecycle, popular, scorecard
from osgate.facts.imported import Imported
from osgate.model.fact import Unknown
from osgate.versions import cycles

NOW = "2026-11-22T08:00:00Z"
READERS = (lifecycle.read, curations.read, scorecard.read, popular.read)


def told(found: Imported, name: str = "") -> dict[str, list[Any]]:
    """Purl -> values of the facts `name`."""
    values: dict[str, list[Any]] = {}
    for fact in found.facts:
        if name in ("", fact.name):
            values.setdefault(fact.purl, []).append(fact.value)
    return values


def product(**more: Any) -> dict[str, Any]:
    """As endoflife.date has them."""
    release = {
        "releaseCycle": "3.11",
        "releaseDate": "2022-10-24",
        "eol": "2027-10-31",
        "lts": "false",
        "latest": "3.11.9",
    }
    usual = {"id": "python", "identifiers": ["pkg:generic/python", "cpe:/a:python:python"], "releases": [release]}
    return {**usual, **more}


def test_each_cycle_of_a_product_is_a_fact_of_each_component_it_names() -> None:
    releases = [
        {"releaseCycle": "3.1", "eol": "2012-04-09", "releaseDate": "2009-06-27", "latestReleaseDate": "2012-04-09"},
        {"releaseCycle": "3.11", "eol": "2027-10-31", "eoas": "2024-04-01", "lts": "false"},
        {"releaseCycle": "3.12", "eol": "false", "eoes": "true", "releaseDate": "2199-01-01"},
        {"releaseCycle": "3.13", "eol": "2027-02-31"},
    ]
    document = [product(identifiers=["pkg:generic/Python", "pkg:PyPI/CPython", "repology:python"], releases=releases)]
    found = lifecycle.read(json.dumps(document).encode(), "endoflife.json", NOW)
    assert (found.records, found.newest, found.problem, found.refused) == (1, "2012-04-09", None, ())
    values = told(found, "cycle")
    assert list(values) == ["pkg:generic/Python", "pkg:pypi/cpython"]
    assert json.loads(values["pkg:pypi/cpython"][1]) == {
        "product": "python",
        "cycle": "3.11",
        "eol": "2027-10-31",
        "support": "2024-04-01",
        "lts": False,
        "extended": None,
    }
    read = [cycles.read(value) for value in values["pkg:pypi/cpython"]]
    known = [cycle for cycle in read if cycle is not None]
    states = {
        v: cycles.state(cycles.cycle_of(known, v), "2027-09-15", 60) for v in ("3.1.5", "3.11.9", "3.12", "3.13.0")
    }
    assert states == {"3.1.5": "ended", "3.11.9": "near", "3.12": "supported", "3.13.0": "unknown"}
    assert {fact.date for fact in found.facts} == {"2012-04-09"}


def test_the_api_of_endoflife_date_says_the_same_as_its_files() -> None:
    release = {
        "name": "3.11",
        "eolFrom": "2027-10-31",
        "isEol": False,
        "isLts": False,
        "latest": {"date": "2026-01-01"},
    }
    api = {"result": [{"name": "python", "identifiers": [{"id": "pkg:generic/python"}], "releases": [release]}]}
    found = lifecycle.read(json.dumps(api).encode(), "full.json", NOW)
    assert told(found) == told(lifecycle.read(json.dumps([product()]).encode(), "x", NOW))
    assert found.newest == "2026-01-01"


def test_what_is_no_product_is_told_and_the_others_are_read() -> None:
    found = lifecycle.read(
        json.dumps([7, product(), product(id="", releases=[]), product(releases=None)]).encode(), "x", NOW
    )
    assert found.records == 1
    assert [(reason, count) for reason, count, _ in found.refused] == [("no-cycles", 3)]
    assert lifecycle.read(b'{"a": 1}', "x", NOW).problem == Unknown("malformed", (("detail", "no list of products"),))


def test_a_curation_is_the_licence_of_exactly_its_revision() -> None:
    rows: list[list[Any]] = [
        ["npm", "@bank", "ui", "1.0.0", "MIT"],
        ["crate", None, "serde", "1.0.1", "MIT OR Apache-2.0"],
        ["maven", "org.example", "lib", "1.0", "NONE"],
        ["go", "example.com%2Fgroup", "mod", "v1.2.0", "OTHER"],
        ["pypi", "-", "Flask_Login", "0.6", "BSD-3-Clause"],
        ["nowhere", "", "x", "1", "MIT"],
        ["npm", None, "x", "1", None],
    ]
    lines = b"\n".join(json.dumps(row).encode() for row in rows) + b"\n{broken\n"
    found = curations.read(gzip.compress(lines), "curations x.jsonl.gz", NOW)
    assert told(found) == {
        "pkg:npm/%40bank/ui@1.0.0": ["MIT"],
        "pkg:cargo/serde@1.0.1": ["MIT OR Apache-2.0"],
        "pkg:maven/org.example/lib@1.0": [""],
        "pkg:golang/example.com/group/mod@v1.2.0": [Unknown("licence.vague", (("text", "OTHER"),))],
        "pkg:pypi/flask-login@0.6": ["BSD-3-Clause"],
    }
    assert [(reason, count) for reason, count, _ in found.refused] == [
        ("licence.empty", 1),
        ("malformed", 1),
        ("no-purl", 1),
    ]


def test_curations_in_yaml_keep_revisions_as_they_are_written() -> None:
    text = """
coordinates: {type: npm, provider: npmjs, namespace: null, name: left-pad}
revisions:
  1.10: {licensed: {declared: WTFPL}}
  2.0.0: {described: {releaseDate: 2020-01-01}}
"""
    found = curations.read(text.encode(), "curations left-pad.yaml", NOW)
    assert told(found) == {"pkg:npm/left-pad@1.10": ["WTFPL"]}
    assert [(reason, names) for reason, _, names in found.refused] == [("licence.empty", ("2.0.0",))]


def result(
    name: str = "github.com/example/lib", score: object = 6.13, maintained: object = None, reason: str = ""
) -> dict[str, Any]:
    """As `scorecard --format json` prints it."""
    checks = [{"name": "Maintained", "score": maintained, "reason": reason}] if reason else []
    return {"date": "2026-10-01", "repo": {"name": name, "commit": "0" * 40}, "score": score, "checks": checks}


def test_results_of_scorecard_one_or_many_become_facts_of_their_repository() -> None:
    archived = {
        **result("github.com/Example/Old", 2, 0, "project is archived"),
        "metadata": ["pkg:npm/Old"],
    }
    several = b"\n".join(json.dumps(one).encode() for one in (result(maintained=9, reason="30 commits"), archived))
    several += b'\n{"no": "result"}\n'
    found = scorecard.read(several, "scorecard all.json", NOW)
    assert told(found, "scorecard") == {
        "pkg:github/example/lib": ["6.1"],
        "pkg:github/example/old": ["2.0"],
        "pkg:npm/Old": ["2.0"],
    }
    assert told(found, "maintained")["pkg:github/example/lib"] == ["9"]
    statuses = told(found, "status")
    assert (statuses["pkg:github/example/lib"], statuses["pkg:npm/Old"]) == ([""], ["archived"])
    assert (found.records, found.newest) == (2, "2026-10-01")
    assert [(reason, count) for reason, count, _ in found.refused] == [("malformed", 1)]
    indented = scorecard.read(json.dumps(result(), indent=2).encode(), "x", NOW)
    assert told(indented, "scorecard") == {"pkg:github/example/lib": ["6.1"]}


@pytest.mark.parametrize("score", [-1, 11, True, "7", None, float("1e308")])
def test_a_score_that_is_none_is_unknown(score: object) -> None:
    found = scorecard.read(json.dumps(result(score=score)).encode(), "x", NOW)
    assert told(found, "scorecard") == {"pkg:github/example/lib": [Unknown("not-served")]}


def test_popular_names_have_their_rank() -> None:
    names = "npm\t@babel/core\t12\npypi\tFlask\t3\nmaven\torg.example:lib\t1\nnpm\t@babel/core\t9\n\nnpm\tx\n"
    found = popular.read(f"# made 2026-10-01\n{names}".encode(), "popular.tsv", NOW)
    assert told(found) == {"pkg:npm/%40babel/core": ["9"], "pkg:pypi/flask": ["3"], "pkg:maven/org.example/lib": ["1"]}
    assert (found.records, found.newest, {fact.date for fact in found.facts}) == (3, "2026-10-01", {"2026-10-01"})
    assert found.refused == (("malformed", 1, ("npm\\tx",)),)


def test_no_file_tells_more_than_a_store_should_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "MAX_FACTS", 1)
    monkeypatch.setattr(curations, "MAX_FACTS", 1)
    monkeypatch.setattr(popular, "_MOST", 1)
    rows = b'["npm", null, "a", "1", "MIT"]\n\n["npm", null, "b", "1", "MIT"]'
    found = [
        lifecycle.read(json.dumps([product(), product(id="other")]).encode(), "x", NOW),
        curations.read(rows, "x", NOW),
        popular.read(b"npm\ta\t1\nnpm\tb\t2\n", "x", NOW),
    ]
    assert [len(one.facts) for one in found] == [1, 1, 1]
    assert [one.problem for one in found] == [Unknown("too-large"), Unknown("too-large"), None]
    assert found[2].refused == (("too-large", 1, ("npm\\tb\\t2",)),)


def test_names_that_are_none_are_passed_over_and_told() -> None:
    ids = ["pkg:npm/a", "pkg:npm/a", "pkg:nothing", "pkg:npm/"]
    releases = [{"releaseCycle": "1"}, {"releaseCycle": 1}]
    found = lifecycle.read(json.dumps([product(identifiers=ids, releases=releases)]).encode(), "x", NOW)
    assert (list(told(found)), [(reason, n) for reason, n, _ in found.refused]) == (
        ["pkg:npm/a"],
        [("no-cycles", 1), ("no-purl", 2)],
    )
    text = "npm\t a\t1\nnpm\tx\t0\nnpm\t\t1\nNPM\ta\t1\nnpm\tb\u202e\t1\nnpm\tgood\t1\n"
    assert list(told(popular.read(text.encode(), "x", NOW))) == ["pkg:npm/good"]
    metadata = scorecard.read(json.dumps({**result("nowhere"), "metadata": ["pkg:x", 7, "text"]}).encode(), "x", NOW)
    assert [(reason, n) for reason, n, _ in metadata.refused] == [("no-purl", 2)]


def test_of_two_results_for_one_repository_the_newer_counts() -> None:
    older = {**result(score=1), "date": "2026-09-01"}
    for several in ([result(), older], [older, result()]):
        found = scorecard.read(json.dumps(several).encode(), "x", NOW)
        assert told(found, "scorecard") == {"pkg:github/example/lib": ["6.1"]}


def test_a_bomb_and_a_file_that_is_cut_short_are_refused() -> None:
    bomb = gzip.compress(b"\n" * 10_000_000)
    assert imported.unpacked(bomb, 1_000_000) == Unknown("too-large")
    assert imported.unpacked(b"x" * 11, 10) == Unknown("too-large")
    cut = imported.unpacked(bomb[:-20])
    assert isinstance(cut, Unknown)
    assert cut.reason == "malformed"
    assert imported.unpacked(gzip.compress(b"a") + gzip.compress(b"b")) == b"ab"
    for read in (curations.read, scorecard.read, popular.read):
        assert read(bomb[:-20], "x", NOW).problem == cut


HOSTILE = [b"", b"null", b"[[[]]]", b"[" * 100_000, b"<html>", b"\xff\xfe\0", b"{}", b'{"revisions": 1}', b"a: &a [*a]"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.sampled_from(
                ["id", "identifiers", "releases", "releaseCycle", "eol", "repo", "name", "score", "checks", "metadata"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("data", HOSTILE)
def test_what_is_none_of_it_tells_nothing_and_says_so(read: Callable[..., Imported], data: bytes) -> None:
    found = read(data, "x", NOW)
    assert found.facts == ()
    assert found.problem is not None or (read is lifecycle.read and data == b"[[[]]]")


@settings(max_examples=60)
@given(VALUES)
def test_no_value_breaks_a_reader(value: object) -> None:
    data = json.dumps(value).encode()
    for read in READERS:
        for fact in read(data, "x", NOW).facts:
            assert fact.purl.startswith("pkg:")
