"""A ledger that was kept elsewhere: spellings of components, versions, days and headings; what becomes of each row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from osgate import versions
from osgate.errors import Mistakes, UsageError
from osgate.intake_desk import old_columns, old_components, taking_over
from osgate.intake_desk.old_columns import Columns
from osgate.intake_desk.old_components import NotUnderstood
from osgate.intake_desk.taking_over import Ledger
from osgate.io.tables import Row
from osgate.ledger import records
from osgate.ledger.fold import fold
from osgate.model.policy import Person, Terms
from osgate.testing import records as making

NOTHING = Ledger({}, {})


def spelled(text: str, type: str = "", default: str = "maven", group: str = "", kind: str = "component") -> str:
    """The component and the version in its name, in one text."""
    named = old_components.component(text, group, type, default, kind)
    return f"{named.purl.component} {named.version}".strip()


@pytest.mark.parametrize(
    ("text", "more", "wanted"),
    [
        ("pkg:npm/left-pad", {}, "pkg:npm/left-pad"),
        ("pkg:pypi/Flask_Login@0.6", {}, "pkg:pypi/flask-login 0.6"),
        ("com.alibaba:fastjson", {}, "pkg:maven/com.alibaba/fastjson"),
        ("com.alibaba：fastjson", {}, "pkg:maven/com.alibaba/fastjson"),
        ("com.alibaba:fastjson:1.2.83", {"default": ""}, "pkg:maven/com.alibaba/fastjson 1.2.83"),
        ("com.alibaba/fastjson", {}, "pkg:maven/com.alibaba/fastjson"),
        ("com.alibaba/fastjson@1.2.83", {}, "pkg:maven/com.alibaba/fastjson 1.2.83"),
        ("fastjson", {"group": "com.alibaba"}, "pkg:maven/com.alibaba/fastjson"),
        ("@babel/core", {}, "pkg:npm/%40babel/core"),
        ("@babel/core@7.1.0", {}, "pkg:npm/%40babel/core 7.1.0"),
        ("left-pad@1.3.0", {"type": "npm"}, "pkg:npm/left-pad 1.3.0"),
        ("JSONStream", {"type": "npm"}, "pkg:npm/JSONStream"),
        ("Django==4.2", {"type": "pypi"}, "pkg:pypi/django 4.2"),
        ("github.com/gin-gonic/gin", {"type": "golang"}, "pkg:golang/github.com/gin-gonic/gin"),
        ("Apache Kafka", {"kind": "software"}, "pkg:generic/apache-kafka"),
        ("达梦", {"kind": "software", "default": "npm"}, "pkg:generic/%E8%BE%BE%E6%A2%A6"),
        (
            "https://git.example.com/team/lib.git",
            {"kind": "code"},
            "pkg:generic/lib?vcs_url=https:%2F%2Fgit.example.com%2Fteam%2Flib.git",
        ),
    ],
)
def test_a_component_is_understood_as_people_spell_it(text: str, more: dict[str, str], wanted: str) -> None:
    assert spelled(text, **more) == wanted


@pytest.mark.parametrize(
    ("text", "more", "code"),
    [
        ("", {}, "no-component"),
        ("fastjson", {}, "no-group"),
        ("fastjson", {"default": ""}, "no-type"),
        ("left pad", {"type": "npm"}, "component-malformed"),
        ("com.alibaba:fastjson", {"type": "npm"}, "component-malformed"),
        ("celery[redis]", {"type": "pypi"}, "component-malformed"),
        ("x" * 500, {"type": "npm"}, "component-malformed"),
        ("x" * 215, {"type": "npm"}, "component-malformed"),
        ("../etc", {"type": "golang"}, "component-malformed"),
        ("---", {"kind": "software"}, "component-malformed"),
        ("pkg:npm", {}, "purl-malformed"),
        ("pkg:npm/%2e%2e/x", {}, "component-malformed"),
        ("pkg:golang/a/%2E/x", {}, "component-malformed"),
        ("..:x", {}, "component-malformed"),
        ("pkg:unheard/of", {}, "type-unknown"),
    ],
)
def test_what_is_no_component_is_told(text: str, more: dict[str, str], code: str) -> None:
    with pytest.raises(NotUnderstood) as why:
        spelled(text, **more)
    assert why.value.code == code


@pytest.mark.parametrize(
    ("text", "type", "wanted"),
    [
        ("1.2.83", "maven", ["vers:maven/1.2.83"]),
        ("v1.2.3", "npm", ["vers:npm/1.2.3"]),
        ("V 1.2.3", "npm", ["vers:npm/1.2.3"]),
        ("版本1.2.3", "npm", ["vers:npm/1.2.3"]),
        ("v1.9.1", "golang", ["vers:golang/v1.9.1"]),
        ("==1.0", "pypi", ["vers:pypi/1.0"]),
        ("1.0、1.1；1.2,1.3\n1.4 / 1.0", "pypi", [f"vers:pypi/1.{n}" for n in range(5)]),
        ("5.7.40-log", "generic", ["vers:generic/5.7.40-log"]),
    ],
)
def test_exactly_the_versions_that_are_named_are_taken_over(text: str, type: str, wanted: list[str]) -> None:
    assert old_components.ranges(text, type, "component") == wanted


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no-version"),
        (" 、 ", "no-version"),
        ("*", "version-open"),
        ("1.x", "version-open"),
        ("1.2.*", "version-open"),
        (">=1.0", "version-open"),
        ("[1.0,2.0)", "version-open"),
        ("^1.2.3", "version-open"),
        ("所有版本", "version-open"),
        ("最新版", "version-malformed"),
        ("latest", "version-malformed"),
        ("1.0及以上", "version-malformed"),
        ("1.0 beta", "version-malformed"),
        ("1." + "0" * 300, "version-malformed"),
        (",".join(f"1.{n}" for n in range(101)), "too-many-versions"),
    ],
)
def test_a_component_without_an_exact_version_is_not_taken_over(text: str, code: str) -> None:
    with pytest.raises(NotUnderstood) as why:
        old_components.ranges(text, "npm", "component")
    assert why.value.code == code


def test_software_and_services_are_taken_over_whole_where_no_version_is_named() -> None:
    for text in ("", "*", "所有版本"):
        assert old_components.ranges(text, "generic", "software") == ["vers:generic/*"]
        assert old_components.ranges(text, "generic", "cloud-service") == ["vers:generic/*"]
    for text in ("7.x", ">=7", "[1,2)"):
        with pytest.raises(NotUnderstood):
            old_components.ranges(text, "generic", "software")


def test_only_who_asks_for_it_gets_more_than_the_version() -> None:
    assert old_components.ranges("1.3.0", "npm", "component", major=True) == ["vers:npm/>=1.3.0|<2.0.0"]


@settings(max_examples=150)
@given(
    st.text(max_size=30),
    st.text(max_size=20),
    st.sampled_from(["", "npm", "maven", "pypi", "golang", "generic", "rpm"]),
)
def test_any_cell_is_understood_or_told_and_what_is_understood_makes_a_valid_record(
    name: str, version: str, type: str
) -> None:
    try:
        named = old_components.component(name, "", type, "maven", "component")
        ranges = old_components.ranges(version, named.purl.type, "component")
    except NotUnderstood:
        return
    subjects = [making.subject(named.purl.component, range, row=2) for range in ranges]
    assert records.problems(making.take_over(subjects=subjects)) == []
    for range in ranges:
        ((mark, exact),) = versions.parse_vers(range).constraints
        assert mark == "="
        assert exact in version.replace("：", ":") or exact.isascii()


@pytest.mark.parametrize(
    "text",
    ["2024-03-01", "2024/3/1", "2024.3.1", "2024年3月1日", "20240301", "２０２４-03-01", "2024-03-01T08:30:00",
     "2024-3-1 8:30", " 2024年03月01日 "],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert old_components.day(text) == "2024-03-01"


@pytest.mark.parametrize("text", ["", "2024-02-30", "2024年3月", "03/01/2024", "45352", "去年", "2024-3/1"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert old_components.day(text) == ""


def test_the_usual_headings_are_recognised_whatever_stands_in_brackets() -> None:
    headings = ["序号", "组件名称（必填）", "版 本 号", "语言", "责任人*", "审批人", "审批日期", "备注", "许可证"]
    found = old_columns.columns(headings, {})
    assert found.fields == {
        "component": "组件名称（必填）",
        "version": "版 本 号",
        "type": "语言",
        "owner": "责任人*",
        "approver": "审批人",
        "date": "审批日期",
        "remarks": "备注",
    }
    assert found.unused == ("序号", "许可证")


@pytest.mark.parametrize(("texts", "field"), [(["开源组件", "软件"], "kind"), (["Java", "前端"], "type")])
def test_what_stands_below_tells_what_a_heading_of_two_meanings_means(texts: list[str], field: str) -> None:
    assert old_columns.columns(["名称", "类型"], {"类型": texts}).fields[field] == "类型"


def test_a_map_names_the_columns_and_the_words() -> None:
    written = b"""
