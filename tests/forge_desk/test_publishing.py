"""A verdict told at the forge: each part by itself, once, and the same comment at every forge but for its links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from flow.house import House, patched
from forge_desk.shop import Shop
from osgate import wiring_forges
from osgate.forge_desk import line_notes, publishing
from osgate.forge_desk.publishing import STATUS, Manner
from osgate.forges import commands
from osgate.forges.protocol import Expired, Forbidden, Unreachable
from osgate.model.forge import Change, Note
from osgate.model.gap import Gap
from osgate.model.record import replace
from osgate.model.verdict import Stamp, Verdict
from osgate.reports import markdown
from osgate.reports.context import Context
from osgate.testing.forge import MemoryForge
from osgate.text.translator import LOCALES, Translator
from reports.scenes import NUMBER, ODD, SCENES, SHA512, many, seen
from rules import making

EXPECTED = Path(__file__).parent / "expected"
WORDS = {locale: Translator(locale) for locale in LOCALES}
HEAD = "4be1" * 10
LINK = re.compile(r"\]\((https?://[^)]*)\)")
MARKER = re.compile(r"(digest|text)=[0-9a-f]{32}")


class Stage:
    """A change at a forge in memory, and the desk's account there."""

    def __init__(self, kind: str = "gitlab") -> None:
        self.forge = MemoryForge(kind=kind)
        world = self.forge.world
        self.people = self.forge.as_user(world.add_account("zhang.san", maintainer=True))
        self.project = world.add_project("shop/till")
        self.policy = world.add_project("oss/policy")
        self.change = world.add_change(self.project, self.people.me(), head=HEAD)
        self.manner = Manner(WORDS["en"], policy=self.policy)

    def tell(self, verdict: Verdict, **fields: object) -> publishing.Told:
        manner = replace(self.manner, **fields)
        return publishing.publish(self.forge, self.change, self.project, verdict, manner)

    def notes(self) -> list[Note]:
        return list(self.forge.notes(self.change.conversation))

    def comment(self) -> str:
        (found,) = [note.body for note in self.notes() if not note.path]
        return found

    def on_lines(self) -> list[Note]:
        return [note for note in self.notes() if note.path]

    def status(self) -> tuple[str, str, str]:
        found = self.forge.world.statuses[self.project.id, HEAD][STATUS]
        return found.state, found.text, found.url


@pytest.fixture
def stage() -> Stage:
    return Stage()


def passing() -> Verdict:
    return SCENES["pass"]()


def example() -> Verdict:
    """The change of the design's example: 41 introduced, of them one unapproved and one by its tag."""
    pad = making.introduced(
        "pkg:npm/left-pad@1.3.0", line=412, direct=False, via=["pkg:npm/string-tools@2.1.4"], digests=SHA512
    )
    cache = making.introduced(
        "pkg:github/actions/cache@v4", path=".github/workflows/ci.yml", line=18, scope="action", mutable=True
    )
    tools = making.introduced("pkg:npm/string-tools@2.1.4", line=380, digests=SHA512)
    below = [replace(item, via=("pkg:npm/string-tools@2.1.4",)) for item in many(35)]
    types = [making.introduced(f"pkg:npm/%40types/t{n}@1.0.{n}", line=700 + n, digests=SHA512) for n in range(3)]
    said = [
        making.standing(item.dependency.component, range="vers:npm/*", expires="2027-04-09") for item in (tools, *below)
    ]
    said.append(making.standing("pkg:github/actions/cache", range="vers:github/*"))
    found = making.intake(
        [pad, cache, tools, *below, *types],
        removed=tuple(f"pkg:npm/gone-{n}@1.0.0" for n in range(4)),
        gaps=(Gap("infra/package-lock.json", "before-unreadable", (("reason", "duplicate-key"),)),),
    )
    stamp = Stamp(42, "sha256:" + "1" * 64, "sha256:" + "7c2e" * 16, "2026-11-21T06:03:00Z", "2026-12-21T00:00:00Z", 60)
    in_advance = making.pre_approval("pkg:npm/%40types/*", reason="permissive, older than 90 days")
    policy = making.policy(pre_approvals=(in_advance,))
    return making.decided(found, making.view(said), stamp=stamp, policy=policy, base="b" * 40, head=HEAD)


