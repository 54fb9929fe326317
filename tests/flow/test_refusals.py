"""What does not count, pushed past every check on the way: the desk sets it aside and says why, and nothing passes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flow.house import PEOPLE, House, patched
from osgate.ledger import codec
from osgate.testing import records
from osgate.testing.keys import SigningKey

Made = Callable[[dict[str, Any]], dict[str, Any]]


def edited(record: dict[str, Any]) -> dict[str, Any]:
    """Somebody else's decision with a word changed after it was signed."""
    return {**record, "reason": "looked at twice"}


# What is pushed after zhang.san approved for tech, and what the desk says of it in both languages.
WRONG: dict[str, tuple[Made, str, str]] = {
    "one-person-twice": (
        lambda r: records.approve(r, "zhao.liu", "legal"),
        "zhao.liu has decided on this already; one person counts once",
        "zhao.liu",
    ),
    "the-requester": (lambda r: records.approve(r, "li.si", "legal"), "li.si asked for it", "申请人"),
    "an-author": (lambda r: records.approve(r, "sun.qi", "legal"), "sun.qi is an author of the change", "作者"),
    "an-unknown-person": (
        lambda r: records.approve(r, "nobody", "legal"),
        "nobody is not in people.toml",
        "people.toml",
    ),
    "a-key-not-theirs": (
        lambda r: records.approve(r, "chen.ba", "legal", key=SigningKey("stranger")),
        "is not a key of theirs",
        "chen.ba",
    ),
    "the-key-of-a-colleague": (
        lambda r: records.approve(r, "chen.ba", "legal", key=SigningKey("zhao.liu")),
        "is not a key of theirs",
        "chen.ba",
    ),
    "an-expired-key": (
        lambda r: records.approve(r, "zhou.jiu", "legal"),
        "not valid now (until 2026-11-21)",
        "zhou.jiu",
    ),
    "edited-by-hand": (
        lambda r: edited(records.approve(r, "chen.ba", "legal")),
        "was changed after it was signed",
        "签名之后",
    ),
    "a-role-never-held": (
        lambda r: records.approve(r, "wang.wu", "legal"),
        "wang.wu does not hold the role legal",
        "wang.wu",
    ),
    "a-role-no-longer-held": (
        lambda r: records.approve(r, "wu.shi", "legal"),
        "wu.shi does not hold the role legal",
        "wu.shi",
    ),
    "a-role-nobody-asked": (
        lambda r: records.approve(r, "chen.ba", "security"),
        "this needs tech, legal, not security",
        "security",
    ),
    "a-role-that-has-decided": (
        lambda r: records.approve(r, "chen.ba", "tech"),
        "the role tech has decided on this request already",
        "tech",
    ),
    "a-day-ahead": (
        lambda r: records.approve(r, "chen.ba", "legal", stated_at="2026-11-22T06:10:00Z"),
        "lies more than 24 hours ahead",
        "24",
    ),
    "beyond-the-policy": (
        lambda r: records.approve(r, "chen.ba", "legal", expires="2027-11-22"),
        "the policy allows up to 2027-11-21",
        "2027-11-21",
    ),
}
MORE = {
    **PEOPLE,
    "chen.ba": tuple((role, "2026-01-01", "") for role in ("tech", "legal", "security")),
    "zhou.jiu": (("legal", "2026-01-01", ""),),
    "wu.shi": (("legal", "2026-01-01", "2026-11-21"),),
}


@pytest.fixture
def staffed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house with more people, after its first run."""
    house = patched(monkeypatch, House(tmp_path / "house", people=MORE, ended=("zhou.jiu",)))
    house.run()
    return house


def half_approved(house: House) -> tuple[dict[str, Any], Path]:
    """A request by li.si for what an application brings in, approved for tech by zhao.liu."""
    path = house.application("payments-app")
    wanted = [records.subject("pkg:npm/is-odd", "vers:npm/*"), records.subject("pkg:npm/is-number", "vers:npm/*")]
    request = records.request("li.si", wanted, origin={"authors": ["Sun.Qi@bank.example"]})
    house.push(request)
    house.push(records.approve(request, "zhao.liu", "tech"))
    assert house.desk().code == 0
    return request, path


def test_none_of_it_counts_and_the_desk_says_why(staffed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    request, path = half_approved(staffed)
    branches = {name: staffed.push(make(request), f"osgate/{name}") for name, (make, _, _) in WRONG.items()}
    said = staffed.desk()
    assert said.code == 0
    assert "sealed" not in said.out
    reasons = _reasons(said.err, "set aside: ")
    for name, (_, english, _) in WRONG.items():
        assert english in reasons[branches[name]], name
    assert staffed.check(path).code == 1
    assert staffed.refs("refs/heads/") == ["main"]
    kept = staffed.refs("refs/osgate/refused/")
    assert {ref.rpartition("-")[0] for ref in kept} == set(WRONG)
    assert len(staffed.told()) == len(WRONG)

    for ref in kept:
        staffed.git("update-ref", f"refs/heads/osgate/{ref.rpartition('-')[0]}", f"refs/osgate/refused/{ref}")
    monkeypatch.setenv("OSGATE_LANG", "zh_CN")
    reasons = _reasons(staffed.desk().err, "不予采纳：")
    for name, (_, _, chinese) in WRONG.items():
        assert chinese in reasons[branches[name]], name
    assert len(staffed.told()) == len(WRONG), "it was told already"
    assert staffed.refs("refs/osgate/refused/") == kept

    staffed.push(records.approve(request, "chen.ba", "legal"))
    staffed.desk()
    assert staffed.check(path).code == 0, "the right one still counts"


def _reasons(err: str, mark: str) -> dict[str, str]:
    """Branch -> what the desk says of the record that came on it."""
    parts = [part.partition(":records/") for part in err.split(mark)[1:]]
    return {branch: reason for branch, _, reason in parts}


def test_a_forged_git_author_and_a_git_identity_entitle_nobody(staffed: House) -> None:
    """Every branch a test pushes carries zhang.san's address; a record must be signed by whom it names."""
    request, path = half_approved(staffed)
    unsigned = {**records.approve(request, "zhang.san", "legal"), "signature": {"alg": "sshsig", "value": "AAAA"}}
    branch = staffed.push(unsigned)
    who = staffed.git("log", "-1", "--format=%ae %ce", f"refs/heads/{branch}")
    assert who == "zhang.san@bank.example zhang.san@bank.example"
    assert "the signature of zhang.san does not fit" in staffed.desk().err
    assert staffed.check(path).code == 1


