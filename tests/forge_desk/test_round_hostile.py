"""Rounds that somebody would break, bend or cut short: everything else is sealed, told and judged all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flow.house import patched
from forge_desk import hall as halls
from forge_desk.hall import HEAD, Hall, at_change, introduced
from osgate.forge_desk import recheck, round, turns
from osgate.forge_desk.hearing import TEXT
from osgate.forges.protocol import Unreachable
from osgate.intake_desk.desk import Run
from osgate.io.git_write import Repository
from osgate.ledger import codec
from osgate.model.forge import CHANGE, CLOSED, Change, Conversation
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.testing.forge_world import Rerun

pytestmark = pytest.mark.real

LOST = Unreachable("forge.unreachable", address="", detail="")


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return halls.hall(tmp_path)


def short(hall: Hall, verb: str) -> str:
    return codec.short(hall.records(verb)[-1]["id"])


def test_who_stops_by_an_id_that_names_no_packages_is_told_and_breaks_nothing(hall: Hall) -> None:
    at, id = hall.requested()
    hall.say("zhang.san", at, "/osgate approve reason: ok")
    hall.round()
    approval = short(hall, "approve")
    notes = [
        hall.say(who, at, text)
        for who, text in (
            ("li.si", f"/osgate suspend {codec.short(id)} role=legal reason: x"),
            ("li.si", f"/osgate restrict {codec.short(id)} role=legal projects=till reason: x"),
            ("zhang.san", f"/osgate block {approval} reason: meant unblock"),
        )
    ]
    hall.say("li.si", at, "/osgate approve reason: MIT")
    hall.round()
    assert [body["verb"] for body in hall.records()] == ["request", "approve", "approve"]
    assert "/osgate suspend pkg:npm/left-pad reason: …" in hall.answer(at, notes[0].id)
    assert "/osgate block pkg:… reason: …" in hall.answer(at, notes[2].id)


def test_a_mistake_of_ours_is_told_and_stops_nothing_else(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    at, id = hall.requested()
    real = round.deciding.decision

    def breaks(command: Any, *rest: Any) -> dict[str, Any]:
        return real(command, *rest) if command.verb != "reject" else {}["reject"]  # type: ignore[no-any-return]

    monkeypatch.setattr(round.deciding, "decision", breaks)
    bad = hall.say("zhang.san", at, "/osgate reject reason: no")
    good = hall.say("li.si", at, "/osgate approve reason: MIT")
    hall.bugs = [f"round.bug(kind='KeyError', place='{__name__}:{breaks.__code__.co_firstlineno + 1}')"]
    hall.round()
    assert "KeyError" in hall.answer(at, bad.id)
    assert "legal 1/1" in hall.answer(at, good.id)
    hall.bugs = []
    hall.round()
    assert hall.state().requests[id].status == "waiting"


def test_what_cannot_be_judged_or_told_stops_no_other_change(hall: Hall) -> None:
    other = hall.world.add_change(hall.app, hall.author, head="b2" * 20)
    hall.judged["b2" * 20] = hall.verdict("b2" * 20)
    del hall.judged[HEAD]
    hall.bugs = [f"round.bug(kind='KeyError', place='{halls.__name__}:{Hall.judge.__code__.co_firstlineno + 2}')"]
    done = hall.round()
    assert [one.named for one in done.checked] == [f"{hall.app.id}!{other.number}"]


def test_what_was_signed_is_sealed_even_if_what_was_heard_breaks_the_desk(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    patched(monkeypatch, hall.house)
    id = hall.house.made("wang.wu", "request", "pkg:npm/y@1.0.0", "--channel", "community", "--reason", "x")
    hall.issue(hall.guest, "/osgate request pkg:npm/x@1.0.0 channel=community reason: x")

    def breaks(bare: Repository, heard: tuple[object, ...]) -> Run:
        if heard:
            raise ZeroDivisionError
        return hall.work(bare, ())

    line = breaks.__code__.co_firstlineno + 2
    hall.bugs = [f"round.bug(kind='ZeroDivisionError', place='{__name__}:{line}')"]
    hall.round(work=breaks)
    assert [codec.short(body["id"]) for body in hall.records()] == [id]


def killed(change: Change) -> Verdict:
    raise KeyboardInterrupt


def test_a_round_killed_before_it_judged_is_gone_on_with(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.round()
    at, id = hall.requested()
    for who in ("zhang.san", "li.si"):
        hall.say(who, at, "/osgate approve reason: fine")
    monkeypatch.setattr(hall, "judge", killed)
    with pytest.raises(KeyboardInterrupt):
        hall.round()
    monkeypatch.undo()
    assert hall.state().requests[id].status == "approved"
    hall.clock.forward(days=1)
    hall.round()
    assert hall.published[-1] == (HEAD, "pass")
    assert hall.world.reruns == [Rerun(hall.app.id, 1, HEAD)]
    assert hall.world.issues[at.project, at.number].state == CLOSED


def test_what_was_judged_before_a_round_was_killed_is_not_judged_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, _ = hall.requested()
    for number in range(2, 5):
        head = f"{number}" * 40
        hall.judged[head] = hall.verdict(head)
        hall.world.add_change(hall.app, hall.author, head=head)
    hall.round()
    hall.clock.forward(hours=1)
    hall.say("zhang.san", at, "/osgate approve reason: fine")
    hall.published.clear()
    with monkeypatch.context() as patch:
        patch.setattr(recheck, "KEPT", 1)
        patch.setattr(hall, "judge", lambda change: hall.verdict(change.head) if change.number < 3 else killed(change))
        with pytest.raises(KeyboardInterrupt):
            hall.round()
    assert len(hall.published) == 2
    assert sorted(one.named for one in hall.round().checked) == [f"{hall.app.id}!3", f"{hall.app.id}!4"]


def test_what_another_run_sealed_is_told_and_judged(hall: Hall) -> None:
    """A run of the desk without the forge, or another desk."""
    hall.round()
    at, _ = hall.requested()
    for who in ("zhang.san", "li.si"):
        hall.say(who, at, "/osgate approve reason: fine")

    def elsewhere(bare: Repository, heard: Any) -> Run:
        hall.work(bare, heard)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hall.round(work=elsewhere)
    assert hall.world.reruns == []
    hall.clock.forward(days=31)
    hall.round()
    assert hall.world.reruns == [Rerun(hall.app.id, 1, HEAD)]
    assert hall.world.issues[at.project, at.number].labels == ("osgate::approved",)


def test_judging_ends_with_its_time_and_goes_on_in_the_next_round(hall: Hall) -> None:
    for number in range(2, 5):
        head = f"{number}" * 40
        hall.judged[head] = hall.verdict(head)
        hall.world.add_change(hall.app, hall.author, head=head)
    real = hall.judge

    def slow(change: Change) -> Verdict:
        hall.seconds += recheck.SECONDS / 2
        return real(change)

    hall.judge = slow  # type: ignore[method-assign]
    first = hall.round()
    assert len(first.checked) == 3
    assert len(first.memory.unchecked) == 1
    assert [one.named for one in hall.round().checked] == [f"{hall.app.id}!4"]


def test_who_came_to_the_change_since_it_was_asked_for_decides_nothing(hall: Hall) -> None:
    hall.round()
    at, id = hall.requested()
    pushed = hall.world.push(hall.change, "b2" * 20, authors=["author@bank.example", "Zhang.San@bank.example"])
    hall.judged["b2" * 20] = hall.verdict("b2" * 20)
    hall.world.changes[hall.app.id, 1] = replace(pushed, author=hall.accounts["li.si"])
    notes = [hall.say(who, at, "/osgate approve reason: mine") for who in ("zhang.san", "li.si")]
    other = hall.say("zhao.liu", at, "/osgate approve role=tech reason: not mine")
    hall.round()
    assert [body["person"] for body in hall.records("approve")] == ["zhao.liu"]
    assert all("author of the change" in hall.answer(at, note.id) for note in notes)
    (sealed,) = [one for one in hall.house.past().sealed if one.body["verb"] == "approve"]
    assert list(sealed.witness["authors"]) == ["Zhang.San@bank.example", f"gitlab:{hall.accounts['li.si'].id}"]
    assert "tech 1/1" in hall.answer(at, other.id)
    assert hall.state().requests[id].status == "waiting"


def test_while_nobody_can_tell_who_wrote_a_change_a_decision_on_it_waits(hall: Hall) -> None:
    hall.round()
    at, _ = hall.requested()
    note = hall.say("zhang.san", at, "/osgate approve reason: fine")
    hall.forge.fail_next("change", LOST)
    hall.round()
    assert (hall.records("approve"), hall.ours(at, f"note={note.id} ")) == ([], [])
    hall.round()
    assert "tech 1/1" in hall.answer(at, note.id)


def test_all_commands_of_a_note_are_answered_though_one_of_them_was_recorded_before(hall: Hall) -> None:
    at, id = hall.requested()
    lines = (
        f"/osgate approve {codec.short(id)} role=tech reason: ok",
        "/osgate block pkg:npm/evil role=incidnt reason: worm",
        "/osgate block pkg:npm/worse role=incident reason: worm",
        f"/osgate status {codec.short(id)}",
    )
    note = hall.say("zhang.san", at, "\n\n".join(lines))
    hall.forge.fail_next("say", LOST)
    hall.round()
    assert hall.ours(at, f"note={note.id} ") == []
    hall.round()
    answer = hall.answer(at, note.id)
    assert answer.count("Recorded:") == 2
    assert "`incidnt`" in answer
    assert sorted(body["verb"] for body in hall.records()) == ["approve", "block", "request"]
    assert (note.id, hall.forge.me().id, "thumbsdown") in hall.world.reactions


def test_a_copied_note_decides_nothing_again(hall: Hall) -> None:
    at, _ = hall.requested()
    note = hall.say("li.si", at, "/osgate block pkg:npm/left-pad role=incident reason: worm")
    hall.round()
    block = short(hall, "block")
    for who in ("zhang.san", "li.si"):
        hall.say(who, at, f"/osgate unblock {block} role=incident reason: false alarm")
    hall.round()
    before = hall.records()
    clone = hall.issue(hall.guest, "harmless")
    hall.world.talks[clone] = {"9001": replace(note, id="9001")}
    hall.world.talks[at_change(hall)] = {"9002": replace(note, id="9002")}
    hall.world.push(hall.change, HEAD)
    hall.round()
    assert hall.records() == before
    assert f"`{block}`" in hall.answer(at_change(hall), "9002"), "answered with the record that it became"


def test_what_was_refused_once_is_not_taken_in_because_our_answer_is_gone(hall: Hall) -> None:
    at, id = hall.requested()
    note = hall.say("wang.wu", at, f"/osgate approve {codec.short(id)} role=developer reason: mine")
    hall.round()
    (answer,) = [one for one in hall.world.notes(at) if f"note={note.id} " in one.body]
    hall.world.drop(at, answer.id)
    sealed = hall.house.past().serial
    hall.round()
    assert hall.house.past().serial == sealed
    assert "say it again" in hall.answer(at, note.id)


def test_a_role_that_nobody_has_is_told_and_takes_no_seal(hall: Hall) -> None:
    at, id = hall.requested()
    sealed = hall.house.past().serial
    note = hall.say("zhang.san", at, f"/osgate 批准 {codec.short(id)} 角色=技术 理由：可以")
    hall.round()
    assert hall.house.past().serial == sealed
    assert all(part in hall.answer(at, note.id) for part in ("`技术`", "tech, legal"))


def test_without_an_id_a_change_means_the_request_made_for_it_elsewhere_once_it_was_shown(hall: Hall) -> None:
    hall.round()
    _, id = hall.requested()
    early = hall.say("zhang.san", at_change(hall), "/osgate approve reason: looked at it")
    hall.round()
    assert f"/osgate approve {codec.short(id)} reason: …" in hall.answer(at_change(hall), early.id)
    hall.forge.say(at_change(hall), f"<!-- osgate:intake v1 -->\nwaits: `{codec.short(id)}`")
    note = hall.say("zhang.san", at_change(hall), "/osgate approve reason: looked at it")
    hall.round()
    assert [body["request"] for body in hall.records("approve")] == [id]
    assert "tech 1/1" in hall.answer(at_change(hall), note.id)


def test_what_somebody_may_not_see_is_not_there_for_them(hall: Hall) -> None:
    secret = hall.world.add_project("bank/secret")
    change = hall.world.add_change(secret, hall.author, head="c3" * 20, authors=["boss@bank.example"])
    hall.judged["c3" * 20] = hall.verdict("c3" * 20, introduced("fraud-engine", "9.9.9"))
    hall.world.hide(secret, hall.guest)
    asked = hall.issue(hall.guest, "/osgate request bank/secret!1\nreason: x")
    nothing = hall.issue(hall.guest, "/osgate request bank/nothing!1\nreason: x")
    outside = hall.issue(hall.guest, "/osgate request bank/secret!77\nreason: x")
    hall.round()
    assert hall.records("request") == []
    told = [hall.answer(at, TEXT).replace("nothing", "secret").replace("!77", "!1") for at in (asked, nothing, outside)]
    assert told[0] == told[1] == told[2]
    allowed = hall.say("wang.wu", change.conversation, "/osgate request reason: x")
    hall.round()
    assert len(hall.records("request")) == 1
    assert allowed.id


def test_a_guests_flood_is_told_once_and_sealed_over_the_rounds(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "OF_ONE", 2)
    spots = [
        hall.issue(hall.guest, f"/osgate request pkg:npm/p{n}@1.0.0 channel=community reason: x") for n in range(5)
    ]
    hall.say("wang.wu", at_change(hall), "/osgate request reason: needed\npurpose: p")
    counts = []
    for _ in range(3):
        hall.round()
        counts.append(len(hall.records("request")))
    assert counts == [3, 5, 6]
    assert sum(len(hall.ours(at, "osgate:later")) for at in spots) == 1
    assert all(hall.answer(at, TEXT) for at in spots)


def test_a_project_that_left_the_group_is_judged_no_more(hall: Hall) -> None:
    hall.round()
    assert dict(hall.round().memory.waiting) == {(hall.app.id, 1): f"{HEAD} main"}
    hall.world.move(hall.app, "evil/till")
    hall.published.clear()
    hall.say("li.si", hall.issue(hall.guest, "x"), "/osgate block pkg:npm/zzz reason: x")
    done = hall.round()
    assert (hall.published, dict(done.memory.waiting), dict(done.memory.passed)) == ([], {}, {})


def test_the_issue_of_one_request_is_never_taken_for_that_of_another(hall: Hall) -> None:
    hall.say("wang.wu", at_change(hall), "/osgate request\npurpose: p\nreason: r")
    hall.round()
    (issue,) = hall.opened()
    (first,) = hall.records("request")
    hall.judged["d4" * 20] = hall.verdict("d4" * 20, introduced("evil", "6.6.6"))
    change = hall.world.add_change(hall.app, hall.author, head="d4" * 20)
    hall.say("wang.wu", Conversation(hall.app.id, change.number, CHANGE), "/osgate request\npurpose: p\nreason: r")
    done = hall.round()
    (other,) = [at for at in hall.opened() if at != issue]
    spoilt = replace(done.memory, places={first["id"]: other.number}, untold=(first["id"],))
    hall.round(remembered=spoilt)
    assert not any(codec.short(first["id"]) in text for text in hall.ours(other))


@pytest.fixture(autouse=True)
def the_ledger_holds(hall: Hall) -> Iterator[None]:
    """Whatever happened, every seal and every record that counts is sound."""
    yield
    assert hall.house.past().problems == ()
