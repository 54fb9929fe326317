"""Registries of Python packages: the simple index, the JSON beside it, core metadata and provenance where there are.

The endpoint is an index as pip takes it (`https://packages.example.com/simple`). What a mirror drops of it is told as
`not-served`; the JSON of the project fills in what the index leaves out.
"""

from __future__ import annotations

from osgate import versions as orders
from osgate.facts.registries import answers, pypi_index, pypi_metadata, times
from osgate.facts.registries.answers import ABSENT, JSON, NOT_SERVED, Sheet, listing, mapping
from osgate.model.fact import Unknown
from osgate.purl import parse, quote, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from osgate.facts.registries.answers import Get, Value
    from osgate.facts.registries.pypi_index import File, Index
    from osgate.facts.registries.pypi_metadata import Described
    from osgate.model.fact import Fact

COMPONENT = ("present", "status", "latest", "released", "begun", "releases", "maintainer")
VERSION = (
    "present",
    "licence",
    "licence-declared",
    "published",
    "yanked",
    "install-code",
    "publisher",
    "trust",
    "digest",
    "repository",
)
_PROVENANCE = "application/vnd.pypi.integrity.v1+json"


def facts(component: str, versions: tuple[str, ...], get: Get, source: str, date: str) -> tuple[Fact, ...]:
    """Return what a registry of Python packages tells of `component` and its `versions`; see the package."""
    name = parse(component).name
    path = answers.path(name)
    answer = get(f"{path}/", pypi_index.ACCEPT) if path else answers.malformed("the name of the component")
    index = pypi_index.read(answer, name)
    sheet = Sheet(component, source, date)
    if isinstance(index, Unknown):
        sheets = [(Sheet(versioned(component, one), source, date), VERSION) for one in versions]
        return answers.without(index, [(sheet, COMPONENT), *sheets])
    project = _Project(name, get, index, answers.digest_in(answer), date)
    project.whole(sheet)
    told = [sheet.facts(COMPONENT)]
    for version in versions:
        sheet = Sheet(versioned(component, version), source, date)
        present = project.version(version, sheet)
        told.append(sheet.facts(VERSION, NOT_SERVED if present else ABSENT))
    return tuple(fact for some in told for fact in some)


