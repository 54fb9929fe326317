"""A directory's dump merged into people.toml: what is taken over, what is only told, what is never touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import Mistakes
from osgate.model.finding import SLUGS
from osgate.policy import people_dump, people_file
from osgate.policy.people_dump import Columns, Entry, Unread
from osgate.policy.people_file import Merged
from osgate.policy.valid import validate
from osgate.testing.policies import policy_files

TODAY = "2026-11-21"
NONE = Columns({}, {})
PEOPLE = """\
# Who decides. Looked at every quarter.
[[person]]
id = "zhang.san"        # as in the directory
name = "张三"
employee = "E00123"     # since 2019
accounts = [{forge = "git", id = "zhang.san@bank.example"}]
roles = [{role = "tech", from = 2026-01-01}]

# On leave until spring.
[[person]]
id = "li.si"
name = "Li Si"
accounts = [
  {forge = "git", id = "li.si@bank.example"},   # the old address
]
roles = [{role = "legal"}]

[[person]]
id = "wang.wu"
name = "Wang Wu"
to = 2026-06-30
"""


def entry(id: str, name: str = "", employee: str = "", mail: str = "", departed: str = "", line: int = 2) -> Entry:
    return Entry(line, id, name, employee, (mail,) if mail else (), (), departed)


def merged(*entries: Entry, complete: bool = False, people: str = PEOPLE) -> Merged:
    return people_file.merged(people.encode(), entries, TODAY, complete)


def told(found: Merged) -> list[tuple[str, str]]:
    return [(change.code, change.person) for change in found.changes]


EVERYBODY = (entry("zhang.san"), entry("li.si"), entry("wang.wu", departed="2026-06-30"))


def test_a_dump_that_says_the_same_changes_no_byte() -> None:
    found = merged(*EVERYBODY)
    assert found.data.decode() == PEOPLE
    assert not found.changed


def test_new_persons_come_without_roles_and_keys() -> None:
    found = merged(*EVERYBODY, entry("chen.ba", "陈八", "E1", "chen.ba@bank.example"))
    assert told(found) == [("new", "chen.ba")]
    text = found.data.decode()
    assert text.startswith(PEOPLE)
    assert text.removeprefix(PEOPLE) == (
        '\n[[person]]\nid = "chen.ba"\nname = "陈八"\nemployee = "E1"\n'
        'accounts = [{forge = "git", id = "chen.ba@bank.example"}]\n'
    )


def test_names_numbers_and_accounts_are_taken_over_and_comments_stay() -> None:
    found = merged(
        entry("zhang.san", "张三丰", mail="new@bank.example"),
        entry("li.si", mail="li4@bank.example"),
        EVERYBODY[2],
    )
    assert told(found) == [
        ("name", "zhang.san"),
        ("account", "zhang.san"),
        ("account", "li.si"),
    ]
    text = found.data.decode()
    for kept in (
        "# Who decides.",
        "# as in the directory",
        "# On leave until spring.",
        "# since 2019",
        "# the old address",
    ):
        assert kept in text
    assert 'name = "张三丰"' in text
    after = validate({**policy_files(), "people.toml": with_staff(text)}, SLUGS).people
    assert after["zhang.san"].employee == "E00123"
    assert 'employee = "E00999"' in merged(entry("zhang.san", "张三", "E00999")).data.decode()
    assert after["zhang.san"].accounts == (("git", "zhang.san@bank.example"), ("git", "new@bank.example"))
    assert after["li.si"].accounts == (("git", "li.si@bank.example"), ("git", "li4@bank.example"))


def with_staff(text: str) -> bytes:
    """The people of a text, with some beside them who hold the roles that the default policy needs."""
    staff = policy_files({"staff.one": ("tech", "incident"), "staff.two": ("legal", "incident")})["people.toml"]
    return staff + b"\n" + text.encode()


def test_who_leaves_ends_and_is_not_deleted() -> None:
    found = merged(entry("zhang.san", departed="2026-12-01"), entry("li.si"), EVERYBODY[2])
    assert told(found) == [("ends", "zhang.san")]
    assert 'id = "zhang.san"        # as in the directory\nto = 2026-12-01\n' in found.data.decode()
    # Who left before is not let in again, and an end that is nearer stays.
    assert told(merged(EVERYBODY[0], EVERYBODY[1], entry("wang.wu", departed="2027-01-01"))) == []
    assert told(merged(EVERYBODY[0], EVERYBODY[1], entry("wang.wu"))) == [("returned", "wang.wu")]
    assert told(merged(*EVERYBODY, entry("old.man", "x", departed="2020-01-01"))) == [("gone", "old.man")]


def test_who_is_missing_is_told_and_ends_only_in_a_complete_dump_without_unread_rows() -> None:
    assert told(merged(EVERYBODY[0])) == [("missing", "li.si")]
    found = merged(EVERYBODY[0], complete=True)
    assert told(found) == [("ends", "li.si")]
    assert "to = 2026-11-21" in found.data.decode()
    broken = merged(EVERYBODY[0], entry("chen.ba"), complete=True)
    assert ([row.code for row in broken.unread], told(broken)) == (["no-name"], [("missing", "li.si")])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (entry("zhangsan2", "张三", "E00123", "new@bank.example", "2026-11-01"), "other-id"),
        (entry("zhang.san", "张珊", "E00999", "new@bank.example"), "other-person"),
        (entry("zhang.san", departed="2025-12-31"), "departed-before-role"),
    ],
)
def test_a_row_that_may_be_about_somebody_else_changes_nobody(row: Entry, code: str) -> None:
    found = merged(row, *EVERYBODY[1:], complete=True)
    assert [one.code for one in found.unread] == [code]
    assert found.data.decode() == PEOPLE


def test_who_leaves_on_the_first_day_of_a_role_or_later_ends() -> None:
    assert told(merged(entry("zhang.san", departed="2026-01-01"), *EVERYBODY[1:])) == [("ends", "zhang.san")]


def test_more_than_a_fifth_and_the_last_of_a_role_are_noticed() -> None:
    here = "".join(f'\n[[person]]\nid = "p{n}"\nname = "P"\nroles = [{{role = "tech"}}]\n' for n in range(8))
    everybody = [*EVERYBODY, *(entry(f"p{n}") for n in range(8))]
    for missing, too_many, orphaned in (
        ({"p0", "p1"}, False, ()),
        ({"p0", "p1", "p2"}, True, ()),
        ({"li.si"}, False, (("legal", "li.si"),)),
    ):
        rows = [one for one in everybody if one.id not in missing]
        found = merged(*rows, complete=True, people=PEOPLE + here)
        assert (found.persons, found.ending, found.too_many) == (10, len(missing), too_many)
        assert found.orphaned == orphaned


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ((entry("li.si", employee="E00123"),), "two-persons"),
        ((entry("chen.ba", "x", mail="LI.SI@bank.example"),), "account-of-other"),
        (
            (entry("chen.ba", "x", mail="new@bank.example"), entry("zhou.jiu", "y", mail="new@bank.example")),
            "account-of-other",
        ),
        ((entry("zhang.san"), entry("other", "x", "E00123", line=3)), "other-id"),
    ],
)
def test_rows_that_contradict_the_file_or_each_other_are_left_out_with_why(rows: tuple[Entry, ...], code: str) -> None:
    found = merged(*rows)
    assert [row.code for row in found.unread] == [code]


def test_what_does_not_stand_on_a_line_of_its_own_is_left_to_people() -> None:
    inline = 'person = [{id = "li.si", name = "Li Si"}]\n'
    assert told(merged(entry("li.si", "李四"), people=inline)) == [("by-hand", "li.si")]
    tables = '[[person]]\nid = "li.si"\nname = "x"\n[[person.accounts]]\nforge = "git"\nid = "a@b.example"\n'
    assert told(merged(entry("li.si", mail="c@b.example"), people=tables)) == [("by-hand", "li.si")]


def test_line_ends_and_gb_18030_are_kept_readable() -> None:
    windows = PEOPLE.replace("\n", "\r\n")
    found = people_file.merged(windows.encode("gb18030"), [entry("chen.ba", "陈八"), *EVERYBODY], TODAY)
    assert found.data.decode("utf-8") == windows + '\r\n[[person]]\r\nid = "chen.ba"\r\nname = "陈八"\r\n'


def test_a_file_with_mistakes_is_not_merged_into() -> None:
    for text in ("nonsense", '[[person]]\nid = "x"\n'):
        with pytest.raises(Mistakes):
            merged(people=text)


# -- the dump


def rows(*cells: dict[str, str], read: Columns) -> tuple[list[Entry], list[Unread]]:
    return people_dump.entries(enumerate(cells, 2), read)


@pytest.mark.parametrize(
    "headings",
    [
        ["uid", "cn", "employeeNumber", "mail"],
        ["账号", "姓名", "工号", "邮箱"],
        ["sAMAccountName", "displayName", "employeeID", "E-Mail"],
    ],
)
def test_the_usual_headings_are_understood(headings: list[str]) -> None:
    read = people_dump.understood(["other", *headings], NONE)
    assert [read.fields[field] for field in ("id", "name", "employee", "mail")] == headings
    assert list(people_dump.lacking(read, NONE)) == []


def test_a_map_says_what_a_column_is_and_names_the_one_that_is_not_there() -> None:
    given = people_dump.columns('[columns]\nid = "登录"\n[accounts]\ngitlab = "GitLab 编号"\n'.encode(), "map.toml")
    read = people_dump.understood(["登录", "cn", "gitlab 编号"], given)
    assert (read.fields["id"], read.forges) == ("登录", {"gitlab": "gitlab 编号"})
    entries, unread = rows({"登录": "Zhang.San", "cn": "张三", "gitlab 编号": "17"}, read=read)
    assert (entries[0].id, entries[0].accounts, unread) == ("zhang.san", (("gitlab", "17"),), [])
    assert list(people_dump.lacking(people_dump.understood(["cn"], given), given)) == ["登录", "GitLab 编号"]
    for wrong in (b'[columns]\nlogin = "x"\n', b"nonsense"):
        with pytest.raises(Mistakes):
            people_dump.columns(wrong, "map.toml")
    assert list(people_dump.lacking(people_dump.understood(["cn"], NONE), NONE)) == ["id"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"uid": ""}, "id-empty"),
        ({"uid": "张三"}, "no-id"),
        ({"uid": "a b"}, "no-id"),
        ({"uid": "a", "mail": "nobody"}, "no-mail"),
        ({"uid": "a", "离职日期": "soon"}, "no-date"),
        ({"uid": "a", "离职日期": "2026-13-01"}, "no-date"),
        ({"uid": "a", "gitlab": "zhangsan"}, "no-number"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(cells: dict[str, str], code: str) -> None:
    read = people_dump.understood(["uid", "mail", "离职日期", "gitlab"], Columns({}, {"gitlab": "gitlab"}))
    assert [row.code for row in rows(cells, read=read)[1]] == [code]


@pytest.mark.parametrize(
    "text",
    ["2026-11-21", "2026/11/21", "2026.11.21", "2026年11月21日", "20261121", "20261121000000Z", "2026-11-21 00:00:00"],
)
def test_dates_in_the_forms_directories_use(text: str) -> None:
    read = people_dump.understood(["uid", "departed"], NONE)
    assert rows({"uid": "a", "departed": text}, read=read)[0][0].departed == "2026-11-21"


def test_two_new_rows_with_one_employee_number_are_not_both_taken() -> None:
    found = merged(*EVERYBODY, entry("chen.ba", "x", "E1"), entry("zhou.jiu", "y", "E1", line=9))
    assert (told(found), [(row.line, row.code) for row in found.unread]) == (
        [("new", "chen.ba")],
        [(9, "twice-employee")],
    )


def test_of_two_rows_with_one_id_the_second_is_told() -> None:
    read = people_dump.understood(["uid", "cn"], NONE)
    entries, unread = rows({"uid": "a", "cn": "x"}, {"uid": "A", "cn": "y"}, read=read)
    assert ([one.name for one in entries], [(row.line, row.code) for row in unread]) == (["x"], [(3, "twice")])


_TEXTS = st.text(max_size=12)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["zhang.san", "li.si", "wang.wu", "a", "b", "A", "", "张三"]),
            _TEXTS,
            st.sampled_from(["", "E00123", "E1", "E2"]),
            st.sampled_from(["", "a@x.example", "li.si@bank.example", "x"]),
            st.sampled_from(["", "2026-01-01", "2027-01-01", "nonsense"]),
        ),
        max_size=6,
    ),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_no_dump_touches_a_role_or_key_or_deletes_anybody_and_no_row_is_lost(
    cells: list[tuple[str, str, str, str, str]], complete: bool
) -> None:
    names = ("uid", "cn", "employeeNumber", "mail", "departed")
    read = people_dump.understood(names, NONE)
    entries, unread = people_dump.entries(enumerate((dict(zip(names, row, strict=True)) for row in cells), 2), read)
    assert len(entries) + len(unread) == len(cells)
    found = people_file.merged(PEOPLE.encode(), entries, TODAY, complete)
    before = validate({**policy_files(), "people.toml": with_staff(PEOPLE)}, SLUGS).people
    after = validate({**policy_files(), "people.toml": with_staff(found.data.decode())}, SLUGS).people
    for id, person in before.items():
        assert (after[id].roles, after[id].keys) == (person.roles, person.keys)
        assert not person.end or after[id].end <= person.end
    assert all(not person.roles and not person.keys for id, person in after.items() if id not in before)
    # Done again it finds nothing more to do.
    again = people_file.merged(found.data, entries, TODAY, complete)
    assert again.data == found.data
