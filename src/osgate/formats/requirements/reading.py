"""A requirements file with everything it includes, as dependencies.

Included files are read where they are named; constraints pin what a requirement asks for and bring in nothing; index
options count for the whole reading, as in pip. Values pip would take from the environment (`${TOKEN}`) stay as written.
"""

from __future__ import annotations

import posixpath
import re

from osgate.formats.guards import MAX_BYTES, check_name, without_credentials
from osgate.formats.requirements.address import resolve, target
from osgate.formats.requirements.annotation import Via, is_constraints, looks_compiled, scope_of, via, wider
from osgate.formats.requirements.lines import Line, lines, text_of
from osgate.formats.requirements.specifier import Requirement, parse, parse_editable
from osgate.model.dependency import REGISTRY, Dependency, Source, Unreadable
from osgate.model.record import record, replace
from osgate.purl import component, normalise_pypi, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.change import Siblings

MAX_FILES = 100
MAX_ENTRIES = 100_000
# Differently marked pins of one name; real files have one for each Python or platform.
MAX_VARIANTS = 64
_REMOTE = re.compile(r"(?:https?|file):", re.IGNORECASE)


@record
class _Found:
    """One entry. name: normalised, empty where unknown. root: line in the file the reading began with."""

    dependency: Dependency
    name: str
    marker: str
    via: Via | None
    root: int
    constraint: bool


def read(path: str, data: bytes, siblings: Siblings) -> tuple[Dependency, ...]:
    """Return what the requirements file at `path` and the files it includes ask for, in the order pip reads them.

    A file named as one of constraints lists its pins, since it is read on its own.
    Raises Unreadable with the line in this file; where the cause stands in an included one, params `path` and `at` name
    it. Reasons: those of `guards.decode`, `encoding`, `syntax`, `unknown-option`, `missing-include`, `outside`,
    `remote-include`, `hostile-name`, `too-deep`, `too-large`, and `duplicate-pin` (ambiguous).
    """
    reading = _Reading(siblings)
    alone = is_constraints(path)
    reading.file(path, data, constraint=alone, scope=scope_of(path), root=0)
    return reading.result(alone)


def includes(data: bytes, path: str) -> tuple[str, ...]:
    """Return the repository paths that `-r` and `-c` lines of the file at `path` name, in order; never raises.

    Addresses and paths outside the repository are left out; of an unreadable file what stands before the fault counts.
    """
    found: dict[str, None] = {}
    try:
        for line in lines(text_of(data)):
            named = _included(line)
            inner = resolve(posixpath.dirname(path), named[0]) if named and not _REMOTE.match(named[0]) else None
            if inner:
                found[inner] = None
    except Unreadable:
        pass
    return tuple(found)


def _included(line: Line) -> tuple[str, bool] | None:
    """Return the file an option line includes and whether as constraints; pip looks at the first one only."""
    if line.text or line.first("editable"):
        return None
    required, constraint = line.first("requirement"), line.first("constraint")
    if required:
        return required, False
    return (constraint, True) if constraint else None


