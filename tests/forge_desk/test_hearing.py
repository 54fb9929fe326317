"""What is heard at the forge: new words of people who may speak, as they wrote them, once; and how far we looked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from osgate.forge_desk import memory
from osgate.forge_desk.hearing import MOST_RUNG, TEXT, Ears, Heard, Said, answer_mark
from osgate.forge_desk.memory import Memory
from osgate.forges.commands import Command, Mistake
from osgate.forges.protocol import Expired, Missing, Unreachable
from osgate.io.git_write import Repository, init_bare
from osgate.model.forge import CHANGE, CLOSED, ISSUE, Account, Conversation, Note
from osgate.testing.clock import Clock
from osgate.testing.forge import MemoryForge
from osgate.testing.keys import SigningKey

LOST = Unreachable("forge.unreachable", address="", detail="")
HELP = "/osgate help"


class Place:
    """A forge with a policy project and a change below the group `bank`."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.forge = MemoryForge(self.clock)
        self.world = self.forge.world
        self.home = self.world.add_project("bank/policy")
        self.app = self.world.add_project("bank/pay/till")
        self.who = self.world.add_account("zhang.san")
        self.change = self.world.add_change(self.app, self.who)
        self.at = self.change.conversation
        self.memory = Memory()

    def say(self, body: str = HELP, who: Account | None = None, at: Conversation | None = None) -> Note:
        self.clock.forward(seconds=7)
        return self.forge.as_user(who or self.who).say(at or self.at, body)

    def issue(self, body: str = HELP) -> Conversation:
        self.clock.forward(seconds=7)
        return self.forge.as_user(self.who).open_issue(self.home.id, "Ask", body).conversation

    def hear(self, *rung: Conversation) -> Heard:
        self.clock.forward(seconds=60)
        heard = Ears(self.forge, self.forge.me(), self.home, "bank", self.clock.now).hear(self.memory, rung)
        self.memory = heard.memory
        return heard

    def notes(self, *rung: Conversation) -> list[str]:
        return [one.note.id or TEXT for one in self.hear(*rung).said]


@pytest.fixture
def place() -> Place:
    return Place()


def codes(said: Said) -> list[str]:
    return [one.code if isinstance(one, Mistake) else one.verb for one in said.commands]


def test_notes_on_changes_and_issues_and_an_issues_own_text_are_heard_in_their_order(place: Place) -> None:
    at = place.issue("words\n\n/osgate request bank/pay/till!1\nreason: x")
    first, second = place.say(), place.say(at=at)
    place.say("no command")
    heard = place.hear()
    assert [(one.at.kind, one.note.id) for one in heard.said] == [(ISSUE, ""), (CHANGE, first.id), (ISSUE, second.id)]
    assert isinstance(heard.said[0].commands[0], Command)
    assert heard.said[1].change is not None
    assert heard.said[2].issue is not None
    assert not heard.failed


def test_what_was_answered_is_not_heard_again_whatever_others_write(place: Place) -> None:
    note, other = place.say(), place.say()
    at = place.issue()
    place.say(answer_mark(other.id), who=place.who)  # The mark in somebody else's note means nothing.
    place.forge.say(place.at, f"{answer_mark(note.id)}\ndone")
    place.forge.say(at, f"{answer_mark('')}\ndone")
    assert place.notes() == [other.id]
    assert place.notes() == [other.id]


def test_an_answer_that_was_touched_since_answers_and_shows_no_more_when(place: Place) -> None:
    note, other = place.say(), place.say()
    ours = place.forge.say(place.at, f"{answer_mark(note.id)}\ndone")
    assert place.notes() == [other.id]
    maintainer = place.world.add_account("boss", maintainer=True)
    place.forge.as_user(maintainer).edit(place.at, ours.id, f"{ours.body} indeed")
    place.forge.say(place.at, f"quoting {answer_mark(other.id)}")
    (said,) = place.hear().said
    assert (said.note.id, said.answered) == (other.id, {note.id: ""})


def test_an_answer_of_ours_that_somebody_edited_answers_no_other_note(place: Place) -> None:
    """A maintainer may edit any note, and would have us think that we had answered what we are not to hear."""
    place.say()
    first, second = (place.forge.say(place.at, f"{answer_mark('1')}\n{word}") for word in ("status", "help"))
    place.hear()
    note = place.say("/osgate reject 123456789abc reason: malware")
    boss = place.forge.as_user(place.world.add_account("boss", maintainer=True))
    for ours in (first, second, place.forge.say(place.at, "words")):
        boss.edit(place.at, ours.id, f"{answer_mark(note.id)}\nRecorded")
    assert note.id in place.notes()


