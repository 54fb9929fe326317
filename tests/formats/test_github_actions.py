"""What the case folders do not show of the GitHub reader: names of actions and images, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from osgate.model.dependency import Unreadable

if TYPE_CHECKING:
    from conftest import Read

PATH = ".github/workflows/ci.yml"
SHA = "0123456789abcdef0123456789abcdef01234567"


def step(uses: str) -> bytes:
    return f"jobs:\n  a:\n    steps:\n    - uses: '{uses}'\n".encode()


def container(image: str) -> bytes:
    return f"jobs:\n  a:\n    container: '{image}'\n".encode()


@pytest.mark.parametrize(
    ("uses", "purl", "mutable"),
    [
        ("Actions/Checkout@V4", "pkg:github/actions/checkout@V4", True),
        (f"a/b@{SHA}", f"pkg:github/a/b@{SHA}", False),
        (f"a/b@{SHA.upper()}", f"pkg:github/a/b@{SHA.upper()}", False),
        (f"a/b@{SHA[:-1]}", f"pkg:github/a/b@{SHA[:-1]}", True),
        (f"a/b@{SHA}0", f"pkg:github/a/b@{SHA}0", True),
        ("a/b/c/d@refs/heads/x", "pkg:github/a/b@refs%2Fheads%2Fx#c/d", True),
        ("a/b@", "pkg:github/a/b", True),
        ("a/b/Path", "pkg:github/a/b#Path", True),
    ],
)
def test_an_action(read: Read, uses: str, purl: str, mutable: bool) -> None:
    (found,) = read(PATH, step(uses))
    assert (found.purl, found.mutable, found.line, found.scope) == (purl, mutable, 4, "action")


@pytest.mark.parametrize("uses", ["", "a", "/a@v1", "a/@v1", "../a@v1", ".", "a/b c@v1", "a/b@v1 x", "ftp://h/a/b@v1"])
def test_no_name_of_an_action(read: Read, uses: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read(PATH, step(uses))
    assert (raised.value.reason, raised.value.line) == ("malformed", 4)


@pytest.mark.parametrize("uses", ["./", "./x/y", ".\\x", "./.github/workflows/w.yml"])
def test_a_local_action_is_first_party(read: Read, uses: str) -> None:
    assert read(PATH, step(uses)) == ()


@pytest.mark.parametrize(
    ("image", "component", "version"),
    [
        ("node", "pkg:docker/node", ""),
        ("node:20-slim", "pkg:docker/node", "20-slim"),
        ("library/node:20", "pkg:docker/node", "20"),
        ("a/b/c", "pkg:docker/a/b/c", ""),
        ("localhost/x:1", "pkg:docker/x?repository_url=localhost", "1"),
        ("localhost:5000/x", "pkg:docker/x?repository_url=localhost:5000", ""),
        ("host:5000/x:2", "pkg:docker/x?repository_url=host:5000", "2"),
        ("Registry.Example.Test/x", "pkg:docker/x?repository_url=registry.example.test", ""),
        ("docker://x:3", "pkg:docker/x", "3"),
        (f"x:3@sha256:{'AB' * 32}", "pkg:docker/x", f"sha256:{'AB' * 32}"),
    ],
)
def test_an_image(read: Read, image: str, component: str, version: str) -> None:
    (found,) = read(PATH, container(image))
    assert (found.component, found.version, found.scope) == (component, version, "image")
    assert found.mutable is ("@" not in image)
    assert found.digests == ((version.lower(),) if "@" in image else ())


@pytest.mark.parametrize("image", ["Node", "a:b:c", "a@sha256:12", "a//b", "-a", "a b", "/a", "a/", "a:", "a@"])
def test_no_name_of_an_image(read: Read, image: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read(PATH, container(image))
    assert (raised.value.reason, raised.value.line) == ("malformed", 3)


def test_the_comment_behind_a_commit_says_nothing(read: Read) -> None:
    texts = [f"jobs:\n  a:\n    steps:\n    - uses: a/b@{SHA}{comment}\n" for comment in ("", " # v1", " # v9.9.9")]
    assert len({read(PATH, text.encode()) for text in texts}) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [("jobs: x", 1), ("jobs:\n  a: []", 2), ("jobs:\n  a:\n    steps: x", 3), ("jobs:\n  a:\n    steps:\n    - x", 4)],
)
def test_what_stands_where_something_else_belongs_is_refused_with_its_line(read: Read, text: str, line: int) -> None:
    with pytest.raises(Unreadable) as raised:
        read(PATH, text.encode())
    assert (raised.value.reason, raised.value.line) == ("malformed", line)
