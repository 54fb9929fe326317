"""The folder of facts, what is asked for, and the registries this machine's package managers use."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from osgate import purl as purls
from osgate import wiring
from osgate.changes.tree import files as manifests
from osgate.cli import console, endpoints
from osgate.cli.deps import dependencies
from osgate.errors import Undecided, UsageError
from osgate.facts import registries, store
from osgate.facts.endpoints.endpoint import Configured
from osgate.facts.store import Store
from osgate.facts.sync import Wanted
from osgate.formats import table
from osgate.io import files
from osgate.model.dependency import Dependency, Unreadable
from osgate.text.width import printable

STORE, INDEX, ANSWERS = "facts.sqlite", "advisories.sqlite", "answers"
# Bytes of a list of purls; kinds of sources whose packages no registry is asked for.
_PURLS = 32 << 20
_OWN = ("git", "path", "url", "workspace")


def folder_of(asked: Mapping[str, str]) -> str:
    """Return the folder of facts: what the flag says, else this machine's."""
    return asked.get("facts") or wiring.facts_folder()


def opened(folder: str, instant: str) -> Store:
    """Return the store in `folder`, to be written to. A damaged one is set aside, and told."""
    path = os.path.join(folder, STORE)
    store.create(path)
    try:
        return Store(path, write=True)
    except Undecided as error:
        if error.code != "facts.damaged":
            raise
    aside = f"{path}.damaged-{''.join(filter(str.isalnum, instant))}"
    saved = store.mend(path, aside)
    console.say(console.words().count("facts.mended", saved, path=path, aside=aside), sys.stderr)
    return Store(path, write=True)


def of_trees(paths: Sequence[str]) -> Iterator[Dependency]:
    """Yield what the manifests of folders and files hold; those that cannot be read are told."""
    t = console.words()
    for found in manifests(paths, table.match):
        read = dependencies(found)
        if isinstance(read, Unreadable):
            console.say(printable(t("facts.unreadable", path=found.path)), sys.stderr)
        else:
            yield from read


def of_list(path: str) -> Iterator[str]:
    """Yield the purls in a file, one a line; what follows `#` and a blank is a comment. Raises UsageError."""
    try:
        data = files.read_limited(path, _PURLS)
    except OSError as error:
        raise UsageError("path.unreadable", path=path, detail=error.strerror or str(error)) from None
    if data is None:
        raise UsageError("path.unreadable", path=path, detail=f"> {_PURLS >> 20} MiB")
    for line in data.decode("utf-8-sig", "replace").splitlines():
        text = line.partition(" #")[0].strip()
        if text and not text.startswith("#"):
            yield text


def wanted(held: Iterable[Dependency], listed: Iterable[str]) -> tuple[Wanted, ...]:
    """Return the components that registries are asked for, with their versions, in order.

    What comes from git, an address or the repository itself is no registry's, and its name is told to none. Raises
    UsageError for a line that is no purl.
    """
    found: dict[str, dict[str, None]] = {}
    for one in held:
        if one.source.kind not in _OWN and registries.of(purls.parse(one.component).type):
            found.setdefault(one.component, {}).update({one.version: None} if one.version else {})
    for text in listed:
        purl = purls.parse(text)
        found.setdefault(purl.component, {}).update({purl.version: None} if purl.version else {})
    return tuple(Wanted(component, tuple(found[component])) for component in sorted(found))


def configured(projects: Sequence[str], types: Collection[str]) -> Configured:
    """Return where this machine's package managers fetch packages of some purl types from.

    projects: folders whose own configuration counts too. The managers are asked where no project's configuration lies.
    """
    folders = [path for path in projects if os.path.isdir(path)]
    if not types:
        return Configured()
    return endpoints.configured(folders, clients=True, named=True, types=types, inside=os.sep)
