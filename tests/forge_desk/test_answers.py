"""What a note is answered: who is meant, what was recorded and how wide it is, and the line that would do."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_desk.bench import Bench
from forge_desk.test_telling import MENTION, loose, talk, whole
from osgate.errors import Refused
from osgate.forge_desk import naming, ready_lines, texts, waiting
from osgate.forge_desk.answers import Answer, answered
from osgate.forge_desk.station import Unclear
from osgate.forge_desk.telling import Teller
from osgate.forges.commands import Command, Mistake, parse
from osgate.forges.protocol import Missing
from osgate.intake_desk.desk import Run
from osgate.intake_desk.weigh import Refusal
from osgate.ledger import codec
from osgate.model.record import replace
from osgate.reports.markdown import reach
from osgate.testing import records
from osgate.text.translator import LOCALES, Translator, packaged

T = Translator("en")
WORDS = {locale: Translator(locale) for locale in LOCALES}
FENCE = re.compile(r"```text\n(.*?)\n```", re.DOTALL)
PAGE = "https://forge.example.test/bank/policy/-/issues/4"


def ran(*refused: Refusal) -> Run:
    """The desk's run after which answers are told."""
    return cast(Run, SimpleNamespace(refused=refused, held=(), serial=7, anchor="sha256:" + "ab" * 32))


def told(
    bench: Bench, body: str, who: str = "zhang.san", t: Translator = T, run: Run | None = None, **more: Any
) -> str:
    """The answer to a note, whose records are sealed unless the run says why they were not."""
    pages = more.pop("pages", {})
    said = bench.said(body, who, **more)
    found: list[Answer] = []
    for number, command in enumerate(said.commands):
        if isinstance(command, Mistake):
            found.append(Answer(said, number, mistake=command))
            continue
        try:
            made = tuple(bench.made(replace(said, commands=(command,))))
        except Unclear as error:
            found.append(Answer(said, number, unclear=error))
        else:
            found.append(Answer(said, number, records=made))
            if run is None:
                bench.ledger.seal(*made, roles=("tech", "legal"))
    blocks, _ = answered(found, bench.books(), run or ran(), {}, t, pages)
    return "\n\n".join(blocks)


def pasted(text: str) -> list[Command]:
    """The commands of the lines to paste, with a reason filled in."""
    found = [one for lines in FENCE.findall(text) for one in parse(lines.replace("…", "because"))]
    assert all(isinstance(one, Command) for one in found), found
    return cast("list[Command]", found)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    "body",
    [
        "/osgate request bank/till!1\npurpose: pads columns\nalternatives: lodash, own code\nreason: ",
        "/osgate block pkg:npm/left-pad incident=INC-7",
        '/osgate waive pkg:npm/left-pad rules=OSG101 expires=2027-01-31 severity="very high" role=tech reason: …',
    ],
)
def test_what_lacks_its_reason_comes_back_whole(bench: Bench, body: str, locale: str) -> None:
    """An edit is never heard: what was said already has not to be typed again."""
    answer = told(bench, body, t=WORDS[locale])
    assert WORDS[locale]("heard.anew") in answer
    (again,), (first,) = pasted(answer), parse(body)
    assert isinstance(first, Command)
    assert again.reason == "because"
    assert (again.verb, again.purls, again.change, dict(again.fields)) == (
        first.verb,
        first.purls,
        first.change,
        dict(first.fields),
    )


def test_what_lacks_a_channel_keeps_its_packages_and_its_reason(bench: Bench) -> None:
    (again,) = pasted(told(bench, "/osgate request\n- pkg:npm/left-pad@1.3.0\nreason: for the prototype"))
    assert again.purls == ("pkg:npm/left-pad@1.3.0",)
    assert (again.fields["channel"], again.reason) == ("because", "for the prototype")


PLAIN = (
    st.text(st.sampled_from("ab1. -/依赖"), min_size=1, max_size=12)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["request", "approve", "block", "waive"]), PLAIN, PLAIN, st.booleans())
def test_a_command_said_again_is_the_same_command(verb: str, value: str, reason: str, changed: bool) -> None:
    key = {"request": "purpose", "approve": "distribution", "block": "incident", "waive": "severity"}[verb]
    asks = verb == "request"
    first = Command(
        verb,
        1,
        "" if asks else "ab" * 6,
        ("pkg:npm/left-pad",) if verb in ("request", "block") else (),
        "bank/till!1" if asks and changed else "",
        {key: value},
        reason,
    )
    (again,) = parse(ready_lines.again(first, ()))
    assert again == first


