"""What differs between two trees, walked by ourselves, is what `git diff-tree` tells."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osgate.errors import UsageError
from osgate.io import objects
from osgate.io.git import Git, entries

_NAMES = st.sampled_from(["a", "b", "a.b", "ab", "新", "z z"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)
_KINDS = st.sampled_from(["100644", "100755", "120000", "160000"])
_TREES = st.dictionaries(_PATHS, st.tuples(_KINDS, st.integers(0, 2)), max_size=6)


@pytest.fixture(scope="module", params=["sha1", "sha256"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trees") / "bare.git"
    subprocess.run(["git", "init", "-q", "--bare", f"--object-format={request.param}", str(path)], check=True)
    return path


def imported(folder: Path, *trees: dict[str, tuple[str, int]]) -> list[str]:
    """The trees as commits of branches 0, 1, …; where one path is a folder of another, the later one stays."""
    width = 64 if (folder / "config").read_text().count("sha256") else 40
    lines = []
    for number, tree in enumerate(trees):
        lines.append(f"reset refs/heads/{number}\ncommit refs/heads/{number}\ncommitter t <t> 1 +0000\ndata 0\n")
        for path, (mode, content) in tree.items():
            if mode == "160000":
                lines.append(f'M {mode} {str(content + 1) * width} "{path}"\n')
            else:
                lines.append(f'M {mode} inline "{path}"\ndata 1\n{content}\n')
    said = "".join(lines).encode()
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet", "--force"], input=said, check=True)
    return [f"refs/heads/{number}" for number in range(len(trees))]


@given(_TREES, _TREES)
def test_it_is_what_diff_tree_tells(
    folder: Path, one: dict[str, tuple[str, int]], two: dict[str, tuple[str, int]]
) -> None:
    old, new = imported(folder, one, two)
    with Git(str(folder)) as git:
        told = git.run("diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--no-renames", old, new, "--")
        assert git.between(old, new) == entries(told)


def test_a_revision_that_is_not_there_is_no_empty_tree(folder: Path) -> None:
    (there,) = imported(folder, {"a": ("100644", 1)})
    with Git(str(folder)) as git, pytest.raises(UsageError, match=r"git\.revision"):
        git.between(there, "refs/heads/nowhere")


def bomb(folder: Path, depth: int) -> str:
    """A commit of 10 to the power of `depth` paths in few objects: each folder holds the same one ten times."""

    def made(*argv: str, input: str = "") -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *argv], input=input, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    inner = f"100644 blob {made('hash-object', '-w', '--stdin', input='x')}"
    for _ in range(depth):
        tree = made("mktree", input="".join(f"{inner}\t{digit}\n" for digit in range(10)))
        inner = f"040000 tree {tree}"
    return made("-c", "user.name=t", "-c", "user.email=t", "commit-tree", tree, "-m", "x")


def test_a_tree_that_grows_without_end_is_refused_in_bounded_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "MOST_CHANGED", 2_000)
    monkeypatch.setattr(objects, "MOST_PATHS", 2_000)
    (there,) = imported(folder, {"a": ("100644", 1)})
    with Git(str(folder)) as git:
        assert len(git.between(there, bomb(folder, 3))) == 1_001
        for look in (lambda: git.between(there, bomb(folder, 9)), lambda: list(git.tree_files(bomb(folder, 9)))):
            with pytest.raises(UsageError, match=r"git\.too-many-paths"):
                look()


def test_a_parent_stands_above_the_author(folder: Path) -> None:
    first, other = imported(folder, {"a": ("100644", 1)}, {"b": ("100644", 1)})
    with Git(str(folder)) as git:
        base, tree = git.commit_of(other), git.objects.root(first)
        who = "t <t> 1 +0000"
        text = f"tree {tree}\nauthor {who}\ncommitter {who}\nparent {base}\n\nx\n"
        odd = (
            git.run("hash-object", "-t", "commit", "-w", "--literally", "--stdin", input=text.encode()).decode().strip()
        )
        with pytest.raises(UsageError, match=r"git\.unrelated"):
            git.merge_base(other, odd)
