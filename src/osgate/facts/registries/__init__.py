"""What registries tell of a component and its versions: one module for each purl type, loaded when it is asked for.

Each has one function, pure but for the `get` it is handed (see `answers.Get`):

    facts(component: str, versions: tuple[str, ...], get: Get, source: str, date: str) -> tuple[Fact, ...]

component: canonical purl without version. versions: those whose facts are wanted. source: where it was told, for
people. date: UTC instant of the answers. It returns a Fact for every name its registry could ever serve, known or
Unknown with the reason, for the component and each of the versions, and raises nothing, whatever was answered.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from osgate.facts.registries.answers import Get
    from osgate.model.fact import Fact

    class Registry(Protocol):
        """A module of this package that reads the registries of one purl type."""

        def facts(
            self, component: str, versions: tuple[str, ...], get: Get, source: str, date: str
        ) -> tuple[Fact, ...]:
            """Return what the registry tells of `component` and its `versions`."""


_MODULES = {
    "cargo": "cargo",
    "composer": "composer",
    "gem": "gem",
    "golang": "golang",
    "maven": "maven",
    "npm": "npm",
    "nuget": "nuget",
    "pypi": "pypi",
}


def of(type: str) -> Registry | None:
    """Return the module that reads registries of purl type `type`, None where there is none."""
    name = _MODULES.get(type)
    return import_module(f"osgate.facts.registries.{name}") if name else None
