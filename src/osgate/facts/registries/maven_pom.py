"""What a Maven project says of itself in its POM, with what it has from its parents.

Source: the POM reference and the model of Maven 4.0.0: licences and SCM are inherited where a project has none of its
own; of several licences the user may choose any; a relocation says where the artefact went.
"""

from __future__ import annotations

from osgate.facts.registries import answers
from osgate.facts.registries.markup import Node, xml_in
from osgate.licences import declared, names
from osgate.licences.expression import join
from osgate.model.fact import Unknown
from osgate.model.record import record
from osgate.purl import component

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.facts.registries.answers import Answer, Get, Value
    from osgate.licences.expression import Expression

ACCEPT = "application/xml, text/xml, text/plain;q=0.9, */*;q=0.5"
# Parents that are read; licences of one project.
GENERATIONS, MOST_LICENCES = 5, 20
_VAGUE = ("licence.ambiguous", "licence.empty", "licence.vague", "licence.text")


@record
class Place:
    """Coordinates of one version."""

    group: str
    name: str
    version: str

    def ask(self, ending: str, get: Get) -> Answer | Unknown:
        """Return what the repository answers for the file that ends so (`.pom`, `.jar.sha1`), in the default layout."""
        version = answers.version_text(self.version)
        path = answers.path(*self.group.split("."), self.name, version, f"{self.name}-{version}{ending}")
        return get(path, ACCEPT) if path and "%24" not in path else answers.malformed("coordinates")


@record
class Pom:
    """What a POM says. packaging: `jar` where it says nothing. digest: of the answer with the POM itself.

    moved: component the artefact was relocated to, empty where it was not; message: what is said of that.
    """

    packaging: str
    licence: str | Unknown
    written: str | Unknown
    repository: str | Unknown
    moved: str
    message: str
    digest: str


def read(place: Place, get: Get) -> Pom | Unknown:
    """Return what the POM at `place` says, its parents' included, or why it is not known.

    A parent that cannot be had makes unknown what would come from it.
    """
    answer = place.ask(".pom", get)
    own = xml_in(answer, "project")
    if isinstance(own, Unknown):
        return own
    licences, repository, reason = _inherited(own, get)
    found, written = (reason, reason) if reason and not licences else _together(licences)
    moved = next(iter(own.all("distributionManagement", "relocation")), None)
    return Pom(
        answers.line(own.at("packaging"), 40) or "jar",
        found,
        written,
        repository or reason or "",
        _moved(place, moved) if moved else "",
        answers.line(moved.at("message")) if moved else "",
        answers.digest_in(answer),
    )


def _inherited(own: Node, get: Get) -> tuple[list[tuple[str, str]], str, Unknown | None]:
    """Licences and repository of a project or of its next parent that has some; why others would not be known."""
    licences, repository = _licences(own), _repository(own)
    node = own
    for _ in range(GENERATIONS):
        if (licences and repository) or not node.all("parent"):
            return licences, repository, None
        parent = xml_in(_parent(node).ask(".pom", get), "project")
        if isinstance(parent, Unknown):
            reason = answers.malformed("a parent is missing") if parent == answers.ABSENT else parent
            return licences, repository, reason
        node, licences, repository = parent, licences or _licences(parent), repository or _repository(parent)
    return licences, repository, answers.malformed(f"more than {GENERATIONS} parents") if node.all("parent") else None


def _parent(node: Node) -> Place:
    return Place(*(node.at("parent", name) for name in ("groupId", "artifactId", "version")))


def _licences(node: Node) -> list[tuple[str, str]]:
    """Name and address of each licence."""
    found = node.all("licenses", "license")[: MOST_LICENCES + 1]
    pairs = [(one.at("name"), one.at("url")) for one in found]
    return [pair for pair in pairs if any(pair)]


def _together(licences: list[tuple[str, str]]) -> tuple[Value, Value]:
    """The facts `licence` and `licence-declared`."""
    written = answers.declared(" OR ".join(name or url for name, url in licences))
    found = [_licence(name, url) for name, url in licences]
    known = [one for one in found if not isinstance(one, Unknown)]
    if not found:
        return "", ""
    if len(known) == len(found) <= MOST_LICENCES:
        return str(join("OR", known)), written
    unread = [one for one in found if isinstance(one, Unknown)]
    return unread[0] if unread else answers.too_many(name for name, _ in licences), written


def _licence(name: str, url: str) -> Expression | Unknown:
    """What name and address of a licence mean together; an address that nobody knows takes nothing from a name."""
    by_name = names.read(name)
    by_url = names.read(url) if url else Unknown("licence.empty")
    if isinstance(by_url, Unknown):
        return by_url if isinstance(by_name, Unknown) and by_name.reason == "licence.empty" else by_name
    if isinstance(by_name, Unknown) and by_name.reason not in _VAGUE:
        return by_name
    return declared.settle(by_name, by_url)


def _repository(node: Node) -> str:
    found = (node.at("scm", name) for name in ("url", "connection", "developerConnection"))
    return next(filter(None, map(answers.address, found)), "")


def _moved(place: Place, relocation: Node) -> str:
    """The component that a relocation names; what it leaves out stays as it was, and then it is another version."""
    group, name = relocation.at("groupId") or place.group, relocation.at("artifactId") or place.name
    if (group, name) == (place.group, place.name) or "$" in group + name or not answers.path(group, name):
        return ""
    return component("maven", name, group)[: answers.LINE]
