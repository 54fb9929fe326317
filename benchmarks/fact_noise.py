"""What facts add to a check's output: the same change with facts at hand, without any, and from a mirror that drops
them.

    python benchmarks/fact_noise.py [COUNT]

The change brings in a lock of COUNT (120) packages of which people approved the first half. It is judged with the
default policy and each of STORES in turn; printed are the outcome, how many findings each rule has, how many gaps, how
many rules were not evaluated, and the lines that a terminal shows. The lock tells no licences, as one does that was
written against a mirror that drops them. `tests/flow/test_facts_present.py` holds the outcomes.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import locks

from osgate.decide import Law, decide, no_facts
from osgate.facts import store
from osgate.facts.gather import Gathered
from osgate.formats import table
from osgate.model.change import Intake, Introduced
from osgate.model.decision import LedgerView, Standing
from osgate.model.dependency import Dependency
from osgate.model.fact import Fact, Unknown
from osgate.model.finding import SLUGS
from osgate.model.policy import PreApproval, Project
from osgate.model.record import replace
from osgate.model.verdict import Verdict
from osgate.policy.default import default_policy
from osgate.reports import terminal
from osgate.reports.context import Context
from osgate.text.translator import Translator

COUNT, NOW, TOLD, LONG_AGO = 120, "2026-11-21T06:00:00Z", "2026-11-20T06:00:00Z", "2026-01-01T00:00:00Z"
SOURCE = "packages.example.com (npm)"
STORES = ("absent", "present", "faulty", "dropped", "dropped, seen today")
# What a full registry tells of a decent version, and of its component.
OF_VERSION = {
    "licence": "MIT",
    "licence-declared": "MIT",
    "licence-text": "MIT",
    "published": "2025-06-01T00:00:00Z",
    "yanked": "",
    "deprecated": "",
    "install-code": "no",
    "publisher": "somebody",
    "trust": "none",
    "repository": "https://git.example.com/some/thing",
}
OF_COMPONENT = {
    "status": "active",
    "latest": "9.0.0",
    "released": "2026-10-01T00:00:00Z",
    "begun": "2019-01-01T00:00:00Z",
    "releases": "42",
    "maintainer": "somebody",
    "replaced-by": "",
}


def lock(count: int = COUNT) -> bytes:
    """A package-lock.json without licences."""
    found = json.loads(locks.npm(count))
    for entry in found["packages"].values():
        entry.pop("license", None)
    return json.dumps(found, indent=2).encode() + b"\n"


def manifest(count: int = COUNT) -> bytes:
    """The package.json that the lock follows."""
    root = json.loads(lock(count))["packages"][""]
    return json.dumps(root, indent=2).encode() + b"\n"


def dependencies(count: int = COUNT) -> tuple[Dependency, ...]:
    """What the lock holds."""
    return table.read("package-lock.json", lock(count), lambda path: None)


def told(kind: str, found: Iterable[Dependency]) -> list[Fact]:
    """What a registry tells of dependencies. kind: of STORES; a mirror that drops fields still has the packages.

    Of what is faulty, the second package was yanked, the third is deprecated and the fourth has another licence.
    """
    facts = []
    for at, one in enumerate(found):
        version, component = dict[str, str | Unknown](OF_VERSION), dict[str, str | Unknown](OF_COMPONENT)
        if kind.startswith("dropped"):
            version = dict.fromkeys(version, Unknown("not-served"))
            component = dict.fromkeys(component, Unknown("not-served"))
        if kind == "faulty":
            wrong = {1: {"yanked": "broken"}, 2: {"deprecated": "use another"}}
            version |= wrong.get(at, {"licence": "BUSL-1.1"} if at == 3 else {})
        facts += [Fact(one.purl, name, value, SOURCE, TOLD) for name, value in {**version, "present": "yes"}.items()]
        above = {**component, "present": "yes"}
        facts += [Fact(one.component, name, value, SOURCE, TOLD) for name, value in above.items()]
    return facts


def filled(folder: Path, kind: str, found: Iterable[Dependency]) -> Path:
    """Make a store in `folder` as `facts sync` leaves it, and return the folder."""
    path = str(folder / "facts.sqlite")
    store.create(path)
    kept = store.Store(path, write=True)
    kept.put(told(kind, found), NOW if kind.endswith("today") else LONG_AGO)
    kept.close()
    return folder


def judged(folder: Path, kind: str, count: int = COUNT, in_advance: str = "") -> Verdict:
    """The verdict on the change. in_advance: a pattern of what the policy approves by itself."""
    found = dependencies(count)
    policy = default_policy(SLUGS)
    if in_advance:
        policy = replace(policy, pre_approvals=(PreApproval(in_advance, "", "2027-06-30", "types only"),))
    standings = {one.component: (_approval(one),) for one in found[: count // 2]}
    law = Law(LedgerView(standings, {}), policy, Project("payments/app"), NOW, "enforce-new", {})
    gathered = Gathered(store.Store(str(filled(folder, kind, found) / "facts.sqlite")), None)
    facts = no_facts if kind == "absent" else gathered.of
    intake = Intake(tuple([Introduced("added", one) for one in found]))
    try:
        return decide(intake, replace(law, facts=facts, held=lambda path: found), base="HEAD", head="index")
    finally:
        gathered.close()


def _approval(one: Dependency) -> Standing:
    record, request = (f"sha256:{word * 32}" for word in ("ab", "cd"))
    persons = ("zhang.san", "li.si")
    return Standing("approve", one.component, "vers:npm/*", record, request, 7, LONG_AGO, persons=persons)


def main(count: int = COUNT) -> int:
    """Print the table."""
    words = Translator("en")
    print(f"{'facts':22}{'outcome':10}{'findings':>9}{'gaps':>6}{'not evaluated':>15}{'lines':>7}  by rule")
    for kind in STORES:
        with tempfile.TemporaryDirectory() as folder:
            verdict = judged(Path(folder), kind, count)
        by_rule = Counter(finding.rule for finding in verdict.findings)
        lines = terminal.render(verdict, words, Context()).count("\n")
        gaps, lacking = len(verdict.gaps) + len(verdict.missing), len(verdict.unevaluated)
        said = ", ".join(f"{rule} {n}" for rule, n in sorted(by_rule.items()))
        print(f"{kind:22}{verdict.outcome:10}{len(verdict.findings):9}{gaps:6}{lacking:15}{lines:7}  {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
