"""Joining: who asks for what waits already, when one decision answers both, and when it would not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from osgate.intake_desk import joining
from osgate.intake_desk.verbs.asking import request as weighed
from osgate.intake_desk.verbs.context import Desk
from osgate.ledger import records
from osgate.ledger.fold import RequestState, Sealed, fold
from osgate.model.dependency import Dependency
from osgate.model.policy import Policy, Project
from osgate.model.record import replace
from osgate.testing import records as make
from osgate.testing.policies import valid_policy
from rules import making

FIELDS: Mapping[str, Any] = {"kind": "component"}
PAD = "pkg:npm/left-pad"
POLICY = valid_policy().policy
SHARP = "pkg:npm/%40img/sharp-*"


def states(*asked: Mapping[str, Any]) -> list[RequestState]:
    return list(fold([make.sealed(one, serial) for serial, one in enumerate(asked, 1)]).requests.values())


def joinings(
    wanted: list[Dependency],
    fields: Mapping[str, Any],
    states: Iterable[RequestState],
    policy: Policy = POLICY,
) -> tuple[list[joining.Joining], list[Dependency]]:
    return joining.joinings(wanted, fields, states, policy)


def wanted(*purls: str, **more: Any) -> list[Dependency]:
    return [making.introduced(purl, **more).dependency for purl in purls]


def test_the_same_version_again_joins_the_request_that_has_waited_longest() -> None:
    first, second = make.request(reason="one"), make.request("sun.qi", reason="two")
    (joined,), rest = joinings(wanted(f"{PAD}@1.4.0"), FIELDS, states(first, second))
    assert (joined.target.request.id, rest) == (first["id"], [])
    assert joining.subjects(joined) == [{**make.subject(), "versions": ["1.4.0"], "seen_in": ["package-lock.json"]}]


def test_what_nobody_asked_for_is_left() -> None:
    (joined,), rest = joinings(
        wanted(f"{PAD}@1.4.0", "pkg:npm/other@1.0.0", f"{PAD}@2.0.0"), FIELDS, states(make.request())
    )
    assert [d.purl for d in rest] == ["pkg:npm/other@1.0.0", f"{PAD}@2.0.0"]
    assert [d.purl for d, _ in joined.found] == [f"{PAD}@1.4.0"]


def test_members_join_what_waits_for_their_family() -> None:
    asked = make.request(subjects=[make.subject(SHARP, "vers:npm/>=0.33.5|<0.34.0")])
    members = wanted("pkg:npm/%40img/sharp-linux-x64@0.33.6", "pkg:npm/%40img/sharp-darwin-x64@0.33.6")
    (joined,), rest = joinings(members, FIELDS, states(asked))
    (subject,) = joining.subjects(joined)
    assert (rest, subject["purl"], subject["versions"]) == ([], SHARP, ["0.33.6"])
    assert subject["members"] == ["pkg:npm/%40img/sharp-darwin-x64", "pkg:npm/%40img/sharp-linux-x64"]


ELSEWHERE = {"kind": "registry", "url": "https://elsewhere.example.com/left-pad.tgz"}


@pytest.mark.parametrize(
    ("theirs", "subject", "mine", "more"),
    [
        ({}, {}, {"kind": "software"}, {}),
        ({"projects": ["a"]}, {}, {}, {}),
        ({"projects": ["a"]}, {}, {"projects": ["a", "b"]}, {}),
        ({"classes": ["tool"]}, {}, {}, {}),
        ({"environments": ["test"]}, {}, {}, {}),
        ({"distribution": "internal"}, {}, {}, {}),
        ({"distribution": "internal"}, {}, {"distribution": "external"}, {}),
        ({}, {"scope": ["dev"]}, {}, {}),
        ({}, {"scope": ["dev"]}, {"scope": ["runtime"]}, {}),
        ({}, {"sources": ["https://packages.example.com/left-pad.tgz"]}, {}, {"source": ELSEWHERE}),
        ({}, {"digests": ["sha256:" + "a" * 64]}, {}, {"digests": ["sha256:" + "b" * 64]}),
        ({}, {}, {"range": "vers:npm/*"}, {}),
        ({}, {"licences": ["MIT"]}, {}, {"licence": "BUSL-1.1"}),
        ({}, {"licences": ["MIT"]}, {}, {"licence": ""}),
        ({}, {"install_code": False}, {}, {"install_code": True}),
    ],
)
def test_a_request_that_would_not_answer_it_is_not_joined(
    theirs: dict[str, Any], subject: dict[str, Any], mine: dict[str, Any], more: dict[str, Any]
) -> None:
    asked = states(make.request(subjects=[make.subject(**subject)], **theirs))
    found, rest = joinings(wanted(f"{PAD}@1.4.0", **more), {**FIELDS, **mine}, asked)
    assert (found, len(rest)) == ([], 1)


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        ({"projects": ["a", "b"]}, {"projects": ["a"]}),
        ({"distribution": "service"}, {"distribution": "internal"}),
        ({}, {"projects": ["a"], "environments": ["test"], "distribution": "external"}),
        ({}, {"range": "vers:npm/>=1.3.0|<2.0.0"}),
    ],
)
def test_one_that_reaches_further_is(theirs: dict[str, Any], mine: dict[str, Any]) -> None:
    found, rest = joinings(wanted(f"{PAD}@1.4.0"), {**FIELDS, **mine}, states(make.request(**theirs)))
    assert (len(found), rest) == (1, [])


def test_what_has_ended_or_joined_itself_is_not_joined() -> None:
    first = make.request()
    second = make.request("sun.qi", joins=first["id"])
    rejected = [*(make.sealed(one, at) for at, one in enumerate((first, second), 1))]
    rejected.append(make.sealed(make.answer("reject", first, "li.si", "legal"), 3))
    told = fold(rejected).requests.values()
    assert joinings(wanted(f"{PAD}@1.4.0"), FIELDS, told)[0] == []
    waits = fold(rejected[:2]).requests.values()
    assert [j.target.request.id for j in joinings(wanted(f"{PAD}@1.4.0"), FIELDS, waits)[0]] == [first["id"]]
    assert [item.id for item in joining.asked_by(waits, first["id"])] == [second["id"]]


def test_the_desk_takes_the_record_that_joins_as_it_is_made_here() -> None:
    first = make.request(subjects=[make.subject(SHARP, "vers:npm/*"), make.subject()])
    (joined,), _ = joinings(wanted("pkg:npm/%40img/sharp-linux-x64@1.0.0"), FIELDS, states(first))
    second = make.request("sun.qi", subjects=joining.subjects(joined), joins=first["id"])
    assert records.problems(second) == []
    desk = Desk(valid_policy().policy, {}, "2026-11-21T06:00:00Z", 2, "", {}, {}, {})
    desk.remember(Sealed(first, 1, "2026-11-21T05:00:00Z", {}))
    assert weighed(second, valid_policy().people["wang.wu"], desk) == {}


def test_what_the_lockfile_tells_goes_along_with_who_joins() -> None:
    asked = make.request(subjects=[make.subject(licences=["MIT"], install_code=True)])
    seen = wanted(
        f"{PAD}@1.4.0",
        licence="MIT",
        install_code=True,
        source={"kind": "registry", "url": "https://packages.example.com/left-pad/-/left-pad-1.4.0.tgz"},
    )
    seen[0] = replace(seen[0], source=replace(seen[0].source, url=None))
    (joined,), _ = joinings(seen, FIELDS, states(asked))
    (subject,) = joining.subjects(joined)
    assert (subject["licences"], subject["install_code"], subject["seen_in"]) == (["MIT"], True, ["package-lock.json"])


def test_the_same_range_by_name_joins_though_no_version_is_named() -> None:
    bare = [Dependency(PAD, "", PAD, "")]
    range = make.subject()["range"]
    (joined,), rest = joinings(bare, {**FIELDS, "range": range}, states(make.request()))
    assert (rest, joining.subjects(joined)) == ([], [make.subject()])
    assert joinings(bare, {**FIELDS, "range": "vers:npm/*"}, states(make.request()))[0] == []
    assert joinings(bare, FIELDS, states(make.request()))[0] == []


def test_a_request_is_joined_only_for_classes_its_tier_is_enough_for() -> None:
    policy = valid_policy().policy
    projects = {"tool": Project("tool", class_="tool"), "core": Project("core", class_="critical")}
    policy = replace(policy, projects=projects)
    sealed = Sealed(make.request(), 1, "2026-11-21T05:00:00Z", {"roles": ["tech"], "classes": ["tool"]})
    told = list(fold([sealed]).requests.values())

    def joined(**fields: Any) -> bool:
        return bool(joinings(wanted(f"{PAD}@1.4.0"), {**FIELDS, **fields}, told, policy)[0])

    assert joined(origin={"repository": "tool"})
    assert joined(projects=["tool"])
    assert joined(classes=["tool"])
    assert not joined(origin={"repository": "core"})
    assert not joined(projects=["tool", "core"])
    assert not joined()
