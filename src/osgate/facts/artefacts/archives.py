"""Archives read in place: the names of all members, and the bytes of the few that are wanted.

Nothing is unpacked to disk and no link is followed. Tar is read by osgate's own reader, a loop over headers that keeps
nothing but what is wanted (source of the layout: POSIX.1-2024, pax, "ustar Interchange Format"): the standard library's
reads long names of any length into memory, and ends at one empty block, where package managers read on.
"""

from __future__ import annotations

import gzip
import io
import stat
import struct
import zipfile
import zlib

from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    Wanted = Callable[[str], bool]

_BLOCK, _PIECE = 512, 1 << 20
# PKZIP's application note, 4.3.14 to 4.3.16: the end of the central directory, plain and with 64 bits.
_END, _END64, _LOCATOR, _COMMENT = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", 0xFFFF
_ENCRYPTED = 1
# Types of members that hold bytes of a file, and of those that describe the next one.
_FILES, _LONG_NAME, _LONG_LINK, _EXTENDED, _GLOBAL, _SPARSE = (b"0", b"\0", b"7"), b"L", b"K", b"x", b"g", b"S"
_LINKS = (b"1", b"2")


@record
class Limits:
    """What is read of one archive. members: how many there may be; member, total: bytes of what is wanted, of one and
    of all together; unpacked: bytes that a packed tar may hold; directory: of a zip's index; header: of a name."""

    members: int = 200_000
    member: int = 1 << 20
    total: int = 16 << 20
    unpacked: int = 1 << 30
    directory: int = 48 << 20
    header: int = 64 << 10


class Damaged(Exception):
    """An archive, or what lies in it, that nobody can vouch for. reason: a key of the catalogue's `unknown.artefact.*`;
    detail: what it names, printable and at most 80 characters."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, shown(detail)


@record
class Contents:
    """names: of all members that are files, in order. files: the wanted ones with their bytes. refused: wanted ones
    that were not read, with the reason (`too-large`, `link`, `encrypted`, `packing`). beside: reads a small file by its
    path from the folder that the archive lies in, None where there is none."""

    names: tuple[str, ...]
    files: dict[str, bytes]
    refused: dict[str, str]
    beside: Callable[[str], bytes | None] = lambda path: None


@record
class _Member:
    name: str
    refused: str
    read: Callable[[], bytes]


def shown(text: str, most: int = 80) -> str:
    """Return what may be printed of a hostile text, on one line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:most])


def read_zip(file: BinaryIO, wanted: Wanted, limits: Limits) -> Contents:
    """Return what a zip holds. Raises Damaged, and OSError where the file cannot be read."""
    if _directory_size(file) > limits.directory:
        raise Damaged("too-many")
    try:
        with zipfile.ZipFile(file) as zipped:
            return _collect(_zip_members(zipped, limits), wanted, limits)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError, OverflowError):
        raise Damaged("not-archive") from None


def read_tar(file: BinaryIO, wanted: Wanted, limits: Limits) -> Contents:
    """Return what a tar holds, plain or packed with gzip. Raises Damaged, and OSError as `read_zip`."""
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    stream = _Bounded(gzip.GzipFile(fileobj=file) if packed else file, limits.unpacked)
    try:
        return _collect(_tar_members(stream, limits), wanted, limits)
    except EOFError:
        raise Damaged("truncated") from None
    except (zlib.error, gzip.BadGzipFile, ValueError):
        raise Damaged("not-archive") from None


def unpack(data: bytes, most: int) -> bytes:
    """Return what gzip bytes hold. Raises Damaged, among others where that is more than `most` bytes."""
    try:
        found = gzip.GzipFile(fileobj=io.BytesIO(data)).read(most + 1)
    except (zlib.error, EOFError, OSError):
        raise Damaged("not-archive") from None
    if len(found) > most:
        raise Damaged("too-large")
    return found


def _collect(members: Iterator[_Member], wanted: Wanted, limits: Limits) -> Contents:
    """Read what is wanted; a wanted name that stands there twice is two files for two readers."""
    made, total = Contents((), {}, {}), 0
    names: list[str] = []
    for member in members:
        if len(names) >= limits.members:
            raise Damaged("too-many")
        name = _safe(member.name)
        names.append(name)
        if not wanted(name):
            continue
        if name in made.files or name in made.refused:
            raise Damaged("twice", name)
        if member.refused:
            made.refused[name] = member.refused
            continue
        made.files[name] = member.read()
        total += len(made.files[name])
        if total > limits.total:
            raise Damaged("too-large")
    return Contents(tuple(names), made.files, made.refused)


def _safe(name: str) -> str:
    """A member's name with `/`, without `./`. Raises Damaged for one that would leave the folder it is unpacked to."""
    plain = name.replace("\\", "/")
    parts = plain.split("/")
    if plain[:1] == "/" or ".." in parts or "\0" in plain or parts[0][1:2] == ":" or len(name) > 4_096:
        raise Damaged("unsafe-name", name)
    return "/".join(part for part in parts if part not in ("", "."))


def _zip_members(zipped: zipfile.ZipFile, limits: Limits) -> Iterator[_Member]:
    for info in zipped.infolist():
        if not info.is_dir():
            yield _Member(info.orig_filename, _refused(info, limits), _zip_reader(zipped, info, limits))


