"""The scenarios in which the peer (actions/dependency-review-action 4.9.0) goes wrong, and what osgate does in each.

A row tells what it has seen of osgate, each observation with whether it is right: exit codes and printed lines of the
check, the comment as it stands at the forge, the calls that were made, and whether the change could be merged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from markdown_it import MarkdownIt

from osgate.forges.check_runs import MOST
from osgate.reports.markdown import LIMIT
from osgate.reports.markdown import ROWS as SHOWN
from osgate.reports.markdown.marker import read_marker
from osgate.reports.markdown.text import units
from osgate.testing.github import SECONDARY
from scenarios.bank import CONFIG, LOCKFILE, WEB, Bank, Case, lock

Seen = tuple[str, bool]
_READER = MarkdownIt("commonmark", {"html": True}).enable("table")
_COMMANDS = ("::error ", "::warning ", "::notice ")


class Row(NamedTuple):
    """A scenario. peer: what it does; must: what osgate has to do; stand_in: what takes the place of facts that osgate
    does not have yet."""

    id: str
    peer: str
    must: str
    stand_in: str
    run: Callable[[Bank], Iterator[Seen]]


class Outcome(NamedTuple):
    """What osgate did in a scenario."""

    row: Row
    seen: tuple[Seen, ...]

    @property
    def right(self) -> bool:
        """True if something was seen, and all of it is as it must be."""
        return bool(self.seen) and all(right for _, right in self.seen)

    @property
    def wrong(self) -> tuple[str, ...]:
        """What was seen and must not be."""
        return tuple([what for what, right in self.seen if not right])


TABLE: list[Row] = []


def scenario(id: str, peer: str, must: str, stand_in: str = "") -> Callable[..., Callable[[Bank], Iterator[Seen]]]:
    """Enter a function into the table."""

    def enter(run: Callable[[Bank], Iterator[Seen]]) -> Callable[[Bank], Iterator[Seen]]:
        TABLE.append(Row(id, peer, must, stand_in, run))
        return run

    return enter


def played(row: Row, bank: Bank) -> Outcome:
    """Let a scenario happen."""
    seen: list[Seen] = []
    try:
        seen += row.run(bank)
    except Exception as error:
        seen.append((f"{type(error).__name__}: {error}", False))
    return Outcome(row, tuple(seen))


# -- what is looked at


def ended(case: Case, code: int) -> Seen:
    return f"exit {case.code}", case.code == code


def said(case: Case, *rules: str) -> Seen:
    return case.rules, case.rules == (", ".join(rules) or "no rule")


def named(where: str, text: str, *words: str) -> Seen:
    found = [word for word in words if word in text]
    return f"{where} names {', '.join(found) or 'none'}", len(found) == len(words)


def merging(case: Case, may: bool) -> Seen:
    return f"{'may' if case.mergeable else 'may not'} be merged", case.mergeable == may


def comments(case: Case, count: int) -> Seen:
    return f"{len(case.ours)} comment" + "s" * (len(case.ours) != 1), len(case.ours) == count


def length(case: Case, least: int = 0) -> Seen:
    """How long the comment is that GitHub took."""
    found = units(case.body)
    return f"comment of {found:,} characters, {LIMIT:,} are allowed", least <= found <= LIMIT and bool(found)


# -- the scenarios


@scenario("A", "rc 0", "pass, without a word on the pull request")
def clean(bank: Bank) -> Iterator[Seen]:
    case = bank.pull({LOCKFILE: lock("left-pad@1.3.0")}, telling=True)
    yield ended(case, 0)
    yield said(case)
    yield comments(case, 0)
    yield merging(case, True)


@scenario(
    "B",
    "rc 1, but the log has the first vulnerable package only, and nothing of the licence",
    "print all three, in log and comment",
    "vulnerable: blocked in an emergency, suspended; forbidden licence: another one than was approved",
)
def three_reasons(bank: Bank) -> Iterator[Seen]:
    all_three = lock("miner@1.0.0", "shaky@1.4.0", "licensed-kit@1.4.0", licensed_kit="AGPL-3.0")
    case = bank.pull({LOCKFILE: all_three}, telling=True)
    yield ended(case, 1)
    yield said(case, "OSG105", "OSG109", "OSG112")
    for where, text in (("log", case.log), ("comment", case.body)):
        yield named(where, text, "miner 1.0.0", "shaky 1.4.0", "licensed-kit 1.4.0", "AGPL-3.0")


@scenario("C", "rc 1", "block: an emergency block binds, however lax the rest", "denied: blocked in an emergency")
def only_denied(bank: Bank) -> Iterator[Seen]:
    case = bank.pull({LOCKFILE: lock("miner@1.0.0")}, "warn")
    yield ended(case, 1)
    yield said(case, "OSG105")
    form = "issues/new" in case.jobs[-1].err
    yield f"{'a' if form else 'no'} form for a request, which would not help", not form
    yield merging(case, False)


@scenario(
    "C2",
    "rc 0: a vulnerable package hides the denied one",
    "evaluate every rule, then combine",
    "vulnerable: suspended, a rule that warns here",
)
def denied_and_vulnerable(bank: Bank) -> Iterator[Seen]:
    case = bank.pull({LOCKFILE: lock("miner@1.0.0", "shaky@1.4.0")}, "warn")
    yield ended(case, 1)
    yield said(case, "OSG105", "OSG109 (warns)")
    yield named("log", case.log, "miner 1.0.0", "shaky 1.4.0")
    yield merging(case, False)


@scenario(
    "C'",
    "rc 0: a forbidden licence hides the denied package",
    "evaluate every rule, then combine",
    "forbidden licence: another one than was approved, a rule that warns here",
)
def denied_and_licence(bank: Bank) -> Iterator[Seen]:
    case = bank.pull({LOCKFILE: lock("miner@1.0.0", "licensed-kit@1.4.0", licensed_kit="AGPL-3.0")}, "warn")
    yield ended(case, 1)
    yield said(case, "OSG105", "OSG112 (warns)")
    yield named("log", case.log, "miner 1.0.0", "licensed-kit 1.4.0")
    yield merging(case, False)


@scenario(
    "D",
    "rc 0: `pkg:npm/%40scope/name` never matches @scope/name",
    "compare canonical purls",
    "denied: blocked in an emergency, written as `pkg:npm/%40scope/name`",
)
def scoped(bank: Bank) -> Iterator[Seen]:
    case = bank.pull({LOCKFILE: lock("@scope/name@1.0.0")})
    yield ended(case, 1)
    yield said(case, "OSG105")
    yield named("log", case.log, "@scope/name 1.0.0 (npm)")


@scenario(
    "D2",
    "rc 1: `name` of another ecosystem is blocked with it",
    "type, namespace and name count",
    "`name` of PyPI is approved",
)
def another_ecosystem(bank: Bank) -> Iterator[Seen]:
    digest = b"0" * 64
    case = bank.pull({"requirements.txt": b"name==1.0 --hash=sha256:%b\n" % digest})
    yield ended(case, 0)
    yield said(case)
    yield named("verdict", json.dumps(case.verdict["introduced"]), "pkg:pypi/name@1.0")


@scenario(
    "E",
    "rc 0: a denied package passes as a dev dependency",
    "scope is a matter of each rule",
    "denied: blocked in an emergency; beside it a package approved for development, taken for both uses",
)
def in_development(bank: Bank) -> Iterator[Seen]:
    both = {LOCKFILE: lock(dev=["miner@1.0.0", "test-kit@1.4.0"]), f"tools/{LOCKFILE}": lock("test-kit@1.3.0")}
    case = bank.pull(both)
    yield ended(case, 1)
    yield said(case, "OSG105", "OSG106")
    yield named("log", case.log, "miner 1.0.0 (npm) is blocked", "test-kit 1.3.0 (npm) is approved, but not for this")
    yield "test-kit 1.4.0, for development, passes", "test-kit 1.4.0" not in case.log and _brought(case, "1.4.0")


@scenario(
    "F",
    "rc 0: no licence, whatever list is given",
    "unknown is a verdict of its own, and fails by default",
    "approved while its lock said MIT; now the lock says nothing",
)
def no_licence(bank: Bank) -> Iterator[Seen]:
    case = bank.pull({LOCKFILE: lock("licensed-kit@1.4.0")})
    yield ended(case, 4)
    yield f"outcome {case.verdict['outcome']}", case.verdict["outcome"] == "undecided"
    yield named("log", case.log, "licensed-kit@1.4.0 was approved with the licence MIT")
    yield merging(case, False)


@scenario("G", "the old comment stays as it was", "the same comment, turned to settled")
def fixed(bank: Bank) -> Iterator[Seen]:
    case = bank.pull({LOCKFILE: lock("newcomer@1.0.0")}, telling=True)
    first = case.ours[0]
    yield f"first {_outcome(case)}", (_outcome(case), case.code) == ("block", 1)
    bank.push(case, {LOCKFILE: lock("left-pad@1.3.0")})
    yield f"then {_outcome(case)}", (_outcome(case), case.code) == ("settled", 0)
    yield comments(case, 1)
    yield (
        "the same comment",
        case.ours[0] is first and f"PATCH /repos/bank/app/issues/comments/{first.id}" in case.writes(),
    )
    yield named("comment", case.body, "osgate: settled: ")
    yield merging(case, True)


@scenario("H", "PATCH of a stranger's comment, 403, and no comment at all", "marker and own authorship both count")
def quoted(bank: Bank) -> Iterator[Seen]:
    case = bank.pull({LOCKFILE: lock("newcomer@1.0.0")})
    forged = f"<!-- osgate:intake v1 digest={'0' * 32} outcome=pass text={'0' * 32} -->\nAll is well.\n"
    theirs = bank.comment(case, bank.stranger, forged)
    bank.tell(case)
    yield comments(case, 1)
    yield named("comment", case.body, "newcomer 1.0.0")
    again = bank.comment(case, bank.stranger, case.body)
    bank.push(case, {LOCKFILE: lock("newcomer@1.0.0", "stranger@1.0.0")})
    yield comments(case, 1)
    yield named("comment", case.body, "stranger 1.0.0")
    touched = [one for one in bank.fake.called("", rf"/comments/({theirs.id}|{again.id})$") if one.method != "GET"]
    yield f"{len(touched)} calls about the stranger's", not touched and theirs.body == forged


@scenario("I", "65,491 characters and more: 422, and no comment", "fit into the limit with the marker")
def long(bank: Bank) -> Iterator[Seen]:
    deep = "/".join(["a-rather-long-folder-name-of-an-application"] * 5) + f"/{LOCKFILE}"
    case = bank.pull({deep: lock(*(f"{'n' * 180}-{n:02}@1.0.0" for n in range(36)))}, telling=True)
    yield ended(case, 1)
    yield comments(case, 1)
    yield length(case, least=60_000)
    left = re.search(r"(\d+) folded parts are left out", case.body)
    yield f"{left[1] if left else 'no'} parts left out, and counted", left is not None


@scenario("J", "340 characters; all detail is gone", "the worst first, the rest counted, linked and in a file")
def many(bank: Bank) -> Iterator[Seen]:
    case = bank.pull(
        {LOCKFILE: lock(*(f"new-{n:03}@1.0.0" for n in range(300)), "zz@1.0.0", "miner@1.0.0")}, telling=True
    )
    shown = re.findall(r"^\| \*\*.*$", case.body, re.MULTILINE)
    yield f"{len(shown)} rows of 302", len(shown) == SHOWN
    yield named("first row", shown[0], "miner 1.0.0")
    rest = re.search(r"And (\d+) more that need somebody", case.body)
    yield f"{rest[1] if rest else 'none'} counted", rest is not None and int(rest[1]) + len(shown) == 302
    linked = re.search(r"more that need somebody: \[[^\]]+\]\((\S+)\)", case.body)
    yield f"link: {'to the whole report' if linked else 'none'}", linked is not None
    yield f"check run: {case.annotations} annotations", case.annotations == MOST
    sarif = json.loads((case.reports / "sarif").read_text("utf-8"))["runs"][0]["results"]
    yield (
        f"files: {len(case.verdict['findings'])} findings as JSON, {len(sarif)} as SARIF",
        (len(case.verdict["findings"]) == len(sarif) == 302),
    )
    first = re.match(r"::error [^\n]*title=(OSG\d+)", case.log)
    left = re.search(r"(\d+) more", case.log)
    yield (
        f"log: {len(case.said)} errors, {first[1] if first else 'none'} first, {left[1] if left else 'none'} counted",
        (first is not None and first[1] == "OSG105" and left is not None and len(case.said) + int(left[1]) == 302),
    )


@scenario("K", '403 for a rate limit: "not supported on this repository"', "name the limit, wait within bounds")
def limited(bank: Bank) -> Iterator[Seen]:
    case = bank.pull({LOCKFILE: lock("newcomer@1.0.0")})
    bank.fake.fail("GET", r"/pulls$", 403, headers={"Retry-After": "3"}, body=SECONDARY)
    told = bank.tell(case)
    yield f"asked to wait 3 s: exit {told.code}", told.code == 0
    yield comments(case, 1)
    yield named("it", told.err, "asks for patience: waiting 3 s")
    bank.fake.world.limits["job"] = 0
    try:
        told = bank.tell(case)
    finally:
        bank.fake.world.limits["job"] = 1000
    yield f"asked to wait an hour: exit {told.code}", told.code == 4
    yield named("it", told.err, "rate limit")


@scenario("L", "`<h1>APPROVED by security</h1>` of a path stands in the comment as HTML", "inject nothing, anywhere")
def hostile(bank: Bank) -> Iterator[Seen]:
    folder = "a</em></h4><h1>APPROVED by security</h1>@security-team"
    forged = "b\n::stop-commands::c"
    case = bank.pull(
        {f"{folder}/{LOCKFILE}": lock("newcomer@1.0.0"), f"{forged}/{LOCKFILE}": lock("newcomer@1.0.0")}, telling=True
    )
    yield ended(case, 1)
    yield named("comment", case.body, "APPROVED by security")
    tokens = [found for token in _READER.parse(case.body) for found in (token, *(token.children or ()))]
    tags = [
        one.content for one in tokens if one.type.startswith("html_") and re.search(r"<(/?em|/?h\d)\b", one.content)
    ]
    plain = [one.content for one in tokens if one.type == "text" and re.search("APPROVED|@security", one.content)]
    yield f"{len(tags)} times as HTML, {len(plain)} times outside of code", not tags and not plain
    headings = [one for one in tokens if one.type == "heading_open"]
    yield f"{len(headings)} heading, ours", len(headings) == 1
    strange = [line for line in case.log.splitlines() if line.startswith("::") and not line.startswith(_COMMANDS)]
    yield f"{len(strange)} foreign commands in the log", not strange and "stop-commands" in case.log


@scenario("M", "the configuration is read from the change, which so edits its own policy", "policy from the base only")
def own_policy(bank: Bank) -> Iterator[Seen]:
    lax = {CONFIG: b'project = "bank/lax"\nmode = "observe"\n', LOCKFILE: lock("newcomer@1.0.0")}
    excuse = {
        "purl": "pkg:npm/newcomer@1.0.0",
        "path": LOCKFILE,
        "rules": ["OSG101"],
        "owner": "li.si",
        "due": "2099-01-01",
    }
    baseline = json.dumps({"schema": "osgate.baseline/1", "entries": [excuse]}).encode()
    case = bank.pull({**lax, ".osgate/baseline.json": baseline})
    yield ended(case, 1)
    yield said(case, "OSG101", "OSG401")
    yield named("log", case.log, "newcomer 1.0.0", CONFIG, ".osgate/baseline.json")
    yield merging(case, False)


@scenario(
    "N",
    "rc 0 with a note",
    "fail by default, and say what is missing",
    "in the place of the peer's snapshot, the change's own lock, which is gone; and our snapshot, out of reach",
)
def nothing_to_read(bank: Bank) -> Iterator[Seen]:
    case = bank.pull({WEB: None})
    yield f"no lock: exit {case.code}", case.code == 1
    yield said(case, "OSG304")
    case = bank.pull({LOCKFILE: lock("left-pad@1.3.0")}, "nowhere")
    yield f"no snapshot: exit {case.code}", case.code == 4
    yield named("log", case.log, "missing on our side", "manifest.json")
    yield merging(case, False)


def _outcome(case: Case) -> str:
    marker = read_marker(case.body)
    return marker.outcome if marker else "none"


def _brought(case: Case, version: str) -> bool:
    return any(one["purl"].endswith(f"@{version}") for one in case.verdict["introduced"])