class _Reading:
    """Collects entries and index options over a file and its includes."""

    def __init__(self, siblings: Siblings) -> None:
        self.siblings = siblings
        self.found: list[_Found] = []
        self.seen: set[tuple[str, bool]] = set()
        self.compiled: set[str] = set()
        self.size = 0
        self.index = ""
        self.others: list[str] = []
        self.source_only: set[str] = set()
        self.binary_only: set[str] = set()

    def file(self, path: str, data: bytes, *, constraint: bool, scope: str, root: int) -> None:
        """Read one file. root: line of the first file that led here, 0 for that file itself."""
        self.seen.add((path, constraint))
        self.size += len(data)
        if len(self.seen) > MAX_FILES or self.size > MAX_BYTES:
            raise Unreadable("too-large", size=self.size, limit=MAX_BYTES)
        text = text_of(data)
        if looks_compiled(text):
            self.compiled.add(path)
        for line in lines(text):
            editable = None if line.text else line.first("editable")
            named = _included(line)
            if line.text or editable:
                self._entry(line, editable, path, constraint=constraint, scope=scope, root=root)
            elif named:
                self._include(named[0], line.number, path, constraint=named[1], scope=scope, root=root)
            else:
                self._settings(line)

    def _include(self, name: str, number: int, path: str, *, constraint: bool, scope: str, root: int) -> None:
        if _REMOTE.match(name):
            raise Unreadable("remote-include", number)
        inner = resolve(posixpath.dirname(path), name)
        if inner is None:
            raise Unreadable("outside", number, include=name)
        if (inner, constraint) in self.seen:
            return
        data = self.siblings(inner) if inner else None
        if data is None:
            raise Unreadable("missing-include", number, include=inner)
        try:
            scope = wider(scope, scope_of(inner))
            self.file(inner, data, constraint=constraint, scope=scope, root=root or number)
        except Unreadable as error:
            cause = {"path": inner, "at": error.line, **error.params}
            raise Unreadable(error.reason, number, ambiguous=error.ambiguous, **cause) from None

    def _settings(self, line: Line) -> None:
        for name, value in line.options:
            if name in ("index-url", "extra-index-url", "find-links"):
                check_name(value, line.number)
            if name == "index-url":
                self.index = value
            elif name in ("extra-index-url", "find-links", "no-index"):
                self.others.append(without_credentials(value) if value else f"--{name}")
            elif name == "no-binary":
                _choose(value, self.source_only, self.binary_only)
            elif name == "only-binary":
                _choose(value, self.binary_only, self.source_only)

    def _entry(self, line: Line, editable: str | None, path: str, *, constraint: bool, scope: str, root: int) -> None:
        if len(self.found) >= MAX_ENTRIES:
            raise Unreadable("too-large", line.number, limit=MAX_ENTRIES)
        asked = parse_editable(editable, line.number) if editable else parse(line.text, line.number)
        hashes = () if editable else tuple(value for name, value in line.options if name == "hash")
        made = self._addressed(asked, path, line.number) if asked.address else _registered(asked)
        name = made.component.removeprefix("pkg:pypi/") if made.component.startswith("pkg:pypi/") else ""
        if constraint and (editable or not name):  # pip: constraints have a name and are not editable
            raise Unreadable("syntax", line.number)
        annotation = via(line.comments)
        if hashes or annotation:
            self.compiled.add(path)
        dependency = replace(
            made, path=path, line=line.number, scope=scope, digests=tuple(sorted({*made.digests, *hashes}))
        )
        if made.mutable and dependency.digests and made.source.kind == "url":
            dependency = replace(dependency, mutable=False)
        self.found.append(_Found(dependency, name, asked.marker, annotation, root or line.number, constraint))

    def _addressed(self, asked: Requirement, path: str, number: int) -> Dependency:
        found = target(asked, posixpath.dirname(path), number, self.siblings)
        return Dependency(
            component=found.component,
            version=found.version,
            purl=found.purl,
            path=path,
            source=found.source,
            digests=found.digests,
            install_code=found.install_code,
            requirement=f"; {asked.marker}" if asked.marker else None,
            mutable=found.mutable,
        )

    def result(self, alone: bool) -> tuple[Dependency, ...]:
        """Return the dependencies. alone: the reading began with a constraints file, whose pins are reported."""
        pins = _pins(self.found)
        kept = [
            _constrained(found, pins) if not found.constraint else found
            for found in self.found
            if not found.constraint or (alone and _is_pin(found))
        ]
        variants = _variants(kept)
        return tuple([self._finished(found, variants) for found in kept])

    def _finished(self, found: _Found, variants: dict[str, tuple[str, ...]]) -> Dependency:
        dependency, parents = found.dependency, set[str]()
        direct: bool | None = None if dependency.path in self.compiled or found.constraint else True
        if found.via:
            for name in found.via.names:
                parents.update(variants.get(name, ()))
            direct = True if found.via.direct else (False if parents else None)
        source, code = dependency.source, dependency.install_code
        if source.kind == "registry":
            source = self.registry()
            code = True if self._from_source(found.name) else None
        return replace(dependency, direct=direct, parents=tuple(sorted(parents)), source=source, install_code=code)

    def registry(self) -> Source:
        """Where pip looks; `unknown` with every place named where there are several, for it may take any of them."""
        first = without_credentials(self.index) if self.index else ""
        if self.others:
            return Source("unknown", " ".join([*([first] if first else []), *self.others]))
        return Source("registry", first) if first else REGISTRY

    def _from_source(self, name: str) -> bool:
        """Whether `--no-binary` makes pip build `name`; a name given goes before `:all:`."""
        if name in self.binary_only or name in self.source_only:
            return name not in self.binary_only
        return ":all:" in self.source_only and ":all:" not in self.binary_only


