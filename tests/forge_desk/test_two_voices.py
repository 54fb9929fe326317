"""The desk and an application's second stage tell the same change: one comment is to be seen, and it is the desk's.

Through a fake GitHub, where the desk is an app and the stage is a job, in whichever order they come.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forge_desk.test_publishing import WORDS, passing
from forges.github_shop import MAY, Shop, shop_of
from osgate.forge_desk import publishing, sticky
from osgate.forge_desk.publishing import Manner, Told
from osgate.forges.github.adapter import GitHub
from osgate.model.verdict import Verdict
from osgate.reports.markdown.marker import intact
from osgate.testing.forge import MemoryForge
from reports.scenes import ODD, seen
from rules import making

BLOCKED = seen(making.introduced("pkg:npm/left-pad@1.3.0", path="package.json", line=21))


class Two:
    """desk, stage: the adapter as each of them; both write on lines, as where no check run is to be had."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.desk = shop, shop.forge
        flow = shop.fake.workflow(shop.repo, permissions=dict.fromkeys(MAY, "write"))
        shop.fake.push(shop.repo, "pad", {"more": b"x"}, author=shop.zhang)
        (run,) = [run for run in shop.repo.runs if run.workflow is flow]
        self.run = run
        self.stage = self.job()

    def job(self) -> GitHub:
        return self.shop.as_token(self.shop.fake.as_run(self.run))

    def tell(self, forge: GitHub, verdict: Verdict = BLOCKED) -> Told:
        first = forge is self.desk
        manner = Manner(WORDS["en"], first=first, desk="" if first else self.desk.me().id)
        project = forge.project("bank/till")
        told = publishing.publish(forge, forge.change(project.id, self.shop.number), project, verdict, manner)
        assert told.lacking == ()
        return told

    def shown(self) -> list[tuple[str, str]]:
        """Who wrote the comments that can be seen, and where."""
        change = self.shop.opened
        plain = [(one.author.login, "") for one in change.comments if not one.minimized]
        return [*plain, *[(one.author.login, one.path) for one in change.notes if not one.minimized]]


@pytest.fixture
def two() -> Iterator[Two]:
    with shop_of() as fake:
        yield Two(Shop(fake))
        assert fake.violations == []


def test_the_desk_first_and_then_the_stage(two: Two) -> None:
    two.tell(two.desk)
    said = two.tell(two.stage)
    assert said.comment is not None
    assert (said.comment.did, said.comment.note) == ("left", two.desk.note(two.shop.at, said.comment.note.id))
    assert two.shown() == [("osgate[bot]", ""), ("osgate[bot]", "package.json")]
    # On the head there is one voice as well.
    assert said.status == ""
    assert [one for one in two.shop.repo.statuses if one.creator.login == sticky.JOBS] == []


def test_the_stage_first_and_then_the_desk(two: Two) -> None:
    two.tell(two.stage)
    assert two.shown() == [(sticky.JOBS, ""), (sticky.JOBS, "package.json")]
    two.tell(two.desk)
    ours = [("osgate[bot]", ""), ("osgate[bot]", "package.json")]
    assert two.shown() == ours
    before = len(two.shop.sent("POST"))
    for forge in (two.stage, two.desk, two.job()):
        two.tell(forge)
        assert two.shown() == ours
    sent = two.shop.sent("POST")[before:]
    assert not [path for path in sent if not path.endswith(("/graphql", two.shop.opened.head))]


def test_a_stage_that_is_not_told_of_the_desk_is_put_away_by_the_desk_again(two: Two) -> None:
    two.tell(two.desk)
    alone = Manner(WORDS["en"])
    project = two.stage.project("bank/till")
    change = two.stage.change(project.id, two.shop.number)
    for verdict in (BLOCKED, seen(ODD)):
        publishing.publish(two.stage, change, project, verdict, alone)
        assert (sticky.JOBS, "") in two.shown()
        two.tell(two.desk)
        assert [one for one in two.shown() if not one[1]] == [("osgate[bot]", "")]


def test_an_outsider_who_copies_the_marker_mutes_nobody_and_is_not_touched(two: Two) -> None:
    two.tell(two.desk)
    (ours,) = two.shop.opened.comments
    copied = ours.body
    assert intact(copied)
    two.desk.remove(two.shop.at, str(ours.id))
    theirs = two.shop.fake.comment(two.shop.opened, two.shop.zhang, copied)
    said = two.tell(two.job())
    assert (said.comment.did if said.comment else "") == "said"
    two.tell(two.desk)
    assert not theirs.minimized
    assert [one for one in two.shown() if not one[1]] == [("zhang.san", ""), ("osgate[bot]", "")]


def test_what_somebody_made_of_the_desks_comment_is_not_the_desks_word(two: Two) -> None:
    two.tell(two.desk)
    (ours,) = two.shop.opened.comments
    ours.body = ours.body.replace("blocked", "passes")
    said = two.tell(two.stage)
    assert (said.comment.did if said.comment else "") == "said"


def test_a_job_that_writes_any_number_of_comments_keeps_the_desk_busy_for_so_long_only(two: Two) -> None:
    two.tell(two.stage)
    (first,) = two.shop.opened.comments
    for _ in range(2 * sticky.FOLDED):
        two.shop.fake.comment(two.shop.opened, first.author, first.body)
    before = len(two.shop.sent("POST", "graphql"))
    two.tell(two.desk)
    assert len(two.shop.sent("POST", "graphql")) - before <= sticky.FOLDED + 3


def test_the_desk_that_may_not_fold_says_so_and_tells_all_the_same(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    from osgate.forges.protocol import Forbidden

    def refused(*_: object) -> None:
        raise Forbidden("forge.forbidden", what="fold", needs="write", detail="")

    two.tell(two.stage)
    monkeypatch.setattr(GitHub, "fold", refused)
    project = two.desk.project("bank/till")
    change = two.desk.change(project.id, two.shop.number)
    said = publishing.publish(two.desk, change, project, BLOCKED, Manner(WORDS["en"], first=True))
    assert [part for part, _ in said.lacking] == ["fold"]
    assert (said.comment.did if said.comment else "", said.status) == ("said", "failure")


def test_where_nothing_is_folded_the_stage_takes_its_own_back() -> None:
    desk = MemoryForge(kind="gitea")
    stage = desk.as_user(desk.world.add_account("runner", bot=True))
    project = desk.world.add_project("shop/till")
    change = desk.world.add_change(project, desk.me())
    for forge, manner in (
        (stage, Manner(WORDS["en"], desk=desk.me().id)),
        (desk, Manner(WORDS["en"], first=True)),
        (stage, Manner(WORDS["en"], desk=desk.me().id)),
    ):
        publishing.publish(forge, change, project, seen(ODD), manner)
    assert {note.author.id for note in desk.notes(change.conversation)} == {desk.me().id}
    publishing.publish(desk, change, project, passing(), Manner(WORDS["en"], first=True, desk=desk.me().id))
    assert [note.author.id for note in desk.notes(change.conversation) if not note.path] == [desk.me().id]
