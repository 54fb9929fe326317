"""Going over many projects of a forge: what is set otherwise than it must be, and setting it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from osgate.errors import OsgateError
from osgate.forges.protocol import Forge
from osgate.model.fleet import DRIFT, Difference
from osgate.model.forge import Project
from osgate.model.record import record

Step = Callable[[], None]


class Place(Protocol):
    """What was found of one project."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def path(self) -> str:
        """Its path."""


F = TypeVar("F", bound=Place)


class Recipe(Protocol[F]):
    """What one kind of forge has to be set to, and how it is set."""

    def found(self, id: str) -> F:
        """Return a project's settings."""

    def differences(self, found: F) -> tuple[Difference, ...]:
        """Return everything that is not as it must be."""

    def steps(self, found: F, there: tuple[Difference, ...]) -> Iterator[Step]:
        """Yield what mends those of `there` that can be written."""


class Merges:
    """`Recipe` for what was merged past the gate, and nothing else. past: what tells it of a project."""

    def __init__(self, forge: Forge, past: Callable[[Project], Iterable[Difference]]) -> None:
        self._forge, self._past = forge, past

    def found(self, id: str) -> Project:
        """Return a project, by id or path."""
        return self._forge.project(id)

    def differences(self, found: Project) -> tuple[Difference, ...]:
        """Return a hole for each merge that the gate had not passed."""
        return tuple(self._past(found))

    def steps(self, found: Project, there: tuple[Difference, ...]) -> Iterator[Step]:
        """What is merged cannot be mended."""
        return iter(())


@record
class Looked:
    """What became of one project. left: differences that stand after it; written: those that were mended.

    failed: why it could not be looked at, or not be written.
    """

    id: str
    path: str
    left: tuple[Difference, ...] = ()
    written: tuple[Difference, ...] = ()
    failed: OsgateError | None = None


def look(recipe: Recipe[F], projects: Iterable[tuple[str, str]], *, write: bool) -> Iterator[Looked]:
    """Yield what is set otherwise in each of `projects` (id, path), mended where `write` says so and it can be.

    One project's failure is told with it and ends nothing.
    """
    for id, path in projects:
        try:
            found = recipe.found(id)
            there = recipe.differences(found)
        except OsgateError as error:
            yield Looked(id, path, failed=error)
            continue
        if not write or not any(one.weight == DRIFT for one in there):
            yield Looked(id, found.path, there)
            continue
        yield _mended(recipe, id, found, there)


def _mended(recipe: Recipe[F], id: str, found: F, there: tuple[Difference, ...]) -> Looked:
    """Write what differs, and look again: what was written is what is so afterwards, not what was sent."""
    failed: OsgateError | None = None
    for step in recipe.steps(found, there):
        try:
            step()
        except OsgateError as error:
            failed = failed or error
    try:
        left = recipe.differences(recipe.found(id))
    except OsgateError as error:
        return Looked(found.id, found.path, there, failed=failed or error)
    written = tuple(one for one in there if one.weight == DRIFT and one not in left)
    return Looked(found.id, found.path, left, written, failed)