def test_an_answer_names_who_spoke_without_calling_them_and_which_line_it_answers(bench: Bench) -> None:
    assert told(bench, "/osgate request bank/till!1\nreason: x", "wang.wu").startswith("For `wang.wu`:\n\nRecorded: ")
    several = told(bench, "/osgate aprove x @all\n\n/osgate block pkg:npm/x")
    assert "\n\n`/osgate aprove x @all`\n\n`aprove` is no command" in several
    assert "\n\n`/osgate block pkg:npm/x`\n\nThe reason is missing." in several
    assert not MENTION.search(loose(several))


def test_who_asks_for_what_is_not_there_or_hidden_is_told_one_and_the_same(bench: Bench) -> None:
    answer = told(bench, "/osgate request bank/nope!9\nreason: x")
    assert "There is no `bank/nope!9`, or osgate's account may not see it." in answer
    error = Missing("forge.missing", what="project 99")
    assert texts.unclear(Unclear("error", error=error), T) == T("heard.not-there", what="`project 99`")


def test_where_nothing_new_is_to_be_asked_for_what_waits_is_linked(bench: Bench) -> None:
    at = bench.change.conversation
    heard = records.heard("9", project=at.project, kind="change", number=at.number)
    id = whole(bench, bench.sealed(witnessed=heard))
    other = whole(bench, bench.sealed("li.si", origin={"comment": f"gitlab:{at.project}!{at.number}", "authors": []}))
    bench.verdict = replace(bench.verdict, outcome="pass", introduced=())
    answer = told(bench, "/osgate request reason: x", at=at, change=bench.change, pages={id: PAGE})
    assert "Nothing in this change needs a new request: " in answer
    assert f"Waits already: [`{codec.short(id)}`]({PAGE}), `{codec.short(other)}`." in answer
    error = Refused("request.nothing")
    assert "osgate queue" not in texts.unclear(Unclear("error", error=error), T)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_block_names_what_it_stops_and_the_line_that_confirms_it(bench: Bench, locale: str) -> None:
    t = WORDS[locale]
    answer = told(bench, "/osgate block pkg:npm/left-pad@<1.4.0 reason: malware", "li.si", t)
    assert "`pkg:npm/left-pad`" in answer
    assert "`vers:npm/<1.4.0`" in answer
    (line,) = FENCE.findall(answer)
    confirmed = told(bench, line.replace("…", "seen it, too"), "zhang.san", t)
    assert FENCE.findall(confirmed) == []
    assert "zhang.san" in confirmed


def test_a_waiver_has_a_line_for_each_role_that_is_still_open(bench: Bench) -> None:
    answer = told(bench, "/osgate waive pkg:npm/x rules=OSG101 expires=2027-01-31 role=tech reason: short")
    assert "waiver by `zhang.san` as `tech`, on `pkg:npm/x`, **every version**" in answer
    assert [one.fields["role"] for one in pasted(answer)] == ["legal"]


# -- how wide


@pytest.mark.parametrize(
    ("range", "wide"),
    [
        ("", "all"),
        ("vers:npm/*", "all"),
        ("vers:npm/!=1.4.2", "all"),
        ("vers:npm/>=1.3.0", "open"),
        ("vers:npm/1.0.0|>2.0.0", "open"),
        ("vers:npm/>=1.3.0|!=1.4.2", "open"),
        ("vers:npm/>=1.3.0|<2.0.0", ""),
        ("vers:npm/1.3.0", ""),
        ("vers:npm/<2.0.0", ""),
        ("no range", ""),
    ],
)
def test_how_wide_a_range_is(range: str, wide: str) -> None:
    assert reach.width(range) == wide


@pytest.mark.parametrize("locale", LOCALES)
def test_nobody_approves_every_version_without_reading_so(bench: Bench, locale: str) -> None:
    t = WORDS[locale]
    wide = [{"purl": "pkg:npm/left-pad", "range": "vers:npm/*"}, {"purl": "pkg:npm/x", "range": "vers:npm/>=1.0.0"}]
    words = [t("heard.reach-all-of", range="`vers:npm/*`"), t("heard.reach-open", range="`vers:npm/>=1.0.0`")]
    asking = "/osgate request channel=community range=vers:npm/*\n- pkg:npm/left-pad@1.3.0\nreason: needed"
    assert words[0] in told(bench, asking, "wang.wu", t)
    other = Bench()
    id = other.sealed(subjects=wide)
    made = other.books().find(id)
    seen = replace(other.verdict, findings=(SimpleNamespace(params={"waiting": made.id}),))
    (asked,) = waiting.asked(seen, other.books().state, {})
    assert [purl for purl, _ in asked.about] == ["pkg:npm/left-pad", "pkg:npm/x"]
    assert all(word in reach.inline(asked.about, t) for word in words)
    shown = [told(other, f"/osgate approve {id} reason: ok", t=t), texts.request_text(made, texts.Origin(), t)]
    for text in shown:
        assert all(word in text for word in words), text
    assert id in shown[0], "it is told on which request"