[columns]
component = "\xe6\x9e\x84\xe4\xbb\xb6"
version = "V"
[kinds]
"OSS" = "component"
[types]
default = "maven"
"FE" = "npm"
"""
    found = old_columns.columns(["构件", "v", "版本"], {}, old_columns.parse(written, "map.toml"))
    assert found.fields == {"component": "构件", "version": "v"}
    assert (found.default_type, found.unused) == ("maven", ("版本",))
    assert old_columns.meaning(" oss ", found.kinds) == "component"
    assert old_columns.meaning("fe", found.types) == "npm"


def test_every_mistake_of_a_map_is_told_with_its_line() -> None:
    with pytest.raises(Mistakes) as found:
        old_columns.parse(b'[columns]\ncomponnt = "x"\n[kinds]\na = "code "\n[types]\nb = "mavn"\n', "map.toml")
    assert [(m.line, m.code) for m in found.value.mistakes] == [
        (2, "unknown-key"),
        (4, "not-one-of"),
        (6, "not-one-of"),
    ]
    with pytest.raises(Mistakes):
        old_columns.parse(b"[columns", "map.toml")


def test_a_column_that_is_not_there_is_told() -> None:
    written = old_columns.parse(b'[columns]\ncomponent = "Name"\nversion = "x"\n', "map.toml")
    with pytest.raises(UsageError) as found:
        old_columns.columns(["name", "y"], {}, written)
    assert (found.value.code, found.value.params["heading"]) == ("import.no-column", "x")
    with pytest.raises(UsageError) as found:
        old_columns.columns(["a", "b"], {})
    assert found.value.code == "import.no-component"


def test_headings_are_told_from_a_title() -> None:
    assert old_columns.heads()(["组件名称", "版本"])
    assert not old_columns.heads()(["填表人", "张三", "日期", "2024"])
    written = old_columns.parse(b'[columns]\ncomponent = "C"\nversion = "V"\n', "map.toml")
    assert old_columns.heads(written)(["x", "c", "v"])
    assert not old_columns.heads(written)(["C", "2024"])


COLUMNS = old_columns.columns(
    ["purl", "组件", "版本", "类别", "语言", "责任人", "审批人", "日期", "备注"],
    {},
)
PEOPLE = {
    "zhang.san": Person("zhang.san", "张三", "E1", (), (), ()),
    "zhang.san2": Person("zhang.san2", "张三", "E2", (), (), ()),
    "li.si": Person("li.si", "李四", "E3", (), (), ()),
}


def row(line: int, component: str, version: str, typed: dict[str, str] | None = None, **more: str) -> Row:
    cells = dict.fromkeys(COLUMNS.fields.values(), "")
    return Row(line, {**cells, "组件": component, "版本": version, "语言": "npm", **more}, typed or {})


def read(*rows: Row, ledger: Ledger = NOTHING, **more: Any) -> taking_over.Reading:
    with audit.no_io():
        return taking_over.read(rows, COLUMNS, PEOPLE, ledger, **more)


def test_a_row_becomes_a_subject_with_all_it_says() -> None:
    found = read(
        row(7, "left-pad", "1.3.0", 责任人="李四", 审批人="张三", 日期="2024年3月1日", 备注="存量", 类别="组件")
    )
    assert found.subjects == (
        {
            "purl": "pkg:npm/left-pad",
            "range": "vers:npm/1.3.0",
            "row": 7,
            "kind": "component",
            "owner": "li.si",
            "approver": "张三",
            "approved_on": "2024-03-01",
            "remarks": "存量",
        },
    )
    assert found.notes == ()


def test_what_was_no_text_in_a_spreadsheet_is_told_or_not_taken_over() -> None:
    found = read(
        row(2, "a", "1.1", {"版本": "number"}),
        row(3, "b", "2024-03-01", {"版本": "date"}),
        row(4, "#REF!", "1.0", {"组件": "error"}),
        row(5, "c", "1.0", 日期="去年"),
        row(6, "d", "1.0", 备注="x" * 2000),
    )
    assert [(one.line, one.code) for one in found.rejected] == [(3, "version-is-date"), (4, "cell-error")]
    assert [(one.line, one.code) for one in found.notes] == [(2, "number"), (5, "date"), (6, "cut")]
    assert [len(one.get("remarks", "")) for one in found.subjects] == [0, len("[去年]"), taking_over.LONGEST_TEXT]


def test_two_versions_and_a_dash_are_not_one_and_a_day_to_come_is_told() -> None:
    found = read(
        row(2, "a", "1.0.0-2.0.0"),
        row(3, "a", "v1.0~v1.2"),
        row(4, "b", "1.0.0-2", 日期="2026-11-22"),
        row(5, "b", "1.0.0-rc.1", 日期="2026-11-21"),
        today="2026-11-21",
    )
    assert [(one.line, one.code) for one in found.rejected] == [(2, "two-versions"), (3, "two-versions")]
    assert [(one.line, one.code) for one in found.notes] == [(4, "date-ahead")]
    assert found.taken == (4, 5)


def test_words_that_mean_nothing_and_versions_that_differ_are_told() -> None:
    found = read(
        row(2, "a", "1.0", 类别="硬件"),
        row(3, "a", "1.0", 语言="Cobol"),
        row(4, "a@1.0", "1.1"),
        row(5, "a@1.0", "1.0"),
    )
    assert [one.code for one in found.rejected] == ["kind-unknown", "type-unknown", "versions-differ"]
    assert found.taken == (5,)


def test_what_stands_in_the_ledger_or_another_row_is_told_and_taken_over_once() -> None:
    first = making.take_over(subjects=[making.subject(range="vers:npm/1.3.0", row=2)])
    block = making.block(subjects=[making.subject("pkg:npm/b", "")])
    state = fold(
        [making.sealed(first, 1), making.sealed(making.confirm(first, "li.si", "legal"), 2), making.sealed(block)]
    )
    waiting = making.take_over(subjects=[making.subject("pkg:npm/c", "vers:npm/1.0.0", row=2)])
    ledger = taking_over.known(state, [waiting], "2026-11-21")
    found = read(
        row(2, "left-pad", "1.3.0"), row(3, "c", "1.0.0"), row(4, "b", "1.0"),
        row(5, "b", "v1.0"), row(6, "b", "1.0、1.1"), ledger=ledger,
    )  # fmt: skip
    assert [(one.line, one.params["id"]) for one in found.there] == [(2, first["id"]), (3, waiting["id"])]
    assert [(one.line, one.params["other"]) for one in found.same] == [(5, 4)]
    assert [(one.line, one.code, one.params["effect"]) for one in found.notes] == [
        (n, "against", "block") for n in (4, 6)
    ]
    assert [one["range"] for one in found.subjects] == ["vers:npm/1.0", "vers:npm/1.1"]
    assert taking_over.known(state, [], "2027-06-30").there == {}, "a review that is due has to be made"


def test_what_stands_against_another_version_is_not_told() -> None:
    block = making.block(subjects=[making.subject("pkg:npm/b", "vers:npm/2.0.0")])
    ledger = taking_over.known(fold([making.sealed(block)]), [], "2026-11-21")
    found = read(row(2, "b", "1.0.0"), row(3, "b", "2.0.0"), row(4, "b", "", 类别="软件"), ledger=ledger)
    assert [(one.line, one.code) for one in found.notes] == [(3, "against"), (4, "against")]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "@x/y", "", "a b", "g:a", "pkg:npm/a@1.0", "\x00", "中文"]),
            st.sampled_from(["1.0", "1.0、2.0", "", "*", "latest", "2.0", "v1.0"]),
            st.sampled_from(["npm", "Java", "", "Cobol"]),
        ),
        max_size=12,
    )
)
def test_every_row_is_in_exactly_one_place(rows: list[tuple[str, str, str]]) -> None:
    steps: list[None] = []
    found = read(
        *(row(line, name, version, 语言=type) for line, (name, version, type) in enumerate(rows, 2)),
        ledger=Ledger({("pkg:npm/b", "vers:npm/1.0"): "sha256:1"}, {}),
        step=lambda: steps.append(None),
    )
    listed = [*found.taken, *(one.line for part in (found.rejected, found.same, found.there) for one in part)]
    assert sorted(listed) == list(range(2, len(rows) + 2))
    assert found.rows == len(rows) == len(steps)
    keys = [(one["purl"], one["range"]) for one in found.subjects]
    assert len(set(keys)) == len(keys)
    assert {one["row"] for one in found.subjects} == set(found.taken)


def many(n: int, of: int = 1) -> list[dict[str, Any]]:
    return [making.subject(f"pkg:npm/x{i // of}", f"vers:npm/1.{i}", row=i + 2) for i in range(n)]


def test_few_are_one_record_at_the_limit_and_many_spread_over_the_weeks_before() -> None:
    assert taking_over.spread(many(200), "2026-11-21", "2027-11-21", Terms()) == [("2027-11-21", many(200))]
    found = taking_over.spread(many(4000, 4), "2026-11-21", "2027-11-21", Terms())
    days = [day for day, _ in found]
    assert (min(days), max(days), len(set(days))) == ("2027-08-29", "2027-11-21", 13)
    assert sorted(one["row"] for _, part in found for one in part) == [n + 2 for n in range(4000)]
    assert max(len(part) for _, part in found) < 2 * 4000 / 13
    where = {(one["purl"], day) for day, part in found for one in part}
    assert len(where) == 1000, "all versions of a component share a day"
    assert {d for d, _ in taking_over.spread(many(4000), "2026-11-21", "2027-11-21", Terms(), weeks=1)} == {
        "2027-11-21"
    }


@settings(max_examples=30)
@given(st.integers(1, 700), st.integers(1, 3000))
def test_no_review_is_past_in_a_freeze_or_later_than_allowed(days: int, n: int) -> None:
    from datetime import date, timedelta

    limit = (date(2026, 11, 21) + timedelta(days=days)).isoformat()
    freeze = (("2026-12-20", "2027-01-05"), ("2027-06-01", "2027-06-20"))
    for day, part in taking_over.spread(many(n), "2026-11-21", limit, Terms(freeze=freeze)):
        assert part
        assert day > "2026-11-21"
        assert not any(start <= day <= end for start, end in freeze)
        assert day <= limit or any(start <= limit <= end for start, end in freeze)


def test_what_does_not_fit_into_one_record_is_cut_up(monkeypatch: pytest.MonkeyPatch) -> None:
    found = taking_over.spread(many(12_000), "2026-11-21", "2027-11-21", Terms(), weeks=1)
    assert [len(part) for _, part in found] == [5000, 5000, 2000]
    monkeypatch.setattr(taking_over, "MOST_BYTES", 10_000)
    found = taking_over.spread(many(300), "2026-11-21", "2027-11-21", Terms(), weeks=1)
    stored = [len(making.codec.printed(making.take_over(subjects=part))) for _, part in found]
    assert sum(len(part) for _, part in found) == 300
    assert max(stored) < 10_000 + 1500


def test_columns_without_a_version_leave_only_the_name() -> None:
    bare = Columns({"component": "n"}, {}, {}, "npm")
    found = taking_over.read([Row(2, {"n": "left-pad@1.3.0"})], bare, {}, NOTHING)
    assert [one["range"] for one in found.subjects] == ["vers:npm/1.3.0"]
