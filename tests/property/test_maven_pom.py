"""What must hold for every POM: the short way to read a change tells what the long one does, and nothing gets lost."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from osgate.formats import maven_pom, table
from osgate.formats.maven_pom.properties import MAX_STEPS, Lookup
from osgate.intake import diff
from osgate.model.change import Blob, ChangedFile, ChangeSet
from osgate.model.dependency import SCOPES, Unreadable
from osgate.purl import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

CASES = Path(__file__).parents[1] / "formats/cases/maven-pom"
GROUPS = ("org.a", "org.b", "com.acme", "${g}")
ARTIFACTS = ("x", "y", "z", "x-api", "lib.core", "${a}")
VERSIONS = ("1.0", "2.0", "[1.0,2.0)", "3.0-SNAPSHOT", "${p}", "${q}", "${project.version}", "${nobody}", "LATEST", "")
SCOPED = ("", "", "", "test", "provided", "runtime", "import", "odd")
PARENT = b"""<project><groupId>com.acme</groupId><artifactId>parent</artifactId><version>1</version>
<properties><q>7.0</q></properties>
<dependencyManagement><dependencies>
<dependency><groupId>org.a</groupId><artifactId>x-api</artifactId><version>${q}</version><scope>test</scope></dependency>
</dependencies></dependencyManagement></project>"""


def tag(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>" if inner else ""


class Writer:
    """Writes POMs from a number: drawn part by part, nearly all would be empty or all different."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def dependency(self, *, odd: bool = True) -> str:
        pick = self.chance.choice
        fields = [tag("groupId", pick(GROUPS[:3])), tag("artifactId", pick(ARTIFACTS[:5]))]
        fields += [tag("version", pick(VERSIONS)), tag("scope", pick(SCOPED))]
        if odd and self.often(0.2):
            fields.append(
                pick(
                    (
                        "<type>test-jar</type>",
                        "<optional>true</optional>",
                        "<classifier>c</classifier>",
                        "<exclusions><exclusion><groupId>g</groupId><artifactId>a</artifactId></exclusion></exclusions>",
                        "<!-- why -->",
                        "<version> 4.0 </version>",
                        "<type>${t}</type>",
                    )
                )
            )
        if odd and self.often(0.03):
            fields[0] = tag("groupId", pick(("${g}", "a&amp;b", "", "a b")))
        if odd and self.often(0.03):
            fields[1] = tag("artifactId", "${a}")
        blank = "\n      " if self.often(0.8) else ""
        return f"<dependency>{blank}{blank.join(fields)}{blank}</dependency>"

    def several(self, most: int) -> list[str]:
        return [self.dependency() for _ in range(self.chance.randint(0, most))]

    def part(self) -> dict[str, list[str]]:
        """The lists of a project or profile."""
        return {
            "properties": [tag(n, self.chance.choice(("1.1", "1.2", "${p}"))) for n in ("p", "q") if self.often(0.5)],
            "managed": self.several(3) if self.often(0.5) else [],
            "dependencies": self.several(7),
            "plugins": [
                tag("plugin", tag("artifactId", "maven-x-plugin") + tag("dependencies", "".join(self.several(2))))
            ]
            if self.often(0.3)
            else [],
            "repositories": [tag("repository", "<url>https://packages.example.com/r</url>")] if self.often(0.1) else [],
        }

    def project(self) -> dict[str, object]:
        return {
            "own": self.part(),
            "profiles": [self.part() for _ in range(self.chance.randint(1, 2))] if self.often(0.25) else [],
            "parent": self.often(0.3),
            "version": "1",
            "first": self.often(0.5),
        }

    def touched(self, project: dict[str, object]) -> dict[str, object]:
        """The same project after a few edits, most of them to one list."""
        made = {**project, "own": {k: list(v) for k, v in project["own"].items()}}  # type: ignore[attr-defined]
        own: dict[str, list[str]] = made["own"]  # type: ignore[assignment]
        for _ in range(self.chance.randint(1, 3)):
            name = "dependencies" if self.often(0.7) else self.chance.choice(sorted(own))
            if own[name] and self.often(0.6):
                own[name].pop(self.chance.randrange(len(own[name])))
            if self.often(0.7):
                new = self.part()[name] or ([self.dependency()] if name in ("managed", "dependencies") else [])
                own[name][self.chance.randint(0, len(own[name])) :] = new[:1]
        if self.often(0.1):
            made["version"] = "2"
        if self.often(0.05):
            made["parent"] = not made["parent"]
        return made