def unlinked(text: str) -> str:
    return MARKER.sub(r"\1=…", LINK.sub("](…)", text))


@pytest.mark.parametrize("locale", LOCALES)
def test_X08_the_same_golden_comment_for_every_kind_of_forge(locale: str, request: pytest.FixtureRequest) -> None:
    told = {}
    for kind in ("gitlab", "github", "gitea", "gitee"):
        stage = Stage(kind)
        stage.tell(example(), t=WORDS[locale], offset=480)
        told[kind] = stage.comment()
    golden = EXPECTED / f"comment.{locale}.md"
    if request.config.getoption("--update-expected"):
        golden.write_text(told["gitlab"], encoding="utf-8")
    assert told["gitlab"] == golden.read_text(encoding="utf-8")
    # Elsewhere than at GitLab a change is called `shop/till#1`, which stands in the form's address alone.
    assert len(set(map(unlinked, told.values()))) == 1
    places = {
        kind: [place for place in LINK.findall(text) if "package-lock.json" in place] for kind, text in told.items()
    }
    base = "https://forge.example.test/shop/till"
    assert set(places["gitlab"]) == {f"{base}/-/blob/{HEAD}/package-lock.json#L412"}
    assert set(places["github"]) == {f"{base}/blob/{HEAD}/package-lock.json#L412"}
    assert set(places["gitea"]) == {f"{base}/src/commit/{HEAD}/package-lock.json#L412"}
    assert set(places["gitee"]) == {f"{base}/blob/{HEAD}/package-lock.json#L412"}


def test_the_form_that_is_linked_asks_for_this_change(stage: Stage) -> None:
    stage.tell(seen(ODD))
    (form,) = [place for place in LINK.findall(stage.comment()) if "/issues/new" in place]
    assert form.startswith("https://forge.example.test/oss/policy/-/issues/new?")
    filled = parse_qs(urlsplit(form).query)
    assert filled["issue[title]"] == ["osgate: request for shop/till!1"]
    text = filled["issue[description]"][0]
    (command,) = commands.parse(text.replace("\nreason: ", "\nreason: needed"))
    assert isinstance(command, commands.Command)
    assert (command.verb, command.change, command.reason) == ("request", "shop/till!1", "needed")


@pytest.mark.parametrize("locale", LOCALES)
def test_the_hint_in_the_form_is_no_part_of_what_is_said(stage: Stage, locale: str) -> None:
    stage.tell(seen(ODD), t=WORDS[locale])
    (form,) = [place for place in LINK.findall(stage.comment()) if "/issues/new" in place]
    text = parse_qs(urlsplit(form).query)["issue[description]"][0]
    assert WORDS[locale]("request.form-hint") in text
    (command,) = commands.parse(text)
    assert isinstance(command, commands.Command)
    assert (command.reason, dict(command.fields)) == ("", {})


def test_each_half_of_a_comment_in_two_languages_links_the_form_in_its_own(stage: Stage) -> None:
    stage.tell(seen(ODD), t=WORDS["zh_CN"], also=WORDS["en"])
    forms = [place for place in LINK.findall(stage.comment()) if "/issues/new" in place]
    titles = [parse_qs(urlsplit(form).query)["issue[title]"][0] for form in forms]
    assert titles == [WORDS[locale]("request.form-title", change="shop/till!1") for locale in ("zh_CN", "en")]


@pytest.mark.parametrize(("kind", "page"), [("github", "/checks"), ("gitlab", "/pipelines"), ("gitea", "")])
def test_what_has_no_room_is_found_at_the_changes_jobs(kind: str, page: str) -> None:
    stage = Stage(kind)
    stage.tell(seen(*many(40)))
    assert (f"[see the whole report]({stage.change.url}{page})" in stage.comment()) == bool(page)
    stage.tell(seen(*many(40)), report_url="https://ci.example.com/run/7")
    assert "[see the whole report](https://ci.example.com/run/7)" in stage.comment()


