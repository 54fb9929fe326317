"""Reading configuration files: text, and from it keys with values and lines, within bounds and without exceptions.

Only what package managers write is understood, line by line, so that every value has a line and no file is slow. What
is beyond that says nothing here: the reader of its manager leaves it out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pyexpat import ExpatError, ParserCreate
from typing import Any

from osgate import patterns
from osgate.facts.endpoints.endpoint import Configured, Endpoint, Login, Risk, below, cleaned, whole, written_out
from osgate.model.gap import Gap
from osgate.model.record import record, replace
from osgate.policy import toml_document

# Bytes of a configuration; people and their tools write a few thousand. Of an answer of a client, the same.
LIMIT = toml_document.LIMIT
# Parts of a dotted key of TOML, nested elements of XML: far beyond what anybody writes.
_DOTS = r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){64}"""
_DEPTH = 100
# npm, section "npmrc": `${NAME}`; pnpm adds a default, `${NAME:-value}`; `?` says that none is empty.
_NAME = r"\$\{[A-Za-z0-9_]{1,80}\}"
_VARIABLE = r"\$\{([A-Za-z_][A-Za-z0-9_]*)(\?|:?-([^}$]*))?\}"


@record
class File:
    """A configuration file. way: how it is read, one of its manager's. shown: its name for people."""

    way: str
    shown: str
    data: bytes


@record
class Setting:
    """A value that is written somewhere, with the place: `~/.npmrc:3`."""

    value: str
    origin: str


class Collector:
    """Gathers what one reader finds in its files, and keeps secrets out of it."""

    def __init__(self) -> None:
        self._endpoints: list[Endpoint] = []
        self._risks: list[Risk] = []
        self._own: list[str] = []
        self._secrets: list[str] = []
        self._unread: list[Gap] = []

    def endpoint(
        self,
        type: str,
        setting: Setting,
        applies: str | None = None,
        *,
        extra: bool = False,
        login: Login | None = None,
    ) -> bool:
        """Keep an address; what cannot be one is told as such, without its text. applies: None means the whole type.

        True where it was kept.
        """
        found = cleaned(setting.value)
        if found is None:
            if not _local(setting.value):
                shown = setting.value if patterns.fullmatch(_NAME, setting.value) else "..."
                params = {"extra": shown} if extra else {}
                self.unread(setting.origin, "variable" if "${" in setting.value else "address", **params)
            return False
        address, told = found
        if told is not None and "${" in told.reveal()[1]:
            told = None
        pattern = whole(type) if applies is None else applies
        self._endpoints.append(Endpoint(type, address, pattern, setting.origin, extra, told or login))
        return True

    @property
    def newest(self) -> Endpoint:
        """The endpoint that was kept last."""
        return self._endpoints[-1]

    def noted(self, setting: Setting) -> None:
        """Keep that an address holds a password that is written out, whether or not the address is in force."""
        found = cleaned(setting.value)
        if found is not None and found[1] is not None and written_out(found[1].reveal()[1]):
            self.secret(setting.origin)

    def risk(self, code: str, origin: str, **params: str) -> None:
        """Keep a risk that a file states by itself."""
        self._risks.append(Risk(code, tuple(sorted(params.items())), origin))

    def own(self, pattern: str) -> None:
        """Keep that names of a purl pattern have a way of their own."""
        self._own.append(pattern)

    def secret(self, origin: str) -> None:
        """Keep that a secret is written out in a file; a variable is none."""
        if not origin.startswith("environment "):
            self._secrets.append(origin)

    def unread(self, origin: str, reason: str, **params: str) -> None:
        """Keep that something could not be understood. extra: what may be shown of an index that could not."""
        self._unread.append(Gap(origin, reason, tuple(params.items())))

    def done(self, logins: Mapping[str, Login] | None = None) -> Configured:
        """Return all that was gathered. logins: by address (`host/path`) below which they are meant, the longest first
        asked; a login in the address itself comes before them."""
        endpoints = [_logged_in(endpoint, logins or {}) for endpoint in self._endpoints]
        told = tuple(self._risks), tuple(self._own), tuple(self._secrets), tuple(self._unread)
        return Configured(tuple(endpoints), *told)


