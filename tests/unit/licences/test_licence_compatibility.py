"""What goes together with what, by use; the matrix; whole works; rights and obligations."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import UsageError
from osgate.licences import duties, index, matrix, obligations
from osgate.licences.closure import MOST_EXPRESSIONS, Part, clashes
from osgate.licences.compatibility import CONFLICT, DEPENDS, OK, UNKNOWN, VERDICTS, Rules, together, within
from osgate.licences.expression import Group, Term, join
from osgate.licences.names import read
from osgate.licences.use import DISTRIBUTED, INTERNAL, REACHES, SERVICE, Use
from osgate.model.fact import Unknown


def term(text: str) -> Term:
    found = read(text)
    assert isinstance(found, Term)
    return found


def expression(text: str) -> Term | Group:
    found = read(text)
    assert not isinstance(found, Unknown)
    return found


LINKED, APART, SERVED, INSIDE = Use(DISTRIBUTED), Use(DISTRIBUTED, linked=False), Use(SERVICE), Use(INTERNAL)
PAIRS = [
    ("Apache-2.0", "GPL-2.0-only", LINKED, CONFLICT, "matrix"),
    ("Apache-2.0", "GPL-2.0-only", APART, OK, "separate"),
    ("Apache-2.0", "GPL-2.0-only", SERVED, OK, "not-distributed"),
    ("Apache-2.0", "GPL-2.0-only", INSIDE, OK, "not-distributed"),
    ("Apache-2.0", "GPL-3.0-only", LINKED, OK, "matrix"),
    ("EPL-2.0", "GPL-2.0-only", LINKED, CONFLICT, "matrix"),
    ("AGPL-3.0-only", "UNLICENSED", SERVED, CONFLICT, "category"),
    ("AGPL-3.0-only", "UNLICENSED", INSIDE, OK, "not-distributed"),
    ("AGPL-3.0-only", "GPL-3.0-only", LINKED, DEPENDS, "matrix"),
    ("MulanPSL-2.0", "GPL-2.0-only", LINKED, DEPENDS, "category"),
    ("CC0-1.0", "GPL-2.0-only", LINKED, OK, "free"),
    ("BUSL-1.1", "GPL-3.0-only", LINKED, CONFLICT, "category"),
    ("BUSL-1.1", "MIT", LINKED, OK, "own-terms"),
    ("LGPL-2.1-only", "Apache-2.0", LINKED, OK, "weak"),
    ("GPL-2.0-only WITH Classpath-exception-2.0", "Apache-2.0", LINKED, OK, "weak"),
    # With the exception it is no free licence any more, whatever the matrix says of the licence without it.
    ("Apache-2.0 WITH LicenseRef-scancode-commons-clause", "GPL-3.0-only", LINKED, CONFLICT, "category"),
    ("LicenseRef-mine", "MIT", LINKED, UNKNOWN, "unknown-licence"),
    ("LicenseRef-mine", "MIT", INSIDE, UNKNOWN, "unknown-licence"),
    ("GPL-3.0-only", "GPL-3.0-only", LINKED, OK, "same"),
]


@pytest.mark.parametrize(("one", "other", "use", "verdict", "reason"), PAIRS)
def test_R10_2_two_components_in_one_work(one: str, other: str, use: Use, verdict: str, reason: str) -> None:
    for pair in ((one, other), (other, one)):
        found = together(term(pair[0]), term(pair[1]), use)
        assert (found.verdict, found.reason) == (verdict, reason)


def test_R02_6_a_work_that_is_passed_on_asks_more_than_one_that_stays_inside() -> None:
    closed, gpl = term("UNLICENSED"), term("GPL-3.0-only")
    assert [within(closed, gpl, Use(reach)).verdict for reach in REACHES] == [OK, OK, CONFLICT]
    assert within(term("GPL-2.0-only"), term("Apache-2.0"), LINKED).verdict == CONFLICT
    assert within(term("GPL-3.0-only"), term("MIT"), LINKED).verdict == OK
    # The other way round the work would have to be under the GPL.
    assert within(term("MIT"), gpl, LINKED).verdict == CONFLICT
    assert within(closed, term("LGPL-3.0-only"), LINKED) == within(closed, term("MPL-2.0"), LINKED)


def test_the_institutions_word_comes_first_and_a_strange_word_is_unknown() -> None:
    pairs = {("MulanPSL-2.0", "GPL-2.0-only"): "ok", ("MIT", "ISC"): "fine"}
    rules = Rules(pairs=pairs)
    assert together(term("GPL-2.0-only"), term("MulanPSL-2.0"), LINKED, rules).verdict == OK
    assert within(term("GPL-2.0-only"), term("MulanPSL-2.0"), LINKED, rules).verdict == DEPENDS
    assert together(term("MIT"), term("ISC"), LINKED, rules).verdict == UNKNOWN


@settings(max_examples=60, deadline=None)
@given(*[st.sampled_from([*matrix.shipped().licences, "LicenseRef-x", "SSPL-1.0"])] * 2, st.sampled_from(REACHES))
def test_a_use_that_reaches_further_is_never_better(one: str, other: str, reach: str) -> None:
    pair = (term(one), term(other))
    inside, here, linked = Use(INTERNAL), Use(reach, linked=False), Use(reach)
    ranks = [VERDICTS.index(together(*pair, use).verdict) for use in (inside, linked)]
    assert ranks == sorted(ranks)
    assert VERDICTS.index(together(*pair, here).verdict) <= VERDICTS.index(together(*pair, linked).verdict)


def test_the_matrix_that_is_shipped_is_osadls() -> None:
    table = matrix.shipped()
    answers = Counter(table.answers[ord(cell) - 0x21][0] for row in table.cells.values() for cell in row)
    assert answers == {"Yes": 8613, "No": 3419, "Unknown": 1018, "Same": 115, "Check dependency": 60}
    answer = table.answer("GPL-2.0-only", "Apache-2.0")
    assert answer is not None
    assert answer[1].startswith("Incompatibility of the Apache-2.0 license with the GPL-2.0-only license is explicitly")
    assert table.answer("GPL-2.0-only", "CC0-1.0") is None
    assert all(index.licence(name.partition(" WITH ")[0]) for name in table.licences)


def small() -> dict[str, object]:
    cells = {"A": {"A": ["Same", 0], "A-1": ["Yes", 1]}, "A-1": {"A": ["No", 2], "A-1": ["Same", 0]}}
    words = ["n.a.", "The A-1 license goes into the A license &amp; more.", "Not the A license into the A-1 license."]
    return {"timestamp": "2026-01-01", "source": "made up", "explanations": words, "matrix": cells}


def test_a_newer_matrix_can_be_packed_and_read() -> None:
    table = matrix.read(matrix.pack(small()))
    assert table.answer("A", "A-1") == ("Yes", "The A-1 license goes into the A license & more.")
    assert table.answer("A-1", "A") == ("No", "Not the A license into the A-1 license.")
    assert together(term("MIT"), term("GPL-3.0-only"), LINKED, Rules(matrix=table)).verdict == DEPENDS


@pytest.mark.parametrize("change", [{"matrix": {"A": {"A": ["Maybe", 0]}}}, {"explanations": []}, {"matrix": []}])
def test_what_is_no_matrix_is_not_packed(change: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        matrix.pack({**small(), **change})


@cache
def broken() -> dict[str, bytes]:
    whole = matrix.pack(small())
    found = json.loads(gzip.decompress(whole))
    short = {**found, "cells": {"A": "!", "A-1": "!!"}}
    far = {**found, "cells": {"A": "!~", "A-1": "!!"}}
    return {
        "cut": whole[:-12],
        "no gzip": b"{}",
        "no json": gzip.compress(b"["),
        "deep": gzip.compress(b"[" * 200_000),
        "bomb": gzip.compress(b" " * (matrix.MAX_UNPACKED + 1)),
        "short row": gzip.compress(json.dumps(short).encode()),
        "no such answer": gzip.compress(json.dumps(far).encode()),
    }


@pytest.mark.parametrize("name", broken())
def test_a_matrix_that_is_damaged_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        matrix.read(broken()[name])


# Whole works


def work(**licences: str) -> list[Part]:
    return [Part(name, expression(text), LINKED) for name, text in licences.items()]


def told(parts: list[Part], **more: object) -> list[tuple[str, str, str]]:
    return [(clash.one, clash.other, clash.verdict.verdict) for clash in clashes(parts, **more)]  # type: ignore[arg-type]


def test_R10_2_the_pair_is_named_once_for_each_two_expressions() -> None:
    parts = work(a="Apache-2.0", b="GPL-2.0-only", c="Apache-2.0", d="MIT")
    assert told(parts) == [("a", "b", CONFLICT)]
    apart = [*work(a="Apache-2.0", d="MIT"), Part("b", expression("GPL-2.0-only"), APART)]
    assert told(apart) == []


def test_of_an_or_the_part_that_goes_with_all_others_is_taken() -> None:
    assert told(work(a="Apache-2.0", b="GPL-2.0-only OR MIT")) == []
    assert told(work(a="Apache-2.0", b="GPL-2.0-only AND MIT")) == [("a", "b", CONFLICT)]


def test_one_choice_holds_against_all_others() -> None:
    # Each of the two goes with one alternative; no alternative goes with both.
    parts = work(a="GPL-2.0-only OR Apache-1.1", b="Apache-2.0", c="GPL-2.0-only OR GPL-3.0-only")
    assert together(term("Apache-1.1"), term("GPL-3.0-only"), LINKED).verdict == CONFLICT
    assert any("a" in clash[:2] or "c" in clash[:2] for clash in told(parts))


def test_the_policys_rank_comes_before_what_goes_together() -> None:
    parts = work(a="Apache-2.0", b="GPL-2.0-only OR MIT")
    assert told(parts, rank=lambda term: term.licence == "MIT") == [("a", "b", CONFLICT)]


def test_a_licence_nobody_knows_is_told_once() -> None:
    parts = work(a="LicenseRef-x", b="MIT", c="GPL-3.0-only", d="ISC")
    assert told(parts) == [("a", "", UNKNOWN)]


def test_the_works_own_licence_is_met_too() -> None:
    parts = work(a="GPL-3.0-only", b="MIT")
    assert told(parts, outbound=term("UNLICENSED")) == [("a", "", CONFLICT)]


def test_the_licences_of_one_component_are_held_against_each_other() -> None:
    assert told(work(a="GPL-2.0-only AND Apache-2.0")) == [("a", "a", CONFLICT)]


def test_too_many_expressions_are_unknown() -> None:
    parts = [Part(str(n), Term(f"LicenseRef-{n}"), LINKED) for n in range(MOST_EXPRESSIONS + 1)]
    assert [clash.verdict.verdict for clash in clashes(parts)] == [UNKNOWN]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["MIT", "Apache-2.0", "GPL-2.0-only", "GPL-3.0-only", "MPL-2.0"]), min_size=1, max_size=5)
)
def test_an_alternative_that_goes_with_all_never_adds_a_clash(names: list[str]) -> None:
    parts = [Part(str(n), Term(name), LINKED) for n, name in enumerate(names)]
    freed = [Part(part.name, join("OR", (part.licence, Term("0BSD"))), LINKED) for part in parts]
    assert len(clashes(freed)) <= len(clashes(parts))


# Rights and obligations


def asked(id: str, use: Use) -> set[str]:
    return set(obligations.of(term(id), use).duties)


def test_duties_follow_the_use() -> None:
    assert asked("MIT", LINKED) == {"attribution", "licence-text"}
    assert asked("MIT", SERVED) == asked("MIT", INSIDE) == set()
    assert {"same-licence-whole", "source-of-work"} <= asked("GPL-2.0-only", LINKED)
    assert "same-licence-whole" not in asked("GPL-2.0-only", APART)
    assert "source-of-work" not in asked("GPL-3.0-only", SERVED)
    assert "source-to-users" in asked("AGPL-3.0-only", SERVED)
    assert "source-to-users" not in asked("AGPL-3.0-only", Use(SERVICE, linked=False))
    assert "source-to-users" not in asked("AGPL-3.0-only", INSIDE)
    assert "change-notice" in asked("Apache-2.0", Use(DISTRIBUTED, modified=True))
    assert "change-notice" not in asked("Apache-2.0", LINKED)
    assert "relinking" in asked("LGPL-3.0-only", LINKED) - asked("LGPL-3.0-only", APART)
    assert "same-licence-whole" not in asked("GPL-2.0-only WITH Classpath-exception-2.0", LINKED)
    assert "no-production" in asked("BUSL-1.1", INSIDE)
    assert "no-sale" in asked("Apache-2.0 WITH LicenseRef-scancode-commons-clause", INSIDE)


def test_rights_are_told_as_far_as_they_are_known() -> None:
    assert obligations.of(term("Apache-2.0"), LINKED).rights == ("use", "modify", "distribute", "commercial", "patent")
    assert obligations.of(term("MIT"), LINKED).rights == ("use", "modify", "distribute", "commercial")
    assert obligations.of(term("BUSL-1.1"), LINKED).rights == ("use-limited", "modify", "distribute")
    assert obligations.of(term("LicenseRef-x"), LINKED) == obligations.Terms(
        term("LicenseRef-x"), (), (), obligations.UNKNOWN, "unknown"
    )


def test_a_licence_that_was_not_read_gets_the_least_of_its_category() -> None:
    found = obligations.of(term("CECILL-2.1"), LINKED)
    assert found.basis == obligations.BY_CATEGORY
    assert "source-of-files" in found.duties


def test_every_licence_of_the_table_has_an_id_and_a_known_moment() -> None:
    assert {id for id in duties.DUTIES if index.licence(id) != Term(id)} == set()
    moments = {code.partition("@")[2] for codes in duties.DUTIES.values() for code in codes}
    assert moments == set(obligations._WHEN)
