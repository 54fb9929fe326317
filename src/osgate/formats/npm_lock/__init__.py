"""package-lock.json and npm-shrinkwrap.json, lockfileVersion 1, 2 and 3.

Versions 2 and 3 hold `packages`, keyed by folder ("node_modules/a/node_modules/b"); version 1 holds nested
`dependencies`, which are rewritten to the same shape first, so that there is one reader. Where a file has both, they
must agree: npm 6 installs from one, newer ones from the other.

Source of the fields: npm's documentation, "package-lock.json"; of the lookup of a required name: Node's documentation,
"Loading from node_modules folders".
"""

from __future__ import annotations

import posixpath

from osgate.formats.npm_lock.entries import load, manifest
from osgate.formats.npm_lock.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.change import Siblings
    from osgate.model.dependency import Dependency


def read(path: str, data: bytes, siblings: Siblings) -> tuple[Dependency, ...]:
    """Return every package the lockfile `data` at repository path `path` installs, each occurrence, by line.

    Packages required by the root or by a folder of the repository (a workspace) are direct. A file without a root entry
    (version 1) leaves that to the package.json beside it, asked for through `siblings`; without one, direct is None.
    The kind of source is `url` where somebody requires an address, `registry` for all other archives; `unknown` for
    what lies inside the archive of another package. A git dependency without version has its commit as version.
    Raises Unreadable: what `json_text.load` refuses, `unknown-version`, `malformed`, `hostile-name`, and `disagreement`
    (ambiguous) where `packages` and `dependencies` differ on one folder.
    """
    packages, lines = load(data)
    root = packages.pop("", None)
    if root is None:
        root = manifest(posixpath.join(posixpath.dirname(path), "package.json"), siblings)
    made = Tree(path, root, packages, lines, siblings).dependencies()
    return tuple(sorted(made, key=lambda dependency: dependency.line))
