"""The order of each type, against published vectors and the answers of the real tools."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cmp_to_key, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from osgate.errors import UsageError
from osgate.versions import MAX_LENGTH, compare, covers, is_prerelease, schemes, sort_key

DATA = Path(__file__).with_name("data")
SIGN = {"<": -1, "=": 0, ">": 1}


def read(name: str) -> Any:
    return json.loads(DATA.joinpath(name).read_text("utf-8"))


def wrong(purl_type: str, rows: list[list[str]]) -> list[list[str]]:
    """Return the rows that `compare` contradicts, asked either way round."""
    signed = [(a, SIGN[op], b) for a, op, b in rows]
    return [
        row
        for row, (a, sign, b) in zip(rows, signed, strict=True)
        if (compare(purl_type, a, b), compare(purl_type, b, a)) != (sign, -sign)
    ]


OSV = ("apk", "composer", "cran", "deb", "gem", "hackage", "maven", "npm", "nuget", "pub", "pypi", "rpm")


@pytest.mark.parametrize("purl_type", OSV)
def test_order_agrees_with_osv_vectors(purl_type: str) -> None:
    rows = read("osv-order.json")[purl_type]
    assert len(rows) >= (11 if purl_type == "hackage" else 35)
    assert wrong(purl_type, rows) == []


@pytest.mark.parametrize("scheme", ["alpm", "conan", "datetime", "gentoo", "lexicographic", "openssl"])
def test_order_agrees_with_the_specification_of_vers(scheme: str) -> None:
    rows = read("vers-spec.json")[f"order-{scheme}"]
    assert len(rows) >= 7
    for versions, expected in rows:
        if isinstance(expected, bool):
            assert (compare(scheme, *versions) == 0) is expected, versions
        else:
            ordered = sorted(versions, key=cmp_to_key(partial(compare, scheme)))
            assert ordered == expected


@pytest.mark.parametrize(
    ("purl_type", "tool"),
    [
        ("maven", "maven 3.9.6 order"),
        ("maven", "maven 3.9.6 order, near"),
        ("deb", "dpkg order"),
        ("conan", "conan 2.34.0 order"),
    ],
)
def test_order_agrees_with_the_real_tool(purl_type: str, tool: str) -> None:
    rows = read("real-tools.json")[tool]
    assert len(rows) >= 200
    assert wrong(purl_type, rows) == []


def test_npm_order_agrees_with_node_semver_fixtures() -> None:
    fixtures = read("node-semver.json")
    assert wrong("npm", [[a, ">", b] for a, b in fixtures["comparisons"]]) == []
    assert wrong("npm", [[a, "=", b] for a, b in fixtures["equality"]]) == []


@pytest.mark.parametrize(
    ("purl_type", "ascending"),
    [
        ("golang", ["v0.0.0-20200101000000-abcdef012345", "v0.1.0", "v1.0.0-rc.1", "v1.0.0", "v1.10.0", "v2.0.0"]),
        ("cargo", ["0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0", "1.0.1"]),
        ("npm", ["not-a-version", "1", "1.0.1", "1.0.1.1", "1.1"]),
        ("composer", ["dev-main", "1.0-dev", "1.0-alpha1", "1.0-beta1", "1.0-RC1", "1.0", "1.0-p1"]),
        ("gem", ["1.a.0.b", "1.a.0.0.b", "1.a", "1.a.0.0.1", "1.a.0.1", "1.0", "1.0.1"]),
        ("rpm", ["1.0~rc1-1", "1.0-1", "1.0^git1-1", "1.0a-1", "1.0.1-1", "1:0.1-1"]),
        ("deb", ["1.0~rc1-1", "1.0-1~bpo1", "1.0-1", "1.0-1+b1", "1.0+dfsg-1", "1:0.1"]),
        ("conan", ["b c", "1.0-alpha", "1.0-beta.2", "1.0", "1.0+0", "1.0+b1", "1.9a", "1.10", "1.cci", "2"]),
        ("pub", ["1.0", "1.0+1", "1.0+a", "1.0.1-rc", "1.0.1-rc+1", "1.0.1"]),
        ("hackage", ["1.0-x", "1.0", "1.0.0", "1.2", "1.10"]),
        ("cran", ["0.1-0", "0.1-1", "0.1.1.1", "0.2"]),
        ("alpm", ["1 0", "1.0rc", "1.0", "1.0.a", "1.0.", "1.0.1", "1:0.1"]),
        ("gentoo", ["1_x", "1_alpha", "1_rc2", "1", "1-r1", "1_p", "1a", "1.0", "1.01", "1.1"]),
        ("openssl", ["1.1", "0.9.8zh", "1.0.2-beta1", "1.0.2", "1.0.2a", "1.0.2za", "1.1.0", "3.0.0"]),
        ("generic", ["latest", "1.0b2", "1.0-rc1", "1.0", "1.0a", "1.0.0", "1.9", "1.10", "2022"]),
        ("nginx", ["1.9.15", "1.10.0", "1.10.1"]),
        ("pypi", ["2004d", "1.0.dev1", "1.0a1.dev1", "1.0a1", "1.0rc1", "1.0", "1.0+a", "1.0+1", "1.0.post1", "1!0.1"]),
    ],
)
def test_order_of_each_step(purl_type: str, ascending: list[str]) -> None:
    turned = ascending[2:] + ascending[:2]
    assert sorted(turned, key=sort_key(purl_type)) == ascending
    assert {compare(purl_type, a, b) for a, b in pairwise(ascending)} == {-1}


def test_types_without_order_know_equality_and_text() -> None:
    assert compare("github", "v1", "v1") == 0
    assert compare("docker", "sha256:aa", "sha256:ab") == -1
    assert compare("github", "v10", "v9") == -1


def test_nobody_says_that_two_spellings_are_one_version_of_nothing_in_particular() -> None:
    assert compare("generic", "1.0", "v1.0") != 0
    assert compare("generic", "1.0", "1.0.0") == -1


@pytest.mark.parametrize("digest", ["e" * 39 + "1", "1" * 64, "sha256:" + "1" * 64])
def test_a_digest_is_no_generic_version(digest: str) -> None:
    assert compare("generic", digest, "0") == -1
    assert not covers("vers:generic/<9", digest, prereleases=False)


def test_an_arch_package_without_a_release_is_each_of_its_releases() -> None:
    assert compare("alpm", "1.5", "1.5-1") == 0
    assert compare("alpm", "1.5-2", "1.5") == 0
    assert compare("alpm", "1.5-1", "1.5-2") == -1
    assert compare("alpm", "1.5-1", "1.5-1") == 0


@pytest.mark.parametrize(
    "odd", ["2024-02-30T00:00:00Z", "2024-01-01t00:00:00z", "2024-01-01", "2024-01-01T00:00:00+24:00", "now"]
)
def test_what_is_no_moment_is_no_version_of_datetime(odd: str) -> None:
    assert sort_key("datetime")(odd)[0] == 0
    assert compare("datetime", "0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z") == -1


def test_branches_of_composer_are_not_equal_to_each_other() -> None:
    assert compare("composer", "dev-main", "dev-other") != 0


@pytest.mark.parametrize("call", [lambda t: compare(t, "1", "1"), lambda t: is_prerelease(t, "1"), sort_key])
def test_unknown_type_is_refused(call: Any) -> None:
    with pytest.raises(UsageError) as caught:
        call("nonesuch")
    assert caught.value.code == "version.type"
    assert caught.value.params == {"type": "nonesuch"}


def test_a_text_beyond_the_limit_is_below_every_version_and_equal_to_itself() -> None:
    long = "9" * (MAX_LENGTH + 1)
    for purl_type in ("npm", "pypi", "maven", "deb", "rpm", "apk", "gem", "nuget", "composer"):
        assert compare(purl_type, long, "0.0.1") == -1
        assert compare(purl_type, long, long) == 0
        assert compare(purl_type, long, "9" * MAX_LENGTH) == -1
    assert compare("npm", "9" * MAX_LENGTH, "1") == 1


@pytest.mark.parametrize(
    "text",
    ["9" * 1_000_000, "1." * 10_000 + "1", "1." + "9" * 100_000, "a" * 1_000_000, "-" * 256, "1." * 128, "1a" * 128,
     "9" * 256, "1-" * 128, "1" + " " * 255, "~" * 256, "\u0661.\u0662", "1.\u00b2", "\ud800", "\x00"],
    ids=lambda text: f"{text[:2]!a}x{len(text)}",
)  # fmt: skip
def test_hostile_texts_have_a_place_in_every_order(text: str) -> None:
    for purl_type in sorted(schemes._MODULES):
        assert compare(purl_type, text, text) == 0
        assert compare(purl_type, text, "1.0.0") == -compare(purl_type, "1.0.0", text)
        assert is_prerelease(purl_type, text) in (True, False)


@pytest.mark.parametrize(
    ("purl_type", "before", "released"),
    [
        ("npm", ["1.0.0-0", "1.0.0-rc.1+b", "1.0.0beta"], ["1.0.0", "1.0.0+b-1", "v1.0.0", "nonsense-1"]),
        ("golang", ["v0.0.0-20200101000000-abcdef012345"], ["v1.0.0", "v2.0.0+incompatible"]),
        ("pypi", ["1.0a1", "1.0.dev1", "1.0.post1.dev2", "1.0-PREVIEW_2"], ["1.0", "1.0.post1", "1.0+rc1", "2004d"]),
        (
            "maven",
            ["1.0-SNAPSHOT", "1.0-M1", "1.0.Alpha2", "1.0-rc1", "1-dev"],
            ["1.0", "1.0.Final", "1-jre8", "1.0-sp1"],
        ),
        ("nuget", ["1.0.0-beta"], ["1.0.0.1", "1.0.0+beta"]),
        ("gem", ["1.0.pre1", "1.0-1", "2.0.0.rc1"], ["1.0.0"]),
        ("composer", ["1.0-dev", "1.0-Beta1", "1.0RC1", "1.0-a1"], ["1.0", "1.0-p1", "1.0-stable"]),
        ("deb", ["1.0~rc1-1", "1.0~beta-1"], ["1.0-1~bpo12+1", "1.0-1~deb12u1", "1.0-1"]),
        ("rpm", ["1.0~rc1-1"], ["1.0-1.el9", "1.0^git1-1"]),
        ("apk", ["1.0_rc1-r0", "1.0_alpha"], ["1.0-r1", "1.0_p1", "1.0_git20200101"]),
        ("conan", ["1.0-alpha", "1.0-"], ["1.0", "1.0+b-1", "cci.20200101"]),
        ("pub", ["1.0.0-dev.1+2"], ["1.0.0+dev", "1.0.0"]),
        ("cran", [], ["1.0-1"]),
        ("alpm", ["1.0rc1-1", "2.0beta"], ["1.0-1", "1.0.rc1", "1.0c-1"]),
        ("gentoo", ["1.0_rc1", "1_alpha_p1"], ["1.0_p1-r1", "1.0a"]),
        ("openssl", ["3.0.0-alpha1", "1.1.1-dev"], ["1.0.2zh", "3.0.0"]),
        ("generic", ["1.0-rc1", "R2022pre", "1.0b2"], ["8u202", "R2022b"]),
        ("datetime", [], ["2024-01-01T00:00:00Z"]),
        ("lexicographic", [], ["rc"]),
        ("github", [], ["v1.0.0-rc1", "main"]),
    ],
)
def test_prereleases(purl_type: str, before: list[str], released: list[str]) -> None:
    assert [v for v in before if not is_prerelease(purl_type, v)] == []
    assert [v for v in released if is_prerelease(purl_type, v)] == []


def test_import_loads_nothing_and_npm_loads_only_its_own() -> None:
    script = (
        "import sys, json; import osgate.versions as v; first = sorted(m for m in sys.modules if 'osgate' in m)\n"
        "v.covers('vers:npm/>=1.0.0|<2.0.0', '1.2.3', prereleases=False)\n"
        "v.satisfies('npm', '^1', '1.2.3'); v.default_range('npm', '1.2.3')\n"
        "print(json.dumps([first, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    first, later = json.loads(done.stdout)
    assert first == ["osgate", "osgate.versions"]
    unwanted = {"dataclasses", "typing", "argparse", "pathlib", "subprocess", "logging", "tomllib", "packaging"}
    # What the interpreter itself loads at start depends on the machine (editable installs load pathlib and more).
    bare = subprocess.run(
        [sys.executable, "-I", "-c", "import sys, json, re; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert unwanted & (set(later) - set(json.loads(bare.stdout))) == set()
    ours = {name for name in later if name.startswith("osgate.versions.")}
    assert ours == {
        f"osgate.versions.{m}" for m in ("schemes", "semver", "vers", "native", "npm_range", "npm_sugar", "defaults")
    }


@pytest.mark.parametrize(
    ("purl_type", "odd", "good"),
    [
        ("apk", "", "0"),
        ("deb", "1.0\u4e2d", "0"),
        ("nuget", "latest", "0"),
        ("rpm", "1.0\x00", "0"),
        ("npm", "latest", "0.0.0"),
    ],
)
def test_what_is_no_version_of_its_type_stands_below_all_that_are(purl_type: str, odd: str, good: str) -> None:
    key = sort_key(purl_type)
    assert (key(odd)[0], key(good)[0]) == (0, 1)
    assert key(odd) < key(good)


def test_old_python_versions_are_ordered_as_setuptools_did() -> None:
    """A dash before a word that stands for something earlier than the release says nothing."""
    assert compare("pypi", "1-dev-odd", "1dev-odd") == 0
    assert compare("pypi", "1.0.0-odd", "1-odd") == 0
    assert compare("pypi", "1-dev-odd", "1-odd") == -1
