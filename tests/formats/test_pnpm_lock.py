from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from osgate.formats.pnpm_lock import graph
from osgate.formats.pnpm_lock.document import Document
from osgate.formats.pnpm_lock.keys import Key, name_of, take_apart, target, without_peers
from osgate.formats.pnpm_lock.load import ordered, parsed
from osgate.formats.pnpm_lock.scan import Scanner
from osgate.formats.pnpm_lock.tree import Tree
from osgate.model.dependency import Unreadable

CASES = Path(__file__).parent / "cases" / "pnpm-lock"
# Written by pnpm itself, releases 4 to 10 (see README.md there).
REAL = sorted(CASES.glob("v[0-9][0-9]-*/pnpm-lock.yaml"))
SHA = "0123456789abcdef0123456789abcdef01234567"
LOCK = """lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0

packages:

  a@1.0.0:
    resolution: {integrity: sha512-AAAA}
    engines: {node: '>=6'}

snapshots:

  a@1.0.0: {}
"""


def with_a(text: str, *, deps: str = "") -> bytes:
    """The lock above with another entry for `a`."""
    changed = LOCK.replace("    resolution: {integrity: sha512-AAAA}\n", text)
    return changed.replace("  a@1.0.0: {}", f"  a@1.0.0:\n{deps}" if deps else "  a@1.0.0: {}").encode()


def by_purl(found) -> dict[str, object]:
    return {dependency.purl: dependency for dependency in found}


def test_two_projects_that_want_one_package_make_it_direct_once(read) -> None:
    second = "  web:\n    devDependencies:\n      a:\n        specifier: ~1.0.0\n        version: 1.0.0\n\npackages:\n"
    (found,) = read("pnpm-lock.yaml", LOCK.replace("packages:\n", second).encode())
    assert (found.direct, found.requirement, found.scope) == (True, "^1.0.0", "runtime")


def test_links_of_several_projects_to_one_folder_are_one(read) -> None:
    links = "".join(
        f"  {folder}:\n    {field}:\n      '@s/lib':\n        specifier: workspace:*\n        version: link:{link}\n\n"
        for folder, field, link in (("apps/web", "devDependencies", "../../lib"), ("apps", "dependencies", "../lib"))
    )
    found = read("pnpm-lock.yaml", LOCK.replace("packages:\n", links + "  lib: {}\n\npackages:\n", 1).encode())
    lib = found[0]
    assert [d.purl for d in found] == ["pkg:npm/%40s/lib", "pkg:npm/a@1.0.0"]
    assert (lib.scope, lib.direct, lib.requirement, lib.line) == ("runtime", True, "workspace:*", 13)
    assert (lib.source.kind, lib.source.url, lib.version) == ("workspace", "lib", "")


@pytest.mark.parametrize(
    ("path", "link", "kind"),
    [
        ("pnpm-lock.yaml", "link:../lib", "path"),
        ("web/pnpm-lock.yaml", "link:../lib", "path"),
        ("pnpm-lock.yaml", "link:lib", "path"),
        ("pnpm-lock.yaml", "link:.", "workspace"),
    ],
)
def test_a_link_to_what_is_no_project_is_a_path(read, path: str, link: str, kind: str) -> None:
    data = LOCK.replace("version: 1.0.0", f"version: {link}").encode()
    found = {d.version: d for d in read(path, data)}
    assert found[""].source.kind == kind


def test_a_package_that_links_says_so(read) -> None:
    deps = "    dependencies:\n      lib: link:libs/lib\n"
    found = by_purl(read("pnpm-lock.yaml", with_a("    resolution: {integrity: sha512-AAAA}\n", deps=deps)))
    lib = found["pkg:npm/lib"]
    assert (lib.parents, lib.direct, lib.scope, lib.source.url) == (("pkg:npm/a@1.0.0",), False, "runtime", "libs/lib")