def test_a_form_is_offered_only_where_there_is_something_to_ask_for(stage: Stage) -> None:
    wait = making.waiting("pkg:npm/is-odd", range="vers:npm/>=3.0.1|<4.0.0")
    stage.tell(seen(ODD, said=making.view((), (wait,))))
    assert "/issues/new" not in stage.comment()
    assert "/osgate approve efefefefefef role=legal reason: …" in stage.comment()


# -- parts


def test_each_part_is_told_once(stage: Stage) -> None:
    told = stage.tell(seen(ODD, NUMBER))
    assert told.comment is not None
    assert (told.comment.did, told.status, told.lacking) == ("said", "failure", ())
    assert told.lines == line_notes.Lines(said=2)
    page = next(note.url for note in stage.notes() if not note.path)
    assert stage.status() == ("failure", "blocked, 2 of 2 introduced dependencies to settle", page)
    stage.forge.world.calls.clear()
    again = stage.tell(seen(ODD, NUMBER))
    assert again.comment is not None
    assert again.comment.did == "untouched"
    assert {"say", "edit", "say_on_line", "settle"}.isdisjoint(method for _, method in stage.forge.world.calls)


def test_nothing_wrong_is_a_status_and_no_word_unless_wished_for(stage: Stage) -> None:
    told = stage.tell(passing())
    assert stage.notes() == []
    assert told.comment is not None
    assert (told.comment.did, told.status) == ("silent", "success")
    assert stage.status()[2] == stage.change.url
    stage.tell(passing(), always=True)
    assert "1 introduced dependency, approved" in stage.comment()


@pytest.mark.parametrize(
    ("scene", "state", "says"),
    [
        ("pass", "success", "1 introduced dependency, approved"),
        ("warn", "success", "passes with 1 warning"),
        ("observe", "success", "only observed, nothing is blocked"),
        ("one", "failure", "blocked, 1 of 1"),
        ("undecided", "pending", "undecided"),
    ],
)
def test_a_status_says_what_the_verdict_is(stage: Stage, scene: str, state: str, says: str) -> None:
    stage.tell(SCENES[scene]())
    assert stage.status()[0] == state
    assert stage.status()[1].startswith(says)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("scene", sorted({*SCENES} - {"hundred-and-fifty"}))
def test_a_status_is_one_short_line(stage: Stage, scene: str, locale: str) -> None:
    said = publishing.sentence(SCENES[scene](), WORDS[locale], Context())
    assert 0 < len(said) <= 140
    assert "\n" not in said


def test_who_only_waits_for_reviewers_is_pending(stage: Stage) -> None:
    wait = making.waiting("pkg:npm/is-odd", range="vers:npm/>=3.0.1|<4.0.0")
    stage.tell(seen(ODD, said=making.view((), (wait,))))
    assert stage.status()[:2] == ("pending", "waits for reviewers: 1 dependency")
    stage.tell(seen(ODD, NUMBER, said=making.view((), (wait,))))
    assert stage.status()[0] == "failure", "somebody has to ask for the other one"
    stage.tell(SCENES["files"]())
    assert stage.status()[0] == "failure"


@pytest.mark.parametrize(
    ("method", "part"), [("say", "comment"), ("say_on_line", "threads"), ("set_status", "status"), ("notes", "comment")]
)
@pytest.mark.parametrize("error", [Forbidden, Unreachable, Expired])
def test_what_one_part_lacks_keeps_no_other_from_being_told(
    stage: Stage, method: str, part: str, error: type[Forbidden | Unreachable | Expired]
) -> None:
    failure = error("forge.forbidden", what=method, needs="Reporter", detail="403")
    stage.forge.fail_next(method, failure)
    told = stage.tell(seen(ODD))
    assert told.lacking == ((part, failure),)
    parts = {"comment": told.comment, "threads": told.lines, "status": told.status}
    assert [name for name, done in parts.items() if not done] == [part]
    assert stage.tell(seen(ODD)).lacking == ()
    assert len(stage.notes()) == 2


def test_a_token_that_has_expired_is_told_for_each_part_and_raises_nothing(stage: Stage) -> None:
    stage.forge.expire()
    told = stage.tell(seen(ODD), answer=lambda change, state: True)
    assert [part for part, _ in told.lacking] == ["comment", "threads", "status"]
    assert (told.comment, told.lines, told.status) == (None, None, "")


