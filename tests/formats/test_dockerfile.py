"""What the case folders do not show of the Dockerfile reader: spellings, one by one, and what it tells as a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from osgate.formats.image_reference import DEFAULT_REGISTRY
from osgate.model.dependency import Unreadable
from osgate.model.gap import Gap

if TYPE_CHECKING:
    from collections.abc import Callable

    from osgate.model.dependency import Reading

    Read = Callable[..., Reading]

PATH = "Dockerfile"
DIGEST = "sha256:" + "c4" * 32


def named(read: Read, text: str) -> list[tuple[str, int]]:
    return [(found.purl.removeprefix("pkg:docker/"), found.line) for found in read(PATH, text.encode())]


def refused(read: Read, text: str, path: str = PATH) -> tuple[str, int, bool]:
    with pytest.raises(Unreadable) as raised:
        read(path, text.encode())
    return raised.value.reason, raised.value.line, raised.value.ambiguous


@pytest.mark.parametrize(
    "image",
    ["nginx", "library/nginx"]
    + [f"{host}{DEFAULT_REGISTRY}/{path}nginx" for host in ("", "index.") for path in ("", "library/")]
    + [f"{DEFAULT_REGISTRY.upper()}/library/nginx"],
)
def test_the_default_registry_has_one_key_in_every_reader(read: Read, image: str) -> None:
    (here,) = read(PATH, f"FROM {image}:1@{DIGEST}\n".encode())
    (there,) = read(".github/workflows/ci.yml", f"jobs: {{a: {{container: '{image}:1@{DIGEST}'}}}}".encode())
    assert here.purl == there.purl == f"pkg:docker/nginx@{DIGEST}"
    assert here.component == "pkg:docker/nginx"
    assert here.source.url is there.source.url is None
    assert (here.requirement, there.requirement) == ("1", "1")


@pytest.mark.parametrize("image", ["library/a/b", f"{DEFAULT_REGISTRY}:443/nginx", "example/library", "library"])
def test_what_only_looks_like_the_default_registry_keeps_its_own_key(read: Read, image: str) -> None:
    (found,) = read(PATH, f"FROM {image}\n".encode())
    assert found.component != "pkg:docker/nginx"
    assert found.component.count("/") >= 1
    assert ("repository_url" in found.component) is (":" in image)


@pytest.mark.parametrize(
    ("line", "image"),
    [
        ("COPY --from=x/y a b", "x/y"),
        ("COPY --link --from='x/y' a b", "x/y"),
        ('COPY --from="x/y" ["a", "b"]', "x/y"),
        ("copy --FROM=x/y a b", "x/y"),
        ("ADD --from=x/y a b", "x/y"),
        ("RUN --mount=from=x/y,target=/z ls", "x/y"),
        ("RUN --network=none --mount=type=bind,from=x/y,target=/z -- ls", "x/y"),
        ("RUN --mount='target=/z, FROM=x/y' ls", "x/y"),
        ("RUN --mount=type=tmpfs,from=x/y,target=/z ls", "x/y"),
        ("RUN --mount=from=0,target=/z ls", "0"),
        ("ONBUILD COPY --from=x/y a b", "x/y"),
        ("ONBUILD COPY --from=first a b", "first"),
        ("onbuild run --mount=from=first,target=/z ls", "first"),
        ("COPY --from=here a b", "here"),
        ("COPY --from=later a b", "later"),
    ],
)
def test_an_image_beside_the_base(read: Read, line: str, image: str) -> None:
    text = f"FROM scratch AS first\nFROM scratch AS here\n{line}\nFROM scratch AS later\n"
    assert named(read, text) == [(image, 3)]


@pytest.mark.parametrize(
    "line",
    [
        "COPY --from=first a b",
        "COPY --from=FIRST a b",
        "COPY --from=0 a b",
        "COPY --from=+0 a b",
        "COPY a --from=x/y",
        "COPY -- --from=x/y b",
        "COPY --from=scratch a b",
        "RUN --mount=type=cache,target=/x ls",
        "RUN --mount=from= ls",
        "RUN --mount=from=First,target=/x ls",
        "RUN ls --mount=from=x/y",
        "ONBUILD COPY --from=7 a b",
        "CMD --from=x/y",
        "LABEL a=b \\\nFROM=x/y",
        "ENV a FROM x/y",
        "COPY --chown=a:b x y",
        "RUN x \\\n# FROM x/y\n y",
        "EXPOSE 80",
    ],
)
def test_no_image_beside_the_base(read: Read, line: str) -> None:
    assert named(read, f"FROM scratch AS first\nFROM scratch\n{line}\n") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("COPY --from= a b", "malformed"),
        ("COPY --from a b", "malformed"),
        ("COPY --from=-1 a b", "malformed"),
        ("COPY --from=1 a b", "malformed"),
        ("COPY --from=99999999999999999999 a b", "malformed"),
        ("COPY --from=X/y a b", ""),
        ("COPY --from=x/Y a b", "malformed"),
        ("COPY --from='x/y a b", "syntax"),
        ("RUN --mount ls", "malformed"),
        ("""RUN --mount='type=bind,"from=x/y"' ls""", "malformed"),
        ("RUN --mount=from=a//b,target=/z ls", "malformed"),
        ('RUN ["a", 1, "<<x"]', "syntax"),
        ("RUN cat <<a'b'", "syntax"),
        ("RUN cat <<$X", "syntax"),
        ('RUN cat <<""', "syntax"),
        ("FROM --platform=a --other=b x", "unknown-option"),
        ("FROM x AS 1y", "malformed"),
        ("FROM x AS", "malformed"),
        ("FROM x y z", "malformed"),
        ("FROM", "malformed"),
        ("FROM SCRATCH", "malformed"),
        ("FROM 'x", "syntax"),
        ('FROM "x', "syntax"),
        ("FROM ${x/a/b}", "expression"),
        ("FROM ${", "syntax"),
        ("FROM ${}", "syntax"),
        ("FROM ${x", "syntax"),
        ("FROM ${x@Q}", "syntax"),
        ("FROM ${x:1}", "syntax"),
        ("FROM ${x?must}", "expression"),
        ("FROM $", "expression"),
        ("ONBUILD", "syntax"),
        ("ONBUILD ONBUILD RUN x", "syntax"),
        ("ONBUILD --x RUN y", "syntax"),
    ],
)
def test_what_is_refused(read: Read, line: str, reason: str) -> None:
    text = f"FROM scratch AS first\n{line}\n"
    if reason:
        assert refused(read, text)[:2] == (reason, 2)
    else:
        assert [found for found, _ in named(read, text)] == ["y?repository_url=x"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ARG", "syntax"),
        ("ARG =x", "syntax"),
        ("ARG 'x", "syntax"),
        ('ARG x="${', "syntax"),
        ("ARG x=${y", "syntax"),
        ("ARG x=${y:-${z}", "syntax"),
        ("ARG x='${y:-'z", ""),
        ("ARG " + "x" * 40000 + "\\\n" + "x" * 40000, "too-large"),
    ],
)
def test_an_argument_that_is_none(read: Read, line: str, reason: str) -> None:
    text = f"{line}\nFROM a\n"
    assert refused(read, text) == (reason, 1, False) if reason else named(read, text) == [("a", 2)]


@pytest.mark.parametrize(
    ("argument", "image"),
    [
        (r'"a\"b"', ""),
        (r'"a\$b"', ""),
        (r'"a\b"', ""),
        (r"a\bc", "abc"),
        ("'a'\"b\"c", "abc"),
        ('"${Y:-ab}"c', "abc"),
        ("$9$1$@a", "a"),
        ("${Y+x}a${Y-b}${Y:-c}", "abc"),
        ("${Z+x}a${Z-b}${Z:-c}${Z:+d}", "xac"),
        ("${Q:+${Q}}${Q:-no}${Q?}", "ababab"),
    ],
)
def test_what_an_argument_says(read: Read, argument: str, image: str) -> None:
    text = f"ARG Q=ab Z=\nARG X={argument}\nFROM $X\n"
    assert named(read, text) == [(image, 3)] if image else refused(read, text) == ("expression", 3, False)


def test_an_array_that_is_none_opens_a_heredoc(read: Read) -> None:
    assert named(read, 'FROM a\nRUN ["x <<E\nFROM b\nE\nFROM c\n'.replace('"', "")) == [("a", 1), ("c", 5)]
    assert named(read, f"FROM a\nRUN {'[' * 20_000} <<E\nFROM b\nE\nFROM c\n") == [("a", 1), ("c", 5)]


def test_an_image_that_differs_by_platform_is_told_as_a_gap(read: Read) -> None:
    text = "ARG T=$TARGETPLATFORM\nARG BUILDOS=none\nFROM a/${T##*/}:1\nFROM b-$TARGETVARIANT\n"
    assert refused(read, text) == ("expression", 3, False)
    found = read(PATH, text.replace("/${T##*/}", "-${T:+x}-$BUILDOS").replace("-$T", "$T").encode())
    assert [d.purl for d in found] == ["pkg:docker/a-x-none@1", "pkg:docker/b"]
    assert [(gap.subject, gap.reason, dict(gap.params)["line"]) for gap in found.gaps] == [
        (PATH, "image-platform", "3"),
        (PATH, "image-platform", "4"),
    ]


def test_an_argument_set_in_the_file_is_no_platform(read: Read) -> None:
    assert read(PATH, b"ARG TARGETARCH=arm64\nFROM a-$TARGETARCH\nFROM --platform=$BUILDPLATFORM b\n").gaps == ()


def test_an_expression_in_a_workflow_is_told_as_a_gap(read: Read) -> None:
    text = b"jobs:\n  a:\n    container: ${{ matrix.image }}\n    services: {x: {image: 'acme/${{ matrix.y }}:1'}}\n"
    found = read(".github/workflows/ci.yml", text)
    assert tuple(found) == ()
    assert found.gaps == (
        Gap(".github/workflows/ci.yml", "image-argument", (("line", "3"), ("image", "${{ matrix.image }}"))),
        Gap(".github/workflows/ci.yml", "image-argument", (("line", "4"), ("image", "acme/${{ matrix.y }}:1"))),
    )
    hostile = "jobs: {a: {container: 'x\u202e${{ y }}'}}".encode()
    with pytest.raises(Unreadable, match="hostile-name"):
        read(".github/workflows/ci.yml", hostile)


@pytest.mark.parametrize(
    ("top", "images"),
    [
        ("# syntax=x/y:1 --flag\n", [("x/y@1", 1)]),
        ("#syntax = x/y\n", [("x/y", 1)]),
        ("#!/usr/bin/env build\n# Syntax=x/y\n", [("x/y", 2)]),
        ("# check=skip=all\n  # syntax=x/y\n", [("x/y", 2)]),
        (f"# syntax={DEFAULT_REGISTRY}/library/nginx\n", [("nginx", 1)]),
        ("# hello\n# syntax=x/y\n", []),
        ("\n# syntax=x/y\n", []),
        ("# other=1\n# syntax=x/y\n", []),
        ("# syntax=\n# syntax=x/y\n", []),
    ],
)
def test_the_frontend_is_an_image_that_runs(read: Read, top: str, images: list[tuple[str, int]]) -> None:
    assert named(read, top + "FROM scratch\n") == images
    assert all(found.install_code for found in read(PATH, (top + "FROM scratch\n").encode()))


def test_a_frontend_may_be_all_there_is(read: Read) -> None:
    assert named(read, "# syntax=x/y") == [("x/y", 1)]


@pytest.mark.parametrize("top", ["// syntax=x/y\n", '{"syntax": "x/y"}\n'])
def test_other_ways_to_name_a_frontend_are_refused(read: Read, top: str) -> None:
    assert refused(read, top + "FROM scratch\n") == ("syntax", 1, False)


def test_a_shebang_hides_the_escape_character_from_the_builder(read: Read) -> None:
    assert named(read, "#!x\n# escape=`\nFROM a/b\nRUN c `\nFROM d/e\n") == [("a/b", 3), ("d/e", 5)]


def test_what_is_named_twice_in_a_line_is_told_once_and_else_each_time(read: Read) -> None:
    text = "FROM a\nRUN --mount=from=b/c,target=/d --mount=from=b/c,target=/e ls\nRUN --mount=from=b/c,target=/d ls\n"
    assert named(read, text) == [("a", 1), ("b/c", 2), ("b/c", 3)]


def test_lines_longer_than_the_builder_takes_are_refused(read: Read) -> None:
    assert named(read, f"FROM a\nRUN {'x' * 65_000}\n") == [("a", 1)]
    assert refused(read, f"FROM a\nRUN {'x' * 65_532}\n") == ("too-large", 2, False)
    assert refused(read, "FROM a\nRUN " + f"{'x' * 60_000} \\\n" * 20) == ("too-large", 2, False)
    assert refused(read, "FROM a\nRUN " + "--a " * 101) == ("too-large", 2, False)
    assert refused(read, "FROM a\n" + "#\n" * 2_200_000) == ("too-large", 0, False)