def _logged_in(endpoint: Endpoint, logins: Mapping[str, Login]) -> Endpoint:
    fitting = [prefix for prefix in logins if below(endpoint.address, prefix)]
    return replace(endpoint, login=endpoint.login or logins.get(max(fitting, key=len, default="")))


def _local(value: str) -> bool:
    """True for a folder or file of this machine, which is no registry: a path, or `file:`."""
    return value.startswith("file:") or not any(mark in value.partition("/")[0] for mark in ":$")


def text_of(file: File, collector: Collector) -> str:
    """Return the text of a file, lines ending in LF, empty where it is too large; that is told.

    What is no UTF-8 is read byte by byte: keys and addresses are ASCII in whatever else the file is written.
    """
    if len(file.data) > LIMIT:
        collector.unread(file.shown, "too-large")
        return ""
    encoding = "utf-16" if file.data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = file.data.decode(encoding)
    except UnicodeDecodeError:
        text = file.data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def toml(file: File, collector: Collector) -> toml_document.Document:
    """Return a TOML file, empty where it cannot be read; that is told."""
    text = text_of(file, collector)
    if patterns.search(_DOTS, text):
        collector.unread(file.shown, "too-deep")
        text = ""
    found = toml_document.read(file.shown, text.encode("utf-8", "replace"))
    if isinstance(found, toml_document.Document):
        return found
    collector.unread(file.shown, found.code if found.code == "too-deep" else "syntax")
    return toml_document.Document(file.shown, {}, {})


def json_of(file: File, collector: Collector) -> Any:
    """Return the value of a JSON file, None where it cannot be read; that is told."""
    text = text_of(file, collector)
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        collector.unread(file.shown, "syntax")
        return None


def line_of(file: File, word: str) -> str:
    """Return the origin of what is written as `word` in a file that has no lines of its own; the file where it is
    written otherwise."""
    at = file.data.find(json.dumps(word, ensure_ascii=False)[1:-1].encode("utf-8", "replace"))
    return f"{file.shown}:{file.data.count(bytes([10]), 0, at) + 1}" if at >= 0 and word else file.shown


def mapping(value: object) -> dict[str, Any]:
    """Return a table, empty for anything else."""
    return value if isinstance(value, dict) else {}


def tables(value: object) -> list[dict[str, Any]]:
    """Return the tables of a list, with the place of whatever is none taken by an empty one."""
    return [mapping(one) for one in value] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """Return the texts of a list, or the one text."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else [text(value)][: bool(value)]


def text(value: object) -> str:
    """Return a text, empty for anything else."""
    return value if isinstance(value, str) else ""


def ini(text: str, comments: str = "#;") -> Iterator[tuple[str, str, str, int]]:
    """Yield (section, key, value, line) of an INI file as pip reads it: what is indented goes on with the value above.

    Values of several lines come one by one, under the same key. Source: Python's `configparser`, raw.
    """
    section, key = "", ""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if not bare or bare[0] in comments:
            continue
        if line[0] in " \t" and key:
            yield section, key, bare, number
        elif bare[0] == "[" and "]" in bare:
            section, key = bare[1 : bare.index("]")], ""
        else:
            at = min((bare.find(mark) for mark in "=:" if mark in bare), default=-1)
            key = bare[:at].strip().lower().replace("_", "-") if at > 0 else ""
            if key:
                yield section, key, bare[at + 1 :].strip(), number


def pairs(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (key, value, line) of `key = value` lines, as npm's `ini` and Go's `env` have them: quotes go, and so does
    what follows a `;` or `#` outside of them."""
    for number, line in enumerate(text.split("\n"), 1):
        key, equals, value = line.strip().partition("=")
        if equals and key and key[0] not in ";#[":
            yield key.strip(), unquoted(value.strip()), number


def unquoted(value: str) -> str:
    """Return what stands in the quotes of a value, or a value without its comment.

    Where an address would end at a mark inside of its password it stays whole, and is then no address: what is left of
    it would be taken for a host.
    """
    if value[:1] in ('"', "'"):
        return value[1:].partition(value[0])[0]
    head = patterns.split(r"(?<!\\)[;#]", value)[0]
    inside = "@" in value[len(head) :] and head == head.rstrip()
    return value if inside and "://" in head else head.strip()