def test_an_external_check_is_answered_and_may_be_missing(stage: Stage) -> None:
    answers: list[tuple[str, str]] = []

    def answer(change: Change, state: str) -> bool:
        answers.append((change.head, state))
        return True

    for scene in ("one", "pass", "undecided"):
        assert stage.tell(SCENES[scene](), answer=answer).lacking == ()
    assert answers == [(HEAD, "failed"), (HEAD, "passed"), (HEAD, "pending")]
    failure = Forbidden("forge.forbidden", what="external checks", needs="Ultimate", detail="403")

    def refused(change: Change, state: str) -> bool:
        raise failure

    assert stage.tell(SCENES["one"](), answer=refused).lacking == (("checks", failure),)


# -- notes on lines


def test_notes_stand_on_the_lines_that_stop_the_change(stage: Stage) -> None:
    stage.tell(SCENES["each-rule"]())
    notes = stage.on_lines()
    assert len(notes) == 10
    assert notes[0].line == 8
    assert "emergency" in notes[0].body
    assert all(note.body.startswith("<!-- osgate:line v1 finding=") for note in notes)
    text = "\n".join(note.body for note in notes)
    assert "you: pin it to a full commit or digest" in text
    assert "tech 0/1" not in text, "what changes while the finding is the same stands in the comment"


def test_at_most_so_many_notes_and_only_on_lines_of_the_diff() -> None:
    stage = Stage()
    verdict = seen(*many(40))
    stage.forge.world.lines[stage.project.id, 1] = {"package-lock.json": frozenset(range(38, 200))}
    told = stage.tell(verdict, lines=3)
    assert told.lines == line_notes.Lines(said=3, hidden=4)
    assert [note.line for note in stage.on_lines()] == [38, 45, 52]
    assert stage.tell(verdict, lines=3).lines == line_notes.Lines(said=0, hidden=0)
    stage.forge.world.lines[stage.project.id, 1] = {}
    assert stage.tell(verdict, lines=5).lines == line_notes.Lines(said=0, hidden=12)
    assert stage.forge.world.called("say_on_line") == 7 + 12


def test_nothing_on_lines_where_nothing_is_stopped(stage: Stage) -> None:
    for scene in ("observe", "warn", "pass", "undecided"):
        stage.tell(SCENES[scene]())
    assert stage.on_lines() == []


def test_a_note_is_settled_when_its_finding_is_gone_and_opened_when_it_is_back(stage: Stage) -> None:
    stage.tell(seen(ODD, NUMBER))
    assert stage.tell(seen(ODD)).lines == line_notes.Lines(settled=1)
    gone, there = sorted(stage.on_lines(), key=lambda note: note.line)
    assert (gone.resolved, there.resolved) == (True, False)
    assert "Settled: nothing stands against this any more." in gone.body
    assert stage.tell(seen(ODD)).lines == line_notes.Lines()
    assert stage.tell(seen(ODD, NUMBER)).lines == line_notes.Lines(opened=1)
    assert [note.resolved for note in stage.on_lines()] == [False, False]
    assert not any("Settled" in note.body for note in stage.on_lines())
    assert len(stage.on_lines()) == 2


def test_what_a_person_resolved_is_not_said_again_while_it_is_the_same(stage: Stage) -> None:
    stage.tell(seen(ODD))
    (note,) = stage.on_lines()
    stage.people.settle(stage.change.conversation, note.thread, True)
    moved = replace(ODD, dependency=replace(ODD.dependency, line=77))
    for verdict in (seen(ODD), seen(moved)):
        assert stage.tell(verdict).lines == line_notes.Lines()
    (note,) = stage.on_lines()
    assert note.resolved
    # Taken out and brought in again it is another matter, which its author has not heard of.
    stage.tell(passing())
    assert stage.tell(seen(ODD)).lines == line_notes.Lines(opened=1)
    assert [note.resolved for note in stage.on_lines()] == [False]


