"""What a Python version says of itself: core metadata, or the `info` that a registry's JSON makes of it.

Sources: the core metadata specification (PEP 566, 639) and the published form of the JSON API.
"""

from __future__ import annotations

import hashlib

from osgate.facts.registries import answers
from osgate.facts.registries.answers import listing, mapping
from osgate.licences import declared
from osgate.model.fact import Unknown
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.facts.registries.answers import Answer

# Bytes of a metadata file, its description among them; lines of its head; entries of one field.
MOST_BYTES, MOST_LINES, MOST_ENTRIES = 8 << 20, 20_000, 200
INACTIVE = "Development Status :: 7 - Inactive"
# Labels of an address of the source, without blanks, hyphens and case, as PEP 753 compares them.
_SOURCE = ("source", "repository", "sourcecode", "code", "github", "gitlab", "gitee", "git", "vcs")


@record
class Described:
    """version: as it stands there. licence and written: the facts `licence` and `licence-declared`."""

    version: str
    licence: str | Unknown
    written: str | Unknown
    repository: str
    inactive: bool


def from_info(body: object) -> Described | Unknown:
    """Return what the JSON of a project or version (its `info`) says."""
    info = mapping(mapping(body).get("info"))
    version = answers.version_text(info.get("version"))
    if not version:
        return answers.malformed("no info of a version")
    urls = [(label, url) for label, url in mapping(info.get("project_urls")).items()][:MOST_ENTRIES]
    return _described(
        version,
        info.get("license_expression"),
        info.get("license"),
        listing(info.get("classifiers")),
        [*urls, ("", info.get("home_page"))],
    )


def from_file(answer: Answer | Unknown, digest: str) -> Described | Unknown:
    """Return what a core metadata file says; digest: what the index says of it, `yes` where it names none."""
    data = answers.data_in(answer, MOST_BYTES)
    if isinstance(data, Unknown):
        return data
    if answers.is_page(data):
        return Unknown("html")
    algorithm, _, expected = digest.partition(":")
    if expected and hashlib.new(algorithm, data, usedforsecurity=False).hexdigest() != expected:
        return answers.malformed("core metadata differs from its digest")
    head = _head(data.decode("utf-8", "replace"))
    version = answers.version_text("".join(head.get("version", [])[:1]))
    if not version:
        return answers.malformed("core metadata without a version")
    urls = [tuple(part.strip() for part in url.partition(",")[::2]) for url in head.get("project-url", [])]
    return _described(
        version,
        "".join(head.get("license-expression", [])[:1]),
        "".join(head.get("license", [])[:1]),
        head.get("classifier", []),
        [*((label, url) for label, url in urls), *(("", url) for url in head.get("home-page", [])[:1])],
    )


def _head(text: str) -> dict[str, list[str]]:
    """The fields of a metadata file up to the first blank line, by name in small letters."""
    fields: dict[str, list[str]] = {}
    last: list[str] = []
    for line in text.split("\n", MOST_LINES)[:MOST_LINES]:
        line = line.rstrip("\r")
        if not line:
            break
        if line[0] in " \t" and last:
            last[-1] += f"\n{line.strip()}" if len(last[-1]) < answers.DECLARED else ""
            continue
        name, colon, value = line.partition(":")
        last = fields.setdefault(name.lower(), []) if colon and len(name) < 60 else []
        if len(last) < MOST_ENTRIES:
            last.append(value.strip())
    return fields


def _described(
    version: str, expression: object, text: object, classifiers: Iterable[object], urls: Iterable[tuple[object, object]]
) -> Described:
    said = expression if isinstance(expression, str) else ""
    free = text if isinstance(text, str) and text.strip() not in ("UNKNOWN", "None") else ""
    marks = [mark for mark in classifiers if isinstance(mark, str) and len(mark) <= answers.LINE][:MOST_ENTRIES]
    classes = [mark for mark in marks if mark.startswith("License ::")]
    written = said.strip() or free.strip() or "; ".join(classes)
    return Described(
        version,
        answers.licence(declared.python(said, free, classes)),
        answers.declared(written),
        _repository(urls),
        INACTIVE in marks,
    )


def _repository(urls: Iterable[tuple[object, object]]) -> str:
    """The address of the source, by its label; the home page where that is one of a repository."""
    found = dict[str, str]()
    for label, url in urls:
        name = "".join(filter(str.isalnum, str(label).lower()))[:60]
        found.setdefault(name, answers.address(url))
    return next((found[label] for label in _SOURCE if found.get(label)), "")
