"""What an artefact says of itself: the record all readers of metadata fill, and what they share."""

from __future__ import annotations

import re

from osgate import purl
from osgate.facts.artefacts.archives import Damaged
from osgate.facts.registries import answers
from osgate.licences import names
from osgate.licences.expression import join
from osgate.model.fact import Unknown
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from osgate.facts.registries.answers import Value
    from osgate.licences.expression import Expression

# Names and versions of all kinds; more than any registry takes is no package of it.
_NAME = re.compile(r"@?[\w~][\w.~+-]*(?:[/:][\w~][\w.~+-]*)?\Z", re.ASCII)
_VERSION = re.compile(r"[\w.+!~-]{1,128}\Z", re.ASCII)
_LONGEST_NAME = 214


@record
class Described:
    """What the metadata of one artefact says. purl: canonical, with version. licence, declared: the values of the facts
    `licence` and `licence-declared`. install: `yes` or `no`, whether installing
    the artefact runs code of its own, else why nobody can tell. startup: the same of code that every start of the
    interpreter runs (`.pth` files), empty where there is no such thing. licence_file: a path that it names as its
    licence. rights: the copyright it declares. repository: as written."""

    purl: str
    licence: Value
    declared: Value
    install: str | Unknown
    startup: str | Unknown = ""
    licence_file: str = ""
    rights: str = ""
    repository: object = ""


def identity(type: str, name: object, version: object) -> str:
    """Return the canonical purl with version of an artefact. Raises Damaged where one of both is no name or version.

    name: `@scope/name` for npm, `group:artifact` for Maven.
    """
    good = isinstance(name, str) and len(name) <= _LONGEST_NAME and _NAME.match(name)
    if not good or not isinstance(version, str) or not _VERSION.match(version):
        raise Damaged("malformed", f"name {name!r:.40} version {version!r:.20}")
    text = str(name)
    if (
        (":" in text) != (type == "maven")
        or ("/" in text) != text.startswith("@")
        or (text[:1] == "@" and type != "npm")
    ):
        raise Damaged("malformed", f"name {text}")
    group, _, bare = text.rpartition(":")
    return purl.versioned(purl.component(type, bare, group), version)


def one(contents: Mapping[str, bytes], pattern: str) -> tuple[str, bytes]:
    """Return path and bytes of the only file whose path fits. Raises Damaged where there is none, or several."""
    found = [path for path in contents if re.fullmatch(pattern, path)]
    if len(found) != 1:
        raise Damaged("malformed", "several of its metadata" if found else "no metadata")
    return found[0], contents[found[0]]


def text(value: object) -> str:
    """Return `value` if it is text, else an empty one."""
    return value if isinstance(value, str) else ""


def yes(is_so: object) -> str:
    """Return `yes` or `no`."""
    return "yes" if is_so else "no"


def stated(value: object) -> tuple[Value, Value]:
    """Return the facts `licence` and `licence-declared` of one field."""
    if value is not None and not isinstance(value, str):
        return answers.malformed("license"), answers.declared(value)
    return answers.licence(names.read(value or "")), answers.declared(value)


def any_of(several: Iterable[object]) -> tuple[Value, Value]:
    """Return the same of several licences any of which may be chosen; Unknown where one of them is."""
    texts = [text(one) for one in several]
    written = answers.declared(" OR ".join(texts))
    known: list[Expression] = []
    for licence in map(names.read, texts):
        if isinstance(licence, Unknown):
            return licence, written
        known.append(licence)
    return (str(join("OR", known)), written) if known else ("", "")
