"""The folder of facts, what is asked for, and the registries this machine's package managers use."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from osgate import purl as purls
from osgate import wiring
from osgate.changes.tree import Found
from osgate.changes.tree import files as manifests
from osgate.cli import console, endpoints
from osgate.cli.deps import dependencies
from osgate.errors import Undecided, UsageError
from osgate.facts import registries, store
from osgate.facts.endpoints.discover import only_default
from osgate.facts.endpoints.endpoint import Endpoint, whole
from osgate.facts.store import Store
from osgate.facts.sync import Told, Wanted
from osgate.facts.transport import named
from osgate.formats import table
from osgate.io import files
from osgate.io.git import Git, GitFailed
from osgate.model import fact_policy
from osgate.model.change import Blob
from osgate.model.dependency import Dependency, Unreadable
from osgate.model.fact import Unknown
from osgate.model.fact_policy import FactPolicy
from osgate.text.width import printable
from osgate.wiring import Moment

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
    for found in manifests(paths, table.match):
        yield from _held(found, found.path)


def _held(found: Found, shown: str) -> Iterable[Dependency]:
    read = dependencies(found)
    if isinstance(read, Unreadable):
        console.say(printable(console.words()("facts.unreadable", path=shown)), sys.stderr)
        return ()
    return read


def of_history(paths: Sequence[str], base: str = "") -> Iterator[Dependency]:
    """Yield what the same manifests hold at HEAD, and at `base` where one is named; nothing outside of a work tree.

    So the version before a change is known, that rules compare with. Raises UsageError `git.revision` for a `base` that
    is none.
    """
    for path in paths:
        folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
        with Git(folder) as git:
            if base:
                git.resolve(base)
            try:
                yield from _committed(git, [found.path for found in manifests([path], table.match)], base)
            except GitFailed:
                continue


def _committed(git: Git, paths: Sequence[str], base: str) -> Iterator[Dependency]:
    git.root()
    for rev in ("HEAD", base) if base else ("HEAD",):

        def beside(path: str, rev: str = rev) -> bytes | None:
            mode, _, data = git.paths_at(rev, [path]).get(path, ("", "", None))
            return data if mode.startswith("100") else None

        for path, (mode, _, data) in git.paths_at(rev, paths).items():
            if mode.startswith("100"):
                blob = Blob("too-large") if data is None else Blob("file", data)
                yield from _held(Found(path, blob, beside), f"{rev}:{path}")


def policy(lock: str, moment: Moment, offline: bool) -> FactPolicy:
    """Return what the policy says of facts, as the newest snapshot on this machine carries it; the default where no
    trust root is at hand.

    lock: a trust root that is handed in; else that of the repository we stand in. Without a snapshot one is fetched,
    unless `offline`. Raises Undecided where there is none, UsageError for a trust root that is malformed.
    """
    with Git() as git:
        try:
            trusted = wiring.trusted(git, "HEAD", lock)
            root, project = trusted.lock, trusted.config.project
        except GitFailed:
            root, project = wiring.handed_in(lock) if lock else None, ""
    if root is None:
        return fact_policy.DEFAULT
    opened = wiring.ledger(root, moment, offline=True, eager=False).open
    try:
        found = opened()
    except Undecided:
        if offline:
            raise
        wiring.sync(root, moment, wiring.SYNC_SECONDS)
        found = opened()
    return found.snapshot.policy(project).facts


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


def configured(
    trees: Sequence[str], types: Collection[str], *, project: bool, default: bool
) -> tuple[tuple[Endpoint, ...], tuple[Told, ...]]:
    """Return where this machine's package managers fetch packages of some purl types from, and what is not asked.

    project: what the configuration inside of `trees` names counts too, before the machine's, as it is written and
    without a login; else it is told as not used. default: what only a client's own default names is asked as well.
    """
    if not types:
        return (), ()
    folders = [path if os.path.isdir(path) else os.path.dirname(path) or "." for path in trees]
    machine = endpoints.configured((), clients=True, types=types, inside=os.sep).endpoints
    inside = [one for one in endpoints.apart(folders, machine).endpoints if one.type in types]
    replaced = {one.type for one in inside if project and _is_main(one)}
    outside = [one for one in machine if not (one.type in replaced and _is_main(one))]
    used = [one for one in outside if default or not only_default(one)]
    told = [
        Told("registry", named(one), problem=Unknown("default-registry", (("origin", one.origin),)))
        for one in outside
        if one not in used
    ]
    if project:
        return (*inside, *used), tuple(told)
    told += [
        Told("registry", named(one), note=Unknown("not-used", (("origin", one.origin), ("address", one.address))))
        for one in inside
    ]
    return tuple(used), tuple(told)


def _is_main(endpoint: Endpoint) -> bool:
    return endpoint.applies == whole(endpoint.type) and not endpoint.extra
