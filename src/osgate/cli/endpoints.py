"""Where this machine's package managers fetch from: its files, variables and clients, handed to the pure readers."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from functools import partial

from osgate.errors import OsgateError, UsageError
from osgate.facts.endpoints.apart import Apart, of_tree
from osgate.facts.endpoints.discover import Machine, Project, discover
from osgate.facts.endpoints.endpoint import Configured, Endpoint
from osgate.facts.endpoints.places import MANAGERS
from osgate.io import files, process

# Bytes of a configuration file that are looked at at all, and seconds that a client has to answer.
LARGEST, SECONDS = 32 << 20, 15.0


def configured(
    folders: Sequence[str], *, clients: bool, named: bool = False, types: Collection[str] = (), inside: str = ""
) -> Configured:
    """Return where packages come from in some folders, and outside of any where there are none.

    clients: ask the package managers themselves for what no file says; they start in the folder `inside`, by default
    the current one, whose configuration then counts, and are given SECONDS each. named: the files of a folder are told
    with its name, as those of several always are. types: the purl types that are meant, all without any. Raises
    UsageError("path.missing") for what is no folder.
    """
    projects = _projects(folders, named)
    ask = partial(answer, inside=inside)
    managers = [manager.name for manager in MANAGERS if not types or manager.type in types]
    machine = Machine(read, os.environ, os.path.expanduser("~"), ask if clients else None)
    return discover(machine, projects, managers) if managers else Configured()


def apart(folders: Sequence[str], known: Sequence[Endpoint]) -> Apart:
    """Return what only the files of some folders name, and not `known`: the endpoints of this machine. Raises what
    `configured` raises."""
    return of_tree(Machine(read, os.environ), _projects(folders), known)


def _projects(folders: Sequence[str], named: bool = False) -> list[Project]:
    for folder in folders:
        if not os.path.isdir(folder):
            raise UsageError("path.missing", path=folder)
    paths = [os.path.abspath(folder) for folder in folders]
    told = named or len(paths) > 1
    return [Project(path, os.path.basename(path) if told else "", tracked) for path in paths]


def read(path: str) -> bytes | None:
    """Return a file, None where there is none that can be read; a pipe or device is none."""
    try:
        return files.read_limited(path, LARGEST) if os.path.isfile(path) else None
    except OSError:
        return None


def answer(command: tuple[str, ...], inside: str = "") -> bytes | None:
    """Return what a program says in the folder `inside`, None where it is not there, fails or takes too long."""
    there = ("sh", "-c", 'cd "$0" && exec "$@"', inside) if inside else ()
    try:
        code, out, _ = process.run((*there, *command), seconds=SECONDS)
    except (OsgateError, process.OutOfTime):
        return None
    return out if code == 0 else None


def tracked(path: str) -> bool:
    """Tell whether a file is under version control."""
    folder, name = os.path.split(path)
    return bool(answer(("git", "-C", folder, "ls-files", "-z", "--", f":(literal){name}")))
