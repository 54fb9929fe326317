"""Which files of a push can matter, in git's own words, so that git can sort out the others.

Wider than the table of formats on purpose: a pattern that begins with its only `*` costs git one comparison of endings
where one of the table's costs a whole match, and a file too many is only looked at and passed over.
"""

from __future__ import annotations

from osgate.changes.pushed import TAKERS
from osgate.formats.table import INDEXES, MANIFESTS, ROWS

# Our own files, and what may make git check out other bytes than those that are pushed.
_OWN, _ATTRIBUTES = ".osgate", ".gitattributes"
_ANYWHERE, _TOP = ":(glob)**/", ":(top,glob)"


def pathspecs() -> tuple[str, ...]:
    """Return pathspecs that every file matches which a push is judged by, whatever the working folder is.

    They are our own files, those of all formats, what people write that locks answer to, files that may name an index,
    git's attributes, and all that is called like something which manifests take from: of a tree that takes nothing from
    files of other names, no other file matters.
    """
    wanted = [f"*{name}" for name in (_ATTRIBUTES, *TAKERS, *sorted(MANIFESTS | INDEXES))]
    wanted += [_widened(spec) for row in ROWS for spec in row.pathspecs]
    endings = [spec[1:] for spec in wanted if not set(spec[1:]) & set("*?")]
    return (_OWN, *dict.fromkeys(spec for spec in wanted if not any(_within(spec, ending) for ending in endings)))


def _within(spec: str, ending: str) -> bool:
    """Whether whatever `spec` matches ends like that anyway, and `spec` says more."""
    return spec[0] == "*" and spec[1:] != ending and spec.endswith(ending)


def _widened(spec: str) -> str:
    """A pathspec of the table as one without magic, in which `*` and `?` stand for any characters, `/` among them."""
    if spec.startswith(_TOP):
        return spec.removeprefix(_TOP)
    first, *parts = spec.removeprefix(_ANYWHERE).split("[")
    # What stands at the very beginning is among the characters that the first `*` stands for.
    wide = "*" + first.removeprefix("*")
    for part in parts:
        wide += ("" if wide == "*" else "?") + part.rpartition("]")[2]
    return wide
