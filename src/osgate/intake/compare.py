"""One manifest before and after: which of its dependencies are introduced, and how."""

from __future__ import annotations

from osgate.intake.graph import shortest_paths
from osgate.intake.occurrences import key, merge, reach, same_content, same_source, third_party
from osgate.model.change import Introduced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from osgate.intake.occurrences import Key
    from osgate.model.dependency import Dependency


def introduced(before: Sequence[Dependency], after: Sequence[Dependency]) -> list[Introduced]:
    """Return what `after` brings that `before` did not have, in no particular order.

    The work beyond one pass over both grows with what is new.
    """
    old = _groups(before)
    new = _groups(after)
    changed = [(k, group) for k, group in new.items() if k not in old or _reach(group) > _reach(old[k])]
    if not changed:
        return []
    history = _History(old.values(), new.values())
    found = [(change, merge(group)) for _, group in changed if (change := history.change(group))]
    indirect = {d.purl for _, d in found if not d.direct}
    via = shortest_paths(after, indirect) if indirect else {}
    return [Introduced(change, d, history.versions(d), () if d.direct else via[d.purl]) for change, d in found]


def _groups(dependencies: Iterable[Dependency]) -> dict[Key, list[Dependency]]:
    groups: dict[Key, list[Dependency]] = {}
    for dependency in dependencies:
        if third_party(dependency):
            groups.setdefault(key(dependency), []).append(dependency)
    return groups


def _reach(group: list[Dependency]) -> int:
    return max([reach(d.scope) for d in group])


class _History:
    """What the file had of each component before."""

    def __init__(self, old: Iterable[list[Dependency]], new: Iterable[list[Dependency]]) -> None:
        self._had: dict[str, list[list[Dependency]]] = {}
        for group in old:
            self._had.setdefault(group[0].component, []).append(group)
        self._now = {group[0].purl for group in new}

    def versions(self, dependency: Dependency) -> tuple[str, ...]:
        """Return the component's versions before, in file order."""
        groups = self._had.get(dependency.component, ())
        places = sorted((d.path, d.line, d.version) for group in groups for d in group if d.version)
        return tuple(dict.fromkeys([version for _, _, version in places]))

    def change(self, group: list[Dependency]) -> str | None:
        """Return how a group of equal occurrences is introduced (one of CHANGES), None where it is not."""
        one = group[0]
        had = self._had.get(one.component)
        if not had:
            return "added"
        same = [g for g in had if g[0].purl == one.purl and _declared(g[0]) == _declared(one)]
        if not same:
            return self._direction(one, had)
        there = [g for g in same if same_source(g[0], one)]
        if not there:
            return "moved-source"
        if not any(same_content(g[0], one) for g in there):
            return "changed-digest"
        return "widened-scope" if _reach(group) > max(map(_reach, same)) else None

    def _direction(self, one: Dependency, had: list[list[Dependency]]) -> str:
        """A version is a step down if it is below one that it replaces; of unknown order it counts as a step up."""
        replaced = [g[0].version for g in had if g[0].purl not in self._now] or [g[0].version for g in had]
        below = any(_below(one, version) for version in replaced)
        return "downgraded" if below else "upgraded"


def _declared(dependency: Dependency) -> str:
    return "" if dependency.version else dependency.requirement or ""


def _below(one: Dependency, other: str) -> bool:
    """Tell whether a dependency's version is below `other` in an order that its type has."""
    from osgate.errors import UsageError
    from osgate.versions import sort_key

    if not one.version or not other:
        return False
    try:
        order = sort_key(one.component[4:].partition("/")[0])
    except UsageError:
        return False
    new, old = order(one.version), order(other)
    # The first element of a key tells whether the text is a version of its type at all (versions.schemes).
    return bool(new[0] and old[0] and new < old)