@pytest.mark.parametrize(
    ("resolution", "kind", "url", "ref", "mutable"),
    [
        ("{integrity: sha512-AAAA}", "registry", None, None, False),
        ("{tarball: a/-/a-1.0.0.tgz}", "registry", "a/-/a-1.0.0.tgz", None, False),
        (
            "{tarball: 'https://u:p@packages.example.com/a/-/a-1.0.0.tgz?x=1'}",
            "registry",
            "https://packages.example.com/a/-/a-1.0.0.tgz?x=1",
            None,
            False,
        ),
        (
            "{tarball: https://packages.example.com/a/-/a-1.0.1.tgz}",
            "url",
            "https://packages.example.com/a/-/a-1.0.1.tgz",
            None,
            False,
        ),
        (
            "{tarball: https://packages.example.com/ba/-/a-1.0.0.tgz}",
            "url",
            "https://packages.example.com/ba/-/a-1.0.0.tgz",
            None,
            False,
        ),
        ("{tarball: https://files.example.com/a/1/x}", "registry", "https://files.example.com/a/1/x", None, False),
        ("{tarball: file:a.tgz}", "path", "file:a.tgz", None, False),
        ("{directory: ../a, type: directory}", "path", "../a", None, False),
        ("{directory: ., type: directory}", "workspace", ".", None, False),
        (f"{{type: git, repo: 'ssh://git@x/a', commit: {SHA}}}", "git", "ssh://git@x/a", SHA, False),
        ("{type: git, repo: https://x/a}", "git", "https://x/a", None, True),
        (
            "{tarball: https://bitbucket.org/o/a/get/main.tar.gz}",
            "git",
            "https://bitbucket.org/o/a/get/main.tar.gz",
            "main",
            True,
        ),
        ("{type: binary, url: https://files.example.com/a}", "url", "https://files.example.com/a", None, False),
        ("{type: custom:cdn}", "unknown", None, None, False),
    ],
)
def test_where_a_package_comes_from(
    read, resolution: str, kind: str, url: str | None, ref: str | None, mutable: bool
) -> None:
    (found,) = read("pnpm-lock.yaml", with_a(f"    resolution: {resolution}\n"))
    assert (found.source.kind, found.source.url, found.source.ref) == (kind, url, ref)
    assert found.mutable is mutable


@pytest.mark.parametrize(
    ("reference", "kind", "url", "version"),
    [
        ("https://files.example.com/a.tgz", "url", "https://files.example.com/a.tgz", ""),
        (f"git+https://git.example.com/a.git#{SHA}", "git", "git+https://git.example.com/a.git", SHA),
        (f"https://codeload.github.com/o/a/tar.gz/{SHA}", "git", f"https://codeload.github.com/o/a/tar.gz/{SHA}", SHA),
        ("file:libs/a", "path", "libs/a", ""),
        ("file:a.tgz", "path", "file:a.tgz", ""),
    ],
)
def test_a_package_without_entry_is_told_from_its_path(read, reference: str, kind: str, url: str, version: str) -> None:
    data = LOCK.replace("version: 1.0.0", f"version: {reference}").encode()
    found = next(d for d in read("pnpm-lock.yaml", data) if d.direct)
    assert (found.source.kind, found.source.url, found.version, found.line) == (kind, url, version, 7)


def test_a_runtime_is_not_the_package_of_its_name(read) -> None:
    data = LOCK.replace("a@1.0.0", "node@runtime:24.4.1").encode()
    assert [d.component for d in read("pnpm-lock.yaml", data) if not d.direct] == ["pkg:generic/node"]


def test_a_registry_of_its_own_is_told_from_the_path(read) -> None:
    data = b"lockfileVersion: 5.4\n\npackages:\n\n  registry.example.test+8080/a/1.0.0:\n    dev: false\n"
    (found,) = read("pnpm-lock.yaml", data)
    assert (found.source.kind, found.source.url) == ("registry", "https://registry.example.test:8080/")


def test_variants_that_are_none_are_left_out(read) -> None:
    resolution = (
        "    resolution: {type: variations, variants: [a, {resolution: b}, {resolution: {url: https://x/a}}]}\n"
    )
    (found,) = read("pnpm-lock.yaml", with_a(resolution))
    assert (found.source.url, found.digests) == ("https://x/a", ())