def test_the_table_tells_what_is_known_for_legal_and_what_is_not(bench: Bench) -> None:
    known = records.subject(licences=["MIT"], install_code=True)
    id = bench.sealed(subjects=[known, {"purl": "pkg:npm/x", "range": "vers:npm/1.0.0"}])
    text = texts.request_text(bench.books().find(id), texts.Origin("bank/till!1", "https://forge.example.test/1"), T)
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    licence, install = rows[0].index("licence"), rows[0].index("runs code at install")
    assert [(row[licence], row[install]) for row in rows[1:]] == [("`MIT`", "**yes**"), ("not known", "not known")]
    assert "[`bank/till!1`](https://forge.example.test/1)" in text


# -- turned down


def turned_down(bench: Bench) -> tuple[str, str]:
    """A request of wang.wu's that li.si rejected; the ids of both."""
    id = whole(bench, bench.sealed(subjects=[records.subject(versions=["1.3.0"])]))
    made = records.answer("reject", bench.books().sealed[id].body, "li.si", "legal", alternatives=["pkg:npm/lodash"])
    bench.ledger.seal(made)
    return id, str(made["id"])


@pytest.mark.parametrize("locale", LOCALES)
def test_a_rejection_tells_who_why_and_what_now(bench: Bench, locale: str) -> None:
    id, reject = turned_down(bench)
    Teller(bench.station, bench.books(), {}, WORDS[locale]).request(id)
    (text,) = talk(bench)
    assert {"en": "is rejected", "zh_CN": "已驳回"}[locale] in text
    for word in ("`li.si`", "`legal`", f"`{bench.books().sealed[reject].body['reason']}`", "`pkg:npm/lodash`"):
        assert word in text
    (line,) = FENCE.findall(text)
    record = bench.record(line.replace("…", "its licence has changed"), "wang.wu")
    assert record["supersedes"] == [reject], "the rejection itself, which goes on standing where its request is named"
    assert bench.counts(record)


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_said_after_a_rejection_is_answered_with_the_line_that_asks_again(bench: Bench, locale: str) -> None:
    id, reject = turned_down(bench)
    made = bench.record(f"/osgate approve {codec.short(id)} role=tech reason: ok")
    (refusal,) = bench.weighed(made).refused
    answer = told(bench, f"/osgate approve {codec.short(id)} role=tech reason: ok", t=WORDS[locale], run=ran(refusal))
    assert f"`{codec.short(id)}`" in answer
    assert "--supersedes" not in answer
    (again,) = pasted(answer)
    assert again.fields["supersedes"] == codec.short(reject)
    assert again.purls == ("pkg:npm/left-pad@1.3.0",)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_refusal_told_at_the_forge_offers_a_command_of_the_terminal(locale: str) -> None:
    names = re.findall(r"\{(\w+)\}", packaged("en.json").decode())
    params = {**dict.fromkeys(names, "word"), "id": "sha256:" + "ab" * 32, "stage": "rejected", "verb": "approve"}
    codes = [key.partition(".")[2] for key in json.loads(packaged("en.json")) if key.startswith("refusal.")]
    for code in set(codes) - {"ask-anew", "line", "unreadable", "malformed"}:
        said = texts.refused(Refusal("", "", code, params), WORDS[locale])
        assert not re.search(r"(?<!/)osgate (request|assess|approve)|--supersedes", said), said


@pytest.mark.parametrize("locale", LOCALES)
def test_every_outcome_of_a_round_has_words(locale: str) -> None:
    words = {WORDS[locale](f"round.outcome-{outcome}") for outcome in ("pass", "warn", "block", "undecided")}
    assert len(words) == 4


def test_a_round_is_told_by_paths_and_not_by_numbers(bench: Bench) -> None:
    called = naming.names(bench.forge)
    assert called(f"{bench.app.id}!7") == "bank/till!7"
    assert called(f"{bench.home.id}#3") == "bank/policy#3"
    bench.forge.world.calls.clear()
    assert [called(one) for one in (f"{bench.app.id}!8", "404!7", "404!8", "issues")] == [
        "bank/till!8",
        "404!7",
        "404!8",
        "issues",
    ]
    assert bench.forge.world.called("project") == 1, "each project is looked at once"
