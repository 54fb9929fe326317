"""One comment of ours on a change: found, kept, mended, written again, and never two of them for long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.forge_desk import sticky
from osgate.forges.protocol import Expired, Forbidden, Unreachable
from osgate.model.forge import Change, Note
from osgate.model.record import replace
from osgate.reports.markdown.marker import ended, intact, marked, read_marker
from osgate.testing.forge import MemoryForge

LOST = Unreachable("forge.unreachable", address="", detail="reset")
BLOCK = marked("### blocked\n", "blocked", "block")
OTHER = marked("### blocked by two\n", "two", "block")


def settled(earlier: str) -> str:
    return marked("### settled\n" if earlier else "### fine\n", "fine", ended("pass", earlier))


class Desk:
    """A change at a forge in memory, its author, a maintainer, and the desk's account."""

    def __init__(self) -> None:
        self.forge = MemoryForge()
        world = self.forge.world
        self.author = self.forge.as_user(world.add_account("zhang.san"))
        self.maintainer = self.forge.as_user(world.add_account("li.si", maintainer=True))
        self.change: Change = world.add_change(world.add_project("shop/till"), self.author.me())
        self.at = self.change.conversation
        world.calls.clear()

    def keep(self, text: str = BLOCK, *, needed: bool = True) -> sticky.Kept:
        return sticky.keep(self.forge, self.at, lambda earlier: text, needed=needed)

    def ours(self) -> list[Note]:
        return sticky.ours(self.forge.notes(self.at), self.forge.me())

    def bodies(self) -> list[str]:
        return [note.body for note in self.forge.notes(self.at)]

    def called(self, method: str) -> int:
        return self.forge.world.called(method, "osgate")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_X01_two_runs_leave_one_comment_and_a_fix_turns_it_resolved(desk: Desk) -> None:
    assert desk.keep().did == "said"
    assert desk.keep().did == "untouched"
    assert desk.bodies() == [BLOCK]
    kept = sticky.keep(desk.forge, desk.at, settled)
    assert (kept.did, kept.earlier) == ("edited", "block")
    assert desk.bodies() == [settled("block")]
    # It stays what it is: the next run is told that it was settled before, and says the same.
    assert sticky.keep(desk.forge, desk.at, settled).did == "untouched"
    assert desk.called("say") == 1
    assert desk.called("edit") == 1


def test_nothing_is_said_where_nothing_ever_was_wrong_unless_asked_for(desk: Desk) -> None:
    assert sticky.keep(desk.forge, desk.at, settled, needed=False).did == "silent"
    assert desk.bodies() == []
    assert sticky.keep(desk.forge, desk.at, settled).did == "said"
    assert "### fine" in desk.bodies()[0]


@pytest.mark.parametrize("body", [BLOCK, f"> {BLOCK}", f"look:\n{BLOCK}", BLOCK.replace("blocked", "approved")])
def test_an_outsider_who_copies_the_marker_changes_nothing(desk: Desk, body: str) -> None:
    desk.author.say(desk.at, body)
    assert desk.keep().did == "said"
    desk.author.say(desk.at, body)
    assert desk.keep().did == "untouched"
    assert len(desk.ours()) == 1
    assert desk.bodies() == [body, BLOCK, body]


def test_a_note_of_ours_without_a_marker_and_one_on_a_line_are_no_comment(desk: Desk) -> None:
    desk.forge.say(desk.at, "recorded")
    desk.forge.say_on_line(desk.change, "package.json", 3, BLOCK)
    assert desk.keep().did == "said"
    assert len(desk.bodies()) == 3


def test_of_several_the_newest_is_kept_and_the_others_go(desk: Desk) -> None:
    for text in (OTHER, BLOCK, OTHER):
        desk.forge.say(desk.at, text)
    last = desk.ours()[-1]
    kept = desk.keep()
    assert (kept.did, kept.removed) == ("edited", 2)
    assert [(note.id, note.body) for note in desk.ours()] == [(last.id, BLOCK)]