def test_a_note_that_was_edited_by_its_author_or_a_maintainer_counts_for_nothing(place: Place) -> None:
    own, other = place.say(), place.say("harmless")
    maintainer = place.forge.as_user(place.world.add_account("boss", maintainer=True))
    place.forge.as_user(place.who).edit(place.at, own.id, "/osgate block pkg:npm/x reason: y")
    maintainer.edit(place.at, other.id, "/osgate block pkg:npm/x reason: y")
    at = place.issue()
    maintainer.change_issue(at.project, at.number, body="/osgate help\n/osgate status")
    assert [codes(one) for one in place.hear().said] == [["edited"]] * 3


def test_a_note_edited_between_hearing_and_deciding_counts_for_nothing(place: Place) -> None:
    note = place.say()
    maintainer = place.forge.as_user(place.world.add_account("boss", maintainer=True))

    def bend() -> None:
        maintainer.edit(place.at, note.id, "/osgate block pkg:npm/x reason: y")

    place.forge.before_next("note", bend)
    (said,) = place.hear().said
    assert codes(said) == ["edited"]


def test_a_note_deleted_between_hearing_and_deciding_was_never_said(place: Place) -> None:
    note = place.say()
    place.forge.before_next("note", lambda: place.world.drop(place.at, note.id))
    assert place.notes() == []


@pytest.mark.parametrize("what", ["bot", "blocked", "gone", "blocked since"])
def test_machines_and_accounts_that_may_not_sign_in_are_not_heard(place: Place, what: str) -> None:
    who = place.world.add_account("other", bot=what == "bot")
    place.say(who=who)
    acts: dict[str, Callable[[], object]] = {
        "bot": lambda: None,
        "blocked": lambda: place.world.change_account(who, active=False),
        "gone": lambda: place.world.remove_account(who),
        "blocked since": lambda: place.forge.before_next("note", lambda: place.world.change_account(who, active=False)),
    }
    acts[what]()
    assert place.notes() == []


def test_a_renamed_account_is_the_same_and_a_login_taken_over_is_another(place: Place) -> None:
    note = place.say()
    place.world.change_account(place.who, login="zhang.new")
    other = place.world.add_account("zhang.san")
    taken = place.say(who=other)
    heard = place.hear().said
    assert [(one.note.id, one.note.author.id) for one in heard] == [(note.id, place.who.id), (taken.id, other.id)]


def test_each_look_begins_where_the_last_one_ended_less_what_lists_lag_behind(place: Place) -> None:
    note = place.say()
    assert place.notes() == [note.id]
    assert place.memory.changes == place.world.changes[place.app.id, 1].updated
    place.clock.forward(hours=1)
    assert place.notes() == [note.id], "the cursor is inclusive"
    other = place.world.add_change(place.app, place.who)
    place.clock.forward(hours=1)
    fresh = place.say(at=other.conversation)
    assert place.notes() == [note.id, fresh.id]
    assert place.notes() == [fresh.id]


def test_what_lies_longer_back_than_a_month_is_over(place: Place) -> None:
    place.say()
    place.clock.forward(days=31)
    fresh = place.say()
    assert place.notes() == [fresh.id]


@pytest.mark.parametrize("hours", [-11, 11])
def test_our_clock_may_be_hours_off_the_forges(place: Place, hours: int) -> None:
    first = place.say()
    ours = Clock(place.clock.now)
    for note in (first, place.say()):
        heard = Ears(place.forge, place.forge.me(), place.home, "bank", ours.forward(hours=hours)).hear(place.memory)
        assert note.id in [one.note.id for one in heard.said]
        assert heard.memory.changes == min(place.world.changes[place.app.id, 1].updated, ours.now)
        place.memory = heard.memory


def test_a_conversation_that_cannot_be_read_is_come_back_to_and_stops_no_other(place: Place) -> None:
    note = place.say()
    other = place.world.add_change(place.world.add_project("bank/other"), place.who).conversation
    there = place.say(at=other)
    place.forge.fail_next("notes", LOST, project=place.app.id)
    heard = place.hear()
    assert [one.note.id for one in heard.said] == [there.id]
    assert [failed.at for failed in heard.failed] == [place.at]
    place.clock.forward(days=2)
    place.memory = Memory(issues=place.clock.now, changes=place.clock.now, again=place.memory.again)
    assert place.notes() == [note.id]
    assert place.memory.again == ()


def test_a_list_that_breaks_off_goes_on_where_it_did(place: Place) -> None:
    note = place.say()
    place.forge.fail_next("changes_since", LOST)
    heard = place.hear()
    assert (heard.said, [one.what for one in heard.failed], place.memory.changes) == ((), ["changes"], "")
    assert place.notes() == [note.id]


def test_a_project_we_lost_the_sight_of_is_given_up_and_told(place: Place) -> None:
    place.say()
    place.memory = Memory(again=(Conversation("999", 1),))
    place.world.hide(place.app, place.forge.me())
    heard = place.hear(place.at)
    assert heard.said == ()
    assert {type(one.error) for one in heard.failed} == {Missing}
    assert place.memory.again == ()


