"""What the case folders do not show of the requirements reader: includes, scopes, limits, what is imported."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from osgate.formats.guards import MAX_BYTES
from osgate.formats.requirements import includes
from osgate.formats.requirements.annotation import is_constraints, scope_of, via
from osgate.formats.requirements.reading import MAX_ENTRIES, MAX_FILES, MAX_VARIANTS
from osgate.formats.requirements.specifier import MAX_LENGTH
from osgate.model.dependency import Unreadable

if TYPE_CHECKING:
    from conftest import Read


def refusal(read: Read, text: str, files: dict[str, bytes] | None = None) -> Unreadable:
    with pytest.raises(Unreadable) as raised:
        read("requirements.txt", text.encode(), files)
    return raised.value


def test_includes_names_files_of_the_tree() -> None:
    data = b"a==1 -r no.txt\n-r x.txt --pre\n-c ../c.txt\n--requirem=./y/../z.in\n"
    data += b"-r https://e.example.com/r\n-r /abs\n-r ../../o\n"
    assert includes(data, "requirements/dev.txt") == ("requirements/x.txt", "c.txt", "requirements/z.in")
    assert includes(b"-r a.txt\n-r 'open\n-r b.txt", "r.txt") == ("a.txt",)
    assert includes(b"\0", "r.txt") == ()


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("requirements.txt", "runtime"),
        ("a/requirements-dev.txt", "dev"),
        ("dev-requirements.in", "dev"),
        ("requirements/lint.txt", "dev"),
        ("requirements_docs.txt", "dev"),
        ("requirements/test.txt", "test"),
        ("requirements.test-dev.txt", "test"),
        ("requirements-build.txt", "build"),
        ("test/requirements.txt", "runtime"),
        ("requirements-latest.txt", "runtime"),
    ],
)
def test_the_file_name_states_the_scope(path: str, scope: str) -> None:
    assert scope_of(path) == scope


def test_constraints_by_name() -> None:
    names = ("constraints.txt", "a/constraints-3.12.txt", "upper-constraints.txt", "requirements.txt", "constraints.md")
    assert [is_constraints(name) for name in names] == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        ((), None),
        ((" kept for via",), None),
        ((" via internal mirror, see wiki",), None),
        ((" via -r requirements.in (line 3)",), (True, ())),
        ((" via", "   -c constraints.txt", "   Foo_Bar[x]", "   -r a/b.in", "   setup.cfg"), (True, ("foo-bar",))),
        ((" via", "   b", " and a word", "   c"), (False, ("b",))),
        ((" note", " via b, a"), (False, ("a", "b"))),
        ((" via tool (pyproject.toml)",), (True, ())),
    ],
)
def test_via(comments: tuple[str, ...], expected: tuple[bool, tuple[str, ...]] | None) -> None:
    found = via(comments)
    assert (found and (found.direct, found.names)) == expected


def test_a_fault_in_an_include_is_told_with_both_places(read: Read) -> None:
    files = {"a.txt": b"\n\n-r b.txt\n", "b.txt": b"ok\n==\n"}
    error = refusal(read, "x\n-r a.txt\n", files)
    assert (error.reason, error.line, error.params["path"], error.params["at"]) == ("syntax", 2, "b.txt", 2)


def test_limits(read: Read) -> None:
    chain = {f"{n}.txt": f"-r {n + 1}.txt\n".encode() for n in range(MAX_FILES + 1)}
    assert refusal(read, "-r 0.txt\n", chain).reason == "too-large"
    assert refusal(read, "a" * (MAX_LENGTH + 1)).reason == "too-large"
    assert refusal(read, "-r b.txt\n", {"b.txt": b" " * MAX_BYTES}).reason == "too-large"
    variants = [f"a=={n} ; python_version == '{n}'\n" for n in range(MAX_VARIANTS + 1)]
    assert len(read("requirements.txt", "".join(variants[:-1]).encode())) == MAX_VARIANTS
    assert refusal(read, "".join(variants)).reason == "duplicate-pin"
    assert MAX_ENTRIES >= 100_000


@pytest.mark.parametrize(
    "text", ["a" + "\t" * 16_000 + "!", "a[" * 8_000, "a~=" + "1." * 8_000 + "x", "a" + ".a" * 8_000 + "!"]
)
def test_no_line_makes_an_expression_run_wild(read: Read, text: str) -> None:
    """These took minutes with expressions that may share out one run of characters in several ways."""
    assert refusal(read, text).reason == "syntax"


def test_ordinary_files_need_neither_packaging_nor_shlex() -> None:
    slow = "packaging shlex typing dataclasses argparse pathlib subprocess logging tomllib"
    text = b"a[x]>=1,<2 ; python_version < '3'\nb==1 --hash=sha256:aa\n-r c.txt"
    program = f"""
from osgate.formats.requirements import read
assert len(read('requirements.txt', {text!r}, {{'c.txt': b'd'}}.get)) == 3
print(sorted(set({slow!r}.split()) & set(sys.modules)))
"""
    # -S: the site module of an editable install imports some of these by itself.
    source = str(__import__("pathlib").Path(__import__("osgate").__file__).parent.parent)
    command = [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {source!r}){program}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"