def test_what_may_not_be_deleted_is_collapsed(desk: Desk) -> None:
    desk.forge.say(desk.at, OTHER)
    desk.forge.say(desk.at, BLOCK)
    desk.forge.forbid("remove")
    assert sticky.keep(desk.forge, desk.at, lambda earlier: BLOCK, superseded="see below").removed == 1
    assert desk.bodies() == [f"{sticky.GONE}\nsee below", BLOCK]
    assert desk.keep().removed == 0


def test_a_deleted_comment_is_written_again(desk: Desk) -> None:
    desk.keep()
    desk.maintainer.remove(desk.at, desk.ours()[0].id)
    assert desk.keep().did == "said"
    assert desk.bodies() == [BLOCK]


def test_a_comment_that_is_deleted_while_we_edit_it_is_written_again(desk: Desk) -> None:
    desk.keep(OTHER)
    gone = desk.ours()[0].id
    desk.forge.before_next("edit", lambda: desk.forge.world.drop(desk.at, gone))
    kept = desk.keep()
    assert (kept.did, kept.earlier) == ("said", "block")
    assert desk.bodies() == [BLOCK]


@pytest.mark.parametrize(
    "bent",
    [
        BLOCK.replace("### blocked", "### approved"),
        BLOCK + "/merge",
        BLOCK.partition("\n")[0] + "\n",
        marked("### approved\n", "approved", "pass"),
    ],
)
def test_an_edited_comment_is_restored(desk: Desk, bent: str) -> None:
    desk.keep()
    desk.maintainer.edit(desk.at, desk.ours()[0].id, bent)
    assert desk.keep().did == "edited"
    assert desk.bodies() == [BLOCK]


def test_a_comment_without_its_marker_is_nobodys_and_a_new_one_is_written(desk: Desk) -> None:
    desk.keep()
    desk.maintainer.edit(desk.at, desk.ours()[0].id, "all is well")
    assert desk.keep().did == "said"
    assert [note.body for note in desk.ours()] == [BLOCK]


@pytest.mark.parametrize("stored", [BLOCK.replace("\n", "\r\n"), BLOCK.rstrip(), BLOCK + "\n\n"])
def test_what_a_forge_does_to_line_ends_is_no_edit(stored: str) -> None:
    assert intact(stored)
    assert read_marker(stored) == read_marker(BLOCK)


def test_an_answer_that_is_lost_leaves_one_comment(desk: Desk) -> None:
    desk.forge.fail_next("say", LOST, after=True)
    kept = desk.keep()
    assert kept.did == "said"
    assert kept.note is not None
    assert desk.bodies() == [BLOCK]
    assert desk.keep().did == "untouched"


def test_a_call_that_never_arrived_is_told_and_made_up_for_by_the_next_round(desk: Desk) -> None:
    desk.forge.fail_next("say", LOST)
    with pytest.raises(Unreachable):
        desk.keep()
    assert desk.called("say") == 1, "a POST is not repeated"
    assert desk.keep().did == "said"
    assert desk.bodies() == [BLOCK]


def test_two_writers_at_once_end_with_one_comment(desk: Desk) -> None:
    desk.forge.before_next("say", lambda: desk.forge.say(desk.at, OTHER))
    assert desk.keep().removed == 1
    assert desk.bodies() == [BLOCK]
    # The other one looks only now, and finds no fault with it.
    assert desk.keep().did == "untouched"


def test_the_other_writer_may_be_the_last_one(desk: Desk) -> None:
    seen: list[str] = []

    def other() -> None:
        seen.extend(desk.bodies())
        desk.forge.say(desk.at, OTHER)

    desk.forge.before_next("notes", lambda: None)
    desk.forge.before_next("notes", other)
    assert desk.keep().did == "said"
    assert seen == [BLOCK]
    assert desk.bodies() == [OTHER]
    assert desk.keep().did == "edited"
    assert desk.bodies() == [BLOCK]


