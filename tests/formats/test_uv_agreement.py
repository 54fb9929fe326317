"""A lock of uv held against what people declare."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier
from packaging.version import InvalidVersion, Version

import audit
from osgate import purl as purls
from osgate.formats import table
from osgate.formats.uv_lock import declared, names
from osgate.model.dependency import Unreadable

HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
APP = '\n[[package]]\nname = "app"\nversion = "0.1"\nsource = { virtual = "." }\n'
PROJECT = '[project]\nname = "app"\nversion = "0.1"\n'


def asked(dist: str = "", **groups: str) -> str:
    """What a lock repeats of a project's requirements."""
    made = f"\n[package.metadata]\nrequires-dist = [{dist}]\n"
    return made + "\n[package.metadata.requires-dev]\n" + "".join(f"{key} = [{row}]\n" for key, row in groups.items())


def compared(lock: str, manifest: str, path: str = "pyproject.toml") -> list[tuple[int, str, str, str]]:
    found = told(lock, {path: manifest})
    assert {d[0] for d in found} <= {path}
    return [d[1:] for d in found]


def told(lock: str, files: dict[str, str], path: str = "uv.lock") -> list[tuple[str, int, str, str, str]]:
    content = {name: text.encode() for name, text in files.items()}
    with audit.no_io():
        found = table.disagreements(path, lock.encode(), content.get)
    return [(d.manifest, d.line, d.name, d.declared, d.locked) for d in found]


def test_what_agrees_is_passed_over_however_it_is_written() -> None:
    manifest = PROJECT + (
        'dependencies = ["A_b >= 2.0 , <4; python_version < \'3.14\'", "c[Y, x]==1.0.*", "local", "d~=1.0rc1"]\n'
        '[project.optional-dependencies]\nWeb_X = ["a-b>=3"]\n'
        '[dependency-groups]\ntest = ["t"]\ndev = [{include-group = "test"}, "u===Odd"]\nnone = []\n'
        '[tool.uv]\ndev-dependencies = ["v"]\n'
        "[tool.uv.sources]\nlocal = {workspace = true}\n"
    )
    dist = (
        '{ name = "a-b", marker = "python_full_version < \'3.14\'", specifier = ">=2.0,<4" }, '
        '{ name = "a-b", marker = "extra == \'web-x\'", specifier = ">=3" }, '
        '{ name = "c", extras = ["x", "y"], specifier = "==1.0.*" }, { name = "local", editable = "local" }, '
        '{ name = "d", specifier = "~=1.0rc1" }'
    )
    dev = '{ name = "t" }, { name = "u", specifier = "===Odd" }, { name = "v", specifier = "*" }'
    assert compared(HEAD + APP + asked(dist, test='{ name = "t" }', dev=dev, none=""), manifest) == []


def test_what_is_declared_or_locked_alone_or_otherwise() -> None:
    manifest = PROJECT + (
        'dependencies = [\n  "new>1",\n  "other>=2",\n  "same",\n]\n'
        '[project.optional-dependencies]\nweb = ["moved"]\n[dependency-groups]\ndev = ["extra[x]"]\n'
    )
    dist = '{ name = "gone", specifier = "<3" }, { name = "moved" }, '
    dist += '{ name = "other", specifier = ">=1" }, { name = "same" }'
    assert compared(HEAD + APP + asked(dist, dev='{ name = "extra" }'), manifest) == [
        (0, "gone", "", "gone<3"),
        (0, "moved", "", "moved"),
        (5, "new", "new>1", ""),
        (6, "other", "other>=2", "other>=1"),
        (10, "moved", "moved (extra web)", ""),
        (12, "extra", "extra[x] (group dev)", "extra (group dev)"),
    ]


def test_one_name_asked_for_in_several_ways() -> None:
    manifest = PROJECT + "dependencies = [\"a>=1; sys_platform == 'win32'\",\n\"a>=2; sys_platform != 'win32'\"]\n"
    rows = '{{ name = "a", marker = "x", specifier = ">=1" }}, {{ name = "a", marker = "y", specifier = ">={}" }}'
    assert compared(HEAD + APP + asked(rows.format(2)), manifest) == []
    assert compared(HEAD + APP + asked(rows.format(3)), manifest) == [(4, "a", "a>=1, a>=2", "a>=1, a>=3")]


def test_what_a_build_finds_out_is_not_compared() -> None:
    locked = HEAD + APP + asked('{ name = "a" }, { name = "b", marker = "extra == \'x\'" }', dev='{ name = "c" }')
    # Of a folder that leaves all to its build, uv records no groups.
    built = '[build-system]\nrequires = ["setuptools"]\n[dependency-groups]\ndev = ["other"]\n'
    assert compared(locked, built) == compared(HEAD + APP, built) == []
    dynamic = PROJECT + 'dynamic = ["dependencies", "optional-dependencies"]\n[dependency-groups]\ndev = ["c"]\n'
    assert compared(locked, dynamic) == []
    only_one = PROJECT + 'dynamic = ["dependencies"]\n[dependency-groups]\ndev = ["c"]\n'
    assert compared(locked, only_one) == [(0, "b", "", "b (extra x)")]


