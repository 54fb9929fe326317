"""What existing use is granted for a time: by a baseline, before a retirement's date, after an approval's end. Pure.

A finding keeps its severity; what the baseline excuses stands beside the others in the verdict and decides nothing.
"""

from __future__ import annotations

from osgate.ledger.standing import broken_posts, judge
from osgate.model.change import FileProblem
from osgate.model.decision import Judgement
from osgate.model.record import replace
from osgate.policy.baseline import PATH, excusable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from osgate.ledger.standing import Known
    from osgate.model.change import Introduced
    from osgate.model.decision import Standing
    from osgate.model.finding import Finding
    from osgate.model.policy import Project
    from osgate.policy.baseline import Baseline, Entry
    from osgate.rules.case import Case

# Where a time of grace would end after all dates there are.
_NEVER = "9999-12-31"


def covered(finding: Finding, item: Introduced | None, baseline: Baseline, today: str, *, whole: bool) -> bool:
    """True if an entry that still counts today (ISO date) excuses `finding`, which is about `item` or about a file.

    whole: a whole tree was read. In a change, a finding about a file tells what the change does to it, and a dependency
    that has another source, content or unlocked range than before is no longer what was listed: neither is old. What is
    retired is excused where it is and until its date only.
    """
    entry = _entry(finding, baseline)
    if entry is None or entry.due < today:
        return False
    if finding.rule == "OSG113":
        return whole and finding.params.get("existing") == "warn"
    return whole or (item is not None and not _altered(item))


def _altered(item: Introduced) -> bool:
    unlocked = not item.dependency.version and item.change == "upgraded"
    return unlocked or item.change in ("moved-source", "changed-digest")


def remarks(
    findings: Collection[Finding], baseline: Baseline, today: str, gone: Iterable[tuple[str, str]]
) -> Iterator[FileProblem]:
    """Yield what is to be said of the baseline itself.

    findings: all of the verdict, the excused ones too. gone: keys of entries that are no longer needed, as far as the
    check saw. Entries past their date that are still needed are told together, by owner and date.
    """
    late: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for finding in findings:
        entry = _entry(finding, baseline)
        if entry is not None and entry.due < today:
            late.setdefault((entry.owner, entry.due), set()).add(entry.key)
    for (owner, due), keys in sorted(late.items()):
        line = min(baseline[key].line for key in keys)
        params = (("count", str(len(keys))), ("due", due), ("owner", owner))
        yield FileProblem(PATH, line, "expired", False, params, "baseline", f"{owner} {due}")
    for key in gone:
        entry = baseline[key]
        params = (("manifest", entry.path), ("owner", entry.owner), ("subject", entry.purl or entry.path))
        yield FileProblem(PATH, entry.line, "unused", False, params, "baseline", " ".join(key))


def unneeded(findings: Iterable[Finding], baseline: Baseline, seen: Collection[str]) -> list[tuple[str, str]]:
    """Return the keys of entries about which nothing is found, of those whose manifests (`seen`) were read whole.

    An entry stays while anything stands against its subject: what is blocked today may be merely unapproved tomorrow.
    """
    wrong = {(finding.purl, finding.path) for finding in findings}
    return sorted(key for key in baseline if key not in wrong and key[1] in seen)


def timed(
    case: Case, standings: Iterable[Standing], now: str, project: Project, known: Known, *, whole: bool
) -> list[Case]:
    """Return `case` with what its finding has to say of existing use, in a whole tree perhaps with a second one.

    case: of a dependency that is suspended, rejected, retired or expired; standings: all on its component; the others
    as in `judge`. Before its date a retirement takes nothing from existing use and gives it nothing: what else is said
    of it, is said as well. After it existing use is over, whatever hides the retirement.
    """
    dependency, ended = case.item.dependency, case.judgement.standing
    if case.judgement.kind == "expired" and ended is not None:
        # It has no time of grace where its end is not all that is wrong with it.
        else_well = judge(dependency, (replace(ended, expires=""),), now, project, known=known).kind == "approved"
        return [replace(case, terms=_grace(ended, case.policy.terms.grace, now)) if else_well else case]
    found = tuple(standings)
    bearing = [s for s in found if s.effect == "retire" and judge(dependency, (s,), now, project).kind == "retired"]
    if not bearing:
        return [case]
    first = min(bearing, key=lambda standing: standing.by)
    over = first.by <= now
    terms = {"existing": "block" if over else "warn", "until": first.by}
    if case.judgement.kind != "retired":
        return [replace(case, terms=terms) if over else case]
    told = replace(case, judgement=Judgement("retired", first), terms=terms)
    if over or not whole:
        return [told]
    others = [standing for standing in found if standing.effect != "retire"]
    beside = judge(dependency, others, now, project, case.policy.pre_approvals, known)
    again = replace(case, judgement=beside, posts=broken_posts(beside, dependency, known))
    return [told, *timed(again, others, now, project, known, whole=True)]


def _grace(ended: Standing, days: int, now: str) -> dict[str, str]:
    """Until when existing use goes on after an approval ended; one that broke the glass ends for everybody at once."""
    if ended.incident or "T" in ended.expires:
        return {}
    from datetime import date, timedelta

    try:
        until = (date.fromisoformat(ended.expires) + timedelta(days=days)).isoformat()
    except OverflowError:
        until = _NEVER
    return {"existing": "warn", "until": until} if now < until else {}


def _entry(finding: Finding, baseline: Baseline) -> Entry | None:
    entry = baseline.get((finding.purl, finding.path))
    return entry if entry is not None and finding.rule in entry.rules and excusable(finding.rule) else None
