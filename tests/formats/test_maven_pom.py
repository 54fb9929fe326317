from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import audit
from osgate.formats import maven_pom
from osgate.formats.maven_pom import management, raw, tree
from osgate.intake.occurrences import third_party
from osgate.model.dependency import Dependency, Reading, Unreadable
from osgate.model.gap import Gap

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN = "<groupId>com.acme</groupId><artifactId>app</artifactId><version>1.0</version>"
CHILD = "<parent><groupId>com.acme</groupId><artifactId>parent</artifactId><version>1.0</version></parent>"
CHILD += "<artifactId>app</artifactId>"


def named(group: str, artifact: str, version: str = "", more: str = "") -> str:
    version = f"<version>{version}</version>" if version else ""
    return f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId>{version}{more}"


def dependency(group: str, artifact: str, version: str = "", more: str = "") -> str:
    return f"<dependency>{named(group, artifact, version, more)}</dependency>"


def pom(inner: str = "", head: str = OWN) -> bytes:
    return f"<project>{head}{inner}</project>".encode()


def using(*dependencies: str, head: str = OWN, more: str = "") -> bytes:
    return pom(f"<dependencies>{''.join(dependencies)}</dependencies>{more}", head)


def managing(*dependencies: str) -> str:
    return f"<dependencyManagement><dependencies>{''.join(dependencies)}</dependencies></dependencyManagement>"


def bom(artifact: str, version: str = "1.0", group: str = "com.acme") -> str:
    return dependency(group, artifact, version, "<type>pom</type><scope>import</scope>")


def modules(*names: str) -> str:
    return "<modules>" + "".join(f"<module>{name}</module>" for name in names) + "</modules>"


PARENT = "<groupId>com.acme</groupId><artifactId>parent</artifactId><version>1.0</version>"


def reading(data: bytes, files: Mapping[str, bytes] | None = None, path: str = "pom.xml") -> Reading:
    with audit.no_io():
        return maven_pom.read(path, data, (files or {}).get)


def refusal(data: bytes, files: Mapping[str, bytes] | None = None, path: str = "pom.xml") -> Unreadable:
    with pytest.raises(Unreadable) as raised:
        reading(data, files, path)
    return raised.value


def purls(found: tuple[Dependency, ...]) -> list[str]:
    return [d.purl.removeprefix("pkg:maven/") for d in found]


def test_what_lies_outside_is_named_once_and_what_it_leaves_open_is_told_all_the_same() -> None:
    head = "<parent>" + named("org.boss", "boss", "3.2", "<relativePath/>") + "</parent><artifactId>app</artifactId>"
    inner = managing(bom("bom", "${v}", "org.far"))
    data = using(
        *[dependency("org.a", name) for name in "dcab"], dependency("org.b", "x", "${w}"), head=head, more=inner
    )
    found = reading(data)
    assert purls(found) == [
        "org.boss/boss@3.2?type=pom",
        "org.far/bom?type=pom",
        *["org.a/d", "org.a/c", "org.a/a", "org.a/b", "org.b/x"],
    ]
    assert found.gaps == (
        Gap("pom.xml", "outside-parent", (("purl", "pkg:maven/org.boss/boss@3.2"),)),
        Gap("pom.xml", "outside-bom", (("purl", "pkg:maven/org.far/bom"),)),
        Gap("pom.xml", "property-unknown", (("name", "v"),)),
        Gap("pom.xml", "property-unknown", (("name", "w"),)),
        Gap("pom.xml", "version-outside", (("count", "4"), ("names", "org.a:a, org.a:b, org.a:c, …"))),
    )


def test_a_project_that_the_tree_tells_all_of_has_no_gaps() -> None:
    files = {"pom.xml": pom(managing(dependency("org.a", "x", "1")), PARENT)}
    found = reading(using(dependency("org.a", "x"), head=CHILD), files, "app/pom.xml")
    assert "org.a/x@1" in purls(found)
    assert found.gaps == ()


