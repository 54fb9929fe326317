"""Published vectors of version orders and ranges: how many lines osgate answers as they say.

    python benchmarks/version_vectors.py FOLDER [--all]

FOLDER holds, as far as there: `osv-semantic.json.gz` ({fixture: [[a, op, b], ...]}, google/osv-scalibr, Apache-2.0),
`node-semver.json` (fixtures of npm/node-semver, ISC) and `vers-spec.json` (the tests of package-url/vers-spec, MIT).
Prints a table: lines, right, wrong, not read. A wrong line that is documented below, with its reason, is counted apart;
ends with 1 where another one is wrong, 2 where there is nothing to read. Every order is asked both ways round.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Callable, Iterator
from functools import cmp_to_key
from pathlib import Path
from typing import Any

from osgate.errors import UsageError
from osgate.versions import compare, contains, npm_range, parse_vers, to_vers

# fixture, a line as short text, and whether it is right; None: not read
Line = tuple[str, str, bool | None]

TYPES = {
    "alpine": "apk", "debian": "deb", "packagist": "composer", "redhat": "rpm", "rubygems": "gem", "semver": "npm",
}  # fmt: skip
SIGN = {"<": -1, "=": 0, ">": 1}

MAVEN = "real Maven 3.9.6 answers otherwise"
SPELLING = "the test's answer changes the spelling of a version; the order is the same"
OVERLAP = "the answer is no canonical VERS: its intervals overlap, touch or repeat a version"
NODE = "node-semver reads this range otherwise"
MAVEN_LINES = (
    "1.0.0-RC16 < 1.0.0.RC8-beta",
    "1.0.0-gradle-rework-beta3 < 1.0.0.RC7-3",
    "2.9.0-1 < 2.9.0.RC1",
    "6.1.12.rc5 < 6.1.12rc1",
    *(f"1.1.{n}.sec10 < 1.1.{n}_noneautotype" for n in (31, 34, 46)),
    "1.2.8.sec10_noneautotype < 1.2.8_noneautotype",
    *(f"1.2.{n}.sec10 < 1.2.{n}_noneautotype" for n in (31, 48, 50, 54, 57, 60, 67)),
    "1.0.0rc0 < 1.0.beta8",
    "1.5.9.RC1 < 1.5.9-RC0",
    "1.1.0-01-glassfish < 1.1.0.Beta1",
)
# Lines that are wrong themselves: (fixture, what the line begins with, reason).
DOCUMENTED = (
    ("maven-versions", "1-1 = 1-ga-1", MAVEN),
    *(("maven-versions-generated", line, MAVEN) for line in MAVEN_LINES),
    ("packagist-versions", "1.2.3.# = 1.2.3.1", "no order holds it beside 1.2.3.# = 1.2.3 and 1.2.3 < 1.2.3.1"),
    ("maven_version_cmp_test", "2-1 2.0", MAVEN),
    ("maven_version_cmp_test", "2.0.0.a 2.0.a", MAVEN + ": they are equal, and stay as they are given"),
    ("nuget_version_cmp_test", "1.0.0-BETA", SPELLING),
    ("pypi_range_validate_test", "vers:pypi/>0.0.0|>=0.0.1", OVERLAP),
    ("pypi_range_validate_test", "vers:pypi/0.0.2|0.0.6|>=0.0.0", OVERLAP),
    ("nginx_range_from_native_test", "1.5.0+, 1.4.1+", OVERLAP),
    ("conan_range_from_native_test", "<0.33.1||>0.33.1 <0.34.1", OVERLAP),
    ("conan_range_from_native_test", "", "the empty range has no constraints, which VERS forbids"),
    ("npm_range_from_native_test", ">= 0.2.0 <= 0.9.6 || ~0.8.0-pre", OVERLAP),
    ("npm_range_from_native_test", "2.0.x || 2.1.x", OVERLAP),
    ("npm_range_from_native_test", "^2.0.18 || ^3.0.16", OVERLAP),
    ("npm_range_from_native_test", "<2.0.18 || <3.0.16", OVERLAP),
    ("npm_range_from_native_test", "<2.0.1 || <1.1.7", OVERLAP),
    ("npm_range_from_native_test", ">=5.0.3 >=4.2.1", OVERLAP),
    ("npm_range_from_native_test", ">= 5.2.1 <= 6.0.0 ||", OVERLAP),
    ("npm_range_from_native_test", "<= 1.0", NODE + ": <1.1.0-0"),
    ("npm_range_from_native_test", ">= 2.2.x", NODE + ": >=2.2.0"),
    ("npm_range_from_native_test", ">= 1.x", NODE + ": >=1.0.0"),
    ("npm_range_from_native_test", "2.1 || 2.6", NODE + ": all of 2.1 and of 2.6"),
    ("npm_range_from_native_test", "1.1.2 1.2.2", NODE + ": both at once, which is nothing"),
    ("npm_range_from_native_test", "<=2.1 >=1.1", NODE + ": <2.2.0-0"),
)


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the vectors are")
    parser.add_argument("--all", action="store_true", help="print the documented lines too")
    asked = parser.parse_args()
    readers = {"osv-semantic.json.gz": osv, "node-semver.json": node_semver, "vers-spec.json": vers_spec}
    found: dict[str, list[Line]] = {}
    for name, reader in readers.items():
        if (asked.folder / name).is_file():
            for line in reader(asked.folder / name):
                found.setdefault(line[0], []).append(line)
    if not found:
        print(f"no vectors in {asked.folder}", file=sys.stderr)
        return 2
    return 1 if table(found, show_all=asked.all) else 0


def table(found: dict[str, list[Line]], *, show_all: bool) -> int:
    """Print a row for each fixture and its wrong lines; return how many of these nobody has documented."""
    print(f"{'fixture':40}{'lines':>8}{'right':>8}{'wrong':>8}{'of these documented':>21}{'not read':>10}")
    total = [0] * 5
    for fixture, lines in found.items():
        wrong = [(text, reason(fixture, text)) for _, text, right in lines if right is False]
        known = sum(why is not None for _, why in wrong)
        unread = sum(right is None for _, _, right in lines)
        counts = [len(lines), len(lines) - len(wrong) - unread, len(wrong), known, unread]
        total = [a + b for a, b in zip(total, counts, strict=True)]
        print(row(fixture, counts))
        for text, why in wrong:
            if why is None or show_all:
                print(f"    {text}: {why or 'WRONG'}")
    print(row("all", total))
    return total[2] - total[3]


def row(name: str, counts: list[int]) -> str:
    lines, right, wrong, known, unread = counts
    return f"{name:40}{lines:8}{right:8}{wrong:8}{known:21}{unread:10}"


def reason(fixture: str, text: str) -> str | None:
    """Why a line is wrong itself; None where nobody has said so."""
    documented = ((start, why) for name, start, why in DOCUMENTED if name == fixture)
    return next((why for start, why in documented if text == start or (start and text.startswith(start))), None)


def osv(path: Path) -> Iterator[Line]:
    """Order, by purl type."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        fixtures = json.load(file)
    for fixture, rows in fixtures.items():
        name = fixture.partition("-versions")[0]
        for a, operator, b in rows:
            yield fixture, f"{a} {operator} {b}", ordered(TYPES.get(name, name), a, SIGN[operator], b)


