"""pom.xml, Maven's manifest: what it declares, with versions, scopes and sources as far as the tree tells.

A POM has no lock beside it. What is found is what it declares (and its parents in the tree declare for it):
dependencies, of all profiles too, plugins with their own dependencies and annotation processors, build extensions,
reports, imported POMs and the parent. What those pull in is not in the file; osgate does not ask for it. What is only
managed (dependencyManagement, pluginManagement) is no dependency: it lends its version to what is used.

A version `1.2.3` is what Maven calls a soft requirement; it is taken as the version, as Maven does unless something
else in the graph is nearer. A range is a requirement without version. `provided` and `system` count as build: needed
to compile, not delivered.

Source: Maven's "POM Reference", "Introduction to the POM", "Introduction to the Dependency Mechanism"; where they are
silent, what Maven 3.8's model builder does.
"""

from __future__ import annotations

from osgate.formats.maven_pom import raw
from osgate.formats.maven_pom.project import Project
from osgate.formats.maven_pom.telling import Teller
from osgate.formats.maven_pom.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.model.change import Siblings
    from osgate.model.dependency import Reading


def read(path: str, data: bytes, siblings: Siblings) -> Reading:
    """Return what the POM `data` at repository path `path` uses, in file order, then what parents in the tree add.

    siblings: answers with the parents, and the modules of any POM above, that lie in the tree. Those that are part of
    the tree, and what has the coordinates of one, are `workspace`.
    The gaps name parents and imported POMs elsewhere (`outside-parent`, `outside-bom`), expressions that nobody here
    can fill (`property-unknown`), and that versions are managed elsewhere (`version-outside`); what they leave open is
    told all the same, without version.
    Raises Unreadable: what `raw.load` refuses, here and in the parents; `malformed` for coordinates that are none;
    `duplicate-pin` (ambiguous) where one list gives one artefact two versions; `too-deep` and `too-large`.
    """
    pom = raw.load(path, data)
    project = Project(pom, Tree(pom, siblings))
    return Teller(project).reading(project.used())


def includes(path: str, data: bytes, siblings: Siblings) -> tuple[str, ...]:
    """Return the repository paths of the parents and imported POMs that the POM `data` at `path` takes values from.

    A change of one of them changes what this POM means. What cannot be read names nothing.
    """
    from osgate.model.dependency import Unreadable

    try:
        pom = raw.load(path, data)
        tree = Tree(pom, siblings)
        project = Project(pom, tree)
        return tuple(sorted({above.path for above in project.line.poms[1:]} | project.management.imported_paths()))
    except Unreadable:
        return ()
