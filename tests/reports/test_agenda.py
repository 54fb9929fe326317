"""What people must do, as they read it: sentences in both languages, commands, the published JSON, rows of a table."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import osgate
from osgate.model.agenda import KINDS, Item
from osgate.model.record import replace
from osgate.reports import agenda
from osgate.text.translator import LOCALES, Translator

pytestmark = pytest.mark.usefixtures("no_io")
SCHEMAS = Path(osgate.__file__).parent / "reports/schemas"
ID = "sha256:" + "4be1" * 16
SUBJECTS = tuple(f"pkg:npm/x{number} vers:npm/1.{number}.0" for number in range(3))
WAITING = Item(
    "waiting",
    ID,
    "2026-11-25",
    2,
    False,
    since="2026-11-23T08:00:00Z",
    verb="request",
    subjects=SUBJECTS[:1],
    person="wang.wu",
    reason="needed for the report",
    roles=(("tech", 1, 1), ("legal", 0, 1)),
    missing=("security",),
    asks=("security", "legal"),
    turn=("security",),
    do=("osgate", "assess", "4be14be14be1", "--role", "", "--reason"),
)
APPROVAL = Item(
    "approval",
    ID,
    "2026-12-01",
    8,
    False,
    verb="request",
    person="wang.wu",
    grace="2026-12-15",
    subjects=SUBJECTS,
    roles=(("tech", 0, 1),),
    asks=("tech",),
    turn=("tech",),
    do=("osgate", "renew", "4be14be14be1", "--role", "", "--reason"),
)
ROLE = Item("role", "zhang.san", "2026-12-01", 8, False, name="tech", person="zhang.san")
SCHEMA = json.loads((SCHEMAS / "due-1.schema.json").read_text("utf-8"))
NOTICE = json.loads((SCHEMAS / "notice-1.schema.json").read_text("utf-8"))
T = {locale: Translator(locale) for locale in LOCALES}
# Both catalogues are read here, before anything may not be opened.
assert all(t("due.yes") for t in T.values())


def named(id: str) -> str:
    return f"<{id}>"


def test_an_item_of_two_lines_ends_with_the_command_that_settles_it() -> None:
    assert agenda.due_lines(APPROVAL, T["en"], named).splitlines() == [
        "in 8 days: approval 4be14be14be1 ends on 2026-12-01",
        "  pkg:npm/x0 vers:npm/1.0.0, pkg:npm/x1 vers:npm/1.1.0, 1 more: " + agenda.command(APPROVAL),
    ]
    assert agenda.due_lines(ROLE, T["zh_CN"], named).splitlines() == [
        "还有 8 天：<zhang.san> 的角色 tech 于 2026-12-01 到期",
        "  请在 people.toml 中延长，或确认有人接替",
    ]


def test_the_command_is_for_the_role_whose_turn_it_is() -> None:
    assert agenda.command(WAITING) == 'osgate assess 4be14be14be1 --role security --reason "..."'
    assert agenda.command(WAITING, "legal") == agenda.command(WAITING)
    both = replace(WAITING, turn=("tech", "legal"))
    assert agenda.command(both, "legal") == 'osgate assess 4be14be14be1 --role legal --reason "..."'
    assert agenda.command(replace(WAITING, turn=())).split()[4] == "ROLE"
    shown = replace(WAITING, do=("osgate", "ledger", "show", "4be14be14be1"))
    assert agenda.command(shown) == "osgate ledger show 4be14be14be1"
    assert agenda.command(ROLE) == ""


def test_a_command_can_be_pasted_whatever_the_component_is_called() -> None:
    wanted = ("osgate", "block", "pkg:npm/x", "--range", "vers:npm/>=1.0.0|<2.0.0", "--reason")
    assert shlex.split(agenda.command(replace(WAITING, do=wanted))) == [*wanted, "..."]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_words_before_and_after(kind: str, locale: str) -> None:
    t = T[locale]
    states: dict[str, Item] = {"ahead": replace(APPROVAL, kind=kind, name="legal-opinion", roles=())}
    if kind not in ("person", "role", "key"):
        states["past"] = replace(states["ahead"], overdue=True, left=-1)
    if kind in ("approval", "renewing", "taken-over"):
        states["blocked"] = replace(states["past"], blocked=True)
    said = {state: agenda.sentence(item, t, named) for state, item in states.items()}
    assert len(set(said.values())) == len(said)
    assert all("2026-12-0" in text or kind == "desk-key" for text in said.values())
    if "blocked" in said:
        assert "2026-12-15" in said["blocked"]
    assert t(f"due.kind-{kind}")
    assert agenda.action(states["ahead"], t)
    if kind not in ("desk-key", "pre-approval", "person", "role", "key"):
        assert "4be14be14be1" in said["ahead"]
    else:
        assert agenda.action(replace(states["ahead"], do=()), t)


@pytest.mark.parametrize(
    ("left", "overdue", "en", "zh"),
    [
        (2, False, "in 2 days", "还有 2 天"),
        (1, False, "in 1 day", "还有 1 天"),
        (0, False, "today", "今日截止"),
        (0, True, "overdue since today", "今日逾期"),
        (-1, True, "1 day overdue", "已逾期 1 天"),
        (-3, True, "3 days overdue", "已逾期 3 天"),
    ],
)
def test_how_long_there_is(left: int, overdue: bool, en: str, zh: str) -> None:
    item = replace(WAITING, left=left, overdue=overdue)
    assert (agenda.when(item, T["en"]), agenda.when(item, T["zh_CN"])) == (en, zh)


def test_hours_are_told_where_there_are_hours() -> None:
    block = replace(WAITING, kind="block", until="2026-11-24T08:00:00Z")
    assert "2026-11-24 08:00 UTC" in agenda.sentence(block, T["en"], named)
    assert agenda.until(WAITING) == "2026-11-25"


def test_the_queue_tells_who_asked_who_else_and_what_is_overdue() -> None:
    assert agenda.queue_lines(WAITING, T["en"], named).splitlines() == [
        "0 days  request 4be14be14be1 by <wang.wu>: tech 1/1, legal 0/1, assessment by security",
        "  pkg:npm/x0 vers:npm/1.0.0: needed for the report",
    ]
    late = replace(WAITING, overdue=True, days=5, others=("li.si", "sun.qi"))
    first, _, third = agenda.queue_lines(late, T["en"], named).splitlines()
    assert first.startswith("5 days, overdue since 2026-11-25  request")
    assert third == "  also asked for by <li.si>, <sun.qi>"
    assert "<li.si>、<sun.qi>" in agenda.queue_lines(late, T["zh_CN"], named)
    beside = agenda.queue_lines(replace(WAITING, alternatives=("pkg:npm/y",)), T["en"], named).splitlines()
    assert beside[2:] == ["  alternatives considered: pkg:npm/y"]


def test_what_nobody_can_decide_is_told_on_every_surface() -> None:
    stuck = replace(WAITING, stuck=("tech", "legal"), turn=(), do=())
    said = "nobody else holds tech, legal, so nobody can decide it"
    assert agenda.queue_lines(stuck, T["en"], named).splitlines()[2:] == [f"  {said}"]
    first, second = agenda.due_lines(stuck, T["en"], named).splitlines()
    assert first.endswith(f"; {said}")
    assert "people.toml" in second
    assert agenda.to_json(stuck)["stuck"] == ["tech", "legal"]
    assert said not in agenda.queue_lines(WAITING, T["en"], named)


def test_nothing_that_others_wrote_steers_a_terminal() -> None:
    hostile = replace(WAITING, reason="a\x1b[31m\nb", name="x\u202ey", subjects=("pkg:npm/x \x07",))
    for text in (agenda.queue_lines(hostile, T["en"], named), agenda.due_lines(hostile, T["en"], named)):
        assert all(character.isprintable() or character == "\n" for character in text)
    assert "\u202e" not in agenda.sentence(replace(hostile, kind="review"), T["en"], named)


@pytest.mark.parametrize("item", [WAITING, APPROVAL, ROLE, replace(APPROVAL, subjects=("project:a b",), others=("x",))])
def test_a_line_of_json_keeps_to_the_published_schema(item: Item) -> None:
    line = agenda.json_line(item)
    assert line.isascii()
    assert "\n" not in line
    jsonschema.validate(json.loads(line), SCHEMA)


def test_json_says_what_the_item_says() -> None:
    said: dict[str, Any] = agenda.to_json(WAITING, "security")
    assert said["subjects"] == [{"purl": "pkg:npm/x0", "range": "vers:npm/1.0.0"}]
    assert (said["id"], said["do"], said["roles"]) == (ID, agenda.command(WAITING), [["tech", 1, 1], ["legal", 0, 1]])
    assert agenda.to_json(replace(APPROVAL, subjects=("project:a b",)))["subjects"] == [{"project": "a b"}]


def test_the_schemas_know_the_kinds_and_name_nothing_else() -> None:
    assert SCHEMA["properties"]["kind"]["enum"] == list(KINDS)
    for schema in (SCHEMA, NOTICE):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False
    event = NOTICE["properties"]["events"]["items"]["properties"]
    assert {key: event[key] for key in SCHEMA["properties"]} == SCHEMA["properties"]
    assert set(event) - set(SCHEMA["properties"]) == {"stage", "text"}


@pytest.mark.parametrize("locale", LOCALES)
def test_a_table_has_a_row_an_item_below_headings_that_differ(locale: str) -> None:
    rows = agenda.table([ROLE, APPROVAL, replace(WAITING, overdue=True)], T[locale], named)
    assert len(rows) == 4
    assert {len(row) for row in rows} == {len(agenda.COLUMNS)}
    assert len(set(rows[0])) == len(agenda.COLUMNS)
    columns = dict(zip(agenda.COLUMNS, rows[2], strict=True))
    assert (columns["id"], columns["subjects"], columns["left"]) == ("4be14be14be1", "\n".join(SUBJECTS), 8)
    assert [row[agenda.COLUMNS.index("overdue")] for row in rows[1:]] == [
        T[locale](f"due.{word}") for word in ("no", "no", "yes")
    ]
    assert rows[1][agenda.COLUMNS.index("roles")] == ""
