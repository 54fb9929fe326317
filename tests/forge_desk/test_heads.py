"""What is said on a commit holds for every open change with that head: the worst of them is said, in whatever order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from cli.kit import Done
from flow.house import House, Said
from forge_desk import hall as halls
from forge_desk.hall import Hall
from forge_desk.test_check_run import NAME, CheckForge, waiting
from forge_desk.test_desk_forge import Branch
from forge_desk.test_publishing import HEAD, WORDS, passing
from osgate.errors import OsgateError, Refused, Undecided, UsageError
from osgate.forge_desk import heads, publishing, recheck
from osgate.forge_desk.publishing import STATUS, Manner, Told
from osgate.forge_desk.recheck import Shown
from osgate.forges.protocol import Forge, Unreachable
from osgate.model.forge import CLOSED, Change
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.reports.context import Asked
from osgate.testing.forge import MemoryForge
from reports.scenes import ODD, SCENES, seen
from scenarios.bank import LOCKFILE, REPORT, Bank, borrowed, here, lock

DOWN = Unreachable("forge.unreachable", address="", detail="")


class Judge:
    """Verdicts by a change's number; what is an error is raised."""

    def __init__(self, **verdicts: Verdict | OsgateError) -> None:
        self.verdicts = {int(name[1:]): told for name, told in verdicts.items()}
        self.asked: list[int] = []

    def __call__(self, change: Change) -> Verdict:
        self.asked.append(change.number)
        told = self.verdicts[change.number]
        if isinstance(told, OsgateError):
            raise told
        return told

    def apart(self, change: Change, forge: Forge) -> Iterable[Change]:
        return [one for one in forge.changes_with(change.project, change.head) if one.number != change.number]


class Pair:
    """Two changes with one head, and how each is told."""

    def __init__(self, forge: MemoryForge) -> None:
        self.forge = forge
        self.project = forge.world.add_project("shop/till")
        self.one, self.two = (forge.world.add_change(self.project, forge.me(), head=HEAD) for _ in range(2))

    def tell(self, change: Change, judge: Judge, **fields: object) -> Told:
        own = judge.verdicts[change.number]
        assert isinstance(own, Verdict)
        manner = Manner(WORDS["en"], **fields)
        return publishing.publish(self.forge, change, self.project, own, manner, judge=judge)

    def status(self) -> tuple[str, str]:
        found = self.forge.world.statuses[self.project.id, HEAD][STATUS]
        return found.state, found.text


@pytest.fixture
def pair() -> Pair:
    return Pair(MemoryForge())


@pytest.mark.parametrize("turned", [False, True])
def test_the_worst_is_told_in_either_order_and_names_the_other(pair: Pair, turned: bool) -> None:
    judge = Judge(n1=seen(ODD), n2=passing())
    for change in (pair.two, pair.one) if turned else (pair.one, pair.two):
        pair.tell(change, judge)
        assert pair.status()[0] == "failure"
    said = pair.tell(pair.two, judge)
    assert (said.lacking, said.beside) == ((), replace(pair.one, base="", authors=()))
    assert pair.status()[1].startswith("shop/till!1 has the same commit: blocked, 1 of 1 ")
    # The comments are about the changes.
    assert list(pair.forge.notes(pair.two.conversation)) == []
    assert [note.path for note in pair.forge.notes(pair.one.conversation)] == ["", "package-lock.json"]


def test_nobody_is_asked_where_the_change_stops_itself(pair: Pair) -> None:
    judge = Judge(n1=seen(ODD), n2=passing())
    for own in (seen(ODD), waiting(), SCENES["undecided"]()):
        assert heads.worst(pair.forge, pair.one, own, judge) == heads.Head(pair.one, own)
    assert "changes_with" not in [method for _, method in pair.forge.world.calls]
    assert judge.asked == []


def test_all_that_pass_leave_the_head_to_the_change_itself(pair: Pair) -> None:
    judge = Judge(n1=passing(), n2=passing())
    assert (pair.tell(pair.one, judge).beside, pair.status()[0]) == (None, "success")
    pair.forge.world.push(pair.two, HEAD, state=CLOSED)
    assert pair.tell(pair.one, Judge(n1=passing(), n2=seen(ODD))).beside is None


