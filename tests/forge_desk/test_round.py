"""A round at the forge from end to end: asked, decided, told, sealed by the desk alone, checked again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flow.house import patched
from forge_desk import hall as halls
from forge_desk.hall import HEAD, Hall, at_change
from osgate.errors import Undecided
from osgate.forge_desk.hearing import TEXT
from osgate.forges.protocol import Expired, Unreachable
from osgate.intake_desk.desk import Run
from osgate.io.git_write import Repository
from osgate.ledger import codec
from osgate.model.forge import CHANGE, CLOSED, OPEN, Conversation
from osgate.testing.forge_world import Rerun

LOST = Unreachable("forge.unreachable", address="", detail="")


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return halls.hall(tmp_path)


def test_X08_free_optional_approvals_hold_until_the_quorum_whatever_the_forge_shows(hall: Hall) -> None:
    """On GitLab Free anybody may press Approve and nothing waits for it; here two roles have to speak."""
    hall.round()
    assert hall.published == [(HEAD, "block")]
    ask = hall.say(hall.author, at_change(hall), "/osgate request reason: needed\npurpose: pad")
    hall.round()
    (issue,) = hall.opened()
    (request,) = hall.records("request")
    assert request["person"] == f"gitlab:{hall.author.id}"
    assert str(issue.number) in hall.answer(at_change(hall), ask.id)
    hall.say("wang.wu", at_change(hall), "Approved!")
    hall.say("zhang.san", issue, "/osgate approve reason: read the code")
    hall.round()
    assert hall.state().requests[request["id"]].status == "waiting"
    assert hall.world.reruns == []
    assert hall.published[-1] == (HEAD, "block")
    note = hall.say("li.si", issue, "/osgate approve reason: MIT")
    done = hall.round()
    assert hall.state().requests[request["id"]].status == "approved"
    assert hall.published[-1] == (HEAD, "pass")
    assert hall.world.reruns == [Rerun(hall.app.id, 1, HEAD)]
    assert [one.did for one in done.checked] == ["rerun"]
    assert hall.world.issues[hall.home.id, issue.number].state == CLOSED
    assert hall.world.issues[hall.home.id, issue.number].labels == ("osgate::approved",)
    assert "is approved: tech 1/1, legal 1/1" in hall.answer(issue, note.id)
    hall.round()
    assert len(hall.world.reruns) == 1, "each head once"


def test_nobody_decides_on_what_they_asked_for_or_wrote_with_whichever_account(hall: Hall) -> None:
    hall.world.changes[hall.app.id, 1] = hall.world.push(hall.change, HEAD, author=hall.accounts["li.si"])
    ask = hall.issue(hall.guest, "/osgate request bank/till!1\nreason: needed")
    hall.round()
    (request,) = hall.records("request")
    id = codec.short(request["id"])
    # Whom the policy lists only now asked all the same; a second account of theirs is theirs, too.
    hall.write(hall.people(zhang_san=hall.guest))
    notes = [
        hall.say("zhang.san", ask, f"/osgate approve {id} role=tech reason: mine"),
        hall.say(hall.guest, ask, f"/osgate approve {id} role=tech reason: mine"),
        hall.say("li.si", ask, f"/osgate approve {id} role=legal reason: I wrote it"),
        hall.say(hall.author, ask, f"/osgate approve {id} role=tech reason: let me in"),
    ]
    hall.round()
    assert hall.records("approve") == []
    told = [hall.answer(ask, note.id) for note in notes]
    assert ["asked for it" in told[0], "asked for it" in told[1], "author of the change" in told[2]] == [True] * 3
    assert "people.toml" in told[3]
    assert all((note.id, hall.forge.me().id, "thumbsdown") in hall.world.reactions for note in notes)


def test_what_was_recorded_stays_when_its_note_is_edited_or_deleted_or_heard_again(hall: Hall) -> None:
    issue, id = hall.requested()
    note, other = (hall.say(who, issue, "/osgate approve reason: fine") for who in ("zhang.san", "li.si"))
    hall.round()
    sealed = hall.records()
    assert hall.state().requests[id].status == "approved"
    hall.forge.as_user(hall.accounts["zhang.san"]).edit(issue, note.id, f"/osgate reject {codec.short(id)} reason: no")
    hall.world.drop(issue, other.id)
    hall.remembering = False
    for _ in range(2):
        hall.round(issue, issue)
    assert hall.records() == sealed
    assert len(hall.ours(issue, "osgate:answer")) == 3, "the issue's text and two notes, each answered once"


def test_a_round_that_dies_after_sealing_is_told_of_by_the_next(hall: Hall) -> None:
    at = hall.issue(hall.guest, "/osgate request bank/till!1\nreason: needed")

    def dies(bare: Repository, heard: object) -> Run:
        hall.work(bare, heard)  # type: ignore[arg-type]
        raise Undecided("desk.moved", ref="main", reason="")

    with pytest.raises(Undecided):
        hall.round(work=dies)
    assert (len(hall.records("request")), hall.ours(at)) == (1, [])
    hall.write(hall.people(), **{"projects.toml": b'[[project]]\nid = "till"\nclass = "normal"\n'})
    hall.round()
    assert len(hall.records("request")) == 1
    assert "Recorded" in hall.answer(at, TEXT)


def test_two_rounds_at_once_make_one_record_and_one_answer(hall: Hall) -> None:
    issue, _ = hall.requested()
    note = hall.say("zhang.san", issue, "/osgate approve reason: fine")

    def meanwhile(bare: Repository, heard: object) -> Run:
        hall.round()
        return hall.work(bare, heard)  # type: ignore[arg-type]

    hall.round(work=meanwhile)
    assert len(hall.records("approve")) == 1
    assert "Recorded" in hall.answer(issue, note.id)
    assert not hall.past_refusals()


def test_checks_run_again_once_readers_find_what_was_decided(hall: Hall) -> None:
    """Pages are served after the pipeline that published them: a check that ran before would find nothing new."""
    hall.round()
    issue, _ = hall.requested()
    hall.served = hall.house.past().serial
    for who in ("zhang.san", "li.si"):
        hall.say(who, issue, "/osgate approve reason: fine")
    assert [one.did for one in hall.round().checked] == ["due"]
    assert hall.world.reruns == []
    hall.served = -1
    assert [one.did for one in hall.round().checked] == ["rerun"]
    assert hall.world.reruns == [Rerun(hall.app.id, 1, HEAD)]
    assert hall.round().checked == ()


def test_what_was_pushed_meanwhile_is_not_run_again_for_an_older_head(hall: Hall) -> None:
    hall.round()
    issue, _ = hall.requested()
    hall.served = 0
    for who in ("zhang.san", "li.si"):
        hall.say(who, issue, "/osgate approve reason: fine")
    hall.round()
    pushed = "b2" * 20
    hall.judged[pushed] = hall.verdict(pushed)
    hall.world.push(hall.change, pushed)
    hall.served = -1
    hall.round()
    assert hall.world.reruns == []


def test_a_desk_that_forgot_everything_still_has_the_checks_run_again(hall: Hall) -> None:
    hall.round()
    issue, _ = hall.requested()
    for who in ("zhang.san", "li.si"):
        hall.say(who, issue, "/osgate approve reason: fine")
    hall.remembering = False
    hall.round()
    assert hall.world.reruns == [Rerun(hall.app.id, 1, HEAD)], "its own comment told that it was held up"


def test_our_comment_is_known_again_whatever_somebody_made_of_it(hall: Hall) -> None:
    hall.round()
    hall.judged["b2" * 20] = hall.verdict("b2" * 20)
    hall.world.push(hall.change, "b2" * 20)
    hall.round()
    assert hall.known == ["", "77"]


def test_an_emergency_block_reaches_the_changes_that_had_passed(hall: Hall) -> None:
    issue, _ = hall.requested()
    for who in ("zhang.san", "li.si"):
        hall.say(who, issue, "/osgate approve reason: fine")
    hall.round()
    assert hall.published[-1] == (HEAD, "pass")
    hall.clock.forward(hours=2)
    before = len(hall.world.reruns)
    assert hall.round().checked == ()
    hall.say(
        "zhang.san", hall.issue(hall.guest, "alarm"), "/osgate block pkg:npm/left-pad incident=INC-1 reason: stolen"
    )
    hall.round()
    assert hall.published[-1] == (HEAD, "block")
    assert len(hall.world.reruns) == before + 1


def test_who_asks_for_the_same_in_the_same_round_joins_and_nobody_approves_unseen(hall: Hall) -> None:
    text = "/osgate request bank/till!1\nreason: needed"
    first, second = hall.issue(hall.guest, text), hall.issue(hall.accounts["wang.wu"], text)
    early = hall.say("zhang.san", first, "/osgate approve reason: blindly")
    hall.round()
    asked, joined = sorted(hall.records("request"), key=lambda body: "joins" in body)
    assert joined["joins"] == asked["id"]
    assert hall.records("approve") == []
    assert f"/osgate approve {codec.short(asked['id'])} reason: …" in hall.answer(first, early.id)
    assert "joins the request" in hall.answer(second, TEXT)
    hall.say("zhang.san", second, "/osgate approve reason: seen")
    hall.round()
    assert [body["request"] for body in hall.records("approve")] == [asked["id"]]


def test_a_push_between_request_and_approval_is_not_covered_by_it(hall: Hall) -> None:
    hall.round()
    hall.requested()
    issue = Conversation(hall.home.id, 1, "issue")
    pushed = "b2" * 20
    hall.judged[pushed] = hall.verdict(pushed, halls.introduced("evil", "6.6.6"), outcome="undecided")
    hall.world.push(hall.change, pushed)
    for who in ("zhang.san", "li.si"):
        hall.say(who, issue, "/osgate approve reason: fine")
    hall.round()
    (subject,) = hall.records("request")[0]["subjects"]
    assert subject["purl"] == "pkg:npm/left-pad"
    assert hall.published[-1] == (pushed, "undecided")
    assert hall.world.reruns == []


def test_what_fails_at_the_forge_fails_for_itself_and_is_made_good(hall: Hall) -> None:
    hall.round()
    at = hall.issue(hall.guest, "/osgate request bank/till!1\nreason: needed")
    hall.forge.fail_next("say", LOST)
    hall.forge.fail_next("change", LOST, project=hall.app.id)
    first = hall.round()
    assert (hall.records("request"), [one.at for one in first.failed if one.at]) == ([], [at])
    hall.forge.fail_next("say", LOST, after=True)
    second = hall.round()
    assert len(hall.records("request")) == 1
    hall.round()
    assert "Recorded" in hall.answer(at, TEXT)
    assert len(hall.ours(at, "osgate:state")) == 1, second.failed


def test_an_issue_whose_opening_was_never_confirmed_is_found_again(hall: Hall) -> None:
    ask = hall.say(hall.author, at_change(hall), "/osgate request reason: needed")
    hall.forge.fail_next("open_issue", LOST, after=True)
    hall.round()
    assert len(hall.opened()) == 1
    hall.round()
    (issue,) = hall.opened()
    assert len(hall.ours(issue, "osgate:state")) == 1
    hall.answer(at_change(hall), ask.id)


def test_a_token_that_ends_in_the_middle_of_a_round_loses_nothing(hall: Hall) -> None:
    issue, id = hall.requested()
    note = hall.say("zhang.san", issue, "/osgate approve reason: fine")

    def expires(bare: Repository, heard: object) -> Run:
        done = hall.work(bare, heard)  # type: ignore[arg-type]
        hall.forge.expire()
        return done

    done = hall.round(work=expires)
    assert len(hall.records("approve")) == 1
    assert {type(one.error) for one in done.failed} == {Expired}
    hall.world.expired.clear()
    hall.round()
    assert "tech 1/1" in hall.answer(issue, note.id)
    assert "tech 1/1" in hall.ours(issue, "osgate:state")[0]
    assert hall.state().requests[id].status == "waiting"


def test_a_share_that_ended_and_a_project_that_moved_stop_nobody_else(hall: Hall) -> None:
    hall.round()
    issue, _ = hall.requested()
    other = hall.world.add_project("bank/web")
    gone = hall.world.add_change(other, hall.author, head=HEAD)
    hall.round()
    hall.world.hide(other, hall.forge.me())
    hall.world.move(hall.app, "bank/shop/till")
    hall.say(hall.author, gone.conversation, "/osgate help")
    for who in ("zhang.san", "li.si"):
        hall.say(who, issue, "/osgate approve reason: fine")
    done = hall.round()
    assert [one.what for one in done.failed] == [f"{other.id}!1"]
    assert hall.world.reruns == [Rerun(hall.app.id, 1, HEAD)]
    assert hall.round().failed == ()


def test_what_is_signed_at_the_desk_is_told_at_the_forge_as_well(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, hall.house)
    path = hall.house.application("till")
    id = hall.house.made("wang.wu", "request", "--staged", "--reason", "needed", at=path)
    hall.round()
    (issue,) = hall.opened()
    assert id in hall.ours(issue, "osgate:state")[0]
    hall.house.made("zhang.san", "approve", id, "--role", "tech", "--reason", "looked at")
    hall.say("li.si", issue, "/osgate approve reason: fine")
    hall.round()
    assert hall.world.issues[hall.home.id, issue.number].state == CLOSED
    hall.say("zhang.san", issue, f"/osgate revoke {id} reason: gone")
    hall.round()
    assert hall.world.issues[hall.home.id, issue.number].state == CLOSED
    hall.house.made("li.si", "revoke", id, "--role", "legal", "--reason", "gone")
    hall.round()
    assert hall.world.issues[hall.home.id, issue.number].labels == ("osgate::revoked",)


def test_a_tier_that_wants_peoples_own_signature_is_told(hall: Hall) -> None:
    issue, id = hall.requested()
    hall.write(hall.people(), halls.WITNESS.replace('"gitlab"\n', '"gitlab"\ntiers = ["light"]\n', 1))
    note = hall.say("zhang.san", issue, "/osgate approve reason: fine")
    hall.round()
    assert "sign it yourself" in hall.answer(issue, note.id)
    assert hall.world.issues[hall.home.id, issue.number].state == OPEN
    assert hall.state().requests[id].status == "waiting"


def test_closed_changes_are_waited_for_no_longer(hall: Hall) -> None:
    hall.round()
    hall.world.merge(hall.change)
    done = hall.round(Conversation(hall.app.id, 1, CHANGE))
    assert (done.checked, dict(done.memory.waiting)) == ((), {})


@pytest.fixture(autouse=True)
def no_leftovers(hall: Hall) -> Iterator[None]:
    """Nothing waits anywhere after any of these stories, and the ledger holds."""
    yield
    assert hall.house.refs("refs/heads/osgate/") == []
    assert hall.house.past().problems == ()