@pytest.mark.parametrize("name", ["'..'", "a/"])
def test_a_link_with_a_name_that_is_a_path_is_refused(read, name: str) -> None:
    with pytest.raises(Unreadable, match="malformed"):
        read(
            "pnpm-lock.yaml",
            LOCK.replace("      a:", f"      {name}:").replace("version: 1", "version: link:1").encode(),
        )


def test_bounds_are_kept(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MAX_NODES", 1)
    assert len(read("pnpm-lock.yaml", LOCK.encode())) == 1
    for data in (
        LOCK.replace("snapshots:\n", "snapshots:\n\n  b@1.0.0: {}\n").encode(),
        with_a("    resolution: {integrity: sha512-AAAA}\n", deps="    dependencies:\n      b: 1.0.0\n"),
    ):
        with pytest.raises(Unreadable, match="too-large"):
            read("pnpm-lock.yaml", data)


@pytest.mark.parametrize(
    ("family", "path", "parts"),
    [
        (9, "a@1.0.0", Key("a", "1.0.0")),
        (9, "@s/a@1.0.0-rc.1+x(b@2.0.0(c@3.0.0))(d@1.0.0)", Key("@s/a", "1.0.0-rc.1+x")),
        (9, "a@file:x(1)/y", Key("a", "", "file:x(1)/y")),
        (9, "a@file:x(1)/y(b@1.0.0)", Key("a", "", "file:x(1)/y")),
        (9, "a@git+ssh://git@x/a.git#main", Key("a", "", "git+ssh://git@x/a.git#main")),
        (9, "a", None),
        (9, "a@latest", None),
        (9, "a@b@1.0.0", None),
        (6, "/a@1.0.0(b@2.0.0)", Key("a", "1.0.0")),
        (6, "/@s/a@1.0.0", Key("@s/a", "1.0.0")),
        (6, "/a/1.0.0", None),
        (6, "registry.example.test/a@1.0.0", Key("a", "1.0.0", "", "registry.example.test")),
        (6, "registry.example.test/@s/a/1.0.0", Key("@s/a", "1.0.0", "", "registry.example.test")),
        (6, "github.com/o/a/abc", Key("", "", "github.com/o/a/abc")),
        (5, "/a/1.0.0", Key("a", "1.0.0")),
        (5, "/@s/a_b/1.0.0_react@17.0.2+x@1.0.0", Key("@s/a_b", "1.0.0")),
        (5, "/a/1.0.0/react@17.0.2", Key("a", "1.0.0")),
        (5, "/a", None),
        (5, "/a/latest", None),
        (5, "localhost+4873/a/1.0.0", Key("a", "1.0.0", "", "localhost+4873")),
        (5, "@files.example.com/a/1.0.0", Key("", "", "@files.example.com/a/1.0.0")),
        (5, "file:a.tgz", Key("", "", "file:a.tgz")),
    ],
)
def test_dependency_paths(family: int, path: str, parts: Key | None) -> None:
    assert take_apart(family, path) == parts
    if parts is not None and not (parts.address and family != 9):
        assert name_of(family, path) == parts.name


def test_brackets_that_do_not_close_are_no_peers() -> None:
    assert without_peers("a@file:x)") == "a@file:x)"
    assert without_peers("a@file:(x))") == "a@file:(x))"


@pytest.mark.parametrize(
    ("family", "name", "reference", "path"),
    [
        (9, "a", "1.0.0(b@2.0.0)", "a@1.0.0(b@2.0.0)"),
        (9, "x", "a@1.0.0", "a@1.0.0"),
        (9, "x", "@s/a@1.0.0(b@2.0.0)", "@s/a@1.0.0(b@2.0.0)"),
        (9, "a", "git+ssh://git@x/a.git", "a@git+ssh://git@x/a.git"),
        (9, "x", "a@file:y", "a@file:y"),
        (6, "a", "1.0.0(@s/b@2.0.0)", "/a@1.0.0(@s/b@2.0.0)"),
        (6, "x", "/a@1.0.0", "/a@1.0.0"),
        (6, "a", "file:y", "file:y"),
        (6, "a", "github.com/o/a/abc", "github.com/o/a/abc"),
        (5, "a", "1.0.0_react@17.0.2", "/a/1.0.0_react@17.0.2"),
        (5, "x", "/a/1.0.0", "/a/1.0.0"),
    ],
)
def test_what_a_reference_leads_to_is_the_same_whether_it_is_there_or_not(
    family: int, name: str, reference: str, path: str
) -> None:
    assert target(family, name, reference, ()) == path
    assert target(family, name, reference, {path}) == path


def plain(node: object) -> object:
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items() if key != "deprecated"}
    return [plain(item) for item in node] if isinstance(node, list) else str(node)


