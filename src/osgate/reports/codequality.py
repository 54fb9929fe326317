"""The verdict as GitLab's Code Quality report: a JSON array, shown in a merge request's widget and its diff.

The widget compares two reports by fingerprint, so each is unique within the report and stays when lines move. What the
baseline covers is left out: it is there on both sides. An array has no room for an outcome: an issue that blocks is
`critical` or `blocker`, our own missing data is `critical` of its own, so that no report without issues is undecided.
"""

from __future__ import annotations

import json
from hashlib import sha256

from osgate.reports import detail, words
from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from osgate.model.finding import Finding
    from osgate.model.gap import Gap
    from osgate.model.verdict import Verdict
    from osgate.reports.context import Context
    from osgate.text.translator import Translator

_SEVERITIES = {"error": "critical", "warning": "minor", "note": "info"}
# Where an issue is put that is about no file of the change.
_OWN = ".osgate/osgate.lock"


def render(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return the array as ASCII JSON, indented, ending with a newline."""
    behind = {id(finding): waiver for finding, waiver in words.waived(verdict)}
    issues = []
    for finding, name in words.numbered(verdict.findings):
        said = words.sentence(finding, t)
        if id(finding) in behind:
            excuse = printable(detail.excuse(behind[id(finding)], t))
            said = t("waived.line", said=said, place=words.place(finding), excuse=excuse)
        issues.append(_issue(finding.rule, said, name, _severity(finding, verdict), finding.path, finding.line))
    return json.dumps([*issues, *_gaps(verdict, t)], indent=2) + "\n"


def _severity(finding: Finding, verdict: Verdict) -> str:
    level = words.level(finding, verdict)
    return "blocker" if finding.rule == "OSG105" and level == "error" else _SEVERITIES[level]


def _gaps(verdict: Verdict, t: Translator) -> Iterator[dict[str, Any]]:
    """What was not seen and what of ours is missing, each as an issue at the file it is about, if it is about one."""
    files = {*verdict.files, *(item.dependency.path for item in verdict.introduced)}
    told = [("undecided", "critical", gap) for gap in verdict.missing] + [("gap", "info", gap) for gap in verdict.gaps]
    names = words.unique(f"{kind}-{_digest(gap)}" for kind, _, gap in told)
    for (kind, severity, gap), name in zip(told, names, strict=True):
        path = gap.subject if gap.subject in files else _OWN
        yield _issue(f"osgate-{kind}", words.gap(gap, t), name, severity, path, 0)


def _digest(gap: Gap) -> str:
    """What a gap is about and why, without its params: some of them are ages."""
    return sha256(f"{gap.reason} {gap.subject}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _issue(check: str, said: str, name: str, severity: str, path: str, line: int) -> dict[str, Any]:
    """One issue. GitLab counts lines from 1 and wants one."""
    return {
        "description": said,
        "check_name": check,
        "fingerprint": name,
        "severity": severity,
        "location": {"path": printable(path), "lines": {"begin": max(line, 1)}},
    }
