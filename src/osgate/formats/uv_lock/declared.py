"""What a manifest declares, in a form that can be held against a lock."""

from __future__ import annotations

from osgate import patterns
from osgate.formats import toml_text
from osgate.formats.guards import check_name, decode
from osgate.formats.uv_lock.names import normal
from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Table: TypeAlias = dict[str, Any]

_ADDRESSES = ("git", "url", "path", "directory", "editable", "virtual")
# Steps from group to group; each may include others.
_MAX_GROUPS = 1000
_MAX_LENGTH = 16_384
_NUMBER = r"(?:0|[1-9][0-9]*+)"
# A version in its normal form, so that equal ones are equal texts (but for zeros at the end, which people keep).
_VERSION = rf"{_NUMBER}(?:\.{_NUMBER})*+(?:(?:a|b|rc){_NUMBER})?(?:\.post{_NUMBER})?(?:\.dev{_NUMBER})?"
_CLAUSE = rf"[<>]=?[ \t]*+{_VERSION}|~=[ \t]*+{_NUMBER}\.{_VERSION}|[=!]=[ \t]*+{_VERSION}(?:\.\*)?"
_CLAUSES = rf"(?:{_CLAUSE})(?:[ \t]*+,[ \t]*+(?:{_CLAUSE}))*+"
_WORD = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_REQUIREMENT = (
    rf"({_WORD})[ \t]*+(?:\[[ \t]*+({_WORD}(?:[ \t]*+,[ \t]*+{_WORD})*+)[ \t]*+\])?[ \t]*+({_CLAUSES}|)[ \t]*+(?:;.*)?"
)


@record
class Asked:
    """A requirement taken apart; its marker left out. versions: empty for any, and for those of an address."""

    name: str
    extras: list[str]
    versions: str


class Declared:
    """The requirements of one manifest.

    text: of the manifest. offset: lines that stand above it in its file. unknown: parts it does not tell. addressed:
    names whose place is given elsewhere in it, so that their versions mean nothing.
    """

    def __init__(self, text: str, offset: int = 0) -> None:
        self.unknown, self.addressed = set[str](), set[str]()
        self._lines: dict[str, int] = {}
        for _, written, line in toml_text.strings(text):
            self._lines.setdefault(written, line + offset)
        self._found: list[tuple[str, str, str, str, int]] = []

    def add(self, part: str, wanted: object) -> None:
        """Take the requirements of a part: a list of texts (PEP 508). Raises Unreadable `malformed`, `syntax`."""
        if not isinstance(wanted, list):
            raise Unreadable("malformed")
        for text in wanted:
            if not isinstance(text, str):
                raise Unreadable("malformed")
            line = self._lines.get(text, 0)
            asked = parse(text, line)
            told = _extras(asked.extras, line), _versions(asked.versions, line)
            self._found.append((part, normal(asked.name, line), *told, line))

    def texts(self) -> dict[tuple[str, str], dict[str, int]]:
        """By part and name: what is asked of it, as `text_of` says it of a lock, and the line of each."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        for part, name, extras, versions, line in self._found:
            text = extras if name in self.addressed else extras + versions
            found.setdefault((part, name), {}).setdefault(text, line)
        return found


def text_of(table: Table, addressed: bool) -> str:
    """Return the extras and versions of a requirement in a lock. addressed: it has a place instead of versions."""
    extras = table.get("extras", [])
    if not isinstance(extras, list):
        raise Unreadable("malformed")
    told = _extras(extras, 0)
    if addressed or any(key in table for key in _ADDRESSES):
        return told
    specifier = table.get("specifier", "")
    if not isinstance(specifier, str):
        raise Unreadable("malformed")
    return told + _versions(specifier, 0)


def parse(text: str, line: int) -> Asked:
    """Read a requirement. Raises Unreadable `syntax`, `too-large`, `hostile-name`.

    What nearly all people write goes through an expression of our own; the rest is judged by `packaging`, imported only
    then: it costs more than all else here.
    """
    if len(text) > _MAX_LENGTH:
        raise Unreadable("too-large", line, size=len(text), limit=_MAX_LENGTH)
    check_name(text, line)
    found = patterns.fullmatch(_REQUIREMENT, text)
    if found:
        return Asked(found[1], found[2].split(",") if found[2] else [], found[3])
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        asked = Requirement(text)
    except (InvalidRequirement, RecursionError):
        raise Unreadable("syntax", line) from None
    return Asked(asked.name, sorted(asked.extras), "" if asked.url else str(asked.specifier))


def _extras(extras: list[str], line: int) -> str:
    names = sorted({normal(extra.strip() if type(extra) is str else extra, line) for extra in extras})
    return f"[{','.join(names)}]" if names else ""


def _versions(text: str, line: int) -> str:
    """Return a specifier in one spelling: its clauses sorted, versions normalised."""
    if text in ("", "*"):
        return ""
    clauses = ["".join(clause.split()) for clause in text.split(",")]
    if not all(patterns.fullmatch(_CLAUSE, clause) for clause in clauses):
        clauses = _judged(text, line)
    return ",".join(sorted(set(clauses)))


def _judged(text: str, line: int) -> list[str]:
    """The clauses of a specifier as `packaging` understands them."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        clauses = list(SpecifierSet(text))
    except InvalidSpecifier:
        raise Unreadable("syntax", line) from None
    found = []
    for clause in clauses:
        stem = clause.version.removesuffix(".*")
        try:
            found.append(f"{clause.operator}{Version(stem)}{clause.version[len(stem) :]}")
        except InvalidVersion:  # of `===`, which compares text
            found.append(f"{clause.operator}{clause.version}")
    return found