def told(found: tuple[Document, ...]) -> object:
    try:
        trees = [Tree("pnpm-lock.yaml", document) for document in ordered(found)]
        return [tree.dependencies(tree.graph.nodes) for tree in trees]
    except Unreadable:
        return "refused"


def compare(text: str) -> str:
    """How scanner and YAML loader do on a text; they must not differ."""
    try:
        scanned = Scanner().scan(text)
    except Unreadable:
        scanned = ()
    if scanned is None:
        return "handed over"
    try:
        loaded = parsed(text)
    except Unreadable:
        loaded = ()
    assert [plain(d.root) for d in scanned] == [plain(d.root) for d in loaded]
    assert told(scanned) == told(loaded)
    return "alike"


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.parent.name)
def test_locks_that_pnpm_wrote_need_no_yaml_loader(path: Path) -> None:
    assert compare(path.read_text("utf-8")) == "alike"


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.parent.name)
def test_a_changed_character_is_handed_over_or_read_alike(path: Path) -> None:
    text, chance = path.read_text("utf-8"), Random(path.parent.name)
    outcomes = set()
    for _ in range(40):
        at = chance.randrange(len(text))
        odd = chance.choice("abz09 :'\"{}[],#&*!|>-%@`~?\n\t/.()_^=\\é")
        outcomes.add(compare(text[:at] + odd + text[at + chance.randrange(2) :]))
    assert outcomes == {"alike", "handed over"}


