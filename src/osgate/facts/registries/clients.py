"""pip and npm as transport, where their configuration, logins and proxies are all that reaches a registry.

Each is asked for what it shows by itself, and its answers are handed to the reader of that registry in the form the
registry would have had: so the facts are the same, with what a client does not show as `not-served`. Nothing of a
package is run: pip may only look at wheels (`--only-binary :all:`; building a source distribution runs its code), and
`npm view` fetches no package. Names and versions are checked before they become arguments, and stand behind `--`.
Source: the manuals of pip (`pip install --report`, `pip index versions`) and npm (`npm view`).
"""

from __future__ import annotations

import hashlib
import json
import re

from osgate import versions as orders
from osgate.facts.registries import answers, npm, pypi, times
from osgate.facts.registries.answers import ABSENT, NOT_SERVED, Answer, Sheet, listing, mapping
from osgate.model.fact import Unknown
from osgate.model.record import replace
from osgate.purl import parse, quote, unquote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from osgate.model.fact import Fact

    # Arguments, the program among them -> exit code, standard output, standard error; Unknown (`timeout`, `too-large`,
    # `unreachable`) where the process was ended or not begun. Whoever hands it in bounds time and size, scrubs the
    # environment, and starts it in an empty folder, so that no project's configuration counts.
    Run = Callable[[tuple[str, ...]], tuple[int, bytes, bytes] | Unknown]

PIP, NPM = ("pip",), ("npm",)
_PIP_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?\Z")
_NPM_NAME = re.compile(r"(?:@[a-z0-9~][\w.~-]{0,100}/)?[A-Za-z0-9~][\w.~-]{0,213}\Z", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,127}\Z")
# What pip prints where it asked and the index knows no such name; with a sign of other trouble it proves nothing.
_NONE = b"No matching distribution found for"
_TROUBLE = (b"WARNING", b"Retrying", b"Could not fetch", b"Error:", b"Skipping link")
_INSTALL = (
    *("install", "--dry-run", "--no-deps", "--ignore-installed", "--no-input", "--disable-pip-version-check"),
    *("--only-binary", ":all:", "--quiet", "--report", "-", "--"),
)
# As text: the first pips that list versions have no `--json`.
_VERSIONS = (
    *("index", "versions", "--pre", "--ignore-requires-python", "--no-input", "--disable-pip-version-check", "--"),
)
_LISTED = re.compile(rb"^Available versions: (.*)$", re.M)
_YANKED = b"is a yanked version"
_NO_WHEEL = Unknown("client", (("detail", "the version has no wheel for this machine"),))
_EXPERIMENT = re.compile(rb"^WARNING: pip index is currently an experimental.*$", re.M)
_MOST = 100_000
_VIEW = ("view", "--json", "--")


def facts(
    component: str, versions: tuple[str, ...], run: Run, source: str, date: str, command: tuple[str, ...] = ()
) -> tuple[Fact, ...]:
    """Return what the ordinary client tells of `component` (of type pypi or npm) and its `versions`; see the package.

    command: what starts the client, PIP or NPM where it is empty.
    """
    if parse(component).type == "pypi":
        return _Pip(component, run, command or PIP).facts(versions, source, date)
    return _Npm(component, run, command or NPM).facts(versions, source, date)