class _Project:
    """One project while it is told of: what was answered, each asked for once."""

    def __init__(self, name: str, get: Get, index: Index, digest: str, date: str) -> None:
        self._name, self._get, self._index, self._digest = quote(name), get, index, digest
        self._key = orders.sort_key("pypi")
        self._files = pypi_index.by_version(index)
        # Beside the index, not below it: `/simple` and `/pypi` are neighbours wherever there is a JSON API.
        self._json_answer = get(f"../pypi/{self._name}/json", JSON)
        self._json = answers.json_in(self._json_answer)
        self._newest = _described(self._json)
        self._published = self._times(date)

    def _times(self, date: str) -> dict[str, Value]:
        """When each version was published: its first file, from the index or else from the project's JSON."""
        first: dict[str, str] = {}
        for file in self._index.files:
            if file.published:
                first[file.version] = min(file.published, first.get(file.version, file.published))
        for version, files in {} if first else mapping(mapping(self._json).get("releases")).items():
            told = [answers.instant(mapping(file).get("upload_time_iso_8601")) for file in listing(files)]
            if any(told) and answers.version_text(version):
                first[version] = min(filter(None, told))
        return {self._key(version): at for version, at in times.believed("pypi", first, date).items()}

    def whole(self, sheet: Sheet) -> None:
        """Tell of the project."""
        offered = {files[0].version: files for files in self._files.values() if files}
        at = {version: self._published.get(self._key(version), NOT_SERVED) for version in offered}
        yanked = {version for version, files in offered.items() if any(file.yanked for file in files)}
        sheet.tell("present", "yes" if self._index.files or self._index.versions else "no", self._digest)
        for name, value in times.history("pypi", at, at, yanked).items():
            sheet.tell(name, value, self._digest)
        inactive = not isinstance(self._newest, Unknown) and self._newest.inactive
        status = self._index.status
        if inactive and status in ("active", NOT_SERVED):
            status = "archived"
        sheet.tell("status", status, self._digest)
        roles = mapping(mapping(self._json).get("ownership")).get("roles")
        people = answers.accounts(mapping(role).get("user") for role in listing(roles))
        unknown = self._json if isinstance(self._json, Unknown) and self._json != ABSENT else NOT_SERVED
        sheet.tell("maintainer", people or unknown, answers.digest_in(self._json_answer))

    def version(self, version: str, sheet: Sheet) -> bool:
        """Tell of one version; False where it is not there."""
        files = self._files.get(self._key(version))
        sheet.tell("present", "no" if files is None else "yes", self._digest)
        if files is None:
            return False
        sheet.tell("published", self._published.get(self._key(version), NOT_SERVED), self._digest)
        if files:
            self._tell_files(files, sheet)
        described, digest = self._described(version, files)
        if isinstance(described, Unknown):
            for name in ("licence", "licence-declared", "repository"):
                sheet.tell(name, described, digest)
            return True
        sheet.tell("licence", described.licence, digest)
        sheet.tell("licence-declared", described.written, digest)
        sheet.tell("repository", described.repository, digest)
        return True

    def _tell_files(self, files: list[File], sheet: Sheet) -> None:
        yanked = [file.yanked for file in files]
        if None not in yanked:
            sheet.tell("yanked", next(filter(None, yanked), ""), self._digest)
        # Where there is a wheel nothing is run to install it; a source distribution runs its build.
        wheels = any(file.kind == "wheel" for file in files)
        sheet.tell("install-code", "no" if wheels else "yes", self._digest)
        digests = [digest for file in files for digest in file.digests]
        if digests:
            sheet.tell("digest", digests, self._digest)
        trust, publishers, digest = self._trust(files)
        sheet.tell("trust", trust, digest)
        sheet.tell("publisher", publishers, digest)

    def _trust(self, files: list[File]) -> tuple[Value, Value | tuple[str, ...], str]:
        """Trust, publishers, and the digest of the answer: a version is attested where each of its files is."""
        proofs = [file.provenance for file in files]
        if None in proofs:
            return NOT_SERVED, NOT_SERVED, self._digest
        if not all(proofs):
            return "signed" if all(file.signed for file in files) else "none", NOT_SERVED, self._digest
        answer = self._get(_beside(self._name, str(proofs[0])), _PROVENANCE)
        body = answers.json_in(answer)
        if isinstance(body, Unknown):
            reason = NOT_SERVED if body == ABSENT else body
            return reason, reason, answers.digest_in(answer)
        bundles = [mapping(one) for one in listing(mapping(body).get("attestation_bundles"))]
        publishers = answers.accounts(_publisher(one.get("publisher")) for one in bundles)
        if not any(listing(one.get("attestations")) for one in bundles):
            return "none", publishers or NOT_SERVED, answers.digest_in(answer)
        return "attested", publishers or NOT_SERVED, answers.digest_in(answer)

    def _described(self, version: str, files: list[File]) -> tuple[Described | Unknown, str]:
        """What the version says of itself, from the first that tells: JSON of project or version, core metadata."""
        reasons = list[Unknown]()
        for described, digest in self._sources(version, files):
            if isinstance(described, Unknown):
                reasons += [] if described in (ABSENT, NOT_SERVED) else [described]
            elif self._key(described.version) == self._key(version):
                return described, digest
        return (reasons or [NOT_SERVED])[0], ""

    def _sources(self, version: str, files: list[File]) -> Iterable[tuple[Described | Unknown, str]]:
        yield self._newest, answers.digest_in(self._json_answer)
        answer = self._get(f"../pypi/{self._name}/{quote(version)}/json", JSON)
        yield _described(answers.json_in(answer)), answers.digest_in(answer)
        file = next((file for file in files if file.metadata and file.url), None)
        if file:
            answer = self._get(_beside(self._name, f"{file.url.partition('#')[0]}.metadata"), "*/*")
            yield pypi_metadata.from_file(answer, file.metadata), answers.digest_in(answer)


def _described(body: Any) -> Described | Unknown:
    return body if isinstance(body, Unknown) else pypi_metadata.from_info(body)


def _beside(name: str, url: str) -> str:
    """The path below the endpoint of an address that stands on the page of project `name`."""
    if "://" in url.partition("?")[0] or url.startswith("/"):
        return url
    return f"{name}/{url}"


def _publisher(value: Any) -> str:
    """Who published, as provenance names it: kind, and the repository or account."""
    told = mapping(value)
    who = told.get("repository") or told.get("email") or told.get("project_path") or told.get("sub")
    kind, account = answers.line(told.get("kind"), 60), answers.line(who)
    return f"{kind}:{account}" if kind and account else ""
