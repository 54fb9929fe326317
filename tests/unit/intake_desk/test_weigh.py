"""Every reason for which a record does not count, one at a time, and that each has words in both languages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from osgate.cli import error_text
from osgate.intake_desk import verbs
from osgate.intake_desk import weigh as weighing
from osgate.intake_desk.verbs import asking, context, governing, taking
from osgate.intake_desk.weigh import Candidate, Refusal, Weighed, weigh
from osgate.ledger import codec
from osgate.ledger.fold import Sealed, blocks, jointly
from osgate.model.policy import Key, Person
from osgate.model.record import replace
from osgate.testing import records
from osgate.testing.clock import START
from osgate.testing.keys import SigningKey, string
from osgate.testing.policies import valid_policy
from osgate.text.translator import Translator

VALID = valid_policy()
REQUEST = records.request()
BLOCK = records.block()


def weighed(
    *waiting: Mapping[str, Any], sealed: tuple[Sealed, ...] = (), now: str = START, **people: Person
) -> Weighed:
    """Weigh records as they are printed. people: who replaces somebody of the default staff."""
    candidates = [Candidate(f"osgate/{n}", codec.printed(dict(record))) for n, record in enumerate(waiting)]
    staff = {**VALID.people, **{person.id: person for person in people.values()}}
    return weigh(candidates, sealed, VALID.policy, staff, now, 5)


def reason(record: Mapping[str, Any], *sealed: Mapping[str, Any], **more: Any) -> tuple[str, bool]:
    """(code, held) of the one record that does not count, with `sealed` taken in before."""
    before = tuple(records.sealed(s, 2) for s in sealed)
    found = weighed(record, sealed=before, **more)
    assert found.accepted == ()
    assert len(found.refused) + len(found.held) == 1
    return (*[r.code for r in (*found.refused, *found.held)], bool(found.held))  # type: ignore[return-value]


def test_a_request_says_which_tier_roles_and_key() -> None:
    found = weighed(REQUEST)
    (item,) = found.accepted
    assert (item.id, item.serial, item.sealed_at) == (REQUEST["id"], 5, START)
    assert item.witness["tier"] == "normal"
    assert item.witness["roles"] == ["tech", "legal"]
    assert item.witness["key"].startswith("SHA256:")


REASONS: dict[str, tuple[dict[str, Any], tuple[dict[str, Any], ...], str, bool]] = {
    "person": (records.request("nobody"), (), "person-unknown", False),
    "key": (records.request(key=SigningKey("stranger")), (), "key-not-theirs", False),
    "ahead": (records.request(stated_at="2026-11-22T06:00:01Z"), (), "stated-in-future", False),
    "role-not-held": (records.approve(REQUEST, "wang.wu", "tech"), (REQUEST,), "role-not-held", False),
    "requester": (
        records.approve(records.request("li.si"), "li.si", "legal"),
        (records.request("li.si"),),
        "is-requester",
        False,
    ),
    "assesses-own": (
        records.answer("assess", records.request("li.si"), "li.si", "legal"),
        (records.request("li.si"),),
        "is-requester",
        False,
    ),
    "absent": (records.approve(REQUEST, "li.si", "legal"), (), "waits-for-request", True),
    "reject-absent": (records.answer("reject", REQUEST, "li.si", "legal"), (), "waits-for-request", True),
    "assess-absent": (records.answer("assess", REQUEST, "li.si", "legal"), (), "waits-for-request", True),
    "no-request": (records.approve(BLOCK, "li.si", "legal"), (BLOCK,), "not-a-request", False),
    "ended": (
        records.approve(REQUEST, "li.si", "legal"),
        (REQUEST, records.answer("reject", REQUEST, "zhang.san", "tech")),
        "not-from-here",
        False,
    ),
    "assess-ended": (
        records.answer("assess", REQUEST, "li.si", "legal"),
        (REQUEST, records.answer("reject", REQUEST, "zhang.san", "tech")),
        "not-from-here",
        False,
    ),
    "twice": (
        records.approve(REQUEST, "zhao.liu", "legal"),
        (REQUEST, records.approve(REQUEST, "zhao.liu", "tech")),
        "already-decided",
        False,
    ),
    "other-role": (records.approve(REQUEST, "zhao.liu", "security"), (REQUEST,), "role-not-needed", False),
    "reject-other-role": (
        records.answer("reject", REQUEST, "zhao.liu", "security"),
        (REQUEST,),
        "role-not-needed",
        False,
    ),
    "complete": (
        records.approve(REQUEST, "zhao.liu", "tech"),
        (REQUEST, records.approve(REQUEST, "zhang.san", "tech")),
        "role-complete",
        False,
    ),
    "too-long": (
        records.approve(REQUEST, "li.si", "legal", expires="2027-11-22"),
        (REQUEST,),
        "expiry-out-of-bounds",
        False,
    ),
    "revokes-absent": (records.undo("revoke", REQUEST, "li.si", "legal"), (), "names-nothing", True),
    "revokes-block": (records.undo("revoke", BLOCK, "li.si", "legal"), (BLOCK,), "names-nothing", False),
    "revoke-role": (records.undo("revoke", REQUEST, "zhao.liu", "security"), (REQUEST,), "role-not-needed", False),
    "revokes-twice": (
        records.undo("revoke", REQUEST, "zhao.liu", "tech"),
        (REQUEST, records.undo("revoke", REQUEST, "zhao.liu", "legal")),
        "already-decided",
        False,
    ),
    "revokes-own": (
        records.undo("revoke", records.request("li.si"), "li.si", "legal"),
        (records.request("li.si"),),
        "is-requester",
        False,
    ),
    "revoke-complete": (
        records.undo("revoke", REQUEST, "zhang.san", "tech"),
        (REQUEST, records.undo("revoke", REQUEST, "zhao.liu", "tech")),
        "role-complete",
        False,
    ),
    "lifts-own-rejection": (
        records.undo(
            "revoke", records.answer("reject", records.request("li.si"), "zhao.liu", "legal"), "li.si", "legal"
        ),
        (records.request("li.si"), records.answer("reject", records.request("li.si"), "zhao.liu", "legal")),
        "is-requester",
        False,
    ),
    "block-role": (records.block("li.si", role="legal"), (), "role-not-needed", False),
    "confirms-absent": (records.block("li.si", confirms=BLOCK["id"]), (), "names-nothing", True),
    "confirms-request": (records.block("li.si", confirms=REQUEST["id"]), (REQUEST,), "confirms-nothing", False),
    "confirms-own": (
        records.block("zhang.san", reason="again", confirms=BLOCK["id"]),
        (BLOCK,),
        "confirms-own",
        False,
    ),
    "confirms-others": (
        records.block("li.si", [records.subject(range="vers:npm/1.3.0")], confirms=BLOCK["id"]),
        (BLOCK,),
        "confirms-other-subjects",
        False,
    ),
    "confirms-confirming": (
        records.block("zhang.san", confirms=records.block("li.si", confirms=BLOCK["id"])["id"]),
        (BLOCK, records.block("li.si", confirms=BLOCK["id"])),
        "confirms-nothing",
        False,
    ),
    "confirms-lifted": (
        records.block("li.si", confirms=BLOCK["id"]),
        (
            BLOCK,
            records.undo("unblock", BLOCK, "zhang.san", "incident"),
            records.undo("unblock", BLOCK, "li.si", "incident"),
        ),
        "confirms-nothing",
        False,
    ),
    "confirms-role": (records.block("zhao.liu", confirms=BLOCK["id"]), (BLOCK,), "role-not-held", False),
    "unblocks-absent": (records.undo("unblock", BLOCK, "li.si", "incident"), (), "names-nothing", True),
    "unblocks-request": (records.undo("unblock", REQUEST, "li.si", "incident"), (REQUEST,), "names-nothing", False),
    "unblock-role": (records.undo("unblock", BLOCK, "li.si", "legal"), (BLOCK,), "role-not-needed", False),
    "unblocks-twice": (
        records.undo("unblock", BLOCK, "li.si", "incident", reason="again"),
        (BLOCK, records.undo("unblock", BLOCK, "li.si", "incident")),
        "already-decided",
        False,
    ),
    "supersedes-a-block": (records.request(supersedes=[BLOCK["id"]]), (BLOCK,), "names-nothing", False),
    "supersedes-absent": (records.request(supersedes=[BLOCK["id"]]), (), "names-nothing", True),
}


@pytest.mark.parametrize("name", REASONS)
def test_it_does_not_count(name: str) -> None:
    record, sealed, code, held = REASONS[name]
    assert reason(record, *sealed) == (code, held)


def test_a_key_counts_from_its_first_day_until_before_its_last() -> None:
    key = SigningKey("wang.wu").public
    wang = replace(VALID.people["wang.wu"], keys=(Key(key, "2026-11-21", "2026-11-23"),))
    assert reason(REQUEST, now="2026-11-20T23:59:59Z", wang=wang)[0] == "key-not-valid"
    assert weighed(REQUEST, now="2026-11-21T00:00:00Z", wang=wang).accepted
    assert weighed(REQUEST, now="2026-11-22T23:59:59Z", wang=wang).accepted
    assert reason(REQUEST, now="2026-11-23T00:00:00Z", wang=wang)[0] == "key-not-valid"


def test_a_role_counts_on_the_day_of_the_seal_whenever_it_was_stated() -> None:
    approval = records.approve(REQUEST, "li.si", "legal", stated_at="2026-11-01T00:00:00Z")
    before = (records.sealed(REQUEST, 2),)
    for roles, counts in (
        ((("legal", "2026-11-21", ""),), True),
        ((("legal", "2026-11-22", ""),), False),
        ((("legal", "", "2026-11-21"),), False),
        ((("legal", "", "2026-11-22"),), True),
    ):
        li = replace(VALID.people["li.si"], roles=roles)
        assert bool(weighed(approval, sealed=before, li=li).accepted) is counts, roles


def test_an_expiry_must_lie_ahead_when_it_is_sealed() -> None:
    approval = records.approve(REQUEST, "li.si", "legal", expires="2026-11-25")
    assert weighed(approval, sealed=(records.sealed(REQUEST, 2),), now="2026-11-24T23:00:00Z").accepted
    assert reason(approval, REQUEST, now="2026-11-25T00:00:00Z")[0] == "expiry-out-of-bounds"


def test_an_author_of_the_change_neither_approves_nor_assesses_whatever_the_case_of_the_address() -> None:
    request = records.request(origin={"authors": ["LI.SI@Bank.Example"]})
    li = replace(VALID.people["li.si"], accounts=(("git", "Li.Si@bank.example"),))
    other = replace(VALID.people["li.si"], accounts=(("github", "Li.Si@bank.example"),))
    for record in (records.approve(request, "li.si", "legal"), records.answer("assess", request, "li.si", "legal")):
        assert reason(record, request, li=li) == ("is-author", False)
        assert weighed(record, sealed=(records.sealed(request, 2),), li=other).accepted
    rejection = records.answer("reject", request, "li.si", "legal")
    assert weighed(rejection, sealed=(records.sealed(request, 2),), li=li).accepted, "everybody entitled may say no"


def test_a_request_supersedes_only_what_an_earlier_seal_holds() -> None:
    newer = records.request(reason="again", supersedes=[REQUEST["id"]])
    together = weighed(REQUEST, newer)
    assert [item.id for item in together.accepted] == [REQUEST["id"]]
    assert [r.subject for r in together.held] == [newer["id"]]
    assert weighed(newer, sealed=together.accepted and (records.sealed(REQUEST, 4),)).accepted


def test_a_block_is_confirmed_by_another_person_with_the_same_subjects_also_in_one_batch() -> None:
    two = [records.subject("pkg:npm/a"), records.subject("pkg:npm/b", range="")]
    first = records.block("zhang.san", two)
    second = records.block("li.si", two[::-1], confirms=first["id"])
    assert weighed(second, sealed=(records.sealed(first, 2),)).accepted
    for batch in ((first, second), (second, first)):
        assert [item.id for item in weighed(*batch).accepted] == [first["id"], second["id"]]


def test_a_malformed_record_tells_the_line_of_each_mistake() -> None:
    body = {**REQUEST, "subjects": [records.subject(versions=["1", "2"]), records.subject(range="")], "kind": "x"}
    body["subjects"][1]["versoins"] = []
    data = codec.printed(codec.identify(body))
    (refusal,) = weigh([Candidate("osgate/1", data)], (), VALID.policy, VALID.people, START, 5).refused
    told = {problem["at"]: problem["line"] for problem in refusal.params["problems"]}
    shown = data.decode().splitlines()
    assert sorted(told) == ["kind", "subjects.1.versoins"]
    assert '"versoins"' in shown[told["subjects.1.versoins"] - 1]
    assert '"kind"' in shown[told["kind"] - 1]
    _, first, *_ = error_text.refusal(refusal.code, refusal.params, Translator("en"))
    assert first.startswith(f"  - line {min(told.values())}: ")
    (refusal,) = weigh([Candidate("", json.dumps(body).encode())], (), VALID.policy, VALID.people, START, 5).refused
    assert [problem["line"] for problem in refusal.params["problems"]] == [0, 0], "not in the printed form"
    assert not any("line 0" in line for line in error_text.refusal(refusal.code, refusal.params, Translator("en")))


def test_a_duplicate_is_taken_once_and_one_that_is_sealed_not_at_all() -> None:
    assert len(weighed(REQUEST, REQUEST).accepted) == 1
    assert weighed(REQUEST, sealed=(records.sealed(REQUEST, 2),)) == Weighed((), (), ())


def test_a_batch_may_hold_everything_at_once() -> None:
    later = records.approve(REQUEST, "li.si", "legal")
    found = weighed(later, records.approve(REQUEST, "zhang.san", "tech"), REQUEST)
    assert [item.body["verb"] for item in found.accepted] == ["request", "approve", "approve"]


def test_no_field_may_change_after_the_signature() -> None:
    for key, value in {"reason": "x", "person": "li.si", "stated_at": "2026-11-20T00:00:00Z", "kind": "code"}.items():
        changed = {**REQUEST, key: value}
        (refusal,) = weighed(changed).refused
        assert refusal.code == "edited"
        assert refusal.subject == codec.digest(codec.printed(changed)), "the id it claims is not its own"
        (refusal,) = weighed(codec.identify(changed)).refused
        assert refusal.code in ("signature-wrong", "person-unknown"), "a new id does not help"


def _blob(public: bytes, blob: bytes = b"", namespace: bytes = b"osgate-decision") -> str:
    parts = (public, namespace, b"", b"sha512", blob)
    return base64.b64encode(b"SSHSIG\0\0\0\1" + b"".join(map(string, parts))).decode()


def test_no_signature_breaks_the_desk() -> None:
    hostile = [
        "AAAA",
        "=",
        "é",
        "U1NIU0lH",
        _blob(b""),
        _blob(string(b"")),
        _blob(string(b"a b")),
        _blob(string(b"ssh-ed25519")),
        _blob(string(b"ssh-ed25519"), string(b"ssh-ed25519") + string(b"x" * 64)),
        _blob(
            string(b"sk-ssh-ed25519@openssh.com"), string(b"sk-ssh-ed25519@openssh.com") + string(b"") + b"\1\0\0\0\0"
        ),
        _blob(string(b"ecdsa-sha2-nistp256"), string(b"ecdsa-sha2-nistp256") + string(string(b""))),
        _blob(string(b"ssh-rsa"), string(b"ssh-rsa") + string(b"")),
        _blob(string(b"\xff\xfe"), string(b"\xff\xfe") + string(b"")),
        records.make("request", "wang.wu", {})["signature"]["value"],
        SigningKey("wang.wu").snapshot(codec.signed_bytes(REQUEST)),
    ]
    for value in hostile:
        found = weighed({**REQUEST, "signature": {"alg": "sshsig", "value": value}}, REQUEST)
        assert [r.code for r in found.refused] in (["signature-wrong"], []), value
        assert [item.id for item in found.accepted] == [REQUEST["id"]]


def test_what_is_told_of_a_hostile_record_stays_short() -> None:
    body = {**REQUEST, "person": "p" * 100_000, **{f"unknown{n}": "x" * 1000 for n in range(1000)}}
    (refusal,) = weighed(codec.identify(body)).refused
    assert refusal.code == "malformed"
    assert len(json.dumps(refusal.params)) < 20_000
    (refusal,) = weighed(codec.identify({**REQUEST, "person": "p" * 100_000})).refused
    assert (refusal.code, len(refusal.params["person"])) == ("person-unknown", 200)


def test_a_record_may_hold_a_closure_of_thousands_but_not_anything() -> None:
    many = records.request(subjects=[records.subject(f"pkg:npm/p{n}", "vers:npm/*") for n in range(3000)])
    assert weighed(many).accepted
    huge = records.request(reason="x" * weighing.LARGEST)
    assert [r.code for r in weighed(huge).refused] == ["unreadable"]


@pytest.mark.parametrize(
    ("spoil", "detail"),
    [
        (lambda data: data[:-10], "not JSON at line 18, column "),
        (lambda data: b"[" * 100_000, "nested too deeply"),
        (lambda data: b"\xff" + data, "not UTF-8 text"),
        (lambda data: data.replace(b"{", b'{"verb": "approve", ', 1), "the key verb is listed twice"),
        (lambda data: data.replace(b"needed by the build", b"\\ud800"), "cannot hold"),
        (lambda data: data.replace(b'"request"', b"1" * 9000, 1), "Exceeds the limit"),
        (lambda data: data + b" " * weighing.LARGEST, f"larger than {weighing.LARGEST} bytes"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_wrong(spoil: Callable[[bytes], bytes], detail: str) -> None:
    whole = codec.printed({**REQUEST, "reason": "needed by the build"})
    assert spoil(whole) != whole
    found = weigh([Candidate("osgate/1", spoil(whole))], (), VALID.policy, VALID.people, START, 5)
    (refusal,) = found.refused
    assert refusal.code == "unreadable"
    (said,) = error_text.refusal(refusal.code, refusal.params, Translator("en"))
    assert detail in said
    (said,) = error_text.refusal(refusal.code, refusal.params, Translator("zh_CN"))
    assert "{" not in said


def test_what_was_let_in_can_be_taken_back_and_what_was_blocked_freed() -> None:
    revocation = records.undo("revoke", REQUEST, "li.si", "legal")
    lifting = records.undo("unblock", BLOCK, "li.si", "incident")
    before = (records.sealed(REQUEST, 2), records.sealed(BLOCK, 2))
    assert len(weighed(revocation, records.block("li.si"), lifting, sealed=before).accepted) == 3


def codes(module: ModuleType, pattern: str) -> set[str]:
    """The refusals that a module's source names."""
    return set(re.findall(pattern, Path(str(module.__file__)).read_text(encoding="utf-8")))


