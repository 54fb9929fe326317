from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType

import pytest

import audit
from osgate.errors import Undecided
from osgate.formats import table
from osgate.model.dependency import Unreadable

READ = {
    "npm-lock": ["package-lock.json", "a/b/package-lock.json", "npm-shrinkwrap.json", "web/npm-shrinkwrap.json"],
    "requirements": [
        "requirements.txt",
        "requirements-dev.txt",
        "requirements_test.txt",
        "requirements.in",
        "requirements-dev.in",
        "dev-requirements.txt",
        "dev_requirements.txt",
        "dev-requirements.in",
        "requirements/base.txt",
        "a/requirements/base.in",
        "constraints.txt",
        "a/constraints-3.12.txt",
        "upper-constraints.txt",
    ],
    "pnpm-lock": ["pnpm-lock.yaml", "web/pnpm-lock.yaml", "pnpm-lock.feature!x.yaml", "a/shrinkwrap.yaml"],
    "uv-lock": ["uv.lock", "svc/uv.lock", "tools/report.py.lock"],
    "maven-pom": ["pom.xml", "core/pom.xml", "a-1.0.pom", "x/.flattened-pom.xml", "core.pom.xml"],
    "dockerfile": [
        "Dockerfile",
        "deploy/dockerfile",
        "Dockerfile.dev",
        "a/Dockerfile-web",
        "Dockerfile_x",
        "web.Dockerfile",
        "web-dockerfile",
        "Containerfile",
        "x/containerfile.prod",
        "web.containerfile",
    ],
    "github-actions": [
        ".github/workflows/ci.yml",
        ".github/workflows/ci.yaml",
        "action.yml",
        "actions/setup/action.yaml",
        ".github/actions/x/action.yml",
    ],
}
UNREAD = [
    "package.json",
    "my-package-lock.json",
    "package-lock.json.orig",
    "package-lock.json/readme",
    "requirements.md",
    "requirements.txt.bak",
    "docs/requirements/index.md",
    "requirements/nested/base.txt",
    "requirements",
    "constraints.md",
    "README.txt",
    ".github/workflows/nested/ci.yml",
    "sub/.github/workflows/ci.yml",
    ".github/workflows/ci.json",
    "x.github/workflows/ci.yml",
    "reaction.yml",
    "my-pnpm-lock.yaml",
    "pnpm-lock.yml",
    "pnpm-lock/x.yaml",
    "poetry.lock",
    "my-uv.lock",
    "report.py.lock.orig",
    "mypom.xml",
    "pom.xml.orig",
    "a.pom.txt",
    "DOCKERFILE",
    "Dockerfiles",
    "docs/Dockerfile/readme.txt",
    "mydockerfile",
    "",
]


@pytest.mark.parametrize(("row", "path"), [(row, path) for row, paths in READ.items() for path in paths])
def test_a_path_finds_its_format(row: str, path: str) -> None:
    found = table.match(path)
    assert found is not None
    assert found.id == row


@pytest.mark.parametrize("path", UNREAD)
def test_other_paths_find_none(path: str) -> None:
    assert table.match(path) is None


def test_a_folder_with_a_line_break_hides_nothing() -> None:
    found = table.match("a\nb/package-lock.json")
    assert found is not None
    assert found.id == "npm-lock"


def test_git_selects_the_same_files_by_pathspec(tmp_path) -> None:
    """The native hook asks git, everything else asks the pattern; neither may see a file the other one misses."""
    paths = [path for paths in READ.values() for path in paths] + [path for path in UNREAD if path]
    paths = [path for path in paths if not any(other.startswith(f"{path}/") for other in paths)]
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    for row in table.ROWS:
        argv = ["git", "ls-files", "-z", "--", *row.pathspecs]
        listed = subprocess.run(argv, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
        by_pattern = {path for path in paths if (found := table.match(path)) and found.id == row.id}
        assert by_pattern
        assert {path for path in listed.split("\0") if path} == by_pattern


def test_a_match_imports_no_reader() -> None:
    code = (
        "import sys; from osgate.formats import table; table.match('package-lock.json');"
        "print([m for m in sys.modules if m.startswith('osgate.formats.') and m[15:] not in ('table',)])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_every_row_has_a_reader() -> None:
    assert all(callable(table.reader(row)) for row in table.ROWS)
    assert len({row.id for row in table.ROWS}) == len(table.ROWS)


def test_a_path_of_no_format_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="unknown-format"):
        table.read("README.md", b"", lambda path: None)


class Broken(ModuleType):
    """A reader that does as it is told."""

    def __init__(self, action) -> None:
        super().__init__("broken_reader")
        self.read = lambda path, data, siblings: action(siblings)


def reading(monkeypatch, action) -> None:
    monkeypatch.setitem(sys.modules, "broken_reader", Broken(action))
    row = table.Row("broken", r"package-lock\.json", (".json",), ("package-lock.json",), (), "broken_reader")
    monkeypatch.setattr(table, "match", lambda path: row)


def deeper(n: int) -> int:
    return deeper(n + 1) + 1


@pytest.mark.parametrize(
    "stumble",
    [
        lambda siblings: deeper(0),
        lambda siblings: int("x"),
        lambda siblings: {}["x"],
        lambda siblings: [][1],
        lambda siblings: None + 1,
        lambda siblings: None.x,
        lambda siblings: 1 // 0,
        lambda siblings: "\ud800".encode(),
    ],
)
def test_what_a_reader_stumbles_over_makes_the_file_unreadable(monkeypatch, stumble) -> None:
    reading(monkeypatch, stumble)
    with pytest.raises(Unreadable, match="malformed"):
        table.read("package-lock.json", b"", lambda path: None)


@pytest.mark.parametrize("error", [OSError("disk"), Undecided("snapshot")])
def test_errors_of_the_tree_itself_pass_through(monkeypatch, error) -> None:
    def siblings(path: str) -> bytes | None:
        raise error

    reading(monkeypatch, lambda ask: ask("package.json"))
    with pytest.raises(type(error)):
        table.read("package-lock.json", b"", siblings)


def test_a_reader_of_changes_that_stumbles_leaves_both_sides_to_be_read_whole(monkeypatch) -> None:
    broken = ModuleType("broken_reader")
    broken.read_change = lambda *_: {}["x"]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "broken_reader", broken)
    row = table.Row("broken", "x", (".json",), ("package-lock.json",), (), "none", "broken_reader")
    monkeypatch.setattr(table, "match", lambda path: row)
    assert table.read_change("package-lock.json", b"", b"", lambda path: None, lambda path: None) is None


def test_what_a_requirements_file_includes_is_told_by_its_reader() -> None:
    named = table.includes(b"-r base.txt\n-c ../c.txt\n", "requirements/dev.txt", {}.get)
    assert named == ("requirements/base.txt", "c.txt")


def test_a_reader_that_opens_a_file_would_be_found(monkeypatch, read) -> None:
    reading(monkeypatch, lambda siblings: os.listdir("/"))
    with pytest.raises(audit.TouchedTheWorld):
        read("package-lock.json", b"")