def test_addresses_are_not_compared() -> None:
    manifest = PROJECT + (
        'dependencies = ["a @ https://packages.example.com/a.zip", "b>=1", "c>=1", "d>=1"]\n'
        '[tool.uv.sources]\nb = { git = "https://git.example.com/b" }\nc = [{ path = "x" }, { index = "i" }]\n'
        'd = { index = "i" }\n'
    )
    rows = '{ name = "a", url = "https://elsewhere.example.com/a.zip" }, { name = "b", git = "x" }, { name = "c" }, '
    assert compared(HEAD + APP + asked(rows + '{ name = "d", specifier = ">=2" }'), manifest) == [
        (4, "d", "d>=1", "d>=2")
    ]


def test_each_project_of_a_workspace_is_compared_with_its_own_manifest() -> None:
    member = '\n[[package]]\nname = "{0}"\nversion = "1"\nsource = {{ editable = "{1}" }}\n\n[package.metadata]\n'
    lock = HEAD + "".join(
        member.format(name, place) + f'requires-dist = [{{ name = "{name}-needs" }}]\n'
        for name, place in (("b", "libs/b"), ("c", "../c"), ("far", "../../far"), ("lost", "lost"))
    )
    files = {
        "apps/libs/b/pyproject.toml": PROJECT + 'dependencies = ["b-needs"]\n',
        "c/pyproject.toml": PROJECT + 'dependencies = ["else"]\n',
        "far/pyproject.toml": PROJECT,
        "pyproject.toml": PROJECT,
    }
    assert told(lock, files, "apps/uv.lock") == [
        ("c/pyproject.toml", 0, "c-needs", "", "c-needs"),
        ("c/pyproject.toml", 4, "else", "else", ""),
    ]


def test_groups_without_a_project_stand_in_the_head() -> None:
    lock = HEAD + '\n[manifest.dependency-groups]\ndev = [{ name = "six", specifier = ">=1" }]\n'
    assert compared(lock, '[dependency-groups]\ndev = ["six>=1"]\n') == []
    assert compared(lock, '[dependency-groups]\ndev = ["six>=2"]\n') == [
        (2, "six", "six>=2 (group dev)", "six>=1 (group dev)")
    ]


SCRIPT = "#!python\n# /// script\n# dependencies = [\n#   'rich>=13',\n#   'local',\n# ]\n#\n{}# ///\nimport rich\n"
SOURCES = "# [tool.uv.sources]\n# local = { path = 'local' }\n"


def test_a_script_is_compared_with_what_it_says_of_itself() -> None:
    rows = '{{ name = "rich", specifier = ">={}" }}, {{ name = "local", path = "local" }}'
    locks = [HEAD + f"\n[manifest]\nrequirements = [{rows.format(version)}]\n" for version in (13, 14)]
    files = {"tools/x.py": SCRIPT.format(SOURCES)}
    assert told(locks[0], files, "tools/x.py.lock") == []
    assert told(locks[1], files, "tools/x.py.lock") == [("tools/x.py", 4, "rich", "rich>=13", "rich>=14")]
    assert told(locks[0], {}, "tools/x.py.lock") == []
    assert told(locks[0], {"tools/x.py": "import rich\n"}, "tools/x.py.lock") == []
    assert told(HEAD, {"tools/x.py": "# /// script\n# ///"}, "tools/x.py.lock") == []


@pytest.mark.parametrize(
    ("script", "ambiguous"),
    [
        ("# /// script\n# dependencies = []\n", False),
        ("# /// script\nx = 1\n# ///\n", False),
        ("# /// script\n# ///\n# /// script\n# ///\n", True),
    ],
)
def test_a_block_without_end_or_twice_is_refused(script: str, ambiguous: bool) -> None:
    with pytest.raises(Unreadable) as raised:
        told(HEAD, {"x.py": script}, "x.py.lock")
    assert (raised.value.reason, raised.value.line, raised.value.ambiguous) == ("malformed", 1, ambiguous)


