"""A changed POM read by what differs: when this way is taken, and that it tells what full reading does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import audit
from osgate.formats import table
from osgate.intake import diff
from osgate.model.change import Blob, ChangedFile, ChangeSet, Intake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.model.dependency import Dependency

A = "<dependency>\n  <groupId>org.a</groupId>\n  <artifactId>a</artifactId>\n  <version>1</version>\n</dependency>\n"
B, C = A.replace(">a<", ">b<"), A.replace(">a<", ">c<")
B2 = B.replace(">1<", ">2<")
OWN = "<groupId>com.acme</groupId><artifactId>app</artifactId><version>1</version>\n"
CHILD = "<parent><groupId>com.acme</groupId><artifactId>parent</artifactId><version>1</version></parent>"
CHILD += "<artifactId>app</artifactId>\n"


def pom(*dependencies: str, more: str = "", head: str = OWN) -> bytes:
    return f"<project>{head}<dependencies>\n{''.join(dependencies)}</dependencies>\n{more}</project>\n".encode()


def version(block: str, text: str) -> str:
    return block.replace("<version>1</version>", f"<version>{text}</version>" if text else "")


def managed(*dependencies: str) -> str:
    return f"<dependencyManagement><dependencies>{''.join(dependencies)}</dependencies></dependencyManagement>"


def properties(**pairs: str) -> str:
    return "<properties>" + "".join(f"<{name}>{text}</{name}>" for name, text in pairs.items()) + "</properties>"


def by_difference(
    before: bytes, after: bytes, old: Mapping[str, bytes] | None = None, new: Mapping[str, bytes] | None = None
) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None:
    with audit.no_io():
        return table.read_change("app/pom.xml", before, after, (old or {}).get, (new or old or {}).get)


def both_ways(
    before: bytes, after: bytes, old: Mapping[str, bytes] | None = None, new: Mapping[str, bytes] | None = None
) -> Intake:
    """What is taken in, which must not depend on the way of reading."""
    files = (ChangedFile("app/pom.xml", Blob("file", before), Blob("file", after)),)
    change = ChangeSet("", "", files, (old or {}).get, (new or old or {}).get)
    found = diff.intake(change, table.read, table.match, table.read_change)
    assert found == diff.intake(change, table.read, table.match, diff.read_whole)
    return found


def told(found: tuple[tuple[Dependency, ...], tuple[Dependency, ...]] | None) -> list[list[str]]:
    assert found is not None
    return [[d.purl.removeprefix("pkg:maven/") for d in side] for side in found]


def test_only_what_differs_is_made() -> None:
    sides = pom(A, B, C), pom(A, B2, C)
    assert told(by_difference(*sides)) == [["org.a/b@1"], ["org.a/b@2"]]
    (item,) = both_ways(*sides).introduced
    assert (item.change, item.dependency.purl, item.dependency.line) == ("upgraded", "pkg:maven/org.a/b@2", 8)


def test_lines_count_what_was_left_out() -> None:
    sides = pom(A, C), pom(A, "<!--\n\n-->\n", C, "\n\n", B)
    (item,) = both_ways(*sides).introduced
    assert by_difference(*sides) is not None
    assert item.dependency.line == sides[1].decode()[: sides[1].decode().index(B)].count("\n") + 1


def test_where_nothing_differs_nothing_is_made() -> None:
    assert told(by_difference(pom(A, B), pom(B, A))) == [[], []]
    assert told(by_difference(pom(A), pom(A, more="<description>new</description>"))) == [[], []]


def test_another_one_of_the_same_name_is_told_with_it() -> None:
    zipped = B2.replace("</version>", "</version><type>zip</type>")
    sides = pom(A, B), pom(A, B, zipped)
    assert told(by_difference(*sides)) == [["org.a/b@1"], ["org.a/b@1", "org.a/b@2?type=zip"]]
    assert both_ways(*sides).introduced[0].previous == ("1",)


def test_a_plugin_that_uses_the_same_artefact_knows_of_it() -> None:
    plugin = f"<plugin><artifactId>p</artifactId><dependencies>{B2}</dependencies></plugin>"
    inside = f"<build><plugins>{plugin}</plugins></build>"
    sides = pom(A, B), pom(A, B, more=inside)
    assert "org.a/b@1" in told(by_difference(*sides))[0]
    assert [i.previous for i in both_ways(*sides).introduced if i.dependency.component.endswith("/b")] == [("1",)]


def test_a_property_that_changes_brings_back_what_it_stands_in() -> None:
    entries = version(A, "${v}"), version(B, "${w}"), C
    sides = pom(*entries, more=properties(v="1", w="1")), pom(*entries, more=properties(v="2", w="1"))
    assert told(by_difference(*sides)) == [["org.a/a@1"], ["org.a/a@2"]]
    assert len(both_ways(*sides).introduced) == 1


def test_the_version_of_the_project_is_such_a_property() -> None:
    sides = (
        pom(version(A, "${project.version}"), B),
        pom(version(A, "${project.version}"), B, head=OWN.replace(">1<", ">2<")),
    )
    assert told(by_difference(*sides)) == [["org.a/a@1"], ["org.a/a@2"]]
    both_ways(*sides)


def test_a_managed_version_that_changes_brings_back_what_it_is_for() -> None:
    entries = version(A, ""), B, C
    sides = pom(*entries, more=managed(version(A, "5"))), pom(*entries, more=managed(version(A, "6")))
    assert told(by_difference(*sides)) == [["org.a/a@5"], ["org.a/a@6"]]
    both_ways(*sides)


def test_a_managed_scope_that_changes_does_too() -> None:
    entry = A.replace("</version>", "</version><scope>{}</scope>")
    sides = [pom(A, B, C, more=managed(entry.format(scope))) for scope in ("test", "runtime")]
    assert told(by_difference(*sides)) == [["org.a/a@1"], ["org.a/a@1"]]
    (item,) = both_ways(*sides).introduced
    assert item.change == "widened-scope"


def test_a_parent_that_differs_between_the_sides_is_seen() -> None:
    head = OWN.replace("app", "parent")
    old, new = ({"pom.xml": pom(more=managed(version(A, text)), head=head)} for text in "56")
    sides = pom(version(A, ""), B, head=CHILD), pom(version(A, ""), B, C, head=CHILD)
    assert "org.a/a@6" in told(by_difference(*sides, old, new))[1]
    assert {item.dependency.purl for item in both_ways(*sides, old, new).introduced} == {
        "pkg:maven/org.a/a@6",
        "pkg:maven/org.a/c@1",
    }


def test_what_leaves_a_gap_leaves_it_this_way_too() -> None:
    sides = pom(version(A, ""), version(B, "${nobody}"), C), pom(version(A, ""), version(B, "${nobody}"))
    found = both_ways(*sides)
    assert by_difference(*sides) is not None
    assert [gap.reason for gap in found.gaps] == ["property-unknown", "version-outside"]


def test_modules_of_the_tree_are_told_on_both_sides() -> None:
    module = A.replace("org.a", "com.acme")
    files = {"pom.xml": pom(head=OWN.replace("app", "a"))}
    assert told(by_difference(pom(module, B), pom(module, B2), files)) == [
        ["com.acme/a@1", "org.a/b@1"],
        ["com.acme/a@1", "org.a/b@2"],
    ]
    both_ways(pom(module, B), pom(module, B2), files)


def test_a_block_that_comes_twice_is_read_as_ever() -> None:
    assert told(by_difference(pom(A, B), pom(A, A, B2)))[1] == ["org.a/a@1", "org.a/a@1", "org.a/b@2"]
    both_ways(pom(A, B), pom(A, A, B2))
    both_ways(pom(A, A, B), pom(A, B2))


PROFILE = "<profiles><profile><properties><v>9</v></properties></profile></profiles>"
REPOSITORY = "<repositories><repository><url>https://r.example.com/</url></repository></repositories>"
PARENT = {"pom.xml": pom(A, head=OWN.replace("app", "parent"))}


def test_with_profiles_this_way_is_taken_while_all_else_is_equal() -> None:
    entry = version(A, "${v}")
    more = properties(v="1") + PROFILE
    assert told(by_difference(pom(entry, B, more=more), pom(entry, B2, more=more))) == [["org.a/b@1"], ["org.a/b@2"]]
    both_ways(pom(entry, B, more=more), pom(entry, B2, more=more))


@pytest.mark.parametrize(
    ("after", "tree"),
    [
        pytest.param(b"<project>", {}, id="cut"),
        pytest.param(b"\xff", {}, id="no text"),
        pytest.param(pom(A, B2, more=properties(v="2") + PROFILE), {}, id="a profile and another property"),
        pytest.param(pom(A, B2, more=REPOSITORY), {}, id="another repository"),
        pytest.param(pom(A, B2, "<skipped/>"), {}, id="the word that we use"),
        pytest.param(pom(f"<!-- {A} -->", B2), {}, id="a block in a comment"),
        pytest.param(pom(f"<![CDATA[{A}]]>", B2), {}, id="a block in text"),
        pytest.param(pom(B2, more=f"<build>{A}</build>"), {}, id="a block elsewhere"),
        pytest.param(pom(B2, more=f"<name x='{A}'/>"), {}, id="a block in an attribute"),
        pytest.param(pom(A, B2) + A.encode(), {}, id="a block behind the end"),
        pytest.param(
            pom(A, B2.replace("<dependency>", "<dependency >").replace(">b<", ">a<")), {}, id="odd and doubled"
        ),
        pytest.param(pom(A, B2.replace(">b<", ">${x}<"), more=properties(x="a")), {}, id="a name by expression"),
        pytest.param(pom(A, B2, head=CHILD), PARENT, id="an inherited dependency of the name"),
        pytest.param(pom(A, version(B, "1\u202e")), {}, id="a hostile name"),
    ],
)
def test_what_may_mean_more_is_read_whole(after: bytes, tree: Mapping[str, bytes]) -> None:
    before = pom(A, B)
    assert by_difference(before, after, tree) is None
    both_ways(before, after, tree)


@pytest.mark.parametrize(
    "odd",
    [
        A.replace("org.a", "org a"),
        A.replace(">1<", ">1\t0<"),
        A.replace(">1<", ">a&amp;b<"),
        A.replace(">1<", ">${v}<"),
        A.replace("</version>", "</version><version>2</version>"),
        A.replace("</version>", "</version><odd/>"),
        A.replace("</version>", "</version> text"),
        A.replace("<groupId>org.a</groupId>", ""),
        A.replace("<groupId>org.a</groupId>", "<groupId/>"),
        A.replace("<artifactId>a</artifactId>", "<artifactId></artifactId>"),
        A.replace("org.a<", "${project.groupId}<"),
        A.replace("</version>", "</version><exclusions><exclusion/></exclusions>"),
        A.replace("<version>", "<version >"),
        A.replace("</artifactId>", "<version>1</artifactId></version>"),
        version(A, "").replace("</artifactId>", "</artifactId><type>${t}</type>"),
    ],
)
def test_an_odd_block_on_both_sides_is_judged_as_ever(odd: str) -> None:
    both_ways(pom(odd, B), pom(odd, B2))
    both_ways(pom(odd, B, more=properties(v="\u200b")), pom(odd, B2, more=properties(v="\u200b")))


def test_a_large_file_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from osgate.formats.maven_pom import change, raw

    monkeypatch.setattr(change, "MAX_TEXT", 100)
    assert by_difference(pom(A, B), pom(A, B2)) is None
    monkeypatch.undo()
    monkeypatch.setattr(raw, "MAX_ENTRIES", 2)
    assert by_difference(pom(A, B, C), pom(A, B2, C)) is None
    both_ways(pom(A, B, C), pom(A, B2, C))
