"""Python's artefacts: wheels (PEP 427), source distributions (PEP 643), and what is installed (PEP 376, PEP 639)."""

from __future__ import annotations

import re

from osgate import purl as purls
from osgate.facts.artefacts.archives import Damaged
from osgate.facts.artefacts.described import Described, identity, one, yes
from osgate.facts.artefacts.rights import is_about, is_licence, is_notice
from osgate.facts.registries import answers
from osgate.licences import declared
from osgate.model.fact import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from osgate.facts.artefacts.archives import Contents

# Lines of a header that are read: metadata of the largest packages has some hundred.
_MOST_HEADERS = 5_000
_METADATA, _SOURCE = r"[^/]+\.dist-info/METADATA", r"[^/]+/PKG-INFO"
# Where an installer puts a wheel's files beside the modules, which is where the interpreter looks when it starts.
_BESIDE = r"(?:[^/]+\.data/(?:purelib|platlib)/|[^/]+\.data/data/(?:.*/)?site-packages/)?"
_STARTUP = re.compile(rf"{_BESIDE}(?:[^/]+\.pth|(?:site|user)customize\.py)\Z", re.I)


def wanted_in_wheel(path: str) -> bool:
    """Whether a member of a wheel is read."""
    folder, _, rest = path.partition("/")
    if not folder.endswith(".dist-info"):
        return False
    return rest == "METADATA" or ((rest.startswith("licenses/") or "/" not in rest) and _says(rest))


def wanted_in_source(path: str) -> bool:
    """Whether a member of a source distribution is read."""
    _, _, rest = path.partition("/")
    return rest == "PKG-INFO" or (rest.count("/") <= rest.startswith("LICENSES/") and _says(rest))


def _says(path: str) -> bool:
    named = path.startswith(("licenses/", "LICENSES/")) and not is_about(path)
    return is_licence(path) or is_notice(path) or named


def wheel(name: str, contents: Contents) -> Described:
    """Return what a wheel says of itself. Raises Damaged, among others where its file name names another package."""
    path, data = one(contents.files, _METADATA)
    found = _described(data, "no", yes(any(map(_STARTUP.match, contents.names))))
    _agreed(found, name, path.partition("/")[0])
    return found


def source(name: str, contents: Contents) -> Described:
    """Return what a source distribution says of itself: installing it runs its build. Raises Damaged."""
    _, data = one(contents.files, _SOURCE)
    return _described(data, "yes", "")


def installed(folder: str, metadata: bytes, record: bytes | None) -> Described:
    """Return what an installed distribution says of itself. metadata, record: its METADATA and RECORD, None where that
    cannot be read. Raises Damaged.

    Nothing there says whether it came as a wheel or was built, so whether code ran is not known.
    """
    names = (row.partition(",")[0].strip('"') for row in (record or b"").decode("utf-8", "replace").splitlines())
    startup = (
        yes(any(map(_STARTUP.match, names))) if record else Unknown("artefact.unreadable", (("detail", "RECORD"),))
    )
    found = _described(metadata, Unknown("artefact.installed"), startup)
    _agreed(found, folder)
    return found


def _agreed(found: Described, *names: str) -> None:
    """Raise Damaged where the name of a wheel, or of its folder of metadata, tells another package or version."""
    read = purls.parse(found.purl)
    if any(_named(name) != (read.name, _comparable(read.version)) for name in names):
        raise Damaged("mismatch", found.purl)


def _named(file: str) -> tuple[str, str]:
    """Name and version in a wheel's file name, or in that of its folder."""
    name, version, *_ = [*file.removesuffix(".dist-info").split("-"), ""]
    return purls.normalise_pypi(name), _comparable(version)


def _comparable(version: str) -> str:
    """A version as far as file names keep it: without the difference of `-`, `_` and case."""
    return re.sub(r"[-_]", "_", version).lower()


def _described(data: bytes, install: str | Unknown, startup: str | Unknown) -> Described:
    fields = headers(data)

    def first(name: str) -> str:
        return next(iter(fields.get(name, ())), "")

    expression, text, classifiers = first("license-expression"), first("license"), fields.get("classifier", [])
    marked = [classifier for classifier in classifiers if classifier.startswith("License ::")]
    return Described(
        identity("pypi", first("name"), first("version")),
        answers.licence(declared.python(expression, text, marked)),
        answers.declared(expression or text or "; ".join(marked)),
        install,
        startup,
        repository=_repository(fields.get("project-url", [])),
    )


def _repository(addresses: Iterable[str]) -> str:
    """The address that is labelled as the source's, by the well-known labels of PEP 753."""
    pairs = [address.partition(",") for address in addresses]
    labels = ("source", "repository", "sourcecode", "github")
    return next((url.strip() for name, _, url in pairs if re.sub(r"[\W_]", "", name).lower() in labels), "")


def headers(data: bytes) -> dict[str, list[str]]:
    """Return the fields of core metadata, names in lower case, up to the first empty line; longer ones are one text.

    Raises Damaged where they are more than anybody writes.
    """
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")[0].split("\n", _MOST_HEADERS)
    if len(lines) > _MOST_HEADERS:
        raise Damaged("malformed", "too many fields")
    found: list[tuple[str, list[str]]] = []
    for text in lines:
        if text[:1] in (" ", "\t"):
            if found:
                found[-1][1].append(text.strip())
            continue
        name, _, value = text.partition(":")
        found.append((name.strip().lower(), [value.strip()]))
    fields: dict[str, list[str]] = {}
    for name, parts in found:
        fields.setdefault(name, []).append("\n".join(parts))
    return fields