@pytest.mark.parametrize(
    ("manifest", "reason", "line"),
    [
        ("[project", "truncated", 1),
        (PROJECT + 'dependencies = ["a b"]\n', "syntax", 4),
        (PROJECT + 'dependencies = ["a>=1\u202e"]\n', "hostile-name", 4),
        (PROJECT + f'dependencies = ["a{"a" * 20000}"]\n', "too-large", 4),
        (PROJECT + 'dependencies = "a"\n', "malformed", 0),
        (PROJECT + "dependencies = [1]\n", "malformed", 0),
        (PROJECT + "optional-dependencies = []\n", "malformed", 0),
        ("project = 1\n", "malformed", 0),
        ("[dependency-groups]\ndev = 1\n", "malformed", 0),
        ("[dependency-groups]\ndev = [{include-group = 'no'}]\n", "malformed", 0),
        ("[dependency-groups]\ndev = [{include-group = 'dev'}]\n", "malformed", 0),
        ("[dependency-groups]\ndev = [{other = 'dev'}]\n", "malformed", 0),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(manifest: str, reason: str, line: int) -> None:
    with pytest.raises(Unreadable) as raised:
        compared(HEAD + APP + asked(), manifest)
    assert (raised.value.reason, raised.value.line) == (reason, line)


def test_groups_that_include_each_other_without_end_are_refused() -> None:
    rows = [f"g{n} = [{{include-group = 'g{n + 1}'}}, {{include-group = 'g{n + 1}'}}]\n" for n in range(40)]
    with pytest.raises(Unreadable) as raised:
        compared(HEAD + APP + asked(), "[dependency-groups]\n" + "".join(rows) + "g40 = []\n")
    assert raised.value.reason == "malformed"


@pytest.mark.parametrize(
    "row",
    [
        '{ name = "a", specifier = 1 }',
        '{ name = "a", specifier = "one" }',
        '{ name = "a", extras = "x" }',
        "{ specifier = 1 }",
        '"a"',
    ],
)
def test_a_lock_that_repeats_nonsense_is_refused(row: str) -> None:
    with pytest.raises(Unreadable):
        compared(HEAD + APP + asked(row), PROJECT)


def test_a_list_that_is_none_is_refused() -> None:
    with pytest.raises(Unreadable) as raised:
        compared(HEAD + APP + "\n[package.metadata]\nrequires-dist = 1\n", PROJECT)
    assert raised.value.reason == "malformed"


def test_a_lock_in_another_layout_is_compared_alike() -> None:
    other = (HEAD + APP + asked('{ name = "a" }')).replace(" = ", "=")
    assert compared(other, PROJECT + 'dependencies = ["b"]\n') == [(0, "a", "", "a"), (4, "b", "b", "")]
    spanning = HEAD + 'x = """\n"""\n' + APP + asked('{ name = "a" }')
    assert compared(spanning, PROJECT) == [(0, "a", "", "a")]


def test_versions_that_people_write_in_their_own_way() -> None:
    rows = '{ name = "a", specifier = ">=1.0rc1,<2" }, { name = "b", specifier = "==2023.7.1" }, { name = "c" }'
    manifest = PROJECT + 'dependencies = ["a (<2, >= 1.0-RC.1)", "b == 2023.07.01", "c @ file:///c"]\n'
    assert compared(HEAD + APP + asked(rows), manifest) == []


WORDS = st.sampled_from(["a", "A.b", "c_d-e", "x1"])
RELEASES = st.sampled_from(
    ["1", "1.0", "2.10.3", "1.0rc1", "1.0.post2", "3.dev0", "1.0.*", "01.2", "1.0-1", "v1", "1.0RC1"]
)
CLAUSES = st.builds(
    "{}{}{}".format, st.sampled_from(["==", "!=", ">=", "<", "~=", "==="]), st.sampled_from(["", " "]), RELEASES
)
REQUIREMENTS = st.builds(
    "{}{}{}{}".format,
    WORDS,
    st.lists(WORDS, max_size=2).map(lambda extras: f"[{', '.join(extras)}]" if extras else ""),
    st.lists(CLAUSES, max_size=2).map(" , ".join),
    st.sampled_from(["", "; python_version < '3.12'", " ;extra == 'x'"]),
)


@given(REQUIREMENTS)
@settings(max_examples=300)
def test_a_requirement_is_understood_as_packaging_does(text: str) -> None:
    found = declared.Declared("")
    refused = False
    try:
        found.add("", [text])
    except Unreadable:
        refused = True
    try:
        judged = Requirement(text)
    except InvalidRequirement:
        assert refused
        return
    assert not refused
    ((_, name), told), *rest = found.texts().items()
    (said,) = told
    extras, _, versions = said.rpartition("]")
    assert not rest
    assert name == purls.normalise_pypi(judged.name)
    assert extras.strip("[") == ",".join(sorted({names.normal(extra, 0) for extra in judged.extras}))
    own = {Specifier(clause) for clause in versions.split(",") if clause}
    assert own == {Specifier(normalised(clause)) for clause in judged.specifier}


def normalised(clause: Specifier) -> str:
    """A clause with its version in normal form; `===` compares texts."""
    stem = clause.version.removesuffix(".*")
    try:
        return f"{clause.operator}{Version(stem)}{clause.version[len(stem) :]}"
    except InvalidVersion:
        return str(clause)
