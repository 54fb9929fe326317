"""The workflow that a ruleset requires: what in it would let a change in that nobody looked at. Pure.

GitHub counts a job that an `if:` skips as passed, and one that may fail; an event or a branch that a filter leaves out
starts nothing ("Troubleshooting required status checks", "Workflow syntax").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from osgate.fleet.github_gate import PROBE, matches
from osgate.fleet.github_ruleset import pinned
from osgate.formats.yaml_text import Mapping, Sequence, Text, load
from osgate.model.dependency import Unreadable
from osgate.model.fleet import ADVICE, HOLE, Difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.formats.yaml_text import Node

    Told = tuple[tuple[str, str], ...]

# Events a required workflow has to start for, and the one that runs on another commit than the proposed one.
_CHANGE, _QUEUE, _TARGET = "pull_request", "merge_group", "pull_request_target"
_PATHS = ("paths", "paths-ignore")
_BRANCHES, _IGNORED = "branches", "branches-ignore"
# What happens to a pull request that brings other commits; `edited` is told where its target is changed.
_MOMENTS, _RETARGETED = ("opened", "synchronize", "reopened"), "edited"
# The action, or a workflow that calls it: the reusable one under whatever name it was copied to.
_GATE = re.compile(
    r"(?:\./|[\w.-]+/[\w.-]+/)(?:\S+/)?(?:actions/check|\.github/workflows/[\w.-]*check[\w.-]*\.ya?ml)(?:@(?P<ref>\S+))?"
)
_ALWAYS = re.compile(r"(?:\$\{\{\s*)?always\(\)(?:\s*\}\})?")
# Inputs without which the gate leaves more to the repository than it may, with what to say of each.
_NEEDED = (("branches", "workflow-branches"), ("lock", "workflow-lock"))
# What default branches are called, as far as nobody has asked every repository.
_USUAL = ("main", "master", PROBE)


def hears_queue(text: str) -> bool:
    """Whether a workflow starts for what a merge queue builds; one that cannot be read does not."""
    try:
        document = load(text)
    except Unreadable:
        return False
    return isinstance(document, Mapping) and _QUEUE in _events(document.get("on"))


def of_workflow(path: str, text: str, *, queue: bool = False, branches: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Yield why a required workflow would not look at every change, or let pass what it looked at.

    queue: changes come in through a merge queue; branches: guarded besides the default ones, as names and patterns.
    """
    about = (("file", path),)
    try:
        document = load(text)
    except Unreadable as error:
        yield Difference("workflow-unreadable", HOLE, params=(*about, ("why", error.reason)))
        return
    whole = document if isinstance(document, Mapping) else Mapping()
    events = whole.get("on")
    named = _events(events)
    if _TARGET in named:
        yield Difference("workflow-target", HOLE, params=about)
    for event, weight in ((_CHANGE, HOLE), (_QUEUE, HOLE if queue else ADVICE)):
        if event not in named:
            yield Difference("workflow-event", weight, params=(*about, ("event", event)))
            continue
        said = events.get(event) if isinstance(events, Mapping) else None
        yield from _of_event(said if isinstance(said, Mapping) else Mapping(), event, branches, about)
    yield from _of_jobs(whole.get("jobs"), about)


def _events(on: Node | None) -> set[str]:
    return set(_words(on)) | ({str(one) for one in on} if isinstance(on, Mapping) else set())


def _words(node: Node | None) -> list[str]:
    """A word, or a list of them."""
    if isinstance(node, Text):
        return [] if node.is_null else [str(node)]
    return [str(one) for one in node if isinstance(one, Text)] if isinstance(node, Sequence) else []


def _of_event(said: Mapping, event: str, branches: tuple[str, ...], about: Told) -> Iterator[Difference]:
    """What keeps an event that is named from starting it."""
    here = (*about, ("event", event))
    for word in _PATHS:
        if word in said:
            yield Difference("workflow-filter", HOLE, params=(*here, ("filter", word)))
    left = [name for name in (*_USUAL, *(one.replace("*", PROBE) for one in branches)) if not _starts(said, name)]
    if left:
        word = _BRANCHES if _BRANCHES in said else _IGNORED
        yield Difference("workflow-left-out", HOLE, params=(*here, ("filter", word), ("branches", ", ".join(left))))
    if event != _CHANGE:
        return
    missing = [one for one in _MOMENTS if one not in _words(said.get("types"))] if "types" in said else []
    if missing:
        yield Difference("workflow-types", HOLE, params=(*here, ("types", ", ".join(missing))))
    if _RETARGETED not in _words(said.get("types")):
        yield Difference("workflow-retarget", HOLE if "types" in said else ADVICE, params=here)


def _starts(said: Mapping, branch: str) -> bool:
    """Whether the filters of an event let a branch through: of several patterns the last that means it decides."""
    found = _BRANCHES not in said
    for pattern in _words(said.get(_BRANCHES)):
        if matches(pattern.removeprefix("!"), branch):
            found = not pattern.startswith("!")
    return found and not any(matches(pattern, branch) for pattern in _words(said.get(_IGNORED)))


def _of_jobs(jobs: Node | None, about: Told) -> Iterator[Difference]:
    """What is wrong with the job that runs the gate; of several, with the best."""
    found = list(jobs.items()) if isinstance(jobs, Mapping) else []
    faults = [list(_of_gate(job, step, (*about, ("job", str(name))))) for name, job in found for step in _gates(job)]
    yield from min(faults, key=len) if faults else [Difference("workflow-no-gate", HOLE, params=about)]


def _gates(job: Node | None) -> Iterator[Mapping]:
    """The parts of a job that run the gate: steps, or the job itself where it calls another workflow."""
    steps = job.get("steps") if isinstance(job, Mapping) else None
    for part in (job, *(steps if isinstance(steps, Sequence) else ())):
        if isinstance(part, Mapping) and _GATE.fullmatch(str(part.get("uses", ""))):
            yield part


def _of_gate(job: Node, part: Mapping, about: Told) -> Iterator[Difference]:
    uses = str(part["uses"])
    ref = _GATE.fullmatch(uses)
    # What stands in the same repository is of the same commit.
    if not uses.startswith("./") and not (ref and ref["ref"] and pinned(ref["ref"])):
        yield Difference("workflow-moving", HOLE, params=(*about, ("uses", uses)))
    parts = [one for one in (job, part) if isinstance(one, Mapping)]
    conditions = [str(one["if"]) for one in parts[: 1 if job is part else 2] if "if" in one]
    for said in conditions:
        if not _ALWAYS.fullmatch(said.strip()):
            yield Difference("workflow-if", HOLE, params=(*about, ("said", said)))
    if isinstance(job, Mapping) and "needs" in job and "if" not in job:
        yield Difference("workflow-needs", HOLE, params=(*about, ("needs", ", ".join(_words(job["needs"])))))
    if any(str(one.get("continue-on-error", "false")) != "false" for one in parts):
        yield Difference("workflow-lenient", HOLE, params=about)
    given = part.get("with")
    for name, code in _NEEDED:
        value = given.get(name) if isinstance(given, Mapping) else None
        if not isinstance(value, Text) or not value.strip() or value.is_null:
            yield Difference(code, HOLE, params=about)