def test_gaps_of_a_parent_in_the_tree_are_its_own_but_what_it_inherits_from_outside_counts_here_too() -> None:
    head = f"<parent>{named('org.boss', 'boss', '3.2', '<relativePath/>')}</parent>{PARENT}"
    files = {"pom.xml": using(dependency("org.a", "x"), head=head)}
    found = reading(pom(head=CHILD), files, "app/pom.xml")
    assert [gap.reason for gap in found.gaps] == ["outside-parent"]
    assert [(d.purl, d.path) for d in found if d.scope != "build"] == [("pkg:maven/org.a/x", "pom.xml")]


def test_a_version_of_the_project_or_the_parent_overrides_in_the_order_of_maven() -> None:
    grand = pom("<properties><v>1</v><w>1</w><u>1</u></properties>", PARENT.replace("parent", "grand"))
    head = f"<parent>{named('com.acme', 'grand', '1.0')}</parent>{PARENT}"
    parent = pom(
        "<properties><v>2</v><w>2</w></properties>" + managing(dependency("org.a", "m", "${v}-${w}-${u}")), head
    )
    child = using(dependency("org.a", "m"), head=CHILD, more="<properties><v>3</v></properties>")
    found = reading(child, {"pom.xml": grand, "p/pom.xml": parent}, "p/app/pom.xml")
    assert "org.a/m@3-2-1" in purls(found)


def test_a_nearer_managed_version_wins_and_imports_come_after_all_declarations() -> None:
    first = pom(managing(dependency("org.a", "x", "bom1"), dependency("org.a", "y", "bom1")), head(OWN, "bom1"))
    second = pom(managing(dependency("org.a", "y", "bom2"), dependency("org.a", "z", "bom2")), head(OWN, "bom2"))
    parent = pom(managing(dependency("org.a", "x", "parent")) + modules("bom1", "bom2"), PARENT)
    child = using(*[dependency("org.a", name) for name in "xyz"], head=CHILD, more=managing(bom("bom1"), bom("bom2")))
    files = {"pom.xml": parent, "bom1/pom.xml": first, "bom2/pom.xml": second}
    found = reading(child, files, "app/pom.xml")
    assert {p for p in purls(found) if p.startswith("org.a")} == {"org.a/x@parent", "org.a/y@bom1", "org.a/z@bom2"}


def head(own: str, artifact: str) -> str:
    return own.replace("app", artifact)


def test_what_a_profile_manages_or_imports_counts_while_it_is_active() -> None:
    inner = pom(managing(dependency("org.a", "y", "7")), head(OWN, "bom"))
    profiles = [managing(dependency("org.a", "x", "5")), managing(dependency("org.a", "x", "6"), bom("bom"))]
    more = "".join(f"<profile><id>{n}</id>{profile}</profile>" for n, profile in enumerate(profiles))
    data = using(
        dependency("org.a", "x"), dependency("org.a", "y"), more=f"<profiles>{more}</profiles>" + modules("bom")
    )
    found = [p for p in purls(reading(data, {"bom/pom.xml": inner})) if p.startswith("org.a")]
    assert sorted(found) == ["org.a/x", "org.a/x@5", "org.a/x@6", "org.a/y", "org.a/y@7"]


def test_imports_that_cross_each_other_are_looked_into_once() -> None:
    boms = {
        f"b{n}{side}/pom.xml": pom(
            managing(bom(f"b{n + 1}a"), bom(f"b{n + 1}b")) if n < 25 else managing(dependency("org.a", "x", "3")),
            head(OWN, f"b{n}{side}"),
        )
        for n in range(26)
        for side in "ab"
    }
    names = [path.partition("/")[0] for path in boms]
    data = using(dependency("org.a", "x"), dependency("org.a", "y"), more=managing(bom("b0a")) + modules(*names))
    assert {"org.a/x@3", "org.a/y"} < set(purls(reading(data, boms)))


