"""Both sides of a changed POM at once, as far as they can matter to the change: the commit path's way to read one.

Blocks of text that stand on both sides, among the project's own dependencies, are left out before the rest is parsed:
their meaning is the same on both sides unless something they refer to differs, and then they are put back. A property
test holds the intake of this reading equal to the intake of two full ones.
"""

from __future__ import annotations

from osgate.formats import xml_text
from osgate.formats.maven_pom import raw
from osgate.formats.maven_pom.blocks import SKIPPED, Blocks, fields
from osgate.formats.maven_pom.management import MAX_CASES, size
from osgate.formats.maven_pom.project import Project
from osgate.formats.maven_pom.telling import ID, Teller
from osgate.formats.maven_pom.tree import Tree
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from osgate.formats.maven_pom.management import Setting
    from osgate.formats.maven_pom.raw import Entry
    from osgate.model.change import Siblings
    from osgate.model.dependency import Reading

    # Fields of the blocks that were left out, by the text of the block.
    Left: TypeAlias = dict[str, dict[str, str]]

_COORDINATES = ("groupId", "artifactId", "type", "classifier")
# Larger files are read whole: what bounds that reading must not depend on the way.
MAX_TEXT = 4 * 1024 * 1024


class _Other(Exception):
    """The change is none that this way of reading is sure of."""


def read_change(
    path: str, before: bytes, after: bytes, old_siblings: Siblings, new_siblings: Siblings
) -> tuple[Reading, Reading] | None:
    """Return what can matter of both sides, or None where only two full readings tell (they also tell why)."""
    try:
        old, new = Blocks(_text(before)), Blocks(_text(after))
        left = _unchanged(old, new)
        one, other = _Side(path, old, left, old_siblings), _Side(path, new, left, new_siblings)
        back, open_ = _back(one, other, left)
        return one.reading(back, open_, left), other.reading(back, open_, left)
    except (_Other, Unreadable):
        return None


def _text(data: bytes) -> str:
    text = xml_text.decode(data)
    if len(text) > MAX_TEXT or f"<{SKIPPED}" in text:
        raise _Other
    return text


def _unchanged(old: Blocks, new: Blocks) -> Left:
    """The blocks to leave out: on both sides, the only ones there with their artifactId, and simple."""
    before, after = old.once(), new.once()
    found: Left = {}
    for name, body in after.items():
        if before.get(name) == body:
            read = fields(body)
            # What tells one artefact from another is never an expression here.
            if read is not None and not any("$" in read.get(part, "") for part in _COORDINATES):
                found[body] = read
    _check(found)
    return found


def _check(left: Left) -> None:
    """Hold all texts of the blocks at once to what the full reading demands of each."""
    names = "".join([read["groupId"] + read["artifactId"] for read in left.values()])
    texts = "".join([text for read in left.values() for text in read.values()])
    plain = texts.isascii() and texts.isprintable() and ">" not in texts and "&" not in texts
    if not plain or not ID.issuperset(set(names)):
        raise _Other


class _Side:
    """One side of the change, read without the blocks that are left out."""

    def __init__(self, path: str, blocks: Blocks, left: Left, siblings: Siblings) -> None:
        self.blocks, self.asked = blocks, dict[str, bytes | None]()
        text, runs = blocks.without(set(left))
        pom, kept = raw.read(path, text, SKIPPED)
        if len(kept) != runs:
            raise _Other

        def beside(other: str) -> bytes | None:
            return self.asked.setdefault(other, siblings(other))

        self.tree = Tree(pom, beside)
        self.project = Project(pom, self.tree)
        self._check(len(left), {read["artifactId"] for read in left.values()})
        self.used = list(self.project.used())

    def _check(self, count: int, names: set[str]) -> None:
        """Make sure that nothing else has the key of a block that is left out: it would override it, or double it."""
        line = self.project.line
        declared = line.poms[0].parts[0].dependencies
        above = [entry for pom in line.poms[1:] for part in pom.parts for entry in part.dependencies]
        if any("$" in entry.artifact or entry.artifact in names for entry in (*declared, *above)):
            raise _Other
        entries = size(line) + count
        if entries > raw.MAX_ENTRIES or len(self.project.cases) * entries > MAX_CASES:
            raise _Other

    def reading(self, back: list[str], open_: list[str], left: Left) -> Reading:
        """Return the dependencies of what was parsed and of the blocks put back. open_: blocks without a version."""
        teller, path = Teller(self.project), self.project.pom.path
        lines = self.blocks.lines() if back or open_ else {}
        for body in back:
            entry = raw.dependency(path, lines[body], left[body])
            self.used += self.project.dependency(entry, None)
        teller.open += [(lines[body], f"{left[body]['groupId']}:{left[body]['artifactId']}") for body in open_]
        return teller.reading(self.used)


def _back(one: _Side, other: _Side, left: Left) -> tuple[list[str], list[str]]:
    """The blocks to put back: of a name that is told beside them, or open to what differs.

    And those without a version, on either side: they mean the same, and are counted.
    """
    projects = one.project, other.project
    if _repositories(one.project) != _repositories(other.project):
        raise _Other
    same = one.asked == other.asked and _surroundings(one.project) == _surroundings(other.project)
    if not same and any(len(project.cases) > 1 for project in projects):
        raise _Other
    names = {used.artifact for side in (one, other) for used in side.used}
    groups = {read["groupId"] for read in left.values()}
    kin = {group for group in groups if one.tree.kin(group) or other.tree.kin(group)}
    fixed = {text for read in left.values() for text in read.values() if "$" in text and _fixed(text, projects)}
    managing = any(project.management for project in projects)
    back: list[str] = []
    open_: list[str] = []
    for body, said in left.items():
        known = "$" not in body or all("$" not in text or text in fixed for text in said.values())
        if said["artifactId"] in names or said["groupId"] in kin or not known:
            back.append(body)
        elif not said.get("version"):
            settings = [_setting(project, said) for project in projects]
            (open_ if settings == [None, None] else back).append(body)
        elif not (same or said.get("scope")) and managing:
            back += [body] if len({_setting(project, said) for project in projects}) > 1 else []
    return back, open_


def _fixed(text: str, projects: tuple[Project, Project]) -> bool:
    """Tell whether a text with expressions is known, the same on both sides, and nothing to refuse."""
    one, other = [project.base.fill(text) for project in projects]
    known = not one.unknown and not other.unknown and one.text == other.text
    return known and one.text.isascii() and one.text.isprintable()


def _setting(project: Project, said: dict[str, str]) -> Setting | None:
    wanted = said["groupId"], said["artifactId"], said.get("type") or "jar", said.get("classifier", "")
    return project.management.find(wanted, project.cases[0])


def _repositories(project: Project) -> list[object]:
    return [(p.repositories, p.plugin_repositories) for pom in project.line.poms for p in pom.parts]


def _surroundings(project: Project) -> tuple[object, ...]:
    """What a dependency of the project may refer to, without lines. Parents are compared by their bytes."""
    own = project.pom
    parts = [(part.properties, [_coordinates(entry) for entry in part.managed]) for part in own.parts]
    return own.group, own.artifact, own.version, own.packaging, _coordinates(own.parent), own.relative, parts


def _coordinates(entry: Entry | None) -> tuple[object, ...]:
    if entry is None:
        return ()
    return entry.group, entry.artifact, entry.version, entry.scope, entry.type, entry.classifier
