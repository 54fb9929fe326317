"""Folders of artefacts on disk: caches, mirrors, vendored files, and what is installed. Links are never followed."""

from __future__ import annotations

import hashlib
import os
import stat
from functools import partial

from osgate.facts.artefacts import javascript, kinds, python
from osgate.facts.artefacts.archives import Contents, Damaged, Limits, shown
from osgate.facts.artefacts.rights import Recogniser, is_licence, is_notice
from osgate.io import files
from osgate.model.fact import Unknown
from osgate.model.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from osgate.facts.artefacts.described import Described
    from osgate.facts.artefacts.kinds import Kind
    from osgate.licences.text import Engine
    from osgate.model.fact import Fact

# Files and folders that are looked at, bytes of one artefact, files of one installed package's folder of licences.
MOST_ENTRIES, MOST_BYTES, MOST_INSTALLED = 2_000_000, 4 << 30, 200
_SKIPPED = frozenset((".git", ".hg", ".svn", "__pycache__"))


@record
class Outcome:
    """One artefact. path: below the folder, with `/`. facts: none where `gap` says why it was not read."""

    path: str
    facts: tuple[Fact, ...]
    gap: Unknown | None = None


def outcomes(folder: str, date: str, engine: Engine | None = None, limits: Limits | None = None) -> Iterator[Outcome]:
    """Yield what every artefact in `folder` and below says of itself, in the order of their paths.

    date: UTC instant, now. engine: as `licences.text.recognise`. Nothing is written, run or followed; what cannot be
    read is a gap, a folder that is not there among it. Raises UsageError where the extra `licences` is not installed.
    """
    reader = _Reader(folder, date, Recogniser(engine), limits or Limits())
    lost: list[OSError] = []
    seen = 0
    for base, folders, names in os.walk(folder, onerror=lost.append):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not _is_link(base, name))
        seen += len(folders) + len(names)
        if seen > MOST_ENTRIES:
            yield reader.gap(base, Damaged("too-many"))
            return
        yield from reader.here(base, set(names))
        yield from (reader.gap(str(error.filename), error) for error in lost)
        lost.clear()
    yield from (reader.gap(folder, error) for error in lost)


class _Reader:
    """Reads artefacts below one folder."""

    def __init__(self, folder: str, date: str, recogniser: Recogniser, limits: Limits) -> None:
        self._top, self._date, self._recogniser, self._limits = folder, date, recogniser, limits

    def here(self, base: str, names: set[str]) -> Iterator[Outcome]:
        """Yield the artefacts that lie in one folder, and the package that is installed there."""
        if base.endswith(".dist-info") and "METADATA" in names:
            yield self._told(base, partial(self._python, base))
        elif "package.json" in names and _in_node_modules(base):
            yield self._told(base, partial(self._javascript, base, names))
        for name in sorted(names):
            kind = kinds.kind_of(name)
            path = os.path.join(base, name)
            if kind is not None and not _is_link(base, name):
                yield self._told(path, partial(self._archive, path, kind))

    def gap(self, path: str, error: Damaged | OSError) -> Outcome:
        """Return why something was not read."""
        reason, detail = (error.reason, error.detail) if isinstance(error, Damaged) else ("unreadable", error.strerror)
        named = shown(detail or os.path.basename(path))
        return Outcome(self._name(path), (), Unknown(f"artefact.{reason}", (("detail", named),)))

    def _told(self, path: str, read: Callable[[], tuple[Fact, ...]]) -> Outcome:
        try:
            return Outcome(self._name(path), read())
        except (Damaged, OSError) as error:
            return self.gap(path, error)

    def _name(self, path: str) -> str:
        """A path below the folder, fit to be printed; the folder itself by its own name."""
        top = os.path.basename(os.path.abspath(self._top))
        below = os.path.relpath(path, self._top).replace(os.sep, "/")
        return shown(top if below == "." else below, 300)

    def _archive(self, path: str, kind: Kind) -> tuple[Fact, ...]:
        name = os.path.basename(path)
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            raise Damaged("unreadable", "no file")
        if found.st_size > MOST_BYTES:
            raise Damaged("too-large")
        with open(path, "rb") as file:
            contents = kind.open(file, kind.wanted, self._limits)
            digests = []
            for algorithm in kind.algorithms:
                file.seek(0)
                digests.append(f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}")
        contents = replace(contents, beside=partial(self._beside, os.path.dirname(path)))
        return self._facts(kind.describe(name, contents), contents, tuple(digests), self._name(path))

    def _python(self, folder: str) -> tuple[Fact, ...]:
        metadata = self._needed(os.path.join(folder, "METADATA"))
        found = python.installed(os.path.basename(folder), metadata, self._file(os.path.join(folder, "RECORD")))
        paths = [path for path in files.below(folder)[:MOST_INSTALLED] if python.wanted_in_wheel(f"x.dist-info/{path}")]
        return self._installed(folder, found, paths, metadata)

    def _javascript(self, folder: str, names: set[str]) -> tuple[Fact, ...]:
        body = self._needed(os.path.join(folder, "package.json"))
        found = javascript.package(body, "binding.gyp" in names)
        paths = [name for name in sorted(names) if is_licence(name) or is_notice(name)]
        return self._installed(folder, found, paths, body)

    def _installed(self, folder: str, found: Described, paths: list[str], metadata: bytes) -> tuple[Fact, ...]:
        read = {path: self._file(os.path.join(folder, *path.split("/"))) for path in paths if path != "METADATA"}
        kept = {path: data for path, data in read.items() if data is not None}
        refused = {path: "unreadable" for path in read if path not in kept}
        digest = f"sha256:{hashlib.sha256(metadata).hexdigest()}"
        return self._facts(found, Contents((), kept, refused), (digest,), self._name(folder))

    def _facts(self, found: Described, contents: Contents, digests: tuple[str, ...], source: str) -> tuple[Fact, ...]:
        return kinds.told(found, contents, self._recogniser, digests, source, self._date)

    def _file(self, path: str) -> bytes | None:
        """A small file's bytes, None where it is none, a link, or too large."""
        try:
            regular = stat.S_ISREG(os.lstat(path).st_mode)
        except OSError:
            return None
        return files.read_limited(path, self._limits.member) if regular else None

    def _beside(self, folder: str, path: str) -> bytes | None:
        """A small file by its path from a folder, as long as it lies below the one that is read."""
        if "\0" in path:
            return None
        found = os.path.realpath(os.path.join(folder, *path.split("/")))
        inside = os.path.commonpath((found, os.path.realpath(self._top))) == os.path.realpath(self._top)
        return self._file(found) if inside else None

    def _needed(self, path: str) -> bytes:
        data = self._file(path)
        if data is None:
            raise Damaged("malformed", os.path.basename(path))
        return data


def _is_link(base: str, name: str) -> bool:
    return os.path.islink(os.path.join(base, name))


def _in_node_modules(base: str) -> bool:
    """Whether a folder is where npm installs a package: in node_modules, or in a scope's folder there."""
    parent, name = os.path.split(base)
    above = os.path.basename(parent)
    scoped = above.startswith("@") and os.path.basename(os.path.dirname(parent)) == "node_modules"
    return name[:1] not in (".", "@") and (above == "node_modules" or scoped)
