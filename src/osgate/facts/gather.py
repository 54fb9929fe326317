"""All that is told of a component version, from the store, the index of advisories and the institution itself."""

from __future__ import annotations

from collections.abc import Iterable

from osgate import purl as purls
from osgate.facts import disagreeing, lookalikes
from osgate.facts.osv import ecosystems
from osgate.facts.osv.index import Index
from osgate.facts.osv.told import severity
from osgate.facts.store import FENCED, Store
from osgate.model.decision import Post
from osgate.model.dependency import Dependency
from osgate.model.fact import Fact, Facts, FactSource, Unknown
from osgate.model.fact_policy import Override

# What a source's name begins with, from the one that counts most: corrections by people, what lies in the artefact
# itself, then what registries tell, then what the manifest says.
PRECEDENCE = ("policy", "curations", "artefacts")
MANIFEST = "manifest"
POPULAR = "popular names"
NO_INDEX = Unknown("no-advisory-index")
# Reasons of Unknowns by which nobody answered, and what is said of a source that never did.
NO_ANSWER = frozenset(("html", "offline", "rate-limited", "redirect", "status", "timeout", "unreachable"))
SILENT = "silent"
# Sources that do not age.
_AGELESS = (*PRECEDENCE, MANIFEST, "popular", "scorecard")


