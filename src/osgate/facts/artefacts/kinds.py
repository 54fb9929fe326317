"""The kinds of artefacts: by the end of the file's name, what is read of one and who understands it. Pure."""

from __future__ import annotations

import io

from osgate.facts.artefacts import dotnet, java, javascript, python, ruby, rust
from osgate.facts.artefacts.archives import Contents, Damaged, Limits, read_tar, read_zip, shown
from osgate.facts.artefacts.rights import NO_FILE, Recogniser, copyrights, is_about, is_licence, is_notice
from osgate.facts.registries.answers import Sheet, address
from osgate.model.fact import Unknown
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from osgate.facts.artefacts.described import Described
    from osgate.model.fact import Fact

NAMES = (
    *("licence", "licence-declared", "licence-text", "install-code", "pth", "notice", "copyright", "digest"),
    "repository",
)
# Bytes of a gem's inner archive, which is held in memory.
_INNER = 64 << 20


@record
class Kind:
    """Artefacts whose file names end in `suffix`. algorithms: of the digests that lockfiles name them by."""

    suffix: str
    open: Callable[[BinaryIO, Callable[[str], bool], Limits], Contents]
    wanted: Callable[[str], bool]
    describe: Callable[[str, Contents], Described]
    algorithms: tuple[str, ...] = ("sha256",)


def _gem(file: BinaryIO, wanted: Callable[[str], bool], limits: Limits) -> Contents:
    """A gem's files: those wanted of its inner archive, and its specification, still packed."""
    room = Limits(member=_INNER, total=2 * _INNER)
    outer = read_tar(file, lambda path: path in (ruby.METADATA, ruby.DATA), room)
    for name, reason in outer.refused.items():
        raise Damaged(reason, name)
    if len(outer.files) < 2:
        raise Damaged("malformed", "no metadata")
    inner = read_tar(io.BytesIO(outer.files[ruby.DATA]), wanted, limits)
    return Contents(inner.names, inner.files | {ruby.METADATA: outer.files[ruby.METADATA]}, inner.refused)


KINDS = (
    Kind(".whl", read_zip, python.wanted_in_wheel, python.wheel),
    Kind(".tar.gz", read_tar, python.wanted_in_source, python.source),
    Kind(".tgz", read_tar, javascript.wanted, javascript.tarball, ("sha256", "sha512")),
    Kind(".crate", read_tar, rust.wanted, rust.crate),
    Kind(".gem", _gem, ruby.wanted, lambda _, contents: ruby.gem(contents.files[ruby.METADATA])),
    Kind(".jar", read_zip, java.wanted, java.jar),
    Kind(".nupkg", read_zip, dotnet.wanted, dotnet.package, ("sha256", "sha512")),
)
# What lies beside artefacts and is none itself.
_NONE = ("-sources.jar", "-javadoc.jar", "-tests.jar", ".symbols.nupkg")


def kind_of(name: str) -> Kind | None:
    """Return the kind of artefact that a file's name tells, None where it is none."""
    low = name.lower()
    return None if low.endswith(_NONE) else next((kind for kind in KINDS if low.endswith(kind.suffix)), None)


def told(
    found: Described, contents: Contents, recogniser: Recogniser, digests: tuple[str, ...], source: str, date: str
) -> tuple[Fact, ...]:
    """Return the facts of one artefact. digests: `algorithm:hex`, the first also names what was read."""
    raw = digests[0] if digests else ""
    sheet = Sheet(found.purl, source, date)

    def tell(name: str, *values: str | Unknown) -> None:
        sheet.tell(name, values, raw)

    rights = copyrights(contents.files, found.rights)
    tell("licence", found.licence)
    tell("licence-declared", found.declared)
    tell("licence-text", _text(found, contents, recogniser))
    tell("install-code", found.install)
    tell("notice", "yes" if any(map(is_notice, [*contents.files, *contents.refused])) else "no")
    tell("copyright", *rights)
    tell("repository", address(found.repository))
    tell("digest", *(digests if contents.names else (Unknown("artefact.installed"),)))
    if found.startup:
        tell("pth", found.startup)
    return sheet.facts(name for name in NAMES if name != "pth" or found.startup)


def _text(found: Described, contents: Contents, recogniser: Recogniser) -> str | Unknown:
    """The licences recognised in the artefact's files, Unknown where one of them was not read."""
    named = found.licence_file
    ours = [path for path in (*contents.files, *contents.refused) if named and f"/{path}".endswith(f"/{named}")]
    if named and not ours:
        return Unknown("artefact.licence-file", (("file", shown(named)),))
    paths = {*ours, *filter(_says, (*contents.files, *contents.refused))}
    if not paths:
        return NO_FILE
    return recogniser.files(
        contents.files.get(path, Unknown(f"artefact.{contents.refused.get(path, '')}", (("detail", shown(path)),)))
        for path in sorted(paths)
    )


def _says(path: str) -> bool:
    return is_licence(path) or ("/licenses/" in f"/{path}".lower() and not is_about(path))
