"""Files that git checks out otherwise than they lie in the repository: what `.gitattributes` says, and who notices."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from osgate.changes import range as ranges
from osgate.changes.attributes import CheckedOut
from osgate.changes.pushed import Update, pushed
from osgate.formats.table import match
from osgate.io.git import Git
from osgate.model.change import Blob, ChangeSet

LOCK, UTF16 = "package-lock.json", "working-tree-encoding=UTF-16LE"
RECODED = Blob("recoded")


def stored(repo: Any, files: dict[str, str], parent: str = "") -> str:
    """Commit files as they are told here, which `git add` would not where attributes say otherwise."""
    stream = b"commit refs/heads/stored\ncommitter z <z@bank.example> 1795240800 +0000\ndata 0\n"
    stream += f"from {parent}\n".encode() if parent else b""
    for path, content in files.items():
        data = content.encode()
        stream += b'M 100644 inline "%s"\ndata %d\n%s\n' % (path.encode(), len(data), data)
    repo.git("fast-import", "--quiet", "--force", input=(b"" if parent else b"reset refs/heads/stored\n\n") + stream)
    return str(repo.git("rev-parse", "refs/heads/stored"))


def recodes(repo: Any, path: str, **attributes: str) -> bool:
    """What is said of a path where the folders named (`top`, or as a path) have such a `.gitattributes`."""
    files = {".gitattributes" if name == "top" else f"{name}/.gitattributes": text for name, text in attributes.items()}
    head = stored(repo, files)
    with Git(str(repo.path)) as git:
        return CheckedOut(git, git.objects.root(head)).recodes(path)


@pytest.mark.parametrize(
    ("line", "path", "is_recoded"),
    [
        (f"{LOCK} {UTF16}", LOCK, True),
        (f"{LOCK} {UTF16}", f"a/b/{LOCK}", True),
        (f"{LOCK} {UTF16}", "other.json", False),
        (f"/{LOCK} {UTF16}", f"a/{LOCK}", False),
        (f"/{LOCK} {UTF16}", LOCK, True),
        (f"a/*.json {UTF16}", f"a/{LOCK}", True),
        (f"a/** {UTF16}", f"a/b/{LOCK}", True),
        (f"a/** {UTF16}", LOCK, False),
        (f"**/{LOCK} {UTF16}", LOCK, True),
        (f"a/**/{LOCK} {UTF16}", f"a/{LOCK}", True),
        (f"PACKAGE-*.JSON {UTF16}", LOCK, True),
        (f"*.js[!x]n {UTF16}", LOCK, True),
        (f"pack\\age-lock.json {UTF16}", LOCK, True),
        (f'"package-lock.json" {UTF16}', LOCK, True),
        (f"packages/ {UTF16}", f"packages/{LOCK}", False),
        (f"* -text  \t{UTF16}\r", LOCK, True),
        (f"a\u3000/{LOCK} {UTF16}", f"a\u3000/{LOCK}", True),
        ("* filter=crypt", LOCK, True),
        ("* filter=lfs diff=lfs merge=lfs -text", LOCK, False),
        ("* working-tree-encoding=UTF-8", LOCK, False),
        ("* text=auto eol=crlf", LOCK, False),
        (f"# * {UTF16}", LOCK, False),
        (f"* {UTF16}\n*.json -working-tree-encoding", LOCK, False),
        (f"* {UTF16}\n*.json !working-tree-encoding", LOCK, False),
        (f"* {UTF16}\n*.j[s]on -working-tree-encoding", LOCK, True),
        (f"*.json -working-tree-encoding\n* {UTF16}", LOCK, True),
        (f"* {UTF16}\n* -filter", LOCK, True),
        (f"[attr]wide {UTF16}\n* wide", LOCK, True),
        (f"[attr]wide {UTF16}\n[attr]wider wide\n* wider", LOCK, True),
        (f"[attr]wide {UTF16}\n* wide\n* -wide", LOCK, False),
        ("[attr]wide -text\n* wide", LOCK, False),
        ("\n".join(f"x{n} filter=x" for n in range(600)), LOCK, True),
    ],
)
def test_what_a_line_means_for_a_path(repo: Any, line: str, path: str, is_recoded: bool) -> None:
    assert recodes(repo, path, top=line) is is_recoded


def test_the_nearest_folder_has_the_last_word(repo: Any) -> None:
    assert not recodes(repo, f"a/b/{LOCK}", top=f"* {UTF16}", **{"a/b": "* -working-tree-encoding"})
    assert recodes(repo, f"a/{LOCK}", top=f"* {UTF16}", **{"a/b": "* -working-tree-encoding"})
    assert recodes(repo, f"a/b/c/{LOCK}", **{"a/b/c": f"{LOCK} {UTF16}"})


def test_attributes_that_cannot_be_read_may_say_anything(repo: Any) -> None:
    (repo.path / ".gitattributes").symlink_to("elsewhere")
    repo.commit()
    with Git(str(repo.path)) as git:
        assert CheckedOut(git, git.objects.root("HEAD")).recodes(LOCK)


NAMES = ("a", "b.txt", "x y")
LINES = st.tuples(
    st.sampled_from(
        ["a", "*", "*.txt", "/a", "d/*", "d/**", "**/a", "?", "[ab]", "d/", '"x y"', "b.t?t", "\\a", "D/A"]
    ),
    st.sampled_from(["filter=x", "-filter", "!filter", "text", UTF16, "m", "-m", "filter=lfs"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=4), st.lists(LINES, max_size=2), st.booleans())
def test_whatever_git_writes_anew_is_known(repo: Any, top: Any, below: Any, macro: bool) -> None:
    """git itself is asked; a file too many may be named, none too few."""
    lines = [f"[attr]m {UTF16}"] if macro else []
    told = {".gitattributes": "\n".join([*lines, *(" ".join(line) for line in top), ""])}
    told["d/.gitattributes"] = "\n".join([*(" ".join(line) for line in below), ""])
    for path, content in told.items():
        repo.write(path, content)
    head = stored(repo, told)
    paths = [f"{folder}{name}" for folder in ("", "d/", "d/e/") for name in NAMES]
    asked = ("check-attr", "-z", "filter", "working-tree-encoding", "--", *paths)
    done = subprocess.run(["git", *asked], cwd=repo.path, capture_output=True, text=True, check=True)
    words = done.stdout.split("\0")
    harmless = ("unspecified", "unset", "set", "lfs")
    wanted = {words[at] for at in range(0, len(words) - 2, 3) if words[at + 2] not in harmless}
    with Git(str(repo.path)) as git:
        side = CheckedOut(git, git.objects.root(head))
        assert wanted <= {path for path in paths if side.recodes(path)}


# Who notices


def blobs(change: ChangeSet | None) -> dict[str, tuple[Blob | None, Blob | None]]:
    assert change is not None
    return {file.path: (file.before, file.after) for file in change.files}


def text(content: str) -> Blob:
    return Blob("file", content.encode())


@pytest.mark.parametrize("way", ["range", "push"])
def test_a_manifest_that_is_checked_out_otherwise_cannot_be_read(repo: Any, way: str) -> None:
    first = stored(repo, {LOCK: "1", f"a/{LOCK}": "1"})
    second = stored(repo, {f"a/{LOCK}": "2", "a/.gitattributes": f"*.json {UTF16}"}, first)
    third = stored(repo, {LOCK: "3", ".gitattributes": "* filter=x"}, second)
    fourth = stored(repo, {".gitattributes": "* text"}, third)

    def seen(old: str, new: str) -> dict[str, tuple[Blob | None, Blob | None]]:
        with Git(str(repo.path)) as git:
            if way == "range":
                return blobs(ranges.between(git, old, new, match))
            return blobs(pushed(git, Update("refs/heads/main", old, new, True), old, match))

    assert seen(first, second) == {f"a/{LOCK}": (text("1"), RECODED)}
    assert seen(second, third) == {LOCK: (text("1"), RECODED)}, "what was so before is not told again"
    assert seen(third, fourth) == {LOCK: (RECODED, text("3"))}, "what could not be read is new when it can"
    fifth = stored(repo, {".gitattributes": f"*.json {UTF16}"}, first)
    assert set(seen(first, fifth)) == {LOCK, f"a/{LOCK}"}, "attributes alone turn what lies there already"


def test_in_a_whole_tree_as_well(repo: Any) -> None:
    head = stored(repo, {LOCK: "1", ".gitattributes": f"{LOCK} {UTF16}"})
    with Git(str(repo.path)) as git:
        assert blobs(ranges.whole(git, head, match)) == {LOCK: (None, RECODED)}
        assert blobs(pushed(git, Update("refs/heads/x", "0" * 40, head, True), "", match)) == {LOCK: (None, RECODED)}


def test_what_a_manifest_takes_in_is_not_taken_from_such_a_file(repo: Any) -> None:
    head = stored(repo, {"requirements.txt": "-r deps\n", "deps": "evil\n", ".gitattributes": f"deps {UTF16}"})
    with Git(str(repo.path)) as git:
        change = pushed(git, Update("refs/heads/x", "0" * 40, head, True), "", match)
        assert change is not None
        assert change.after("deps") is None
        assert change.after("requirements.txt") == b"-r deps\n"
