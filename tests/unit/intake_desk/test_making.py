"""Composing records and seals."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import Mistakes, UsageError
from osgate.intake_desk import composing, sealing
from osgate.intake_desk.verbs.context import Desk, within
from osgate.intake_desk.weigh import Refusal, Weighed
from osgate.ledger import codec, records, signatures
from osgate.model.dependency import Dependency, Source
from osgate.model.policy import Terms
from osgate.model.record import replace
from osgate.purl import parse
from osgate.testing import records as make
from osgate.testing.clock import START
from osgate.testing.keys import SigningKey
from osgate.testing.policies import valid_policy

KEY = SigningKey("wang.wu")
FIELDS = {"subjects": [make.subject()], "kind": "component", "channel": "community", "reason": "needed"}


def test_a_composed_record_is_complete_and_signed_over_what_its_id_covers() -> None:
    record = composing.compose("request", "wang.wu", START, {**FIELDS, "owner": "", "supersedes": []}, KEY.decision)
    assert records.problems(record) == []
    assert "owner" not in record
    assert "supersedes" not in record
    value = record["signature"]["value"]
    assert signatures.verify(value, codec.signed_bytes(record), signatures.DECISION) == KEY.public


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_signed() -> None:
    def never(message: bytes) -> str:
        raise AssertionError("signed a record that is wrong")

    fields = {"subjects": [make.subject("pkg:npm/left-pad@1.3.0", "vers:nonsense")], "kind": "thing", "reason": "x"}
    with pytest.raises(Mistakes) as caught:
        composing.compose("request", "wang.wu", START, fields, never)
    assert {m.code for m in caught.value.mistakes} == {"not-canonical", "not-a-range", "not-one-of"}
    with pytest.raises(Mistakes) as caught:
        composing.compose("approve", "wang.wu", START, {}, never)
    assert {m.params["key"] for m in caught.value.mistakes} == {"request", "role", "reason", "expires"}


def dependency(component: str, version: str, **more: object) -> Dependency:
    return replace(Dependency(component, version, f"{component}@{version}", "package-lock.json"), **more)


def test_a_closure_is_one_subject_a_component_and_range() -> None:
    found = composing.subjects(
        [
            dependency("pkg:npm/b", "1.2.0", source=Source("registry", "https://registry.example.test/b.tgz")),
            dependency("pkg:npm/a", "2.0.0", install_code=True),
            dependency("pkg:npm/b", "1.1.0"),
            dependency("pkg:npm/b", "1.2.0"),
            dependency("pkg:npm/a", "3.0.0"),
            dependency("pkg:npm/c", ""),
        ],
        "",
    )
    assert [(s["purl"], s.get("versions")) for s in found] == [
        ("pkg:npm/a", ["2.0.0"]),
        ("pkg:npm/a", ["3.0.0"]),
        ("pkg:npm/b", ["1.1.0"]),
        ("pkg:npm/b", ["1.2.0"]),
        ("pkg:npm/c", None),
    ]
    assert found[0]["install_code"] is True
    assert found[-1]["range"] == "vers:npm/*"
    assert found[3]["sources"] == ["https://registry.example.test/b.tgz"]
    (all_of_b,) = composing.subjects([dependency("pkg:npm/b", "1.2.0"), dependency("pkg:npm/b", "1.1.0")], "vers:npm/*")
    assert all_of_b["versions"] == ["1.1.0", "1.2.0"]


def test_every_subject_of_a_request_has_the_scopes_asked_for() -> None:
    wanted = [dependency("pkg:npm/a", "1.0.0"), dependency("pkg:npm/b", "1.0.0")]
    assert [s["scope"] for s in composing.subjects(wanted, "", ["test", "dev"])] == [["dev", "test"]] * 2
    assert [s.get("scope") for s in composing.subjects(wanted)] == [None, None]


@pytest.mark.parametrize(
    ("purl", "range", "subject"),
    [
        ("pkg:npm/x", "", {"purl": "pkg:npm/x"}),
        ("pkg:npm/x@1.0.0", "", {"purl": "pkg:npm/x", "range": "vers:npm/1.0.0"}),
        ("pkg:npm/x@1.0.0", "vers:npm/*", {"purl": "pkg:npm/x", "range": "vers:npm/*"}),
        ("pkg:npm/x@<2.0.0", "", {"purl": "pkg:npm/x", "range": "vers:npm/<2.0.0"}),
        ("pkg:npm/@a/x@>=1.0.0|<2.0.0", "", {"purl": "pkg:npm/%40a/x", "range": "vers:npm/>=1.0.0|<2.0.0"}),
        ("pkg:pypi/X_y@1.0|2.0", "", {"purl": "pkg:pypi/x-y", "range": "vers:pypi/1.0|2.0"}),
        ("pkg:npm/x@*", "", {"purl": "pkg:npm/x", "range": "vers:npm/*"}),
    ],
)
def test_a_purl_names_a_version_bounds_or_everything(purl: str, range: str, subject: dict[str, str]) -> None:
    assert composing.subject(parse(purl), range) == subject
    assert composing.subject(parse(purl), range, ["dev"]) == {**subject, "scope": ["dev"]}
    assert records.problems(make.block(subjects=[subject])) == []


def test_bounds_that_are_no_range_are_a_mistake_of_the_record() -> None:
    wrong = composing.subject(parse("pkg:npm/x@<2 >1"))
    assert {code for _, code, _ in records.problems(make.block(subjects=[wrong]))} == {"not-a-range"}


def test_limits_are_read_by_the_words_people_use() -> None:
    assert composing.limits("project:a, system:b c,class:tool,environment:dev,scope:test") == {
        "projects": ["a", "b c"],
        "classes": ["tool"],
        "environments": ["dev"],
        "scope": ["test"],
    }
    for wrong in ("", "a", "projects:a", "project:", "project:a,", "scope"):
        with pytest.raises(UsageError) as caught:
            composing.limits(wrong)
        assert caught.value.code == "limit.malformed"


@pytest.mark.parametrize(
    ("day", "days", "expected"), [("2026-11-21", 365, "2027-11-21"), ("2028-02-28", 1, "2028-02-29")]
)
def test_without_jitter_an_approval_ends_so_many_days_later(day: str, days: int, expected: str) -> None:
    assert composing.default_expiry(day, days, "pkg:npm/x", Terms(jitter=0)) == expected


@settings(max_examples=80)
@given(st.integers(1, 400), st.text(max_size=20), st.integers(0, 60), st.integers(0, 380), st.integers(0, 40))
def test_an_end_is_one_that_the_desk_accepts_and_never_in_a_freeze(
    days: int, key: str, jitter: int, from_day: int, length: int
) -> None:
    start = date(2026, 11, 21) + timedelta(days=from_day)
    freeze = ((start.isoformat(), (start + timedelta(days=length)).isoformat()),)
    terms = Terms(jitter=jitter, freeze=freeze)
    end = composing.default_expiry("2026-11-21", days, key, terms)
    policy = replace(valid_policy().policy, terms=terms)
    within(end, Desk(policy, {}, START, 1, "", {}, {}, {}), days)  # raises where the desk would refuse it
    assert not freeze[0][0] <= end <= freeze[0][1]
    assert end == composing.default_expiry("2026-11-21", days, key, terms)
    assert (date.fromisoformat(end) - date(2026, 11, 21)).days >= days - max(jitter - 1, 0)
    assert 2 * (date.fromisoformat(end) - date(2026, 11, 21)).days >= days


def test_approvals_of_one_day_end_on_thirty_days_about_evenly() -> None:
    ends = Counter(
        composing.default_expiry("2026-11-21", 365, f"pkg:npm/name-{number}", Terms()) for number in range(3000)
    )
    assert (min(ends), max(ends), len(ends)) == ("2027-10-23", "2027-11-21", 30)
    # 100 are expected a day; six standard deviations of a fair spread are 60.
    assert 40 < min(ends.values()) <= max(ends.values()) < 160


def test_a_seal_names_what_it_takes_in_what_it_refused_and_the_one_before() -> None:
    request = make.request(subjects=[make.subject(install_code=True), make.subject("pkg:npm/b", "vers:npm/*")])
    item = make.sealed(request, 3)
    refusal = Refusal("sha256:00", "osgate/x:records/y", "edited", {"person": "p"})
    seal = sealing.seal(3, "sha256:before", START, Weighed((item,), (refusal,), ()), "sha256:policy", KEY.snapshot)
    assert (seal["serial"], seal["previous"], seal["ids"]) == (3, "sha256:before", [request["id"]])
    assert seal["refused"] == [{"subject": "sha256:00", "place": "osgate/x:records/y", "code": "edited"}]
    assert seal["witness"][request["id"]]["roles"] == ["tech", "legal"]
    (assessment,) = seal["assessments"]
    assert [fact["purl"] for fact in assessment["facts"]] == ["pkg:npm/left-pad"], "the other has no facts at hand"
    assert assessment["digest"] == codec.digest(codec.canonical(assessment["facts"]))
    signer = signatures.verify(seal["signature"]["value"], codec.signed_bytes(seal), signatures.SNAPSHOT)
    assert signer == KEY.public


def test_the_policy_digest_changes_with_path_and_content_only() -> None:
    one = sealing.policy_digest({"a": b"1", "b": b"2"})
    assert one == sealing.policy_digest({"b": b"2", "a": b"1"})
    assert len({one, sealing.policy_digest({"a": b"2", "b": b"1"}), sealing.policy_digest({"a": b"1"})}) == 3


def test_the_commit_of_a_seal_names_each_record_in_a_line() -> None:
    request = make.request()
    items = [make.sealed(request, 3), make.sealed(make.approve(request, "li.si", "legal"), 3)]
    assert sealing.messages(items).splitlines() == [
        f"request {codec.short(items[0].id)} by wang.wu",
        f"approve {codec.short(items[1].id)} by li.si",
    ]
    assert sealing.messages([]) == ""