@pytest.mark.parametrize(
    ("error", "part"),
    [(Undecided("judged.busy", project="x"), "!2 has"), (UsageError("git.revision", revision="x"), "!2 has")],
)
def test_what_cannot_be_judged_keeps_the_head_from_passing(pair: Pair, error: OsgateError, part: str) -> None:
    said = pair.tell(pair.one, Judge(n1=passing(), n2=error))
    assert said.lacking == (("beside", error),)
    assert said.beside is not None
    assert (pair.status()[0], part in pair.status()[1]) == ("pending", True)


@pytest.mark.parametrize("error", [DOWN, Refused("forge.forbidden", what="", needs="", detail="")])
def test_a_forge_that_tells_of_no_others_keeps_the_head_from_passing(pair: Pair, error: OsgateError) -> None:
    pair.forge.fail_next("changes_with", error)
    said = pair.tell(pair.one, Judge(n1=passing()))
    assert (said.lacking, said.beside, pair.status()[0]) == ((("beside", error),), None, "pending")


def test_a_flood_of_changes_ends_undecided_and_not_never(pair: Pair) -> None:
    more = [pair.forge.world.add_change(pair.project, pair.forge.me(), head=HEAD) for _ in range(2 * heads.MOST)]
    judge = Judge(**{f"n{change.number}": passing() for change in (pair.one, pair.two, *more)})
    found = heads.worst(pair.forge, pair.one, passing(), judge)
    assert (found.verdict.outcome, len(judge.asked)) == ("undecided", heads.MOST)


def test_a_check_run_tells_the_findings_of_the_change_that_holds_the_head_up() -> None:
    pair = Pair(forge := CheckForge())
    pair.tell(pair.two, Judge(n1=seen(ODD), n2=passing()), check=NAME)
    pair.tell(pair.two, Judge(n1=waiting(), n2=passing()), check=NAME)
    pair.tell(pair.two, Judge(n1=DOWN, n2=passing()), check=NAME)
    assert [ends for _, _, _, ends in forge.checks] == ["failure", "action_required", "failure"]
    (_, first, notes, _), _, (_, last, _, _) = forge.checks
    assert first.title.startswith("shop/till!1 has the same commit: blocked")
    assert (first.details, "pkg:npm/is-odd" in first.summary, len(notes)) == (pair.one.url, True, 1)
    assert last.title == "shop/till!1 has the same commit: undecided"
    assert forge.world.statuses == {}


def test_an_external_check_gets_the_same_answer(pair: Pair) -> None:
    answers: list[str] = []
    judge = Judge(n1=seen(ODD), n2=passing())
    pair.tell(pair.two, judge, answer=lambda change, state: answers.append(state))
    assert answers == ["failed"]


# -- the desk


@pytest.fixture
def branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Branch:
    return Branch(tmp_path, monkeypatch)


def opened(branch: Branch, target: str) -> Change:
    """Open a change with the one head there is, onto a branch."""
    made = branch.add_change()
    made = branch.world.changes[branch.app.id, made.number] = replace(made, target=target)
    branch.shop.push(f"topic:refs/merge-requests/{made.number}/head")
    return made


def judged(said: Said) -> int:
    """How many changes the desk says that it has judged."""
    (found,) = re.findall(r"judged:? (\d+)", said.out)
    return int(found)


def state(branch: Branch) -> tuple[str, str]:
    found = branch.world.statuses[branch.app.id, branch.shop.head][STATUS]
    return found.state, found.text


@pytest.mark.parametrize(("targets", "guarded"), [(("main", "evil"), ()), (("evil", "main"), ("--branches", "main"))])
def test_the_desk_lets_nobody_turn_a_head_green_by_a_branch_of_their_own(
    branch: Branch, targets: tuple[str, str], guarded: tuple[str, ...]
) -> None:
    branch.shop.push("topic:refs/heads/evil")
    for target in targets:
        change = opened(branch, target)
        assert branch.desk(*guarded).code == 0
        assert state(branch)[0] == "failure"
        assert len(list(branch.world.notes(change.conversation))) >= 1
    # By one branch the same head gets the same verdict: no list of all changes is asked for.
    assert "changes_with" not in [method for _, method in branch.world.calls]


def test_the_desk_tells_the_worst_of_two_guarded_branches_until_that_one_is_closed(branch: Branch) -> None:
    branch.shop.push("topic:refs/heads/release/1")
    guarded = ("--branches", "main,release/*")
    first, second = opened(branch, "main"), opened(branch, "release/1")
    assert branch.desk(*guarded).code == 0
    assert state(branch)[0] == "failure"
    # Our own comment was an update.
    branch.desk(*guarded)
    said = branch.desk(*guarded)
    assert judged(said) == 0, said.out
    told = [note.body for note in branch.world.notes(second.conversation)]
    assert told == []
    branch.world.push(first, first.head, state=CLOSED)
    assert judged(branch.desk(*guarded)) == 1
    assert state(branch)[0] == "success"
    assert judged(branch.desk(*guarded)) == 0


