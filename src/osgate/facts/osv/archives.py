"""A mirror on disk: which archives of advisories it has, and their records one after another, whatever they hold.

Read are OSV's bulk layout (`<root>/<ECOSYSTEM>/all.zip`), the same below `<root>/osv-scanner`, and folders of single
records (`<root>/<ECOSYSTEM>/<ID>.json`) where there is no archive. Nothing is ever unpacked to disk, and no archive
inside another one is opened.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from osgate.errors import UsageError
from osgate.facts.osv import ecosystems
from osgate.facts.osv.ecosystems import Ecosystem
from osgate.io import files
from osgate.model.record import record
from osgate.purl import unquote

ARCHIVE = "all.zip"
BASES = ("", "osv-scanner")
# PKZIP's application note, 4.3.16 and 4.3.14: the end of the central directory, plain and with 64 bits.
_END, _END64, _LOCATOR, _COMMENT = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", 0xFFFF
_ENCRYPTED = 1
_SYMLINK = stat.S_IFLNK
# Members that are no records and hide none: a mirror may hold lists and licences beside them.
HARMLESS = frozenset({"other-file", "other-ecosystem"})


@record
class Limits:
    """What is read of one archive. members: how many; member, total: bytes, unpacked; directory: bytes of its index.

    ratio: times that a member over `packed` bytes may be larger unpacked.
    """

    members: int = 500_000
    member: int = 8 << 20
    total: int = 4 << 30
    directory: int = 48 << 20
    ratio: int = 200
    packed: int = 1 << 20


class Damaged(Exception):
    """An archive that cannot be read at all, or no further. reason: a key of the catalogue's `unknown.archive.*`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@record
class Archive:
    """One archive of a mirror. stamp: size and time of its file, or of the files in its folder, as a quick check."""

    path: str
    ecosystem: Ecosystem
    stamp: str


@record
class Member:
    """One file of an archive: its bytes, or the reason why it was not read (a key of `unknown.record.*`)."""

    name: str
    data: bytes
    refused: str = ""


def discover(root: str) -> tuple[list[Archive], list[str]]:
    """Return the archives of the mirror at `root`, in order, and the folders whose ecosystem has no purls.

    Raises UsageError("advisories.root") where the folder cannot be read.
    """
    found: list[Archive] = []
    strange: list[str] = []
    for base in BASES:
        folder = os.path.join(root, base) if base else root
        if base and not os.path.isdir(folder):
            continue
        for name in _listed(folder):
            if not os.path.isdir(os.path.join(folder, name)) or name in BASES:
                continue
            ecosystem = ecosystems.known(unquote(name))
            if ecosystem:
                found += _archive(os.path.join(folder, name), ecosystem)
            else:
                strange.append(os.path.join(folder, name))
    return found, strange


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise UsageError("advisories.root", path=folder, cause=error.strerror or str(error)) from None


def _archive(folder: str, ecosystem: Ecosystem) -> list[Archive]:
    zipped = os.path.join(folder, ARCHIVE)
    if os.path.lexists(zipped):
        return [Archive(zipped, ecosystem, stamp(zipped))]
    if any(name.endswith(".json") for name in _listed(folder)):
        return [Archive(folder, ecosystem, stamp(folder))]
    return []


def stamp(path: str) -> str:
    """Return what changes when an archive is written: size and time, for a folder a digest of those of its files."""
    if not os.path.isdir(path):
        return _stat(path)
    digest = hashlib.sha256()
    for name in _listed(path):
        digest.update(f"{name}\0{_stat(os.path.join(path, name))}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _stat(path: str) -> str:
    try:
        found = os.stat(path)
    except OSError as error:
        return f"error {error.errno}"
    return f"{found.st_size} {found.st_mtime_ns}"


def digest(archive: Archive) -> str:
    """Return `sha256:` and hex of an archive's bytes; of a folder, of its stamp. Raises Damaged."""
    if os.path.isdir(archive.path):
        return f"sha256:{archive.stamp}"
    try:
        return files.fingerprint(archive.path)[1]
    except (OSError, files.NotRegular, files.TooLarge):
        raise Damaged("unreadable") from None


def members(archive: Archive, limits: Limits) -> Iterator[Member]:
    """Yield the members of an archive that are records, and those that were refused with the reason.

    Raises Damaged where the whole cannot be read, or reading on would pass the limits: nobody knows what was to come.
    """
    found = _folder(archive.path, limits) if os.path.isdir(archive.path) else _zip(archive.path, limits)
    total = 0
    for count, member in enumerate(found, 1):
        total += len(member.data)
        if count > limits.members:
            raise Damaged("too-many")
        if total > limits.total:
            raise Damaged("too-large")
        yield member


def _folder(folder: str, limits: Limits) -> Iterator[Member]:
    for name in _listed(folder):
        path = os.path.join(folder, name)
        if not name.endswith(".json"):
            yield Member(name, b"", "other-file")
        elif os.path.islink(path):
            yield Member(name, b"", "link")
        elif not os.path.isfile(path):
            yield Member(name, b"", "not-a-file")
        else:
            yield _file(name, path, limits)


def _file(name: str, path: str, limits: Limits) -> Member:
    try:
        data = files.read_limited(path, limits.member)
    except OSError:
        return Member(name, b"", "unreadable")
    return Member(name, b"", "too-large") if data is None else Member(name, data)


def _zip(path: str, limits: Limits) -> Iterator[Member]:
    try:
        with open(path, "rb") as file:
            if _directory_size(file) > limits.directory:
                raise Damaged("too-many")
            with zipfile.ZipFile(file) as zipped:
                infos = zipped.infolist()
                if len(infos) > limits.members:
                    raise Damaged("too-many")
                for info in infos:
                    if not info.is_dir():
                        yield _member(zipped, info, limits)
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, OverflowError):
        raise Damaged("not-a-zip") from None
    except OSError:
        raise Damaged("unreadable") from None


def _directory_size(file: BinaryIO) -> int:
    """The bytes of a zip's central directory, which the standard library reads whole. Raises Damaged without one."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - _COMMENT - 22)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise Damaged("truncated")
    before = tail[max(0, at - 76) : at]
    if len(before) == 76 and before[56:60] == _LOCATOR and before[:4] == _END64:
        return int.from_bytes(before[40:48], "little")
    return int.from_bytes(tail[at + 12 : at + 16], "little")


def _member(zipped: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> Member:
    refused = _refused(info, limits)
    if refused:
        return Member(info.filename, b"", refused)
    try:
        with zipped.open(info) as file:
            data = file.read(limits.member + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError):
        return Member(info.filename, b"", "unreadable")
    return Member(info.filename, b"", "too-large") if len(data) > limits.member else Member(info.filename, data)


def _refused(info: zipfile.ZipInfo, limits: Limits) -> str:
    """Why a member is not even opened; empty for an ordinary record."""
    name = info.orig_filename
    checks: Iterable[tuple[bool, str]] = (
        (not name.endswith(".json") and "\0" not in name, "other-file"),
        (name[:1] in "/\\" or ".." in name.replace("\\", "/").split("/") or "\0" in name, "unsafe-name"),
        (stat.S_IFMT(info.external_attr >> 16) == _SYMLINK, "link"),
        (bool(info.flag_bits & _ENCRYPTED), "encrypted"),
        (info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED), "packing"),
        (info.file_size > limits.member, "too-large"),
        (info.file_size > limits.packed and info.file_size > limits.ratio * info.compress_size, "bomb"),
    )
    return next((reason for wrong, reason in checks if wrong), "")
