"""The images that a Dockerfile's instructions name, stage by stage.

Source of the rules: the Dockerfile reference (`FROM`, `ARG`, `COPY --from`, `RUN --mount`, "Understand how ARG and FROM
interact", "Automatic platform ARGs in the global scope"); BuildKit's frontend/dockerfile/dockerfile2llb.
"""

from __future__ import annotations

from osgate.formats import image_reference
from osgate.formats.dockerfile.instructions import words_of
from osgate.formats.dockerfile.words import MAX_FILLED, NoValue, expand, split
from osgate.formats.guards import check_name
from osgate.model.dependency import Unreadable
from osgate.model.gap import Gap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.formats.dockerfile.instructions import Instruction
    from osgate.model.dependency import Dependency

# What the builder sets by itself, for a build on and for the commonest platform.
PLATFORM = "linux/amd64"
_PLATFORM = {
    f"{side}{part}": value
    for side in ("BUILD", "TARGET")
    for part, value in (("PLATFORM", PLATFORM), ("OS", "linux"), ("ARCH", "amd64"), ("VARIANT", ""), ("OSVERSION", ""))
}
# Characters of all words that a file fills in; those of the largest real ones have some thousand.
MAX_ALL = 16 * 1024 * 1024
_FIRST = frozenset("abcdefghijklmnopqrstuvwxyz")
_OTHERS = _FIRST | frozenset("0123456789_.-")
_SCRATCH = "scratch"


class Images:
    """Reads instructions one by one; `found` and `gaps` grow with them.

    path: of the file. escape: its escape character. stages: how many have begun.
    """

    def __init__(self, path: str, escape: str) -> None:
        self.path, self.escape = path, escape
        self.found: list[Dependency] = []
        self.gaps: list[Gap] = []
        self.stages = 0
        self.stage: str | None = None
        # Of the stages before this one, in small letters.
        self.earlier: set[str] = set()
        self.values: dict[str, str | None] = dict(_PLATFORM)
        # Arguments whose value differs by platform.
        self.platform = set(_PLATFORM)
        self.filled = 0

    def feed(self, instruction: Instruction) -> None:
        """Take the next instruction. Raises Unreadable: see `osgate.formats.dockerfile.read`."""
        name = instruction.name
        if name == "FROM":
            self._from(instruction)
        elif not self.stages:
            if name != "ARG" or instruction.onbuild:
                raise Unreadable("malformed", instruction.line)
            self._argument(instruction)
        elif name in ("COPY", "ADD"):
            self._copy(instruction)
        elif name == "RUN":
            for image in _mounted(instruction):
                self._named(image, instruction)

    def _argument(self, instruction: Instruction) -> None:
        """An ARG before the first FROM: its value counts in every FROM that follows."""
        words = split(instruction.arguments, self.escape)
        if not words:
            raise Unreadable("syntax", instruction.line)
        for word in words:
            name, equals, default = word.partition("=")
            if not name:
                raise Unreadable("syntax", instruction.line)
            if len(word) > MAX_FILLED:
                raise Unreadable("too-large", instruction.line, limit=MAX_FILLED)
            if equals:
                self._define(name, default, instruction.line)

    def _define(self, name: str, default: str, line: int) -> None:
        try:
            value, asked = self._expanded(default, line)
        except NoValue:
            self.values[name] = None
            return
        self.values[name] = value
        if asked & self.platform:
            self.platform.add(name)
        else:
            self.platform.discard(name)

    def _expanded(self, word: str, line: int) -> tuple[str, frozenset[str]]:
        """What `words.expand` returns; all that a file fills in together is bounded, too."""
        text, asked = expand(word, self.values, self.escape, line)
        self.filled += len(text)
        if self.filled > MAX_ALL:
            raise Unreadable("too-large", line, limit=MAX_ALL)
        return text, asked

    def _from(self, instruction: Instruction) -> None:
        if any(flag != "platform" for flag, _ in instruction.flags):
            raise Unreadable("unknown-option", instruction.line)
        base, *rest = words_of(instruction.arguments) or [""]
        stage = rest[1].lower() if len(rest) == 2 and rest[0].lower() == "as" else None
        if rest and not (stage and stage[0] in _FIRST and _OTHERS.issuperset(stage)):
            raise Unreadable("malformed", instruction.line)
        if self.stage:
            self.earlier.add(self.stage)
        self._base(base, instruction.line)
        self.stage = stage
        self.stages += 1

    def _base(self, written: str, line: int) -> None:
        """The image, or earlier stage, that a stage starts from."""
        try:
            text, asked = self._expanded(written, line)
        except NoValue:
            text, asked = "", frozenset()
        if asked & self.platform:
            check_name(written, line)
            self.gaps.append(Gap(self.path, "image-platform", _params(line, image=written, platform=PLATFORM)))
        if text == _SCRATCH or text.lower() in self.earlier:
            return
        if image_reference.parse(text) is None and "$" in written:
            text = _known_part(written)
            if image_reference.parse(text) is None:
                raise Unreadable("expression", line)
        self._image(text, line, written if text != written else None)

    def _copy(self, instruction: Instruction) -> None:
        named = [value for flag, value in instruction.flags if flag == "from"]
        if len(named) > 1:
            raise Unreadable("duplicate-key", instruction.line, ambiguous=True, key="--from")
        for value in named:
            digits = (value or "").removeprefix("-").removeprefix("+")
            if value and digits.isascii() and digits.isdigit():
                self._numbered(value, instruction)
            else:
                self._named(value or "", instruction)

    def _numbered(self, number: str, instruction: Instruction) -> None:
        """A stage by its place; in a build that starts from this image, nobody knows how many come before."""
        known = len(number) < 6 and 0 <= int(number) < self.stages - 1
        if not known and not instruction.onbuild:
            raise Unreadable("malformed", instruction.line)

    def _named(self, text: str, instruction: Instruction) -> None:
        """An image, unless it is an earlier stage; the stages of a build that starts from this image are its own."""
        line = instruction.line
        if "$" in text:  # the builder expands none here
            raise Unreadable("expression", line)
        if text == _SCRATCH or (text.lower() in self.earlier and not instruction.onbuild):
            return
        self._image(text, line, None)

    def _image(self, text: str, line: int, written: str | None) -> None:
        self.found.append(image_reference.dependency(text, self.path, line, written))


def _known_part(written: str) -> str:
    """Return the name before a tag or digest that only an argument can give: of `app:${TAG}` the `app`; else nothing.

    With a slash behind it, the part before the colon may be a host, and the name is not known.
    """
    before, _, behind = written.partition("$")
    last = before.rpartition("/")[2]
    if "/" in behind or not (":" in last or "@" in last):
        return ""
    return before[: len(before) - len(last)] + last.replace("@", ":").partition(":")[0]


def _mounted(instruction: Instruction) -> Iterator[str]:
    """Yield what `from=` of each mount names, whatever the mount's type."""
    for flag, value in instruction.flags:
        if flag != "mount":
            continue
        if value is None or '"' in value:  # quotes of its own, as in a table's field: nobody writes them
            raise Unreadable("malformed", instruction.line)
        for field in value.split(","):
            key, _, image = field.partition("=")
            if key.strip().lower() == "from" and image:
                yield image


def _params(line: int, **words: str) -> tuple[tuple[str, str], ...]:
    return (("line", str(line)), *words.items())
