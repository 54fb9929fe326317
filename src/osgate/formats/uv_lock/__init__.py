"""uv.lock and the locks of scripts (`script.py.lock`), version 1 with all its revisions.

A lock is one graph for all platforms: a name may stand there several times, each for other environments, and each is a
dependency of its own. The repository's own projects are packages of it, too; what they require is direct. Scope is how
far something reaches from there: `runtime`, `optional` (an extra), `test` (a dependency group of that name), `dev` (any
other group); what several lead to has the widest.

Source of the fields: uv's documentation ("Project structure and files", "Locking and syncing"), its writer and reader
of locks, and locks that it wrote.
"""

from __future__ import annotations

from osgate.formats.uv_lock.entries import load
from osgate.formats.uv_lock.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.change import Siblings
    from osgate.model.dependency import Dependency


def read(path: str, data: bytes, siblings: Siblings) -> tuple[Dependency, ...]:
    """Return every package of the lock `data` at repository path `path`, in its order, but the lock's own project.

    Other folders of the repository are of kind `workspace`, folders outside of it `path`. What nothing leads to counts
    as runtime; where the lock names neither a project nor requirements, direct is None.
    Raises Unreadable: what `toml_text.load` refuses, `unknown-version`, `too-large`, `malformed` (ambiguous where an
    edge fits several packages or a source has two kinds), `hostile-name`, `duplicate-key` (one package twice,
    ambiguous), `disagreement` (a wheel of another package, ambiguous).
    """
    tree = Tree(path, load(data))
    return tuple(tree.dependencies(range(len(tree.packages))))
