"""One event is told once: what a finding says that a graver one of the same dependency says already. Pure."""

from __future__ import annotations

from osgate.model.finding import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Place = tuple[str, str, int]

# What has been said already where others speak of the same dependency: rule -> rules beside which it is silent; a
# licence is not asked of what is malware or is not there.
SAID_BY = {"OSG603": ("OSG503", "OSG505")}


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings without those that another one of their dependency makes superfluous (SAID_BY).

    Only what counts at least as much makes another superfluous: a waived finding none, a warning no error.
    """
    found = list(findings)
    spoken: dict[Place, dict[str, str]] = {}
    for finding in found:
        if finding.purl and not finding.waived:
            spoken.setdefault(_place(finding), {})[finding.rule] = finding.severity
    return [finding for finding in found if not _said(finding, spoken.get(_place(finding), {}))]


def _said(finding: Finding, beside: dict[str, str]) -> bool:
    """Whether what is said beside a finding says it as well. beside: rule -> severity."""
    if finding.waived or not finding.purl:
        return False
    return any(beside.get(rule) in (finding.severity, "error") for rule in SAID_BY.get(finding.rule, ()))


def _place(finding: Finding) -> Place:
    return finding.purl, finding.path, finding.line
