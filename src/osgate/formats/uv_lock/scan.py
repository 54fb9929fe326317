"""The strict scanner: it knows the layout that uv writes, and nothing else.

What it yields is what a TOML parser would yield, down to the types; whatever stands otherwise than uv writes it
(another indentation, a comment, an escape, a key twice) raises Strange, and the parser is asked. Properties hold both
equal.

Source of the layout: uv's own writer of locks (crates/uv-resolver, lock) and files that it wrote.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    Table: TypeAlias = dict[str, Any]
    Memo: TypeAlias = dict[str, Any]
    Path: TypeAlias = tuple[str, ...]

PACKAGE = "\n[[package]]\n"
_PLAIN = bytes(range(32, 127)) + b"\n"
_PLACES: dict[str, Path] = {
    "[options]": ("options",),
    "[options.exclude-newer-package]": ("options", "exclude-newer-package"),
    "[options.prerelease-package]": ("options", "prerelease-package"),
    "[manifest]": ("manifest",),
    "[manifest.dependency-groups]": ("manifest", "dependency-groups"),
}
_LISTS: dict[str, Path] = {"[[manifest.dependency-metadata]]": ("manifest", "dependency-metadata")}
_PACKAGE_PLACES: dict[str, Path] = {
    "[package.optional-dependencies]": ("optional-dependencies",),
    "[package.dev-dependencies]": ("dev-dependencies",),
    "[package.metadata]": ("metadata",),
    "[package.metadata.requires-dev]": ("metadata", "requires-dev"),
}
# Keys of nearly all lines, known to be bare.
_KEYS = frozenset(
    ("name", "version", "source", "dependencies", "sdist", "wheels", "url", "hash", "size", "marker", "extra")
)
_MAX_LEVELS = 6
_MAX_DIGITS = 15


class Strange(Exception):
    """Something that uv does not write; what it means, the TOML parser has to say."""


def document(text: str) -> tuple[Table, list[int]]:
    """Return the tables of the lock `text` and the line of each package's header. Raises Strange."""
    if spans_lines(text):
        raise Strange
    top, *packages = text.split(PACKAGE)
    memo: Memo = {}
    lock = head(top)
    if "package" in lock:
        raise Strange
    if packages:
        lock["package"] = [package(part, memo) for part in packages]
    return lock, lines(top, packages)


def spans_lines(text: str) -> bool:
    """Whether a string may span lines. Where none does, a header alone on its line is one, or `text` is no TOML.

    Searched from the end, which is quicker for words of one letter.
    """
    return text.rfind('"""') >= 0 or text.rfind("'''") >= 0


def lines(top: str, packages: list[str]) -> list[int]:
    """Return the line of each package's header."""
    found, line = [], top.count("\n") + 2
    for part in packages:
        found.append(line)
        line += part.count("\n") + 2
    return found


def head(text: str) -> Table:
    """Return the tables before the first package."""
    return _tables(text, _PLACES, _LISTS, {})


def package(text: str, memo: Memo) -> Table:
    """Return the table of one package. memo: lines met before and what they say; values are shared, never changed."""
    return _tables(text, _PACKAGE_PLACES, {}, memo)


def without_files(text: str) -> str:
    """Return the text of one package without its files (`sdist`, `wheels`), where these stand as uv writes them."""
    start = text.find("\nsdist = ")
    wheels = text.find("\n", start + 1) if start >= 0 else text.find("\nwheels = [\n")
    if wheels < 0:
        return text
    # A bracket at the start of a line closes the array: no valid element begins with one and ends the part.
    end = text.find("\n]", wheels) + 2 if text.startswith("\nwheels = [\n", wheels) else wheels
    if end < wheels or not (text[end:] in ("", "\n") or text.startswith("\n\n[package.", end)):
        return text
    return text[: start if start >= 0 else wheels] + text[end:]


def _tables(text: str, places: dict[str, Path], lists: dict[str, Path], memo: Memo) -> Table:
    if not _is_plain(text):
        raise Strange
    table: Table = {}
    opened: dict[Path, Table] = {(): table}
    rest = iter(text.split("\n"))
    for line in rest:
        if not line:
            continue
        if line[0] == "[":
            table = _one_more(opened, lists[line]) if line in lists else _open(opened, places.get(line, ()))
            continue
        key, _, value = line.partition(" = ")
        if key in table or (key not in _KEYS and not _is_bare(key)):
            raise Strange
        if value[:1] == '"' and value.find('"', 1) == len(value) - 1 > 0:
            table[key] = value[1:-1]
        elif value == "[":
            table[key] = _rows(rest, memo)
        else:
            table[key] = _sets(rest) if value == "[[" else _assigned(value, memo)
    return opened[()]


def _is_plain(text: str) -> bool:
    """Whether all characters stand for themselves: no escapes, no control characters, no line breaks but LF."""
    if "\\" in text:
        return False
    return not text.encode().translate(None, _PLAIN) if text.isascii() else text.replace("\n", "").isprintable()


