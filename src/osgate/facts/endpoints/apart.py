"""What only the files of a tree name: a clone may be hostile, so its word sends nobody a login.

Package managers take `${NAME}` in a project's own files from the environment, whatever address stands there. Here such
a file is read without any environment, and what it names is kept apart from what the machine itself names. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from osgate.facts.endpoints.discover import Machine, Project, discover
from osgate.facts.endpoints.endpoint import Endpoint, Risk
from osgate.model.record import record, replace

_ENVIRONMENT = "environment "


@record
class Apart:
    """endpoints: those that only files of the tree name, as they are written and without login. risks: of those,
    `variable-in-tree` where the environment would go into the address or the login."""

    endpoints: tuple[Endpoint, ...] = ()
    risks: tuple[Risk, ...] = ()


def of_tree(machine: Machine, projects: Sequence[Project], known: Sequence[Endpoint]) -> Apart:
    """Return what the files of `projects` name beside `known`, the endpoints of the machine."""
    if not projects:
        return Apart()
    named = {(one.type, one.address) for one in known}

    def inside(path: str) -> bytes | None:
        below = any(path.startswith(project.folder.rstrip("/") + "/") for project in projects)
        return machine.read(path) if below else None

    written = discover(Machine(inside, {}), projects).endpoints
    filled = discover(Machine(inside, machine.environment), projects).endpoints
    risks = [
        Risk("variable-in-tree", (("type", one.type),), one.origin)
        for one in filled
        if one not in written and (one.type, one.address) not in named and not one.origin.startswith(_ENVIRONMENT)
    ]
    told = [
        replace(one, login=None) for one in written if (one.type, one.address) not in named and "$" not in one.address
    ]
    return Apart(tuple(told), tuple(dict.fromkeys(risks)))
