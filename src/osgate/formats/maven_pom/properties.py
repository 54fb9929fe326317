"""What `${name}` stands for.

Source: Maven's "Introduction to the POM" and its model interpolation: fields of the project (`project.`, `pom.`) go
before properties, bare names of fields (`${version}`) come last; what comes out is filled in turn.
"""

from __future__ import annotations

from osgate.formats.maven_pom.raw import Twice
from osgate.model.dependency import Unreadable
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Characters that one filled text may have: a property that names two doubles at every step.
MAX_LENGTH = 4096
MAX_STEPS = 32
_PREFIXES = ("project.", "pom.")


class _Endless(Exception):
    """A property that stands for itself, or takes more steps than anybody writes."""


@record
class Filled:
    """A text with its expressions replaced. unknown: names of those that could not be, in order. steps: it took."""

    text: str
    unknown: tuple[str, ...] = ()
    steps: int = 0


class Lookup:
    """Fills texts.

    properties: by name, as written. project: fields of the project by path (`version`, `parent.version`), as written.
    path: of the POM that asks.
    """

    def __init__(self, properties: dict[str, str], project: dict[str, str], path: str = "") -> None:
        self.properties, self.project, self.path = properties, project, path
        self._known: dict[str, Filled] = {}
        self._endless: dict[str, Filled] = {}

    def fill(self, text: str) -> Filled:
        """Return `text` with every expression replaced that the tree tells.

        The others stay as they are written: settings, the environment, and what stands for itself.
        Raises Unreadable: `too-large` beyond MAX_LENGTH characters, `duplicate-key` (ambiguous) for a property with
        two values.
        """
        return _filled(text, (), self._outermost) if "${" in text else Filled(text)

    def _outermost(self, name: str, above: tuple[str, ...]) -> Filled:
        if name in self._endless:
            return self._endless[name]
        try:
            return self._value(name, above)
        except _Endless:
            return self._endless.setdefault(name, Filled(f"${{{name}}}", (name,)))

    def _value(self, name: str, above: tuple[str, ...]) -> Filled:
        if name not in self._known:
            if name in above or len(above) > MAX_STEPS:
                raise _Endless
            written = self._written(name)
            if isinstance(written, Twice):
                line = written.line if written.path == self.path else 0
                cause = {"path": written.path, "at": written.line, "key": ascii(name)[1:-1][:40]}
                raise Unreadable("duplicate-key", line, ambiguous=True, **cause)
            if written is None:
                self._known[name] = Filled(f"${{{name}}}", (name,))
            else:
                self._known[name] = _filled(written, (*above, name), self._value)
        # Known or not, it counts from here: what comes out must not depend on what was asked before.
        if len(above) + self._known[name].steps > MAX_STEPS:
            raise _Endless
        return self._known[name]

    def _written(self, name: str) -> str | None:
        for prefix in _PREFIXES:
            if name.startswith(prefix) and name[len(prefix) :] in self.project:
                return self.project[name[len(prefix) :]]
        return self.properties[name] if name in self.properties else self.project.get(name)


def _filled(text: str, above: tuple[str, ...], value: Callable[[str, tuple[str, ...]], Filled]) -> Filled:
    head, *pieces = text.split("${")
    made, unknown, steps = [head], dict[str, None](), 0
    for piece in pieces:
        name, brace, rest = piece.partition("}")
        if not brace:
            made.append(f"${{{piece}")
            continue
        inner = value(name, above)
        unknown.update(dict.fromkeys(inner.unknown))
        steps = max(steps, inner.steps + 1)
        made += inner.text, rest
    whole = "".join(made)
    if len(whole) > MAX_LENGTH:
        raise Unreadable("too-large", limit=MAX_LENGTH)
    return Filled(whole, tuple(unknown), steps)