def failed(out: bytes, err: bytes) -> Unknown:
    """Return Unknown("client") with the last line a client printed, without what may be an address with a password."""
    lines = [line for line in (err or out).decode("utf-8", "replace")[-4_000:].splitlines() if line.strip()]
    said = re.sub(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", "…", lines[-1]) if lines else ""
    return Unknown("client", (("detail", answers.line(said, 80)),))


def _answer(body: object) -> Answer:
    data = json.dumps(body).encode()
    return Answer(data, f"sha256:{hashlib.sha256(data).hexdigest()}")


def _why(err: bytes) -> Unknown:
    """Why a client ended with an error: ABSENT only where it says so and of no other trouble."""
    err = _EXPERIMENT.sub(b"", err)
    missing = _NONE in err and not any(sign in err for sign in _TROUBLE)
    return ABSENT if missing else failed(b"", err)


class _Pip:
    """pip's answers as an index (PEP 691) with the JSON of versions beside it."""

    def __init__(self, component: str, run: Run, command: tuple[str, ...]) -> None:
        self._component, self._run, self._command = component, run, command
        self._name = parse(component).name

    def facts(self, versions: tuple[str, ...], source: str, date: str) -> tuple[Fact, ...]:
        """Return the facts of the project and of `versions`."""
        listed = self._listed()
        key = orders.sort_key("pypi")
        there = set(map(key, () if isinstance(listed, Unknown) else listed))
        told = {one: self._installed(one) for one in versions if key(one) in there}
        index = listed if isinstance(listed, Unknown) else _index(self._name, listed, told)
        described = {f"../pypi/{quote(self._name)}/{quote(one)}/json": _described(body) for one, body in told.items()}

        def get(path: str, accept: str) -> Answer | Unknown:
            return described.get(path, Answer(b"", "", 404)) if path.startswith("../") else index

        found = pypi.facts(self._component, versions, get, source, date)
        if isinstance(listed, Unknown):
            return found
        # The index above has the files of the wanted versions only, so what holds for all of them is told apart.
        whole = Sheet(self._component, source, date)
        for name, value in {"present": "yes", **times.history("pypi", listed, {})}.items():
            whole.tell(name, value, answers.digest_in(index))
        ones = [fact for fact in found if fact.purl != self._component]
        return whole.facts(pypi.COMPONENT) + tuple(_unless_silent(fact, told) for fact in ones)

    def _listed(self) -> list[str] | Unknown:
        if not _PIP_NAME.match(self._name):
            return answers.malformed("the name of the component")
        printed = self._run((*self._command, *_VERSIONS, self._name))
        if isinstance(printed, Unknown):
            return printed
        code, out, err = printed
        if code:
            return _why(err)
        listed = _LISTED.search(out)
        parts = listed[1].decode("utf-8", "replace").split(", ") if listed else []
        found = [version for part in parts[:_MOST] if (version := answers.version_text(part.strip()))]
        return found or answers.malformed("no list of versions")

    def _installed(self, version: str) -> dict[str, Any] | Unknown:
        """What pip would install as that version: an entry of its installation report."""
        if not _VERSION.match(version):
            return answers.malformed("the version")
        printed = self._run((*self._command, *_INSTALL, f"{self._name}=={version}"))
        if isinstance(printed, Unknown):
            return printed
        code, out, err = printed
        if code:
            why = _why(err)
            return _NO_WHEEL if why == ABSENT else why
        body = answers.json_in(Answer(out, ""))
        if isinstance(body, Unknown):
            return body
        one = mapping(next(iter(listing(mapping(body).get("install"))), None))
        key = orders.sort_key("pypi")
        said = answers.version_text(mapping(one.get("metadata")).get("version"))
        if not said or key(said) != key(version):
            return answers.malformed("no report of the version")
        return {**one, "is_yanked": True} if _YANKED in err else one


def _index(name: str, listed: list[str], told: dict[str, dict[str, Any] | Unknown]) -> Answer:
    files = [_file(one) for one in told.values() if not isinstance(one, Unknown)]
    return _answer({"meta": {"api-version": "1.1"}, "name": name, "versions": listed, "files": files})


def _file(one: dict[str, Any]) -> dict[str, object]:
    """The file that pip would install, as an index lists it."""
    download = mapping(one.get("download_info"))
    url = answers.address(download.get("url"))
    archive = mapping(download.get("archive_info"))
    algorithm, _, value = str(archive.get("hash", "")).partition("=")
    hashes = mapping(archive.get("hashes")) or {algorithm: value}
    name = unquote(url.rpartition("/")[2])
    return {"filename": name, "url": url, "hashes": hashes, "yanked": one.get("is_yanked") is True}


def _unless_silent(fact: Fact, told: dict[str, dict[str, Any] | Unknown]) -> Fact:
    """A fact, unless it says that a file was not yanked and pip did not: those before 23.3 report only that one was."""
    one = mapping(told.get(parse(fact.purl).version))
    silent = fact.name == "yanked" and fact.value == "" and not isinstance(one.get("is_yanked"), bool)
    return replace(fact, value=NOT_SERVED) if silent else fact


def _described(one: dict[str, Any] | Unknown) -> Answer | Unknown:
    """Core metadata in JSON as the JSON of a version has it."""
    if isinstance(one, Unknown):
        return one
    told = mapping(one.get("metadata"))
    urls = (part.partition(",") for part in listing(told.get("project_url")) if isinstance(part, str))
    kept = ("version", "license", "license_expression", "home_page")
    info = {name: told[name] for name in kept if name in told}
    addresses = {label.strip(): url.strip() for label, _, url in urls}
    return _answer({"info": {**info, "classifiers": told.get("classifier"), "project_urls": addresses}})


class _Npm:
    """npm's answers as a packument: whole for the wanted versions, names alone of all others."""

    def __init__(self, component: str, run: Run, command: tuple[str, ...]) -> None:
        self._component, self._run, self._command = component, run, command
        purl = parse(component)
        self._name = "/".join(filter(None, (purl.namespace, purl.name)))

    def facts(self, versions: tuple[str, ...], source: str, date: str) -> tuple[Fact, ...]:
        """Return the facts of the package and of `versions`."""
        whole = self._view("") if _NPM_NAME.match(self._name) else answers.malformed("the name of the component")
        told: dict[str, dict[str, Any] | Unknown] = {}
        if not isinstance(whole, Unknown):
            told = {one: self._view(one) for one in versions if one in listing(whole.get("versions"))}
        packument = whole if isinstance(whole, Unknown) else _answer(_packument(whole, told))
        found = npm.facts(self._component, versions, lambda path, accept: packument, source, date)
        return tuple(one for fact in found for one in self._mended(fact, told, source, date))

    def _mended(
        self, fact: Fact, told: dict[str, dict[str, Any] | Unknown], source: str, date: str
    ) -> tuple[Fact, ...]:
        """A fact, unless the packument above could not say it: what all versions say together, or one not shown."""
        reason = told.get(parse(fact.purl).version)
        if fact.purl == self._component and fact.name == "status" and isinstance(fact.value, str):
            reason = NOT_SERVED
        if not isinstance(reason, Unknown) or fact.name == "present":
            return (fact,)
        sheet = Sheet(fact.purl, source, date)
        return sheet.facts((fact.name,), reason)

    def _view(self, version: str) -> dict[str, Any] | Unknown:
        if version and not _VERSION.match(version):
            return answers.malformed("the version")
        wanted = f"{self._name}@{version}" if version else self._name
        printed = self._run((*self._command, *_VIEW, wanted))
        if isinstance(printed, Unknown):
            return printed
        code, out, err = printed
        body = answers.json_in(Answer(out, ""))
        error = mapping(mapping(body).get("error"))
        if error:
            summary = answers.line(error.get("summary")).encode()
            return ABSENT if error.get("code") == "E404" else failed(summary, b"")
        if code:
            return failed(out, err)
        if isinstance(body, Unknown):
            return body
        good = isinstance(body, dict) and body.get("name") == self._name
        if not good or (version and body.get("version") != version):
            return answers.malformed("no description of the version")
        return dict(body)


def _packument(whole: dict[str, Any], told: dict[str, dict[str, Any] | Unknown]) -> dict[str, Any]:
    names = filter(None, map(answers.version_text, listing(whole.get("versions"))))
    shown = {name: _entry(one) for name, one in told.items() if not isinstance(one, Unknown)}
    return {
        "name": whole.get("name"),
        "versions": {name: shown.get(name, {}) for name in names},
        "time": whole.get("time"),
        "maintainers": [_person(one) for one in listing(whole.get("maintainers"))],
    }


def _entry(one: dict[str, Any]) -> dict[str, Any]:
    """A version as it stands in a packument; npm writes persons as one text, and adds what is the package's."""
    kept = {name: value for name, value in one.items() if name not in ("time", "versions", "dist-tags", "maintainers")}
    return {**kept, "_npmUser": _person(kept["_npmUser"])} if "_npmUser" in kept else kept


def _person(value: object) -> object:
    return {"name": value.partition(" <")[0]} if isinstance(value, str) else value
