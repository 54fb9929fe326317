"""The answer of a check, complete: every report is made from this and nothing else."""

from __future__ import annotations

from osgate.model.change import Introduced
from osgate.model.decision import Standing
from osgate.model.finding import Finding
from osgate.model.gap import Gap
from osgate.model.record import record

OUTCOMES = ("pass", "warn", "block", "undecided")


@record
class Stamp:
    """Which snapshot was read. age: seconds since it was confirmed to be the newest; anchor: newest seal's digest."""

    serial: int
    digest: str
    anchor: str
    issued: str
    expires: str
    age: int


@record
class Verdict:
    """What was decided and everything behind it.

    outcome: one of OUTCOMES. mode: what was enforced. missing: our own data that kept us from deciding, as gaps.
    baselined: findings that the baseline covers, and so no part of the outcome. waivers: the waivers behind findings
    that are `waived`, by fingerprint. whole: a whole tree was read, not a change.
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
