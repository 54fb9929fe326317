"""Requirements files: equal to pip and to `packaging` on what they both read, and never a stray exception."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from osgate.formats.requirements import includes, read, specifier
from osgate.formats.requirements.lines import lines
from osgate.formats.requirements.specifier import parse, parse_editable
from osgate.model.dependency import Dependency, Unreadable
from osgate.purl import normalise_pypi

if TYPE_CHECKING:
    from collections.abc import Iterator

SHA = "0123456789abcdef0123456789abcdef01234567"
SAMPLE = f"""# made by hand
-i https://packages.example.com/simple
foo[x]==1.2.3 ; python_version < "3.8" \\
    --hash=sha256:{"a" * 64}
    # via
    #   -r requirements.in
    #   bar
bar (>=1,<2)
-r base.txt
-c constraints.txt
-e git+https://github.com/o/r.git@{SHA}#egg=zed&subdirectory=x
lib @ https://files.example.com/lib-1.0-py3-none-any.whl#sha256=abcd
./vendor/x-1.0.tar.gz
--no-binary=:all:
""".encode()
FILES = {"base.txt": b"one\ntwo==2\n-r requirements.txt\n", "constraints.txt": b"one==1.0\n"}


def outcome(data: bytes) -> tuple[Dependency, ...] | str:
    includes(data, "requirements.txt")
    try:
        return read("requirements.txt", data, FILES.get)
    except Unreadable as error:
        line, reason = error.line, error.reason
    assert 0 <= line <= data.count(b"\n") + 1
    return reason


def test_the_sample_itself_is_read() -> None:
    assert [d.purl for d in read("requirements.txt", SAMPLE, FILES.get)] == [
        "pkg:pypi/foo@1.2.3",
        "pkg:pypi/bar",
        "pkg:pypi/one@1.0",
        "pkg:pypi/two@2",
        f"pkg:pypi/zed@{SHA}",
        "pkg:pypi/lib@1.0",
        "pkg:generic/x-1.0",
    ]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    outcome(data)


@settings(max_examples=400, deadline=None)
@given(st.text("ab1.-_=<>!~,;@[]()\"'#\\/ \t\n\x0c:+e", max_size=60))
def test_random_lines(text: str) -> None:
    outcome(text.encode())


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255))
def test_one_changed_byte(at: int, byte: int) -> None:
    outcome(SAMPLE[:at] + bytes([byte]) + SAMPLE[at + 1 :])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(SAMPLE)))
def test_truncation(at: int) -> None:
    outcome(SAMPLE[:at])


# One line against `packaging`, from its grammar with some that break it.
names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,6}[A-Za-z0-9])?", fullmatch=True)
spaces = st.sampled_from(["", " ", "\t", "  "])
versions = st.from_regex(
    r"v?([0-9]!)?[0-9]{1,3}(\.[0-9]{1,2}){0,3}(\.\*|[-_.]?(a|b|rc|RC|alpha)[0-9]?)?(\.post[0-9])?(\.dev[0-9])?(\+[a-zA-Z0-9.]{1,3})?",
    fullmatch=True,
)
clauses = st.tuples(st.sampled_from(["==", "===", "~=", "!=", "<=", ">=", "<", ">", "="]), spaces, versions).map(
    "".join
)
extras = st.one_of(st.just(""), st.lists(names, max_size=3).map(lambda found: f"[{', '.join(found)}]"))
variables = st.sampled_from(["python_version", "sys_platform", "os_name", "platform_machine", "extra", "nonsense"])
operators = st.sampled_from(["==", "!=", "<", ">=", "~=", " in ", " not in ", "=", "in"])
quoted = st.sampled_from(["'3.8'", '"win32"', "''", "'a b'", '"it\'s"', "'"])
joints = st.sampled_from([" and ", " or ", "and", " ", ", "])
atoms = st.tuples(spaces, variables, spaces, operators, spaces, quoted, spaces).map("".join)
markers = st.recursive(
    atoms,
    lambda inner: st.one_of(inner.map(lambda t: f"({t})"), st.tuples(inner, joints, inner).map("".join)),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None)
@given(names, spaces, extras, spaces, st.lists(clauses, max_size=3), spaces)
def test_a_requirement_is_what_packaging_says(
    name: str, one: str, extra: str, two: str, found: list[str], three: str
) -> None:
    text = (name + one + extra + two + f"{three},{three}".join(found)).strip()
    assume(not specifier._without_extras(text).lower().endswith(specifier.ARCHIVES))
    try:
        judge = Requirement(text)
    except InvalidRequirement:
        with pytest.raises(Unreadable):
            parse(text, 1)
        return
    mine = parse(text, 1)
    assert mine.name == judge.name
    assert SpecifierSet(mine.specifier) == judge.specifier
    written = {clause.lstrip("=").strip() for clause in found if clause.startswith("==") and not clause.endswith(".*")}
    assert mine.version == (written.pop() if len(written) == 1 else "")


@settings(max_examples=200, deadline=None)
@given(markers)
def test_a_marker_is_what_packaging_says(text: str) -> None:
    assume(text.strip())
    try:
        Marker(text)
        valid = True
    except InvalidMarker:
        valid = False
    try:
        parse(f"foo==1;{text}", 1)
        said = ""
    except Unreadable as error:
        said = error.reason
    assert said == ("" if valid else "syntax")


# Whole files against pip's own reader.
comments = st.sampled_from(["", "", "", "", " # note", "  # a # b", "#no-comment", "\t# tab", " # x \\"])
projects = st.sampled_from(["foo", "Foo_Bar", "a.b-c", "x", "y2"])
plain = st.tuples(
    projects,
    st.sampled_from(["", "", "[x]", "[x, y_z]"]),
    st.sampled_from(["", "==1.0", ">=2,<3", " ~= 1.4", "===1.1", "!=1.5", " (==1.2)"]),
).map("".join)
marked = st.tuples(
    plain, st.sampled_from(["", ";python_version<'3'", " ; os_name == 'nt' and extra == 'x'", " ;"])
).map("".join)
behind = st.sampled_from([f" --hash=sha256:{'0f' * 32}", " -C a=b", " -i https://x.example.com", " --global-option=x"])
hashed = st.tuples(plain, behind).map("".join)
split = st.tuples(
    projects, st.sampled_from([" \\\n", "\\\n", " \\\n # inside\n"]), st.sampled_from(["==3.0", " >=3", "", "# x"])
)
addresses = st.sampled_from(
    [
        "https://files.example.com/a_b-1.0-py3-none-any.whl",
        "git+https://git.example.com/o/r.git@main#egg=named",
        "-e git+ssh://git@git.example.com/o/r.git#egg=edit",
        "--editable=hg+https://hg.example.com/r@7#egg=merc&subdirectory=x",
        "https://files.example.com/s-1.tar.gz#egg=sdist",
        "named @ https://files.example.com/named-1.zip ; os_name == 'nt'",
        "named@git+https://git.example.com/o/r.git",
    ]
)
options = st.sampled_from(
    [
        "--pre",
        "-i https://packages.example.com/s",
        "--index=https://x.example.com",
        "--no-index -f dir",
        "--only-binary=:all: ignored",
    ]
)
bad = st.sampled_from(
    [*[""] * 18, "foo bar", "--bogus", "foo==", "--hash", "-z", "foo==1 --hash=md5:aa", "foo ; x", "--no x", "foo=1"]
)
blank = st.sampled_from(["", "   ", "# comment", "   # indented", "#x \\"])
rows = st.tuples(st.one_of(plain, marked, hashed, split.map("".join), addresses, options, blank), comments)
# One line that breaks the file is enough, and mostly there is none: pip and osgate then agree on nothing else.
documents = st.tuples(st.lists(rows.map("".join), max_size=8).map("\n".join), bad).map("\n".join)
Entry = tuple[str, str, str, bool, tuple[str, ...], int]


def by_pip(text: str) -> list[Entry]:
    """Return name, specifier, address, editable, hashes and line of what pip reads; raises what pip raises."""
    from pip._internal.req.constructors import install_req_from_parsed_requirement
    from pip._internal.req.req_file import parse_requirements

    found = []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        path = Path(folder, "requirements.txt")
        path.write_text(text, "utf-8")
        for parsed in parse_requirements(str(path), session=None):  # type: ignore[arg-type] # it would only fetch addresses
            made = install_req_from_parsed_requirement(parsed)
            link = made.link.url if made.link else ""
            specifier = "" if link else str(made.specifier)
            hashes = tuple(f"{name}:{digest}" for name, all_of in made.hash_options.items() for digest in all_of)
            line = int(parsed.comes_from.rpartition("line ")[2].rstrip(")"))
            found.append((normalise_pypi(made.name or ""), specifier, link, parsed.is_editable, hashes, line))
    return found


def by_osgate(text: str) -> Iterator[Entry]:
    dependencies = {d.line: d for d in read("requirements.txt", text.encode(), lambda path: None)}
    for line in lines(text):
        editable = None if line.text else line.first("editable")
        if line.text or editable:
            asked = parse_editable(editable, line.number) if editable else parse(line.text, line.number)
            hashes = tuple(value for name, value in line.options if name == "hash")
            component = dependencies[line.number].component
            name = component.removeprefix("pkg:pypi/") if component.startswith("pkg:pypi/") else ""
            yield name, str(SpecifierSet(asked.specifier)), asked.address, asked.editable, hashes, line.number


@settings(max_examples=150, deadline=None)
@given(documents)
def test_a_file_is_what_pip_reads(text: str) -> None:
    from pip._internal.exceptions import PipError

    # A second `#` in an address: pip's answer depends on its age. A digest that is no hexadecimal never matches.
    assume("#no-comment" not in text or ("egg=" not in text and "--hash" not in text))
    try:
        wanted = by_pip(text)
    except (PipError, ValueError, DeprecationWarning):  # its specifier errors are ValueErrors; older pip only warns
        with pytest.raises(Unreadable):
            read("requirements.txt", text.encode(), lambda path: None)
        return
    try:
        found = list(by_osgate(text))
    except Unreadable as error:
        found, reason = [], error.reason
    else:
        reason = ""
    # That two pins cannot both hold, pip only finds out later.
    assert found == wanted if not reason else reason == "duplicate-pin"
