"""From the files, variables and clients of a machine to the endpoints in use there. Pure: what it asks is handed in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from osgate.facts.endpoints.endpoint import Configured, Endpoint, Risk, joined, whole
from osgate.facts.endpoints.places import MANAGERS, Manager, paths
from osgate.facts.endpoints.reading import File
from osgate.model.record import record, replace


@record
class Machine:
    """What is asked of a machine. read: a file's bytes, None where there is none or it cannot be read. home: folder.

    run: standard output of a command, None where there is no such program or it fails; None for not asking clients.
    """

    read: Callable[[str], bytes | None]
    environment: Mapping[str, str]
    home: str = ""
    run: Callable[[tuple[str, ...]], bytes | None] | None = None


@record
class Project:
    """A folder that packages are fetched for. shown: its name for people, empty for the only one. tracked: tells of a
    path below it whether it is under version control."""

    folder: str
    shown: str = ""
    tracked: Callable[[str], bool] = lambda path: False


def discover(machine: Machine, projects: Sequence[Project] = (), managers: Collection[str] = ()) -> Configured:
    """Return the endpoints that the package managers of `machine` ask in each of `projects`, and in none.

    managers: names of MANAGERS, all by default. A client is asked only for what no file or variable tells.
    """
    wanted = [manager for manager in MANAGERS if not managers or manager.name in managers]
    found = [_one(manager, machine, project) for manager in wanted for project in projects or [Project("")]]
    named = {type for one in found for type in (_main(endpoint) for endpoint in one.endpoints) if type}
    asked = [_asked(manager, machine) for manager in wanted if manager.type not in named]
    return joined([*found, *asked])


def only_default(endpoint: Endpoint) -> bool:
    """Tell whether no file and no variable names an endpoint: only the client said it, of itself.

    `pip config list` tells what is configured and nothing else, so that it does not count as such.
    """
    return endpoint.origin in {shown for one in MANAGERS for way, shown, _ in one.asks if way != "pip-answer"}


def _main(endpoint: Endpoint) -> str:
    """The type that an endpoint is the main one of."""
    return endpoint.type if endpoint.applies == whole(endpoint.type) and not endpoint.extra else ""


def _one(manager: Manager, machine: Machine, project: Project) -> Configured:
    files, inside = [], {}
    for way, path, name in paths(manager.places, machine.environment, machine.home, project.folder):
        data = machine.read(path)
        if data is None:
            continue
        own = bool(project.folder) and path.startswith(project.folder.rstrip("/") + "/")
        shown = f"{project.shown}/{name}" if own and project.shown else name
        files.append(File(way, shown, data))
        if own:
            inside[shown] = path
    if manager.name == "uv" and files and files[-1].way == "uv":
        # Beside a uv.toml uv does not look at pyproject.toml ("Configuration files").
        files = [file for file in files if file.way == "uv"]
    found = manager.read(files, machine.environment)
    told = [Risk("credential-in-file", (), o) for o in found.secrets if _kept(o.rpartition(":")[0], inside, project)]
    return replace(found, risks=(*found.risks, *told))


def _kept(shown: str, inside: Mapping[str, str], project: Project) -> bool:
    return shown in inside and project.tracked(inside[shown])


def _asked(manager: Manager, machine: Machine) -> Configured:
    """What a client says of itself, its variables left out: they are told already."""
    if machine.run is None:
        return Configured()
    for way, shown, command in manager.asks:
        answer = machine.run(command)
        if answer:
            found = manager.read((File(way, shown, answer),), {})
            if found.endpoints or found.risks:
                return replace(found, unread=())
    return Configured()
