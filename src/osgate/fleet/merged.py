"""What was merged although the gate had not passed on it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from osgate.model.fleet import HOLE, Checked, Difference, Merge


def unchecked(merges: Iterable[Merge], job: str, sign: str) -> Iterator[Difference]:
    """Yield a hole for each change that was merged before a run of the gate had passed on the head it was merged with.

    job: what the gate is called there; sign: what the forge writes before a number. A run on a merge of that head with
    its target counts as one on the head.
    """
    for one in merges:
        seen = [run for run in one.checks if one.head and one.head in (run.commit, *run.parents)]
        if any(run.passed and not _after(run, one) for run in seen):
            continue
        code = "merged-late" if any(run.passed for run in seen) else "merged-red" if seen else "merged"
        about = (("number", f"{sign}{one.number}"), ("head", one.head[:12] or "-"), ("job", job), ("url", one.url))
        yield Difference(code, HOLE, "", params=about)


def _after(run: Checked, merge: Merge) -> bool:
    return bool(run.at) and datetime.fromisoformat(run.at) > datetime.fromisoformat(merge.at)