def test_a_token_that_ends_in_the_middle_loses_nothing(place: Place) -> None:
    note = place.say()
    me = place.forge.me()
    place.clock.forward(seconds=60)
    place.forge.before_next("note", place.forge.expire)
    heard = Ears(place.forge, me, place.home, "bank", place.clock.now).hear(place.memory)
    assert heard.said == ()
    assert {type(one.error) for one in heard.failed} == {Expired}
    place.world.expired.clear()
    place.memory = heard.memory
    assert place.notes() == [note.id]


def test_a_project_that_moved_is_heard_under_its_id(place: Place) -> None:
    note = place.say()
    place.world.move(place.app, "bank/shop/till")
    assert place.notes() == [note.id]
    place.world.move(place.app, "elsewhere/till")
    assert place.notes(place.at) == [], "out of the group it is no longer ours"


def test_a_bell_names_what_to_look_at_and_is_believed_nothing_else(place: Place) -> None:
    note = place.say()
    place.clock.forward(hours=1)
    far = Memory(issues=place.clock.now, changes=place.clock.now)
    place.memory = far
    assert place.notes() == []
    stranger = place.world.add_change(place.world.add_project("other/x"), place.who).conversation
    place.say(at=stranger)
    elsewhere = Conversation(place.app.id, 1, ISSUE)
    place.memory = far
    assert place.notes(place.at, place.at, stranger, elsewhere) == [note.id]
    place.memory = far
    assert place.notes(*[Conversation(place.app.id, 500 + n) for n in range(MOST_RUNG)], place.at) == []


def test_the_text_of_an_issue_that_was_closed_asks_nothing(place: Place) -> None:
    at = place.issue()
    place.forge.as_user(place.who).change_issue(at.project, at.number, state=CLOSED)
    note = place.say(at=at)
    assert place.notes() == [note.id]


def test_a_thousand_notes_are_heard_and_only_commands_are_fetched_again(place: Place) -> None:
    for number in range(1000):
        place.world.add_note(place.at, place.who, HELP if number % 100 == 0 else "talk")
    assert len(place.notes()) == 10
    assert place.world.called("note") == 10
    assert place.world.called("account") == 1


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Repository]:
    with init_bare(str(tmp_path / "bare")) as repository:
        yield repository


def test_what_is_remembered_comes_back_and_damage_is_forgotten(bare: Repository) -> None:
    desk = SigningKey("desk")
    assert memory.load(bare, desk.public) == Memory()
    again = (Conversation("7", 3, ISSUE), Conversation("8", 1))
    kept = Memory(
        "2026-11-21T06:00:00Z",
        "2026-11-21T07:00:00Z",
        again,
        {("8", 1): "ab"},
        {"sha256:x": 4},
        ("sha256:y",),
        {("9", 2): "cd"},
        {("9", 3): ("ef", 7)},
        12,
        "sha256:z",
        (("9", 4),),
        {"501": "77"},
        ("4711",),
    )
    memory.save(bare, kept, desk.snapshot)
    assert memory.load(bare, desk.public) == kept
    for damage in (b"{", b"[]", b'{"schema": "osgate.heard/1"}', b"[" * 100_000, b'{"schema": "other"}'):
        old = dict(bare.refs(memory.REF))[memory.REF]
        bare.update_ref(memory.REF, bare.write_blob(damage), old)
        assert memory.load(bare, desk.public) == Memory()
    many = Memory(again=tuple(Conversation("1", n + 1) for n in range(memory.MOST + 50)))
    memory.save(bare, many, desk.snapshot)
    assert len(memory.load(bare, desk.public).again) == memory.MOST
    for odd in ("yesterday", "0001-13-01T00:00:00Z", "2026-11-21T06:00:00+08:00"):
        memory.save(bare, Memory(issues=odd), desk.snapshot)
        assert memory.load(bare, desk.public) == Memory()


def test_nobody_but_the_desk_can_have_it_believe_that_it_has_listened(bare: Repository) -> None:
    desk = SigningKey("desk")
    memory.save(bare, Memory("2099-01-01T00:00:00Z", "2099-01-01T00:00:00Z"), SigningKey("stranger").snapshot)
    assert memory.load(bare, desk.public) == Memory()
    memory.save(bare, Memory("2026-01-01T00:00:00Z"), desk.snapshot)
    old = dict(bare.refs(memory.REF))[memory.REF]
    spoilt = (bare.blobs([old])[old] or b"").replace(b"2026-01-01", b"2099-01-01")
    bare.update_ref(memory.REF, bare.write_blob(spoilt), old)
    assert memory.load(bare, desk.public) == Memory()
