"""`osgate baseline`: write down what was here before the gate came, and later drop what is no longer needed."""

from __future__ import annotations

import os
from datetime import date, timedelta
from hashlib import sha256

from osgate import wiring
from osgate.cli import console, flags
from osgate.cli.judging import judge
from osgate.errors import BLOCKED, PASS, UNDECIDED
from osgate.io import files
from osgate.io.git import Git
from osgate.model.record import replace
from osgate.policy import baseline
from osgate.policy.baseline import Baseline, Entry
from osgate.reports import table
from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict

# Days that legacy gets where nobody says otherwise, and over how many of them the entries' dates are spread, so that
# they do not all end on one day.
DAYS, SPREAD = 180, 30


def run(argv: list[str]) -> int:
    """Write `.osgate/baseline.json` for the tree of HEAD: all that is not approved, or what is left of an older one.

    Exits 1 where findings are left that the baseline does not cover and may not take in: it only shrinks.
    """
    asked = flags.read("baseline", argv, ("help", "offline"), ("owner", "due", "lock", "language"))
    t = console.speak(asked.get("language", ""))
    if "help" in asked:
        console.say(t("help.baseline"))
        return PASS
    if asked[""]:
        raise console.usage("baseline", t("usage.extra", words=asked[""].replace("\0", " ")))
    with Git() as git:
        path = os.path.join(git.root(), baseline.PATH)
        # One that is written and not committed yet is the one to shrink.
        written = wiring.trusted(git, "HEAD", asked.get("lock", "")).written or files.read(path)
        first, had = not written, baseline.parse(written) if written else {}
        if first and "owner" not in asked:
            raise console.usage("baseline", t("usage.missing", what="--owner"))
        last = _last_day(asked)
        verdict = judge(git, {**asked, "mode": "enforce-all"}, "all")
    if verdict.missing:
        console.say(table.render("terminal", verdict, console.words(), table.Context(staged=False)))
        return UNDECIDED
    open_ones = [f for f in (*verdict.findings, *verdict.baselined) if _listable(f)]
    entries = _all(open_ones, asked["owner"], last) if first else _left(had, open_ones)
    files.write(path, baseline.printed(entries))
    return _told(entries, had, verdict, first)


def _last_day(asked: Mapping[str, str]) -> date:
    """The last day of the entries that get the longest time; a past or odd one is a mistake."""
    today = date.fromisoformat(wiring.now().day)
    try:
        last = date.fromisoformat(asked["due"]) if "due" in asked else today + timedelta(days=DAYS)
    except ValueError:
        last = today
    if last <= today:
        raise console.usage("baseline", console.words()("usage.future-day", flag="due", found=asked["due"]))
    return last


def _listable(finding: Finding) -> bool:
    return not finding.waived and baseline.excusable(finding.rule)


def _all(findings: Iterable[Finding], owner: str, last: date) -> list[Entry]:
    rules: dict[tuple[str, str], set[str]] = {}
    for finding in findings:
        rules.setdefault((finding.purl, finding.path), set()).add(finding.rule)
    return [Entry(*key, tuple(sorted(found)), owner, _due(key[0], last)) for key, found in rules.items()]


def _due(purl: str, last: date) -> str:
    """A day near the last one, always the same for one purl; never before tomorrow."""
    room = min(SPREAD, (last - date.fromisoformat(wiring.now().day)).days - 1)
    back = int.from_bytes(sha256(purl.encode("utf-8", "surrogatepass")).digest()[:4], "big") % (room + 1)
    return (last - timedelta(days=back)).isoformat()


def _left(had: Baseline, findings: Iterable[Finding]) -> list[Entry]:
    """The entries that are still needed, each for the rules that still speak; never a new one, never a later date."""
    rules: dict[tuple[str, str], set[str]] = {}
    for finding in findings:
        rules.setdefault((finding.purl, finding.path), set()).add(finding.rule)
    kept = ((entry, tuple(sorted(rules.get(key, set()) & set(entry.rules)))) for key, entry in had.items())
    return [replace(entry, rules=needed) for entry, needed in kept if needed]


def _told(entries: list[Entry], had: Baseline, verdict: Verdict, first: bool) -> int:
    t = console.words()
    if first:
        until = max((entry.due for entry in entries), default="-")
        console.say(t.count("baseline.written", len(entries), path=baseline.PATH, until=until))
        console.say(t("baseline.next"))
        return PASS
    console.say(t("baseline.shrunk", left=len(entries), dropped=len(had) - len(entries), path=baseline.PATH))
    listed = {(entry.purl, entry.path) for entry in entries}
    over = [f for f in verdict.findings if _listable(f) and f.severity == "error" and (f.purl, f.path) not in listed]
    for finding in over:
        where = f"{finding.path}:{finding.line}" if finding.line else finding.path
        console.say(printable(f"  {finding.rule}  {finding.purl or finding.path}  {where}"))
    if over:
        console.say(t.count("baseline.over", len(over)))
    return BLOCKED if over else PASS