def written(project: dict[str, object]) -> bytes:
    def lists(part: dict[str, list[str]]) -> tuple[str, str]:
        joined = {name: "\n".join(entries) for name, entries in part.items()}
        dependencies = tag("dependencies", f"\n{joined['dependencies']}\n" if joined["dependencies"] else "")
        others = (
            tag("properties", joined["properties"])
            + tag("dependencyManagement", tag("dependencies", joined["managed"]))
            + tag("build", tag("plugins", joined["plugins"]))
            + tag("repositories", joined["repositories"])
        )
        return dependencies, others

    dependencies, others = lists(project["own"])  # type: ignore[arg-type]
    profiles = [tag("profile", "".join(lists(p))) for p in project["profiles"]]  # type: ignore[attr-defined]
    parent = "<groupId>com.acme</groupId><artifactId>parent</artifactId><version>1</version>"
    text = (
        "<project>\n"
        + (tag("parent", parent) if project["parent"] else "")
        + f"<groupId>com.acme</groupId><artifactId>app</artifactId><version>{project['version']}</version>\n"
        + (f"{dependencies}\n{others}" if project["first"] else f"{others}\n{dependencies}")
        + tag("profiles", "".join(profiles))
        + "\n</project>\n"
    )
    return text.encode()


TREE = {"pom.xml": PARENT}


def found(before: bytes, after: bytes, change_reader: diff.ChangeReader, tree: Mapping[str, bytes] = TREE) -> object:
    """What an intake of the change finds, whole; or the reason for which the new side cannot be read."""
    files = (ChangedFile("app/pom.xml", Blob("file", before), Blob("file", after)),)
    change = ChangeSet("", "", files, tree.get, tree.get)
    made = diff.intake(change, table.read, table.match, change_reader)
    return made.introduced, made.removed, made.problems, made.gaps


def same(before: bytes, after: bytes) -> None:
    assert found(before, after, table.read_change) == found(before, after, diff.read_whole)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=400)
def test_reading_only_what_differs_finds_what_reading_everything_finds(seed: int) -> None:
    writer = Writer(seed)
    project = writer.project()
    same(written(project), written(writer.touched(project)))


