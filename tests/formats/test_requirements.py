"""What the case folders do not show of the requirements reader: includes, scopes, limits, what is imported."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from osgate.formats.guards import MAX_BYTES
from osgate.formats.requirements import includes
from osgate.formats.requirements import reading as reading_module
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


def test_more_entries_than_any_project_has_are_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "MAX_ENTRIES", 2)
    assert len(read("requirements.txt", b"a\nb\n")) == 2
    error = refusal(read, "a\nb\nc\n")
    assert (error.reason, error.line) == ("too-large", 3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfea\0=\0=\x001\0", "pkg:pypi/a@1"),
        (b"\xfe\xff\0a\0=\0=\x001", "pkg:pypi/a@1"),
        (b"\xff\xfea\0b", "not-text 1"),
        (b"\xff\xfe\0\xd8", "not-text 1"),
        (b"# -*- coding: utf-8 -*-\na==1", "pkg:pypi/a@1"),
        (b"#\n# coding=UTF_8\na==1 # \xe4\xb8\xad", "pkg:pypi/a@1"),
        (b"# coding: latin-1\na==1", "pkg:pypi/a@1"),
        (b"# coding: latin-1\na==1 # \xe9", "encoding 1"),
        (b"# coding: utf-16\na==1", "encoding 1"),
        ("# coding: gbk\na==1 # 中".encode("gbk"), "pkg:pypi/a@1"),
        ("#\n# coding: gbk\na==1 # 中".encode(), "encoding 2"),
        (b"#\n#\n# coding: utf-16\na==1", "pkg:pypi/a@1"),
        (b"b==2 # coding: utf-16", "pkg:pypi/b@2"),
    ],
)
def test_a_file_is_read_in_the_encoding_that_pip_takes_or_not_at_all(read: Read, data: bytes, said: str) -> None:
    try:
        (found,) = read("requirements.txt", data)
        heard = found.purl
    except Unreadable as error:
        heard = f"{error.reason} {error.line}"
    assert heard == said


@pytest.mark.parametrize(
    "line",
    [
        "--pre=yes",
        "odd://files.example.com/a",
        "./no such folder",
        "git+https://git.example.com/o/r.git#egg=-odd-",
        "-e ftp://files.example.com/a",
        "name_",
        "name_>=1",
        "name.[x]==1",
    ],
)
def test_what_pip_could_not_use_is_refused(read: Read, line: str) -> None:
    error = refusal(read, f"ok\n{line}\n")
    assert (error.reason, error.line) == ("syntax", 2)


@pytest.mark.parametrize(
    ("line", "purls"),
    [
        ("-i https://packages.example.com/s -- --bogus", []),
        ("--pre - word", []),
        ("-e git://git.example.com/o/r.git@v1#egg=a", ["pkg:pypi/a@v1"]),
        ("./my vendor/a-1.0.tar.gz", ["pkg:generic/a-1.0"]),
    ],
)
def test_what_pip_could_use_is_read(read: Read, line: str, purls: list[str]) -> None:
    assert [d.purl for d in read("requirements.txt", line.encode(), {"my vendor/a-1.0.tar.gz": b""})] == purls


def test_none_starts_the_choice_of_source_packages_over(read: Read) -> None:
    text = "--no-binary=a,b\n--no-binary=:none:,c\na\nc\n"
    assert [d.install_code for d in read("requirements.txt", text.encode())] == [None, True]


def test_two_pins_of_which_no_order_is_known_contradict_each_other(read: Read) -> None:
    assert len(read("requirements.txt", b"a===odd\na===odd\n")) == 2
    error = refusal(read, "a===odd\na===other\n")
    assert (error.reason, error.line, error.ambiguous) == ("duplicate-pin", 2, True)


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
