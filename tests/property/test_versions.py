"""Properties of versions and ranges that must hold for whatever a file may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from osgate.errors import UsageError
from osgate.versions import (
    compare,
    contains,
    covers,
    default_range,
    is_prerelease,
    npm_range,
    parse_vers,
    satisfies,
    sort_key,
    to_vers,
)
from osgate.versions.vers import Vers, write

if TYPE_CHECKING:
    from collections.abc import Callable

ORDERED = (
    *("npm", "golang", "cargo", "pypi", "maven", "nuget", "gem", "composer", "deb", "rpm", "apk"),
    *("conan", "pub", "cran", "hackage", "gentoo", "generic"),
)


def asked(question: Callable[..., object], *given: str) -> tuple[object, UsageError | None]:
    """Return the answer, or the usage error that came instead of one."""
    try:
        return question(*given), None
    except UsageError as mistake:
        return None, mistake


bounded = settings(max_examples=150, deadline=None)

numbers = st.lists(st.integers(0, 12).map(str), min_size=1, max_size=4).map(".".join)
# What publishers append, across types; each type reads some of it and takes the rest for text.
tails = st.sampled_from(
    ["", "", "", "-rc.1", "-alpha", "-alpha.2", "+b1", "rc1", ".dev1", "-SNAPSHOT", ".Final", "-M2", "-sp1", "~rc1-1",
     "-1~bpo1", "-r1", "_rc1", "_p2", "-1.el9", "^git1", ".pre.1", "-dev", "-p1", ".post1", "b2-r3", ".0.a", "-b.0.3"]
)  # fmt: skip
versions = st.builds("{}{}{}".format, st.sampled_from(["", "", "", "v", "1:"]), numbers, tails)
hostile = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789.-+~^_:!v*x<>=|%ab\x00\u0661\u00e9 ", max_size=60),
    st.builds(lambda unit, times: unit * times, st.sampled_from(["9", "1.", "-", "a", "1a", "~", "\x00", "\u0661"]),
              st.sampled_from([255, 256, 257, 10_000, 100_000])),
)  # fmt: skip


@bounded
@given(st.sampled_from(ORDERED), versions, versions, versions)
def test_versions_are_totally_ordered(purl_type: str, a: str, b: str, c: str) -> None:
    assert compare(purl_type, a, a) == 0
    assert compare(purl_type, a, b) == -compare(purl_type, b, a)
    if compare(purl_type, a, b) <= 0 and compare(purl_type, b, c) <= 0:
        assert compare(purl_type, a, c) <= 0
    if compare(purl_type, a, b) == 0:
        assert compare(purl_type, a, c) == compare(purl_type, b, c)


@bounded
@given(st.sampled_from([t for t in ORDERED if t != "maven"]), hostile, hostile, hostile)
def test_any_texts_are_totally_ordered(purl_type: str, a: str, b: str, c: str) -> None:
    """Maven is left out: its own relation is none on contrived texts (see osgate.versions.maven)."""
    key = sort_key(purl_type)
    low, middle, high = sorted([a, b, c], key=key)
    assert compare(purl_type, low, middle) <= 0
    assert compare(purl_type, middle, high) <= 0
    assert compare(purl_type, low, high) <= 0
    assert compare(purl_type, high, low) == -compare(purl_type, low, high)


def parts(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet=alphabet, min_size=1, max_size=3)


pep440 = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["", "", "v", "1!", "0!"]),
    st.lists(st.integers(0, 20).map(str), min_size=1, max_size=4).map(".".join),
    st.sampled_from(["", "", "a1", "b2", "rc3", ".alpha", "-beta_2", "c1", "pre", "_preview.4", "RC1"]),
    st.sampled_from(["", "", ".post1", "-2", ".rev", "r3", "-post"]),
    st.sampled_from(["", "", ".dev0", "dev4", "-dev"]),
    st.one_of(st.just(""), parts("0129abz").map("+{}".format), parts("01a").map("+1.{}".format), st.just("+A-1_b")),
)


@settings(max_examples=400, deadline=None)
@given(pep440, pep440)
def test_python_versions_are_ordered_as_packaging_orders_them(a: str, b: str) -> None:
    left, right = Version(a), Version(b)
    assert compare("pypi", a, b) == (left > right) - (left < right)
    assert is_prerelease("pypi", a) == left.is_prerelease


@bounded
@given(st.sampled_from(ORDERED), versions, versions)
def test_compare_and_contains_agree(purl_type: str, bound: str, version: str) -> None:
    order = compare(purl_type, version, bound)
    assert contains(write(purl_type, (("=", bound),)), version) == (order == 0)
    assert contains(write(purl_type, (("!=", bound),)), version) == (order != 0)
    for comparator, inside in (("<", order < 0), ("<=", order <= 0), (">", order > 0), (">=", order >= 0)):
        text = write(purl_type, ((comparator, bound),))
        answer, mistake = asked(contains, text, version)
        if mistake is None:
            assert answer == inside
        else:
            # No version of its type: no end of an interval either.
            assert (mistake.code, sort_key(purl_type)(bound)[0]) == ("vers.version", 0)


@st.composite
def ranges(draw: st.DrawFn) -> Vers:
    """A canonical range: versions in ascending order, comparators that may follow each other."""
    purl_type = draw(st.sampled_from(ORDERED))
    key = sort_key(purl_type)
    kept: list[str] = []
    for version in sorted(draw(st.lists(numbers, min_size=1, max_size=6)), key=key):
        if not kept or compare(purl_type, kept[-1], version) < 0:
            kept.append(f"v{version}" if purl_type == "golang" else version)
    constraints: list[tuple[str, str]] = []
    last = ""
    for version in kept:
        after = ("<", "<=") if last[:1] == ">" else ("=", ">", ">=") if last else ("=", ">", ">=", "<", "<=")
        comparator = draw(st.sampled_from(("!=", *after)))
        last = last if comparator == "!=" else comparator
        constraints.append((comparator, version))
    return Vers(purl_type, tuple(constraints))


@bounded
@given(ranges())
def test_ranges_come_back_from_their_text(vers: Vers) -> None:
    assert parse_vers(str(vers)) == vers
    assert str(parse_vers(str(vers))) == str(vers)


@bounded
@given(ranges(), numbers)
def test_containment_is_the_union_of_the_intervals(vers: Vers, version: str) -> None:
    """Against the plain reading: below or above each bound, interval by interval, exclusions last."""
    order = [(comparator, compare(vers.scheme, version, bound)) for comparator, bound in vers.constraints]
    ends = [(comparator, sign) for comparator, sign in order if comparator[0] in "<>"]
    inside = any(comparator == "=" and sign == 0 for comparator, sign in order)
    only_exclusions = all(comparator == "!=" for comparator, _ in order)
    at = 0
    while at < len(ends):
        comparator, sign = ends[at]
        if comparator[0] == "<":
            inside |= sign < 0 or (sign == 0 and comparator == "<=")
            at += 1
            continue
        above = sign > 0 or (sign == 0 and comparator == ">=")
        closing, closing_sign = ends[at + 1] if at + 1 < len(ends) else ("<", -1)
        inside |= above and (closing_sign < 0 or (closing_sign == 0 and closing == "<="))
        at += 2
    excluded = any(comparator == "!=" and sign == 0 for comparator, sign in order)
    assert contains(str(vers), version) == ((inside or only_exclusions) and not excluded)


@bounded
@given(ranges(), versions)
def test_without_prereleases_never_more_is_covered(vers: Vers, version: str) -> None:
    wide, narrow = (covers(str(vers), version, prereleases=both) for both in (True, False))
    assert wide or not narrow
    assert wide == contains(str(vers), version)
    if narrow and is_prerelease(vers.scheme, version):
        assert any(c == "=" and compare(vers.scheme, v, version) == 0 for c, v in vers.constraints)


@bounded
@given(st.sampled_from((*ORDERED, "github", "docker", "generic")), st.one_of(versions, hostile))
def test_a_default_range_covers_its_own_version(purl_type: str, version: str) -> None:
    text, mistake = asked(default_range, purl_type, version)
    if mistake is not None:
        assert mistake.code in ("vers.version", "vers.empty", "vers.length")
        assert not version.isprintable() or not version or len(version) > 10_000
        return
    assert isinstance(text, str)
    assert covers(text, version, prereleases=False)
    assert covers(text, version, prereleases=True)
    assert str(parse_vers(text)) == text


@bounded
@given(st.text(alphabet="0123456789.-+~^:!v*x<>=|%aA \n\x00/", max_size=60), st.sampled_from(ORDERED))
def test_a_range_is_canonical_or_refused(body: str, purl_type: str) -> None:
    text = f"vers:{purl_type}/{body}"
    vers, mistake = asked(parse_vers, text)
    if mistake is None:
        assert str(vers) == text
    else:
        offered = mistake.params["canonical"]
        assert mistake.code.startswith("vers.")
        assert offered is None or str(parse_vers(str(offered))) == offered


@bounded
@given(hostile, hostile, versions)
def test_hostile_texts_get_an_answer_or_a_usage_error(text: str, other: str, version: str) -> None:
    for purl_type in ORDERED:
        assert compare(purl_type, text, other) == -compare(purl_type, other, text)
        assert is_prerelease(purl_type, text) in (True, False)
    for purl_type in ("npm", "pypi", "maven"):
        for native, tested in ((text, version), (version, text), (f">={other}", text), (f"[{text},)", other)):
            answer, mistake = asked(satisfies, purl_type, native, tested)
            assert answer in (True, False) if mistake is None else mistake.code == "range.syntax"
    with pytest.raises(UsageError):
        parse_vers(text)


releases = st.tuples(*[st.integers(0, 3)] * 3).map(lambda parts: ".".join(map(str, parts)))


@bounded
@given(releases, releases)
def test_npm_ranges_agree_with_the_order_of_releases(a: str, b: str) -> None:
    order = compare("npm", a, b)
    assert satisfies("npm", f">={b}", a) == (order >= 0)
    assert satisfies("npm", f"<{b}", a) == (order < 0)
    assert satisfies("npm", f"{b} || <{b}", a) == (order <= 0)
    # A caret and the range an approval covers by default end at the same place, 0.0.x included.
    assert satisfies("npm", f"^{b}", a) == covers(default_range("npm", b), a, prereleases=False)


partials = st.builds(
    lambda numbers, tail: ".".join([*map(str, numbers), *tail][:3]),
    st.lists(st.integers(0, 3), max_size=3),
    st.sampled_from([(), ("x",), ("*", "x"), ("X",)]),
).filter(bool)
simple = st.tuples(st.sampled_from(["", "^", "~", ">", ">=", "<", "<=", "="]), partials)


def admits(operator: str, partial: str, release: tuple[int, ...]) -> bool:
    """npm's documentation read plainly: what a comparison with a partial version says of a release."""
    given = tuple(int(part) for part in partial.split(".") if part.isdigit())
    same = release[: len(given)]
    if operator == "^":
        kept = next((at for at, number in enumerate(given, 1) if number), len(given))
        return release[:kept] == given[:kept] and release >= given
    if operator == "~":
        return release[: len(given[:2])] == given[:2] and release >= given
    if operator in ("", "="):
        return same == given
    if not given:
        return operator in (">=", "<=")
    return {">": same > given, ">=": same >= given, "<": same < given, "<=": same <= given}[operator]


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.lists(simple, min_size=1, max_size=2), min_size=1, max_size=3), releases, st.booleans(), st.booleans()
)
def test_npm_ranges_read_as_the_documentation_says(
    alternatives: list[list[tuple[str, str]]], version: str, loose: bool, prereleases: bool
) -> None:
    release = tuple(map(int, version.split(".")))
    text = " || ".join(" ".join(operator + partial for operator, partial in one) for one in alternatives)
    wanted = any(all(admits(operator, partial, release) for operator, partial in one) for one in alternatives)
    assert npm_range.satisfies(text, version, loose=loose, prereleases=prereleases) == wanted
    again = npm_range.normal(text, loose=loose, prereleases=prereleases)
    assert again is not None
    assert npm_range.satisfies(again, version, loose=loose, prereleases=prereleases) == wanted
    # As VERS it says the same of every release.
    written, mistake = asked(to_vers, "npm", text)
    assert wanted is False if mistake else contains(str(written), version) == wanted