def outline(text: str) -> Iterator[tuple[tuple[str, ...], str, int]]:
    """Yield (path of keys, value, line) of the block mappings of a YAML file; of a list each item under its path.

    Keys and values lose their quotes. Flow style, anchors and texts of several lines say nothing here.
    """
    stack: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        if not bare or bare[0] == "#" or indent > _DEPTH:
            continue
        item = bare.startswith("- ")
        while stack and (stack[-1][0] > indent or (stack[-1][0] == indent and not item)):
            stack.pop()
        path = tuple(key for _, key in stack)
        if item:
            yield path, unquoted(bare[2:].strip()), number
            continue
        found = patterns.match(r"""("[^"]*"|'[^']*'|:?[^\s'"#][^'"#]*?):(?:\s+(.*))?$""", bare)
        if found:
            key = found[1].strip("\"'")
            stack.append((indent, key))
            yield (*path, key), _value(found[2] or ""), number


def _value(written: str) -> str:
    """A scalar of YAML: in quotes, or up to a comment, which a blank must precede."""
    written = written.strip()
    return unquoted(written) if written[:1] in ('"', "'") else patterns.split(r"\s#", written)[0].strip()


def expanded(value: str, environment: Mapping[str, str]) -> str:
    """Replace `${NAME}` by what the environment says; a name that it does not know stays as it is written."""

    def value_of(name: str, otherwise: str | None, mark: str | None, written: str) -> str:
        if name in environment:
            return environment[name]
        return written if mark is None else otherwise or ""

    done, at = [], 0
    for found in patterns.finditer(_VARIABLE, value):
        done += [value[at : found.start()], value_of(found[1], found[3], found[2], found[0])]
        at = found.end()
    return "".join([*done, value[at:]])


class Node:
    """An element of XML. name: without prefix, lower case, as attributes are. line: from 1. words: what stands directly
    in it, in pieces."""

    __slots__ = ("attributes", "children", "line", "name", "words")

    def __init__(self, name: str, line: int, attributes: Mapping[str, str]) -> None:
        self.name, self.line = name.rpartition(":")[2].lower(), line
        self.words: list[str] = []
        self.attributes = {key.lower(): value for key, value in attributes.items()}
        self.children: list[Node] = []

    def all(self, *path: str) -> list[Node]:
        """Return the elements that lie below this one on a path of names."""
        here = [self]
        for name in path:
            here = [child for node in here for child in node.children if child.name == name]
        return here

    def of(self, name: str) -> str:
        """Return the text of the first child of a name, empty without one."""
        return next((child.text for child in self.children if child.name == name), "")

    @property
    def text(self) -> str:
        """What stands directly in the element, without blanks around it."""
        return "".join(self.words).strip()


class _TooMuch(Exception):
    """Nested too deeply, or with a document type: nothing a package manager writes."""


def xml(file: File, collector: Collector) -> Node:
    """Return an element that holds the root of an XML file, nothing where it cannot be read; that is told.

    A document type is refused, and with it entities of the file's own.
    """
    parser = ParserCreate()
    parser.buffer_text = True
    top = Node("", 0, {})
    opened = [top]

    def start(name: str, attributes: dict[str, str]) -> None:
        opened[-1].children.append(Node(name, parser.CurrentLineNumber, attributes))
        opened.append(opened[-1].children[-1])
        if len(opened) > _DEPTH:
            raise _TooMuch

    def refuse(*_: object) -> None:
        raise _TooMuch

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: opened.pop()
    parser.CharacterDataHandler = lambda text: opened[-1].words.append(text)
    parser.StartDoctypeDeclHandler = refuse
    if len(file.data) > LIMIT:
        collector.unread(file.shown, "too-large")
        return top
    try:
        parser.Parse(file.data, True)
    except (ExpatError, _TooMuch, ValueError, LookupError):
        collector.unread(file.shown, "syntax")
        return Node("", 0, {})
    return top
