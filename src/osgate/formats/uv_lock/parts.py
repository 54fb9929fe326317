"""The packages of a lock as text: cut out, and looked through without being parsed."""

from __future__ import annotations

from osgate.formats.uv_lock import scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Table: TypeAlias = dict[str, Any]

_NAME = 'name = "'
_MENTION = '{ name = "'


class Part:
    """The text of one package.

    name: as written. differs: whether the other side lacks it. mentions: every name that stands in it as something
    required. plain: a version from a registry, so neither the repository's own nor without a version of its own.
    """

    __slots__ = ("_entry", "brief", "differs", "mentions", "name", "plain", "text")

    def __init__(self, text: str) -> None:
        if not text.startswith(_NAME):
            raise scan.Strange
        self.text = text
        self.name = text[len(_NAME) : text.find('"', len(_NAME))]
        self.brief = scan.without_files(text)
        self.mentions = {piece[: piece.find('"')] for piece in self.brief.split(_MENTION)[1:]}
        self.plain = "\nversion = " in self.brief and "\nsource = { registry = " in self.brief
        self.differs = True
        self._entry: Table | None = None

    def entry(self, memo: dict[str, Any]) -> Table:
        """Return the package's table; that of one which does not differ lacks its files."""
        if self._entry is None:
            self._entry = scan.package(self.text if self.differs else self.brief, memo)
        return self._entry

    def whole(self, memo: dict[str, Any]) -> Table:
        """Return the package's table with its files."""
        return self.entry(memo) if self.differs else scan.package(self.text, memo)


def paired(old: list[str], new: list[str]) -> tuple[list[Part], list[Part]]:
    """Return the parts of both sides; what is the same on both is one part.

    Texts are looked up by their first lines, which is cheaper than to hash all of them.
    """
    made, known = [], dict[str, list[Part]]()
    for text in new:
        made.append(Part(text))
        known.setdefault(made[-1].name, []).append(made[-1])
    others = []
    for text in old:
        name = text[len(_NAME) : text.find('"', len(_NAME))]
        for part in known.get(name, ()):
            if part.text == text:
                part.differs = False
                others.append(part)
                break
        else:
            others.append(Part(text))
    return others, made