def test_a_change_that_was_green_is_set_free_once_one_that_came_later_is_out_of_the_way(branch: Branch) -> None:
    branch.shop.push("topic:refs/heads/release/1")
    guarded = ("--branches", "main,release/*")
    opened(branch, "release/1")
    branch.desk(*guarded)
    assert state(branch)[0] == "success"
    other = opened(branch, "main")
    branch.desk(*guarded)
    assert state(branch)[0] == "failure"
    branch.world.push(other, other.head, state=CLOSED)
    assert judged(branch.desk(*guarded)) == 1
    assert state(branch)[0] == "success"
    assert judged(branch.desk(*guarded)) == 0


@pytest.mark.parametrize("target", ["evil", "main"])
def test_the_comment_command_tells_the_worst_as_well(branch: Branch, target: str) -> None:
    branch.shop.push("topic:refs/heads/evil", "topic:refs/heads/release/1")
    where = ("--forge", "gitlab", "--project", "bank/till", "--branches", "main,release/*")
    first, second = opened(branch, target), opened(branch, "release/1")
    for change in (second, first, second):
        said = branch.house.osgate("comment", *where, "--change", str(change.number))
        assert said.code == 0
        assert state(branch)[0] == "failure"
    assert said.out.splitlines()[-1].endswith(f": {first.url}")


def test_two_pull_requests_with_one_head_at_github(tmp_path: Path) -> None:
    more: list[str] = []

    def program(words: list[str], folder: Path, env: Mapping[str, str]) -> Done:
        return here([*words, *more] if words[0] == "comment" else words, folder, env)

    bank = Bank(tmp_path, program, borrowed)
    try:
        case = bank.pull({LOCKFILE: lock("left-pad@1.3.0", "is-odd@3.0.1")})
        fake, app, head = bank.fake, bank.app, case.change.head
        fake.push(app, "evil", {"own": b"x"}, author=bank.zhang, parent=head)
        fake.push(app, case.change.head_ref, {"more": b"x"}, author=bank.zhang)
        other = fake.pull(app, case.change.head_ref, base="evil", author=bank.zhang)
        fake.settle()
        assert other.head == case.change.head
        for branches, named in (([], ""), (["--branches", "main,ev*"], f"#{case.change.number} has the same")):
            more[:] = branches
            # The run was about both, which are told one after the other.
            assert bank.tell(case).code == 0
            found = [check for check in app.checks if check.suite.sha == other.head and check.name == REPORT]
            assert {check.conclusion for check in found} == {"failure"}
            assert named in found[-1].output["title"]
    finally:
        bank.fake.close()
    assert bank.fake.violations == []


# -- what was seen


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    from flow.house import patched

    return Hall(patched(monkeypatch, House(tmp_path / "house")))


def test_another_target_is_judged_anew(hall: Hall) -> None:
    hall.round()
    hall.round()
    hall.published.clear()
    assert hall.round().checked == ()
    hall.world.changes[hall.app.id, 1] = replace(hall.world.changes[hall.app.id, 1], target="release/1")
    assert [one.did for one in hall.round().checked] == ["told"]
    assert hall.published == [(halls.HEAD, "block")]


@pytest.mark.parametrize("over", [lambda hall, other: hall.world.push(other, other.head, state=CLOSED),
                                  lambda hall, other: hall.world.push(other, "b2" * 20)])  # fmt: skip
