"""What nobody could tell of the life of what comes in: its age, its end. Told once with a count, never silent. Pure."""

from __future__ import annotations

from osgate.model.gap import Gap
from osgate.rules.too_new import birth, free
from osgate.versions import cycles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from osgate.rules.case import Case

# Facts that rules ask for of every version of a registry, beside licence and age, which have words of their own.
ASKED = ("present", "yanked", "deprecated", "install-code", "publisher", "trust", "looks-like")
# Dependencies that one gap names.
_NAMED = 5


def gaps(cases: Iterable[Case]) -> Iterator[Gap]:
    """Yield `age-unknown` for locked versions of registries whose cooldown nobody could judge, and `end-unknown` for
    those of products with known release cycles of which nobody tells the end; `untold` for facts that rules ask for and
    nobody tells; `before-unknown` where nothing is known of the version that one takes the place of.

    Nothing is told of cases without a store of facts: their rules are not evaluated at all.
    """
    asked = [case for case in cases if case.facts is not None and case.item.dependency.version]
    for reason, applies in (("age-unknown", _ageless), ("end-unknown", _endless), ("before-unknown", _unknown_before)):
        found = list(dict.fromkeys(case.item.dependency.purl for case in asked if applies(case)))
        if found:
            names = ", ".join(found[:_NAMED]) + (" ..." if len(found) > _NAMED else "")
            yield Gap("facts", reason, (("count", str(len(found))), ("purls", names)))
    registry = [case for case in asked if case.item.dependency.source.kind == "registry"]
    lacking = {name: sum(not _tells(case, name) for case in registry) for name in ASKED}
    if any(lacking.values()):
        told = ";".join(f"{name}={count}" for name, count in lacking.items() if count)
        yield Gap("facts", "untold", (("facts", told),))


def _ageless(case: Case) -> bool:
    registry = case.item.dependency.source.kind == "registry"
    return registry and case.policy.facts.cooldown > 0 and not free(case) and birth(case) is None


def _unknown_before(case: Case) -> bool:
    return case.item.change == "upgraded" and case.before is not None and not case.before.told


def _tells(case: Case, name: str) -> bool:
    """Whether somebody tells a fact; that no popular name is near is told by nothing."""
    fact = case.facts.one(name) if case.facts is not None else None
    return isinstance(fact.value, str) if fact is not None else name == "looks-like"


def _endless(case: Case) -> bool:
    told = case.facts.all("cycle") if case.facts is not None else ()
    found = cycles.told(told, case.item.dependency.version)
    return bool(told) and cycles.state(found[1] if found else None, case.now[:10]) == cycles.UNKNOWN