def tables(table: Table, key: str) -> Table:
    """Return the table under `key`, empty where there is none. Raises Unreadable `malformed`."""
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise Unreadable("malformed")
    return found


def listed(value: object) -> list[Any]:
    """Return `value` if it is a list. Raises Unreadable `malformed`."""
    if not isinstance(value, list):
        raise Unreadable("malformed")
    return value


def addressed(sources: Table) -> set[str]:
    """The names that `tool.uv.sources` gives a place of their own; an index alone leaves their versions as they are."""
    found = set()
    for name, given in sources.items():
        ways = given if isinstance(given, list) else [given]
        if any(not isinstance(way, dict) or "index" not in way for way in ways):
            found.add(normal(name, 0))
    return found


def groups(written: Table) -> dict[str, list[object]]:
    """Return the requirements of each dependency group by normalised name, groups it includes put in.

    Raises Unreadable `malformed` for a group that is missing or includes itself.
    """
    named = {normal(name, 0): wanted for name, wanted in written.items()}
    return {name: _flat(named, name, (), [0]) for name in named}


def _flat(named: Table, name: str, above: tuple[str, ...], steps: list[int]) -> list[object]:
    steps[0] += 1
    wanted = named.get(name)
    if not isinstance(wanted, list) or name in above or steps[0] > _MAX_GROUPS or len(above) > 64:
        raise Unreadable("malformed")
    found: list[object] = []
    for item in wanted:
        if isinstance(item, dict) and item.keys() == {"include-group"}:
            found += _flat(named, normal(item["include-group"], 0), (*above, name), steps)
        else:
            found.append(item)
    return found


def script_block(data: bytes) -> Declared | None:
    """Return what the metadata block of a script declares; None where it has none.

    Raises Unreadable: `malformed` for a block without end or for two of them, and what `toml_text.load` refuses.
    """
    lines = decode(data).text.split("\n")
    starts = [number for number, line in enumerate(lines) if line == "# /// script"]
    if not starts:
        return None
    block = []
    for line in lines[starts[0] + 1 :]:
        if line != "#" and not line.startswith("# "):
            break
        block.append(line)
    ends = [number for number, line in enumerate(block) if line == "# ///"]
    if len(starts) > 1 or not ends:
        raise Unreadable("malformed", starts[0] + 1, ambiguous=len(starts) > 1)
    # The last comment line makes an empty block a file that holds something.
    text, tree = toml_text.load("\n".join([line[2:] for line in block[: ends[-1]]] + ["#"]).encode())
    found = Declared(text, starts[0] + 1)
    found.add("", tree.get("dependencies", []))
    found.addressed = addressed(tables(tables(tables(tree, "tool"), "uv"), "sources"))
    return found
