"""Names of projects, extras and groups, as PEP 503 and the core metadata specification compare them."""

from __future__ import annotations

from osgate.formats.guards import check_name
from osgate.model.dependency import Unreadable

_NORMAL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_VALID = _NORMAL | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ_.")
_MARKS = "-_."


def normal(name: object, line: int) -> str:
    """Return the normalised form of `name`. Raises Unreadable `hostile-name`, and `malformed` where it is no name.

    uv writes normalised names, so nearly all are told by a look at their letters.
    """
    if type(name) is not str or not name:
        raise Unreadable("malformed", line)
    if name[0] in _MARKS or name[-1] in _MARKS or not _VALID.issuperset(name):
        check_name(name, line)
        raise Unreadable("malformed", line)
    if _NORMAL.issuperset(name) and "--" not in name:
        return name
    # What purl.normalise_pypi does, without loading regular expressions: names of wheels come here on the commit path.
    made = name.lower().replace("_", "-").replace(".", "-")
    while "--" in made:
        made = made.replace("--", "-")
    return made