def test_after_a_change_of_language_notes_on_lines_are_rewritten_whole(stage: Stage) -> None:
    stage.tell(seen(ODD, NUMBER))
    stage.people.settle(stage.change.conversation, stage.on_lines()[0].thread, True)
    assert stage.tell(seen(ODD, NUMBER), t=WORDS["zh_CN"]).lines == line_notes.Lines()
    bodies = [note.body for note in stage.on_lines()]
    assert all("已拦截" in body and "blocked" not in body for body in bodies)
    assert sorted(note.resolved for note in stage.on_lines()) == [False, True], "what people resolved stays so"
    stage.forge.world.calls.clear()
    stage.tell(seen(ODD, NUMBER), t=WORDS["zh_CN"])
    assert stage.forge.world.called("edit") == 0
    stage.tell(passing(), t=WORDS["zh_CN"])
    assert all(WORDS["zh_CN"]("line.settled") in note.body for note in stage.on_lines())
    stage.tell(seen(ODD, NUMBER))
    assert not any("已" in note.body for note in stage.on_lines())


def test_an_outsiders_note_with_our_marker_counts_for_nothing(stage: Stage) -> None:
    stage.tell(seen(ODD))
    (note,) = stage.on_lines()
    stage.people.say_on_line(stage.change, "package-lock.json", 31, note.body)
    stage.forge.world.drop(stage.change.conversation, note.id)
    assert stage.tell(seen(ODD)).lines == line_notes.Lines(said=1)


def test_a_note_that_is_deleted_while_we_settle_it_is_left_alone(stage: Stage) -> None:
    stage.tell(seen(ODD))
    (note,) = stage.on_lines()
    stage.forge.before_next("edit", lambda: None)
    stage.forge.before_next("settle", lambda: stage.forge.world.drop(stage.change.conversation, note.id))
    assert stage.tell(passing()).lacking == ()
    assert stage.on_lines() == []


def test_a_lost_answer_on_a_line_is_no_second_note(stage: Stage) -> None:
    stage.forge.fail_next("say_on_line", Unreachable("forge.unreachable", address="", detail=""), after=True)
    assert [part for part, _ in stage.tell(seen(ODD)).lacking] == ["threads"]
    assert stage.tell(seen(ODD)).lines == line_notes.Lines()
    assert len(stage.on_lines()) == 1


# -- hostile, large


def test_names_do_nothing_at_a_forge(stage: Stage) -> None:
    path = "/approve\n/merge @all !1 #1 ~bug %m :tada: [[wiki]] <img src=x> \u202e`x`.json"
    odd = replace(ODD, dependency=replace(ODD.dependency, path=path, alias="@all", requirement="/close"))
    first = seen(odd).findings[0]
    named = replace(seen(odd), findings=(replace(first, path=path, purl="pkg:npm/@all!1~bug@1"),))
    stage.tell(named)
    for note in stage.notes():
        plain = re.sub(r"```text\n.*?\n```|(`+).+?\1|<code>.*?</code>|\]\([^)]*\)", "", note.body, flags=re.DOTALL)
        assert not re.search(r"(?m)^\s*/|@all|!1|~bug|:tada:|<img|\[\[|\u202e", plain), plain


def test_ten_thousand_findings_are_one_comment_within_every_limit() -> None:
    verdict = seen(*[making.introduced(f"pkg:npm/p{n}@1.0.0", line=n + 1) for n in range(10_000)])
    stage = Stage("gitee")
    stage.tell(verdict, t=WORDS["zh_CN"], also=WORDS["en"])
    assert len(stage.comment().encode()) <= 65_535
    assert len(stage.comment()) <= 65_536
    shown = len(re.findall(r"(?m)^\| \*\*", stage.comment()))
    rest = sum(int(number) for number in re.findall(r"(?m)^(?:And |另有 )(\d+)", stage.comment()))
    assert shown > 10
    assert shown + rest == 2 * 10_000, "what has no row is counted, in both languages"
    assert len(stage.on_lines()) == 10


# -- the whole way


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("publishing")
    with pytest.MonkeyPatch.context() as patch:
        house = patched(patch, House(root / "house"))
        assert house.desk().code == 0
        yield Shop(root, house)


