"""How the findings of each rule end: by a request, by whoever decided, by the author of the change."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.finding import Finding
    from osgate.model.verdict import Verdict

# Rules that a request for approval answers.
REQUESTABLE = ("OSG101", "OSG102", "OSG103", "OSG106", "OSG107", "OSG108", "OSG111", "OSG112")
# Rules that people end who look at the version and approve it on the facts of today.
LOOKED_AT = ("OSG602", "OSG603", "OSG605", "OSG606", "OSG709")
# What the ids of rules that speak of facts begin with; all that is told of a package is more than the rule's text.
OF_FACTS = ("OSG5", "OSG6", "OSG7")
# Rules about where a dependency comes from, with what must come before an approval can help.
BEFORE_APPROVAL = {"OSG201": "pin-first", "OSG202": "pin-first", "OSG203": "registry-first"}
# Rules about facts that no approval of the component lifts: what they speak of has to be settled first.
DENYING = frozenset(
    (
        *("OSG211", "OSG501", "OSG502", "OSG503", "OSG505", "OSG506", "OSG507", "OSG508", "OSG509", "OSG601", "OSG604"),
        *("OSG701", "OSG702", "OSG703", "OSG704", "OSG705", "OSG706", "OSG707"),
    )
)
# What ends a finding that no approval of the component would end.
CLEARS = {
    "OSG104": "revoked",
    "OSG105": "unblocked",
    "OSG109": "suspended",
    "OSG110": "restricted",
    "OSG113": "retired",
    "OSG201": "pinned",
    "OSG202": "pinned",
    "OSG203": "registry",
    "OSG204": "source",
    "OSG205": "content",
    "OSG206": "scope",
    "OSG207": "digest",
    "OSG208": "address",
    "OSG209": "own-place",
    "OSG210": "one-index",
    "OSG211": "registry-content",
    "OSG301": "readable",
    "OSG302": "readable",
    "OSG303": "in-step",
    "OSG304": "locked",
    "OSG401": "own",
    "OSG402": "shrunk",
    "OSG403": "baseline",
    "OSG501": "fixed",
    "OSG502": "fixed",
    "OSG503": "other-package",
    "OSG504": "name-looked-at",
    "OSG505": "known",
    "OSG506": "looked-into",
    "OSG507": "looked-into",
    "OSG508": "looked-into",
    "OSG509": "looked-into",
    "OSG601": "licence-denied",
    "OSG602": "licence-looked-at",
    "OSG603": "licence-told",
    "OSG604": "licence-apart",
    "OSG605": "looked-at",
    "OSG606": "licence-looked-at",
    "OSG607": "obligations",
    "OSG701": "other-version",
    "OSG702": "replaced",
    "OSG703": "replaced",
    "OSG704": "supported",
    "OSG705": "supported",
    "OSG706": "cooled",
    "OSG707": "replaced",
    "OSG708": "synced",
    "OSG709": "looked-at",
}
# Rules whose own params are a decision, with the words for it.
DECIDED = {
    "OSG104": "decided.rejected",
    "OSG105": "decided.blocked",
    "OSG109": "decided.suspended",
    "OSG110": "decided.restricted",
    "OSG111": "decided.revoked",
    "OSG113": "decided.retired",
}
# Rules that name the nearest approval, with the words for it and whether it can be taken instead.
NEAREST = {
    "OSG102": ("instead.approved", True),
    "OSG103": ("decided.expired", False),
    "OSG106": ("instead.elsewhere", False),
    "OSG107": ("instead.approved", True),
    "OSG108": ("instead.approved", False),
    "OSG112": ("instead.approved", False),
}


def holders(verdict: Verdict) -> dict[tuple[str, str, int], Finding]:
    """Return the finding behind which each dependency waits, by purl, path and line: no approval lets it in.

    Where it comes from is settled first (`held`), then what the facts say against it, the worst of that.
    """
    found: dict[tuple[str, str, int], Finding] = {}
    for finding in verdict.findings:
        place = (finding.purl, finding.path, finding.line)
        if holds(finding) and (place not in found or _misplaced(finding) > _misplaced(found[place])):
            found[place] = finding
    return found


def holds(finding: Finding) -> bool:
    """True for an open error that has to be settled before an approval can help."""
    if finding.severity != "error" or finding.waived or finding.params.get("why") == "security-fix":
        return False
    # People lift what cannot be told of a pair of licences, and no conflict.
    denies = finding.rule in DENYING and finding.params.get("verdict", "conflict") == "conflict"
    return denies or _misplaced(finding)


def _misplaced(finding: Finding) -> bool:
    return finding.rule in BEFORE_APPROVAL
