"""A store of facts in memory: what the desk and a check can be told beside what a manifest says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from osgate.model.decision import Post
from osgate.model.dependency import Dependency


class Facts:
    """Facts by component and version. known: (component, version) -> fact -> value; source: where they were seen."""

    def __init__(self, known: Mapping[tuple[str, str], Mapping[str, str]] | None = None, source: str = "store") -> None:
        self._known = {key: dict(facts) for key, facts in (known or {}).items()}
        self._source = source

    def tell(self, component: str, version: str, **facts: str) -> None:
        """Remember `facts` of a version; `_` in their names stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in facts.items()}
        self._known.setdefault((component, version), {}).update(named)

    def of(self, component: str, versions: Iterable[str]) -> tuple[Post, ...]:
        """Return what is known of some versions: what the desk asks when a request is sealed (`Outside.facts`)."""
        found = [self._known.get((component, version), {}) for version in versions]
        posts = [Post(fact, value, self._source) for facts in found for fact, value in sorted(facts.items())]
        return tuple(dict.fromkeys(posts))

    def known(self, dependency: Dependency) -> tuple[Post, ...]:
        """Return what is known of one dependency: what a check asks (`Asked.known`)."""
        return self.of(dependency.component, (dependency.version,))
