"""The one issue that tells what is due, whatever others, deletions, lost answers and other runs do in between."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.forge_desk.due_issue import LABEL, MARK, MOST, Kept, body, keep
from osgate.forges.protocol import Forbidden, Missing, Unreachable
from osgate.model.forge import CLOSED, OPEN, Issue, Project
from osgate.model.record import replace
from osgate.testing.forge import MemoryForge

ONE, OTHER = body("# what is due\n\n- one", "cut"), body("# what is due\n\n- one\n- other", "cut")
LOST = Unreachable("forge.unreachable", address="", detail="")


@pytest.fixture
def forge() -> MemoryForge:
    return MemoryForge()


@pytest.fixture
def home(forge: MemoryForge) -> Project:
    return forge.world.add_project("bank/policy")


def issues(forge: MemoryForge) -> list[Issue]:
    return sorted(forge.world.issues.values(), key=lambda one: one.number)


def kept(forge: MemoryForge, home: Project, text: str) -> Kept:
    forge.world.clock.forward(seconds=60)
    return keep(forge, home.id, "what is due", text)


def writes(forge: MemoryForge) -> int:
    return sum(method in ("open_issue", "change_issue") for _, method in forge.world.calls)


def test_it_is_opened_left_alone_edited_closed_and_opened_anew(forge: MemoryForge, home: Project) -> None:
    assert kept(forge, home, "") == Kept("silent")
    assert writes(forge) == 0
    first = kept(forge, home, ONE)
    (issue,) = issues(forge)
    assert first == Kept("opened", issue.url)
    assert (issue.title, issue.body, issue.labels) == ("what is due", ONE, (LABEL,))
    assert kept(forge, home, ONE) == Kept("untouched", issue.url)
    assert writes(forge) == 1
    assert kept(forge, home, OTHER) == Kept("edited", issue.url)
    assert [(one.body, one.state) for one in issues(forge)] == [(OTHER, OPEN)]
    assert kept(forge, home, "") == Kept("closed", issue.url)
    assert kept(forge, home, "") == Kept("silent")
    assert kept(forge, home, ONE).did == "opened"
    assert [one.state for one in issues(forge)] == [CLOSED, OPEN]


def test_how_a_forge_ends_lines_is_no_change(forge: MemoryForge, home: Project) -> None:
    kept(forge, home, ONE)
    (issue,) = issues(forge)
    forge.world.issues[home.id, issue.number] = replace(issue, body=ONE.rstrip().replace("\n", "\r\n"))
    assert kept(forge, home, ONE).did == "untouched"


def test_what_others_write_is_neither_taken_for_it_nor_touched(forge: MemoryForge, home: Project) -> None:
    zhang = forge.as_user(forge.world.add_account("zhang.san"))
    theirs = zhang.open_issue(home.id, "what is due", ONE, [LABEL])
    quoted = forge.open_issue(home.id, "a request of ours", f"<!-- osgate:request -->\n{ONE}", [LABEL])
    elsewhere = forge.open_issue(forge.world.add_project("bank/till").id, "what is due", ONE)
    assert kept(forge, home, OTHER).did == "opened"
    assert kept(forge, home, "").did == "closed"
    assert [forge.issue(one.project, one.number) for one in (theirs, quoted, elsewhere)] == [theirs, quoted, elsewhere]


def test_what_somebody_made_of_its_text_is_mended_and_what_they_closed_is_opened_anew(
    forge: MemoryForge, home: Project
) -> None:
    kept(forge, home, ONE)
    (issue,) = issues(forge)
    forge.change_issue(home.id, issue.number, body=f"{MARK}\nnothing is due, says somebody")
    assert kept(forge, home, ONE).did == "edited"
    assert issues(forge)[0].body == ONE
    forge.change_issue(home.id, issue.number, state=CLOSED)
    assert kept(forge, home, ONE).did == "opened"


@pytest.mark.parametrize("text", [ONE, OTHER])
def test_two_runs_at_once_leave_one(forge: MemoryForge, home: Project, text: str) -> None:
    forge.before_next("open_issue", lambda: kept(forge, home, text))
    done = kept(forge, home, ONE)
    assert [(one.body, one.state) for one in issues(forge)] == [(ONE, OPEN), (ONE, CLOSED)]
    assert done == Kept("opened" if text == ONE else "edited", issues(forge)[0].url, 1)
    assert kept(forge, home, ONE) == Kept("untouched", done.url)


def test_several_that_are_there_already_become_one_and_all_are_closed_at_the_end(
    forge: MemoryForge, home: Project
) -> None:
    for _ in range(3):
        forge.open_issue(home.id, "what is due", ONE)
    assert kept(forge, home, ONE).folded == 2
    assert [one.state for one in issues(forge)] == [OPEN, CLOSED, CLOSED]
    forge.open_issue(home.id, "what is due", ONE)
    assert kept(forge, home, "") == Kept("closed", issues(forge)[0].url, 1)
    assert {one.state for one in issues(forge)} == {CLOSED}


@pytest.mark.parametrize("after", [True, False], ids=["carried out", "not carried out"])
def test_an_answer_that_is_lost_makes_no_second_one(forge: MemoryForge, home: Project, after: bool) -> None:
    forge.fail_next("open_issue", LOST, after=after)
    if after:
        assert kept(forge, home, ONE).did == "opened"
    else:
        with pytest.raises(Unreachable):
            kept(forge, home, ONE)
    assert len(issues(forge)) == after
    kept(forge, home, ONE)
    assert [one.state for one in issues(forge)] == [OPEN]


def test_a_list_that_lags_behind_loses_nothing(
    forge: MemoryForge, home: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryForge, "open_issues", lambda *_: iter(()))
    assert kept(forge, home, ONE) == Kept("opened", issues(forge)[0].url)


def test_one_that_is_deleted_meanwhile_stands_in_nobodys_way(forge: MemoryForge, home: Project) -> None:
    for _ in range(2):
        forge.open_issue(home.id, "what is due", ONE)
    forge.fail_next("change_issue", Missing("forge.missing", what="#2"))
    assert kept(forge, home, ONE).did == "untouched"
    forge.forbid("open_issue")
    forge.forbid("change_issue")
    with pytest.raises(Forbidden):
        kept(forge, home, OTHER)


def test_who_has_no_account_takes_nothing_for_its_own(forge: MemoryForge, home: Project) -> None:
    """A job's own token may be nobody; an author who is gone may have an empty id as well."""
    nobody = MemoryForge(world=forge.world, account=replace(forge.me(), id=""))
    forge.world.accounts[""] = nobody._who
    gone = nobody.open_issue(home.id, "what is due", ONE)
    assert kept(nobody, home, "") == Kept("silent")
    assert forge.world.issues[home.id, gone.number].state == OPEN


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=30), st.integers(1, 4000))
def test_every_text_fits_begins_with_the_marker_and_says_where_it_was_cut(lines: list[str], times: int) -> None:
    digest = "\n".join(lines * times)
    told = body(digest, "the rest has no room")
    assert told.startswith(f"{MARK}\n")
    assert len(told.encode()) <= MOST
    whole = f"{MARK}\n{digest.strip()}\n"
    if told != whole:
        assert len(whole.encode()) > MOST
        kept, _, end = told.rpartition("\n\n")
        assert end == "the rest has no room\n"
        assert whole.startswith(kept)
