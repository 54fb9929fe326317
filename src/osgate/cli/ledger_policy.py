"""`osgate ledger verify --base A --head B`: whether what the commits between make of policy and ledger may stand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from osgate import wiring
from osgate.cli import console, error_text
from osgate.errors import BLOCKED, PASS
from osgate.intake_desk import governed, policy_audit
from osgate.intake_desk.policy_audit import Fault
from osgate.intake_desk.policy_clone import PolicyClone
from osgate.io.git_write import Repository
from osgate.ledger import store_git
from osgate.ledger.history import Problem
from osgate.text.translator import Translator
from osgate.text.width import printable

# Files of one fault that are named.
NAMED = 5


def verified(where: str, base: str, head: str, t: Translator) -> int:
    """Tell everything that does not hold about the change from `base` to `head`; return the exit code, 1 where anything
    does not.

    where: a folder with the policy repository (then any revision it knows may be named), or its address (branches and
    commits of its branches). Raises UsageError (`git.*`), Mistakes for a policy in force that is not valid.
    """
    if os.path.isdir(where):
        with Repository(where) as repository:
            return _told(repository, base, head, t)
    with PolicyClone(where, wiring.cache_folder(), wiring.now().instant) as clone:
        return _told(clone.repository, clone.commit(base), clone.commit(head), t)


def _told(repository: Repository, base: str, head: str, t: Translator) -> int:
    faults = list(policy_audit.between(repository, base, head))
    for line in (line for fault in faults for line in fault_lines(fault, t)):
        console.say(line, sys.stderr)
    if faults:
        # What a commit itself has not got endorsed shows also where nothing lies between.
        same = repository.resolve(base) == repository.resolve(head)
        counted = "audit.broken-since" if same else "audit.broken"
        console.say(t.count(counted, len(faults), base=base, head=head), sys.stderr)
        return BLOCKED
    guarded = bool(governed.roles(store_git.policy(repository, base).policy))
    console.say(printable(t("audit.whole" if guarded else "audit.unguarded", base=base, head=head)))
    return PASS


def fault_lines(fault: Fault, t: Translator) -> Iterator[str]:
    """Yield what a person reads of one fault: commit, files, what is missing, and what to do."""
    items = t("join.items")
    more = len(fault.paths) - NAMED
    paths = items.join((*fault.paths[:NAMED], *([t("queue.more", n=more)] if more > 0 else [])))
    problem = fault.params.get("problem")
    said = error_text.history_problem(problem, t) if isinstance(problem, Problem) else ""
    params: dict[str, object] = {"commit": fault.commit[:12], "serial": fault.serial, "paths": paths, "problem": said}
    params.update((key, value) for key, value in fault.params.items() if isinstance(value, str))
    yield printable(t(f"audit.{fault.code}", **params))
    missing, given, authors = (fault.params.get(key, ()) for key in ("missing", "given", "authors"))
    if isinstance(missing, tuple) and missing:
        yield "  " + t("audit.missing", roles=items.join(missing))
    if isinstance(given, tuple) and given:
        yield "  " + t("audit.given", persons=items.join(f"{person} ({role})" for role, person in given))
    if isinstance(authors, tuple) and authors:
        yield "  " + t("audit.authors", persons=items.join(authors))