def test_a_record_edited_on_main_after_sealing_stops_the_desk(staffed: House) -> None:
    request, path = half_approved(staffed)
    approval = records.approve(request, "chen.ba", "legal")
    staffed.push(approval)
    staffed.desk()
    assert staffed.check(path).code == 0
    spoiled = codec.printed({**approval, "expires": "2039-01-01"})
    staffed.push_files("main", {codec.record_path(approval): spoiled})
    before = staffed.git("rev-parse", "main"), staffed.manifest()
    said = staffed.desk()
    assert said.code == 1
    assert f"the record {approval['id']} was changed after it was sealed" in said.err
    assert (staffed.git("rev-parse", "main"), staffed.manifest()) == before
    verified = staffed.osgate("ledger", "verify", "--policy-repo", str(staffed.bare))
    assert verified.code == 1


# -- the commands say no before anything is sent


EARLY: dict[str, tuple[str, tuple[str, ...], str]] = {
    "the-requester": ("li.si", ("--role", "legal"), "li.si asked for it"),
    "an-author": ("sun.qi", ("--role", "legal"), "sun.qi is an author"),
    "twice": ("zhao.liu", ("--role", "legal"), "one person counts once"),
    "unknown": ("nobody", ("--role", "legal"), "nobody is not in people.toml"),
    "expired-key": ("zhou.jiu", ("--role", "legal"), "not valid now"),
    "role-not-held": ("wang.wu", ("--role", "legal"), "does not hold the role legal"),
    "expiry": ("chen.ba", ("--role", "legal", "--expires", "2030-01-01"), "the policy allows up to"),
}


def test_the_command_refuses_what_the_desk_would(staffed: House) -> None:
    request, _ = half_approved(staffed)
    for name, (person, flags, why) in EARLY.items():
        key = "stranger" if name == "unknown" else ""
        said = staffed.act(person, "approve", request["id"], "--reason", "read", *flags, key=key)
        assert said.code == 1, name
        assert "Not sent: the desk would set this approve" in said.err, name
        assert why in said.err, name
    assert staffed.refs("refs/heads/") == ["main"]


def test_somebody_elses_key_is_refused_by_the_command(staffed: House) -> None:
    request, _ = half_approved(staffed)
    said = staffed.act("chen.ba", "approve", request["id"], "--role", "legal", "--reason", "x", key="zhang.san")
    assert said.code == 1
    assert "is not a key of theirs" in said.err


# -- without push right


def test_print_shows_the_file_and_where_it_goes_and_sends_nothing(staffed: House) -> None:
    request, path = half_approved(staffed)
    said = staffed.act("chen.ba", "approve", request["id"], "--role", "legal", "--reason", "read", "--print")
    assert said.code == 0
    assert staffed.refs("refs/heads/") == ["main"]
    place = said.err[said.err.index("records/") :].split()[0]
    staffed.push_files("osgate/by-hand", {place: said.out.encode()})
    staffed.desk()
    assert staffed.check(path).code == 0, "what was printed counts once it is there"


def test_a_push_that_is_turned_down_prints_the_file_and_the_reason(staffed: House) -> None:
    request, _ = half_approved(staffed)
    hook = staffed.bare / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no entry >&2\nexit 1\n")
    hook.chmod(0o755)
    said = staffed.act("chen.ba", "approve", request["id"], "--role", "legal", "--reason", "read")
    assert said.code == 0
    assert "made but not sent" in said.err
    assert "pre-receive hook declined" in said.err
    assert '"verb": "approve"' in said.out
    assert subprocess.run(["test", "-e", staffed.bare / "refs/heads/osgate"], check=False).returncode != 0
