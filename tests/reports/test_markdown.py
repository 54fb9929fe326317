"""The comment: within its limit, safe whatever a file is called, the same until something changes, and each state."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import audit
from osgate.forges.commands import parse
from osgate.model.gap import Gap
from osgate.model.record import replace
from osgate.reports import markdown
from osgate.reports.context import Asked, Context
from osgate.reports.markdown import summary
from osgate.reports.markdown.text import cell, code, link, units
from osgate.text.translator import LOCALES, Translator, packaged
from reports.scenes import NUMBER, ODD, SCENES, STAMP, many, seen
from rules import making

if TYPE_CHECKING:
    from markdown_it.token import Token

    from osgate.model.verdict import Verdict

LINKS = "https://git.example.com/payments/app/blob/08c6903cd8c0/{path}#L{line}"
CONTEXT = Context(staged=False, links=LINKS, contact="oss-desk@bank.example")
CATALOGUES = {locale: json.loads(packaged(f"{locale}.json")) for locale in LOCALES}
WORDS = {locale: Translator(locale, CATALOGUES[locale]) for locale in LOCALES}
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OUR_HTML = re.compile(
    r"<!-- osgate:intake v1 digest=[0-9a-f]{32} outcome=[a-z]+ text=[0-9a-f]{32} -->"
    r"|</?details>|</?summary>|</?sub>|</?code>"
)
# What a hostile file may call a package, a path or a reason.
WEAPONS = (
    *("`", "``", "```", "|", "\\|", "\\", "\n", "\r\n", "\n\n", "<b>", "</details>", "<!--", "-->", "<img src=x>"),
    *("@octocat", "@org/team", "#123", "org/repo#1", "GH-12", "!45", "~bug", "%release", "$9", "&12", ":tada:"),
    *("[x](javascript:alert(1))", "![x](y)", "[[_TOC_]]", "https://evil.example", "www.evil.example", "a@evil.example"),
    *(
        "# head",
        "- item",
        "> quote",
        "/approve",
        "***",
        "~~~",
        "| a | b |",
        "|---|",
        "&lt;b&gt;",
        "\u202e",
        "\u200b",
        "\x1b[0m",
    ),
    *("evil", " ", "依赖", "\udc80", "\u0301" * 5, "x" * 10_000),
)
HOSTILE = st.lists(st.sampled_from(WEAPONS), min_size=1, max_size=6).map("".join)
MARKED = "<!-- osgate:intake v1 digest=" + "0" * 32 + " outcome=block text=" + "0" * 32 + " -->\n"
# No catalogue holds one of these words, so wherever one is read it came from outside.
FOREIGN = ("evil", "octocat", "javascript", "tada", "release", "_TOC_")


def comment(verdict: Verdict, locale: str = "en", **fields: Any) -> str:
    with audit.no_io():
        return markdown.render(verdict, WORDS[locale], replace(CONTEXT, **fields))


def walk(tokens: list[Token]) -> list[Token]:
    return [found for token in tokens for found in (token, *walk(token.children or []))]


def check_is_ours(text: str, rows: int) -> None:
    """A CommonMark reader with tables finds only what osgate put there."""
    tokens = walk(READER.parse(text))
    for token in tokens:
        if token.type == "text":
            assert not any(word in token.content for word in FOREIGN), token.content
            assert not re.search(r"[@#]\w|https?:|www\.|<|\u202e|\x1b", token.content), token.content
        elif token.type in ("html_block", "html_inline"):
            left = re.sub(r"<code>[^<>]*</code>", "", token.content)
            assert "<" not in OUR_HTML.sub("", left), token.content
            assert not any(word in left for word in FOREIGN), token.content
        elif token.type == "link_open":
            assert str(token.attrs["href"]).startswith(LINKS.partition("{")[0])
    kinds = [token.type for token in tokens]
    assert not {"image", "fence", "code_block", "blockquote_open", "hr", "lheading_open"} & set(kinds)
    assert kinds.count("heading_open") == 1
    assert kinds.count("table_open") == 1
    assert kinds.count("tr_open") == rows + 1
    assert kinds.count("td_open") == 5 * rows
    assert sum(token.content.count("<!--") for token in tokens if token.type.startswith("html_")) == 1


def hostile_verdict(name: str, path: str, word: str) -> Verdict:
    """Every place that a lockfile or a record can fill."""
    source = {"kind": "url", "url": f"https://x.example.com/{word}", "ref": word}
    purl = f"pkg:npm/{name}"
    items = [
        replace(item, dependency=replace(item.dependency, **fields))
        for item, fields in (
            (making.introduced("pkg:npm/a@1.0.0", path=path, alias=word, via=["pkg:npm/up@1.0.0"]), {"purl": purl}),
            (making.introduced("pkg:npm/b@1.0.0", source=source, mutable=True), {"purl": f"{purl}@{word}"}),
            (making.introduced("pkg:npm/c@1.0.0", requirement=word), {"path": word}),
            (making.introduced("pkg:npm/d@1.0.0", line=0), {}),
        )
    ]
    said = [
        making.standing("pkg:npm/c", "reject", reason=word, persons=[name]),
        making.standing("pkg:npm/d", "block", reason=word, incident=name, persons=[path]),
        making.standing("pkg:npm/a", range="vers:npm/>=9.0.0|<10.0.0", persons=[word]),
    ]
    problems = (making.problem(path, "duplicate-key", ambiguous=True, params=(("key", word),)),)
    gaps = (Gap(word, "before-unreadable", (("reason", "nul"),)),)
    found = making.intake(items, problems=problems, gaps=gaps, deleted=(word,), removed=(f"pkg:npm/{word}@1",))
    return making.decided(found, making.view(said), stamp=STAMP, policy=making.policy(contact=word))


@settings(max_examples=120)
@given(HOSTILE, HOSTILE, HOSTILE, st.sampled_from(LOCALES))
def test_no_name_writes_markdown(name: str, path: str, word: str, locale: str) -> None:
    verdict = hostile_verdict(name, path, word)
    text = comment(verdict, locale)
    check_is_ours(text, rows=len({f.purl or f.path for f in verdict.findings}))
    assert units(text) <= markdown.LIMIT


@given(st.text(max_size=60))
def test_a_code_span_is_one_code_span(text: str) -> None:
    from osgate.text.width import printable

    (inline,) = READER.parseInline(f"a {code(text, 1000)} b")
    children = inline.children or []
    if not text:
        assert [child.type for child in children] == ["text"]
        return
    assert [child.type for child in children] == ["text", "code_inline", "text"]
    shown = children[1].content
    assert shown in (printable(text), f" {printable(text)} ") or shown.strip() == printable(text).strip()


@given(st.lists(st.text(alphabet=st.sampled_from("ab|\\` \n中"), max_size=12), min_size=3, max_size=3))
def test_a_row_has_its_cells_whatever_is_in_them(texts: list[str]) -> None:
    row = "| " + " | ".join(cell(code(text)) for text in texts) + " |"
    tokens = walk(READER.parse(f"| a | b | c |\n|---|---|---|\n{row}\n"))
    assert [token.type for token in tokens].count("td_open") == 3
    spans = [token for token in tokens if token.type == "code_inline"]
    assert len(spans) == sum(bool(text) for text in texts)


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "https://x.example/" + "y" * 2000, "ftp://x.example"])
def test_what_is_no_web_address_makes_no_link(address: str) -> None:
    assert link("here", address) == "here"


def test_a_link_cannot_be_left() -> None:
    made = link("here", "https://x.example/a) [b](javascript:c) <d>\n**e**")
    (paragraph,) = READER.parseInline(made)
    assert [child.type for child in paragraph.children or []] == ["link_open", "text", "link_close"]


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_comment_fits_whatever_is_in_it(locale: str, both: bool) -> None:
    long = "\U0001f600|`" * 60
    source = {"kind": "url", "url": f"https://x.example.com/{long}", "ref": long}
    fields = {"alias": long, "requirement": long, "source": source, "via": [f"pkg:npm/{long}@1"], "mutable": True}
    items = []
    for n in range(100):
        item = making.introduced(f"pkg:npm/p{n}@1.0.0", path="\U0001f600" * 60 + f"/{n}.json", **fields)
        items.append(replace(item, dependency=replace(item.dependency, purl=f"pkg:npm/{long}@{n}")))
    text = comment(seen(*items), locale, also=WORDS["en"] if both else None)
    assert units(text) <= markdown.LIMIT
    assert text.startswith("<!-- osgate:intake v1 digest=")
    shown = len(re.findall(r"^\| \*\*", text, re.MULTILINE))
    rest = [int(n) for n in re.findall(r"^(?:And |另有 )(\d+)", text, re.MULTILINE)]
    assert shown + sum(rest) == 100 * (2 if both else 1)
    assert 8 < shown <= (59 if both else 30)
    assert bool(re.search(r"folded parts? (?:is|are) left out|此处省略 \d+ 处折叠内容", text))


def test_three_hundred_rows_are_the_worst_thirty_and_a_number() -> None:
    blocked = making.standing("pkg:npm/package-299", "block", incident="INC-1")
    verdict = seen(*many(300), said=making.view([blocked]))
    text = comment(verdict, report_url="https://ci.example.com/run/7")
    rows = re.findall(r"^\| \*\*.*$", text, re.MULTILINE)
    assert len(rows) == markdown.ROWS
    assert "package-299" in rows[0]
    assert "And 270 more that need somebody: [see the whole report](https://ci.example.com/run/7)." in text
    assert "300 of 300" in text


@pytest.mark.parametrize("locale", LOCALES)
def test_a_summary_has_what_a_comment_has_no_room_for(locale: str) -> None:
    verdict = seen(*many(300))
    text = summary.render(verdict, WORDS[locale], CONTEXT)
    assert len(re.findall(r"^\| \*\*", text, re.MULTILINE)) == text.count("<details>") == 300
    assert not re.search(r"folded parts?|折叠内容|^(?:And |另有 )\d", text, re.MULTILINE)
    few = SCENES["each-rule"]()
    assert summary.render(few, WORDS[locale], CONTEXT) == comment(few, locale).partition("\n")[2]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_summary_keeps_to_its_bytes_and_counts_the_rest(locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert summary.ROOM < 1 << 20
    monkeypatch.setattr(summary, "ROOM", 150_000)
    verdict = seen(*[making.introduced(f"pkg:npm/{'依赖' * 20}{n}@1.0.0", line=n + 1) for n in range(400)])
    text = summary.render(verdict, WORDS[locale], replace(CONTEXT, also=WORDS["en"]))
    assert 100_000 < len(text.encode()) <= 150_000
    rest = [int(n) for n in re.findall(r"^(?:And |另有 )(\d+)", text, re.MULTILINE)]
    assert len(re.findall(r"^\| \*\*", text, re.MULTILINE)) + sum(rest) == 2 * 400


def test_the_digest_stays_until_there_is_something_else_to_read() -> None:
    gap = (Gap("takeaway", "old", (("hours", "30"),)),)
    older = (Gap("takeaway", "old", (("hours", "31"),)),)
    first = seen(ODD, gaps=gap)

    def digest(verdict: Verdict, locale: str = "en", **fields: Any) -> str:
        marker = markdown.read_marker(comment(verdict, locale, **fields))
        assert marker is not None
        return marker.digest

    same = replace(first, stamp=replace(STAMP, serial=99, age=90_000, issued="2026-11-22T00:00:00Z"), gaps=older)
    assert digest(same) == digest(first)
    moved = replace(ODD, dependency=replace(ODD.dependency, line=40))
    waits = making.waiting("pkg:npm/is-odd", range="vers:npm/>=3.0.1|<4.0.0")
    others = [
        seen(ODD, NUMBER, gaps=gap),
        seen(moved, gaps=gap),
        seen(ODD),
        seen(ODD, gaps=gap, said=making.view((), (waits,))),
        seen(ODD, gaps=gap, mode="observe"),
    ]
    digests = [digest(first), *map(digest, others), digest(first, "zh_CN"), digest(first, also=WORDS["zh_CN"])]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("text", ["", "osgate", "x " + MARKED, MARKED.replace("outcome=block ", "")])
def test_a_comment_of_somebody_else_has_no_marker(text: str) -> None:
    assert markdown.read_marker(text) is None


def test_both_languages_one_above_the_other() -> None:
    text = comment(seen(ODD), "zh_CN", also=WORDS["en"])
    chinese, english = text.split("\n\n---\n\n")
    assert "本次引入 1 项依赖" in chinese
    assert english.startswith("### osgate: blocked, 1 of 1 introduced")
    assert text.count("<!--") == 1


# The states that a comment has to carry, by a scene and what must stand in it.
STATES = {
    "all passed, in one quiet line": (
        "pass",
        {},
        r"\A<!--.*-->\n<sub>osgate: 1 introduced dependency, approved .*</sub>\n\Z",
    ),
    "resolved after a fix": ("pass", {"earlier": "block"}, r"<sub>osgate: settled: 1 introduced dependency, approved"),
    "undecided": (
        "undecided",
        {},
        r"(?s)undecided, because something is missing.*expired.*Nothing is said against.*oss-desk@",
    ),
    "observed": ("observe", {}, r"(?s)only observed, nothing is blocked.*\*\*would be blocked\*\*"),
    "a lock that cannot be read": (
        "each-rule",
        {},
        r"cannot be read: it ends in the middle `OSG301` \| you: .*`\(cd web && npm install --package-lock-only\)`",
    ),
    "an emergency block": (
        "each-rule",
        {},
        r"\| \*\*emergency block\*\* \| `taken-over 4\.0\.1`.*`INC-2026-0042` `OSG105` \| `security@example.com`",
    ),
    "other content than approved": (
        "ledger",
        {},
        r"`repacked 1\.0\.0`.*another content than the one approved `OSG108`",
    ),
    "a request waits": (
        "waiting",
        {},
        r"`tech 1/1, legal 0/1`, .*`@bank/oss-review`, request `efefefefefef` waits since `2026-11-20` \|",
    ),
    "waived and baselined": ("excused", {}, r"1 finding waived · 1 finding is covered by the baseline"),
    "a broken glass": (
        "without-own-approval",
        {},
        (
            r"23 pass without an approval of their own<.*\n\n"
            r"- `is-odd 3\.0\.1`, by `zhang\.san` alone in incident `INC-2026"
        ),
    ),
    "approved in advance": (
        "without-own-approval",
        {},
        r", 2 more, approved in advance by `policy/base\.toml:88` until 2027-11-01: ``types only, \| `no` code``",
    ),
    "existing use that is over": ("existing-use", {}, r"\| \*\*blocked\*\* \| `left 1\.0\.0`"),
    "existing use that goes on": ("existing-use", {}, r"\| \*\*warning\*\* \| `leaving 1\.0\.0`"),
    "files of the change": ("files", {}, r"blocked, 3 files to settle"),
    "a form to fill in": (
        "one",
        {"request_url": "https://forge.example.com/new"},
        r"\*\*Next step\*\*: \[open the request\]\(https://forge\.example\.com/new\)",
    ),
    "no links known": ("one", {"links": ""}, r"\| `package-lock\.json:39` \|"),
    "a whole tree": ("whole-tree", {}, r"passes with 2 warnings, dependencies in the tree: 2"),
    "a warning": ("warn", {}, r"\| \*\*warning\*\* \| `is-odd 3\.0\.1`"),
    "what comes with what": ("gaps", {}, r"4 things osgate could not see · 1 manifest deleted"),
}


@pytest.mark.parametrize("state", STATES)
def test_state(state: str) -> None:
    scene, fields, wanted = STATES[state]
    assert re.search(wanted, comment(SCENES[scene](), **fields))


def test_what_passes_is_told_under_what_brings_it() -> None:
    items = [ODD, NUMBER, *many(50)]
    said = [making.standing(item.dependency.component, range="vers:npm/*") for item in items]
    found = making.intake(
        [*items, making.introduced("pkg:npm/new@1.0.0")], removed=tuple(f"pkg:npm/r{n}@1.0.0" for n in range(30))
    )
    text = comment(making.decided(found, making.view(said)))
    assert "52 dependencies approved · 30 removed" in text
    assert "- `is-odd 3.0.1`: `is-number 6.0.0`" in text
    assert "- and 11 more" in text  # of 51 groups
    assert "and 10 more" in text.partition("removed: ")[2]


def test_a_row_tells_all_places_and_no_more_than_it_has_room_for() -> None:
    places = [making.introduced("pkg:npm/left-pad@1.3.0", path=f"p{n}/package-lock.json") for n in range(3)]
    text = comment(seen(*places))
    assert "#L12) and 2 more places |" in text
    assert text.count("| **blocked**") == 1
    waiver = {"rules": ["OSG101"], "expires": "2026-12-31"}
    said = [making.standing(item.dependency.component, "waive", **waiver) for item in many(50)]
    assert "50 findings waived" in comment(seen(*many(50), said=making.view(said)))
    assert "- and 10 more" in comment(seen(*many(50), said=making.view(said)))
    gaps = tuple(Gap(f"p{n}", "before-unreadable", (("reason", "nul"),)) for n in range(45))
    assert "- and 5 more" in comment(seen(gaps=gaps))


def test_several_ways_to_be_wrong_stand_in_one_row() -> None:
    first = seen(ODD).findings[0]
    others = tuple(replace(first, rule=rule) for rule in ("OSG201", "OSG202", "OSG203", "OSG204", "OSG301"))
    params = {**first.params, "ref": "v4", "url": "https://x.example", "reason": "nul"}
    found = tuple(replace(finding, params=params) for finding in (first, *others))
    text = comment(replace(seen(ODD), findings=found))
    row = next(line for line in text.splitlines() if line.startswith("| **blocked**"))
    assert row.count("`OSG") == 4
    assert " … |" in row


def test_a_type_that_is_no_plain_word_is_shown_as_code() -> None:
    first = seen(ODD).findings[0]
    odd = replace(seen(ODD), findings=(replace(first, purl="pkg:www.evil.example/a@1"),))
    assert "`www.evil.example`" in comment(odd)


SPOKEN = {
    "spoken": True,
    "request_url": "https://forge.example.com/policy/-/issues/new?issue%5Btitle%5D=" + "x" * 3000,
    "asked": (
        Asked(
            making.record_id("ef"),
            "wang.wu",
            "https://forge.example.com/policy/-/issues/4",
            (("tech", "zhang.san", "2026-11-21"),),
            "statements in columns",
            "the report needs it",
            ("own code", "string-tools 2.0.9"),
        ),
    ),
}


def fences(text: str) -> list[str]:
    return [token.content for token in walk(READER.parse(text)) if token.type == "fence"]


def test_nothing_asked_for_yet_has_a_form_and_one_line_to_paste() -> None:
    text = comment(seen(ODD, NUMBER), **SPOKEN)
    assert f"**Next step**: [open the request]({SPOKEN['request_url']}) (filled in for 2 dependencies" in text
    assert fences(text) == ["/osgate request reason: …\n"]
    assert "Next step" in text
    assert fences(comment(seen(ODD), spoken=True)) == ["/osgate request reason: …\n"]
    assert fences(comment(seen(ODD))) == []


def test_where_nobody_hears_comments_the_form_is_told_to_need_a_reason() -> None:
    text = comment(seen(ODD), request_url=SPOKEN["request_url"])
    assert f"[open the request]({SPOKEN['request_url']}). Fill in the reason: without one it is refused." in text


def test_a_waiting_request_tells_who_has_decided_who_has_not_and_the_line_for_each() -> None:
    wait = making.waiting("pkg:npm/is-odd", range="vers:npm/>=3.0.1|<4.0.0", missing=["security"])
    text = comment(seen(ODD, said=making.view((), (wait,))), **SPOKEN)
    assert "**Request** [`efefefefefef`](https://forge.example.com/policy/-/issues/4), for 1 dependency, waits" in text
    for said in (
        "- asked by `wang.wu`",
        "- decided: `tech` by `zhang.san` on `2026-11-21`",
        "- still to decide: `legal 0/1`, assessment by `security`",
        "- purpose: `statements in columns`",
        "- reason: `the report needs it`",
        "- alternatives considered: `own code`, `string-tools 2.0.9`",
    ):
        assert f"\n{said}\n" in text
    assert fences(text) == [
        "/osgate assess efefefefefef role=security reason: …\n",
        "/osgate approve efefefefefef role=legal reason: …\n",
    ]
    assert "open the request" not in text
    known_less = comment(seen(ODD, said=making.view((), (wait,))), spoken=True)
    assert "- decided: `tech 1/1`\n" in known_less
    assert fences(known_less) == fences(text)


def test_an_approval_that_no_longer_covers_tells_which_fact_moved_from_where_to_where() -> None:
    fence = [("licence", "MIT", "package-lock.json")]
    said = making.standing("pkg:npm/left-pad", range="vers:npm/*", expires="2027-04-09", fence=fence)
    relicensed = making.introduced("pkg:npm/left-pad@1.4.0", change="upgraded", previous=["1.3.0"], licence="BUSL-1.1")
    text = comment(seen(relicensed, said=making.view([said])), **SPOKEN)
    moved = "`licence was MIT when approved (package-lock.json), is BUSL-1.1 now (package-lock.json)`"
    assert f"| what it was approved on has changed: {moved} `OSG112` |" in text
    assert f"\n- changed: {moved}\n" in text
    assert fences(text) == ["/osgate request reason: …\n"]


def test_R02_10_the_alternatives_of_a_request_are_seen_where_it_is_decided() -> None:
    wait = making.waiting("pkg:npm/is-odd", range="vers:npm/>=3.0.1|<4.0.0")
    waits = seen(ODD, said=making.view((), (wait,)))
    assert "string-tools 2.0.9" not in comment(waits)
    for locale in LOCALES:
        assert "`string-tools 2.0.9`" in comment(waits, locale, **SPOKEN)


def test_a_line_to_paste_is_a_command_that_is_understood() -> None:
    wait = making.waiting("pkg:npm/is-odd", range="vers:npm/>=3.0.1|<4.0.0", missing=["security"])
    text = comment(seen(ODD, NUMBER, said=making.view((), (wait,))), **SPOKEN)
    found = [command for line in fences(text) for command in parse(line)]
    assert [(command.verb, command.id, dict(command.fields)) for command in found] == [
        ("request", "", {}),
        ("assess", "efefefefefef", {"role": "security"}),
        ("approve", "efefefefefef", {"role": "legal"}),
    ]
    assert parse(text) == (), "what stands in the comment itself is no command"


@settings(max_examples=40)
@given(HOSTILE, HOSTILE, HOSTILE, st.sampled_from(LOCALES))
def test_nobodys_words_become_commands_or_quick_actions(name: str, path: str, word: str, locale: str) -> None:
    wait = making.waiting("pkg:npm/e", roles=[["tech", 0, 1], [word, 0, 1]], missing=[name])
    asked = Asked(wait.request, name, f"https://forge.example.com/{path}", ((word, name, path),), word, path, (name,))
    item = replace(
        making.introduced("pkg:npm/e@1.0.0"),
        dependency=replace(making.introduced("pkg:npm/e@1.0.0").dependency, path=path),
    )
    first = hostile_verdict(name, path, word)
    found = making.intake([*first.introduced, item])
    verdict = making.decided(found, making.view((), (wait,)), stamp=STAMP)
    text = comment(verdict, locale, spoken=True, asked=(asked,))
    assert units(text) <= markdown.LIMIT
    blocks = fences(text)
    assert all(
        re.fullmatch(
            r"/osgate (request( pkg:[\w.%/@:+~-]+ supersedes=[0-9a-f]{12})?|(assess|approve) [0-9a-f]{12} role=[\w.-]+)"
            r" reason: …\n",
            b,
        )
        for b in blocks
    )
    assert len(re.findall(r"(?m)^[ \t>*-]*/", text)) == len(blocks), (
        "a line of ours begins with a slash in a block only"
    )
    outside = re.sub(r"(?s)^```text\n.*?\n```$", "", text, flags=re.MULTILINE)
    assert not fences(outside)
    for token in walk(READER.parse(outside)):
        if token.type == "text":
            assert not any(word in token.content for word in FOREIGN), token.content
            assert not re.search(r"[@#!~%$&]\w|https?:|www\.|\[\[|<|\u202e|\x1b", token.content), token.content


def test_a_forge_that_takes_less_gets_less() -> None:
    text = comment(seen(*many(300)), limit=21_845)
    assert units(text) <= 21_845
    assert "And 2" in text


def test_settled_stays_settled_and_what_is_observed_is_not() -> None:
    marker = markdown.read_marker(comment(SCENES["pass"](), earlier="block"))
    assert marker is not None
    assert marker.outcome == "settled"
    assert comment(SCENES["pass"](), earlier="settled") == comment(SCENES["pass"](), earlier="block")
    assert "settled" not in comment(SCENES["pass"]())
    assert "outcome=pass" in comment(SCENES["observe"](), earlier="block")


def test_who_waits_has_nothing_to_do_and_an_author_finds_it_in_the_table() -> None:
    wait = making.waiting("pkg:npm/is-odd", range="vers:npm/>=3.0.1|<4.0.0")
    assert "**Nothing for you to do**: the request waits" in comment(seen(ODD, said=making.view((), (wait,))))
    assert "**Next step**: it is yours" in comment(SCENES["files"]())
    blocked = making.standing("pkg:npm/is-odd", "block", incident="INC-1")
    assert "**N" not in comment(seen(ODD, said=making.view([blocked])))


def test_one_command_is_offered_only_where_it_does_it_all() -> None:
    tree = making.decided(making.intake([ODD, NUMBER], whole=True), mode="enforce-all")
    assert "Next step" not in comment(tree)
    assert "**Next step**: `osgate request --base 111111111111 --head 222222222222" in comment(
        seen(ODD, NUMBER, base="1" * 40, head="2" * 40)
    )
