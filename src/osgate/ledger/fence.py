"""The fence of an approval: the facts it was given on, and what becomes of each of them in another version. Pure.

On the commit path only where an approval has a fence. A post is held while a fact is what it was; it is broken where
the manifest or a store of facts tells another value; else it cannot be told.
"""

from __future__ import annotations

from osgate.model.decision import Post, Told
from osgate.model.gap import Gap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.ledger.standing import Known
    from osgate.model.decision import Standing
    from osgate.model.dependency import Dependency

HELD, BROKEN, UNKNOWN, NOT_EVALUATED = "held", "broken", "unknown", "not-evaluated"
# Known when it was decided and unknown now: for these nobody can say that nothing changed (design, section 4).
GRAVE = ("licence", "source", "digest", "severity")
# Facts that nothing here can tell by itself: they take a store of facts.
STORED = ("publisher", "trust", "severity")
# From the least to the greatest; a severity that falls breaks nothing.
_SEVERITIES = ("none", "low", "medium", "high", "critical")
# SPDX ids that were deprecated for ones that say the same (SPDX licence list, version 3).
_RENAMED = {
    f"{name}{mark}": f"{name}-{word}"
    for name in ("agpl-1.0", "agpl-3.0", "gpl-1.0", "gpl-2.0", "gpl-3.0", "lgpl-2.0", "lgpl-2.1", "lgpl-3.0")
    for mark, word in (("", "only"), ("+", "or-later"))
}


def posts(dependency: Dependency) -> tuple[Post, ...]:
    """Return what the manifest tells of a dependency, each fact with the manifest as its source."""
    found = [Post("licence", dependency.licence, dependency.path)] if dependency.licence else []
    if dependency.install_code is not None:
        found.append(Post("install-code", "yes" if dependency.install_code else "no", dependency.path))
    return tuple(found)


def tells(dependency: Dependency) -> tuple[str, ...]:
    """Return the facts that a manifest of this kind tells, though it may say nothing of this dependency."""
    return ("licence",) if dependency.licence is not None else ()


def compare(fence: Iterable[Post], now: Iterable[Post], tells: Iterable[str], store: bool = False) -> tuple[Told, ...]:
    """Return what became of each fact of `fence`, in its order.

    now: what is told here; tells: facts that this kind of manifest tells at all; store: there is a store of facts. One
    fact with several values was seen with each of them; any of them holds.
    """
    before: dict[str, list[Post]] = {}
    for post in fence:
        before.setdefault(post.fact, []).append(post)
    here: dict[str, list[Post]] = {}
    for post in now:
        here.setdefault(post.fact, []).append(post)
    able = set(tells)
    return tuple([_told(fact, seen, here.get(fact, []), fact in able or store) for fact, seen in before.items()])


def _told(fact: str, before: list[Post], now: list[Post], able: bool) -> Told:
    if not now:
        state = UNKNOWN if able else NOT_EVALUATED
    else:
        state = HELD if all(_holds(fact, post.value, before) for post in now) else BROKEN
    return Told(fact, _values(before), _values(now), state, _sources(before), _sources(now))


def _holds(fact: str, value: str, before: list[Post]) -> bool:
    if fact == "severity":
        return _rank(value) <= max(_rank(post.value) for post in before)
    if fact == "install-code" and value == "no":
        return True
    if fact == "licence":
        return licence_key(value) in {licence_key(post.value) for post in before}
    return value in {post.value for post in before}


def _rank(severity: str) -> int:
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)


def licence_key(text: str) -> str:
    """Return a licence as text that is equal for spellings of one: case, spaces, order, deprecated SPDX ids."""
    words = text.lower().replace("(", " ( ").replace(")", " ) ").split()
    words = [_RENAMED.get(word, word) for word in words]
    if words[:1] == ["("] and words[-1:] == [")"] and "(" not in words[1:-1]:
        words = words[1:-1]
    for operator in ("or", "and"):
        if operator in words and not {"(", ")", "or", "and"}.difference((operator,)).intersection(words):
            parts = " ".join(words).split(f" {operator} ")
            return f" {operator} ".join(sorted(set(parts)))
    return " ".join(words)


def _values(found: list[Post]) -> str:
    return ", ".join(dict.fromkeys([post.value for post in found]))


def _sources(found: list[Post]) -> str:
    return ", ".join(dict.fromkeys([post.source for post in found if post.source]))


def broken(standing: Standing, dependency: Dependency, known: tuple[Post, ...] | None = None) -> tuple[Told, ...]:
    """Return the posts of an approval that `dependency` breaks. known: what a store tells of it, None without a store.

    What cannot be told breaks nothing; see `compare`.
    """
    told = compare(standing.fence, (*posts(dependency), *(known or ())), (), known is not None)
    return tuple([one for one in told if one.state == BROKEN])


def doubts(fenced: Iterable[tuple[Dependency, Standing]], known: Known) -> tuple[list[Gap], list[Gap]]:
    """Return what cannot be told of the fences of approved dependencies: what keeps from deciding, and the rest.

    What this place has no means to tell is said once a fact and manifest.
    """
    grave: list[Gap] = []
    slight: list[Gap] = []
    blind: dict[tuple[str, str], int] = {}
    for dependency, standing in fenced:
        store = known(dependency)
        now = (*posts(dependency), *(store or ()))
        for told in compare(standing.fence, now, tells(dependency), store is not None):
            if told.state == NOT_EVALUATED:
                blind[told.fact, dependency.path] = blind.get((told.fact, dependency.path), 0) + 1
            elif told.state == UNKNOWN:
                params = (("purl", dependency.purl), ("fact", told.fact), ("before", told.before))
                (grave if told.fact in GRAVE else slight).append(Gap(dependency.path, "fence-unknown", params))
    for (fact, path), count in sorted(blind.items()):
        slight.append(Gap(path, "fence-not-evaluated", (("fact", fact), ("count", str(count)))))
    return grave, slight


def gathered(fences: Iterable[Iterable[Post]]) -> dict[str, dict[str, int]]:
    """Return fact -> value -> how many of `fences` hold that, for a summary of a request of many packages."""
    found: dict[str, dict[str, int]] = {}
    for fence in fences:
        for post in dict.fromkeys(fence):
            values = found.setdefault(post.fact, {})
            values[post.value] = values.get(post.value, 0) + 1
    return found