def test_too_many_imports_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(management, "MAX_IMPORTS", 2)
    boms = {f"b{n}/pom.xml": pom(head=head(OWN, f"b{n}")) for n in range(3)}
    names = [f"b{n}" for n in range(3)]
    assert refusal(pom(managing(*map(bom, names)) + modules(*names)), boms).reason == "too-large"


def test_an_imported_pom_is_filled_by_its_own_properties() -> None:
    inner = pom("<properties><v>5</v></properties>" + managing(dependency("org.a", "x", "${v}-${w}")), head(OWN, "bom"))
    more = "<properties><v>9</v><w>9</w></properties>" + managing(bom("bom")) + modules("bom")
    found = reading(using(dependency("org.a", "x"), more=more), {"bom/pom.xml": inner})
    (open_,) = [d for d in found if d.component == "pkg:maven/org.a/x"]
    assert (open_.version, open_.requirement) == ("", "5-${w}")


def test_only_modules_of_one_owner_are_looked_for() -> None:
    asked: list[str] = []

    def siblings(path: str) -> bytes | None:
        asked.append(path)
        return None

    maven_pom.read("a/b/pom.xml", using(dependency("org.a", "x", "1")), siblings)
    assert asked == []
    maven_pom.read("a/b/pom.xml", using(dependency("com.acme.web", "x", "1")), siblings)
    assert sorted(asked) == ["a/pom.xml", "pom.xml"]


def test_a_module_is_known_by_its_version_too_and_is_no_third_party() -> None:
    files = {"core/pom.xml": pom(head=head(OWN, "core"))}
    other = dependency("com.acme", "core", "2.0", "<type>zip</type>")
    data = using(dependency("com.acme", "core", "1.0"), other, more=modules("core"))
    found = reading(data, files)
    assert [(d.version, d.source.kind, third_party(d)) for d in found] == [
        ("1.0", "workspace", False),
        ("2.0", "registry", True),
    ]


def test_modules_that_cannot_be_read_and_circles_of_modules_are_passed_over() -> None:
    files = {
        "broken/pom.xml": b"<project>",
        "core/pom.xml": pom(modules("..", "../broken", "../../out", "gone", "orphan"), head(OWN, "core")),
        "core/orphan/pom.xml": pom(
            head=CHILD.replace("</parent>", "<relativePath>../../broken</relativePath></parent>")
        ),
    }
    found = reading(using(dependency("com.acme", "core", "1.0"), more=modules("broken", "core")), files)
    assert [d.source.url for d in found] == ["core/pom.xml"]


def test_parents_and_imports_are_what_a_pom_includes() -> None:
    parent = pom(managing(bom("bom")) + modules("bom"), PARENT)
    files = {"pom.xml": parent, "bom/pom.xml": pom(managing(), CHILD.replace("app", "bom"))}
    assert maven_pom.includes("app/pom.xml", pom(head=CHILD), files.get) == ("bom/pom.xml", "pom.xml")
    assert maven_pom.includes("pom.xml", parent, files.get) == ("bom/pom.xml",)
    assert maven_pom.includes("app/pom.xml", b"<project>", files.get) == ()


def test_a_parent_above_the_repository_is_outside() -> None:
    for relative in ("../pom.xml", "../../x", "/etc/pom.xml", ".."):
        data = pom(head=CHILD.replace("</parent>", f"<relativePath>{relative}</relativePath></parent>"))
        assert [gap.reason for gap in reading(data, {"../pom.xml": b"x", "/etc/pom.xml": b"x"}).gaps] == [
            "outside-parent"
        ]


def test_repositories_of_parents_and_profiles_count_and_credentials_do_not_show() -> None:
    def repository(url: str) -> str:
        return f"<repositories><repository><url>{url}</url></repository></repositories>"

    profile = f"<profiles><profile>{repository('https://p.example.com/')}</profile></profiles>"
    files = {"pom.xml": pom(repository("https://u:s@packages.example.com/${x}"), PARENT)}
    data = using(dependency("org.a", "x", "1"), head=CHILD, more=repository("http://own.example.com/a b") + profile)
    found = reading(data, files, "app/pom.xml")
    assert {d.source.url for d in found if d.source.kind == "registry"} == {
        "https://p.example.com/ http://own.example.com/a%20b https://packages.example.com/${x}"
    }


