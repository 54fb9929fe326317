"""The answer of a check, complete: every report is made from this and nothing else."""

from __future__ import annotations

from osgate.model.change import Introduced
from osgate.model.decision import Standing
from osgate.model.finding import Finding
from osgate.model.gap import Gap
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.fact import FactSource

OUTCOMES = ("pass", "warn", "block", "undecided")


@record
class Stamp:
    """Which snapshot was read. age: seconds since it was confirmed to be the newest; anchor: newest seal's digest.

    policy: digest of the written policy that was in force, empty where the snapshot does not tell it.
    """

    serial: int
    digest: str
    anchor: str
    issued: str
    expires: str
    age: int
    policy: str = ""


@record
class Passed:
    """What passes, and not by an approval of its own. by: the approval that broke the glass, or for what the policy
    approves in advance a standing of serial 0 whose record is the policy file and line. purls: what it lets in.
    """

    by: Standing
    purls: tuple[str, ...]

    @property
    def how(self) -> str:
        """`break-glass` or `pre-approval`."""
        return "break-glass" if self.by.serial else "pre-approval"


@record
class Verdict:
    """What was decided and everything behind it.

    outcome: one of OUTCOMES. mode: what was enforced. missing: our own data that kept us from deciding, as gaps.
    baselined: findings that the baseline covers, and so no part of the outcome. waivers: the waivers behind findings
    that are `waived`, by fingerprint. whole: a whole tree was read, not a change. passed: what passes by a broken glass
    or because the policy approves it in advance. unevaluated: rules that need facts, where there is no store of them.
    sources: where the facts came from that were asked.
    """

    outcome: str
    mode: str
    project: str
    base: str
    head: str
    introduced: tuple[Introduced, ...]
    findings: tuple[Finding, ...]
    removed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    gaps: tuple[Gap, ...] = ()
    missing: tuple[Gap, ...] = ()
    files: tuple[str, ...] = ()
    stamp: Stamp | None = None
    would: str = ""
    baselined: tuple[Finding, ...] = ()
    waivers: tuple[tuple[str, Standing], ...] = ()
    whole: bool = False
    passed: tuple[Passed, ...] = ()
    unevaluated: tuple[str, ...] = ()
    sources: tuple[FactSource, ...] = ()