clauses = st.builds(
    "{}{}".format,
    st.sampled_from(["==", "!=", ">=", "<=", ">", "<"]),
    st.lists(st.integers(0, 3).map(str), min_size=1, max_size=3).map(".".join),
)
wide_clauses = st.builds(
    lambda text: f"~={text}", st.lists(st.integers(0, 3).map(str), min_size=2, max_size=3).map(".".join)
)


@bounded
@given(st.lists(st.one_of(clauses, wide_clauses), max_size=4).map(",".join), releases)
def test_python_specifiers_say_the_same_of_releases_as_vers(text: str, version: str) -> None:
    wanted = satisfies("pypi", text, version)
    written, mistake = asked(to_vers, "pypi", text)
    if mistake:
        assert (mistake.code, wanted) == ("range.empty", False)
        return
    assert contains(str(written), version) == wanted
    assert str(parse_vers(str(written))) == written


@bounded
@given(
    st.sampled_from(["npm", "pypi", "maven", "gem", "nuget", "conan", "nginx", "openssl"]),
    st.one_of(hostile, st.text(alphabet="0123456789.-+^~<>=!|*x[](), ", max_size=60)),
)
def test_any_native_range_becomes_canonical_vers_or_a_usage_error(purl_type: str, text: str) -> None:
    written, mistake = asked(to_vers, purl_type, text)
    if mistake is None:
        assert str(parse_vers(str(written))) == written
    else:
        assert mistake.code in ("range.syntax", "range.empty", "range.version", "vers.version")