def test_every_code_has_words_in_both_languages() -> None:
    named = set[str]()
    for module in (weighing, asking, context, governing, taking, verbs.jointly):
        named |= codes(module, r'No\(\s*"([a-z-]+)"')
    found = named | {"edited", "malformed"} | codes(blocks, r'"(confirms-[a-z-]+)"')
    found |= codes(jointly, r'return "([a-z-]+)"')
    assert found >= {code for _, _, code, _ in REASONS.values()}
    assert len(found) >= 35
    example = {"person": "p", "key": "k", "until": "u", "role": "r", "needed": "n", "id": "i", "request": "q"}
    example |= {"expires": "e", "latest": "l", "stated": "s", "account": "a", "branch": "b", "ledger": "g"}
    example |= {"verb": "v", "stage": "approved", "allowed": "w", "roles": "r", "fields": "f", "classes": "c"}
    example |= {
        "purl": "p",
        "issued": "d",
        "limit": "x",
        "count": "2",
        "project": "o",
        "since": "t",
        "policy": "z",
        "previous": "y",
        "tier": "m",
        "at": "n",
    }
    for locale in ("en", "zh_CN"):
        t = Translator(locale)
        for code in found | {"touches-other-files", "unrelated-branch"}:
            line, *more = error_text.refusal(code, example, t)
            assert bool(more) == (code == "obligations-open"), "each that is open has a line of its own"
            assert line
            assert "refusal." not in line


