"""The way from a direct dependency down to a package."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from osgate.model.dependency import Dependency


# Steps of a way that are told: beyond them nobody reads, and a chain of all packages would fill the memory.
MAX_STEPS = 64


def shortest_paths(dependencies: Iterable[Dependency], targets: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return for each purl of `targets` the purls from a direct dependency down to its parent, on a shortest way.

    Empty where the purl is direct or cannot be reached from a direct one. Of several shortest ways the one that sorts
    first is taken (its last MAX_STEPS steps), whatever the order of `dependencies`. One breadth-first search: time and
    memory grow with the graph, cycles are walked once.
    """
    above = _search(dependencies, targets)
    return {target: _climb(target, above) for target in targets}


def _search(dependencies: Iterable[Dependency], targets: Collection[str]) -> dict[str, str | None]:
    """Return for each purl that was reached the parent it was reached from, None for direct ones."""
    children: dict[str, list[str]] = {}
    direct: set[str] = set()
    for dependency in dependencies:
        if dependency.direct:
            direct.add(dependency.purl)
        for parent in dependency.parents:
            children.setdefault(parent, []).append(dependency.purl)
    above: dict[str, str | None] = dict.fromkeys(sorted(direct))
    missing = set(targets) - direct
    level = list(above)
    while level and missing:
        below: list[str] = []
        for purl in level:
            for child in sorted(children.get(purl, ())):
                if child not in above:
                    above[child] = purl
                    below.append(child)
        missing.difference_update(below)
        level = below
    return above


def _climb(target: str, above: dict[str, str | None]) -> tuple[str, ...]:
    steps: list[str] = []
    here = above.get(target)
    while here is not None and len(steps) < MAX_STEPS:
        steps.append(here)
        here = above[here]
    return tuple(reversed(steps))
