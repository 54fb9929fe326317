"""Commands in notes: what people write counts as they mean it, what they quote does not, hostile text does nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.forge_desk import ready_lines
from osgate.forges import command_words as words
from osgate.forges import commands
from osgate.forges.command_words import ASKS, KEY_WORDS, LISTS, VERB_WORDS, VERBS
from osgate.forges.commands import MOST, Command, Mistake, parse

ID = "a1b2c3d4e5f6"
SAID = f"/osgate approve {ID} role=tech reason: looked at it"


def one(text: str) -> Command:
    (found,) = parse(text)
    assert isinstance(found, Command), found
    return found


def wrong(text: str) -> str:
    (found,) = parse(text)
    assert isinstance(found, Mistake), found
    return found.code


def test_an_approval_in_either_language_and_width_is_the_same() -> None:
    plain = one(f'/osgate approve {ID} role=tech expires="2027-01-31" reason: looked at it')
    assert (plain.verb, plain.id, plain.fields) == ("approve", ID, {"role": "tech", "expires": "2027-01-31"})
    assert plain.reason == "looked at it"
    for text in (
        f"/osgate 批准 #{ID} 角色=tech 有效期=2027-01-31 理由：looked at it",
        f"／osgate　批准　sha256:{ID}　角色＝tech　有效期＝“2027-01-31”　理由：looked at it",
        f"  /OSGATE Approve {ID.upper()} ROLE=tech until=2027-01-31 Reason: looked\nat it\n\nThanks!",
        f"/osgate批准 {ID}\n角色：tech\n- **有效期**：2027-01-31\n理由: looked at it",
    ):
        found = one(text)
        assert (found.verb, found.id, found.fields, found.reason) == ("approve", ID, plain.fields, plain.reason), text


@pytest.mark.parametrize(
    "text",
    [
        "- > he said\n{}",
        "1. > he said\n{}",
        "    > he said\n{}",
        '[x]: /u "\n{}\n"',
        'see [x](/u "\n{}\n") there',
        "see ![\n{}\n](/u)",
        "---\n{}\n---",
        "+++\n\n{}\n\n+++\n",
        "write `this\n{}` there",
        "a ``x `\n{}\n`` b",
        "<blockquote>\n\n{}\n\n</blockquote>",
        "<details><summary>x</summary>\n\n<details>\n\n</details>\n\n{}\n\n</details>",
        "words <blockquote><code>\n\n{}\n\n</code></blockquote>",
        "<?x\n\n{}\n\n?>",
        "<![CDATA[\n{}\n]]>",
        "<!X\n{}\n>",
        "<div\n{}\n>",
        "x" * 5000 + "\n{}",
    ],
)
def test_what_readers_see_as_part_of_something_else_is_no_command(text: str) -> None:
    assert not [one for one in parse(text.format(SAID)) if isinstance(one, Command)]


@pytest.mark.parametrize(
    "text",
    [
        "Looks good to me.\n{}",
        "- one\n- two\n\n{}",
        "use `x`, see [y](/z)\n{}",
        "a ` tick\n\n{}",
        "---\n\n{}",
        "`<blockquote>` is HTML\n\n{}",
        "<blockquote>x</blockquote>\n\n{}",
        "<?x?>\n\n{}",
    ],
)
def test_words_above_a_command_do_not_silence_it(text: str) -> None:
    assert [type(one) for one in parse(text.format(SAID))] == [Command]


def test_a_note_that_is_nothing_but_the_beginning_of_code_is_read_in_no_time() -> None:
    runs = " ".join("`" * n for n in range(1, 440))
    assert parse(f"{runs}\n{SAID}") != ()
    assert parse("\n".join(f"{'`' * (n % 90 + 1)} <code>\n{SAID}" for n in range(2000))) == ()


def test_a_reason_ends_where_its_author_stops_speaking() -> None:
    for end in ("", "\nnot this", "> quoted", "```\ncode\n```", "/osgate status", "<!-- hidden -->", "    code"):
        first = parse(f"/osgate reject {ID} role=tech reason: no\nlicence\n{end}")[0]
        assert isinstance(first, Command)
        assert first.reason == "no licence", end


FORM = """Hello!