def plain_pom(versions: list[str]) -> bytes:
    """A POM as people write it, with what keeps the short way on its toes: a comment, a property, management."""
    blocks = "\n".join(
        f"    <dependency>\n      <groupId>org.g{n % 3}</groupId>\n      <artifactId>lib-{n}</artifactId>\n"
        + (f"      <version>{version}</version>\n" if version else "")
        + ("      <scope>test</scope>\n" if n % 4 == 0 else "")
        + "    </dependency>"
        for n, version in enumerate(versions)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<project>
  <groupId>org.own</groupId>
  <artifactId>app</artifactId>
  <version>1</version>
  <properties>
    <p>5.0</p>
  </properties>
  <dependencies>
{blocks}
    <!-- <dependency><groupId>a</groupId></dependency> -->
  </dependencies>
  <dependencyManagement>
    <dependencies>
      <dependency>
        <groupId>org.g1</groupId>
        <artifactId>lib-4</artifactId>
        <version>4.4</version>
      </dependency>
    </dependencies>
  </dependencyManagement>
  <build>
    <plugins>
      <plugin><artifactId>maven-jar-plugin</artifactId><version>3.0</version></plugin>
    </plugins>
  </build>
</project>
""".encode()


BEFORE = plain_pom(["1.0", "1.1", "${p}", "1.3", "", "1.5", "1.6", "1.7", "1.8", "[1,2)"])
AFTER = plain_pom(["1.0", "1.1", "${p}", "2.3", "", "1.5", "1.6", "1.7", "1.8", "[1,2)", "3.0"])


def test_an_ordinary_change_is_read_by_what_differs() -> None:
    """Without this, the property above would hold for a way that is never taken."""
    both = table.read_change("app/pom.xml", BEFORE, AFTER, TREE.get, TREE.get)
    assert both is not None
    dependencies = [[d.purl for d in side if d.scope != "plugin"] for side in both]
    assert dependencies == [
        ["pkg:maven/org.g0/lib-3@1.3", "pkg:maven/org.g1/lib-4@4.4"],
        ["pkg:maven/org.g0/lib-3@2.3", "pkg:maven/org.g1/lib-4@4.4", "pkg:maven/org.g1/lib-10@3.0"],
    ]
    lines = AFTER.decode().split("\n")
    assert [lines[d.line + 1].strip() for d in both[1] if d.scope != "plugin"] == [
        f"<artifactId>lib-{n}</artifactId>" for n in (3, 4, 10)
    ]


@pytest.mark.parametrize("side", [0, 1])
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=800)
def test_any_changed_byte_gives_what_full_reading_gives(side: int, seed: int) -> None:
    chance, sides = Random(seed), [BEFORE, AFTER]
    at = chance.randrange(len(sides[side]))
    byte = chance.choice(b"<>/!-&$ \n]x") if chance.random() < 0.7 else chance.randrange(256)
    sides[side] = sides[side][:at] + bytes([byte]) + sides[side][at + 1 :]
    same(*sides)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=600)
def test_the_same_damage_on_both_sides_gives_what_full_reading_gives(seed: int) -> None:
    chance = Random(seed)
    at = chance.randrange(len(BEFORE) // 2)
    byte = chance.choice(b"<>/!-&$ \n]x\x01\xff")
    sides = [data[:at] + bytes([byte]) + data[at + 1 :] for data in (BEFORE, AFTER)]
    same(sides[0], sides[1])


@given(st.sampled_from([b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<dependency>", b"</dependencies>", b"<dependencies>",
                        b"<?x ", b"?>", b"<plugin>", b"</project>", b"<skipped/>", b"&lt;", b"\x00", b"<x a='"]),
       st.integers(0, 3000), st.integers(0, 3000), st.booleans())  # fmt: skip
@settings(max_examples=300)
def test_any_markup_anywhere_gives_what_full_reading_gives(junk: bytes, at: int, other: int, both: bool) -> None:
    before = BEFORE[: at % len(BEFORE)] + junk + BEFORE[at % len(BEFORE) :] if both else BEFORE
    where = at if both else other
    after = AFTER[: where % len(AFTER)] + junk + AFTER[where % len(AFTER) :]
    same(before, after)


SAMPLES = [
    path.read_bytes() for path in sorted(CASES.glob("*/pom.xml")) if path.stat().st_size < 20_000
] + [BEFORE, PARENT]  # fmt: skip


def survives(data: bytes) -> None:
    """Hold that bytes give well-formed dependencies or Unreadable, and nothing else, from the reader itself."""
    try:
        with audit.no_io():
            read = maven_pom.read("a/pom.xml", data, {"pom.xml": data, "a/b/pom.xml": PARENT}.get)
    except Unreadable:
        return
    for dependency in read:
        assert str(parse(dependency.purl)) == dependency.purl
        assert parse(dependency.purl).component == dependency.component
        assert dependency.purl.isprintable()
        assert dependency.scope in SCOPES
        assert 1 <= dependency.line <= data.count(b"\n") + 1
        assert dependency.version or dependency.requirement is None or dependency.requirement.isprintable()
    for gap in read.gaps:
        assert all(text.isprintable() for _, text in gap.params)


@given(st.sampled_from(SAMPLES), st.integers(0, 20_000), st.integers(0, 255))
@settings(max_examples=300)
def test_any_changed_byte_is_survived(data: bytes, at: int, byte: int) -> None:
    at %= max(1, len(data))
    survives(data[:at] + bytes([byte]) + data[at + 1 :])


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_random_bytes_are_survived(data: bytes) -> None:
    survives(data)


@given(st.integers(0, len(AFTER) - 12))
@settings(max_examples=100)
def test_any_truncation_is_refused(at: int) -> None:
    with pytest.raises(Unreadable) as raised:
        maven_pom.read("pom.xml", AFTER[:at], lambda path: None)
    assert raised.value.reason in {"empty", "truncated", "syntax"}


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=150)
def test_the_line_is_that_of_the_entry(seed: int) -> None:
    data = written(Writer(seed).project())
    try:
        read = maven_pom.read("app/pom.xml", data, TREE.get)
    except Unreadable:
        return
    lines = data.decode().split("\n")
    for dependency in read:
        if dependency.path == "app/pom.xml":
            assert any(start in lines[dependency.line - 1] for start in ("<dependency>", "<plugin>", "<parent>"))


NAMES = st.sampled_from(["a", "b", "c", "d", "project.version", "version"])
TEXTS = st.lists(st.sampled_from(["1", "-", "${", "}", "${a}", "${b}", "${c}", "${d}", "${version}"]), max_size=4)


@given(st.dictionaries(NAMES, TEXTS.map("".join), max_size=5), st.permutations(["a", "b", "c", "d", "version"]))
@settings(max_examples=300)
def test_what_a_property_stands_for_does_not_depend_on_what_was_asked_before(
    properties: dict[str, str], order: list[str]
) -> None:
    fresh = {name: Lookup(properties, {"version": "9"}).fill(f"<${{{name}}}>") for name in order}
    asked = Lookup(properties, {"version": "9"})
    assert {name: asked.fill(f"<${{{name}}}>") for name in order} == fresh


@given(st.integers(1, 2 * MAX_STEPS), st.integers(0, 2 * MAX_STEPS))
@settings(max_examples=60)
def test_a_chain_of_properties_is_followed_up_to_its_limit_from_wherever_it_is_asked(length: int, first: int) -> None:
    chain = {f"p{n}": f"${{p{n + 1}}}" for n in range(length)} | {f"p{length}": "end"}
    lookup = Lookup(chain, {})
    lookup.fill(f"${{p{min(first, length)}}}")
    whole = lookup.fill("${p0}")
    assert whole.text == ("end" if length <= MAX_STEPS else "${p0}")
    assert whole.unknown == (() if length <= MAX_STEPS else ("p0",))
