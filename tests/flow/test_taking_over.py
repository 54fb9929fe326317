"""`osgate ledger import` and `export` as people call them: what they are told, and what they are refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from flow.house import House, Said

EXAMPLE = Path(__file__).parents[2] / "examples/taking-over"
WHY = ("--role", "tech", "--reason", "taken over")


def imported(house: House, *words: str, person: str = "zhang.san") -> Said:
    return house.act(person, "ledger", "import", *words)


def test_the_example_is_understood_and_every_row_accounted_for(house: House) -> None:
    out = house.root / "rejected.csv"
    files = (str(EXAMPLE / "old-ledger.csv"), "--map", str(EXAMPLE / "map.toml"), "--rejected", str(out))
    said = imported(house, *files, "--dry-run")
    assert said.code == 0, said
    assert "10 rows read = 7 taken over + 2 not understood + 1 the same as others + 0 in the ledger already" in said.out
    assert "one record: 8 components and versions" in said.out
    for told in ("row 9: hutool-all names no Maven group", "row 10: 2.x is no exact version", "in row 4 already"):
        assert told in said.err
    assert "row 6: 去年 is no date" in said.err
    assert house.refs("refs/heads/osgate/") == [], "a dry run sends nothing"
    rejected = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"), newline="")))
    assert [row[0] for row in rejected] == ["row", "9", "10"]
    assert rejected[1][2:4] == ["hutool-all", "5.8.25"]


WRONG: tuple[tuple[tuple[str, ...], str], ...] = (
    ((), "FILE, --confirm ID"),
    (("none.csv", *WHY), "there is no none.csv"),
    (("old.csv", "more.csv", *WHY), "more.csv"),
    (("old.csv",), "--role"),
    (("old.csv", *WHY, "--range", "minor"), "exact, major"),
    (("old.csv", *WHY, "--review-by", "2026-01-01"), "--review-by"),
    (("old.csv", *WHY, "--rejected", "./old.csv"), "write over"),
    (("old.csv", *WHY, "--map", "none.toml"), "there is no none.toml"),
    (("old.csv", *WHY, "--map", "bad.toml"), "bad.toml:2"),
    (("old.csv", *WHY, "--map", "other.toml"), "Component"),
    (("no-headings.csv", *WHY), "no column tells the component"),
    (("--confirm", "aaaaaa", "--map", "x", *WHY), "--map"),
    (("--confirm", "aaaaaa", *WHY), "aaaaaa"),
    (("--confirm", "aaaaaa", "old.csv", *WHY), "old.csv"),
)


def test_a_wrong_call_ends_with_2_and_says_why(house: House) -> None:
    (house.root / "old.csv").write_text("组件,版本\nleft-pad,1.0\n")
    (house.root / "no-headings.csv").write_text("a,b\n1,2\n")
    (house.root / "bad.toml").write_text('[columns]\ncompnent = "x"\n')
    (house.root / "other.toml").write_text('[columns]\ncomponent = "Component"\n')
    for words, told in WRONG:
        said = imported(house, *words)
        assert (said.code, told in said.err) == (2, True), (words, said)
    assert house.refs("refs/heads/osgate/") == []


def test_what_the_desk_would_refuse_is_not_sent(house: House) -> None:
    path = house.root / "old.csv"
    path.write_text("组件,版本,语言\nleft-pad,1.0.0,npm\n")
    late = imported(house, str(path), *WHY, "--review-by", "2030-01-01")
    assert (late.code, "2030-01-01" in late.err) == (1, True)
    role = imported(house, str(path), "--role", "legal", "--reason", "x")
    assert role.code == 1
    nothing = house.root / "nothing.csv"
    nothing.write_text("组件,版本,语言\nleft-pad,,npm\n")
    assert imported(house, str(nothing), *WHY).code == 1
    assert house.refs("refs/heads/osgate/") == []


def test_help_names_every_flag_and_print_sends_nothing(house: House) -> None:
    for action, flags in (
        ("import", "map sheet range review-by rejected dry-run confirm print"),
        ("export", "kind as-of"),
    ):
        said = house.osgate("ledger", action, "--help")
        assert said.code == 0
        assert [flag for flag in flags.split() if f"--{flag}" not in said.out] == []
    path = house.root / "old.csv"
    path.write_text("组件,版本,语言\n" + "".join(f"x{i},1.0.0,npm\n" for i in range(250)) + "x,,npm\n" * 250)
    said = imported(house, str(path), *WHY, "--print")
    assert (said.code, said.out.count('"verb": "import"')) == (0, 2)
    assert "and 50 more" in said.err
    assert house.refs("refs/heads/osgate/") == []


def test_who_took_over_does_not_confirm_and_what_is_on_its_way_is_not_taken_twice(house: House) -> None:
    path = house.root / "old.csv"
    path.write_text("组件,版本,语言\nleft-pad,1.0.0,npm\n")
    assert imported(house, str(path), *WHY).code == 0
    again = imported(house, str(path), *WHY)
    assert (again.code, "1 in the ledger already" in again.out) == (0, True)
    assert house.desk().code == 0
    (item,) = house.past().sealed
    own = imported(house, "--confirm", item.id, *WHY)
    assert own.code == 1
    other = imported(house, "--confirm", item.id, "--role", "legal", "--reason", "compared", person="li.si")
    assert (other.code, "left-pad" in other.err) == (0, True)


def test_an_export_is_as_of_a_day_of_a_kind_and_goes_to_standard_output(house: House) -> None:
    empty = house.osgate("ledger", "export", "--format", "json", "--policy-repo", str(house.bare))
    assert (json.loads(empty.out)["rows"], json.loads(empty.out)["anchor"]) == ([], None)
    house.made("wang.wu", "request", "pkg:npm/left-pad@1.3.0", "--reason", "needed", "--channel", "community")
    assert house.desk().code == 0

    def rows(*more: str) -> list[dict[str, str]]:
        said = house.osgate("ledger", "export", "--policy-repo", str(house.bare), *more)
        assert said.code == 0, said
        return list(csv.DictReader(io.StringIO(said.out.removeprefix("\ufeff"), newline="")))

    assert [row["component"] for row in rows()] == ["pkg:npm/left-pad"]
    assert rows("--as-of", "2026-11-20") == []
    assert rows("--kind", "software") == []
    assert len(rows("--kind", "component", "--as-of", "2026-11-21")) == 1
    for words in (("--kind", "x"), ("--format", "x"), ("--as-of", "x"), ("x",), ("--output", str(house.keys))):
        assert house.osgate("ledger", "export", "--policy-repo", str(house.bare), *words).code == 2, words
    assert not list(house.root.glob("*.tmp"))