def test_a_job_without_an_account_owns_nothing(desk: Desk) -> None:
    desk.keep()
    nobody = replace(desk.forge.me(), id="")
    assert sticky.ours(desk.forge.notes(desk.at), nobody) == []


@pytest.mark.parametrize("error", [Expired("forge.token", address="", detail=""), Forbidden("forge.forbidden")])
def test_a_refusal_is_the_callers_to_tell(desk: Desk, error: Exception) -> None:
    desk.forge.fail_next("say", error)
    with pytest.raises(type(error)):
        desk.keep()
    assert desk.bodies() == []


EVENTS = st.one_of(
    st.tuples(st.just("push"), st.integers(0, 3)),
    st.sampled_from([("delete", 0), ("edit", 0), ("strip", 0), ("copy", 0), ("twice", 0)]),
    st.tuples(st.just("lost"), st.sampled_from(["say", "edit", "remove", "notes"])),
    st.tuples(st.just("failed"), st.sampled_from(["say", "edit", "remove", "notes"])),
)


@settings(max_examples=60)
@given(st.lists(EVENTS, max_size=12))
def test_whatever_happens_there_is_one_comment_and_it_tells_the_newest_verdict(
    events: list[tuple[str, object]],
) -> None:
    desk, wanted = Desk(), 0
    texts = [BLOCK, OTHER, marked("### three\n", "three", "undecided"), marked("### four\n", "four", "warn")]
    for event, detail in events:
        there = sticky.ours(desk.forge.world.notes(desk.at), desk.forge.me())
        if event == "push":
            wanted = int(str(detail))
        elif event in ("lost", "failed"):
            desk.forge.fail_next(str(detail), LOST, after=event == "lost")
        elif event == "copy":
            desk.forge.world.add_note(desk.at, desk.author.me(), texts[wanted])
        elif event == "twice":
            desk.forge.world.add_note(desk.at, desk.forge.me(), OTHER)
        elif there and event == "delete":
            desk.forge.world.drop(desk.at, there[-1].id)
        elif there:
            bent = "nothing" if event == "strip" else there[-1].body.replace("###", "#")
            desk.forge.world.rewrite(desk.at, replace(there[-1], body=bent, edited=True))
        try:
            desk.keep(texts[wanted])
        except Unreachable:
            continue
    desk.forge.world.faults.clear()
    desk.keep(texts[wanted])
    assert [note.body for note in desk.ours()] == [texts[wanted]]
    desk.forge.world.calls.clear()
    assert desk.keep(texts[wanted]).did == "untouched"
    assert not {"say", "edit", "remove"} & {method for _, method in desk.forge.world.calls}


BENT = "**osgate: approved by security.** Nothing to do, please merge."


def test_what_a_maintainer_makes_of_our_comment_does_not_stay_under_our_name(desk: Desk) -> None:
    """Without its marker nothing tells it apart from other words of ours: whoever remembers its id does."""
    first = desk.keep().note
    assert first is not None
    desk.maintainer.edit(desk.at, first.id, BENT)
    kept = sticky.keep(desk.forge, desk.at, lambda earlier: BLOCK, known=first.id)
    assert (kept.did, desk.bodies()) == ("edited", [BLOCK])
    assert sticky.keep(desk.forge, desk.at, lambda earlier: BLOCK, known=first.id).did == "untouched"
    desk.maintainer.edit(desk.at, first.id, BENT)
    assert desk.keep().did == "said"
    assert desk.bodies() == [BENT, BLOCK], "nobody remembers"
    assert sticky.keep(desk.forge, desk.at, lambda earlier: BLOCK, known=first.id).removed == 1
    assert desk.bodies() == [BLOCK]


def test_remembering_a_note_takes_nothing_from_others(desk: Desk) -> None:
    theirs = desk.author.say(desk.at, "words of theirs")
    tool = desk.forge.say(desk.at, "words of another tool with our account")
    sticky.keep(desk.forge, desk.at, lambda earlier: BLOCK, known=theirs.id)
    assert desk.bodies() == [theirs.body, tool.body, BLOCK]
