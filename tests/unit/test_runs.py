"""A run that was kept decides the same again, from its own words alone, and a document nobody wrote is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import osgate
from osgate import pipeline, runs
from osgate.decide import Law
from osgate.errors import Undecided, UsageError
from osgate.model.decision import LedgerView, Post
from osgate.model.fact import FactSource, Unknown
from osgate.model.gap import Gap
from osgate.model.policy import Policy, Project
from osgate.model.verdict import Stamp, Verdict
from osgate.pipeline import Given
from osgate.policy.baseline import Entry
from osgate.reports.json_report import to_json
from osgate.runs.codec import Codec, Malformed
from rules import making, strategies

FOLDER = Path(osgate.__file__).parent / "reports/schemas"
SCHEMA, VERDICT = (json.loads((FOLDER / f"{name}-1.schema.json").read_text("utf-8")) for name in ("run", "verdict"))
STAMP = Stamp(42, making.record_id("aa"), making.record_id("bb"), "2026-11-20T00:00:00Z", "2026-12-20", 90)
TOLD = ("publisher", "trust", "install-code", "yanked", "status", "released", "present", "repository")
VALUES = st.one_of(strategies.WORDS, st.sampled_from(["yes", "no", "archived", "2019-01-01"]), st.none())


def facts() -> st.SearchStrategy[Any]:
    """What a store tells of every version, some of it unknown; None for a place without a store."""
    one = st.tuples(st.sampled_from(TOLD), VALUES)
    listed = st.lists(one, max_size=3).map(
        lambda pairs: [{"name": n, "unknown": "not-served"} if v is None else {"name": n, "value": v} for n, v in pairs]
    )
    advisories = st.lists(st.sampled_from([{"id": "GHSA-1"}, {"id": "MAL-1", "kind": "malicious"}]), max_size=2)
    return st.one_of(st.none(), st.tuples(listed, advisories))


def law(view: LedgerView | None, policy: Policy, told: Any, baseline: bool, mode: str) -> Law:
    entry = Entry("pkg:npm/left-pad@1.3.0", "package-lock.json", ("OSG101",), "li.si", "2027-01-01")
    project = Project("payments/app", environments=("prod",), distribution="internal")
    fixed = (view, policy, project, "2026-11-21T08:00:00Z", mode, {entry.key: entry} if baseline else {})
    if told is None:
        return Law(*fixed)
    mit = {"name": "licence", "value": "MIT"}
    return Law(
        *fixed,
        known=lambda asked: (Post("licence", "MIT", "x"),),
        facts=lambda asked, version: making.facts(asked.component + f"@{version or 1}", [mit, *told[0]], told[1]),
        sources=(FactSource("npm/all.zip", "advisories", "2026-11-01", age=20),),
    )


def kept(intake: making.IntakeRecord, held_against: Law, look: Any = None) -> tuple[bytes, Verdict]:
    keeper = runs.Keeper()
    found, asked = keeper(intake, held_against, Given("HEAD", "index", STAMP, gaps=(Gap("x", "old"),)), look)
    verdict = pipeline.judged(intake, found, Given("HEAD", "index", STAMP, gaps=(Gap("x", "old"),)), asked)
    return keeper.data("staged", "en", verdict), verdict


@settings(max_examples=60)
@given(
    strategies.intakes(),
    st.one_of(st.none(), strategies.views()),
    strategies.policies(),
    facts(),
    st.booleans(),
    st.sampled_from(["observe", "enforce-new", "enforce-all"]),
    strategies.views(),
)
def test_what_was_kept_decides_the_same_again(intake, view, policy, told, baseline, mode, others) -> None:
    data, verdict = kept(intake, law(view, policy, told, baseline, mode), lambda keys: others)
    run, version, before = runs.read(data)
    assert runs.again(run) == verdict
    assert (before, version) == (to_json(verdict), osgate.__version__)
    assert run.intake == intake
    assert (run.policy, run.view) == (policy, view)


def test_the_published_schema_is_what_the_writer_writes() -> None:
    assert runs.schema() == SCHEMA
    items = [making.introduced("pkg:npm/left-pad@1.4.0", change="upgraded", previous=["1.3.0"], licence="MIT")]
    told = ([{"name": "yanked", "value": "broken"}, {"name": "publisher", "unknown": "not-served"}], [{"id": "GHSA-1"}])
    view = making.view([making.standing("pkg:npm/left-pad", range="vers:npm/1.3.0", fence=[("licence", "MIT", "x")])])
    data, _ = kept(making.intake(items), law(view, making.policy(), told, True, "enforce-all"), lambda keys: view)
    document = json.loads(data)
    registry = Registry().with_resource(VERDICT["$id"], Resource.from_contents(VERDICT))
    checker = Draft202012Validator(SCHEMA, registry=registry)
    assert (
        list(Draft202012Validator(SCHEMA["$defs"]["Run"] | {"$defs": SCHEMA["$defs"]}).iter_errors(document["run"]))
        == []
    )
    del document["verdict"]["findings"]
    document["run"]["policy"]["secret"] = "x"
    assert {next(iter(error.path)) for error in checker.iter_errors(document)} == {"run", "verdict"}


def test_what_the_ledger_could_not_tell_is_kept_as_that() -> None:
    def damaged(keys: list[str]) -> LedgerView:
        raise Undecided("snapshot.damaged", path="x")

    intake = making.intake([making.introduced("pkg:npm/left-pad@1.3.0")])
    data, verdict = kept(intake, law(making.view(), making.policy(), None, False, "enforce-new"), damaged)
    run, _, _ = runs.read(data)
    assert run.looked[0].view is None
    assert runs.again(run) == verdict


def document() -> dict[str, Any]:
    intake = making.intake([making.introduced("pkg:npm/left-pad@1.3.0")])
    data, _ = kept(intake, law(making.view(), making.policy(), ([], []), False, "enforce-new"))
    found: dict[str, Any] = json.loads(data)
    return found


def test_another_osgate_would_be_noticed() -> None:
    altered = document()
    altered["run"]["policy"]["rules"]["OSG101"]["outcome"] = "warn"
    run, _, before = runs.read(json.dumps(altered).encode())
    assert to_json(runs.again(run)) != before


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("schema",), "osgate.run/2"),
        (("more",), 1),
        (("verdict",), []),
        (("run",), None),
        (("run", "now"), 7),
        (("run", "pipeline"), 1),
        (("run", "strange"), ""),
        (("run", "intake", "introduced"), "all"),
        (("run", "intake", "introduced", 0, "dependency", "line"), True),
        (("run", "intake", "moved"), [["a"]]),
        (("run", "policy", "tiers"), [1]),
        (("run", "policy", "tiers"), {}),
        (("run", "view", "standings"), {"pkg:npm/left-pad": [{"effect": "approve"}]}),
        (("run", "facts", 0, "facts"), {"purl": "x", "advisories": {"found": [3]}}),
    ],
)
def test_a_document_that_nobody_wrote_is_refused(place: tuple[str | int, ...], value: object) -> None:
    altered: Any = document()
    inside = altered
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    with pytest.raises(UsageError, match=r"run\.(malformed|not-json|not-a-run|fields|senseless)"):
        runs.again(runs.read(json.dumps(altered).encode())[0])


@pytest.mark.parametrize("data", [b"", b"[]", b"nonsense", b"\xff", b"[" * 5000, b'{"schema": "osgate.run/1"}', b"NaN"])
def test_bytes_that_are_no_run_are_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"run\.(malformed|not-json|not-a-run|fields|senseless)"):
        runs.read(data)


def test_a_field_that_an_older_document_lacks_has_its_default() -> None:
    older = document()
    del older["run"]["policy"]["facts"]
    assert runs.read(json.dumps(older).encode())[0].policy == making.policy()


def test_a_codec_reads_nothing_but_its_kinds() -> None:
    codec = Codec([Gap, Unknown])
    assert codec.from_json("tuple[Gap, ...] | None", None) is None
    assert codec.from_json("str | Unknown", {"reason": "offline"}) == Unknown("offline")
    assert codec.from_json("Gap", codec.to_json(Gap("a", "b", (("c", "d"),)))) == Gap("a", "b", (("c", "d"),))
    for hint, data in (("int", True), ("str", None), ("dict[str, int]", []), ("tuple[str, int]", ["a"]), ("Gap", {})):
        with pytest.raises(Malformed):
            codec.from_json(hint, data)
