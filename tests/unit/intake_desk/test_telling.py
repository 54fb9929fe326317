"""What is told to whom, and the messages of each channel: complete where there is room, never too long, never alive."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import osgate
from osgate.intake_desk import digest, telling
from osgate.intake_desk.telling import Event, Words
from osgate.model.agenda import Item
from osgate.model.policy import NotifyChannel
from osgate.model.record import replace
from osgate.text.translator import LOCALES, Translator

AT = "2026-11-23T08:00:00Z"
SCHEMAS = Path(osgate.__file__).parent / "reports/schemas"
APPROVAL = Item(
    "approval",
    "sha256:" + "4be1" * 16,
    "2026-12-23",
    30,
    False,
    since="2025-12-23T08:00:00Z",
    verb="request",
    subjects=("pkg:npm/left-pad vers:npm/>=1.3.0|<2.0.0",),
    person="wang.wu",
    asks=("tech", "legal"),
    turn=("tech", "legal"),
    do=("osgate", "renew", "4be14be14be1", "--role", "", "--reason"),
    roles=(("tech", 0, 1), ("legal", 0, 1)),
    grace="2027-01-06",
)
WAITING = replace(APPROVAL, kind="waiting", until="2026-11-25", left=2, grace="")


def words(locale: str = "zh_CN") -> Words:
    return Words(Translator(locale), lambda id: id, "某银行")


def many(count: int) -> list[Event]:
    return [
        Event(replace(APPROVAL, id=f"sha256:{number:064x}", subjects=(f"pkg:npm/组件-{number} vers:npm/*",)), "30")
        for number in range(count)
    ]


# Which, and when


@pytest.mark.parametrize(
    ("item", "stage"),
    [
        (replace(APPROVAL, left=31), None),
        (APPROVAL, "30"),
        (replace(APPROVAL, left=8), "30"),
        (replace(APPROVAL, left=7), "7"),
        (replace(APPROVAL, left=1), "1"),
        (replace(APPROVAL, left=0, overdue=True), "overdue"),
        (replace(APPROVAL, kind="renewing", left=200), "new"),
        (replace(APPROVAL, kind="renewing", left=5), "7"),
        (WAITING, "new"),
        (replace(WAITING, left=-1, overdue=True), "overdue"),
        (replace(WAITING, kind="block", until="2026-11-23T20:00:00Z", left=0), "new"),
        (replace(WAITING, kind="review", left=1), "new"),
        (replace(APPROVAL, kind="key", left=6), "7"),
    ],
)
def test_each_item_is_told_at_the_last_step_it_has_reached(item: Item, stage: str | None) -> None:
    assert [event.stage for event in telling.events([item], (30, 7, 1))] == ([stage] if stage else [])


def test_a_step_is_one_event_until_the_end_moves() -> None:
    def key(item: Item) -> str:
        (event,) = telling.events([item], (30, 7, 1))
        return event.key

    assert key(APPROVAL) == key(replace(APPROVAL, left=9, reason="other words"))
    assert key(APPROVAL) != key(replace(APPROVAL, left=7))
    assert key(APPROVAL) != key(replace(APPROVAL, until="2027-12-23"))
    # A freeze written down afterwards moves what reviewers may take; that is no news.
    assert key(WAITING) == key(replace(WAITING, until="2026-11-26", left=3))
    assert key(WAITING) != key(replace(WAITING, overdue=True))


def test_a_channel_hears_what_waits_for_its_roles() -> None:
    channel = NotifyChannel("webhook", "https://packages.example.com/hook")
    assert telling.meant_for(channel, APPROVAL)
    assert telling.meant_for(replace(channel, roles=("legal", "x")), APPROVAL)
    assert not telling.meant_for(replace(channel, roles=("security",)), APPROVAL)
    assert not telling.meant_for(replace(channel, roles=("security",)), replace(APPROVAL, asks=()))


# Bodies


@pytest.mark.parametrize("locale", LOCALES)
def test_the_generic_document_keeps_to_its_schema(locale: str) -> None:
    document = json.loads(telling.webhook([Event(APPROVAL, "30"), Event(WAITING, "new")], words(locale), AT))
    jsonschema.validate(document, json.loads((SCHEMAS / "notice-1.schema.json").read_text("utf-8")))
    assert [event["stage"] for event in document["events"]] == ["30", "new"]
    assert document["more"] == 0
    assert 'osgate renew 4be14be14be1 --role tech --reason "..."' in document["events"][0]["text"]


def test_a_document_holds_a_thousand_events_and_counts_the_rest() -> None:
    document = json.loads(telling.webhook(many(1003), words(), AT))
    assert (len(document["events"]), document["more"]) == (1000, 3)


@pytest.mark.parametrize("count", [1, 3, 200, 2000])
def test_a_robot_s_message_is_never_longer_than_it_may_be_and_counts_what_is_left_out(count: int) -> None:
    said = json.loads(telling.wecom(many(count), words()))
    content = said["markdown"]["content"]
    assert said["msgtype"] == "markdown"
    assert len(content.encode()) <= 4096
    assert shown(content) + rest(content) == count
    body = telling.dingtalk(many(count), words())
    said = json.loads(body)
    assert len(body) <= 20_000
    assert (said["msgtype"], said["at"]) == ("markdown", {"isAtAll": False})
    assert str(count) in said["markdown"]["title"]
    assert shown(said["markdown"]["text"]) + rest(said["markdown"]["text"]) == count


def shown(text: str) -> int:
    return text.count("osgate renew")


def rest(text: str) -> int:
    last = text.splitlines()[-1]
    return int("".join(filter(str.isdecimal, last))) if last.startswith("…") else 0


@settings(max_examples=60)
@given(st.text(max_size=60), st.lists(st.text(max_size=30).filter(lambda t: "\n" not in t)), st.integers(0, 300))
def test_a_text_is_cut_between_lines_and_never_beyond_its_limit(head: str, lines: list[str], limit: int) -> None:
    text = telling.fitted(head, lines, len(lines), lambda n: f"+{n}", limit)
    assert len(text.encode("utf-8", "surrogatepass")) <= limit
    whole = "\n".join([head, *lines])
    if len(whole.encode()) <= limit:
        assert text == whole
    elif len(head.encode()) + len(f"\n+{len(lines)}") <= limit:
        kept, _, more = text.rpartition("\n+")
        assert kept == "\n".join([head, *lines[: len(lines) - int(more)]])


def test_nothing_in_a_message_is_alive() -> None:
    hostile = replace(
        APPROVAL, name="<@all> [x](https://evil.example) **b** `c`", kind="review", subjects=("pkg:npm/x <font>",)
    )
    for body in (telling.wecom, telling.dingtalk):
        said = json.loads(body([Event(hostile, "new")], words()))["markdown"]
        text = (said.get("content") or said["text"]).partition("\n")[2]
        assert not set("<>[]`*") & set(text)
        assert "evil.example" in text
    subject, text = telling.mail([Event(replace(hostile, person="a\nBcc: x"), "new")], words())
    assert "\n" not in subject
    assert "\nBcc" not in text


def test_a_command_that_a_robot_would_spoil_gives_way_to_the_one_that_shows_the_record() -> None:
    block = replace(APPROVAL, kind="block", do=("osgate", "block", "pkg:npm/x", "--range", "vers:npm/<2.0.0"))
    (line,) = telling.lines([Event(block, "new")], words())
    assert "osgate block pkg:npm/x --range 'vers:npm/<2.0.0'" in line
    for body in (telling.wecom, telling.dingtalk):
        assert "osgate ledger show 4be14be14be1" in json.dumps(json.loads(body([Event(block, "new")], words())))


def test_of_a_long_line_the_components_are_cut_and_never_the_command() -> None:
    long = replace(APPROVAL, subjects=(f"pkg:npm/{'x' * 400} vers:npm/*", f"pkg:npm/{'y' * 400} vers:npm/*"))
    (line,) = telling.lines([Event(long, "30")], words())
    assert line.endswith('osgate renew 4be14be14be1 --role tech --reason "..."')
    assert len(line) < 400


def test_a_mail_has_a_subject_and_every_line() -> None:
    subject, text = telling.mail(many(300), words("en"))
    assert subject == "某银行, open source: 300 to look at, 0 overdue"
    assert shown(text) == 300


# Addresses


def test_dingtalk_s_signature_is_what_its_documentation_says() -> None:
    secret = "SECexample"
    address = telling.dingtalk_address(
        "https://robot.example.test/robot/send?access_token=abc", secret, 1_764_000_000_000
    )
    query = parse_qs(urlsplit(address).query, strict_parsing=True)
    signed = hmac.new(secret.encode(), b"1764000000000\nSECexample", hashlib.sha256).digest()
    assert query == {
        "access_token": ["abc"],
        "timestamp": ["1764000000000"],
        "sign": [base64.b64encode(signed).decode()],
    }


def test_tokens_may_stay_out_of_the_policy() -> None:
    both = parse_qs(urlsplit(telling.dingtalk_address("https://robot.example.test/send", "tok SECx", 1)).query)
    assert both["access_token"] == ["tok"]
    assert telling.dingtalk_address("https://robot.example.test/send?access_token=a", "", 1).endswith("access_token=a")
    assert telling.wecom_address("https://robot.example.test/send", "k 1").endswith("/send?key=k+1")
    assert telling.wecom_address("https://robot.example.test/send?key=own", "other").endswith("?key=own")
    assert telling.wecom_address("https://robot.example.test/send?key=own", "").endswith("?key=own")


# The digest


def rendered(items: list[Item], locale: str = "zh_CN", unused: int = 0) -> str:
    return digest.render(items, unused, Translator(locale), lambda id: f"王五({id})", "某银行", AT[:10])


@pytest.mark.parametrize("locale", LOCALES)
def test_the_digest_tells_each_item_once_in_its_section(locale: str) -> None:
    late = replace(WAITING, id="sha256:" + "5" * 64, overdue=True, left=-1)
    kinds: list[Any] = ["block", "review", "waiting", "approval", "key"]
    items = [late, *(replace(APPROVAL, kind=kind, id=f"sha256:{n}" + "0" * 63) for n, kind in enumerate(kinds))]
    text = rendered(items, locale, 2)
    headings = [line for line in text.splitlines() if line.startswith("#")]
    t = Translator(locale)
    assert headings[1:] == [
        f"## {t(f'digest.{section}', n=1)}"
        for section in ("overdue", "blocks", "reviews", "ending", "people", "waiting")
    ]
    assert text.count("\n- ") == 6
    assert t.count("due.unused", 2) in text
    assert "`王五(wang.wu)`" in text


def test_a_long_section_of_the_digest_is_cut_and_counted() -> None:
    text = rendered([replace(APPROVAL, id=f"sha256:{n:064x}") for n in range(50)])
    assert shown(text) == digest.LISTED
    assert Translator("zh_CN")("digest.more", n=30) in text
    assert Translator("zh_CN")("digest.nothing") in rendered([])


def test_at_a_forge_the_digest_leads_to_where_something_is_decided_with_what_to_say_there() -> None:
    page, lines = "https://git.example.com/bank/policy/issues/7", ("/osgate approve 1 role=tech reason: …",)
    text = digest.render([WAITING], 0, Translator("en"), str, "Bank of @all", AT[:10], lambda item: (page, lines))
    assert f"]({page})" in text
    assert f"`{lines[0]}`" in text
    assert "osgate approve " not in text.replace(lines[0], "")
    assert text.splitlines()[0].count("`Bank of @all`") == 1
    assert "`" not in rendered([]).splitlines()[0], "a name of letters needs no code span"


def test_nothing_in_the_digest_is_alive() -> None:
    text = rendered([replace(APPROVAL, subjects=("pkg:npm/x @all <b>`[a](b)",), name="</details>", kind="review")])
    assert "``pkg:npm/x @all <b>`[a](b)``" in text
    assert "`</details>`" in text
