"""What is wrong: a rule, a subject, a place and parameters. Words come later, in a renderer."""

from __future__ import annotations

from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Every rule that can speak, with the slug people say beside its id. 1xx ledger, 2xx source and pin, 3xx file, 4xx own
# files, 5xx security, 6xx licence, 7xx lifecycle and trust.
SLUGS = {
    "OSG101": "unapproved",
    "OSG102": "out-of-range",
    "OSG103": "expired",
    "OSG104": "rejected",
    "OSG105": "blocked",
    "OSG106": "out-of-scope",
    "OSG107": "pre-release",
    "OSG108": "other-content",
    "OSG109": "suspended",
    "OSG110": "restricted",
    "OSG111": "revoked",
    "OSG112": "fence-broken",
    "OSG113": "retired",
    "OSG201": "unpinned-action",
    "OSG202": "unpinned-git",
    "OSG203": "plain-url",
    "OSG204": "source-not-approved",
    "OSG205": "changed-digest",
    "OSG206": "widened-scope",
    "OSG207": "integrity-missing",
    "OSG208": "address-of-another",
    "OSG209": "internal-name",
    "OSG210": "extra-index",
    "OSG211": "other-digest",
    "OSG301": "unreadable",
    "OSG302": "ambiguous",
    "OSG303": "out-of-step",
    "OSG304": "lock-deleted",
    "OSG401": "own-files",
    "OSG402": "baseline-unused",
    "OSG403": "baseline-expired",
    "OSG501": "vulnerable",
    "OSG502": "vulnerable-minor",
    "OSG503": "malicious",
    "OSG504": "look-alike",
    "OSG505": "unknown-name",
    "OSG506": "install-code-new",
    "OSG507": "publisher-changed",
    "OSG508": "trust-dropped",
    "OSG509": "version-jump",
    "OSG601": "licence-denied",
    "OSG602": "licence-review",
    "OSG603": "licence-unknown",
    "OSG604": "licence-incompatible",
    "OSG605": "licence-changed",
    "OSG606": "licence-mismatch",
    "OSG607": "obligations-open",
    "OSG701": "yanked",
    "OSG702": "deprecated",
    "OSG703": "archived",
    "OSG704": "end-of-life",
    "OSG705": "near-end-of-life",
    "OSG706": "too-new",
    "OSG707": "unmaintained",
    "OSG708": "stale-data",
    "OSG709": "closed-source",
}
# Rules that warn where the policy does not say otherwise; all others block.
WARNING = frozenset(
    (
        *("OSG206", "OSG207", "OSG402", "OSG403", "OSG502", "OSG504", "OSG507", "OSG607"),
        *("OSG702", "OSG703", "OSG705", "OSG707", "OSG708"),
    )
)
# What takes away is never excused: no waiver covers these and no baseline, but that one may hold what is retired until
# its date.
NEVER_EXCUSED = frozenset(("OSG104", "OSG105", "OSG109", "OSG110", "OSG111", "OSG113"))


@record
class Finding:
    """One rule's complaint about one subject.

    severity: `error` or `warning`, the rule's own, before newness and mode. purl: empty for a complaint about a file.
    params: what the words name; JSON values only. fingerprint: 16 hex digits, the same when lines move.
    """

    rule: str
    severity: str
    purl: str
    path: str
    line: int
    params: Mapping[str, object]
    fingerprint: str
    waived: bool = False


def binds(finding: Finding, mode: str, *, whole: bool) -> bool:
    """True if a finding of severity `error` blocks.

    In a change every one does, but for a young version that mends a vulnerability of the one before (param `why`). What
    a whole tree holds is old: it blocks under an emergency block, where its time is over (param `existing`), and where
    the mode enforces all of it and no time is left.
    """
    if finding.params.get("why") == "security-fix":
        return False
    existing = finding.params.get("existing")
    if not whole or finding.rule == "OSG105" or existing == "block":
        return True
    return mode == "enforce-all" and existing != "warn"
