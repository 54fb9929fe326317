"""What the forge in memory offers tests beyond the contract: faults, orders of events, what was done."""

from __future__ import annotations

import pytest

from osgate.forges.protocol import Expired, Forbidden, Missing, NotInDiff, Unreachable
from osgate.model.forge import Account, Change
from osgate.testing.clock import Clock
from osgate.testing.forge import MemoryForge

LOST = Unreachable("forge.unreachable", address="", detail="")


def opened(forge: MemoryForge) -> tuple[Account, Change]:
    """A change by somebody."""
    zhang = forge.world.add_account("zhang.san")
    return zhang, forge.world.add_change(forge.world.add_project("shop/till"), zhang)


@pytest.mark.parametrize(("after", "said"), [(False, 0), (True, 1)])
def test_an_answer_is_lost_before_or_after_it_was_done(after: bool, said: int) -> None:
    forge = MemoryForge()
    _, change = opened(forge)
    forge.fail_next("say", LOST, after=after)

    with pytest.raises(Unreachable):
        forge.say(change.conversation, "once")
    assert len(list(forge.notes(change.conversation))) == said
    assert forge.say(change.conversation, "again").body == "again"


def test_a_fault_may_be_one_projects_alone_and_strike_more_than_once() -> None:
    forge = MemoryForge()
    zhang, change = opened(forge)
    other = forge.world.add_change(forge.world.add_project("shop/web"), zhang)
    forge.fail_next("notes", LOST, times=2, project=change.project)

    assert list(forge.notes(other.conversation)) == []
    for _ in range(2):
        with pytest.raises(Unreachable):
            list(forge.notes(change.conversation))
    assert list(forge.notes(change.conversation)) == []


def test_something_can_happen_between_two_calls() -> None:
    forge, clock = MemoryForge(), Clock()
    zhang, change = opened(forge)
    note = forge.as_user(zhang).say(change.conversation, "/osgate approve")
    wang = forge.world.add_account("wang.wu", maintainer=True)
    forge.before_next("note", lambda: forge.as_user(wang).edit(change.conversation, note.id, "/osgate reject"))

    found = forge.note(change.conversation, note.id)
    assert found is not None
    assert (found.body, found.edited, found.updated) == ("/osgate reject", True, clock.now)
    assert forge.world.called("edit", "wang.wu") == 1


def test_what_is_forbidden_is_so_for_one_identity_until_it_is_allowed() -> None:
    forge = MemoryForge()
    zhang, change = opened(forge)
    forge.forbid("say", change.project)

    with pytest.raises(Forbidden):
        forge.say(change.conversation, "words")
    forge.as_user(zhang).say(change.conversation, "words")
    forge.allow("say", change.project)
    forge.say(change.conversation, "words")


def test_an_account_that_is_removed_wrote_as_a_ghost_and_asks_no_more() -> None:
    forge = MemoryForge()
    zhang, change = opened(forge)
    forge.as_user(zhang).say(change.conversation, "words")
    forge.world.remove_account(zhang)

    assert forge.account(zhang.id) is None
    assert [note.author.login for note in forge.notes(change.conversation)] == ["ghost"]
    with pytest.raises(Expired):
        forge.as_user(zhang).me()


def test_a_login_may_change_hands_and_an_id_does_not() -> None:
    forge = MemoryForge()
    zhang, change = opened(forge)
    note = forge.as_user(zhang).say(change.conversation, "words")
    forge.world.change_account(zhang, login="zhang.old")
    other = forge.world.add_account("zhang.san")

    found = forge.note(change.conversation, note.id)
    assert found is not None
    assert (found.author.id, found.author.login) == (zhang.id, "zhang.old")
    assert other.id != zhang.id


def test_a_rerun_is_kept_with_the_head_of_that_moment() -> None:
    forge = MemoryForge()
    _, change = opened(forge)
    forge.world.push(change, "a" * 40)
    forge.rerun(change)

    assert [run.head for run in forge.world.reruns] == ["a" * 40]


def test_a_fork_a_merge_and_a_system_note_are_told() -> None:
    forge = MemoryForge()
    zhang, change = opened(forge)
    fork = forge.world.add_project("zhang.san/till")
    forked = forge.world.add_change(forge.world.projects[change.project], zhang, source=fork)
    forge.world.add_note(forked.conversation, zhang, "added 1 commit", system=True)
    forge.world.merge(change)

    assert forge.change(forked.project, forked.number).forked
    assert [note.system for note in forge.notes(forked.conversation)] == [True]
    assert [one.number for one in forge.changes_since("shop", "")] == [forked.number]


def test_threads_lines_and_states_that_are_not_there_are_refused() -> None:
    forge = MemoryForge()
    zhang, change = opened(forge)
    shown = forge.world.add_change(forge.world.projects[change.project], zhang, lines={"package.json": [3]})

    with pytest.raises(NotInDiff):
        forge.say_on_line(shown, "package.json", 4, "words")
    for call in (
        lambda: forge.settle(change.conversation, "t1", True),
        lambda: forge.react(change.conversation, "1", "eyes"),
        lambda: forge.edit(change.conversation, "1", "words"),
    ):
        with pytest.raises(Missing):
            call()
    with pytest.raises(ValueError, match="green"):
        forge.set_status(change.project, change.head, "osgate", "green", "")
