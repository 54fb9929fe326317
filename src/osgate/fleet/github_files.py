"""What files say that bear on the gate: the workflow a ruleset runs, workflows that call it, CODEOWNERS. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from osgate.fleet.github_gate import pinned
from osgate.formats.yaml_text import Mapping, Sequence, Text, load
from osgate.model.dependency import Unreadable
from osgate.model.fleet import ADVICE, HOLE, Difference
from osgate.model.fleet_github import Flow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.formats.yaml_text import Node

# Events a required workflow has to start for, and what would keep it from starting.
_EVENTS = (("pull_request", HOLE), ("merge_group", ADVICE))
_FILTERS = ("paths", "paths-ignore")
_USES = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<path>/[^@\s]*)?@(?P<ref>\S+)")


def of_workflow(path: str, text: str) -> Iterator[Difference]:
    """Yield why a required workflow would not look at every change."""
    try:
        document = load(text)
    except Unreadable as error:
        yield Difference("workflow-unreadable", HOLE, params=(("file", path), ("why", error.reason)))
        return
    events = document.get("on") if isinstance(document, Mapping) else None
    named = _events(events)
    for event, weight in _EVENTS:
        if event not in named:
            yield Difference("workflow-event", weight, params=(("file", path), ("event", event)))
        said = events.get(event) if isinstance(events, Mapping) else None
        for word in _FILTERS:
            if isinstance(said, Mapping) and word in said:
                yield Difference("workflow-filter", HOLE, params=(("file", path), ("event", event), ("filter", word)))


def _events(on: Node | None) -> set[str]:
    if isinstance(on, Text):
        return {str(on)}
    return {str(one) for one in on} if isinstance(on, Mapping | Sequence) else set()


def of_flows(flows: Iterable[Flow], policy: str, same: Callable[[str, str], bool]) -> Iterator[Difference]:
    """Yield where a repository's workflow calls one of the policy repository (its path) other than as it is now.

    same: whether a file (its path) at a commit is what it is on the default branch.
    """
    for flow in flows:
        for path, ref in sorted(set(_calls(flow.text, policy))):
            about = (("file", flow.path), ("uses", f"{policy}/{path}@{ref}"))
            if not pinned(ref):
                yield Difference("flow-moving", ADVICE, params=about)
            elif not same(path, ref):
                yield Difference("flow-behind", ADVICE, params=about)


def _calls(text: str, policy: str) -> Iterator[tuple[str, str]]:
    try:
        document = load(text)
    except Unreadable:
        return
    for said in _uses(document):
        found = _USES.fullmatch(said)
        if found and found["repository"].casefold() == policy.casefold():
            yield (found["path"] or "/action.yml").removeprefix("/"), found["ref"]


def _uses(node: Node | None) -> Iterator[str]:
    """Every `uses:` below a node; the loader bounds how deep that is."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "uses" and isinstance(value, Text):
                yield str(value)
            else:
                yield from _uses(value)
    elif isinstance(node, Sequence):
        for value in node:
            yield from _uses(value)


def owned(text: str, path: str) -> bool:
    """Whether CODEOWNERS names an owner for a file: the last line that means it decides."""
    found = False
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words and _means(words[0], path):
            found = len(words) > 1
    return found


def _means(pattern: str, path: str) -> bool:
    """Whether a line of CODEOWNERS is about a path. Source: GitHub's "About code owners": .gitignore's, without `!`."""
    anchored = "/" in pattern.rstrip("/")
    body = "".join(_glob(part) for part in re.split(r"(\*\*/?|\*|\?)", pattern.strip("/")))
    start = "" if anchored else "(?:.*/)?"
    end = "/.*" if pattern.endswith("/") else "" if pattern.endswith("/*") else "(?:/.*)?"
    return re.fullmatch(f"{start}{body}{end}", path) is not None


def _glob(part: str) -> str:
    return {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part) or re.escape(part)
