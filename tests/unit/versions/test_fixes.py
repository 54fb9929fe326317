"""The version that mends everything known."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate import versions
from osgate.versions.fixes import mending, nearest

NUMBERS = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: f"{pair[0]}.{pair[1]}.0")


@pytest.mark.parametrize(
    ("type", "version", "fixes", "wanted"),
    [
        ("npm", "1.3.0", [["1.3.5"]], "1.3.5"),
        ("npm", "1.3.0", [["1.3.5"], ["1.4.0"]], "1.4.0"),
        ("npm", "1.9.0", [["1.10.0"], ["1.9.5"]], "1.10.0"),
        ("npm", "1.3.0", [["1.2.9", "1.3.5"]], "1.3.5"),
        ("npm", "1.3.0", [["1.3.5", "1.4.0"]], "1.4.0"),
        ("pypi", "2.0", [["2.0.post1"]], "2.0.post1"),
        ("npm", "1.3.0", [["1.3.5"], []], ""),
        ("npm", "1.3.0", [["1.2.9"]], ""),
        ("npm", "1.3.0", [], ""),
        ("npm", "main", [["1.3.5"]], ""),
        ("npm", "1.3.0", [["soon"]], ""),
        ("github", "v1", [["v2"]], ""),
        ("no-such-type", "1", [["2"]], ""),
    ],
)
def test_the_nearest_version_that_mends_all(type: str, version: str, fixes: list[list[str]], wanted: str) -> None:
    assert nearest(type, version, fixes) == wanted


def test_where_some_flaws_have_no_fix_the_nearest_for_the_others_and_which_are_left() -> None:
    fixes = [["2.15.0"], [], ["2.17.1"], ["2.3.0"]]
    assert mending("maven", "2.14.1", fixes) == ("2.17.1", (1, 3))
    assert mending("maven", "2.14.1", [[], []]) == ("", (0, 1))
    assert mending("no-such-type", "1", [["2"]]) == ("", (0,))


@settings(max_examples=60)
@given(NUMBERS, st.lists(st.lists(NUMBERS, max_size=3), max_size=4))
def test_what_is_named_lies_above_and_at_or_above_a_fix_of_each_flaw(version: str, fixes: list[list[str]]) -> None:
    found = nearest("npm", version, fixes)
    if found:
        assert versions.compare("npm", found, version) > 0
        assert any(found in flaw for flaw in fixes)
        for flaw in fixes:
            assert any(versions.compare("npm", version, fix) < 0 <= versions.compare("npm", found, fix) for fix in flaw)


@settings(max_examples=60)
@given(st.sampled_from(["npm", "pypi", "maven", "deb", "generic"]), st.text(), st.lists(st.lists(st.text())))
def test_any_text_is_answered(type: str, version: str, fixes: list[list[str]]) -> None:
    assert isinstance(nearest(type, version, fixes), str)
