"""What files of a repository say that bear on the gate: workflows that call the policy's, CODEOWNERS. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from osgate.fleet.github_ruleset import pinned
from osgate.formats.yaml_text import Mapping, Sequence, Text, load
from osgate.model.dependency import Unreadable
from osgate.model.fleet import ADVICE, Difference
from osgate.model.fleet_github import Flow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.formats.yaml_text import Node

_USES = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<path>/[^@\s]*)?@(?P<ref>\S+)")


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
