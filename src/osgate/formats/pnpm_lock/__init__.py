"""pnpm-lock.yaml, lockfileVersion 5.0 to 5.4, 6.0, 6.1 and 9.0; shrinkwrap.yaml before it, shrinkwrapVersion 3 and 4.

Since pnpm 11 a file may hold two documents, the first of which locks pnpm itself and its configuration: these are told
too, in scopes of their own.

Source of the fields: pnpm's specification of the lockfile (repository pnpm/spec, one page a version) and, for what it
leaves out, the sources of pnpm's releases.
"""

from __future__ import annotations

from osgate.formats.pnpm_lock.load import documents
from osgate.formats.pnpm_lock.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.change import Siblings
    from osgate.model.dependency import Dependency


def read(path: str, data: bytes, siblings: Siblings) -> tuple[Dependency, ...]:
    """Return every package that the lock `data` at repository path `path` holds, once a document, by line.

    Peer variants of one package are one dependency with everybody who requires one of them. What projects state is
    direct. Scopes are found on the way down from the projects; the lock's flags speak for packages nobody requires.
    Folders that are linked are dependencies of kind `workspace` or `path` without version. A package that is only named
    (no entry of its own) stands where it is named. A git dependency without version has its commit as version.
    Raises Unreadable: what `documents` refuses, `malformed`, `hostile-name`, `too-large`, and `disagreement`
    (ambiguous) where path and entry of a package name different ones.
    """
    made: list[Dependency] = []
    for document in documents(data):
        tree = Tree(path, document)
        made += tree.dependencies(tree.graph.nodes)
    return tuple(sorted(made, key=lambda dependency: dependency.line))