def test_what_another_change_holds_up_is_judged_once_that_one_is_gone_and_no_sooner(
    hall: Hall, over: Callable[[Hall, Change], object]
) -> None:
    other = hall.world.add_change(hall.app, hall.author, head=halls.HEAD)
    hall.judged["b2" * 20] = hall.judged[halls.HEAD]
    hall.judged[halls.HEAD] = replace(hall.judged[halls.HEAD], outcome="pass")
    held = Shown("", "77", (), other.number)

    def publish(change: Change, verdict: Verdict, waits: tuple[Asked, ...], note: str) -> Shown:
        return held if change.number == 1 else Shown("", "78")

    hall.publish = publish  # type: ignore[method-assign]
    done = hall.round()
    # The one beside passes here, so nothing is left to look at.
    assert dict(done.memory.beside) == {(hall.app.id, 1): other.number}
    assert dict(hall.round().memory.beside) == {}
    hall.judged[halls.HEAD] = replace(hall.judged[halls.HEAD], outcome="block")
    hall.say("wang.wu", hall.change.conversation, "hm")
    hall.say("wang.wu", other.conversation, "hm")
    hall.round()
    hall.judged[halls.HEAD] = replace(hall.judged[halls.HEAD], outcome="pass")
    hall.say("wang.wu", hall.change.conversation, "hm")
    hall.round()
    for _ in range(2):
        assert [one.named for one in hall.round().checked] == []
    over(hall, other)
    held = Shown("", "77")
    assert f"{hall.app.id}!1" in [one.named for one in hall.round().checked]
    done = hall.round()
    assert (done.checked, dict(done.memory.beside)) == ((), {})


class Both:
    """Two changes of a hall with one head, onto two branches: the second is blocked on its first target, and passes
    on others. Each head is told as its worst."""

    def __init__(self, hall: Hall) -> None:
        self.hall, self.told = hall, dict[str, str]()
        self.first = hall.change
        self.blocked = {"release/1"}
        hall.judge = self.judge  # type: ignore[method-assign]
        hall.publish = self.publish  # type: ignore[method-assign]
        assert self.round() == ["!1"]
        self.second = hall.world.add_change(hall.app, hall.author, head=halls.HEAD)
        self.put(target="release/1")
        assert self.round() == ["!2"]
        assert self.told == {halls.HEAD: "block"}

    def put(self, **fields: str) -> None:
        """Have the second change be another one."""
        key = (self.hall.app.id, self.second.number)
        self.hall.world.changes[key] = replace(self.hall.world.changes[key], updated=self.hall.clock.now, **fields)

    def judge(self, change: Change) -> Verdict:
        return replace(self.hall.verdict(change.head), outcome="block" if change.target in self.blocked else "pass")

    def publish(self, change: Change, verdict: Verdict, waits: tuple[Asked, ...], note: str) -> Shown:
        sharing = self.hall.forge.changes_with(change.project, change.head)
        worse = next((one for one in sharing if self.judge(one).outcome == "block"), change)
        self.told[change.head] = self.judge(worse).outcome
        return Shown("", "77", (), 0 if verdict.outcome == "block" or worse is change else worse.number)

    def round(self) -> list[str]:
        return [one.named.removeprefix(self.hall.app.id) for one in self.hall.round().checked]


@pytest.mark.parametrize(
    ("fields", "judged"),
    [
        ({"state": CLOSED}, ["!1"]),
        ({"target": "release/2"}, ["!2"]),
        ({"head": "b2" * 20}, ["!2", "!1"]),
    ],
    ids=["closed", "retargeted", "pushed"],
)
def test_whatever_takes_a_change_away_sets_the_head_of_others_free(
    hall: Hall, fields: dict[str, str], judged: list[str]
) -> None:
    both = Both(hall)
    assert both.round() == []
    both.put(**fields)
    assert sorted(both.round()) == sorted(judged)
    assert both.told[halls.HEAD] == "pass"
    assert both.round() == []


def test_a_forge_that_is_down_is_asked_again_and_frees_nobody(hall: Hall) -> None:
    both = Both(hall)
    both.put(state=CLOSED)
    hall.forge.fail_next("change", DOWN)
    assert (both.round(), both.told[halls.HEAD]) == ([], "block")
    assert (both.round(), both.told[halls.HEAD]) == (["!1"], "pass")


def test_others_that_are_many_are_looked_at_by_turns(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recheck, "LOOKED", 1)
    both = Both(hall)
    more = hall.world.add_change(hall.app, hall.author, head="c3" * 20)
    hall.judged[more.head] = replace(hall.judged[halls.HEAD], head=more.head)
    worse = hall.world.add_change(hall.app, hall.author, head="c3" * 20)
    hall.world.changes[hall.app.id, worse.number] = replace(worse, target="release/1")
    both.round()
    assert both.told["c3" * 20] == "block"
    both.put(state=CLOSED)
    hall.world.push(worse, worse.head, state=CLOSED)
    assert sorted([*both.round(), *both.round()]) == ["!1", f"!{more.number}"]
    assert set(both.told.values()) == {"pass"}
