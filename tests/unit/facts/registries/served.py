"""A registry made by a test: what it answers at each path, and how its facts are looked up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from osgate import purl
from osgate.facts import registries
from osgate.facts.registries.answers import Answer
from osgate.model.fact import Fact, Unknown

NOW = "2026-11-20T08:00:00Z"
SOURCE = "packages.example.com"
OFFLINE = Unknown("offline")


def encoded(value: Any) -> bytes:
    """A file of the registry: bytes and text as they are, everything else as JSON."""
    return (
        value
        if isinstance(value, bytes)
        else (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "surrogatepass")
    )


class Served:
    """What a registry answers: path -> content or Unknown. All other paths are `missing`."""

    def __init__(self, files: Mapping[str, Any], missing: Unknown | None = None) -> None:
        self.files, self.missing, self.asked = dict(files), missing, list[str]()

    def __call__(self, path: str, accept: str) -> Answer | Unknown:
        self.asked.append(path)
        found = self.files.get(path, self.missing or 404)
        if isinstance(found, Unknown):
            return found
        data = b"" if found == 404 else encoded(found)
        return Answer(data, f"sha256:{hashlib.sha256(data).hexdigest()}", 404 if found == 404 else 200)


class Told:
    """The facts that were told: of the component (`told["present"]`), of a version (`told["1.0.0", "present"]`)."""

    def __init__(self, component: str, facts: Iterable[Fact]) -> None:
        self.component, self.facts = component, tuple(facts)

    def all(self, name: str, version: str = "") -> tuple[str | Unknown, ...]:
        wanted = purl.versioned(self.component, version)
        return tuple(fact.value for fact in self.facts if (fact.purl, fact.name) == (wanted, name))

    def __getitem__(self, key: str | tuple[str, str]) -> str | Unknown:
        version, name = ("", key) if isinstance(key, str) else key
        (value,) = self.all(name, version)
        return value

    def names(self, version: str = "") -> set[str]:
        wanted = purl.versioned(self.component, version)
        return {fact.name for fact in self.facts if fact.purl == wanted}


def ask(component: str, versions: Iterable[str], files: Mapping[str, Any] | Served) -> Told:
    """What the module of the component's type tells of a registry with these files."""
    module = registries.of(component.partition("/")[0].removeprefix("pkg:"))
    assert module is not None
    get = files if isinstance(files, Served) else Served(files)
    return Told(component, module.facts(component, tuple(versions), get, SOURCE, NOW))