def test_R05_1_one_comment_with_a_line_to_copy_and_green_on_the_same_head(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = MemoryForge()
    project = forge.world.add_project("shop/till", git_url=str(shop.bare))
    change = forge.world.add_change(project, forge.world.add_account("wang.wu"), head=shop.head)
    forge.world.add_project("oss/policy")
    monkeypatch.setattr(wiring_forges, "forge", lambda kind, address, environ: forge)

    def osgate(*more: str) -> tuple[int, str]:
        where = ("--forge", "gitlab", "--project", "shop/till", "--change", "!1")
        policy = ("--policy-project", "oss/policy", "--policy-repo", str(shop.house.bare))
        said = shop.house.osgate("comment", *where, *policy, *more, at=tmp_path)
        assert said.err == "" or "--dry-run" in more, said
        return said.code, said.out

    def told() -> tuple[str, str]:
        (comment,) = [note.body for note in forge.notes(change.conversation) if not note.path]
        return comment, forge.world.statuses[project.id, shop.head][STATUS].state

    assert osgate("--dry-run")[0] == 0
    assert list(forge.notes(change.conversation)) == []
    for _ in range(2):
        assert osgate()[0] == 0
    comment, status = told()
    assert comment.count("/osgate request reason: …") == 1
    assert comment.count("[open the request](") == 1
    assert status == "failure"

    house = shop.house
    fields = ("--purpose", "odd numbers", "--alternatives", "own code")
    id = house.made("wang.wu", "request", "--base", "main", "--head", "topic", "--reason", "x", *fields, at=shop.work)
    house.desk()
    house.made("zhang.san", "approve", id, "--role", "tech", "--reason", "looked at")
    house.desk()
    osgate()
    comment, status = told()
    assert status == "pending"
    for said in ("`tech` by `zhang.san`", "still to decide: `legal 0/1`", "purpose: `odd numbers`", "`own code`"):
        assert said in comment
    assert f"/osgate approve {id} role=legal reason: …" in comment

    house.made("li.si", "approve", id, "--role", "legal", "--reason", "looked at")
    house.desk()
    osgate()
    comment, status = told()
    assert "settled: " in comment
    assert "/osgate" not in comment
    assert status == "success"
    assert all(note.resolved for note in forge.notes(change.conversation) if note.path)


def test_a_command_that_names_no_change_says_what_is_missing(shop: Shop, tmp_path: Path) -> None:
    for words in (("--forge", "gitlab"), ("--forge", "gitlab", "--project", "a/b", "--change", "x"), ("extra",)):
        said = shop.house.osgate("comment", *words, at=tmp_path)
        assert said.code == 2
        assert said.err.startswith("osgate: ")


def test_what_could_not_be_told_is_named_and_ends_with_undecided(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = MemoryForge()
    project = forge.world.add_project("shop/till", git_url=str(shop.bare))
    change = forge.world.add_change(project, forge.world.add_account("wang.wu"), head=shop.head)
    monkeypatch.setattr(wiring_forges, "forge", lambda kind, address, environ: forge)
    forge.forbid("say", needs="Reporter")
    forge.fail_next("set_status", Forbidden("forge.forbidden", what="statuses", needs="Developer", detail="403"))
    where = ("--forge", "gitlab", "--project", "shop/till", "--change", str(change.number), "--always")
    lock = ("--lock", str(shop.work / ".osgate/osgate.lock"))
    said = shop.house.osgate("comment", *where, *lock, at=tmp_path)
    assert said.code == 4
    assert said.err.count("left out:") == 2
    forge.allow("say")
    assert shop.house.osgate("comment", *where, *lock, at=tmp_path).code == 0


def test_a_report_is_not_taken_for_a_verdict(shop: Shop, tmp_path: Path) -> None:
    said = shop.house.osgate("comment", "--report", "verdict.json", at=tmp_path)
    assert said.code == 2


def test_a_head_that_moved_is_told_and_nothing_is_written(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = MemoryForge()
    project = forge.world.add_project("shop/till", git_url=str(shop.bare))
    change = forge.world.add_change(project, forge.world.add_account("wang.wu"), head="f" * 40)
    monkeypatch.setattr(wiring_forges, "forge", lambda kind, address, environ: forge)
    said = shop.house.osgate("comment", "--forge", "gitlab", "--project", project.id, "--change", "1", at=tmp_path)
    assert said.code == 4
    assert list(forge.notes(change.conversation)) == []
    assert markdown.quiet(passing())