class Gathered:
    """What a check asks: the store and the index of one place; either may be missing, not both.

    overrides: the institution's own word that counts today.
    """

    def __init__(self, store: Store | None, index: Index | None, overrides: Iterable[Override] = ()) -> None:
        self._store = store
        self._index = index
        self._own: dict[str, list[Override]] = {}
        for one in overrides:
            self._own.setdefault(one.purl, []).append(one)
        self._made: dict[tuple[str, str], Facts] = {}
        self._names: dict[str, lookalikes.Popular] = {}

    def overridden(self, overrides: Iterable[Override], today: str) -> Gathered:
        """Return the same with the institution's own word first. today: ISO date; what has expired counts no more."""
        return Gathered(self._store, self._index, [one for one in overrides if today < one.expires])

    def of(self, dependency: Dependency, version: str) -> Facts:
        """Return all that is told of `version`, with the manifest's word where it is the dependency's own version."""
        found = self._plain(dependency.component, version)
        own = _of_manifest(dependency, found.purl) if version == dependency.version else ()
        if not own:
            return found
        return Facts(
            found.purl, found.component, (*found.told, *own), found.advisories, found.first_seen, found.watched
        )

    def _plain(self, component: str, version: str) -> Facts:
        """What is told without any manifest's word."""
        key = component, version
        if key not in self._made:
            self._made[key] = self._told(component, version)
        return self._made[key]

    def known(self, dependency: Dependency) -> tuple[Post, ...]:
        """Return what an approval of the dependency would be fenced by, the worst severity of advisories included."""
        facts = self._plain(dependency.component, dependency.version)
        posts = []
        for name in sorted(FENCED):
            first = facts.one(name)
            if first is not None and isinstance(first.value, str):
                same = [fact for fact in facts.all(name) if fact.source == first.source and isinstance(fact.value, str)]
                posts += [Post(name, str(fact.value), fact.source) for fact in same if fact.value]
        if not isinstance(facts.advisories, Unknown) and facts.advisories.unknown is None:
            posts.append(Post("severity", severity(facts.advisories), "advisories"))
        return tuple(dict.fromkeys(posts))

    def posts(self, component: str, versions: Iterable[str]) -> tuple[Post, ...]:
        """Return the same of some versions: what the desk asks when a request is sealed (`Outside.facts`)."""
        found = [
            self.known(Dependency(component, version, purls.versioned(component, version), "")) for version in versions
        ]
        return tuple(dict.fromkeys(post for posts in found for post in posts))

    def sources(self, dependencies: Iterable[Dependency]) -> tuple[FactSource, ...]:
        """Return where facts of such dependencies come from: the archives of their ecosystems, and what told facts.

        A source is as old as the oldest of what it told of them.
        """
        found = list(dependencies)
        self._hold(found)
        wanted = {ecosystem.name for one in found if (ecosystem := ecosystems.of_component(one.component)) is not None}
        mirrors = self._index.sources if self._index is not None else ()
        archives = [
            FactSource(one.path, "advisories", one.newest, one.problem) for one in mirrors if one.ecosystem in wanted
        ]
        oldest: dict[tuple[str, bool], str] = {}
        for dependency in found:
            for fact in self._plain(dependency.component, dependency.version).told:
                key = fact.source, fact.name == "cycle"
                answered = isinstance(fact.value, str) or fact.value.reason not in NO_ANSWER
                if fact.name != "rank":
                    oldest.setdefault(key, "")
                if fact.name != "rank" and answered and not "" < oldest[key] <= fact.date:
                    oldest[key] = fact.date
        others = [
            FactSource(name, "lifecycle" if cycle else "registry", date[:10], "" if date else SILENT)
            for (name, cycle), date in sorted(oldest.items())
            if _word(name) not in _AGELESS
        ]
        return (*archives, *others)

    def _hold(self, found: list[Dependency]) -> None:
        """Look all of them up at once: a change may bring in thousands."""
        if self._store is not None:
            named = [purls.versioned(one.component, one.version) for one in found if one.version]
            self._store.hold((*named, *(one.component for one in found)))
        if self._index is not None:
            self._index.hold(one.component for one in found)

    def _told(self, component: str, version: str) -> Facts:
        purl = purls.versioned(component, version) if version else component
        stored, seen, watched = self._store.told(purl, component) if self._store is not None else ((), "", "")
        first = self._overrides(purl, component)
        told = [*first, *disagreeing.settled(sorted(stored, key=_precedence)), *self._looks_like(component)]
        advisories = self._index.of(component, version) if self._index is not None else NO_INDEX
        return Facts(purl, component, tuple(told), advisories, seen, watched)

    def _overrides(self, purl: str, component: str) -> list[Fact]:
        own = [*self._own.get(purl, ()), *(self._own.get(component, ()) if component != purl else ())]
        return [Fact(one.purl, one.name, one.value, f"policy {one.origin}", "") for one in own]

    def _looks_like(self, component: str) -> list[Fact]:
        """A fact for each popular name that this one is too near to; an Unknown where nobody told any."""
        if self._store is None:
            return []
        type = component.partition("/")[0].removeprefix("pkg:")
        if type not in self._names:
            self._names[type] = lookalikes.Popular(self._store.ranked(type))
        popular = self._names[type]
        if not popular.told:
            return [Fact(component, "looks-like", Unknown("no-popular-names"), POPULAR, "")]
        return [Fact(component, "looks-like", other, POPULAR, "") for other in popular.near(component)]

    def lacks(self) -> tuple[str, ...]:
        """Return the parts that are not there, or hold nothing: `store`, `index`."""
        there = {
            "store": self._store is not None and not self._store.empty(),
            "index": self._index is not None and bool(self._index.sources),
        }
        return tuple(part for part, is_there in there.items() if not is_there)

    def close(self) -> None:
        """Let the files go."""
        for part in (self._store, self._index):
            if part is not None:
                part.close()


def _word(source: str) -> str:
    """What tells the kind of a source; of a registry, which is called `HOST (type)`, nothing, whatever its host is."""
    return "" if source.endswith(")") else source.partition(" ")[0]


def _precedence(fact: Fact) -> int:
    word = _word(fact.source)
    return PRECEDENCE.index(word) if word in PRECEDENCE else len(PRECEDENCE)


def _of_manifest(dependency: Dependency, purl: str) -> tuple[Fact, ...]:
    """What the manifest itself says; it is as old as the change."""
    found = []
    if dependency.licence:
        found.append(Fact(purl, "licence-declared", dependency.licence, f"{MANIFEST} {dependency.path}", ""))
    if dependency.install_code is not None:
        code = "yes" if dependency.install_code else "no"
        found.append(Fact(purl, "install-code", code, f"{MANIFEST} {dependency.path}", ""))
    return tuple(found)