def ordered(purl_type: str, a: str, sign: int, b: str) -> bool:
    return (compare(purl_type, a, b), compare(purl_type, b, a)) == (sign, -sign)


def node_semver(path: Path) -> Iterator[Line]:
    """Order, ranges with their options, ranges written out, versions above and below a range."""
    fixtures = json.loads(path.read_text("utf-8"))
    asked: dict[str, Callable[..., bool]] = {
        "comparisons": lambda a, b, **_: ordered("npm", a, 1, b),
        "equality": lambda a, b, **_: ordered("npm", a, 0, b),
        "range-include": npm_range.satisfies,
        "range-exclude": lambda text, version, **options: not npm_range.satisfies(text, version, **options),
        "range-parse": lambda text, wanted, **options: npm_range.normal(text, **options) == wanted,
        "version-gt-range": lambda *words, **options: beyond(1, *words, **options),
        "version-lt-range": lambda *words, **options: beyond(-1, *words, **options),
        "version-not-gt-range": lambda *words, **options: not beyond(1, *words, **options),
        "version-not-lt-range": lambda *words, **options: not beyond(-1, *words, **options),
    }
    for fixture, rows in fixtures.items():
        for line in rows:
            text = " ".join(map(str, line[:2]))[:100]
            if not isinstance(line[1], str) and fixture.startswith("range-") and fixture != "range-parse":
                yield fixture, text, None  # JavaScript's `false` for a version
            elif fixture == "valid-versions":
                written = ".".join(map(str, line[1:4])) + "".join(
                    ["-" + ".".join(map(str, line[4]))] if line[4] else []
                )
                yield fixture, text, npm_range.normal(line[0]) == written
            else:
                question = asked.get(fixture)
                right = question(*line[:2], **options(line[2] if len(line) > 2 else None)) if question else None
                yield fixture, text, right


