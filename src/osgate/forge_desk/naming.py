"""What people call the changes and issues that a round knows by the numbers of their projects."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from osgate.errors import OsgateError
from osgate.forge_desk.publishing import named
from osgate.forge_desk.round import Round
from osgate.forges.protocol import Forge
from osgate.model.record import replace

# A project's id, `!` before a change's number, `#` before an issue's.
_NUMBERED = re.compile(r"([^\s!#]+)([!#])([0-9]+)")


def names(forge: Forge) -> Callable[[str], str]:
    """Return what turns `12!3` into `group/project!3`, as the forge spells it; whatever else it is given stays as it
    is, and so does what belongs to a project that cannot be looked at."""

    @cache
    def path(project: str) -> str:
        try:
            return forge.project(project).path
        except OsgateError:
            return project

    def called(what: str) -> str:
        found = _NUMBERED.fullmatch(what)
        if found is None:
            return what
        place, number = path(found[1]), int(found[3])
        return named(forge.kind, place, number) if found[2] == "!" else f"{place}#{number}"

    return called


def told(done: Round, forge: Forge) -> Round:
    """Return a round in the words of those who read what it did."""
    called = names(forge)
    checked = tuple(replace(one, named=called(one.named)) for one in done.checked)
    return replace(done, checked=checked, failed=tuple(replace(one, what=called(one.what)) for one in done.failed))
