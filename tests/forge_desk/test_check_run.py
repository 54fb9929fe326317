"""A verdict told as a check run: once, in the status' place, with notes beside lines, and within what GitHub takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest

from flow.house import House, patched
from forge_desk.test_desk_forge import Branch
from forge_desk.test_publishing import HEAD, Stage, passing
from forges.github_shop import MAY, Shop, shop_of
from osgate import wiring_forges
from osgate.forge_desk import check_run, judged, line_notes, publishing
from osgate.forge_desk.publishing import STATUS, Manner, Told
from osgate.forges.check_runs import Annotation, Published, Said
from osgate.forges.github import checks
from osgate.forges.github.adapter import GitHub
from osgate.forges.protocol import Forbidden, Unreachable
from osgate.model.gap import Gap
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.reports import github, markdown
from osgate.reports.context import Context
from osgate.testing.forge import MemoryForge
from osgate.text.translator import LOCALES, Translator
from reports.scenes import NUMBER, ODD, SCENES, STAMP, seen
from rules import making

NAME = "osgate / report"
WORDS = {locale: Translator(locale) for locale in LOCALES}
WAIT = making.waiting("pkg:npm/is-odd", range="vers:npm/>=3.0.1|<4.0.0")
DOWN = Unreachable("forge.unreachable", address="", detail="")


class CheckForge(MemoryForge):
    """A forge in memory that has check runs: those of each commit, oldest first, the newest of a key once."""

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.checks: list[tuple[str, Said, tuple[Annotation, ...], str]] = []

    def publish_check(
        self, project: str, commit: str, said: Said, annotations: Iterable[Annotation], conclusion: str
    ) -> Published:
        self._before("publish_check", project)
        new = not self.checks or self.checks[-1][1].key != said.key
        self.checks += [(commit, said, tuple(annotations), conclusion)] if new else []
        return Published(str(len(self.checks)), "https://forge.example.test/checks/1", 0, new)


def waiting() -> Verdict:
    return seen(ODD, said=making.view((), (WAIT,)))


def told(verdict: Verdict, t: Translator = WORDS["en"], **context: object) -> tuple[Said, tuple[Annotation, ...]]:
    return check_run.told(NAME, "title", "https://forge.example.test/1", verdict, t, Context(**context))


def flood(count: int) -> Verdict:
    return seen(*[making.introduced(f"pkg:npm/p{n}@1.0.0", line=n + 1) for n in range(count)])


# -- what it says


@pytest.mark.parametrize(
    ("scene", "ends"),
    [("pass", "success"), ("observe", "success"), ("warn", "neutral"), ("one", "failure"), ("undecided", "failure")],
)
def test_how_a_check_run_ends(scene: str, ends: str) -> None:
    assert check_run.conclusion(SCENES[scene](), publishing.state_of(SCENES[scene]()) == "pending") == ends


def test_what_only_waits_for_reviewers_asks_for_action_and_what_waits_for_its_author_fails() -> None:
    def ends(verdict: Verdict) -> str:
        return check_run.conclusion(verdict, publishing.state_of(verdict) == "pending")

    assert ends(waiting()) == "action_required"
    assert ends(seen(ODD, NUMBER, said=making.view((), (WAIT,)))) == "failure"


@pytest.mark.parametrize("locale", LOCALES)
def test_what_could_not_be_decided_says_why_in_its_title(locale: str) -> None:
    said, _ = told(SCENES["undecided"](), WORDS[locale])
    assert said.title != "title"
    assert "2026-11-01" in said.title
    assert "https://policy.example.com/snapshots" in said.title


def test_the_summary_is_the_comment_without_its_marker() -> None:
    verdict = SCENES["each-rule"]()
    said, _ = told(verdict)
    comment = markdown.render(verdict, WORDS["en"], Context())
    assert said.summary == comment.partition("\n")[2]
    assert "<!-- osgate:intake" not in said.summary


def test_each_finding_is_told_beside_its_line_as_a_job_tells_it() -> None:
    verdict = SCENES["each-rule"]()
    _, notes = told(verdict)
    assert len(notes) == len(verdict.findings)
    job = github.render(verdict, WORDS["en"], Context())
    for note, finding in zip(notes, verdict.findings, strict=True):
        assert (note.path, note.line, note.title[:6]) == (finding.path, finding.line, finding.rule)
    first = notes[0].message.replace("%", "%25").replace("\n", "%0A")
    assert f"::error file={notes[0].path},line={notes[0].line}" in job
    assert first in job


def test_what_is_waived_is_a_notice_with_its_reason_and_what_only_warns_a_warning() -> None:
    verdict = SCENES["excused"]()
    (by,) = [waiver for _, waiver in verdict.waivers]
    _, notes = told(verdict)
    assert [note.level for note in notes] == ["failure", "notice"]
    assert (by.reason in notes[1].message, by.persons[0] in notes[1].message) == (True, True)
    assert {note.level for note in told(SCENES["warn"]())[1]} == {"warning"}
    assert {note.level for note in told(SCENES["observe"]())[1]} == {"warning"}


def test_names_do_nothing_beside_a_line() -> None:
    path = "a\n::error::x\u202e\udc80/@all/package.json"
    finding = replace(seen(ODD).findings[0], path=path, purl="pkg:npm/%0a@1", line=0)
    said, (note,) = told(replace(seen(ODD), findings=(finding,)))
    for text in (note.path, note.message, note.title, said.title, said.summary):
        assert not re.search("[\u202e\udc80]", text)
        text.encode()
    assert "\n" not in note.path + note.title


def test_ten_thousand_findings_fit_and_the_hidden_ones_are_counted_in_both_languages() -> None:
    said, notes = told(flood(10_000), WORDS["zh_CN"], also=WORDS["en"])
    assert (len(notes), said.left) == (100, 9_900)
    end = said.cut(9_900)
    assert end.splitlines() == [WORDS[name].count("check.hidden", 9_900) for name in ("zh_CN", "en")]
    assert 20_000 < len(f"{said.summary}\n\n{end}\n".encode()) <= checks.SUMMARY


def test_the_key_stays_while_only_the_snapshot_ages_and_no_longer() -> None:
    key = told(seen(ODD))[0].key
    older = replace(seen(ODD), stamp=replace(STAMP, age=90_000, serial=77))
    assert re.fullmatch("[0-9a-f]{32}", key)
    assert told(older)[0].key == key
    moved = replace(ODD, dependency=replace(ODD.dependency, line=77))
    others = [
        told(seen(moved)),
        told(seen(ODD, NUMBER)),
        told(seen(ODD), WORDS["zh_CN"]),
        told(waiting()),
        told(replace(seen(ODD), gaps=(Gap("a/package.json", "moves-not-compared"),))),
        check_run.told("other", "title", "https://forge.example.test/1", seen(ODD), WORDS["en"], Context()),
        check_run.told(NAME, "title", "https://forge.example.test/2", seen(ODD), WORDS["en"], Context()),
    ]
    assert len({key, *(said.key for said, _ in others)}) == 1 + len(others)


# -- in the place of a status


@pytest.fixture
def stage() -> Stage:
    found = Stage()
    forge = CheckForge(world=found.forge.world, account=found.forge.me())
    found.forge, found.manner = forge, replace(found.manner, check=NAME)
    return found


def test_a_check_run_takes_the_place_of_the_status_and_of_the_notes_on_lines(stage: Stage) -> None:
    said = stage.tell(seen(ODD, NUMBER))
    assert (said.lacking, said.status, said.lines) == ((), "", line_notes.Lines())
    assert said.check is not None
    assert said.check.new
    ((commit, check, notes, ends),) = stage.forge.checks
    assert (commit, check.name, ends, len(notes)) == (HEAD, NAME, "failure", 2)
    assert check.title == "blocked, 2 of 2 introduced dependencies to settle"
    assert check.details == next(note.url for note in stage.notes())
    assert stage.on_lines() == []
    assert stage.project.id not in {project for project, _ in stage.forge.world.statuses}
    again = stage.tell(seen(ODD, NUMBER))
    assert again.check is not None
    assert not again.check.new


def test_notes_on_lines_beside_it_are_written_where_they_are_asked_for(stage: Stage) -> None:
    assert stage.tell(seen(ODD, NUMBER), lines=1).lines == line_notes.Lines(said=1)
    # Those that stood before there was a check run are settled like any other.
    assert stage.tell(passing()).lines == line_notes.Lines(settled=1)


def test_where_the_token_may_not_the_status_stands_in_and_what_it_takes_is_told(stage: Stage) -> None:
    stage.forge.forbid("publish_check", needs="checks: write")
    said = stage.tell(seen(ODD))
    ((part, why),) = said.lacking
    assert (part, type(why), why.params["needs"]) == ("check", Forbidden, "checks: write")
    assert (said.check, said.status, said.lines) == (None, "failure", line_notes.Lines(said=1))
    assert stage.forge.world.statuses[stage.project.id, HEAD][NAME].state == "failure"


def test_what_only_failed_is_no_status_that_would_be_required_as_well(stage: Stage) -> None:
    stage.forge.fail_next("publish_check", DOWN)
    said = stage.tell(seen(ODD))
    assert (said.lacking, said.check, said.status, said.lines) == ((("check", DOWN),), None, "", line_notes.Lines())
    assert said.comment is not None
    assert stage.tell(seen(ODD)).lacking == ()


def test_a_forge_that_has_none_says_so_and_sets_the_status() -> None:
    stage = Stage()
    said = stage.tell(seen(ODD), check=NAME)
    assert [part for part, _ in said.lacking] == ["check"]
    assert (said.status, said.lines) == ("failure", line_notes.Lines(said=1))


# -- at GitHub


@pytest.fixture
def shop() -> Iterator[Shop]:
    with shop_of() as fake:
        yield Shop(fake)
        assert fake.violations == []


def tell(forge: GitHub, shop: Shop, verdict: Verdict, **fields: object) -> Told:
    project = forge.project("bank/till")
    change = forge.change(project.id, shop.number)
    return publishing.publish(forge, change, project, verdict, Manner(WORDS["en"], check=NAME, **fields))


def moved(count: int) -> Verdict:
    """As many findings, others than in `flood`."""
    return seen(*[making.introduced(f"pkg:npm/q{n}@1.0.0", line=n + 1) for n in range(count)])


def test_a_verdict_is_one_check_run_until_it_changes(shop: Shop) -> None:
    verdict = seen(ODD, NUMBER)
    first = tell(shop.forge, shop, verdict)
    assert first.lacking == ()
    older = replace(verdict, stamp=replace(STAMP, age=90_000))
    for same in (verdict, older):
        again = tell(shop.forge, shop, same)
        assert again.check == replace(first.check, new=False)
    (check,) = shop.repo.checks
    assert (check.name, check.conclusion, check.suite.sha) == (NAME, "failure", shop.opened.head)
    assert check.details_url == first.comment.note.url
    assert [row["annotation_level"] for row in check.annotations] == ["failure", "failure"]
    assert tell(shop.forge, shop, waiting()).check.new
    assert tell(shop.forge, shop, passing()).check.new
    assert [one.conclusion for one in shop.repo.checks] == ["failure", "action_required", "success"]
    assert shop.repo.statuses == []


@pytest.mark.parametrize("verdicts", [[flood(150)], [flood(150), moved(150)], [flood(150), passing(), flood(150)]])
def test_telling_one_change_takes_at_most_ten_calls(shop: Shop, verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        forge = shop.as_token(shop.fake.as_app(shop.installed))
        said = tell(forge, shop, verdict)
        assert said.lacking == ()
        assert forge.client.calls <= 10
    assert len(shop.repo.checks[-1].annotations) == 100
    assert shop.repo.checks[-1].output["summary"].endswith(f"{WORDS['en'].count('check.hidden', 50)}\n")


def test_a_persons_token_and_a_job_that_may_not_set_the_status_instead(shop: Shop) -> None:
    shop.fake.workflow(shop.repo, permissions={**dict.fromkeys(MAY, "write"), "checks": "none"})
    shop.fake.push(shop.repo, "pad", {"more": b"x"}, author=shop.zhang)
    for forge in (shop.as_user(shop.li), shop.as_token(shop.fake.as_run(shop.repo.runs[-1]))):
        said = tell(forge, shop, seen(ODD), lines=0)
        ((part, why),) = said.lacking
        assert (part, why.params["needs"]) == ("check", "checks: write")
        assert (said.check, said.status) == (None, "failure")
    assert {status.context for status in shop.repo.statuses} == {NAME}
    assert [check for check in shop.repo.checks if check.name == NAME] == []


def test_a_required_check_of_our_app_lets_warnings_through_and_nothing_that_waits(shop: Shop) -> None:
    asked = {"context": NAME, "integration_id": shop.app.id}
    rule = {"strict_required_status_checks_policy": False, "required_status_checks": [asked]}
    shop.fake.ruleset(shop.org, [{"type": "required_status_checks", "parameters": rule}])
    merge = ("repos", "bank", "till", "pulls", shop.number, "merge")
    person = shop.as_user(shop.li).client
    shop.forge.set_status(shop.id, shop.opened.head, NAME, "success", "forged")
    for verdict in (waiting(), seen(ODD), SCENES["undecided"]()):
        tell(shop.forge, shop, verdict)
        with pytest.raises(Exception, match="405"):
            person.put(*merge, body={})
    tell(shop.forge, shop, SCENES["warn"]())
    assert person.put(*merge, body={})["merged"] is True


# -- the commands


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> House:
    return patched(monkeypatch, House(tmp_path_factory.mktemp("house")))


def test_the_comment_command_publishes_a_check_run_at_github(
    shop: Shop, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring_forges, "forge", lambda *_: shop.forge)
    monkeypatch.setattr(judged, "verdict_on", lambda *_: seen(ODD))
    where = ("--forge", "github", "--project", "bank/till", "--change", str(shop.number), "--check", NAME)
    urls = []
    for more in ((), ("--lines", "1")):
        said = house.osgate("comment", *where, *more)
        assert (said.code, said.err) == (0, ""), said
        urls.append(said.out.splitlines()[-1].rpartition(" ")[2])
    assert urls == [f"{shop.fake.web_url}/bank/till/runs/{check.id}" for check in shop.repo.checks] * 2
    assert shop.repo.statuses == []
    for more, wrong in ((("--lines", "31"), "--lines"), (("--lines", "x"), "--lines")):
        said = house.osgate("comment", *where, *more)
        assert (said.code, wrong in said.err) == (2, True)


def test_a_check_run_is_asked_for_only_where_there_are_some(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    forge = MemoryForge(kind="gitea")
    change = forge.world.add_change(forge.world.add_project("shop/till"), forge.me(), head=HEAD)
    monkeypatch.setattr(wiring_forges, "forge", lambda *_: forge)
    monkeypatch.setattr(judged, "verdict_on", lambda *_: seen(ODD))
    said = house.osgate("comment", "--forge", "gitea", "--project", "shop/till", "--change", "1", "--check", NAME)
    assert (said.code, "--forge gitea" in said.err) == (2, True)
    assert list(forge.notes(change.conversation)) == []


def test_where_checks_may_not_be_written_the_status_stands_for_good_and_it_is_said_once_a_round(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = Branch(tmp_path_factory.mktemp("branch"), monkeypatch)
    branch.forge = forge = CheckForge(world=branch.world, account=branch.forge.me())
    change = branch.add_change()
    forge.forbid("publish_check", needs="checks: write")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    said = branch.desk("--check", NAME, "--language", "en")
    assert said.err.count("set as a commit status instead") == 1, said
    assert "left for the next round" not in said.err
    assert "failures at the forge: 0" in said.out
    assert branch.world.statuses[branch.app.id, change.head]
    for what in ("1", "0"):
        # What moved is judged once more, and then no more: nothing is left to do.
        assert f"changes judged: {what}" in branch.desk("--check", NAME, "--language", "en").out
    # A job that passed shows nobody its log.
    branch.add_change()  # It is nowhere in git.
    lines = branch.desk("--check", NAME, "--language", "en").err.splitlines()
    (failed,) = [line for line in lines if "left for the next round" in line]
    assert failed.startswith("::warning title=osgate::")


def test_a_check_run_that_was_lost_is_published_by_the_next_round_and_turns_green_by_itself(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = Branch(tmp_path_factory.mktemp("branch"), monkeypatch)
    branch.forge = forge = CheckForge(world=branch.world, account=branch.forge.me())
    change = branch.add_change()
    forge.fail_next("publish_check", DOWN)
    lost = branch.desk("--check", NAME)
    assert (lost.code, forge.checks) == (0, [])
    assert "left for the next round" in lost.err
    assert branch.desk("--check", NAME).code == 0
    branch.say("wang.wu", change.conversation, "/osgate request reason: needed\npurpose: numbers")
    assert branch.desk("--check", NAME).code == 0
    (issue,) = [issue for issue in branch.world.issues.values() if issue.author.id == forge.me().id]
    for who in ("zhang.san", "li.si"):
        branch.say(who, issue.conversation, "/osgate approve reason: read it")
    assert branch.desk("--check", NAME).code == 0
    assert [ends for _, _, _, ends in forge.checks] == ["failure", "action_required", "success"]
    assert {commit for commit, _, _, _ in forge.checks} == {change.head}
    assert STATUS not in branch.world.statuses.get((branch.app.id, change.head), {})
    assert [note for note in branch.world.notes(change.conversation) if note.path] == []