/osgate request bank/pay/till!12
purpose: pads strings
alternatives: pkg:npm/pad, lodash
reason:
kind: component
"""
TEMPLATE = """/osgate 申请 bank/pay/till!12

<!-- 请填写 -->
### 用途

pads
strings

**替代方案**：pkg:npm/pad, lodash

- **类型：** component
- **引入渠道**: <!-- 五选一 -->

- pkg:npm/left-pad@1.3.0
"""


def test_the_form_of_an_issue_and_a_template_with_headings() -> None:
    for text, purls in ((FORM, ()), (TEMPLATE, ("pkg:npm/left-pad@1.3.0",))):
        found = one(text)
        assert (found.verb, found.change, found.purls) == ("request", "bank/pay/till!12", purls)
        assert found.fields == {
            "purpose": "pads strings",
            "alternatives": "pkg:npm/pad, lodash",
            "kind": "component",
        }
        assert found.reason == ""


def test_packages_may_carry_ranges() -> None:
    found = one("/osgate block pkg:npm/left-pad@>=1.0|<2.0 `pkg:npm/x` role=incident reason: INC-1".replace("`", ""))
    assert found.purls == ("pkg:npm/left-pad@>=1.0|<2.0", "pkg:npm/x")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("/osgate", "no-verb"),
        ("/osgate aprove", "verb"),
        ("/osgate approve a1b2c3", "id-length"),
        (f"/osgate approve {'a' * 65}", "id-length"),
        (f"/osgate approve {ID} rol=tech", "key"),
        (f"/osgate approve {ID}\nreson: x", "key"),
        (f"/osgate approve {ID} purpose=x", "key-of-other"),
        (f"/osgate approve {ID} role=tech role=legal", "twice"),
        (f"/osgate approve {ID} b{ID}", "twice"),
        (f"/osgate approve {ID} role:tech", "colon"),
        (f"/osgate approve {ID} looked at it", "word"),
        (f"/osgate approve {ID} pkg:npm/x", "word"),
        (f'/osgate approve {ID} role="tech', "quote"),
        (f"/osgate approve {ID} reason: a\u202eb", "hidden"),
        (f"/osgate approve {ID}\u200b role=tech", "hidden"),
        (f"/osgate approve {ID} role=te\0ch", "hidden"),
        (f"/osgate approve {ID} reason: " + "long " * 1000, "too-long"),
        ("/osgate block " + " ".join(f"pkg:npm/p{n}" for n in range(300)), "too-many-purls"),
        (f"> no\n/osgate approve {ID}", "after-quote"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_done(text: str, code: str) -> None:
    assert wrong(text) == code


def test_a_slip_of_the_pen_is_told_with_what_was_meant() -> None:
    for text, meant in (
        ("/osgate aprove", "approve"),
        (f"/osgate approve {ID} rol=tech", "role"),
        ("/osgate 批", "批准"),
    ):
        (found,) = parse(text)
        assert isinstance(found, Mistake)
        assert found.params["close"] == meant


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


WRAPPED = (
    quoted(SAID),
    f">>>\n{SAID}\n>>>",
    f"> said:\n>\n> {SAID}\n",
    f"```\n{SAID}\n```",
    f"~~~~ text\n```\n{SAID}\n~~~\n{SAID}\n~~~~",
    f"````\n{SAID}\n```\n{SAID}",
    f"    {SAID}",
    f"\t{SAID}",
    f"<!-- {SAID} -->",
    f"<!--\n\n{SAID}\n\n-->",
    f"<!-- never closed\n\n{SAID}",
    f"<pre>\n\n{SAID}\n</pre>",
    f"`{SAID}`",
    f"- {SAID}",
    f"I would say {SAID}",
    SAID.replace("/osgate", "/osgatex"),
    SAID.replace("/osgate", "//osgate"),
)


@pytest.mark.parametrize("text", WRAPPED)
def test_what_is_quoted_code_or_hidden_is_no_command(text: str) -> None:
    assert parse(text) == ()
    assert parse(f"{text}\n\nwords") == ()


def test_several_commands_in_one_note_and_no_more_than_that() -> None:
    found = parse(f"/osgate status\n\ntext\n\n{SAID}\n/osgate help\n")
    assert [(type(one), one.verb, one.line) for one in found] == [
        (Command, "status", 1),
        (Command, "approve", 5),
        (Command, "help", 6),
    ]
    many = parse("/osgate status\n" * 50)
    assert len(many) == MOST
    assert isinstance(many[-1], Mistake)
    assert many[-1].code == "too-many"


@pytest.mark.parametrize(
    "text",
    [
        "/osgate request " * 700_000,
        "/osgate request\n" + "a" * 10_000_000,
        "/osgate request " + "a=" * 50_000,
        "/osgate request\n" + "**" * 50_000 + ":",
        "/osgate request\n" + "projekt: x\n" * 20_000,
        "<!--" * 3_000_000,
        "/osgate approve " + "\t" * 99_000,
        "/osgate request\n" + "- pkg:npm/x\n" * 20_000,
        "`" * 200_000,
    ],
)
def test_ten_megabytes_of_anything_are_read_to_an_end(text: str) -> None:
    assert len(parse(text)) <= MOST


TEXTS = st.text(
    st.sampled_from(
        '/osgate approve a1b2c3d4e5f6 role=tech\n\n\t>`~-*#:：=＝"“”<!->理由reason pkg:npm/x@!\0\u202e\u200b'
    )
    | st.characters(),
    max_size=200,
)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_no_text_breaks_it_and_every_find_begins_a_line(text: str) -> None:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for found in parse(text):
        assert "osgate" in lines[found.line - 1].lower()


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.sampled_from((">", "    ", "\t")))
def test_nothing_that_is_quoted_or_indented_counts(text: str, mark: str) -> None:
    assert parse("\n".join(f"{mark}{line}" for line in text.replace("\r", "\n").split("\n"))) == ()


# Words that are values of keys, as people write them without quotes.
WORDS = st.text("abcxyz019批准理由用途.-_", min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_command_that_is_written_down_is_read_back(data: st.DataObject) -> None:
    verb = data.draw(st.sampled_from([one for one in VERBS if one not in ASKS]))
    fields = data.draw(st.dictionaries(st.sampled_from(VERBS[verb]), WORDS, max_size=4)) if VERBS[verb] else {}
    spelt = data.draw(st.sampled_from([word for word, meant in VERB_WORDS.items() if meant == verb]))
    reason = data.draw(WORDS)
    spellings = {
        key: [word for word in KEY_WORDS if " " not in word and words.key(word, verb) == key] for key in fields
    }
    keys = {key: data.draw(st.sampled_from(spellings[key])) for key in fields}
    text = f"/osgate {spelt} {ID} " + " ".join(f"{keys[key]}={value}" for key, value in fields.items())
    found = one(f"{text} reason: {reason}\n\nregards")
    assert (found.verb, found.id, dict(found.fields), found.reason) == (verb, ID, fields, reason)


def test_the_tables_of_words_agree() -> None:
    assert set(VERB_WORDS.values()) == set(VERBS)
    known = {key for keys in VERBS.values() for key in keys}
    assert known | {"reason"} == set(KEY_WORDS.values())
    assert set(LISTS) <= known
    assert commands.digits(f"#{ID}") == commands.digits(f"sha256:{ID}") == commands.digits(ID) == ID


@pytest.mark.parametrize("page", ["comments.md", "comments.zh-CN.md"])
def test_every_command_of_the_page_about_them_is_one(page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    each = [*blocks[0].splitlines(), *blocks[1:]]
    assert {one(command).verb for command in each} == set(VERBS)
    assert [dict(one(form).fields) for form in blocks[2:]] == [{"channel": "community"}]
    assert set(one(blocks[1]).fields) == {"purpose", "alternatives"}
    assert one(re.findall(r"`(/osgate 批准 .*?)`", text)[0]).fields == {"role": "tech"}


@pytest.mark.parametrize("sign", ["!", "#"])
@pytest.mark.parametrize("written", ["!", "#", "！"])
def test_a_change_is_named_with_the_sign_of_its_forge_whatever_was_written(sign: str, written: str) -> None:
    (found,) = parse(f"/osgate request bank/till{written}1\nreason: needed", sign)
    assert isinstance(found, Command)
    assert found.change == f"bank/till{sign}1"
    assert ready_lines.again(found, ("purpose",)).splitlines()[0] == f"/osgate request bank/till{sign}1"
