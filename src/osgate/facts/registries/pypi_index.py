"""A Python project in the simple index, as JSON or HTML: its files, and what the index says of them.

Sources: the simple repository API of the PyPA specifications, that is PEP 503 and 691 (pages and JSON), 592 (yanked),
658 and 714 (core metadata), 700 (versions, upload time), 740 (provenance), 792 (status of a project).
A mirror may drop any of it; whether it serves a field is read from what it says of the project's other files, and from
the version of the API it claims.
"""

from __future__ import annotations

import html
import re

from osgate import versions as orders
from osgate.facts.registries import answers
from osgate.facts.registries.answers import NOT_SERVED, listing, mapping
from osgate.model.fact import Unknown
from osgate.model.record import record
from osgate.purl import normalise_pypi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from osgate.facts.registries.answers import Answer

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1, */*;q=0.01"
# Files of one project; none has a quarter of it. Bytes of a page.
MOST_FILES, MOST_PAGE = 100_000, 32 << 20
_STATUSES = ("active", "archived", "quarantined", "deprecated")
_SDISTS = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar")
# Attributes are bounded and hold no `<` outside of quotes, so that no beginning is tried for longer than that.
_TAG = re.compile(r"""<(a|meta)\s((?:[^<>"']{1,4000}|"[^"]{0,4000}"|'[^']{0,4000}'){0,40}+)>([^<]{0,400})""", re.I)
_ATTRIBUTE = re.compile(r"""([a-z][a-z-]{0,60})(?:\s{0,9}=\s{0,9}("[^"]*"|'[^']*'|[^\s"'>]+))?""", re.I)


@record
class File:
    """A file of a project. url: relative to the project's page, or absolute. kind: `wheel`, `sdist` or empty.

    yanked: the reason, `yanked` without one, `""` if it is not, None where the index does not say. published: UTC
    instant, empty where it is not said. metadata: `algorithm:hex` or `yes` where its core metadata lies beside it.
    provenance: its address, `""` if there is none, None where the index does not say.
    """

    name: str
    version: str
    kind: str
    url: str
    digests: tuple[str, ...]
    yanked: str | None
    published: str
    metadata: str
    provenance: str | None
    signed: bool


@record
class Index:
    """What the index says of a project. versions: those it lists, which may have no files. status: of PEP 792."""

    files: tuple[File, ...]
    versions: tuple[str, ...]
    status: str | Unknown


def read(answer: Answer | Unknown, project: str) -> Index | Unknown:
    """Return the project page in `answer`, or why there is none. project: its normalised name.

    Unknown: what `answers.json_in` says; `html` for a page that is no index.
    """
    data = answers.data_in(answer)
    if isinstance(data, Unknown):
        return data
    if answers.is_page(data):
        return Unknown("too-large") if len(data) > MOST_PAGE else _page(data.decode("utf-8", "replace"), project)
    body = answers.json_in(answer)
    return body if isinstance(body, Unknown) else _json(body, project)


def version_in(filename: str, project: str) -> tuple[str, str]:
    """Return version and kind (`wheel`, `sdist`, empty for what is neither) of a file's name; no version: no file.

    Source: the binary distribution format, "File name convention", and the source distribution's; eggs as wheels.
    """
    if filename.endswith((".whl", ".egg")):
        name, _, rest = filename[:-4].partition("-")
        kind = "wheel" if filename.endswith(".whl") else ""
        return (rest.partition("-")[0], kind) if normalise_pypi(name) == project else ("", "")
    stem = next((filename[: -len(end)] for end in _SDISTS if filename.endswith(end)), "")
    for at, character in enumerate(stem[:300]):
        if character == "-" and normalise_pypi(stem[:at]) == project:
            return stem[at + 1 :], "sdist"
    return "", ""


def _json(body: Any, project: str) -> Index | Unknown:
    api = mapping(mapping(body).get("meta")).get("api-version")
    found = re.match(r"1\.(\d{1,4})\Z", api) if isinstance(api, str) else None
    if not found or not isinstance(body.get("files"), list):
        return answers.malformed("no project page of API version 1")
    minor = int(found[1])
    told = [one for one in listing(body["files"], MOST_FILES) if isinstance(one, dict)]
    # Both keys may be left out of a file for which they say nothing; the index that serves them has one somewhere.
    yanks = any("yanked" in one for one in told)
    proves = minor >= 3 or any("provenance" in one for one in told)
    files = (_file(one, project, yanks, proves) for one in told)
    versions = filter(None, map(answers.version_text, listing(body.get("versions"))))
    status = body.get("project-status")
    missing: str | Unknown = "active" if minor >= 4 else NOT_SERVED
    return Index(
        tuple(file for file in files if file.version),
        tuple(versions),
        missing if status is None else _status(mapping(status).get("status")),
    )


def _file(told: Mapping[str, Any], project: str, yanks: bool, proves: bool) -> File:
    name = answers.line(told.get("filename"))
    version, kind = version_in(name, project)
    metadata = told.get("core-metadata", told.get("dist-info-metadata"))
    provenance = told.get("provenance")
    return File(
        name,
        answers.version_text(version),
        kind,
        _url(told.get("url")),
        _digests(mapping(told.get("hashes")).items()),
        answers.message(told.get("yanked"), "yanked") if yanks else None,
        answers.instant(told.get("upload-time")),
        (*_digests(mapping(metadata).items()), "yes")[0] if metadata else "",
        (_url(provenance) or None if provenance is not None else "") if proves else None,
        told.get("gpg-sig") is True,
    )


def _digests(pairs: Any) -> tuple[str, ...]:
    """The digests among pairs of algorithm and hex, the strongest first where they are ours."""
    made = {answers.digest(algorithm, value) for algorithm, value in pairs}
    strong = sorted(one for one in made if one.startswith(("sha256:", "sha384:", "sha512:")))
    return tuple(strong or sorted(one for one in made if one))[:4]


def _url(value: object) -> str:
    """An address on the page: relative, or of the web."""
    if not isinstance(value, str) or len(value) > answers.ADDRESS or not (value.isascii() and value.isprintable()):
        return ""
    return value if re.match(r"https?://|[^:]*(?:[/?#]|\Z)", value) else ""


def _status(value: object) -> str | Unknown:
    return str(value) if value in _STATUSES else answers.malformed(f"project-status: {answers.line(value)}")


def _page(text: str, project: str) -> Index | Unknown:
    metas, files = dict[str, str](), list[File]()
    tags = list(_tags(text))
    metas = {found.get("name", ""): found.get("content", "") for tag, found, _ in tags if tag == "meta"}
    version = re.match(r"1\.(\d{1,4})\Z", metas.get("pypi:repository-version", ""))
    anchors = [(found, label) for tag, found, label in tags if tag == "a" and found.get("href")][:MOST_FILES]
    yanks = version is not None or any("data-yanked" in found for found, _ in anchors)
    minor = int(version[1]) if version else 0
    proves = minor >= 3 or any("data-provenance" in found for found, _ in anchors)
    files = [_linked(found, label, project, yanks, proves) for found, label in anchors]
    files = [file for file in files if file.version]
    if not files and version is None:
        return Unknown("html")
    status = metas.get("pypi:project-status")
    missing: str | Unknown = "active" if minor >= 4 else NOT_SERVED
    return Index(tuple(files), (), missing if status is None else _status(status))


def _linked(found: Mapping[str, str], label: str, project: str, yanks: bool, proves: bool) -> File:
    """A file from its link, by way of what JSON would say of it."""
    url, _, fragment = found["href"].partition("#")
    metadata = found.get("data-core-metadata", found.get("data-dist-info-metadata", ""))
    told = {
        "filename": label.strip() or url.partition("?")[0].rpartition("/")[2],
        "url": url,
        "hashes": dict((fragment.split("=", 1),)) if fragment.count("=") == 1 else {},
        "yanked": found["data-yanked"] or True if "data-yanked" in found else False,
        "core-metadata": dict((metadata.split("=", 1),)) if metadata.count("=") == 1 else metadata == "true",
        "provenance": found.get("data-provenance"),
        "gpg-sig": found.get("data-gpg-sig") == "true",
    }
    return _file(told, project, yanks, proves)


def _tags(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """The links and metas of a page: tag, attributes, the text that follows."""
    for found in _TAG.finditer(text):
        attributes = _ATTRIBUTE.finditer(found[2])
        pairs = {one[1].lower(): html.unescape((one[2] or "").strip("\"'")) for one in attributes}
        yield found[1].lower(), pairs, html.unescape(found[3])


def by_version(index: Index) -> dict[Any, list[File]]:
    """Return the files of each version, by the version's key in the order of PEP 440 (1.0 and 1.0.0 are one)."""
    key = orders.sort_key("pypi")
    found: dict[Any, list[File]] = {key(version): [] for version in index.versions}
    for file in index.files:
        found.setdefault(key(file.version), []).append(file)
    return found
