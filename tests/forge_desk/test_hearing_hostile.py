"""Who would mute the desk, drown it, or have it hear what nobody said: notes of hostile people and odd clocks."""

from __future__ import annotations

import pytest

from forge_desk.test_hearing import HELP, LOST, Place, codes
from osgate.forge_desk import turns
from osgate.forge_desk.failing import Bug
from osgate.forge_desk.hearing import EDITED_ISSUES, TEXT, Ears
from osgate.forge_desk.memory import Memory
from osgate.model.forge import Able, Conversation
from osgate.model.record import replace


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_date_in_the_future_hides_nothing_that_comes_before_it(place: Place) -> None:
    """An import, or a clock that was wrong for a moment."""
    odd = place.issue("hello")
    key = (odd.project, odd.number)
    place.world.issues[key] = replace(place.world.issues[key], updated="2099-01-01T00:00:00Z")
    place.hear()
    assert place.memory.issues == place.clock.now
    place.clock.forward(days=2)
    at = place.issue()
    assert [one.at for one in place.hear().said] == [at]
    place.memory = Memory(issues="2099-01-01T00:00:00Z", changes="2099-01-01T00:00:00Z")
    later = place.issue()
    assert later in [one.at for one in place.hear().said], "a cursor ahead of our clock counts as now"


@pytest.mark.parametrize("when", ["9999-12-31T23:59:59Z", "2027-06-01T00:00:00Z"])
def test_a_note_from_another_day_than_ours_is_not_heard_and_breaks_nothing(place: Place, when: str) -> None:
    note, other = place.say(), place.say()
    place.world.talks[place.at][note.id] = replace(note, created=when, updated=when)
    assert place.notes() == [other.id]


def test_notes_that_are_older_than_their_issue_were_copied_there(place: Place) -> None:
    note = place.say()
    place.clock.forward(hours=1)
    at = place.issue("harmless")
    place.world.talks[at] = {"9001": replace(note, id="9001")}
    fresh = place.say(at=at)
    assert place.notes() == [note.id, fresh.id]


def test_a_note_is_left_alone_in_its_first_seconds(place: Place) -> None:
    note = place.say()
    ears = lambda: Ears(place.forge, place.forge.me(), place.home, "bank", place.clock.now)  # noqa: E731
    first = ears().hear(Memory())
    assert (first.said, first.memory.again) == ((), (place.at,))
    place.clock.forward(days=1)
    far = replace(first.memory, changes=place.clock.now)
    assert [one.note.id for one in ears().hear(far).said] == [note.id]


def test_an_issues_text_decides_nothing_where_nobody_tells_whether_it_was_edited(place: Place) -> None:
    asks, decides = place.issue("/osgate request pkg:npm/x@1\nreason: y"), "/osgate block pkg:npm/x reason: y"
    at = place.issue(f"{decides}\n\n/osgate help")
    note = place.say(decides, at=at)
    assert [codes(one) for one in place.hear().said] == [["request"], ["block", "help"], ["block"]]
    place.world.able[place.home.id] = Able(lacking=((EDITED_ISSUES, "API v1"),))
    heard = {one.note.id or (TEXT, one.at): codes(one) for one in place.hear().said}
    assert heard == {(TEXT, asks): ["request"], (TEXT, at): ["text-decides", "help"], note.id: ["block"]}


def test_a_flood_waits_its_turn_and_keeps_nobody_waiting(place: Place) -> None:
    guest = place.world.add_account("somebody")
    flood = []
    for _ in range(turns.OF_ONE + 15):
        place.clock.forward(seconds=7)
        flood.append(place.forge.as_user(guest).open_issue(place.home.id, "x", HELP).conversation)
    note = place.say()
    first = place.hear()
    assert [one.at for one in first.said] == [*flood[: turns.OF_ONE], place.at]
    assert dict(first.slowed) == {guest.id: flood[turns.OF_ONE]}
    assert place.world.called("notes") == turns.OF_ONE + 2, "what has to wait is not looked at"
    for at, id in [*((at, "text") for at in flood[: turns.OF_ONE]), (place.at, note.id)]:
        place.forge.say(at, f"<!-- osgate:answer note={id} -->")
    second = place.hear()
    assert [one.at for one in second.said] == flood[turns.OF_ONE :]
    assert (second.memory.again, second.slowed) == ((), {})


def test_many_accounts_together_have_their_turn_too_and_nothing_is_lost(place: Place) -> None:
    crowd = [place.world.add_account(f"g{n}") for n in range(7)]
    text = "\n\n".join([HELP] * 20)
    notes = [place.say(text, who=who) for who in crowd for _ in range(2)]
    heard = [one.note.id for one in place.hear().said]
    assert len(heard) == turns.OF_ALL // 20
    # What was heard is answered by the round; the rest comes in the next.
    for id in heard:
        place.forge.say(place.at, f"<!-- osgate:answer note={id} -->")
    rest = place.notes()
    assert sorted((*heard, *rest)) == sorted(note.id for note in notes)


def test_a_command_on_many_packages_counts_for_several(place: Place) -> None:
    guest = place.world.add_account("somebody")
    many = " ".join(f"pkg:npm/p{n}@1" for n in range(200))
    notes = [place.say(f"/osgate request {many} reason: x", who=guest) for _ in range(6)]
    assert place.notes() == [note.id for note in notes[:3]]


def test_a_look_around_ends_with_its_time_and_goes_on_in_the_next(place: Place) -> None:
    spots = [place.issue() for _ in range(4)]
    seconds = iter([0.0, 0.0, 0.0, 0.0, 0.0, *[1e6] * 100])
    place.clock.forward(seconds=60)
    clock = lambda: next(seconds)  # noqa: E731
    first = Ears(place.forge, place.forge.me(), place.home, "bank", place.clock.now, clock).hear(Memory())
    assert 0 < len(first.said) < 4
    heard = {one.at for one in first.said}
    assert set(first.memory.again) >= set(spots) - heard
    place.memory = replace(first.memory, issues=place.clock.forward(days=3))
    assert set(spots) - heard <= {one.at for one in place.hear().said}


def test_more_than_can_be_kept_in_mind_is_found_again_where_the_list_was_left(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("osgate.forge_desk.hearing.MOST", 2)
    monkeypatch.setattr(turns, "LOOKED", 1)
    for _ in range(5):
        place.issue()
    place.hear()
    assert place.memory.issues == ""


def test_what_one_conversation_breaks_is_told_and_stops_no_other(place: Place) -> None:
    at = place.issue()
    note = place.say()
    place.forge.fail_next("notes", KeyError("subjects"), project=place.home.id)
    heard = place.hear()
    assert [one.note.id for one in heard.said] == [note.id]
    ((what, error),) = [(one.what, one.error) for one in heard.failed]
    assert (what, isinstance(error, Bug), error.params["kind"]) == (f"{at.project}#{at.number}", True, "KeyError")
    place.forge.fail_next("issues_since", RecursionError())
    assert [type(one.error) for one in place.hear().failed] == [Bug]
    place.forge.fail_next("notes", LOST)
    assert place.hear().memory.again == (Conversation(place.home.id, 1, "issue"),)


def test_of_a_million_characters_only_the_first_are_kept(place: Place) -> None:
    at = place.issue(HELP + "\n" + "x" * 1_000_000)
    heard = place.hear()
    assert [one.at for one in heard.said] == [at]
    assert max(len(issue.body) for issue in heard.issues) <= 100_000