def _zip_reader(zipped: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> Callable[[], bytes]:
    def read() -> bytes:
        with zipped.open(info) as file:
            data = file.read(limits.member + 1)
        if len(data) > limits.member:
            raise Damaged("too-large", info.filename)
        return data

    return read


def _refused(info: zipfile.ZipInfo, limits: Limits) -> str:
    if stat.S_IFMT(info.external_attr >> 16) == stat.S_IFLNK:
        return "link"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "packing"
    return "too-large" if info.file_size > limits.member else ""


def _directory_size(file: BinaryIO) -> int:
    """The bytes of a zip's central directory, which the standard library reads whole. Raises Damaged without one."""
    file.seek(max(0, file.seek(0, io.SEEK_END) - _COMMENT - 22))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise Damaged("not-archive")
    before = tail[max(0, at - 76) : at]
    if before[-20:-16] == _LOCATOR:
        return int.from_bytes(before[40:48], "little") if before[:4] == _END64 else 1 << 62
    return int.from_bytes(tail[at + 12 : at + 16], "little")


class _Bounded:
    """A stream that ends in Damaged where it gives more than `most` bytes."""

    def __init__(self, file: BinaryIO | gzip.GzipFile, most: int) -> None:
        self._file, self._left = file, most

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end only."""
        pieces = []
        while size > 0 and (piece := self._file.read(min(size, _PIECE))):
            pieces.append(piece)
            size -= len(piece)
            self._left -= len(piece)
            if self._left < 0:
                raise Damaged("too-large")
        return b"".join(pieces)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes. Raises EOFError where there are fewer."""
        while size > 0:
            piece = len(self.read(min(size, _PIECE)))
            if not piece:
                raise EOFError
            size -= piece


def _tar_members(stream: _Bounded, limits: Limits) -> Iterator[_Member]:
    """The files and links of a tar. A member's bytes are to be read before the next one is asked for."""
    told: dict[str, str] = {}
    empty = 0
    while empty < 2 and (block := stream.read(_BLOCK)):
        if len(block) < _BLOCK:
            raise EOFError
        if block == bytes(_BLOCK):
            empty += 1
            continue
        empty = 0
        kind, name, size = _header(block)
        if kind in (_LONG_NAME, _EXTENDED):
            told |= _described(kind, _exactly(stream, size, limits.header))
            continue
        if kind in (_LONG_LINK, _GLOBAL):
            _exactly(stream, size, limits.header)
            continue
        name, size = told.get("path", name), int(told.get("size", size))
        told = {}
        yield from _one(stream, kind, name, size, limits)


def _one(stream: _Bounded, kind: bytes, name: str, size: int, limits: Limits) -> Iterator[_Member]:
    """The member itself, where it is a file or a link; afterwards the stream stands behind its padding."""
    if kind == _SPARSE:
        raise Damaged("malformed", "sparse")
    padded = size + -size % _BLOCK
    if kind in _LINKS:
        yield _Member(name, "link", bytes)
    elif kind in _FILES and not name.endswith("/"):
        taken: list[int] = []

        def read() -> bytes:
            taken.append(padded)
            return _exactly(stream, size, limits.member)

        yield _Member(name, "too-large" if size > limits.member else "", read)
        padded -= sum(taken)
    stream.skip(padded)


def _exactly(stream: _Bounded, size: int, most: int) -> bytes:
    """A member's bytes; its padding is passed over. Raises Damaged where there are more than `most`."""
    if size > most:
        raise Damaged("too-large")
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    stream.skip(-size % _BLOCK)
    return data


def _header(block: bytes) -> tuple[bytes, str, int]:
    """Type, name and size of a member. Raises ValueError where the block is no header."""
    checked = block[:148] + b" " * 8 + block[156:]
    if sum(checked) != _number(block[148:156]):
        raise ValueError("checksum")
    size = _number(block[124:136])
    name = block[:100].partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    kind = block[156:157]
    if kind in (b"3", b"4", b"5", b"6", *_LINKS):
        size = 0
    return kind, (prefix + b"/" + name if prefix else name).decode("utf-8", "replace"), size


def _number(field: bytes) -> int:
    """An octal number, or GNU's binary one. Raises ValueError for neither, and for a negative one."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not all(48 <= digit < 56 for digit in digits):
        raise ValueError("number")
    return int(digits or b"0", 8)


def _described(kind: bytes, data: bytes) -> dict[str, str]:
    """What a describing member says of the next one: `path` and `size`. Raises ValueError, Damaged."""
    if kind == _LONG_NAME:
        return {"path": data.partition(b"\0")[0].decode("utf-8", "replace")}
    told = {}
    while data:
        length, blank, _ = data.partition(b" ")
        if not blank or not length.isdigit() or not len(length) < int(length[:9]) <= len(data):
            raise ValueError("record")
        key, _, value = data[len(length) + 1 : int(length) - 1].partition(b"=")
        data = data[int(length) :]
        if key.startswith(b"GNU.sparse"):
            raise Damaged("malformed", "sparse")
        if key == b"path":
            told["path"] = value.decode("utf-8", "replace")
        elif key == b"size":
            if not value.isdigit() or len(value) > 15:
                raise ValueError("size")
            told["size"] = value.decode()
    return told
