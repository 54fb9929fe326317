"""Dockerfiles and Containerfiles: the images a build starts from, copies from and mounts, and its frontend.

Read are `FROM`, `COPY --from`, `RUN --mount=from=`, the same behind `ONBUILD`, and the `# syntax=` directive, whose
image is a program that runs in every build. A stage of the same file is no image, `scratch` is none, and what stands in
a here-document is no instruction.

Arguments. A build without `--build-arg` is what the file itself says, so that is what is read: defaults filled in, an
argument without a default empty. The requirement keeps what is written. Where only the tag is left open
(`app:${TAG}`), the image is told without a version, which no decision on a range covers. Where no image is left at all
(`FROM ${BASE}` without a default) the file is refused (`expression`), as an action named by an expression is: told as a
mere gap, anything could be built on behind one line, and a default for the argument is all it takes to be read. An
image that differs by platform is read for one and told as a gap. `COPY --from` and mounts take no argument at all.

A file whose bytes are no UTF-8 is read by its ASCII part alone, as the builder does.
"""

from __future__ import annotations

from osgate.formats import image_reference
from osgate.formats.dockerfile.images import Images
from osgate.formats.dockerfile.instructions import directives, instructions, rows
from osgate.formats.guards import check_bytes
from osgate.model.dependency import Reading, Unreadable
from osgate.model.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.change import Siblings

# Far above any file written by people; keeps the work on a hostile one within a few seconds.
MAX_BYTES = 2 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
# Files beside a Dockerfile that share its name and are none.
_BESIDE = (".dockerignore", ".md", ".rst", ".adoc")
# Endings of other languages: `dockerfile.py` is a Dockerfile only if it has a FROM in capitals.
_CODE = (".py", ".go", ".js", ".ts", ".rb", ".rs", ".java", ".kt", ".cs", ".php", ".sh", ".html", ".css", ".svg")
_DATA = (".json", ".yml", ".yaml", ".toml", ".xml", ".tf", ".hcl", ".lock")


def read(path: str, data: bytes, siblings: Siblings) -> Reading:
    """Return the images that the Dockerfile `data` at `path` names, in order of line.

    A file without any instruction has none.
    Raises Unreadable: what `guards.check_bytes`, `directives` and `instructions` raise; `too-large`; `malformed` (no
    name of an image or stage, an instruction before the first FROM, no FROM at all); `expression`; `unknown-option`;
    `hostile-name`; `duplicate-key`.
    """
    check_bytes(data)
    if len(data) > MAX_BYTES:
        raise Unreadable("too-large", size=len(data), limit=MAX_BYTES)
    text = data.removeprefix(_BOM).decode("utf-8", "surrogateescape")
    lines = rows(text)
    if _is_other(path, lines):
        return Reading()
    top = directives(lines)
    images = Images(path, top.escape)
    if top.syntax:
        frontend = image_reference.dependency(top.syntax, path, top.syntax_line)
        images.found.append(replace(frontend, install_code=True))
    seen = 0
    for instruction in instructions(lines, top.escape):
        images.feed(instruction)
        seen = instruction.line
    if seen and not images.stages:
        raise Unreadable("malformed", seen)
    return Reading(dict.fromkeys(images.found), images.gaps)


def _is_other(path: str, lines: list[str]) -> bool:
    """True for a file that only shares the name: notes, a list of ignored files, source code. See also `.in`.

    Raises Unreadable `expression` for a `.in` file with directives of the C preprocessor, which the builder runs first
    and which look like comments.
    """
    if path.endswith(_BESIDE):
        return True
    if path.endswith(".in") and any(line.startswith(("#include", "#define", "#if")) for line in lines):
        raise Unreadable("expression")
    return path.endswith((*_CODE, *_DATA)) and not any(line.lstrip().startswith("FROM ") for line in lines)
