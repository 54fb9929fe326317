"""The shape of a record: each thing that can be wrong with one, all at once, by place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import Refused
from osgate.ledger import codec, records
from osgate.model.finding import NEVER_EXCUSED
from osgate.testing.records import (
    answer,
    approve,
    block,
    break_glass,
    confirm,
    endorse,
    renew,
    request,
    restrict,
    retire,
    subject,
    suspend,
    take_over,
    undo,
    waive,
)

REQUEST = request()
REJECT = answer("reject", REQUEST, "li.si", "legal")
ONE_OF_EACH = {
    "request": REQUEST,
    "assess": answer("assess", REQUEST, "li.si", "security"),
    "approve": approve(REQUEST, "zhang.san", "tech"),
    "reject": REJECT,
    "revoke": undo("revoke", REJECT, "li.si", "legal"),
    "block": block(),
    "unblock": undo("unblock", block(), "li.si", "incident"),
    "suspend": suspend(),
    "restrict": restrict(projects=["payments"]),
    "waive": waive(),
    "retire": retire(),
    "renew": renew(REQUEST, "zhang.san", "tech"),
    "import": take_over(),
    "endorse": endorse("sha256:" + "0" * 64),
}


def wrong(record, **changes) -> list[tuple[str, str]]:
    """(place, code) of everything wrong with `record` after `changes` (None removes), its id made anew."""
    body = {key: value for key, value in {**record, **changes}.items() if value is not None}
    made = body if "id" in changes else codec.identify(body)
    return [(".".join(map(str, place)), code) for place, code, _ in records.problems(made)]


@pytest.mark.parametrize("verb", records.REQUIRED)
def test_one_of_each_verb_is_right_and_needs_its_fields(verb):
    record = ONE_OF_EACH[verb]
    assert records.problems(record) == []
    for key in records.REQUIRED[verb]:
        assert ("", "missing-for-verb") in wrong(record, **{key: None})
    for key in ("schema", "verb", "person", "stated_at", "signature"):
        assert ("", "missing-key") in wrong(record, **{key: None})


@pytest.mark.parametrize(
    ("changes", "place", "code"),
    [
        ({"schema": "osgate.record/9"}, "schema", "not-one-of"),
        ({"verb": "aprove"}, "verb", "not-one-of"),
        ({"person": ""}, "person", "empty"),
        ({"person": 7}, "person", "wrong-type"),
        ({"stated_at": "2026-11-21"}, "stated_at", "wrong-type"),
        ({"stated_at": "2026-11-21T06:00:00+08:00"}, "stated_at", "wrong-type"),
        ({"stated_at": "2026-02-30T06:00:00Z"}, "stated_at", "wrong-type"),
        ({"stated_at": "２０２６-11-21T06:00:00Z"}, "stated_at", "wrong-type"),
        ({"signature": {"alg": "pgp", "value": "x"}}, "signature.alg", "not-one-of"),
        ({"signature": {"alg": "sshsig"}}, "signature", "missing-key"),
        ({"subjects": []}, "subjects", "empty"),
        ({"subjects": [subject("left-pad")]}, "subjects.0.purl", "not-a-purl"),
        ({"subjects": [subject("pkg:npm/left-pad@1.3.0")]}, "subjects.0.purl", "not-canonical"),
        ({"subjects": [subject("pkg:pypi/Left_Pad", "")]}, "subjects.0.purl", "not-canonical"),
        ({"subjects": [subject(range=">=1.0")]}, "subjects.0.range", "not-a-range"),
        ({"subjects": [subject(range="vers:pypi/*")]}, "subjects.0.range", "range-of-other-type"),
        ({"subjects": [subject(), subject()]}, "subjects.1", "subject-twice"),
        ({"subjects": [subject(range="")]}, "subjects.0", "missing-for-verb"),
        ({"subjects": [subject(digests=["abc"])]}, "subjects.0.digests.0", "not-a-digest"),
        ({"subjects": [subject(scope=["production"])]}, "subjects.0.scope.0", "not-one-of"),
        ({"subjects": [subject(install_code="yes")]}, "subjects.0.install_code", "wrong-type"),
        ({"subjects": [subject(purpose="x")]}, "subjects.0.purpose", "unknown-key"),
        ({"supersedes": ["4be1"]}, "supersedes.0", "not-an-id"),
        ({"evidence": [{"name": "scan", "digest": "md5"}]}, "evidence.0.digest", "not-a-digest"),
        ({"evidence": [{"reference": "OA-1", "size": -1}]}, "evidence.0.size", "too-small"),
        ({"evidence": [{"name": "scan", "size": 1}]}, "evidence.0", "evidence-of-nothing"),
        ({"channel": "a friend"}, "channel", "not-one-of"),
        ({"channel": None}, "", "missing-for-verb"),
        ({"operating_model": "none"}, "operating_model", "not-one-of"),
        ({"distribution": "all"}, "distribution", "not-one-of"),
        ({"by": "2026-12-31"}, "by", "not-for-verb"),
        ({"severity": "high"}, "severity", "not-for-verb"),
        ({"break_glass": True}, "break_glass", "not-for-verb"),
        ({"issuer": "a lab"}, "issuer", "not-for-verb"),
        ({"subjects": [subject(row=3)]}, "subjects.0.row", "not-for-verb"),
        ({"projects": "payments"}, "projects", "wrong-type"),
        ({"projects": [""]}, "projects.0", "empty"),
        ({"classes": ["tools"]}, "classes.0", "not-one-of"),
        ({"rules": ["OSG101"]}, "rules", "not-for-verb"),
        ({"type": "technical"}, "type", "not-for-verb"),
        ({"type": "legal"}, "type", "not-one-of"),
        ({"confirms": REQUEST["id"]}, "confirms", "not-for-verb"),
        ({"environments": "prod"}, "environments", "wrong-type"),
        ({"resaon": "x"}, "resaon", "unknown-key"),
    ],
)
def test_each_mistake_has_its_place_and_code(changes, place, code):
    assert wrong(REQUEST, **changes) == [(place, code)]


def test_an_unknown_key_comes_with_what_it_may_mean():
    ((_, _, params),) = records.problems({**REQUEST, "resaon": "x"})
    assert params == {"key": "resaon", "close": "reason"}


def test_everything_at_once():
    assert len(wrong(REQUEST, person="", kind="thing", subjects=[subject("x"), subject(range="y")], extra=1)) == 5


@pytest.mark.parametrize("expires", ["2026-11-21", "2026-01-01"])
def test_an_expiry_lies_after_the_day_it_was_decided(expires):
    assert wrong(ONE_OF_EACH["approve"], expires=expires) == [("expires", "expires-before-stated")]
    assert wrong(ONE_OF_EACH["approve"], expires="2026-11-22") == []


def test_a_block_may_do_without_a_range():
    assert wrong(block(), subjects=[subject(range=""), subject()]) == []


BROKEN = break_glass(REQUEST)
APPROVAL = ONE_OF_EACH["approve"]


@pytest.mark.parametrize(
    ("record", "changes", "place", "code"),
    [
        (BROKEN, {"expires_at": None}, "", "missing-for-verb"),
        (BROKEN, {"incident": None}, "", "missing-for-verb"),
        (BROKEN, {"expires": "2027-01-01"}, "expires", "not-with-break-glass"),
        (BROKEN, {"expires_at": "2026-11-23"}, "expires_at", "wrong-type"),
        (
            APPROVAL,
            {"expires_at": "2026-11-23T00:00:00Z"},
            "expires_at",
            "only-with-break-glass",
        ),
        (approve(REQUEST, "zhang.san", "tech"), {"expires": None}, "", "missing-for-verb"),
        (ONE_OF_EACH["assess"], {"valid_until": "2026-11-21"}, "valid_until", "expires-before-stated"),
        (confirm(retire(), "li.si", "legal"), {"by": "2027-01-01"}, "by", "not-with-confirms"),
        (retire(), {"by": None}, "", "missing-for-verb"),
        (take_over(), {"review_by": None}, "", "missing-for-verb"),
        (take_over(), {"subjects": [subject(range="", row=2)]}, "subjects.0", "missing-for-verb"),
        (endorse("sha256:" + "0" * 64), {"policy": "abc"}, "policy", "not-a-digest"),
    ],
)
def test_what_each_verb_of_the_lifecycle_says(record, changes, place, code):
    assert wrong(record) == []
    assert wrong(record, **changes) == [(place, code)]


def test_rows_of_a_ledger_that_was_taken_over_may_tell_one_component_twice():
    assert wrong(take_over(), subjects=[subject(row=2), subject(row=9, remarks="again")]) == []


@pytest.mark.parametrize(
    ("key", "value"), [("scope", ["dev"]), ("digests", ["sha256:" + "0" * 64]), ("sources", ["x"])]
)
def test_what_is_taken_over_says_nothing_that_nobody_keeps(key, value):
    assert wrong(take_over(), subjects=[subject(row=2, **{key: value})]) == [(f"subjects.0.{key}", "not-for-verb")]
    assert wrong(ONE_OF_EACH["request"], subjects=[subject(**{key: value})]) == []


def test_a_family_is_asked_for_and_never_taken_over():
    family = subject("pkg:npm/%40img/sharp-*")
    assert wrong(ONE_OF_EACH["request"], subjects=[family]) == []
    assert wrong(take_over(), subjects=[family]) == [("subjects.0.purl", "import-of-family")]


@pytest.mark.parametrize("verb", sorted(set(records.REQUIRED) - {"request", "restrict", "approve"}))
def test_limits_are_refused_where_nothing_would_keep_them(verb):
    assert wrong(ONE_OF_EACH[verb], environments=["dev"]) == [("environments", "not-for-verb")]
    if verb != "waive":
        assert wrong(ONE_OF_EACH[verb], projects=["a"], classes=["tool"]) == [
            ("projects", "not-for-verb"),
            ("classes", "not-for-verb"),
        ]


@pytest.mark.parametrize(
    ("changes", "right"),
    [
        ({"projects": None}, False),
        ({"projects": []}, False),
        ({"projects": None, "classes": ["tool"]}, True),
        ({"projects": None, "environments": ["dev"]}, True),
        ({"projects": None, "subjects": [subject(scope=["dev"]), subject("pkg:npm/a")]}, False),
        ({"projects": None, "subjects": [subject(scope=["dev"]), subject("pkg:npm/a", scope=["test"])]}, True),
    ],
)
def test_a_restriction_says_what_it_leaves(changes, right):
    assert wrong(ONE_OF_EACH["restrict"], **changes) == ([] if right else [("", "restricts-nothing")])


WAIVER = ONE_OF_EACH["waive"]
OF_FILES = waive(rules=["OSG301", "OSG401"], projects=["payments"])


@pytest.mark.parametrize(
    ("record", "changes", "told"),
    [
        (WAIVER, {"rules": None}, [("", "missing-for-verb")]),
        (WAIVER, {"expires": None}, [("", "missing-for-verb")]),
        (WAIVER, {"subjects": None}, [("", "missing-for-verb"), ("rules.0", "rule-of-packages")]),
        (WAIVER, {"rules": []}, [("rules", "empty")]),
        (WAIVER, {"rules": ["OSG999"]}, [("rules.0", "no-such-rule")]),
        *((WAIVER, {"rules": [rule]}, [("rules.0", "never-excused")]) for rule in sorted(NEVER_EXCUSED)),
        (WAIVER, {"rules": ["OSG101", "OSG303"]}, [("rules.1", "rule-of-files")]),
        (WAIVER, {"subjects": [subject(scope=["dev"])]}, [("subjects.0.scope", "not-for-verb")]),
        (WAIVER, {"subjects": [subject(range="")], "projects": ["payments"]}, []),
        (OF_FILES, {}, []),
        (OF_FILES, {"rules": ["OSG204"]}, [("rules.0", "rule-of-packages")]),
        (OF_FILES, {"projects": None}, [("", "missing-for-verb")]),
        (confirm(WAIVER, "li.si", "legal"), {}, []),
        (confirm(WAIVER, "li.si", "legal"), {"role": None}, [("", "missing-for-verb")]),
        *(
            (confirm(WAIVER, "li.si", "legal"), {key: value}, [(key, "not-with-confirms")])
            for key, value in (("rules", ["OSG204"]), ("subjects", [subject()]), ("expires", "2027-01-01"))
        ),
    ],
)
def test_a_waiver_says_what_it_lifts_once_and_for_what(record, changes, told):
    assert wrong(record, **changes) == told


def test_an_assessment_may_say_its_type_and_name_files():
    file = {"name": "poc.pdf", "size": 0, "digest": "sha256:" + "0" * 64}
    assert wrong(ONE_OF_EACH["assess"], type="technical", evidence=[file]) == []


def test_a_record_that_was_changed_after_its_id_was_made():
    assert wrong({**REQUEST, "reason": "changed"}, id=REQUEST["id"]) == [("id", "edited")]
    assert wrong(REQUEST, id="sha256:short") == [("id", "not-an-id")]


def test_a_text_without_canonical_form_is_refused():
    with pytest.raises(Refused, match=r"record\.not-canonical"):
        records.problems({**REQUEST, "reason": "\ud800"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(records.SHAPE)), inner),
    max_leaves=8,
)


@settings(max_examples=100)
@given(JSON, st.sampled_from(sorted(ONE_OF_EACH)), st.sampled_from(sorted(records.SHAPE)))
def test_any_json_is_either_right_or_told(value, verb, key):
    assert records.problems(value), "no arbitrary value is a record"
    changed = {**ONE_OF_EACH[verb], key: value}
    if json.dumps(changed) != json.dumps(ONE_OF_EACH[verb]) and key != "signature":
        assert told(changed)


def told(record) -> bool:
    """Whether something wrong is told of `record`, one way or the other."""
    try:
        return bool(records.problems(record))
    except Refused as error:
        return error.code == "record.not-canonical"


def test_a_range_has_an_end_to_its_length() -> None:
    long = "vers:npm/" + "|".join(f"{n}.0.0" for n in range(400))
    found = records.problems(request(subjects=[subject(range=long)]))
    assert [(place, code) for place, code, _ in found] == [(("subjects", 0, "range"), "too-long")]
