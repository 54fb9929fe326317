"""Bundles: one tar file of an exact form, so that the same content is the same bytes, and reading it needs no trust.

Layout: POSIX.1-2024, pax, "ustar Interchange Format". Who reads knows which name and size come next and compares whole
headers: a link, a path that leads elsewhere, a sparse or a strange member is no header that was ever written.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Sequence
from typing import BinaryIO

from osgate.model.record import record

MANIFEST = "manifest.json"
# Bytes of a manifest, and of all files of a bundle.
MANIFEST_CAP, CAP = 1 << 20, 8 << 30
_BLOCK, _PIECE, _RECORD = 512, 1 << 20, 10_240
_SIZE = slice(124, 135)


class Malformed(Exception):
    """Not a bundle, or not all of one. detail: what is wrong, in a word."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@record
class Member:
    """A file in a bundle. size: bytes; digest: `sha256:` and hex."""

    name: str
    size: int
    digest: str


def member(name: str, path: str) -> Member:
    """Return what a manifest says of the file at `path`. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return Member(name, size, f"sha256:{digest.hexdigest()}")


def write(path: str, manifest: bytes, files: Sequence[tuple[Member, str]]) -> None:
    """Write a bundle of a manifest and files, in one step. Raises OSError, also for a file that changed meanwhile."""
    draft = f"{path}.{os.getpid()}.tmp"
    try:
        with open(draft, "xb") as out:
            out.write(_header(MANIFEST, len(manifest)) + manifest + _padding(len(manifest)))
            for one, source in files:
                out.write(_header(one.name, one.size))
                with open(source, "rb") as file:
                    _copy(file, out, one)
                out.write(_padding(one.size))
            out.write(bytes(2 * _BLOCK) + bytes(-(out.tell() + 2 * _BLOCK) % _RECORD))
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, path)
    except Malformed as error:
        raise OSError(0, error.detail, path) from None
    finally:
        if os.path.exists(draft):
            os.unlink(draft)


def manifest(path: str) -> bytes:
    """Return the manifest of a bundle. Raises Malformed, OSError."""
    with open(path, "rb") as file:
        return _manifest(file)


def unpack(path: str, files: Sequence[Member], folder: str) -> None:
    """Write the files of a bundle into `folder`, under their names; all that are there must be these, in this order.

    files: as a manifest that is trusted says; their names are the caller's own. Raises Malformed (`cut short`,
    `another file`, `other content`, `more files`, `too large`), OSError.
    """
    if sum(one.size for one in files) > CAP:
        raise Malformed("too large")
    with open(path, "rb") as file:
        _manifest(file)
        for one in files:
            if file.read(_BLOCK) != _header(one.name, one.size):
                raise Malformed("another file")
            with open(os.path.join(folder, one.name), "xb") as out:
                _copy(file, out, one)
            file.seek(len(_padding(one.size)), os.SEEK_CUR)
        rest = file.read(_RECORD + 2 * _BLOCK)
        if len(rest) < 2 * _BLOCK:
            raise Malformed("cut short")
        if len(rest) > _RECORD + _BLOCK or rest.strip(b"\0"):
            raise Malformed("more files")


def _manifest(file: BinaryIO) -> bytes:
    header = file.read(_BLOCK)
    try:
        size = int(header[_SIZE], 8)
    except ValueError:
        raise Malformed("no bundle") from None
    if not 0 <= size <= MANIFEST_CAP or header != _header(MANIFEST, size):
        raise Malformed("no bundle")
    data = file.read(size)
    if len(data) < size:
        raise Malformed("cut short")
    file.seek(len(_padding(size)), os.SEEK_CUR)
    return data


def _copy(source: BinaryIO, target: BinaryIO, one: Member) -> None:
    digest, left = hashlib.sha256(), one.size
    while left:
        piece = source.read(min(_PIECE, left))
        if not piece:
            raise Malformed("cut short")
        digest.update(piece)
        target.write(piece)
        left -= len(piece)
    if f"sha256:{digest.hexdigest()}" != one.digest:
        raise Malformed("other content")


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.USTAR_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)