@pytest.mark.parametrize("name", REASONS)
def test_the_words_name_only_what_the_refusal_carries(name: str) -> None:
    record, sealed, _, _ = REASONS[name]
    found = weighed(record, sealed=tuple(records.sealed(s, 2) for s in sealed))
    refusal: Refusal = (*found.refused, *found.held)[0]
    for locale in ("en", "zh_CN"):
        lines = list(error_text.refusal(refusal.code, refusal.params, Translator(locale)))
        assert lines
        assert not any("{" in line for line in lines)


def test_a_record_made_for_another_ledger_does_not_count() -> None:
    here, there = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    for ledger, codes in ((here, []), (there, ["other-ledger"])):
        made = records.request(ledger=ledger)
        candidates = [Candidate("osgate/1", codec.printed(made))]
        found = weigh(candidates, (), VALID.policy, VALID.people, START, 5, here)
        assert [refusal.code for refusal in found.refused] == codes


def test_no_record_takes_the_place_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids that begin alike would share a file; finding two such ids takes minutes, so here all of them do."""
    monkeypatch.setattr(codec, "short", lambda id: "0" * 12)
    found = weighed(records.request(reason="one"), records.request(reason="two"))
    assert len(found.accepted) == 1
    assert [refusal.code for refusal in found.refused] == ["path-taken"]


def test_a_request_ends_only_what_it_is_about() -> None:
    other = records.request(subjects=[records.subject("pkg:npm/other")], supersedes=[REQUEST["id"]])
    assert reason(other, REQUEST) == ("supersedes-other", False)
    both = [records.subject(), records.subject("pkg:npm/other")]
    assert (
        len(
            weighed(
                records.request(subjects=both, supersedes=[REQUEST["id"]]), sealed=(records.sealed(REQUEST, 2),)
            ).accepted
        )
        == 1
    )