def test_real_locks_are_there() -> None:
    assert len(REAL) == 12


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("'9.0'", '"9.0"'),
        ("'9.0'", "'9.0' # why"),
        ("'9.0'", "&v '9.0'"),
        ("lockfileVersion: '9.0'\n", "lockfileVersion: '9.0'\n  more\n"),
        ("lockfileVersion: '9.0'\n", "lockfileVersion: '9.0'\n    more\n"),
        ("lockfileVersion", " lockfileVersion"),
        ("lockfileVersion", "--- \nlockfileVersion"),
        ("lockfileVersion", "---\n---\nlockfileVersion"),
        ("lockfileVersion: ", "lockfileVersion:"),
        ("packages:\n", "packages:\n\n\n\n\n\n\n    a:\n"),
        ("packages:\n", "packages:\n  # why\n"),
        ("packages:\n", "time:\npackages:\n"),
        ("packages:\n", "? time\n: {}\npackages:\n"),
        ("packages:\n", "time:\n  - a\n  b: c\npackages:\n"),
        ("  a@1.0.0:\n", "   a@1.0.0:\n"),
        ("  a@1.0.0:\n", "  a@1.0.0: \n"),
        ("  a@1.0.0:\n", "  'a@1.0.0:\n"),
        ("  a@1.0.0:\n", "  a@1.0.0: x:\n"),
        ("  a@1.0.0:\n", "  a@1.0.0:\n      b: c\n"),
        ("  a@1.0.0:\n", f"  {'a' * 1001}@1.0.0:\n"),
        ("a@1.0.0: {}", "a@1.0.0: {}\n  a@1.0.0: {}"),
        ("a@1.0.0: {}", "a@1.0.0: {}\n---"),
        ("a@1.0.0: {}", "a@1.0.0:"),
        ("a@1.0.0: {}", "a@1.0.0: null"),
        ("a@1.0.0: {}", "a@1.0.0: {"),
        ("a@1.0.0: {}", "a@1.0.0:\n    dependencies:"),
        ("a@1.0.0: {}", "a@1.0.0:\n    dependencies:\n    dev: true"),
        ("a@1.0.0: {}", "a@1.0.0:\n    dependencies:\n        b: 1.0.0"),
        ("a@1.0.0: {}", "a@1.0.0:\n    transitivePeerDependencies:\n      - b\n      c: d"),
        ("a@1.0.0: {}", "a@1.0.0:\n    transitivePeerDependencies:\n      b: c\n      - d"),
        ("a@1.0.0: {}", "a@1.0.0:\n    dependencies:\n      b: 1.0.0\n      b: 1.0.0"),
        ("a@1.0.0: {}", "a@1.0.0:\n    dependencies:\n      b: 1.0.0\n\n      c: 1.0.0"),
        ("a@1.0.0: {}", "a@1.0.0:\n    dependencies:\n      <<: 1.0.0"),
        ("{node: '>=6'}", "{node: '>=6', node: '>=6'}"),
        ("{node: '>=6'}", "{node: '>=6',}"),
        ("{node: '>=6'}", "{node: >=6}"),
        ("{node: '>=6'}", "{node}"),
        ("{node: '>=6'}", "{node: a[0]}"),
        ("{node: '>=6'}", "{node: {a: b}}"),
        ("{node: '>=6'}", "*v"),
        ("{node: '>=6'}", "it's: not"),
        ("{node: '>=6'}", "'it's'"),
        ("    engines: {node: '>=6'}", "    engines: |-\n      node"),
        ("    engines: {node: '>=6'}", "    deprecated: |2-\n      node"),
        ("    engines: {node: '>=6'}", "    deprecated: |-\n        node"),
        ("    engines: {node: '>=6'}", "    deprecated: |-\n\n      node"),
        ("    engines: {node: '>=6'}", "    deprecated: |-\n      node\n     b: c"),
        ("    engines: {node: '>=6'}", "    engines: {node: '>=6'}\n    resolution: {integrity: sha512-AAAA}"),
        ("sha512-AAAA", "sha512-\u00a0"),
    ],
)
def test_what_pnpm_does_not_write_is_left_to_the_yaml_loader(old: str, new: str) -> None:
    assert old in LOCK
    assert Scanner().scan(LOCK.replace(old, new, 1)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lockfileVersion", "---\nlockfileVersion"),
        ("sha512-AAAA", "sha512-***"),
        ("    engines: {node: '>=6'}", "    deprecated: |-\n      a: b\n        c\n\n      - d\n    dev: true"),
        ("    engines: {node: '>=6'}", "    deprecated: >\n      a\n    hasBin: true"),
        ("    engines: {node: '>=6'}", "    deprecated: 'it''s: old'"),
        ("    engines: {node: '>=6'}", "    bundledDependencies:\n      - b\n      - '@s/c'"),
        ("packages:\n", "time: {}\n\nignoredOptionalDependencies:\n  - b\n  - '@s/*'\n\npackages:\n"),
    ],
)
def test_what_pnpm_may_write_is_read_alike(old: str, new: str) -> None:
    assert compare(LOCK.replace(old, new, 1)) == "alike"


def test_lines_are_those_of_the_yaml_loader() -> None:
    for path in REAL:
        text = path.read_text("utf-8")
        (scanned,), (loaded,) = Scanner().scan(text) or ((),), parsed(text)
        for section, below in loaded.root.items():
            assert scanned.line(section) == loaded.line(section) > 0
            for key, entry in below.items() if isinstance(below, dict) else ():
                assert scanned.line(section, key) == loaded.line(section, key) > 0
                for field, inner in entry.items() if isinstance(entry, dict) else ():
                    for name in inner if isinstance(inner, dict) and len(inner) > 1 and section == "importers" else ():
                        assert scanned.line(section, key, field, name) == loaded.line(section, key, field, name) > 0
        for line in (scanned.line, loaded.line):
            assert line("none") == line("packages", "none") == line("packages", "none", "more") == 0
