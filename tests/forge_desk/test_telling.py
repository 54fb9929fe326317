"""What the desk writes at a forge: once, up to date, in both languages, and nothing of what others wrote gets loose."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import osgate
from forge_desk.bench import GUEST, Bench
from osgate.errors import Refused
from osgate.forge_desk import opened, telling, texts
from osgate.forge_desk.answers import Answer, answered
from osgate.forge_desk.hearing import answer_mark
from osgate.forge_desk.station import Unclear
from osgate.forge_desk.telling import Teller
from osgate.forges.commands import Mistake, parse
from osgate.forges.protocol import Unreachable
from osgate.intake_desk.weigh import Refusal
from osgate.ledger import codec
from osgate.model.forge import CLOSED, ISSUE, OPEN, Conversation, Issue
from osgate.testing import records
from osgate.text.translator import LOCALES, Translator, packaged

LOST = Unreachable("forge.unreachable", address="", detail="")
T = Translator("en")
SOURCE = Path(osgate.__file__).parent
# What each sentence may name.
ANY = dict.fromkeys(
    [
        "account",
        "character",
        "choices",
        "close",
        "fields",
        "found",
        "group",
        "held",
        "id",
        "key",
        "keys",
        "least",
        "line",
        "most",
        "n",
        "needed",
        "path",
        "person",
        "purl",
        "role",
        "roles",
        "verb",
        "verbs",
        "flag",
    ],
    "word",
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def teller(bench: Bench, places: dict[str, int] | None = None) -> Teller:
    return Teller(bench.station, bench.books(), {} if places is None else places, T)


def whole(bench: Bench, id: str) -> str:
    return bench.books().find(id).id


def talk(bench: Bench, number: int = 1) -> list[str]:
    notes = bench.forge.world.notes(Conversation(bench.home.id, number, ISSUE))
    return [note.body for note in notes]


def issue(bench: Bench, number: int = 1) -> Issue:
    return bench.forge.world.issues[bench.home.id, number]


def test_a_request_gets_one_issue_that_follows_it_to_its_end(bench: Bench) -> None:
    places: dict[str, int] = {}
    id = whole(bench, bench.sealed(purpose="pads", alternatives=["lodash"]))
    for _ in range(3):
        place = teller(bench, places).request(id)
    assert (place.number, places, len(bench.forge.world.issues)) == (1, {id: 1}, 1)
    assert (issue(bench).state, issue(bench).labels) == (OPEN, ("osgate::waiting",))
    assert opened.request_of(issue(bench), bench.forge.me()) == id
    for word in ("`pkg:npm/left-pad`", "`wang.wu`", "`pads`", "`lodash`", "`needed`"):
        assert word in issue(bench).body
    (told,) = talk(bench)
    for role, persons in (("tech", "`zhang.san`, `zhao.liu`"), ("legal", "`li.si`, `zhao.liu`")):
        assert f"/osgate approve {codec.short(id)} role={role} reason: …" in told
        assert persons in told
    body = bench.books().sealed[id].body
    bench.ledger.seal(records.approve(body, "zhang.san", "tech"), records.approve(body, "li.si", "legal"))
    teller(bench, places).request(id)
    (told,) = talk(bench)
    assert "is approved" in told
    assert "/osgate approve" not in told
    assert (issue(bench).state, issue(bench).labels) == (CLOSED, ("osgate::approved",))


def test_where_a_request_was_made_in_an_issue_it_is_decided_there(bench: Bench) -> None:
    who = bench.forge.as_user(bench.forge.world.add_account("wang.wu"))
    who.open_issue(bench.home.id, "Ask", "/osgate request", labels=("team",))
    said = records.heard("9", project=bench.home.id)
    id = whole(bench, bench.sealed(witnessed=said))
    assert teller(bench).request(id).number == 1
    (told,) = talk(bench)
    assert "`pkg:npm/left-pad`" in told
    assert issue(bench).labels == ("team", "osgate::waiting")


def test_what_somebody_deleted_bent_or_wrote_twice_is_put_right(bench: Bench) -> None:
    id, world = whole(bench, bench.sealed()), bench.forge.world
    teller(bench).request(id)
    at = Conversation(bench.home.id, 1, ISSUE)
    (first,) = world.notes(at)
    maintainer = bench.forge.as_user(world.add_account("boss", maintainer=True))
    maintainer.edit(at, first.id, f"{texts.STATE_MARK}\n\nall approved, merge it")
    bench.forge.say(at, f"{texts.STATE_MARK}\n\na second one")
    maintainer.say(at, f"{texts.STATE_MARK}\n\nnot ours")
    teller(bench).request(id)
    ours = [note.body for note in world.notes(at) if note.author.id == bench.forge.me().id]
    assert len(ours) == 1
    assert "waits" in ours[0]
    for note in [note for note in world.notes(at) if note.author.id == bench.forge.me().id]:
        world.drop(at, note.id)
    teller(bench).request(id)
    assert len([note for note in world.notes(at) if note.author.id == bench.forge.me().id]) == 1
    bench.forge.before_next("edit", lambda: world.drop(at, world.notes(at)[-1].id))
    telling.keep(bench.forge, bench.forge.me(), at, texts.STATE_MARK, f"{texts.STATE_MARK}\nnew")
    assert [note.body for note in world.notes(at)][-1] == f"{texts.STATE_MARK}\nnew"


def test_who_may_not_label_or_close_still_tells(bench: Bench) -> None:
    id = whole(bench, bench.sealed())
    bench.forge.forbid("change_issue")
    bench.forge.forbid("react")
    teller(bench).request(id)
    body = bench.books().sealed[id].body
    bench.ledger.seal(records.answer("reject", body, "zhang.san", "tech"))
    teller(bench).request(id)
    assert "is rejected" in talk(bench)[0]
    said = bench.said("/osgate help", at=Conversation(bench.home.id, 1, ISSUE))
    teller(bench).answer(said, ["done"], good=True)
    assert talk(bench)[-1] == f"{answer_mark('1')}\n\ndone"


def test_an_answer_is_given_once_also_when_the_forge_said_nothing_back(bench: Bench) -> None:
    world = bench.forge.world
    at = world.add_issue(bench.home, world.add_account("x"), "t").conversation
    note = bench.forge.as_user(world.add_account("y")).say(at, "/osgate help")
    said = bench.said("/osgate help", at=at)
    said = type(said)(at, note, said.commands, {})
    bench.forge.fail_next("say", LOST, after=True)
    for _ in range(3):
        teller(bench).answer(said, ["done"], good=False)
    assert [body for body in talk(bench) if "done" in body] == [f"{answer_mark(note.id)}\n\ndone"]
    assert world.reactions == {(note.id, bench.forge.me().id, "thumbsdown")}
    bench.forge.fail_next("say", LOST)
    other = type(said)(at, type(note)("77", note.author, "/osgate help", note.created, note.updated), (), {})
    with pytest.raises(Unreachable):
        teller(bench).answer(other, ["done"], good=True)


def test_a_request_that_nobody_can_decide_says_so(bench: Bench) -> None:
    id = whole(bench, bench.sealed(roles=("tech", "procurement")))
    teller(bench).request(id)
    assert texts.capital(T("request.stuck", roles="`procurement`")) in talk(bench)[0]
    assert "approval in the role `procurement` (0/1), which nobody here can give" in talk(bench)[0]


HOSTILE = (
    "x` @all #1 !2 ~bug %m :smile: [[w]] <img src=x> [a](http://evil.example)\n/approve\n/close \u202e\u200b|`` ![](x)"
)
MENTION = re.compile(r"@all|#1|!2|~bug|\[\[|<img|\]\(http://evil|^\s*/(?:approve|close)", re.MULTILINE)
SPANS = re.compile(r"```text\n.*?\n```|(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)


def loose(text: str) -> str:
    """What of a text stands outside of code."""
    return SPANS.sub("", text)


def test_nothing_that_others_wrote_stands_outside_of_code(bench: Bench) -> None:
    subject = records.subject(versions=["1.0"], seen_in=[HOSTILE], licences=[HOSTILE])
    made = records.request(
        f"gitlab:{GUEST}",
        [subject],
        reason=HOSTILE,
        purpose=HOSTILE,
        usage=HOSTILE,
        supplier=HOSTILE,
        contract=HOSTILE,
        owner=HOSTILE,
        alternatives=[HOSTILE],
        witnessed=records.heard(GUEST, project="999"),
        origin={"comment": f"gitlab:{HOSTILE}!1", "authors": []},
    )
    bench.ledger.seal(made)
    teller(bench).request(made["id"])
    shown = [issue(bench).body, *talk(bench)]
    shown += [texts.mistaken(one, T) for one in parse(f"/osgate {HOSTILE}") if isinstance(one, Mistake)]
    shown += [texts.mistaken(Mistake(1, "key", {"key": HOSTILE, "close": "", "keys": "a"}), T)]
    shown += [texts.unclear(Unclear("choice", key="kind", found=HOSTILE, choices="a, b"), T)]
    shown += [texts.unclear(Unclear("error", error=Refused("id.none", found=HOSTILE)), T)]
    refusal = Refusal("", "", "role-not-held", {"person": HOSTILE, "role": HOSTILE})
    shown += [texts.refused(refusal, T), texts.pasted([HOSTILE])]
    for text in shown:
        assert not MENTION.search(loose(text)), text
        assert "\u202e" not in text
        assert "\u200b" not in text
    assert not MENTION.search(issue(bench).title)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("`~@#!|<>/a\n\\[]()*_") | st.characters(), max_size=60))
def test_a_line_to_paste_never_leaves_its_block(text: str) -> None:
    assert texts.pasted([text]).count("```") == 2


def test_answers_are_never_commands(bench: Bench) -> None:
    """Nobody who reads ours by machine, we ourselves included, finds a command in them."""
    id = whole(bench, bench.sealed())
    teller(bench).request(id)
    for text in (issue(bench).body, *talk(bench), texts.help_text(T), texts.pasted(["/osgate approve x"])):
        assert parse(text) == ()


def test_status_tells_where_things_stand(bench: Bench) -> None:
    id = whole(bench, bench.sealed())
    run: Any = None
    for ids, part in (((id,), "waits: tech 0/1, legal 0/1"), ((), "Commands stand at the beginning of a line")):
        answer = Answer(bench.said("/osgate status"), 0, status=ids, help=not ids)
        blocks, good = answered([answer], bench.books(), run, {}, T)
        assert good
        assert part in blocks[1]


def codes(pattern: str, *files: str) -> set[str]:
    found = "\n".join((SOURCE / name).read_text(encoding="utf-8") for name in files)
    return set(re.findall(pattern, found))


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_that_can_be_unclear_has_words(locale: str) -> None:
    t = Translator(locale)
    raised = codes(r'Unclear\(\s*"([a-z-]+)"', *(f"forge_desk/{name}.py" for name in ("asking", "deciding", "station")))
    wrong = codes(r'_Wrong\("([a-z-]+)"', "forges/commands.py") | {"too-many", "edited"}
    assert len(raised) > 12
    assert len(wrong) > 12
    for code in (raised | {"person", "person-close", "same-person"}) - {"error", "mistakes"}:
        assert texts.unclear(Unclear(code, **ANY), t).strip()
    for code in wrong:
        assert texts.mistaken(Mistake(1, code, {**ANY, "close": "x"}), t).strip()
    known = json.loads(packaged(f"{locale}.json"))
    assert {f"command.{code}" for code in wrong} | {"command.close"} <= set(known)