def _registered(asked: Requirement) -> Dependency:
    key = component("pypi", asked.name)
    requirement = f"{asked.specifier} ; {asked.marker}".strip() if asked.marker else asked.specifier
    return Dependency(key, asked.version, versioned(key, asked.version), "", requirement=requirement)


def _choose(value: str, chosen: set[str], other: set[str]) -> None:
    """Add the names of a `--no-binary` or `--only-binary` value; `:all:` and `:none:` start over, as in pip."""
    for name in value.split(","):
        if name == ":none:":
            chosen.clear()
        elif name == ":all:":
            other.clear()
            chosen.clear()
            chosen.add(name)
        else:
            other.discard(normalise_pypi(name))
            chosen.add(normalise_pypi(name))


def _is_pin(found: _Found) -> bool:
    return bool(found.dependency.version) or found.dependency.source.kind != "registry"


def _pins(all_found: list[_Found]) -> dict[tuple[str, str], list[_Found]]:
    """Return what constraints fix by name and marker: the first, and the first that contradicts it, if any does."""
    pins: dict[tuple[str, str], list[_Found]] = {}
    for found in all_found:
        if found.constraint and _is_pin(found):
            same = pins.setdefault((found.name, found.marker), [found])
            if len(same) == 1 and _differ(same[0].dependency, found.dependency):
                same.append(found)
    return pins


def _constrained(found: _Found, pins: dict[tuple[str, str], list[_Found]]) -> _Found:
    """Return `found` with the version (or address) its constraint fixes; one for other environments does not count."""
    own = found.dependency
    fitting = [pin for marker in dict.fromkeys(("", found.marker)) for pin in pins.get((found.name, marker), ())]
    if not fitting or _is_pin(found):
        return found
    pin = fitting[0].dependency
    if any(_differ(pin, other.dependency) for other in fitting[1:]):
        raise Unreadable("duplicate-pin", found.root, ambiguous=True, name=found.name)
    fixed = replace(
        own,
        version=pin.version,
        purl=pin.purl,
        source=pin.source,
        digests=own.digests or pin.digests,
        install_code=pin.install_code,
        mutable=pin.mutable,
    )
    return replace(found, dependency=fixed)


def _variants(kept: list[_Found]) -> dict[str, tuple[str, ...]]:
    """Return the purls of each name. Raises Unreadable where pins contradict each other in one environment."""
    purls: dict[str, set[str]] = {}
    pins: dict[tuple[str, str], Dependency] = {}
    for found in kept:
        if not found.name:
            continue
        group = purls.setdefault(found.name, set())
        group.add(found.dependency.purl)
        first = pins.setdefault((found.name, found.marker), found.dependency) if _is_pin(found) else found.dependency
        if len(group) > MAX_VARIANTS or _differ(first, found.dependency):
            raise Unreadable("duplicate-pin", found.root, ambiguous=True, name=found.name)
    return {name: tuple(group) for name, group in purls.items()}


def _differ(one: Dependency, other: Dependency) -> bool:
    """Whether two pins of one name cannot both hold: other versions (1.0 is 1.0.0) or other addresses."""
    if one.source != other.source:
        return True
    if one.version == other.version:
        return False
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one.version) != Version(other.version)
    except InvalidVersion:
        return True
