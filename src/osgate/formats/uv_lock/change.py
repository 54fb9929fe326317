"""Both sides of a changed lock at once, as far as they can matter to the change: the commit path's way to read one.

A lock is cut into its packages; those that stand on both sides letter by letter are looked through for the names they
mention. Read are the packages that differ, those whose reach may differ with them, and whatever leads to these.
What is equal on both sides was judged when it came in. A property holds the intake of this reading equal to the intake
of two full ones.
"""

from __future__ import annotations

from osgate.formats.guards import decode
from osgate.formats.uv_lock import scan
from osgate.formats.uv_lock.parts import paired
from osgate.formats.uv_lock.side import Side
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.change import Siblings
    from osgate.model.dependency import Dependency

# Rounds of looking one step further down, each of which reads what leads there; beyond, both sides are read whole.
_MAX_ROUNDS = 16


def read_change(
    path: str, before: bytes, after: bytes, old_siblings: Siblings, new_siblings: Siblings
) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None:
    """Return what can matter of both sides, or None where only two full readings tell (they also tell why).

    This way takes locks as uv writes them. Packages that only lead to others are told without source and digests, on
    both sides.
    """
    try:
        old_text, new_text = _text(before), _text(after)
        # What spans lines on the old side alone stands in a package that the new side does not have.
        if scan.spans_lines(new_text):
            return None
        (old_top, *old_parts), (new_top, *new_parts) = old_text.split(scan.PACKAGE), new_text.split(scan.PACKAGE)
        old_cut, new_cut = paired(old_parts, new_parts)
        old, new = Side(path, old_top, old_cut), Side(path, new_top, new_cut)
        changed = _changed(old, new)
        # Those are the same on both sides, so telling them once is enough; nobody asks who required what before.
        ways = new.waypoints(new.ways(changed))
        return (*old.told(changed), *ways), (*new.told(changed), *ways)
    except (scan.Strange, Unreadable):
        return None


def _text(data: bytes) -> str:
    file = decode(data, required=True)
    if file.encoding != "utf-8":
        raise scan.Strange
    return file.text


def _changed(old: Side, new: Side) -> set[str]:
    """Return the names of packages that differ, or are reached otherwise; both sides have read them afterwards.

    Where all that leads to a package is the same and reached the same, so is the package: it is enough to look at what
    differs, at what that requires otherwise, and below whatever is reached otherwise.
    """
    differing = {part.name for side in (old, new) for part in side.parts if part.differs or not part.plain}
    looked_at = differing | {name for name, _ in old.declared() ^ new.declared()}
    looked_at |= {name for name, _ in old.required(differing) ^ new.required(differing)}
    for _ in range(_MAX_ROUNDS):
        for side in (old, new):
            side.read(looked_at)
        moved = {name for name in looked_at if old.reached(name) != new.reached(name)}
        below = old.below(moved) | new.below(moved)
        if below <= looked_at:
            return differing | moved
        looked_at |= below
    raise scan.Strange
