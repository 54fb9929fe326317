"""npm locks: what a licence is kept as, and which names no package can have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osgate.formats import table
from osgate.formats.npm_lock.entries import LONGEST_LICENCE, licence
from osgate.model.dependency import Reading, Unreadable
from osgate.policy.pre_approvals import means


def read(**entry: Any) -> Reading:
    lock = {"lockfileVersion": 3, "packages": {"node_modules/evil": {"version": "1.0.0", **entry}}}
    return table.read("package-lock.json", json.dumps(lock, indent=1).encode(), lambda path: None)


@pytest.mark.parametrize("stated", ["\ud800", ["MIT", "\ud800"], {"type": "\udfff"}, "", "  ", 7, None, {}])
def test_what_cannot_be_written_states_nothing(stated: object) -> None:
    assert licence(stated) is None


def test_licences_that_differ_behind_the_cut_stay_apart() -> None:
    listed = [["MIT"] * 100 + [name] for name in ("GPL-3.0", "ISC")]
    written = ["x" * LONGEST_LICENCE + end for end in ("a", "b", "\u8bb8")]
    kept = [licence(one) for one in (*listed, *written)]
    assert len(set(kept)) == len(kept)
    assert all(one is not None and one[LONGEST_LICENCE:][:2] == " \u2026" for one in kept)
    assert licence(["MIT", {"type": "ISC"}]) == "MIT OR ISC"
    assert licence("x" * LONGEST_LICENCE) == "x" * LONGEST_LICENCE


@pytest.mark.parametrize("name", ["npm-group/evil", "evil/", "@scope/a/b", "is-/../evil"])
def test_a_name_with_a_slash_out_of_place_is_refused(name: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(name=name)
    assert (caught.value.reason, caught.value.line) == ("malformed", 4)


@pytest.mark.parametrize("name", ["good", "@scope/good"])
def test_a_name_with_its_scope_is_read(name: str) -> None:
    found = read(name=name)
    assert [one.purl.endswith("good@1.0.0") for one in found] == [True]


def test_a_slash_that_is_written_as_percent_2f_is_one_for_what_is_approved_in_advance() -> None:
    assert not means("pkg:npm/npm-*", "pkg:npm/npm-group%2Fevil")
    assert not means("pkg:npm/npm-*", "pkg:npm/npm-group%2fevil")
    assert means("pkg:npm/npm-*", "pkg:npm/npm-group")