def _open(opened: dict[Path, Table], path: Path) -> Table:
    """Return the new table of the header for `path`. opened: the tables of headers; all others are closed."""
    if not path:
        raise Strange
    above = opened.get(path[:-1])
    if above is None:
        above = _open(opened, path[:-1])
    if path[-1] in above:
        raise Strange
    made = above[path[-1]] = opened[path] = {}
    return made


def _one_more(opened: dict[Path, Table], path: Path) -> Table:
    """Return the new table of a header that adds one to an array of tables."""
    last = opened.pop(path, None)
    if last is None:
        made = _open(opened, path)
        opened[path[:-1]][path[-1]] = [made]
        return made
    made = opened[path] = {}
    opened[path[:-1]][path[-1]].append(made)
    return made


def _rows(rest: Iterator[str], memo: Memo) -> list[Any]:
    """Return the elements of an array that has each on a line of its own, up to its closing bracket."""
    made: list[Any] = []
    for line in rest:
        found = memo.get(line)
        if found is None:
            if line == "]":
                return made
            if line[:4] != "    " or line[-1] != ",":
                raise Strange
            found = _artefact(line[4:-1])
            if found is None:
                found = memo[line] = _element(line[4:-1])
        made.append(found)
    raise Strange


def _sets(rest: Iterator[str]) -> list[Any]:
    """Return the conflicts: arrays in an array, their elements on lines, their brackets on lines together."""
    made: list[Any] = [[]]
    for line in rest:
        if line == "]]":
            return made
        if line == "], [":
            made.append([])
        elif line[:4] == "    " and line[-1] == ",":
            made[-1].append(_element(line[4:-1]))
        else:
            raise Strange
    raise Strange


def _artefact(text: str) -> Table | None:
    """Return the table of a file in one of the two shapes that nearly all have; None for any other."""
    pieces = text.split('"')
    if len(pieces) == 7:
        start, url, hashed, digest, size, time, end = pieces
        digits, mark, none = size[9:].partition(", upload-time = ")
        made: Table = {"url": url, "hash": digest, "size": 0, "upload-time": time}
    elif len(pieces) == 5:
        start, url, hashed, digest, size = pieces
        digits, mark, none = size[9:].partition(" }")
        made, end = {"url": url, "hash": digest, "size": 0}, " }"
    else:
        return None
    if start != "{ url = " or hashed != ", hash = " or size[:9] != ", size = " or end != " }" or not mark or none:
        return None
    made["size"], rest = _number(digits, 0)
    return made if rest == len(digits) else None


def _assigned(text: str, memo: Memo) -> Any:
    """Return the value that is all of `text`, or all but a comment (uv explains one of its options in one)."""
    value = _artefact(text) or memo.get(text)
    if value is not None:
        return value
    value, end = _parse(text, 0, _MAX_LEVELS)
    if end != len(text) and not text.startswith(" # ", end):
        raise Strange
    memo[text] = value
    return value


def _element(text: str) -> Any:
    """Return the value that is all of `text`."""
    value, end = _parse(text, 0, _MAX_LEVELS)
    if end != len(text):
        raise Strange
    return value


def _parse(text: str, at: int, levels: int) -> tuple[Any, int]:
    """Return the value at offset `at` and the offset behind it."""
    first = text[at : at + 1]
    if first == '"':
        end = text.find('"', at + 1)
        if end < 0:
            raise Strange
        return text[at + 1 : end], end + 1
    if not levels:
        raise Strange
    if first == "{":
        return _inline_table(text, at + 1, levels - 1)
    if first == "[":
        return _array(text, at + 1, levels - 1)
    for word, value in (("true", True), ("false", False)):
        if text.startswith(word, at):
            return value, at + len(word)
    return _number(text, at)


def _inline_table(text: str, at: int, levels: int) -> tuple[Table, int]:
    made: Table = {}
    if text.startswith("}", at):
        return made, at + 1
    while text.startswith(" ", at):
        end = text.find(" = ", at)
        key = text[at + 1 : end]
        if end < 0 or key in made or (key not in _KEYS and not _is_bare(key)):
            raise Strange
        made[key], at = _parse(text, end + 3, levels)
        if text.startswith(" }", at):
            return made, at + 2
        if not text.startswith(",", at):
            raise Strange
        at += 1
    raise Strange


def _array(text: str, at: int, levels: int) -> tuple[list[Any], int]:
    made: list[Any] = []
    if text.startswith("]", at):
        return made, at + 1
    while True:
        value, at = _parse(text, at, levels)
        made.append(value)
        if text.startswith("]", at):
            return made, at + 1
        if not text.startswith(", ", at):
            raise Strange
        at += 2


def _number(text: str, at: int) -> tuple[int, int]:
    end = at
    while text[end : end + 1].isdecimal():
        end += 1
    if end == at or end - at > _MAX_DIGITS or not text.isascii() or (text[at] == "0" and end - at > 1):
        raise Strange
    return int(text[at:end]), end


def _is_bare(key: str) -> bool:
    return key.isascii() and key.replace("-", "").replace("_", "").isalnum()