def test_a_file_of_the_system_is_third_party_wherever_it_lies() -> None:
    for path in ("${basedir}/lib/a.jar", "${java.home}/../lib/tools.jar", "lib/a.so", ""):
        more = "<scope>system</scope>" + (f"<systemPath>{path}</systemPath>" if path else "")
        (found,) = reading(using(dependency("org.a", "x", "1", more)))
        assert third_party(found)


def test_a_property_that_is_given_twice_matters_only_where_it_is_used() -> None:
    properties = "<properties><v>1</v><v>2</v></properties>"
    assert purls(reading(using(dependency("org.a", "x", "1"), more=properties))) == ["org.a/x@1"]
    error = refusal(using(dependency("org.a", "x", "${v}"), more=properties))
    assert (error.reason, error.ambiguous, error.params["key"]) == ("duplicate-key", True, "v")


def test_what_is_wrong_in_a_parent_says_where() -> None:
    files = {"pom.xml": b"<project>\n<a>"}
    error = refusal(b"<project>\n" + CHILD.encode() + b"</project>", files, "app/pom.xml")
    assert (error.reason, error.line, error.params) == ("truncated", 2, {"path": "pom.xml", "at": 2})


def test_a_scope_that_is_no_word_of_maven_reaches_furthest() -> None:
    (found,) = reading(using(dependency("org.a", "x", "1", "<scope>${s}</scope>")))
    assert (found.scope, found.purl) == ("runtime", "pkg:maven/org.a/x@1")


def test_the_numbers_of_everything_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    several = using(*[dependency("org.a", f"x{n}", "1") for n in range(6)])
    monkeypatch.setattr(raw, "MAX_ENTRIES", 5)
    assert refusal(several).reason == "too-large"
    monkeypatch.undo()
    profiles = "".join(f"<profile><properties><v>{n}</v></properties></profile>" for n in range(4))
    monkeypatch.setattr(management, "MAX_CASES", 10)
    assert refusal(pom(f"<profiles>{profiles}</profiles>")).reason == "too-large"
    monkeypatch.undo()
    same = [dependency("org.a", "x", "1")] * 120
    assert refusal(using(*same)).reason == "too-large"


def test_long_lines_of_parents_and_imports_are_bounded() -> None:
    def step(n: int, inner: str = "") -> bytes:
        above = named("com.acme", f"p{n + 1}", "1", f"<relativePath>../p{n + 1}</relativePath>")
        return pom(inner, f"<parent>{above}</parent><artifactId>p{n}</artifactId>")

    files = {f"p{n}/pom.xml": step(n) for n in range(tree.MAX_STEPS + 5)}
    assert refusal(step(0), files, "p0/pom.xml").reason == "too-deep"
    count = tree.MAX_STEPS + 5
    boms = {f"b{n}/pom.xml": pom(managing(bom(f"b{n + 1}")), head(OWN, f"b{n}")) for n in range(count)}
    root = using(dependency("org.a", "x"), more=managing(bom("b0")) + modules(*[f"b{n}" for n in range(count)]))
    assert refusal(root, boms).reason == "too-deep"


def test_a_tree_of_too_many_files_leaves_modules_third_party(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_FILES", 3)
    files = {f"m{n}/pom.xml": pom(head=head(OWN, f"m{n}")) for n in range(9)}
    data = using(
        *[dependency("com.acme", f"m{n}", "1.0") for n in range(9)], more=modules(*[f"m{n}" for n in range(9)])
    )
    kinds = [d.source.kind for d in reading(data, files)]
    assert "registry" in kinds
