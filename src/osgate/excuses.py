"""What excuses a finding for a time: the baseline of what was there before the gate came. Pure.

A finding keeps its severity; what is excused stands beside the others in the verdict and decides nothing.
"""

from __future__ import annotations

from osgate.model.change import FileProblem
from osgate.policy.baseline import PATH, excusable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from osgate.model.change import Introduced
    from osgate.model.finding import Finding
    from osgate.policy.baseline import Baseline, Entry


def covered(finding: Finding, item: Introduced | None, baseline: Baseline, today: str, *, whole: bool) -> bool:
    """True if an entry that still counts today (ISO date) excuses `finding`, which is about `item` or about a file.

    whole: a whole tree was read. In a change, a finding about a file tells what the change does to it, and a dependency
    that has another source, content or unlocked range than before is no longer what was listed: neither is old.
    """
    entry = _entry(finding, baseline)
    return entry is not None and entry.due >= today and (whole or (item is not None and not _altered(item)))


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


def _entry(finding: Finding, baseline: Baseline) -> Entry | None:
    entry = baseline.get((finding.purl, finding.path))
    return entry if entry is not None and finding.rule in entry.rules and excusable(finding.rule) else None
