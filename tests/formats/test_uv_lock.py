"""What the cases do not show: how the scanner and the parser share the work."""

from __future__ import annotations

from typing import Any

import pytest

from osgate.formats import table
from osgate.formats.uv_lock import entries, scan
from osgate.model.dependency import Unreadable

HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
A = '\n[[package]]\nname = "a"\nversion = "1.0"\nsource = { registry = "https://registry.example.test/simple" }\n'


def test_other_names_are_other_files() -> None:
    for path in ("uv.lock", "a/uv.lock", "a/tool.py.lock"):
        row = table.match(path)
        assert row is not None
        assert row.id == "uv-lock"
    for path in ("auv.lock", "uv.lock.txt", "tool.lock", "uv.lock/x"):
        assert table.match(path) is None


def test_what_uv_writes_needs_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def parser(data: bytes) -> Any:
        raise AssertionError("asked")

    monkeypatch.setattr(entries, "parsed", parser)
    assert entries.load((HEAD + A).encode()).lines == [5]
    with pytest.raises(AssertionError, match="asked"):
        entries.load((HEAD + A.replace("=", " =")).encode())


# Each of these is laid out otherwise than uv does it: for some TOML has another answer, for some none.
STRANGE = {
    "comment": "# x\n",
    "comment behind a row": 'x = [\n    "a" # no,\n]\n',
    "no blanks": "x=1\n",
    "tab": 'x = "\t"\n',
    "control character": 'x = "\x7f"\n',
    "other line break": 'x = "\u2028"\n',
    "escape": 'x = "\\u0041"\n',
    "backslash": "x = 'C:\\a'\n",
    "several lines": 'x = """\n"""\n',
    "several lines, literal": "x = '''\n'''\n",
    "literal": "x = 'a'\n",
    "quoted key": '"x" = 1\n',
    "dotted key": "x.y = 1\n",
    "no key": " = 1\n",
    "no value": "x = \n",
    "open string": 'x = "a\n',
    "key twice": "version = 1\n",
    "leading zero": "x = 01\n",
    "negative": "x = -1\n",
    "float": "x = 1.0\n",
    "date": "x = 2026-01-01\n",
    "other digits": "x = ١\n",
    "other digits in a size": '\n[[package]]\nsdist = { url = "u", hash = "h", size = ١ }\n',
    "no digits in a size": '\n[[package]]\nsdist = { url = "u", hash = "h", size =  }\n',
    "huge": "x = 1234567890123456\n",
    "word": "x = truely\n",
    "rest": 'x = "a" "b"\n',
    "key twice inside": "x = { a = 1, a = 2 }\n",
    "odd key inside": 'x = { "a" = 1 }\n',
    "no equals inside": "x = { a }\n",
    "no blanks inside": "x = {a = 1}\n",
    "open table": "x = { a = 1\n",
    "open array": "x = [1\n",
    "empty array, open": "x = [",
    "no commas": "x = [1 2]\n",
    "rows without end": "x = [\n    1,\n",
    "rows without indentation": "x = [\n1,\n]\n",
    "rows without comma": "x = [\n    1\n]\n",
    "sets without end": "x = [[\n    1,\n",
    "sets without end, no line break": "x = [[\n    1,",
    "sets without indentation": "x = [[\n1,\n]]\n",
    "too deep": "x = [[[[[[[[[1]]]]]]]]]\n",
    "unknown header": "[x]\n",
    "header twice": "[manifest]\n[manifest]\n",
    "header of a value": "manifest = { a = 1 }\n\n[manifest.dependency-groups]\n",
    "header above": "[manifest.dependency-groups]\n[manifest]\n",
    "array of tables of a value": "manifest = { a = 1 }\n\n[[manifest.dependency-metadata]]\n",
    "array of tables of an array": "[manifest]\ndependency-metadata = []\n\n[[manifest.dependency-metadata]]\n",
    "package as a value": "package = []\n",
    "package in a package": "\n[[package]]\n[[package]]\n",
    "header of another place": "\n[[package]]\n[manifest]\n",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_what_uv_does_not_write_is_handed_over(text: str) -> None:
    with pytest.raises(scan.Strange):
        scan.document(HEAD + text)


def test_all_that_uv_writes_in_a_head_is_scanned() -> None:
    text = (
        HEAD
        + "conflicts = [[\n"
        + '    { package = "a", extra = "x" },\n    { package = "a", group = "y" },\n], [\n    { package = "b" },\n]]\n'
        + '\n[options]\nprerelease-mode = "allow"\n'
        + 'exclude-newer = "0001-01-01T00:00:00Z" # has no "effect"\n'
        + "\n[options.exclude-newer-package]\na = false\nb = true\n"
        + '\n[manifest]\nmembers = [\n    "a",\n    "b",\n]\n'
        + 'constraints = [{ name = "c", specifier = "<9" }]\nnone = []\n'
        + '\n[[manifest.dependency-metadata]]\nname = "m"\nempty = {}\n'
        + '\n[[manifest.dependency-metadata]]\nname = "n"\nzero = 0\n'
        + A
    )
    tables, lines = scan.document(text)
    parsed = entries.parsed(text.encode())
    assert (tables["manifest"], tables["package"], lines) == (parsed.manifest, parsed.packages, parsed.lines)
    assert tables["manifest"]["dependency-metadata"] == [{"name": "m", "empty": {}}, {"name": "n", "zero": 0}]
    assert tables["options"]["exclude-newer-package"] == {"a": False, "b": True}
    assert tables["conflicts"][1] == [{"package": "b"}]


def test_the_number_of_packages_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MAX_ENTRIES", 2)
    assert len(entries.load((HEAD + A * 2).encode()).packages) == 2
    with pytest.raises(Unreadable) as raised:
        entries.load((HEAD + A * 3).encode())
    assert raised.value.reason == "too-large"


START = 'name = "a"\ndependencies = [\n    { name = "b" },\n]'
SDIST = '\nsdist = { url = "u", hash = "h", size = 1 }'
WHEELS = '\nwheels = [\n    { url = "v" },\n    { url = "w" },\n]'
END = '\n\n[package.optional-dependencies]\nx = [\n    { name = "c" },\n]\n'


@pytest.mark.parametrize("end", ["\n", END])
@pytest.mark.parametrize("files", ["", SDIST, WHEELS, SDIST + WHEELS])
def test_files_are_cut_out_and_nothing_else(files: str, end: str) -> None:
    assert scan.without_files(START + files + end) == START + end


@pytest.mark.parametrize(
    "odd",
    [
        START + SDIST + '\nsource = "s"\n',
        START + WHEELS + '\nsource = "s"\n',
        START + SDIST + WHEELS.replace("[", "[ # more") + END,
        START + WHEELS.removesuffix("\n]"),
        START + SDIST,
    ],
)
def test_where_files_stand_otherwise_nothing_is_cut_out(odd: str) -> None:
    assert scan.without_files(odd) == odd
