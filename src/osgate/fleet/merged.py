"""What was merged although the gate had not passed on it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from osgate.model.fleet import HOLE, Checked, Difference, Merge

_NEVER = datetime.min.replace(tzinfo=UTC)


def unchecked(merges: Iterable[Merge], job: str, sign: str) -> Iterator[Difference]:
    """Yield a hole for each change that was merged while the newest run of the gate had not passed on the head it was
    merged with.

    job: what the gate is called there; sign: what the forge writes before a number. A run on a merge of that head with
    its target counts as one on the head. The newest is the one that began last before the merge, or ended last where
    nobody tells when it began; of several at once all have to pass.
    """
    for one in merges:
        seen = [run for run in one.checks if one.head and one.head in (run.commit, *run.parents)]
        code = _gap(seen, _instant(one.at))
        about = (("number", f"{sign}{one.number}"), ("head", one.head[:12] or "-"), ("job", job), ("url", one.url))
        if code:
            yield Difference(code, HOLE, "", params=about)


def _gap(seen: list[Checked], merge: datetime) -> str:
    """What lacked at the instant of a merge, empty for nothing."""
    begun = [run for run in seen if _instant(run.began or run.at) <= merge]
    last = max((_instant(run.began or run.at) for run in begun), default=_NEVER)
    newest = [run for run in begun if _instant(run.began or run.at) == last]
    if newest and all(run.passed and _instant(run.at) <= merge for run in newest):
        return ""
    red = any(not run.passed for run in newest)
    return "merged-late" if not red and any(run.passed for run in seen) else "merged-red" if seen else "merged"


def _instant(told: str) -> datetime:
    return datetime.fromisoformat(told) if told else _NEVER