def options(given: Any) -> dict[str, bool]:
    """node-semver's options as it takes them: anything true that is no object is `loose`."""
    if not isinstance(given, dict):
        return {"loose": bool(given), "prereleases": False}
    return {"loose": bool(given.get("loose")), "prereleases": bool(given.get("includePrerelease"))}


def beyond(side: int, text: str, version: str, *, loose: bool, prereleases: bool) -> bool:
    """Whether a version is above (1) or below (-1) a range, as node-semver's gtr and ltr say it.

    Outside, and for each alternative past the end it comes to first, where the other end is none that stays open. So a
    pre-release in the middle that the range leaves out counts as above it.
    """
    if npm_range.satisfies(text, version, loose=loose, prereleases=prereleases):
        return False
    opening = (">", ">=") if side > 0 else ("<", "<=")
    for alternative in npm_range.alternatives(text, loose=loose, prereleases=prereleases) or ():
        ends = [((">=", (0, 0, 0), "") if one == npm_range.ANYTHING else one) for one in alternative]
        ends.sort(key=cmp_to_key(lambda a, b: side * compare("npm", bound(a), bound(b))))
        past = side * compare("npm", version, bound(ends[0]))
        if (
            ends[-1][0] in opening
            or (past <= 0 and ends[0][0] in ("", opening[0]))
            or (past < 0 and ends[0][0] == opening[1])
        ):
            return False
    return True


def bound(comparator: npm_range.Comparator) -> str:
    _, numbers, pre = comparator
    return f"{'.'.join(map(str, numbers))}{'-' if pre else ''}{pre}"


def vers_spec(path: Path) -> Iterator[Line]:
    """The specification's tests of every kind."""
    asked = {"comparison": sorting, "equality": equal, "from_native": native, "parse": parsing,
             "containment": containment, "validate": validation}  # fmt: skip
    for fixture, cases in json.loads(path.read_text("utf-8")).items():
        for case in cases:
            given = case["input"]
            shown = given if isinstance(given, str) else given.get("native_range", given.get("vers"))
            text = " ".join(given["versions"]) if shown is None else shown
            question = asked.get(case["test_type"])
            yield fixture, text, question(given, case) if question else None


def sorting(given: Any, case: Any) -> bool:
    order = cmp_to_key(lambda a, b: compare(given["input_scheme"], a, b))
    return bool(sorted(given["versions"], key=order) == case["expected_output"])


def equal(given: Any, case: Any) -> bool:
    return (compare(given["input_scheme"], *given["versions"]) == 0) is case["expected_output"]


def native(given: Any, case: Any) -> bool:
    try:
        return bool(to_vers(given["scheme"], given["native_range"]) == case["expected_output"])
    except UsageError:
        return False


def parsing(given: str, case: Any) -> bool:
    try:
        found = parse_vers(given)
    except UsageError:
        return bool(case.get("expected_failure"))
    wanted = case["expected_output"]
    return wanted is not None and [found.scheme, [list(pair) for pair in found.constraints]] == list(wanted.values())


def containment(given: Any, case: Any) -> bool:
    """Ranges out of order are refused, as the specification now asks; the spelling that is offered must answer so."""
    return contains(canonical(given["vers"]), given["version"]) is case["expected_output"]


def validation(given: str, case: Any) -> bool:
    return canonical(given) == case["expected_output"]


def canonical(text: str) -> str:
    """The range itself where it is canonical, else the spelling that its refusal offers."""
    try:
        return str(parse_vers(text))
    except UsageError as mistake:
        return str(mistake.params["canonical"])


if __name__ == "__main__":
    sys.exit(main())
